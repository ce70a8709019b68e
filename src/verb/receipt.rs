//! `kansho receipt BATCH`: the print shop's counts, and its proof that its data are erased.

use crate::cli::Format;
use crate::desk::batch::Named;
use crate::desk::batch::receipt::{self, Counted};
use crate::notice::Office;
use crate::verb::{Context, Outcome, json, unwritten};
use chrono::NaiveDate;
use clap::Args;
use kansho_core::diag::Failure;
use kansho_intake::normalise;
use serde_json::json as value;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// 処理の出力フォルダー、または処理番号
    #[arg(value_name = "BATCH")]
    pub batch: String,
    /// 受け取った数（渡した数と同じはずです）
    #[arg(long, value_name = "N", required_unless_present = "erased_on")]
    pub received: Option<u64>,
    /// 刷った数
    #[arg(long, value_name = "N", required_unless_present = "erased_on")]
    pub printed: Option<u64>,
    /// 損じた数
    #[arg(long, value_name = "N", required_unless_present = "erased_on")]
    pub spoiled: Option<u64>,
    /// 差し出した数
    #[arg(long, value_name = "N", required_unless_present = "erased_on")]
    pub mailed: Option<u64>,
    /// 抜いた数
    #[arg(long, value_name = "N", required_unless_present = "erased_on")]
    pub withdrawn: Option<u64>,
    /// 納品の日
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day, required_unless_present = "erased_on")]
    pub on: Option<NaiveDate>,
    /// 納品した人（会社名・担当）
    #[arg(long, value_name = "TEXT", required_unless_present = "erased_on")]
    pub by: Option<String>,
    /// データを消去した日
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day, requires = "certificate",
          conflicts_with_all = ["received", "printed", "spoiled", "mailed", "withdrawn", "on", "by"])]
    pub erased_on: Option<NaiveDate>,
    /// 消去証明（番号など）
    #[arg(long, value_name = "TEXT", requires = "erased_on")]
    pub certificate: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, the batch is in another state, or the counts do not close.
pub fn run(args: &ReceiptArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, mut register) = (context.caller()?, context.register()?);
    let named = Named::read(&args.batch)?;
    let batch = match (args.erased_on, args.on) {
        (Some(on), _) => {
            let certificate = filled("--certificate", args.certificate.as_deref())?;
            receipt::erased(&mut register, &caller, &named, on, certificate)?
        }
        (None, Some(on)) => {
            let by = filled("--by", args.by.as_deref())?.to_owned();
            let number = |number: Option<u64>| number.unwrap_or_default();
            let counted = Counted {
                received: number(args.received),
                printed: number(args.printed),
                spoiled: number(args.spoiled),
                mailed: number(args.mailed),
                withdrawn: number(args.withdrawn),
                on,
                by,
            };
            let erase_days = Office::load(&context.folder)?.handover.erase_days;
            receipt::deliver(&mut register, &caller, &named, &counted, erase_days)?
        }
        (None, None) => return Err(Failure::Usage("--on か --erased-on が要ります".to_owned())),
    };
    if context.globals.format == Format::Json {
        json(
            out,
            &value!({
                "run": batch.run,
                "state": batch.state.id(),
                "mailed": batch.mailed,
                "erase_due": batch.erase_due,
                "erased_on": batch.erased_on,
            }),
        )?;
        return Ok(Outcome::Done);
    }
    writeln!(out, "処理番号 {}　{}", batch.run, batch.state.word()).map_err(unwritten)?;
    if let (Some(due), None) = (&batch.erase_due, &batch.erased_on) {
        writeln!(out, "データの消去の期限 {due}").map_err(unwritten)?;
    }
    Ok(Outcome::Done)
}

fn filled<'a>(option: &str, text: Option<&'a str>) -> Result<&'a str, Failure> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.ok_or_else(|| Failure::Usage(format!("{option} が空です")))
}
