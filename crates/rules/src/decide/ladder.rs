//! The ordered questions. The first that answers decides; every answer on the way is kept as evidence.

use crate::decide::candidacy::Candidacy;
use crate::decide::programme::Programme;
use crate::decide::{Ground, Period, issued, question};
use chrono::NaiveDate;
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Evidence, Finding, Forecast, Reason};
use kansho_core::effect::Stop;
use kansho_core::history::{Knowledge, Outcome, UnknownBecause};
use kansho_core::ids::SeriesId;
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::residency::{Entry, Removal, Standing};
use std::borrow::Cow;

/// What a question decides, when it does: the reason, and the day on which the answer may change.
pub(super) type Answer = Option<(Reason, Option<NaiveDate>)>;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// この日に受けられるか: what is lawful, whatever stops the mail (`why`).
    Law,
    /// 今回送るか: the letter.
    Letter,
}

/// One question.
struct Rung {
    about: About,
    ask: fn(&mut Climb<'_>) -> Answer,
}

/// Every question of a decision, in order. `run`, `select` and `reissue` ask them all, `why` for the day those about the law.
const RUNGS: [Rung; 8] = [
    // Which trigger the person meets: told, decides nothing.
    Rung { about: About::Letter, ask: |climb| climb.trigger() },
    // 転出済み, 死亡, 職権消除, まだ住民でない, 転出予定日到来; held when nobody can tell.
    Rung { about: About::Law, ask: |climb| climb.residence() },
    // 支援措置
    Rung { about: About::Letter, ask: |climb| climb.protection() },
    // Held: a problem of the data, or a birth date that cannot decide.
    Rung { about: About::Law, ask: |climb| climb.data() },
    // Held: nowhere to send to.
    Rung { about: About::Letter, ask: |climb| climb.address() },
    // 発送停止, 返戻
    Rung { about: About::Letter, ask: |climb| climb.mail() },
    // 接種済み, 罹患済み, 接種不適当, 時期前, 期間終了, 対象外; held when it has to be asked.
    Rung { about: About::Law, ask: |climb| climb.doses() },
    // 通知済み
    Rung { about: About::Letter, ask: |climb| climb.issued() },
];

/// One answered question.
pub(super) fn evidence(
    question: impl Into<Cow<'static, str>>,
    answer: impl Into<Cow<'static, str>>,
    date: Option<NaiveDate>,
    source: impl Into<Cow<'static, str>>,
) -> Evidence {
    Evidence { question: question.into(), answer: answer.into(), date, source: source.into() }
}

/// One person and programme on the way up, with what the questions found so far.
pub(super) struct Climb<'a> {
    pub(super) case: &'a Case,
    pub(super) programme: &'a Programme,
    pub(super) candidacy: &'a Candidacy<'a>,
    pub(super) ground: &'a Ground<'a>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) findings: Vec<Finding>,
    pub(super) forecasts: Vec<Forecast>,
}

/// The decision of one candidate.
pub(super) fn climb(
    person: (CaseKey, &Case),
    programme: (ProgrammeKey, &Programme),
    candidacy: &Candidacy<'_>,
    ground: &Ground<'_>,
) -> Decision {
    up(&[About::Law, About::Letter], person, programme, candidacy, ground)
}

/// What may be given on the day, whatever stops the mail: residence, data, history and windows (`why`).
pub(super) fn lawful(
    person: (CaseKey, &Case),
    programme: (ProgrammeKey, &Programme),
    candidacy: &Candidacy<'_>,
    ground: &Ground<'_>,
) -> Decision {
    up(&[About::Law], person, programme, candidacy, ground)
}

/// Asks what is about one of `subjects`, until a question decides; who meets none is due.
fn up(
    subjects: &[About],
    (key, case): (CaseKey, &Case),
    (of, programme): (ProgrammeKey, &Programme),
    candidacy: &Candidacy<'_>,
    ground: &Ground<'_>,
) -> Decision {
    let (evidence, findings, forecasts) = (Vec::new(), Vec::new(), Vec::new());
    let mut climb = Climb { case, programme, candidacy, ground, evidence, findings, forecasts };
    let mut rungs = RUNGS.iter().filter(|rung| subjects.contains(&rung.about));
    let answer = rungs.find_map(|rung| (rung.ask)(&mut climb));
    climb.close((key, of), answer.unwrap_or((Reason::Due, None)))
}

impl Climb<'_> {
    fn close(self, (key, of): (CaseKey, ProgrammeKey), (reason, changes_on): (Reason, Option<NaiveDate>)) -> Decision {
        Decision {
            case: key,
            programme: self.programme.id,
            programme_key: of,
            verdict: reason.verdict(),
            reason,
            trigger: Some(self.candidacy.rule.kind),
            template: Some(self.candidacy.rule.template),
            by_mark: self.case.resident.birth.exact().is_some_and(|birth| self.candidacy.rule.anchor.told_until(birth).is_some()),
            evidence: self.evidence,
            findings: self.findings,
            forecasts: self.forecasts,
            changes_on,
        }
    }

    pub(super) fn say(
        &mut self,
        question: &'static str,
        answer: impl Into<Cow<'static, str>>,
        date: Option<NaiveDate>,
        source: impl Into<Cow<'static, str>>,
    ) {
        self.evidence.push(evidence(question, answer, date, source));
    }

    fn trigger(&mut self) -> Answer {
        let Candidacy { rule, anchor, notice_month } = self.candidacy;
        let answer = format!("{}（通知月 {}）", rule.kind.word(), notice_month.format("%Y-%m"));
        self.say(question::TRIGGER, answer, *anchor, format!("rules/programmes/{}.toml", self.programme.id));
        None
    }

    fn residence(&mut self) -> Answer {
        residence(self.case, &self.ground.period, &mut self.evidence).map(|reason| (reason, None))
    }

    fn protection(&mut self) -> Answer {
        const SOURCE: &str = "CK15・支援措置";
        if self.case.protected.is_some() {
            let answer = "対象（本人、または世帯か保護者でつながる人）。一括の発送から外し、個別に扱う";
            self.say(question::PROTECTED, answer, None, SOURCE);
            return Some((Reason::Protected, None));
        }
        self.say(question::PROTECTED, "いいえ", None, SOURCE);
        None
    }

    /// Data that leave open who the person is or what they had.
    fn data(&mut self) -> Answer {
        let row = || self.case.resident.origin.to_string();
        let (answer, source) = match self.case.problems.first() {
            Some(problem) => {
                let origin = problem.origin.as_ref().map_or_else(String::new, ToString::to_string);
                (format!("{}（{}）", problem.message, problem.code.id()), origin)
            }
            None if self.case.resident.birth.exact().is_none() => {
                ("生年月日が不詳のため、対象かどうか決められない".to_owned(), row())
            }
            None => return None,
        };
        self.say(question::HELD, answer, None, source);
        Some((Reason::Held, None))
    }

    /// The last that data may hold: what comes after is about the mail and the doses.
    fn address(&mut self) -> Answer {
        let (case, row) = (self.case, self.case.resident.origin.to_string());
        if case.resident.address.postal_code.is_none() && case.mailing_address(self.ground.period.post_on).is_none() {
            self.say(question::HELD, "郵便番号がない", None, row);
            return Some((Reason::Held, None));
        }
        self.say(question::HELD, "なし", None, row);
        None
    }

    fn mail(&mut self) -> Answer {
        let post_on = self.ground.period.post_on;
        let mut in_force = self.case.marks.iter().filter(|mark| mark.on(post_on));
        let (mark, stop) = in_force.find_map(|mark| Some((mark, mark.effect().stops?)))?;
        let (question, answer, reason) = match stop {
            Stop::Asked(why) => (question::STOPPED, why, Reason::MailStopped),
            Stop::Returned(why) => (question::RETURNED, why, Reason::Returned),
        };
        self.say(question, answer.to_owned(), mark.from, mark.origin.to_string());
        Some((reason, mark.until.and_then(|day| day.succ_opt())))
    }

    fn issued(&mut self) -> Answer {
        const SOURCE: &str = "台帳の通知日・種類";
        let Some(notice) = issued::before(self.case, self.programme, self.candidacy, &self.ground.period) else {
            self.say(question::ISSUED, "いいえ", None, SOURCE);
            return None;
        };
        let number = notice.issue_number.map_or_else(|| "発行noなし".to_owned(), |n| format!("発行no {n}"));
        let answer = format!("出した（{}・{number}）", notice.trigger.word());
        self.say(question::ISSUED, answer, Some(notice.noticed_on), SOURCE);
        Some((Reason::AlreadyNotified, None))
    }
}

/// Residence at the as-of date and at the posting date (CK1).
pub(super) fn residence(case: &Case, period: &Period, evidence_list: &mut Vec<Evidence>) -> Option<Reason> {
    let row = case.resident.origin.to_string();
    let mut say = |answer: String, date: NaiveDate, source: String| {
        evidence_list.push(evidence(question::RESIDENT, answer, Some(date), source));
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
