//! Properties of the engine over random lives: what must hold whatever the rules say.

use crate::known;
use chrono::{Days, NaiveDate};
use kansho_core::decision::{Forecast, Status};
use kansho_core::folder::Folder;
use kansho_core::history::{DoseRecord, Knowledge, Outcome};
use kansho_core::ids::DoseName;
use kansho_core::origin::Source;
use kansho_core::person::Sex;
use kansho_core::residency::{Entry, Removal, Residency, Spell, Standing};
use kansho_rules::{RuleBook, Subject};
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

static BOOK: LazyLock<RuleBook> = LazyLock::new(|| RuleBook::load(&Folder::at(Path::new("../.."))).unwrap());

/// Series with the births whose windows lie within the book's years.
const KINDS: &[(&str, &str, &str)] = &[
    ("dpt_ipv_hib", "2024-02-02", "2026-12-31"),
    ("hib", "2023-05-01", "2026-12-31"),
    ("pcv", "2023-05-01", "2026-12-31"),
    ("hbv", "2023-05-01", "2026-12-31"),
    ("rota1", "2023-05-01", "2026-12-31"),
    ("rota5", "2023-05-01", "2026-12-31"),
    ("bcg", "2023-05-01", "2026-12-31"),
    ("mr", "2022-05-01", "2025-12-31"),
    ("var", "2022-05-01", "2025-12-31"),
    ("je", "2016-05-01", "2025-12-31"),
    ("dt", "2013-05-01", "2016-12-31"),
    ("hpv", "2012-04-02", "2015-04-01"),
    ("pneumo_adult", "1959-05-01", "1962-03-31"),
    ("zoster", "1936-04-02", "1962-04-01"),
    ("flu", "1940-01-01", "1961-12-31"),
    ("covid", "1940-01-01", "1961-12-31"),
];

#[derive(Clone, Debug)]
struct Life {
    series: &'static str,
    birth: NaiveDate,
    /// For each dose: at which share (‰) of its window it is given.
    shares: Vec<u16>,
    /// The day the first question is asked, in days after birth or the window's years.
    asked: u64,
}

fn d(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap()
}

fn lives() -> impl Strategy<Value = Life> {
    (0..KINDS.len(), 0..10_000u64, prop::collection::vec(0..=1000u16, 0..6), 0..1200u64).prop_map(|(kind, day, shares, asked)| {
        let (series, from, until) = KINDS[kind];
        let span = (d(until) - d(from)).num_days().unsigned_abs() + 1;
        Life { series, birth: after(d(from), day % span), shares, asked }
    })
}

fn resident(birth: NaiveDate) -> Standing {
    Standing::Resident { since: birth }
}

fn forecast(life: &Life, doses: &[DoseRecord], as_of: NaiveDate, standing: Standing) -> Vec<Forecast> {
    BOOK.forecast(&subject(life, doses), known::series(&BOOK, life.series), as_of, standing).unwrap()
}

fn subject<'a>(life: &Life, doses: &'a [DoseRecord]) -> Subject<'a> {
    Subject {
        birth: life.birth,
        sex: Sex::Female,
        expected_delivery: &[],
        doses,
        knowledge: Knowledge::Known,
        had: &[],
        disabilities: &[],
        exceptions: &[],
        shortage: false,
    }
}

/// Gives the proposed doses one after the other, each at its share of the window; every step with its question's answer.
fn live(life: &Life) -> Vec<(Vec<DoseRecord>, NaiveDate, Forecast)> {
    let (mut doses, mut steps) = (Vec::new(), Vec::new());
    let mut as_of = after(d("2024-04-01").max(life.birth), life.asked);
    for share in &life.shares {
        let Some(next) = forecast(life, &doses, as_of, resident(life.birth)).into_iter().next() else { break };
        let (Some(name), Some(first), Some(last)) = (next.dose, next.first_day, next.last_day) else { break };
        let first = first.max(as_of);
        if first > last {
            break;
        }
        let span = (last - first).num_days().unsigned_abs();
        let given_on = after(first, span * u64::from(*share) / 1000);
        let series = known::series(&BOOK, life.series);
        let dose =
            DoseRecord { series, dose: name, product: next.product, given_on, outcome: Outcome::Given, source: Source::Given };
        steps.push((doses.clone(), as_of, next));
        doses.push(dose);
        as_of = given_on;
    }
    let end = forecast(life, &doses, as_of, resident(life.birth)).into_iter().next();
    steps.extend(end.map(|next| (doses, as_of, next)));
    steps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Giving the proposed dose on any day of its window never yields "invalid".
    #[test]
    fn a_proposed_dose_is_never_odd(life in lives()) {
        let steps = live(&life);
        let (doses, as_of, _) = steps.last().unwrap();
        let findings = BOOK.findings(&subject(&life, doses), known::series(&BOOK, life.series), *as_of);
        prop_assert!(findings.is_empty(), "{findings:?}");
    }

    /// The day before the window, the same dose is odd (where it had a first day after birth and the last dose).
    #[test]
    fn a_dose_before_its_window_is_odd(life in lives()) {
        for (doses, as_of, next) in live(&life) {
            let (Some(name), Some(first)) = (next.dose, next.first_day) else { continue };
            let early = first.pred_opt().unwrap();
            let last_dose = doses.last().map_or(life.birth, |d: &DoseRecord| d.given_on);
            if early <= last_dose || early < d("2024-04-01") || first > next.last_day.unwrap() || early < as_of {
                continue;
            }
            let mut with = doses.clone();
            with.push(DoseRecord { series: next.series, dose: name, product: next.product, given_on: early, outcome: Outcome::Given, source: Source::Given });
            let findings = BOOK.findings(&subject(&life, &with), next.series, early);
            prop_assert!(!findings.is_empty(), "{name} on {early}");
            // Kept: it still counts.
            let then = forecast(&life, &with, early, resident(life.birth));
            prop_assert!(then.iter().all(|f| f.dose != Some(name) || f.first_day > Some(early)));
        }
    }

    /// No dose is proposed twice, and a course ends.
    #[test]
    fn no_dose_is_proposed_twice_and_a_course_ends(mut life in lives()) {
        life.shares.extend([0, 0, 0, 0, 0, 0]);
        let steps = live(&life);
        let yearly = matches!(life.series, "flu" | "covid");
        let mut names: Vec<DoseName> = steps.iter().filter_map(|(_, _, next)| next.dose).collect();
        let proposed = names.len();
        names.sort_unstable();
        names.dedup();
        // The last answer of a course that ran out of days names its dose once more: it is not given.
        prop_assert!(yearly || names.len() + 1 >= proposed, "{steps:?}");
        let (_, _, end) = steps.last().unwrap();
        prop_assert!(yearly || matches!(end.status, Status::Complete | Status::Expired | Status::None), "{end:?}");
        prop_assert!(yearly || steps.len() <= 5, "{}", steps.len());
    }

    /// The first day never moves earlier when a dose is added.
    #[test]
    fn first_day_never_moves_earlier(life in lives()) {
        let steps = live(&life);
        for pair in steps.windows(2) {
            if let (Some(before), Some(after)) = (pair[0].2.first_day, pair[1].2.first_day) {
                prop_assert!(before <= after, "{before} > {after}");
            }
        }
    }

    /// Shuffled rows change nothing.
    #[test]
    fn the_order_of_rows_does_not_matter(life in lives(), turn in 0..10usize) {
        let steps = live(&life);
        let (doses, as_of, _) = steps.last().unwrap();
        let mut shuffled = doses.clone();
        shuffled.reverse();
        let by = turn % shuffled.len().max(1);
        shuffled.rotate_left(by);
        prop_assert_eq!(forecast(&life, doses, *as_of, resident(life.birth)), forecast(&life, &shuffled, *as_of, resident(life.birth)));
    }

    /// A day of residence more never removes a due dose.
    #[test]
    fn a_day_of_residence_more_never_removes_a_due_dose(life in lives(), since in 0..2000u64, stay in 0..2000u64) {
        let came = after(life.birth, since);
        let left = after(came, stay);
        let spell = |since, until| Residency {
            spells: vec![Spell { since, entry: Entry::MovedIn, removed: Some((until, Removal::MovedOut)) }],
            leaving_on: None,
            died_on: None,
        };
        let as_of = after(d("2024-04-01").max(life.birth), life.asked);
        let due = |residency: Residency| forecast(&life, &[], as_of, residency.on(as_of)).iter().any(|f| f.due);
        let short = due(spell(came, left));
        prop_assert!(!short || due(spell(came, after(left, 1))));
        prop_assert!(!short || due(spell(came.pred_opt().unwrap(), left)));
    }
}
