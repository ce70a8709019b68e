//! 操作ログの月次の点検: who looked at people, in bulk, at night, without permission, or for hours on end; the section's reply and the
//! sign-off (assessment III-6: 「特に一定期間ログオンを継続していた者について定期的に所属課あてに通知し、利用目的を報告させる」).

use crate::clock::Moment;
use crate::log::{self, Head};
use crate::operators;
use crate::store::link::{Fault, Link};
use chrono::NaiveDate;
use kansho_core::diag::{Code, Failure};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Verbs that look at a person.
const LOOKUPS: [&str; 11] = [
    "find",
    "show",
    "why",
    "due",
    "reissue",
    "affected",
    "select",
    "inquiry",
    "returns",
    "exchange disclose",
    "stats unvaccinated",
];
/// Verbs that take many people out at once.
const BULK: [&str; 10] = [
    "run",
    "select",
    "seal",
    "affected",
    "export",
    "backup",
    "exchange copy",
    "exchange transfer",
    "stats unvaccinated",
    "stats report",
];
/// Night begins and ends (hours of Japan): 22:00–05:59.
const NIGHT: (u32, u32) = (22, 6);
/// Seconds without an act that end a session: 30 minutes, after which a terminal is logged off (assessment III-3).
const PAUSE: i64 = 30 * 60;
/// Seconds that make a session long: half a working day. The assessment says 一定期間 and leaves the number to the office.
const LONG: i64 = 4 * 3600;

/// A month, `2026-12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month(String);

impl Month {
    /// The month of a text.
    ///
    /// # Errors
    /// The form that it should have, in Japanese.
    pub fn parse(text: &str) -> Result<Self, String> {
        let day = text.len() == 7 && format!("{text}-01").parse::<NaiveDate>().is_ok();
        if day { Ok(Self(text.to_owned())) } else { Err("月は 2026-12 の形で書いてください".to_owned()) }
    }

    /// The month before that of a day.
    #[must_use]
    pub fn before(day: NaiveDate) -> Self {
        let last = kansho_core::calendar::first_of_month(day).and_then(|first| first.pred_opt()).unwrap_or(day);
        Self(last.format("%Y-%m").to_string())
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What one operator did in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Who.
    pub operator: String,
    /// Acts that look at a person.
    pub lookups: u64,
    /// Persons, each once.
    pub people: usize,
    /// Acts on many people at once.
    pub bulk: u64,
    /// Acts between 22:00 and 05:59.
    pub night: u64,
    /// Acts that were not permitted.
    pub denied: u64,
}

/// 長い利用: acts of one operator for hours without a pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// Who.
    pub operator: String,
    /// The first act.
    pub from: String,
    /// The last act.
    pub until: String,
    /// The section's reply.
    pub reason: Option<String>,
}

/// The month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Which.
    pub month: String,
    /// By operator.
    pub operators: Vec<Tally>,
    /// Those that began in the month, by operator and time.
    pub long_sessions: Vec<Session>,
}

impl Report {
    /// Operators with a long session that nobody answered for.
    #[must_use]
    pub fn unanswered(&self) -> BTreeSet<&str> {
        self.long_sessions.iter().filter(|session| session.reason.is_none()).map(|session| session.operator.as_str()).collect()
    }
}

fn is(action: &str, verbs: &[&str]) -> bool {
    verbs.iter().any(|verb| action.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}

#[derive(Default)]
struct Counted {
    tally: Tally,
    people: BTreeSet<String>,
    session: Option<(Moment, Moment)>,
    long: Vec<(Moment, Moment)>,
}

impl Counted {
    fn at(&mut self, moment: Moment) {
        self.session = match self.session {
            Some((from, last)) if moment.seconds() - last.seconds() <= PAUSE => Some((from, moment)),
            Some(ended) => {
                self.long.extend(Some(ended).filter(long));
                Some((moment, moment))
            }
            None => Some((moment, moment)),
        };
    }

    fn count(&mut self, entry: &Json, moment: Moment) {
        let word = |key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default();
        let action = word("action");
        self.tally.night += u64::from(moment.hour() >= NIGHT.0 || moment.hour() < NIGHT.1);
        match word("outcome") {
            "denied" => self.tally.denied += 1,
            "ok" => {
                self.tally.lookups += u64::from(is(action, &LOOKUPS));
                self.tally.bulk += u64::from(is(action, &BULK));
                self.people.extend(Some(word("person")).filter(|person| !person.is_empty()).map(str::to_owned));
            }
            _ => {}
        }
    }
}

fn long((from, until): &(Moment, Moment)) -> bool {
    until.seconds() - from.seconds() > LONG
}

/// The month's report, from the entries themselves.
///
/// # Errors
/// A [`Fault`].
pub fn report(link: &mut dyn Link, month: &Month) -> Result<Report, Fault> {
    let mut counted: BTreeMap<String, Counted> = BTreeMap::new();
    log::each(link, 1, &mut |entry| {
        let word = |key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default();
        let Some(moment) = Moment::parse(word("at")) else { return Err(Fault::Damaged) };
        let of = counted.entry(word("operator").to_owned()).or_default();
        // Whoever was not let in has not worked.
        if word("outcome") != "denied" {
            of.at(moment);
        }
        if moment.month() == month.0 {
            of.tally.operator = word("operator").to_owned();
            of.count(entry, moment);
        }
        Ok(())
    })?;
    let replies: BTreeMap<String, String> =
        replies(link, month)?.into_iter().map(|reply| (reply.operator, reply.reply)).collect();
    let mut report = Report { month: month.0.clone(), operators: Vec::new(), long_sessions: Vec::new() };
    for (operator, mut of) in counted {
        of.long.extend(of.session.filter(long));
        report.long_sessions.extend(of.long.iter().filter(|(from, _)| from.month() == month.0).map(|(from, until)| Session {
            operator: operator.clone(),
            from: from.to_string(),
            until: until.to_string(),
            reason: replies.get(&operator).cloned(),
        }));
        if !of.tally.operator.is_empty() {
            report.operators.push(Tally { people: of.people.len(), ..of.tally });
        }
    }
    Ok(report)
}

struct Reply {
    operator: String,
    reply: String,
    by: String,
}

fn replies(link: &mut dyn Link, month: &Month) -> Result<Vec<Reply>, Fault> {
    let rows =
        link.rows("SELECT operator, reply, by_operator FROM log_reply WHERE month = $1 ORDER BY operator", &[(&month.0).into()])?;
    Ok(rows.iter().map(|row| Reply { operator: row[0].words(), reply: row[1].words(), by: row[2].words() }).collect())
}

fn open(link: &mut dyn Link, month: &Month, at: Moment) -> Result<(), Failure> {
    if month.0 > at.month() {
        return Err(Failure::Declined(format!("{month} はまだ来ていません")));
    }
    let signed = link.row("SELECT by_operator FROM log_signoff WHERE month = $1", &[(&month.0).into()])?;
    signed.map_or(Ok(()), |row| {
        Err(Failure::barred(Code::ChangedMeanwhile, format!("{month} の記録は、{} がすでに確認しました", row[0].words())))
    })
}

/// 所属課の回答: why an operator worked so long; once a month and operator.
///
/// # Errors
/// A [`Failure`]: no such operator (A601), no reason (G613), answered or signed off before.
pub fn reply(link: &mut dyn Link, month: &Month, operator: &str, reason: &str, by: &str, at: Moment) -> Result<(), Failure> {
    if reason.trim().is_empty() {
        return Err(Failure::barred(Code::ReasonEmpty, "--reason が空です"));
    }
    open(link, month, at)?;
    if operators::find(link, operator)?.is_none() {
        return Err(Failure::barred(Code::Account, format!("利用者 {operator} は登録されていません")));
    }
    if replies(link, month)?.iter().any(|reply| reply.operator == operator) {
        return Err(Failure::barred(Code::ChangedMeanwhile, format!("{month} の {operator} についての回答は、すでにあります")));
    }
    link.run(
        "INSERT INTO log_reply (month, operator, reply, by_operator, at) VALUES ($1, $2, $3, $4, $5)",
        &[(&month.0).into(), operator.into(), reason.trim().into(), by.into(), at.to_string().into()],
    )?;
    Ok(())
}

/// 確認: the month has been looked at, up to the head that is kept; once, by somebody who neither answered nor is asked about.
///
/// # Errors
/// A [`Failure`]: the same person (A605), a long session nobody answered for (G622), signed off before.
pub fn sign_off(link: &mut dyn Link, month: &Month, by: &str, at: Moment) -> Result<Head, Failure> {
    open(link, month, at)?;
    let report = report(link, month)?;
    let unanswered: Vec<&str> = report.unanswered().into_iter().collect();
    if !unanswered.is_empty() {
        let message = format!("{month} の長い利用に回答がありません: {}", unanswered.join("、"));
        return Err(Failure::barred(Code::SessionUnanswered, message));
    }
    let asked = report.long_sessions.iter().any(|session| session.operator == by);
    if asked || replies(link, month)?.iter().any(|reply| reply.by == by || reply.operator == by) {
        return Err(Failure::barred(
            Code::SamePerson,
            format!("{month} の確認は、回答した人とも、回答された人とも別の人がします"),
        ));
    }
    let head = log::head(link)?;
    link.run(
        "INSERT INTO log_signoff (month, head, by_operator, at) VALUES ($1, $2, $3, $4)",
        &[(&month.0).into(), head.to_string().into(), by.into(), at.to_string().into()],
    )?;
    Ok(head)
}
