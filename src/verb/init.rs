//! `kansho init`: a new register; whoever makes it is its first admin.

use crate::cli::Format;
use crate::verb::{Context, Outcome, json, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use kansho_register::store::Register;
use serde::Serialize;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(after_help = "例: kansho init --register /srv/kansho/kansho.db --account admin --passphrase-file 合言葉.txt")]
pub struct InitArgs {}

#[derive(Serialize)]
struct Told<'a> {
    register: String,
    admin: &'a str,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when there is a register already, or none can be made.
pub fn run(_args: &InitArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let register = Register::create(&context.globals.register, &caller)?;
    let told = Told { register: register.path().display().to_string(), admin: caller.name() };
    match context.globals.format {
        Format::Json => json(out, &told)?,
        Format::Text | Format::Csv => {
            writeln!(out, "登録簿を作りました {}\n最初の admin {}", told.register, told.admin).map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}
