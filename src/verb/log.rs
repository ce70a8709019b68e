//! `kansho log`: the access log and the proof of its chain (CK24).

use crate::cli::Format;
use crate::verb::{Context, Outcome, json, unwritten};
use clap::Subcommand;
use kansho_core::diag::{Code, Failure};
use kansho_register::log;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use serde_json::json as told;
use std::io::Write;

/// What is done with the log.
#[derive(Debug, Subcommand)]
pub enum LogVerb {
    /// 記録のつながりを初めから確かめます
    Verify {
        /// 受渡書・点検表・控えに印字された照合値（番号:照合値）。終わりが切り取られていないかも分かります
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<String>,
    },
    /// いまの照合値
    Head,
}

const AUDIT: &[Role] = &[Role::Audit];

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted or the log cannot be read.
pub fn run(verb: &LogVerb, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    match verb {
        LogVerb::Verify { head } => {
            let form = || Failure::Usage("--head は、印字された「番号:照合値」をそのまま書いてください".to_owned());
            let paper = head.as_deref().map(|text| log::parse_head(text).ok_or_else(form)).transpose()?;
            // The chain is looked at before this act's own entry is behind it.
            let permit = register.permit(&caller, &Act::new("log verify", AUDIT))?;
            let verified = register.read(|link| Ok(log::verify(link, paper.as_ref())?))?;
            register.perform(&permit, |work| {
                work.note("ok", verified.bad.is_none());
                Ok(())
            })?;
            let bad = verified.bad.as_ref().map(|bad| told!({"seq": bad.seq, "why": bad.why}));
            match context.globals.format {
                Format::Json => json(
                    out,
                    &told!({"ok": verified.bad.is_none(), "entries": verified.entries, "head": verified.head.to_string(), "bad": bad}),
                )?,
                Format::Text | Format::Csv => {
                    writeln!(out, "記録 {} 件\n照合値 {}", verified.entries, verified.head).map_err(unwritten)?;
                    if paper.is_none() {
                        let words =
                            "記録の終わりが切り取られていないかは、紙に印字された照合値（--head）と比べないと分かりません";
                        writeln!(out, "{words}").map_err(unwritten)?;
                    }
                }
            }
            match verified.bad {
                None => Ok(Outcome::Done),
                Some(bad) => Err(Failure::barred(Code::LogDiffers, format!("{} 番の記録: {}", bad.seq, bad.why))),
            }
        }
        LogVerb::Head => {
            let head = register.act(&caller, &Act::new("log head", AUDIT), |work| Ok(log::head(work.link)?))?;
            match context.globals.format {
                Format::Json => json(out, &told!({"head": head.to_string()}))?,
                Format::Text | Format::Csv => writeln!(out, "{head}").map_err(unwritten)?,
            }
            Ok(Outcome::Done)
        }
    }
}
