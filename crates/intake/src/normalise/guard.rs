//! 個人番号 at the door: a column whose values are valid 12-digit My Numbers is refused; no value is ever printed.

use crate::normalise::columns::Header;
use crate::normalise::fields::Field;
use crate::read::Cell;
use crate::read::table::Sheet;
use kansho_chars::matching::narrow;
use kansho_core::diag::{Code, Diagnostic, Report};

/// How many valid numbers make a column suspicious: by chance one 12-digit number in eleven is valid.
const ENOUGH: usize = 3;

/// Counts valid My Numbers per column.
pub(super) struct Guard {
    row: u32,
    valid: Vec<usize>,
    filled: Vec<usize>,
}

impl Guard {
    pub(super) const fn new<F: Field>(header: &Header<F>) -> Self {
        Self { row: header.row, valid: Vec::new(), filled: Vec::new() }
    }

    /// Looks through a sheet that is not read for people: a 個人番号 has no place there either.
    pub(super) fn look_through(sheet: &Sheet, report: &mut Report) {
        let mut guard = Self { row: 1, valid: Vec::new(), filled: Vec::new() };
        sheet.walk(0, &mut Report::new(), &mut |_, cells, _| {
            guard.look(cells);
            true
        });
        guard.report(sheet, report);
    }

    /// Looks at one row.
    pub(super) fn look(&mut self, cells: &[Cell]) {
        if self.valid.len() < cells.len() {
            self.valid.resize(cells.len(), 0);
            self.filled.resize(cells.len(), 0);
        }
        for (place, cell) in cells.iter().enumerate() {
            let valid = match cell {
                Cell::Empty | Cell::Date(_) | Cell::Bad(_) => continue,
                Cell::Text(text) => valid_my_number(text),
                Cell::Number(number) => valid_my_number(&format!("{number}")),
            };
            self.filled[place] += 1;
            self.valid[place] += usize::from(valid);
        }
    }

    /// Reports every column that holds My Numbers: at least three valid ones, and at least half of its values.
    pub(super) fn report(&self, sheet: &Sheet, report: &mut Report) {
        for (place, valid) in self.valid.iter().enumerate() {
            let enough = *valid >= ENOUGH || (*valid > 0 && *valid == self.filled[place]);
            if enough && *valid * 2 >= self.filled[place] {
                let origin = sheet.origin.row(self.row).column(u32::try_from(place + 1).unwrap_or(u32::MAX));
                let message = format!("個人番号とみられる12けたの値が {valid} 件あります");
                report.push(Diagnostic::new(Code::MyNumberValues, message).at(&origin).so("値は表示していません"));
            }
        }
    }
}

/// Whether a 個人番号 stands in a free text: twelve digits in one, or four by four.
#[must_use]
pub fn names_my_number(text: &str) -> bool {
    let plain: String = text.chars().map(narrow).collect();
    let groups: Vec<&str> = plain.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).collect();
    let fours = groups
        .windows(3)
        .filter(|three| three.iter().all(|digits| digits.len() == 4))
        .any(|three| valid_my_number(&three.concat()));
    fours || groups.into_iter().any(valid_my_number)
}

/// 個人番号の検査用数字 (平成26年総務省令85号5条): weights n+1 for n = 1–6 and n−5 for n = 7–11 from the right, modulo 11.
fn valid_my_number(text: &str) -> bool {
    let digits: Vec<u32> = text
        .chars()
        .map(narrow)
        .filter(|c| !matches!(c, ' ' | '-' | '\u{3000}'))
        .map(|c| c.to_digit(10))
        .collect::<Option<Vec<u32>>>()
        .unwrap_or_default();
    let [body @ .., check] = digits.as_slice() else { return false };
    if body.len() != 11 || body.iter().all(|d| *d == 0) {
        return false;
    }
    let sum: u32 = body.iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]).map(|(d, w)| d * w).sum();
    let expected = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    expected == *check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_the_ordinances() {
        // 123456789018: sum of products 11·… worked by hand: remainder 3 → 8.
        assert!(valid_my_number("123456789018"));
        assert!(valid_my_number("1234 5678 9018"));
        assert!(valid_my_number("１２３４５６７８９０１８"));
        assert!(!valid_my_number("123456789012"));
        assert!(!valid_my_number("000000000000"));
        assert!(!valid_my_number("12345678901"));
        assert!(names_my_number("番号は１２３４ 5678-9018 だそうです") && !names_my_number("2026-11-28 0432、043-245-5230"));
    }
}
