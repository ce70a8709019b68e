//! xlsx, xls, xlsb, ods; sizes and extents are looked at before anything is unpacked or laid out.

use crate::read::grid::{Filled, Grid, MOST_CELLS};
use crate::read::guarded::guarded;
use crate::read::package::{self, Format, Problem};
use crate::read::table::{Sheet, Source};
use crate::read::{Cell, compound, moment, ods};
use calamine::{Data, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb, XlsbError, Xlsx, XlsxError};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::origin::Origin;
use std::collections::BTreeSet;
use std::io::Cursor;

type Bytes<'a> = Cursor<&'a [u8]>;
/// Name, whether it is hidden, rows.
type Page = (String, bool, Vec<Filled>);

const NO_VALUE: &str = "値が保存されていない数式";

/// The sheets of a workbook; `None` when it is refused.
pub fn sheets(name: &str, extension: &str, bytes: &[u8], report: &mut Report) -> Option<Vec<Sheet>> {
    let file = Origin::file(name);
    // A reader that panics has met what its format does not allow.
    let pages = match guarded(|| pages(extension, bytes)).unwrap_or(Err(Problem::FORM)) {
        Ok(pages) => pages,
        Err(problem) => {
            report.push(told(extension, problem).at(&file));
            return None;
        }
    };
    if pages.iter().all(|(_, _, rows)| rows.is_empty()) {
        report.push(Diagnostic::new(Code::FileEmpty, "ファイルが空です").at(&file));
        return None;
    }
    let sheet = |(name, hidden, rows): Page| {
        let origin = file.sheet(&name);
        Sheet { origin, name, hidden, source: Source::Cells(rows) }
    };
    Some(pages.into_iter().map(sheet).collect())
}

/// True for the compound file that a protected xlsx is.
pub(super) fn is_protected(bytes: &[u8]) -> bool {
    let wanted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &wanted).is_some()
}

fn told(extension: &str, problem: Problem) -> Diagnostic {
    match problem {
        Problem::Protected => Diagnostic::new(Code::FileProtected, "パスワードで保護されています"),
        Problem::Bomb(words) => Diagnostic::new(Code::FileBomb, words),
        Problem::Broken(words) => Diagnostic::new(Code::FileUnreadable, format!("表計算ファイルとして読めません（{words}）")),
        Problem::TooMany => {
            let message = format!("セルが多すぎます（1ファイル {} 万個まで）", MOST_CELLS / 10_000);
            let hint = "使っていない行と列を削除して保存し直してください。正しいファイルなら分割してください";
            Diagnostic::new(Code::FileBomb, message).hint(hint)
        }
        Problem::Another(words) => {
            Diagnostic::new(Code::FileUnreadable, format!("拡張子は .{extension} ですが、中身は {words} です"))
                .hint("拡張子を中身に合わせるか、表計算ソフトで開いて xlsx で保存し直してください")
        }
    }
}

fn pages(extension: &str, bytes: &[u8]) -> Result<Vec<Page>, Problem> {
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return if is_protected(bytes) { Err(Problem::Protected) } else { xls(bytes) };
    }
    let mut archive = package::open(bytes)?;
    let format = package::format(&archive).ok_or(Problem::PART)?;
    match (format, extension) {
        (Format::Xlsx, "xlsx" | "xlsm") => xlsx(bytes),
        (Format::Xlsb, "xlsb") => xlsb(bytes),
        (Format::Ods, "ods") => {
            let tables = ods::tables(&mut archive, MOST_CELLS)?;
            Ok(tables.into_iter().map(|table| (table.name, table.hidden, table.rows)).collect())
        }
        (Format::Xlsx, _) => Err(Problem::Another("xlsx")),
        (Format::Xlsb, _) => Err(Problem::Another("xlsb")),
        (Format::Ods, _) => Err(Problem::Another("ods")),
    }
}

/// The sheets that hold cells (charts hold none): name, whether it is hidden.
fn listed(sheets: &[calamine::Sheet]) -> Vec<(String, bool)> {
    let cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    cells.map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible)).collect()
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Page>, Problem> {
    let mut book: Xlsx<Bytes<'_>> = Xlsx::new(Cursor::new(bytes)).map_err(|e| xlsx_problem(&e))?;
    let since_1904 = book.has_1904_epoch();
    let (mut found, mut left) = (Vec::new(), MOST_CELLS);
    for (name, hidden) in listed(book.sheets_metadata()) {
        let mut cells = match book.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(problem) => return Err(xlsx_problem(&problem)),
        };
        let mut grid = Grid::new(left);
        while let Some(record) = cells.next_cell_with_formula_metadata().map_err(|e| xlsx_problem(&e))? {
            let value = Data::from(record.value);
            let no_value = value == Data::Empty && record.formula.is_some();
            let cell = if no_value { Cell::Bad(NO_VALUE.to_owned()) } else { cell(value, since_1904) };
            grid.put(record.pos.0, record.pos.1, cell)?;
        }
        let (rows, rest) = grid.finish();
        left = rest;
        found.push((name, hidden, rows));
    }
    Ok(found)
}

fn xlsb(bytes: &[u8]) -> Result<Vec<Page>, Problem> {
    let mut book: Xlsb<Bytes<'_>> = Xlsb::new(Cursor::new(bytes)).map_err(|e| xlsb_problem(&e))?;
    let since_1904 = book.has_1904_epoch();
    let (mut found, mut left) = (Vec::new(), MOST_CELLS);
    for (name, hidden) in listed(book.sheets_metadata()) {
        // A formula whose value is an error is told as a formula only, never as a cell.
        let mut formulas = BTreeSet::new();
        let mut cells = book.worksheet_cells_reader(&name).map_err(|e| xlsb_problem(&e))?;
        while let Some(formula) = cells.next_formula().map_err(|e| xlsb_problem(&e))? {
            formulas.insert(formula.get_position());
        }
        drop(cells);
        let mut grid = Grid::new(left);
        let mut cells = book.worksheet_cells_reader(&name).map_err(|e| xlsb_problem(&e))?;
        while let Some(value) = cells.next_cell().map_err(|e| xlsb_problem(&e))? {
            formulas.remove(&value.get_position());
            let (row, column) = value.get_position();
            grid.put(row, column, cell(Data::from(value.get_value().clone()), since_1904))?;
        }
        for (row, column) in formulas {
            grid.put(row, column, Cell::Bad("エラー値か、値が保存されていない数式".to_owned()))?;
        }
        let (rows, rest) = grid.finish();
        left = rest;
        found.push((name, hidden, rows));
    }
    Ok(found)
}

fn xls(bytes: &[u8]) -> Result<Vec<Page>, Problem> {
    compound::look(bytes)?;
    let mut book: Xls<Bytes<'_>> = Xls::new(Cursor::new(bytes)).map_err(|e| xls_problem(&e))?;
    let since_1904 = book.has_1904_epoch();
    let (mut found, mut left) = (Vec::new(), MOST_CELLS);
    for (name, hidden) in listed(book.sheets_metadata()) {
        let mut grid = Grid::new(left);
        let values = book.worksheet_range(&name).map_err(|e| xls_problem(&e))?;
        let formulas = book.worksheet_formula(&name).map_err(|e| xls_problem(&e))?;
        let place = |start: Option<(u32, u32)>, (row, column): (usize, usize)| {
            let (top, left) = start.unwrap_or_default();
            let far = |from: u32, by: usize| from.saturating_add(u32::try_from(by).unwrap_or(u32::MAX));
            (far(top, row), far(left, column))
        };
        for (row, column, formula) in formulas.used_cells() {
            let at = place(formulas.start(), (row, column));
            if !formula.is_empty() && values.get_value(at).is_none_or(|value| *value == Data::Empty) {
                grid.put(at.0, at.1, Cell::Bad(NO_VALUE.to_owned()))?;
            }
        }
        for (row, column, value) in values.used_cells() {
            let at = place(values.start(), (row, column));
            grid.put(at.0, at.1, cell(value.clone(), since_1904))?;
        }
        let (rows, rest) = grid.finish();
        left = rest;
        found.push((name, hidden, rows));
    }
    Ok(found)
}

fn cell(data: Data, since_1904: bool) -> Cell {
    let number = |number: f64| if number.is_finite() { Cell::Number(number) } else { Cell::Bad("数でない値".to_owned()) };
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) => Cell::of_text(text.into()),
        #[allow(
            clippy::cast_precision_loss,
            reason = "a workbook's numbers are doubles; codes above 2^53 are refused as inexact"
        )]
        Data::Int(value) => number(value as f64),
        Data::Float(value) => number(value),
        Data::Bool(value) => Cell::Text(if value { "TRUE" } else { "FALSE" }.to_owned()),
        Data::DateTime(moment) if moment.is_datetime() => moment::serial(moment.as_f64(), since_1904),
        Data::DateTime(_) | Data::DurationIso(_) => Cell::Bad("時刻のセル".to_owned()),
        Data::DateTimeIso(text) => moment::iso(&text),
        Data::Error(problem) => Cell::Bad(format!("エラー値 {problem}")),
    }
}

fn xlsx_problem(problem: &XlsxError) -> Problem {
    if matches!(problem, XlsxError::Password) {
        Problem::Protected
    } else if matches!(problem, XlsxError::Zip(_) | XlsxError::Io(_)) {
        Problem::ZIP
    } else if matches!(problem, XlsxError::Xml(_) | XlsxError::XmlAttr(_) | XlsxError::XmlEof(_)) {
        Problem::XML
    } else if matches!(problem, XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound | XlsxError::WorksheetNotFound(_)) {
        Problem::PART
    } else {
        Problem::FORM
    }
}

fn xlsb_problem(problem: &XlsbError) -> Problem {
    if matches!(problem, XlsbError::Password) {
        Problem::Protected
    } else if matches!(problem, XlsbError::Zip(_) | XlsbError::Io(_)) {
        Problem::ZIP
    } else if matches!(problem, XlsbError::Xml(_) | XlsbError::XmlAttr(_)) {
        Problem::XML
    } else if matches!(problem, XlsbError::FileNotFound(_) | XlsbError::WorksheetNotFound(_)) {
        Problem::PART
    } else {
        Problem::FORM
    }
}

fn xls_problem(problem: &XlsError) -> Problem {
    if matches!(problem, XlsError::Password) { Problem::Protected } else { Problem::FORM }
}
