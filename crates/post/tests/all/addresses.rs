//! 住所の例: a table that a clerk can extend (`tests/data/addresses/住所.csv`) against an excerpt of the postal data, and against the
//! whole country where the environment names it.

use kansho_chars::Variants;
use kansho_core::address::PostalCode;
use kansho_core::folder::Folder;
use kansho_post::data::POSTAL;
use kansho_post::{Place, PostalData, Spelling, customer_barcode, encode};
use serde::Deserialize;
use std::path::Path;

/// One row of the table.
#[derive(Deserialize)]
struct Case {
    住所: String,
    郵便番号: String,
    内容: String,
    チェック: String,
    注意: String,
    #[serde(rename = "住所の町域の郵便番号")]
    right: String,
    印字しない理由: String,
    何の例か: String,
}

fn home() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn load(folder: &Path) -> PostalData {
    let settings = Folder::at(home()).with(POSTAL, folder);
    let variants = Variants::load(&settings).expect("variants");
    PostalData::load(&settings, Spelling::load(&settings, &variants).expect("a table")).expect("postal data")
}

fn cases() -> Vec<Case> {
    let path = home().join("tests/data/addresses/住所.csv");
    let mut reader = csv::Reader::from_path(path).expect("the table");
    reader.deserialize().map(|case| case.expect("a row of the table")).collect()
}

/// What is wrong with the cases, one line each.
fn wrong(data: &PostalData) -> Vec<String> {
    let told = |case: &Case| -> Option<String> {
        let postal = PostalCode::new(&case.郵便番号).expect("seven digits");
        let found = customer_barcode(postal, Place::Address(&case.住所), Some(data));
        let same = match &found {
            Ok(coded) => {
                let right: Vec<String> = coded.warning.iter().flat_map(|w| &w.right).map(PostalCode::hyphenated).collect();
                let hint = case.right.is_empty() || right.join("、") == case.right;
                coded.symbol.body == case.内容
                    && coded.symbol.check.to_string() == case.チェック
                    && coded.warning.as_ref().map_or("", |w| w.doubt.words()) == case.注意
                    && hint
            }
            Err(why) => case.内容.is_empty() && why.reason().contains(&case.印字しない理由),
        };
        let shown = found.map_or_else(
            |why| why.reason().to_owned(),
            |c| {
                format!(
                    "{} {} {:?}",
                    c.symbol.body,
                    c.symbol.check,
                    c.warning.map(|w| (w.doubt, w.right.iter().map(PostalCode::hyphenated).collect::<Vec<_>>()))
                )
            },
        );
        (!same).then(|| format!("{} {}（{}）: {shown}", case.郵便番号, case.住所, case.何の例か))
    };
    cases().iter().filter_map(told).collect()
}

#[test]
fn the_table_of_addresses_holds_with_the_excerpt() {
    let found = wrong(&load(&home().join("tests/data/addresses")));
    assert!(cases().len() >= 100);
    assert!(found.is_empty(), "{} of {}:\n{}", found.len(), cases().len(), found.join("\n"));
}

#[test]
fn the_table_of_addresses_holds_with_the_whole_country() {
    let Some(folder) = std::env::var_os("KANSHO_POSTAL_DATA") else {
        eprintln!(
            "SKIPPED: KANSHO_POSTAL_DATA does not name a folder with utf_ken_all.csv, so the addresses met an excerpt only"
        );
        return;
    };
    let found = wrong(&load(Path::new(&folder)));
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_checks_of_the_table_are_those_of_its_bodies() {
    for case in cases().iter().filter(|case| !case.内容.is_empty()) {
        let value = |c: char| "0123456789-abcdefgh".find(c).expect("a character of the symbol");
        let sum: usize = case.内容.chars().chain(case.チェック.chars()).map(value).sum();
        assert_eq!(sum % 19, 0, "{}", case.住所);
        let postal = PostalCode::new(&case.郵便番号).expect("seven digits");
        assert_eq!(encode(postal, "").bars.len(), 67);
    }
}
