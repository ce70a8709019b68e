//! 郵便CSVのレイアウト: every one of `layouts/postal/` takes the samples and the letters to 8,000 guardians.
#![cfg(unix)]
use crate::office;
use crate::office::{Office, file, infant, said, write};
use chrono::NaiveDate;
use kansho::desk::inputs::{self, Given};
use kansho::desk::output::{Wish, prepare};
use kansho::desk::settings::Settings;
use kansho::desk::shop::Shop;
use kansho_core::folder::Folder;
use std::path::Path;

/// Every layout of the folder but the table of discounts.
fn presets() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("layouts/postal");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect();
    names.retain(|name| name != "discounts");
    names.sort();
    names
}

/// The person of the samples whose address is longer than four lines of a label.
const LONGEST: &str = "9900000348";

#[test]
fn every_preset_takes_the_samples() {
    let presets = presets();
    assert!(presets.len() >= 7);
    for preset in &presets {
        let office =
            Office::with("", |text| text.replace("layouts/postal/default.toml", &format!("layouts/postal/{preset}.toml")));
        let (residents, ledger) = ("samples/住民.xlsx", "samples/予防接種台帳.csv");
        let done = office.kansho(&["run", "--residents", residents, "--ledger", ledger, "--as-of", "2026-12-01", "--out", "out"]);
        let told = said(&done);
        assert!(done.status.success(), "{preset}: {told}");
        assert!(!told.contains("[C509]"), "{preset}: {told}");
        let lines: Vec<&str> = told.lines().collect();
        let narrow = lines.windows(2).filter(|pair| pair[0].contains("[C508]"));
        assert!(narrow.clone().all(|pair| pair[1].contains(LONGEST)), "{preset}: {told}");
        let verified = office.kansho(&["verify", "out"]);
        assert!(verified.status.success(), "{preset}: {}", said(&verified));
        let manifest: serde_json::Value =
            serde_json::from_slice(&std::fs::read(office.path("out/manifest.json")).unwrap()).unwrap();
        let count = manifest["counts"]["postal_rows"].as_u64().unwrap();
        assert!(count > 200, "{preset}: {count} rows");
    }
    eprintln!("{} presets took the samples", presets.len());
}

#[test]
fn the_column_of_the_ward_is_filled() {
    let office = Office::with("", |text| text.replace("layouts/postal/default.toml", "layouts/postal/full.toml"));
    let told = office.run(file(&[infant(1, "見本　一", "ミホン　イチ", office::ADDRESS, "")]).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    let rows = office.rows("postal.csv");
    let ward = rows[0].iter().position(|title| title == "区").unwrap();
    assert!(rows.len() > 1 && rows[1..].iter().all(|row| row[ward] == "中央区"), "{rows:?}");
}

/// Ordinary people of a city: names of three to sixteen characters, addresses of its towns, houses and rooms of every length.
fn guardians(count: u32) -> String {
    const FAMILY: [&str; 8] = ["林", "佐藤", "鈴木", "長谷川", "勅使河原", "髙橋", "ヴァン　デル", "渡邉"];
    const GIVEN: [&str; 8] = ["一", "結衣", "悠真", "美咲子", "アレクサンドラ", "さくらこ", "太郎", "クリスティーナ明日"];
    const HOUSES: [&str; 6] =
        ["", "101", "コーポ市場203号室", "グランドメゾン中央公園 1203", "１号棟４０５号", "市営住宅第3団地12-405"];
    let data = std::fs::read_to_string("samples/postal/utf_ken_all.csv").unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(data.as_bytes());
    let towns: Vec<(String, String)> = reader
        .records()
        .map(Result::unwrap)
        .filter(|row| !row[8].contains("場合") && !row[8].contains('（'))
        .map(|row| (row[2].to_owned(), format!("{}{}{}", &row[6], &row[7], &row[8])))
        .collect();
    let person = |number: u32| {
        let n = number as usize;
        let name = format!("{}　{}", FAMILY[n % 8], GIVEN[n / 8 % 8]);
        let (postal, town) = &towns[n * 7 % towns.len()];
        let address = format!("{town}{}丁目{}番{}号", n % 9 + 1, n % 30 + 1, n % 20 + 1);
        let mut person = infant(number, &name, "ミホン　ミホン", &address, HOUSES[n % 6]);
        // Three years old in the month after the run: one letter (日本脳炎), to the guardian.
        (person[6], person[12]) = ("2024-01-10".to_owned(), "2024-01-10".to_owned());
        person[8].clone_from(postal);
        person
    };
    file(&(1..=count).map(person).collect::<Vec<_>>())
}

#[test]
fn every_preset_takes_eight_thousand_guardians() {
    const GUARDIANS: u32 = 8_000;
    let office = Office::new("");
    write(&office.path("住民.csv"), guardians(GUARDIANS).as_bytes());
    let home = Folder::at(&office.path(""));
    let day = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
    let files =
        Given { no_marks: vec!["見本".to_owned()], ..Given::new(office.path("住民.csv"), office.path("台帳.csv"), day) };
    let inputs = inputs::load(&files, &Settings::load(&home).unwrap()).expect("read");
    let prepared = prepare(&inputs, &Wish::default()).expect("prepared");
    let letters: Vec<_> = prepared.pieces.iter().map(|(_, piece)| piece).collect();
    let guardians = letters.iter().filter(|piece| piece.honorific == "保護者様").count();
    assert_eq!(guardians, GUARDIANS as usize);
    for preset in presets() {
        let shop = Shop::load(&home, &format!("layouts/postal/{preset}.toml")).expect("a layout");
        let mut file = shop.layout.header_bytes().expect("a header");
        let mut meant = Vec::new();
        for (place, piece) in letters.iter().enumerate() {
            let shrunk = shop.row(piece, place + 1, |_| {}).unwrap_or_else(|found| panic!("{preset}: {found:?}"));
            file.extend(shrunk.bytes);
            meant.push(shop.layout.as_read(&shrunk.row).expect("a row"));
        }
        assert!(shop.layout.read(&file).expect("read") == meant, "{preset}");
        let text = encoding_rs::SHIFT_JIS.decode(&file).0.into_owned();
        assert_eq!(text.matches("保護者").count(), guardians, "{preset} tells the guardian of every letter");
    }
    eprintln!("{guardians} letters to guardians in {} presets", presets().len());
}
