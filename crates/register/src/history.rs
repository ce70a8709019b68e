//! 接種の履歴: every version of every shot of somebody.

use crate::residents::PersonId;
use crate::store::link::{Fault, Link};
use kansho_intake::normalise::stored::ledger_columns;

/// A version of a row of the ledger.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id.
    pub id: u32,
    /// The record.
    pub record: u64,
    /// The version of the record.
    pub version: u64,
    /// `valid`, `replaced`, `void`.
    pub state: String,
    /// 記録元
    pub origin: String,
    /// The cells, in the order of [`ledger_columns`].
    pub cells: Vec<Option<String>>,
}

impl Version {
    /// The cell of a column.
    #[must_use]
    pub fn cell(&self, column: &str) -> Option<&str> {
        let place = ledger_columns().iter().position(|name| *name == column)?;
        self.cells.get(place)?.as_deref()
    }
}

/// Every version of the rows of a person, in the order of records.
///
/// # Errors
/// A [`Fault`].
pub fn versions(link: &mut dyn Link, person: PersonId) -> Result<Vec<Version>, Fault> {
    let names = ledger_columns().join(", ");
    let sql = format!(
        "SELECT id, record, version, state, kiroku_moto, {names} FROM vaccination WHERE person = $1 ORDER BY record, version"
    );
    let mut found = Vec::new();
    link.each(&sql, &[person.into()], &mut |row| {
        found.push(Version {
            id: row[0].integer().and_then(|id| u32::try_from(id).ok()).ok_or(Fault::Damaged)?,
            record: row[1].count(),
            version: row[2].count(),
            state: row[3].words(),
            origin: row[4].words(),
            cells: row[5..].iter().map(|cell| cell.text().map(str::to_owned)).collect(),
        });
        Ok(())
    })?;
    Ok(found)
}
