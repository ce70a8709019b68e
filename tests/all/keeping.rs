//! What an office does to keep its register: the log looked through, copies, a restore, deletion, inquiries, the check; and what it is
//! told when the disk, the file or somebody's hand fails.

use kansho_register::store::Register;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

use crate::office::write;

const GONE: &str = "消去　太郎";

/// A register in a folder of its own, with an admin, two auditors, somebody at the counter and a contractor.
struct Desk {
    place: TempDir,
}

impl Desk {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let settings = std::fs::read_to_string("municipality.toml").unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["rules", "templates", "layouts", "fonts", "samples", "gaiji.toml"] {
            std::os::unix::fs::symlink(source.join(name), place.path().join(name)).unwrap();
        }
        let desk = Self { place };
        write(&desk.path("municipality.toml"), format!("{settings}\n[retention]\nyears_after_leaving = 5\n").as_bytes());
        for name in ["admin", "audrey", "august", "carol", "sam"] {
            write(&desk.path(&format!("{name}.pass")), format!("{name}-passphrase\n").as_bytes());
        }
        desk.done("admin", &["init"]);
        for (name, roles) in [("audrey", "audit"), ("august", "audit"), ("carol", "register"), ("sam", "support")] {
            let file = format!("{name}.pass");
            let until: &[&str] = if name == "sam" { &["--until", "2199-12-31"] } else { &[] };
            desk.done("admin", &[&["operator", "add", name, "--roles", roles, "--new-passphrase-file", &file], until].concat());
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn command(&self, who: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kansho"));
        let account = ["--account", who, "--passphrase-file"];
        command.current_dir(self.place.path()).args(args).args(account).arg(format!("{who}.pass")).stdin(Stdio::null());
        command
    }

    fn kansho(&self, who: &str, args: &[&str]) -> Output {
        self.command(who, args).output().unwrap()
    }

    fn done(&self, who: &str, args: &[&str]) -> String {
        let output = self.kansho(who, args);
        assert!(output.status.success(), "{args:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, who: &str, args: &[&str]) -> Value {
        serde_json::from_str(&self.done(who, &[args, &["--format", "json"]].concat())).unwrap()
    }

    #[track_caller]
    fn refused(&self, who: &str, args: &[&str], exit: i32, words: &str) {
        let output = self.kansho(who, args);
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{args:?}: {}", told(&output));
        assert!(output.stdout.is_empty(), "{}", told(&output));
    }

    fn sql(&self, sql: &str) {
        let mut register = Register::open(&self.path("kansho.db")).unwrap();
        register.write(|link| Ok(link.run(sql, &[])?)).unwrap();
    }

    /// Names in the folder, but for what every office has.
    fn left(&self) -> Vec<String> {
        let known = |name: &String| {
            !name.ends_with(".pass")
                && !["rules", "templates", "layouts", "fonts", "samples", "gaiji.toml", "municipality.toml"]
                    .contains(&name.as_str())
        };
        let mut names: Vec<String> = std::fs::read_dir(self.place.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(known)
            .collect();
        names.sort();
        names
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn month() -> String {
    kansho_register::clock::Moment::now().month()
}

#[test]
fn the_log_is_shown_reported_answered_signed_off_and_exported_by_auditors_alone() {
    let desk = Desk::new();
    desk.refused("admin", &["log", "show"], 3, "A603");
    let shown = desk.json("audrey", &["log", "show"]);
    let actions: Vec<&str> = shown.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["init", "operator add", "operator add", "operator add", "operator add", "log show"]);
    assert_eq!(shown[5]["outcome"], "denied");
    assert_eq!(desk.json("audrey", &["log", "show", "--from-seq", "6", "--operator", "admin"]).as_array().unwrap().len(), 1);
    assert!(desk.json("audrey", &["log", "show", "--person", "0000000001"]).as_array().unwrap().is_empty());
    assert!(desk.done("audrey", &["log", "show"]).contains("拒否"));
    let report = desk.json("audrey", &["log", "report", &month()]);
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["long_sessions", "month", "operators"]);
    let admin = &report["operators"][0];
    assert_eq!((&admin["operator"], &admin["denied"], &admin["lookups"]), (&"admin".into(), &1.into(), &0.into()));
    assert!(desk.done("audrey", &["log", "report", &month()]).contains("照合値"));
    assert_eq!(desk.kansho("audrey", &["log", "report", "2026-13"]).status.code(), Some(2));
    desk.refused("audrey", &["log", "reply", &month(), "--operator", "carol", "--reason", " "], 1, "G613");
    desk.done("audrey", &["log", "reply", &month(), "--operator", "carol", "--reason", "予診票の入力"]);
    desk.refused("audrey", &["log", "signoff", &month()], 3, "A605");
    desk.done("august", &["log", "signoff", &month()]);
    desk.refused("august", &["log", "signoff", &month()], 1, "O632");
    let exported = desk.json("audrey", &["log", "export", "記録.jsonl"]);
    desk.refused("audrey", &["log", "export", "記録.jsonl"], 1, "G606");
    assert_eq!(mode(&desk.path("記録.jsonl")), 0o600);
    // Another program computes the chain again.
    let text = std::fs::read_to_string(desk.path("記録.jsonl")).unwrap();
    let mut before = vec![0_u8; 32];
    for (line, seq) in text.lines().zip(1_u64..) {
        let line: Value = serde_json::from_str(line).unwrap();
        let entry = line["entry"].as_str().unwrap();
        let hash = kansho_core::hash::sha256_hex(&[&before, entry.as_bytes()].concat());
        assert_eq!((line["seq"].as_u64(), line["hash"].as_str().unwrap()), (Some(seq), hash.as_str()));
        before = (0..32).map(|at| u8::from_str_radix(&hash[at * 2..at * 2 + 2], 16).unwrap()).collect();
    }
    let head = exported["head"].as_str().unwrap();
    assert_eq!(exported["entries"], text.lines().count());
    desk.done("audrey", &["log", "verify", "--head", head]);
    assert_eq!(desk.left(), ["kansho.db", "記録.jsonl"]);
}

#[test]
fn a_copy_is_restored_as_it_was_with_numbers_above_the_paper() {
    let desk = Desk::new();
    desk.sql("INSERT INTO number_range (id, content, first_no, last_no, programme, reason) VALUES (1, 'c', 100, 140, 'p', 'r')");
    desk.refused("carol", &["backup", "--out", "b.db"], 3, "A603");
    let plain = desk.json("admin", &["backup", "--out", "b.db"]);
    let keys: Vec<&String> = plain.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["bytes", "issued_up_to", "log_head", "path", "schema", "sha256"]);
    assert_eq!((&plain["issued_up_to"], &plain["schema"]), (&140.into(), &1.into()));
    assert_eq!(
        (mode(&desk.path("b.db")), plain["bytes"].as_u64()),
        (0o600, Some(std::fs::metadata(desk.path("b.db")).unwrap().len()))
    );
    desk.refused("admin", &["backup", "--out", "b.db"], 1, "G606");
    write(&desk.path("own.pass"), b"a passphrase of its own\n");
    let own = ["--backup-passphrase-file", "own.pass"];
    let secret = desk.json("admin", &[&["backup", "--out", "b.zip"], &own[..]].concat());
    let bytes = std::fs::read(desk.path("b.zip")).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"SQLite") && bytes.starts_with(b"PK"));
    assert!(desk.done("admin", &["backup", "--out", "b2.db"]).contains("発行no 140 まで"));
    let sha = secret["sha256"].as_str().unwrap();
    let restore = |more: &[&'static str]| {
        [&["restore", "b.zip", "--sha256", sha, "--register", "new.db", "--reason", "ディスクの故障"], more, &own].concat()
    };
    desk.refused("admin", &restore(&[]), 1, "G631");
    desk.refused(
        "admin",
        &["restore", "b.zip", "--sha256", sha, "--register", "new.db", "--issued-up-to", "9", "--reason", " "],
        1,
        "G613",
    );
    desk.refused(
        "admin",
        &["restore", "b.zip", "--sha256", &"0".repeat(64), "--register", "new.db", "--issued-up-to", "9", "--reason", "x"],
        1,
        "G603",
    );
    desk.refused(
        "admin",
        &["restore", "b.zip", "--sha256", sha, "--register", "new.db", "--issued-up-to", "9", "--reason", "x"],
        2,
        "--backup-passphrase-file",
    );
    desk.refused("carol", &restore(&["--issued-up-to", "200"]), 3, "A603");
    desk.refused("admin", &["restore", "b.zip", "--sha256", sha, "--issued-up-to", "9", "--reason", "x"], 1, "G606");
    write(&desk.path("new.db-wal"), b"of another register");
    desk.refused("admin", &restore(&["--issued-up-to", "200"]), 1, "G606");
    std::fs::remove_file(desk.path("new.db-wal")).unwrap();
    assert_eq!(desk.left(), ["b.db", "b.zip", "b2.db", "kansho.db"]);
    let restored = desk.json("admin", &restore(&["--issued-up-to", "200"]));
    assert_eq!((&restored["issued_up_to"], &restored["log_head"]), (&200.into(), &secret["log_head"]));
    assert_eq!((mode(&desk.path("new.db")), desk.left().len()), (0o600, 5));
    // It goes on from the copy's log, with the restore as its next entry.
    let head = secret["log_head"].as_str().unwrap();
    desk.done("audrey", &["log", "verify", "--head", head, "--register", "new.db"]);
    let shown = desk.json("audrey", &["log", "show", "--register", "new.db", "--operator", "admin"]);
    let last = shown.as_array().unwrap().last().unwrap();
    assert_eq!((&last["action"], &last["detail"]["issued_up_to"]), (&"restore".into(), &200.into()));
    // A number below the copy's own does not lower it.
    let plain_sha = plain["sha256"].as_str().unwrap();
    let low = desk.json(
        "admin",
        &["restore", "b.db", "--sha256", plain_sha, "--register", "low.db", "--issued-up-to", "3", "--reason", "試し"],
    );
    assert_eq!(low["issued_up_to"], 140);
    let other = write_copy(&desk, "b.db", |bytes| bytes[2 * 4096 + 3] ^= 0x7f);
    desk.refused(
        "admin",
        &["restore", "bad.db", "--sha256", &other, "--register", "bad2.db", "--issued-up-to", "3", "--reason", "試し"],
        1,
        "G603",
    );
    assert!(!desk.path("bad2.db").exists());
}

/// A spoilt copy `bad.db` and its hash.
fn write_copy(desk: &Desk, from: &str, spoil: impl Fn(&mut Vec<u8>)) -> String {
    let mut bytes = std::fs::read(desk.path(from)).unwrap();
    spoil(&mut bytes);
    write(&desk.path("bad.db"), &bytes);
    kansho_core::hash::sha256_hex(&bytes)
}

/// One who died long ago and one who lives.
fn two(desk: &Desk) {
    for (id, name, died) in [(1, GONE, "2020-01-01"), (2, "在住　花子", "")] {
        desk.sql(&format!("INSERT INTO person (id, yobosesshubango) VALUES ({id}, '990000000{id}')"));
        desk.sql(&format!("INSERT INTO person_number (kind, number, person) VALUES ('n', '990000000{id}', {id})"));
        desk.sql(&format!(
            "INSERT INTO resident (id, person, from_import, shimei, shibobi) VALUES ({id}, {id}, 1, '{name}', '{died}')"
        ));
    }
}

#[test]
fn people_are_deleted_when_their_time_is_over_and_the_count_is_right() {
    let desk = Desk::new();
    two(&desk);
    assert_eq!(desk.kansho("admin", &["purge", "--as-of", "2026-04-01"]).status.code(), Some(2));
    desk.refused("carol", &["purge", "--as-of", "2026-04-01", "--dry-run"], 3, "A603");
    let asked = desk.json("admin", &["purge", "--as-of", "2026-04-01", "--dry-run"]);
    let expected = serde_json::json!({"people": 1, "numbers": ["9900000001"], "doses": 0, "blocked": []});
    assert_eq!(asked, expected);
    desk.refused("admin", &["purge", "--as-of", "2026-04-01", "--confirm", "2"], 1, "G641");
    assert_eq!(desk.json("admin", &["purge", "--as-of", "2026-04-01", "--confirm", "1"]), expected);
    assert_eq!(desk.json("admin", &["purge", "--as-of", "2026-04-01", "--confirm", "0"])["people"], 0);
    for name in desk.left() {
        let bytes = std::fs::read(desk.path(&name)).unwrap();
        for trace in [GONE, "9900000001"] {
            assert!(!bytes.windows(trace.len()).any(|window| window == trace.as_bytes()), "{trace} in {name}");
        }
    }
    // Until the office has set its years nobody is deleted.
    write(&desk.path("municipality.toml"), &std::fs::read("municipality.toml").unwrap());
    desk.refused("admin", &["purge", "--as-of", "2026-04-01", "--dry-run"], 1, "years_after_leaving");
    desk.done("audrey", &["log", "verify"]);
}

#[test]
fn an_old_draft_goes_and_a_folder_that_is_no_longer_one_stays() {
    let desk = Desk::new();
    let month = [
        "run",
        "--residents",
        "samples/住民.xlsx",
        "--ledger",
        "samples/予防接種台帳.csv",
        "--as-of",
        "2026-12-01",
        "--post-on",
        "2026-12-04",
    ];
    for out in ["out", "own"] {
        let run = Command::new(env!("CARGO_BIN_EXE_kansho"))
            .current_dir(desk.place.path())
            .args(month)
            .args(["--out", out])
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", told(&run));
    }
    let manifest: Value = serde_json::from_slice(&std::fs::read(desk.path("out/manifest.json")).unwrap()).unwrap();
    let run = manifest["run"].as_str().unwrap();
    write(&desk.path("own/メモ.txt"), "電話した".as_bytes());
    std::fs::create_dir(desk.path("photos")).unwrap();
    let batch = |run: &str, state: &str, folder: &str, made: &str| {
        let folder = desk.path(folder).display().to_string();
        desk.sql(&format!("INSERT INTO batch (run, seq, kind, state, rehearsal, as_of, since, post_on, snapshot, folder, root, settings, data_as_of, selected, ledger_rows, ledger_met, protection_rows, made_by, made_at) VALUES ('{run}', 1, 'run', '{state}', 0, '', '', '', '', '{folder}', '', '', '', 1, 0, 0, 0, 'admin', '{made}')"));
    };
    batch(run, "draft", "out", "2020-01-01T09:00:00+09:00");
    batch("2026-12-01-00000001", "draft", "photos", "2020-01-01T09:00:00+09:00");
    batch("2026-12-01-00000002", "approved", "nowhere", "2020-01-01T09:00:00+09:00");
    batch("2026-12-01-00000003", "draft", "nowhere", "2199-01-01T09:00:00+09:00");
    desk.refused("carol", &["purge", "drafts", "--older-than", "90"], 3, "A603");
    let cleared = desk.json("admin", &["purge", "drafts", "--older-than", "90"]);
    assert_eq!((&cleared["removed"], &cleared["left"]), (&1.into(), &1.into()), "{cleared}");
    assert!(!desk.path("out").exists() && desk.path("photos").exists());
    let again = desk.json("admin", &["purge", "drafts", "--older-than", "90"]);
    assert_eq!((&again["removed"], again["batches"].as_array().unwrap().len()), (&0.into(), 1));
    desk.sql(&format!("UPDATE batch SET state = 'draft', folder = '{}' WHERE run = '{run}'", desk.path("own").display()));
    let own = desk.done("admin", &["purge", "drafts", "--older-than", "90"]);
    assert!(own.contains("目録にないファイルがあります: メモ.txt") && desk.path("own/letters-0001.pdf").exists(), "{own}");
}

#[test]
fn an_inquiry_is_kept_in_the_register_and_not_in_the_log() {
    let desk = Desk::new();
    two(&desk);
    write(&desk.path("q.json"), r#"{"received_on": "令和8年11月28日", "question": "在住花子さんに届かない"}"#.as_bytes());
    write(&desk.path("a.json"), r#"{"answer": "再発行した", "closed_on": "2026-11-29"}"#.as_bytes());
    desk.refused("audrey", &["inquiry", "list"], 3, "A603");
    desk.refused("carol", &["inquiry", "add", "0000000000", "--from", "q.json"], 1, "O600");
    let added = desk.json("carol", &["inquiry", "add", "9900000002", "--from", "q.json"]);
    assert_eq!(added, serde_json::json!({"inquiry": 1, "person": "9900000002"}));
    desk.done("carol", &["inquiry", "close", "1", "--from", "a.json"]);
    desk.refused("carol", &["inquiry", "close", "1", "--from", "a.json"], 1, "O632");
    desk.refused("carol", &["inquiry", "close", "7", "--from", "a.json"], 1, "問合せ 7 はありません");
    let mut piped = desk.command("carol", &["inquiry", "add", "--from", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut piped.stdin.take().unwrap(), std::fs::read(desk.path("q.json")).unwrap().as_slice()).unwrap();
    assert!(piped.wait().unwrap().success());
    let list = desk.json("carol", &["inquiry", "list"]);
    assert_eq!(
        (&list[0]["answer"], &list[0]["received_on"], &list[1]["person"]),
        (&"再発行した".into(), &"2026-11-28".into(), &Value::Null)
    );
    for (bad, words) in [
        (r#"{"question": "x"}"#, "received_on"),
        (r#"{"received": 1}"#, "JSON"),
        (r#"{"received_on": "2026-11-28", "question": "番号は1234-5678-9018"}"#, "R112"),
    ] {
        write(&desk.path("bad.json"), bad.as_bytes());
        desk.refused("carol", &["inquiry", "add", "--from", "bad.json"], 1, words);
    }
    let log = desk.done("audrey", &["log", "show", "--format", "json"]);
    assert!(!log.contains("花子") && !log.contains("再発行した") && log.contains("inquiry close"));
}

#[test]
fn the_check_tells_what_is_due_and_nobody() {
    let desk = Desk::new();
    let seen = |who: &str| -> (Option<i32>, Value) {
        let output = desk.kansho(who, &["check", "--format", "json"]);
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
    };
    std::fs::set_permissions(desk.place.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let (exit, fresh) = seen("sam");
    assert_eq!((exit, fresh["due"].as_array().map(Vec::len)), (Some(0), Some(0)), "{fresh}");
    assert_eq!(
        (&fresh["permissions"]["file"], &fresh["integrity"], &fresh["permissions"]["owner"]),
        (&"0600".into(), &true.into(), &true.into())
    );
    assert!(fresh["disk"]["free"].as_u64().unwrap() > 0 && fresh["last_backup"].is_null());
    assert_eq!(seen("carol").0, Some(3));
    desk.sql("INSERT INTO feed (id, kind, mode, file, sha256, snapshot, row_count, told, by_operator, at) VALUES (1, 'residents', 'full', 'f', 's', '2020-01-01', 1, '', 'admin', '2020-01-02T09:00:00+09:00')");
    desk.sql("INSERT INTO feed_error (id, row_key, kind, code, sheet, message, since_import, last_import, state) VALUES (1, 'k', 'residents', 'N202', '住民', '', 1, 1, 'open')");
    desk.sql("INSERT INTO batch (run, seq, kind, state, rehearsal, as_of, since, post_on, snapshot, folder, root, settings, data_as_of, selected, ledger_rows, ledger_met, protection_rows, made_by, made_at, erase_due) VALUES ('r', 1, 'run', 'delivered', 0, '', '', '', '', '', '', '', '', 1, 0, 0, 0, 'admin', '', '2020-01-01')");
    std::fs::set_permissions(desk.path("kansho.db"), PermissionsExt::from_mode(0o644)).unwrap();
    let (exit, due) = seen("admin");
    let words = due["due"].to_string();
    assert_eq!(exit, Some(1));
    for word in ["ほかの人にも", "控えを作っていません", "全件の取り込み", "処理 r の消去", "取り込めなかった行が 1 件"]
    {
        assert!(words.contains(word), "{word}: {words}");
    }
    desk.done("admin", &["backup", "--out", "b.db"]);
    assert!(!seen("admin").1["due"].to_string().contains("控え"));
    let text = told(&desk.kansho("admin", &["check"]));
    assert!(text.contains("■") && text.contains("照合値"), "{text}");
}

#[test]
fn a_full_disk_says_so_and_nothing_is_lost() {
    let desk = Desk::new();
    let before = desk.json("audrey", &["log", "head"])["head"].as_str().unwrap().to_owned();
    let blocks = std::fs::metadata(desk.path("kansho.db")).unwrap().len() / 1024;
    let limited = |args: &str, blocks: u64| {
        let words = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {args} --account admin --passphrase-file admin.pass");
        Command::new("bash").current_dir(desk.place.path()).args(["-c", &words, env!("CARGO_BIN_EXE_kansho")]).output().unwrap()
    };
    for (args, blocks) in
        [("operator add x --roles extract", 0), ("backup --out b.db", blocks / 2), ("purge --as-of 2026-04-01 --confirm 0", 0)]
    {
        let output = limited(args, blocks);
        let said = told(&output);
        assert_eq!(output.status.code(), Some(2), "{args}: {said}");
        assert!(said.contains("G605") || said.contains("書けません"), "{args}: {said}");
        assert!(said.lines().all(|line| !line.is_ascii()), "no English reaches a clerk: {said}");
    }
    // Whoever could not write its last page leaves the WAL to the next.
    assert!(desk.left().iter().all(|name| name.starts_with("kansho.db")), "{:?}", desk.left());
    desk.done("audrey", &["log", "verify", "--head", &before]);
    desk.done("admin", &["operator", "add", "x", "--roles", "extract"]);
}

#[test]
fn a_folder_that_takes_no_writes_says_so() {
    let desk = Desk::new();
    let folder = desk.path("read-only");
    std::fs::create_dir(&folder).unwrap();
    for name in ["kansho.db", "admin.pass"] {
        std::fs::copy(desk.path(name), folder.join(name)).unwrap();
    }
    // Nobody's folder: the superuser may write everywhere.
    let nobody = std::fs::metadata(&folder).map(|found| std::os::unix::fs::MetadataExt::uid(&found) == 0).unwrap();
    let closed = |mode| {
        std::fs::set_permissions(desk.place.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["kansho.db", "admin.pass"] {
            std::fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o444)).unwrap();
        }
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).unwrap();
    };
    closed(0o555);
    let mut command = Command::new(env!("CARGO_BIN_EXE_kansho"));
    let words = [
        "operator",
        "list",
        "--register",
        "read-only/kansho.db",
        "--account",
        "admin",
        "--passphrase-file",
        "read-only/admin.pass",
    ];
    command.current_dir(desk.place.path()).args(words);
    if nobody {
        std::os::unix::process::CommandExt::uid(&mut command, 65_534);
    }
    let output = command.output().unwrap();
    closed(0o755);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("G605"), "{}", told(&output));
}

#[test]
fn a_flipped_byte_is_found_by_the_check_or_before() {
    let desk = Desk::new();
    two(&desk);
    desk.done("admin", &["operator", "list"]);
    let bytes = std::fs::read(desk.path("kansho.db")).unwrap();
    for page in [1, 2, 5, bytes.len() / 4096 - 1] {
        let mut bytes = bytes.clone();
        bytes[page * 4096 + 3] ^= 0x7f;
        write(&desk.path("kansho.db"), &bytes);
        let output = desk.kansho("admin", &["check"]);
        let said = told(&output);
        assert_eq!(output.status.code(), Some(1), "page {page}: {said}");
        assert!(said.contains("G603") || said.contains("登録簿が壊れています"), "page {page}: {said}");
    }
    write(&desk.path("kansho.db"), &bytes);
    desk.done("audrey", &["log", "verify"]);
}
