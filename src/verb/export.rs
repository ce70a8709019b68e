//! `kansho export`: the ledger as it came in, and everything at the end of a contract.

use crate::cli::Format;
use crate::desk::registry::export;
use crate::verb::{Context, Outcome, json, unwritten};
use clap::Subcommand;
use kansho_core::diag::Failure;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use std::io::Write;
use std::path::PathBuf;

/// What is written out.
#[derive(Debug, Subcommand)]
pub enum ExportVerb {
    /// 予防接種台帳（別添1の32項目。取り込んだとおりの行と、この登録簿が出した通知）
    Ledger {
        /// 書き出すCSV（まだないもの）
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// すべての表（契約の終わりに渡すもの）
    All {
        /// 書き出すフォルダー（まだないもの）
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

const ADMIN: &[Role] = &[Role::Admin];

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, the target is there, or the disk does not take it.
pub fn run(verb: &ExportVerb, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    match verb {
        ExportVerb::Ledger { out: file } => {
            let permit = register.permit(&caller, &Act::new("export ledger", ADMIN))?;
            let written = context
                .newest_settings()
                .and_then(|settings| export::ledger(&mut register, &permit, file, &settings))
                .inspect_err(|failure| register.failed(&permit, failure))?;
            match context.globals.format {
                Format::Json => json(out, &written)?,
                Format::Text | Format::Csv => {
                    writeln!(
                        out,
                        "{}　台帳の行 {}　通知 {}\nSHA-256 {}",
                        written.path, written.rows, written.notices, written.sha256
                    )
                    .map_err(unwritten)?;
                }
            }
        }
        ExportVerb::All { out: folder } => {
            let permit = register.permit(&caller, &Act::new("export all", ADMIN))?;
            let written = export::all(&mut register, &permit, folder).inspect_err(|failure| register.failed(&permit, failure))?;
            match context.globals.format {
                Format::Json => json(out, &written)?,
                Format::Text | Format::Csv => {
                    writeln!(out, "{}　表 {}　行 {}", written.path, written.tables.len(), written.tables.values().sum::<u64>())
                        .map_err(unwritten)?;
                }
            }
        }
    }
    Ok(Outcome::Done)
}
