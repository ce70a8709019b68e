//! 接種と通知の履歴: every version of every shot of somebody, and the notices that the register issued them.

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

/// A notice that the register issued.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The run.
    pub run: String,
    /// 事業
    pub programme: String,
    /// Trigger.
    pub trigger: String,
    /// 発行no
    pub issue_number: u64,
    /// 通知日
    pub on: String,
    /// `sealed`, `void`, `cancelled`.
    pub state: String,
    /// It came back.
    pub returned: bool,
}

/// The notices that the register issued to a person, by 発行no.
///
/// # Errors
/// A [`Fault`].
pub fn notices(link: &mut dyn Link, person: PersonId) -> Result<Vec<Notice>, Fault> {
    let sql = "SELECT n.run, n.programme, n.trigger_id, n.hakkono, n.tsuchibi, n.state, EXISTS (SELECT 1 FROM returned AS b WHERE b.notice = n.id) FROM notice AS n WHERE n.person = $1 ORDER BY n.hakkono";
    let mut found = Vec::new();
    link.each(sql, &[person.into()], &mut |row| {
        found.push(Notice {
            run: row[0].words(),
            programme: row[1].words(),
            trigger: row[2].words(),
            issue_number: row[3].count(),
            on: row[4].words(),
            state: row[5].words(),
            returned: row[6].count() == 1,
        });
        Ok(())
    })?;
    Ok(found)
}
