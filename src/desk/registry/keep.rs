//! 最小化 (assessment III.2): who is kept. People in a target group, or within twelve months of one; everybody else only where something
//! about them is on file.

use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::person::Sex;
use kansho_core::residency::Standing;
use kansho_rules::{RuleBook, Subject};
use std::collections::HashMap;

/// Months on either side of a group.
const NEAR: i32 = 12;
/// Children's groups follow one another up to the fiscal year of 16 (HPV, 施行令1条の3): whoever is younger is in one or near one.
const CHILDREN: i32 = 18;
/// Women who may become a target by pregnancy (RSウイルス母子免疫), in years.
const MOTHERS: std::ops::RangeInclusive<i32> = 12..=55;

/// Who is in a group or near one, by birth date and sex.
pub(super) struct Groups<'a> {
    book: &'a RuleBook,
    day: NaiveDate,
    known: HashMap<(NaiveDate, Sex), bool>,
}

impl<'a> Groups<'a> {
    /// The groups of a rule book as of a day.
    pub(super) fn new(book: &'a RuleBook, day: NaiveDate) -> Self {
        Self { book, day, known: HashMap::new() }
    }

    /// Whether somebody born on a day is in a group or near one. Whose sex is not known may be of either.
    pub(super) fn hold(&mut self, birth: NaiveDate, sex: Sex) -> bool {
        if let Some(known) = self.known.get(&(birth, sex)) {
            return *known;
        }
        let held = match sex {
            Sex::Unknown => self.hold(birth, Sex::Female) || self.hold(birth, Sex::Male),
            Sex::Female | Sex::Male => self.ask(birth, sex),
        };
        self.known.insert((birth, sex), held);
        held
    }

    fn ask(&self, birth: NaiveDate, sex: Sex) -> bool {
        let age = |years: i32| calendar::reach(birth, years * 12);
        let mother =
            age(*MOTHERS.start()).is_none_or(|from| from <= self.day) && age(MOTHERS.end() + 1).is_none_or(|end| self.day < end);
        let child = age(CHILDREN).is_none_or(|end| self.day < end);
        if child || sex == Sex::Female && mother {
            return true;
        }
        let near = |first: NaiveDate, last: NaiveDate| {
            let begins = calendar::month_shift(first, -NEAR).unwrap_or(first);
            let ends = calendar::month_shift(last, NEAR + 1).unwrap_or(last);
            begins <= self.day && self.day <= ends
        };
        let subject = Subject::without_history(birth, sex);
        self.book.series().any(|series| {
            let forecasts = self.book.forecast(&subject, series, self.day, Standing::Resident { since: birth });
            forecasts.is_ok_and(|forecasts| {
                forecasts.iter().any(|next| next.first_day.zip(next.last_day).is_some_and(|(first, last)| near(first, last)))
            })
        })
    }
}
