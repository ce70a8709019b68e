//! The files of one case: the base with its fault, and how they reach the program.

use super::base::{AS_OF, Base, base};
use super::table::{Form, Table, bytes, patched};
use crate::office::{self, Office};
use std::collections::BTreeSet;
use std::sync::OnceLock;

type Edit = Box<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

/// The files of one run.
pub(crate) struct Files {
    pub(crate) base: Base,
    pub(crate) residents_form: Form,
    pub(crate) ledger_form: Form,
    /// Further sheets of the residents' workbook (with a residents CSV: of the marks' workbook).
    pub(crate) sheets: Vec<Table>,
    /// Further sheets of the ledger's workbook.
    pub(crate) ledgers: Vec<Table>,
    /// Options beside the usual ones.
    pub(crate) args: Vec<String>,
    /// File of the office's folder, words, other words.
    pub(crate) settings: Vec<(String, String, String)>,
    /// The people of the fault, by 予防接種番号.
    pub(crate) people: BTreeSet<String>,
    /// The row of the fault as the file counts it.
    pub(crate) row: Option<usize>,
    edits: Vec<(String, Edit)>,
}

impl Files {
    /// The base: residents with marks in one workbook, the ledger as a CP932 CSV.
    pub(crate) fn sound() -> Self {
        static BASE: OnceLock<Base> = OnceLock::new();
        Self {
            base: BASE.get_or_init(base).clone(),
            residents_form: Form::Workbook,
            ledger_form: Form::Cp932,
            sheets: Vec::new(),
            ledgers: Vec::new(),
            args: Vec::new(),
            settings: Vec::new(),
            people: BTreeSet::new(),
            row: None,
            edits: Vec::new(),
        }
    }

    /// The same as CSV with the marks in a workbook of their own.
    pub(crate) fn sound_csv() -> Self {
        Self { residents_form: Form::Utf8, ..Self::sound() }
    }

    pub(crate) fn option(&mut self, words: &[&str]) {
        self.args.extend(words.iter().map(|word| (*word).to_owned()));
    }

    /// Changes the office's settings.
    pub(crate) fn setting(&mut self, file: &str, from: &str, to: &str) {
        self.settings.push((file.to_owned(), from.to_owned(), to.to_owned()));
    }

    /// Changes the bytes of a written file.
    pub(crate) fn edit(&mut self, file: &str, edit: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) {
        self.edits.push((file.to_owned(), Box::new(edit)));
    }

    /// Changes a written UTF-8 or CP932 file as text.
    pub(crate) fn edit_text(&mut self, file: &str, edit: impl Fn(String) -> String + Send + Sync + 'static) {
        self.edit(file, move |bytes| match String::from_utf8(bytes) {
            Ok(text) => edit(text).into_bytes(),
            Err(e) => super::table::cp932(&edit(encoding_rs::SHIFT_JIS.decode(e.as_bytes()).0.into_owned())),
        });
    }

    /// Changes the XML of a written workbook.
    pub(crate) fn edit_book(&mut self, file: &str, edit: impl Fn(&str, String) -> String + Send + Sync + 'static) {
        self.edit(file, move |bytes| patched(&bytes, &edit));
    }

    /// A person of the base, now of the fault.
    pub(crate) fn fault(&mut self, role: &str) -> String {
        let number = self.base.role(role);
        self.people.insert(number.clone());
        number
    }

    /// Adds the residents of a file of `tests/data/entrance`; they are of the fault.
    pub(crate) fn add_residents(&mut self, file: &str) {
        for row in data(file) {
            let cells: Vec<(&str, &str)> = row.iter().map(|(column, value)| (column.as_str(), value.as_str())).collect();
            self.base.residents.push(&cells);
            let numbers =
                cells.iter().filter(|(column, value)| ["予防接種番号", "宛名番号"].contains(column) && !value.is_empty());
            self.people.extend(numbers.map(|(_, value)| value.trim_start_matches("#数値 ").to_owned()));
        }
    }

    /// Adds the ledger rows of a file of `tests/data/entrance`.
    pub(crate) fn add_doses(&mut self, file: &str) {
        for row in data(file) {
            let cells: Vec<(&str, &str)> = row.iter().map(|(column, value)| (column.as_str(), value.as_str())).collect();
            self.base.ledger.push(&cells);
        }
    }

    pub(crate) fn residents_name(&self) -> &'static str {
        if self.residents_form == Form::Workbook { "住民.xlsx" } else { "住民.csv" }
    }

    pub(crate) fn ledger_name(&self) -> &'static str {
        if self.ledger_form == Form::Workbook { "台帳.xlsx" } else { "台帳.csv" }
    }

    /// Writes the files into an office of their own.
    pub(crate) fn office(&self) -> Placed {
        let copied: Vec<&str> = self.settings.iter().map(|(file, ..)| file.split('/').next().unwrap()).collect();
        let place = office::home(&copied);
        for (file, from, to) in &self.settings {
            office::change(&place, file, from, to);
        }
        let mut args: Vec<String> = Vec::new();
        let mut put = |option: &str, name: &str, tables: &[Table], form: Form| {
            let mut held = bytes(tables, form);
            for (_, edit) in self.edits.iter().filter(|(file, _)| file == name) {
                held = edit(held);
            }
            office::write(&place.path().join(name), &held);
            args.extend([option.to_owned(), name.to_owned()]);
        };
        let beside: Vec<Table> = self.base.marks.iter().chain(&self.sheets).cloned().collect();
        let residents = self.base.residents.clone();
        if self.residents_form == Form::Workbook {
            put("--residents", self.residents_name(), &[vec![residents], beside].concat(), Form::Workbook);
        } else {
            put("--residents", self.residents_name(), &[residents], self.residents_form);
            if !beside.is_empty() {
                put("--marks", "標.xlsx", &beside, Form::Workbook);
            }
        }
        let ledger = [vec![self.base.ledger.clone()], self.ledgers.clone()].concat();
        put("--ledger", self.ledger_name(), &ledger, self.ledger_form);
        args.extend(["--as-of", AS_OF].map(str::to_owned));
        if !self.args.iter().any(|arg| arg == "--previous" || arg == "--since") {
            args.extend(["--since", "2026-11-02"].map(str::to_owned));
        }
        args.extend(self.args.iter().cloned());
        Placed { place, args }
    }

    /// Texts of the people that no message may show: names, kana, whole addresses, birth dates.
    pub(crate) fn private(&self) -> BTreeSet<String> {
        let sound = Self::sound();
        let mut texts = BTreeSet::new();
        for table in [&self.base.residents, &sound.base.residents] {
            for row in 0..table.rows.len() {
                let names = ["氏名", "フリガナ", "住所"].iter().filter(|column| table.head.iter().any(|head| head == *column));
                texts.extend(
                    names
                        .map(|column| table.get(row, column).to_owned())
                        .filter(|t| t.contains('\u{3000}') || t.chars().count() > 7),
                );
            }
        }
        for row in 0..sound.base.residents.rows.len() {
            let birth = sound.base.residents.get(row, "生年月日").to_owned();
            texts.insert(birth.replace('-', ""));
            texts.insert(birth.replace('-', "/"));
            texts.insert(birth);
        }
        texts
    }
}

/// The rows of a CSV of `tests/data/entrance`, each with its headings.
fn data(file: &str) -> Vec<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_path(std::path::Path::new("tests/data/entrance").join(file)).unwrap();
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| head.iter().cloned().zip(row.iter().map(str::to_owned)).collect()).collect()
}

/// An office with the files of a case.
pub(crate) struct Placed {
    pub(crate) place: tempfile::TempDir,
    args: Vec<String>,
}

impl Placed {
    /// A verb on the files, with further options.
    pub(crate) fn kansho(&self, verb: &str, more: &[&str]) -> std::process::Output {
        let mut args = vec![verb];
        args.extend(self.args.iter().map(String::as_str));
        args.extend(more);
        office::kansho(&self.place, &args)
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.place.path().join(name)
    }
}

/// The program in the office without files of its own.
pub(crate) fn plain_office() -> Office {
    Office::new("")
}
