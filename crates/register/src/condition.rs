//! 点検: what of the register is overdue, in numbers and days; never a person.

use crate::store::link::{Fault, Link};
use serde::Serialize;

/// The last feeds of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastFeed {
    /// What was imported.
    pub kind: String,
    /// Stamp of the last feed.
    pub at: String,
    /// Stamp of the last full feed.
    pub full_at: Option<String>,
    /// 抽出日 of the last full feed.
    pub full_snapshot: Option<String>,
}

/// 消去の証明 that has not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// Run id.
    pub run: String,
    /// The day it was due.
    pub erase_due: String,
}

/// The feeds by kind.
///
/// # Errors
/// A [`Fault`].
pub fn feeds(link: &mut dyn Link) -> Result<Vec<LastFeed>, Fault> {
    let mut feeds: Vec<LastFeed> = Vec::new();
    let rows = link.rows("SELECT kind, mode, at, snapshot FROM feed ORDER BY kind, id", &[])?;
    for row in rows {
        let kind = row[0].words();
        if feeds.last().is_none_or(|last| last.kind != kind) {
            feeds.push(LastFeed { kind, at: String::new(), full_at: None, full_snapshot: None });
        }
        if let Some(last) = feeds.last_mut() {
            last.at = row[2].words();
            if row[1].text() == Some("full") {
                last.full_at = Some(row[2].words());
                last.full_snapshot = row[3].text().map(str::to_owned);
            }
        }
    }
    Ok(feeds)
}

/// Batches whose copies the shop should have erased before a day.
///
/// # Errors
/// A [`Fault`].
pub fn overdue_erasures(link: &mut dyn Link, today: &str) -> Result<Vec<Erasure>, Fault> {
    let sql = "SELECT run, erase_due FROM batch WHERE erased_on IS NULL AND erase_due < $1 ORDER BY seq";
    let rows = link.rows(sql, &[today.into()])?;
    Ok(rows.iter().map(|row| Erasure { run: row[0].words(), erase_due: row[1].words() }).collect())
}
