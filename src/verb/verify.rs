//! `kansho verify PATH`: is the folder still what was written, piece by piece?

use crate::diag::{Failure, Severity, show};
use crate::emit::verify;
use crate::verb::{Context, Outcome};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of the verb.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// kansho run の出力フォルダー
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the folder is no output of ours or cannot be read.
pub fn run(args: &VerifyArgs, _context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let report = verify::folder(&args.path)?;
    let told = |e| Failure::io("書けません", Path::new("標準出力"), e);
    if verify::is_rehearsal(&args.path)? {
        writeln!(out, "試験の出力です。発送できません").map_err(told)?;
    }
    if report.is_empty() {
        writeln!(out, "{}: すべて元のとおりです", args.path.display()).map_err(told)?;
        return Ok(Outcome::Done);
    }
    let _ = write!(messages, "{}", show::report(&report, Severity::Note, 1000));
    writeln!(out, "{}: {} か所が元と違います", args.path.display(), report.len()).map_err(told)?;
    Ok(Outcome::Refused)
}
