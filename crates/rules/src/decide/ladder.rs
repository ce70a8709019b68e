//! The ordered questions. The first that answers decides; every answer on the way is kept as evidence.

use crate::decide::candidacy::Candidacy;
use crate::decide::programme::{Anchor, Programme, TriggerRule};
use crate::decide::terms::{Terms, findings, forecast, given};
use crate::decide::{Ground, Imported, Period};
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::case::{Case, Mark, MarkKind};
use kansho_core::decision::{Decision, Evidence, Finding, Forecast, Reason, Status, Verdict};
use kansho_core::history::{DoseRecord, Knowledge, Outcome, UnknownBecause};
use kansho_core::ids::{DoseName, SeriesId};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::notice::{NoticeRecord, Trigger};
use kansho_core::person::Disability;
use kansho_core::residency::{Entry, Removal, Standing};
use std::borrow::Cow;

/// One answered question.
pub(super) fn evidence(
    question: impl Into<Cow<'static, str>>,
    answer: impl Into<Cow<'static, str>>,
    date: Option<NaiveDate>,
    source: impl Into<Cow<'static, str>>,
) -> Evidence {
    Evidence { question: question.into(), answer: answer.into(), date, source: source.into() }
}

/// What the questions found so far.
struct Climb<'a> {
    case: &'a Case,
    programme: &'a Programme,
    ground: &'a Ground<'a>,
    evidence: Vec<Evidence>,
    findings: Vec<Finding>,
}

/// The decision of one candidate.
pub(super) fn climb(
    (key, case): (CaseKey, &Case),
    (of, programme): (ProgrammeKey, &Programme),
    candidacy: &Candidacy<'_>,
    ground: &Ground<'_>,
) -> Decision {
    let mut climb = Climb { case, programme, ground, evidence: Vec::new(), findings: Vec::new() };
    climb.evidence.push(evidence(
        "今回の対象となるきっかけはあるか",
        format!("{}（通知月 {}）", candidacy.rule.kind.word(), candidacy.notice_month.format("%Y-%m")),
        candidacy.anchor,
        format!("rules/programmes/{}.toml", programme.id),
    ));
    let mut forecasts = Vec::new();
    let answer = climb.ask(candidacy, &mut forecasts);
    climb.close((key, of), candidacy, forecasts, answer)
}

/// What may be given on the day, whatever stops the mail: residence, data, history and windows (`why`).
pub(super) fn lawful(
    (key, case): (CaseKey, &Case),
    (of, programme): (ProgrammeKey, &Programme),
    candidacy: &Candidacy<'_>,
    ground: &Ground<'_>,
) -> Decision {
    let mut climb = Climb { case, programme, ground, evidence: Vec::new(), findings: Vec::new() };
    let mut forecasts = Vec::new();
    let answer = climb.ask_lawful(candidacy, &mut forecasts);
    climb.close((key, of), candidacy, forecasts, answer)
}

impl Climb<'_> {
    fn close(
        self,
        (key, of): (CaseKey, ProgrammeKey),
        candidacy: &Candidacy<'_>,
        forecasts: Vec<Forecast>,
        (reason, changes_on): (Reason, Option<NaiveDate>),
    ) -> Decision {
        let verdict = match reason {
            Reason::Due => Verdict::Selected,
            Reason::Held => Verdict::Held,
            Reason::MovedOut
            | Reason::Dead
            | Reason::StruckOff
            | Reason::NotYetResident
            | Reason::Leaving
            | Reason::Protected
            | Reason::MailStopped
            | Reason::Returned
            | Reason::AlreadyDone
            | Reason::AlreadyNotified
            | Reason::NotYet
            | Reason::Expired
            | Reason::HadDisease
            | Reason::Contraindicated
            | Reason::NotInGroup => Verdict::Excluded,
        };
        Decision {
            case: key,
            programme: self.programme.id,
            programme_key: of,
            verdict,
            reason,
            trigger: Some(candidacy.rule.kind),
            template: Some(candidacy.rule.template),
            by_mark: self.case.resident.birth.exact().is_some_and(|birth| candidacy.rule.anchor.told_until(birth).is_some()),
            evidence: self.evidence,
            findings: self.findings,
            forecasts,
            changes_on,
        }
    }

    fn say(
        &mut self,
        question: &'static str,
        answer: impl Into<Cow<'static, str>>,
        date: Option<NaiveDate>,
        source: impl Into<Cow<'static, str>>,
    ) {
        self.evidence.push(evidence(question, answer, date, source));
    }

    fn ask(&mut self, candidacy: &Candidacy<'_>, forecasts: &mut Vec<Forecast>) -> (Reason, Option<NaiveDate>) {
        let row = self.case.resident.origin.to_string();
        if let Some(reason) = residence(self.case, &self.ground.period, &mut self.evidence) {
            return (reason, None);
        }
        if self.case.protected.is_some() {
            self.say("支援措置の対象か", "対象（本人または同じ世帯）。一括の発送から外し、個別に扱う", None, "CK15・支援措置");
            return (Reason::Protected, None);
        }
        self.say("支援措置の対象か", "いいえ", None, "CK15・支援措置");
        if let Some((problem, origin)) = self.problem() {
            self.say("データに保留の原因はあるか", problem, None, origin);
            return (Reason::Held, None);
        }
        self.say("データに保留の原因はあるか", "なし", None, row);
        for mark in self.case.marks.iter().filter(|mark| mark.on(self.ground.period.post_on)) {
            let (question, answer, reason) = match &mark.kind {
                MarkKind::MailStop(why) => ("発送を止めているか", why, Reason::MailStopped),
                MarkKind::Returned(why) => ("返戻のままか", why, Reason::Returned),
                MarkKind::Destination(_)
                | MarkKind::Protection
                | MarkKind::HadDisease(_)
                | MarkKind::Contraindicated(..)
                | MarkKind::FeeExempt(_)
                | MarkKind::Exception(_)
                | MarkKind::Disability(..)
                | MarkKind::Shortage(_)
                | MarkKind::Pregnancy(_) => continue,
            };
            let (answer, until) = (answer.clone(), mark.until);
            self.say(question, answer, mark.from, mark.origin.to_string());
            return (reason, until.and_then(|day| day.succ_opt()));
        }
        if let Some(excluded) = self.doses(candidacy, forecasts) {
            return excluded;
        }
        if let Some(notice) = issued_before(self.case, self.programme, candidacy, &self.ground.period) {
            let number = notice.issue_number.map_or_else(|| "発行noなし".to_owned(), |n| format!("発行no {n}"));
            self.say(
                "この通知をすでに出したか",
                format!("出した（{}・{number}）", notice.trigger.word()),
                Some(notice.noticed_on),
                "台帳の通知日・種類",
            );
            return (Reason::AlreadyNotified, None);
        }
        self.say("この通知をすでに出したか", "いいえ", None, "台帳の通知日・種類");
        (Reason::Due, None)
    }

    fn ask_lawful(&mut self, candidacy: &Candidacy<'_>, forecasts: &mut Vec<Forecast>) -> (Reason, Option<NaiveDate>) {
        if let Some(reason) = residence(self.case, &self.ground.period, &mut self.evidence) {
            return (reason, None);
        }
        if let Some((problem, origin)) = self.uncertain() {
            self.say("データに保留の原因はあるか", problem, None, origin);
            return (Reason::Held, None);
        }
        self.doses(candidacy, forecasts).unwrap_or((Reason::Due, None))
    }

    /// What holds the person: a problem of the data, a birth date that cannot decide, or nowhere to send to.
    fn problem(&self) -> Option<(String, String)> {
        if let Some(uncertain) = self.uncertain() {
            return Some(uncertain);
        }
        if self.case.resident.address.postal_code.is_none() && mailing_address(self.case, self.ground.period.post_on).is_none() {
            return Some(("郵便番号がない".to_owned(), self.case.resident.origin.to_string()));
        }
        None
    }

    /// Data that leave open who the person is or what they had.
    fn uncertain(&self) -> Option<(String, String)> {
        if let Some(problem) = self.case.problems.first() {
            let origin = problem.origin.as_ref().map_or_else(String::new, ToString::to_string);
            return Some((format!("{}（{}）", problem.message, problem.code.id()), origin));
        }
        if self.case.resident.birth.exact().is_none() {
            return Some(("生年月日が不詳のため、対象かどうか決められない".to_owned(), self.case.resident.origin.to_string()));
        }
        None
    }

    /// The questions about doses; `None` when at least one series is left to be recommended.
    fn doses(&mut self, candidacy: &Candidacy<'_>, forecasts: &mut Vec<Forecast>) -> Option<(Reason, Option<NaiveDate>)> {
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
        self.say("これまでの接種はわかっているか", answer, None, source);
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
                said.push(evidence("記録に確かめることはあるか", words, Some(odd.dose.given_on), odd.source.clone()));
                self.findings.push(odd);
            }
            if let Some(dose) = later_dose(self.case, target.series, self.ground) {
                let words = format!("{}を{}に受けた記録がある（基準日より後）", dose.dose, dose.given_on);
                let source = self.ground.places.of(dose.source).to_string();
                said.push(evidence("基準日より後の記録はあるか", words, Some(dose.given_on), source));
                leave((Reason::AlreadyDone, None));
                continue;
            }
            if let Some((reason, words, date, source)) = self.unfit(target.series) {
                said.push(evidence("接種を妨げる事情はあるか", words, date, source));
                leave((reason, None));
                continue;
            }
            if let Some(words) = self.kind_asked(target.series, knowledge) {
                said.push(evidence("障害の種類は分かるか", words, None, "施行規則2条の7"));
                leave((Reason::Held, None));
                continue;
            }
            for forecast in forecast(self.case, target.series, knowledge, self.ground) {
                let (words, verdict) = judge(self.case, &forecast, &target.doses, candidacy.rule, self.programme, self.ground);
                said.push(evidence(
                    format!("{}はこれから受けられるか", self.ground.book.series_name(forecast.series)),
                    words,
                    forecast.first_day,
                    forecast.source.clone(),
                ));
                match verdict {
                    None => forecasts.push(forecast),
                    Some(reason) => {
                        let change = if reason == Reason::NotYet { forecast.first_day } else { None };
                        leave((reason, change));
                    }
                }
            }
        }
        self.evidence.append(&mut said);
        if forecasts.is_empty() { left_out.or(Some((Reason::NotInGroup, None))) } else { None }
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
        self.case.marks.iter().find_map(|mark| match &mark.kind {
            MarkKind::Contraindicated(only, why) if !over(mark) && only.is_none_or(|s| self.touches(s, series)) => {
                Some((Reason::Contraindicated, format!("接種不適当（{why}）"), mark.from, mark.origin.to_string()))
            }
            MarkKind::HadDisease(disease) if self.ground.book.disease_excludes(series, disease) => {
                Some((Reason::HadDisease, format!("罹患済み（{disease}）"), mark.from, mark.origin.to_string()))
            }
            MarkKind::Contraindicated(..)
            | MarkKind::HadDisease(_)
            | MarkKind::Destination(_)
            | MarkKind::Protection
            | MarkKind::MailStop(_)
            | MarkKind::Returned(_)
            | MarkKind::FeeExempt(_)
            | MarkKind::Exception(_)
            | MarkKind::Disability(..)
            | MarkKind::Shortage(_)
            | MarkKind::Pregnancy(_) => None,
        })
    }
}

/// When several series leave for different reasons, the one that says most.
const fn rank(reason: Reason) -> u8 {
    match reason {
        Reason::Held => 0,
        Reason::AlreadyDone => 1,
        Reason::HadDisease => 2,
        Reason::Contraindicated => 3,
        Reason::NotYet => 4,
        Reason::Expired => 5,
        Reason::Due
        | Reason::MovedOut
        | Reason::Dead
        | Reason::StruckOff
        | Reason::NotYetResident
        | Reason::Leaving
        | Reason::Protected
        | Reason::MailStopped
        | Reason::Returned
        | Reason::AlreadyNotified
        | Reason::NotInGroup => 6,
    }
}

/// Residence at the as-of date and at the posting date (CK1).
pub(super) fn residence(case: &Case, period: &Period, evidence_list: &mut Vec<Evidence>) -> Option<Reason> {
    let row = case.resident.origin.to_string();
    let mut say = |answer: String, date: NaiveDate, source: String| {
        evidence_list.push(evidence("基準日と発送日に住民か", answer, Some(date), source));
    };
    for (day, word) in [(period.as_of, "基準日"), (period.post_on, "発送日")] {
        let (reason, answer, date) = match case.resident.residency.on(day) {
            Standing::Resident { .. } => continue,
            Standing::Unknown => {
                // Blank, unreadable, or contradicted by 異動事由 and the other dates: the row's own problem says which.
                let cause = case.problems.first().map_or_else(String::new, |problem| format!("（{}）", problem.message));
                (Reason::Held, format!("住民かどうか決められない{cause}"), day)
            }
            Standing::NotYet { since } => (Reason::NotYetResident, format!("{word}にはまだ住民でない"), since),
            Standing::Leaving { on } => (Reason::Leaving, format!("{word}までに転出予定日が来る"), on),
            Standing::Gone { on, why: Removal::Died } => (Reason::Dead, format!("{word}までに死亡"), on),
            Standing::Gone { on, why: Removal::StruckOff } => (Reason::StruckOff, format!("{word}までに職権消除"), on),
            Standing::Gone { on, why: Removal::MovedOut } => (Reason::MovedOut, format!("{word}までに転出"), on),
            Standing::Gone { on, why: Removal::Other } => (Reason::StruckOff, format!("{word}までに消除（事由なし）"), on),
        };
        say(answer, date, format!("CK1・{row}"));
        return Some(reason);
    }
    if case.struck_off {
        say("台帳の消除フラグが立っている".to_owned(), period.as_of, "台帳の消除フラグ".to_owned());
        return Some(Reason::StruckOff);
    }
    if let Standing::Resident { since } = case.resident.residency.on(period.as_of) {
        say("住民である".to_owned(), since, format!("CK1・{row}"));
    }
    None
}

/// What may be said about the history for this programme (CK6): a mover-in without a dose of the programme's series on file,
/// who came after the series' window opened, is unknown, never unvaccinated.
pub fn knowledge(case: &Case, programme: &Programme, ground: &Ground<'_>) -> Knowledge {
    if let Knowledge::Unknown(because) = case.history.knowledge {
        return Knowledge::Unknown(because);
    }
    let on_file = |series: SeriesId| {
        case.history.doses.iter().any(|d| d.outcome == Outcome::Given && ground.book.counts_for(d.series, series))
    };
    if programme.targets.iter().any(|t| on_file(t.series)) {
        return Knowledge::Known;
    }
    let (Some(birth), Some(spell)) = (case.resident.birth.exact(), case.resident.residency.latest()) else {
        return Knowledge::Unknown(UnknownBecause::Stated);
    };
    if spell.entry == Entry::Birth {
        return Knowledge::NoneOnFile;
    }
    let opened_before = programme.targets.iter().any(|target| {
        let opens =
            ground.book.opens_on(target.series, target.doses.first().copied(), birth, case.resident.sex, ground.period.as_of);
        opens.is_some_and(|first| first < spell.since)
    });
    if opened_before { Knowledge::Unknown(UnknownBecause::MovedIn) } else { Knowledge::NoneOnFile }
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

/// A notice of the same kind already issued for this window (issued once; CK18).
fn issued_before<'a>(
    case: &'a Case,
    programme: &Programme,
    candidacy: &Candidacy<'_>,
    period: &Period,
) -> Option<&'a NoticeRecord> {
    let from = match (candidacy.rule.kind, candidacy.anchor) {
        (Trigger::First | Trigger::MoverIn, Some(anchor)) if !programme.targets.is_empty() => {
            calendar::month_shift(anchor, -candidacy.rule.months_before - 2)
        }
        (Trigger::First | Trigger::MoverIn, _) => None,
        (Trigger::Reminder | Trigger::LastCall, _) => calendar::first_of_month(candidacy.notice_month.min(period.as_of)),
    };
    case.notices.iter().find(|notice| {
        let same_kind = match candidacy.rule.kind {
            Trigger::First | Trigger::MoverIn => matches!(notice.trigger, Trigger::First | Trigger::MoverIn),
            Trigger::Reminder | Trigger::LastCall => notice.trigger == candidacy.rule.kind,
        };
        notice.programme == programme.id && same_kind && from.is_none_or(|from| notice.noticed_on >= from)
    })
}

/// 送付先 in force on `day`.
#[must_use]
pub fn mailing_address(case: &Case, day: NaiveDate) -> Option<&kansho_core::address::Destination> {
    case.marks.iter().filter(|mark| mark.on(day)).find_map(|mark| match &mark.kind {
        MarkKind::Destination(destination) => Some(destination),
        MarkKind::Protection
        | MarkKind::MailStop(_)
        | MarkKind::Returned(_)
        | MarkKind::HadDisease(_)
        | MarkKind::Contraindicated(..)
        | MarkKind::FeeExempt(_)
        | MarkKind::Exception(_)
        | MarkKind::Disability(..)
        | MarkKind::Shortage(_)
        | MarkKind::Pregnancy(_) => None,
    })
}
