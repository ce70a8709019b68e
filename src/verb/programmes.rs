//! `kansho programmes`: the programmes, with everything by which they may be named.

use crate::cli::Format;
use crate::verb::{Context, Outcome, json, table, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use kansho_rules::RuleBook;
use kansho_rules::decide::programme::{self, Programme};
use serde::Serialize;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct ProgrammesArgs {}

/// One object of the JSON list.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    id: &'a str,
    name: &'a str,
    class: &'a str,
    series: Vec<&'a str>,
    triggers: Vec<&'a str>,
    token: &'a str,
}

impl<'a> Shown<'a> {
    fn new(programme: &'a Programme) -> Self {
        let mut triggers: Vec<&str> = programme.triggers.iter().map(|rule| rule.kind.id()).collect();
        triggers.dedup();
        Self {
            id: programme.id.as_str(),
            name: &programme.name,
            class: if programme.class_a { "A" } else { "B" },
            series: programme.targets.iter().map(|t| t.series.as_str()).collect(),
            triggers,
            token: &programme.token,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the rule book or a programme is wrong.
pub fn run(_: &ProgrammesArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    // What the newest book knows.
    let folder = context.newest()?;
    let book = RuleBook::load(&folder)?;
    let programmes = programme::load(&folder, &book)?;
    let shown = programmes.iter().map(Shown::new);
    match context.globals.format {
        Format::Json => {
            json(out, &shown.collect::<Vec<_>>())?;
        }
        Format::Csv => {
            let row = |one: Shown<'_>| {
                let (series, triggers) = (one.series.join(" "), one.triggers.join(" "));
                [one.id, one.name, one.class, &series, &triggers, one.token].map(str::to_owned)
            };
            table(out, ["事業", "事業名", "類", "系列", "きっかけ", "印"], shown.map(row))?;
        }
        Format::Text => {
            for programme in programmes.iter() {
                let series: Vec<&str> = programme.targets.iter().map(|t| book.series_name(t.series)).collect();
                let mut triggers: Vec<&str> = programme.triggers.iter().map(|rule| rule.kind.word()).collect();
                triggers.dedup();
                let class = if programme.class_a { "A類" } else { "B類" };
                let about = if series.is_empty() { "（人ごと）".to_owned() } else { series.join("・") };
                let (token, id, name) = (&programme.token, programme.id, &programme.name);
                writeln!(out, "{token} {name}（{id}） {class} {about} {}", triggers.join("・")).map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}
