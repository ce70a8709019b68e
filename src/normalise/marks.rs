//! The optional sheets 送付先, 支援措置, 発送停止, 罹患, 免除, 特例, 妊娠 → marks.

use crate::diag::{Code, Report};
use crate::domain::address::{Address, Destination};
use crate::domain::case::{Mark, MarkKind, PersonKey};
use crate::domain::person::{AddresseeNumber, PersonNumber};
use crate::domain::symbol::Symbol;
use crate::normalise::columns::{Columns, Header};
use crate::normalise::residents;
use crate::normalise::values::Row;
use crate::read::table::Sheet;

/// Reads one mark sheet. A row that cannot be read is an error of the run: a lost mark would mean a wrong letter.
pub(super) fn read(sheet: &Sheet, header: &Header, columns: &Columns, kind: &str, marks: &mut Vec<Mark>, report: &mut Report) {
    sheet.walk(header.row, report, &mut |number, cells, report| {
        if number <= header.row {
            return true;
        }
        let mut row = Row { cells, header, columns, origin: sheet.origin.at(number, 0), problems: Vec::new() };
        if row.blank() {
            return true;
        }
        let mark = mark(&mut row, kind);
        for mut problem in row.problems {
            if problem.code != Code::CharacterRemoved && problem.code != Code::DateEra {
                problem.severity = crate::diag::Severity::Error;
            }
            report.push(problem.hint("この行は送付の可否に関わるため、直してから実行してください"));
        }
        marks.extend(mark);
        true
    });
}

fn mark(row: &mut Row<'_>, kind: &str) -> Option<Mark> {
    let person = row.code("number", 10).and_then(|n| PersonNumber::new(&n)).map(PersonKey::Number);
    let key = person.or_else(|| row.code("addressee", 10).and_then(|n| AddresseeNumber::new(&n)).map(PersonKey::Addressee));
    let Some(key) = key else {
        row.problem(Code::CellEmpty, "number", "予防接種番号も宛名番号もないため、だれの行か分かりません".to_owned());
        return None;
    };
    let from = row.day("from");
    let until = row.day("until");
    let reason = row.text("reason");
    let class = row.text("class");
    let words = || [class.clone(), reason.clone()].into_iter().flatten().collect::<Vec<_>>().join("・");
    let kind = match kind {
        "destination" => destination(row, reason.clone(), from, until)?,
        "protection" => MarkKind::Protection,
        "mail_stop" if class.as_deref() == Some("返戻") => MarkKind::Returned(words()),
        "mail_stop" => MarkKind::MailStop(words()),
        "disease" if class.as_deref() == Some("禁忌") || class.as_deref() == Some("接種不適当") => {
            let series = row.text("series").map(|s| Symbol::new(&s));
            let why = row.text("disease").or(reason).unwrap_or_else(|| "接種不適当".to_owned());
            MarkKind::Contraindicated(series, why)
        }
        "disease" => match row.text("disease") {
            Some(disease) => MarkKind::HadDisease(disease),
            None => {
                row.problem(Code::CellEmpty, "disease", "疾病がありません".to_owned());
                return None;
            }
        },
        "fee_exempt" => MarkKind::FeeExempt(words()),
        "exception" => {
            let series = row.text("series").map(|s| Symbol::new(&s));
            match class.as_deref() {
                Some("供給不足") => MarkKind::Shortage(series),
                Some("障害") => MarkKind::Disability(words()),
                Some(_) | None => MarkKind::Exception(series),
            }
        }
        "pregnancy" => match row.day("edd") {
            Some(day) => MarkKind::Pregnancy(day),
            None => {
                row.problem(Code::CellEmpty, "edd", "出産予定日がありません".to_owned());
                return None;
            }
        },
        _ => return None,
    };
    Some(Mark { key, kind, from, until, origin: row.origin.clone() })
}

/// 送付先: owner, reason and term are required (CK16).
fn destination(
    row: &mut Row<'_>,
    reason: Option<String>,
    from: Option<chrono::NaiveDate>,
    until: Option<chrono::NaiveDate>,
) -> Option<MarkKind> {
    let postal_code = residents::postal(row, "postal");
    let line = row.text("address");
    if postal_code.is_none() && row.problems.is_empty() {
        row.problem(Code::CellEmpty, "postal", "送付先の郵便番号がありません".to_owned());
    }
    let (Some(line), Some(from), Some(reason)) = (line, from, reason) else {
        row.problem(Code::CellEmpty, "address", "送付先には住所・理由・開始日が必要です".to_owned());
        return None;
    };
    let address = Address { postal_code, line, building: row.text("building"), ward: None };
    Some(MarkKind::Destination(Destination { address, addressee: row.text("addressee_name"), reason, from, until }))
}
