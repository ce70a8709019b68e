//! What the register has to hold whoever works on its file: the log that finds what was changed, operators, copies, people whose time
//! is over.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first thing that is wrong")]

use chrono::NaiveDate;
use kansho_core::diag::{Code, Failure};
use kansho_register::access::{self, Month};
use kansho_register::clock::Moment;
use kansho_register::inquiries;
use kansho_register::log::{self, Entry, Outcome};
use kansho_register::operators::{self, New, Role};
use kansho_register::retention::{self, Rule};
use kansho_register::store::link::{Link, Value};
use kansho_register::store::{Act, Caller, Register};
use kansho_register::{drafts, issued};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use zeroize::Zeroizing;

const AUDIT: &[Role] = &[Role::Audit];

fn caller(account: &str, passphrase: &str) -> Caller {
    Caller {
        account: Some(account.to_owned()),
        passphrase: Some(Zeroizing::new(passphrase.to_owned())),
        os_account: "tester".to_owned(),
        service: false,
        host: "host".to_owned(),
        purpose: None,
    }
}

fn admin() -> Caller {
    caller("admin", "admin-passphrase")
}

/// A register with an admin and two auditors.
fn register() -> (TempDir, PathBuf, Register) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("kansho.db");
    let mut register = Register::create(&path, &admin()).unwrap();
    for name in ["audrey", "august"] {
        add(&mut register, name, BTreeSet::from([Role::Audit])).unwrap();
    }
    (place, path, register)
}

fn add(register: &mut Register, name: &str, roles: BTreeSet<Role>) -> Result<(), Failure> {
    register.act(&admin(), &Act::new("operator add", &[Role::Admin]), |work| {
        let new = New { name, roles, section: None, until: None, passphrase: Some("their-passphrase") };
        operators::add(work.link, &new, "admin", work.permit.at)
    })
}

fn code(failure: &Failure) -> &'static str {
    failure.code().map_or("", Code::id)
}

fn count(register: &mut Register, sql: &str) -> u64 {
    register.read(|link| Ok(link.count(sql, &[])?)).unwrap()
}

/// Somebody who has the file open beside us and knows no rules.
fn behind(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

const UNLOCKED: &str = "DROP TRIGGER audit_log_update; DROP TRIGGER audit_log_delete;";

#[test]
fn an_edited_entry_and_a_deleted_one_are_found_and_a_cut_tail_against_the_paper() {
    let (_place, path, mut register) = register();
    let head = register.read(|link| Ok(log::head(link)?)).unwrap();
    let verified = |paper| Register::open(&path).unwrap().read(|link| Ok(log::verify(link, paper)?)).unwrap();
    assert!(verified(Some(&head)).bad.is_none() && head.seq == 3);
    drop(register);
    let original = std::fs::read(&path).unwrap();
    let again = || std::fs::File::create(&path).and_then(|mut file| std::io::Write::write_all(&mut file, &original)).unwrap();
    behind(&path, &format!("{UNLOCKED} UPDATE audit_log SET entry = replace(entry, 'tester', 'toaster') WHERE seq = 2"));
    assert_eq!(verified(None).bad.unwrap().seq, 2);
    again();
    behind(&path, &format!("{UNLOCKED} DELETE FROM audit_log WHERE seq = 2"));
    assert_eq!(verified(None).bad.unwrap().seq, 2);
    again();
    behind(&path, &format!("{UNLOCKED} DELETE FROM audit_log WHERE seq = 3"));
    assert!(verified(None).bad.is_none(), "a chain cannot find its own cut tail");
    assert!(verified(Some(&head)).bad.unwrap().why.contains("切り取られ"));
}

#[test]
fn the_log_takes_neither_update_nor_delete_nor_replace() {
    let (_place, path, mut register) = register();
    let before = count(&mut register, "SELECT COUNT(*) FROM audit_log");
    let same = "SELECT seq, entry || 'x', hash FROM audit_log WHERE seq = 1";
    for sql in [
        "UPDATE audit_log SET hash = '' WHERE seq = 1".to_owned(),
        "DELETE FROM audit_log".to_owned(),
        format!("INSERT OR REPLACE INTO audit_log (seq, entry, hash) {same}"),
        format!("REPLACE INTO audit_log (seq, entry, hash) {same}"),
        format!("INSERT INTO audit_log (seq, entry, hash) {same} ON CONFLICT (seq) DO UPDATE SET entry = excluded.entry"),
    ] {
        assert!(register.write(|link| Ok(link.run(&sql, &[])?)).is_err(), "{sql}");
        assert!(Connection::open(&path).unwrap().execute(&sql, []).is_err(), "{sql}");
    }
    assert_eq!(count(&mut register, "SELECT COUNT(*) FROM audit_log"), before);
    assert!(register.read(|link| Ok(log::verify(link, None)?)).unwrap().bad.is_none());
}

#[test]
fn five_wrong_passphrases_lock_and_an_admin_unlocks() {
    let (_place, _path, mut register) = register();
    let act = Act::new("log head", AUDIT);
    for _ in 0..5 {
        assert_eq!(code(&register.permit(&caller("audrey", "guess-guess"), &act).unwrap_err()), "A602");
    }
    assert_eq!(code(&register.permit(&caller("audrey", "their-passphrase"), &act).unwrap_err()), "A606");
    register.act(&admin(), &Act::new("operator unlock", &[Role::Admin]), |work| operators::unlock(work.link, "audrey")).unwrap();
    assert!(register.permit(&caller("audrey", "their-passphrase"), &act).is_ok());
    // Five are counted in a row.
    for _ in 0..4 {
        assert!(register.permit(&caller("audrey", "guess-guess"), &act).is_err());
    }
    assert!(register.permit(&caller("audrey", "their-passphrase"), &act).is_ok());
    assert!(register.permit(&caller("audrey", "guess-guess"), &act).is_err());
    assert!(register.permit(&caller("audrey", "their-passphrase"), &act).is_ok());
}

#[test]
fn the_last_admin_stays_and_admin_and_audit_are_never_one() {
    let (_place, _path, mut register) = register();
    let act = Act::new("operator", &[Role::Admin]);
    let disabled = register.act(&admin(), &act, |work| operators::disable(work.link, "admin")).unwrap_err();
    assert_eq!((code(&disabled), disabled.exit_code()), ("A607", 3));
    let roles = BTreeSet::from([Role::Extract]);
    let less = register.act(&admin(), &act, |work| operators::set_roles(work.link, "admin", &roles, "admin"));
    assert_eq!(code(&less.unwrap_err()), "A607");
    let both = BTreeSet::from([Role::Admin, Role::Audit]);
    assert_eq!(code(&add(&mut register, "both", both.clone()).unwrap_err()), "A608");
    let more = register.act(&admin(), &act, |work| operators::set_roles(work.link, "audrey", &both, "admin"));
    assert_eq!(code(&more.unwrap_err()), "A608");
}

#[test]
fn a_denial_is_in_the_log_with_who_and_whose() {
    let (_place, _path, mut register) = register();
    let act = Act::new("show", &[Role::Lookup]).of("0000000001");
    let curious = Caller { purpose: Some("窓口".to_owned()), ..caller("audrey", "their-passphrase") };
    assert_eq!(code(&register.permit(&curious, &act).unwrap_err()), "A603");
    assert_eq!(code(&register.permit(&caller("nobody", "their-passphrase"), &act).unwrap_err()), "A601");
    let mut entries = Vec::new();
    let mut read = |link: &mut dyn Link| {
        log::each(link, 4, &mut |entry| {
            entries.push(entry.clone());
            Ok(())
        })
    };
    register.read(|link| Ok(read(link)?)).unwrap();
    let said: Vec<[&str; 5]> = entries
        .iter()
        .map(|entry| ["action", "operator", "outcome", "person"].map(|key| entry[key].as_str().unwrap()))
        .zip(entries.iter().map(|entry| entry["detail"]["code"].as_str().unwrap()))
        .map(|([action, operator, outcome, person], code)| [action, operator, outcome, person, code])
        .collect();
    assert_eq!(said, [["show", "audrey", "denied", "0000000001", "A603"], ["show", "nobody", "denied", "0000000001", "A601"]]);
}

/// An entry made up for a moment of Japan's clock in December 2026.
fn acted(
    link: &mut dyn Link,
    operator: &str,
    action: &str,
    (day, hour, minute): (i64, i64, i64),
    person: Option<&str>,
    outcome: Outcome,
) {
    let at =
        Moment::at(Moment::parse("2026-12-01T00:00:00+09:00").unwrap().seconds() + ((day - 1) * 24 + hour) * 3600 + minute * 60);
    let detail = log::detail([]);
    log::append(
        link,
        &Entry { action, at, detail, host: "host", operator, os_account: "tester", outcome, person, purpose: None },
    )
    .unwrap();
}

#[test]
fn the_months_report_counts_looks_bulk_nights_denials_and_long_sessions() {
    let (_place, _path, mut register) = register();
    let december = Month::parse("2026-12").unwrap();
    register
        .write(|link| {
            let (ok, one, two) = (Outcome::Ok, Some("0000000001"), Some("0000000002"));
            acted(link, "alice", "show", (1, 9, 0), one, ok);
            acted(link, "alice", "find", (1, 9, 1), one, ok);
            acted(link, "alice", "why", (1, 9, 2), two, ok);
            acted(link, "alice", "show", (1, 22, 0), two, Outcome::Denied);
            acted(link, "alice", "export ledger", (2, 5, 59), None, ok);
            acted(link, "alice", "showing", (2, 6, 0), None, ok);
            acted(link, "alice", "run", (2, 21, 59), None, Outcome::Failed);
            // Four hours and a second without a pause of more than half an hour; then exactly four.
            for minute in (0..=240).step_by(30) {
                acted(link, "bob", "record", (3, 13, minute), one, ok);
            }
            acted(link, "bob", "record", (3, 13, 241), one, ok);
            for minute in (0..=240).step_by(30) {
                acted(link, "bob", "record", (4, 13, minute), one, ok);
            }
            for minute in [0, 30, 61, 90, 120, 150, 180, 210, 240, 270] {
                acted(link, "bob", "record", (5, 13, minute), one, ok);
            }
            // Into the new year: it began in December.
            for minute in (0..=300).step_by(30) {
                acted(link, "bob", "record", (31, 20, minute), one, ok);
            }
            Ok(())
        })
        .unwrap();
    let report = register.read(|link| Ok(access::report(link, &december)?)).unwrap();
    let said = serde_json::to_value(&report).unwrap();
    let alice = serde_json::json!({"operator": "alice", "lookups": 3, "people": 2, "bulk": 1, "night": 2, "denied": 1});
    assert_eq!(said["operators"][0], alice);
    assert_eq!(said["operators"][1]["night"], 4);
    let sessions = serde_json::json!([
        {"operator": "bob", "from": "2026-12-03T13:00:00+09:00", "until": "2026-12-03T17:01:00+09:00", "reason": null},
        {"operator": "bob", "from": "2026-12-31T20:00:00+09:00", "until": "2027-01-01T01:00:00+09:00", "reason": null},
    ]);
    assert_eq!(said["long_sessions"], sessions);
    let january = register.read(|link| Ok(access::report(link, &Month::parse("2027-01").unwrap())?)).unwrap();
    assert!(january.long_sessions.is_empty() && january.operators.len() == 1);
}

#[test]
fn a_month_is_answered_by_one_and_signed_off_by_another_once() {
    let (_place, _path, mut register) = register();
    let december = Month::parse("2026-12").unwrap();
    let at = Moment::parse("2027-01-10T09:00:00+09:00").unwrap();
    let told = register.write(|link| {
        operators::add(
            link,
            &New { name: "bob", roles: BTreeSet::from([Role::Register]), section: None, until: None, passphrase: None },
            "admin",
            at,
        )?;
        for minute in (0..=300).step_by(30) {
            acted(link, "bob", "record", (3, 9, minute), None, Outcome::Ok);
        }
        let mut told = vec![access::sign_off(link, &december, "august", at).map(drop)];
        told.push(access::reply(link, &december, "bob", " ", "audrey", at));
        told.push(access::reply(link, &december, "nobody", "入力", "audrey", at));
        told.push(access::reply(link, &december, "bob", "予診票の入力", "audrey", at));
        told.push(access::reply(link, &december, "bob", "ほか", "audrey", at));
        told.push(access::sign_off(link, &december, "audrey", at).map(drop));
        told.push(access::sign_off(link, &december, "bob", at).map(drop));
        told.push(access::sign_off(link, &Month::parse("2027-02").unwrap(), "august", at).map(drop));
        told.push(access::sign_off(link, &december, "august", at).map(drop));
        told.push(access::sign_off(link, &december, "august", at).map(drop));
        told.push(access::reply(link, &december, "admin", "遅れて", "audrey", at));
        Ok(told)
    });
    let codes: Vec<&str> = told.unwrap().iter().map(|one| one.as_ref().err().map_or("ok", code)).collect();
    assert_eq!(codes, ["G622", "G613", "A601", "ok", "O632", "A605", "A605", "", "ok", "O632", "O632"]);
    let report = register.read(|link| Ok(access::report(link, &december)?)).unwrap();
    assert_eq!(report.long_sessions[0].reason.as_deref(), Some("予診票の入力"));
    assert_eq!(count(&mut register, "SELECT COUNT(*) FROM log_signoff WHERE by_operator = 'august'"), 1);
}

#[test]
fn a_newer_register_a_damaged_one_and_a_clock_that_is_back_are_refused() {
    let (place, path, register) = register();
    let mut register = register.with_clock(|| Moment::at(1_000_000_000));
    assert_eq!(code(&register.permit(&admin(), &Act::new("log head", AUDIT)).unwrap_err()), "G607");
    let other = place.path().join("copy.db");
    register.copy(&other).unwrap();
    drop(register);
    behind(&other, "PRAGMA user_version = 99");
    assert_eq!(code(&Register::open(&other).unwrap_err()), "G604");
    assert_eq!(code(&Register::revive(&other, &other).unwrap_err()), "G604");
    // Every byte of the first page's head that SQLite reads, turned over.
    for at in [0, 16, 100] {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[at] ^= 0xff;
        std::fs::File::create(&other).and_then(|mut file| std::io::Write::write_all(&mut file, &bytes)).unwrap();
        let code = Register::open(&other)
            .and_then(|mut register| register.whole())
            .map_or_else(|failure| code(&failure), |whole| if whole { "whole" } else { "G603" });
        assert_eq!(code, "G603", "byte {at}");
    }
}

#[test]
fn a_flipped_byte_anywhere_in_an_index_or_a_page_makes_no_copy() {
    let (place, path, mut register) = register();
    register
        .write(|link| {
            for id in 1..=2000_i64 {
                link.run("INSERT INTO person (id, yobosesshubango) VALUES ($1, $2)", &[id.into(), format!("{id:010}").into()])?;
            }
            Ok(())
        })
        .unwrap();
    register.close().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut found = 0;
    for page in 1..bytes.len() / 4096 {
        let mut bytes = bytes.clone();
        // The number of cells of a page.
        bytes[page * 4096 + 4] ^= 0x55;
        let other = place.path().join(format!("{page}.db"));
        std::fs::File::create(&other).and_then(|mut file| std::io::Write::write_all(&mut file, &bytes)).unwrap();
        let copied = Register::open(&other).and_then(|mut register| register.copy(&place.path().join(format!("{page}-copy.db"))));
        found += usize::from(copied.is_err_and(|failure| code(&failure) == "G603"));
    }
    assert_eq!(found, bytes.len() / 4096 - 1);
}

#[test]
fn a_copy_is_one_whole_file_made_while_others_write() {
    let (place, path, mut register) = register();
    let copy = place.path().join("copy.db");
    let held = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut other = Register::open(&path).unwrap();
            for _ in 0..50 {
                other.act(&caller("audrey", "their-passphrase"), &Act::new("log head", AUDIT), |_| Ok(())).unwrap();
            }
        });
        register.copy(&copy).unwrap()
    });
    assert!(!place.path().join("copy.db-wal").exists());
    let (mut revived, again) = Register::revive(&copy, &copy).unwrap();
    assert_eq!((again, count(&mut revived, "SELECT COUNT(*) FROM audit_log")), (held.clone(), held.head.seq));
    revived.close().unwrap();
}

const GONE: &str = "消去　太郎";

/// People: one dead long ago, two who left, three living, one of them merged into the other, one dead under two numbers.
fn people(link: &mut dyn Link) {
    let rows: [(i64, &str, &str, Option<i64>); 8] = [
        (1, "2021-04-01", "", None),
        (2, "", "R3.4.1", None),
        (3, "", "2026-04-01", None),
        (4, "", "99999999", None),
        (5, "", "", None),
        (6, "", "2020-01-01", Some(5)),
        (7, "2020-02-29", "", None),
        (8, "", "2019-01-01", Some(7)),
    ];
    for (id, died, left, _) in rows {
        let number: Value<'_> = format!("99000000{id:02}").into();
        let name = if matches!(id, 1 | 2 | 7 | 8) { GONE } else { "在住　花子" };
        let whose = [Value::from(id), number.clone()];
        link.run("INSERT INTO person (id, yobosesshubango) VALUES ($1, $2)", &whose).unwrap();
        link.run("INSERT INTO person_number (kind, number, person) VALUES ('n', $2, $1)", &whose).unwrap();
        link.run(
            "INSERT INTO resident (id, person, from_import, yobosesshubango, shimei, shibobi, shojobi) VALUES ($1, $1, 1, $2, $3, $4, $5)",
            &[id.into(), number.clone(), name.into(), died.into(), left.into()],
        )
        .unwrap();
        for version in 1..=2_i64 {
            link.run(
                "INSERT INTO vaccination (id, record, version, state, person, kiroku_moto, row_key, digest, yobosesshubango, shimei_kanji, hakkono) VALUES ($4, $1, $5, 'valid', $1, '市', $4, 0, $2, $3, '７７')",
                &[id.into(), number.clone(), name.into(), (id * 10 + version).into(), version.into()],
            )
            .unwrap();
        }
    }
    for (id, .., into) in rows {
        link.run("UPDATE person SET merged_into = $2 WHERE id = $1", &[id.into(), into.into()]).unwrap();
    }
    link.run("INSERT INTO batch (run, seq, kind, state, rehearsal, as_of, since, post_on, snapshot, folder, root, settings, data_as_of, selected, ledger_rows, ledger_met, protection_rows, made_by, made_at) VALUES ('2020-01-01-aaaaaaaa', 1, 'run', 'closed', 0, '2020-01-01', '2020-01-01', '2020-01-01', '2020-01-01', '/nowhere', '', '', '', 1, 0, 0, 0, 'admin', '2020-01-01T09:00:00+09:00')", &[]).unwrap();
    for sql in [
        "INSERT INTO piece (run, no, hakkono, code, person, programme, trigger_id, period, series, template, file, page, yubinbango, ku, alternate, substituted) VALUES ('2020-01-01-aaaaaaaa', 1, 120, 'c', 1, 'p', 't', '', '', '', '', 1, '2600000', '', 0, 0)",
        "INSERT INTO notice (id, person, programme, trigger_id, period, run, no, hakkono, code, tsuchibi, shoribi, template, state, kind) VALUES (1, 1, 'p', 't', '', '2020-01-01-aaaaaaaa', 1, 120, 'c', '2020-01-01', '2020-01-01', '', 'sealed', 'run')",
        "INSERT INTO feed_error (id, row_key, kind, code, sheet, message, since_import, last_import, state) VALUES (1, 'k', 'ledger', 'J303', '台帳', '予防接種番号 9900000001', 1, 1, 'open')",
        "INSERT INTO notice_dose (notice, series, dose) VALUES (1, 'mr', '1')",
        "INSERT INTO returned (id, notice, person, run, reason, returned_on, by_operator, at) VALUES (1, 1, 1, '2020-01-01-aaaaaaaa', '転居', '2020-02-01', 'admin', '')",
        "INSERT INTO mark (id, person, sheet, version, by_operator, at, row_key, sofusaki_shimei) VALUES (1, 1, '送付先', 1, 'admin', '', 'k', '消去　太郎')",
        "INSERT INTO disclosure (id, person, kind, disclosed_on, requester, basis, by_operator, at) VALUES (1, 1, '本人', '2020-01-01', '本人', '', 'admin', '')",
        "INSERT INTO inquiry (id, person, received_on, question, by_operator, at) VALUES (1, 1, '2020-01-01', '消去　太郎の件', 'admin', '')",
        "INSERT INTO merge (id, person, into_person, reason, by_operator, at) VALUES (1, 8, 7, '同じ人', 'admin', ''), (2, 6, 5, '同じ人', 'admin', '')",
    ] {
        link.run(sql, &[]).unwrap();
    }
}

const RULE: Rule = Rule { after_death: 5, after_leaving: 5 };

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn who_died_or_left_long_ago_is_deleted_to_the_last_byte() {
    let (_place, path, mut register) = register();
    register
        .write(|link| {
            people(link);
            Ok(())
        })
        .unwrap();
    let over = |register: &mut Register, at: &str| register.read(|link| Ok(retention::over(link, RULE, day(at))?)).unwrap();
    let before = over(&mut register, "2026-03-31");
    assert_eq!((before.people(), before.numbers.join(" ")), (2, "9900000007 9900000008".to_owned()));
    let now = over(&mut register, "2026-04-01");
    assert_eq!(now.numbers.join(" "), "9900000001 9900000002 9900000007 9900000008");
    assert_eq!((now.people(), now.doses, now.blocked.len()), (4, 8, 0));
    // Whoever waits in a draft stays.
    behind(&path, "UPDATE batch SET state = 'approved'");
    let waits = over(&mut register, "2026-04-01");
    assert_eq!((waits.people(), waits.blocked[0].person.as_str(), waits.blocked[0].reason.as_str()), (3, "9900000001", "batch"));
    behind(&path, "UPDATE batch SET state = 'closed'");
    let issued = register.read(issued::issued_up_to).unwrap();
    register.write(|link| Ok(retention::delete(link, &now)?)).unwrap();
    register.scrub().unwrap();
    assert_eq!(issued, 120);
    for (table, left) in [
        ("person", 4),
        ("resident", 4),
        ("vaccination", 8),
        ("person_number", 4),
        ("merge", 1),
        ("notice", 0),
        ("inquiry", 0),
        ("mark", 0),
        ("returned", 0),
        ("piece", 0),
        ("disclosure", 0),
        ("notice_dose", 0),
        ("feed_error", 0),
    ] {
        assert_eq!(count(&mut register, &format!("SELECT COUNT(*) FROM {table}")), left, "{table}");
    }
    for end in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{end}", path.display())).unwrap_or_default();
        for trace in [GONE, "9900000001", "9900000002", "9900000007", "9900000008"] {
            assert!(!bytes.windows(trace.len()).any(|window| window == trace.as_bytes()), "{trace} in {end}");
        }
        assert!(end != "-wal" || bytes.is_empty());
    }
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.windows(10).any(|window| window == b"9900000005"), "who stays is there");
}

#[test]
fn every_table_with_a_person_is_emptied_of_them() {
    let (_place, path, mut register) = register();
    let tables: Vec<String> = Connection::open(&path)
        .unwrap()
        .prepare("SELECT DISTINCT m.name FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.\"table\" IN ('person', 'notice') ORDER BY 1")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    // One row of person 1 in every one of them, by the test above: a table more needs a row there and a line in `retention::ROWS`.
    register
        .write(|link| {
            people(link);
            Ok(())
        })
        .unwrap();
    for table in tables {
        assert!(count(&mut register, &format!("SELECT COUNT(*) FROM {table}")) > 0, "{table} has no row in people()");
    }
}

#[test]
fn an_inquiry_is_closed_once_and_its_text_is_for_those_who_may_see() {
    let (_place, path, mut register) = register();
    let at = Moment::parse("2026-12-01T09:00:00+09:00").unwrap();
    let new = inquiries::New {
        person: Some("9900000005"),
        received_on: day("2026-12-01"),
        question: "届かない",
        answer: None,
        closed_on: None,
    };
    let told = register.write(|link| {
        people(link);
        link.run("DELETE FROM inquiry", &[])?;
        let id = inquiries::add(link, &new, "admin", at)?;
        let nobody = inquiries::add(link, &inquiries::New { person: Some("0000000000"), ..new }, "admin", at).unwrap_err();
        let unanswered = inquiries::close(link, id, None, day("2026-12-02")).is_err();
        let early = inquiries::close(link, id, Some("再発行した"), day("2026-11-30")).is_err();
        let whose = inquiries::close(link, id, Some("再発行した"), day("2026-12-02"))?;
        let twice = inquiries::close(link, id, Some("別"), day("2026-12-03")).unwrap_err();
        Ok((code(&nobody), unanswered, early, whose, code(&twice)))
    });
    assert_eq!(told.unwrap(), ("O600", true, true, Some("9900000005".to_owned()), "O632"));
    let list = |register: &mut Register, protected| register.read(|link| inquiries::all(link, protected)).unwrap().remove(0);
    assert_eq!(list(&mut register, false).answer.as_deref(), Some("再発行した"));
    behind(
        &path,
        "INSERT INTO mark (id, person, sheet, version, by_operator, at, row_key) VALUES (9, 5, '支援措置', 1, 'admin', '', 'k')",
    );
    assert!(list(&mut register, false).question.is_none() && list(&mut register, true).question.is_some());
}

#[test]
fn what_nobody_will_post_is_forgotten_and_its_numbers_are_not() {
    let (_place, path, mut register) = register();
    register
        .write(|link| {
            people(link);
            Ok(())
        })
        .unwrap();
    let old = |register: &mut Register, day: &str| register.read(|link| Ok(drafts::made_before(link, day)?)).unwrap();
    assert!(old(&mut register, "2026-01-01").is_empty(), "a closed batch is kept");
    behind(&path, "UPDATE batch SET state = 'draft'");
    assert!(old(&mut register, "2020-01-01").is_empty() && old(&mut register, "2020-01-02").len() == 1);
    let draft = old(&mut register, "2026-01-01").remove(0);
    register.write(|link| Ok(drafts::forget(link, &draft)?)).unwrap();
    assert_eq!(count(&mut register, "SELECT COUNT(*) FROM batch WHERE state = 'discarded'"), 1);
    assert_eq!(count(&mut register, "SELECT COUNT(*) FROM piece"), 0);
    assert!(!old(&mut register, "2026-01-01").remove(0).known);
}

#[test]
fn the_database_is_not_older_than_its_last_repair() {
    // Earlier versions can corrupt a WAL that two processes share (design §3).
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}
