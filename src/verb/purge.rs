//! `kansho purge`: people whose time is over leave the register; old drafts leave the disk.

use crate::cli::Format;
use crate::desk::purge;
use crate::notice::Office;
use crate::verb::{Context, Outcome, json, unwritten};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use kansho_core::diag::Failure;
use kansho_intake::normalise;
use serde_json::json as told;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "例: kansho purge --as-of 2027-04-01 --dry-run　そのあと、件数を見て kansho purge --as-of 2027-04-01 --confirm 12"
)]
pub struct PurgeArgs {
    #[command(subcommand)]
    verb: Option<PurgeVerb>,
    /// 保存期間が過ぎたかを判断する日
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    as_of: Option<NaiveDate>,
    /// 消す人を示すだけで、消しません
    #[arg(long)]
    dry_run: bool,
    /// 消します。--dry-run で示された人数を書きます
    #[arg(long, value_name = "COUNT", conflicts_with = "dry_run")]
    confirm: Option<usize>,
}

#[derive(Debug, Subcommand)]
enum PurgeVerb {
    /// 封緘されないまま古くなった処理の出力フォルダーを消します
    Drafts {
        /// 作ってからの日数
        #[arg(long, value_name = "DAYS")]
        older_than: u32,
    },
}

/// Runs the verb.
///
/// # Errors
/// As [`purge::people`] and [`purge::drafts`].
pub fn run(args: &PurgeArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    if let Some(PurgeVerb::Drafts { older_than }) = args.verb {
        return drafts(older_than, context, out);
    }
    let Some(as_of) = args.as_of else {
        return Err(Failure::Usage("--as-of に、保存期間が過ぎたかを判断する日を書いてください".to_owned()));
    };
    if !args.dry_run && args.confirm.is_none() {
        return Err(Failure::Usage("--dry-run で人数を見てから、--confirm にその人数を書いてください".to_owned()));
    }
    let caller = context.caller()?;
    let retention = Office::load(&context.folder)?.retention;
    let mut register = context.register()?;
    let purged = purge::people(&mut register, &caller, as_of, retention, args.confirm)?;
    match context.globals.format {
        Format::Json => json(out, &purged)?,
        Format::Text | Format::Csv => {
            let done = if args.confirm.is_some() { "消しました" } else { "消す予定（まだ消していません）" };
            writeln!(out, "{done}: {} 人、接種 {} 件", purged.people, purged.doses).map_err(unwritten)?;
            for number in &purged.numbers {
                writeln!(out, "  {number}").map_err(unwritten)?;
            }
            for one in &purged.blocked {
                writeln!(out, "残す人 {}（{}）", one.person, why(&one.reason)).map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn why(reason: &str) -> &str {
    match reason {
        "batch" => "承認か封緘を待つ処理に入っています",
        "claim" => "委託料の請求が終わっていません",
        "ocr" => "読み取りの結果が片付いていません",
        "relief" => "健康被害救済の手続きがあります",
        other => other,
    }
}

fn drafts(days: u32, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    let cleared = purge::drafts(&mut register, &caller, days)?;
    match context.globals.format {
        Format::Json => {
            let removed = cleared.iter().filter(|one| one.removed).count();
            json(out, &told!({"removed": removed, "left": cleared.len() - removed, "batches": cleared}))?;
        }
        Format::Text | Format::Csv => {
            for one in &cleared {
                let ended = one.reason.as_ref().map_or_else(|| "消しました".to_owned(), |why| format!("残しました（{why}）"));
                writeln!(out, "{}　{}　{ended}", one.run, one.folder).map_err(unwritten)?;
            }
            if cleared.is_empty() {
                writeln!(out, "消す出力フォルダーはありません").map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}
