//! 作成: what the register keeps of a run or a reissue before its folder gets its name.

use crate::desk::inputs::Inputs;
use crate::desk::output::Ready;
use crate::notice::piece::Piece;
use kansho_core::decision::Decision;
use kansho_core::diag::Failure;
use kansho_core::ids::DoseName;
use kansho_core::notice::Purpose;
use kansho_register::batches::{self, Draft, REISSUE, RUN};
use kansho_register::notices;
use kansho_register::store::Work;
use kansho_rules::decide::issued;
use std::path::Path;

/// Writes a run down as a draft.
///
/// # Errors
/// As [`batches::record`].
pub fn run(work: &mut Work<'_>, inputs: &Inputs, ready: &Ready, out: &Path) -> Result<(), Failure> {
    let occasion =
        |decision: &Decision| issued::occasion(&inputs.joined.cases[decision.case], decision.programme_key, &inputs.ground());
    record(work, RUN, inputs, ready, out, &occasion)
}

/// Writes a reissue down: it is issued at once, and what it takes the place of is void.
///
/// # Errors
/// As [`batches::record`].
pub fn reissue(
    work: &mut Work<'_>,
    inputs: &Inputs,
    ready: &Ready,
    out: &Path,
    (voids, reason): (&[u64], &str),
) -> Result<(), Failure> {
    let period = format!("reissue:{}", ready.finished.first_issue.unwrap_or_default());
    record(work, REISSUE, inputs, ready, out, &|_| period.clone())?;
    let processed = work.today().to_string();
    let on = inputs.period.post_on.to_string();
    for (key, piece) in &ready.pieces {
        work.person = Some(piece.person_number.clone());
        let person = batches::person(work.link, &piece.person_number)?;
        for number in voids {
            notices::void(work.link, *number, piece.issue.0)?;
        }
        let new = notices::New {
            person,
            what: [piece.programme.as_str(), piece.trigger.id(), &period],
            run: &ready.finished.run.0,
            no: u64::from(piece.number.0),
            hakkono: piece.issue.0,
            code: &piece.code.0,
            days: [&on, &processed],
            template: piece.template.as_str(),
            kind: REISSUE,
            reason: Some(reason),
            doses: &doses(&ready.decisions.as_slice()[*key]),
        };
        notices::issue(work.link, &new)?;
        work.note("issue_no", piece.issue.0);
    }
    work.note("voided", voids.to_vec());
    Ok(())
}

/// The series and doses that a notice is about.
pub(super) fn doses(decision: &Decision) -> Vec<(String, String)> {
    let dose = |dose: Option<DoseName>| dose.map(|dose| dose.to_string()).unwrap_or_default();
    decision.forecasts.iter().map(|forecast| (forecast.series.to_string(), dose(forecast.dose))).collect()
}

fn record(
    work: &mut Work<'_>,
    kind: &str,
    inputs: &Inputs,
    ready: &Ready,
    out: &Path,
    occasion: &dyn Fn(&Decision) -> String,
) -> Result<(), Failure> {
    let manifest = &ready.manifest;
    let folder = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf()).to_string_lossy().into_owned();
    let pieces = ready.pieces.iter().zip(&manifest.pieces).enumerate();
    let pieces: Vec<batches::Piece> = pieces
        .map(|(at, ((key, piece), entry))| {
            let decision = &ready.decisions.as_slice()[*key];
            let letter = entry.outputs.pages("letters");
            batches::Piece {
                no: u64::from(piece.number.0),
                hakkono: piece.issue.0,
                code: piece.code.0.clone(),
                person: piece.person_number.clone(),
                programme: piece.programme.to_string(),
                trigger: piece.trigger.id().to_owned(),
                period: occasion(decision),
                series: series(decision),
                template: piece.template.to_string(),
                file: letter.map(|letter| letter.file.clone()).unwrap_or_default(),
                page: letter.and_then(|letter| letter.pages.first()).map_or(0, |page| *page as u64),
                postal: piece.postal.digits().to_string(),
                ward: ward(piece),
                alternate: piece.alternate_address,
                substituted: ready.substituted.contains(&at),
                pulled: None,
            }
        })
        .collect();
    let period = &inputs.period;
    let draft = Draft {
        run: &manifest.run,
        kind,
        rehearsal: Purpose::of(&manifest.run).is_rehearsal(),
        days: [period.as_of, period.since, period.post_on, inputs.snapshot].map(|day| day.to_string()),
        folder: &folder,
        root: &manifest.root,
        settings: &inputs.settings.sha256,
        data_as_of: inputs.data_as_of().to_string(),
        selected: pieces.len(),
        ledger: (manifest.counts.meeting().rows, manifest.counts.meeting().met),
        protection_rows: inputs.rows_read.marks.get(&kansho_core::case::MarkSheet::Protection).copied().unwrap_or(0),
    };
    batches::record(work, &draft, &pieces)?;
    work.note("run", manifest.run.as_str());
    work.note("root", manifest.root.as_str());
    work.note("selected", pieces.len());
    Ok(())
}

fn ward(piece: &Piece) -> String {
    piece.ward.clone().unwrap_or_default()
}

/// The series of a decision, each once, with commas between them.
fn series(decision: &Decision) -> String {
    let mut list: Vec<&str> = decision.forecasts.iter().map(|forecast| forecast.series.as_str()).collect();
    list.dedup();
    list.join(",")
}
