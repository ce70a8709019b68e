//! 返戻: letters that came back. The next letter waits until an import changes the address.

use crate::notices::Notice;
use crate::store::Work;
use crate::store::link::{self, Link};
use kansho_core::diag::{Code, Failure};

/// Why a letter came back.
pub const REASONS: [&str; 5] = ["あて所なし", "転居", "受取拒否", "保管期間経過", "その他"];

/// Writes down that a letter came back.
///
/// # Errors
/// [`Failure::Barred`] with B611 when it was written down before; a [`Failure`] of the store.
pub fn add(work: &mut Work<'_>, notice: &Notice, reason: &str, on: &str) -> Result<u64, Failure> {
    let (by, at) = (work.who().to_owned(), work.stamp());
    let link = &mut *work.link;
    if link.count("SELECT count(*) FROM returned WHERE notice = $1", &[notice.id.into()])? > 0 {
        return Err(Failure::barred(Code::AlreadyReturned, format!("発行no {} の返戻は登録済みです", notice.hakkono)));
    }
    let id = link::next(link, "returned")?;
    link.run(
        "INSERT INTO returned (id, notice, person, run, reason, returned_on, by_operator, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            notice.id.into(),
            notice.person_row.into(),
            (&notice.run).into(),
            reason.into(),
            on.into(),
            by.into(),
            at.into(),
        ],
    )?;
    link.run("UPDATE notice SET state = 'returned' WHERE id = $1 AND state = 'sealed'", &[notice.id.into()])?;
    Ok(id)
}

/// How many letters of a run came back.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn count(link: &mut dyn Link, run: &str) -> Result<u64, Failure> {
    Ok(link.count("SELECT count(*) FROM returned WHERE run = $1", &[run.into()])?)
}
