//! 改ざん・取り違え: whatever is changed in a released folder is found, also in the manifest itself and in files of any layout.

use crate::office::{ADDRESS, Office, file, infant, said};
use serde_json::{Value, json};

fn people(count: u32) -> Vec<u8> {
    let one = |n: u32| infant(n, &format!("見本　{n}郎"), "ミホン　イチロウ", ADDRESS, &format!("見本荘,{n}号"));
    file(&(1..=count).map(one).collect::<Vec<_>>()).into_bytes()
}

type Change = fn(&mut Value);

/// Whoever edits the list of the pieces, their numbers, the dates, counts or hashes of the inputs is found by it.
#[test]
fn no_part_of_the_manifest_can_be_changed_alone() {
    let office = Office::new("");
    let done = office.run(&people(3));
    assert!(done.status.success(), "{}", said(&done));
    let path = office.path("out/manifest.json");
    let whole: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let pieces = |v: &mut Value| v["pieces"].as_array_mut().unwrap().clone();
    let changes: [(&str, Change); 13] = [
        ("no pieces", |v| v["pieces"] = json!([])),
        ("one piece fewer", |v| drop(v["pieces"].as_array_mut().unwrap().pop())),
        ("one piece twice", |v| {
            let last = v["pieces"].as_array().unwrap().last().unwrap().clone();
            v["pieces"].as_array_mut().unwrap().push(last);
        }),
        ("another number", |v| v["pieces"][0]["no"] = json!(99)),
        ("another 発行no", |v| v["pieces"][0]["issue_no"] = json!(123)),
        ("two codes exchanged", |v| {
            let code = v["pieces"][0]["code"].take();
            v["pieces"][0]["code"] = std::mem::replace(&mut v["pieces"][1]["code"], code);
        }),
        ("a label's cell", |v| v["pieces"][0]["outputs"]["labels"]["cells"] = json!([9])),
        ("counts", |v| v["counts"]["selected"] = json!(5)),
        ("基準日", |v| v["as_of"] = json!("2025-12-01")),
        ("発送日", |v| v["post_on"] = json!("2027-12-01")),
        ("rules", |v| v["rules_sha256"] = json!("0")),
        ("an input's hash", |v| v["inputs"][0]["sha256"] = json!("0")),
        ("root", |v| v["root"] = json!("0")),
    ];
    assert_eq!(pieces(&mut whole.clone()).len(), 6);
    std::fs::write(office.path("pass"), "a passphrase of the test\n").unwrap();
    for (what, change) in changes {
        let mut altered = whole.clone();
        change(&mut altered);
        std::fs::write(&path, altered.to_string()).unwrap();
        let told = office.kansho(&["verify", "out"]);
        assert!(told.status.code() == Some(1) && said(&told).contains("manifest.json"), "{what}: {}", said(&told));
        let packed = office.kansho(&["pack", "out", "--out", "a.zip", "--pack-passphrase-file", "pass"]);
        assert!(packed.status.code() == Some(1) && !office.path("a.zip").exists(), "{what}: {}", said(&packed));
    }
    std::fs::write(&path, whole.to_string()).unwrap();
    let told = office.kansho(&["verify", "out"]);
    assert!(told.status.success(), "only the form was changed: {}", said(&told));
}

/// The row that differs is the row that is named, with a header or without, quoted or of fixed width, with commas in a field.
#[test]
fn the_row_that_was_changed_is_named_in_every_layout() {
    for layout in ["default", "fixed", "full", "grouped", "atena"] {
        let office =
            Office::with("", |text| text.replace("layouts/postal/default.toml", &format!("layouts/postal/{layout}.toml")));
        let done = office.run(&people(4));
        assert!(done.status.success(), "{layout}: {}", said(&done));
        let path = office.path("out/postal.csv");
        let mut bytes = std::fs::read(&path).unwrap();
        let (from, _, _) = encoding_rs::SHIFT_JIS.encode("見本荘,3号");
        let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&from)).collect();
        let row = |at: usize| bytes[..at].windows(2).filter(|end| *end == b"\r\n").count();
        let header = usize::from(layout != "fixed");
        let numbers: Vec<usize> = places.iter().map(|at| row(*at) + 1 - header).collect();
        assert!(!places.is_empty(), "{layout}");
        for at in &places {
            bytes[at + from.len() - 3] = b'8';
        }
        std::fs::write(&path, bytes).unwrap();
        let told = said(&office.kansho(&["verify", "out"]));
        for number in 1..=8 {
            let named = told.contains(&format!("postal.csv: 通し番号 {number}（"));
            assert_eq!(named, numbers.contains(&number), "{layout} {numbers:?}: {told}");
        }
    }
}

#[test]
fn a_first_cell_that_the_stock_does_not_have_is_refused() {
    let office = Office::new("");
    std::fs::write(office.path("住民.csv"), people(1)).unwrap();
    for (option, start, cells) in
        [("--sticker-start", "25", 24), ("--sticker-start", "0", 24), ("--label-start", "13", 12), ("--label-start", "999", 12)]
    {
        let told = office.month(&[option, start]);
        let meant = format!("{option} {start}: この用紙は 1 から {cells} までの面です");
        assert!(told.status.code() == Some(2) && said(&told).contains(&meant), "{}", said(&told));
        assert!(!office.path("out").exists());
    }
}

/// A rehearsal may go to the print shop; package, sheet and check say what it is.
#[test]
fn the_package_of_a_rehearsal_says_so() {
    let office = Office::new("");
    std::fs::write(office.path("住民.csv"), people(2)).unwrap();
    std::fs::write(office.path("pass"), "a passphrase of the test\n").unwrap();
    assert!(office.month(&["--rehearsal"]).status.success());
    for words in [
        vec!["pack", "out", "--out", "a.zip", "--pack-passphrase-file", "pass"],
        vec!["verify", "a.zip", "--pack-passphrase-file", "pass"],
    ] {
        let told = office.kansho(&words);
        assert!(told.status.success() && said(&told).contains("試験の出力です"), "{}", said(&told));
    }
    let sheet = std::fs::read(office.path("a-handover.pdf")).unwrap();
    let page = kansho_paper::pdf::read::PdfReader::open(sheet).unwrap().page(0).unwrap();
    assert!(page.runs.iter().any(|run| run.text.contains("受渡書（試験。発送できません）")));
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_is_refused() {
    let office = Office::new("");
    assert!(office.run(&people(1)).status.success());
    std::fs::rename(office.path("out/postal.csv"), office.path("elsewhere.csv")).unwrap();
    std::os::unix::fs::symlink(office.path("elsewhere.csv"), office.path("out/postal.csv")).unwrap();
    let told = office.kansho(&["verify", "out"]);
    assert!(told.status.code() == Some(1) && said(&told).contains("リンクです"), "{}", said(&told));
}
