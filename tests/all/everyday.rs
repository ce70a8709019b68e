//! Everyday files that must pass: whatever the entrance refuses, it does not refuse these, and they change nobody.

use crate::entrance;
use crate::entrance::files::Files;
use crate::entrance::oracle::{Case, Expect, assert_all, check, decisions, out, sound};
use crate::entrance::table::Table;

/// The case is right, and the run says nothing that a clerk would have to look into.
fn passes_quietly(case: &Case) {
    let output = case.files.office().kansho("select", &["--format", "json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(!told.contains("エラー[") && !told.contains("保留["), "{told}");
    assert_eq!(check(case).join("\n"), "");
}

fn same(name: &str, edit: impl FnOnce(&mut Files)) -> Case {
    let mut files = Files::sound();
    edit(&mut files);
    Case::new(name, files, Expect::Same)
}

#[test]
fn a_city_whose_adults_have_no_rows() {
    passes_quietly(&same("大人は台帳にいない", |files| {
        let adult = files.base.residents.rows.last().unwrap().clone();
        for place in 0..600u32 {
            let residents = &mut files.base.residents;
            residents.rows.push(adult.clone());
            let row = residents.rows.len() - 1;
            residents.set(row, "予防接種番号", &format!("3300{:06}", place * 7));
            residents.set(row, "宛名番号", &format!("5300{:06}", place * 11));
            residents.set(row, "世帯番号", &format!("6500{:06}", place * 13));
            residents.set(row, "生年月日", &format!("19{:02}-{:02}-09", 68 + place % 30, 2 + place % 10));
            residents.set(
                row,
                "氏名",
                &format!("{}\u{3000}大人", ["安房", "夷隅", "長生", "海上"][usize::try_from(place % 4).unwrap()]),
            );
        }
    }));
}

#[test]
fn a_ledger_kept_since_2017_with_people_who_left() {
    passes_quietly(&same("2017年からの台帳", |files| {
        let row = files.base.ledger.rows[0].clone();
        for place in 0..4000u32 {
            let ledger = &mut files.base.ledger;
            ledger.rows.push(row.clone());
            let last = ledger.rows.len() - 1;
            ledger.set(last, "予防接種番号", &format!("3000{:06}", place / 4 * 17));
            ledger.set(last, "回数", &(1 + place % 4).to_string());
            ledger.set(last, "接種回数", &(1 + place % 4).to_string());
            let (year, month) = (2017 + place / 4 % 9, 1 + place % 12);
            ledger.set(last, "予防接種コード", "02");
            ledger.set(last, "生年月日", &format!("{}-{month:02}-02", year - 1));
            ledger.set(last, "実施日", &format!("{year}{month:02}{:02}", 1 + place % 27));
            ledger.set(last, "登録日", "");
            ledger.set(last, "氏名_漢字", "転居\u{3000}済");
            ledger.set(last, "氏名_カナ", "テンキョ\u{3000}スミ");
        }
    }));
}

#[test]
fn a_host_export_with_zeros_in_every_unused_date() {
    for csv in [false, true] {
        passes_quietly(&same("使わない日付は00000000", |files| {
            if csv {
                files.residents_form = entrance::table::Form::Utf8;
            }
            let zeros = |table: &mut Table, columns: &[&str]| {
                for column in columns.iter().filter(|column| table.head.iter().any(|head| head == *column)).collect::<Vec<_>>() {
                    for row in 0..table.rows.len() {
                        if table.get(row, column).is_empty() {
                            table.set(row, column, "00000000");
                        }
                    }
                }
            };
            zeros(&mut files.base.residents, &["消除日", "転出予定日", "死亡日"]);
            zeros(&mut files.base.ledger, &["通知日", "ワクチン有効期限", "処理日", "登録日"]);
            for mark in &mut files.base.marks {
                zeros(mark, &["終了日"]);
            }
        }));
    }
}

#[test]
fn a_ledger_exported_three_days_after_the_as_of_date() {
    let mut files = Files::sound();
    let done = files.fault("MR24");
    files.base.shot(&done, "11", "1", "20261202");
    let others: Vec<String> = (60..90).step_by(10).map(|row| files.base.residents.get(row, "予防接種番号").to_owned()).collect();
    for (number, on) in others.iter().zip(["20261202", "20261203", "20261204"]) {
        files.base.shot(number, "14", "2", on);
    }
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let case = Case::new("三日後の台帳", files, out(&["already_done"])).about(&["mr1"]).and(&others, Expect::NotSelected);
    assert_eq!(check(&case).join("\n"), "");
    let output = case.files.office().kansho("select", &["--format", "json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("エラー[") && !told.contains("保留["), "{told}");
}

#[test]
fn sheets_of_notes_and_of_a_legend() {
    passes_quietly(&same("メモと凡例", |files| {
        let mut notes = Table::new("メモ", &["12月分の抽出"]);
        notes.rows.push(vec!["住民記録の抽出は12月1日 8:00".to_owned()]);
        notes.rows.push(vec![String::new()]);
        notes.rows.push(vec!["問い合わせ: 予防接種担当".to_owned()]);
        let mut legend = Table::new("凡例", &["見出し", "意味"]);
        for head in files.base.residents.head.iter().chain(["開始日".to_owned(), "終了日".to_owned(), "区分".to_owned()].iter())
        {
            legend.rows.push(vec![head.clone(), format!("{head}の説明")]);
        }
        for (code, word) in [("1", "男"), ("2", "女"), ("N04", "麻しん風しん第1期の案内"), ("11", "麻しん風しん")]
        {
            legend.rows.push(vec![code.to_owned(), word.to_owned()]);
        }
        files.sheets.extend([notes, legend, Table::new("Sheet3", &[])]);
    }));
}

#[test]
fn a_returnee_under_new_numbers() {
    let returned = |files: &mut Files| {
        let number = files.fault("MR24");
        let residents = &mut files.base.residents;
        let row = residents.row_of(&number);
        let copy = residents.rows[row].clone();
        residents.rows.push(copy);
        let last = residents.rows.len() - 1;
        residents.set(row, "異動事由", "転出");
        residents.set(row, "消除日", "2026-04-01");
        residents.set(last, "異動事由", "転入");
        residents.set(last, "住民となった日", "2026-11-20");
        residents.set(last, "宛名番号", "5299000077");
        residents.set(last, "予防接種番号", "3999000077");
        files.people.insert("3999000077".to_owned());
    };
    let mut files = Files::sound();
    returned(&mut files);
    let apart = Case::new("戻ってきた人", files, Expect::Any);
    let mut files = Files::sound();
    returned(&mut files);
    let mut joined = Table::new("名寄せ", &["予防接種番号", "名寄せ先予防接種番号"]);
    joined.rows.push(vec![files.base.role("MR24"), "3999000077".to_owned()]);
    files.sheets.push(joined);
    assert_all(vec![apart, Case::new("戻ってきた人、名寄せ", files, Expect::Any)]);
}

#[test]
fn records_that_arrive_two_months_late() {
    let mut files = Files::sound();
    let ledger = files.base.ledger.clone();
    let late = |row: usize| ledger.get(row, "実施日") > "20260930";
    files.people =
        (0..ledger.rows.len()).filter(|row| late(*row)).map(|row| ledger.get(row, "予防接種番号").to_owned()).collect();
    assert!(files.people.len() > 20);
    files.base.ledger.keep(|ledger, row| ledger.get(row, "実施日") <= "20260930");
    passes_quietly(&Case::new("二か月の遅れ", files, Expect::Any).anybody());
}

#[test]
fn the_base_makes_a_whole_run() {
    let office = Files::sound().office();
    let output = office.kansho("run", &["--out", "out", "--threads", "2"]);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(office.path("out/manifest.json")).unwrap()).unwrap();
    let selected = sound().values().filter(|(decision, _)| decision == "selected").count();
    assert_eq!(manifest["pieces"].as_array().unwrap().len(), selected, "{told}");
    assert_eq!(decisions(&office.kansho("select", &["--format", "json"])), *sound());
}
