//! Values → one case per person: residents and ledger rows meet on 予防接種番号, else on 宛名番号, never on anything else (CK8).
//!
//! Takes the [`Ledger`] that `normalise` made and the as-of date; gives one [`Case`] per resident, sorted by number, and the row
//! counts that close. Rows are then checked against the resident (突合): another birth date or sex holds the row and makes the
//! history unknown; another name is an alert. It decides nothing about vaccination.

pub mod household;
mod matching;
pub mod watermark;

use crate::diag::{Checked, Report};
use crate::domain::case::{Case, Ledger, LedgerRow, PersonKey, RowCount};
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
pub fn join(mut ledger: Ledger, as_of: NaiveDate) -> Checked<Joined> {
    let rows = std::mem::take(&mut ledger.rows);
    let unnamed = ledger.unnamed_rows;
    let mut joiner = Joiner::new(ledger, as_of);
    rows.into_iter().for_each(|row| joiner.take(row));
    joiner.close(unnamed)
}

/// Residents and marks, waiting for the rows of the ledger: a row is used up as soon as it is read.
#[derive(Debug)]
pub struct Joiner {
    cases: Vec<Case>,
    places: HashMap<PersonKey, usize>,
    tally: matching::Tally,
    resident_rows: RowCount,
    ledger_file: Origin,
    report: Report,
}

impl Joiner {
    /// One case a resident, with the marks; `ledger.rows` are not looked at.
    #[must_use]
    pub fn new(ledger: Ledger, as_of: NaiveDate) -> Self {
        let mut report = Report::new();
        let Ledger { mut residents, rows: _, marks, snapshot: _, ledger_file, resident_rows, unnamed_rows: _ } = ledger;
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
        let tally = matching::Tally::new(as_of, ledger_file.clone());
        Self { cases, places, tally, resident_rows, ledger_file, report }
    }

    /// Takes one row of the ledger.
    pub fn take(&mut self, row: LedgerRow) {
        self.tally.take(row, &self.places, &mut self.cases, &mut self.report);
    }

    /// Sorts the histories and closes the counts; `unnamed` = rows that name nobody.
    #[must_use]
    pub fn close(self, unnamed: RowCount) -> Checked<Joined> {
        let Self { mut cases, places, tally, resident_rows, ledger_file, mut report } = self;
        drop(places);
        let (ledger_rows, later_doses, highest_issue, data_as_of) = tally.close(unnamed, &mut cases, &mut report);
        let value = Joined { cases, resident_rows, ledger_rows, ledger_file, later_doses, highest_issue, data_as_of };
        Checked { value, report }
    }
}
