//! Tables with named columns, and the files they become.

use super::Kind;
use std::io::{Cursor, Read as _, Write as _};

/// A table: a sheet of a workbook, or a CSV file. A cell is its text; `#数値 n`, `#日付 n`, `#式 f` and `#エラー e` are cells of a
/// workbook of that type.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) hidden: bool,
}

impl Table {
    pub(crate) fn new(name: &str, head: &[&str]) -> Self {
        Self { name: name.to_owned(), head: head.iter().map(|h| (*h).to_owned()).collect(), rows: Vec::new(), hidden: false }
    }

    /// The place of a column; the test stops when there is none.
    pub(crate) fn column(&self, name: &str) -> usize {
        self.head.iter().position(|head| head == name).unwrap_or_else(|| panic!("{}: 「{name}」の列がありません", self.name))
    }

    /// A row of the named cells; the others are empty.
    pub(crate) fn push(&mut self, cells: &[(&str, &str)]) {
        let mut row = vec![String::new(); self.head.len()];
        for (name, value) in cells {
            row[self.column(name)] = (*value).to_owned();
        }
        self.rows.push(row);
    }

    pub(crate) fn get(&self, row: usize, column: &str) -> &str {
        &self.rows[row][self.column(column)]
    }

    pub(crate) fn set(&mut self, row: usize, column: &str, value: &str) {
        let place = self.column(column);
        value.clone_into(&mut self.rows[row][place]);
    }

    /// The first row of a person.
    pub(crate) fn row_of(&self, number: &str) -> usize {
        let place = self.column("予防接種番号");
        self.rows
            .iter()
            .position(|row| row[place] == number)
            .unwrap_or_else(|| panic!("{}: {number} の行がありません", self.name))
    }

    pub(crate) fn keep(&mut self, keep: impl Fn(&Self, usize) -> bool) {
        let kept = (0..self.rows.len()).filter(|row| keep(self, *row)).map(|row| self.rows[row].clone()).collect();
        self.rows = kept;
    }

    /// A new column at the end, with one value in every row.
    pub(crate) fn widen(&mut self, name: &str, value: &str) {
        self.head.push(name.to_owned());
        for row in &mut self.rows {
            row.push(value.to_owned());
        }
    }
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Workbook,
    Utf8,
    Cp932,
}

/// The bytes of a file of some tables (a CSV has one).
pub(crate) fn bytes(tables: &[Table], form: Form) -> Vec<u8> {
    match form {
        Form::Workbook => workbook(tables),
        Form::Utf8 => text(&tables[0]).into_bytes(),
        Form::Cp932 => cp932(&text(&tables[0])),
    }
}

/// RFC 4180, every field quoted.
fn text(table: &Table) -> String {
    let line = |cells: &Vec<String>| {
        assert!(!cells.iter().any(|cell| Kind::of(cell).is_some()), "{}: CSV に型のあるセルは書けません", table.name);
        cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",") + "\r\n"
    };
    std::iter::once(&table.head).chain(&table.rows).map(line).collect()
}

pub(crate) fn cp932(text: &str) -> Vec<u8> {
    let (bytes, _, bad) = encoding_rs::SHIFT_JIS.encode(text);
    assert!(!bad, "CP932 で書けない字があります");
    bytes.into_owned()
}

fn workbook(tables: &[Table]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let dated = rust_xlsxwriter::Format::new().set_num_format("yyyy/mm/dd");
    let mut formulas = false;
    for table in tables {
        let sheet = book.add_worksheet().set_name(&table.name).unwrap();
        sheet.set_hidden(table.hidden);
        for (row, cells) in (0..).zip(std::iter::once(&table.head).chain(&table.rows)) {
            for (column, cell) in (0..).zip(cells) {
                match Kind::of(cell) {
                    None if cell.is_empty() => {}
                    None => {
                        sheet.write_string(row, column, cell).unwrap();
                    }
                    Some((Kind::Number, value)) => {
                        sheet.write_number(row, column, value.parse::<f64>().unwrap()).unwrap();
                    }
                    Some((Kind::Date, value)) => {
                        sheet.write_number_with_format(row, column, value.parse::<f64>().unwrap(), &dated).unwrap();
                    }
                    Some((Kind::Formula, value)) => {
                        formulas = true;
                        sheet.write_formula(row, column, rust_xlsxwriter::Formula::new(value).set_result("0")).unwrap();
                    }
                    Some((Kind::Error, value)) => {
                        let formula = rust_xlsxwriter::Formula::new("NA()").set_result(value);
                        sheet.write_formula(row, column, formula).unwrap();
                    }
                    Some((Kind::Truth, value)) => {
                        sheet.write_boolean(row, column, value == "TRUE").unwrap();
                    }
                    Some((Kind::Far, value)) => {
                        sheet.write_string(1_048_575, 16_383, value).unwrap();
                    }
                }
            }
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    // A formula that no program has calculated yet has no value.
    if formulas {
        patched(&bytes, |name, xml| if name.contains("worksheets/") { xml.replace("</f><v>0</v>", "</f>") } else { xml })
    } else {
        bytes
    }
}

/// A workbook with its parts changed as text.
pub(crate) fn patched(bytes: &[u8], change: impl Fn(&str, String) -> String) -> Vec<u8> {
    let mut book = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..book.len() {
        let mut part = book.by_index(place).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut held = String::new();
        part.read_to_string(&mut held).unwrap();
        writer.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(change(&name, held).as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
