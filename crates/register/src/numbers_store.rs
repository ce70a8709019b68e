//! 発行no of the register: one row a range, taken in a transaction of its own before anything is drawn.

use crate::numbers::{self, Numbers, Wanted};
use crate::store::Register;
use crate::store::link::{self, Link};
use kansho_core::diag::Failure;
use kansho_core::notice::FIRST_REHEARSAL;
use std::path::PathBuf;

/// Name under which a register remembers up to which number others were printed before it was restored.
pub const ISSUED_UP_TO: &str = "issued_up_to";

/// The numbers of a register, which is opened for each taking: whoever draws meanwhile holds no writer's place.
#[derive(Clone, Debug)]
pub struct RegisterNumbers {
    path: PathBuf,
}

impl RegisterNumbers {
    /// The numbers of the register in a file.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Numbers for RegisterNumbers {
    fn reserve(&self, wanted: &Wanted<'_>, highest: u64) -> Result<u64, Failure> {
        Register::open(&self.path)?.write(|link| reserve(link, wanted, highest))
    }
}

/// The highest number that was taken, or may have been printed before a restore.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn highest(link: &mut dyn Link) -> Result<u64, Failure> {
    let before = link::remembered(link, ISSUED_UP_TO)?.and_then(|number| number.parse().ok()).unwrap_or(0);
    Ok(link.count("SELECT max(last_no) FROM number_range", &[])?.max(before))
}

/// The highest number that the ledger names.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn highest_of_ledger(link: &mut dyn Link) -> Result<u64, Failure> {
    let mut highest = 0;
    link.each("SELECT DISTINCT hakkono FROM vaccination WHERE hakkono IS NOT NULL AND state = 'valid'", &[], &mut |row| {
        // As the readers of files take digits: of either width.
        let digits: String = row[0].words().trim().chars().map(narrow).collect();
        highest = digits.parse::<u64>().ok().filter(|number| *number < FIRST_REHEARSAL).unwrap_or(0).max(highest);
        Ok(())
    })?;
    Ok(highest)
}

fn narrow(digit: char) -> char {
    let place = u32::from(digit).checked_sub(u32::from('０')).filter(|place| *place < 10);
    place.and_then(|place| char::from_digit(place, 10)).unwrap_or(digit)
}

fn reserve(link: &mut dyn Link, wanted: &Wanted<'_>, above: u64) -> Result<u64, Failure> {
    let own = "SELECT first_no FROM number_range WHERE content = $1 AND last_no - first_no + 1 >= $2 ORDER BY id DESC";
    if let Some(row) = link.row(own, &[wanted.content.into(), wanted.count.into()])? {
        return Ok(row[0].count());
    }
    let first = numbers::first_issue(highest(link)?.max(above), wanted.count, wanted.below)?;
    let last = first + wanted.count.saturating_sub(1);
    let id = link::next(link, "number_range")?;
    link.run(
        "INSERT INTO number_range (id, content, first_no, last_no, programme, reason) VALUES ($1, $2, $3, $4, $5, $6)",
        &[id.into(), wanted.content.into(), first.into(), last.into(), wanted.programme.into(), wanted.reason.into()],
    )?;
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Caller;
    use crate::suite;

    #[test]
    fn the_numbers_of_a_register_hold_what_every_store_of_numbers_holds() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("kansho.db");
        let caller = Caller {
            account: None,
            passphrase: None,
            os_account: "clerk".to_owned(),
            service: false,
            host: "desk".to_owned(),
            purpose: None,
        };
        drop(Register::create(&path, &caller).unwrap());
        assert_eq!(suite::numbers(&|| RegisterNumbers::at(path.clone())), Ok(()));
        let mut register = Register::open(&path).unwrap();
        register.write(|link| Ok(link::remember(link, ISSUED_UP_TO, "900")?)).unwrap();
        let wanted = Wanted { content: "another", count: 2, below: 1_000, programme: "一括", reason: "試し" };
        assert_eq!(RegisterNumbers::at(path).reserve(&wanted, 0).unwrap(), 901);
    }
}
