//! 日の言い方: 「2か月」「年度初:12歳」「出生+42日」 → a day; 「27日」「6月」 → an interval. The arithmetic stands in `domain::calendar`.

use chrono::NaiveDate;
use kansho_core::calendar;

/// A day counted from a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// 出生+n日
    Birth(i64),
    /// n歳・nか月に達する日, and days after it
    Age(i32, i64),
    /// n歳となる日の属する年度の初日
    FiscalStart(i32),
    /// n歳となる日の属する年度の末日
    FiscalEnd(i32),
    /// 就学前年度の初日
    BeforeSchoolStart,
    /// 就学前年度の末日
    BeforeSchoolEnd,
    /// 妊娠w週d日
    Pregnancy(i64, i64),
}

impl Point {
    /// Reads the words of a rule file.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("「{text}」は日の言い方ではありません（例: 出生+42日, 2か月, 65歳, 12か月+1日, 年度初:12歳, 就学前年度初）")
        };
        let found = match text {
            "出生" => Some(Self::Birth(0)),
            "就学前年度初" => Some(Self::BeforeSchoolStart),
            "就学前年度末" => Some(Self::BeforeSchoolEnd),
            _ => Self::counted(text),
        };
        found.ok_or_else(wrong)
    }

    fn counted(text: &str) -> Option<Self> {
        if let Some(days) = text.strip_prefix("出生+").and_then(|t| t.strip_suffix("日")) {
            return days.parse().ok().map(Self::Birth);
        }
        if let Some(age) = text.strip_prefix("年度初:") {
            return months(age).map(Self::FiscalStart);
        }
        if let Some(age) = text.strip_prefix("年度末:") {
            return months(age).map(Self::FiscalEnd);
        }
        if let Some(weeks) = text.strip_prefix("妊娠").and_then(|t| t.strip_suffix("日")) {
            let (weeks, days) = weeks.split_once("週")?;
            return Some(Self::Pregnancy(weeks.parse().ok()?, days.parse().ok()?));
        }
        match text.split_once('+') {
            Some((age, days)) => Some(Self::Age(months(age)?, days.strip_suffix("日")?.parse().ok()?)),
            None => months(text).map(|age| Self::Age(age, 0)),
        }
    }

    /// The day; 妊娠 needs the expected delivery.
    pub(super) fn day(self, birth: NaiveDate, expected: Option<NaiveDate>) -> Option<NaiveDate> {
        match self {
            Self::Birth(days) => calendar::plus_days(birth, days),
            Self::Age(months, days) => calendar::plus_days(calendar::reach(birth, months)?, days),
            Self::FiscalStart(months) => calendar::fiscal_year_start(calendar::reach(birth, months)?),
            Self::FiscalEnd(months) => calendar::fiscal_year_end(calendar::reach(birth, months)?),
            Self::BeforeSchoolStart => calendar::month_shift(calendar::school_start(birth)?, -12),
            Self::BeforeSchoolEnd => calendar::school_start(birth)?.pred_opt(),
            Self::Pregnancy(weeks, days) => calendar::pregnancy_day(expected?, weeks, days),
        }
    }
}

/// 「2か月」「65歳」 → months.
#[must_use]
pub fn months(text: &str) -> Option<i32> {
    let number = |digits: &str| digits.parse::<i32>().ok().filter(|n| (0..=1800).contains(n));
    match (text.strip_suffix("か月"), text.strip_suffix("歳")) {
        (Some(months), _) => number(months),
        (None, Some(years)) => number(years).map(|n| n * 12),
        (None, None) => None,
    }
}

/// A minimum interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interval {
    /// N日以上の間隔をおいて
    Days(i64),
    /// n月以上の間隔をおいて
    Months(i32),
}

impl Interval {
    /// Reads 「27日」「6月」.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let days = text.strip_suffix("日").and_then(|n| n.parse().ok()).map(Self::Days);
        let months = || text.strip_suffix("月").and_then(|n| n.parse().ok()).map(Self::Months);
        days.or_else(months).ok_or_else(|| format!("間隔「{text}」は「27日」「6月」のように書いてください"))
    }

    /// First day after the interval.
    pub(super) fn opens(self, dose: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(days) => calendar::open_days(dose, days),
            Self::Months(months) => calendar::open_months(dose, months),
        }
    }

    /// The words of the law.
    pub(super) fn words(self) -> String {
        match self {
            Self::Days(days) => format!("{days}日以上"),
            Self::Months(months) => format!("{months}月以上"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_in_the_words_of_the_law() {
        let day = |text: &str, birth: &str| Point::parse(text).unwrap().day(birth.parse().unwrap(), None).unwrap().to_string();
        assert_eq!(day("出生+104日", "2026-07-15"), "2026-10-27");
        assert_eq!(day("12か月+1日", "2026-01-15"), "2027-01-15");
        assert_eq!(day("年度初:12歳", "2014-04-01"), "2025-04-01");
        assert_eq!(day("就学前年度末", "2020-04-02"), "2027-03-31");
        assert!(Point::parse("二か月").is_err());
        assert_eq!(Interval::parse("6月"), Ok(Interval::Months(6)));
        assert!(Interval::parse("6か").is_err());
    }
}
