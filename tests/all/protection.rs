//! 支援措置 (CK15): who is tied to a protected person gets no letter, and nothing that leaves the office says who they are or why.

use crate::office::{ADDRESS, Office, RESIDENTS, WITNESS, infant, said, write};
use std::collections::BTreeMap;
use std::io::Read as _;

const PARENT: u32 = 900;

/// A protected grown-up: one row a household, with its 異動日 (empty: not known).
fn parent(households: &[(&str, &str)]) -> Vec<Vec<String>> {
    let row = |(history, (household, changed)): (usize, &(&str, &str))| {
        let mut row = infant(PARENT, "保護　花子", "ホゴ　ハナコ", ADDRESS, "");
        row[2] = (*household).to_owned();
        for (column, value) in [(6, "1990-01-01"), (7, "2"), (12, "1990-01-01")] {
            value.clone_into(&mut row[column]);
        }
        row.extend([(history + 1).to_string(), (*changed).to_owned(), String::new()]);
        row
    };
    households.iter().enumerate().map(row).collect()
}

/// A child of this household and guardian.
fn child(number: u32, household: &str, guardian: &str) -> Vec<String> {
    let mut row = infant(number, "見本　一", "ミホン　ハジメ", &format!("{ADDRESS}{number}"), "");
    household.clone_into(&mut row[2]);
    row.extend(["1".to_owned(), String::new(), guardian.to_owned()]);
    row
}

/// An office with these people, of whom some are protected.
fn office(people: &[Vec<String>], protected: &[u32]) -> Office {
    let office = Office::new("");
    let lines: String = people.iter().map(|row| row.join(",") + "\r\n").collect();
    let witness = WITNESS.replace("\r\n", ",,,\r\n");
    write(&office.path("住民.csv"), format!("{RESIDENTS},履歴番号,異動日,保護者_宛名番号\r\n{lines}{witness}").as_bytes());
    let rows: String = protected.iter().map(|number| format!("99{number:08},本支援,2026-04-01\r\n")).collect();
    write(&office.path("支援措置.csv"), format!("予防接種番号,区分,開始日\r\n{rows}").as_bytes());
    office
}

const SHEETS: [&str; 6] = ["--marks", "支援措置.csv", "--no-marks", "送付先=なし", "--no-marks", "発送停止=なし"];

/// 予防接種番号 → reason, of the first programme each is a candidate of.
fn reasons(people: &[Vec<String>], protected: &[u32]) -> BTreeMap<u32, String> {
    let office = office(people, protected);
    let files = ["select", "--residents", "住民.csv", "--ledger", "台帳.csv", "--as-of", "2026-12-01", "--format", "json"];
    let output = office.kansho(&[&files[..], &SHEETS[..]].concat());
    assert!(output.status.success(), "{}", said(&output));
    let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let number = |one: &serde_json::Value| -> u32 { one["person"].as_str().unwrap()[2..].parse().unwrap() };
    let children = list.iter().rev().filter(|one| one["person"] != format!("99{PARENT:08}") && one["person"] != "9999999999");
    children.map(|one| (number(one), one["reason"].as_str().unwrap().to_owned())).collect()
}

const HERE: &str = "7700000001";
const BEFORE: &str = "7700000002";
const OTHER: &str = "7700000003";

/// What becomes of children in the household of now, of before and in another, when the protected parent moved on this day.
fn after_parting(changed: &str) -> Vec<String> {
    let mut people = parent(&[(BEFORE, "2015-04-01"), (HERE, changed)]);
    people.extend([child(1, HERE, ""), child(2, BEFORE, ""), child(3, OTHER, "")]);
    reasons(&people, &[PARENT]).into_values().collect()
}

#[test]
fn ck15_a_household_that_parted_within_24_months_is_still_one() {
    assert_eq!(after_parting("2026-09-01"), ["protected", "protected", "due"]);
    assert_eq!(after_parting("2024-06-01"), ["protected", "due", "due"]);
    // The window is 24 months to the day; on 異動日 the person was no longer there.
    assert_eq!(after_parting("2024-12-02"), ["protected", "protected", "due"]);
    assert_eq!(after_parting("2024-12-01"), ["protected", "due", "due"]);
    // A day that nobody knows counts.
    assert_eq!(after_parting(""), ["protected", "protected", "due"]);
}

#[test]
fn ck15_the_child_may_be_the_one_who_left() {
    let mut people = parent(&[(HERE, "")]);
    let mut before = child(1, HERE, "");
    let mut now = child(1, OTHER, "");
    "2026-11-20".clone_into(&mut now[19]);
    "2".clone_into(&mut now[18]);
    "2026-11-05".clone_into(&mut before[19]);
    people.extend([before, now, child(2, OTHER, "")]);
    let found = reasons(&people, &[PARENT]);
    assert_eq!((found[&1].as_str(), found[&2].as_str()), ("protected", "due"));
}

#[test]
fn ck15_guardian_and_child_are_tied_both_ways() {
    // The child of a protected guardian, and who lives with that child; not who only lives with somebody tied by a household.
    let guardian = format!("88{PARENT:08}");
    let mut people = parent(&[(HERE, "")]);
    people.extend([child(1, OTHER, &guardian), child(2, OTHER, ""), child(3, HERE, ""), child(4, "7700000009", "8800000003")]);
    let found: Vec<String> = reasons(&people, &[PARENT]).into_values().collect();
    assert_eq!(found, ["protected", "protected", "protected", "due"]);

    // The guardian of a protected child; a sibling elsewhere; who lives with the guardian.
    let guardian = "8800000002";
    let people = [
        child(1, HERE, guardian),
        child(2, BEFORE, ""),
        child(3, OTHER, guardian),
        child(4, BEFORE, ""),
        child(5, "7700000009", ""),
    ];
    let found: Vec<String> = reasons(&people, &[1]).into_values().collect();
    assert_eq!(found, ["protected", "protected", "protected", "protected", "due"]);

    // A guardian who lives elsewhere ties the siblings all the same.
    let people = [child(1, HERE, "8877777777"), child(2, OTHER, "8877777777"), child(3, BEFORE, "8866666666")];
    let found: Vec<String> = reasons(&people, &[1]).into_values().collect();
    assert_eq!(found, ["protected", "protected", "due"]);
}

#[test]
fn a_guardian_who_cannot_be_read_holds_the_child() {
    let found = reasons(&[child(1, HERE, "88000O0002"), child(2, OTHER, "")], &[]);
    assert_eq!((found[&1].as_str(), found[&2].as_str()), ("held", "due"));
}

const RUN: [&str; 9] = ["run", "--residents", "住民.csv", "--ledger", "台帳.csv", "--as-of", "2026-12-01", "--out", "out"];

/// The texts of one file in every way in which something could stand in it.
fn texts(name: &str, bytes: &[u8]) -> String {
    let sjis = || encoding_rs::SHIFT_JIS.decode_without_bom_handling(bytes).0.into_owned();
    let mut all = format!("{name}\n{}\n{}", String::from_utf8_lossy(bytes), sjis());
    if bytes.starts_with(b"%PDF") {
        let reader = kansho_paper::pdf::read::PdfReader::open(bytes.to_vec()).unwrap();
        let pages = (0..reader.page_count()).flat_map(|page| reader.page(page).unwrap().runs);
        all.push('\n');
        pages.for_each(|run| all.push_str(&run.text));
    }
    all
}

#[test]
fn ck15_no_output_that_leaves_the_office_says_who_is_protected() {
    let guardian = format!("88{PARENT:08}");
    let mut people = parent(&[(BEFORE, "2015-04-01"), (HERE, "2026-09-01")]);
    people.extend([child(1, HERE, ""), child(2, BEFORE, ""), child(3, OTHER, &guardian), child(4, "7700000009", "")]);
    let office = office(&people, &[PARENT]);
    let output = office.kansho(&[&RUN[..], &SHEETS[..]].concat());
    assert!(output.status.success(), "{}", said(&output));
    write(&office.path("pass"), b"correct horse battery 9\n");
    let packed = office.kansho(&["pack", "out", "--out", "pack.zip", "--pack-passphrase-file", "pass"]);
    assert!(packed.status.success(), "{}", said(&packed));

    let mut found: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for entry in std::fs::read_dir(office.path("out")).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        found.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap());
    }
    let package = std::fs::read(office.path("pack.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&package)).unwrap();
    for index in 0..zip.len() {
        let mut file = zip.by_index_decrypt(index, b"correct horse battery 9").unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        found.insert(format!("package/{}", file.name().unwrap()), bytes);
    }
    found.insert("pack-handover.pdf".to_owned(), std::fs::read(office.path("pack-handover.pdf")).unwrap());
    found.insert("pack.zip".to_owned(), package);
    for kind in
        ["letters-0001.pdf", "stickers.pdf", "postal.csv", "manifest.json", "package/letters-0001.pdf", "package/handover.pdf"]
    {
        assert!(found.contains_key(kind), "{kind} not in {:?}", found.keys());
    }
    let forbidden = ["支援措置", "支援対象", "本支援", "保護　花子", "ホゴ", "protected", "protection", "同じ世帯", "excluded"];
    let numbers: Vec<String> =
        [PARENT, 1, 2, 3].iter().flat_map(|number| [format!("99{number:08}"), format!("88{number:08}")]).collect();
    for (name, bytes) in &found {
        let text = texts(name, bytes);
        let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        // The manifest of the folder counts what was left out and names the files it read; the package has one of its own.
        let words = if name == "manifest.json" { &forbidden[3..5] } else { &forbidden[..] };
        for word in words.iter().copied().chain(numbers.iter().map(String::as_str)) {
            let thin: String = word.chars().filter(|c| !c.is_whitespace()).collect();
            assert!(!text.contains(word) && !dense.contains(&thin), "{name} holds {word}");
        }
    }
    // The control: what is looked for would be found, and the one child who is tied to nobody has a letter.
    let letters = texts("", &found["letters-0001.pdf"]).replace(char::is_whitespace, "");
    assert!(letters.contains(&format!("{ADDRESS}4")) || letters.contains("市場町1番1号4"), "the letter of the fourth child");
    let decisions = std::fs::read_to_string(office.path("out/office/pieces.json")).unwrap();
    assert!(decisions.contains("protected") && decisions.contains("9900000001"));
}
