//! Dates as offices write them: `2026-04-01`, `20260401`, `2026/4/1`, 令和8年4月1日, R8.4.1, 令8.04.01, 元年 (characters.md §7).

use crate::read::moment::without_midnight;
use chrono::{Datelike, NaiveDate};
use kansho_chars::matching::narrow;
use kansho_core::calendar::{ERAS, YEARS};
use std::ops::RangeInclusive;

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A day.
    Day(NaiveDate),
    /// A day, counted on beyond the end of the era (平成31年5月1日): alert, show both.
    BeyondEra(NaiveDate),
    /// Well-formed, but no day of the calendar (2023-02-29).
    NotReal,
    /// Two-digit year without an era letter: ambiguous.
    TwoDigitYear,
    /// Nothing that is read as a date.
    Unreadable,
}

const MARKS: [(&str, &str); 15] = [
    ("令和", "令和"),
    ("㋿", "令和"),
    ("令", "令和"),
    ("R", "令和"),
    ("平成", "平成"),
    ("㍻", "平成"),
    ("平", "平成"),
    ("H", "平成"),
    ("昭和", "昭和"),
    ("㍼", "昭和"),
    ("昭", "昭和"),
    ("S", "昭和"),
    ("大正", "大正"),
    ("明治", "明治"),
    ("㍽", "大正"),
];
const SHORT: [(&str, &str); 5] = [("大", "大正"), ("T", "大正"), ("明", "明治"), ("M", "明治"), ("㍾", "明治")];

/// First and last year that a date on the command line may have.
const COMMAND_LINE_YEARS: RangeInclusive<i32> = 1900..=2200;
/// Kanji of a positional year: 二〇二六.
const KANJI_DIGITS: &str = "〇一二三四五六七八九";

/// Reads one date. Total: whatever the text, the answer is one of [`Read`].
pub(super) fn read(text: &str) -> Read {
    let text: String = text.trim().chars().map(narrow).collect();
    let Some(text) = without_midnight(&text) else { return Read::Unreadable };
    let text = text.strip_suffix('生').unwrap_or(text);
    for (mark, era) in MARKS.iter().chain(&SHORT) {
        if let Some(rest) = text.strip_prefix(mark) {
            return in_era(era, rest.trim_start());
        }
    }
    western(text)
}

/// A day of the command line, in every spelling that files may have, of the years 1900–2200.
///
/// # Errors
/// The reason, in Japanese, without the text itself: it may be a birth date.
pub fn command_line_day(text: &str) -> Result<NaiveDate, String> {
    let reason = match read(text) {
        Read::Day(day) if COMMAND_LINE_YEARS.contains(&day.year()) => return Ok(day),
        Read::Day(_) => "1900年から2200年までの日付ではありません",
        Read::BeyondEra(_) => "元号の範囲を外れた日付です。西暦で書いてください",
        Read::NotReal => "暦にない日付です",
        Read::TwoDigitYear => "元号か西暦か分かりません。2026-04-01 や R8.4.1 のように書いてください",
        Read::Unreadable => {
            "日付として読めません。2026-04-01、20260401、2026/4/1、R8.4.1、令和8年4月1日 のいずれかの形にしてください"
        }
    };
    Err(reason.to_owned())
}

fn in_era(era: &str, rest: &str) -> Read {
    let six = rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_digit());
    let parts = if six { Some([&rest[..2], &rest[2..4], &rest[4..]]) } else { parts(rest) };
    let Some([year, month, day]) = parts else { return Read::Unreadable };
    let year = if year == "元" { Some(1) } else { number(year) };
    let (Some(year @ 1..=99), Some(month), Some(day)) = (year, number(month), number(day)) else { return Read::Unreadable };
    let Some(place) = ERAS.iter().position(|(name, ..)| *name == era) else { return Read::Unreadable };
    let (_, first_year, first_month, first_day) = ERAS[place];
    let base = if era == "明治" { 1867 } else { first_year - 1 };
    let Ok(year) = i32::try_from(year) else { return Read::Unreadable };
    let date = match ymd(base + year, month, day) {
        Read::Day(date) => date,
        other @ (Read::BeyondEra(_) | Read::NotReal | Read::TwoDigitYear | Read::Unreadable) => return other,
    };
    let starts = NaiveDate::from_ymd_opt(first_year, first_month, first_day);
    // 大正 and 昭和 changed on the day itself: 1912-07-30 and 1926-12-25 bear both names.
    let ends = place.checked_sub(1).and_then(|next| {
        let (name, y, m, d) = ERAS[next];
        let start = NaiveDate::from_ymd_opt(y, m, d)?;
        if matches!(name, "昭和" | "大正") { Some(start) } else { start.pred_opt() }
    });
    if starts.is_some_and(|s| date < s) || ends.is_some_and(|e| date > e) { Read::BeyondEra(date) } else { Read::Day(date) }
}

fn western(text: &str) -> Read {
    let eight = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let parts = if eight { Some([&text[..4], &text[4..6], &text[6..]]) } else { parts(text) };
    let Some([year, month, day]) = parts else { return Read::Unreadable };
    let (Some(month), Some(day)) = (number(month), number(day)) else { return Read::Unreadable };
    match (full_year(year), number(year)) {
        (Some(year), _) => ymd(year, month, day),
        (None, Some(_)) => Read::TwoDigitYear,
        (None, None) => Read::Unreadable,
    }
}

fn ymd(year: i32, month: u32, day: u32) -> Read {
    if !YEARS.contains(&year) {
        return Read::Unreadable;
    }
    NaiveDate::from_ymd_opt(year, month, day).map_or(Read::NotReal, Read::Day)
}

/// Year, month and day between their separators. Blanks that pad a number are no part of it; one inside a number is.
fn parts(text: &str) -> Option<[&str; 3]> {
    const COMMON: [char; 6] = ['.', '/', '-', '・', '−', '‐'];
    let (year, rest) = text.split_once(|c| c == '年' || COMMON.contains(&c))?;
    let (month, day) = rest.split_once(|c| c == '月' || COMMON.contains(&c))?;
    let day = day.strip_suffix('日').unwrap_or(day);
    Some([year.trim(), month.trim(), day.trim()])
}

/// A year of four digits: 2026, 二〇二六.
fn full_year(text: &str) -> Option<i32> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10).or_else(|| kanji_digit(c))).collect::<Option<_>>()?;
    let [_, _, _, _] = digits.as_slice() else { return None };
    i32::try_from(digits.iter().fold(0, |year, digit| year * 10 + digit)).ok()
}

/// A number of one or two digits, or its kanji.
fn number(text: &str) -> Option<u32> {
    if matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { kanji(text) }
}

fn kanji_digit(c: char) -> Option<u32> {
    KANJI_DIGITS.chars().position(|digit| digit == c).and_then(|place| u32::try_from(place).ok())
}

/// 二十八 and 二八 → 28.
fn kanji(text: &str) -> Option<u32> {
    let (tens, ones) = match text.split_once('十') {
        Some(("", ones)) => (1, ones),
        Some((tens, ones)) => (one(tens)?, ones),
        None => match text.char_indices().nth(1) {
            Some((second, _)) => (one(&text[..second])?, &text[second..]),
            None => (0, text),
        },
    };
    let ones = if ones.is_empty() && tens > 0 { 0 } else { one(ones)? };
    Some(tens * 10 + ones)
}

fn one(text: &str) -> Option<u32> {
    let mut letters = text.chars();
    let digit = kanji_digit(letters.next()?)?;
    letters.next().is_none().then_some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_spellings() {
        let day = |y, m, d| Read::Day(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        for (text, expected) in [
            ("2026-04-01", day(2026, 4, 1)),
            ("20260401", day(2026, 4, 1)),
            ("2026/4/1", day(2026, 4, 1)),
            ("2026年4月1日", day(2026, 4, 1)),
            ("令和8年4月1日", day(2026, 4, 1)),
            ("令和８年４月１日", day(2026, 4, 1)),
            ("R8.4.1", day(2026, 4, 1)),
            ("R08.04.01", day(2026, 4, 1)),
            ("r8-4-1", day(2026, 4, 1)),
            ("R8/4/1", day(2026, 4, 1)),
            ("令8.04.01", day(2026, 4, 1)),
            ("令和八年四月一日", day(2026, 4, 1)),
            ("令和元年5月1日", day(2019, 5, 1)),
            ("R1.5.1", day(2019, 5, 1)),
            ("平成31年4月30日", day(2019, 4, 30)),
            ("昭和64年1月7日", day(1989, 1, 7)),
            ("昭和元年12月25日", day(1926, 12, 25)),
            ("大正15年12月25日", day(1926, 12, 25)),
            ("T15.12.24", day(1926, 12, 24)),
            ("㍻30.2.28", day(2018, 2, 28)),
            ("昭和三十六年四月十日生", day(1961, 4, 10)),
            ("H300401", day(2018, 4, 1)),
            ("令和 8年 4月 1日", day(2026, 4, 1)),
            ("二〇二六年四月一日", day(2026, 4, 1)),
            ("昭和三十一年十一月二十日", day(1956, 11, 20)),
            ("昭和三一年一一月二〇日", day(1956, 11, 20)),
            ("　2026-04-01　", day(2026, 4, 1)),
            ("平成31年5月1日", Read::BeyondEra(NaiveDate::from_ymd_opt(2019, 5, 1).unwrap())),
            ("昭和64年1月8日", Read::BeyondEra(NaiveDate::from_ymd_opt(1989, 1, 8).unwrap())),
            ("2023-02-29", Read::NotReal),
            ("令和5年2月29日", Read::NotReal),
            ("08.4.1", Read::TwoDigitYear),
            ("きのう", Read::Unreadable),
            ("2026-04", Read::Unreadable),
            ("令和8年4月", Read::Unreadable),
            ("", Read::Unreadable),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_time_is_cut_off_only_where_it_is_midnight() {
        let first = Read::Day(NaiveDate::from_ymd_opt(2026, 12, 1).unwrap());
        for day in ["2026-12-01", "2026/12/1", "２０２６－１２－０１", "R8.12.1", "令和8年12月1日", "2026/12/ 1", "20261201"]
        {
            assert_eq!(read(day), first, "{day}");
            for time in [
                " 0:00",
                " 00:00",
                " 0:00:00",
                " 00:00:00",
                " 00:00:00.0",
                " 0:00:00.0000000",
                "T00:00:00",
                "t00:00",
                "  00:00:00",
                "\u{3000}００：００：００",
                "Ｔ００：００",
                "\t0:00",
            ] {
                assert_eq!(read(&format!("{day}{time}")), first, "{day}{time}");
            }
            for time in [
                " 00:00:01",
                " 09:30",
                " 0:0",
                " 24:00:00",
                "00:00:00",
                " 000:00:00",
                " 00:00:00.5",
                " 00:00.0",
                " 00:00:00.",
                " 00",
                "T",
                "T00",
                " 00:00:00Z",
                " 00:00:00+09:00",
                " AM 0:00",
                " 午前0:00",
                " x 00:00:00",
                " 00:00:00 00:00:00",
                "T 00:00",
            ] {
                assert_eq!(read(&format!("{day}{time}")), Read::Unreadable, "{day}{time}");
            }
        }
    }

    #[test]
    fn what_is_no_date_is_never_made_one() {
        for text in [
            "1849-12-31",
            "2201-01-01",
            "9999-12-31",
            "99991231",
            "20261301000000",
            "0026-12-01",
            "一八四九年十二月三十一日",
            "2026-1 2-01",
            "2026 1201",
            "2026-012-01",
            "2026-12-001",
            "20261-2-01",
            "2026月12年01日",
            "2026--12-01",
            "-2026-12-01",
            "2026-12-01-",
            "2026-12-01日日",
            "令和0年1月1日",
            "令和100年1月1日",
            "令和十十年一月一日",
            "R8.4.",
            "R元元.5.1",
            "令和",
            "R",
            "生",
            "㋿",
            "R 0804 01",
            "九九九九九九九九九九九九九九九九九九年一月一日",
            "令和九九九九九九九九九九九九九九九九年一月一日",
            "2026年四十月一日",
            ":",
            "T:",
            "T0:00",
            " 0:00",
            "日",
            "--",
            "年月日",
            "1e5",
            "45000",
            "2026-04-01.0",
        ] {
            assert!(!matches!(read(text), Read::Day(_) | Read::BeyondEra(_)), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn the_command_line_takes_every_spelling_and_tells_the_reason_of_what_it_refuses() {
        let day = NaiveDate::from_ymd_opt(2026, 4, 1).unwrap();
        for text in
            ["2026-04-01", "20260401", "2026/4/1", "R8.4.1", "令和８年４月１日", "二〇二六年四月一日", "2026-04-01 00:00:00"]
        {
            assert_eq!(command_line_day(text), Ok(day), "{text}");
        }
        for (text, reason) in [
            ("1899-12-31", "1900年から"),
            ("明治3年1月1日", "元号の範囲"),
            ("平成38年4月1日", "元号の範囲"),
            ("2026-02-30", "暦にない"),
            ("26.04.01", "元号か西暦か"),
            ("2201-01-01", "日付として読めません"),
            ("+262142-01-01", "日付として読めません"),
            ("2026-04-01 09:00", "日付として読めません"),
            ("", "日付として読めません"),
        ] {
            let told = command_line_day(text).unwrap_err();
            assert!(told.starts_with(reason), "{text}: {told}");
            assert!(text.is_empty() || !told.contains(text), "{told}");
        }
    }
}
