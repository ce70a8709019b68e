//! 暦: the only place that counts months, ages, intervals and fiscal years (schedule.md §2).
//!
//! An age is reached on the day before the birthday (年齢計算ニ関スル法律, 民法143条2項); that day counts both as 以上 and as 未満.
//! All windows are closed intervals.

use chrono::{Datelike, Days, NaiveDate};

/// A day that stands in the source, for constants: one that is not in the calendar does not compile.
///
/// # Panics
/// Where it is no constant, for a day that is not in the calendar.
#[must_use]
pub const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => panic!("no day of the calendar"),
    }
}

/// The day `days` after `from` (before, when negative); `None` at the end of the calendar.
#[must_use]
pub fn plus_days(from: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { from.checked_sub_days(distance) } else { from.checked_add_days(distance) }
}

/// The same day-number `months` later, or `None` in its place when that month has no such day.
fn same_day(from: NaiveDate, months: i32) -> Result<NaiveDate, (i32, u32)> {
    // Saturating: a rule with an absurd number of months ends outside the calendar (`None`), never in a panic.
    let index = (from.year() * 12 + i32::try_from(from.month0()).unwrap_or(0)).saturating_add(months);
    let (year, month) = (index.div_euclid(12), u32::try_from(index.rem_euclid(12)).unwrap_or(0) + 1);
    NaiveDate::from_ymd_opt(year, month, from.day()).ok_or((year, month))
}

/// First day of a month after (year, month).
fn first_of_next(year: i32, month: u32) -> Option<NaiveDate> {
    if month == 12 { NaiveDate::from_ymd_opt(year + 1, 1, 1) } else { NaiveDate::from_ymd_opt(year, month + 1, 1) }
}

/// 生後n月・n歳に達する日: the day before the same day-number `months` later; the last day of that month when it has no such day
/// (民法143条2項; 事務連絡 2014-03-11).
#[must_use]
pub fn reach(birth: NaiveDate, months: i32) -> Option<NaiveDate> {
    match same_day(birth, months) {
        Ok(day) => day.pred_opt(),
        Err((year, month)) => first_of_next(year, month)?.pred_opt(),
    }
}

/// First day after 「N日以上の間隔をおいて」: N full days between, so day N+1.
#[must_use]
pub fn open_days(dose: NaiveDate, days: i64) -> Option<NaiveDate> {
    plus_days(dose, days.saturating_add(1))
}

/// First day after 「n月以上の間隔をおいて」: the same day-number, or the 1st of the following month when it does not exist.
#[must_use]
pub fn open_months(dose: NaiveDate, months: i32) -> Option<NaiveDate> {
    match same_day(dose, months) {
        Ok(day) => Some(day),
        Err((year, month)) => first_of_next(year, month),
    }
}

/// First day after 「n月半以上の間隔をおいて」 (2価HPV, no longer used): n months and half of that month, rounded as the ministry did.
#[must_use]
pub fn open_half_months(dose: NaiveDate, months: i32) -> Option<NaiveDate> {
    let whole = open_months(dose, months)?;
    let half = (i64::from(days_in_month(whole)) + 1) / 2;
    plus_days(whole, half)
}

/// Number of days of the month that holds `day`.
#[must_use]
pub fn days_in_month(day: NaiveDate) -> u32 {
    last_of_month(day).map_or(31, |d| d.day())
}

/// 出生w週d日後: the birth date counts as 0週0日.
#[must_use]
pub fn week(birth: NaiveDate, weeks: i64, days: i64) -> Option<NaiveDate> {
    plus_days(birth, weeks.saturating_mul(7).saturating_add(days))
}

/// 年度の初日 (4/1) of the fiscal year that holds `day`.
#[must_use]
pub fn fiscal_year_start(day: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(fiscal_year(day), 4, 1)
}

/// 年度の末日 (3/31) of the fiscal year that holds `day`.
#[must_use]
pub fn fiscal_year_end(day: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(fiscal_year(day) + 1, 3, 31)
}

/// 年度 that holds `day`.
#[must_use]
pub fn fiscal_year(day: NaiveDate) -> i32 {
    if day.month() >= 4 { day.year() } else { day.year() - 1 }
}

/// 小学校就学の始期: the first 4/1 on or after the day after the 6th year is reached (学校教育法17条).
#[must_use]
pub fn school_start(birth: NaiveDate) -> Option<NaiveDate> {
    let after = reach(birth, 72)?.succ_opt()?;
    let this_year = NaiveDate::from_ymd_opt(after.year(), 4, 1)?;
    if this_year >= after { Some(this_year) } else { NaiveDate::from_ymd_opt(after.year() + 1, 4, 1) }
}

/// 妊娠w週d日 from 出産予定日 (40週0日).
#[must_use]
pub fn pregnancy_day(expected: NaiveDate, weeks: i64, days: i64) -> Option<NaiveDate> {
    plus_days(expected, weeks.saturating_mul(7).saturating_add(days).saturating_sub(280))
}

/// 月の初日.
#[must_use]
pub fn first_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)
}

/// 月の末日.
#[must_use]
pub fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    first_of_next(day.year(), day.month())?.pred_opt()
}

/// The first day of the month `months` later (earlier, when negative).
#[must_use]
pub fn month_shift(day: NaiveDate, months: i32) -> Option<NaiveDate> {
    same_day(day.with_day(1)?, months).ok()
}

/// 満年齢 in whole months on `day`; an age is reached on the day before the birthday.
#[must_use]
pub fn months_of_age(birth: NaiveDate, day: NaiveDate) -> i32 {
    let mut months = (day.year() - birth.year()) * 12 + i32::try_from(day.month()).unwrap_or(0)
        - i32::try_from(birth.month()).unwrap_or(0)
        + 1;
    while months > 0 && reach(birth, months).is_none_or(|reached| reached > day) {
        months -= 1;
    }
    months
}

/// 和暦: `令和8年12月1日`, 元年 for year 1. Days before 明治6年 are given in the western calendar.
#[must_use]
pub fn wareki(day: NaiveDate) -> String {
    match era(day) {
        Some((era, 1)) => format!("{era}元年{}月{}日", day.month(), day.day()),
        Some((era, year)) => format!("{era}{year}年{}月{}日", day.month(), day.day()),
        None => western(day),
    }
}

/// 西暦: `2026年12月1日`.
#[must_use]
pub fn western(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 年度 in 和暦: `令和8年度`.
#[must_use]
pub fn wareki_fiscal_year(day: NaiveDate) -> String {
    match fiscal_year_start(day).and_then(|start| NaiveDate::from_ymd_opt(start.year(), 12, 31)).and_then(era) {
        Some((era, 1)) => format!("{era}元年度"),
        Some((era, year)) => format!("{era}{year}年度"),
        None => format!("{}年度", fiscal_year(day)),
    }
}

/// Years that a date in a file can have.
pub const YEARS: std::ops::RangeInclusive<i32> = 1850..=2200;

/// Eras with their first day (characters.md §7).
pub const ERAS: [(&str, i32, u32, u32); 5] =
    [("令和", 2019, 5, 1), ("平成", 1989, 1, 8), ("昭和", 1926, 12, 25), ("大正", 1912, 7, 30), ("明治", 1873, 1, 1)];

/// 元号 and year of a day.
fn era(day: NaiveDate) -> Option<(&'static str, i32)> {
    ERAS.iter().find_map(|&(name, year, month, first)| {
        let start = NaiveDate::from_ymd_opt(year, month, first)?;
        let base = if name == "明治" { 1867 } else { year - 1 };
        (day >= start).then(|| (name, day.year() - base))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// (birth, months, reached): schedule.md §2.6, each row's number, then §2.3.
    const REACHED: &[(&str, i32, &str)] = &[
        ("2013-04-01", 1, "2013-04-30"),  // 1
        ("2013-04-01", 3, "2013-06-30"),  // 2
        ("2013-04-01", 6, "2013-09-30"),  // 2
        ("2013-04-01", 12, "2014-03-31"), // 3
        ("2013-01-31", 1, "2013-02-28"),  // 4
        ("2020-04-01", 12, "2021-03-31"), // 5
        ("2018-04-01", 2, "2018-05-31"),  // 6
        ("2018-04-01", 60, "2023-03-31"), // 6
        ("2018-12-31", 2, "2019-02-28"),  // 7
        ("2018-12-31", 60, "2023-12-30"), // 7
        ("2018-12-29", 2, "2019-02-28"),  // 7
        ("2018-12-30", 2, "2019-02-28"),  // 7
        ("2019-01-01", 2, "2019-02-28"),
        ("2018-12-28", 2, "2019-02-27"),
        ("2018-04-01", 90, "2025-09-30"), // 8
        ("2013-04-02", 2, "2013-06-01"),  // 9
        ("2020-07-31", 2, "2020-09-30"),  // 12
        ("2026-08-31", 2, "2026-10-30"),  // 21
        ("2026-08-31", 90, "2034-02-28"), // 21
        ("2026-12-30", 90, "2034-06-29"), // 22
        ("2027-12-29", 2, "2028-02-28"),  // 23
        ("2027-12-30", 2, "2028-02-29"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-08-31", 6, "2027-02-28"),  // 25
        ("2026-08-28", 6, "2027-02-27"),  // 26
        ("2024-02-29", 12, "2025-02-28"), // 27
        ("2024-02-29", 24, "2026-02-28"), // 27
        ("2024-02-29", 36, "2027-02-28"), // 28
        ("2024-02-29", 48, "2028-02-28"),
        ("2007-04-01", 240, "2027-03-31"),  // 49
        ("1961-04-10", 780, "2026-04-09"),  // 51
        ("1961-04-10", 792, "2027-04-09"),  // 52
        ("1962-01-10", 780, "2027-01-09"),  // 55
        ("1927-04-01", 1200, "2027-03-31"), // 54
    ];

    #[test]
    fn 年齢は誕生日の前日に達する() {
        for &(birth, months, reached) in REACHED {
            assert_eq!(reach(d(birth), months), Some(d(reached)), "{birth} 生後{months}月");
            assert_eq!(months_of_age(d(birth), d(reached)), months, "{birth} {reached} 当日");
            assert_eq!(months_of_age(d(birth), d(reached).pred_opt().unwrap()), months - 1, "{birth} {reached} 前日");
        }
    }

    #[test]
    fn 間隔は翌日から数え応当日がなければ翌月初日に開く() {
        for (dose, months, opens) in [
            ("2026-04-01", 3, "2026-07-01"), // 13
            ("2026-11-30", 3, "2027-03-01"), // 14, 47
            ("2026-11-29", 3, "2027-03-01"),
            ("2026-11-28", 3, "2027-02-28"),
            ("2027-11-29", 3, "2028-02-29"),
            ("2026-06-15", 5, "2026-11-15"), // 34
            ("2026-06-15", 1, "2026-07-15"), // 35
            ("2026-08-31", 3, "2026-12-01"), // 36
            ("2024-04-30", 7, "2024-11-30"), // 41
        ] {
            assert_eq!(open_months(d(dose), months), Some(d(opens)), "{dose} {months}月以上");
        }
        for (dose, days, opens) in [
            ("2026-11-01", 20, "2026-11-22"),  // 24
            ("2026-08-14", 27, "2026-09-11"),  // 37
            ("2026-04-10", 60, "2026-06-10"),  // 39
            ("2026-04-01", 139, "2026-08-19"), // 42
            ("2026-11-20", 6, "2026-11-27"),   // 48
        ] {
            assert_eq!(open_days(d(dose), days), Some(d(opens)), "{dose} {days}日以上");
        }
        assert_eq!(open_half_months(d("2023-04-01"), 2), Some(d("2023-06-16"))); // 15
    }

    #[test]
    fn 週と妊娠週と就学の始期() {
        assert_eq!(week(d("2020-08-01"), 6, 0), Some(d("2020-09-12"))); // 10
        assert_eq!(week(d("2020-08-01"), 14, 6), Some(d("2020-11-13"))); // 11
        assert_eq!(week(d("2026-07-15"), 24, 0), Some(d("2026-12-30"))); // 44
        assert_eq!(week(d("2026-07-15"), 32, 0), Some(d("2027-02-24"))); // 45
        assert_eq!(pregnancy_day(d("2026-04-23"), 28, 0), Some(d("2026-01-29"))); // 17
        assert_eq!(pregnancy_day(d("2026-04-23"), 36, 6), Some(d("2026-04-01"))); // 17
        for (birth, start) in [
            ("2019-04-02", "2026-04-01"), // 18
            ("2020-04-01", "2026-04-01"), // 18, 29
            ("2020-04-02", "2027-04-01"), // 30
            ("2020-02-29", "2026-04-01"),
        ] {
            assert_eq!(school_start(d(birth)), Some(d(start)), "{birth}");
        }
    }

    #[test]
    fn 年度は4月1日に始まる() {
        assert_eq!((fiscal_year(d("2026-03-31")), fiscal_year(d("2026-04-01"))), (2025, 2026));
        assert_eq!(fiscal_year_start(d("2027-03-31")), Some(d("2026-04-01")));
        assert_eq!(fiscal_year_end(d("2026-04-01")), Some(d("2027-03-31")));
    }

    #[test]
    fn 和暦の改元の日() {
        for (day, text) in [
            ("2019-05-01", "令和元年5月1日"),
            ("2019-04-30", "平成31年4月30日"),
            ("1989-01-08", "平成元年1月8日"),
            ("1989-01-07", "昭和64年1月7日"),
            ("1926-12-25", "昭和元年12月25日"),
            ("1926-12-24", "大正15年12月24日"),
            ("1873-01-01", "明治6年1月1日"),
        ] {
            assert_eq!(wareki(d(day)), text);
        }
    }

    #[test]
    fn 暦の外は落ちずに空になる() {
        assert_eq!(reach(d("2026-04-01"), i32::MAX), None);
        assert_eq!(open_days(d("2026-04-01"), i64::MAX), None);
        assert_eq!(week(d("2026-04-01"), i64::MAX, 1), None);
    }
}
