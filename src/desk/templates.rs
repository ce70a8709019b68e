//! ひな形の点検: what `kansho templates check` proves, with the office's settings, fonts and programmes.

use crate::desk::pieces;
use crate::notice::{Office, RunMeta, lint};
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::diag::{Checked, Code, Diagnostic, Failure};
use kansho_core::folder::Folder;
use kansho_core::notice::{Purpose, RunId};
use kansho_core::origin::Origin;
use kansho_paper::font::Fonts;
use kansho_rules::RuleBook;
use kansho_rules::decide::programme::{self, Programme};
use std::sync::Arc;

/// Nothing of the check depends on the day; the letters need one.
const DAY: NaiveDate = calendar::day(2026, 12, 31);

/// Looks through every template; gives how many there are, and everything that is wrong.
///
/// # Errors
/// [`Failure::Io`], [`Failure::Usage`], [`Failure::Refused`] when rules, fonts or settings cannot be used.
pub fn check(folder: &Folder) -> Result<Checked<usize>, Failure> {
    let book = RuleBook::load(folder)?;
    let programmes = programme::load(folder, &book)?;
    let fonts = Arc::new(Fonts::load(&folder.place("fonts"))?);
    look(folder, &book, &programmes, &Office::load(folder)?, fonts)
}

/// The same with what a run has loaded.
///
/// # Errors
/// As [`check`].
pub fn look(
    folder: &Folder,
    book: &RuleBook,
    programmes: &[Programme],
    office: &Office,
    fonts: Arc<Fonts>,
) -> Result<Checked<usize>, Failure> {
    let meta =
        RunMeta { run: RunId("20261231-00000000".to_owned()), as_of: DAY, post_on: DAY, data_as_of: DAY, purpose: Purpose::Live };
    let printed: Vec<(String, &str)> =
        programmes.iter().map(|p| (format!("rules/programmes/{}.toml", p.id), p.name.as_str())).collect();
    let (known, mut report) = lint::check(folder, office, fonts, meta, &pieces::variable_names(book.series()), &printed)?;
    for programme in programmes {
        let class = if programme.class_a { "A" } else { "B" };
        for rule in &programme.triggers {
            let Some(template) = known.get(rule.template.as_str()) else { continue };
            let file = Origin::file(&format!("templates/{}.md", rule.template));
            if template.class != class {
                let other = &template.class;
                let message = format!("{other}類のひな形を、{class}類の通知事業「{}」が使っています", programme.name);
                report.push(Diagnostic::new(Code::TemplateClass, message).at(&file));
            }
            if template.postcard && programme.stickers != programme::Stickers::default() {
                let message = format!("通知事業「{}」のシールは、はがきに同封できません", programme.name);
                report.push(Diagnostic::new(Code::Template, message).at(&file));
            }
        }
    }
    Ok(Checked { value: known.len(), report })
}
