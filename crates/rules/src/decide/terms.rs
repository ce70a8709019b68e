//! What a case says to the rule book: its marks as the engine's terms, and the engine's answers for its doses.

use crate::Subject;
use crate::decide::Ground;
use chrono::NaiveDate;
use kansho_core::case::Case;
use kansho_core::decision::{Finding, Forecast};
use kansho_core::effect::Concerned;
use kansho_core::history::{DoseRecord, Knowledge, Outcome};
use kansho_core::ids::{DoseName, SeriesId};
use kansho_core::person::Disability;

/// What the marks of a person say to the rule book.
pub(super) struct Terms {
    expected: Vec<NaiveDate>,
    had: Vec<String>,
    exceptions: Vec<(Option<SeriesId>, NaiveDate, NaiveDate)>,
    /// 障害, of the kinds that are stated.
    pub(super) disabilities: Vec<Disability>,
    /// A disability whose kind nobody stated.
    pub(super) kind_unstated: bool,
    shortage: Vec<Concerned>,
}

impl Terms {
    pub(super) fn of(case: &Case, as_of: NaiveDate) -> Self {
        let mut terms = Self {
            expected: Vec::new(),
            had: Vec::new(),
            exceptions: Vec::new(),
            disabilities: Vec::new(),
            kind_unstated: false,
            shortage: Vec::new(),
        };
        for mark in &case.marks {
            let effect = mark.effect();
            terms.expected.extend(effect.expects);
            terms.had.extend(effect.had.map(str::to_owned));
            if let (Some(series), Some(from), Some(until)) = (effect.extends, mark.from, mark.until) {
                terms.exceptions.push((series.0, from, until));
            }
            if let Some(kind) = effect.disability.filter(|_| mark.on(as_of)) {
                terms.kind_unstated |= kind.is_none();
                terms.disabilities.extend(kind);
            }
            terms.shortage.extend(effect.shortage);
        }
        terms
    }

    pub(super) fn subject<'a>(&'a self, case: &'a Case, birth: NaiveDate, series: SeriesId, knowledge: Knowledge) -> Subject<'a> {
        Subject {
            birth,
            sex: case.resident.sex,
            expected_delivery: &self.expected,
            doses: &case.history.doses,
            knowledge,
            had: &self.had,
            disabilities: &self.disabilities,
            exceptions: &self.exceptions,
            shortage: self.shortage.iter().any(|about| about.is(|only| only == series)),
        }
    }
}

/// The engine's answer for one series of a case.
pub(super) fn forecast(case: &Case, series: SeriesId, knowledge: Knowledge, ground: &Ground<'_>) -> Vec<Forecast> {
    let Some(birth) = case.resident.birth.exact() else { return Vec::new() };
    let as_of = ground.period.as_of;
    let mut terms = Terms::of(case, as_of);
    // A disability whose kind is not stated opens what every kind opens.
    if terms.kind_unstated && ground.book.disabilities(series).len() == Disability::ALL.len() {
        terms.disabilities.extend(Disability::ALL);
    }
    let subject = terms.subject(case, birth, series, knowledge);
    ground.book.forecast(&subject, series, as_of, case.resident.residency.on(as_of)).unwrap_or_default()
}

/// The record of a dose of the series, when it counts.
pub(super) fn given<'a>(case: &'a Case, series: SeriesId, name: DoseName, ground: &Ground<'_>) -> Option<&'a DoseRecord> {
    let named = |d: &&DoseRecord| d.series == series && d.dose == name && d.outcome == Outcome::Given;
    let mut records = case.history.doses.iter().filter(named).peekable();
    records.peek()?;
    let as_of = ground.period.as_of;
    let terms = Terms::of(case, as_of);
    let subject = terms.subject(case, case.resident.birth.exact()?, series, Knowledge::Known);
    let left_out = ground.book.left_out(&subject, series, as_of);
    records.find(|d| !left_out.contains(d))
}

/// Doses of a series outside their window or interval; they stay and count.
pub(super) fn findings(case: &Case, series: SeriesId, ground: &Ground<'_>) -> Vec<Finding> {
    let Some(birth) = case.resident.birth.exact().filter(|_| case.history.doses.iter().any(|d| d.series == series)) else {
        return Vec::new();
    };
    let as_of = ground.period.as_of;
    let terms = Terms::of(case, as_of);
    ground.book.findings(&terms.subject(case, birth, series, Knowledge::Known), series, as_of)
}
