//! Case × programmes × as-of → decisions with evidence. Pure and total: every candidate ends in exactly one bucket.
//!
//! [`candidacy`] asks by birth date (and 住民となった日) only whether a trigger of the programme falls into the period; everyone
//! else is only counted, by [`outsider::Part`]. [`ladder`] then asks the ordered questions; the first that answers decides.

pub mod candidacy;
pub mod entitled;
pub mod ladder;
pub mod outsider;
pub mod programme;
mod stand;
pub mod why;

use crate::domain::case::{Case, LedgerPlaces};
use crate::domain::decision::Decision;
use crate::rules::RuleBook;
use chrono::NaiveDate;
use programme::Programme;
use rayon::prelude::*;

/// The dates that decide (CK1).
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// First day since the last run.
    pub since: NaiveDate,
    /// 基準日
    pub as_of: NaiveDate,
    /// 発送日
    pub post_on: NaiveDate,
}

/// What the decisions are made with.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The rule book.
    pub book: &'a RuleBook,
    /// The programmes, in order.
    pub programmes: &'a [Programme],
    /// The dates.
    pub period: Period,
    /// How far the ledger was imported.
    pub imported: Imported,
    /// Where the rows of the ledger stand.
    pub places: &'a LedgerPlaces,
}

/// How far the ledger was imported, for what may be said of people without a dose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The newest 実施日 up to the as-of date.
    pub until: Option<NaiveDate>,
    /// No month is missing.
    pub whole: bool,
}

/// Every candidate's decision, in the order of cases then programmes; the number of pairs that are none.
#[must_use]
pub fn decide(cases: &[Case], ground: &Ground<'_>) -> (Vec<Decision>, usize) {
    let of_each: Vec<(Vec<Decision>, usize)> =
        cases.par_iter().enumerate().map(|(place, case)| decide_one(place, case, ground)).collect();
    let outside = of_each.iter().map(|(_, outside)| outside).sum();
    (of_each.into_iter().flat_map(|(decisions, _)| decisions).collect(), outside)
}

/// The decisions of one person for the programmes whose candidate they are, and the number of the other programmes.
#[must_use]
pub fn decide_one(place: usize, case: &Case, ground: &Ground<'_>) -> (Vec<Decision>, usize) {
    let (mut decisions, mut outside) = (Vec::new(), 0);
    for (index, programme) in ground.programmes.iter().enumerate() {
        match candidacy::find(case, programme, &ground.period) {
            Some(candidacy) => decisions.push(ladder::climb(place, case, index, programme, &candidacy, ground)),
            None => outside += 1,
        }
    }
    (decisions, outside)
}

/// The decision of one person and one programme, who is no candidate included (`select`, `why`).
#[must_use]
pub fn answer(place: usize, case: &Case, index: usize, ground: &Ground<'_>) -> Decision {
    let programme = &ground.programmes[index];
    match candidacy::find(case, programme, &ground.period) {
        Some(candidacy) => ladder::climb(place, case, index, programme, &candidacy, ground),
        None => outsider::decision(place, case, index, programme, ground),
    }
}
