//! `kansho approve BATCH`: two different people sign a draft.

use crate::cli::Format;
use crate::desk::batch::{Named, approve};
use crate::verb::{Context, Outcome, json, pool, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use serde_json::json as value;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// 処理の出力フォルダー、または処理番号
    #[arg(value_name = "BATCH")]
    pub batch: String,
    /// 自分の承認を取り下げます
    #[arg(long, requires = "reason")]
    pub withdraw: bool,
    /// 取り下げる理由
    #[arg(long, value_name = "TEXT", requires = "withdraw")]
    pub reason: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, or the draft is not what it was.
pub fn run(args: &ApproveArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, mut register) = (context.caller()?, context.register()?);
    let named = Named::read(&args.batch)?;
    let done = match &args.reason {
        Some(reason) => approve::withdraw(&mut register, &caller, &named, reason)?,
        None => pool(None)?.install(|| approve::sign(&mut register, &caller, &named))?,
    };
    if context.globals.format == Format::Json {
        let approvals: Vec<_> = done.approvals.iter().map(|one| value!({ "by": one.by, "at": one.at })).collect();
        json(out, &value!({ "run": done.run, "root": done.root, "approvals": approvals, "state": done.state.id() }))?;
        return Ok(Outcome::Done);
    }
    writeln!(out, "処理番号 {}\n照合値 {}", done.run, done.root).map_err(unwritten)?;
    for one in &done.approvals {
        writeln!(out, "承認 {}　{}", one.by, one.at).map_err(unwritten)?;
    }
    writeln!(out, "{}", done.state.word()).map_err(unwritten)?;
    Ok(Outcome::Done)
}
