//! What the words of the files mean in this city: its codes and its words, looked up in the rule book once.

use crate::normalise::codes::Codes;
use crate::normalise::words::Words;
use kansho_core::diag::{Checked, Failure};
use kansho_core::home::Home;
use kansho_rules::RuleBook;
use kansho_rules::decide::programme::Programme;
use std::path::Path;

/// Codes and words.
#[derive(Debug)]
pub struct Vocabulary {
    /// `rules/codes.toml`
    pub codes: Codes,
    /// `layouts/words.toml`
    pub words: Words,
}

impl Vocabulary {
    /// Reads both; the report names everything in them that the book does not know.
    ///
    /// # Errors
    /// [`Failure::Io`] when a file cannot be read, [`Failure::Usage`] when it is wrong.
    pub fn load(home: &Home, rules: &Path, book: &RuleBook, programmes: &[Programme]) -> Result<Checked<Self>, Failure> {
        let Checked { value: codes, mut report } = Codes::load(rules, book, programmes)?;
        let Checked { value: words, report: unknown } = Words::load(home, book)?;
        report.extend(unknown);
        Ok(Checked { value: Self { codes, words }, report })
    }
}
