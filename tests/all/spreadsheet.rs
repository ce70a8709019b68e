//! 表計算ソフト: LibreOffice opens what we write and gives the same cells back.
#![cfg(unix)]
use crate::made::{place, record, xls};
use crate::office::{ADDRESS, Office, file, infant, said};
use kansho_core::diag::Report;
use kansho_intake::read::{Cell, sheets};
use std::path::Path;
use std::process::Command;

/// Converts one file headless; `None` (said aloud) when LibreOffice is missing.
fn converted(file: &Path, infilter: Option<&str>, to: &str, into: &Path) -> Option<()> {
    let profile = format!("-env:UserInstallation=file://{}/profile", into.display());
    let mut command = Command::new("soffice");
    command.args([&profile, "--headless", "--norestore"]);
    if let Some(filter) = infilter {
        command.arg(format!("--infilter={filter}"));
    }
    match command.args(["--convert-to", to, "--outdir"]).arg(into).arg(file).output() {
        Ok(done) => {
            assert!(done.status.success(), "{}", said(&done));
            Some(())
        }
        Err(_) => {
            eprintln!("SKIPPED: LibreOffice (soffice) is not installed, so no file was opened in it");
            None
        }
    }
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let text = text.trim_start_matches('\u{FEFF}');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// UTF-8, comma, every text quoted, cells as they are shown.
const UTF8: &str = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false";

#[test]
fn libreoffice_gives_the_cells_of_the_postal_csv_and_the_decision_list_back() {
    let office = Office::new("");
    // What a spreadsheet likes to rewrite: leading zeros, dates, fractions, long numbers, truth values, exponents, quotes.
    let rooms =
        ["007", "1-2-3", "2026/12/1", "1/2", "12345678901234567890", "TRUE", "1E5", "\"5\"号", "００７", "10%", "(5)", "12:30"];
    let person = |(number, room)| {
        let mut cells = infant(number, "髙橋　ソ十表", "タカハシ", ADDRESS, room);
        cells[0] = format!("00{number:08}");
        cells
    };
    let people: Vec<Vec<String>> = (1..).zip(rooms).map(person).collect();
    let done = office.run(file(&people).as_bytes());
    assert!(done.status.success(), "{}", said(&done));
    let place = tempfile::tempdir().unwrap();

    // postal.csv: Windows-31J (60), quoted cells are text, no cell is guessed at.
    let csv = office.path("out/postal.csv");
    let Some(()) = converted(&csv, Some("Text - txt - csv (StarCalc):44,34,60,1,,0,true,false"), UTF8, place.path()) else {
        return;
    };
    let (ours, theirs) = (office.rows("postal.csv"), rows(&place.path().join("postal.csv")));
    assert_eq!(ours.len(), 2 * rooms.len() + 1);
    assert_eq!(ours, theirs);

    // decisions.xlsx, every sheet of it.
    let book = office.path("out/office/decisions.xlsx");
    let all_sheets = format!("{UTF8},false,false,-1");
    converted(&book, None, &all_sheets, place.path()).unwrap();
    let ours = sheets(&book, &mut Report::new()).unwrap().unwrap();
    assert!(!ours.is_empty());
    let mut compared = 0;
    for sheet in &ours {
        let theirs = rows(&place.path().join(format!("decisions-{}.csv", sheet.name)));
        let mut place = 0;
        sheet.walk(0, &mut Report::new(), &mut |number, cells, _| {
            let shown = theirs.get(usize::try_from(number).unwrap() - 1).cloned().unwrap_or_default();
            for (column, cell) in cells.iter().enumerate() {
                let theirs = shown.get(column).map_or("", String::as_str);
                let ours = match cell {
                    Cell::Text(text) => text.clone(),
                    Cell::Number(number) => format!("{number}"),
                    Cell::Date(day) => day.to_string(),
                    Cell::Empty => String::new(),
                    Cell::Bad(what) => panic!("{} {number}: {what}", sheet.name),
                };
                assert_eq!(ours, theirs, "{} row {number} column {}", sheet.name, column + 1);
                place += 1;
            }
            true
        });
        compared += place;
    }
    // A number with leading zeros is text, not a number that was shown with zeros.
    let number_cells = |sheet: &kansho_intake::read::table::Sheet| {
        let mut found = 0;
        sheet.walk(0, &mut Report::new(), &mut |_, cells, _| {
            found += cells.iter().filter(|c| matches!(c, Cell::Text(t) if t.len() == 10 && t.starts_with("0000"))).count();
            true
        });
        found
    };
    assert!(ours.iter().map(number_cells).sum::<usize>() >= 2 * rooms.len());
    eprintln!("{compared} cells of {} sheets came back", ours.len());
}

/// A reader that panics says nothing of its own: neither its words nor a place in a library reach the terminal.
#[test]
fn a_damaged_workbook_is_told_without_a_word_of_the_library() {
    let place_of = tempfile::tempdir().unwrap();
    // Number record cut short by the end of its data: the library slices beyond it.
    let broken = xls(&[record(0x00BD, &[place(0, 9, 0), vec![0, 0, 3, 0]].concat())]);
    let residents = place_of.path().join("住民.xls");
    std::fs::File::create(&residents).and_then(|mut file| std::io::Write::write_all(&mut file, &broken)).unwrap();
    let ledger = place_of.path().join("台帳.csv");
    std::fs::File::create(&ledger).and_then(|mut file| std::io::Write::write_all(&mut file, b"a,b\n1,2\n")).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_kansho"))
        .args(["run", "--as-of", "2026-12-01", "--residents"])
        .arg(&residents)
        .arg("--ledger")
        .arg(&ledger)
        .arg("--out")
        .arg(place_of.path().join("out"))
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains("住民.xls: 表計算ファイルとして読めません（中身が決まりどおりの形になっていません）"), "{told}");
    assert!(!told.contains("panicked") && !told.contains("calamine") && !told.contains("内部の誤り"), "{told}");
}
