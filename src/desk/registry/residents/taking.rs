//! One person of a feed → their rows in the register, where they are kept.

use crate::desk::registry::feed::Taken;
use crate::desk::registry::keep::Groups;
use crate::desk::registry::residents::reader::Line;
use crate::desk::settings::Settings;
use chrono::NaiveDate;
use kansho_chars::matching::normalise_for_match;
use kansho_core::case::PersonKey;
use kansho_core::diag::Failure;
use kansho_core::person::{AddresseeNumber, Sex};
use kansho_intake::normalise::stored::{SEPARATOR, resident_columns};
use kansho_register::residents::{self, By, PersonId, Residents, Row};
use kansho_register::search::Keys;
use kansho_register::store::Work;
use kansho_register::store::link::Ids;
use std::collections::HashSet;

/// People going into the register.
pub(super) struct Taking<'a> {
    pub(super) statements: Residents,
    pub(super) groups: Groups<'a>,
    /// Everybody is kept, whatever their age.
    pub(super) everybody: bool,
    pub(super) marked: HashSet<PersonKey>,
    pub(super) settings: &'a Settings,
    pub(super) seen: HashSet<PersonId>,
    pub(super) empty: bool,
    pub(super) snapshot: NaiveDate,
    pub(super) ids: Ids,
}

impl Taking<'_> {
    /// Takes the rows of one person.
    pub(super) fn take(&mut self, work: &mut Work<'_>, group: &[Line], taken: &mut Taken) -> Result<(), Failure> {
        let Some(newest) = group.last() else { return Ok(()) };
        let person = if self.empty { None } else { find(work, newest)? };
        let known = match person {
            Some(person) => residents::is_kept(work.link, person)?,
            None => false,
        };
        if !known && !self.everybody && !self.concerns(group) {
            taken.discarded += group.len() as u64;
            return Ok(());
        }
        let number = group.iter().rev().find_map(|line| line.number.as_deref());
        let addressee = newest.addressee.as_deref();
        let person = match person {
            Some(person) => {
                residents::rename(work.link, person, number, addressee)?;
                residents::found_again(work.link, person)?;
                person
            }
            None => residents::add(work.link, &mut self.ids, number, addressee)?,
        };
        self.seen.insert(person);
        let before = if self.empty { Vec::new() } else { self.statements.current(work.link, person)? };
        let mut rows: Vec<&Line> = Vec::with_capacity(group.len());
        for line in group {
            if !rows.iter().any(|other| other.cells == line.cells) {
                rows.push(line);
            }
        }
        taken.superseded += group.len() as u64 - 1;
        if rows.iter().map(|line| &*line.cells).eq(before.iter().map(String::as_str)) {
            taken.unchanged += 1;
            return Ok(());
        }
        if before.is_empty() {
            taken.new += 1;
        } else {
            taken.changed += 1;
            self.statements.end(work.link, person, taken.import, self.snapshot)?;
            let moved = |cells: &str| ADDRESS.map(|name| cell(cells, name).to_owned());
            if before.last().is_some_and(|old| moved(old) != moved(&newest.cells)) {
                residents::returns_end(work.link, person, taken.import)?;
            }
        }
        for line in rows {
            let keys = keys(line);
            let row =
                Row { household: line.household.as_deref(), guardian: line.guardian.as_deref(), cells: &line.cells, keys: &keys };
            self.statements.insert(work.link, person, taken.import, self.snapshot, &row)?;
        }
        self.number(work, person, number)
    }

    /// Whether somebody whom the register does not know is kept.
    fn concerns(&mut self, group: &[Line]) -> bool {
        let marked = |line: &Line| {
            let digits = self.settings.office.numbers;
            let number = line.number.as_deref().and_then(|text| kansho_core::person::PersonNumber::new(text, digits.person));
            let addressee = line.addressee.as_deref().and_then(|text| AddresseeNumber::new(text, digits.addressee));
            number.is_some_and(|number| self.marked.contains(&PersonKey::Number(number)))
                || addressee.is_some_and(|number| self.marked.contains(&PersonKey::Addressee(number)))
        };
        if group.iter().any(|line| !line.plain || marked(line)) {
            return true;
        }
        group.last().is_some_and(|newest| newest.birth.is_none_or(|birth| self.groups.hold(birth, newest.sex)))
    }

    /// 予防接種番号 for whoever lacks one: never one that was ever somebody's.
    fn number(&self, work: &mut Work<'_>, person: PersonId, number: Option<&str>) -> Result<(), Failure> {
        if number.is_some() || residents::number(work.link, person)?.is_some() {
            return Ok(());
        }
        let digits = match self.settings.office.numbers.person {
            0 => 10,
            digits => digits,
        };
        loop {
            let serial = residents::next_serial(work.link, digits)?;
            let given = self.settings.office.person_number.with_check_digit(serial, digits).ok_or_else(|| {
                Failure::Declined(format!(
                    "予防接種番号が {digits} けたに収まらなくなりました。municipality.toml の numbers.person を確かめてください"
                ))
            })?;
            if residents::find(work.link, By::Number, &given)?.is_none() {
                return Ok(residents::rename(work.link, person, Some(&given), None)?);
            }
        }
    }
}

/// By what a row is found.
fn keys(line: &Line) -> Keys {
    let folded = |column: &str| Some(normalise_for_match(cell(&line.cells, column))).filter(|text| !text.is_empty());
    Keys {
        kana: folded("shimei_furigana"),
        name: folded("shimei"),
        alias: folded("tsusho"),
        birth: line.birth.map(|day| day.to_string()),
        sex: sex(line.sex),
    }
}

/// 性別 as JSON and the search have it.
pub(in crate::desk::registry) const fn sex(sex: Sex) -> Option<&'static str> {
    match sex {
        Sex::Male => Some("M"),
        Sex::Female => Some("F"),
        Sex::Unknown => None,
    }
}

/// The columns of an address.
const ADDRESS: [&str; 7] = [
    "jusho_yubinbango",
    "jusho",
    "jusho_todofuken",
    "jusho_shikugunchosonmei",
    "jusho_choaza",
    "jusho_banchigohyoki",
    "jusho_katagaki",
];

fn cell<'a>(cells: &'a str, column: &str) -> &'a str {
    let place = resident_columns().iter().position(|name| *name == column);
    place.and_then(|place| cells.split(SEPARATOR).nth(place)).unwrap_or_default()
}

fn find(work: &mut Work<'_>, line: &Line) -> Result<Option<PersonId>, Failure> {
    if let Some(addressee) = &line.addressee
        && let Some(found) = residents::find(work.link, By::Addressee, addressee)?
    {
        return Ok(Some(found));
    }
    match (&line.number, &line.addressee) {
        (Some(number), None) => Ok(residents::find(work.link, By::Number, number)?),
        // Known by number so far (a row of the ledger), and no other 宛名番号 leads there.
        (Some(number), Some(_)) => {
            let Some(found) = residents::find(work.link, By::Number, number)? else { return Ok(None) };
            let sql = "SELECT 1 FROM person WHERE id = $1 AND atenabango IS NULL";
            Ok(work.link.row(sql, &[found.into()])?.map(|_| found))
        }
        (None, _) => Ok(None),
    }
}
