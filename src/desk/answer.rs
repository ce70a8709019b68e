//! 窓口の問い: what the files say of one person, or of everybody, with whoever cannot be printed or posted held. Nothing is made, and no
//! number is taken.

use crate::desk::inputs::{self, Given, Inputs};
use crate::desk::names::{self, Names};
use crate::desk::settings::Settings;
use crate::desk::{Desk, Doing, output};
use kansho_core::case::Case;
use kansho_core::decision::Decision;
use kansho_core::diag::{Failure, Report};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_rules::decide;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The answer about one person.
#[derive(Debug)]
pub struct Answer {
    /// What it was made from.
    pub inputs: Inputs,
    /// One decision for each programme that was asked for.
    pub decisions: Vec<Decision>,
    case: CaseKey,
}

impl Answer {
    /// The person.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.inputs.joined.cases[self.case]
    }
}

/// Every programme, or the one that is named, for one person.
///
/// # Errors
/// A [`Failure`] when the files refuse, the person is not in them or the programme is not known.
pub fn about(
    person: &str,
    programme: Option<&str>,
    given: &Given,
    settings: &Arc<Settings>,
    desk: &Desk<'_>,
) -> Result<Answer, Failure> {
    desk.tell(Doing::Reading);
    desk.pool.install(|| {
        let inputs = inputs::load_for(person, given, settings)?;
        let case = names::person(&inputs, person)?;
        let wanted = match programme {
            Some(text) => vec![Names::new(&settings.book, &settings.tables).programme(&settings.programmes, text)?],
            None => settings.programmes.keyed().map(|(key, _)| key).collect(),
        };
        let ground = inputs.ground();
        let (mut decisions, _) = decide::decide_one(case, &inputs.joined.cases[case], &ground);
        output::hold_unprintable(&inputs, &mut decisions, &mut Report::new())?;
        let decisions = wanted
            .into_iter()
            .map(|key| {
                let of_candidate = decisions.iter().find(|d| d.programme_key == key).cloned();
                of_candidate.unwrap_or_else(|| decide::answer(case, &inputs.joined.cases[case], key, &ground))
            })
            .collect();
        Ok(Answer { inputs, decisions, case })
    })
}

/// The decisions about everybody.
#[derive(Debug)]
pub struct Everybody {
    /// What they were made from.
    pub inputs: Inputs,
    /// What was found.
    pub report: Report,
    /// Those of candidates, by case and programme.
    candidates: BTreeMap<(CaseKey, ProgrammeKey), Decision>,
}

/// Decides about everybody.
///
/// # Errors
/// A [`Failure`] when the files refuse or cannot be read.
pub fn everybody(given: &Given, settings: &Arc<Settings>, desk: &Desk<'_>) -> Result<Everybody, Failure> {
    desk.tell(Doing::Reading);
    desk.pool.install(|| {
        let inputs = inputs::load(given, settings)?;
        let (mut decisions, _) = decide::decide(&inputs.joined.cases, &inputs.ground());
        let mut report = inputs.report.clone();
        report.extend(output::odd_doses(&inputs, &decisions));
        output::hold_unprintable(&inputs, &mut decisions, &mut report)?;
        let candidates = decisions.into_iter().map(|decision| ((decision.case, decision.programme_key), decision)).collect();
        Ok(Everybody { inputs, report, candidates })
    })
}

impl Everybody {
    /// Calls `take` with every person and programme, in the order of the files and of the programmes.
    ///
    /// # Errors
    /// The first that `take` gives.
    pub fn each<E>(&self, take: &mut dyn FnMut(&Case, &Decision) -> Result<(), E>) -> Result<(), E> {
        let ground = self.inputs.ground();
        for (key, case) in CaseKey::each(&self.inputs.joined.cases) {
            for (programme, _) in self.inputs.settings.programmes.keyed() {
                match self.candidates.get(&(key, programme)) {
                    Some(decision) => take(case, decision)?,
                    None => take(case, &decide::answer(key, case, programme, &ground))?,
                }
            }
        }
        Ok(())
    }
}
