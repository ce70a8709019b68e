//! `kansho restore`: a register made of a copy. Numbers go on above the last paper.

use crate::desk::keep::{self, Wanted};
use crate::verb::backup::{apart, told};
use crate::verb::{Context, Outcome, passphrase};
use clap::Args;
use kansho_core::diag::Failure;
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(
    after_help = "例: kansho restore 控え-2026-12-01.zip --sha256 3f… --register 新しい登録簿.db --issued-up-to 12345 --reason ディスクの故障"
)]
pub struct RestoreArgs {
    /// kansho backup で作ったファイル
    #[arg(value_name = "FILE")]
    pub copy: PathBuf,
    /// 控えの紙に印字された SHA-256
    #[arg(long, value_name = "HEX")]
    pub sha256: String,
    /// 最後の受渡書・点検表・控えの紙に印字された、最も大きい発行no
    #[arg(long, value_name = "N")]
    pub issued_up_to: Option<u64>,
    /// 理由（記録に残ります）
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// 控えの合言葉のファイル。--account を付けないときは --passphrase-file でも指定できます
    #[arg(long, value_name = "FILE")]
    pub backup_passphrase_file: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// As [`keep::restore`].
pub fn run(args: &RestoreArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, file) = apart(context, args.backup_passphrase_file.as_ref())?;
    let passphrase = file.map(|file| passphrase::known(Some(&file))).transpose()?;
    let wanted = Wanted {
        copy: &args.copy,
        sha256: &args.sha256,
        register: &context.globals.register,
        issued_up_to: args.issued_up_to,
        reason: &args.reason,
        passphrase: passphrase.as_ref().map(|passphrase| passphrase.as_str()),
    };
    let kept = keep::restore(&wanted, &caller)?;
    told(&kept, "登録簿", context, out)?;
    Ok(Outcome::Done)
}
