//! 発行no: each is taken once, for one draft.

use kansho_core::diag::Failure;

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
