//! 「系列:回(製品)=日」「[系列=]FROM:TO」: histories and decisions as `due` and the cases of the rule book write them.

use super::RuleBook;
use chrono::NaiveDate;
use kansho_core::history::{DoseRecord, Outcome};
use kansho_core::ids::{DoseName, Product, SeriesId};
use kansho_core::origin::Source;

/// Vaccines whose name people write in front of the dose: MR1期, DT2期.
const NAMED_WITH_DOSE: [&str; 2] = ["MR", "DT"];

/// A series of the book by its id.
///
/// # Errors
/// A Japanese sentence with the known ids.
pub fn series(text: &str, book: &RuleBook) -> Result<SeriesId, String> {
    let text = text.trim();
    book.series_named(text).ok_or_else(|| {
        let known: Vec<String> = book.series().map(|id| id.to_string()).collect();
        format!("系列「{text}」は規則集にありません（{}）", known.join(", "))
    })
}

/// A calendar date `YYYY-MM-DD`; `whole` is the text it stands in.
///
/// # Errors
/// A Japanese sentence.
pub fn date(text: &str, whole: &str) -> Result<NaiveDate, String> {
    text.trim().parse().map_err(|_| format!("「{whole}」の日付「{text}」は YYYY-MM-DD で書いてください"))
}

/// 「系列:回=日」「系列:回(製品)=日」. The dose name may carry the vaccine's (MR1期, DT2期).
///
/// # Errors
/// A Japanese sentence naming what is not understood.
pub fn dose(text: &str, birth: NaiveDate, book: &RuleBook) -> Result<DoseRecord, String> {
    let wrong = || format!("「{text}」は「系列:回=日」か「系列:回(製品)=日」で書いてください");
    let (what, day) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (series_word, words) = what.split_once(':').ok_or_else(wrong)?;
    let given_on = date(day, text)?;
    if given_on < birth {
        return Err(format!("「{text}」の日付が生年月日より前です"));
    }
    let series = series(series_word, book)?;
    let words = words.trim().replace('（', "(").replace('）', ")");
    let names = book.dose_names(series);
    let plain = |word: &str| -> Option<DoseName> {
        let bare = NAMED_WITH_DOSE.iter().find_map(|vaccine| word.strip_prefix(vaccine)).unwrap_or(word);
        names.iter().copied().find(|name| name.as_str() == word || name.as_str() == bare)
    };
    let split = words.strip_suffix(')').and_then(|t| t.rsplit_once('('));
    let (name, product) = match (plain(&words), split) {
        (Some(name), _) => (Some(name), None),
        // A product that the book does not know counts for every component, and the answer says so.
        (None, Some((word, product))) => {
            (plain(word), Some(Product::define(product).map_err(|reason| format!("「{text}」の製品{reason}"))?))
        }
        (None, None) => (None, None),
    };
    let name = name.ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|n| n.as_str()).collect();
        format!("「{text}」: {series} に「{words}」という回はありません（{}）", known.join(", "))
    })?;
    Ok(DoseRecord { series, dose: name, product, given_on, outcome: Outcome::Given, source: Source::Given })
}

/// 長期療養特例 「[系列=]FROM:TO」.
///
/// # Errors
/// A Japanese sentence naming what is not understood.
pub fn exception(text: &str, book: &RuleBook) -> Result<(Option<SeriesId>, NaiveDate, NaiveDate), String> {
    let (only, days) = match text.split_once('=') {
        Some((word, days)) => (Some(series(word, book)?), days),
        None => (None, text),
    };
    let (from, to) = days.split_once(':').ok_or_else(|| format!("「{text}」は「FROM:TO」で書いてください"))?;
    let (from, to) = (date(from, text)?, date(to, text)?);
    if from > to {
        return Err(format!("「{text}」は前後が逆です"));
    }
    Ok((only, from, to))
}
