//! 規則集・通知事業・コード表を合わせた点検: what `kansho rules check` proves, and what every run needs before it starts.

use kansho_core::diag::{Checked, Failure, Wrong};
use kansho_core::folder::Folder;
use kansho_intake::normalise::Tables;
use kansho_rules::decide::programme::{self, Programmes};
use kansho_rules::{RuleBook, cases};
use std::sync::Arc;

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
    /// Columns, words and codes.
    pub tables: Arc<Tables>,
    /// How much was checked.
    pub totals: Totals,
}

/// Reads the rule book and the programmes of a folder and proves that they, `codes.toml`, the word lists and the templates fit
/// together, and that the book answers every case of `rules/cases` as the case says: what `rules check` refuses, no run uses.
///
/// # Errors
/// [`Failure::Refused`] with everything that is wrong, [`Failure::Io`] when a file cannot be read.
pub fn load(folder: &Folder) -> Result<Proved, Failure> {
    let (book, programmes, tables) = read(folder)?;
    let mut report = programme::prove(&programmes, &book, folder);
    report.extend(tables.report);
    if report.refuses() {
        return Err(Failure::Refused(report));
    }
    let cases = cases::check(folder, &book)?.sound()?;
    let totals = Totals { series: book.series().count(), programmes: programmes.len(), cases };
    Ok(Proved { book, programmes, tables: Arc::new(tables.value), totals })
}

/// Reads rule book, programmes and tables, all that is wrong at once.
///
/// # Errors
/// As [`load`].
pub fn read(folder: &Folder) -> Result<(RuleBook, Programmes, Checked<Tables>), Failure> {
    let mut wrong = Wrong::default();
    let book = wrong.keep(RuleBook::load(folder));
    let programmes = book.as_ref().and_then(|book| wrong.keep(programme::load(folder, book)));
    let (Some(book), Some(programmes)) = (book, programmes) else { return Err(wrong.failure()) };
    let tables = Tables::load(folder, &book, &programmes)?;
    Ok((book, programmes, tables))
}
