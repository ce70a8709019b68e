//! 登録簿: feeds in, and the same decisions as from the files.

use crate::office::{LEDGER, Office, RESIDENTS, WITNESS, WITNESS_ROW, said, write};
use kansho::desk::registry::people::RegisterPeople;
use kansho::desk::settings::Settings;
use kansho_core::folder::Folder;
use kansho_intake::join::Days;
use kansho_register::store::Register;
use kansho_register::stored::Shared;
use kansho_register::suite;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Output;

/// An office with a register and operators: admin (also intake), alice and bob (extract, approve, lookup), audrey (audit).
pub(crate) struct Registry {
    pub(crate) office: Office,
}

const PASSPHRASE: &str = "a passphrase of nobody";

impl Registry {
    pub(crate) fn new() -> Self {
        let office = Office::new("");
        write(&office.path("合言葉.txt"), PASSPHRASE.as_bytes());
        let registry = Self { office };
        registry.done("admin", &["init"]);
        for (name, roles) in [
            ("alice", "extract,approve,lookup,register"),
            ("bob", "extract,approve,lookup,register"),
            ("carol", "lookup,register,protected"),
            ("audrey", "audit"),
        ] {
            registry.done("admin", &["operator", "add", name, "--roles", roles, "--new-passphrase-file", "合言葉.txt"]);
        }
        registry
    }

    /// The program as an operator.
    pub(crate) fn run(&self, who: &str, args: &[&str]) -> Output {
        let who = ["--register", "kansho.db", "--account", who, "--passphrase-file", "合言葉.txt", "--purpose", "試し"];
        self.office.kansho(&[args, &who].concat())
    }

    /// The same, which must be done.
    pub(crate) fn done(&self, who: &str, args: &[&str]) -> String {
        let output = self.run(who, args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same as JSON.
    pub(crate) fn json(&self, who: &str, args: &[&str]) -> Value {
        serde_json::from_str(&self.done(who, &[args, &["--format", "json"]].concat())).unwrap()
    }

    /// The same, which must be barred with a code and its exit code.
    pub(crate) fn barred(&self, who: &str, args: &[&str], code: &str, exit: i32) {
        let output = self.run(who, args);
        let words = said(&output);
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {words}");
        assert!(words.contains(&format!("[{code}]")), "{args:?}: {words}");
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        write(&self.office.path(name), text.as_bytes());
    }

    /// The reason of every decision, by person and programme.
    pub(crate) fn decisions(&self, as_of: &str) -> BTreeMap<(String, String), (String, String)> {
        decisions(&self.json("alice", &["select", "--as-of", as_of]))
    }
}

fn decisions(list: &Value) -> BTreeMap<(String, String), (String, String)> {
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
    let list = list.as_array().unwrap();
    list.iter().map(|e| ((text(e, "person"), text(e, "programme")), (text(e, "decision"), text(e, "reason")))).collect()
}

/// A child of 2026-01-15, for whom MR 第1期 comes in January 2027, extracted on a day.
fn child(number: u32, name: &str, extracted: &str) -> String {
    format!(
        "99000{number:05},88000{number:05},77000{number:05},{name},ミホン,,2026-01-15,2,2600855,千葉県千葉市中央区市場町1番{number}号,,中央区,2026-01-15,出生,,,,{extracted}\r\n"
    )
}

fn residents(rows: &[String], extracted: &str) -> String {
    format!("{RESIDENTS}\r\n{}{}", rows.concat(), WITNESS.replace("2026-12-01", extracted))
}

const FEED: [&str; 5] = ["import", "residents", "住民.csv", "--no-marks", "見本"];

#[test]
fn the_register_decides_as_the_files_do_for_everyone_kept() {
    let registry = Registry::new();
    let taken = registry.json("admin", &["import", "residents", "samples/住民.xlsx"]);
    assert_eq!((taken["rows"].as_u64(), taken["repeated"].as_bool()), (Some(407), Some(false)));
    registry.done("admin", &["import", "ledger", "samples/予防接種台帳.csv"]);
    let files = ["select", "--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", "2026-12-01"];
    let from_files = registry.office.kansho(&[&files[..], &["--format", "json"]].concat());
    let from_files = decisions(&serde_json::from_slice(&from_files.stdout).unwrap());
    let from_register = registry.decisions("2026-12-01");
    assert!(from_register.len() > 6_000);
    for (key, decision) in &from_register {
        assert_eq!(from_files.get(key), Some(decision), "{key:?}");
    }
    let reasons: std::collections::BTreeSet<&str> =
        from_files.iter().filter(|(key, _)| !from_register.contains_key(*key)).map(|(_, (_, reason))| reason.as_str()).collect();
    assert!(!reasons.contains("due") && !reasons.contains("held") && !reasons.contains("protected"), "{reasons:?}");
    // The same file again changes nothing.
    let again = registry.json("admin", &["import", "ledger", "samples/予防接種台帳.csv"]);
    assert_eq!((again["repeated"].as_bool(), again["new"].as_u64()), (Some(true), Some(0)));
    assert_eq!(registry.decisions("2026-12-01"), from_register);
}

#[test]
fn the_register_passes_the_suite_of_every_store_of_people() {
    let registry = Registry::new();
    registry.done("admin", &["import", "ledger", "samples/予防接種台帳.csv"]);
    registry.done("admin", &["import", "residents", "samples/住民.xlsx"]);
    let settings = Settings::load(&Folder::at(&registry.office.path(""))).unwrap();
    let register = Shared::new(Register::open(&registry.office.path("kansho.db")).unwrap());
    let people = RegisterPeople { register, settings: &settings, only: None };
    let day = "2026-12-01".parse().unwrap();
    assert_eq!(suite::people(&people, Days { as_of: day, post_on: day }), Ok(()));
}

#[test]
fn a_look_is_in_the_log_before_its_answer_and_needs_a_purpose() {
    let registry = Registry::new();
    registry.done("admin", &["import", "residents", "samples/住民.xlsx"]);
    registry.done("admin", &["import", "ledger", "samples/予防接種台帳.csv"]);
    let why = ["why", "9900000461", "--as-of", "2026-12-01"];
    let who = ["--register", "kansho.db", "--account", "alice", "--passphrase-file", "合言葉.txt"];
    let without = registry.office.kansho(&[&why[..], &who].concat());
    assert_eq!(without.status.code(), Some(3), "{}", said(&without));
    assert!(said(&without).contains("[A604]"));
    let answer = registry.json("alice", &why);
    let from_files = ["--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--format", "json"];
    let from_files: Value = serde_json::from_slice(&registry.office.kansho(&[&why[..], &from_files].concat()).stdout).unwrap();
    let told = |list: &Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|e| format!("{} {} {} {}", e["programme"], e["entitled"], e["given"], e["next"]))
            .collect()
    };
    assert_eq!(told(&answer), told(&from_files));
    registry.barred("audrey", &why, "A603", 3);
    registry.barred("alice", &["why", "0000000001", "--as-of", "2026-12-01"], "O600", 1);
    let verified = registry.json("audrey", &["log", "verify"]);
    assert_eq!(verified["ok"].as_bool(), Some(true));
}

#[test]
fn whom_a_full_feed_lacks_is_held_until_a_feed_has_them_again() {
    let registry = Registry::new();
    let rows: Vec<String> = (1..=3).map(|n| child(n, "見本　花子", "2026-12-01")).collect();
    registry.file("住民.csv", &residents(&rows, "2026-12-01"));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    registry.done("admin", &FEED);
    let december = registry.decisions("2026-12-01");
    registry.file(
        "住民.csv",
        &residents(&[child(1, "見本　花子", "2026-12-15"), child(2, "見本　花子", "2026-12-15")], "2026-12-15"),
    );
    registry.barred("admin", &FEED, "G612", 1);
    assert_eq!(registry.decisions("2026-12-01"), december, "what was refused changed nothing");
    let dry = registry.json("admin", &[&FEED[..], &["--accept-missing", "確認済み", "--dry-run"]].concat());
    assert_eq!(dry["missing"].as_u64(), Some(1));
    assert_eq!(registry.decisions("2026-12-01"), december, "a dry run stores nothing");
    registry.barred("admin", &[&FEED[..], &["--accept-missing", " "]].concat(), "G613", 1);
    let taken = registry.json("admin", &[&FEED[..], &["--accept-missing", "確認済み"]].concat());
    assert_eq!((taken["missing"].as_u64(), taken["unchanged"].as_u64()), (Some(1), Some(3)));
    let january = registry.decisions("2026-12-21");
    let of = |number: &str| january[&(number.to_owned(), "mr1".to_owned())].clone();
    assert_eq!(of("9900000001").0, "selected");
    assert_eq!(of("9900000003"), ("held".to_owned(), "held".to_owned()));
    registry.file("住民.csv", &residents(&rows, "2026-12-01").replace(",2026-12-01\r\n", ",2026-12-20\r\n"));
    registry.done("admin", &FEED);
    assert_eq!(registry.decisions("2026-12-21")[&("9900000003".to_owned(), "mr1".to_owned())].0, "selected");
    registry.file("住民.csv", &residents(&rows, "2026-12-01").replace("花子", "太郎"));
    registry.barred("admin", &FEED, "G611", 1);
}

#[test]
fn a_difference_changes_only_whom_it_names_and_every_change_is_a_row() {
    let registry = Registry::new();
    let rows: Vec<String> = (1..=3).map(|n| child(n, "見本　花子", "2026-12-01")).collect();
    registry.file("住民.csv", &residents(&rows, "2026-12-01"));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    registry.done("admin", &FEED);
    let gone = child(2, "見本　花子", "2026-12-20").replace("出生,,,", "転出,2026-12-10,,");
    registry.file("住民.csv", &format!("{RESIDENTS}\r\n{gone}{}", child(4, "見本　咲良", "2026-12-20")));
    let taken = registry.json("admin", &[&FEED[..], &["--mode", "difference"]].concat());
    assert_eq!((taken["changed"].as_u64(), taken["new"].as_u64(), taken["missing"].as_u64()), (Some(1), Some(1), Some(0)));
    let january = registry.decisions("2026-12-21");
    let of = |number: &str| january[&(number.to_owned(), "mr1".to_owned())].clone();
    assert_eq!(of("9900000002").1, "moved_out");
    assert_eq!((of("9900000001").0.as_str(), of("9900000004").0.as_str()), ("selected", "selected"));
}

#[test]
fn nobody_outside_every_group_is_stored_and_whoever_lacks_a_number_gets_one() {
    let registry = Registry::new();
    let man = "9900000009,8800000009,7700000009,消残　厳,キエ　ノコル,,1985-03-03,1,2600855,千葉県千葉市中央区市場町9番1号,,中央区,1985-03-03,出生,,,,2026-12-01\r\n";
    let woman = man
        .replace("9900000009,8800000009", "9900000008,8800000008")
        .replace(",1,2600855", ",2,2600855")
        .replace("消残　厳,キエ　ノコル", "残留　花,ザン　ハナ");
    let unnumbered = child(5, "無番　子", "2026-12-01").replace("9900000005,", ",");
    registry.file("住民.csv", &residents(&[man.to_owned(), woman, unnumbered], "2026-12-01"));
    let taken = registry.json("admin", &FEED);
    assert_eq!(
        (taken["discarded"].as_u64(), taken["new"].as_u64()),
        (Some(2), Some(2)),
        "the witness has no row of the ledger yet"
    );
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    for name in ["kansho.db", "kansho.db-wal"] {
        let bytes = std::fs::read(registry.office.path(name)).unwrap_or_default();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!holds("消残") && !holds("キエ"), "{name}");
        assert!(name.ends_with("wal") || holds("残留　花"));
    }
    registry.file("住民.csv", &residents(&[child(5, "無番　子", "2026-12-02").replace("9900000005,", ",")], "2026-12-02"));
    let taken = registry.json("admin", &[&FEED[..], &["--mode", "difference"]].concat());
    assert_eq!(
        (taken["unchanged"].as_u64(), taken["new"].as_u64()),
        (Some(1), Some(1)),
        "the witness has a row of the ledger now"
    );
    let people: std::collections::BTreeSet<String> =
        registry.decisions("2026-12-02").into_keys().map(|(person, _)| person).collect();
    let given =
        people.iter().find(|number| !number.starts_with("99000") && *number != "9999999999").expect("a number of its own");
    let digits: Vec<u32> = given.chars().map(|c| c.to_digit(10).unwrap()).collect();
    let sum: u32 = digits[..9].iter().rev().zip((2..=7).cycle()).map(|(digit, weight)| digit * weight).sum();
    assert_eq!((given.len(), digits[9]), (10, (11 - sum % 11) % 11 % 10), "{given}");
}

#[test]
fn a_correction_is_a_new_version_and_a_row_that_vanishes_holds_its_person() {
    let registry = Registry::new();
    registry.file("住民.csv", &residents(&[child(1, "見本　花子", "2026-12-01")], "2026-12-01"));
    let row = |day: &str, lot: &str| {
        format!("9900000001,2026-01-15,,08,,3,1,{day},1,接種,,,,,,,{lot},,,,,,見本　花子,ミホン,2,,,,,,,\r\n")
    };
    let file = |rows: &str| format!("{LEDGER}{WITNESS_ROW}{rows}");
    registry.file("台帳.csv", &file(&row("2026-03-20", "A1")));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    registry.done("admin", &FEED);
    registry.file("台帳.csv", &file(&row("2026-03-21", "A1")));
    let taken = registry.json("admin", &["import", "ledger", "台帳.csv"]);
    assert_eq!((taken["changed"].as_u64(), taken["missing"].as_u64(), taken["unchanged"].as_u64()), (Some(1), Some(0), Some(1)));
    registry.file("台帳.csv", &file(&row("2026-03-21", "B2")));
    let taken = registry.json("admin", &["import", "ledger", "台帳.csv"]);
    assert_eq!((taken["changed"].as_u64(), taken["new"].as_u64()), (Some(1), Some(0)));
    registry.file("台帳.csv", &file(""));
    registry.barred("admin", &["import", "ledger", "台帳.csv"], "G612", 1);
    registry.done("admin", &["import", "ledger", "台帳.csv", "--accept-missing", "試し"]);
    let of = |registry: &Registry| registry.decisions("2026-12-01")[&("9900000001".to_owned(), "infant".to_owned())].0.clone();
    let january = registry.decisions("2026-12-21");
    assert_eq!(january[&("9900000001".to_owned(), "mr1".to_owned())].0, "held", "{}", of(&registry));
}

#[test]
fn a_refused_row_comes_back_until_it_is_mended_or_withdrawn() {
    let registry = Registry::new();
    registry.file("住民.csv", &residents(&[child(1, "見本　花子", "2026-12-01")], "2026-12-01"));
    registry.done("admin", &FEED);
    let sound: String = (0..400)
        .map(|n| WITNESS_ROW.replace("2026-11-10", &format!("{}-{:02}-{:02}", 2000 + n / 28, n / 28 % 12 + 1, n % 28 + 1)))
        .collect();
    let bad = WITNESS_ROW.replace("9999999999", "99x");
    registry.file("台帳.csv", &format!("{LEDGER}{sound}{bad}"));
    let taken = registry.json("admin", &["import", "ledger", "台帳.csv"]);
    assert_eq!((taken["refused"].as_u64(), taken["errors"].as_array().map(Vec::len)), (Some(1), Some(1)), "{taken}");
    assert!(registry.office.path("取込エラー一覧.xlsx").is_file());
    let id = taken["errors"][0]["id"].as_u64().unwrap();
    registry.file("台帳.csv", &format!("{LEDGER}{sound}{}", WITNESS_ROW.replace("2026-11-10", "1999-01-01")));
    let difference = registry.json("admin", &["import", "ledger", "台帳.csv", "--mode", "difference"]);
    assert_eq!((difference["errors"][0]["id"].as_u64(), difference["errors"][0]["since_import"].as_u64()), (Some(id), Some(2)));
    registry.barred("admin", &["import", "withdraw", &id.to_string(), "--reason", ""], "G613", 1);
    registry.done("admin", &["import", "withdraw", &id.to_string(), "--reason", "他市の人"]);
    assert_eq!(registry.json("admin", &["import", "errors"]).as_array().map(Vec::len), Some(0));
    assert!(!registry.office.path("取込エラー一覧.xlsx").exists());
}

#[test]
fn one_discarded_person_is_stored_for_a_flag() {
    let registry = Registry::new();
    let woman = "9900000009,8800000009,7700000009,一人　登録,ヒトリ　トウロク,,1940-03-03,1,2600855,千葉県千葉市中央区市場町9番1号,,中央区,1940-03-03,出生,,,,2026-12-01\r\n";
    let man = woman.replace("1940", "1985");
    registry.file("住民.csv", &residents(&[man], "2026-12-01"));
    assert_eq!(registry.json("admin", &FEED)["discarded"].as_u64(), Some(2));
    let flag = ["flag", "9900000009", "支援措置", "--from", "2026-12-01", "--reason", "申出"];
    registry.barred("carol", &flag, "O600", 1);
    registry.file("古い.csv", &residents(&[woman.to_owned()], "2026-11-01").replace("12-01", "11-01"));
    registry.barred("carol", &[&flag[..], &["--from-feed", "古い.csv"]].concat(), "G611", 1);
    registry.done("carol", &[&flag[..], &["--from-feed", "住民.csv"]].concat());
    let shown = registry.json("carol", &["show", "9900000009"]);
    assert_eq!(shown["flags"].as_array().map(Vec::len), Some(1), "{shown}");
    registry.barred("carol", &["show", "9999999999"], "O600", 1);
}

#[test]
fn a_mark_in_force_that_is_nobodys_refuses_the_feed_as_it_refuses_a_run() {
    let registry = Registry::new();
    registry.file("住民.csv", &residents(&[child(1, "見本　花子", "2026-12-01")], "2026-12-01"));
    registry.file("送付先.csv", "予防接種番号,送付先郵便番号,送付先住所,理由,開始日\r\n");
    registry.file("発送停止.csv", "予防接種番号,開始日\r\n");
    let feed = ["import", "residents", "住民.csv", "--marks", "支援措置.csv", "--marks", "送付先.csv", "--marks", "発送停止.csv"];
    for (row, code) in [("99000000x1,2026-04-01,", "J314"), ("9900000002,2026-04-01,", "J314"), (",2026-04-01,", "J314")] {
        registry.file("支援措置.csv", &format!("予防接種番号,開始日,確認\r\n{row}\r\n"));
        registry.barred("admin", &feed, code, 1);
        registry.barred("admin", &[&feed[..], &["--mode", "difference"]].concat(), code, 1);
    }
    registry.file(
        "支援措置.csv",
        "予防接種番号,開始日,確認\r\n9900000002,2026-04-01,転出済 2026-10-01\r\n9900000001,2026-04-01,\r\n",
    );
    registry.done("admin", &feed);
    registry.file("差分.csv", &format!("{RESIDENTS}\r\n{}", child(3, "見本　咲良", "2026-12-02")));
    registry.file("支援措置.csv", "予防接種番号,開始日,確認\r\n9900000001,2026-05-01,\r\n");
    let difference: Vec<&str> = feed.iter().map(|word| if *word == "住民.csv" { "差分.csv" } else { word }).collect();
    registry.done("admin", &[&difference[..], &["--mode", "difference"]].concat());
}

/// J322: a row of the ledger under another number may be this child's; nobody is written to, by the month or at the counter, before that is known.
#[test]
fn a_row_under_another_number_holds_the_child_alone_as_among_all() {
    let registry = Registry::new();
    let other = "9900000077,20260115,,14,,1,1,2026-11-20,1,接種,,,,,,,,,,,,,見本　花子,ハナコ,2,,,,,,,\r\n";
    registry.file("台帳.csv", &format!("{LEDGER}{WITNESS_ROW}{other}"));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    let rows = [child(1, "見本　花子", "2026-12-01"), child(2, "見本　咲良", "2026-12-01")];
    registry.file("住民.csv", &residents(&rows, "2026-12-01"));
    registry.done("admin", &FEED);
    let all = registry.decisions("2026-12-01");
    for (number, held) in [("9900000001", true), ("9900000002", false)] {
        assert_eq!(all[&(number.to_owned(), "mr1".to_owned())].0 == "held", held, "{number}");
        let alone = registry.json("alice", &["why", number, "--as-of", "2026-12-01", "--programme", "mr1"]);
        assert_eq!(alone[0]["decision"]["decision"] == "held", held, "{alone}");
    }
    let reissue = ["reissue", "9900000001", "--programme", "mr1", "--as-of", "2026-12-01", "--reason", "紛失", "--out", "再"];
    assert_eq!(registry.run("alice", &reissue).status.code(), Some(1));
    assert!(!registry.office.path("再").exists());
}
