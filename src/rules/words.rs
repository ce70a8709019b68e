//! 規則の言葉: the office's words with their units (`2か月`, `90か月`, `65歳`, `出生+104日`, `27日`), and the days they mean.
//!
//! A word is read once, when the book is loaded. Anything else is refused: no default unit, no signs, no leading zeros.

use crate::domain::calendar;
use chrono::NaiveDate;

/// 年齢の点: a day counted from the birth date (schedule.md §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// `出生`, `出生+N日`: the birth date counts as day 0.
    Days(u16),
    /// `Nか月`, `N歳`: the day the age is reached, the day before the birthday (年齢計算ニ関スル法律), in months.
    Months(u16),
}

impl Age {
    /// Reads `出生`, `出生+104日`, `90か月` or `65歳`; `None` for everything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text == "出生" {
            return Some(Self::Days(0));
        }
        if let Some(days) = text.strip_prefix("出生+") {
            return number(days.strip_suffix("日")?, 3660).map(Self::Days);
        }
        if let Some(months) = text.strip_suffix("か月") {
            return number(months, 1800).map(Self::Months);
        }
        number(text.strip_suffix("歳")?, 150).map(|years| Self::Months(years * 12))
    }

    /// The day; `None` outside the calendar.
    #[must_use]
    pub fn day(self, birth: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(days) => calendar::plus_days(birth, i64::from(days)),
            Self::Months(months) => calendar::reach(birth, i32::from(months)),
        }
    }
}

/// 接種間隔: 「N日以上」「Nか月以上」の間隔をおく.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// N full days between, so day N+1.
    Days(u16),
    /// The same day-number, or the 1st of the following month.
    Months(u16),
}

impl Gap {
    /// Reads `27日` or `6か月`; `None` for everything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if let Some(months) = text.strip_suffix("か月") {
            return number(months, 120).map(Self::Months);
        }
        number(text.strip_suffix("日")?, 3660).map(Self::Days)
    }

    /// First day the next dose may be given; `None` outside the calendar.
    #[must_use]
    pub fn opens(self, dose: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(days) => calendar::open_days(dose, i64::from(days)),
            Self::Months(months) => calendar::open_months(dose, i32::from(months)),
        }
    }
}

/// A whole number from 1 to `most` in ASCII digits, without sign or leading zero.
fn number(text: &str, most: u16) -> Option<u16> {
    let digits = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok().filter(|n| *n <= most) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn 言葉は日になる() {
        let birth = d("2026-07-15");
        for (word, day) in [
            ("出生", "2026-07-15"),
            ("出生+42日", "2026-08-26"),
            ("出生+104日", "2026-10-27"),
            ("2か月", "2026-09-14"),
            ("90か月", "2034-01-14"),
            ("1歳", "2027-07-14"),
        ] {
            assert_eq!(Age::read(word).unwrap().day(birth), Some(d(day)), "{word}");
        }
        assert_eq!(Gap::read("27日").unwrap().opens(d("2026-08-14")), Some(d("2026-09-11")));
        assert_eq!(Gap::read("3か月").unwrap().opens(d("2026-11-30")), Some(d("2027-03-01")));
    }

    #[test]
    fn 言葉でないものは断る() {
        for word in [
            "",
            "2",
            "か月",
            "-2か月",
            "+2か月",
            "02か月",
            "0か月",
            "２か月",
            "2ヶ月",
            "2か月 ",
            "出生-1日",
            "出生+日",
            "999歳",
            "65535か月",
        ] {
            assert_eq!(Age::read(word), None, "{word:?}");
        }
        for word in ["", "27", "日", "0日", "-1日", "1.5か月", "99999日", "27日以上"] {
            assert_eq!(Gap::read(word), None, "{word:?}");
        }
    }
}
