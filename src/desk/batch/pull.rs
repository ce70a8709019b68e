//! 抜き取り (CK2): every piece of an approved draft is decided again as of the hand-over day; whoever would not be sent the very same letter is pulled.

use crate::desk::inputs::{self, Given, Inputs};
use crate::desk::output::Sealed;
use crate::desk::pieces::KeptNumbers;
use crate::desk::settings::Settings;
use chrono::NaiveDate;
use kansho_core::case::{Case, PersonKey};
use kansho_core::decision::{Decision, Reason, Verdict};
use kansho_core::diag::{Code, Failure};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::notice::RunId;
use kansho_register::batches::{Batch, Piece};
use kansho_register::stored::Shared;
use kansho_rules::decide::{self, Ground, Period};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The reason of a piece whose letter would not be the same any more.
pub const CHANGED: &str = "changed";

/// What is pulled, by 通し番号, with the code of the reason.
pub type Pulled = BTreeMap<u64, String>;

/// The batch with the people as of the hand-over day.
#[derive(Debug)]
pub struct Look {
    /// People and settings; the dates are those of the draft.
    pub inputs: Inputs,
    /// The draft's pieces.
    pub pieces: Vec<Piece>,
    /// The decisions of the draft's day about those that stay.
    decisions: BTreeMap<u64, Decision>,
}

/// The draft's dates.
fn dates(batch: &Batch) -> Result<Period, Failure> {
    let day = |text: &str| {
        text.parse::<NaiveDate>()
            .map_err(|_| Failure::barred(Code::RegisterDamaged, format!("処理 {} の日付を読めません", batch.run)))
    };
    Ok(Period { since: day(&batch.since)?, as_of: day(&batch.as_of)?, post_on: day(&batch.post_on)? })
}

/// Reads the people as of the hand-over day and decides about every piece; `known` are pieces that were pulled before.
///
/// # Errors
/// A [`Failure`] when the register's people refuse, or of the store.
pub fn look(
    register: &Shared,
    settings: &Arc<Settings>,
    (batch, pieces): (&Batch, Vec<Piece>),
    handover_on: NaiveDate,
    known: Option<Pulled>,
) -> Result<(Look, Pulled), Failure> {
    const APPROVED: &str = "承認された処理の封緘";
    let draft = dates(batch)?;
    let given = Given {
        register: Some(register.clone()),
        residents: None,
        marks: Vec::new(),
        no_marks: Vec::new(),
        marks_emptied: Some(APPROVED.to_owned()),
        ledger: None,
        as_of: handover_on,
        snapshot: None,
        post_on: Some(draft.post_on.max(handover_on)),
        since: Some(draft.since),
        previous: None,
        // What was accepted for the draft is not asked again.
        accept_import_gap: Some(APPROVED.to_owned()),
        accept_old_ledger: Some(APPROVED.to_owned()),
    };
    let mut inputs = inputs::load(&given, settings)?;
    own_notices_aside(&mut inputs, &pieces);
    let people = numbers(&inputs.joined.cases);
    let settled = known.is_some();
    let (mut pulled, mut decisions) = (known.unwrap_or_default(), BTreeMap::new());
    // As of the hand-over day whether the letter still goes out, as of the draft's day what it says.
    let (today, then) = (inputs.ground(), Ground { period: draft, ..inputs.ground() });
    let open: Vec<&Piece> = pieces.iter().filter(|piece| !pulled.contains_key(&piece.no)).collect();
    let decided: Vec<(u64, Result<Decision, String>)> = open
        .par_iter()
        .map(|piece| {
            let programme = settings.programmes.keyed().find(|(_, p)| p.id.as_str() == piece.programme).map(|(key, _)| key);
            let found = people.get(piece.person.as_str()).copied().zip(programme);
            let (key, programme) = match found {
                Some(found) => found,
                None => return (piece.no, Err(Reason::Held.id().to_owned())),
            };
            let case = (key, &inputs.joined.cases[key]);
            let now = if settled { Ok(()) } else { decide(case, programme, piece, &today).map(drop) };
            (piece.no, now.and_then(|()| decide(case, programme, piece, &then)))
        })
        .collect();
    for (no, decision) in decided {
        match decision {
            Ok(decision) => drop(decisions.insert(no, decision)),
            Err(reason) => drop(pulled.insert(no, reason)),
        }
    }
    inputs.period = draft;
    Ok((Look { inputs, pieces, decisions }, pulled))
}

/// The decision that sends the very piece, or the reason why none does.
fn decide(
    (key, case): (CaseKey, &Case),
    programme: ProgrammeKey,
    piece: &Piece,
    ground: &Ground<'_>,
) -> Result<Decision, String> {
    let decision = decide::answer(key, case, programme, ground);
    match decision.verdict {
        Verdict::Selected if decision.trigger.is_some_and(|trigger| trigger.id() == piece.trigger) => Ok(decision),
        Verdict::Selected => Err(CHANGED.to_owned()),
        Verdict::Excluded | Verdict::Held => Err(decision.reason.id().to_owned()),
    }
}

/// A batch that is sealed already has issued its notices: they do not stand in its own way.
fn own_notices_aside(inputs: &mut Inputs, pieces: &[Piece]) {
    let own: BTreeSet<u64> = pieces.iter().map(|piece| piece.hakkono).collect();
    for case in inputs.joined.cases.iter_mut().filter(|case| !case.notices.is_empty()) {
        case.notices.retain(|notice| notice.issue_number.is_none_or(|number| !own.contains(&number)));
    }
}

/// Everybody by every number that leads to them; their own before those of others.
fn numbers(cases: &[Case]) -> BTreeMap<String, CaseKey> {
    let mut people = BTreeMap::new();
    for (key, case) in CaseKey::each(cases) {
        for other in &case.resident.other_keys {
            let number = match other {
                PersonKey::Number(number) => number.as_str(),
                PersonKey::Addressee(number) => number.as_str(),
            };
            people.entry(number.to_owned()).or_insert(key);
        }
    }
    for (key, case) in CaseKey::each(cases) {
        people.extend(case.id().map(|number| (number.to_owned(), key)));
    }
    people
}

impl Look {
    /// What is composed anew: the pieces that are not pulled, under their numbers.
    #[must_use]
    pub fn remaining(&self, batch: &Batch, pulled: &Pulled) -> Sealed {
        let mut numbers = KeptNumbers::new();
        let mut decisions = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !pulled.contains_key(&piece.no)) {
            if let Some(decision) = self.decisions.get(&piece.no) {
                let no = u32::try_from(piece.no).unwrap_or(u32::MAX);
                numbers.insert((decision.case, decision.programme_key), (no, piece.hakkono));
                decisions.push(decision.clone());
            }
        }
        let data_as_of = batch.data_as_of.parse().unwrap_or_else(|_| self.inputs.data_as_of());
        Sealed { run: RunId(batch.run.clone()), decisions, numbers, data_as_of }
    }
}
