//! One row's cells → texts, numbers, flags, days. Every finding names the cell; what is not understood is never "no" or "none".

use crate::normalise::columns::{Columns, Header};
use crate::normalise::dates::{self, Read};
use crate::normalise::fields::Field;
use crate::normalise::words::Words;
use crate::read::Cell;
use crate::read::moment::without_midnight;
use chrono::{Datelike, NaiveDate};
use kansho_chars::matching::{hides_between_digits, narrow};
use kansho_chars::unit::is_invisible;
use kansho_core::address::PostalCode;
use kansho_core::calendar;
use kansho_core::diag::{Code, Diagnostic};
use kansho_core::origin::Origin;
use kansho_core::person::{AddresseeNumber, HouseholdNumber, PersonNumber};

/// One row with its header.
pub(super) struct Row<'a, F: Field> {
    pub(super) cells: &'a [Cell],
    pub(super) header: &'a Header<F>,
    pub(super) columns: &'a Columns<F>,
    pub(super) words: &'a Words,
    pub(super) origin: Origin,
    /// What was found in this row.
    pub(super) problems: Vec<Diagnostic>,
    /// Fields whose cell is not understood.
    pub(super) misread: Vec<F>,
    /// Fields whose cell holds a word for an empty cell.
    pub(super) emptied: Vec<F>,
}

impl<'a, F: Field> Row<'a, F> {
    pub(super) fn new(
        cells: &'a [Cell],
        header: &'a Header<F>,
        columns: &'a Columns<F>,
        words: &'a Words,
        origin: Origin,
    ) -> Self {
        Self { cells, header, columns, words, origin, problems: Vec::new(), misread: Vec::new(), emptied: Vec::new() }
    }

    /// The place of a field's cell.
    pub(super) fn place(&self, field: F) -> Origin {
        let column = self.header.place(field).map(|place| u32::try_from(place + 1).unwrap_or(u32::MAX));
        column.map_or_else(|| self.origin.clone(), |column| self.origin.column(column))
    }

    pub(super) fn name(&self, field: F) -> &'a str {
        self.columns.name(field)
    }

    pub(super) fn cell(&self, field: F) -> &'a Cell {
        self.header.place(field).and_then(|place| self.cells.get(place)).unwrap_or(&Cell::Empty)
    }

    /// Adds a finding at a field's cell.
    pub(super) fn problem(&mut self, code: Code, field: F, message: String) {
        if code.not_understood() {
            self.misread.push(field);
        }
        let diagnostic = Diagnostic::new(code, message).at(&self.place(field));
        self.problems.push(diagnostic);
    }

    /// Adds a finding with a remedy of its own.
    pub(super) fn problem_with(&mut self, code: Code, field: F, message: String, hint: Option<String>) {
        self.problem(code, field, message);
        if let (Some(hint), Some(problem)) = (hint, self.problems.last_mut()) {
            problem.hint = Some(hint);
        }
    }

    /// True when every cell is empty.
    pub(super) fn blank(&self) -> bool {
        self.cells.iter().all(is_blank)
    }

    /// True when the cell is not empty.
    pub(super) fn filled(&self, field: F) -> bool {
        !is_blank(self.cell(field))
    }

    /// Text, kept as it is but for blanks at both ends; invisible characters are removed and listed, controls hold.
    pub(super) fn text(&mut self, field: F) -> Option<String> {
        let name = self.name(field);
        let text = match self.cell(field) {
            Cell::Empty => return None,
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => plain(*number),
            Cell::Date(_) => {
                let message = format!("「{name}」が日付になっています（表計算ソフトが書き換えた可能性があります）");
                self.problem(Code::CellUnreadable, field, message);
                return None;
            }
            Cell::Bad(what) => {
                let message = format!("「{name}」を読めません（{what}）");
                self.problem(Code::CellUnreadable, field, message);
                return None;
            }
        };
        let kept: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        if kept != text {
            let points: Vec<String> =
                text.chars().filter(|c| is_invisible(*c)).map(|c| format!("U+{:04X}", u32::from(c))).collect();
            let message = format!("「{name}」から見えない文字 {} を取り除きました", points.join(" "));
            self.problem(Code::CharacterRemoved, field, message);
        }
        let kept = kept.trim_matches(|c: char| c == ' ' || c == '\u{3000}' || c == '\u{A0}').to_owned();
        if let Some(control) = kept.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            let message = format!("「{name}」に制御文字 U+{:04X} があります", u32::from(control));
            self.problem(Code::ControlCharacter, field, message);
        }
        (!kept.is_empty()).then_some(kept)
    }

    /// Holds where a character without a shape stands between two digits of an address: nobody knows whether it parts them.
    pub(super) fn undivided(&mut self, field: F) {
        let Cell::Text(text) = self.cell(field) else { return };
        if let Some(hidden) = hides_between_digits(text) {
            let message = format!(
                "「{}」の数字の間に見えない文字 U+{:04X} があり、番地が分かりません",
                self.name(field),
                u32::from(hidden)
            );
            self.problem(Code::ControlCharacter, field, message);
        }
    }

    /// Text of a column that decides nothing: a word for an empty cell (NULL) is an empty cell, and counted.
    pub(super) fn optional(&mut self, field: F) -> Option<String> {
        let text = self.text(field)?;
        if self.words.is_empty(&text) {
            self.emptied.push(field);
            return None;
        }
        Some(text)
    }

    /// A code, as text with full-width letters and digits narrowed and without blanks.
    pub(super) fn code(&mut self, field: F) -> Option<String> {
        if let Cell::Number(number) = self.cell(field)
            && (number.abs() >= 1e15 || number.fract() != 0.0)
        {
            let message = format!("「{}」が数値のセルで、小数か15けたより大きい数です", self.name(field));
            self.problem(Code::NumberInexact, field, message);
            return None;
        }
        self.text(field).map(|text| text.chars().map(narrow).filter(|c| !c.is_whitespace()).collect())
    }

    /// A whole number that is not negative: 回数, 履歴番号. `None` when empty, or not understood (then a problem is noted).
    pub(super) fn count(&mut self, field: F) -> Option<u32> {
        let text = self.code(field)?;
        match text.parse::<u32>() {
            Ok(number) if text.bytes().all(|b| b.is_ascii_digit()) => Some(number),
            Ok(_) | Err(_) => {
                let message = format!("「{}」{}を数として読めません", self.name(field), shown(&text));
                self.problem(Code::NumberMalformed, field, message);
                None
            }
        }
    }

    /// 予防接種番号 of `digits` digits.
    pub(super) fn person(&mut self, field: F, digits: usize) -> Option<PersonNumber> {
        self.number(field, digits, PersonNumber::new)
    }

    /// 宛名番号 of `digits` digits.
    pub(super) fn addressee(&mut self, field: F, digits: usize) -> Option<AddresseeNumber> {
        self.number(field, digits, AddresseeNumber::new)
    }

    /// 世帯番号 of `digits` digits; zeros in front may be lost.
    pub(super) fn household(&mut self, field: F, digits: usize) -> Option<HouseholdNumber> {
        let padded = |text: &str| HouseholdNumber::padded(text, digits);
        if let Cell::Number(number) = self.cell(field)
            && number.abs() < 1e15
            && number.fract() == 0.0
        {
            return padded(&plain(*number));
        }
        self.number(field, digits, |text, _| padded(text))
    }

    fn number<N>(&mut self, field: F, digits: usize, new: impl Fn(&str, usize) -> Option<N>) -> Option<N> {
        let name = self.name(field);
        if let Cell::Number(number) = self.cell(field) {
            let (number, text) = (*number, plain(*number));
            if number.abs() >= 1e15 || number.fract() != 0.0 {
                self.problem(Code::NumberInexact, field, format!("「{name}」が数値のセルで、小数か15けたより大きい数です"));
                return None;
            }
            if digits > 0 && text.len() < digits {
                let message = format!(
                    "「{name}」が数値のセルで、{} けたしかありません（{digits} けた必要）。先頭の0が失われています",
                    text.len()
                );
                self.problem(Code::LeadingZeroLost, field, message);
                return None;
            }
        }
        let text = self.text(field)?;
        let number = new(&text, digits);
        if number.is_none() {
            let wanted = if digits == 0 { "数字".to_owned() } else { format!("{digits} けたの数字") };
            let message = format!("「{name}」が番号ではありません（{}字。{wanted}が必要）", text.chars().count());
            self.problem(Code::NumberMalformed, field, message);
        }
        number
    }

    /// 郵便番号; `None` when empty, or not seven digits (then a problem is noted).
    pub(super) fn postal(&mut self, field: F) -> Option<PostalCode> {
        const DIGITS: usize = 7;
        let name = self.name(field);
        if let Cell::Number(number) = self.cell(field)
            && plain(*number).len() < DIGITS
        {
            let digits = plain(*number).len();
            let message =
                format!("「{name}」が数値のセルで、{digits} けたしかありません（{DIGITS} けた必要）。先頭の0が失われています");
            self.problem(Code::LeadingZeroLost, field, message);
            return None;
        }
        let text = self.code(field)?;
        let cleaned: String = text.chars().filter(|c| *c != '〒').collect();
        let code = PostalCode::new(&cleaned);
        match code {
            None => self.problem(Code::PostalCodeInvalid, field, format!("{name}が7けたの数字ではありません")),
            Some(code) if self.words.is_nobodys(code) => {
                self.problem(Code::PostalCodeInvalid, field, format!("{name} {} の町はありません", code.hyphenated()));
            }
            Some(_) => {}
        }
        code
    }

    /// A flag by the word list; an empty cell is no. `None` when the word is not understood.
    pub(super) fn flag(&mut self, field: F) -> Option<bool> {
        let before = self.problems.len();
        let Some(text) = self.code(field) else { return (self.problems.len() == before).then_some(false) };
        let said = self.words.flag(&text);
        if said.is_none() {
            let message = format!("「{}」{}がはいかいいえか分かりません", self.name(field), shown(&text));
            let hint = "はいは 1、いいえは空欄か 0 にしてください。市の言葉なら layouts/words.toml の [flag] に加えます";
            self.problem_with(Code::WordUnknown, field, message, Some(hint.to_owned()));
        }
        said
    }

    /// A day; `None` when the cell is empty or holds no day (then a problem is noted).
    pub(super) fn day(&mut self, field: F) -> Option<NaiveDate> {
        let day = match self.cell(field) {
            Cell::Empty => return None,
            Cell::Date(day) if calendar::YEARS.contains(&day.year()) => return Some(*day),
            Cell::Date(_) => Read::Unreadable,
            Cell::Text(text) if text.trim().is_empty() => return None,
            Cell::Text(text) => dates::read(text),
            // A serial whose number format was lost, or YYYYMMDD typed as a number.
            Cell::Number(number) => number_day(*number).map_or_else(|| dates::read(&plain(*number)), Read::Day),
            Cell::Bad(what) => {
                let message = format!("{}を読めません（{what}）", self.name(field));
                self.problem(Code::CellUnreadable, field, message);
                return None;
            }
        };
        let (name, text) = (self.name(field), self.shown_day(field));
        let (code, message) = match day {
            Read::Day(day) => return Some(day),
            Read::BeyondEra(day) => {
                let read = if field.is_birth() { String::new() } else { format!("。{day} と読みました") };
                self.problem(Code::DateEra, field, format!("{name}{text}は元号の範囲を外れています{read}"));
                return Some(day);
            }
            Read::NotReal => (Code::DateNotReal, format!("{name}{text}は暦にない日付です")),
            Read::TwoDigitYear => (Code::DateUnreadable, format!("{name}{text}は元号か西暦か分かりません")),
            Read::Unreadable => (Code::DateUnreadable, format!("{name}{text}を日付として読めません")),
        };
        self.problem(code, field, message);
        None
    }

    /// A day of a column that is empty for most people: the layout's words for "no date" are an empty cell there.
    pub(super) fn end_day(&mut self, field: F) -> Option<NaiveDate> {
        if self.says_no_date(field) { None } else { self.day(field) }
    }

    /// True when the cell is filled with one of the layout's words for "no date".
    pub(super) fn says_no_date(&self, field: F) -> bool {
        let text = match self.cell(field) {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => plain(*number),
            Cell::Date(day) => day.to_string(),
            Cell::Empty | Cell::Bad(_) => return false,
        };
        let text: String = text.trim().chars().map(narrow).collect();
        let said = |text: &str| self.columns.no_date.iter().any(|word| word.chars().map(narrow).eq(text.chars()));
        said(&text) || without_midnight(&text).is_some_and(said)
    }

    fn shown_day(&self, field: F) -> String {
        let text = match self.cell(field) {
            Cell::Text(text) => text.trim().to_owned(),
            Cell::Number(number) => plain(*number),
            Cell::Date(_) | Cell::Empty | Cell::Bad(_) => String::new(),
        };
        if field.is_birth() || text.is_empty() { format!("（{}字の値）", text.chars().count()) } else { shown(&text) }
    }
}

/// True when a cell holds nothing.
pub(super) fn is_blank(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => true,
        Cell::Text(text) => text.trim().is_empty(),
        Cell::Number(_) | Cell::Date(_) | Cell::Bad(_) => false,
    }
}

/// What a message may show of a cell: a short code, or what is written like a date. Where columns have moved, anything else may be a
/// name, an address or a 個人番号: only its length is told.
pub(super) fn shown(text: &str) -> String {
    const CODE: usize = 6;
    const DATE: &str = "0123456789-/.年月日令和平成昭大正明治元RHSTM: ";
    let length = text.chars().count();
    let digits = text.chars().map(narrow).filter(char::is_ascii_digit).count();
    let code = length <= CODE && text.chars().map(narrow).all(|c| c.is_ascii_alphanumeric());
    let date = (1..=8).contains(&digits) && length <= 20 && text.chars().map(narrow).all(|c| DATE.contains(c));
    if code || date { format!("「{text}」") } else { format!("（{length}字の値）") }
}

/// Serial numbers of 1927–2099, or YYYYMMDD.
pub(super) fn number_day(number: f64) -> Option<NaiveDate> {
    if number.fract() != 0.0 {
        return None;
    }
    let text = plain(number);
    if text.len() == 8 {
        return match dates::read(&text) {
            Read::Day(day) => Some(day),
            Read::BeyondEra(_) | Read::NotReal | Read::TwoDigitYear | Read::Unreadable => None,
        };
    }
    let serial: i64 = text.parse().ok().filter(|n| (9_863..=73_050).contains(n))?;
    calendar::plus_days(NaiveDate::from_ymd_opt(1899, 12, 30)?, serial)
}

/// A number without an exponent.
fn plain(number: f64) -> String {
    format!("{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_codes_and_dates_and_nothing_that_may_be_of_a_person() {
        for said in ["ZZ", "3", "A01", "2023-02-29", "令和８年２月３０日", "R8.2.30", "31/1/1"] {
            assert_eq!(shown(said), format!("「{said}」"));
        }
        for (hidden, length) in [
            ("123456789018", 12),
            ("1234-5678-9018", 14),
            ("見本　花子", 5),
            ("稲毛区", 3),
            ("ミホン", 3),
            ("平和", 2),
            ("hanako7", 7),
        ] {
            assert_eq!(shown(hidden), format!("（{length}字の値）"));
        }
    }
}
