//! The monthly run on the samples, as the office does it: the same bytes each time, nobody in an output who must not be, and a
//! proof that notices every change.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first thing that is wrong")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

const AS_OF: &str = "2026-12-01";

fn kansho(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run_into(out: &Path, more: &[&str]) -> Output {
    let out = out.to_string_lossy().into_owned();
    let mut args =
        vec!["run", "--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", AS_OF, "--out", &out];
    args.extend(more);
    kansho(&args)
}

/// One run of the samples for all tests.
fn sample_run() -> &'static Path {
    static RUN: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = RUN.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("2026-12");
        let done = run_into(&out, &["--threads", "2"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        (place, out)
    });
    path
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn copy_of(folder: &Path) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("copy");
    for (name, bytes) in files(folder) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs_write(&path, &bytes);
    }
    (place, to)
}

fn fs_write(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn the_samples_yield_every_programme_and_the_counts_close() {
    let manifest = json(&sample_run().join("manifest.json"));
    let counts = &manifest["counts"];
    let selected = counts["selected"].as_u64().unwrap();
    assert!(selected >= 80, "{selected} letters");
    let listing = std::fs::read_dir("rules/programmes").unwrap();
    for path in listing.map(|e| e.unwrap().path()) {
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(counts["programmes"][&id].as_u64().unwrap_or(0) > 0, "no letter of {id}");
    }
    for key in ["letters", "postal_rows", "labels"] {
        assert_eq!(counts[key].as_u64().unwrap(), selected, "{key}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes_with_one_and_two_threads() {
    let place = tempfile::tempdir().unwrap();
    let again = place.path().join("again");
    let done = run_into(&again, &["--threads", "1"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let (first, second) = (files(sample_run()), files(&again));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name} differs");
    }
}

#[test]
fn a_run_is_verified_and_every_change_names_the_piece() {
    let untouched = kansho(&["verify", &sample_run().to_string_lossy()]);
    assert_eq!(untouched.status.code(), Some(0), "{}", text(&untouched.stderr));

    // Two people's addresses swapped in the CSV.
    let (_keep, copy) = copy_of(sample_run());
    let csv = std::fs::read(copy.join("postal.csv")).unwrap();
    let mut lines: Vec<Vec<u8>> = csv.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    lines.swap(1, 4);
    fs_write(&copy.join("postal.csv"), &lines.concat());
    refuses(&copy, "postal.csv: 通し番号 1（");

    // One digit of a letter.
    let (_keep, copy) = copy_of(sample_run());
    let mut pdf = std::fs::read(copy.join("letters-0001.pdf")).unwrap();
    let at = pdf.len() / 2;
    pdf[at] ^= 1;
    fs_write(&copy.join("letters-0001.pdf"), &pdf);
    refuses(&copy, "letters-0001.pdf");

    // The sheets shifted by one: the run of another start position.
    let place = tempfile::tempdir().unwrap();
    let shifted = place.path().join("shifted");
    assert!(run_into(&shifted, &["--sticker-start", "2", "--label-start", "2"]).status.success());
    let (_keep, copy) = copy_of(sample_run());
    for name in ["stickers.pdf", "address-labels.pdf"] {
        fs_write(&copy.join(name), &std::fs::read(shifted.join(name)).unwrap());
        refuses(&copy, &format!("{name}: 通し番号"));
    }

    // A file that does not belong here, and one that is missing.
    let (_keep, copy) = copy_of(sample_run());
    fs_write(&copy.join("old.csv"), b"x");
    std::fs::remove_file(copy.join("address-labels.pdf")).unwrap();
    refuses(&copy, "old.csv: 目録にないファイルがあります");
    refuses(&copy, "address-labels.pdf: 目録にあるファイルがありません");
}

fn refuses(folder: &Path, words: &str) {
    let told = kansho(&["verify", &folder.to_string_lossy()]);
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stderr).contains(words), "「{words}」 is not in:\n{}", text(&told.stderr));
}

/// `samples/hard_cases.csv`: 予防接種番号, 事業, 判定, 理由. A clerk can add a line.
fn hard_cases() -> Vec<[String; 4]> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path("samples/hard_cases.csv").unwrap();
    reader.records().map(|r| r.unwrap()).map(|r| [0, 1, 2, 3].map(|i| r[i].to_owned())).collect()
}

#[test]
fn every_hard_case_is_in_its_bucket_for_its_reason() {
    let told = kansho(&[
        "select",
        "--residents",
        "samples/住民.xlsx",
        "--ledger",
        "samples/予防接種台帳.csv",
        "--as-of",
        AS_OF,
        "--format",
        "json",
    ]);
    assert!(told.status.success(), "{}", text(&told.stderr));
    let list: Vec<serde_json::Value> = serde_json::from_slice(&told.stdout).unwrap();
    let cases = hard_cases();
    assert!(cases.len() >= 20);
    let mut wrong = Vec::new();
    for [person, programme, decision, reason] in &cases {
        let found = list.iter().find(|o| o["person"] == person.as_str() && o["programme"] == programme.as_str());
        let said = found.map(|o| (o["decision"].as_str().unwrap_or_default(), o["reason"].as_str().unwrap_or_default()));
        if said != Some((decision.as_str(), reason.as_str())) {
            wrong.push(format!("{person} {programme}: {said:?}, expected {decision} {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_excluded_or_held_is_in_any_output() {
    let pieces = json(&sample_run().join("office/pieces.json"));
    let sent: Vec<(&str, &str)> = pieces["pieces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["person"].as_str().unwrap(), p["programme"].as_str().unwrap()))
        .collect();
    for [person, programme, decision, _] in &hard_cases() {
        assert_eq!(sent.contains(&(person, programme)), decision == "selected", "{person} {programme}");
    }
}

#[test]
fn a_reissue_gives_the_same_answer_as_the_run() {
    let place = tempfile::tempdir().unwrap();
    for (number, [person, programme, decision, _]) in hard_cases().iter().enumerate() {
        let out = place.path().join(number.to_string());
        let told = kansho(&[
            "reissue",
            person,
            "--programme",
            programme,
            "--residents",
            "samples/住民.xlsx",
            "--ledger",
            "samples/予防接種台帳.csv",
            "--as-of",
            AS_OF,
            "--reason",
            "紛失",
            "--out",
            &out.to_string_lossy(),
        ]);
        if decision == "selected" {
            assert!(told.status.success(), "{person} {programme}: {}", text(&told.stderr));
            let manifest = json(&out.join("manifest.json"));
            assert_eq!(manifest["pieces"].as_array().unwrap().len(), 1);
        } else if told.status.success() {
            // A notice already issued may be issued again; nobody else.
            assert!(text(&told.stdout).contains("無効: 発行no"), "{person} {programme} was reissued");
        } else {
            assert!(!out.exists());
        }
    }
}

#[test]
fn an_output_folder_that_is_not_empty_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    fs_write(&place.path().join("a.txt"), b"a");
    let told = run_into(place.path(), &[]);
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stderr).contains("空ではありません。上書きはしません"), "{}", text(&told.stderr));
    assert_eq!(files(place.path()).len(), 1);
}

#[test]
fn an_as_of_date_that_does_not_fit_the_snapshot_is_refused() {
    for (as_of, words) in [("2026-11-15", "より前です"), ("2027-02-01", "日前です")] {
        let told =
            kansho(&["select", "--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", as_of]);
        assert_eq!(told.status.code(), Some(1));
        assert!(text(&told.stderr).contains(words), "{}", text(&told.stderr));
    }
}
