//! `kansho select`: the decision list only, one object per person and programme (design §7).

use crate::cli::Format;
use crate::desk::inputs::{self, FileArgs, Inputs};
use crate::desk::output::{self, Wish};
use crate::record::manifest::EvidenceEntry;
use crate::verb::{Context, Outcome};
use clap::Args;
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Verdict};
use kansho_core::diag::{Failure, Severity, show};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_rules::decide;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct SelectArgs {
    /// The two files and the dates.
    #[command(flatten)]
    pub files: FileArgs,
}

/// One object of the JSON list.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    person: &'a str,
    programme: &'a str,
    series: Vec<&'a str>,
    decision: &'a str,
    reason: &'a str,
    evidence: Vec<EvidenceEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes_on: Option<Option<String>>,
}

impl<'a> Entry<'a> {
    /// The object of one decision; `changes` adds `changes_on` (`why`).
    #[must_use]
    pub fn new(case: &'a Case, decision: &'a Decision, inputs: &'a Inputs, changes: bool) -> Self {
        let programme = &inputs.programmes[decision.programme_key];
        let changes_on = decide::why::changes_on(case, decision, &inputs.ground()).map(|day| day.to_string());
        Self {
            person: case.id(),
            programme: programme.id.as_str(),
            series: programme.targets.iter().map(|t| t.series.as_str()).collect(),
            decision: decision.verdict.id(),
            reason: decision.reason.id(),
            evidence: decision.evidence.iter().map(EvidenceEntry::from).collect(),
            changes_on: changes.then_some(changes_on),
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the files refuse or cannot be read.
pub fn run(args: &SelectArgs, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let home = context.home_on(args.files.as_of)?;
    let inputs = inputs::load(&args.files, &home, context.globals.rules.as_deref())?;
    let told = |e| Failure::io("書けません", std::path::Path::new("標準出力"), e);
    let ground = inputs.ground();
    let home = home.with_postal(context.globals.postal_data.as_deref());
    let prepared = output::prepare(&inputs, &home, &Wish::default())?;
    let _ = write!(messages, "{}", show::report(&prepared.report, Severity::Alert, 100));
    let settled: BTreeMap<(CaseKey, ProgrammeKey), Decision> =
        prepared.decisions.into_iter().map(|decision| ((decision.case, decision.programme_key), decision)).collect();
    match context.globals.format {
        Format::Json => write!(out, "[").map_err(told)?,
        Format::Csv => writeln!(out, "予防接種番号,事業,判定,理由").map_err(told)?,
        Format::Text => {}
    }
    let mut separator = "\n";
    for (key, case) in CaseKey::each(&inputs.joined.cases) {
        for (of, programme) in inputs.programmes.keyed() {
            let settled = settled.get(&(key, of)).cloned();
            let decision = settled.unwrap_or_else(|| decide::answer(key, case, of, &ground));
            match context.globals.format {
                Format::Json => {
                    let entry = Entry::new(case, &decision, &inputs, false);
                    let json = serde_json::to_string(&entry).map_err(|e| Failure::Usage(e.to_string()))?;
                    write!(out, "{separator}{json}").map_err(told)?;
                    separator = ",\n";
                }
                Format::Csv => {
                    let words = [case.id(), decision.programme.as_str(), decision.verdict.id(), decision.reason.id()];
                    writeln!(out, "{}", words.join(",")).map_err(told)?;
                }
                Format::Text => {
                    if decision.trigger.is_some() {
                        let word = match decision.verdict {
                            Verdict::Selected => "送る　　",
                            Verdict::Excluded => "送らない",
                            Verdict::Held => "保留　　",
                        };
                        let name = &programme.name;
                        writeln!(out, "{} {word} {name}: {}", case.id(), decision.word()).map_err(told)?;
                    }
                }
            }
        }
    }
    if context.globals.format == Format::Json {
        writeln!(out, "\n]").map_err(told)?;
    }
    Ok(Outcome::Done)
}
