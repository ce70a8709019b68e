//! 図: small charts as inline SVG. Drawn shapes are printed where a browser leaves backgrounds out; black on white survives a copier.

use maud::{Markup, html};
use std::collections::BTreeMap;

/// Height of a bar in a table in CSS pixels.
const BAR: usize = 12;

/// A bar in a table: `value` of `most` as a part of `width` pixels. What is not nothing is seen.
#[must_use]
pub fn bar(value: usize, most: usize, width: usize) -> Markup {
    let filled = (value * width / most.max(1)).max(usize::from(value > 0));
    html! { svg width=(width) height=(BAR) role="img" aria-label=(value) { rect width=(filled) height=(BAR) {} } }
}

/// Size of a histogram in CSS pixels: of the whole, and the place of the columns in it.
const WIDTH: i32 = 300;
const HEIGHT: usize = 84;
const COLUMNS: usize = 52;
const TOP: usize = 16;
/// Thickest column.
const THICK: f64 = 14.0;
/// Months shown one by one; a longer stretch is shown by years.
const MONTHS: i32 = 72;

/// 生まれた月の分布: one column a month of birth, or a year where the births lie far apart. An empty column is a gap among the births.
#[must_use]
pub fn births(title: &str, months: &BTreeMap<(i32, u32), usize>) -> Markup {
    let place = |(year, month): (i32, u32)| year * 12 + i32::try_from(month).unwrap_or(1) - 1;
    let (Some(first), Some(last)) = (months.keys().next(), months.keys().next_back()) else { return Markup::default() };
    let by_year = place(*last) - place(*first) >= MONTHS;
    let step = if by_year { 12 } else { 1 };
    let column = |at: (i32, u32)| place(at).div_euclid(step) - place(*first).div_euclid(step);
    let mut columns: BTreeMap<i32, usize> = BTreeMap::new();
    for (at, count) in months {
        *columns.entry(column(*at)).or_default() += count;
    }
    let number = column(*last) + 1;
    let most = columns.values().copied().max().unwrap_or(1).max(1);
    let total: usize = months.values().sum();
    let wide = f64::from(WIDTH) / f64::from(number);
    let thick = if wide > 4.0 { (wide - 1.0).min(THICK) } else { wide };
    let named = |(year, month): (i32, u32)| if by_year { format!("{year}年") } else { format!("{year}-{month:02}") };
    let base = TOP + COLUMNS;
    html! {
        figure {
            figcaption { (title) "　" (total) "件" }
            svg width=(WIDTH) height=(HEIGHT) role="img" font-size="11" {
                text y="10" fill="#444" { "最多 " (most) "件（" @if by_year { "年" } @else { "月" } "ごと）" }
                @for (at, count) in &columns {
                    @let high = (count * COLUMNS / most).max(1);
                    @let left = f64::from(*at) * wide + (wide - thick) / 2.0;
                    rect x=(format_args!("{left:.1}")) y=(base - high) width=(format_args!("{thick:.1}")) height=(high) {}
                }
                path d={ "M0 " (base) "H" (WIDTH) } stroke="#111" {}
                text y=(HEIGHT) dy="-3" { (named(*first)) }
                text x=(WIDTH) y=(HEIGHT) dy="-3" text-anchor="end" { (named(*last)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_without_births_leaves_a_gap_and_far_births_are_shown_by_years() {
        let near = births("甲<乙", &BTreeMap::from([((2025, 11), 4), ((2026, 1), 1)])).into_string();
        assert!(near.contains("甲&lt;乙　5件") && near.contains("2025-11") && near.contains("2026-01"));
        // Three places of 100 pixels, nothing in the middle one.
        assert!(near.contains("<rect x=\"43.0\"") && near.contains("<rect x=\"243.0\"") && !near.contains("<rect x=\"143.0\""));
        let far = births("丙", &BTreeMap::from([((1930, 5), 4), ((1930, 6), 1), ((1961, 1), 1)])).into_string();
        assert!(far.contains("1930年") && far.contains("最多 5件（年ごと）"));
        assert_eq!(births("丁", &BTreeMap::new()).into_string(), "");
    }

    #[test]
    fn one_person_is_seen_beside_thousands() {
        assert!(bar(1, 9_000, 240).into_string().contains("<rect width=\"1\""));
        assert!(bar(0, 9_000, 240).into_string().contains("<rect width=\"0\""));
        assert!(bar(9_000, 9_000, 240).into_string().contains("<rect width=\"240\""));
    }
}
