//! 登録簿: the cells of a row as a register keeps them, and kept rows as sheets again. A register hands its rows to the very readers of
//! files, so that both decide alike.

use crate::normalise::fields::{Field, LedgerField, MarkField, ResidentField};
use crate::normalise::sheets::Tables;
use crate::normalise::values::Row;
use crate::read::Cell;
use crate::read::table::{Sheet, Source, Stored};
use chrono::NaiveDate;
use kansho_core::birth::BirthDate;
use kansho_core::case::{MarkSheet, PersonKey};
use kansho_core::diag::Diagnostic;
use kansho_core::origin::Origin;
use kansho_core::person::{AddresseeNumber, HouseholdNumber, PersonNumber, Sex};
use std::borrow::Cow;

/// What stands before a cell that is no plain text: a day in a column of texts, or a value that cannot be read.
const MARK: char = '\u{1}';
const DAY: char = 'd';
const BAD: char = 'b';

/// Stands between the cells of a row that is kept as one text.
pub const SEPARATOR: char = '\u{1f}';

/// A cell as it is kept; none when it is empty.
pub type Kept<'a> = Option<Cow<'a, str>>;

/// Takes the rows of a feed as they are read.
pub trait Keeper {
    /// A row of 住民.
    fn resident(&mut self, row: &ResidentCopy<'_>);
    /// A row of a mark sheet.
    fn mark(&mut self, row: &MarkCopy<'_>);
}

/// Nobody keeps anything.
#[derive(Debug)]
pub(super) struct Nobody;

impl Keeper for Nobody {
    fn resident(&mut self, _row: &ResidentCopy<'_>) {}

    fn mark(&mut self, _row: &MarkCopy<'_>) {}
}

/// A row of 住民 with what is known of it.
#[derive(Debug)]
pub struct ResidentCopy<'a> {
    /// 予防接種番号
    pub number: Option<&'a PersonNumber>,
    /// 宛名番号
    pub addressee: Option<&'a AddresseeNumber>,
    /// 履歴番号
    pub history: Option<u32>,
    /// 世帯番号
    pub household: Option<&'a HouseholdNumber>,
    /// 生年月日
    pub birth: Option<&'a BirthDate>,
    /// 性別
    pub sex: Sex,
    /// The cells, in the order of [`resident_columns`].
    pub cells: &'a [Kept<'a>],
    /// The row.
    pub origin: &'a Origin,
    /// Why the row is not used; empty for a row of somebody.
    pub refused: &'a [Diagnostic],
    /// Something in it is not understood.
    pub held: bool,
}

/// A row of a mark sheet.
#[derive(Debug)]
pub struct MarkCopy<'a> {
    /// Which sheet.
    pub sheet: MarkSheet,
    /// Whose.
    pub keys: &'a [PersonKey],
    /// The cells, in the order of [`mark_columns`].
    pub cells: &'a [Kept<'a>],
    /// The row.
    pub origin: &'a Origin,
}

/// The rows that a register hands to the readers.
#[derive(Debug)]
pub struct StoredRows {
    /// 住民: [`resident_columns`].
    pub residents: Box<dyn Stored>,
    /// The mark sheets: [`mark_columns`].
    pub marks: Vec<(MarkSheet, Box<dyn Stored>)>,
    /// 予防接種台帳: [`ledger_columns`].
    pub ledger: Box<dyn Stored>,
    /// 抽出日 of the newest feed.
    pub snapshot: NaiveDate,
}

/// The names of a layout's columns in a register.
fn romaji<F: Field>() -> Vec<&'static str> {
    F::ALL.iter().map(|field| field.romaji()).filter(|name| !name.is_empty()).collect()
}

/// The columns of 住民 in a register.
#[must_use]
pub fn resident_columns() -> Vec<&'static str> {
    romaji::<ResidentField>()
}

/// The columns of the mark sheets.
#[must_use]
pub fn mark_columns() -> Vec<&'static str> {
    romaji::<MarkField>()
}

/// The columns of 予防接種台帳: the 32 items of 別添1, and 宛名番号.
#[must_use]
pub fn ledger_columns() -> Vec<&'static str> {
    romaji::<LedgerField>()
}

/// The cells of a row as they are kept.
pub(super) fn copied<'a, F: Field>(row: &Row<'a, F>) -> Vec<Kept<'a>> {
    F::ALL.iter().filter(|field| !field.romaji().is_empty()).map(|field| kept(row.cell(*field), field.is_day())).collect()
}

fn kept(cell: &Cell, day: bool) -> Kept<'_> {
    match cell {
        Cell::Empty => None,
        Cell::Text(text) if text.trim().is_empty() => None,
        Cell::Text(text) if text.contains([MARK, SEPARATOR]) => Some(Cow::Owned(format!("{MARK}{BAD}制御文字"))),
        Cell::Text(text) => Some(Cow::Borrowed(text)),
        Cell::Number(number) if day => Some(Cow::Owned(
            crate::normalise::values::number_day(*number).map_or_else(|| format!("{number}"), |day| day.to_string()),
        )),
        Cell::Number(number) => Some(Cow::Owned(format!("{number}"))),
        Cell::Date(date) if day => Some(Cow::Owned(date.to_string())),
        Cell::Date(date) => Some(Cow::Owned(format!("{MARK}{DAY}{date}"))),
        Cell::Bad(what) => Some(Cow::Owned(format!("{MARK}{BAD}{what}"))),
    }
}

/// A kept cell as the readers see it.
#[must_use]
pub fn cell(kept: Option<&str>) -> Cell {
    let Some(text) = kept else { return Cell::Empty };
    let Some(marked) = text.strip_prefix(MARK) else { return Cell::Text(text.to_owned()) };
    let day = marked.strip_prefix(DAY).and_then(|day| day.parse().ok()).map(Cell::Date);
    day.unwrap_or_else(|| Cell::Bad(marked.trim_start_matches(BAD).to_owned()))
}

/// A kept cell as a file shows it.
#[must_use]
pub fn shown(kept: &str) -> &str {
    kept.strip_prefix(MARK).map_or(kept, |marked| marked.get(1..).unwrap_or_default())
}

/// The official headings of the ledger, in the order of [`ledger_columns`].
#[must_use]
pub fn ledger_headings(tables: &Tables) -> Vec<String> {
    LedgerField::ALL.iter().map(|field| tables.ledger.name(*field).to_owned()).collect()
}

/// The column of the mark sheets that a heading names, as its place in [`mark_columns`].
#[must_use]
pub fn mark_column(tables: &Tables, heading: &str) -> Option<usize> {
    tables.marks.field(&Cell::Text(heading.to_owned())).map(Field::index)
}

fn headings<F: Field>(name: impl Fn(F) -> String) -> Vec<Cell> {
    F::ALL.iter().map(|field| Cell::Text(name(*field))).collect()
}

fn sheet(table: &str, name: &str, headings: Vec<Cell>, rows: Box<dyn Stored>) -> Sheet {
    Sheet { origin: Origin::register(table), name: name.to_owned(), hidden: false, source: Source::Stored { headings, rows } }
}

/// The kept rows as the sheets of files.
pub(super) fn sheets(rows: StoredRows, tables: &Tables) -> super::Sorted {
    let resident = |field: ResidentField| tables.residents.name(field).to_owned();
    let mark = |field: MarkField| tables.marks.name(field).to_owned();
    let ledger = |field: LedgerField| tables.ledger.name(field).to_owned();
    super::Sorted {
        residents: vec![sheet("住民登録", "住民", headings(resident), rows.residents)],
        marks: rows.marks.into_iter().map(|(kind, rows)| (kind, sheet(kind.word(), kind.word(), headings(mark), rows))).collect(),
        ledger: vec![sheet("台帳", "予防接種台帳", headings(ledger), rows.ledger)],
    }
}
