//! 生年月日: a real day, or uncertain with the register's own words.

use crate::calendar;
use chrono::NaiveDate;
use std::fmt;

/// 生年月日. No day is ever invented (no みなし生年月日; standard-spec 1.1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum BirthDate {
    /// A day of the calendar.
    Exact(NaiveDate),
    /// 不詳: the register's text (令和○年頃, 平成30年4月不詳), kept as it is.
    Uncertain {
        /// The register's own words.
        text: String,
    },
}

impl BirthDate {
    /// The day, when it is known.
    #[must_use]
    pub const fn exact(&self) -> Option<NaiveDate> {
        match self {
            Self::Exact(day) => Some(*day),
            Self::Uncertain { .. } => None,
        }
    }

    /// The first and last day the birth can have been, as far as the register's words tell: 「平成30年4月不詳」 is a month,
    /// 「昭和36年頃」 three years. `None` when they tell nothing.
    #[must_use]
    pub fn span(&self) -> Option<(NaiveDate, NaiveDate)> {
        let text = match self {
            Self::Exact(day) => return Some((*day, *day)),
            Self::Uncertain { text } => text,
        };
        let (year, rest) = leading_year(text)?;
        let about = if text.contains('頃') || text.contains("推定") { 1 } else { 0 };
        let month =
            rest.split_once('月').and_then(|(m, _)| m.trim().parse::<u32>().ok()).filter(|m| (1..=12).contains(m) && about == 0);
        match month {
            Some(month) => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                Some((first, calendar::last_of_month(first)?))
            }
            None => Some((NaiveDate::from_ymd_opt(year - about, 1, 1)?, NaiveDate::from_ymd_opt(year + about, 12, 31)?)),
        }
    }
}

/// 「平成30年4月不詳」 → (2018, "4月不詳").
fn leading_year(text: &str) -> Option<(i32, &str)> {
    let (head, rest) = text.split_once('年')?;
    let head = head.trim();
    for (name, first_year, _, _) in calendar::ERAS {
        if let Some(number) = head.strip_prefix(name) {
            let base = if name == "明治" { 1867 } else { first_year - 1 };
            let number =
                if number.trim() == "元" { 1 } else { number.trim().parse::<i32>().ok().filter(|n| (1..100).contains(n))? };
            return Some((base + number, rest));
        }
    }
    head.parse::<i32>().ok().filter(|year| (1850..2200).contains(year)).map(|year| (year, rest))
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact(_) => "BirthDate(…)",
            Self::Uncertain { .. } => "BirthDate(不詳)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uncertain_date_spans_what_its_words_say() {
        let span =
            |text: &str| BirthDate::Uncertain { text: text.to_owned() }.span().map(|(a, b)| (a.to_string(), b.to_string()));
        let days = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(span("平成30年4月不詳"), days("2018-04-01", "2018-04-30"));
        assert_eq!(span("昭和36年不詳"), days("1961-01-01", "1961-12-31"));
        assert_eq!(span("昭和36年頃"), days("1960-01-01", "1962-12-31"));
        assert_eq!(span("令和元年月日不詳"), days("2019-01-01", "2019-12-31"));
        assert_eq!(span("不詳"), None);
    }
}
