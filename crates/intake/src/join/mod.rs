//! Values → one case per person: residents and ledger rows meet on 予防接種番号, else on 宛名番号, never on anything else (CK8).
//!
//! Takes the [`Ledger`] that `normalise` made and the dates; gives one [`Case`] per resident, sorted by number, and the row counts
//! that close. Rows are then checked against the resident (突合): another birth date or sex holds the row and makes the history
//! unknown; another name is an alert. [`belonging`] refuses files that do not belong together. It decides nothing about vaccination.

pub mod belonging;
pub mod household;
mod marks;
mod matching;
pub mod watermark;

use chrono::NaiveDate;
use kansho_core::birth::BirthDate;
use kansho_core::case::{Case, Ledger, LedgerPlaces, LedgerRow, MarkSheet, Meeting, PersonKey, RowCount};
use kansho_core::diag::{Checked, Code, Diagnostic, Report};
use std::collections::{BTreeMap, HashMap};
use watermark::Reach;

/// The dates of the run.
#[derive(Clone, Copy, Debug)]
pub struct Days {
    /// 基準日
    pub as_of: NaiveDate,
    /// 発送日
    pub post_on: NaiveDate,
}

/// What `join` gives.
#[derive(Debug)]
pub struct Joined {
    /// One case per resident, sorted by 予防接種番号 then 宛名番号.
    pub cases: Vec<Case>,
    /// Rows of the resident file.
    pub resident_rows: RowCount,
    /// Rows of the ledger by what became of them.
    pub ledger_rows: RowCount,
    /// Rows of each mark sheet by what became of them.
    pub mark_rows: BTreeMap<MarkSheet, RowCount>,
    /// Where the rows of the ledger stand.
    pub ledger_places: LedgerPlaces,
    /// How the ledger met the residents.
    pub meeting: Meeting,
    /// Doses after the as-of date, set aside.
    pub later_doses: usize,
    /// Notices after the as-of date.
    pub later_notices: usize,
    /// The highest 発行no in the ledger, 0 when there is none.
    pub highest_issue: u64,
    /// How far the ledger reaches.
    pub reach: Reach,
}

/// Residents and marks, waiting for the rows of the ledger: a row is used up as soon as it is read.
#[derive(Debug)]
pub struct Joiner {
    cases: Vec<Case>,
    places: HashMap<PersonKey, Vec<usize>>,
    tally: matching::Tally,
    resident_rows: RowCount,
    mark_rows: BTreeMap<MarkSheet, RowCount>,
    ledger_places: LedgerPlaces,
    days: Days,
    report: Report,
}

impl Joiner {
    /// One case a resident, with the marks; `ledger.rows` are not looked at.
    #[must_use]
    pub fn new(ledger: Ledger, days: Days) -> Self {
        let mut report = Report::new();
        let Ledger {
            mut residents,
            rows: _,
            marks,
            mark_rows: _,
            snapshot: _,
            repeated,
            ledger_places,
            resident_rows,
            past_households,
        } = ledger;
        residents.sort_by(|a, b| (&a.number, &a.addressee).cmp(&(&b.number, &b.addressee)));
        let mut places: HashMap<PersonKey, Vec<usize>> = HashMap::with_capacity(residents.len() * 2);
        for (place, resident) in residents.iter().enumerate() {
            let number = resident.number.clone().map(PersonKey::Number);
            let addressee = resident.addressee.clone().map(PersonKey::Addressee);
            for key in number.into_iter().chain(addressee).chain(resident.other_keys.iter().cloned()) {
                places.entry(key).or_default().push(place);
            }
        }
        let mut cases: Vec<Case> = residents.into_iter().map(matching::open_case).collect();
        for case in &mut cases {
            // A day that has not come is no birth date: it could be any.
            if case.resident.birth.exact().is_some_and(|birth| birth > days.as_of) {
                case.resident.birth = BirthDate::Uncertain { text: "基準日より後".to_owned() };
                let told = Diagnostic::new(Code::DateOutOfRange, "生年月日が基準日より後です").at(&case.resident.origin);
                let told = told.of(case.resident.label()).so("この人を保留にしました");
                report.push(told.clone());
                case.problems.push(told);
            }
        }
        let mark_rows = marks::give(marks, &places, &mut cases, days.as_of, &mut report);
        marks::two_destinations(&mut cases, days.post_on, &mut report);
        household::remember(past_households, &places, &mut cases);
        household::protect(&mut cases, &places, days.as_of);
        let tally = matching::Tally::new(days, ledger_places.clone(), repeated, cases.len());
        Self { cases, places, tally, resident_rows, mark_rows, ledger_places, days, report }
    }

    /// Takes one row of the ledger.
    pub fn take(&mut self, row: LedgerRow) {
        self.tally.take(row, &self.places, &mut self.cases, &mut self.report);
    }

    /// Sorts the histories, closes the counts, and says whether the files belong together; `last` = how the last run's files met.
    #[must_use]
    pub fn close(self, last: Option<Meeting>) -> Checked<Joined> {
        self.end(|tally, cases, days| tally.gathered.check(cases, &tally.with_rows, days.as_of, last))
    }

    /// The same of some people, whose rows say nothing of the files as a whole.
    #[must_use]
    pub fn close_some(self) -> Checked<Joined> {
        self.end(|_, _, _| Report::new())
    }

    fn end(self, whole: impl FnOnce(&matching::Tally, &[Case], Days) -> Report) -> Checked<Joined> {
        let Self { mut cases, places, tally, resident_rows, mark_rows, ledger_places, days, mut report } = self;
        drop(places);
        tally.close(&mut cases, &mut report);
        report.extend(whole(&tally, &cases, days));
        tally.gathered.suggest(&mut cases, &ledger_places, &mut report);
        if tally.rows.nobody > 0 {
            let (rows, people) = (tally.rows.nobody, tally.gathered.strangers());
            let message = format!("台帳に、住民にいない人の行が {rows} 行（{people} 人）あります");
            report.push(Diagnostic::new(Code::PersonUnknown, message).so("この行は使いません"));
        }
        let value = Joined {
            cases,
            resident_rows,
            ledger_rows: RowCount { rows: tally.gathered.rows, ..tally.rows },
            mark_rows,
            ledger_places,
            meeting: Meeting { rows: tally.gathered.rows, met: tally.gathered.met },
            later_doses: tally.later_doses,
            later_notices: tally.later_notices,
            highest_issue: tally.highest_issue,
            reach: Reach::new(tally.newest, &tally.months, days.as_of),
        };
        Checked { value, report }
    }
}
