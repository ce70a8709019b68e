//! 承認: two different people sign the same bytes. Who made an operator, or gave them `approve`, is not another person beside them.

use crate::batches::Batch;
use crate::operators;
use crate::store::Work;
use crate::store::link::{self, Link};
use kansho_core::diag::{Code, Failure};

/// How many people approve.
pub const NEEDED: usize = 2;

/// One approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// When.
    pub at: String,
}

/// The approvals in force of the bytes that a batch has now, in the order they were given.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn of(link: &mut dyn Link, run: &str) -> Result<Vec<Approval>, Failure> {
    let sql =
        "SELECT by_operator, approval.at FROM approval JOIN batch ON batch.run = approval.run AND batch.root = approval.root
               WHERE approval.run = $1 AND withdrawn_reason IS NULL ORDER BY approval.id";
    Ok(link.rows(sql, &[run.into()])?.iter().map(|row| Approval { by: row[0].words(), at: row[1].words() }).collect())
}

/// Adds the approval of whoever acts.
///
/// # Errors
/// [`Failure::Barred`] with A605 when they approved already, or are too near to who did; a [`Failure`] of the store.
pub fn add(work: &mut Work<'_>, batch: &Batch) -> Result<Vec<Approval>, Failure> {
    for other in of(work.link, &batch.run)? {
        apart(work, &other.by)?;
    }
    let (by, at) = (work.who().to_owned(), work.stamp());
    let id = link::next(work.link, "approval")?;
    work.link.run(
        "INSERT INTO approval (id, run, by_operator, at, root) VALUES ($1, $2, $3, $4, $5)",
        &[id.into(), (&batch.run).into(), by.into(), at.into(), (&batch.root).into()],
    )?;
    of(work.link, &batch.run)
}

/// Takes the approval of whoever acts back.
///
/// # Errors
/// [`Failure::Barred`] with B603 when there is none; a [`Failure`] of the store.
pub fn withdraw(work: &mut Work<'_>, batch: &Batch, reason: &str) -> Result<Vec<Approval>, Failure> {
    let by = work.who().to_owned();
    let taken = work.link.run(
        "UPDATE approval SET withdrawn_reason = $3 WHERE run = $1 AND by_operator = $2 AND withdrawn_reason IS NULL",
        &[(&batch.run).into(), (&by).into(), reason.into()],
    )?;
    if taken == 0 {
        return Err(Failure::barred(Code::NotTwoApprovals, format!("処理 {} に {by} の承認はありません", batch.run)));
    }
    of(work.link, &batch.run)
}

/// Whoever acts is another person than `other`: not the same, and neither made the other or gave them `approve`.
///
/// # Errors
/// [`Failure::Barred`] with A605; a [`Failure`] of the store.
pub fn apart(work: &mut Work<'_>, other: &str) -> Result<(), Failure> {
    let own = work.permit.operator.clone();
    if own.name == other {
        return Err(Failure::barred(Code::SamePerson, format!("{other} はすでに承認しています")));
    }
    let Some(theirs) = operators::find(work.link, other)? else { return Ok(()) };
    let near = |one: &operators::Operator, of: &str| one.created_by == of || one.approve_by.as_deref() == Some(of);
    if near(&own, &theirs.name) || near(&theirs, &own.name) {
        let message = format!("{} と {other} は、一方がもう一方を登録したか承認の権限を与えたため、二人と数えません", own.name);
        return Err(Failure::barred(Code::SamePerson, message));
    }
    Ok(())
}
