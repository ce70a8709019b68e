//! The mark sheets 送付先, 支援措置, 発送停止, 罹患, 免除, 特例, 妊娠, 名寄せ → rows. What is not understood holds the person whose row
//! it is; `join` refuses a row in force that is nobody's.

use crate::normalise::columns::{Columns, Header};
use crate::normalise::dates::{self, Read};
use crate::normalise::fields::MarkField as Of;
use crate::normalise::guard::Guard;
use crate::normalise::persons::Merges;
use crate::normalise::residents;
use crate::normalise::stored::{self, Keeper, MarkCopy};
use crate::normalise::understood::Understood;
use crate::normalise::values::Row;
use crate::normalise::words::{DiseaseClass, ExceptionClass, Words};
use crate::read::table::Sheet;
use chrono::NaiveDate;
use kansho_core::address::{Address, Destination};
use kansho_core::case::{Mark, MarkKind, MarkRow, MarkSheet, PersonKey};
use kansho_core::decision::Reason;
use kansho_core::diag::{Code, Diagnostic, Report, Severity};
use kansho_core::ids::SeriesId;
use kansho_core::person::Digits;

/// What the mark sheets are read with.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) columns: &'a Columns<Of>,
    pub(super) words: &'a Words,
    pub(super) digits: Digits,
    pub(super) percent: f64,
}

/// Reads one sheet into `found`; gives the number of its rows.
pub(super) fn read(
    sheet: &Sheet,
    header: &Header<Of>,
    kind: MarkSheet,
    reading: Reading<'_>,
    (found, merges): (&mut Vec<MarkRow>, &mut Merges),
    keeper: &mut dyn Keeper,
    report: &mut Report,
) -> usize {
    let mut rows = 0;
    let mut guard = Guard::new(header);
    let mut understood = Understood::new(sheet);
    sheet.walk(header.row, report, &mut |number, cells, report| {
        if number <= header.row {
            return true;
        }
        let mut row = Row::new(cells, header, reading.columns, reading.words, sheet.origin.row(number));
        if row.blank() {
            return true;
        }
        guard.look(cells);
        if rows == 0 {
            missing_columns(sheet, header, kind, reading.columns, report);
        }
        rows += 1;
        let mark = mark_row(&mut row, kind, reading, merges);
        understood.look(&row);
        keeper.mark(&MarkCopy { sheet: kind, keys: &mark.keys, cells: &stored::copied(&row), origin: &mark.origin });
        for problem in mark.problems.iter().filter(|p| p.severity != Severity::Held) {
            report.push(problem.clone());
        }
        found.push(mark);
        true
    });
    guard.report(sheet, report);
    let _ = understood.close(reading.columns, sheet, reading.percent, report);
    rows
}

/// A sheet without the column that says what its rows mean would lose them all.
fn missing_columns(sheet: &Sheet, header: &Header<Of>, kind: MarkSheet, columns: &Columns<Of>, report: &mut Report) {
    let wanted: &[Of] = match kind {
        MarkSheet::Destination => &[Of::Postal, Of::Address, Of::Reason, Of::From],
        MarkSheet::Disease => &[Of::Disease],
        MarkSheet::Exception => &[Of::From, Of::Until],
        MarkSheet::Pregnancy => &[Of::Edd],
        MarkSheet::Protection | MarkSheet::MailStop | MarkSheet::FeeExempt | MarkSheet::Merge => &[],
    };
    // A heading of no column may be the one that says what the rows mean.
    let meaning: &[Of] = match kind {
        MarkSheet::Disease => &[Of::Class, Of::Series, Of::Disease],
        MarkSheet::Exception => &[Of::Class, Of::Series, Of::From, Of::Until],
        MarkSheet::MailStop => &[Of::Class, Of::From, Of::Until],
        MarkSheet::Destination => &[Of::Building, Of::AddresseeName, Of::Until],
        MarkSheet::Protection | MarkSheet::FeeExempt | MarkSheet::Pregnancy | MarkSheet::Merge => &[],
    };
    let lacking: Vec<&str> =
        meaning.iter().filter(|field| header.place(**field).is_none()).map(|field| columns.name(*field)).collect();
    for (text, origin) in header.unknown.iter().filter(|_| !lacking.is_empty()) {
        let message = format!("「{}」のシートの列「{text}」が分かりません。{} のことですか", kind.word(), lacking.join("・"));
        let hint =
            "正しい見出しに直すか、使わない列なら除いてください（layouts/columns/marks.toml の ignored に加えても構いません）";
        report.push(Diagnostic::new(Code::HeadingNear, message).at(origin).hint(hint));
    }
    for field in wanted.iter().filter(|field| header.place(**field).is_none()) {
        let message = format!("「{}」の列がありません", columns.name(*field));
        report.push(Diagnostic::new(Code::ColumnMissing, message).at(&sheet.origin.row(header.row)));
    }
}

fn mark_row(row: &mut Row<'_, Of>, sheet: MarkSheet, reading: Reading<'_>, merges: &mut Merges) -> MarkRow {
    let number = row.person(Of::Number, reading.digits.person);
    let addressee = row.addressee(Of::Addressee, reading.digits.addressee);
    if sheet == MarkSheet::Merge {
        let (into_number, into) =
            (row.person(Of::IntoNumber, reading.digits.person), row.addressee(Of::IntoAddressee, reading.digits.addressee));
        if let (Some(old), Some(new)) = (&number, into_number.as_ref()) {
            merges.number(old.clone(), new.clone(), &row.origin);
        }
        if let (Some(old), Some(new)) = (&addressee, into.as_ref()) {
            merges.addressee(old.clone(), new.clone(), &row.origin);
        }
        if !(number.is_some() && into_number.is_some() || addressee.is_some() && into.is_some()) {
            let message = "名寄せには、番号と名寄せ先の番号が要ります".to_owned();
            row.problem(Code::MarkIncomplete, Of::IntoAddressee, message);
        }
    }
    let confirmed = confirmed(row);
    let (from, until) = (row.end_day(Of::From), row.end_day(Of::Until));
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        row.problem(Code::DateOrder, Of::Until, format!("終了日 {until} が開始日 {from} より前です"));
    }
    let mark = |kind: MarkKind, row: &Row<'_, Of>| Mark { kind, from, until, origin: row.origin.clone() };
    let marks = kinds(row, sheet, (from, until)).into_iter().map(|kind| mark(kind, row)).collect();
    let keys: Vec<PersonKey> = number.map(PersonKey::Number).into_iter().chain(addressee.map(PersonKey::Addressee)).collect();
    let who = keys.first().map(ToString::to_string);
    let problems = std::mem::take(&mut row.problems).into_iter().map(|problem| match &who {
        Some(who) => problem.of(who.clone()),
        None => problem,
    });
    MarkRow { sheet, keys, marks, term: (from, until), confirmed, origin: row.origin.clone(), problems: problems.collect() }
}

/// 確認: 「転出済 2026-10-01」. A word without its date confirms nothing.
fn confirmed(row: &mut Row<'_, Of>) -> bool {
    let Some(text) = row.text(Of::Confirmed) else { return false };
    let dated = row.words.confirmed(&text).map(dates::read);
    match dated {
        Some(Read::Day(_) | Read::BeyondEra(_)) => true,
        Some(Read::NotReal | Read::TwoDigitYear | Read::Unreadable) | None => {
            let message =
                "「確認」は、転出済・死亡・他市のどれかに日付を添えて書いてください（例: 転出済 2026-10-01）".to_owned();
            row.problem(Code::WordUnknown, Of::Confirmed, message);
            false
        }
    }
}

fn kinds(row: &mut Row<'_, Of>, sheet: MarkSheet, term: (Option<NaiveDate>, Option<NaiveDate>)) -> Vec<MarkKind> {
    let one = |kind: Option<MarkKind>| kind.into_iter().collect();
    match sheet {
        MarkSheet::Destination => one(destination(row, term)),
        MarkSheet::Protection => vec![MarkKind::Protection],
        MarkSheet::MailStop => {
            let class = row.optional(Of::Class);
            let returned = class.as_deref().is_some_and(|class| row.words.is_returned(class));
            let words = words(row, class);
            one(Some(if returned { MarkKind::Returned(words) } else { MarkKind::MailStop(words) }))
        }
        MarkSheet::Disease => disease(row),
        MarkSheet::FeeExempt => {
            let class = row.optional(Of::Class);
            vec![MarkKind::FeeExempt(words(row, class))]
        }
        MarkSheet::Exception => exception(row, term),
        MarkSheet::Pregnancy => {
            let before = row.problems.len();
            let day = row.day(Of::Edd);
            if day.is_none() && row.problems.len() == before {
                row.problem(Code::MarkIncomplete, Of::Edd, "出産予定日がありません".to_owned());
            }
            one(day.map(MarkKind::Pregnancy))
        }
        MarkSheet::Merge => Vec::new(),
    }
}

/// 区分 and 理由 as the office writes them.
fn words(row: &mut Row<'_, Of>, class: Option<String>) -> String {
    [class, row.optional(Of::Reason)].into_iter().flatten().collect::<Vec<_>>().join("・")
}

/// 罹患, or 禁忌 for the series that the word means (an empty cell: for every series).
fn disease(row: &mut Row<'_, Of>) -> Vec<MarkKind> {
    let class = match row.text(Of::Class) {
        None => DiseaseClass::Had,
        Some(text) => match row.words.disease_class(&text) {
            Some(class) => class,
            None => {
                let message = "区分が罹患か禁忌（接種不適当）か分かりません".to_owned();
                let hint = "罹患か禁忌と書くか、市の言葉を layouts/words.toml の [class.disease] に加えてください".to_owned();
                row.problem_with(Code::WordUnknown, Of::Class, message, Some(hint));
                return Vec::new();
            }
        },
    };
    match class {
        DiseaseClass::Contraindicated => {
            let Some(series) = series(row) else { return Vec::new() };
            let why = row
                .text(Of::Disease)
                .or_else(|| row.text(Of::Reason))
                .unwrap_or_else(|| Reason::Contraindicated.word().to_owned());
            series.into_iter().map(|only| MarkKind::Contraindicated(only, why.clone())).collect()
        }
        DiseaseClass::Had => {
            let Some(text) = row.text(Of::Disease) else {
                row.problem(Code::MarkIncomplete, Of::Disease, "疾病がありません".to_owned());
                return Vec::new();
            };
            // A cell may name several diseases.
            let mut found = Vec::new();
            for name in text.split(['、', ',', '，', '/', '／', '\n']).map(str::trim).filter(|name| !name.is_empty()) {
                match row.words.disease(name) {
                    Some(disease) => found.push(MarkKind::HadDisease(disease.to_owned())),
                    None => {
                        let near =
                            row.words.nearest_disease(name).map_or_else(String::new, |near| format!("（近い言葉: {near}）"));
                        let hint = "正しい病名に直すか、市の言葉を layouts/words.toml の [disease] に加えてください".to_owned();
                        row.problem_with(Code::WordUnknown, Of::Disease, format!("疾病が分かりません{near}"), Some(hint));
                        return Vec::new();
                    }
                }
            }
            found
        }
    }
}

/// 特例: 長期療養特例 with both of its days, 供給不足, 障害.
fn exception(row: &mut Row<'_, Of>, term: (Option<NaiveDate>, Option<NaiveDate>)) -> Vec<MarkKind> {
    let text = row.text(Of::Class);
    let class = match &text {
        None => ExceptionClass::Exception,
        Some(text) => match row.words.exception_class(text) {
            Some(class) => class,
            None => {
                let message = "区分が長期療養特例・供給不足・障害のどれか分かりません".to_owned();
                let hint = "正しい区分に直すか、市の言葉を layouts/words.toml の [class.exception] に加えてください".to_owned();
                row.problem_with(Code::WordUnknown, Of::Class, message, Some(hint));
                return Vec::new();
            }
        },
    };
    if let ExceptionClass::Disability(kind) = class {
        return vec![MarkKind::Disability(kind, words(row, text))];
    }
    let Some(series) = series(row) else { return Vec::new() };
    if class == ExceptionClass::Shortage {
        return series.into_iter().map(MarkKind::Shortage).collect();
    }
    if term.0.is_none() {
        row.problem(Code::MarkIncomplete, Of::From, "長期療養特例には開始日が要ります".to_owned());
        return Vec::new();
    }
    if term.1.is_none() && !row.misread.contains(&Of::Until) {
        row.problem(Code::ExceptionOpen, Of::Until, "長期療養特例に終了日がありません".to_owned());
    }
    series.into_iter().map(MarkKind::Exception).collect()
}

/// 系列: `None` within = every series (an empty cell); `None` = not understood.
fn series(row: &mut Row<'_, Of>) -> Option<Vec<Option<SeriesId>>> {
    let before = row.problems.len();
    let Some(text) = row.text(Of::Series) else { return (row.problems.len() == before).then(|| vec![None]) };
    let mut found = Vec::new();
    // 「麻しん・風しん」 is one name: the whole is asked before its parts.
    let whole = row.words.series(&text).is_some();
    let parts: Vec<&str> =
        if whole { vec![&text] } else { text.split(['、', ',', '，', '/', '／', '\n']).map(str::trim).collect() };
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        match row.words.series(part) {
            Some(series) => found.extend(series.iter().copied().map(Some)),
            None => {
                let near = row.words.nearest_series(part).map_or_else(String::new, |near| format!("（近い言葉: {near}）"));
                let hint = "正しい系列に直すか、市の言葉を layouts/words.toml の [series] に加えてください".to_owned();
                row.problem_with(Code::WordUnknown, Of::Series, format!("系列が分かりません{near}"), Some(hint));
                return None;
            }
        }
    }
    Some(found)
}

/// 送付先: owner, reason and term are required (CK16).
fn destination(row: &mut Row<'_, Of>, (from, until): (Option<NaiveDate>, Option<NaiveDate>)) -> Option<MarkKind> {
    let before = row.problems.len();
    let postal_code = row.postal(Of::Postal);
    if postal_code.is_none() && row.problems.len() == before {
        row.problem(Code::MarkIncomplete, Of::Postal, "送付先の郵便番号がありません".to_owned());
    }
    row.undivided(Of::Address);
    row.undivided(Of::Building);
    let (line, reason) = (row.text(Of::Address), row.text(Of::Reason));
    for (field, missing) in [(Of::Address, line.is_none()), (Of::Reason, reason.is_none()), (Of::From, from.is_none())] {
        if missing {
            let message = format!("送付先には「{}」が要ります", row.name(field));
            row.problem(Code::MarkIncomplete, field, message);
        }
    }
    let (line, from, reason) = (line?, from?, reason?);
    residents::deliverable(row, Of::Address, &line);
    let address = Address { postal_code, line, block: None, building: row.optional(Of::Building), ward: None };
    let addressee = row.text(Of::AddresseeName);
    if let Some(name) = &addressee
        && row.words.name_fault(name).is_some()
    {
        row.problem(Code::NameNothing, Of::AddresseeName, "送付先氏名が名前ではありません".to_owned());
    }
    Some(MarkKind::Destination(Destination { address, addressee, reason, from, until }))
}
