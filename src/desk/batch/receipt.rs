//! 納品と消去証明: what the print shop counted, and that its data are gone.

use crate::desk::batch::Named;
use chrono::{Days, NaiveDate};
use kansho_core::diag::Failure;
use kansho_register::batches::{self, Batch, Receipt, State};
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Register, Work};

/// What the print shop's form says.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the words of the print shop's form")]
pub struct Counted {
    pub received: u64,
    pub printed: u64,
    pub spoiled: u64,
    pub mailed: u64,
    pub withdrawn: u64,
    pub on: NaiveDate,
    pub by: String,
}

const EXTRACT: &[Role] = &[Role::Extract];

/// Writes the counts down; the erasure is due so many days later.
///
/// # Errors
/// [`Failure::Barred`]: A603, B604 when it is not sealed, B610.
pub fn deliver(
    register: &mut Register,
    caller: &Caller,
    named: &Named,
    counted: &Counted,
    erase_days: u32,
) -> Result<Batch, Failure> {
    register.act(caller, &Act::new("receipt", EXTRACT), |work| {
        let found = wanted(work, named, State::Sealed)?;
        let due = counted.on.checked_add_days(Days::new(u64::from(erase_days))).unwrap_or(counted.on).to_string();
        let receipt = Receipt {
            received: counted.received,
            printed: counted.printed,
            spoiled: counted.spoiled,
            mailed: counted.mailed,
            withdrawn: counted.withdrawn,
            on: &counted.on.to_string(),
            by: &counted.by,
            erase_due: &due,
        };
        batches::deliver(work.link, &found, &receipt)?;
        work.note("mailed", counted.mailed);
        batches::known(work.link, &found.run)
    })
}

/// Writes down that the data are erased: the batch is closed.
///
/// # Errors
/// [`Failure::Barred`]: A603, B604 when it is not delivered.
pub fn erased(
    register: &mut Register,
    caller: &Caller,
    named: &Named,
    on: NaiveDate,
    certificate: &str,
) -> Result<Batch, Failure> {
    register.act(caller, &Act::new("receipt erased", EXTRACT), |work| {
        let found = wanted(work, named, State::Delivered)?;
        batches::erased(work.link, &found.run, &on.to_string(), certificate)?;
        work.note("certificate", certificate);
        batches::known(work.link, &found.run)
    })
}

fn wanted(work: &mut Work<'_>, named: &Named, state: State) -> Result<Batch, Failure> {
    work.note("run", named.run.as_str());
    let found = batches::known(work.link, &named.run)?;
    found.must_be(&[state])?;
    Ok(found)
}
