//! The questions about doses: what is known of them, what speaks against one, what can still be given.

use crate::decide::ladder::{Answer, Climb, evidence, knowledge};
use crate::decide::programme::{Anchor, Programme, TriggerRule};
use crate::decide::terms::{Terms, findings, forecast, given};
use crate::decide::{Ground, Imported, question};
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::case::{Case, Mark};
use kansho_core::decision::{Forecast, Reason, Status};
use kansho_core::history::{DoseRecord, Knowledge, Outcome, UnknownBecause};
use kansho_core::ids::{DoseName, SeriesId};
use kansho_core::person::Disability;
use std::borrow::Cow;

impl Climb<'_> {
    /// The questions about doses; `None` when at least one series is left to be recommended.
    pub(super) fn doses(&mut self) -> Answer {
        if self.programme.targets.is_empty() {
            return None;
        }
        let knowledge = knowledge(self.case, self.programme, self.ground);
        let (answer, source) = match knowledge {
            Knowledge::Known => (Cow::Borrowed("記録がある"), "台帳"),
            Knowledge::NoneOnFile => (none_on_file(self.ground.imported), "台帳"),
            Knowledge::Unknown(UnknownBecause::MovedIn) => {
                (Cow::Borrowed("不明（転入前の接種が台帳にない可能性がある）"), "CK6・住民となった日")
            }
            Knowledge::Unknown(UnknownBecause::RowHeld) => (Cow::Borrowed("不明（台帳に保留の行がある）"), "CK6・突合"),
            Knowledge::Unknown(UnknownBecause::Stated) => (Cow::Borrowed("不明"), "CK6"),
        };
        self.say(question::HISTORY, answer, None, source);
        let mut left_out: Option<(Reason, Option<NaiveDate>)> = None;
        let mut leave = |reason: (Reason, Option<NaiveDate>)| {
            if left_out.is_none_or(|(kept, _)| rank(reason.0) < rank(kept)) {
                left_out = Some(reason);
            }
        };
        let mut said = Vec::new();
        for target in &self.programme.targets {
            for odd in findings(self.case, target.series, self.ground) {
                let words = format!("{}。{}（{}）", odd.words, odd.effect, self.ground.places.words(odd.dose.source));
                said.push(evidence(question::ODD, words, Some(odd.dose.given_on), odd.source.clone()));
                self.findings.push(odd);
            }
            if let Some(dose) = later_dose(self.case, target.series, self.ground) {
                let words = format!("{}を{}に受けた記録がある（基準日より後）", dose.dose, dose.given_on);
                let source = self.ground.places.of(dose.source).to_string();
                said.push(evidence(question::LATER, words, Some(dose.given_on), source));
                leave((Reason::AlreadyDone, None));
                continue;
            }
            if let Some((reason, words, date, source)) = self.unfit(target.series) {
                said.push(evidence(question::UNFIT, words, date, source));
                leave((reason, None));
                continue;
            }
            if let Some(words) = self.kind_asked(target.series, knowledge) {
                said.push(evidence(question::DISABILITY, words, None, "施行規則2条の7"));
                leave((Reason::Held, None));
                continue;
            }
            for forecast in forecast(self.case, target.series, knowledge, self.ground) {
                let (words, verdict) =
                    judge(self.case, &forecast, &target.doses, self.candidacy.rule, self.programme, self.ground);
                said.push(evidence(
                    question::window(self.ground.book.series_name(forecast.series)),
                    words,
                    forecast.first_day,
                    forecast.source.clone(),
                ));
                match verdict {
                    None => self.forecasts.push(forecast),
                    Some(reason) => {
                        let change = if reason == Reason::NotYet { forecast.first_day } else { None };
                        leave((reason, change));
                    }
                }
            }
        }
        self.evidence.append(&mut said);
        if self.forecasts.is_empty() { left_out.or(Some((Reason::NotInGroup, None))) } else { None }
    }

    /// What to ask where the person has a disability of a kind that nobody stated and the series takes only some kinds.
    fn kind_asked(&self, series: SeriesId, knowledge: Knowledge) -> Option<String> {
        let (birth, as_of) = (self.case.resident.birth.exact()?, self.ground.period.as_of);
        let mut terms = Terms::of(self.case, as_of);
        let kinds = self.ground.book.disabilities(series);
        if !terms.kind_unstated || kinds.is_empty() || kinds.len() == Disability::ALL.len() {
            return None;
        }
        let open = |terms: &Terms| {
            let subject = terms.subject(self.case, birth, series, knowledge);
            let residence = self.case.resident.residency.on(as_of);
            let found = self.ground.book.forecast(&subject, series, as_of, residence).unwrap_or_default();
            found.iter().any(|f| f.first_day <= Some(as_of) && Some(as_of) <= f.last_day)
        };
        let without = open(&terms);
        terms.disabilities.extend(kinds);
        (!without && open(&terms))
            .then(|| "障害の種類（心臓・腎臓・呼吸器か、免疫か）が書かれていないため、対象かどうか決められない".to_owned())
    }

    /// Whether what is said of one series concerns another: doses of one count for the other.
    fn touches(&self, said: SeriesId, series: SeriesId) -> bool {
        self.ground.book.counts_for(said, series) || self.ground.book.counts_for(series, said)
    }

    /// 罹患 and 接種不適当 for a series.
    fn unfit(&self, series: SeriesId) -> Option<(Reason, String, Option<NaiveDate>, String)> {
        // What is known to begin later, or was once, is no reason to write either.
        let over = |mark: &Mark| mark.until.is_some_and(|until| until < self.ground.period.as_of);
        self.case.marks.iter().find_map(|mark| {
            let effect = mark.effect();
            let unfit = effect.unfit.filter(|(about, _)| !over(mark) && about.is(|said| self.touches(said, series)));
            let had = effect.had.filter(|disease| self.ground.book.disease_excludes(series, disease));
            let (reason, why) = match (unfit, had) {
                (Some((_, why)), _) => (Reason::Contraindicated, why),
                (None, Some(disease)) => (Reason::HadDisease, disease),
                (None, None) => return None,
            };
            Some((reason, format!("{}（{why}）", reason.word()), mark.from, mark.origin.to_string()))
        })
    }
}

/// When several series leave for different reasons, the one that says most comes first.
const SAYS_MOST: [Reason; 6] =
    [Reason::Held, Reason::AlreadyDone, Reason::HadDisease, Reason::Contraindicated, Reason::NotYet, Reason::Expired];

fn rank(reason: Reason) -> usize {
    SAYS_MOST.iter().position(|known| *known == reason).unwrap_or(SAYS_MOST.len())
}

/// What may be said of somebody without a dose on file: how far the records reach, and no more.
fn none_on_file(imported: Imported) -> Cow<'static, str> {
    match imported {
        Imported { until: Some(until), whole: true } => {
            Cow::Owned(format!("記録はない（台帳には {until} の接種までが取り込まれている）"))
        }
        Imported { until: Some(until), whole: false } => {
            Cow::Owned(format!("記録はない（台帳には {until} の接種までがあるが、取り込まれていない月がある）"))
        }
        Imported { until: None, .. } => Cow::Borrowed("記録はない（台帳に接種の記録がない）"),
    }
}

/// A dose of the series given after the as-of date: whoever is recorded then is not written to now.
fn later_dose<'a>(case: &'a Case, series: SeriesId, ground: &Ground<'_>) -> Option<&'a DoseRecord> {
    case.later_doses.iter().find(|d| d.outcome == Outcome::Given && ground.book.counts_for(d.series, series))
}

/// Why a forecast is no reason for a letter, or `None` when it is.
fn judge(
    case: &Case,
    forecast: &Forecast,
    doses: &[DoseName],
    rule: &TriggerRule,
    programme: &Programme,
    ground: &Ground<'_>,
) -> (String, Option<Reason>) {
    let period = &ground.period;
    let done = || ("必要な回数は接種済み".to_owned(), Some(Reason::AlreadyDone));
    let (Some(dose), Some(first), Some(last)) = (forecast.dose, forecast.first_day, forecast.last_day) else {
        return match forecast.status {
            Status::Complete => done(),
            Status::None | Status::Due | Status::Upcoming | Status::Expired | Status::Unknown => {
                (forecast.reason.clone(), Some(Reason::NotInGroup))
            }
        };
    };
    let days = format!("{dose}: {first} から {last} まで");
    if forecast.doubt {
        return (forecast.reason.clone(), Some(Reason::Held));
    }
    if matches!(rule.anchor, Anchor::Shortage { .. }) && !forecast.extended {
        let had = doses.iter().any(|name| given(case, forecast.series, *name, ground).is_some());
        let reason = if had { Reason::AlreadyDone } else { Reason::NotInGroup };
        return (format!("供給不足の期間に受けられる回はない（次は{days}）"), Some(reason));
    }
    if !doses.is_empty() && !doses.contains(&dose) {
        // The engine names the next dose that can still be given; the programme's own doses lie behind it: given, or missed.
        if doses.last().is_some_and(|name| given(case, forecast.series, *name, ground).is_some()) {
            return done();
        }
        return (format!("次に受けられるのは{days}"), Some(Reason::Expired));
    }
    if last < period.post_on || first > last {
        return (format!("{days}（期間終了）"), Some(Reason::Expired));
    }
    let horizon = calendar::month_shift(period.as_of, rule.months_before + 2).and_then(calendar::last_of_month);
    if !programme.information && horizon.is_some_and(|end| first > end) {
        return (format!("{days}（まだ先）"), Some(Reason::NotYet));
    }
    (days, None)
}
