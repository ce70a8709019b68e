//! A run after a run: nothing twice (CK18), the difference told (CK23), a missing month of the ledger stops it (CK5), and the
//! sign-off page shows the boundaries (CK4) and the wards (CK19).

use crate::office::{change, home};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn kansho(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(ledger: &str, as_of: &str, out: &Path, more: &[&str]) -> Output {
    let out = out.to_string_lossy().into_owned();
    let mut args = vec!["run", "--residents", "samples/住民.xlsx", "--ledger", ledger, "--as-of", as_of, "--out", &out];
    args.extend(more);
    kansho(&args)
}

const LEDGER: &str = "samples/予防接種台帳.csv";

fn sent(folder: &Path) -> BTreeSet<(String, String, String)> {
    let pieces: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("office/pieces.json")).unwrap()).unwrap();
    let word = |piece: &serde_json::Value, key: &str| piece[key].as_str().unwrap().to_owned();
    pieces["pieces"].as_array().unwrap().iter().map(|p| (word(p, "person"), word(p, "programme"), word(p, "trigger"))).collect()
}

#[test]
fn the_next_run_sends_nothing_twice_and_tells_the_difference() {
    let place = tempfile::tempdir().unwrap();
    let (december, january) = (place.path().join("12"), place.path().join("01"));
    let done = run(LEDGER, "2026-12-01", &december, &[]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let next = run(LEDGER, "2027-01-04", &january, &["--previous", &december.to_string_lossy()]);
    assert!(next.status.success(), "{}", text(&next.stderr));
    let (before, after) = (sent(&december), sent(&january));
    assert!(!before.is_empty() && !after.is_empty());
    assert!(before.is_disjoint(&after), "{:?}", before.intersection(&after).collect::<Vec<_>>());
    // The issue numbers go on.
    let numbers = |folder: &Path| -> Vec<u64> {
        let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        manifest["pieces"].as_array().unwrap().iter().map(|p| p["issue_no"].as_u64().unwrap()).collect()
    };
    assert!(numbers(&january).iter().min() > numbers(&december).iter().max());
    let page = std::fs::read_to_string(january.join("office/report.html")).unwrap();
    assert!(page.contains("前回との差（CK23）") && page.contains("（基準日 2026-12-01）と比べて"), "the difference");
    assert!(page.contains("前回処理の翌日 2026-12-02"), "since");
    // Without the previous folder the same people would be written to again.
    let again = place.path().join("again");
    assert!(run(LEDGER, "2027-01-04", &again, &["--since", "2026-12-02"]).status.success());
    assert!(!before.is_disjoint(&sent(&again)));
}

/// What the previous run sent of a programme that is no more is told, and its numbers are still not given again.
#[test]
fn a_programme_that_is_gone_is_told() {
    let place = home(&["rules"]);
    let month = |as_of: &str, out: &str, more: &[&str]| {
        let files = ["run", "--residents", "samples/住民.xlsx", "--ledger", LEDGER, "--as-of", as_of, "--out", out];
        crate::office::kansho(&place, &[&files[..], more].concat())
    };
    let done = month("2026-12-01", "12", &[]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let count = sent(&place.path().join("12")).iter().filter(|(_, programme, _)| programme == "bcg").count();
    assert!(count > 0);
    std::fs::remove_file(place.path().join("rules/programmes/bcg.toml")).unwrap();
    change(&place, "rules/codes.toml", "[\"bcg\", ", "[\"infant\", ");
    let next = month("2027-01-04", "01", &["--previous", "12"]);
    assert!(next.status.success(), "{}", text(&next.stderr));
    let told = text(&next.stderr);
    assert!(told.contains("D408") && told.contains(&format!("前回 {count} 件送った通知事業「bcg」")), "{told}");
}

#[test]
fn a_previous_folder_that_is_not_one_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let december = place.path().join("12");
    assert!(run(LEDGER, "2026-12-01", &december, &[]).status.success());
    let out = place.path().join("out");
    let previous = december.to_string_lossy().into_owned();
    let same_day = run(LEDGER, "2026-12-01", &out, &["--previous", &previous]);
    assert!(!same_day.status.success() && text(&same_day.stderr).contains("--previous"), "{}", text(&same_day.stderr));
    let both = run(LEDGER, "2027-01-04", &out, &["--previous", &previous, "--since", "2026-12-02"]);
    assert_eq!(both.status.code(), Some(2));
    let pieces = december.join("office/pieces.json");
    let changed = std::fs::read_to_string(&pieces).unwrap().replacen("\"selected\"", "\"excluded\"", 1);
    std::fs::write(&pieces, changed).unwrap();
    let altered = run(LEDGER, "2027-01-04", &out, &["--previous", &previous]);
    assert_eq!(altered.status.code(), Some(1));
    assert!(text(&altered.stderr).contains("V702") && text(&altered.stderr).contains("pieces.json"), "{}", text(&altered.stderr));
    assert!(!out.exists());
}

#[test]
fn a_missing_month_stops_the_run_unless_a_reason_is_given() {
    let place = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(LEDGER).unwrap();
    let (text_of, _, _) = encoding_rs::SHIFT_JIS.decode(&bytes);
    // September 2026 was never loaded.
    let without: String = text_of.split_inclusive('\n').filter(|line| !line.contains("\"202609")).collect();
    let ledger = place.path().join("台帳.csv");
    std::fs::write(&ledger, encoding_rs::SHIFT_JIS.encode(&without).0).unwrap();
    let ledger = ledger.to_string_lossy().into_owned();
    let out = place.path().join("out");
    let refused = run(&ledger, "2026-12-01", &out, &[]);
    assert_eq!(refused.status.code(), Some(1));
    let told = text(&refused.stderr);
    assert!(told.contains("J309") && told.contains("2026-09 の 接種の行が 0 件"), "{told}");
    assert!(!out.exists());
    let accepted = run(&ledger, "2026-12-01", &out, &["--accept-import-gap", "9月は台風のため集団接種を中止した"]);
    assert!(accepted.status.success(), "{}", text(&accepted.stderr));
    assert!(std::fs::read_to_string(out.join("office/report.html")).unwrap().contains("9月は台風のため集団接種を中止した"));
}

#[test]
fn the_sign_off_page_shows_boundaries_and_wards() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("12");
    assert!(run(LEDGER, "2026-12-01", &out, &[]).status.success());
    let page = std::fs::read_to_string(out.join("office/report.html")).unwrap();
    for part in ["境界の確認（CK4）", "すぐ前の送らない人", "区 × 生まれた月（CK19）", "決裁", "<td>麻しん風しん第1期</td>"]
    {
        assert!(page.contains(part), "{part}");
    }
    // 麻しん風しん第1期 of the January birthdays: 12か月 is reached in the month after the as-of month.
    let row = page.split("<tr>").find(|row| row.contains("麻しん風しん第1期") && row.contains("初回通知")).unwrap();
    let days: Vec<&str> = row.split("<td>").skip(3).map(|cell| cell.split("</td>").next().unwrap()).collect();
    assert!(days[1] > "2026-01-01" && days[2] <= "2026-02-01", "{days:?}");
    assert!(days[0].starts_with("20") && days[0] < days[1], "{days:?}");
}
