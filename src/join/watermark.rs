//! 取込の確認 (CK5): a month whose doses are missing or far below its neighbours stops the run, so that nobody is reminded of a
//! dose whose record was not loaded.

use crate::diag::{Code, Diagnostic};
use crate::domain::calendar;
use crate::domain::history::DoseRecord;
use crate::domain::symbol::SeriesId;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Months looked at, and how many of the newest are left out because records arrive weeks later.
const MONTHS: i32 = 12;
const STILL_ARRIVING: i32 = 2;
/// Neighbours with fewer doses say nothing about an empty month, or about a thin one or one of a single series.
const LEAST_FOR_EMPTY: usize = 10;
const LEAST_FOR_THIN: usize = 40;

/// The months whose doses are missing (in all, or of one series) or fewer than a quarter of the neighbouring months'. A neighbour
/// is one of the two months before and the two after that are complete; the lowest of them is left out where there are more
/// than two, so that two missing months in a row are seen as well.
#[must_use]
pub fn gaps<'a>(doses: impl Iterator<Item = &'a DoseRecord>, as_of: NaiveDate) -> Vec<Diagnostic> {
    let months: Vec<NaiveDate> =
        (STILL_ARRIVING..STILL_ARRIVING + MONTHS).rev().filter_map(|back| calendar::month_shift(as_of, -back)).collect();
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
    use crate::domain::history::Outcome;
    use crate::domain::symbol::Symbol;

    fn told(per_month: impl Fn(u32) -> u32) -> Vec<String> {
        let mut doses = Vec::new();
        for year in [2025, 2026] {
            for month in 1..=12u32 {
                for row in 0..per_month(month) {
                    let given_on = NaiveDate::from_ymd_opt(year, month, 1 + row % 28).unwrap();
                    let (series, dose) = (Symbol::new("mr"), Symbol::new("1期"));
                    doses.push(DoseRecord { series, dose, product: None, given_on, outcome: Outcome::Given, row: 0 });
                }
            }
        }
        gaps(doses.iter(), NaiveDate::from_ymd_opt(2026, 12, 1).unwrap()).into_iter().map(|d| d.message).collect()
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
