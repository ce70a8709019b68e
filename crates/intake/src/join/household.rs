//! 支援措置 reaches everyone tied to a protected person (CK15): the child's letter carries the parent's address.

use chrono::{Months, NaiveDate};
use kansho_core::case::{Case, PastHousehold, PersonKey};
use kansho_core::person::{AddresseeNumber, HouseholdNumber};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How long before the as-of date a household that parted still ties its people.
const REMEMBERED: Months = Months::new(24);

/// Which cases have a number.
type Places = HashMap<PersonKey, Vec<usize>>;

/// The day after which a household that parted still ties its people on the as-of date.
#[must_use]
pub fn remembered(as_of: NaiveDate) -> NaiveDate {
    as_of.checked_sub_months(REMEMBERED).unwrap_or(NaiveDate::MIN)
}

/// Gives everybody the households of before that a store remembers beyond the rows of the feed.
pub(crate) fn remember(past: Vec<(PersonKey, PastHousehold)>, places: &Places, cases: &mut [Case]) {
    for (key, household) in past {
        for place in places.get(&key).into_iter().flatten() {
            cases[*place].resident.households.push(household.clone());
        }
    }
}

/// Marks every protected person and everyone tied to one. Protection does not end by itself when its term is over (standard-spec 1.1),
/// so the term is not looked at.
///
/// Tied (CK15: "anyone in the same household or linked as guardian/child"; the 24 months):
/// - whoever has, or had within 24 months, a 世帯番号 that the protected person has, or had within them. Whether both had it on one day
///   is not asked: who lived there knows the address. A day that nobody knows counts, and so does the newest row, even of somebody gone;
/// - guardian and child by 保護者_宛名番号, both ways, and the other children of a protected child's guardian: a letter to any of them is
///   written to that guardian;
/// - whoever lives now with somebody tied by 保護者: their letters carry the address of that child or guardian.
///
/// No further step: somebody tied by a household ties nobody else.
pub(crate) fn protect(cases: &mut [Case], places: &Places, as_of: NaiveDate) {
    let own: Vec<usize> =
        (0..cases.len()).filter(|place| cases[*place].marks.iter().any(|mark| mark.effect().protects)).collect();
    if own.is_empty() {
        return;
    }
    let first = remembered(as_of);
    let shared: BTreeSet<HouseholdNumber> =
        own.iter().flat_map(|place| households(&cases[*place], first, as_of)).cloned().collect();
    let linked = linked(cases, places, &own);
    let beside: BTreeSet<HouseholdNumber> = linked.keys().filter_map(|place| cases[*place].resident.household.clone()).collect();
    let own: BTreeSet<usize> = own.into_iter().collect();
    for (place, case) in cases.iter_mut().enumerate() {
        let now =
            |known: &BTreeSet<HouseholdNumber>| case.resident.household.as_ref().is_some_and(|number| known.contains(number));
        let why = if own.contains(&place) {
            Some("支援措置の本人")
        } else if now(&shared) {
            Some("同じ世帯に支援措置の人がいる")
        } else if let Some(why) = linked.get(&place) {
            Some(*why)
        } else if households(case, first, as_of).any(|number| shared.contains(number)) {
            Some("24か月以内に支援措置の人と同じ世帯番号だった")
        } else if now(&beside) {
            Some("支援措置の人と保護者でつながる人と同じ世帯にいる")
        } else {
            None
        };
        case.protected = why.map(str::to_owned);
    }
}

/// 世帯番号 of now, and those of before that reach into the days from `first` to `last`.
fn households(case: &Case, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = &HouseholdNumber> {
    let past = case.resident.households.iter().filter(move |past| past.reaches(first, last)).map(|past| &past.number);
    case.resident.household.iter().chain(past)
}

/// Everybody tied to the protected by 保護者_宛名番号, and how.
fn linked(cases: &[Case], places: &Places, own: &[usize]) -> BTreeMap<usize, &'static str> {
    let mut found: BTreeMap<usize, &'static str> = BTreeMap::new();
    // A guardian who is no resident still ties the children who name them.
    let of_them: BTreeSet<AddresseeNumber> = own.iter().filter_map(|place| cases[*place].resident.guardian.clone()).collect();
    let guardians: BTreeSet<usize> =
        of_them.iter().filter_map(|number| places.get(&PersonKey::Addressee(number.clone()))).flatten().copied().collect();
    let own: BTreeSet<usize> = own.iter().copied().collect();
    for (place, case) in cases.iter().enumerate() {
        let Some(guardian) = &case.resident.guardian else { continue };
        let meant = || places.get(&PersonKey::Addressee(guardian.clone())).into_iter().flatten();
        if meant().any(|place| own.contains(place)) {
            found.insert(place, "保護者が支援措置の人");
        } else if of_them.contains(guardian) || meant().any(|place| guardians.contains(place)) {
            found.insert(place, "支援措置の人と保護者が同じ");
        }
    }
    for place in guardians {
        found.insert(place, "支援措置の人の保護者");
    }
    found
}
