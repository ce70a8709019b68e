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

use crate::domain::case::Case;
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
}

/// Every candidate's decision, in the order of cases then programmes; the number of pairs that are none.
#[must_use]
pub fn decide(cases: &[Case], ground: &Ground<'_>) -> (Vec<Decision>, usize) {
    let decisions: Vec<Decision> =
        cases.par_iter().enumerate().map(|(place, case)| decide_one(place, case, ground)).flatten_iter().collect();
    let outside = cases.len() * ground.programmes.len() - decisions.len();
    (decisions, outside)
}

/// The decisions of one person for the programmes whose candidate they are.
#[must_use]
pub fn decide_one(place: usize, case: &Case, ground: &Ground<'_>) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for (index, programme) in ground.programmes.iter().enumerate() {
        if let Some(candidacy) = candidacy::find(case, programme, &ground.period) {
            decisions.push(ladder::climb(place, case, index, programme, &candidacy, ground));
        }
    }
    decisions
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
