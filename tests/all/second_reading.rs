//! The law's second reading, through a whole `select`: doses that do not count, numbers that an age cannot have, the kinds of
//! disability, the shortage of MR vaccine. One line a person; a clerk can extend the table.

use crate::office::{LEDGER, Office, RESIDENTS, WITNESS_ROW, witness, write};

/// 生年月日, 性別, 接種「コード:回数(ワクチンコード)=日」か「通知日=種類」, 特例シートの「区分:系列」, 基準日, 事業, 判定, 理由, 根拠の文にある言葉
type Line = [&'static str; 9];

const LINES: &[Line] = &[
    // 麻しん風しん: 1歳前は数えない（Q&A 3-1）。年齢に合わない回は確かめる
    [
        "2025-01-10",
        "F",
        "11:1=2025-12-20",
        "",
        "2026-10-01",
        "mr1",
        "selected",
        "due",
        "1期は2026-01-09から受けられるところ、2025-12-20に受けています。記録は残し、回数には数えません",
    ],
    ["2025-01-10", "F", "11:1=2026-01-08", "", "2026-10-01", "mr1", "selected", "due", "回数には数えません"],
    ["2025-01-10", "F", "11:1=2026-01-09", "", "2026-10-01", "mr1", "excluded", "already_done", "必要な回数は接種済み"],
    ["2025-01-10", "F", "12:1=2025-09-01 13:1=2026-02-01", "", "2026-10-01", "mr1", "selected", "due", "回数には数えません"],
    ["2025-01-10", "F", "11:2=2026-04-10", "", "2026-10-01", "mr1", "held", "held", "回の番号か種類の書き違い"],
    ["2020-09-09", "F", "11:1=2021-10-01 11:2=2022-01-10", "", "2026-12-01", "mr2", "held", "held", "確かめるまで"],
    ["2020-09-09", "F", "11:1=2021-10-01 11:2=2026-03-31", "", "2026-12-01", "mr2", "held", "held", "確かめるまで"],
    [
        "2020-09-09",
        "F",
        "11:1=2021-10-01 11:2=2026-04-01",
        "",
        "2026-12-01",
        "mr2",
        "excluded",
        "already_done",
        "必要な回数は接種済み",
    ],
    ["2020-09-09", "F", "11:1=2026-06-01", "", "2026-12-01", "mr2", "held", "held", "1期は2022-09-08まで"],
    ["2020-09-09", "F", "11:1=2024-06-01", "", "2026-12-01", "mr2", "selected", "due", "記録は残し、回数に数えます"],
    ["2020-09-09", "F", "11:1=2021-08-01", "", "2026-12-01", "mr2", "selected", "due", "回数には数えません"],
    // 日本脳炎・二種混合の2期
    [
        "2014-02-10",
        "M",
        "15:1=2017-04-01 15:2=2017-04-20 15:3=2018-05-01 15:4=2020-05-01",
        "",
        "2026-12-01",
        "je2",
        "held",
        "held",
        "2期は2023-02-09から",
    ],
    [
        "2014-02-10",
        "M",
        "15:1=2017-04-01 15:2=2017-04-20 15:3=2018-05-01 15:4=2023-02-09",
        "",
        "2026-12-01",
        "je2",
        "excluded",
        "already_done",
        "",
    ],
    ["2014-06-10", "M", "16:1=2019-05-01", "", "2026-12-01", "dt2", "held", "held", "2期は2025-06-09から"],
    ["2014-06-10", "M", "16:1=2025-06-09", "", "2026-12-01", "dt2", "excluded", "already_done", ""],
    // 水痘: 1歳前の1回は数えず、3月に足りない2回は1回
    [
        "2024-06-13",
        "M",
        "14:1=2025-07-01 14:2=2025-09-30",
        "",
        "2026-12-01",
        "var",
        "selected",
        "due",
        "回数には数えません。次の2回目は2025-12-30から",
    ],
    ["2024-06-13", "M", "14:1=2025-07-01 14:2=2025-10-01", "", "2026-12-01", "var", "excluded", "already_done", ""],
    [
        "2024-06-13",
        "M",
        "14:1=2025-06-11 14:2=2025-10-01",
        "",
        "2026-12-01",
        "var",
        "selected",
        "due",
        "回数には数えません。次の2回目は2026-01-01から",
    ],
    // HPV: 附則2項
    ["2010-06-10", "F", "17:1(H9)=2023-01-15 17:2(H9)=2023-07-15", "", "2026-10-01", "hpv", "excluded", "already_done", ""],
    [
        "2010-06-10",
        "F",
        "17:1(H9)=2023-03-31",
        "",
        "2026-10-01",
        "hpv",
        "selected",
        "due",
        "2回目: 2023-08-31 から 2027-03-31 まで",
    ],
    [
        "2010-06-10",
        "F",
        "17:1=2023-01-15 17:2=2023-07-15",
        "",
        "2026-10-01",
        "hpv",
        "selected",
        "due",
        "3回目: 2023-10-15 から 2027-03-31 まで",
    ],
    // 60～64歳: 障害の種類（施行規則2条の5・2条の7）、周知（施行令6条）
    ["1964-03-03", "M", "", "心臓", "2026-12-01", "pneumo_adult", "selected", "due", ""],
    ["1964-03-03", "M", "", "免疫", "2026-12-01", "pneumo_adult", "selected", "due", ""],
    ["1964-03-03", "M", "", "障害", "2026-12-01", "pneumo_adult", "selected", "due", ""],
    ["1964-03-03", "M", "", "", "2026-12-01", "pneumo_adult", "excluded", "not_yet", ""],
    ["1967-02-03", "M", "", "心臓", "2026-12-01", "pneumo_adult", "excluded", "not_yet", ""],
    ["1967-01-03", "M", "", "心臓", "2026-12-01", "pneumo_adult", "selected", "due", ""],
    ["1964-03-03", "M", "52:1(P23)=2020-05-01", "心臓", "2026-12-01", "pneumo_adult", "excluded", "already_done", ""],
    ["1964-03-03", "M", "2026-06-01=N13", "心臓", "2026-12-01", "pneumo_adult", "excluded", "already_notified", ""],
    ["1964-03-03", "M", "", "ヒト免疫不全ウイルス", "2026-12-01", "zoster", "selected", "due", ""],
    ["1964-03-03", "M", "", "腎臓", "2026-12-01", "zoster", "excluded", "not_yet", ""],
    ["1964-03-03", "M", "", "障害１級", "2026-12-01", "zoster", "held", "held", "障害の種類"],
    ["1964-03-03", "M", "53:1=2025-06-01", "免疫", "2026-12-01", "zoster", "excluded", "already_done", ""],
    ["1964-03-03", "M", "", "心臓", "2026-09-01", "flu", "selected", "due", ""],
    ["1964-03-03", "M", "", "免疫", "2026-09-01", "covid", "selected", "due", ""],
    // 供給不足で受けられなかったと認めた人（2027-03-31まで）
    ["2022-06-10", "F", "", "供給不足:MR", "2026-12-01", "mr1", "selected", "due", "1期: 2025-04-01 から 2027-03-31 まで"],
    [
        "2018-06-10",
        "F",
        "11:1=2019-07-01",
        "供給不足:MR",
        "2026-12-01",
        "mr2",
        "selected",
        "due",
        "2期: 2025-04-01 から 2027-03-31 まで",
    ],
    ["1970-06-10", "M", "", "供給不足", "2026-12-01", "rubella5", "selected", "due", "1回: 2025-04-01 から 2027-03-31 まで"],
    ["1970-06-10", "M", "2025-06-01=N19", "供給不足", "2026-12-01", "rubella5", "excluded", "already_notified", ""],
    ["1970-06-10", "M", "", "", "2026-12-01", "rubella5", "excluded", "expired", ""],
    ["1970-06-10", "F", "", "供給不足", "2026-12-01", "rubella5", "excluded", "not_in_group", ""],
    ["1979-04-02", "M", "", "供給不足", "2026-12-01", "rubella5", "excluded", "not_in_group", ""],
    ["2022-06-10", "F", "11:1=2025-07-01", "供給不足:MR", "2026-12-01", "mr1", "excluded", "already_done", ""],
    ["2022-06-10", "F", "2025-05-01=N04", "供給不足:MR", "2026-12-01", "mr1", "excluded", "already_notified", ""],
    ["2022-06-10", "F", "2023-05-01=N04", "供給不足:MR", "2026-12-01", "mr1", "selected", "due", ""],
    ["2022-06-10", "F", "", "", "2026-12-01", "mr1", "excluded", "expired", ""],
    ["2023-04-02", "F", "", "供給不足:MR", "2026-12-01", "mr1", "excluded", "expired", ""],
    ["2022-06-10", "F", "", "不足:MR", "2026-12-01", "mr1", "held", "held", ""],
    ["2020-09-09", "F", "11:1=2021-10-01", "供給不足:MR", "2026-11-01", "mr2", "excluded", "not_yet", ""],
];

/// The ledger rows of a line.
fn rows(birth: &str, sex: &str, events: &str) -> String {
    let mut text = String::new();
    for event in events.split_whitespace() {
        let (what, on) = event.split_once('=').unwrap();
        let row = match what.split_once(':') {
            Some((code, times)) => {
                let (times, product) = times.strip_suffix(')').and_then(|t| t.split_once('(')).unwrap_or((times, ""));
                format!("{code},,{times},{times},{on},1,接種,,,,,{product},,,,,,,,見本　花,,{sex},,,,,,,")
            }
            None => format!(",,,,,,,,,,,,,,,,,,,見本　花,,{sex},{what},,,{on},,100001,"),
        };
        text.push_str(&format!("9900000015,{birth},,{row}\r\n"));
    }
    text
}

fn marks(book: &mut rust_xlsxwriter::Workbook, class: &str) {
    let sheets: [(&str, &[&str]); 3] = [
        ("支援措置", &["予防接種番号", "開始日", "終了日"]),
        ("罹患", &["予防接種番号", "疾病", "系列", "区分"]),
        ("特例", &["予防接種番号", "区分", "系列", "開始日", "終了日"]),
    ];
    for (name, columns) in sheets {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (at, column) in (0u16..).zip(columns) {
            sheet.write(0, at, *column).unwrap();
        }
        if name == "特例" && !class.is_empty() {
            let (class, series) = class.split_once(':').unwrap_or((class, ""));
            for (at, text) in [(0, "9900000015"), (1, class), (2, series), (3, "2024-01-01")] {
                sheet.write(1, at, text).unwrap();
            }
        }
    }
}

#[test]
fn the_second_reading_reaches_every_decision() {
    let office = Office::new("");
    let mut wrong = Vec::new();
    for line in LINES {
        let [birth, sex, events, class, as_of, programme, verdict, reason, words] = *line;
        let number = if sex == "M" { "1" } else { "2" };
        let person = format!(
            "9900000015,8800000015,7700000001,見本　花,ミホン　ハナ,,{birth},{number},2600855,千葉県千葉市中央区市場町1番1号,,中央区,{birth},出生,,,,{as_of}"
        );
        write(&office.path("住民.csv"), format!("{RESIDENTS}\r\n{person}\r\n{}", witness(as_of)).as_bytes());
        write(&office.path("台帳.csv"), format!("{LEDGER}{WITNESS_ROW}{}", rows(birth, number, events)).as_bytes());
        let mut book = rust_xlsxwriter::Workbook::new();
        marks(&mut book, class);
        book.save(office.path("標.xlsx")).unwrap();
        let done = office.kansho(&[
            "select",
            "--format",
            "json",
            "--no-marks",
            "送付先=見本",
            "--no-marks",
            "発送停止=見本",
            "--residents",
            "住民.csv",
            "--marks",
            "標.xlsx",
            "--ledger",
            "台帳.csv",
            "--as-of",
            as_of,
        ]);
        let told = String::from_utf8_lossy(&done.stderr);
        let all: Vec<serde_json::Value> =
            serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{line:?}: {e}\n{told}"));
        let decision = all.iter().find(|d| d["programme"] == programme && d["person"] == "9900000015");
        let decision = decision.unwrap_or_else(|| panic!("{line:?}: {told}"));
        let said = decision["evidence"].to_string();
        if decision["decision"] != verdict || decision["reason"] != reason || !said.contains(words) {
            wrong.push(format!("{line:?}: {} {}\n  {said}", decision["decision"], decision["reason"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), LINES.len(), wrong.join("\n"));
}
