//! 規則集・通知事業・コード表を合わせた点検: what `kansho rules check` proves, and what every run needs before it starts.

use kansho_core::diag::{Checked, Code, Diagnostic, Failure, Report, Wrong};
use kansho_core::folder::Folder;
use kansho_core::ids::SeriesId;
use kansho_core::origin::Origin;
use kansho_intake::normalise::Tables;
use kansho_intake::normalise::codes::Codes;
use kansho_intake::normalise::words::Words;
use kansho_rules::decide::programme::{self, Programme};
use kansho_rules::{RuleBook, cases};
use std::collections::BTreeSet;
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
    pub programmes: Vec<Programme>,
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
    let mut wrong = Wrong::default();
    let book = wrong.keep(RuleBook::load(folder));
    let programmes = book.as_ref().and_then(|book| wrong.keep(programme::load(folder, book)));
    let tables = wrong.keep(Tables::load(folder));
    let (Some(book), Some(programmes), Some(tables)) = (book, programmes, tables) else { return Err(wrong.failure()) };
    let mut report = programme::prove(&programmes, &book, folder);
    report.extend(codes(&tables.codes, &book, &programmes));
    report.extend(words(&tables.words, &book));
    if report.refuses() {
        return Err(Failure::Refused(report));
    }
    let Checked { value: cases, report } = cases::check(folder, &book)?;
    if report.refuses() {
        return Err(Failure::Refused(report));
    }
    let totals = Totals { series: book.series().count(), programmes: programmes.len(), cases };
    Ok(Proved { book, programmes, tables: Arc::new(tables), totals })
}

/// What is wrong with `layouts/words.toml`: series and diseases that no rule has.
fn words(words: &Words, book: &RuleBook) -> Report {
    let mut report = Report::new();
    let mut bad = |reason: String| {
        report.push(Diagnostic::new(Code::BookUnknown, reason).at(&Origin::file("layouts/words.toml")));
    };
    let series: BTreeSet<SeriesId> = words.all_series().collect();
    for id in series.into_iter().filter(|id| !book.series().any(|known| known == *id)) {
        bad(format!("[series] 系列「{id}」は規則集にありません"));
    }
    let known: BTreeSet<&str> = book.diseases().collect();
    let diseases: BTreeSet<&str> = words.all_diseases().collect();
    for disease in diseases.difference(&known) {
        bad(format!("[disease] 「{disease}」はどの系列の diseases にもありません"));
    }
    for disease in known.difference(&diseases) {
        bad(format!("[disease] 規則集の疾病「{disease}」がありません"));
    }
    report
}

/// What is wrong with `codes.toml`: unknown series, doses, products, programmes.
fn codes(codes: &Codes, book: &RuleBook, programmes: &[Programme]) -> Report {
    let mut report = Report::new();
    let mut bad = |key: String, reason: String| {
        let message = format!("{key}: {reason}");
        report.push(Diagnostic::new(Code::BookUnknown, message).at(&Origin::file("rules/codes.toml")));
    };
    for (code, series, doses, product) in codes.vaccinations() {
        let names = book.dose_names(series);
        if names.is_empty() {
            bad(format!("vaccination {code}"), format!("系列「{series}」は規則集にありません"));
        }
        for dose in doses.iter().filter(|dose| !names.is_empty() && !names.contains(dose)) {
            bad(format!("vaccination {code}"), format!("系列「{series}」に「{dose}」という回はありません"));
        }
        if let Some(product) = product.filter(|p| !book.knows_product(series, *p)) {
            bad(format!("vaccination {code}"), format!("系列「{series}」に製品「{product}」はありません"));
        }
    }
    for (code, product) in codes.products() {
        if !book.series().any(|series| book.names_product(series, product)) {
            bad(format!("product.{code}"), format!("製品「{product}」はどの系列の [[product]] にもありません"));
        }
    }
    for (code, programme) in codes.notices() {
        if !programmes.iter().any(|p| p.id == programme) {
            bad(format!("notice.{code}"), format!("通知事業「{programme}」がありません"));
        }
    }
    report
}
