//! 郵便番号の誤り: a month whose file has two hundred wrong codes. The alerts, the barcodes left out and the pieces that count toward the
//! discount agree.
#![cfg(unix)]
use crate::office::{Office, file, infant, said};
use chrono::NaiveDate;
use kansho::desk::inputs::{self, Given};
use kansho::desk::output::{Wish, prepare};
use kansho::desk::settings::Settings;
use kansho_core::diag::{Code, Severity};
use kansho_core::folder::Folder;

const PEOPLE: u32 = 1_250;

/// What is wrong with every sixth person's address, two hundred in all: code, address, words, right code.
const WRONG: [(&str, &str, &str, &str); 9] = [
    ("2609997", "千葉県千葉市中央区みえない町1番1号", "郵便番号データにない郵便番号です", ""),
    ("2600013", "千葉県千葉市中央区中央港1丁目1番1号", "郵便番号と住所の町域が一致しません", "260-0024"),
    ("2600024", "千葉県千葉市中央区市場町1番1号", "郵便番号と住所の町域が一致しません", "260-0855"),
    ("2609998", "千葉県千葉市中央区市場町1番1号", "郵便番号データにない郵便番号です", "260-0855"),
    ("1000013", "千葉県千葉市中央区都町1番1号", "郵便番号データにない郵便番号です", "260-0001"),
    ("2600000", "千葉県千葉市中央区旭町1番1号", "代表の郵便番号", "260-0002"),
    ("2600855", "千葉県千葉市中央区市場町①番1号", "番地に丸数字・ローマ数字など", ""),
    ("2600855", "千葉県千葉市中央区市場町Ⅰ-1", "番地に丸数字・ローマ数字など", ""),
    ("2600855", "千葉県千葉市中央区みえない町1番1号", "住所の町域が郵便番号データに見つかりません", ""),
];

fn wrong(number: u32) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    (number.is_multiple_of(6) && number <= 1_200).then(|| WRONG[(number / 6) as usize % WRONG.len()])
}

#[test]
fn two_hundred_wrong_codes_are_told_and_count_for_no_discount() {
    let people: Vec<_> = (1..=PEOPLE)
        .map(|number| {
            let mut person = infant(number, "見本　一", "ミホン　イチ", "千葉県千葉市中央区市場町1番1号", "");
            (person[6], person[12]) = ("2024-01-10".to_owned(), "2024-01-10".to_owned());
            if let Some((code, address, ..)) = wrong(number) {
                (person[8], person[9]) = (code.to_owned(), address.to_owned());
            }
            person
        })
        .collect();
    let office = Office::with("", |text| text.replace("layouts/postal/default.toml", "layouts/postal/full.toml"));
    let told = office.run(file(&people).as_bytes());
    assert!(told.status.success(), "{}", said(&told));

    let faulty: Vec<u32> = (1..=PEOPLE).filter(|number| wrong(*number).is_some()).collect();
    assert_eq!(faulty.len(), 200);
    // The letters go out; those of the two hundred have no barcode.
    let rows = office.rows("postal.csv");
    let column = rows[0].iter().position(|title| title == "カスタマバーコード").unwrap();
    assert_eq!(rows.len(), 1 + PEOPLE as usize);
    assert_eq!(rows[1..].iter().filter(|row| row[column].is_empty()).count(), faulty.len());
    // The summary counts them by reason, and the discount counts the others.
    let summary = office.rows("postal-summary.csv");
    let counted =
        |kind: &str| -> usize { summary.iter().filter(|row| row[0] == kind).map(|row| row[2].parse::<usize>().unwrap()).sum() };
    assert_eq!(counted("バーコードなし"), faulty.len());
    assert_eq!(counted("バーコードあり"), PEOPLE as usize - faulty.len());
    let discount = summary.iter().find(|row| row[0] == "割引" && row[1] == "バーコード付郵便物").unwrap();
    assert_eq!(discount[2], (PEOPLE as usize - faulty.len()).to_string());
    // Each of them is told once, with the right code where there is one, and without the address; the report counts them.
    let day = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
    let files =
        Given { no_marks: vec!["見本".to_owned()], ..Given::new(office.path("住民.csv"), office.path("台帳.csv"), day) };
    let home = Folder::at(&office.path(""));
    let inputs = inputs::load(&files, &Settings::load(&home).unwrap()).unwrap();
    let prepared = prepare(&inputs, &Wish::default()).unwrap();
    let doubts = [Code::PostalCodeDiffers, Code::HouseNumberOdd];
    let alerts: Vec<_> = prepared.report.iter().filter(|found| doubts.contains(&found.code)).collect();
    assert_eq!(alerts.len(), faulty.len());
    for number in &faulty {
        let (_, address, words, right) = wrong(*number).unwrap();
        let who = format!("予防接種番号 99{number:08}");
        let mine: Vec<_> = alerts.iter().filter(|found| found.person.as_deref() == Some(&who)).collect();
        assert_eq!(mine.len(), 1, "{who}");
        let hint = mine[0].hint.as_deref().unwrap_or_default();
        assert!(mine[0].message.contains(words) && hint.contains(right), "{who}: {} {hint}", mine[0].message);
        assert!(mine[0].origin.is_some() && mine[0].severity == Severity::Alert);
        assert!(!mine[0].message.contains(address.split('区').nth(1).unwrap()), "no address in a message");
    }
    let report = std::fs::read_to_string(office.path("out/office/report.html")).unwrap();
    for code in doubts {
        let shown = report.matches(&format!("[{}]", code.id())).count();
        let more = report.split(&format!("[{}] ほかに ", code.id())).nth(1).and_then(|rest| rest.split(' ').next());
        let more: usize = more.map_or(0, |n| n.parse().unwrap());
        let told = shown - usize::from(more > 0) + more;
        assert_eq!(told, alerts.iter().filter(|found| found.code == code).count(), "{}", code.id());
    }
    assert!(said(&told).contains("アラート[C512]"), "{}", said(&told));
}
