//! 見通し: what may be given next in every series, whatever the programmes write about, as `due` asks it.

use crate::decide::Ground;
use crate::decide::ladder::knowledge;
use crate::decide::terms;
use kansho_core::case::Case;
use kansho_core::decision::{Finding, Forecast};
use kansho_core::history::Knowledge;
use kansho_core::ids::SeriesId;

/// The next doses of every series of the book.
#[must_use]
pub fn forecasts(case: &Case, ground: &Ground<'_>) -> Vec<Forecast> {
    ground.book.series().flat_map(|series| terms::forecast(case, series, known(case, series, ground), ground)).collect()
}

/// Doses outside their window or interval, of every series of the book.
#[must_use]
pub fn findings(case: &Case, ground: &Ground<'_>) -> Vec<Finding> {
    ground.book.series().flat_map(|series| terms::findings(case, series, ground)).collect()
}

/// What may be said about the history of a series (CK6): what its programme says of it.
fn known(case: &Case, series: SeriesId, ground: &Ground<'_>) -> Knowledge {
    let mut programmes = ground.programmes.keyed().map(|(_, programme)| programme);
    let own = programmes.find(|programme| programme.targets.iter().any(|target| target.series == series));
    own.map_or(case.history.knowledge, |programme| knowledge(case, programme, ground))
}
