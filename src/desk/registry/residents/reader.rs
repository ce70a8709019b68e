//! The rows of a feed as they are read, compactly, and put together by person.

use crate::desk::settings::Settings;
use chrono::NaiveDate;
use kansho_core::birth::BirthDate;
use kansho_core::case::{MarkSheet, PersonKey};
use kansho_core::diag::{Code, Diagnostic};
use kansho_core::person::{AddresseeNumber, Sex};
use kansho_intake::normalise::stored::{Keeper, Kept, MarkCopy, ResidentCopy, SEPARATOR, resident_columns};
use std::collections::BTreeMap;

/// One row of the feed, compactly.
pub(super) struct Line {
    pub(super) number: Option<Box<str>>,
    pub(super) addressee: Option<Box<str>>,
    pub(super) history: Option<u32>,
    pub(super) household: Option<Box<str>>,
    pub(super) guardian: Option<Box<str>>,
    pub(super) birth: Option<NaiveDate>,
    pub(super) sex: Sex,
    /// Whether everything in it is understood and its birth date is a day: else nobody can say that it is outside every group.
    pub(super) plain: bool,
    pub(super) cells: Box<str>,
}

/// The rows of a feed as they are read.
pub(super) struct Reader {
    pub(super) lines: Vec<Line>,
    pub(super) marks: Vec<(MarkSheet, Vec<PersonKey>, String)>,
    pub(super) refused: Vec<(Diagnostic, String)>,
    pub(super) rows: u64,
    pub(super) guardian: Option<usize>,
    digits: usize,
}

impl Reader {
    /// Nothing read yet.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            lines: Vec::new(),
            marks: Vec::new(),
            refused: Vec::new(),
            rows: 0,
            guardian: resident_columns().iter().position(|name| *name == "hogosha_atenabango"),
            digits: settings.office.numbers.addressee,
        }
    }
}

/// Cells as one text.
fn joined(cells: &[Kept<'_>]) -> String {
    let texts: Vec<&str> = cells.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
    texts.join(&SEPARATOR.to_string())
}

impl Keeper for Reader {
    fn resident(&mut self, row: &ResidentCopy<'_>) {
        self.rows += 1;
        let cells = joined(row.cells);
        if row.number.is_none() && row.addressee.is_none() {
            let unnamed = || Diagnostic::new(Code::CellEmpty, "だれの行か分かりません").at(row.origin);
            self.refused.push((row.refused.first().cloned().unwrap_or_else(unnamed), cells));
            return;
        }
        let guardian = self.guardian.and_then(|place| row.cells.get(place)?.as_deref());
        self.lines.push(Line {
            number: row.number.map(|number| number.as_str().into()),
            addressee: row.addressee.map(|number| number.as_str().into()),
            history: row.history,
            household: row.household.map(|number| number.as_str().into()),
            guardian: guardian.and_then(|text| AddresseeNumber::new(text, self.digits)).map(|number| number.as_str().into()),
            birth: row.birth.and_then(BirthDate::exact),
            sex: row.sex,
            plain: !row.held && row.birth.is_some_and(|birth| birth.exact().is_some()),
            cells: cells.into(),
        });
    }

    fn mark(&mut self, row: &MarkCopy<'_>) {
        self.marks.push((row.sheet, row.keys.to_vec(), joined(row.cells)));
    }
}

/// The rows of each person, by 宛名番号, else by 予防接種番号; within a person by 履歴番号.
pub(super) fn groups(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut groups: BTreeMap<(bool, Box<str>), Vec<Line>> = BTreeMap::new();
    for line in lines {
        let key = match (&line.addressee, &line.number) {
            (Some(addressee), _) => (false, addressee.clone()),
            (None, number) => (true, number.clone().unwrap_or_default()),
        };
        groups.entry(key).or_default().push(line);
    }
    let mut groups: Vec<Vec<Line>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(|line| line.history);
    }
    groups
}
