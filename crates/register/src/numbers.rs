//! 発行no: each is taken once, for one draft.

use kansho_core::diag::Failure;
use kansho_core::notice::FIRST_REHEARSAL;

/// What numbers are asked for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Hash of everything that makes the draft what it is: the same draft takes its own numbers again.
    pub content: &'a str,
    /// How many numbers.
    pub count: u64,
    /// The first number that is none of ours: a column's width, or the numbers of rehearsals.
    pub below: u64,
    /// The programme's name, or 一括.
    pub programme: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// A store of the numbers that were taken.
pub trait Numbers {
    /// The first of the numbers wanted, one after the other: those that the same content took before, else new ones above `highest` and
    /// above all that were taken. They are written down before this returns. Gaps are allowed, doubles never.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the store is not understood, [`Failure::Declined`] when the numbers have run out, [`Failure::Io`] when it
    /// cannot be read or written.
    fn reserve(&self, wanted: &Wanted<'_>, highest: u64) -> Result<u64, Failure>;
}

/// The first of `count` 発行no after the highest number in use, all of them below `below`.
///
/// # Errors
/// [`Failure::Declined`] when there are not so many.
pub fn first_issue(highest: u64, count: u64, below: u64) -> Result<u64, Failure> {
    if highest.saturating_add(count) < below {
        return Ok(highest + 1);
    }
    Err(Failure::Declined(format!(
        "発行no {highest} の後に {count} 通の番号がありません（使えるのは {} まで。{FIRST_REHEARSAL} からは試験の番号です）。台帳に試験の番号や誤った発行noが入っていないか、郵便CSVのレイアウトの発行noの幅が足りるかを確かめてください",
        below - 1
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_rehearsal_are_its_own() {
        assert_eq!(first_issue(41, 3, FIRST_REHEARSAL).unwrap(), 42);
        assert_eq!(first_issue(FIRST_REHEARSAL - 4, 3, FIRST_REHEARSAL).unwrap(), FIRST_REHEARSAL - 3);
        assert!(first_issue(FIRST_REHEARSAL - 3, 3, FIRST_REHEARSAL).is_err() && first_issue(u64::MAX, 1, u64::MAX).is_err());
    }
}
