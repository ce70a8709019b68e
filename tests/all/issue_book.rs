//! A 発行no is printed once (design §3): over runs and reissues, two of them at the same moment; the same draft takes its own numbers
//! again; a book that is not understood refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const FILES: [&str; 4] = ["--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv"];

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kansho"));
    command.args(words).args(FILES).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn run(place: &Path, out: &str, as_of: &str, more: &[&str]) -> Output {
    let out = place.join(out).to_string_lossy().into_owned();
    command(&[&["run", "--as-of", as_of, "--out", &out], more].concat()).output().unwrap()
}

fn reissue(place: &Path, out: &str, (person, programme): &(String, String)) -> Command {
    let out = place.join(out).to_string_lossy().into_owned();
    command(&["reissue", person, "--programme", programme, "--as-of", "2026-12-10", "--reason", "紛失", "--out", &out])
}

fn numbers(folder: &Path) -> Vec<u64> {
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    manifest["pieces"].as_array().unwrap().iter().map(|p| p["issue_no"].as_u64().unwrap()).collect()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for below in ["", "office"] {
        for entry in std::fs::read_dir(folder.join(below)).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
            let name = Path::new(below).join(entry.file_name()).to_string_lossy().into_owned();
            found.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    found
}

/// (person, programme) of everybody who may have a dose today.
fn entitled() -> Vec<(String, String)> {
    let told = command(&["select", "--as-of", "2026-12-10", "--format", "json"]).output().unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&told.stdout).unwrap();
    let word = |o: &serde_json::Value, key: &str| o[key].as_str().unwrap().to_owned();
    list.iter().filter(|o| o["decision"] == "selected").map(|o| (word(o, "person"), word(o, "programme"))).collect()
}

#[test]
fn no_number_twice_over_three_runs_and_a_hundred_reissues_two_at_a_time() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let mut taken: Vec<u64> = Vec::new();
    for (out, as_of) in [("12", "2026-12-01"), ("12b", "2026-12-08"), ("01", "2027-01-04")] {
        let done = run(place, out, as_of, &[]);
        assert!(done.status.success(), "{}", text(&done));
        assert!(text(&done).contains(&place.join("発行簿.csv").display().to_string()));
        taken.extend(numbers(&place.join(out)));
    }
    let pairs: Vec<(String, String)> = entitled().into_iter().take(100).collect();
    assert_eq!(pairs.len(), 100);
    for (at, two) in pairs.chunks(2).enumerate() {
        let names = [format!("r{at}a"), format!("r{at}b")];
        let begun: Vec<_> = two.iter().zip(&names).map(|(pair, out)| reissue(place, out, pair).spawn().unwrap()).collect();
        for (child, out) in begun.into_iter().zip(&names) {
            let done = child.wait_with_output().unwrap();
            assert!(done.status.success(), "{}", text(&done));
            let own = numbers(&place.join(out));
            assert!(own.len() == 1 && text(&done).contains(&format!("新しい発行no {}", own[0])), "{}", text(&done));
            taken.extend(own);
        }
    }
    let distinct: BTreeSet<u64> = taken.iter().copied().collect();
    assert_eq!(distinct.len(), taken.len());
    assert!(taken.len() > 250, "{}", taken.len());
}

#[test]
fn the_same_draft_takes_its_own_numbers_and_gives_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let book = place.join("発行簿.csv");
    assert!(run(place, "a", "2026-12-01", &[]).status.success());
    let (first, one_row) = (files(&place.join("a")), std::fs::read(&book).unwrap());
    assert!(run(place, "b", "2026-12-01", &[]).status.success());
    assert!(files(&place.join("b")) == first);
    assert_eq!(std::fs::read(&book).unwrap(), one_row, "nothing was added");
    // Another day is another draft, even of the same people.
    assert!(run(place, "c", "2026-12-02", &[]).status.success());
    assert!(numbers(&place.join("c")).iter().min() > numbers(&place.join("a")).iter().max());
    // A look and a rehearsal take no number.
    let before = std::fs::read(&book).unwrap();
    let looked = command(&["why", "9900000461", "--as-of", "2026-12-01"]).output().unwrap();
    assert!(looked.status.success() && !entitled().is_empty());
    assert!(run(place, "t", "2026-12-03", &["--rehearsal"]).status.success());
    assert!(numbers(&place.join("t")).iter().all(|n| *n >= 9_000_000_000));
    assert_eq!(std::fs::read(&book).unwrap(), before);
    // What changes the sheets changes the draft.
    assert!(run(place, "d", "2026-12-01", &["--sticker-start", "2"]).status.success());
    assert_ne!(numbers(&place.join("d")), numbers(&place.join("a")));
    let manifest = |out: &str| std::fs::read_to_string(place.join(out).join("manifest.json")).unwrap();
    let id = |out: &str| manifest(out).lines().nth(1).unwrap().to_owned();
    assert_ne!(id("a"), id("d"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&book).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // The book may lie elsewhere, but never in what is handed over.
    let own = place.join("簿/番号.csv").to_string_lossy().into_owned();
    assert!(run(place, "e", "2026-12-01", &["--issue-book", &own]).status.success());
    assert_eq!(numbers(&place.join("e")), numbers(&place.join("a")), "a book of its own begins above the ledger");
    let inside = place.join("f/発行簿.csv").to_string_lossy().into_owned();
    let refused = run(place, "f", "2026-12-01", &["--issue-book", &inside]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert!(!place.join("f").exists());
}

const GOOD: &str = "h00000000000000000000000000000001,500000,500009,一括,2026-11-01 の処理";

/// A book with these rows: what the run says, and its first number when it goes on.
fn with_book(bytes: &[u8]) -> (Output, Option<u64>) {
    let place = tempfile::tempdir().unwrap();
    let book = place.path().join("発行簿.csv");
    std::fs::write(&book, bytes).unwrap();
    let person = ("9900000461".to_owned(), "je1".to_owned());
    let done = reissue(place.path(), "out", &person).output().unwrap();
    let number = done.status.success().then(|| numbers(&place.path().join("out"))[0]);
    if number.is_none() {
        assert!(!place.path().join("out").exists());
        assert_eq!(std::fs::read(&book).unwrap(), bytes, "a damaged book is left as it is");
    } else {
        let again = reissue(place.path(), "again", &person).output().unwrap();
        assert!(again.status.success(), "{}", text(&again));
        assert_eq!(Some(numbers(&place.path().join("again"))[0]), number, "what was written is understood");
    }
    (done, number)
}

#[test]
fn a_book_saved_by_a_spreadsheet_is_understood() {
    let heading = "照合値,はじめの発行no,おわりの発行no,事業,理由";
    let plain = format!("{heading}\r\n{GOOD}\r\n");
    let quoted = format!("{}\n\"{}\"", heading, GOOD.replace(',', "\",\""));
    let cp932 = encoding_rs::SHIFT_JIS.encode(&plain).0.into_owned();
    for (kind, bytes) in [
        ("BOM", format!("\u{FEFF}{plain}").into_bytes()),
        ("no BOM", plain.clone().into_bytes()),
        ("quoted, no line end", quoted.into_bytes()),
        ("CP932", cp932),
        ("empty rows and columns", format!("{heading},,\r\n{GOOD},,\r\n,,,,\r\n").into_bytes()),
    ] {
        let (done, number) = with_book(&bytes);
        assert_eq!(number, Some(500_010), "{kind}: {}", text(&done));
    }
    assert!(with_book(b"").1.is_some_and(|number| number < 500_000), "an empty file is a new book");
}

#[test]
fn a_damaged_book_refuses_with_its_row() {
    let heading = "照合値,はじめの発行no,おわりの発行no,事業,理由";
    let second = "h00000000000000000000000000000002";
    for (row, place, words) in [
        (format!("{second},500005,500020,一括,x"), "3行", "2行の番号と重なっています"),
        (format!("{second},5.0001E+05,500020,一括,x"), "3行", "5.0001E+05"),
        (format!("{second},,500020,一括,x"), "3行", "発行noではありません"),
        (format!("{second},500030,500020,一括,x"), "3行", "より後です"),
        (format!("{second},500030,9000000001,一括,x"), "3行", "9000000001"),
        (format!("{second},500030"), "3行", "列が 2 あります"),
        (format!("{second},\"500030,500040,一括,x"), "3行", "列が"),
        ("1.23E+30,500030,500040,一括,x".to_owned(), "3行", "照合値"),
    ] {
        let (done, number) = with_book(format!("{heading}\r\n{GOOD}\r\n{row}\r\n").as_bytes());
        let told = text(&done);
        assert!(number.is_none() && done.status.code() == Some(1), "{row}: {told}");
        assert!(
            told.contains("E602") && told.contains("発行簿.csv") && told.contains(place) && told.contains(words),
            "{row}: {told}"
        );
    }
    for (bytes, words) in [
        (format!("番号,から,まで\r\n{GOOD}\r\n").into_bytes(), "見出しが"),
        (format!("{GOOD}\r\n").into_bytes(), "見出しが"),
        (b"\x00\xFF\xFE\x81".to_vec(), "発行簿.csv"),
    ] {
        let (done, _) = with_book(&bytes);
        assert!(done.status.code() == Some(1) && text(&done).contains(words), "{}", text(&done));
    }
}
