//! Case × programmes × as-of → decisions with evidence. Pure and total: every candidate ends in exactly one bucket.
//!
//! [`candidacy`] asks by birth date (and 住民となった日) only whether a trigger of the programme falls into the period; everyone
//! else is only counted, by [`outsider::Part`]. [`ladder`] then asks the ordered questions; the first that answers decides.

pub mod candidacy;
mod doses;
pub mod entitled;
pub mod issued;
pub mod ladder;
pub mod outlook;
pub mod outsider;
pub mod programme;
pub mod question;
mod stand;
mod terms;
pub mod why;

use crate::RuleBook;
use chrono::NaiveDate;
use kansho_core::case::{Case, LedgerPlaces};
use kansho_core::decision::Decision;
use kansho_core::keys::{CaseKey, ProgrammeKey};
use outsider::Part;
use programme::Programmes;
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
    pub programmes: &'a Programmes,
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

/// 今回の対象月でない人: pairs of person and programme that are no candidate, in all and by why (design §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// All of them.
    pub pairs: usize,
    /// In the order of [`Part::ALL`].
    pub parts: [usize; Part::ALL.len()],
}

impl Outside {
    fn add(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.parts.iter_mut().zip(other.parts).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// Every candidate's decision, in the order of cases then programmes; who is none, counted.
#[must_use]
pub fn decide(cases: &[Case], ground: &Ground<'_>) -> (Vec<Decision>, Outside) {
    let of_each: Vec<(Vec<Decision>, Outside)> =
        cases.par_iter().enumerate().map(|(place, case)| decide_one(CaseKey::at(place), case, ground)).collect();
    let mut outside = Outside::default();
    of_each.iter().for_each(|(_, of_one)| outside.add(of_one));
    (of_each.into_iter().flat_map(|(decisions, _)| decisions).collect(), outside)
}

/// The decisions of one person for the programmes whose candidate they are; the other programmes counted.
#[must_use]
pub fn decide_one(key: CaseKey, case: &Case, ground: &Ground<'_>) -> (Vec<Decision>, Outside) {
    let (mut decisions, mut outside) = (Vec::new(), Outside::default());
    for (of, programme) in ground.programmes.keyed() {
        match candidacy::find(case, programme, &ground.period) {
            Some(candidacy) => decisions.push(ladder::climb((key, case), (of, programme), &candidacy, ground)),
            None => {
                let part = outsider::part(case, programme, ground);
                outside.pairs += 1;
                outside.parts[part as usize] += 1;
            }
        }
    }
    (decisions, outside)
}

/// The decision of one person and one programme, who is no candidate included (`select`, `why`).
#[must_use]
pub fn answer(key: CaseKey, case: &Case, of: ProgrammeKey, ground: &Ground<'_>) -> Decision {
    let programme = &ground.programmes[of];
    match candidacy::find(case, programme, &ground.period) {
        Some(candidacy) => ladder::climb((key, case), (of, programme), &candidacy, ground),
        None => outsider::decision((key, case), (of, programme), ground),
    }
}
