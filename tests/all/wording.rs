//! 文面: what a letter says depends on why it is sent and on what is known: movers-in, the last year, an unknown history, the record
//! so far, the period in everyday words. One line a person; a clerk can extend the table.
#![cfg(unix)]
use crate::office;
use crate::office::{LEDGER, Office, RESIDENTS, said, write};

/// (生年月日, 性別, 住民となった日, 異動事由, 接種「コード:回数=日」, 基準日, 事業, 印字されること, 印字されないこと)
type Line = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const LINES: &[Line] = &[
    // 期間をふだんの言葉で
    (
        "2026-02-10",
        "1",
        "2026-02-10",
        "出生",
        "",
        "2027-01-01",
        "mr1",
        &["1歳の誕生日の前日から2歳の誕生日の前日まで"],
        &["転入された"],
    ),
    ("2020-09-09", "2", "2020-09-09", "出生", "", "2026-12-01", "mr2", &["小学校に入る前の1年間", "はお済みですか"], &[]),
    (
        "1962-01-20",
        "1",
        "2000-01-01",
        "転入",
        "",
        "2026-12-01",
        "flu",
        &["65歳の誕生日の前日から", "義務はありません"],
        &["お勧め"],
    ),
    (
        "1957-04-01",
        "2",
        "2000-01-01",
        "転入",
        "",
        "2026-04-01",
        "zoster",
        &["70歳になる年度の1年間", "この年度だけです"],
        &["お勧め"],
    ),
    // 転入した人には、はじめての時期の言い方をしない
    (
        "2026-01-15",
        "1",
        "2026-11-20",
        "転入",
        "",
        "2026-12-01",
        "bcg",
        &["まだ受けていない場合は", "記録が、市にない場合"],
        &["標準的な接種の時期になります", "市の記録（"],
    ),
    ("2016-05-01", "1", "2026-11-20", "転入", "", "2026-12-01", "je2", &["まだ受けていない場合は"], &["対象年齢になりますので"]),
    // HPV の最後の年: 月によって言い方が変わる
    ("2010-06-01", "2", "2010-06-01", "出生", "", "2026-06-01", "hpv", &["9月末までに1回目を"], &["短い間隔でも4か月"]),
    ("2010-06-01", "2", "2010-06-01", "出生", "", "2026-10-01", "hpv", &["11月末までに1回目を"], &["9月末まで"]),
    (
        "2010-06-01",
        "2",
        "2026-11-20",
        "転入",
        "",
        "2026-12-01",
        "hpv",
        &["短い間隔でも4か月", "令和9年3月31日"],
        &["9月末まで", "11月末まで", "中学1年生のうち"],
    ),
    ("2014-06-01", "2", "2026-11-20", "転入", "", "2026-12-01", "hpv", &["中学1年生のうち"], &["短い間隔でも4か月"]),
    // これまでの記録は、その通知の予防接種だけ
    (
        "2020-09-09",
        "2",
        "2020-09-09",
        "出生",
        "11:1=2021-10-01 14:1=2021-10-02",
        "2026-12-01",
        "mr2",
        &["市の記録（", "麻しん風しん 1回"],
        &["水痘 1回"],
    ),
];

fn ledger(number: &str, birth: &str, doses: &str) -> String {
    let columns: Vec<&str> = LEDGER.trim_end().split(',').collect();
    let mut rows = vec![columns.join(",")];
    for dose in doses.split(' ').filter(|dose| !dose.is_empty()) {
        let (what, day) = dose.split_once('=').unwrap();
        let (code, times) = what.split_once(':').unwrap();
        let cell = |column: &&str| match *column {
            "予防接種番号" => number.to_owned(),
            "生年月日" => birth.to_owned(),
            "予防接種コード" => code.to_owned(),
            "接種回数" | "回数" => times.to_owned(),
            "実施日" => day.to_owned(),
            "結果" => "1".to_owned(),
            "氏名_漢字" => "見本　一".to_owned(),
            _ => String::new(),
        };
        rows.push(columns.iter().map(cell).collect::<Vec<_>>().join(","));
    }
    rows.join("\r\n") + "\r\n"
}

#[test]
fn every_letter_says_what_holds_for_its_addressee() {
    for (birth, sex, since, reason, doses, as_of, programme, said_there, not_there) in LINES {
        let office = Office::new("");
        let number = "9900000015";
        let row = format!(
            "{number},8800000001,7700000001,見本　一,ミホン　ハジメ,,{birth},{sex},2600855,千葉県千葉市中央区市場町1番1号,,中央区,{since},{reason},,,,{as_of}"
        );
        write(&office.path("住民.csv"), format!("{RESIDENTS}\r\n{row}\r\n{}", office::witness(as_of)).as_bytes());
        write(&office.path("台帳.csv"), format!("{}{}", ledger(number, birth, doses), office::WITNESS_ROW).as_bytes());
        let told = office.kansho(&[
            "run",
            "--residents",
            "住民.csv",
            "--no-marks",
            "見本",
            "--ledger",
            "台帳.csv",
            "--as-of",
            as_of,
            "--out",
            "out",
        ]);
        assert!(told.status.success(), "{programme} {birth}: {}", said(&told));
        let json = |name: &str| -> serde_json::Value {
            serde_json::from_str(&std::fs::read_to_string(office.path("out").join(name)).unwrap()).unwrap()
        };
        let (manifest, pieces) = (json("manifest.json"), json("office/pieces.json"));
        let at = pieces["pieces"].as_array().unwrap().iter().position(|piece| piece["programme"] == *programme);
        let at = at.unwrap_or_else(|| panic!("no letter of {programme} for {birth}: {}", said(&told)));
        let place = &manifest["pieces"][at]["outputs"]["letters"];
        let file = office.path("out").join(place["file"].as_str().unwrap());
        let reader = kansho_paper::pdf::read::PdfReader::open(std::fs::read(file).unwrap()).unwrap();
        let pages = place["pages"].as_array().unwrap().iter().map(|page| usize::try_from(page.as_u64().unwrap()).unwrap() - 1);
        let text: String = pages.flat_map(|page| reader.page(page).unwrap().runs).map(|run| run.text.to_string()).collect();
        for words in *said_there {
            assert!(text.contains(words), "{programme} {birth} {as_of} does not say {words}: {text}");
        }
        for words in *not_there {
            assert!(!text.contains(words), "{programme} {birth} {as_of} says {words}: {text}");
        }
    }
}
