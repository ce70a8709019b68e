//! Cells → domain values; knows spelling, knows no people.
//!
//! Takes the two files and the tables `layouts/columns/`, `rules/codes.toml`; gives the [`Ledger`] with every finding. A structural
//! error (file, column, two persons of one number) refuses the run; an error of one person holds that person; a held ledger row
//! never turns into "no history".

pub mod codes;
mod columns;
mod dates;
mod guard;
mod ledger;
mod marks;
mod residents;
pub mod texts;
mod values;

use crate::diag::{Checked, Code, Diagnostic, Failure, Report};
use crate::domain::case::{Ledger, LedgerRow, RowCount};
use crate::home::Home;
use crate::origin::Origin;
use crate::read::{self, table::Sheet};
use chrono::NaiveDate;
use codes::Codes;
use columns::{Columns, Header};
pub use dates::command_line_day;
use std::path::Path;

/// The resident file and the marks, and the ledger ready to be read row by row.
#[derive(Debug)]
pub struct Opened {
    /// Residents and marks; no rows of the ledger yet.
    pub ledger: Ledger,
    /// The rows of the ledger.
    pub rows: LedgerRows,
}

/// The rows of an opened ledger.
#[derive(Debug)]
pub struct LedgerRows {
    /// What was found so far.
    pub report: Report,
    source: Option<LedgerSource>,
}

/// An opened ledger.
#[derive(Debug)]
struct LedgerSource {
    sheet: Sheet,
    header: Header,
    columns: Columns,
    codes: Codes,
    snapshot: Option<NaiveDate>,
}

impl LedgerRows {
    /// Calls `visit` with every row of the ledger, in file order; what is wrong with the file comes into the report.
    ///
    /// The value is the number of rows that name nobody.
    pub fn each(&mut self, visit: &mut dyn FnMut(LedgerRow)) -> RowCount {
        let Some(source) = self.source.take() else { return RowCount::default() };
        let LedgerSource { sheet, header, columns, codes, snapshot } = source;
        ledger::read(&sheet, &header, &columns, &codes, snapshot, &mut self.report, visit)
    }
}

/// Reads and normalises both files, the ledger's rows as a list.
///
/// # Errors
/// As [`open`].
pub fn load(
    resident_file: &Path,
    ledger_file: &Path,
    home: &Home,
    rules: &Path,
    snapshot: Option<NaiveDate>,
) -> Result<Checked<Ledger>, Failure> {
    let mut opened = open(resident_file, ledger_file, home, rules, snapshot)?;
    let mut rows = Vec::new();
    opened.ledger.unnamed_rows = opened.rows.each(&mut |row| rows.push(row));
    opened.ledger.rows = rows;
    Ok(Checked { value: opened.ledger, report: opened.rows.report })
}

/// Reads and normalises the resident file and opens the ledger, with the codes of the `rules` folder. `snapshot` stands in for a
/// missing 抽出日 column.
///
/// # Errors
/// [`Failure::Io`] when a file cannot be opened, [`Failure::Usage`] when our own tables are wrong. What is wrong with the data is
/// in the report.
pub fn open(
    resident_file: &Path,
    ledger_file: &Path,
    home: &Home,
    rules: &Path,
    snapshot: Option<NaiveDate>,
) -> Result<Opened, Failure> {
    let mut report = Report::new();
    let codes = Codes::load(rules)?;
    let resident_columns = columns::load(home, "residents.toml")?;
    let ledger_columns = columns::load(home, "ledger.toml")?;
    let mark_columns = columns::load(home, "marks.toml")?;
    let mut value = Ledger {
        residents: Vec::new(),
        rows: Vec::new(),
        marks: Vec::new(),
        snapshot: snapshot.unwrap_or_default(),
        ledger_file: Origin::file(&ledger_file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()),
        resident_rows: RowCount::default(),
        unnamed_rows: RowCount::default(),
    };
    let mut known_snapshot = snapshot;
    if let Some(sheets) = read::sheets(resident_file, &mut report)? {
        if let Some(sheet) = choose(&sheets, &resident_columns)
            && let Some(header) = columns::find(sheet, &resident_columns, &mut report)
        {
            let found = residents::read(sheet, &header, &resident_columns, &codes, &mut report);
            if found.residents.is_empty() && found.rows.rows == 0 {
                report.push(Diagnostic::new(Code::FileEmpty, "見出しだけで、住民の行がありません").at(&sheet.origin));
            }
            (value.residents, value.resident_rows) = (found.residents, found.rows);
            known_snapshot = extracted_on(&found.snapshots, snapshot, sheet, &mut report);
            value.snapshot = known_snapshot.unwrap_or_default();
        }
        for mark_sheet in &mark_columns.mark {
            if let Some(sheet) = sheets.iter().find(|s| s.name == mark_sheet.sheet)
                && let Some(header) = columns::find(sheet, &mark_columns, &mut report)
            {
                marks::read(sheet, &header, &mark_columns, &mark_sheet.kind, &mut value.marks, &mut report);
            }
        }
    }
    let mut source = None;
    if let Some(mut sheets) = read::sheets(ledger_file, &mut report)?
        && let Some(place) = choose(&sheets, &ledger_columns).map(|s| sheets.iter().position(|other| std::ptr::eq(s, other)))
    {
        let sheet = sheets.swap_remove(place.unwrap_or(0));
        if let Some(header) = columns::find(&sheet, &ledger_columns, &mut report) {
            value.ledger_file = sheet.origin.clone();
            source = Some(LedgerSource { sheet, header, columns: ledger_columns, codes, snapshot: known_snapshot });
        }
    }
    Ok(Opened { ledger: value, rows: LedgerRows { report, source } })
}

/// The sheet with a known name, else the first.
fn choose<'a>(sheets: &'a [Sheet], columns: &Columns) -> Option<&'a Sheet> {
    sheets.iter().find(|sheet| columns.sheet.contains(&sheet.name)).or_else(|| sheets.first())
}

/// 抽出日: one day for the whole file (CK1: every sub-extract uses the same snapshot).
fn extracted_on(
    snapshots: &std::collections::BTreeMap<NaiveDate, u32>,
    stated: Option<NaiveDate>,
    sheet: &Sheet,
    report: &mut Report,
) -> Option<NaiveDate> {
    let mut days = snapshots.iter();
    match (days.next(), days.next(), stated) {
        (Some((first, row)), Some((second, other)), _) => {
            let message = format!("抽出日が二通りあります（{row}行は {first}、{other}行は {second}）");
            let hint = "一度に抽出したファイルを指定してください";
            report.push(Diagnostic::new(Code::SnapshotMissing, message).at(&sheet.origin).hint(hint));
            None
        }
        (Some((day, row)), None, Some(stated)) if *day != stated => {
            let message = format!("--snapshot {stated} が抽出日の列（{row}行）の {day} と違います");
            report.push(Diagnostic::new(Code::SnapshotMissing, message).at(&sheet.origin).hint("どちらかに直してください"));
            None
        }
        (Some((day, _)), None, _) => Some(*day),
        (None, _, Some(stated)) => Some(stated),
        (None, _, None) => {
            report.push(Diagnostic::new(Code::SnapshotMissing, "住民ファイルの抽出日がわかりません").at(&sheet.origin));
            None
        }
    }
}
