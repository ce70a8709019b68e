//! Where a person stands in the doses of a programme on the as-of date, whatever month the programme writes in.

use crate::decide::Ground;
use crate::decide::ladder::knowledge;
use crate::decide::programme::{Programme, Target};
use crate::decide::terms::{forecast, given};
use kansho_core::case::Case;
use kansho_core::decision::{Forecast, Status};
use kansho_core::history::Outcome;
use kansho_core::ids::DoseName;

/// Where a person stands in one series of a programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Never in the target group.
    Never,
    /// The programme's doses are given.
    Given,
    /// The programme's doses can no longer be given.
    Over,
    /// An earlier dose than the programme's comes first.
    Behind,
    /// The window opens later.
    Later,
    /// The window is open.
    Open,
}

/// The engine's answers for every series of a programme, each with where the person stands.
pub(super) fn stands<'a>(case: &Case, programme: &'a Programme, ground: &Ground<'_>) -> Vec<(&'a Target, Forecast, Stand)> {
    let known = knowledge(case, programme, ground);
    let of = |target: &'a Target| {
        forecast(case, target.series, known, ground).into_iter().map(move |f| {
            let stand = stand(case, target, &f, ground);
            (target, f, stand)
        })
    };
    programme.targets.iter().flat_map(of).collect()
}

fn stand(case: &Case, target: &Target, forecast: &Forecast, ground: &Ground<'_>) -> Stand {
    let as_of = ground.period.as_of;
    let later = case.later_doses.iter().any(|d| d.outcome == Outcome::Given && ground.book.counts_for(d.series, target.series));
    let (Some(dose), Some(first), Some(last)) = (forecast.dose, forecast.first_day, forecast.last_day) else {
        return if forecast.status == Status::Complete || later { Stand::Given } else { Stand::Never };
    };
    let own = target.doses.is_empty() || target.doses.contains(&dose);
    let done = |name: &DoseName| given(case, target.series, *name, ground).is_some();
    if later || !own && !forecast.doubt && target.doses.last().is_some_and(done) {
        return Stand::Given;
    }
    if first > last || last < as_of {
        return Stand::Over;
    }
    if !own {
        let before = target.doses.first().is_some_and(|name| ground.book.precedes(target.series, dose, *name));
        return if before { Stand::Behind } else { Stand::Over };
    }
    if first > as_of { Stand::Later } else { Stand::Open }
}
