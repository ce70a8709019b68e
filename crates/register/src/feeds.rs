//! 取り込み: which files came in, and the rows that were refused until they are mended or withdrawn.

use crate::store::link::{self, Fault, Field, Link, Value};
use chrono::NaiveDate;
use kansho_core::diag::{Code, Failure};

/// What a feed brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 住民
    Residents,
    /// 予防接種台帳
    Ledger,
}

impl Kind {
    /// The word of the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Residents => "residents",
            Self::Ledger => "ledger",
        }
    }
}

/// Everything, or what has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 全件
    Full,
    /// 差分
    Difference,
}

impl Mode {
    /// The word of the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Difference => "difference",
        }
    }
}

/// A feed that came in.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    /// Its id.
    pub id: u64,
    /// What it brings.
    pub kind: Kind,
    /// Everything, or what has changed.
    pub mode: Mode,
    /// File name.
    pub file: &'a str,
    /// SHA-256 of what was read.
    pub sha256: &'a str,
    /// 抽出日
    pub snapshot: Option<NaiveDate>,
    /// Rows of the file.
    pub rows: u64,
    /// What was told of it (JSON).
    pub told: &'a str,
    /// Why it was taken in spite of something.
    pub accepted: Option<&'a str>,
}

/// The next feed's id.
///
/// # Errors
/// A [`Fault`].
pub fn next_id(link: &mut dyn Link) -> Result<u64, Fault> {
    link::next(link, "feed")
}

/// Enters a feed.
///
/// # Errors
/// A [`Fault`].
pub fn enter(link: &mut dyn Link, feed: &Feed<'_>, by: &str, at: &str) -> Result<(), Fault> {
    link.run(
        "INSERT INTO feed (id, kind, mode, file, sha256, snapshot, row_count, told, accepted, by_operator, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            feed.id.into(),
            feed.kind.word().into(),
            feed.mode.word().into(),
            feed.file.into(),
            feed.sha256.into(),
            feed.snapshot.map(|day| day.to_string()).into(),
            feed.rows.into(),
            feed.told.into(),
            feed.accepted.into(),
            by.into(),
            at.into(),
        ],
    )
    .map(drop)
}

/// What was told of a file that came in before.
///
/// # Errors
/// A [`Fault`].
pub fn told_before(link: &mut dyn Link, kind: Kind, sha256: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT told FROM feed WHERE sha256 = $1 AND kind = $2 ORDER BY id DESC LIMIT 1";
    Ok(link.row(sql, &[sha256.into(), kind.word().into()])?.map(|row| row[0].words()))
}

/// 抽出日 of the newest feed of residents.
///
/// # Errors
/// A [`Fault`].
pub fn snapshot(link: &mut dyn Link) -> Result<Option<NaiveDate>, Fault> {
    let row = link.row("SELECT max(snapshot) FROM feed WHERE kind = 'residents'", &[])?;
    Ok(row.and_then(|row| row[0].text()?.parse().ok()))
}

/// 抽出日 of the newest full feed of residents.
///
/// # Errors
/// A [`Fault`].
pub fn full_snapshot(link: &mut dyn Link) -> Result<Option<NaiveDate>, Fault> {
    let row = link.row("SELECT max(snapshot) FROM feed WHERE kind = 'residents' AND mode = 'full'", &[])?;
    Ok(row.and_then(|row| row[0].text()?.parse().ok()))
}

/// The newest feed of residents.
///
/// # Errors
/// A [`Fault`].
pub fn last_id(link: &mut dyn Link) -> Result<u64, Fault> {
    link.count("SELECT max(id) FROM feed WHERE kind = 'residents'", &[])
}

/// The feeds that the register holds now: name and SHA-256 of the last of each kind, for the run id and the manifest.
///
/// # Errors
/// A [`Fault`].
pub fn last(link: &mut dyn Link) -> Result<Vec<(String, String)>, Fault> {
    let sql =
        "SELECT kind, file, sha256 FROM feed AS f WHERE id = (SELECT max(id) FROM feed AS g WHERE g.kind = f.kind) ORDER BY kind";
    Ok(link.rows(sql, &[])?.into_iter().map(|row| (row[1].words(), row[2].words())).collect())
}

/// A row that was refused.
#[derive(Clone, Debug)]
pub struct Refused<'a> {
    /// Digest of the row: the same row of a later feed is the same error.
    pub key: &'a str,
    /// Code of the reason.
    pub code: &'a str,
    /// Sheet or file.
    pub sheet: &'a str,
    /// Row, from 1.
    pub row: Option<u32>,
    /// Column, from 1.
    pub column: Option<&'a str>,
    /// The reason.
    pub message: &'a str,
}

/// An open error.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Open {
    /// Its id.
    pub id: u64,
    /// Code of the reason.
    pub code: String,
    /// Sheet or file.
    pub sheet: String,
    /// Row, from 1.
    pub row: Option<i64>,
    /// Column.
    pub column: Option<String>,
    /// The feed that brought it first.
    pub since_import: u64,
    /// The reason, for the list on paper.
    #[serde(skip)]
    pub message: String,
}

/// Enters a refused row, or sees it again.
///
/// # Errors
/// A [`Fault`].
pub fn refuse(link: &mut dyn Link, kind: Kind, refused: &Refused<'_>, feed: u64) -> Result<(), Fault> {
    let id = link::next(link, "feed_error")?;
    link.run(
        "INSERT INTO feed_error (id, row_key, kind, code, sheet, row_number, column_name, message, since_import, last_import, state, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 'open', NULL) ON CONFLICT (row_key) DO UPDATE SET last_import = excluded.last_import, row_number = excluded.row_number, state = CASE WHEN feed_error.state = 'withdrawn' THEN 'withdrawn' ELSE 'open' END",
        &[
            id.into(),
            refused.key.into(),
            kind.word().into(),
            refused.code.into(),
            refused.sheet.into(),
            refused.row.into(),
            refused.column.into(),
            refused.message.into(),
            feed.into(),
        ],
    )
    .map(drop)
}

/// What a full feed brings no more is mended.
///
/// # Errors
/// A [`Fault`].
pub fn mend(link: &mut dyn Link, kind: Kind, feed: u64) -> Result<u64, Fault> {
    let sql = "UPDATE feed_error SET state = 'mended' WHERE kind = $1 AND state = 'open' AND last_import < $2";
    link.run(sql, &[kind.word().into(), feed.into()])
}

/// The errors that are open, of one kind or of all.
///
/// # Errors
/// A [`Fault`].
pub fn open(link: &mut dyn Link, kind: Option<Kind>) -> Result<Vec<Open>, Fault> {
    let sql = "SELECT id, code, sheet, row_number, column_name, since_import, message FROM feed_error WHERE state = 'open' AND (kind = $1 OR $1 = '') ORDER BY id";
    let rows = link.rows(sql, &[kind.map_or("", Kind::word).into()])?;
    Ok(rows
        .iter()
        .map(|row: &Vec<Field>| Open {
            id: row[0].count(),
            code: row[1].words(),
            sheet: row[2].words(),
            row: row[3].integer(),
            column: row[4].text().map(str::to_owned),
            since_import: row[5].count(),
            message: row[6].words(),
        })
        .collect())
}

/// Withdraws an error: the office says that the row is not to come in.
///
/// # Errors
/// [`Failure::Barred`]: the reason is empty (G613); [`Failure::Declined`] when there is no such open error.
pub fn withdraw(link: &mut dyn Link, id: u64, reason: &str) -> Result<(), Failure> {
    if reason.trim().is_empty() {
        return Err(Failure::barred(Code::ReasonEmpty, "取り下げる理由が空です"));
    }
    let sql = "UPDATE feed_error SET state = 'withdrawn', reason = $2 WHERE id = $1 AND state = 'open'";
    match link.run(sql, &[id.into(), Value::from(reason)])? {
        0 => Err(Failure::Declined(format!("取込エラー {id} は開いていません。kansho import errors で確かめてください"))),
        _ => Ok(()),
    }
}
