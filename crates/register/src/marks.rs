//! 登録: the rows of the mark sheets as the feeds have them, and flags set at the office; both in the columns of their sheet.

use crate::residents::PersonId;
use crate::store::link::{self, Fault, Link, Value};
use kansho_core::case::MarkSheet;
use kansho_core::hash;
use kansho_intake::normalise::stored::{SEPARATOR, mark_columns};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The statements about marks, made once from the layout's columns.
#[derive(Debug)]
pub struct Marks {
    insert: String,
    columns: usize,
}

impl Default for Marks {
    fn default() -> Self {
        Self::new()
    }
}

/// A mark to be.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Whose.
    pub person: PersonId,
    /// Which sheet.
    pub sheet: MarkSheet,
    /// The kind of a flag; none of a feed's row.
    pub kind: Option<&'a str>,
    /// The how many-th of its kind; 1 of a feed's row.
    pub version: u64,
    /// The feed; none of a flag.
    pub feed: Option<u64>,
    /// The cells, one text ([`SEPARATOR`]).
    pub cells: &'a str,
}

impl Marks {
    /// The statements.
    #[must_use]
    pub fn new() -> Self {
        let columns = mark_columns();
        let mut values = String::new();
        for place in 0..columns.len() {
            let _ = write!(values, ", ${}", place + 10);
        }
        let names = columns.join(", ");
        let insert = format!(
            "INSERT INTO mark (id, person, sheet, kind, version, from_import, to_import, ended_on, ended_reason, by_operator, at, row_key, {names}) VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, NULL, $7, $8, $9{values})"
        );
        Self { insert, columns: columns.len() }
    }

    /// Adds a mark; gives its id.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn insert(&self, link: &mut dyn Link, new: &New<'_>, by: &str, at: &str) -> Result<u64, Fault> {
        let id = link::next(link, "mark")?;
        let key = key(new.sheet, new.cells);
        let mut values: Vec<Value<'_>> = vec![
            id.into(),
            new.person.into(),
            new.sheet.word().into(),
            new.kind.into(),
            new.version.into(),
            new.feed.into(),
            by.into(),
            at.into(),
            key.into(),
        ];
        let cells = new.cells.split(SEPARATOR).map(|cell| if cell.is_empty() { Value::Null } else { cell.into() });
        values.extend(cells.take(self.columns));
        link.run(&self.insert, &values)?;
        Ok(id)
    }
}

/// What makes a row of a sheet the row it is.
#[must_use]
pub fn key(sheet: MarkSheet, cells: &str) -> String {
    hash::sha256_hex(format!("{}{SEPARATOR}{cells}", sheet.word()).as_bytes())
}

/// The keys of the feeds' rows that are in force.
///
/// # Errors
/// A [`Fault`].
pub fn of_feeds(link: &mut dyn Link) -> Result<BTreeSet<String>, Fault> {
    let rows = link.rows("SELECT row_key FROM mark WHERE from_import IS NOT NULL AND to_import IS NULL", &[])?;
    Ok(rows.into_iter().map(|row| row[0].words()).collect())
}

/// Ends a feed's row that a full feed has no more.
///
/// # Errors
/// A [`Fault`].
pub fn end(link: &mut dyn Link, key: &str, feed: u64) -> Result<(), Fault> {
    let sql = "UPDATE mark SET to_import = $2 WHERE row_key = $1 AND from_import IS NOT NULL AND to_import IS NULL";
    link.run(sql, &[key.into(), feed.into()]).map(drop)
}

/// Rows of 支援措置 that the feeds have in force; what the office set itself is no matter of theirs.
///
/// # Errors
/// A [`Fault`].
pub fn protections(link: &mut dyn Link) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM mark WHERE sheet = $1 AND from_import IS NOT NULL AND to_import IS NULL";
    link.count(sql, &[MarkSheet::Protection.word().into()])
}
