//! 取込の確認 (CK5): a ledger that ends too early, or a month whose doses are missing or far below its neighbours, stops the run, so
//! that nobody is reminded of a dose whose record was not loaded.

use chrono::{Datelike, NaiveDate};
use kansho_core::calendar;
use kansho_core::diag::{Code, Diagnostic, Severity};
use kansho_core::history::DoseRecord;
use kansho_core::ids::SeriesId;
use std::collections::BTreeMap;

/// Months looked at, and how many of the newest are left out because records arrive weeks later.
const MONTHS: i32 = 12;
const STILL_ARRIVING: i32 = 2;
/// Neighbours with fewer doses say nothing about an empty month, or about a thin one or one of a single series.
const LEAST_FOR_EMPTY: usize = 10;
const LEAST_FOR_THIN: usize = 40;

/// Doses a month below which an old ledger is told and does not stop the run.
const LEAST_FOR_OLD: usize = 30;

/// How far a ledger reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The newest 実施日 up to the as-of date.
    pub newest: Option<NaiveDate>,
    /// Doses of a usual month: the middle one of the twelve that end with the newest dose's.
    pub usual: usize,
}

impl Reach {
    /// From the newest dose and the doses of each (year, month).
    #[must_use]
    pub fn new(newest: Option<NaiveDate>, months: &BTreeMap<(i32, u32), usize>, as_of: NaiveDate) -> Self {
        let end = newest.unwrap_or(as_of);
        let month = |back: i32| {
            let day = calendar::month_shift(end, -back)?;
            Some(months.get(&(day.year(), day.month())).copied().unwrap_or(0))
        };
        let mut counts: Vec<usize> = (0..MONTHS).filter_map(month).collect();
        counts.sort_unstable();
        Self { newest, usual: counts.get(counts.len() / 2).copied().unwrap_or(0) }
    }

    /// Says that the newest dose is older than `days`; an alert where few doses a month are usual.
    #[must_use]
    pub fn old(&self, as_of: NaiveDate, days: i64) -> Option<Diagnostic> {
        let age = self.newest.map(|newest| as_of.signed_duration_since(newest).num_days());
        let message = match (self.newest, age) {
            (Some(newest), Some(age)) if age > days => {
                format!("台帳の最も新しい接種は {newest} で、基準日 {as_of} の {age} 日前です（{days} 日まで）")
            }
            (Some(_), _) => return None,
            (None, _) => "台帳に、基準日までの接種が一件もありません".to_owned(),
        };
        let told = Diagnostic::new(Code::LedgerOld, message);
        Some(if self.usual < LEAST_FOR_OLD { Diagnostic { severity: Severity::Alert, ..told } } else { told })
    }
}

/// The months whose doses are missing (in all, or of one series) or fewer than a quarter of the neighbouring months'. A neighbour
/// is one of the two months before and the two after that are complete; the lowest of them is left out where there are more
/// than two, so that two missing months in a row are seen as well. The month of the newest dose, and what would come after it, has
/// not arrived yet: how late a ledger may be is [`Reach`]'s question.
#[must_use]
pub fn gaps<'a>(doses: impl Iterator<Item = &'a DoseRecord>, as_of: NaiveDate, newest: Option<NaiveDate>) -> Vec<Diagnostic> {
    let arrived = newest.and_then(calendar::first_of_month).unwrap_or(as_of);
    let months: Vec<NaiveDate> = (STILL_ARRIVING..STILL_ARRIVING + MONTHS)
        .rev()
        .filter_map(|back| calendar::month_shift(as_of, -back))
        .filter(|month| *month < arrived)
        .collect();
    let mut counts: BTreeMap<Option<SeriesId>, Vec<usize>> = BTreeMap::new();
    for dose in doses {
        let month = calendar::first_of_month(dose.given_on).and_then(|month| months.binary_search(&month).ok());
        if let Some(place) = month {
            for key in [None, Some(dose.series)] {
                counts.entry(key).or_insert_with(|| vec![0; months.len()])[place] += 1;
            }
        }
    }
    let mut found = Vec::new();
    for (series, counts) in &counts {
        for (place, here) in counts.iter().copied().enumerate() {
            let near = place.saturating_sub(2)..counts.len().min(place + 3);
            let mut beside: Vec<usize> = near.filter(|at| *at != place).map(|at| counts[at]).collect();
            beside.sort_unstable();
            let usual = beside[usize::from(beside.len() > 2)];
            let empty = here == 0 && usual >= if series.is_none() { LEAST_FOR_EMPTY } else { LEAST_FOR_THIN };
            if empty || series.is_none() && usual >= LEAST_FOR_THIN && here * 4 < usual {
                let what = series.map_or_else(|| "接種".to_owned(), |s| format!("{s} 接種"));
                let message =
                    format!("{} の {what}の行が {here} 件です（前後の月は {usual} 件ほど）", months[place].format("%Y-%m"));
                found.push(Diagnostic::new(Code::ImportGap, message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use kansho_core::history::Outcome;
    use kansho_core::origin::Source;
    use kansho_rules::RuleBook;
    use std::path::Path;

    fn told(per_month: impl Fn(u32) -> u32) -> Vec<String> {
        let book = RuleBook::load(&kansho_core::folder::Folder::at(Path::new("../.."))).unwrap();
        let series = book.series_named("mr").unwrap();
        let dose = book.dose_named(series, "1期").unwrap();
        let mut doses = Vec::new();
        for year in [2025, 2026] {
            for month in 1..=12u32 {
                for row in 0..per_month(month) {
                    let given_on = NaiveDate::from_ymd_opt(year, month, 1 + row % 28).unwrap();
                    doses.push(DoseRecord {
                        series,
                        dose,
                        product: None,
                        given_on,
                        outcome: Outcome::Given,
                        source: Source::Given,
                    });
                }
            }
        }
        let newest = doses.iter().map(|dose| dose.given_on).max();
        gaps(doses.iter(), NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(), newest).into_iter().map(|d| d.message).collect()
    }

    #[test]
    fn a_ledger_that_ends_too_early_stops_the_run_but_in_a_small_town() {
        let d = |text: &str| text.parse::<NaiveDate>().unwrap();
        let months = |count: usize| (1..=12).map(|month| ((2026, month), count)).collect::<BTreeMap<_, _>>();
        let as_of = d("2026-12-01");
        let reach = |newest: &str, count: usize| Reach::new(Some(d(newest)), &months(count), as_of);
        assert_eq!(reach("2026-08-17", 40).old(as_of, 106), None);
        let told = reach("2026-08-16", 40).old(as_of, 106).unwrap();
        assert_eq!((told.severity, told.code), (Severity::Error, Code::LedgerOld));
        assert_eq!(reach("2026-08-16", 29).old(as_of, 106).unwrap().severity, Severity::Alert);
        assert!(Reach::new(None, &BTreeMap::new(), as_of).old(as_of, 106).is_some());
    }

    #[test]
    fn a_missing_or_thin_month_is_told() {
        assert!(told(|_| 40).is_empty());
        let june = told(|month| if month == 6 { 0 } else { 40 });
        assert_eq!(
            june,
            [
                "2026-06 の 接種の行が 0 件です（前後の月は 40 件ほど）",
                "2026-06 の mr 接種の行が 0 件です（前後の月は 40 件ほど）"
            ]
        );
        assert_eq!(told(|month| if month == 6 { 9 } else { 40 }), ["2026-06 の 接種の行が 9 件です（前後の月は 40 件ほど）"]);
        assert!(told(|month| if month == 6 { 10 } else { 40 }).is_empty());
        let two = told(|month| if month == 6 || month == 7 { 0 } else { 24 });
        assert!(two.iter().any(|m| m.starts_with("2026-06")) && two.iter().any(|m| m.starts_with("2026-07")), "{two:?}");
        assert!(
            told(|month| if month == 10 { 0 } else { 40 }).iter().any(|m| m.starts_with("2026-10")),
            "the newest complete month"
        );
    }

    #[test]
    fn the_newest_months_are_still_arriving_and_a_small_town_has_quiet_months() {
        assert!(told(|month| if month >= 11 { 0 } else { 40 }).iter().all(|m| !m.starts_with("2026")));
        assert!(told(|month| if month == 6 { 0 } else { 9 }).is_empty());
        assert!(told(|month| if month % 2 == 0 { 3 } else { 30 }).is_empty());
    }
}
