//! 住民 → residents: one per person; older 履歴番号 rows become earlier spells of residence.

use crate::diag::{Code, Diagnostic, Report, Severity};
use crate::domain::address::{Address, PostalCode};
use crate::domain::birth::BirthDate;
use crate::domain::case::{Resident, RowCount};
use crate::domain::person::{AddresseeNumber, HouseholdNumber, PersonName, PersonNumber, Sex};
use crate::domain::residency::{Entry, Removal, Residency, Spell};
use crate::normalise::codes::{Codes, Movement};
use crate::normalise::columns::{Columns, Header};
use crate::normalise::guard::Guard;
use crate::normalise::values::{Row, shown};
use crate::read::table::Sheet;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What the sheet gives.
pub(super) struct Residents {
    pub(super) residents: Vec<Resident>,
    pub(super) rows: RowCount,
    /// 抽出日 of every row that has one: day → first row.
    pub(super) snapshots: BTreeMap<NaiveDate, u32>,
}

/// Reads the sheet row by row.
pub(super) fn read(sheet: &Sheet, header: &Header, columns: &Columns, codes: &Codes, report: &mut Report) -> Residents {
    let mut found: Vec<(u32, Resident)> = Vec::new();
    let mut rows = RowCount::default();
    let mut snapshots = BTreeMap::new();
    let mut guard = Guard::new(header);
    sheet.walk(header.row, report, &mut |number, cells, report| {
        if number <= header.row {
            return true;
        }
        let mut row = Row { cells, header, columns, origin: sheet.origin.at(number, 0), problems: Vec::new() };
        if row.blank() {
            return true;
        }
        guard.look(cells);
        rows.rows += 1;
        if let Some(day) = row.day("snapshot") {
            snapshots.entry(day).or_insert(number);
        }
        match resident(&mut row, codes) {
            Some((history, mut resident)) => {
                for problem in &resident.problems {
                    report.push(problem.clone());
                }
                // A note or an alert is told; only what holds the person stays with them.
                resident.problems.retain(|problem| problem.severity <= Severity::Held);
                found.push((history, resident));
            }
            None => {
                rows.refused += 1;
                for problem in row.problems {
                    report.push(problem.so("この行は使いません"));
                }
            }
        }
        true
    });
    guard.report(sheet, report);
    let residents = fold(found, &mut rows, report);
    Residents { residents, rows, snapshots }
}

fn resident(row: &mut Row<'_>, codes: &Codes) -> Option<(u32, Resident)> {
    let number = row.code("number", 10).and_then(|n| PersonNumber::new(&n));
    let addressee = row.code("addressee", 10).and_then(|n| AddresseeNumber::new(&n));
    if number.is_none() && addressee.is_none() {
        row.problem(Code::CellEmpty, "number", "予防接種番号も宛名番号もないため、だれの行か分かりません".to_owned());
        return None;
    }
    let household = row.code("household", 0).and_then(|n| HouseholdNumber::new(&n));
    let history = row.code("history_number", 0).and_then(|n| n.parse().ok()).unwrap_or(0);
    let registered = row.text("name").unwrap_or_else(|| {
        row.problem(Code::CellEmpty, "name", "氏名がありません".to_owned());
        String::new()
    });
    let name = PersonName { registered, kana: row.text("kana"), alias: row.text("alias") };
    let birth = birth(row);
    let sex = sex(row);
    let postal_code = postal(row, "postal");
    let line = row.text("address").unwrap_or_else(|| {
        row.problem(Code::CellEmpty, "address", "住所がありません".to_owned());
        String::new()
    });
    let address = Address { postal_code, line, building: row.text("building"), ward: row.text("ward") };
    let residency = residency(row, &birth, codes);
    let who = match (&number, &addressee) {
        (Some(n), _) => format!("予防接種番号 {n}"),
        (None, Some(n)) => format!("宛名番号 {n}"),
        (None, None) => String::new(),
    };
    let problems = std::mem::take(&mut row.problems)
        .into_iter()
        .map(|p| {
            let held = p.severity == Severity::Held;
            let p = p.of(who.clone());
            if held { p.so("この人を保留にしました") } else { p }
        })
        .collect::<Vec<Diagnostic>>();
    let origin = row.origin.clone();
    Some((history, Resident { number, addressee, household, name, birth, sex, address, residency, origin, problems }))
}

fn birth(row: &mut Row<'_>) -> BirthDate {
    let uncertain = row.flag("birth_uncertain");
    let words = row.text("birth_text");
    if uncertain || words.is_some() {
        let text = words.or_else(|| row.text("birth")).unwrap_or_else(|| "不詳".to_owned());
        return BirthDate::Uncertain { text };
    }
    if !row.filled("birth") {
        row.problem(Code::CellEmpty, "birth", "生年月日がありません".to_owned());
        return BirthDate::Uncertain { text: "記載なし".to_owned() };
    }
    let before = row.problems.len();
    match row.day("birth") {
        Some(day) => BirthDate::Exact(day),
        None => {
            let text = row.text("birth").unwrap_or_default();
            if ["不詳", "頃", "推定", "春", "夏", "秋", "冬", "上旬", "中旬", "下旬"].iter().any(|w| text.contains(w))
            {
                row.problems.truncate(before);
            }
            BirthDate::Uncertain { text }
        }
    }
}

pub(super) fn sex(row: &mut Row<'_>) -> Sex {
    match row.code("sex", 0).as_deref() {
        Some("1" | "男" | "M" | "男性") => Sex::Male,
        Some("2" | "女" | "F" | "女性") => Sex::Female,
        None | Some("0" | "不明" | "未記入") => Sex::Unknown,
        Some(other) => {
            let message = format!("性別{}を知りません（0 不明、1 男、2 女）", shown(other));
            row.problem(Code::CodeUnknown, "sex", message);
            Sex::Unknown
        }
    }
}

pub(super) fn postal(row: &mut Row<'_>, field: &str) -> Option<PostalCode> {
    let before = row.problems.len();
    let text = row.code(field, 7)?;
    if row.problems.len() > before {
        return None;
    }
    let cleaned: String = text
        .chars()
        .map(|c| if matches!(c, '‐' | '−' | '－' | 'ー' | '―' | '–') { '-' } else { c })
        .filter(|c| *c != '〒')
        .collect();
    let code = PostalCode::new(&cleaned);
    if code.is_none() {
        row.problem(Code::PostalCodeInvalid, field, "郵便番号が7けたの数字ではありません".to_owned());
    }
    code
}

fn residency(row: &mut Row<'_>, birth: &BirthDate, codes: &Codes) -> Residency {
    let since = row.day("since");
    let removed = row.day("removed");
    let leaving = row.day("leaving");
    let died_on = row.day("died");
    let word = row.text("reason");
    let movement = match &word {
        None => None,
        Some(word) => codes.movement(word).or_else(|| {
            row.problem(Code::CodeUnknown, "reason", format!("異動事由{}の対応がありません", shown(word)));
            None
        }),
    };
    let Some(since) = since else {
        if !row.problems.iter().any(|p| p.message.contains("住民となった日")) {
            row.problem(Code::CellEmpty, "since", "住民となった日がありません".to_owned());
        }
        return Residency { spells: Vec::new(), leaving_on: leaving, died_on };
    };
    if let Some(removed) = removed.filter(|day| *day < since) {
        row.problem(Code::DateOrder, "removed", format!("消除日 {removed} が住民となった日 {since} より前です"));
    }
    if let Some(birth) = birth.exact().filter(|day| *day > since) {
        row.problem(Code::DateOrder, "since", format!("住民となった日 {since} が生年月日より前です"));
        let _ = birth;
    }
    let cancelled = movement == Some(Movement::RemovalCancelled);
    if cancelled && removed.is_some() {
        row.problem(Code::DateOrder, "removed", "異動の取消しなのに消除日が残っています".to_owned());
    }
    let entry = match movement {
        Some(Movement::In(entry)) => entry,
        _ if birth.exact() == Some(since) => Entry::Birth,
        _ => Entry::Other,
    };
    let why = match movement {
        Some(Movement::Out(why)) => why,
        _ if died_on.is_some() => Removal::Died,
        _ if leaving.is_some() && leaving == removed => Removal::MovedOut,
        _ => Removal::Other,
    };
    let spell = Spell { since, entry, removed: removed.map(|day| (day, why)) };
    // A cancelled departure leaves its 転出予定日 behind; the person is a resident.
    Residency { spells: vec![spell], leaving_on: leaving.filter(|_| !cancelled), died_on }
}

/// Rows of one person → the newest with the spells of all; two rows without 履歴番号 are an error.
fn fold(mut found: Vec<(u32, Resident)>, rows: &mut RowCount, report: &mut Report) -> Vec<Resident> {
    let key = |r: &Resident| (r.number.clone(), if r.number.is_some() { None } else { r.addressee.clone() });
    found.sort_by(|(a, x), (b, y)| (key(x), a, x.origin.row).cmp(&(key(y), b, y.origin.row)));
    let mut residents: Vec<Resident> = Vec::with_capacity(found.len());
    let mut last_history = 0;
    for (history, resident) in found {
        match residents.last_mut() {
            Some(last) if key(last) == key(&resident) => {
                if history == last_history {
                    let who = resident.number.as_ref().map_or_else(
                        || format!("宛名番号 {}", resident.addressee.as_ref().map_or("", |a| a.as_str())),
                        |n| format!("予防接種番号 {n}"),
                    );
                    let message = format!("{who} の人が二人います（もう一つの行: {}）", last.origin);
                    report.push(Diagnostic::new(Code::PersonDuplicate, message).at(&resident.origin));
                }
                let mut spells = std::mem::take(&mut last.residency.spells);
                let mut newest = resident;
                for spell in std::mem::take(&mut newest.residency.spells) {
                    spells.retain(|s| s.since != spell.since);
                    spells.push(spell);
                }
                newest.residency.spells = spells;
                *last = newest;
                rows.superseded += 1;
            }
            Some(_) | None => {
                rows.used += 1;
                residents.push(resident);
            }
        }
        last_history = history;
    }
    residents
}
