//! 住民.xlsx (or .csv), 予防接種台帳.csv, hard_cases.csv.

use crate::people::{City, Made, Notice, Person, Shot};
use chrono::{Datelike, NaiveDate};
use kansho_chars::repertoire::{Profile, text_bytes};
use kansho_core::calendar;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const RESIDENT: [&str; 19] = [
    "宛名番号",
    "予防接種番号",
    "世帯番号",
    "氏名",
    "フリガナ",
    "通称",
    "生年月日",
    "生年月日_不詳フラグ",
    "性別",
    "郵便番号",
    "住所",
    "方書",
    "区",
    "住民となった日",
    "異動事由",
    "消除日",
    "転出予定日",
    "死亡日",
    "抽出日",
];
const LEDGER: [&str; 32] = [
    "予防接種番号",
    "生年月日",
    "年齢",
    "予防接種コード",
    "略称",
    "接種回数",
    "回数",
    "実施日",
    "結果",
    "結果名称",
    "医療機関コード",
    "名称_漢字",
    "医師コード",
    "医師名_漢字",
    "ワクチンコード",
    "ワクチン略称",
    "ロットナンバー",
    "ワクチン有効期限",
    "接種量コード",
    "接種量",
    "登録日",
    "消除フラグ",
    "氏名_漢字",
    "氏名_カナ",
    "性別",
    "通知日",
    "郵便番号",
    "住所",
    "種類",
    "種類名称",
    "発行no",
    "処理日",
];
const MARKS: [(&str, &[&str]); 7] = [
    ("送付先", &["予防接種番号", "送付先郵便番号", "送付先住所", "送付先方書", "理由", "開始日", "終了日"]),
    ("支援措置", &["予防接種番号", "区分", "開始日", "終了日"]),
    ("発送停止", &["予防接種番号", "区分", "理由", "開始日", "終了日"]),
    ("罹患", &["予防接種番号", "区分", "疾病", "系列", "開始日"]),
    ("免除", &["予防接種番号", "区分", "開始日", "終了日"]),
    ("特例", &["予防接種番号", "区分", "系列", "開始日", "終了日"]),
    ("妊娠", &["予防接種番号", "出産予定日"]),
];

/// Writes every file of the city.
pub(crate) fn write(city: &City, out: &Path, residents: usize) -> Made<()> {
    if residents > 50_000 {
        resident_csv(city, out)?;
        let mut book = book(city, "標（見本）")?;
        marks(city, &mut book)?;
        book.save(out.join("標.xlsx"))?;
    } else {
        resident_book(city, out)?;
    }
    ledger(city, out)?;
    let mut file = BufWriter::new(File::create(out.join("hard_cases.csv"))?);
    file.write_all("予防接種番号,事業,判定,理由,説明\n".as_bytes())?;
    for row in &city.hard {
        writeln!(file, "{}", row.join(","))?;
    }
    file.flush()?;
    Ok(())
}

/// The cells of a resident; dates as `Ok`, texts as `Err`.
fn cells(person: &Person, as_of: NaiveDate) -> Vec<Result<NaiveDate, String>> {
    let text = |t: &str| Err(t.to_owned());
    let date = |d: Option<NaiveDate>| d.map_or_else(|| Err(String::new()), Ok);
    vec![
        text(&person.addressee),
        text(&person.number),
        text(&person.household),
        text(&person.name),
        text(&person.kana),
        text(&person.alias),
        person.uncertain.as_ref().map_or(Ok(person.birth), |t| Err(t.clone())),
        text(if person.uncertain.is_some() { "1" } else { "" }),
        text(if person.female { "2" } else { "1" }),
        text(&person.postal),
        text(&person.address),
        text(&person.building),
        text(&person.ward),
        Ok(person.since),
        text(&person.reason),
        date(person.removed),
        date(person.leaving),
        date(person.died),
        Ok(as_of),
    ]
}

fn resident_csv(city: &City, out: &Path) -> Made<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(out.join("住民.csv"))?));
    writer.write_record(RESIDENT)?;
    for person in &city.people {
        let row = cells(person, city.as_of).into_iter().map(|c| c.map_or_else(|text| text, |day| day.to_string()));
        writer.write_record(row)?;
    }
    writer.flush()?;
    Ok(())
}

fn resident_book(city: &City, out: &Path) -> Made<()> {
    let mut book = book(city, "住民（見本）")?;
    let dated = Format::new().set_num_format("yyyy/mm/dd");
    let sheet = book.add_worksheet().set_name("住民")?;
    sheet.write_string(0, 0, "住民データ（見本。実在の人ではありません）")?;
    headings(sheet, 2, &RESIDENT)?;
    for (line, person) in city.people.iter().enumerate() {
        let row = u32::try_from(line)? + 3;
        for (column, cell) in cells(person, city.as_of).into_iter().enumerate() {
            let column = u16::try_from(column)?;
            match cell {
                // Every third row writes its dates in 和暦, as some offices do.
                Ok(day) if line % 3 == 2 => {
                    sheet.write_string(row, column, calendar::wareki(day))?;
                }
                Ok(day) => {
                    let serial = ExcelDateTime::from_ymd(
                        u16::try_from(day.year())?,
                        u8::try_from(day.month())?,
                        u8::try_from(day.day())?,
                    )?;
                    sheet.write_datetime_with_format(row, column, &serial, &dated)?;
                }
                Err(text) if text.is_empty() => {}
                Err(text) => {
                    sheet.write_string(row, column, text)?;
                }
            }
        }
    }
    marks(city, &mut book)?;
    book.save(out.join("住民.xlsx"))?;
    Ok(())
}

/// An empty workbook whose own date is the as-of date.
fn book(city: &City, title: &str) -> Made<Workbook> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(
        u16::try_from(city.as_of.year())?,
        u8::try_from(city.as_of.month())?,
        u8::try_from(city.as_of.day())?,
    )?;
    book.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&made));
    Ok(book)
}

/// The mark sheets.
fn marks(city: &City, book: &mut Workbook) -> Made<()> {
    for (name, columns) in MARKS {
        let sheet = book.add_worksheet().set_name(name)?;
        headings(sheet, 0, columns)?;
        for (line, mark) in city.marks.iter().filter(|m| m.sheet == name).enumerate() {
            for (heading, text) in &mark.cells {
                if let Some(column) = columns.iter().position(|c| c == heading) {
                    sheet.write_string(u32::try_from(line)? + 1, u16::try_from(column)?, text)?;
                }
            }
        }
    }
    Ok(())
}

fn headings(sheet: &mut Worksheet, row: u32, names: &[&str]) -> Made<()> {
    for (column, name) in names.iter().enumerate() {
        sheet.write_string(row, u16::try_from(column)?, *name)?;
    }
    Ok(())
}

fn ledger(city: &City, out: &Path) -> Made<()> {
    let mut file = BufWriter::with_capacity(1 << 18, File::create(out.join("予防接種台帳.csv"))?);
    let mut line = |cells: &[String]| -> Made<()> {
        let quoted: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
        let bytes = text_bytes(&quoted.join(","), Profile::Cp932).ok_or("a character outside CP932")?;
        file.write_all(&bytes)?;
        file.write_all(b"\r\n")?;
        Ok(())
    };
    line(&LEDGER.map(str::to_owned))?;
    for person in &city.people {
        for shot in &person.shots {
            line(&row(person, Some(shot), None))?;
        }
        for notice in &person.notices {
            line(&row(person, None, Some(notice)))?;
        }
        if person.struck_flag && person.shots.is_empty() && person.notices.is_empty() {
            line(&row(person, None, None))?;
        }
    }
    file.flush()?;
    Ok(())
}

/// One ledger row. The old ledger holds CP932 only: 𠮷 stands as 吉, selectors are gone, a 外字 leaves the name empty.
fn row(person: &Person, shot: Option<&Shot>, notice: Option<&Notice>) -> Vec<String> {
    let plain: String = person.name.replace('𠮷', "吉").chars().filter(|c| !('\u{E0100}'..='\u{E01EF}').contains(c)).collect();
    let name = if plain.contains('\u{E000}') { String::new() } else { plain };
    let birth = if person.uncertain.is_some() { String::new() } else { person.birth.to_string() };
    let date = |d: Option<NaiveDate>| d.map_or_else(String::new, |d| d.format("%Y%m%d").to_string());
    let on = shot.map(|s| s.on);
    let text = |t: &str| t.to_owned();
    let given = |t: &str| if shot.is_some() { t.to_owned() } else { String::new() };
    vec![
        person.number.clone(),
        birth,
        String::new(),
        shot.map_or_else(String::new, |s| s.code.to_owned()),
        String::new(),
        shot.map_or_else(String::new, |s| s.times.to_string()),
        shot.map_or_else(String::new, |s| s.times.to_string()),
        date(on),
        shot.map_or_else(String::new, |s| text(if s.given { "1" } else { "2" })),
        shot.map_or_else(String::new, |s| text(if s.given { "接種" } else { "予診のみ" })),
        given("1200001"),
        given("見本小児科"),
        given("001"),
        given("見本\u{3000}医師"),
        String::new(),
        String::new(),
        given("LOT001"),
        String::new(),
        String::new(),
        given("0.5"),
        date(on.and_then(|d| calendar::plus_days(d, 20))),
        text(if person.struck_flag { "1" } else { "" }),
        name,
        person.kana.clone(),
        text(if person.female { "2" } else { "1" }),
        date(notice.map(|n| n.on)),
        person.postal.clone(),
        person.address.clone(),
        notice.map_or_else(String::new, |n| n.kind.to_owned()),
        String::new(),
        notice.map_or_else(String::new, |n| n.issue.to_string()),
        date(notice.map(|n| n.on)),
    ]
}
