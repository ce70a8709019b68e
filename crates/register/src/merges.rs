//! 名寄せ: two numbers of one person. Both are kept, the old one points to the new; nobody undoes it.

use crate::residents::PersonId;
use crate::store::link::{self, Fault, Link};

/// Whom a person was merged into.
///
/// # Errors
/// A [`Fault`].
pub fn into(link: &mut dyn Link, person: PersonId) -> Result<Option<PersonId>, Fault> {
    let sql = "SELECT merged_into FROM person WHERE id = $1 AND merged_into IS NOT NULL";
    Ok(link.row(sql, &[person.into()])?.and_then(|row| row[0].integer()))
}

/// The person at the end of the chain.
///
/// # Errors
/// A [`Fault`].
pub fn last(link: &mut dyn Link, person: PersonId) -> Result<PersonId, Fault> {
    let mut at = person;
    while let Some(next) = into(link, at)? {
        at = next;
    }
    Ok(at)
}

/// Everybody who was merged into a person, and the person.
///
/// # Errors
/// A [`Fault`].
pub fn all(link: &mut dyn Link, person: PersonId) -> Result<Vec<PersonId>, Fault> {
    let mut found = vec![person];
    let mut at = 0;
    while let Some(of) = found.get(at).copied() {
        let rows = link.rows("SELECT id FROM person WHERE merged_into = $1 ORDER BY id", &[of.into()])?;
        found.extend(rows.iter().filter_map(|row| row[0].integer()));
        at += 1;
    }
    Ok(found)
}

/// Merges a person into another. Whether they may be is asked before.
///
/// # Errors
/// A [`Fault`].
pub fn merge(link: &mut dyn Link, (person, into): (PersonId, PersonId), reason: &str, by: &str, at: &str) -> Result<(), Fault> {
    let id = link::next(link, "merge")?;
    let sql = "INSERT INTO merge (id, person, into_person, reason, by_operator, at) VALUES ($1, $2, $3, $4, $5, $6)";
    link.run(sql, &[id.into(), person.into(), into.into(), reason.into(), by.into(), at.into()])?;
    link.run("UPDATE person SET merged_into = $2 WHERE id = $1", &[person.into(), into.into()]).map(drop)
}
