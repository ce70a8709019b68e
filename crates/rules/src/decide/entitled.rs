//! この日に受けられるか (design §5): residence, marks, history and the legal window of a day, whatever month the programme writes in.

use crate::decide::candidacy::{self, Candidacy};
use crate::decide::ladder::{self, evidence};
use crate::decide::outsider::yearly;
use crate::decide::programme::{Anchor, Programme, Target, TriggerRule};
use crate::decide::stand::{Stand, stands};
use crate::decide::terms::given;
use crate::decide::{Ground, question};
use chrono::{Datelike, NaiveDate};
use kansho_core::calendar;
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Forecast, Reason, Topic, Verdict};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::notice::{NoticeRecord, Trigger};
use kansho_core::residency::Entry;

/// 予防接種法5条1項: the mayor vaccinates who lives in the municipality.
const RESIDENTS: &str = "予防接種法5条1項（区域内に居住する者）";

/// An answer in plain words, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// One sentence for each series, without a full stop at the end.
    pub words: String,
    /// The articles, or the row.
    pub source: String,
}

/// Whether the person may have a dose of the programme on the as-of date: selected when so. What stops mail is not asked.
#[must_use]
pub fn entitled(key: CaseKey, case: &Case, of: ProgrammeKey, ground: &Ground<'_>) -> Decision {
    let (programme, case) = (&ground.programmes[of], &without_notices(case, &ground.programmes[of]));
    let candidacy = asked(rule(case, programme, ground), ground);
    let decision = ladder::lawful((key, case), (of, programme), &candidacy, ground);
    let open = programme.targets.is_empty() || decision.forecasts.iter().any(|f| f.due);
    narrowed(decision, open)
}

/// The decision of 再発行: whoever may have a dose today gets the notice again. A letter that this month's run sends, or that was
/// sent, before the window opens may be lost before it opens; it is made again as well. A notice of information is for everybody
/// to whom it has gone out by now and whose window is not over.
#[must_use]
pub fn reissue(key: CaseKey, case: &Case, of: ProgrammeKey, ground: &Ground<'_>) -> Decision {
    let programme = &ground.programmes[of];
    let rule = rule(case, programme, ground);
    let again = without_notices(case, programme);
    let decision = ladder::climb((key, &again), (of, programme), &asked(rule, ground), ground);
    let sent = candidacy::find(case, programme, &ground.period).is_some() || current(case, programme, ground).next().is_some();
    let informed = || {
        let anchors = case.resident.birth.exact().map(|birth| rule.anchor.days(birth, case)).unwrap_or_default();
        let month = |anchor: NaiveDate| calendar::month_shift(anchor, -rule.months_before);
        anchors.into_iter().filter_map(month).any(|month| month <= ground.period.as_of)
    };
    let open = programme.targets.is_empty()
        || decision.forecasts.iter().any(|f| f.due)
        || if programme.information { informed() } else { sent };
    let mut decision = narrowed(decision, open);
    if let Some(first) = decision.evidence.first_mut() {
        let answer = if current(case, programme, ground).next().is_some() {
            "台帳にある通知"
        } else {
            "台帳に通知がないため、この人に送る通知"
        };
        *first = evidence(
            question::REISSUED,
            format!("{answer}（{}）", rule.kind.word()),
            None,
            format!("rules/programmes/{}.toml", programme.id),
        );
    }
    decision
}

/// The numbers of the notices that a reissue makes void: nobody may hold two valid ones.
#[must_use]
pub fn voids(case: &Case, programme: &Programme, ground: &Ground<'_>) -> Vec<u64> {
    current(case, programme, ground).filter_map(|n| n.issue_number).collect()
}

/// Notices of the programme that are about the doses of now: of a yearly programme those of this fiscal year, of a pregnancy those
/// of the last forty weeks.
pub(super) fn current<'a>(
    case: &'a Case,
    programme: &'a Programme,
    ground: &Ground<'_>,
) -> impl Iterator<Item = &'a NoticeRecord> {
    let as_of = ground.period.as_of;
    let yearly = yearly(programme);
    let pregnancy = programme.triggers.iter().any(|rule| matches!(rule.anchor, Anchor::Pregnancy(..)));
    let ahead = programme.triggers.iter().map(|rule| rule.months_before).max().unwrap_or(0);
    case.notices.iter().filter(move |notice| {
        let meant = calendar::month_shift(notice.noticed_on, ahead).unwrap_or(notice.noticed_on);
        let in_year = [meant, notice.noticed_on].map(calendar::fiscal_year).contains(&calendar::fiscal_year(as_of));
        let in_pregnancy = as_of.signed_duration_since(notice.noticed_on).num_days() <= 280;
        notice.programme == programme.id && (!yearly || in_year) && (!pregnancy || in_pregnancy)
    })
}

/// The trigger whose letter is made: that of the notice on file; else a mover-in's for who came after the first notice's month and
/// so never got it; else the first notice.
fn rule<'a>(case: &Case, programme: &'a Programme, ground: &Ground<'_>) -> &'a TriggerRule {
    let rules = &programme.triggers;
    if let Some(by_mark) = rules.iter().find(|rule| by_mark(rule, case, programme, ground)) {
        return by_mark;
    }
    let of_kind = |kind: Trigger| rules.iter().filter(move |rule| rule.kind == kind);
    if let Some(notice) = current(case, programme, ground).max_by_key(|n| n.noticed_on) {
        let in_month = |rule: &&TriggerRule| rule.months.contains(&notice.noticed_on.month());
        if let Some(issued) = of_kind(notice.trigger).find(in_month).or_else(|| of_kind(notice.trigger).next()) {
            return issued;
        }
    }
    let birth = case.resident.birth.exact();
    let begun =
        |rule: &&TriggerRule| birth.is_some_and(|b| rule.anchor.days(b, case).iter().any(|day| *day <= ground.period.as_of));
    let came = case.resident.residency.latest().filter(|spell| spell.entry != Entry::Birth).map(|spell| spell.since);
    let missed = came.is_some_and(|since| {
        let month = calendar::first_of_month(since).unwrap_or(since);
        let noticed = of_kind(Trigger::First).flat_map(|rule| {
            let anchors = birth.map(|b| rule.anchor.days(b, case)).unwrap_or_default();
            anchors.into_iter().filter_map(|anchor| calendar::month_shift(anchor, -rule.months_before))
        });
        let upcoming = |first: NaiveDate| first >= month;
        programme.targets.is_empty() || !noticed.into_iter().any(upcoming)
    });
    let wanted = if missed { [Trigger::MoverIn, Trigger::First] } else { [Trigger::First, Trigger::MoverIn] };
    let found = wanted.into_iter().find_map(|kind| of_kind(kind).find(begun).or_else(|| of_kind(kind).next()));
    found.unwrap_or(&rules[0])
}

/// Whether the person's right of today comes from the mark that the trigger is about.
fn by_mark(rule: &TriggerRule, case: &Case, programme: &Programme, ground: &Ground<'_>) -> bool {
    let Some(birth) = case.resident.birth.exact() else { return false };
    let as_of = ground.period.as_of;
    let holds = rule.anchor.told_until(birth).is_some_and(|end| as_of <= end) && !rule.anchor.days(birth, case).is_empty();
    let extended = || stands(case, programme, ground).iter().any(|(_, forecast, _)| forecast.extended);
    holds && (!matches!(rule.anchor, Anchor::Shortage { .. }) || extended())
}

fn asked<'a>(rule: &'a TriggerRule, ground: &Ground<'_>) -> Candidacy<'a> {
    let as_of = ground.period.as_of;
    Candidacy { rule, anchor: None, notice_month: calendar::first_of_month(as_of).unwrap_or(as_of) }
}

/// The case as if this programme's notices had not been issued.
fn without_notices(case: &Case, programme: &Programme) -> Case {
    let mut again = case.clone();
    again.notices.retain(|notice| notice.programme != programme.id);
    again
}

/// A window that opens later is no reason for today.
fn narrowed(mut decision: Decision, open: bool) -> Decision {
    if decision.verdict == Verdict::Selected && !open {
        decision.verdict = Verdict::Excluded;
        decision.reason = Reason::NotYet;
        decision.changes_on = decision.forecasts.iter().filter_map(|f| f.first_day).min();
    }
    decision
}

/// Why a person may have the programme's doses, or why not, in words for the counter, with the law.
#[must_use]
pub fn plain(case: &Case, decision: &Decision, ground: &Ground<'_>) -> Plain {
    let last = decision.evidence.last();
    let told = |question: &str| decision.evidence.iter().rfind(|e| e.question == question);
    let of = |evidence: Option<&kansho_core::decision::Evidence>, words: String| Plain {
        words,
        source: evidence.map_or_else(String::new, |e| e.source.to_string()),
    };
    let moved = |words: &str| {
        let day = told(question::RESIDENT).and_then(|e| e.date);
        let day = day.map_or_else(String::new, |day| format!("{day} "));
        Plain { words: words.replace("{}", &day), source: RESIDENTS.to_owned() }
    };
    let reason = decision.reason;
    let with =
        |answer: Option<&kansho_core::decision::Evidence>| reason.sentence().replace("{}", answer.map_or("", |e| &e.answer));
    match reason.topic() {
        Topic::Residence => moved(reason.sentence()),
        Topic::Stop => of(last, with(last)),
        Topic::Unfit => {
            let found = told(question::UNFIT);
            of(found, found.map_or_else(String::new, |_| with(found)))
        }
        Topic::Window => of_windows(case, decision, ground),
    }
}

/// A sentence for each series that says something about the person.
fn of_windows(case: &Case, decision: &Decision, ground: &Ground<'_>) -> Plain {
    let programme = &ground.programmes[decision.programme_key];
    if programme.targets.is_empty() {
        return Plain { words: "住民であれば受け取れます".to_owned(), source: RESIDENTS.to_owned() };
    }
    let all = stands(case, programme, ground);
    let says = |stand: Stand| if decision.reason == Reason::Due { stand == Stand::Open } else { stand != Stand::Never };
    let mut told: Vec<_> = all.iter().filter(|(_, _, stand)| says(*stand)).collect();
    if told.is_empty() {
        told = all.iter().take(1).collect();
    }
    let (mut words, mut source): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (target, forecast, stand) in told {
        let name = ground.book.series_name(forecast.series);
        let product = forecast.product.map_or_else(String::new, |product| format!("（{product}）"));
        words.push(format!("{name}{product}: {}", sentence(case, target, forecast, *stand, ground)));
        if !source.contains(&forecast.source) {
            source.push(forecast.source.clone());
        }
    }
    if let Some(odd) = decision.evidence.iter().find(|e| e.question == question::LATER) {
        words.push(odd.answer.to_string());
    }
    Plain { words: words.join("。"), source: source.join("、") }
}

fn sentence(case: &Case, target: &Target, forecast: &Forecast, stand: Stand, ground: &Ground<'_>) -> String {
    let own = forecast.dose.is_none_or(|dose| target.doses.is_empty() || target.doses.contains(&dose));
    let named = target.doses.last().map_or("", |name| name.as_str());
    match (stand, forecast.dose, forecast.last_day) {
        (Stand::Open, _, Some(last)) => format!("{}（{last}まで）", forecast.reason),
        (Stand::Given, ..) => match target.doses.last().and_then(|name| given(case, target.series, *name, ground)) {
            Some(record) => format!("{named}は {} に接種済みです", record.given_on),
            None => "必要な回数は接種済みです".to_owned(),
        },
        (Stand::Behind, Some(dose), _) => format!("{named}の前に、{dose}を受けます"),
        (Stand::Over, ..) if !own => format!("{named}を受けられる期間は終わりました"),
        (Stand::Over, Some(dose), Some(last)) => format!("{dose}を受けられる期間は {last} に終わりました"),
        (Stand::Never | Stand::Over | Stand::Behind | Stand::Later | Stand::Open, ..) => forecast.reason.clone(),
    }
}
