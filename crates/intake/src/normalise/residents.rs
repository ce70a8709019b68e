//! 住民 → one entry a row: what the row says of a person; `persons` puts the rows of one person together.

use crate::normalise::codes::{Codes, Movement};
use crate::normalise::columns::{Columns, Header};
use crate::normalise::fields::{Field, ResidentField as Of};
use crate::normalise::guard::Guard;
use crate::normalise::stored::{self, Keeper, Kept, ResidentCopy};
use crate::normalise::understood::Understood;
use crate::normalise::values::{Row, shown};
use crate::normalise::words::{NameFault, Words};
use crate::read::table::Sheet;
use chrono::NaiveDate;
use kansho_chars::unit::is_selector;
use kansho_core::address::Address;
use kansho_core::birth::BirthDate;
use kansho_core::case::{Resident, RowCount};
use kansho_core::diag::{Code, Diagnostic, Report, Severity};
use kansho_core::person::{AddresseeNumber, Digits, PersonName, Sex};
use kansho_core::residency::{Entry, Removal, Residency, Spell};
use std::collections::BTreeMap;

/// Longest name or address that is looked at; the longest on record in a register is below a hundred.
const LONGEST_TEXT: usize = 300;

/// One row.
#[derive(Debug)]
pub(super) struct Line {
    /// 履歴番号; `None` when the row has none, or none that can be read (then the row holds the person).
    pub(super) history: Option<u32>,
    /// 名寄せ先宛名番号
    pub(super) into: Option<AddresseeNumber>,
    /// 異動日: the day from which the row says what is so.
    pub(super) changed: Option<NaiveDate>,
    pub(super) resident: Resident,
    /// Problems that stay with the person when a newer row replaces this one: numbers, 世帯番号, 履歴番号, dates of residence.
    pub(super) lasting: Vec<Diagnostic>,
}

/// What the sheets give.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    pub(super) rows: RowCount,
    /// Rows whose number is blank or malformed.
    pub(super) unnamed: usize,
    /// 抽出日 of every row that has one: day → first row.
    pub(super) snapshots: BTreeMap<NaiveDate, u32>,
}

/// What a sheet is read with.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) columns: &'a Columns<Of>,
    pub(super) words: &'a Words,
    pub(super) codes: &'a Codes,
    pub(super) digits: Digits,
    pub(super) percent: f64,
}

/// Reads one sheet row by row into `found`.
pub(super) fn read(
    sheet: &Sheet,
    header: &Header<Of>,
    reading: Reading<'_>,
    found: &mut Lines,
    keeper: &mut dyn Keeper,
    report: &mut Report,
) {
    let mut guard = Guard::new(header);
    let mut understood = Understood::new(sheet);
    let mut told: Vec<(Option<Of>, Diagnostic)> = Vec::new();
    sheet.walk(header.row, report, &mut |number, cells, _| {
        if number <= header.row {
            return true;
        }
        let mut row = Row::new(cells, header, reading.columns, reading.words, sheet.origin.row(number));
        if row.blank() {
            return true;
        }
        guard.look(cells);
        found.rows.rows += 1;
        let extracted = row.day(Of::Snapshot);
        if let Some(day) = extracted {
            found.snapshots.entry(day).or_insert(number);
        }
        let line = line(&mut row, reading, extracted);
        understood.look(&row);
        keeper.resident(&copy(&row, line.as_ref(), &stored::copied(&row)));
        let place = |problem: &Diagnostic| Of::ALL.iter().copied().find(|f| problem.origin.as_ref() == Some(&row.place(*f)));
        match line {
            Some(mut line) => {
                told.extend(line.resident.problems.iter().map(|problem| (place(problem), problem.clone())));
                // A note or an alert is told; only what holds the person stays with them.
                line.resident.problems.retain(|problem| problem.severity <= Severity::Held);
                line.lasting.retain(|problem| problem.severity <= Severity::Held);
                found.lines.push(line);
            }
            None => {
                found.rows.refused += 1;
                found.unnamed += 1;
                told.extend(row.problems.iter().map(|problem| (place(problem), problem.clone().so("この行は使いません"))));
            }
        }
        true
    });
    guard.report(sheet, report);
    let refused = understood.close(reading.columns, sheet, reading.percent, report);
    for (field, problem) in told {
        let of_refused = field.is_some_and(|f| refused[f.index()]) && problem.code.not_understood();
        if !of_refused {
            report.push(problem);
        }
    }
}

/// A row as a register keeps it.
fn copy<'a>(row: &'a Row<'_, Of>, line: Option<&'a Line>, cells: &'a [Kept<'a>]) -> ResidentCopy<'a> {
    let resident = line.map(|line| &line.resident);
    ResidentCopy {
        number: resident.and_then(|resident| resident.number.as_ref()),
        addressee: resident.and_then(|resident| resident.addressee.as_ref()),
        history: line.and_then(|line| line.history),
        household: resident.and_then(|resident| resident.household.as_ref()),
        birth: resident.map(|resident| &resident.birth),
        sex: resident.map_or(Sex::Unknown, |resident| resident.sex),
        cells,
        origin: &row.origin,
        refused: if line.is_none() { &row.problems } else { &[] },
        held: resident.is_some_and(|resident| resident.problems.iter().any(|problem| problem.severity == Severity::Held)),
    }
}

fn line(row: &mut Row<'_, Of>, reading: Reading<'_>, extracted: Option<NaiveDate>) -> Option<Line> {
    let number = row.person(Of::Number, reading.digits.person);
    let addressee = row.addressee(Of::Addressee, reading.digits.addressee);
    if number.is_none() && addressee.is_none() {
        if row.problems.is_empty() {
            row.problem(Code::CellEmpty, Of::Number, "予防接種番号も宛名番号もないため、だれの行か分かりません".to_owned());
        }
        return None;
    }
    let into = row.addressee(Of::MergedInto, reading.digits.addressee);
    let household = row.household(Of::Household, reading.digits.household);
    let guardian = row.addressee(Of::Guardian, reading.digits.addressee);
    let changed = row.end_day(Of::Changed);
    let history = row.count(Of::HistoryNumber);
    let name = name(row);
    let birth = birth(row);
    let sex = sex(row, Of::Sex);
    let address = address(row);
    let residency = residency(row, &birth, reading.codes);
    // Where somebody who is gone lives now, and what is written beside the name, concerns nobody's letter.
    let past = |day: NaiveDate| extracted.is_some_and(|extracted| day <= extracted);
    let gone = residency.died_on.is_some_and(past)
        || residency.spells.first().and_then(|spell| spell.removed).is_some_and(|(on, _)| past(on));
    if gone {
        row.problems.retain(|problem| !matches!(problem.code, Code::AddressNowhere | Code::NameDoubtful));
    }
    let origin = row.origin.clone();
    let mut resident = Resident {
        number,
        addressee,
        household,
        households: Vec::new(),
        guardian,
        name,
        birth,
        sex,
        address,
        residency,
        other_keys: Vec::new(),
        origin,
        problems: Vec::new(),
    };
    let who = resident.label();
    let lasts = [
        Of::Number,
        Of::Addressee,
        Of::MergedInto,
        Of::Household,
        Of::HistoryNumber,
        Of::Since,
        Of::Changed,
        Of::Removed,
        Of::Reason,
        Of::Died,
        Of::Birth,
    ];
    let lasting_places: Vec<_> = lasts.iter().map(|field| row.place(*field)).collect();
    let mut lasting = Vec::new();
    for problem in std::mem::take(&mut row.problems) {
        let held = problem.severity == Severity::Held;
        let problem = problem.of(who.clone());
        let problem = if held { problem.so("この人を保留にしました") } else { problem };
        if problem.origin.as_ref().is_some_and(|place| lasting_places.contains(place)) {
            lasting.push(problem.clone());
        }
        resident.problems.push(problem);
    }
    Some(Line { history, into, changed, resident, lasting })
}

fn name(row: &mut Row<'_, Of>) -> PersonName {
    let registered = needed(row, Of::Name);
    let (kana, alias) = (row.optional(Of::Kana), row.optional(Of::Alias));
    for (field, text) in [(Of::Name, Some(&registered)), (Of::Kana, kana.as_ref()), (Of::Alias, alias.as_ref())] {
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        let name = row.name(field);
        if text.chars().count() > LONGEST_TEXT || marks_in_a_row(text) {
            row.problem(Code::TextTooLong, field, format!("「{name}」が長すぎるか、重ねた記号が多すぎます"));
        }
        match row.words.name_fault(text) {
            None => {}
            Some(NameFault::Nothing) => {
                let message = format!("「{name}」が名前ではなく、値がないことを表す言葉か記号です");
                row.problem(Code::NameNothing, field, message);
            }
            Some(NameFault::Lost(trace)) => {
                row.problem(Code::NameLost, field, format!("「{name}」に失われた文字の跡「{trace}」があります"));
            }
            Some(NameFault::Doubtful(word)) => {
                row.problem(Code::NameDoubtful, field, format!("「{name}」に「{word}」があります"));
            }
        }
    }
    PersonName { registered, kana, alias }
}

/// A text that nobody is without; what cannot be read is told by its cell.
fn needed(row: &mut Row<'_, Of>, field: Of) -> String {
    let before = row.problems.len();
    let text = row.text(field);
    if text.is_none() && row.problems.len() == before {
        row.problem(Code::CellEmpty, field, format!("{}がありません", row.name(field)));
    }
    text.unwrap_or_default()
}

/// More marks on one letter than any writing has (variation selectors and kana marks are one).
fn marks_in_a_row(text: &str) -> bool {
    const MOST: usize = 4;
    let mut run = 0;
    text.chars().any(|c| {
        let mark = is_selector(c) || matches!(c, '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}');
        run = if mark { run + 1 } else { 0 };
        run > MOST
    })
}

fn address(row: &mut Row<'_, Of>) -> Address {
    let postal_code = row.postal(Of::Postal);
    for field in [Of::Address, Of::Town, Of::Block, Of::Building] {
        row.undivided(field);
    }
    let (line, block, field) = line_and_block(row);
    if !line.is_empty() {
        deliverable(row, field, &line);
    }
    Address { postal_code, line, block, building: row.optional(Of::Building), ward: row.optional(Of::Ward) }
}

/// 住所 and, where the register keeps it apart, the 番地号表記 at its end: from the one column, else from the standard's four.
fn line_and_block(row: &mut Row<'_, Of>) -> (String, Option<String>, Of) {
    let block = row.optional(Of::Block);
    if row.filled(Of::Address) || !row.filled(Of::City) {
        let line = needed(row, Of::Address);
        let block = block.filter(|block| line.ends_with(block.as_str()));
        return (line, block, Of::Address);
    }
    let (prefecture, city, town) = (row.optional(Of::Prefecture), row.text(Of::City), row.optional(Of::Town));
    let parts = [prefecture, city, town, block.clone()];
    (parts.into_iter().flatten().collect(), block, Of::City)
}

/// Holds whoever lives where nobody can deliver.
pub(super) fn deliverable<F: Field>(row: &mut Row<'_, F>, field: F, line: &str) {
    if line.chars().count() > LONGEST_TEXT {
        row.problem(Code::TextTooLong, field, format!("「{}」が長すぎます", row.name(field)));
    } else if row.words.is_nowhere(line) {
        row.problem(Code::AddressNowhere, field, format!("「{}」に町名と番地がなく、郵便が届きません", row.name(field)));
    }
}

fn birth(row: &mut Row<'_, Of>) -> BirthDate {
    let uncertain = row.flag(Of::BirthUncertain).unwrap_or(true);
    let words = row.optional(Of::BirthText);
    if uncertain || words.is_some() {
        let text = words.or_else(|| row.text(Of::Birth)).unwrap_or_else(|| "不詳".to_owned());
        return BirthDate::Uncertain { text };
    }
    if !row.filled(Of::Birth) {
        row.problem(Code::CellEmpty, Of::Birth, "生年月日がありません".to_owned());
        return BirthDate::Uncertain { text: "記載なし".to_owned() };
    }
    let before = (row.problems.len(), row.misread.len());
    match row.day(Of::Birth) {
        Some(day) => BirthDate::Exact(day),
        None => {
            let told = row.problems.len();
            let text = row.text(Of::Birth).unwrap_or_default();
            row.problems.truncate(told);
            if row.words.is_uncertain(&text) {
                row.problems.truncate(before.0);
                row.misread.truncate(before.1);
            }
            BirthDate::Uncertain { text }
        }
    }
}

/// 性別: an empty cell is unknown, a word that is in no list holds.
pub(super) fn sex<F: Field>(row: &mut Row<'_, F>, field: F) -> Sex {
    let Some(text) = row.code(field) else { return Sex::Unknown };
    row.words.sex(&text).unwrap_or_else(|| {
        let message = format!("性別{}を知りません（0 不明、1 男、2 女）", shown(&text));
        let hint = "市の言葉なら layouts/words.toml の [sex] に加えます".to_owned();
        row.problem_with(Code::WordUnknown, field, message, Some(hint));
        Sex::Unknown
    })
}

fn residency(row: &mut Row<'_, Of>, birth: &BirthDate, codes: &Codes) -> Residency {
    let before = row.problems.len();
    let since = row.day(Of::Since);
    let since_told = row.problems.len() > before;
    let (removed, leaving) = (row.end_day(Of::Removed), row.end_day(Of::Leaving));
    let died_on = row.end_day(Of::Died);
    let movement = row.text(Of::Reason).and_then(|word| {
        let known = codes.movement(&word);
        if known.is_none() {
            let nearest = codes.nearest_movement(&word).map_or_else(String::new, |near| format!("（近い言葉: {near}）"));
            row.problem(Code::CodeUnknown, Of::Reason, format!("異動事由{}の対応がありません{nearest}", shown(&word)));
        }
        known
    });
    let sound = contradictions(row, birth, movement, (since, removed, died_on));
    let Some(since) = since.filter(|_| sound) else {
        if sound && !since_told {
            row.problem(Code::CellEmpty, Of::Since, "住民となった日がありません".to_owned());
        }
        return Residency { spells: Vec::new(), leaving_on: leaving, died_on };
    };
    let entry = match movement {
        Some(Movement::In(entry)) => entry,
        Some(Movement::Out(_) | Movement::RemovalCancelled | Movement::Neutral) | None if birth.exact() == Some(since) => {
            Entry::Birth
        }
        Some(Movement::Out(_) | Movement::RemovalCancelled | Movement::Neutral) | None => Entry::Other,
    };
    let why = match movement {
        Some(Movement::Out(why)) => why,
        Some(Movement::In(_) | Movement::RemovalCancelled | Movement::Neutral) | None if died_on.is_some() => Removal::Died,
        Some(Movement::In(_) | Movement::RemovalCancelled | Movement::Neutral) | None
            if leaving.is_some() && leaving == removed =>
        {
            Removal::MovedOut
        }
        Some(Movement::In(_) | Movement::RemovalCancelled | Movement::Neutral) | None => Removal::Other,
    };
    let spell = Spell { since, entry, removed: removed.map(|day| (day, why)) };
    // A cancelled departure leaves its 転出予定日 behind; the person is a resident.
    let cancelled = movement == Some(Movement::RemovalCancelled);
    Residency { spells: vec![spell], leaving_on: leaving.filter(|_| !cancelled), died_on }
}

/// 異動事由 and the dates must tell the same; `false` when they do not, so that nobody can say whether this is a resident.
fn contradictions(
    row: &mut Row<'_, Of>,
    birth: &BirthDate,
    movement: Option<Movement>,
    (since, removed, died): (Option<NaiveDate>, Option<NaiveDate>, Option<NaiveDate>),
) -> bool {
    let before = row.problems.len();
    if let (Some(since), Some(removed)) = (since, removed)
        && removed < since
    {
        row.problem(Code::DateOrder, Of::Removed, format!("消除日 {removed} が住民となった日より前です"));
    }
    if let (Some(birth), Some(since)) = (birth.exact(), since)
        && birth > since
    {
        row.problem(Code::DateOrder, Of::Since, "住民となった日が生年月日より前です".to_owned());
    }
    if let (Some(birth), Some(died)) = (birth.exact(), died)
        && died < birth
    {
        row.problem(Code::DateOrder, Of::Died, "死亡日が生年月日より前です".to_owned());
    }
    match movement {
        Some(Movement::Out(_)) if removed.is_none() => {
            let message = "異動事由では住民でなくなっていますが、消除日がありません".to_owned();
            row.problem(Code::ReasonContradicts, Of::Removed, message);
        }
        Some(Movement::In(_)) if removed.is_some() => {
            let message = "異動事由では住民になっていますが、消除日があります".to_owned();
            row.problem(Code::ReasonContradicts, Of::Removed, message);
        }
        Some(Movement::RemovalCancelled) if removed.is_some() || died.is_some() => {
            let message = "異動の取消しなのに消除日か死亡日が残っています".to_owned();
            row.problem(Code::ReasonContradicts, Of::Removed, message);
        }
        Some(Movement::In(_) | Movement::Out(_) | Movement::RemovalCancelled | Movement::Neutral) | None => {}
    }
    row.problems.len() == before
}
