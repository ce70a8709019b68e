//! A month as offices have it: residents from a database, marks in a second file under a wrong sheet name, a ledger of two sheets
//! that was not renewed, an old template. Each stop is mended by its own hint alone, and the run is then right.

use crate::entrance::files::Files;
use crate::entrance::oracle::{decisions, sound};
use crate::entrance::table::{Form, Table, bytes};
use crate::office;
use std::process::Output;
use tempfile::TempDir;

/// The office's folder and the options of its monthly run so far.
struct Month {
    place: TempDir,
    files: Files,
    args: Vec<String>,
}

impl Month {
    fn write(&self, name: &str, tables: &[Table], form: Form) {
        office::write(&self.place.path().join(name), &bytes(tables, form));
    }

    fn kansho(&self, verb: &str, more: &[&str]) -> Output {
        let fixed = ["--residents", "住民.csv", "--ledger", "台帳.xlsx", "--as-of", "2026-12-01", "--since", "2026-11-02"];
        let args: Vec<&str> =
            [verb].into_iter().chain(fixed).chain(self.args.iter().map(String::as_str)).chain(more.iter().copied()).collect();
        office::kansho(&self.place, &args)
    }

    /// The run stops, makes nothing, and says the words; what it said.
    fn stops(&self, words: &[&str]) -> String {
        let output = self.kansho("run", &["--out", "out"]);
        let told = office::said(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(!self.place.path().join("out").exists(), "{told}");
        for word in words {
            assert!(told.contains(word), "「{word}」がありません:\n{told}");
        }
        for text in self.files.private() {
            assert!(!told.contains(&text), "{told}");
        }
        told
    }

    fn ledger(&self, newest: &str) {
        let mut ledger = self.files.base.ledger.clone();
        ledger.keep(|ledger, row| ledger.get(row, "実施日") <= newest);
        let tail = ledger.rows.split_off(ledger.rows.len() / 2);
        ledger.name = "台帳1".to_owned();
        let second = Table { name: "台帳2".to_owned(), rows: tail, ..ledger.clone() };
        self.write("台帳.xlsx", &[ledger, second], Form::Workbook);
    }

    fn marks(&self, protection: &str) {
        let mut marks = self.files.base.marks.clone();
        protection.clone_into(&mut marks.iter_mut().find(|mark| mark.name == "支援措置").unwrap().name);
        self.write("標.xlsx", &marks, Form::Workbook);
    }
}

/// The residents as a database writes them: every date a timestamp, NULL where nothing is.
fn from_a_database(residents: &Table) -> Table {
    let mut table = residents.clone();
    for column in ["生年月日_不詳フラグ", "生年月日_不詳表記", "履歴番号"] {
        let place = table.column(column);
        table.head.remove(place);
        for row in &mut table.rows {
            row.remove(place);
        }
    }
    for row in 0..table.rows.len() {
        for column in ["生年月日", "住民となった日", "抽出日", "消除日", "転出予定日", "死亡日", "通称", "方書"]
        {
            let written = match table.get(row, column) {
                "" => "NULL".to_owned(),
                day => format!("{day} 00:00:00"),
            };
            table.set(row, column, &written);
        }
    }
    table
}

/// The words of a hint.
fn hint(told: &str) -> String {
    told.lines().filter(|line| line.contains("ヒント: ")).collect()
}

#[test]
fn every_stop_of_the_month_is_mended_by_its_hint() {
    let place = office::home(&["templates", "municipality.toml"]);
    let mut month = Month { place, files: Files::sound(), args: Vec::new() };
    month.write("住民.csv", &[from_a_database(&month.files.base.residents)], Form::Utf8);
    month.marks("支援措置等");
    month.ledger("20260630");
    // The office has approved its templates; one of them was put back to an older text.
    let checked = office::said(&office::kansho(&month.place, &["templates", "check"]));
    let approved = checked.split("照合値 ").nth(1).unwrap().trim().to_owned();
    office::change(&month.place, "municipality.toml", "templates = \"\"", &format!("templates = \"{approved}\""));
    let template = std::fs::read_to_string(month.place.path().join("templates/mr1.md")).unwrap();
    office::change(&month.place, "templates/mr1.md", "麻しん", "はしか（麻しん）");

    // A CSV of residents has no marks.
    let told = month.stops(&["支援措置", "送付先", "発送停止"]);
    assert!(hint(&told).contains("--marks"), "{told}");
    month.args.extend(["--marks", "標.xlsx"].map(str::to_owned));

    // A sheet of nearly the right name.
    let told = month.stops(&["支援措置等", "「支援措置」"]);
    assert!(hint(&told).contains("シートの名"), "{told}");
    month.marks("支援措置");

    // The ledger of June.
    let told = month.stops(&["2026-06"]);
    assert!(hint(&told).contains("台帳") && hint(&told).contains("--accept-old-ledger"), "{told}");
    month.ledger("20261127");

    // The old template.
    let told = month.stops(&["照合値"]);
    assert!(hint(&told).contains("run.templates"), "{told}");
    std::fs::write(month.place.path().join("templates/mr1.md"), template).unwrap();

    let output = month.kansho("run", &["--out", "out"]);
    let told = office::said(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(!told.contains("保留["), "{told}");
    assert_eq!(decisions(&month.kansho("select", &["--format", "json"])), *sound());
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(month.place.path().join("out/manifest.json")).unwrap()).unwrap();
    let selected = sound().values().filter(|(decision, _)| decision == "selected").count();
    assert_eq!(manifest["pieces"].as_array().unwrap().len(), selected);
    let verified = office::kansho(&month.place, &["verify", "out"]);
    assert_eq!(verified.status.code(), Some(0), "{}", office::said(&verified));
    for file in ["office/pieces.json", "office/report.html", "postal.csv"] {
        let bytes = std::fs::read(month.place.path().join("out").join(file)).unwrap();
        assert!(!encoding_rs::SHIFT_JIS.decode(&bytes).0.contains("NULL"), "{file}");
    }
}
