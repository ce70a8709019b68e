//! 対象外: why a person is no candidate of a programme in this period, for `select`, `why` and `reissue`.

use crate::decide::Ground;
use crate::decide::candidacy;
use crate::decide::ladder::{evidence, forecast, knowledge};
use crate::decide::programme::{Anchor, Programme};
use crate::domain::calendar;
use crate::domain::case::Case;
use crate::domain::decision::{Decision, Reason, Status, Verdict};
use chrono::NaiveDate;

/// The decision "excluded" of a person whom no trigger of the programme meets in the period.
pub(super) fn decision(place: usize, case: &Case, index: usize, programme: &Programme, ground: &Ground<'_>) -> Decision {
    let (reason, answer, changes_on) = reason(case, programme, ground);
    Decision {
        case: place,
        programme: programme.id,
        programme_index: index,
        verdict: Verdict::Excluded,
        reason,
        trigger: None,
        template: None,
        evidence: vec![evidence(
            "今回の対象となるきっかけはあるか",
            answer,
            changes_on,
            format!("rules/programmes/{}.toml", programme.id),
        )],
        findings: Vec::new(),
        forecasts: Vec::new(),
        changes_on,
    }
}

fn reason(case: &Case, programme: &Programme, ground: &Ground<'_>) -> (Reason, String, Option<NaiveDate>) {
    let outside = |words: &str| (Reason::NotInGroup, words.to_owned(), None);
    let Some(birth) = case.resident.birth.exact() else {
        return outside("生年月日が不詳で、どのきっかけにも当たらない");
    };
    if programme.sex.is_some_and(|sex| sex != case.resident.sex) {
        return outside("性別が対象ではない");
    }
    if programme.targets.is_empty() {
        return outside("この期間に出生・転入した人ではない");
    }
    let known = knowledge(case, programme, ground);
    let forecasts: Vec<_> = programme.targets.iter().flat_map(|t| forecast(case, t.series, known, ground)).collect();
    if forecasts.iter().all(|f| f.status == Status::None) {
        return outside("対象者の範囲（年齢・性別）に入らない");
    }
    // A yearly vaccine comes again: what is done or over for this year says nothing about the next notice.
    let yearly = programme.targets.iter().any(|t| ground.book.season(t.series, ground.period.as_of).is_some());
    let done = || (Reason::AlreadyDone, "必要な回数は接種済み".to_owned(), None);
    let complete = forecasts.iter().all(|f| matches!(f.status, Status::Complete | Status::None));
    if complete && !yearly {
        return done();
    }
    let closed = |day: Option<NaiveDate>| day.is_none_or(|last| last < ground.period.as_of);
    let over = || {
        let last = forecasts.iter().filter_map(|f| f.last_day).max();
        (Reason::Expired, "受けられる期間が終わっている".to_owned(), last)
    };
    let ended = forecasts.iter().all(|f| closed(f.last_day));
    if ended && !yearly {
        return over();
    }
    if let Some(next) = next_notice(case, programme, birth, ground) {
        let words = format!("通知の時期がまだ来ない（通知月 {}）", next.format("%Y-%m"));
        return (Reason::NotYet, words, Some(next));
    }
    if complete {
        return done();
    }
    if ended {
        return over();
    }
    outside("今回の通知月ではない（初回の通知月は過ぎており、再勧奨の月でもない）")
}

/// The first day of the next notice month of the programme for this person, when one is still to come.
pub(super) fn next_notice(case: &Case, programme: &Programme, birth: NaiveDate, ground: &Ground<'_>) -> Option<NaiveDate> {
    let mut month = calendar::first_of_month(ground.period.as_of)?;
    let anchors = || {
        programme.triggers.iter().filter(|rule| rule.anchor != Anchor::Residence).flat_map(|rule| {
            rule.anchor.days(birth, case).into_iter().filter_map(move |day| calendar::month_shift(day, -rule.months_before))
        })
    };
    if anchors().all(|first| first < month) && programme.triggers.iter().all(|rule| rule.months.is_empty()) {
        return None;
    }
    let last = anchors().max()?.max(calendar::month_shift(month, 12)?);
    while month < last {
        month = calendar::month_shift(month, 1)?;
        let period = crate::decide::Period { since: month, as_of: month, post_on: month };
        if candidacy::find(case, programme, &period)
            .is_some_and(|found| found.rule.kind != crate::domain::notice::Trigger::MoverIn)
        {
            return Some(month);
        }
    }
    None
}
