//! What a store remembers of households beyond the rows of a feed ties people as the rows do (CK15).

use crate::bad_input::{LEDGER, RESIDENTS, joined, load};
use kansho_core::case::{PastHousehold, PersonKey};
use kansho_core::person::{HouseholdNumber, PersonNumber};
use kansho_intake::normalise::Files;

fn resident(number: u32, household: u32) -> String {
    format!(
        "99000000{number:02},88000000{number:02},77000000{household:02},見本　一,ミホン,,2026-11-05,1,2600855,千葉県千葉市中央区市場町1番1号,,中央区,2026-11-05,出生,,,,2026-12-01"
    )
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test makes its own files")]
fn a_household_that_only_the_store_remembers_ties() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, lines: &[String]| {
        let path = place.path().join(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    };
    let files = Files {
        residents: Some(write("住民.csv", &[RESIDENTS.to_owned(), resident(1, 1), resident(2, 2), resident(3, 3)])),
        ledger: Some(write("台帳.csv", &[LEDGER.to_owned()])),
        marks: vec![write("支援措置.csv", &["予防接種番号,開始日".to_owned(), "9900000001,2026-04-01".to_owned()])],
        no_marks: vec!["送付先=なし".to_owned(), "発送停止=なし".to_owned()],
        snapshot: None,
    };
    let mut ledger = load(&files).value;
    let number = |text: &str| HouseholdNumber::new(text, 10).unwrap();
    let past = |until: &str| PastHousehold { number: number("7700000001"), from: None, until: until.parse().ok() };
    let key = |text: &str| PersonKey::Number(PersonNumber::new(text, 10).unwrap());
    ledger.past_households = vec![(key("9900000002"), past("2026-09-01")), (key("9900000003"), past("2024-06-01"))];
    let protected: Vec<bool> = joined(ledger).value.cases.iter().map(|case| case.protected.is_some()).collect();
    assert_eq!(protected, [true, true, false]);
}
