//! 予防接種台帳 → rows: doses (実施日) and notices (通知日); both may stand in one row.

use crate::normalise::Tables;
use crate::normalise::codes::Codes;
use crate::normalise::columns::Header;
use crate::normalise::fields::LedgerField as Of;
use crate::normalise::guard::Guard;
use crate::normalise::residents;
use crate::normalise::understood::Understood;
use crate::normalise::values::{Row, shown};
use crate::read::table::Sheet;
use kansho_core::birth::BirthDate;
use kansho_core::case::{LedgerRow, PersonKey};
use kansho_core::diag::{Code, Diagnostic, Report, Severity};
use kansho_core::history::{DoseRecord, Outcome};
use kansho_core::notice::NoticeRecord;
use kansho_core::origin::Source;
use kansho_core::person::{Digits, Sex};
use std::sync::Arc;

/// What the ledger is read with.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) tables: Arc<Tables>,
    pub(super) digits: Digits,
    pub(super) percent: f64,
}

/// Calls `visit` with the rows of one sheet, numbered from `before` on; gives how many there are.
pub(super) fn read(
    sheet: &Sheet,
    header: &Header<Of>,
    before: u32,
    reading: &Reading,
    report: &mut Report,
    visit: &mut dyn FnMut(LedgerRow, &Row<'_, Of>),
) -> usize {
    let mut count = 0;
    let mut guard = Guard::new(header);
    let mut understood = Understood::new(sheet);
    sheet.walk(header.row, report, &mut |number, cells, _| {
        if number <= header.row {
            return true;
        }
        let mut row = Row::new(cells, header, &reading.tables.ledger, &reading.tables.words, sheet.origin.row(number));
        if row.blank() {
            return true;
        }
        guard.look(cells);
        count += 1;
        let found = ledger_row(&mut row, reading, before + number);
        understood.look(&row);
        let problems = consequences(std::mem::take(&mut row.problems), found.key.as_ref());
        visit(LedgerRow { problems, ..found }, &row);
        true
    });
    guard.report(sheet, report);
    let _ = understood.close(&reading.tables.ledger, sheet, reading.percent, report);
    count
}

/// What follows from each problem of a row.
fn consequences(problems: Vec<Diagnostic>, key: Option<&PersonKey>) -> Vec<Diagnostic> {
    let so = |problem: Diagnostic| match key {
        None => problem.so("この行は使いません"),
        Some(key) => {
            let held = problem.severity == Severity::Held;
            let problem = problem.of(key.to_string());
            if held {
                problem.so("この行を保留にし、接種歴は「不明」です。この人を保留にしました")
            } else {
                problem
            }
        }
    };
    problems.into_iter().map(so).collect()
}

fn ledger_row(row: &mut Row<'_, Of>, reading: &Reading, number: u32) -> LedgerRow {
    let person = row.person(Of::Number, reading.digits.person).map(PersonKey::Number);
    let addressee = row.addressee(Of::Addressee, reading.digits.addressee).map(PersonKey::Addressee);
    let key = person.or(addressee);
    if key.is_none() && row.problems.is_empty() {
        row.problem(Code::CellEmpty, Of::Number, "予防接種番号がないため、だれの行か分かりません".to_owned());
    }
    let birth = if row.filled(Of::Birth) { row.day(Of::Birth).map(BirthDate::Exact) } else { None };
    let sex = Some(residents::sex(row, Of::Sex)).filter(|s| *s != Sex::Unknown);
    let name = row.text(Of::Name).map(String::into_boxed_str);
    let kana = row.optional(Of::Kana).map(String::into_boxed_str);
    let struck_off = row.flag(Of::Struck).unwrap_or(false);
    let dose = dose(row, &reading.tables.codes, birth.as_ref(), number);
    let (notice, issue_seen) = notice(row, &reading.tables.codes, number);
    LedgerRow { key, birth, sex, name, kana, dose, notice, issue_seen, struck_off, row: number, problems: Vec::new() }
}

/// The dose of a row; what says that there was one without saying when, or which, is a problem of the person.
fn dose(row: &mut Row<'_, Of>, codes: &Codes, birth: Option<&BirthDate>, number: u32) -> Option<DoseRecord> {
    const KIND: [Of; 5] = [Of::Result, Of::ResultName, Of::Clinic, Of::ClinicName, Of::Lot];
    let given_on = if row.filled(Of::Given) && !row.says_no_date(Of::Given) {
        row.day(Of::Given)?
    } else {
        if let Some(other) = KIND.into_iter().find(|field| row.filled(*field)) {
            let message = format!("「{}」があるのに実施日がありません", row.name(other));
            row.problem(Code::DayUnknown, Of::Given, message);
        }
        return None;
    };
    let code = row.code(Of::Code);
    let before = row.problems.len();
    let times = row.count(Of::Running).or_else(|| row.count(Of::RequiredDoses));
    if row.problems.len() > before {
        return None;
    }
    let Some(code) = code else {
        row.problem(Code::CodeUnknown, Of::Code, "実施日があるのに予防接種コードがありません".to_owned());
        return None;
    };
    let Some(coded) = codes.dose(&code, times.and_then(|n| usize::try_from(n).ok())) else {
        if codes.knows(&code) {
            let times = times.map_or_else(|| "「空」".to_owned(), |times| format!("「{times}」"));
            row.problem(Code::DoseImpossible, Of::Running, format!("予防接種コード {code} に回数{times}の対応がありません"));
        } else {
            row.problem(Code::CodeUnknown, Of::Code, format!("予防接種コード{}の対応がありません", shown(&code)));
        }
        return None;
    };
    let product = match product(row, codes) {
        Ok(product) => product.or(coded.product),
        Err(()) => return None,
    };
    let outcome = outcome(row, codes)?;
    if birth.and_then(BirthDate::exact).is_some_and(|birth| given_on < birth) {
        row.problem(Code::DoseBeforeBirth, Of::Given, format!("実施日 {given_on} が生年月日より前です"));
    }
    Some(DoseRecord { series: coded.series, dose: coded.dose, product, given_on, outcome, source: Source::Ledger(number) })
}

/// ワクチンコード, else ワクチン略称; `Ok(None)` when neither is filled or the table says that the product makes no difference.
fn product(row: &mut Row<'_, Of>, codes: &Codes) -> Result<Option<kansho_core::ids::Product>, ()> {
    for field in [Of::Vaccine, Of::VaccineName] {
        let before = row.problems.len();
        let Some(text) = row.code(field) else {
            if row.problems.len() > before {
                return Err(());
            }
            continue;
        };
        return codes.product(&text).ok_or_else(|| {
            let message = format!("「{}」{}の対応がありません", row.name(field), shown(&text));
            row.problem(Code::CodeUnknown, field, message);
        });
    }
    Ok(None)
}

/// 結果 and 結果名称, which must not tell different things; both empty = given.
fn outcome(row: &mut Row<'_, Of>, codes: &Codes) -> Option<Outcome> {
    let mut found: Option<Outcome> = None;
    for field in [Of::Result, Of::ResultName] {
        let before = row.problems.len();
        let Some(word) = row.code(field) else {
            if row.problems.len() > before {
                return None;
            }
            continue;
        };
        let Some(outcome) = codes.result(&word) else {
            row.problem(Code::CodeUnknown, field, format!("「{}」{}の対応がありません", row.name(field), shown(&word)));
            return None;
        };
        if found.is_some_and(|other| other != outcome) {
            row.problem(Code::CodeUnknown, field, "結果と結果名称が違うことを言っています".to_owned());
            return None;
        }
        found = Some(outcome);
    }
    Some(found.unwrap_or(Outcome::Given))
}

/// The notice of a row, and the highest number that its 発行no may be.
fn notice(row: &mut Row<'_, Of>, codes: &Codes, number: u32) -> (Option<NoticeRecord>, Option<u64>) {
    const KIND: [Of; 3] = [Of::Kind, Of::KindName, Of::Issue];
    let dated = row.filled(Of::Noticed) && !row.says_no_date(Of::Noticed);
    let other = KIND.into_iter().find(|field| row.filled(*field) && !row.says_no_date(*field));
    if !dated && other.is_none() {
        return (None, None);
    }
    let (issue_number, seen) = issue(row);
    if let (false, Some(other)) = (dated, other) {
        row.problem(Code::DayUnknown, Of::Noticed, format!("「{}」があるのに通知日がありません", row.name(other)));
        return (None, seen);
    }
    let Some(noticed_on) = row.day(Of::Noticed) else { return (None, seen) };
    let kind = row.code(Of::Kind);
    let Some((programme, trigger)) = kind.as_deref().and_then(|k| codes.notice(k)) else {
        let kind = kind.map_or_else(|| "「空」".to_owned(), |kind| shown(&kind));
        row.problem(Code::CodeUnknown, Of::Kind, format!("種類{kind}の対応がありません"));
        return (None, seen);
    };
    (Some(NoticeRecord { programme, trigger, noticed_on, issue_number, source: Source::Ledger(number) }), seen)
}

/// 発行no, and the highest number that its cell may mean: one that is not understood must not make the numbering begin again.
fn issue(row: &mut Row<'_, Of>) -> (Option<u64>, Option<u64>) {
    if row.says_no_date(Of::Issue) {
        return (None, None);
    }
    let Some(text) = row.code(Of::Issue) else { return (None, None) };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let inside = text.starts_with(|c: char| c.is_ascii_digit());
    let kept: String = text.chars().filter(|c| !(inside && matches!(c, '-' | ','))).collect();
    match kept.parse::<u64>() {
        Ok(number) if kept == digits => (Some(number), Some(number)),
        Ok(_) | Err(_) => {
            let message = format!("発行no{}を番号として読めません", shown(&text));
            row.problem(Code::NumberMalformed, Of::Issue, message);
            let float = kept.parse::<f64>().ok().filter(|f| (1.0..1e15).contains(f)).map(f64::ceil);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1e15")]
            let rounded = float.map(|f| f as u64);
            (None, digits.parse::<u64>().ok().filter(|n| *n < 1_000_000_000_000).max(rounded))
        }
    }
}
