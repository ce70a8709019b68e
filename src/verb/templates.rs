//! `kansho templates check`: ひな形の点検.

use crate::cli::Format;
use crate::desk::templates;
use crate::notice::Stationery;
use crate::verb::{Context, Outcome, json, unwritten};
use clap::{Args, Subcommand};
use kansho_core::diag::{Failure, Severity, show};
use kansho_core::folder::Folder;
use kansho_core::origin::Origin;
use serde::Serialize;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct TemplatesArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: TemplatesAction,
}

/// 点検
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum TemplatesAction {
    /// 法定の項目（K1–K9）、類、差し込み、書きかけの跡、ほかの市の名、枠と窓を、すべてのひな形で確かめます
    Check,
}

/// One finding.
#[derive(Serialize)]
struct Shown<'a> {
    code: &'static str,
    file: &'a str,
    line: Option<u32>,
    message: &'a str,
    hint: Option<&'a str>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when rules, templates, fonts or settings cannot be used.
pub fn run(args: &TemplatesArgs, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let TemplatesAction::Check = args.action;
    let mut outcome = Outcome::Done;
    for folder in context.folders()? {
        if check(&folder, context, out, messages)? == Outcome::Refused {
            outcome = Outcome::Refused;
        }
    }
    Ok(outcome)
}

/// The letters of one book.
fn check(folder: &Folder, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let checked = templates::check(folder)?;
    let report = checked.report;
    match context.globals.format {
        Format::Json => {
            let sorted = report.sorted();
            let shown: Vec<Shown<'_>> = sorted
                .iter()
                .map(|d| Shown {
                    code: d.code.id(),
                    file: d.origin.as_ref().and_then(Origin::name).unwrap_or_default(),
                    line: d.origin.as_ref().and_then(Origin::row_number),
                    message: &d.message,
                    hint: d.hint.as_deref(),
                })
                .collect();
            json(out, &shown)?;
        }
        Format::Text if report.is_empty() => {
            let value = Stationery::hash(folder)?;
            writeln!(out, "ひな形に問題はありません（{} 件）\n照合値 {value}", checked.value).map_err(unwritten)?;
        }
        Format::Text => {
            let _ = write!(messages, "{}", show::report(&report, Severity::Note, 1000));
            writeln!(out, "ひな形 {} 件に、問題が {} か所あります", checked.value, report.len()).map_err(unwritten)?;
        }
        Format::Csv => return Err(Failure::Usage("templates の --format は text か json です".to_owned())),
    }
    Ok(if report.is_empty() { Outcome::Done } else { Outcome::Refused })
}
