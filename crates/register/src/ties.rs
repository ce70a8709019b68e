//! つながり: who may be protected because of whom (CK15). The rule is the joiner's; here is whom it must see.

use crate::residents::PersonId;
use crate::store::link::{Fault, Link};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Two numbers of one person.
const MERGED: [&str; 2] =
    ["SELECT id FROM person WHERE merged_into = $1", "SELECT merged_into FROM person WHERE id = $1 AND merged_into IS NOT NULL"];
/// The same 世帯番号 in any row of either, of now or of before.
const HOUSEHOLD: [&str; 1] = [
    "SELECT DISTINCT o.person FROM resident AS r JOIN resident AS o ON o.household = r.household WHERE r.person = $1 AND r.household IS NOT NULL",
];
/// Guardian, children, and the other children of the guardian.
const GUARDIAN: [&str; 3] = [
    "SELECT DISTINCT n.person FROM resident AS r JOIN person_number AS n ON n.kind = 'a' AND n.number = r.guardian WHERE r.person = $1 AND r.guardian IS NOT NULL",
    "SELECT DISTINCT o.person FROM person_number AS n JOIN resident AS o ON o.guardian = n.number WHERE n.person = $1 AND n.kind = 'a'",
    "SELECT DISTINCT o.person FROM resident AS r JOIN resident AS o ON o.guardian = r.guardian WHERE r.person = $1 AND r.guardian IS NOT NULL",
];

/// Everybody who must be read so that the protection of a person is what it is among all: who lived with them, and whoever is tied by
/// 保護者 to them or to somebody who lives with them.
///
/// # Errors
/// A [`Fault`].
pub fn tied(link: &mut dyn Link, person: PersonId) -> Result<BTreeSet<PersonId>, Fault> {
    let own = reached(link, BTreeSet::from([person]), &MERGED)?;
    let beside = reached(link, own, &HOUSEHOLD)?;
    let linked = reached(link, beside, &GUARDIAN)?;
    reached(link, linked, &MERGED)
}

/// People of the ledger alone who were born on the day of a resident: they may be this one under another number, and hold them then.
const BORN_LIKE: [&str; 1] = [
    "SELECT p.id FROM resident AS r JOIN person AS p ON p.daicho_seinengappi = r.kensaku_seinengappi WHERE r.person = $1 AND r.to_import IS NULL AND NOT EXISTS (SELECT 1 FROM resident AS o WHERE o.person = p.id)",
];

/// Everybody of [`tied`], and whoever of the ledger alone was born on the day of the person.
///
/// # Errors
/// A [`Fault`].
pub fn around(link: &mut dyn Link, person: PersonId) -> Result<BTreeSet<PersonId>, Fault> {
    let own = reached(link, BTreeSet::from([person]), &MERGED)?;
    let mut found = reached(link, own, &BORN_LIKE)?;
    found.extend(tied(link, person)?);
    Ok(found)
}

fn reached(link: &mut dyn Link, from: BTreeSet<PersonId>, steps: &[&str]) -> Result<BTreeSet<PersonId>, Fault> {
    let mut found = from.clone();
    for person in from {
        for sql in steps {
            link.each(sql, &[person.into()], &mut |row| {
                found.extend(row[0].integer());
                Ok(())
            })?;
        }
    }
    Ok(found)
}

/// A household that somebody's rows of now no longer have.
#[derive(Clone, Debug)]
pub struct Left {
    /// 予防接種番号
    pub number: Option<String>,
    /// 宛名番号
    pub addressee: Option<String>,
    /// 世帯番号
    pub household: String,
    /// 抽出日 of the first feed that had it.
    pub from: Option<NaiveDate>,
    /// 抽出日 of the feed that had it no more.
    pub until: Option<NaiveDate>,
}

/// The households that people had after a day and have no more; of some people or of everybody.
///
/// # Errors
/// A [`Fault`].
pub fn left(link: &mut dyn Link, after: NaiveDate, only: Option<&BTreeSet<PersonId>>) -> Result<Vec<Left>, Fault> {
    let some = if only.is_some() { " AND r.person = $2" } else { "" };
    let sql = format!(
        "SELECT p.yobosesshubango, p.atenabango, r.household, min(r.valid_from), max(r.valid_to) FROM resident AS r JOIN person AS p ON p.id = r.person WHERE r.to_import IS NOT NULL AND r.household IS NOT NULL AND r.valid_to > $1{some} AND NOT EXISTS (SELECT 1 FROM resident AS n WHERE n.person = r.person AND n.to_import IS NULL AND n.household = r.household) GROUP BY r.person, p.yobosesshubango, p.atenabango, r.household ORDER BY r.person, r.household"
    );
    let after = after.to_string();
    let mut found = Vec::new();
    let mut take = |row: &[crate::store::link::Field]| {
        let text = |at: usize| row[at].text().map(str::to_owned);
        let day = |at: usize| row[at].text().and_then(|day| day.parse().ok());
        found.push(Left { number: text(0), addressee: text(1), household: row[2].words(), from: day(3), until: day(4) });
        Ok(())
    };
    match only {
        None => link.each(&sql, &[(&after).into()], &mut take)?,
        Some(people) => people.iter().try_for_each(|one| link.each(&sql, &[(&after).into(), (*one).into()], &mut take))?,
    }
    Ok(found)
}
