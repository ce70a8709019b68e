//! 問合せ記録: what was asked and answered. Its free text stays in the register and is never in the log.

use crate::clock::Moment;
use crate::residents::{self, By, PersonId};
use crate::store::link::{Fault, Field, Link, next};
use crate::ties;
use chrono::NaiveDate;
use kansho_core::case::MarkSheet;
use kansho_core::diag::{Code, Failure};
use serde::Serialize;

/// One inquiry.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Inquiry {
    /// Its number.
    pub inquiry: u64,
    /// 予防接種番号, when it is about a person.
    pub person: Option<String>,
    /// 受付日
    pub received_on: String,
    /// 問合せ; nothing where the person is protected and whoever looks may not see it.
    pub question: Option<String>,
    /// 回答
    pub answer: Option<String>,
    /// 完了日
    pub closed_on: Option<String>,
    /// Who registered it.
    pub by: String,
    /// When.
    pub at: String,
}

/// Free text may hold names.
impl std::fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inquiry({})", self.inquiry)
    }
}

/// What is registered.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// 予防接種番号
    pub person: Option<&'a str>,
    /// 受付日
    pub received_on: NaiveDate,
    /// 問合せ
    pub question: &'a str,
    /// 回答
    pub answer: Option<&'a str>,
    /// 完了日
    pub closed_on: Option<NaiveDate>,
}

impl std::fmt::Debug for New<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("New(…)")
    }
}

fn person(link: &mut dyn Link, number: &str) -> Result<PersonId, Failure> {
    let unknown = || Failure::barred(Code::PersonNotFound, format!("予防接種番号 {number} の人は登録簿にいません"));
    residents::find(link, By::Number, number)?.ok_or_else(unknown)
}

/// Registers an inquiry; gives its number.
///
/// # Errors
/// A [`Failure`]: nobody has the number (O600).
pub fn add(link: &mut dyn Link, new: &New<'_>, by: &str, at: Moment) -> Result<u64, Failure> {
    let whose = new.person.map(|number| person(link, number)).transpose()?;
    let id = next(link, "inquiry")?;
    link.run(
        "INSERT INTO inquiry (id, person, received_on, question, answer, closed_on, by_operator, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            whose.into(),
            new.received_on.to_string().into(),
            new.question.into(),
            new.answer.into(),
            new.closed_on.map(|day| day.to_string()).into(),
            by.into(),
            at.to_string().into(),
        ],
    )?;
    Ok(id)
}

/// Closes an inquiry with its answer, or with the one it has; gives whose it is.
///
/// # Errors
/// A [`Failure`]: no such inquiry, closed before (O632), no answer, a day before it was received.
pub fn close(link: &mut dyn Link, id: u64, answer: Option<&str>, closed_on: NaiveDate) -> Result<Option<String>, Failure> {
    let row = link.row(
        "SELECT inquiry.closed_on, inquiry.answer, inquiry.received_on, person.yobosesshubango FROM inquiry LEFT JOIN person ON person.id = inquiry.person WHERE inquiry.id = $1",
        &[id.into()],
    )?;
    let Some(row) = row else { return Err(Failure::Declined(format!("問合せ {id} はありません"))) };
    if let Some(closed) = row[0].text() {
        return Err(Failure::barred(Code::ChangedMeanwhile, format!("問合せ {id} は {closed} に完了しています")));
    }
    if answer.is_none() && row[1].text().is_none() {
        return Err(Failure::Declined(format!("問合せ {id} に回答がありません。answer に書いてください")));
    }
    let closed = closed_on.to_string();
    if closed < row[2].words() {
        return Err(Failure::Declined(format!("closed_on が、問合せ {id} の受付日より前です")));
    }
    link.run(
        "UPDATE inquiry SET answer = COALESCE($2, answer), closed_on = $3 WHERE id = $1",
        &[id.into(), answer.into(), closed.into()],
    )?;
    Ok(row[3].text().map(str::to_owned))
}

/// Every inquiry, the oldest first. Those about protected people, and about whoever is tied to them, without their text, unless `protected`.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn all(link: &mut dyn Link, protected: bool) -> Result<Vec<Inquiry>, Failure> {
    let sql = "SELECT inquiry.id, person.yobosesshubango, inquiry.received_on, inquiry.question, inquiry.answer, inquiry.closed_on, inquiry.by_operator, inquiry.at, inquiry.person FROM inquiry LEFT JOIN person ON person.id = inquiry.person ORDER BY inquiry.id";
    let text = |field: &Field| field.text().map(str::to_owned);
    let mut list = Vec::new();
    for row in link.rows(sql, &[])? {
        let seen = match row[8].integer().filter(|_| !protected) {
            Some(person) => !guarded(link, person)?,
            None => true,
        };
        list.push(Inquiry {
            inquiry: row[0].count(),
            person: text(&row[1]),
            received_on: row[2].words(),
            question: text(&row[3]).filter(|_| seen),
            answer: text(&row[4]).filter(|_| seen),
            closed_on: text(&row[5]),
            by: row[6].words(),
            at: row[7].words(),
        });
    }
    Ok(list)
}

/// Whether 支援措置 was ever registered for a person or somebody of their household: what was said then may still lead to them.
fn guarded(link: &mut dyn Link, person: PersonId) -> Result<bool, Fault> {
    let mut people = ties::tied(link, person)?;
    people.insert(person);
    for one in people {
        let sql = "SELECT count(*) FROM mark WHERE person = $1 AND sheet = $2";
        if link.count(sql, &[one.into(), MarkSheet::Protection.word().into()])? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
