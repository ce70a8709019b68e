//! 処理の一生: from a draft to the proof of erasure, each step only in its place, and nobody written to who must not be.

use crate::office::{LEDGER, RESIDENTS, WITNESS, WITNESS_ROW, said, write};
use crate::registry::Registry;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const CHILDREN: u32 = 8;
const PACK: &str = "受渡.zip";

/// A child for whom MR 第1期 comes in December 2026, with the days and words that a test puts in.
struct Child {
    number: u32,
    house: &'static str,
    /// 異動事由, 消除日, 死亡日
    leaves: [&'static str; 3],
}

impl Child {
    fn person(&self) -> String {
        format!("99000{:05}", self.number)
    }

    fn row(&self, extracted: &str) -> String {
        let (n, [why, off, died]) = (self.number, self.leaves);
        format!(
            "99000{n:05},88000{n:05},77000{n:05},見本　花子,ミホン　ハナコ,,2026-01-15,2,2600855,千葉県千葉市中央区市場町1番{n}{},,中央区,2026-01-15,{why},{off},,{died},{extracted}\r\n",
            self.house
        )
    }
}

fn children() -> Vec<Child> {
    (1..=CHILDREN).map(|number| Child { number, house: "号", leaves: ["出生", "", ""] }).collect()
}

fn feed(children: &[Child], extracted: &str) -> String {
    let rows: String = children.iter().map(|child| child.row(extracted)).collect();
    format!("{RESIDENTS}\r\n{rows}{}", WITNESS.replace("2026-12-01", extracted))
}

/// A register with the children, and a second admin-made approver.
fn office() -> Registry {
    let registry = Registry::new();
    write(&registry.office.path("受渡の合言葉.txt"), b"correct horse battery 9");
    registry.file("住民.csv", &feed(&children(), "2026-12-01"));
    registry.file("台帳.csv", &format!("{LEDGER}{WITNESS_ROW}"));
    // Whoever has a row of the ledger is kept, the grown-up too.
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    registry.done("admin", &["import", "residents", "住民.csv", "--no-marks", "見本"]);
    registry
}

fn drafted(registry: &Registry, out: &str) {
    registry.done("alice", &["run", "--as-of", "2026-12-01", "--out", out]);
}

fn approved(registry: &Registry, out: &str) {
    drafted(registry, out);
    registry.done("alice", &["approve", out]);
    let told = registry.json("bob", &["approve", out]);
    assert_eq!((told["state"].as_str(), told["approvals"].as_array().unwrap().len()), (Some("approved"), 2));
}

fn sealing<'a>(batch: &'a str, feed: &'a str, out: &'a str) -> Vec<&'a str> {
    let words = ["seal", batch, "--residents", feed, "--no-marks", "見本", "--handover-on", "2026-12-03", "--out", out];
    [&words[..], &["--pack-passphrase-file", "受渡の合言葉.txt"]].concat()
}

/// The people of a folder's pieces, by 通し番号.
fn people(registry: &Registry, out: &str) -> BTreeMap<u64, String> {
    let text = std::fs::read_to_string(registry.office.path(out).join("office/pieces.json")).unwrap();
    let pieces: Value = serde_json::from_str(&text).unwrap();
    let one = |piece: &Value| (piece["no"].as_u64().unwrap(), piece["person"].as_str().unwrap().to_owned());
    pieces["pieces"].as_array().unwrap().iter().map(one).collect()
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

/// A sealed batch of which the second has moved away, the fifth has died and the seventh lives elsewhere in the city.
fn sealed(registry: &Registry) -> Value {
    approved(registry, "B");
    let mut changed = children();
    changed[1].leaves = ["転出", "2026-12-02", ""];
    changed[4].leaves = ["死亡", "2026-12-02", "2026-12-02"];
    changed[6].house = "9号";
    registry.file("住民2.csv", &feed(&changed, "2026-12-02"));
    registry.json("alice", &sealing("B", "住民2.csv", PACK))
}

#[test]
fn three_changed_people_are_pulled_and_nobody_else() {
    let registry = office();
    let told = sealed(&registry);
    let people = people(&registry, "B");
    let pulled: BTreeSet<(String, String)> = told["pulled"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (people[&one["no"].as_u64().unwrap()].clone(), one["reason"].as_str().unwrap().to_owned()))
        .collect();
    let meant = [(2, "moved_out"), (5, "dead"), (7, "changed")].map(|(n, why)| (format!("99000{n:05}"), why.to_owned()));
    assert_eq!(pulled, meant.into());
    let number = |key: &str| told[key].as_u64().unwrap();
    assert_eq!(number("selected"), number("printed") + told["pulled"].as_array().unwrap().len() as u64);
    assert_eq!(number("selected"), people.len() as u64);
    assert_eq!((told["state"].as_str(), told["repeated"].as_bool()), (Some("sealed"), Some(false)));
    // The package holds the others under their numbers, and no word of those who were pulled.
    let place = registry.office.path(PACK);
    let verified = registry.office.kansho(&["verify", &place.to_string_lossy(), "--pack-passphrase-file", "受渡の合言葉.txt"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&place).unwrap()).unwrap();
    let mut manifest = String::new();
    std::io::Read::read_to_string(&mut zip.by_name_decrypt("manifest.json", b"correct horse battery 9").unwrap(), &mut manifest)
        .unwrap();
    let packed: Value = serde_json::from_str(&manifest).unwrap();
    let draft: Value = serde_json::from_str(&std::fs::read_to_string(registry.office.path("B/manifest.json")).unwrap()).unwrap();
    let codes = texts(&packed["pieces"], "code");
    let gone: BTreeSet<String> = texts(&told["pulled"], "code").into_iter().collect();
    assert_eq!(codes, texts(&draft["pieces"], "code").into_iter().filter(|code| !gone.contains(code)).collect::<Vec<_>>());
    assert_eq!(packed["run_root"], draft["root"]);
    assert!(["moved_out", "dead", "changed", "pulled"].iter().all(|word| !manifest.contains(word)));
    // Who was sealed is notified; who was pulled is not.
    let decisions = registry.decisions("2026-12-03");
    let why = |person: &str| decisions[&(person.to_owned(), "mr1".to_owned())].1.clone();
    assert_eq!([why("9900000001"), why("9900000002"), why("9900000005")], ["already_notified", "moved_out", "dead"]);
    assert_eq!(why("9900000007"), "due");
    let head = registry.json("audrey", &["log", "verify", "--head", told["log_head"].as_str().unwrap()]);
    assert_eq!(head["ok"].as_bool(), Some(true));
}

#[test]
fn a_seal_that_was_killed_is_completed_by_the_same_command() {
    let registry = office();
    // Killed before the register knew: what lies beside the name is of no batch.
    write(&registry.office.path(".受渡.zip.sealing"), b"half a package");
    let first = sealed(&registry);
    let (pack, part) = (registry.office.path(PACK), registry.office.path(".受渡.zip.sealing"));
    assert!(pack.exists() && !part.exists());
    let again = |registry: &Registry| registry.json("alice", &sealing("B", "住民2.csv", PACK));
    let same = |told: &Value| {
        assert_eq!(told["repeated"].as_bool(), Some(true));
        assert_eq!(told["package"]["root"], first["package"]["root"]);
        assert_eq!(
            (&told["pulled"], &told["printed"], &told["issue_no"]),
            (&first["pulled"], &first["printed"], &first["issue_no"])
        );
    };
    same(&again(&registry));
    // Killed between the transaction and the rename.
    std::fs::rename(&pack, &part).unwrap();
    same(&again(&registry));
    assert!(pack.exists() && !part.exists());
    // The package is gone: it is written again, with the same content.
    std::fs::remove_file(&pack).unwrap();
    std::fs::remove_file(registry.office.path("受渡-handover.pdf")).unwrap();
    let written = again(&registry);
    same(&written);
    let place = registry.office.path(PACK);
    assert_eq!(kansho_core::hash::sha256_file(&place).unwrap().0, written["package"]["sha256"].as_str().unwrap());
    let list = registry.json("audrey", &["batches"]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["pulled"].as_u64(), Some(told_pulled(&first)));
}

fn told_pulled(told: &Value) -> u64 {
    told["pulled"].as_array().unwrap().len() as u64
}

#[test]
fn each_step_has_its_place() {
    let registry = office();
    let seal = |batch, feed, out| sealing(batch, feed, out);
    registry.barred("alice", &["approve", "20261201-00000000"], "B604", 1);
    drafted(&registry, "B");
    registry.barred("carol", &["approve", "B"], "A603", 3);
    registry.barred("alice", &seal("B", "住民.csv", PACK), "B603", 1);
    registry.done("alice", &["approve", "B"]);
    registry.barred("alice", &["approve", "B"], "A605", 3);
    registry.barred("alice", &seal("B", "住民.csv", PACK), "B603", 1);
    registry.done("bob", &["approve", "B"]);
    registry.barred("bob", &["approve", "B", "--withdraw", "--reason", " "], "B621", 1);
    let back = registry.json("bob", &["approve", "B", "--withdraw", "--reason", "見直し"]);
    assert_eq!(back["state"].as_str(), Some("draft"));
    registry.barred("alice", &seal("B", "住民.csv", PACK), "B603", 1);
    registry.done("bob", &["approve", "B"]);
    // A rehearsal is no batch.
    registry.done("alice", &["run", "--rehearsal", "--as-of", "2026-12-01", "--out", "T"]);
    registry.barred("alice", &["approve", "T"], "B605", 1);
    registry.barred("alice", &seal("T", "住民.csv", PACK), "B605", 1);
    // One changed byte.
    let csv = registry.office.path("B/postal.csv");
    let bytes = std::fs::read(&csv).unwrap();
    std::fs::write(&csv, [&bytes[..], b" "].concat()).unwrap();
    registry.barred("alice", &seal("B", "住民.csv", PACK), "B602", 1);
    registry.barred("alice", &["approve", "B"], "B602", 1);
    std::fs::write(&csv, bytes).unwrap();
    // Too old, too new, older than the register.
    for (day, code) in [("2026-11-25", "B606"), ("2026-12-04", "B606"), ("2026-11-30", "G611")] {
        registry.file("古い.csv", &feed(&children(), day));
        registry.barred("alice", &seal("B", "古い.csv", PACK), code, 1);
    }
    assert!(!registry.office.path(PACK).exists() && !registry.office.path(".受渡.zip.sealing").exists());
    let counts = |received: &'static str, spoiled: &'static str| {
        let words = ["receipt", "B", "--received", received, "--printed", "18", "--spoiled", spoiled, "--mailed", "15"];
        [&words[..], &["--withdrawn", "1", "--on", "2026-12-10", "--by", "印刷会社　見本"]].concat()
    };
    registry.barred("alice", &counts("16", "2"), "B604", 1);
    registry.barred("alice", &["cancel", "B", "--reason", "誤り"], "B604", 1);
    let told = registry.json("alice", &seal("B", "住民.csv", PACK));
    let printed = told["printed"].as_u64().unwrap();
    assert_eq!((printed, told_pulled(&told)), (16, 0), "{told}");
    registry.barred("alice", &["batches", "discard", "B", "--reason", "誤り"], "B604", 1);
    registry.barred("alice", &["approve", "B"], "B604", 1);
    registry.barred("alice", &["receipt", "B", "--erased-on", "2026-12-20", "--certificate", "1"], "B604", 1);
    registry.barred("alice", &counts("15", "2"), "B610", 1);
    registry.barred("alice", &counts("16", "1"), "B610", 1);
    let delivered = registry.json("alice", &counts("16", "2"));
    assert_eq!((delivered["state"].as_str(), delivered["erase_due"].as_str()), (Some("delivered"), Some("2027-01-09")));
    registry.barred("alice", &counts("16", "2"), "B604", 1);
    registry.barred("alice", &["cancel", "B", "--reason", "誤り"], "B604", 1);
    // 返戻
    let first = told["issue_no"]["first"].as_u64().unwrap();
    let number = |n: u64| (first + n).to_string();
    let back = |letter: &str| registry.json("bob", &["returns", "add", letter, "--reason", "あて所なし", "--on", "2026-12-15"]);
    registry.barred("bob", &["returns", "add", "999999", "--reason", "転居", "--on", "2026-12-15"], "B612", 1);
    assert_eq!(back(&number(0))["alarm"].as_bool(), Some(false));
    registry.barred("bob", &["returns", "add", &number(0), "--reason", "転居", "--on", "2026-12-15"], "B611", 1);
    assert_eq!(back(&number(2))["rate"].as_f64(), Some(13.33));
    registry.file("返戻.csv", &format!("発行no,理由,返戻日\r\n{},転居,2026-12-16\r\n", number(4)));
    let list = registry.json("bob", &["returns", "import", "返戻.csv"]);
    assert_eq!((list[0]["alarm"].as_bool(), list[0]["rate"].as_f64()), (Some(true), Some(20.0)));
    let returned = list[0]["person"].as_str().unwrap().to_owned();
    let decided = registry.decisions("2026-12-20");
    assert_eq!(decided[&(returned.clone(), "mr1".to_owned())].1, "returned");
    // A new address ends it.
    let mut moved = children();
    moved.iter_mut().find(|child| child.person() == returned).unwrap().house = "7号";
    registry.file("住民3.csv", &feed(&moved, "2026-12-20"));
    registry.done("admin", &["import", "residents", "住民3.csv", "--no-marks", "見本"]);
    assert_eq!(registry.decisions("2026-12-20")[&(returned, "mr1".to_owned())].1, "already_notified");
    // Erasure is due before the next hand-over.
    registry.done("alice", &["run", "--as-of", "2027-01-12", "--out", "C", "--accept-import-gap", "見本"]);
    registry.done("alice", &["approve", "C"]);
    registry.done("bob", &["approve", "C"]);
    let late = [
        &["seal", "C", "--residents", "住民3.csv", "--no-marks", "見本", "--handover-on", "2027-01-12", "--out", "C.zip"][..],
        &["--pack-passphrase-file", "受渡の合言葉.txt"],
    ]
    .concat();
    registry.barred("alice", &late, "B607", 1);
    let closed = registry.json("alice", &["receipt", "B", "--erased-on", "2027-01-05", "--certificate", "証明第1号"]);
    assert_eq!(closed["state"].as_str(), Some("closed"));
    registry.barred("alice", &late, "B606", 1);
    let list = registry.json("audrey", &["batches"]);
    let mut states: Vec<&str> = list.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["approved", "closed", "draft"]);
}

#[test]
fn a_cancelled_batch_is_due_again_under_new_numbers() {
    let registry = office();
    approved(&registry, "B");
    // Made beside it, and sealed later: it knows nothing of the other.
    registry.done("alice", &["run", "--as-of", "2026-12-01", "--post-on", "2026-12-02", "--out", "D"]);
    registry.done("alice", &["approve", "D"]);
    registry.done("bob", &["approve", "D"]);
    let told = registry.json("alice", &sealing("B", "住民.csv", PACK));
    registry.barred("alice", &sealing("D", "住民.csv", "D.zip"), "B609", 1);
    let nobody = registry.json("alice", &["select", "--as-of", "2026-12-01", "--since", "2026-12-01"]);
    assert!(texts(&nobody, "reason").iter().all(|reason| reason != "due"));
    registry.barred("alice", &["cancel", "B", "--reason", ""], "B621", 1);
    let first = registry.json("alice", &["cancel", "B", "--reason", "ひな形の誤り"]);
    assert_eq!((first["state"].as_str(), first["waiting_for_second"].as_bool()), (Some("sealed"), Some(true)));
    registry.barred("alice", &["cancel", "B", "--reason", "ひな形の誤り"], "A605", 3);
    let second = registry.json("bob", &["cancel", "B", "--reason", "ひな形の誤り"]);
    assert_eq!((second["state"].as_str(), second["cancelled"].as_bool()), (Some("cancelled"), Some(true)));
    approved(&registry, "E");
    let again = registry.json("alice", &sealing("E", "住民.csv", "E.zip"));
    assert_eq!(again["printed"], told["printed"]);
    assert!(again["issue_no"]["first"].as_u64() > told["issue_no"]["last"].as_u64());
    registry.done("alice", &["batches", "discard", "D", "--reason", "古い"]);
    let states: BTreeMap<String, u32> =
        registry.json("carol", &["batches"]).as_array().unwrap().iter().fold(BTreeMap::new(), |mut states, one| {
            *states.entry(one["state"].as_str().unwrap().to_owned()).or_default() += 1;
            states
        });
    assert_eq!(states, BTreeMap::from([("cancelled".to_owned(), 1), ("discarded".to_owned(), 1), ("sealed".to_owned(), 1)]));
}

#[test]
fn a_reissue_takes_the_place_of_every_earlier_number() {
    let registry = office();
    approved(&registry, "B");
    let reissue = |person: &'static str, out: &'static str| {
        vec!["reissue", person, "--programme", "mr1", "--as-of", "2026-12-03", "--reason", "紛失", "--out", out]
    };
    // Before the seal: the piece of the draft must not go out beside it.
    let early = registry.json("bob", &reissue("9900000003", "R0"));
    assert_eq!(early["voided"].as_array().unwrap().len(), 0);
    let told = registry.json("alice", &sealing("B", "住民.csv", PACK));
    let people = people(&registry, "B");
    let pulled = &told["pulled"];
    assert_eq!(told_pulled(&told), 1, "{pulled}");
    assert_eq!(
        (people[&pulled[0]["no"].as_u64().unwrap()].as_str(), pulled[0]["reason"].as_str()),
        ("9900000003", Some("already_notified"))
    );
    let first = registry.json("bob", &reissue("9900000001", "R1"));
    let second = registry.json("bob", &reissue("9900000001", "R2"));
    assert_eq!(first["voided"].as_array().unwrap().len(), 1);
    assert_eq!(second["voided"], serde_json::json!([first["issue_no"]]));
    assert!(second["issue_no"].as_u64() > first["issue_no"].as_u64());
    let number = second["issue_no"].to_string();
    registry.barred("bob", &["reissue", "--cancel", &number, "--reason", ""], "B621", 1);
    registry.barred("bob", &["reissue", "--cancel", "999999", "--reason", "誤り"], "B612", 1);
    registry.done("bob", &["reissue", "--cancel", &number, "--reason", "誤り"]);
    registry.barred("bob", &["reissue", "--cancel", &number, "--reason", "誤り"], "B604", 1);
    // The one before counts again.
    let third = registry.json("bob", &reissue("9900000001", "R3"));
    assert_eq!(third["voided"], serde_json::json!([first["issue_no"]]));
    registry.barred(
        "bob",
        &["reissue", "9900000001", "--programme", "mr1", "--as-of", "2026-12-03", "--reason", " ", "--out", "R4"],
        "B621",
        1,
    );
}

#[test]
fn exactly_the_affected_pieces_are_printed_again() {
    let registry = office();
    drafted(&registry, "B");
    let all = people(&registry, "B").len();
    let asked = |condition: &str| registry.json("alice", &["affected", "B", "--where", condition]);
    let some = asked("programme=mr1 and no>=3 and no<=6");
    assert_eq!(
        (some["of"].as_u64(), some["matched"].as_u64()),
        (Some(all as u64), Some(some["pieces"].as_array().unwrap().len() as u64))
    );
    let numbers: Vec<u64> = some["pieces"].as_array().unwrap().iter().map(|piece| piece["no"].as_u64().unwrap()).collect();
    assert!(!numbers.is_empty() && numbers.iter().all(|no| (3..=6).contains(no)));
    assert!(some["fields_exposed"].as_array().unwrap().iter().any(|field| field == "住所"));
    registry.barred("alice", &["affected", "B", "--where", "name=見本"], "B613", 1);
    registry
        .done("alice", &["affected", "B", "--where", "programme=mr1 and no>=3 and no<=6", "--reprint", "R", "--incident", "I"]);
    let read = |file: &str| {
        let bytes = std::fs::read(registry.office.path(file)).unwrap();
        let document = lopdf::Document::load_mem(&bytes).unwrap();
        let pages: Vec<Vec<u8>> = document.get_pages().values().map(|page| document.get_page_content(*page)).collect();
        pages
    };
    let (old, new) = (read("B/letters-0001.pdf"), read("R/letters-0001.pdf"));
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(registry.office.path("B/manifest.json")).unwrap()).unwrap();
    let pages: Vec<usize> = manifest["pieces"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|piece| numbers.contains(&piece["no"].as_u64().unwrap()))
        .flat_map(|piece| {
            piece["outputs"]["letters"]["pages"].as_array().unwrap().iter().map(|page| page.as_u64().unwrap() as usize)
        })
        .collect();
    assert_eq!(new, pages.iter().map(|page| old[page - 1].clone()).collect::<Vec<_>>());
    let report: Value = serde_json::from_str(&std::fs::read_to_string(registry.office.path("I/incident.json")).unwrap()).unwrap();
    assert_eq!(report["pieces"].as_u64(), some["matched"].as_u64());
    assert!(report["first_report_due"].as_str() < report["final_report_due"].as_str());
}

#[test]
fn a_reissue_that_was_killed_before_its_folder_had_its_name_is_completed_by_the_same_command() {
    let registry = office();
    let words = |person: &'static str, out: &'static str| {
        vec!["reissue", person, "--programme", "mr1", "--as-of", "2026-12-03", "--reason", "紛失", "--out", out]
    };
    registry.done("bob", &words("9900000001", "R0"));
    let first = registry.json("bob", &words("9900000001", "R"));
    let killed = registry.office.path(".kansho-killed");
    let kill = || {
        std::fs::create_dir(&killed).unwrap();
        write(&killed.join("lock"), b"");
        std::fs::rename(registry.office.path("R"), killed.join("out")).unwrap();
    };
    kill();
    assert_eq!(registry.json("bob", &words("9900000001", "R")), first);
    assert!(!killed.exists());
    assert!(registry.office.kansho(&["verify", "R"]).status.success());
    // Whoever asks for somebody else gets theirs, and what was left is removed.
    kill();
    let other = registry.json("bob", &words("9900000002", "R"));
    assert!(other["issue_no"].as_u64() > first["issue_no"].as_u64() && !killed.exists());
}

#[test]
fn one_person_is_read_after_a_sealed_run_with_somebody_protected() {
    let registry = Registry::new();
    write(&registry.office.path("受渡の合言葉.txt"), b"correct horse battery 9");
    registry.done("admin", &["import", "residents", "samples/住民.xlsx"]);
    registry.done("admin", &["import", "ledger", "samples/予防接種台帳.csv"]);
    approved(&registry, "B");
    let seal = ["seal", "B", "--residents", "samples/住民.xlsx", "--handover-on", "2026-12-03", "--out", PACK];
    registry.done("alice", &[&seal[..], &["--pack-passphrase-file", "受渡の合言葉.txt"]].concat());
    registry.done("bob", &["why", "9900000100", "--as-of", "2026-12-04"]);
    let again = ["reissue", "9900000100", "--programme", "mr1", "--as-of", "2026-12-04", "--reason", "紛失", "--out", "R"];
    assert_eq!(registry.json("bob", &again)["voided"].as_array().map(Vec::len), Some(1));
}
