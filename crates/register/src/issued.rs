//! ここまで発行した: the highest 発行no that the register knows, for the paper and for the numbers after a restore.

use crate::store::link::{Fault, Link, remember, remembered};
use kansho_chars::matching::narrow;

/// What the register remembers as 「ここまで発行した」: numbers begin above it, whatever the tables say (a restored register).
const FLOOR: &str = "issued_up_to";

/// The highest 発行no that the register knows: reserved, printed, recorded, in the ledger, or remembered at a restore.
///
/// # Errors
/// A [`Fault`].
pub fn issued_up_to(link: &mut dyn Link) -> Result<u64, Fault> {
    let mut highest = floor(link)?;
    for sql in ["SELECT MAX(last_no) FROM number_range", "SELECT MAX(hakkono) FROM notice", "SELECT MAX(hakkono) FROM piece"] {
        highest = highest.max(link.count(sql, &[])?);
    }
    link.each("SELECT DISTINCT hakkono FROM vaccination WHERE hakkono IS NOT NULL", &[], &mut |row| {
        let digits: String = row[0].text().unwrap_or_default().trim().chars().map(narrow).collect();
        highest = highest.max(digits.parse().unwrap_or(0));
        Ok(())
    })?;
    Ok(highest)
}

/// Remembers that numbers up to this one were issued, as the last paper says.
///
/// # Errors
/// A [`Fault`].
pub fn remember_issued(link: &mut dyn Link, up_to: u64) -> Result<(), Fault> {
    let known = floor(link)?;
    remember(link, FLOOR, &known.max(up_to).to_string())
}

/// What was remembered: new numbers are above it.
///
/// # Errors
/// A [`Fault`].
pub fn floor(link: &mut dyn Link) -> Result<u64, Fault> {
    Ok(remembered(link, FLOOR)?.and_then(|number| number.parse().ok()).unwrap_or(0))
}
