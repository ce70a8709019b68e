//! `kansho check`: the state of the register, and what is due.

use crate::cli::Format;
use crate::desk::condition::{self, Condition};
use crate::verb::{Context, Outcome, json, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(after_help = "例: kansho check --register /srv/kansho/kansho.db --account admin --passphrase-file 合言葉.txt")]
pub struct CheckArgs {}

/// Runs the verb.
///
/// # Errors
/// As [`condition::look`].
pub fn run(_args: &CheckArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    let seen = condition::look(&mut register, &caller)?;
    match context.globals.format {
        Format::Json => json(out, &seen)?,
        Format::Text | Format::Csv => told(&seen, out)?,
    }
    Ok(if seen.due.is_empty() { Outcome::Done } else { Outcome::Refused })
}

fn told(seen: &Condition, out: &mut dyn Write) -> Result<(), Failure> {
    let none = || "なし".to_owned();
    let free = seen.disk.free.map_or_else(|| "分かりません".to_owned(), |free| format!("{} MB", free >> 20));
    let mut lines = vec![
        format!("登録簿 {} MB、ディスクの空き {free}", seen.disk.register >> 20),
        format!("権限 ファイル {}、フォルダー {}", seen.permissions.file, seen.permissions.folder),
        format!("ファイルの点検 {}、表の版 {}", if seen.integrity { "異状なし" } else { "壊れています" }, seen.schema),
        format!("最後の控え {}", seen.last_backup.as_ref().map_or_else(none, |last| last.at.clone())),
    ];
    for feed in &seen.feeds {
        let full = feed.full_at.clone().unwrap_or_else(none);
        lines.push(format!("取り込み {}　最後 {}、全件 {full}", kind(&feed.kind), feed.at));
    }
    let last = seen.clock.last_entry.clone().unwrap_or_else(none);
    lines.push(format!("時計 {}、最後の記録 {last}\n照合値 {}", seen.clock.now, seen.log_head));
    lines.extend(seen.due.iter().map(|due| format!("■ {due}")));
    lines.extend(seen.due.is_empty().then(|| "すぐにすることはありません".to_owned()));
    writeln!(out, "{}", lines.join("\n")).map_err(unwritten)
}

fn kind(kind: &str) -> &str {
    match kind {
        "residents" => "住民",
        "ledger" => "台帳",
        other => other,
    }
}
