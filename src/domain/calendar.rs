//! 暦: the only place that counts months, ages, intervals and fiscal years (schedule.md §2).
//!
//! An age is reached on the day before the birthday (年齢計算ニ関スル法律, 民法143条2項); that day counts both as 以上 and as 未満.
//! All windows are closed intervals.

use chrono::{Datelike, Days, NaiveDate};

/// The day `days` after `from` (before, when negative); `None` at the end of the calendar.
#[must_use]
pub fn plus_days(from: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { from.checked_sub_days(distance) } else { from.checked_add_days(distance) }
}

/// The same day-number `months` later, or `None` in its place when that month has no such day.
fn same_day(from: NaiveDate, months: i32) -> Result<NaiveDate, (i32, u32)> {
    let index = from.year() * 12 + i32::try_from(from.month0()).unwrap_or(0) + months;
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
    plus_days(dose, days + 1)
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
    plus_days(birth, weeks * 7 + days)
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
    plus_days(expected, weeks * 7 + days - 280)
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
