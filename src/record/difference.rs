//! 前回との差 (CK23): who is sent something now and was not, who was and is not, and whose decision changed.

use crate::record::previous::{Decisions, Previous};
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Reason, Verdict};
use kansho_rules::decide::programme::Programme;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of the list that the report prints; the counts above it are complete.
const SHOWN: usize = 300;

/// The difference of two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Selected now, no candidate of the previous run.
    pub entered: Vec<Change>,
    /// Selected then, not selected now.
    pub left: Vec<Change>,
    /// Candidate of both with another decision or reason (already notified after being selected is the rule, not a change).
    pub changed: Vec<Change>,
    /// Candidate of both with the same decision and reason, or notified by the previous run.
    pub same: usize,
}

/// One person and programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// 予防接種番号
    pub person: String,
    /// 事業 id
    pub programme: String,
    /// Decision and reason then, in Japanese.
    pub then: String,
    /// Decision and reason now.
    pub now: String,
}

/// Compares the previous run with today's decisions.
#[must_use]
pub fn difference(before: &Decisions, cases: &[Case], decisions: &[Decision]) -> Difference {
    let mut found = Difference::default();
    let mut met = BTreeSet::new();
    for decision in decisions {
        let key = (cases[decision.case].printed_id().to_owned(), decision.programme.to_string());
        let now = (decision.verdict.id(), decision.reason.id());
        let change = |then: String| Change {
            person: key.0.clone(),
            programme: key.1.clone(),
            then,
            now: format!("{}（{}）", verdict_word(now.0), reason_word(now.1)),
        };
        match before.get(&key) {
            None if decision.verdict == Verdict::Selected => found.entered.push(change("候補でない".to_owned())),
            None => {}
            Some((verdict, reason)) => {
                let notified = verdict == "selected" && decision.reason == Reason::AlreadyNotified;
                let then = format!("{}（{}）", verdict_word(verdict), reason_word(reason));
                if notified || (verdict.as_str(), reason.as_str()) == now {
                    found.same += 1;
                } else if verdict == "selected" {
                    found.left.push(change(then));
                } else {
                    found.changed.push(change(then));
                }
            }
        }
        met.insert(key);
    }
    let present: BTreeSet<&str> = cases.iter().filter_map(Case::id).collect();
    for ((person, programme), (verdict, reason)) in before {
        if verdict == "selected" && !met.contains(&(person.clone(), programme.clone())) {
            let now = if present.contains(person.as_str()) {
                "候補でない（通知の時期が過ぎた）"
            } else {
                "住民ファイルにいない"
            };
            let then = format!("{}（{}）", verdict_word(verdict), reason_word(reason));
            found.left.push(Change { person: person.clone(), programme: programme.clone(), then, now: now.to_owned() });
        }
    }
    found
}

fn verdict_word(id: &str) -> &str {
    match id {
        "selected" => "送る",
        "excluded" => "送らない",
        "held" => "保留",
        other => other,
    }
}

fn reason_word(id: &str) -> &str {
    Reason::ALL.iter().find(|reason| reason.id() == id).map_or(id, |reason| reason.word())
}

impl Difference {
    /// The section of the report.
    #[must_use]
    pub fn html(&self, previous: &Previous, programmes: &[Programme]) -> Markup {
        let mut by_programme: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for (at, list) in [&self.entered, &self.left, &self.changed].into_iter().enumerate() {
            for change in list {
                by_programme.entry(&change.programme).or_default()[at] += 1;
            }
        }
        let name = |id: &str| programmes.iter().find(|p| p.id.as_str() == id).map_or_else(|| id.to_owned(), |p| p.name.clone());
        let changes = || self.left.iter().chain(&self.changed);
        let (entered, left, changed) = (self.entered.len(), self.left.len(), self.changed.len());
        html! {
            h2 { "前回との差（CK23）" }
            p {
                "前回 " (previous.run) "（基準日 " (previous.as_of) "）と比べて: 新しく送る " (entered) "、送らなくなった " (left)
                "、判定が変わった " (changed) "、同じ " (self.same)
            }
            table {
                tr { th { "事業" } th { "新しく送る" } th { "送らなくなった" } th { "変わった" } }
                @for (programme, counts) in by_programme {
                    tr { td { (name(programme)) } @for count in counts { td.n { (count) } } }
                }
            }
            table {
                tr { th { "予防接種番号" } th { "事業" } th { "前回" } th { "今回" } }
                @for Change { person, programme, then, now } in changes().take(SHOWN) {
                    tr { @for text in [person, &name(programme), then, now] { td { (text) } } }
                }
            }
            @if changes().count() > SHOWN {
                p { "ほかに " (changes().count() - SHOWN) " 件（office/pieces.json の decisions にあります）" }
            }
        }
    }
}
