//! The rows of the mark sheets of a feed.

use crate::desk::registry::feed::Asked;
use kansho_core::case::{MarkSheet, PersonKey};
use kansho_core::diag::Failure;
use kansho_register::feeds::Mode;
use kansho_register::marks::{self, Marks, New};
use kansho_register::residents::{self, By};
use kansho_register::store::Work;
use std::collections::BTreeSet;

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
            let found = match key {
                PersonKey::Number(number) => residents::find(work.link, By::Number, number.as_str())?,
                PersonKey::Addressee(number) => residents::find(work.link, By::Addressee, number.as_str())?,
            };
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
