//! 規則集・通知事業・コード表を合わせた点検: what `kansho rules check` proves, and what every run needs before it starts.

use kansho_core::diag::{Checked, Failure};
use kansho_core::home::Home;
use kansho_intake::normalise::vocabulary::Vocabulary;
use kansho_rules::decide::programme::{self, Programmes};
use kansho_rules::{RuleBook, cases};
use std::path::Path;

/// How much was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// 系列
    pub series: usize,
    /// 通知事業
    pub programmes: usize,
    /// 例
    pub cases: usize,
}

/// A book that is proved.
#[derive(Debug)]
pub struct Proved {
    /// The rule book.
    pub book: RuleBook,
    /// The programmes, in order.
    pub programmes: Programmes,
    /// The city's codes and words.
    pub vocabulary: Vocabulary,
    /// How much was checked.
    pub totals: Totals,
}

/// Reads the rule book and the programmes of a folder and proves that they, `codes.toml`, the word lists and the templates fit
/// together, and that the book answers every case of `rules/cases` as the case says: what `rules check` refuses, no run uses.
///
/// # Errors
/// [`Failure::Refused`] with everything that is wrong, [`Failure::Io`] when a file cannot be read.
pub fn load(rules: &Path, home: &Home) -> Result<Proved, Failure> {
    let book = RuleBook::load(rules)?;
    let programmes = programme::load(&rules.join("programmes"), &book)?;
    let mut report = programme::prove(&programmes, &book, &home.path("templates"));
    let Checked { value: vocabulary, report: unknown } = Vocabulary::load(home, rules, &book, &programmes)?;
    report.extend(unknown);
    if report.refuses() {
        return Err(Failure::Refused(report));
    }
    let cases = cases::check(&rules.join("cases"), &book)?.sound()?;
    let totals = Totals { series: book.series().count(), programmes: programmes.len(), cases };
    Ok(Proved { book, programmes, vocabulary, totals })
}
