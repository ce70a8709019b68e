//! 個別の登録: the marks of one person, of feeds and of the office, and the end of those of the office. An ended one stays as it was.

use crate::residents::PersonId;
use crate::store::link::{Fault, Link};
use chrono::NaiveDate;
use kansho_core::case::MarkSheet;
use kansho_intake::normalise::stored::mark_columns;

/// A mark of somebody.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Its id.
    pub id: u64,
    /// Its sheet.
    pub sheet: MarkSheet,
    /// The kind of a flag that the office set; none of a feed's row.
    pub kind: Option<String>,
    /// The how many-th of its kind the person has.
    pub version: u64,
    /// The day from which it no longer is.
    pub ended_on: Option<NaiveDate>,
    /// Why.
    pub ended_reason: Option<String>,
    /// The cells, in the order of [`mark_columns`].
    pub cells: Vec<Option<String>>,
}

impl Flag {
    /// The cell of a column.
    #[must_use]
    pub fn cell(&self, column: &str) -> Option<&str> {
        let place = mark_columns().iter().position(|name| *name == column)?;
        self.cells.get(place)?.as_deref()
    }
}

/// The marks of a person: all that the office set, and those of feeds that are in force.
///
/// # Errors
/// A [`Fault`].
pub fn of(link: &mut dyn Link, person: PersonId) -> Result<Vec<Flag>, Fault> {
    let names = mark_columns().join(", ");
    let sql = format!(
        "SELECT id, sheet, kind, version, ended_on, ended_reason, {names} FROM mark WHERE person = $1 AND (kind IS NOT NULL OR to_import IS NULL) ORDER BY id"
    );
    let mut found = Vec::new();
    link.each(&sql, &[person.into()], &mut |row| {
        let text = |at: usize| row[at].text().map(str::to_owned);
        let sheet = MarkSheet::ALL.into_iter().find(|sheet| Some(sheet.word()) == row[1].text()).ok_or(Fault::Damaged)?;
        found.push(Flag {
            id: row[0].count(),
            sheet,
            kind: text(2),
            version: row[3].count(),
            ended_on: row[4].text().and_then(|day| day.parse().ok()),
            ended_reason: text(5),
            cells: (6..row.len()).map(text).collect(),
        });
        Ok(())
    })?;
    Ok(found)
}

/// The version that the next flag of a kind has.
///
/// # Errors
/// A [`Fault`].
pub fn next_version(link: &mut dyn Link, person: PersonId, kind: &str) -> Result<u64, Fault> {
    Ok(link.count("SELECT max(version) FROM mark WHERE person = $1 AND kind = $2", &[person.into(), kind.into()])? + 1)
}

/// Ends a flag.
///
/// # Errors
/// A [`Fault`].
pub fn end(link: &mut dyn Link, id: u64, on: NaiveDate, reason: &str) -> Result<(), Fault> {
    let sql = "UPDATE mark SET ended_on = $2, ended_reason = $3 WHERE id = $1 AND ended_on IS NULL";
    link.run(sql, &[id.into(), on.to_string().into(), reason.into()]).map(drop)
}
