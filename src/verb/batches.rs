//! `kansho batches` and `kansho cancel`: the state of every run, and how one ends before its time.

use crate::cli::Format;
use crate::desk::batch::list::{self, Listed};
use crate::desk::batch::{Named, ends};
use crate::verb::{Context, Outcome, json, table, unwritten};
use clap::{Args, Subcommand};
use kansho_core::diag::Failure;
use kansho_register::batches::State;
use serde::Serialize;
use serde_json::json as value;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BatchesArgs {
    /// What is done with one.
    #[command(subcommand)]
    pub verb: Option<BatchesVerb>,
}

/// What is done with a batch.
#[derive(Debug, Subcommand)]
pub enum BatchesVerb {
    /// 封緘していない処理を捨てます（発行noは欠番になります）
    Discard(EndArgs),
}

/// A batch and why it ends.
#[derive(Debug, Args)]
pub struct EndArgs {
    /// 処理の出力フォルダー、または処理番号
    #[arg(value_name = "BATCH")]
    pub batch: String,
    /// 理由（記録に残ります）
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// The JSON form (design §7b).
#[derive(Serialize)]
struct Told<'a> {
    run: &'a str,
    as_of: &'a str,
    state: &'static str,
    rehearsal: bool,
    selected: u64,
    printed: Option<u64>,
    pulled: Option<u64>,
    mailed: Option<u64>,
    returned: u64,
    approved_by: &'a [String],
    handover_on: Option<&'a str>,
    erase_due: Option<&'a str>,
    erased_on: Option<&'a str>,
    root: &'a str,
}

impl<'a> From<&'a Listed> for Told<'a> {
    fn from(listed: &'a Listed) -> Self {
        let Listed { batch, returned, approved_by } = listed;
        Self {
            run: &batch.run,
            as_of: &batch.as_of,
            state: batch.state.id(),
            rehearsal: batch.rehearsal,
            selected: batch.selected,
            printed: batch.printed,
            pulled: batch.pulled,
            mailed: batch.mailed,
            returned: *returned,
            approved_by,
            handover_on: batch.handover_on.as_deref(),
            erase_due: batch.erase_due.as_deref(),
            erased_on: batch.erased_on.as_deref(),
            root: &batch.root,
        }
    }
}

/// Runs `kansho batches`.
///
/// # Errors
/// A [`Failure`] when it is not permitted, or the batch is in another state.
pub fn run(args: &BatchesArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, mut register) = (context.caller()?, context.register()?);
    if let Some(BatchesVerb::Discard(end)) = &args.verb {
        let run = ends::discard(&mut register, &caller, &Named::read(&end.batch)?, &end.reason)?;
        if context.globals.format == Format::Json {
            json(out, &value!({ "run": run, "state": State::Discarded.id() }))?;
        } else {
            writeln!(out, "処理 {run} を捨てました。発行noは欠番です").map_err(unwritten)?;
        }
        return Ok(Outcome::Done);
    }
    let list = list::all(&mut register, &caller)?;
    let told: Vec<Told<'_>> = list.iter().map(Told::from).collect();
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    match context.globals.format {
        Format::Json => json(out, &told)?,
        Format::Csv => table(
            out,
            [
                "処理番号",
                "基準日",
                "状態",
                "試験",
                "送る",
                "渡した",
                "抜いた",
                "差し出した",
                "返戻",
                "承認",
                "引渡日",
                "消去期限",
                "消去日",
            ],
            list.iter().map(|Listed { batch, returned, approved_by }| {
                let day = |day: &Option<String>| day.clone().unwrap_or_default();
                [
                    batch.run.clone(),
                    batch.as_of.clone(),
                    batch.state.word().to_owned(),
                    if batch.rehearsal { "試験" } else { "" }.to_owned(),
                    batch.selected.to_string(),
                    number(batch.printed),
                    number(batch.pulled),
                    number(batch.mailed),
                    returned.to_string(),
                    approved_by.join(","),
                    day(&batch.handover_on),
                    day(&batch.erase_due),
                    day(&batch.erased_on),
                ]
            }),
        )?,
        Format::Text => {
            for Listed { batch, returned, approved_by } in &list {
                let trial = if batch.rehearsal { "　試験" } else { "" };
                let by = if approved_by.is_empty() { String::new() } else { format!("　承認 {}", approved_by.join("、")) };
                let numbers = [("渡した", batch.printed), ("抜いた", batch.pulled), ("差し出した", batch.mailed)];
                let numbers: String =
                    numbers.iter().filter_map(|(word, number)| number.map(|number| format!("　{word} {number}"))).collect();
                let back = if *returned > 0 { format!("　返戻 {returned}") } else { String::new() };
                writeln!(
                    out,
                    "{}　基準日 {}　{}{trial}　送る {}{numbers}{back}{by}",
                    batch.run,
                    batch.as_of,
                    batch.state.word(),
                    batch.selected
                )
                .map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// Runs `kansho cancel`.
///
/// # Errors
/// As [`ends::cancel`].
pub fn cancel(args: &EndArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, mut register) = (context.caller()?, context.register()?);
    let done = ends::cancel(&mut register, &caller, &Named::read(&args.batch)?, &args.reason)?;
    let waiting = done.second_by.is_none();
    if context.globals.format == Format::Json {
        json(
            out,
            &value!({
                "run": done.run,
                "state": done.state.id(),
                "cancelled": !waiting,
                "waiting_for_second": waiting,
                "by": std::iter::once(&done.first_by).chain(&done.second_by).collect::<Vec<_>>(),
                "notices": done.notices,
            }),
        )?;
    } else if waiting {
        writeln!(out, "処理 {} の取消を受け付けました。もう一人が kansho cancel を実行すると取り消されます", done.run)
            .map_err(unwritten)?;
    } else {
        writeln!(out, "処理 {} を取り消しました。通知 {} 件は出さなかったものとして数えます", done.run, done.notices)
            .map_err(unwritten)?;
    }
    Ok(Outcome::Done)
}
