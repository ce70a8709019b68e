//! 境界の確認 (CK4): for each group the first and last birth date selected, and the nearest people on either side who are not.

use chrono::{Datelike, NaiveDate};
use kansho_core::calendar;
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Verdict};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::notice::Trigger;
use kansho_core::person::Sex;
use kansho_rules::decide::programme::Anchor;
use kansho_rules::decide::{self, Ground};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// One group of people selected for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The programme.
    pub programme: ProgrammeKey,
    /// きっかけ
    pub trigger: Trigger,
    /// First and last birth date selected.
    pub births: (NaiveDate, NaiveDate),
    /// People selected.
    pub count: usize,
    /// Of these, born on 4/1, 4/2 and 2/29.
    pub turning: [usize; 3],
    /// The nearest people before and after who are not selected.
    pub beside: [Option<Neighbour>; 2],
}

/// Somebody just outside a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// 予防接種番号
    pub person: String,
    /// 生年月日
    pub birth: NaiveDate,
    /// Why not.
    pub reason: String,
}

/// Every group of the selected decisions; whose right comes from a mark has no bounds of age.
#[must_use]
pub fn witnesses(cases: &[Case], decisions: &[Decision], ground: &Ground<'_>) -> Vec<Witness> {
    let mut births: Vec<(NaiveDate, CaseKey)> =
        CaseKey::each(cases).filter_map(|(place, case)| Some((case.resident.birth.exact()?, place))).collect();
    births.sort_unstable();
    let mut groups: BTreeMap<(ProgrammeKey, Trigger, Option<i32>), Vec<NaiveDate>> = BTreeMap::new();
    let mut selected: BTreeMap<ProgrammeKey, BTreeSet<CaseKey>> = BTreeMap::new();
    for decision in decisions.iter().filter(|d| d.verdict == Verdict::Selected && !d.by_mark) {
        if let (Some(birth), Some(trigger)) = (cases[decision.case].resident.birth.exact(), decision.trigger) {
            let key = (decision.programme_key, trigger, cohort(birth, decision, ground));
            groups.entry(key).or_default().push(birth);
        }
    }
    for decision in decisions.iter().filter(|d| d.verdict == Verdict::Selected) {
        selected.entry(decision.programme_key).or_default().insert(decision.case);
    }
    let mut found = Vec::new();
    for ((programme, trigger, _), days) in groups {
        let (Some(first), Some(last)) = (days.iter().min().copied(), days.iter().max().copied()) else { continue };
        let turning = [(4, 1), (4, 2), (2, 29)].map(|day| days.iter().filter(|d| (d.month(), d.day()) == day).count());
        let sex = ground.programmes[programme].sex;
        let outside = |place: CaseKey| {
            sex.is_none_or(|sex| cases[place].resident.sex == sex || cases[place].resident.sex == Sex::Unknown)
                && !selected.get(&programme).is_some_and(|chosen| chosen.contains(&place))
        };
        let neighbour = |(birth, place): &(NaiveDate, CaseKey)| {
            let answer = decide::answer(*place, &cases[*place], programme, ground);
            Neighbour { person: cases[*place].printed_id().to_owned(), birth: *birth, reason: answer.word().to_owned() }
        };
        let (low, high) = (births.partition_point(|(day, _)| *day < first), births.partition_point(|(day, _)| *day <= last));
        let before = births[..low].iter().rev().find(|(_, place)| outside(*place)).map(neighbour);
        let after = births[high..].iter().find(|(_, place)| outside(*place)).map(neighbour);
        found.push(Witness { programme, trigger, births: (first, last), count: days.len(), turning, beside: [before, after] });
    }
    found
}

/// Programmes for several ages (65, 70, …): one group for each year of birth from 4/2 to 4/1.
fn cohort(birth: NaiveDate, decision: &Decision, ground: &Ground<'_>) -> Option<i32> {
    let rules = &ground.programmes[decision.programme_key].triggers;
    let several = rules.iter().any(|rule| matches!(&rule.anchor, Anchor::FiscalYearOf(ages) if ages.len() > 1));
    several.then(|| birth.pred_opt().map_or(0, calendar::fiscal_year))
}

/// The section of the report.
#[must_use]
pub fn html(witnesses: &[Witness], ground: &Ground<'_>) -> Markup {
    const TOLD: &str = "事業ときっかけごとに、送る人の最も早い・遅い生年月日と、そのすぐ外側の送らない人です。年度で区切る事業は4月2日～翌年4月1日になっているか確かめてください。障害・供給不足の登録による人は、年齢の境がないので載せていません。";
    let beside = |neighbour: &Option<Neighbour>| {
        html! {
            @match neighbour {
                Some(n) => { (n.birth) br; (n.reason) "（" (n.person) "）" }
                None => { "いない" }
            }
        }
    };
    html! {
        h2 { "境界の確認（CK4）" }
        p { (TOLD) }
        table {
            tr {
                th { "事業" } th { "きっかけ" } th { "すぐ前の送らない人" } th { "最も早い生年月日" } th { "最も遅い生年月日" }
                th { "すぐ後の送らない人" } th { "人数" } th { "4/1" } th { "4/2" } th { "2/29" }
            }
            @for Witness { programme, trigger, births: (first, last), count, turning, beside: [before, after] } in witnesses {
                tr {
                    td { (ground.programmes[*programme].name) }
                    td { (trigger.word()) }
                    td { (beside(before)) }
                    td { (first) }
                    td { (last) }
                    td { (beside(after)) }
                    td.n { (count) }
                    @for born in turning { td.n { (born) } }
                }
            }
        }
    }
}
