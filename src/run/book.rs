//! 規則集・通知事業・コード表を合わせた点検: what `kansho rules check` proves, and what every run needs before it starts.

use crate::decide::programme::{self, Programme};
use crate::diag::{Checked, Code, Diagnostic, Failure, Report};
use crate::normalise::codes::Codes;
use crate::origin::Origin;
use crate::rules::{RuleBook, cases};
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

/// Reads the rule book and the programmes of a folder and proves that they, `codes.toml` and the templates fit together.
///
/// # Errors
/// [`Failure::Refused`] with everything that is wrong, [`Failure::Io`] when a file cannot be read.
pub fn load(rules: &Path, templates: &Path) -> Result<(RuleBook, Vec<Programme>), Failure> {
    let book = RuleBook::load(rules)?;
    let programmes = programme::load(&rules.join("programmes"), &book)?;
    let mut report = programme::prove(&programmes, &book, templates);
    report.extend(codes(&Codes::load(rules)?, &book, &programmes));
    if report.refuses() { Err(Failure::Refused(report)) } else { Ok((book, programmes)) }
}

/// [`load`], then every case of `rules/cases` and a case for every rule.
///
/// # Errors
/// As [`load`]; what the cases find is in the report.
pub fn check(rules: &Path, templates: &Path) -> Result<Checked<Totals>, Failure> {
    let (book, programmes) = load(rules, templates)?;
    let Checked { value: cases, report } = cases::check(&rules.join("cases"), &book)?;
    Ok(Checked { value: Totals { series: book.series().count(), programmes: programmes.len(), cases }, report })
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
