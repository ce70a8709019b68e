//! 住民: people by their numbers, and one row for each change of what the feeds say of them (履歴).

use crate::search::{self, Keys};
use crate::store::link::{self, Fault, Field, Ids, Link, Value};
use chrono::NaiveDate;
use kansho_intake::normalise::stored::{SEPARATOR, resident_columns};
use std::fmt::Write as _;

/// Rows whose ids are taken at once.
pub const BLOCK: u64 = 1_000;

/// A person of the register, by id.
pub type PersonId = i64;

/// By which number somebody is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// 予防接種番号
    Number,
    /// 宛名番号
    Addressee,
}

impl By {
    const fn word(self) -> &'static str {
        match self {
            Self::Number => "n",
            Self::Addressee => "a",
        }
    }
}

/// The person that a number leads to.
///
/// # Errors
/// A [`Fault`].
pub fn find(link: &mut dyn Link, by: By, number: &str) -> Result<Option<PersonId>, Fault> {
    let sql = "SELECT person FROM person_number WHERE kind = $1 AND number = $2";
    Ok(link.row(sql, &[by.word().into(), number.into()])?.and_then(|row| row[0].integer()))
}

/// The ids of people.
#[must_use]
pub const fn ids(block: u64) -> Ids {
    Ids::new("person", block)
}

/// Adds a person.
///
/// # Errors
/// A [`Fault`].
pub fn add(link: &mut dyn Link, ids: &mut Ids, number: Option<&str>, addressee: Option<&str>) -> Result<PersonId, Fault> {
    let id = ids.next(link)?;
    // A number that another person has leads to that person; the rows say that two have it, and both are held.
    let own = match number {
        Some(number) => find(link, By::Number, number)?.is_none().then_some(number),
        None => None,
    };
    link.run(
        "INSERT INTO person (id, yobosesshubango, atenabango, merged_into, missing_since) VALUES ($1, $2, $3, NULL, NULL)",
        &[id.into(), own.into(), addressee.into()],
    )?;
    let id = i64::try_from(id).unwrap_or(i64::MAX);
    learn(link, id, number, addressee)?;
    Ok(id)
}

/// 生年月日 of a person as the ledger has it: by it somebody is found who may be a resident under another number.
///
/// # Errors
/// A [`Fault`].
pub fn born(link: &mut dyn Link, person: PersonId, day: NaiveDate) -> Result<(), Fault> {
    let sql = "UPDATE person SET daicho_seinengappi = $2 WHERE id = $1 AND daicho_seinengappi IS NULL";
    link.run(sql, &[person.into(), day.to_string().into()]).map(drop)
}

/// Learns the numbers of a person; the newest are theirs, the older ones lead to them as well.
///
/// # Errors
/// A [`Fault`].
pub fn learn(link: &mut dyn Link, person: PersonId, number: Option<&str>, addressee: Option<&str>) -> Result<(), Fault> {
    for (by, number) in [(By::Number, number), (By::Addressee, addressee)] {
        if let Some(number) = number {
            let sql =
                "INSERT INTO person_number (kind, number, person) VALUES ($1, $2, $3) ON CONFLICT (kind, number) DO NOTHING";
            link.run(sql, &[by.word().into(), number.into(), person.into()])?;
        }
    }
    Ok(())
}

/// The numbers a person goes by now.
///
/// # Errors
/// A [`Fault`].
pub fn rename(link: &mut dyn Link, person: PersonId, number: Option<&str>, addressee: Option<&str>) -> Result<(), Fault> {
    learn(link, person, number, addressee)?;
    if let Some(number) = number
        && find(link, By::Number, number)? == Some(person)
    {
        let sql = "UPDATE person SET yobosesshubango = $2 WHERE id = $1 AND (yobosesshubango IS NULL OR yobosesshubango <> $2)";
        link.run(sql, &[person.into(), number.into()])?;
    }
    if let Some(addressee) = addressee {
        let sql = "UPDATE person SET atenabango = $2 WHERE id = $1 AND (atenabango IS NULL OR atenabango <> $2)";
        link.run(sql, &[person.into(), addressee.into()])?;
    }
    Ok(())
}

/// 予防接種番号 of a person.
///
/// # Errors
/// A [`Fault`].
pub fn number(link: &mut dyn Link, person: PersonId) -> Result<Option<String>, Fault> {
    let row = link.row("SELECT yobosesshubango FROM person WHERE id = $1", &[person.into()])?;
    Ok(row.and_then(|row| row[0].text().map(str::to_owned)))
}

/// One row of somebody.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// 世帯番号
    pub household: Option<&'a str>,
    /// 保護者_宛名番号
    pub guardian: Option<&'a str>,
    /// The cells, one text ([`SEPARATOR`]).
    pub cells: &'a str,
    /// By what it is found.
    pub keys: &'a Keys,
}

/// The statements about 住民, made once from the layout's columns.
#[derive(Debug)]
pub struct Residents {
    insert: String,
    current: String,
    columns: usize,
    ids: Ids,
}

impl Default for Residents {
    fn default() -> Self {
        Self::new()
    }
}

impl Residents {
    /// The statements.
    #[must_use]
    pub fn new() -> Self {
        let columns = resident_columns();
        let names = columns.join(", ");
        let keys = search::COLUMNS.join(", ");
        let mut values = String::new();
        for place in 0..columns.len() + search::COLUMNS.len() {
            let _ = write!(values, ", ${}", place + 7);
        }
        Self {
            insert: format!(
                "INSERT INTO resident (id, person, from_import, to_import, valid_from, valid_to, household, guardian, {names}, {keys}) VALUES ($1, $2, $3, NULL, $4, NULL, $5, $6{values})"
            ),
            current: format!("SELECT {names} FROM resident WHERE person = $1 AND to_import IS NULL ORDER BY id"),
            columns: columns.len(),
            ids: Ids::new("resident", BLOCK),
        }
    }

    /// The rows a person has now, each as one text.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn current(&self, link: &mut dyn Link, person: PersonId) -> Result<Vec<String>, Fault> {
        let mut rows = Vec::new();
        link.each(&self.current, &[person.into()], &mut |row| {
            rows.push(joined(row));
            Ok(())
        })?;
        Ok(rows)
    }

    /// Ends the rows a person has, as of a day.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn end(&self, link: &mut dyn Link, person: PersonId, feed: u64, day: NaiveDate) -> Result<(), Fault> {
        let sql = "UPDATE resident SET to_import = $2, valid_to = $3 WHERE person = $1 AND to_import IS NULL";
        link.run(sql, &[person.into(), feed.into(), day.to_string().into()]).map(drop)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn insert(
        &mut self,
        link: &mut dyn Link,
        person: PersonId,
        feed: u64,
        day: NaiveDate,
        row: &Row<'_>,
    ) -> Result<(), Fault> {
        let id = self.ids.next(link)?;
        let mut values: Vec<Value<'_>> =
            vec![id.into(), person.into(), feed.into(), day.to_string().into(), row.household.into(), row.guardian.into()];
        let cells = row.cells.split(SEPARATOR).map(|cell| if cell.is_empty() { Value::Null } else { cell.into() });
        values.extend(cells.take(self.columns));
        values.extend(row.keys.values());
        link.run(&self.insert, &values).map(drop)
    }
}

/// Cells as one text.
fn joined(row: &[Field]) -> String {
    let mut text = String::new();
    for (place, field) in row.iter().enumerate() {
        if place > 0 {
            text.push(SEPARATOR);
        }
        text.push_str(field.text().unwrap_or_default());
    }
    text
}

/// The people who have a current row and were not seen by a feed: `seen` tells by id.
///
/// # Errors
/// A [`Fault`].
pub fn unseen(link: &mut dyn Link, seen: &dyn Fn(PersonId) -> bool) -> Result<Vec<(PersonId, bool)>, Fault> {
    let mut found = Vec::new();
    let sql = "SELECT DISTINCT r.person, p.missing_since IS NOT NULL FROM resident AS r JOIN person AS p ON p.id = r.person WHERE r.to_import IS NULL ORDER BY r.person";
    link.each(sql, &[], &mut |row| {
        if let Some(person) = row[0].integer().filter(|person| !seen(*person)) {
            found.push((person, row[1].count() == 1));
        }
        Ok(())
    })?;
    Ok(found)
}

/// A person whom the last full feed lacked.
///
/// # Errors
/// A [`Fault`].
pub fn missing(link: &mut dyn Link, person: PersonId, feed: u64) -> Result<(), Fault> {
    let sql = "UPDATE person SET missing_since = $2 WHERE id = $1 AND missing_since IS NULL";
    link.run(sql, &[person.into(), feed.into()]).map(drop)
}

/// A person whom a feed has again.
///
/// # Errors
/// A [`Fault`].
pub fn found_again(link: &mut dyn Link, person: PersonId) -> Result<(), Fault> {
    link.run("UPDATE person SET missing_since = NULL WHERE id = $1 AND missing_since IS NOT NULL", &[person.into()]).map(drop)
}

/// 返戻 ends when the person's address changes (CK22).
///
/// # Errors
/// A [`Fault`].
pub fn returns_end(link: &mut dyn Link, person: PersonId, feed: u64) -> Result<(), Fault> {
    let sql = "UPDATE returned SET ended_import = $2 WHERE person = $1 AND ended_import IS NULL";
    link.run(sql, &[person.into(), feed.into()]).map(drop)
}

/// Whether somebody has a row of 住民 now.
///
/// # Errors
/// A [`Fault`].
pub fn is_resident(link: &mut dyn Link, person: PersonId) -> Result<bool, Fault> {
    Ok(link.row("SELECT 1 FROM resident WHERE person = $1 AND to_import IS NULL", &[person.into()])?.is_some())
}

/// Whether there is anybody yet.
///
/// # Errors
/// A [`Fault`].
pub fn nobody_yet(link: &mut dyn Link) -> Result<bool, Fault> {
    Ok(link.row("SELECT 1 FROM person LIMIT 1", &[])?.is_none())
}

/// Whether somebody is kept whatever their age: with a row of the ledger, a mark, a flag or an inquiry (assessment III.2).
///
/// # Errors
/// A [`Fault`].
pub fn is_kept(link: &mut dyn Link, person: PersonId) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM person WHERE id = $1 AND (EXISTS (SELECT 1 FROM resident WHERE person = $1) OR EXISTS (SELECT 1 FROM vaccination WHERE person = $1) OR EXISTS (SELECT 1 FROM mark WHERE person = $1) OR EXISTS (SELECT 1 FROM inquiry WHERE person = $1))";
    Ok(link.row(sql, &[person.into()])?.is_some())
}

/// The next serial for a 予防接種番号 that the register gives: above every one of that length that ever led to somebody.
///
/// # Errors
/// A [`Fault`].
pub fn next_serial(link: &mut dyn Link, digits: usize) -> Result<u64, Fault> {
    let sql = "SELECT max(number) FROM person_number WHERE kind = 'n' AND length(number) = $1";
    let highest = link.row(sql, &[digits.into()])?.and_then(|row| row[0].text()?.parse::<u64>().ok()).unwrap_or(0);
    let given = link.count("SELECT given FROM counter WHERE name = 'person_serial'", &[])?;
    let serial = (highest / 10).max(given) + 1;
    link::take(link, "person_serial", serial - given)?;
    Ok(serial)
}
