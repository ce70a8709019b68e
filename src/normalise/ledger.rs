//! 予防接種台帳 → rows: doses (実施日) and notices (通知日); both may stand in one row.

use crate::chars::matching::narrow;
use crate::diag::{Code, Report, Severity};
use crate::domain::birth::BirthDate;
use crate::domain::case::{LedgerRow, PersonKey, RowCount};
use crate::domain::history::{DoseRecord, Outcome};
use crate::domain::notice::NoticeRecord;
use crate::domain::person::{AddresseeNumber, PersonNumber, Sex};
use crate::normalise::codes::Codes;
use crate::normalise::columns::{Columns, Header};
use crate::normalise::guard::Guard;
use crate::normalise::residents;
use crate::normalise::values::{Row, shown};
use crate::read::table::Sheet;
use chrono::NaiveDate;

/// Calls `visit` with the ledger's rows one by one; rows without any number are counted in the value and reported.
pub(super) fn read(
    sheet: &Sheet,
    header: &Header,
    columns: &Columns,
    codes: &Codes,
    snapshot: Option<NaiveDate>,
    report: &mut Report,
    visit: &mut dyn FnMut(LedgerRow),
) -> RowCount {
    let mut refused = RowCount::default();
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
        match ledger_row(&mut row, codes, snapshot, number) {
            Some(found) => visit(found),
            None => {
                refused.rows += 1;
                refused.refused += 1;
                for problem in row.problems {
                    report.push(problem.so("この行は使いません"));
                }
            }
        }
        true
    });
    guard.report(sheet, report);
    refused
}

fn ledger_row(row: &mut Row<'_>, codes: &Codes, snapshot: Option<NaiveDate>, number: u32) -> Option<LedgerRow> {
    let person = row.code("number", 10).and_then(|n| PersonNumber::new(&n)).map(PersonKey::Number);
    let key = person.or_else(|| row.code("addressee", 10).and_then(|n| AddresseeNumber::new(&n)).map(PersonKey::Addressee));
    let Some(key) = key else {
        if row.problems.is_empty() {
            row.problem(Code::CellEmpty, "number", "予防接種番号がないため、だれの行か分かりません".to_owned());
        }
        return None;
    };
    let birth = if row.filled("birth") { row.day("birth").map(BirthDate::Exact) } else { None };
    let sex = Some(residents::sex(row)).filter(|s| *s != Sex::Unknown);
    let name = row.text("name").map(String::into_boxed_str);
    let struck_off = row.flag("struck");
    let dose = if row.filled("given") { dose(row, codes, snapshot, birth.as_ref(), number) } else { None };
    let notice = if row.filled("noticed") { notice(row, codes, number) } else { None };
    let who = match &key {
        PersonKey::Number(n) => format!("予防接種番号 {n}"),
        PersonKey::Addressee(n) => format!("宛名番号 {n}"),
    };
    let problems = std::mem::take(&mut row.problems)
        .into_iter()
        .map(|p| {
            let words = if matches!(p.code, Code::CodeUnknown | Code::DoseImpossible) {
                "この人を保留にしました"
            } else {
                "この行を保留にし、接種歴は「不明」として扱います"
            };
            let held = p.severity == Severity::Held;
            let p = p.of(who.clone());
            if held { p.so(words) } else { p }
        })
        .collect();
    Some(LedgerRow { key, birth, sex, name, dose, notice, struck_off, row: number, problems })
}

fn dose(
    row: &mut Row<'_>,
    codes: &Codes,
    snapshot: Option<NaiveDate>,
    birth: Option<&BirthDate>,
    number: u32,
) -> Option<DoseRecord> {
    let given_on = row.day("given")?;
    let code = row.code("code", 0);
    let times = row.code("running", 0).or_else(|| row.code("required_doses", 0));
    let times_number = times.as_deref().and_then(|t| t.chars().map(narrow).collect::<String>().parse::<usize>().ok());
    let Some(code) = code else {
        row.problem(Code::CodeUnknown, "code", "実施日があるのに予防接種コードがありません".to_owned());
        return None;
    };
    let Some(coded) = codes.dose(&code, times_number) else {
        if codes.knows(&code) {
            let times = times.map_or_else(|| "「空」".to_owned(), |times| shown(&times));
            row.problem(Code::DoseImpossible, "running", format!("予防接種コード {code} に回数{times}の対応がありません"));
        } else {
            row.problem(Code::CodeUnknown, "code", format!("予防接種コード{}の対応がありません", shown(&code)));
        }
        return None;
    };
    let vaccine = row.code("vaccine", 0).or_else(|| row.text("vaccine_name"));
    let product = vaccine.and_then(|v| codes.product(&v)).or(coded.product);
    let outcome = match row.code("result", 0).or_else(|| row.text("result_name")) {
        None => Outcome::Given,
        Some(word) => match codes.result(&word) {
            Some(outcome) => outcome,
            None => {
                row.problem(Code::CodeUnknown, "result", format!("結果{}の対応がありません", shown(&word)));
                return None;
            }
        },
    };
    if let Some(snapshot) = snapshot.filter(|day| given_on > *day) {
        row.problem(Code::DoseAfterSnapshot, "given", format!("実施日 {given_on} が抽出日 {snapshot} より後です"));
    }
    if birth.and_then(BirthDate::exact).is_some_and(|birth| given_on < birth) {
        row.problem(Code::DoseBeforeBirth, "given", format!("実施日 {given_on} が生年月日より前です"));
    }
    Some(DoseRecord { series: coded.series, dose: coded.dose, product, given_on, outcome, row: number })
}

fn notice(row: &mut Row<'_>, codes: &Codes, number: u32) -> Option<NoticeRecord> {
    let noticed_on = row.day("noticed")?;
    let kind = row.code("kind", 0);
    let Some((programme, trigger)) = kind.as_deref().and_then(|k| codes.notice(k)) else {
        let kind = kind.map_or_else(|| "「空」".to_owned(), |kind| shown(&kind));
        row.problem(Code::CodeUnknown, "kind", format!("種類{kind}の対応がありません"));
        return None;
    };
    let issue_number = row.code("issue", 0).and_then(|n| n.parse().ok());
    Some(NoticeRecord { programme, trigger, noticed_on, issue_number, row: number })
}
