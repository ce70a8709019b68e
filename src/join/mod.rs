//! Values → one case per person: residents and ledger rows meet on 予防接種番号, else on 宛名番号, never on anything else (CK8).
//!
//! Takes the [`Ledger`] that `normalise` made and the as-of date; gives one [`Case`] per resident, sorted by number, and the row
//! counts that close. Rows are then checked against the resident (突合): another birth date or sex holds the row and makes the
//! history unknown; another name is an alert. It decides nothing about vaccination.

pub mod household;
mod matching;
pub mod watermark;

use crate::diag::{Checked, Report};
use crate::domain::case::{Case, Ledger, PersonKey, RowCount};
use crate::origin::Origin;
use chrono::NaiveDate;
use std::collections::HashMap;

/// What `join` gives.
#[derive(Debug)]
pub struct Joined {
    /// One case per resident, sorted by 予防接種番号 then 宛名番号.
    pub cases: Vec<Case>,
    /// Rows of the resident file.
    pub resident_rows: RowCount,
    /// Rows of the ledger.
    pub ledger_rows: RowCount,
    /// The ledger file, for origins of its rows.
    pub ledger_file: Origin,
    /// Doses after the as-of date, set aside.
    pub later_doses: usize,
    /// The highest 発行no in the ledger, 0 when there is none.
    pub highest_issue: u64,
    /// 実施日の最も新しい日 on or before the as-of date: how far the ledger reaches.
    pub data_as_of: Option<NaiveDate>,
}

/// Joins residents, ledger rows and marks as of `as_of`.
#[must_use]
pub fn join(ledger: Ledger, as_of: NaiveDate) -> Checked<Joined> {
    let mut report = Report::new();
    let Ledger { mut residents, rows, marks, snapshot: _, ledger_file, resident_rows, unnamed_rows } = ledger;
    residents.sort_by(|a, b| (&a.number, &a.addressee).cmp(&(&b.number, &b.addressee)));
    let mut places: HashMap<PersonKey, usize> = HashMap::with_capacity(residents.len() * 2);
    for (place, resident) in residents.iter().enumerate() {
        if let Some(number) = &resident.number {
            places.insert(PersonKey::Number(number.clone()), place);
        }
        if let Some(addressee) = &resident.addressee {
            places.insert(PersonKey::Addressee(addressee.clone()), place);
        }
    }
    let mut cases: Vec<Case> = residents.into_iter().map(matching::open_case).collect();
    for mark in marks {
        match places.get(&mark.key) {
            Some(place) => cases[*place].marks.push(mark),
            None => report.push(matching::mark_of_nobody(&mark)),
        }
    }
    household::protect(&mut cases);
    let mut tally = matching::Tally::new(as_of, ledger_file.clone(), unnamed_rows);
    for row in rows {
        tally.take(row, &places, &mut cases, &mut report);
    }
    let (ledger_rows, later_doses, highest_issue, data_as_of) = tally.close(&mut cases, &mut report);
    Checked { value: Joined { cases, resident_rows, ledger_rows, ledger_file, later_doses, highest_issue, data_as_of }, report }
}
