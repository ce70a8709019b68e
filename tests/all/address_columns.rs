//! 住所の列: the four columns of the standard (市区郡町村名・町字・番地号表記・方書) are read and spare the split; what hides between digits holds.
#![cfg(unix)]
use crate::office;
use crate::office::{Office, RESIDENTS, WITNESS, file, infant, said};

const HEADINGS: &str = "jusho_shikugunchosonmei,jusho_choaza,jusho_banchigohyoki,jusho_katagaki,jusho_choazakodo";

/// A resident file with the standard's columns in place of 住所 and 方書.
fn standard(people: &[[&str; 5]]) -> String {
    let rows: String = people
        .iter()
        .enumerate()
        .map(|(index, [code, city, town, block, building])| {
            let mut person = infant(u32::try_from(index).unwrap() + 1, "見本　一", "ミホン　イチ", "住所", "方書");
            person[8] = (*code).to_owned();
            person.join(",").replace("住所,方書", &format!("{city},{town},{block},{building},0000000")) + "\r\n"
        })
        .collect();
    let witness = WITNESS.replace("千葉県千葉市中央区市場町9番9号,,", "千葉市中央区,市場町,9番9号,,0000000,");
    format!("{}\r\n{rows}{witness}", RESIDENTS.replace("住所,方書", HEADINGS))
}

fn column(office: &Office, title: &str) -> Vec<String> {
    let rows = office.rows("postal.csv");
    let place = rows[0].iter().position(|heading| heading == title).unwrap();
    rows[1..].iter().map(|row| row[place].clone()).collect()
}

#[test]
fn the_four_columns_are_read_and_spare_the_split() {
    let people = [
        ["2600855", "千葉市中央区", "市場町", "1番1号", "コーポ101"],
        ["2600024", "千葉市中央区", "市場町", "2番3号", ""],
        // No town of the data: the house number is known all the same.
        ["2600855", "千葉市中央区", "データにない町三丁目", "4番5号", ""],
        ["2600855", "千葉市中央区", "市場町", "①番", ""],
    ];
    let office = Office::new("");
    let told = office.run(standard(&people).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    let mut found: Vec<(String, String)> =
        column(&office, "住所1").into_iter().zip(column(&office, "カスタマバーコード")).collect();
    found.sort();
    found.dedup();
    let body =
        |address: &str| found.iter().find(|(found, _)| found == address).map(|(_, code)| code.get(..20).unwrap_or_default());
    assert_eq!(body("千葉市中央区市場町1番1号"), Some("26008551-1-101dddddd"));
    assert_eq!(body("千葉市中央区市場町2番3号"), Some(""));
    assert_eq!(body("千葉市中央区データにない町三丁目4番5号"), Some("26008554-5dddddddddd"));
    assert_eq!(body("千葉市中央区市場町①番"), Some(""));
    let said = said(&told);
    assert_eq!((said.matches("アラート[C512]").count(), said.matches("アラート[C513]").count()), (2, 1), "{said}");
    // Without postal data as well.
    let office = Office::with("", |text| text.replace("data = \"samples/postal\"", "data = \"\""));
    let told = office.run(standard(&people[..1]).as_bytes());
    assert!(told.status.success());
    assert_eq!(&column(&office, "カスタマバーコード")[0][..20], "26008551-1-101dddddd");
}

#[test]
fn a_file_without_any_address_is_refused() {
    let office = Office::new("");
    let told = office.run(standard(&[]).replace("jusho_choaza,", "町の名,").as_bytes());
    assert!(!told.status.success() && said(&told).contains("「住所」の列がありません"), "{}", said(&told));
}

#[test]
fn what_hides_between_digits_of_an_address_holds_the_person() {
    let address = |text: &str| infant(1, "見本　一", "ミホン　イチ", text, "");
    for (hidden, held) in [("1番1\u{AD}2号", true), ("1\u{200B}1番", true), ("1番\u{AD}12号", false)] {
        let office = Office::new("");
        let text = format!("千葉県千葉市中央区市場町{hidden}");
        let told = office.run(file(&[address(&text), infant(2, "見本　二", "ミホン　ニ", office::ADDRESS, "")]).as_bytes());
        assert!(told.status.success(), "{}", said(&told));
        let letters =
            office.rows("postal.csv").iter().filter(|row| row[4].contains("市場町1番") && row[4] != office::ADDRESS).count();
        assert_eq!(letters == 0, held, "{hidden:?}: {}", said(&told));
        assert_eq!(said(&told).contains("番地が分かりません"), held);
    }
}
