//! `kansho select`: the decision list only, one object per person and programme (design §7).

use crate::cli::Format;
use crate::desk::{Desk, answer};
use crate::verb::decision::Entry;
use crate::verb::files::FileArgs;
use crate::verb::{Context, Outcome, pool, unwritten};
use clap::Args;
use kansho_core::decision::Verdict;
use kansho_core::diag::{Failure, Severity, show};
use kansho_register::operators::Role;
use kansho_register::store::Act;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct SelectArgs {
    /// The two files and the dates.
    #[command(flatten)]
    pub files: FileArgs,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the files refuse or cannot be read.
pub fn run(args: &SelectArgs, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let pool = pool(None)?;
    let settings = context.settings(args.files.as_of)?;
    let look = args.files.look(context, &Act::purposeful("select", &[Role::Extract]))?;
    let everybody = answer::everybody(&args.files.given(look.as_ref()), &settings, &Desk { pool: &pool, told: &|_| {} });
    let everybody = match &look {
        Some(look) => {
            let everybody = look.kept(everybody)?;
            look.enter(|work| {
                work.note("as_of", args.files.as_of.to_string());
                work.note("people", everybody.inputs.joined.cases.len());
            })?;
            everybody
        }
        None => everybody?,
    };
    let _ = write!(messages, "{}", show::report(&everybody.report, Severity::Alert, 100));
    match context.globals.format {
        Format::Json => write!(out, "[").map_err(unwritten)?,
        Format::Csv => writeln!(out, "予防接種番号,事業,判定,理由").map_err(unwritten)?,
        Format::Text => {}
    }
    let mut separator = "\n";
    everybody.each(&mut |case, decision| match context.globals.format {
        Format::Json => {
            let entry = Entry::new(case, decision, &everybody.inputs, false);
            let json = serde_json::to_string(&entry).map_err(|_| Failure::Declined("JSON にできません".to_owned()))?;
            let told = write!(out, "{separator}{json}").map_err(unwritten);
            separator = ",\n";
            told
        }
        Format::Csv => {
            let words = [case.printed_id(), decision.programme.as_str(), decision.verdict.id(), decision.reason.id()];
            writeln!(out, "{}", words.join(",")).map_err(unwritten)
        }
        Format::Text if decision.trigger.is_some() => {
            let word = match decision.verdict {
                Verdict::Selected => "送る　　",
                Verdict::Excluded => "送らない",
                Verdict::Held => "保留　　",
            };
            let name = &settings.programmes[decision.programme_key].name;
            writeln!(out, "{} {word} {name}: {}", case.printed_id(), decision.word()).map_err(unwritten)
        }
        Format::Text => Ok(()),
    })?;
    if context.globals.format == Format::Json {
        writeln!(out, "\n]").map_err(unwritten)?;
    }
    Ok(Outcome::Done)
}
