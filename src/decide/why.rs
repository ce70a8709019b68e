//! The counter's two questions in plain Japanese: なぜ届いたのか, なぜ届かないのか, and on which day the answer changes.

use crate::decide::{Ground, ladder, outsider};
use crate::domain::case::Case;
use crate::domain::decision::{Decision, Reason, Verdict};
use chrono::NaiveDate;
use std::fmt::Write as _;

/// The day on which the answer may change, from the decision and the person.
#[must_use]
pub fn changes_on(case: &Case, decision: &Decision, ground: &Ground<'_>) -> Option<NaiveDate> {
    if decision.changes_on.is_some() && decision.reason != Reason::Expired {
        return decision.changes_on;
    }
    match decision.reason {
        Reason::Due => decision.forecasts.iter().filter_map(|f| f.last_day).min().and_then(|last| last.succ_opt()),
        Reason::AlreadyNotified | Reason::NotInGroup => {
            let programme = &ground.programmes[decision.programme_index];
            case.resident.birth.exact().and_then(|birth| outsider::next_notice(case, programme, birth, ground))
        }
        Reason::NotYetResident => case.resident.residency.latest().map(|s| s.since),
        Reason::MovedOut
        | Reason::Dead
        | Reason::StruckOff
        | Reason::Leaving
        | Reason::Protected
        | Reason::MailStopped
        | Reason::Returned
        | Reason::AlreadyDone
        | Reason::NotYet
        | Reason::Expired
        | Reason::HadDisease
        | Reason::Contraindicated
        | Reason::Held => None,
    }
}

/// One decision as a clerk reads it aloud.
#[must_use]
pub fn sentences(case: &Case, decision: &Decision, ground: &Ground<'_>) -> String {
    let programme = &ground.programmes[decision.programme_index];
    let head = match decision.verdict {
        Verdict::Selected => "なぜ届くのか",
        Verdict::Excluded => "なぜ届かないのか",
        Verdict::Held => "なぜ保留なのか",
    };
    let mut text = format!("■ {}（{}）: {} — {}\n", programme.name, programme.id, head, decision.reason.word());
    for (number, step) in decision.evidence.iter().enumerate() {
        let date = step.date.map_or_else(String::new, |day| format!("［{day}］"));
        let _ = writeln!(text, "  {}. {} → {}{date}（{}）", number + 1, step.question, step.answer, step.source);
    }
    for forecast in &decision.forecasts {
        if let (Some(dose), Some(first), Some(last)) = (forecast.dose, forecast.first_day, forecast.last_day) {
            let _ = writeln!(text, "  受けられるもの: {} {dose} {first}～{last}", ground.book.series_name(forecast.series));
        }
    }
    if let Some(day) = changes_on(case, decision, ground) {
        let _ = writeln!(text, "  答えが変わる日: {day}");
    }
    if let Some(destination) = ladder::mailing_address(case, ground.period.post_on)
        && decision.verdict == Verdict::Selected
    {
        let _ = writeln!(text, "  送付先: 登録された送付先（理由: {}）", destination.reason);
    }
    text
}
