//! Cells → domain values; knows spelling, knows no people.
//!
//! Takes the two files, the [`Tables`]; gives the [`Ledger`] with every finding. A structural
//! error (file, column, two persons of one number) refuses the run; an error of one person holds that person; a held ledger row
//! never turns into "no history".

pub mod codes;
mod columns;
mod dates;
mod fields;
mod guard;
mod ledger;
mod marks;
mod persons;
mod residents;
mod sheets;
pub mod single;
pub mod stored;
pub mod texts;
mod understood;
mod values;
pub mod words;

use crate::read::{self, table::Sheet};
use chrono::NaiveDate;
use columns::{Columns, Header};
pub use dates::command_line_day;
use fields::LedgerField;
pub use guard::names_my_number;
use kansho_core::case::{Ledger, LedgerPlaces, LedgerRow, MarkSheet, RowCount};
use kansho_core::diag::{Checked, Code, Diagnostic, Failure, Report};
use kansho_core::origin::Origin;
use kansho_core::person::Digits;
use persons::Merges;
use sheets::Kind;
pub use sheets::Tables;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stored::{Keeper, Kept, StoredRows};
use values::Row;

/// The files, and what the user says of them.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// 住民; none when only the ledger is read.
    pub residents: Option<PathBuf>,
    /// Further files with mark sheets.
    pub marks: Vec<PathBuf>,
    /// 予防接種台帳; none when only the residents are read.
    pub ledger: Option<PathBuf>,
    /// 抽出日, where 住民 has no such column.
    pub snapshot: Option<NaiveDate>,
    /// `--no-marks`: a reason for all, or `送付先=REASON`.
    pub no_marks: Vec<String>,
}

/// What the office says of its files.
#[derive(Clone, Copy, Debug)]
pub struct Customs {
    /// Digits of its numbers.
    pub digits: Digits,
    /// Percent of a column's filled cells that may be not understood.
    pub not_understood_percent: f64,
}

impl Default for Customs {
    fn default() -> Self {
        Self { digits: Digits::default(), not_understood_percent: 1.0 }
    }
}

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
    /// Rows of 住民 whose number is blank or malformed.
    pub unnamed_residents: usize,
    source: Option<(Vec<LedgerSheet>, ledger::Reading)>,
}

/// One sheet of an opened ledger.
#[derive(Debug)]
struct LedgerSheet {
    /// Rows of the sheets before it.
    before: u32,
    sheet: Sheet,
    header: Header<LedgerField>,
}

impl LedgerRows {
    /// Calls `visit` with every row of the ledger, in file order; what is wrong with the file comes into the report.
    ///
    /// The value is the number of rows read.
    pub fn each(&mut self, visit: &mut dyn FnMut(LedgerRow)) -> usize {
        self.read(&mut |row, _| visit(row))
    }

    /// The same with the cells of each row as they are kept ([`stored::ledger_columns`]).
    pub fn each_kept(&mut self, visit: &mut dyn FnMut(LedgerRow, &[Kept<'_>])) -> usize {
        self.read(&mut |row, cells| visit(row, &stored::copied(cells)))
    }

    fn read(&mut self, visit: &mut dyn FnMut(LedgerRow, &Row<'_, LedgerField>)) -> usize {
        let Some((sheets, reading)) = self.source.take() else { return 0 };
        let report = &mut self.report;
        sheets.iter().map(|one| ledger::read(&one.sheet, &one.header, one.before, &reading, report, visit)).sum()
    }
}

/// Reads and normalises the files, the ledger's rows as a list.
///
/// # Errors
/// As [`open`].
pub fn load(files: &Files, tables: &Arc<Tables>, customs: Customs) -> Result<Checked<Ledger>, Failure> {
    let mut opened = open(files, tables, customs)?;
    let mut rows = Vec::new();
    opened.rows.each(&mut |row| rows.push(row));
    opened.ledger.rows = rows;
    Ok(Checked { value: opened.ledger, report: opened.rows.report })
}

/// Reads and normalises residents and marks and opens the ledger, with the tables of the settings.
///
/// # Errors
/// [`Failure::Io`] when a file cannot be opened, [`Failure::Usage`] when our own tables are wrong or an option makes no sense. What is
/// wrong with the data is in the report.
pub fn open(files: &Files, tables: &Arc<Tables>, customs: Customs) -> Result<Opened, Failure> {
    open_keeping(files, tables, customs, &mut stored::Nobody)
}

/// The same from the rows that a register keeps.
///
/// # Errors
/// As [`open`].
pub fn open_stored(rows: StoredRows, tables: &Arc<Tables>, digits: Digits) -> Result<Opened, Failure> {
    // How much of a column may be not understood was asked when the feed came in.
    let customs = Customs { digits, not_understood_percent: 100.0 };
    let files = Files { snapshot: Some(rows.snapshot), ..Files::default() };
    let sorted = stored::sheets(rows, tables);
    read_all(sorted, tables, &files, customs, Report::new(), &mut stored::Nobody)
}

/// Opens the files; `keeper` takes the rows of residents and marks as they are read. What the report refuses is not to be kept.
///
/// # Errors
/// As [`open`].
pub fn open_keeping(files: &Files, tables: &Arc<Tables>, customs: Customs, keeper: &mut dyn Keeper) -> Result<Opened, Failure> {
    let mut report = Report::new();
    let mut found = Found::default();
    let mut kinds = |path: &Option<PathBuf>, role: Role, found: &mut Found| match path {
        Some(path) => found.read(path, role, tables, files, &mut report),
        None => Ok(Vec::new()),
    };
    let resident_kinds = kinds(&files.residents, Role::Residents, &mut found)?;
    for path in &files.marks {
        kinds(&Some(path.clone()), Role::Marks, &mut found)?;
    }
    let ledger_kinds = kinds(&files.ledger, Role::Ledger, &mut found)?;
    let swapped = |kinds: &[Kind], wrong: Kind, right: Kind| kinds.contains(&wrong) && !kinds.contains(&right);
    if swapped(&resident_kinds, Kind::Ledger, Kind::Residents) && swapped(&ledger_kinds, Kind::Residents, Kind::Ledger) {
        let message = "住民ファイルに台帳の見出しが、台帳ファイルに住民の見出しがあります";
        let mut swapped = Report::from(Diagnostic::new(Code::FilesSwapped, message));
        swapped.extend(found.other);
        return Ok(Opened { ledger: empty_ledger(), rows: LedgerRows { report: swapped, unnamed_residents: 0, source: None } });
    }
    report.extend(found.problems());
    read_all(found.sheets, tables, files, customs, report, keeper)
}

/// In which file a sheet stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Residents,
    Marks,
    Ledger,
}

/// The sheets of all files by what they are.
#[derive(Debug, Default)]
struct Found {
    sheets: Sorted,
    /// 住民 in the ledger's file and the like.
    misplaced: Vec<Diagnostic>,
    other: Report,
}

#[derive(Debug, Default)]
struct Sorted {
    residents: Vec<Sheet>,
    marks: Vec<(MarkSheet, Sheet)>,
    ledger: Vec<Sheet>,
}

impl Found {
    /// Sorts the sheets of one file; gives what they are.
    fn read(
        &mut self,
        path: &Path,
        role: Role,
        tables: &Tables,
        files: &Files,
        report: &mut Report,
    ) -> Result<Vec<Kind>, Failure> {
        let mut kinds = Vec::new();
        for mut sheet in read::sheets(path, report)?.into_iter().flatten() {
            if role == Role::Marks && sheet.name.is_empty() {
                sheet.name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            }
            kinds.push(self.take(sheet, role, tables, files, report));
        }
        Ok(kinds)
    }

    /// What is wrong with the sheets as such.
    fn problems(&mut self) -> Report {
        let mut report = std::mem::take(&mut self.other);
        std::mem::take(&mut self.misplaced).into_iter().for_each(|problem| report.push(problem));
        report
    }

    fn take(&mut self, sheet: Sheet, role: Role, tables: &Tables, files: &Files, report: &mut Report) -> Kind {
        let kind = tables.kind(&sheet);
        let one_book = files.residents == files.ledger || files.residents.is_none() || files.ledger.is_none();
        let elsewhere = |what: &str| {
            let option = if what == "住民" { "--residents" } else { "--ledger" };
            Diagnostic::new(Code::SheetUnknown, format!("{what}の見出しのシートがあります"))
                .at(&sheet.origin)
                .hint(format!("{what}のファイルは {option} に指定してください"))
        };
        match (kind, role) {
            (Kind::Residents, Role::Residents) => self.sheets.residents.push(sheet),
            (Kind::Ledger, Role::Ledger) => self.sheets.ledger.push(sheet),
            (Kind::Marks(_), Role::Ledger) if one_book => {}
            (Kind::Marks(mark), Role::Residents | Role::Marks | Role::Ledger) => self.sheets.marks.push((mark, sheet)),
            (Kind::Residents, Role::Ledger) | (Kind::Ledger, Role::Residents) if one_book => {}
            (Kind::Residents, Role::Marks | Role::Ledger) => self.misplaced.push(elsewhere("住民")),
            (Kind::Ledger, Role::Residents | Role::Marks) => self.misplaced.push(elsewhere("予防接種台帳")),
            (Kind::Unknown, Role::Ledger) if one_book => {}
            (Kind::Unknown, Role::Residents | Role::Marks | Role::Ledger) => self.other.push(tables.unknown(&sheet)),
            (Kind::Ignored, _) if sheet.name.is_empty() => {
                let message = "見出しの行が見つかりません";
                self.other.push(Diagnostic::new(Code::HeaderNotFound, message).at(&sheet.origin));
            }
            (Kind::Ignored, _) => {
                guard::Guard::look_through(&sheet, report);
                let told = Diagnostic::new(Code::SheetIgnored, format!("シート「{}」は読みません", sheet.name));
                self.other.push(told.at(&sheet.origin));
            }
        }
        kind
    }
}

fn file(path: &Path) -> Origin {
    Origin::file(&path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())
}

fn empty_ledger() -> Ledger {
    Ledger {
        residents: Vec::new(),
        rows: Vec::new(),
        marks: Vec::new(),
        mark_rows: BTreeMap::new(),
        snapshot: None,
        repeated: BTreeSet::new(),
        ledger_places: LedgerPlaces::default(),
        resident_rows: RowCount::default(),
        past_households: Vec::new(),
    }
}

fn read_all(
    sorted: Sorted,
    tables: &Arc<Tables>,
    files: &Files,
    customs: Customs,
    mut report: Report,
    keeper: &mut dyn Keeper,
) -> Result<Opened, Failure> {
    let Customs { digits, not_understood_percent: percent } = customs;
    let (resident_columns, mark_columns, words) = (&tables.residents, &tables.marks, &tables.words);
    let mut value = empty_ledger();
    value.repeated = tables.codes.repeated();
    // A file that could not be opened may have had the sheets.
    let read = !report.refuses();
    let mut merges = Merges::default();
    for (kind, sheet) in &sorted.marks {
        let rows = value.mark_rows.entry(*kind).or_insert(0);
        if sheets::is_empty(sheet) {
            continue;
        }
        if let Some(header) = sheets::mark_header(sheet, mark_columns, &mut report) {
            let reading = marks::Reading { columns: mark_columns, words, digits, percent };
            *rows += marks::read(sheet, &header, *kind, reading, (&mut value.marks, &mut merges), keeper, &mut report);
        }
    }
    if read && !sorted.residents.is_empty() {
        required_marks(&value.mark_rows, mark_columns, &files.no_marks, &mut report)?;
    }
    let mut lines = residents::Lines::default();
    for sheet in &sorted.residents {
        if let Some(header) = columns::find(sheet, resident_columns, &mut report) {
            let reading = residents::Reading { columns: resident_columns, words, codes: &tables.codes, digits, percent };
            residents::read(sheet, &header, reading, &mut lines, keeper, &mut report);
        }
    }
    if !report.refuses() {
        if let (true, Some(path)) = (sorted.residents.is_empty(), &files.residents) {
            let message = "住民のシートがありません";
            report.push(Diagnostic::new(Code::SheetMissing, message).at(&file(path)));
        } else if lines.rows.rows == 0 && !sorted.residents.is_empty() {
            let message = "見出しだけで、住民の行がありません";
            report.push(Diagnostic::new(Code::FileEmpty, message).at(&sorted.residents[0].origin));
        }
        if let (true, Some(path)) = (sorted.ledger.is_empty(), &files.ledger) {
            let message = "予防接種台帳のシートがありません";
            report.push(Diagnostic::new(Code::SheetMissing, message).at(&file(path)));
        }
    }
    if let (Some(sheet), 1..) = (sorted.residents.first(), lines.rows.rows) {
        value.snapshot = extracted_on(&lines.snapshots, files.snapshot, sheet, &mut report);
    }
    value.resident_rows = lines.rows;
    let unnamed_residents = lines.unnamed;
    value.residents = persons::fold(lines.lines, merges, &mut value.resident_rows, &mut report);
    let mut ledger_sheets = Vec::new();
    let mut before = 0;
    for sheet in sorted.ledger {
        if let Some(header) = columns::find(&sheet, &tables.ledger, &mut report) {
            value.ledger_places.add(before, &sheet.origin);
            let rows = sheet.last_row();
            ledger_sheets.push(LedgerSheet { before, sheet, header });
            before += rows;
        }
    }
    let reading = ledger::Reading { tables: Arc::clone(tables), digits, percent };
    Ok(Opened { ledger: value, rows: LedgerRows { report, unnamed_residents, source: Some((ledger_sheets, reading)) } })
}

/// 送付先, 支援措置, 発送停止 must be there, or be declared absent with a reason.
fn required_marks(
    rows: &BTreeMap<MarkSheet, usize>,
    columns: &Columns<fields::MarkField>,
    declared: &[String],
    report: &mut Report,
) -> Result<(), Failure> {
    let required: Vec<&columns::MarkName> = columns.marks.iter().filter(|mark| mark.required).collect();
    let absent: Vec<&columns::MarkName> = required.iter().copied().filter(|mark| !rows.contains_key(&mark.kind)).collect();
    let mut excused: Vec<MarkSheet> = Vec::new();
    for text in declared {
        let (name, reason) = match text.split_once('=') {
            Some((name, reason)) => (Some(name.trim()), reason.trim()),
            None => (None, text.trim()),
        };
        if reason.is_empty() {
            return Err(Failure::Usage("--no-marks には理由を書いてください（例: --no-marks 送付先=登録者なし）".to_owned()));
        }
        match name {
            None => {
                if absent.len() < required.len() {
                    let there: Vec<&str> =
                        required.iter().filter(|mark| rows.contains_key(&mark.kind)).map(|mark| mark.kind.word()).collect();
                    let message = format!("--no-marks が指定されていますが、{} のシートがあります", there.join("・"));
                    let hint = "ないシートだけを --no-marks 送付先=理由 のように指定してください";
                    report.push(Diagnostic::new(Code::MarksMissing, message).hint(hint));
                }
                excused.extend(required.iter().map(|mark| mark.kind));
            }
            Some(name) => {
                let Some(mark) = required.iter().find(|mark| mark.names.iter().any(|known| known == name)) else {
                    let known: Vec<&str> = required.iter().map(|mark| mark.kind.word()).collect();
                    return Err(Failure::Usage(format!(
                        "--no-marks の「{name}」を知りません。{} のどれかにしてください",
                        known.join("・")
                    )));
                };
                if rows.contains_key(&mark.kind) {
                    let message = format!("--no-marks {name} が指定されていますが、「{name}」のシートがあります");
                    report.push(Diagnostic::new(Code::MarksMissing, message).hint("--no-marks を外してください"));
                }
                excused.push(mark.kind);
            }
        }
    }
    let missing: Vec<&str> = absent.iter().filter(|mark| !excused.contains(&mark.kind)).map(|mark| mark.kind.word()).collect();
    if !missing.is_empty() {
        let message = format!("{} のシートがありません", missing.join("・"));
        let all = missing.len() == required.len();
        let option = if all { "--no-marks 理由".to_owned() } else { format!("--no-marks {}=理由", missing[0]) };
        report.push(Diagnostic::new(Code::MarksMissing, message).hint(format!(
            "見出しだけでよいので、住民と同じブックか --marks のファイルに入れてください。登録が一件もない市では {option} を付けます"
        )));
    }
    Ok(())
}

/// 抽出日: one day for the whole file (CK1: every sub-extract uses the same snapshot).
fn extracted_on(
    snapshots: &BTreeMap<NaiveDate, u32>,
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
