//! 予防接種台帳: the 32 items of 別添1 as they came in, each row with versions; nothing is deleted.

use crate::residents::PersonId;
use crate::store::link::{self, Fault, Link, Value};
use kansho_intake::normalise::stored::{Kept, ledger_columns};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The columns by which a row is told from every other: whose, which dose, on which day, which notice.
const IDENTITY: [&str; 9] =
    ["yoboshesshucd", "sesshukaisu", "kaisu", "jisshibi", "kekka", "vaccinecd", "tsuchibi", "shurui", "hakkono"];

/// The statements about the ledger, made once from the layout's columns.
#[derive(Debug)]
pub struct Ledger {
    insert: String,
    columns: usize,
    identity: Vec<usize>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is new, under this record.
    New(i64),
    /// It says something else than before, under this record.
    Changed(i64),
    /// It was there.
    Unchanged(i64),
    /// The same row stands twice in the file.
    Twice(i64),
}

/// A row to be.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Whose.
    pub person: PersonId,
    /// The feed.
    pub feed: u64,
    /// 実施日, where it can be read.
    pub given_on: Option<String>,
    /// The cells, in the order of [`ledger_columns`].
    pub cells: &'a [Kept<'a>],
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl Ledger {
    /// The statements.
    #[must_use]
    pub fn new() -> Self {
        let columns = ledger_columns();
        let mut values = String::new();
        for place in 0..columns.len() {
            let _ = write!(values, ", ${}", place + 9);
        }
        let names = columns.join(", ");
        let insert = format!(
            "INSERT INTO vaccination (id, record, version, state, person, kiroku_moto, from_import, missing_since, row_key, digest, given_on, reason, by_operator, at, {names}) VALUES ($1, $2, $3, 'valid', $4, '台帳', $5, NULL, $6, $7, $8, NULL, NULL, NULL{values}) ON CONFLICT (row_key) WHERE state = 'valid' DO NOTHING"
        );
        let identity = IDENTITY.iter().filter_map(|name| columns.iter().position(|column| column == name)).collect();
        Self { insert, columns: columns.len(), identity }
    }

    /// Takes a row in: a new one, a new version of one that is there, or nothing new.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn take(&self, link: &mut dyn Link, id: i64, row: &Row<'_>) -> Result<Became, Fault> {
        let key = self.key(row);
        let digest = digest(row.cells);
        if self.insert(link, (id, id, 1), row, (key, digest))? == 1 {
            return Ok(Became::New(id));
        }
        let sql =
            "SELECT id, record, version, digest, person, from_import FROM vaccination WHERE row_key = $1 AND state = 'valid'";
        let Some(known) = link.row(sql, &[key.into()])? else { return Err(Fault::Damaged) };
        let [known_id, record, version, known_digest, person, feed] = std::array::from_fn(|at| known[at].integer().unwrap_or(-1));
        if person != row.person {
            // Two rows of two people have one digest of 64 bits.
            return Err(Fault::Stopped("台帳の二つの行が同じ照合値になりました。開発元に知らせてください".to_owned()));
        }
        let here = u64::try_from(feed).ok() == Some(row.feed);
        if known_digest == digest {
            if !here {
                let sql = "UPDATE vaccination SET missing_since = NULL WHERE id = $1 AND missing_since IS NOT NULL";
                link.run(sql, &[known_id.into()])?;
            }
            return Ok(if here { Became::Twice(record) } else { Became::Unchanged(record) });
        }
        link.run("UPDATE vaccination SET state = 'replaced' WHERE id = $1", &[known_id.into()])?;
        self.insert(link, (id, record, version + 1), row, (key, digest))?;
        Ok(if here { Became::Twice(record) } else { Became::Changed(record) })
    }

    fn insert(
        &self,
        link: &mut dyn Link,
        (id, record, version): (i64, i64, i64),
        row: &Row<'_>,
        (key, digest): (i64, i64),
    ) -> Result<u64, Fault> {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(self.columns + 8);
        values.extend([
            id.into(),
            record.into(),
            version.into(),
            row.person.into(),
            row.feed.into(),
            key.into(),
            digest.into(),
            row.given_on.as_ref().into(),
        ]);
        values.extend(row.cells.iter().map(|cell| cell.as_deref().map_or(Value::Null, Value::from)));
        link.run(&self.insert, &values)
    }

    fn key(&self, row: &Row<'_>) -> i64 {
        let identity = self.identity.iter().map(|place| row.cells[*place].as_deref().unwrap_or_default());
        short(&row.person.to_string(), identity)
    }
}

fn digest(cells: &[Kept<'_>]) -> i64 {
    short("", cells.iter().map(|cell| cell.as_deref().unwrap_or_default()))
}

/// The first 64 bits of a SHA-256 over texts.
fn short<'a>(first: &str, texts: impl Iterator<Item = &'a str>) -> i64 {
    let mut hasher = Sha256::new();
    hasher.update(first.as_bytes());
    for text in texts {
        hasher.update([0x1f]);
        hasher.update(text.as_bytes());
    }
    let bytes: [u8; 8] = std::array::from_fn({
        let hash = hasher.finalize();
        move |at| hash[at]
    });
    i64::from_be_bytes(bytes)
}

/// The highest id of a row.
///
/// # Errors
/// A [`Fault`].
pub fn highest_id(link: &mut dyn Link) -> Result<i64, Fault> {
    Ok(i64::try_from(link.count("SELECT max(id) FROM vaccination", &[])?).unwrap_or(i64::MAX))
}

/// A row of the ledger that a full feed lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// Its id.
    pub id: i64,
    /// Whether an earlier feed lacked it as well.
    pub before: bool,
}

/// The valid rows that came by feeds and were not seen by this one; a row that this feed corrects (one row of the same person, code and
/// 回 is gone and one has come) becomes its older version. Gives the number of corrections and what is lacking.
///
/// # Errors
/// A [`Fault`].
pub fn unseen(link: &mut dyn Link, feed: u64, seen: &dyn Fn(i64) -> bool) -> Result<(u64, Vec<Lacking>), Fault> {
    let mut gone: Vec<(i64, i64, bool)> = Vec::new();
    let sql = "SELECT id, record, missing_since IS NOT NULL FROM vaccination WHERE state = 'valid' AND kiroku_moto = '台帳' AND from_import < $1 ORDER BY id";
    link.each(sql, &[feed.into()], &mut |row| {
        let (id, record) = (row[0].integer().unwrap_or(-1), row[1].integer().unwrap_or(-1));
        if !seen(record) {
            gone.push((id, record, row[2].count() == 1));
        }
        Ok(())
    })?;
    let (mut corrected, mut lacking) = (0, Vec::new());
    for (id, record, before) in gone {
        let same = "FROM vaccination AS n JOIN vaccination AS o ON o.person = n.person AND o.id = $2 WHERE n.state = 'valid' AND n.from_import = $1 AND n.version = 1 AND n.yoboshesshucd = o.yoboshesshucd AND coalesce(n.kaisu, '') = coalesce(o.kaisu, '') AND coalesce(n.sesshukaisu, '') = coalesce(o.sesshukaisu, '') AND (n.jisshibi IS NULL) = (o.jisshibi IS NULL) AND (n.tsuchibi IS NULL) = (o.tsuchibi IS NULL)";
        let found = link.rows(&format!("SELECT n.id {same}"), &[feed.into(), id.into()])?;
        match found.as_slice() {
            [only] => {
                let version = link.count("SELECT max(version) FROM vaccination WHERE record = $1", &[record.into()])? + 1;
                link.run("UPDATE vaccination SET state = 'replaced' WHERE id = $1", &[id.into()])?;
                let sql = "UPDATE vaccination SET record = $2, version = $3 WHERE id = $1";
                link.run(sql, &[only[0].clone(), record.into(), version.into()])?;
                corrected += 1;
            }
            _ => lacking.push(Lacking { id, before }),
        }
    }
    Ok((corrected, lacking))
}

/// A row that the last full feed lacked: it still counts, and its person is held.
///
/// # Errors
/// A [`Fault`].
pub fn missing(link: &mut dyn Link, id: i64, feed: u64) -> Result<(), Fault> {
    let sql = "UPDATE vaccination SET missing_since = $2 WHERE id = $1 AND missing_since IS NULL";
    link.run(sql, &[id.into(), feed.into()]).map(drop)
}

/// The next ids of rows, `count` of them.
///
/// # Errors
/// A [`Fault`].
pub fn ids(link: &mut dyn Link, count: u64) -> Result<i64, Fault> {
    Ok(i64::try_from(link::take(link, "vaccination", count)?).unwrap_or(i64::MAX))
}
