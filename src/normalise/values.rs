//! One row's cells → texts, numbers as text, days. Every finding names the cell.

use crate::chars::matching::narrow;
use crate::chars::unit::is_invisible;
use crate::diag::{Code, Diagnostic};
use crate::normalise::columns::{Columns, Header};
use crate::normalise::dates::{self, Read};
use crate::origin::Origin;
use crate::read::Cell;
use chrono::NaiveDate;

/// One row with its header.
pub(super) struct Row<'a> {
    pub(super) cells: &'a [Cell],
    pub(super) header: &'a Header,
    pub(super) columns: &'a Columns,
    pub(super) origin: Origin,
    /// What was found in this row.
    pub(super) problems: Vec<Diagnostic>,
}

impl Row<'_> {
    /// The place of a field's cell.
    pub(super) fn place(&self, field: &str) -> Origin {
        let column = self.header.place(field).map_or(0, |p| u32::try_from(p + 1).unwrap_or(u32::MAX));
        self.origin.at(self.origin.row, column)
    }

    fn name<'b>(&'b self, field: &'b str) -> &'b str {
        self.columns.column.iter().find(|c| c.field == field).map_or(field, |c| &c.name)
    }

    fn cell(&self, field: &str) -> &Cell {
        self.header.place(field).and_then(|place| self.cells.get(place)).unwrap_or(&Cell::Empty)
    }

    /// Adds a finding at a field's cell.
    pub(super) fn problem(&mut self, code: Code, field: &str, message: String) {
        let diagnostic = Diagnostic::new(code, message).at(&self.place(field));
        self.problems.push(diagnostic);
    }

    /// True when every cell is empty.
    pub(super) fn blank(&self) -> bool {
        self.cells.iter().all(|c| matches!(c, Cell::Empty) || matches!(c, Cell::Text(t) if t.trim().is_empty()))
    }

    /// Free text, kept as it is but for blanks at both ends; invisible characters are removed and listed, controls hold.
    pub(super) fn text(&mut self, field: &str) -> Option<String> {
        let text = match self.cell(field) {
            Cell::Empty => return None,
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => plain(*number),
            Cell::Date(_) => {
                let message = format!("「{}」が日付になっています（表計算ソフトが書き換えた可能性があります）", self.name(field));
                self.problem(Code::DateOutOfRange, field, message);
                return None;
            }
            Cell::Bad(what) => {
                let message = format!("「{}」を読めません（{what}）", self.name(field));
                self.problem(Code::CellEmpty, field, message);
                return None;
            }
        };
        let kept: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        if kept != text {
            let points: Vec<String> =
                text.chars().filter(|c| is_invisible(*c)).map(|c| format!("U+{:04X}", u32::from(c))).collect();
            let message = format!("「{}」から見えない文字 {} を取り除きました", self.name(field), points.join(" "));
            self.problem(Code::CharacterRemoved, field, message);
        }
        let kept = kept.trim_matches(|c: char| c == ' ' || c == '\u{3000}' || c == '\u{A0}').to_owned();
        if let Some(control) = kept.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            let message = format!("「{}」に制御文字 U+{:04X} があります", self.name(field), u32::from(control));
            self.problem(Code::ControlCharacter, field, message);
        }
        (!kept.is_empty()).then_some(kept)
    }

    /// A code or number, as text with full-width digits narrowed. A numeric cell has lost what stood in front: `width` digits
    /// are expected, 0 = any.
    pub(super) fn code(&mut self, field: &str, width: usize) -> Option<String> {
        if let Cell::Number(number) = self.cell(field) {
            let (number, digits) = (*number, plain(*number));
            let name = self.name(field).to_owned();
            if number.abs() >= 1e15 || number.fract() != 0.0 {
                self.problem(Code::NumberInexact, field, format!("「{name}」が数値のセルで、15けたより後ろが失われています"));
                return None;
            }
            if width > 0 && digits.len() < width {
                let message = format!(
                    "「{name}」が数値のセルで、{} けたしかありません（{width} けた必要）。先頭の0が失われています",
                    digits.len()
                );
                self.problem(Code::LeadingZeroLost, field, message);
                return None;
            }
            return Some(digits);
        }
        self.text(field).map(|text| text.chars().map(narrow).filter(|c| !c.is_whitespace()).collect())
    }

    /// A day; `None` when the cell is empty or holds no day (then a problem is noted).
    pub(super) fn day(&mut self, field: &str) -> Option<NaiveDate> {
        let text = match self.cell(field) {
            Cell::Empty => return None,
            Cell::Date(day) => return Some(*day),
            Cell::Text(text) => text.clone(),
            // A serial whose number format was lost, or YYYYMMDD typed as a number.
            Cell::Number(number) => match number_day(*number) {
                Some(day) => return Some(day),
                None => plain(*number),
            },
            Cell::Bad(what) => what.clone(),
        };
        let text = text.trim().to_owned();
        if text.is_empty() || matches!(text.as_str(), "00000000" | "0000-00-00" | "99999999" | "9999-12-31" | "0") {
            return None;
        }
        let name = self.name(field).to_owned();
        match dates::read(&text) {
            Read::Day(day) => Some(day),
            Read::BeyondEra(day) => {
                let text = shown(&text);
                self.problem(Code::DateEra, field, format!("{name}{text}は元号の範囲を外れています。{day} と読みました"));
                Some(day)
            }
            Read::NotReal => {
                let text = shown(&text);
                self.problem(Code::DateNotReal, field, format!("{name}{text}は暦にない日付です"));
                None
            }
            Read::TwoDigitYear => {
                let text = shown(&text);
                self.problem(Code::DateUnreadable, field, format!("{name}{text}は元号か西暦か分かりません"));
                None
            }
            Read::Unreadable => {
                let text = shown(&text);
                self.problem(Code::DateUnreadable, field, format!("{name}{text}を日付として読めません"));
                None
            }
        }
    }

    /// True when the cell is not empty.
    pub(super) fn filled(&self, field: &str) -> bool {
        !matches!(self.cell(field), Cell::Empty) && !matches!(self.cell(field), Cell::Text(t) if t.trim().is_empty())
    }

    /// A flag: 1, 有, ○, true.
    pub(super) fn flag(&mut self, field: &str) -> bool {
        matches!(self.code(field, 0).as_deref(), Some("1" | "有" | "○" | "TRUE" | "true" | "消除" | "不詳"))
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
fn number_day(number: f64) -> Option<NaiveDate> {
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
    let serial: i64 = text.parse().ok().filter(|n| (61..=73_050).contains(n))?;
    crate::domain::calendar::plus_days(NaiveDate::from_ymd_opt(1899, 12, 30)?, serial)
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
