//! `due` for everybody: no window that nobody could read aloud, and no answer outside the years the book was checked for.

use chrono::{Datelike, NaiveDate};
use kansho_core::folder::Folder;
use kansho_rules::RuleBook;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn due(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).arg("due").args(words).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Days on which a series came into force, as its rule file writes them.
fn in_force(book: &RuleBook) -> BTreeSet<(String, String)> {
    let versions = book.series().flat_map(|id| book.versions(id));
    let day = |v: &kansho_rules::VersionView<'_>| Some((v.id.to_string(), v.text.get("valid_from")?.as_str()?.to_owned()));
    versions.filter_map(|v| day(&v)).collect()
}

#[test]
fn no_window_ends_before_it_begins_unless_the_rule_came_later() {
    let book = RuleBook::load(&Folder::at(Path::new("."))).unwrap();
    let in_force = in_force(&book);
    assert!(in_force.contains(&("dpt_ipv_hib".to_owned(), "2024-04-01".to_owned())));
    let mut windows = 0;
    for as_of in ["2026-12-01", "2024-04-01"] {
        let day: NaiveDate = as_of.parse().unwrap();
        for age in 0..=110 {
            let birth = NaiveDate::from_ymd_opt(day.year() - age, 2 + day.month() % 7, 28).filter(|b| *b <= day);
            let birth = birth.unwrap_or_else(|| day.pred_opt().unwrap()).to_string();
            for sex in ["男", "女"] {
                let words = ["--birth", &birth, "--sex", sex, "--as-of", as_of, "--edd", "2027-01-10"];
                let list: Vec<serde_json::Value> =
                    serde_json::from_slice(&due(&[&words[..], &["--format", "json"]].concat()).stdout).unwrap();
                for entry in &list {
                    let word = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
                    let (first, last, status) = (word("first_day"), word("last_day"), word("status"));
                    assert_eq!(first.is_empty(), ["complete", "none"].contains(&status.as_str()), "{entry}");
                    if !first.is_empty() {
                        windows += 1;
                        assert!(last >= birth, "{birth} {entry}");
                        let explained = status == "expired" && in_force.contains(&(word("series"), first.clone()));
                        assert!(first <= last || explained, "{birth} {sex} {entry}");
                        assert!(last.as_str() >= as_of || status == "expired", "{birth} {entry}");
                    }
                }
                let plain = text(&due(&words));
                let shown = list.iter().filter(|entry| entry["status"] != "none").count();
                assert_eq!(plain.lines().count(), shown, "the text leaves out none");
                for window in plain.split_whitespace().filter_map(|word| word.split_once('～')) {
                    assert!(window.0 <= window.1 && window.1 >= as_of, "{birth} {sex}: {window:?}");
                }
            }
        }
    }
    assert!(windows > 5_000, "{windows}");
}

#[test]
fn a_man_of_sixty_six_is_told_plainly() {
    let told = text(&due(&["--birth", "1960-06-30", "--sex", "男", "--as-of", "2026-12-01", "--series", "5種混合"]));
    assert_eq!(told, "－ 5種混合 期間終了: 1期初回1を受けられる期間は1967-12-29に終わりました [施行令3条1項・実施規則9条]\n");
}

#[test]
fn a_day_the_book_does_not_know_is_refused() {
    for (as_of, code) in [("2027-03-31", Some(0)), ("2027-04-01", Some(1)), ("2023-04-01", Some(0)), ("2023-03-31", Some(1))] {
        let told = due(&["--birth", "2020-04-02", "--sex", "女", "--as-of", as_of]);
        assert_eq!(told.status.code(), code, "{as_of}");
        assert!(code == Some(0) || String::from_utf8_lossy(&told.stderr).contains("規則集の有効期間"));
    }
}
