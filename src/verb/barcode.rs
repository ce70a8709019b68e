//! kansho barcode (design §7).

use crate::diag::Failure;
use crate::verb::{Context, Outcome};
use clap::Args;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct BarcodeArgs {}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it cannot go on.
pub fn run(_args: &BarcodeArgs, _context: &Context, _out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    Ok(Outcome::Refused)
}
