//! ここまで発行した: the highest 発行no that the register knows, for the paper and for the numbers after a restore.

use crate::numbers_store::{ISSUED_UP_TO, highest, highest_of_ledger};
use crate::store::link::{Link, remember};
use kansho_core::diag::Failure;
use kansho_core::notice::FIRST_REHEARSAL;

/// The highest 発行no that the register knows: reserved, printed, recorded, in the ledger, or remembered at a restore.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn issued_up_to(link: &mut dyn Link) -> Result<u64, Failure> {
    let mut found = highest(link)?.max(highest_of_ledger(link)?);
    for table in ["notice", "piece"] {
        let sql = format!("SELECT max(hakkono) FROM {table} WHERE hakkono < $1");
        found = found.max(link.count(&sql, &[FIRST_REHEARSAL.into()])?);
    }
    Ok(found)
}

/// Remembers that numbers up to this one were issued: new ones are above it, whatever the tables say.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn remember_issued(link: &mut dyn Link, up_to: u64) -> Result<(), Failure> {
    let known = highest(link)?;
    Ok(remember(link, ISSUED_UP_TO, &known.max(up_to).to_string())?)
}
