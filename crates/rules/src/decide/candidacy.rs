//! Who is a candidate: a person whose birth date (or 住民となった日) can meet a trigger of the programme in the period (design §2).

use crate::decide::Period;
use crate::decide::programme::{Anchor, Programme, TriggerRule};
use chrono::{Datelike, NaiveDate};
use kansho_core::birth::BirthDate;
use kansho_core::calendar;
use kansho_core::case::{Case, MarkSheet};
use kansho_core::notice::Trigger;
use kansho_core::person::Sex;
use kansho_core::residency::Entry;

/// Why a person is a candidate.
#[derive(Clone, Copy, Debug)]
pub struct Candidacy<'a> {
    /// The trigger.
    pub rule: &'a TriggerRule,
    /// The anchor day it was counted from; `None` when the birth date is uncertain.
    pub anchor: Option<NaiveDate>,
    /// First day of the notice month.
    pub notice_month: NaiveDate,
}

/// The first trigger of the programme that the person can meet in the period.
#[must_use]
pub fn find<'a>(case: &Case, programme: &'a Programme, period: &Period) -> Option<Candidacy<'a>> {
    if programme.sex.is_some_and(|sex| case.resident.sex != Sex::Unknown && case.resident.sex != sex) {
        return None;
    }
    let rules = programme.triggers.iter();
    match &case.resident.birth {
        BirthDate::Exact(birth) => rules.filter_map(|rule| meets(rule, *birth, case, period)).next(),
        BirthDate::Uncertain { .. } => {
            let month = calendar::first_of_month(period.as_of)?;
            let possible = |rule: &&TriggerRule| match case.resident.birth.span() {
                Some((first, last)) => {
                    first.iter_days().take_while(|d| *d <= last).any(|d| meets(rule, d, case, period).is_some())
                }
                None => true,
            };
            rules.filter(possible).map(|rule| Candidacy { rule, anchor: None, notice_month: month }).next()
        }
    }
}

fn meets<'a>(rule: &'a TriggerRule, birth: NaiveDate, case: &Case, period: &Period) -> Option<Candidacy<'a>> {
    let spell = case.resident.residency.latest();
    let first = calendar::first_of_month(period.since)?;
    let last = calendar::last_of_month(period.as_of)?;
    if rule.until_age.is_some_and(|age| calendar::reach(birth, age).is_none_or(|end| end < period.as_of)) {
        return None;
    }
    let arrived =
        spell.filter(|s| calendar::month_shift(first, -1).is_some_and(|from| from <= s.since) && s.since <= period.as_of);
    // Whose 住民となった日 cannot be read may have come in this month: a candidate, whom the questions hold.
    let unknown = case.resident.residency.spells.is_empty();
    if rule.anchor == Anchor::Residence && unknown {
        return Some(Candidacy { rule, anchor: None, notice_month: calendar::first_of_month(period.as_of)? });
    }
    if matches!(rule.anchor, Anchor::Pregnancy(..)) && case.unclear.contains(&MarkSheet::Pregnancy) {
        return Some(Candidacy { rule, anchor: None, notice_month: calendar::first_of_month(period.as_of)? });
    }
    if rule.anchor == Anchor::Residence {
        let spell = arrived?;
        let born_here = spell.entry == Entry::Birth;
        let fits = (rule.kind == Trigger::First) == born_here;
        return fits.then_some(Candidacy {
            rule,
            anchor: Some(spell.since),
            notice_month: calendar::first_of_month(period.as_of)?,
        });
    }
    if let Some(end) = rule.anchor.told_until(birth) {
        let begun = |anchor: &NaiveDate| calendar::month_shift(*anchor, -rule.months_before).is_some_and(|month| month <= last);
        let anchor = rule.anchor.days(birth, case).into_iter().find(begun).filter(|_| period.as_of <= end)?;
        return Some(Candidacy { rule, anchor: Some(anchor), notice_month: calendar::first_of_month(period.as_of)? });
    }
    for anchor in rule.anchor.days(birth, case) {
        let month = calendar::month_shift(anchor, -rule.months_before)?;
        let same_year = !rule.anchor.yearly() || calendar::fiscal_year(anchor) == calendar::fiscal_year(period.as_of);
        let hit = match rule.kind {
            Trigger::First => (first <= month && month <= last).then_some(month),
            Trigger::MoverIn => {
                let passed = month < first && same_year;
                ((unknown || arrived.is_some_and(|s| s.entry != Entry::Birth)) && passed)
                    .then_some(calendar::first_of_month(period.as_of)?)
            }
            Trigger::Reminder | Trigger::LastCall => {
                let now = calendar::first_of_month(period.as_of)?;
                let in_month = months_between(first, now).into_iter().rev().find(|m| rule.months.contains(&m.month()));
                if rule.months.is_empty() {
                    (first <= month && month <= last).then_some(month)
                } else {
                    in_month.filter(|m| anchor <= *m && same_year)
                }
            }
        };
        if let Some(notice_month) = hit {
            return Some(Candidacy { rule, anchor: Some(anchor), notice_month });
        }
    }
    None
}

/// First days of the months from `first` to `last`.
fn months_between(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    let mut months = vec![first];
    while let Some(next) = months.last().and_then(|m| calendar::month_shift(*m, 1)).filter(|next| *next <= last) {
        months.push(next);
    }
    months
}
