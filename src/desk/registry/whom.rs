//! だれか: somebody of the register by the number at hand. A number that was merged leads to the one it points to.

use kansho_core::diag::{Code, Failure};
use kansho_core::person::{AddresseeNumber, Digits, PersonNumber};
use kansho_register::merges;
use kansho_register::residents::{self, By, PersonId};
use kansho_register::store::link::Link;

/// Somebody of the register.
#[derive(Clone, Debug)]
pub struct Whom {
    /// Their id.
    pub id: PersonId,
    /// 予防接種番号
    pub number: String,
}

/// The person whom 予防接種番号 or 宛名番号 leads to, as it is: not whom they were merged into.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn id(link: &mut dyn Link, text: &str, digits: Digits) -> Result<Option<PersonId>, Failure> {
    if let Some(number) = PersonNumber::new(text, digits.person)
        && let Some(found) = residents::find(link, By::Number, number.as_str())?
    {
        return Ok(Some(found));
    }
    match AddresseeNumber::new(text, digits.addressee) {
        Some(number) => Ok(residents::find(link, By::Addressee, number.as_str())?),
        None => Ok(None),
    }
}

/// The person whom a number leads to in the end.
///
/// # Errors
/// [`Failure::Barred`]: nobody has the number (O600).
pub fn find(link: &mut dyn Link, text: &str, digits: Digits) -> Result<Whom, Failure> {
    let nobody = || Failure::barred(Code::PersonNotFound, "その番号の人は登録簿にいません");
    let known = id(link, text, digits)?.ok_or_else(nobody)?;
    let id = merges::last(link, known)?;
    let number = residents::number(link, id)?.unwrap_or_default();
    Ok(Whom { id, number })
}
