//! 人: everybody of the city with everything known.

use chrono::NaiveDate;
use kansho_core::case::{Case, MarkSheet, Meeting};
use kansho_core::diag::{Failure, Report};
use kansho_intake::join::{Days, Joined};
use std::collections::BTreeMap;

/// Everybody as of a day, and what was found on the way.
#[derive(Debug)]
pub struct Known {
    /// The cases and what became of the rows.
    pub joined: Joined,
    /// Rows counted where they were read, before anybody looked at what they say.
    pub rows_read: RowsRead,
    /// 抽出日.
    pub snapshot: NaiveDate,
    /// What was found.
    pub report: Report,
    /// Only one person and everybody tied to them: the rows say nothing of the store as a whole.
    pub some: bool,
}

/// Rows counted by the readers, before anybody looked at what they say.
#[derive(Clone, Debug, Default)]
pub struct RowsRead {
    /// 予防接種台帳
    pub ledger: usize,
    /// Each mark sheet that was there.
    pub marks: BTreeMap<MarkSheet, usize>,
}

/// A store of people.
pub trait People {
    /// Everybody with shots, notices and marks as of a day; `last` = how the ledger of the last run met the residents; `sound` looks at
    /// the 抽出日 before the rows are joined, and what it finds is told with the rest.
    ///
    /// # Errors
    /// [`Failure::Refused`] with everything that is structurally wrong, [`Failure::Io`], [`Failure::Usage`] when it cannot be read.
    fn cases(&self, days: Days, last: Option<Meeting>, sound: &dyn Fn(NaiveDate, &mut Report)) -> Result<Known, Failure>;

    /// One person by 予防接種番号 or 宛名番号 as the store has it; `None` when there is none. What depends on the household, such as 支援措置, is
    /// known of this person as it is among all.
    ///
    /// # Errors
    /// As [`People::cases`].
    fn one(&self, number: &str, days: Days) -> Result<Option<Case>, Failure> {
        let Known { joined, .. } = self.cases(days, None, &|_, _| {})?;
        Ok(joined.cases.into_iter().find(|case| case.id() == Some(number)))
    }
}
