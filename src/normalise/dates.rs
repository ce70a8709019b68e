//! Dates as offices write them: `2026-04-01`, `20260401`, `2026/4/1`, 令和8年4月1日, R8.4.1, 令8.04.01, 元年 (characters.md §7).

use crate::chars::matching::narrow;
use crate::domain::calendar::ERAS;
use chrono::NaiveDate;

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

/// Reads one date.
pub(super) fn read(text: &str) -> Read {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).map(narrow).collect::<String>().to_uppercase();
    let text = text.strip_suffix('生').unwrap_or(&text);
    for (mark, era) in MARKS.iter().chain(&SHORT) {
        if let Some(rest) = text.strip_prefix(mark) {
            return in_era(era, rest);
        }
    }
    western(text)
}

fn in_era(era: &str, rest: &str) -> Read {
    let rest = rest.strip_prefix('元').map_or_else(|| rest.to_owned(), |rest| format!("1{rest}"));
    let Some([year, month, day]) = three(&rest) else {
        return match rest.len() {
            6 if rest.bytes().all(|b| b.is_ascii_digit()) => {
                in_era(era, &format!("{}.{}.{}", &rest[..2], &rest[2..4], &rest[4..]))
            }
            _ => Read::Unreadable,
        };
    };
    let Some(place) = ERAS.iter().position(|(name, ..)| *name == era) else { return Read::Unreadable };
    let (_, first_year, first_month, first_day) = ERAS[place];
    let base = if era == "明治" { 1867 } else { first_year - 1 };
    let Ok(year) = i32::try_from(year) else { return Read::Unreadable };
    if !(1..=99).contains(&year) {
        return Read::Unreadable;
    }
    let Some(date) = NaiveDate::from_ymd_opt(base + year, month, day) else { return Read::NotReal };
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
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return ymd(text[..4].parse().unwrap_or(0), text[4..6].parse().unwrap_or(0), text[6..].parse().unwrap_or(0));
    }
    let text = text.split_once('T').map_or(text, |(day, time)| if time.starts_with("00:00") { day } else { text });
    let text = text.strip_suffix("0:00:00").or_else(|| text.strip_suffix("00:00:00")).unwrap_or(text);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    match (three(text), digits) {
        (Some([year, month, day]), 4) => ymd(i32::try_from(year).unwrap_or(0), month, day),
        (Some(_), 1 | 2) => Read::TwoDigitYear,
        _ => Read::Unreadable,
    }
}

fn ymd(year: i32, month: u32, day: u32) -> Read {
    if !(1850..=2200).contains(&year) {
        return Read::Unreadable;
    }
    NaiveDate::from_ymd_opt(year, month, day).map_or(Read::NotReal, Read::Day)
}

/// Three numbers with separators; kanji numerals are read too.
fn three(text: &str) -> Option<[u32; 3]> {
    let body = text.strip_suffix('日').unwrap_or(text);
    let parts: Vec<&str> = body.split(['年', '月', '.', '/', '-', '・', '−', '‐']).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let number = |part: &str| -> Option<u32> {
        if !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()) {
            return part.parse().ok();
        }
        kanji(part)
    };
    Some([number(year)?, number(month)?, number(day)?])
}

/// 二十八 → 28.
fn kanji(text: &str) -> Option<u32> {
    if text == "元" {
        return Some(1);
    }
    let digit = |c: char| "〇一二三四五六七八九".chars().position(|d| d == c).and_then(|p| u32::try_from(p).ok());
    let (mut total, mut last, mut seen) = (0, None, false);
    for c in text.chars() {
        seen = true;
        if c == '十' {
            total += last.take().unwrap_or(1) * 10;
        } else {
            let value = digit(c)?;
            last = Some(last.map_or(value, |l: u32| l * 10 + value));
        }
    }
    seen.then(|| total + last.unwrap_or(0))
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
}
