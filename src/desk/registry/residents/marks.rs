//! The rows of the mark sheets of a feed.

use crate::desk::registry::feed::Asked;
use chrono::NaiveDate;
use kansho_core::case::{Ledger, MarkRow, MarkSheet, PersonKey};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_register::feeds::Mode;
use kansho_register::marks::{self, Marks, New};
use kansho_register::residents::{self, By};
use kansho_register::store::Work;
use kansho_register::store::link::Link;
use std::collections::{BTreeSet, HashSet};

/// Rows in force that lead to nobody of the feed, or whose number cannot be read, and that nobody confirmed: whoever they protect would get
/// a letter.
pub(super) fn strangers(feed: Ledger, day: NaiveDate) -> Vec<MarkRow> {
    let people: HashSet<PersonKey> = feed
        .residents
        .into_iter()
        .flat_map(|resident| {
            let number = resident.number.map(PersonKey::Number);
            number.into_iter().chain(resident.addressee.map(PersonKey::Addressee)).chain(resident.other_keys)
        })
        .collect();
    let nobody = |row: &MarkRow| !row.keys.iter().any(|key| people.contains(key));
    let asked = |row: &MarkRow| !row.confirmed && row.matters(day) && row.sheet != MarkSheet::Merge;
    feed.marks.into_iter().filter(|row| asked(row) && nobody(row)).collect()
}

/// Refuses rows that are nobody's; those of a difference may be of people whom the register has.
///
/// # Errors
/// [`Failure::Refused`] naming every row.
pub(super) fn are_somebodys(link: &mut dyn Link, rows: &[MarkRow], mode: Mode) -> Result<(), Failure> {
    let mut report = Report::new();
    for row in rows {
        let mut known = false;
        for key in row.keys.iter().filter(|_| mode == Mode::Difference) {
            known |= find(link, key)?.is_some();
        }
        if !known {
            let sheet = row.sheet.word();
            let message = match row.keys.first() {
                Some(_) => format!("{sheet}の行の番号の人が住民にいません"),
                None => format!("{sheet}の行の番号が空か読めないため、だれの行か分かりません"),
            };
            let told = Diagnostic::new(Code::MarkOfNobody, message).at(&row.origin);
            report.push(row.keys.iter().take(1).fold(told, |told, key| told.of(key.to_string())));
        }
    }
    if report.refuses() { Err(Failure::Refused(report)) } else { Ok(()) }
}

fn find(link: &mut dyn Link, key: &PersonKey) -> Result<Option<residents::PersonId>, Failure> {
    Ok(match key {
        PersonKey::Number(number) => residents::find(link, By::Number, number.as_str())?,
        PersonKey::Addressee(number) => residents::find(link, By::Addressee, number.as_str())?,
    })
}

/// The rows of the mark sheets: what a full feed has no more has ended.
pub(super) fn take(
    work: &mut Work<'_>,
    rows: Vec<(MarkSheet, Vec<PersonKey>, String)>,
    asked: &Asked,
    feed: u64,
) -> Result<(), Failure> {
    let (statements, mut before) = (Marks::new(), marks::of_feeds(work.link)?);
    let mut here = BTreeSet::new();
    let (who, at) = (work.who().to_owned(), work.stamp());
    for (sheet, keys, cells) in rows {
        let key = marks::key(sheet, &cells);
        let new = here.insert(key.clone());
        if before.remove(&key) || !new || keys.is_empty() {
            continue;
        }
        let mut person = None;
        for key in &keys {
            let found = find(work.link, key)?;
            person = person.or(found);
        }
        let person = match person {
            Some(person) => person,
            None => {
                let number = keys.iter().find_map(|key| match key {
                    PersonKey::Number(number) => Some(number.as_str()),
                    PersonKey::Addressee(_) => None,
                });
                let addressee = keys.iter().find_map(|key| match key {
                    PersonKey::Addressee(number) => Some(number.as_str()),
                    PersonKey::Number(_) => None,
                });
                residents::add(work.link, &mut residents::ids(1), number, addressee)?
            }
        };
        if sheet == MarkSheet::Destination {
            residents::returns_end(work.link, person, feed)?;
        }
        let new = New { person, sheet, kind: None, version: 1, feed: Some(feed), cells: &cells };
        statements.insert(work.link, &new, &who, &at)?;
    }
    if asked.mode == Mode::Full {
        for key in before {
            marks::end(work.link, &key, feed)?;
        }
    }
    Ok(())
}
