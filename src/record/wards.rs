//! 区 × 生まれた月 (CK19): people sent something beside the residents of the same ward and month of birth; a ward with nobody is seen.

use crate::record::chart;
use chrono::{Datelike, NaiveDate};
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Verdict};
use kansho_core::keys::CaseKey;
use kansho_core::residency::Standing;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// Residents from whom a ward with nobody selected is remarkable.
const REMARKABLE: usize = 5;

/// (residents, people selected) by month of birth and ward, for the months with anybody selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wards {
    cells: BTreeMap<(i32, u32), BTreeMap<String, (usize, usize)>>,
    names: BTreeSet<String>,
}

impl Wards {
    /// Counts residents as of a day and persons with at least one selected decision.
    #[must_use]
    pub fn count(cases: &[Case], decisions: &[Decision], as_of: NaiveDate) -> Self {
        let selected: BTreeSet<CaseKey> = decisions.iter().filter(|d| d.verdict == Verdict::Selected).map(|d| d.case).collect();
        let month = |case: &Case| case.resident.birth.exact().map(|birth| (birth.year(), birth.month()));
        let ward = |case: &Case| case.resident.address.ward.clone().unwrap_or_else(|| "（区なし）".to_owned());
        let months: BTreeSet<(i32, u32)> = selected.iter().filter_map(|place| month(&cases[*place])).collect();
        let mut found = Self::default();
        for (key, case) in CaseKey::each(cases) {
            if !matches!(case.resident.residency.on(as_of), Standing::Resident { .. }) {
                continue;
            }
            found.names.insert(ward(case));
            if let Some(month) = month(case).filter(|m| months.contains(m)) {
                let cell = found.cells.entry(month).or_default().entry(ward(case)).or_default();
                cell.0 += 1;
                cell.1 += usize::from(selected.contains(&key));
            }
        }
        found
    }

    /// Month and ward where residents are many, nobody is selected, and elsewhere at least a fifth is.
    #[must_use]
    pub fn empty(&self) -> Vec<((i32, u32), String)> {
        let mut found = Vec::new();
        for (month, wards) in &self.cells {
            let (all, sent) = wards.values().fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1));
            let usual = sent * 5 >= all;
            let bare = wards.iter().filter(|(_, cell)| usual && cell.0 >= REMARKABLE && cell.1 == 0);
            found.extend(bare.map(|(ward, _)| (*month, ward.clone())));
        }
        found
    }

    /// The section of the report.
    #[must_use]
    pub fn html(&self) -> Markup {
        let empty: BTreeSet<((i32, u32), String)> = self.empty().into_iter().collect();
        let sum = |wards: &BTreeMap<String, (usize, usize)>| wards.values().fold((0, 0), |all, c| (all.0 + c.0, all.1 + c.1));
        let most = self.cells.values().map(|wards| sum(wards).1).max().unwrap_or(1).max(1);
        html! {
            h2 { "区 × 生まれた月（CK19）" }
            p { "送る人／住民（基準日）。▲ は、ほかの区には送るのに誰にも送らない区です。" }
            table {
                tr { th { "生まれた月" } @for name in &self.names { th { (name) } } th { "計" } th {} }
                @for (month, wards) in &self.cells {
                    tr {
                        th { (format_args!("{}-{:02}", month.0, month.1)) }
                        @for name in &self.names {
                            @let (residents, sent) = wards.get(name).copied().unwrap_or_default();
                            td.n { @if empty.contains(&(*month, name.clone())) { "▲" } (sent) "／" (residents) }
                        }
                        @let (residents, sent) = sum(wards);
                        td.n { (sent) "／" (residents) }
                        td { (chart::bar(sent, most, 160)) }
                    }
                }
            }
        }
    }
}
