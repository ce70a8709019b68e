//! The verbs: words → what is done. One file a verb, with its own options.

pub mod barcode;
pub mod calibrate;
pub mod due;
pub mod fonts;
pub mod names;
pub mod pack;
mod passphrase;
pub mod programmes;
pub mod reissue;
pub mod rules;
pub mod run;
pub mod select;
pub mod sjis;
pub mod templates;
pub mod verify;
pub mod why;

use crate::cli::{Cli, Globals, Verb};
use crate::desk::shelf;
use chrono::NaiveDate;
use kansho_core::diag::Failure;
use kansho_core::home::Home;
use std::io::Write;
use std::path::PathBuf;

/// What every verb gets.
#[derive(Debug)]
pub struct Context {
    /// Rules, templates, layouts, fonts.
    pub home: Home,
    /// Options of every verb.
    pub globals: Globals,
}

impl Context {
    /// The home with the rule book that answers on a day; with `--rules` that folder alone.
    ///
    /// # Errors
    /// As [`shelf::on`].
    pub fn home_on(&self, as_of: NaiveDate) -> Result<Home, Failure> {
        if self.globals.rules.is_some() { Ok(self.home.clone()) } else { shelf::on(&self.home, as_of) }
    }

    /// The rules folder of a home, unless `--rules` names another.
    #[must_use]
    pub fn rules(&self, home: &Home) -> PathBuf {
        self.globals.rules.clone().unwrap_or_else(|| home.path("rules"))
    }

    /// The homes of all rule books, the oldest first; with `--rules` that folder alone.
    ///
    /// # Errors
    /// As [`shelf::books`].
    pub fn homes(&self) -> Result<Vec<Home>, Failure> {
        if self.globals.rules.is_some() {
            return Ok(vec![self.home.clone()]);
        }
        Ok(shelf::books(&self.home)?.into_iter().map(|book| book.home).collect())
    }
}

/// Exit code of a verb that could run: 0 done, 1 refused (data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; every check passed (alerts allowed).
    Done,
    /// Refused; nothing handed over.
    Refused,
}

/// Runs one verb. Data goes to `out`, messages to `messages`.
///
/// # Errors
/// A [`Failure`] when the run itself cannot go on.
pub fn run(cli: &Cli, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let context = Context { home: Home::find()?, globals: cli.globals.clone() };
    match &cli.verb {
        Verb::Run(args) => run::run(args, &context, out, messages),
        Verb::Select(args) => select::run(args, &context, out, messages),
        Verb::Why(args) => why::run(args, &context, out, messages),
        Verb::Reissue(args) => reissue::run(args, &context, out, messages),
        Verb::Pack(args) => pack::run(args, &context, out, messages),
        Verb::Verify(args) => verify::run(args, &context, out, messages),
        Verb::Due(args) => due::run(args, &context, out, messages),
        Verb::Programmes(args) => programmes::run(args, &context, out, messages),
        Verb::Rules(args) => rules::run(args, &context, out, messages),
        Verb::Calibrate(args) => calibrate::run(args, &context, out, messages),
        Verb::Templates(args) => templates::run(args, &context, out, messages),
        Verb::Barcode(args) => barcode::run(args, &context, out, messages),
        Verb::Sjis(args) => sjis::run(args, &context, out, messages),
        Verb::Fonts(args) => fonts::run(args, &context, out, messages),
    }
}
