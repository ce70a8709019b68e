//! 保存期間: who is deleted, long after death or removal, and the deletion of every row of theirs (assessment III-7). Never by the age
//! of a shot. The log is not touched: it holds numbers and purposes.

use crate::store::link::{Fault, Field, Link, Value};
use chrono::{Datelike, NaiveDate};
use kansho_intake::normalise::command_line_day;
use serde::Serialize;
use std::collections::BTreeMap;

/// How long the office keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Years after death.
    pub after_death: u32,
    /// Years after somebody was struck off.
    pub after_leaving: u32,
}

/// Somebody whose time is over and who stays all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// 予防接種番号
    pub person: String,
    /// Why.
    pub reason: String,
}

/// Whose time is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Rows of `person`.
    ids: Vec<i64>,
    /// 予防接種番号, where they have one.
    pub numbers: Vec<String>,
    /// Their shots, every version.
    pub doses: u64,
    /// Those who stay.
    pub blocked: Vec<Blocked>,
}

impl Over {
    /// How many people.
    #[must_use]
    pub fn people(&self) -> usize {
        self.ids.len()
    }
}

/// Every table that has rows of a person, with its columns, children first; `person` itself comes last. A test compares it with the tables.
const ROWS: [(&str, &str); 14] = [
    ("notice_dose", "notice IN (SELECT id FROM notice WHERE person = $1)"),
    ("returned", "person = $1"),
    ("returned", "notice IN (SELECT id FROM notice WHERE person = $1)"),
    ("notice", "person = $1"),
    ("piece", "person = $1"),
    ("disclosure", "person = $1"),
    ("inquiry", "person = $1"),
    ("merge", "person = $1"),
    ("merge", "into_person = $1"),
    ("vaccination", "person = $1"),
    ("mark", "person = $1"),
    ("resident", "person = $1"),
    ("person_number", "person = $1"),
    ("person", "id = $1"),
];

struct Known {
    number: Option<String>,
    into: Option<i64>,
    rows: Vec<Ended>,
}

/// The end dates of one current row.
#[derive(Clone, Copy)]
struct Ended {
    died: Option<NaiveDate>,
    left: Option<NaiveDate>,
}

impl Ended {
    fn over(self, rule: Rule, as_of: NaiveDate) -> bool {
        let since = |day: Option<NaiveDate>, years: u32| day.and_then(|day| later(day, years)).is_some_and(|end| end <= as_of);
        since(self.died, rule.after_death) || since(self.left, rule.after_leaving)
    }
}

/// The same day of a later year; the first of March where there is none.
fn later(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    let year = day.year().checked_add(i32::try_from(years).ok()?)?;
    day.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}

fn day(field: &Field) -> Option<NaiveDate> {
    // What cannot be read is no date: nobody is deleted for it.
    field.text().and_then(|text| command_line_day(text).ok())
}

fn known(link: &mut dyn Link) -> Result<BTreeMap<i64, Known>, Fault> {
    let mut people = BTreeMap::new();
    let id = |field: &Field| field.integer().unwrap_or_default();
    link.each("SELECT id, yobosesshubango, merged_into FROM person", &[], &mut |row| {
        people.insert(id(&row[0]), Known { number: row[1].text().map(str::to_owned), into: row[2].integer(), rows: Vec::new() });
        Ok(())
    })?;
    link.each("SELECT person, shibobi, shojobi FROM resident WHERE to_import IS NULL", &[], &mut |row| {
        if let Some(known) = people.get_mut(&id(&row[0])) {
            known.rows.push(Ended { died: day(&row[1]), left: day(&row[2]) });
        }
        Ok(())
    })?;
    Ok(people)
}

/// The one person that a number was merged into, however often.
fn root(people: &BTreeMap<i64, Known>, mut of: i64) -> i64 {
    for _ in 0..people.len() {
        match people.get(&of).and_then(|known| known.into) {
            Some(into) => of = into,
            None => break,
        }
    }
    of
}

/// Whose time is over on a day. One person under several numbers is one: all of them go, when nobody of them lives here.
///
/// # Errors
/// A [`Fault`].
pub fn over(link: &mut dyn Link, rule: Rule, as_of: NaiveDate) -> Result<Over, Fault> {
    let people = known(link)?;
    let mut together: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for id in people.keys() {
        together.entry(root(&people, *id)).or_default().push(*id);
    }
    let mut over = Over::default();
    for (root, all) in together {
        let Some(one) = people.get(&root) else { continue };
        let gone = !one.rows.is_empty() && one.rows.iter().all(|row| row.over(rule, as_of));
        let others = all.iter().filter_map(|id| people.get(id)).flat_map(|known| &known.rows);
        if !gone || others.into_iter().any(|row| row.died.is_none() && row.left.is_none()) {
            continue;
        }
        if let Some(reason) = stays(link, &all)? {
            over.blocked.push(Blocked { person: one.number.clone().unwrap_or_default(), reason: reason.to_owned() });
            continue;
        }
        for id in all {
            over.doses += link.count("SELECT COUNT(*) FROM vaccination WHERE person = $1", &[id.into()])?;
            over.numbers.extend(people.get(&id).and_then(|known| known.number.clone()));
            over.ids.push(id);
        }
    }
    over.numbers.sort();
    Ok(over)
}

/// A draft that waits for its approvals or for its seal holds the people it was made of.
fn stays(link: &mut dyn Link, ids: &[i64]) -> Result<Option<&'static str>, Fault> {
    let open = "SELECT COUNT(*) FROM piece JOIN batch ON batch.run = piece.run WHERE piece.person = $1 AND batch.state IN ('draft', 'approved')";
    for id in ids {
        if link.count(open, &[(*id).into()])? > 0 {
            return Ok(Some("batch"));
        }
    }
    Ok(None)
}

/// Deletes every row of those people. Numbers that were taken stay taken.
///
/// # Errors
/// A [`Fault`].
pub fn delete(link: &mut dyn Link, over: &Over) -> Result<(), Fault> {
    for id in &over.ids {
        // The others of one person go too, in whatever order.
        link.run("UPDATE person SET merged_into = NULL WHERE id = $1", &[Value::from(*id)])?;
    }
    for id in &over.ids {
        // What was wrong with a row of theirs may name their numbers.
        for row in link.rows("SELECT number FROM person_number WHERE person = $1", &[Value::from(*id)])? {
            link.run("DELETE FROM feed_error WHERE message LIKE $1", &[format!("%{}%", row[0].words()).into()])?;
        }
    }
    for (table, whose) in ROWS {
        for id in &over.ids {
            link.run(&format!("DELETE FROM {table} WHERE {whose}"), &[Value::from(*id)])?;
        }
    }
    Ok(())
}
