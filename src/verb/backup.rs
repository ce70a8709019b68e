//! `kansho backup`: the register in a file of its own, proved whole, while others work.

use crate::cli::Format;
use crate::desk::keep::{self, Kept};
use crate::verb::{Context, Outcome, json, passphrase, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use kansho_register::store::Caller;
use std::io::Write;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(
    after_help = "例: kansho backup --out 控え-2026-12-01.zip --account admin --passphrase-file 合言葉.txt --backup-passphrase-file 控えの合言葉.txt"
)]
pub struct BackupArgs {
    /// 作るファイル（まだない名前）
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// 控えを暗号化する（AES-256）合言葉のファイル。--account を付けないときは --passphrase-file でも指定できます
    #[arg(long, value_name = "FILE")]
    pub backup_passphrase_file: Option<PathBuf>,
}

/// Who acts, and the file of the copy's own passphrase: without `--account` and without an option of its own, `--passphrase-file`
/// is the copy's (design §7b).
pub(super) fn apart(context: &Context, own: Option<&PathBuf>) -> Result<(Caller, Option<PathBuf>), Failure> {
    let caller = context.caller()?;
    if own.is_some() || caller.account.is_some() {
        return Ok((caller, own.cloned()));
    }
    Ok((Caller { passphrase: None, ..caller }, context.globals.passphrase_file.clone()))
}

/// Runs the verb.
///
/// # Errors
/// As [`keep::backup`].
pub fn run(args: &BackupArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, file) = apart(context, args.backup_passphrase_file.as_ref())?;
    let passphrase: Option<Zeroizing<String>> = file.map(|file| passphrase::fresh(Some(&file))).transpose()?;
    let mut register = context.register()?;
    let kept = keep::backup(&mut register, &caller, &args.out, passphrase.as_ref().map(|passphrase| passphrase.as_str()))?;
    told(&kept, "控え", context, out)?;
    if context.globals.format != Format::Json {
        writeln!(out, "この表示を紙に印刷し、控えとは別の場所に保管してください").map_err(unwritten)?;
        if passphrase.is_none() {
            writeln!(out, "この控えは暗号化されていません。登録簿と同じように守ってください").map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}

/// Tells a copy: the same for a script and for the paper.
pub(super) fn told(kept: &Kept, word: &str, context: &Context, out: &mut dyn Write) -> Result<(), Failure> {
    match context.globals.format {
        Format::Json => json(out, kept),
        Format::Text | Format::Csv => {
            let Kept { path, bytes, sha256, schema, log_head, issued_up_to } = kept;
            writeln!(
                out,
                "{word} {path}（{bytes} バイト）\nSHA-256 {sha256}\n表の版 {schema}\n記録の照合値 {log_head}\n発行no {issued_up_to} まで"
            )
            .map_err(unwritten)
        }
    }
}
