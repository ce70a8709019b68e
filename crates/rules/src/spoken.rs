//! ふだんの言葉: the window of a dose as people say it, 「1歳の誕生日の前日から2歳の誕生日の前日まで」 (print.md 1.4).
//!
//! A bound is put into words only where the day is the very day that a rule names for this person; a day that came from an interval, a
//! season or the start of a law has no such words.

use super::RuleBook;
use super::book::{DoseRule, Series};
use super::point::Point;
use chrono::NaiveDate;
use kansho_core::decision::Forecast;

impl RuleBook {
    /// The window of a forecast in the words of a letter, in brackets; empty when it is best said by its dates.
    ///
    /// `expected` are the 出産予定日 of the person.
    #[must_use]
    pub fn spoken(&self, forecast: &Forecast, birth: NaiveDate, expected: &[NaiveDate], as_of: NaiveDate) -> String {
        let (Some(series), Some(dose)) = (self.at(forecast.series, as_of), forecast.dose) else { return String::new() };
        let rules: Vec<&DoseRule> = series.courses.iter().flat_map(|c| &c.doses).filter(|rule| rule.name == dose).collect();
        let falls = |point: &Point, day: NaiveDate| {
            let mut days = expected.iter().copied().map(Some).chain(std::iter::once(None));
            days.any(|expected| point.day(birth, expected) == Some(day))
        };
        let edge =
            |points: Vec<Point>, day: Option<NaiveDate>| points.into_iter().find(|point| day.is_some_and(|d| falls(point, d)));
        words(edge(firsts(series, &rules), forecast.first_day), edge(lasts(series, &rules), forecast.last_day))
    }
}

fn firsts(series: &Series, rules: &[&DoseRule]) -> Vec<Point> {
    let own = rules.iter().flat_map(|rule| {
        let earlier = rule.opened_before.map(|(_, point)| point);
        std::iter::once(rule.first).chain(rule.first_disability).chain(earlier)
    });
    let cohorts = series.cohorts.iter().flat_map(|cohort| {
        cohort.window.map(|(first, _)| first).into_iter().chain(cohort.ages.iter().map(|age| Point::FiscalStart(*age)))
    });
    own.chain(cohorts).collect()
}

fn lasts(series: &Series, rules: &[&DoseRule]) -> Vec<Point> {
    let own = rules.iter().map(|rule| rule.last);
    let cohorts = series.cohorts.iter().flat_map(|cohort| {
        cohort.window.map(|(_, last)| last).into_iter().chain(cohort.ages.iter().map(|age| Point::FiscalEnd(*age)))
    });
    own.chain(cohorts).collect()
}

fn words(first: Option<Point>, last: Option<Point>) -> String {
    match (first, last) {
        (Some(Point::BeforeSchoolStart), Some(Point::BeforeSchoolEnd)) => return "（小学校に入る前の1年間）".to_owned(),
        (Some(Point::FiscalStart(from)), Some(Point::FiscalEnd(until))) if from == until => {
            return year(from).map_or_else(String::new, |year| format!("（{year}の1年間）"));
        }
        _ => {}
    }
    match (first.and_then(day), last.and_then(day)) {
        (Some(from), Some(until)) => format!("（{from}から{until}まで）"),
        (Some(from), None) => format!("（{from}から）"),
        (None, Some(until)) => format!("（{until}まで）"),
        (None, None) => String::new(),
    }
}

/// A day counted from a person, in words.
fn day(point: Point) -> Option<String> {
    match point {
        Point::Age(months, 0) => Some(format!("{}の前日", birthday(months))),
        Point::Age(months, 1) => Some(birthday(months)),
        Point::FiscalStart(months) => year(months).map(|year| format!("{year}の4月1日")),
        Point::FiscalEnd(months) => year(months).map(|year| format!("{year}の3月31日")),
        Point::BeforeSchoolStart => Some("小学校に入る前の年度の4月1日".to_owned()),
        Point::BeforeSchoolEnd => Some("小学校に入る前の3月31日".to_owned()),
        Point::Birth(days) if days > 0 => Some(format!("生後{}", weeks(days / 7, days % 7))),
        Point::Pregnancy(number, days) => Some(format!("妊娠{}", weeks(number, days))),
        Point::Birth(_) | Point::Age(..) => None,
    }
}

fn weeks(number: i64, days: i64) -> String {
    format!("{number}週{days}日")
}

/// The day on which someone is `months` old as people count, one day after the law's.
fn birthday(months: i32) -> String {
    match (months / 12, months % 12) {
        (years, 0) => format!("{years}歳の誕生日"),
        (0 | 1, _) => format!("生後{months}か月になる日"),
        (years, rest) => format!("{years}歳{rest}か月になる日"),
    }
}

/// The fiscal year in which someone becomes `months` old; children by their school year.
fn year(months: i32) -> Option<String> {
    let age = (months % 12 == 0).then_some(months / 12)?;
    let school = match age {
        7..=12 => Some(("小学", age - 6)),
        13..=15 => Some(("中学", age - 12)),
        16..=18 => Some(("高校", age - 15)),
        _ => None,
    };
    Some(match school {
        Some((school, grade)) => format!("{school}{grade}年生に当たる年度"),
        None => format!("{age}歳になる年度"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_said_as_people_say_them() {
        for (first, last, said) in [
            ("12か月", "24か月", "（1歳の誕生日の前日から2歳の誕生日の前日まで）"),
            ("2か月", "90か月", "（生後2か月になる日の前日から7歳6か月になる日の前日まで）"),
            ("就学前年度初", "就学前年度末", "（小学校に入る前の1年間）"),
            ("年度初:12歳", "年度末:16歳", "（小学6年生に当たる年度の4月1日から高校1年生に当たる年度の3月31日まで）"),
            ("年度初:65歳", "年度末:65歳", "（65歳になる年度の1年間）"),
            ("出生+42日", "出生+104日", "（生後6週0日から生後14週6日まで）"),
            ("妊娠28週0日", "妊娠36週6日", "（妊娠28週0日から妊娠36週6日まで）"),
            ("12か月+1日", "出生", "（1歳の誕生日から）"),
            ("出生", "13歳", "（13歳の誕生日の前日まで）"),
            ("出生", "12か月+2日", ""),
        ] {
            let point = |text: &str| Some(Point::parse(text).unwrap());
            assert_eq!(words(point(first), point(last)), said);
        }
    }
}
