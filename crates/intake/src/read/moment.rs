//! What a date cell holds: a day, or why it is none. No value is told: it may be a birth date.

use crate::read::Cell;
use chrono::{Datelike, Days, NaiveDate};
use kansho_core::calendar::YEARS;

/// Spreadsheets' last day, 9999-12-31, in the system of 1900 and of 1904.
const LAST: [f64; 2] = [2_958_465.0, 2_957_003.0];
/// Serials up to here hold the leap-year fault of 1900.
const FAULTY: f64 = 60.0;
/// Where a sum of days is not whole for rounding only: under a thousandth of a second.
const ROUNDING: f64 = 1e-8;

const NO_DAY: &str = "日付のセルに日付でない値があります";
const TIME: &str = "日付のセルに 0:00 でない時刻があります";
const DIGITS: &str = "日付の書式のセルに 8 けたの数字がそのまま入力されています";
const OTHER_YEARS: &str = "日付のセルの日付が 1850 年から 2200 年までにありません";

/// The day of a serial number in a cell with a date format.
///
/// 0 and 99999999 are words for "no date" even there, and stay numbers.
pub(super) fn serial(value: f64, since_1904: bool) -> Cell {
    let whole = value.round();
    let bad = |why: &str| Cell::Bad(why.to_owned());
    if !value.is_finite() || whole < 0.0 {
        return bad(NO_DAY);
    }
    if (value - whole).abs() > ROUNDING {
        return bad(TIME);
    }
    if whole < 0.5 || (99_999_998.5..99_999_999.5).contains(&whole) {
        return Cell::Number(whole);
    }
    if whole > LAST[usize::from(since_1904)] {
        return bad(if (10_000_000.0..100_000_000.0).contains(&whole) { DIGITS } else { NO_DAY });
    }
    let (year, month, first) = if since_1904 { (1904, 1, 1) } else { (1899, 12, 30) };
    if !since_1904 && whole <= FAULTY {
        return bad(NO_DAY);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number between 1 and the last day")]
    let passed = Days::new(whole as u64);
    NaiveDate::from_ymd_opt(year, month, first).and_then(|zero| zero.checked_add_days(passed)).map_or_else(|| bad(NO_DAY), known)
}

/// The day of an ISO date, with a time of midnight or none.
pub(super) fn iso(text: &str) -> Cell {
    let Some(day) = without_midnight(text) else { return Cell::Bad(TIME.to_owned()) };
    if day == "1899-12-30" {
        return Cell::Number(0.0);
    }
    // A year of more than four digits: 20261101 as a serial is the year 57373.
    let long = day.split('-').next().is_some_and(|year| year.len() > 4 && year.bytes().all(|b| b.is_ascii_digit()));
    match day.parse::<NaiveDate>() {
        _ if long => Cell::Bad(DIGITS.to_owned()),
        Ok(day) => known(day),
        Err(_) => Cell::Bad(NO_DAY.to_owned()),
    }
}

/// A day of the years 1850–2200, or 9999-12-31, a word for "no end".
fn known(day: NaiveDate) -> Cell {
    if YEARS.contains(&day.year()) || (day.year(), day.month(), day.day()) == (9999, 12, 31) {
        Cell::Date(day)
    } else {
        Cell::Bad(OTHER_YEARS.to_owned())
    }
}

/// The text in front of a time of midnight, as databases and spreadsheets write it; `None` where there is any other time.
///
/// The time begins behind the last blank or T before its first colon: blanks further in front are padding (`2026/ 4/ 1 0:00`).
pub(crate) fn without_midnight(text: &str) -> Option<&str> {
    let Some(colon) = text.find(':') else { return Some(text) };
    let (at, blank) = text[..colon].char_indices().rfind(|(_, c)| c.is_whitespace() || *c == 'T')?;
    let (time, fraction) = match text[at + blank.len_utf8()..].split_once('.') {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (&text[at + blank.len_utf8()..], None),
    };
    let midnight = match fraction {
        None => matches!(time, "0:00" | "00:00" | "0:00:00" | "00:00:00"),
        Some(zeros) => matches!(time, "0:00:00" | "00:00:00") && !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'),
    };
    midnight.then(|| text[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Cell {
        Cell::Date(text.parse().unwrap())
    }

    fn bad(why: &str) -> Cell {
        Cell::Bad(why.to_owned())
    }

    #[test]
    fn serials_of_both_systems() {
        for (value, since_1904, expected) in [
            (46_357.0, false, date("2026-12-01")),
            (44_895.0, true, date("2026-12-01")),
            (46_357.000_000_000_01, false, date("2026-12-01")),
            (61.0, false, date("1900-03-01")),
            (60.0, false, bad(NO_DAY)),
            (1.0, true, date("1904-01-02")),
            (46_357.5, false, bad(TIME)),
            (46_357.000_1, false, bad(TIME)),
            (0.75, false, bad(TIME)),
            (0.0, false, Cell::Number(0.0)),
            (99_999_999.0, false, Cell::Number(99_999_999.0)),
            (20_261_101.0, false, bad(DIGITS)),
            (19_400_101.0, true, bad(DIGITS)),
            (10_000_000.0, false, bad(DIGITS)),
            (2_958_466.0, false, bad(NO_DAY)),
            (2_958_465.0, false, date("9999-12-31")),
            (2_957_003.0, true, date("9999-12-31")),
            (2_958_464.0, false, bad(OTHER_YEARS)),
            (109_940.0, false, bad(OTHER_YEARS)),
            (-1.0, false, bad(NO_DAY)),
            (f64::NAN, false, bad(NO_DAY)),
            (f64::INFINITY, true, bad(NO_DAY)),
            (1e300, false, bad(NO_DAY)),
        ] {
            assert_eq!(serial(value, since_1904), expected, "{value} {since_1904}");
        }
    }

    #[test]
    fn iso_dates() {
        for (text, expected) in [
            ("2026-12-01", date("2026-12-01")),
            ("2026-12-01T00:00:00", date("2026-12-01")),
            ("2026-12-01T00:00:00.000000000", date("2026-12-01")),
            ("9999-12-31", date("9999-12-31")),
            ("2026-12-01T09:30:00", bad(TIME)),
            ("2026-12-01T00:00:00Z", bad(TIME)),
            ("1899-12-30", Cell::Number(0.0)),
            ("57373-05-09", bad(DIGITS)),
            ("1849-12-31", bad(OTHER_YEARS)),
            ("9999-12-30", bad(OTHER_YEARS)),
            ("2026-02-30", bad(NO_DAY)),
            ("", bad(NO_DAY)),
            ("T:", bad(TIME)),
        ] {
            assert_eq!(iso(text), expected, "{text}");
        }
    }
}
