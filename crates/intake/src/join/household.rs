//! 支援措置 reaches the whole household (CK15): the child's letter carries the parent's address.

use kansho_core::case::Case;
use kansho_core::person::HouseholdNumber;
use std::collections::BTreeSet;

/// Marks every protected person, and everyone who shares a 世帯番号 with one.
///
/// Protection does not end by itself when its term is over (standard-spec 1.1), so the term is not looked at.
pub(crate) fn protect(cases: &mut [Case]) {
    let has_mark = |case: &Case| case.marks.iter().any(|mark| mark.effect().protects);
    let households: BTreeSet<HouseholdNumber> =
        cases.iter().filter(|case| has_mark(case)).filter_map(|case| case.resident.household.clone()).collect();
    for case in cases {
        if has_mark(case) {
            case.protected = Some("支援措置の本人".to_owned());
        } else if case.resident.household.as_ref().is_some_and(|household| households.contains(household)) {
            case.protected = Some("同じ世帯に支援措置の人がいる".to_owned());
        }
    }
}
