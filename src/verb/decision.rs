//! One decision in JSON (design §7): what `select` lists and `why` tells beside its answers.

use crate::desk::inputs::Inputs;
use crate::record::manifest::EvidenceEntry;
use kansho_core::case::Case;
use kansho_core::decision::Decision;
use kansho_rules::decide;
use serde::Serialize;

/// One object of the JSON list.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    person: &'a str,
    programme: &'a str,
    series: Vec<&'a str>,
    decision: &'a str,
    reason: &'a str,
    evidence: Vec<EvidenceEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes_on: Option<Option<String>>,
}

impl<'a> Entry<'a> {
    /// The object of one decision; `changes` adds `changes_on` (`why`).
    #[must_use]
    pub fn new(case: &'a Case, decision: &'a Decision, inputs: &'a Inputs, changes: bool) -> Self {
        let programme = &inputs.settings.programmes[decision.programme_key];
        let changes_on = decide::why::changes_on(case, decision, &inputs.ground()).map(|day| day.to_string());
        Self {
            person: case.printed_id(),
            programme: programme.id.as_str(),
            series: programme.targets.iter().map(|t| t.series.as_str()).collect(),
            decision: decision.verdict.id(),
            reason: decision.reason.id(),
            evidence: decision.evidence.iter().map(EvidenceEntry::from).collect(),
            changes_on: changes.then_some(changes_on),
        }
    }
}
