//! Why a person is no candidate of a programme in this period: not in the group, not this month, given already, or over.

use crate::decide::ladder::{evidence, residence};
use crate::decide::programme::{Anchor, Programme, TriggerRule};
use crate::decide::stand::{Stand, stands};
use crate::decide::{Ground, Period, question};
use chrono::{Datelike, NaiveDate};
use kansho_core::birth::BirthDate;
use kansho_core::calendar;
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Reason, Verdict};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::notice::Trigger;

/// 今回の対象月でない人, in parts (design §2). 「対象外」 is only who is not in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// 対象者の範囲に入らない
    NotInGroup,
    /// 今回の対象月でない
    NotThisMonth,
    /// 接種済み
    GivenAlready,
    /// 期間終了
    Over,
}

impl Part {
    /// Every part, in the order of lists.
    pub const ALL: [Self; 4] = [Self::NotInGroup, Self::NotThisMonth, Self::GivenAlready, Self::Over];

    /// The id in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::NotInGroup => "not_in_group",
            Self::NotThisMonth => "not_this_month",
            Self::GivenAlready => "given_already",
            Self::Over => "over",
        }
    }

    /// The Japanese words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotInGroup => "対象者の範囲でない",
            Self::NotThisMonth => "今回の対象月でない",
            Self::GivenAlready => "接種済み",
            Self::Over => "期間終了",
        }
    }
}

/// The part of a person whom no trigger of the programme meets in the period. It looks at the day only, at no other month.
#[must_use]
pub fn part(case: &Case, programme: &Programme, ground: &Ground<'_>) -> Part {
    if programme.sex.is_some_and(|sex| sex != case.resident.sex) {
        return Part::NotInGroup;
    }
    let Some((first, last)) = case.resident.birth.span() else { return Part::NotThisMonth };
    if first == last {
        return part_of(case, programme, ground);
    }
    let born = |day: NaiveDate| {
        let mut case = case.clone();
        case.resident.birth = BirthDate::Exact(day);
        part_of(&case, programme, ground)
    };
    let (first, last) = (born(first), born(last));
    if first == last { first } else { Part::NotThisMonth }
}

fn part_of(case: &Case, programme: &Programme, ground: &Ground<'_>) -> Part {
    if programme.targets.is_empty() {
        let over = |rule: &TriggerRule| rule.until_age.is_some_and(|age| reached(case, age, ground.period.as_of));
        return if programme.triggers.iter().all(over) { Part::NotInGroup } else { Part::NotThisMonth };
    }
    let stands = stands(case, programme, ground);
    let any = |wanted: &[Stand]| stands.iter().any(|(_, _, stand)| wanted.contains(stand));
    // Who will be old enough in a season that no rule is known for is not in the group yet.
    let ever = |rule: &TriggerRule| case.resident.birth.exact().is_some_and(|birth| !rule.anchor.days(birth, case).is_empty());
    if any(&[Stand::Open, Stand::Behind]) || any(&[Stand::Later]) && programme.triggers.iter().any(ever) {
        Part::NotThisMonth
    } else if any(&[Stand::Given]) {
        Part::GivenAlready
    } else if any(&[Stand::Over]) {
        Part::Over
    } else {
        Part::NotInGroup
    }
}

fn reached(case: &Case, age: i32, day: NaiveDate) -> bool {
    case.resident.birth.exact().and_then(|birth| calendar::reach(birth, age)).is_some_and(|reached| reached < day)
}

/// The decision "excluded" of a person whom no trigger of the programme meets in the period.
pub(super) fn decision(
    (key, case): (CaseKey, &Case),
    (of, programme): (ProgrammeKey, &Programme),
    ground: &Ground<'_>,
) -> Decision {
    let mut said = Vec::new();
    let (reason, answer, changes_on) = match part(case, programme, ground) {
        Part::NotThisMonth => match residence(case, &ground.period, &mut said) {
            Some(away) => (away, "今回の対象月でない".to_owned(), None),
            None => waiting(case, programme, ground),
        },
        Part::GivenAlready => (
            Reason::AlreadyDone,
            "必要な回数は接種済み".to_owned(),
            yearly(programme).then(|| next(case, programme, ground)).flatten(),
        ),
        Part::Over => match yearly(programme).then(|| next(case, programme, ground)).flatten() {
            Some(month) => (Reason::NotYet, coming(month, "この年度の期間は終わっている"), Some(month)),
            None => (Reason::Expired, over(case, programme, ground), None),
        },
        Part::NotInGroup => (Reason::NotInGroup, outside(case, programme, ground), None),
    };
    said.insert(0, evidence(question::TRIGGER, answer, changes_on, format!("rules/programmes/{}.toml", programme.id)));
    let verdict = if reason == Reason::Held { Verdict::Held } else { Verdict::Excluded };
    Decision {
        case: key,
        programme: programme.id,
        programme_key: of,
        verdict,
        reason,
        trigger: None,
        template: None,
        by_mark: false,
        evidence: said,
        findings: Vec::new(),
        forecasts: Vec::new(),
        changes_on,
    }
}

/// In the group and neither done nor over: the next notice is to come, or was sent, or none is planned.
fn waiting(case: &Case, programme: &Programme, ground: &Ground<'_>) -> (Reason, String, Option<NaiveDate>) {
    if let Some(month) = next(case, programme, ground) {
        return (Reason::NotYet, coming(month, "今回の対象月でない"), Some(month));
    }
    match super::entitled::current(case, programme, ground).last() {
        Some(notice) => (Reason::AlreadyNotified, format!("{} に通知した（{}）", notice.noticed_on, notice.trigger.word()), None),
        None => (Reason::NotYet, "今回の対象月でない。この後に通知の予定はない".to_owned(), None),
    }
}

fn coming(month: NaiveDate, why: &str) -> String {
    format!("{why}（次の通知月 {}）", month.format("%Y-%m"))
}

fn over(case: &Case, programme: &Programme, ground: &Ground<'_>) -> String {
    let last = stands(case, programme, ground).into_iter().filter_map(|(_, forecast, _)| forecast.last_day).max();
    last.map_or_else(|| "受けられる期間が終わっている".to_owned(), |day| format!("受けられる期間が終わっている（{day} まで）"))
}

fn outside(case: &Case, programme: &Programme, ground: &Ground<'_>) -> String {
    if programme.sex.is_some_and(|sex| sex != case.resident.sex) {
        return "性別が対象ではない".to_owned();
    }
    if programme.targets.is_empty() {
        return "番号シールを送る年齢ではない".to_owned();
    }
    let words = stands(case, programme, ground).into_iter().map(|(_, forecast, _)| forecast.reason).next();
    words.unwrap_or_else(|| "対象者の範囲（年齢・性別）に入らない".to_owned())
}

/// Whether the programme comes again for the same person: every season, or at several ages.
pub(super) fn yearly(programme: &Programme) -> bool {
    programme.triggers.iter().any(|rule| rule.anchor.yearly())
}

/// The first day of the next notice month of the programme for this person, when one is still to come before the window ends.
pub(super) fn next(case: &Case, programme: &Programme, ground: &Ground<'_>) -> Option<NaiveDate> {
    let birth = case.resident.birth.exact()?;
    let now = calendar::first_of_month(ground.period.as_of)?;
    let ends = (!yearly(programme)).then(|| stands(case, programme, ground).into_iter().filter_map(|(_, f, _)| f.last_day).max());
    let months = programme.triggers.iter().filter_map(|rule| {
        let alive = |month: &NaiveDate| {
            *month > now && rule.until_age.is_none_or(|age| calendar::reach(birth, age).is_some_and(|end| *month <= end))
        };
        let several = matches!(&rule.anchor, Anchor::FiscalYearOf(ages) if ages.len() > 1);
        let anchors = rule.anchor.days(birth, case).into_iter();
        let passed = |anchor: NaiveDate| calendar::fiscal_year_end(anchor).is_none_or(|end| end < now);
        let anchors = anchors.filter(|anchor| !several || !passed(*anchor) && open_in_year(case, programme, *anchor, ground));
        match rule.kind {
            Trigger::MoverIn => None,
            _ if rule.anchor == Anchor::Residence => None,
            Trigger::Reminder | Trigger::LastCall if !rule.months.is_empty() => {
                anchors.filter_map(|anchor| named_month(rule, anchor, now, yearly(programme))).filter(alive).min()
            }
            Trigger::First | Trigger::Reminder | Trigger::LastCall => {
                anchors.filter_map(|anchor| calendar::month_shift(anchor, -rule.months_before)).filter(alive).min()
            }
        }
    });
    months.filter(|month| ends.flatten().is_none_or(|last| *month <= last)).min()
}

/// Whether a dose of the programme can be given in the fiscal year that begins on `first`, by the rules of that year: the ages of a
/// transitional measure (帯状疱疹 until FY2029) come again only while it lasts, and not for whoever is done.
fn open_in_year(case: &Case, programme: &Programme, first: NaiveDate, ground: &Ground<'_>) -> bool {
    let then = Ground { period: Period { since: first, as_of: first, post_on: first }, ..*ground };
    let end = calendar::fiscal_year_end(first);
    stands(case, programme, &then).iter().any(|(_, forecast, stand)| {
        matches!(stand, Stand::Open | Stand::Later) && forecast.first_day.zip(end).is_some_and(|(day, end)| day <= end)
    })
}

/// The next calendar month of a reminder's own months, from its anchor on; of a yearly programme within the anchor's fiscal year.
fn named_month(rule: &TriggerRule, anchor: NaiveDate, now: NaiveDate, yearly: bool) -> Option<NaiveDate> {
    let from = calendar::first_of_month(anchor)?.max(calendar::month_shift(now, 1)?);
    let months = (0..12).filter_map(|ahead| calendar::month_shift(from, ahead));
    let same_year = |month: &NaiveDate| !yearly || calendar::fiscal_year(*month) == calendar::fiscal_year(anchor);
    months.filter(|month| anchor <= *month && rule.months.contains(&month.month())).find(same_year)
}
