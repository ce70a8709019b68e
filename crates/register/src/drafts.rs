//! 出力フォルダーの残り: batches that nobody will post any more.

use crate::store::link::{Fault, Link};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Run id.
    pub run: String,
    /// Its folder.
    pub folder: String,
    /// Whether the register has something left of it to forget.
    pub known: bool,
}

/// Drafts, discarded and cancelled batches that were made before a day.
///
/// # Errors
/// A [`Fault`].
pub fn made_before(link: &mut dyn Link, day: &str) -> Result<Vec<Draft>, Fault> {
    let sql = "SELECT run, folder, state = 'draft' OR EXISTS (SELECT 1 FROM piece WHERE piece.run = batch.run) FROM batch WHERE state IN ('draft', 'discarded', 'cancelled') AND made_at < $1 ORDER BY seq";
    let rows = link.rows(sql, &[day.into()])?;
    Ok(rows.iter().map(|row| Draft { run: row[0].words(), folder: row[1].words(), known: row[2].integer() == Some(1) }).collect())
}

/// Forgets the pieces of a batch whose folder is gone; a draft is discarded thereby, what was cancelled stays cancelled. Its numbers stay
/// taken.
///
/// # Errors
/// A [`Fault`].
pub fn forget(link: &mut dyn Link, draft: &Draft) -> Result<(), Fault> {
    link.run("DELETE FROM piece WHERE run = $1", &[(&draft.run).into()])?;
    let sql = "UPDATE batch SET state = 'discarded', ended_reason = '保存の日数を過ぎた' WHERE run = $1 AND state = 'draft'";
    link.run(sql, &[(&draft.run).into()]).map(drop)
}
