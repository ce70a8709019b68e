//! The counter: people, programmes and days as staff write them, the four answers of `why`, and examples that exist.

use std::collections::BTreeSet;
use std::process::{Command, Output};

const FILES: [&str; 6] = ["--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", "2026-12-10"];

fn kansho(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).args(words).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json(words: &[&str]) -> Vec<serde_json::Value> {
    let told = kansho(&[words, &["--format", "json"]].concat());
    assert!(told.status.success(), "{}", said(&told));
    serde_json::from_slice(&told.stdout).unwrap()
}

fn why(person: &str, programme: &str, more: &[&str]) -> serde_json::Value {
    let words: Vec<&str> =
        ["why", person, "--programme", programme].into_iter().chain(FILES).chain(more.iter().copied()).collect();
    let mut list = json(&words);
    assert_eq!(list.len(), 1);
    list.remove(0)
}

#[test]
fn a_programme_has_many_names_and_one_id() {
    for (id, names) in [
        ("mr2", &["mr2", "麻しん風しん第2期", "麻しん風しん 第２期", "N05", "n06", "■②"][..]),
        ("zoster", &["帯状疱疹", "帯状ほうしん", "53", "Zoster"]),
        ("number_sticker", &["予防接種番号シール", "Ｔ０１"]),
        ("covid", &["コロナ", "新型コロナ", "高齢者新型コロナ"]),
        ("infant", &["乳児（生後2か月から）", "B型肝炎", "ロタ"]),
    ] {
        for name in names {
            assert_eq!(why("9900000461", name, &[])["programme"], id, "{name}");
        }
    }
    let ask = |name: &str| kansho(&[&["why", "9900000461", "--programme", name], &FILES[..]].concat());
    let several = ask("MR");
    assert_eq!(several.status.code(), Some(2));
    assert!(said(&several).contains("（mr1）") && said(&several).contains("（mr2）"), "{}", said(&several));
    let near = ask("麻しん風しん第3期");
    assert!(near.status.code() == Some(2) && said(&near).contains("麻しん風しん第"), "{}", said(&near));
}

#[test]
fn a_number_may_be_written_with_hyphens_or_full_width() {
    for number in ["9900000461", "99-0000-0461", "９９０００００４６１", " 9900000461 "] {
        assert_eq!(why(number, "je1", &[])["person"], "9900000461", "{number}");
    }
    let nobody = kansho(&[&["why", "9999999999", "--programme", "je1"], &FILES[..]].concat());
    assert_eq!(nobody.status.code(), Some(1));
}

#[test]
fn days_and_sexes_are_understood_as_in_files() {
    let plain = kansho(&["due", "--birth", "2020-04-02", "--sex", "F", "--dose", "mr:1期=2021-05-01", "--as-of", "2026-12-01"]);
    assert!(plain.status.success());
    for words in [
        ["--birth=R2.4.2", "--sex=女", "--dose=MR:1期=令和3年5月1日", "--as-of=令和8年12月1日"],
        ["--birth=20200402", "--sex=f", "--dose=麻しん風しん：１期＝2021/5/1", "--as-of=2026/12/1"],
        ["--birth=2020/04/02", "--sex=女性", "--dose=11:1期=R3.5.1", "--as-of=20261201"],
    ] {
        let told = kansho(&[&["due"], &words[..]].concat());
        assert_eq!(said(&told), said(&plain), "{words:?}");
    }
    for wrong in ["1899-12-31", "2201-01-01", "2026-13-01", "昨日"] {
        assert_eq!(kansho(&["due", "--birth", "2020-04-02", "--sex", "男", "--as-of", wrong]).status.code(), Some(2), "{wrong}");
    }
    let both = kansho(&["due", "--birth", "2026-10-01", "--sex", "男", "--as-of", "2026-12-01", "--series", "ロタ"]);
    assert_eq!(said(&both).lines().count(), 2, "{}", said(&both));
    let near = kansho(&["due", "--birth", "2026-10-01", "--sex", "男", "--as-of", "2026-12-01", "--series", "帯状庖疹"]);
    assert!(near.status.code() == Some(2) && said(&near).contains("帯状疱疹"), "{}", said(&near));
}

#[test]
fn the_programmes_are_listed() {
    let list = json(&["programmes"]);
    let files = std::fs::read_dir("rules/programmes").unwrap().count();
    assert_eq!(list.len(), files);
    let flu = list.iter().find(|p| p["id"] == "flu").unwrap();
    assert_eq!(
        *flu,
        serde_json::json!({"id": "flu", "name": "高齢者インフルエンザ", "class": "B", "series": ["flu"], "triggers": ["first", "mover_in"], "token": "□"})
    );
    for format in ["text", "csv"] {
        let told = said(&kansho(&["programmes", "--format", format]));
        assert!(told.contains("帯状疱疹") && told.lines().count() >= files, "{told}");
    }
}

/// One object of `why`, as design §7 writes it.
#[test]
fn why_answers_four_questions_apart() {
    let told = why("9900000461", "je1", &[]);
    let keys: BTreeSet<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["person", "programme", "entitled", "given", "notices", "next", "decision"]));
    assert_eq!((&told["entitled"]["yes"], &told["entitled"]["until"]), (&true.into(), &"2031-07-17".into()));
    assert_eq!(told["notices"], serde_json::json!([{"issue_no": 100_123, "on": "2026-11-20", "state": "issued"}]));
    assert_eq!((&told["given"], &told["next"]["on"]), (&serde_json::json!([]), &"2031-04-01".into()));
    assert_eq!(
        (&told["decision"]["reason"], &told["decision"]["changes_on"]),
        (&"already_notified".into(), &"2031-04-01".into())
    );
    // A vaccinated child: no letter to come, and no day on which that changes.
    let done = why("9900000488", "mr2", &["--since", "2026-11-01"]);
    assert_eq!(done["entitled"]["yes"], false);
    assert!(done["given"].as_array().unwrap().iter().any(|d| d["dose"] == "2期" && d["on"] == "2026-06-15"));
    assert_eq!((&done["decision"]["reason"], &done["next"]["on"]), (&"already_done".into(), &serde_json::Value::Null));
    assert_eq!(done["decision"]["changes_on"], serde_json::Value::Null);
    let returned = why("9900000380", "pneumo_adult", &[]);
    assert!(returned["notices"].as_array().unwrap().iter().all(|n| n["state"] == "returned"), "{returned}");
}

/// Old people and influenza in December: entitled, and the next letter is next autumn's. Never 対象外, never 時期前.
#[test]
fn an_elder_in_the_season_is_not_outside() {
    let decisions = json(&[&["select"], &FILES[..]].concat());
    let flu = decisions.iter().filter(|d| d["programme"] == "flu");
    let waiting: Vec<&str> =
        flu.filter(|d| d["decision"] == "excluded" && d["reason"] == "not_yet").map(|d| d["person"].as_str().unwrap()).collect();
    assert!(waiting.len() > 20, "{}", waiting.len());
    let mut open = 0;
    for person in waiting.iter().take(20) {
        let told = why(person, "flu", &[]);
        let next = told["next"]["on"].as_str().unwrap();
        assert!(next > "2026-12-10", "{told}");
        if told["entitled"]["yes"] == true {
            open += 1;
            assert_eq!((&told["entitled"]["until"], next), (&"2027-01-31".into(), "2027-09-01"), "{told}");
        }
        let words = said(&kansho(&[&["why", person, "--programme", "flu"], &FILES[..]].concat()));
        assert!(words.contains("今回の対象月でない") && !words.contains("対象外") && !words.contains("時期前"), "{words}");
    }
    assert!(open > 10, "{open}");
}

#[test]
fn every_number_of_the_manuals_is_somebody_of_the_samples() {
    let people: BTreeSet<String> = json(&[&["select"], &FILES[..]].concat())
        .iter()
        .map(|decision| decision["person"].as_str().unwrap().to_owned())
        .collect();
    let mut seen = 0;
    for manual in ["README.md", "docs/手引き.md", "samples/README.md"] {
        let text = std::fs::read_to_string(manual).unwrap();
        for number in text.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 10 && word.starts_with("99")) {
            assert!(people.contains(number), "{manual}: {number}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}
