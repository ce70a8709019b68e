//! `kansho merge`: one person under two numbers; both are kept, and nobody undoes it.

use crate::cli::Format;
use crate::desk::registry::merge;
use crate::verb::{Context, Outcome, json, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(after_help = "元に戻す命令はありません。同じ人であることを、住民票で確かめてから実行してください")]
pub struct MergeArgs {
    /// 古いほうの予防接種番号
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// 残すほうの予防接種番号
    #[arg(value_name = "INTO")]
    pub into: String,
    /// 理由（記録に残ります）
    #[arg(long, value_name = "R")]
    pub reason: String,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, nobody has a number, or one was merged before.
pub fn run(args: &MergeArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    let permit = register.permit(&caller, &Act::new("merge", &[Role::Register]).about(&args.person))?;
    let settings = context.newest_settings().inspect_err(|failure| register.failed(&permit, failure))?;
    let merged = register.perform(&permit, |work| merge::merge(work, (&args.person, &args.into), &args.reason, &settings))?;
    match context.globals.format {
        Format::Json => json(out, &merged)?,
        Format::Text | Format::Csv => {
            writeln!(out, "予防接種番号 {} を {} に名寄せしました", merged.person, merged.into).map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}
