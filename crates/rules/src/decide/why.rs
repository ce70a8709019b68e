//! The counter's four questions, apart and in this order (design §5): may this person have it, was it given, was a letter sent, when
//! is the next one due.

use crate::decide::entitled::{self, Plain};
use crate::decide::{Ground, outsider};
use chrono::NaiveDate;
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Reason, Topic, Verdict};
use kansho_core::effect::Stop;
use kansho_core::history::{DoseRecord, Outcome};
use kansho_core::notice::NoticeRecord;
use std::fmt::Write as _;

/// The four answers about one person and one programme.
#[derive(Clone, Debug)]
pub struct Answers {
    /// May this person have it on the as-of date.
    pub entitled: bool,
    /// The last day, when so: the latest of the programme's open windows.
    pub until: Option<NaiveDate>,
    /// Why, with the law.
    pub why: Plain,
    /// Doses of the programme's series on file, by date.
    pub given: Vec<DoseRecord>,
    /// Notices of the programme on file, by date.
    pub notices: Vec<(NoticeRecord, State)>,
    /// The day or the month's first day of the next letter, when one is to come.
    pub next: Option<NaiveDate>,
    /// Why not now, or that it goes out now.
    pub next_why: String,
}

/// What became of a notice, as far as the files tell. (A void number is known to the register only.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 通知済み
    Issued,
    /// 返戻: the last notice before mail came back.
    Returned,
    /// 通知日 after the as-of date.
    Later,
}

impl State {
    /// The word in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Returned => "returned",
            Self::Later => "later",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Issued => "通知済み",
            Self::Returned => Reason::Returned.word(),
            Self::Later => "基準日より後の通知日",
        }
    }
}

/// The answers beside the decision of this month's run.
#[must_use]
pub fn answers(case: &Case, decision: &Decision, ground: &Ground<'_>) -> Answers {
    let programme = &ground.programmes[decision.programme_key];
    let today = entitled::entitled(decision.case, case, decision.programme_key, ground);
    let entitled = today.verdict == Verdict::Selected;
    let of_programme = |dose: &&DoseRecord| {
        dose.outcome == Outcome::Given && programme.targets.iter().any(|t| ground.book.counts_for(dose.series, t.series))
    };
    let mut given: Vec<DoseRecord> = case.history.doses.iter().chain(&case.later_doses).filter(of_programme).copied().collect();
    given.sort_by_key(|dose| (dose.given_on, dose.series, dose.dose));
    let (next, next_why) = next(case, decision, ground);
    Answers {
        entitled,
        until: today.forecasts.iter().filter(|f| entitled && f.due).filter_map(|f| f.last_day).max(),
        why: entitled::plain(case, &today, ground),
        given,
        notices: notices(case, decision, ground),
        next,
        next_why,
    }
}

fn notices(case: &Case, decision: &Decision, ground: &Ground<'_>) -> Vec<(NoticeRecord, State)> {
    let as_of = ground.period.as_of;
    let returned = case.marks.iter().filter(|mark| mark.on(as_of) && matches!(mark.effect().stops, Some(Stop::Returned(_))));
    let returned: Vec<NaiveDate> = returned
        .filter_map(|mark| {
            let before = |n: &&NoticeRecord| n.noticed_on <= mark.from.unwrap_or(as_of);
            case.notices.iter().filter(before).map(|n| n.noticed_on).max()
        })
        .collect();
    let state = |notice: &NoticeRecord| {
        if notice.noticed_on > as_of {
            State::Later
        } else if returned.contains(&notice.noticed_on) {
            State::Returned
        } else {
            State::Issued
        }
    };
    let mut list: Vec<_> = case.notices.iter().filter(|n| n.programme == decision.programme).map(|n| (*n, state(n))).collect();
    list.sort_by_key(|(notice, _)| (notice.noticed_on, notice.issue_number));
    list
}

/// When the next letter goes out, and why not now.
fn next(case: &Case, decision: &Decision, ground: &Ground<'_>) -> (Option<NaiveDate>, String) {
    let programme = &ground.programmes[decision.programme_key];
    let to_come = || match outsider::next(case, programme, ground) {
        Some(month) => (Some(month), format!("。次の通知月は {} です", month.format("%Y-%m"))),
        None => (None, "。この後に通知の予定はありません".to_owned()),
    };
    let again = |why: &str| {
        let (on, words) = to_come();
        (on, format!("{why}{words}"))
    };
    let yearly = outsider::yearly(programme);
    let plain = || entitled::plain(case, decision, ground).words;
    let reason = decision.reason;
    // A letter comes again only where the programme does: every season, or at several ages.
    match (reason.topic(), yearly) {
        (Topic::Residence | Topic::Stop | Topic::Unfit, _) => (None, plain()),
        (Topic::Window, _) if reason == Reason::Due => (Some(ground.period.post_on), "今回の発送で送ります".to_owned()),
        (Topic::Window, _) if reason == Reason::AlreadyNotified => again("この案内はすでに送っています"),
        (Topic::Window, _) if reason == Reason::NotYet && decision.trigger.is_some() => again(&plain()),
        (Topic::Window, _) if reason == Reason::NotYet => again("今回は通知する月ではありません"),
        (Topic::Window, true) if reason == Reason::AlreadyDone => again("今回の分は接種済みです"),
        (Topic::Window, true) if reason == Reason::Expired => again("今回受けられる期間は終わりました"),
        (Topic::Window, false) if reason == Reason::AlreadyDone => {
            (None, "必要な回数を受けているため、もう送りません".to_owned())
        }
        (Topic::Window, false) if reason == Reason::Expired => (None, "受けられる期間が終わったため、もう送りません".to_owned()),
        (Topic::Window, _) => (None, "対象者の範囲に入らないため送りません".to_owned()),
    }
}

/// The day on which the answer may change, from the decision and the person.
#[must_use]
pub fn changes_on(case: &Case, decision: &Decision, ground: &Ground<'_>) -> Option<NaiveDate> {
    if decision.changes_on.is_some() {
        return decision.changes_on;
    }
    if decision.reason == Reason::Due {
        decision.forecasts.iter().filter_map(|f| f.last_day).min().and_then(|last| last.succ_opt())
    } else if decision.reason == Reason::AlreadyNotified {
        outsider::next(case, &ground.programmes[decision.programme_key], ground)
    } else if decision.reason == Reason::NotYetResident {
        case.resident.residency.latest().map(|s| s.since)
    } else {
        None
    }
}

/// The four answers and the decision behind them, as a clerk reads them aloud.
#[must_use]
pub fn sentences(case: &Case, decision: &Decision, answers: &Answers, ground: &Ground<'_>) -> String {
    let programme = &ground.programmes[decision.programme_key];
    let as_of = ground.period.as_of;
    let mut text = format!("■ {}（{}）\n", programme.name, programme.id);
    let may = if answers.entitled { "はい" } else { "いいえ" };
    let _ = writeln!(text, "  {as_of} に受けられるか: {may}。{}〔{}〕", answers.why.words, answers.why.source);
    let given = answers.given.iter().map(|d| format!("{} {}（{}）", ground.book.series_name(d.series), d.dose, d.given_on));
    let _ = writeln!(text, "  受けた記録: {}", listed(given));
    let notices = answers.notices.iter().map(|(notice, state)| {
        let number = notice.issue_number.map_or_else(|| "発行noなし".to_owned(), |n| format!("発行no {n}"));
        format!("{} {}（{number}・{}）", notice.noticed_on, notice.trigger.word(), state.word())
    });
    let _ = writeln!(text, "  通知: {}", listed(notices));
    let next = match (decision.verdict, answers.next) {
        (Verdict::Selected, Some(day)) => format!("{day}。"),
        (Verdict::Excluded | Verdict::Held, Some(month)) => format!("{} から。", month.format("%Y-%m")),
        (_, None) => String::new(),
    };
    let _ = writeln!(text, "  次の通知: {next}{}", answers.next_why);
    let verdict = match decision.verdict {
        Verdict::Selected => "送る",
        Verdict::Excluded => "送らない",
        Verdict::Held => "保留",
    };
    let _ = writeln!(text, "  今回の判定: {verdict} — {}", decision.word());
    for (number, step) in decision.evidence.iter().enumerate() {
        let date = step.date.map_or_else(String::new, |day| format!("［{day}］"));
        let _ = writeln!(text, "    {}. {} → {}{date}（{}）", number + 1, step.question, step.answer, step.source);
    }
    if let Some(day) = changes_on(case, decision, ground) {
        let _ = writeln!(text, "    答えが変わる日: {day}");
    }
    if let Some(destination) = case.mailing_address(ground.period.post_on)
        && decision.verdict == Verdict::Selected
    {
        let _ = writeln!(text, "    送付先: 登録された送付先（理由: {}）", destination.reason);
    }
    text
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let list: Vec<String> = items.collect();
    if list.is_empty() { "ありません".to_owned() } else { list.join("、") }
}
