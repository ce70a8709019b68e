//! Which column is which: exact header names and the alias table of `layouts/columns/`, nothing fuzzy.

use crate::chars::matching::narrow;
use crate::diag::{Code, Diagnostic, Failure, Report};
use crate::home::Home;
use crate::read::Cell;
use crate::read::table::Sheet;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Rows in which a header is looked for (title rows above it are allowed).
const HEADER_ROWS: u32 = 30;

/// One file of `layouts/columns/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    /// Sheet names, the first that a workbook has is read; without one, the first sheet.
    #[serde(default)]
    pub(super) sheet: Vec<String>,
    /// Mark sheets.
    #[serde(default)]
    pub(super) mark: Vec<MarkSheet>,
    pub(super) column: Vec<Column>,
}

/// One optional sheet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkSheet {
    pub(super) kind: String,
    pub(super) sheet: String,
}

/// One column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) field: String,
    pub(super) name: String,
    #[serde(default)]
    alias: Vec<String>,
    #[serde(default)]
    pub(super) required: bool,
}

/// Where the fields stand in a sheet.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Row of the headings, from 1.
    pub(super) row: u32,
    places: BTreeMap<String, usize>,
}

impl Header {
    /// Index of a field's column, from 0.
    pub(super) fn place(&self, field: &str) -> Option<usize> {
        self.places.get(field).copied()
    }
}

/// Loads one file of the alias table.
pub(super) fn load(home: &Home, name: &str) -> Result<Columns, Failure> {
    let path = home.path("layouts").join("columns").join(name);
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("列の定義を読めません", &path, e))?;
    toml::from_str(&text).map_err(|e| Failure::Usage(format!("layouts/columns/{name}: {}", e.message())))
}

/// A heading as it is compared: full-width letters and digits narrowed, blanks and line breaks removed.
fn heading(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(narrow).collect::<String>().to_lowercase()
}

/// Finds the header row: the first row that holds at least half of the required headings.
pub(super) fn find(sheet: &Sheet, columns: &Columns, report: &mut Report) -> Option<Header> {
    let known: BTreeMap<String, &Column> = columns
        .column
        .iter()
        .flat_map(|c| std::iter::once(&c.name).chain(&c.alias).map(move |name| (heading(name), c)))
        .collect();
    let needed = columns.column.iter().filter(|c| c.required).count();
    let mut best: Option<(usize, u32, Vec<Cell>)> = None;
    let mut rows = 0;
    for (number, cells) in sheet.top(HEADER_ROWS) {
        let fits = cells.iter().filter(|c| matches!(c, Cell::Text(t) if known.contains_key(&heading(t)))).count();
        if fits > best.as_ref().map_or(0, |(most, ..)| *most) {
            best = Some((fits, number, cells));
        }
        rows = number;
    }
    if rows == 0 {
        report.push(Diagnostic::new(Code::FileEmpty, "シートが空です").at(&sheet.origin));
        return None;
    }
    let Some((fits, row, cells)) = best else {
        report.push(Diagnostic::new(Code::HeaderNotFound, "見出しの行が見つかりません").at(&sheet.origin));
        return None;
    };
    if needed > 0 && fits * 2 < needed.min(columns.column.len()) && fits < 4 {
        report.push(Diagnostic::new(Code::HeaderNotFound, "見出しの行が見つかりません").at(&sheet.origin));
        return None;
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut sound = true;
    for (place, cell) in cells.iter().enumerate() {
        let Cell::Text(text) = cell else { continue };
        let origin = sheet.origin.at(row, u32::try_from(place + 1).unwrap_or(u32::MAX));
        if heading(text).contains("個人番号") || heading(text) == "kojinbango" || heading(text).contains("マイナンバー")
        {
            report.push(Diagnostic::new(Code::MyNumberColumn, "個人番号の列があります").at(&origin).so("値は読んでいません"));
            sound = false;
            continue;
        }
        match known.get(&heading(text)) {
            Some(column) => {
                if let Some(first) = places.insert(column.field.clone(), place) {
                    let other = sheet.origin.at(row, u32::try_from(first + 1).unwrap_or(u32::MAX));
                    let message = format!("「{}」の列が二つあります（もう一つは {other}）", column.name);
                    report.push(Diagnostic::new(Code::ColumnDuplicate, message).at(&origin));
                    sound = false;
                }
            }
            None => report.push(
                Diagnostic::new(Code::ColumnUnknown, format!("知らない列「{text}」です")).at(&origin).so("この列は使いません"),
            ),
        }
    }
    for column in columns.column.iter().filter(|c| c.required && !places.contains_key(&c.field)) {
        report.push(
            Diagnostic::new(Code::ColumnMissing, format!("「{}」の列がありません", column.name)).at(&sheet.origin.at(row, 0)),
        );
        sound = false;
    }
    sound.then_some(Header { row, places })
}
