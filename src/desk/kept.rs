//! What stays: the piece list `office/pieces.json`, and the manifest of the folder.

use crate::desk::bundle::verify;
use crate::desk::outputs::{Job, Made};
use crate::notice::piece::Piece;
use crate::record::manifest::{DecisionEntry, Digests, FileEntry, Manifest, OfficeBook, OfficePiece};
use kansho_core::decision::Decision;
use kansho_core::diag::Failure;
use kansho_core::hash;
use kansho_core::keys::DecisionKey;
use kansho_core::notice::Purpose;
use std::collections::BTreeMap;

/// What a stage is compared with before it is released.
#[derive(Debug)]
pub(super) struct Kept {
    /// The manifest.
    pub(super) manifest: Manifest,
    /// SHA-256 of what was read back, by file.
    pub(super) read_back: BTreeMap<String, String>,
}

/// Writes `office/pieces.json`, and `manifest.json` when every other file is there; `voids` are the 発行no a reissue makes void.
pub(super) fn write(job: &Job<'_>, made: Made, voids: &[u64]) -> Result<Kept, Failure> {
    let mut manifest = Manifest {
        run: job.run.0.clone(),
        rehearsal: Purpose::of(&job.run.0).is_rehearsal(),
        sample: job.inputs.settings.office.sample,
        as_of: job.inputs.period.as_of.to_string(),
        post_on: job.inputs.period.post_on.to_string(),
        inputs: job.inputs.files.clone(),
        rules_sha256: job.inputs.settings.rules_sha256.clone(),
        counts: made.counts.clone(),
        pieces: made.entries,
        files: Vec::new(),
        root: String::new(),
    };
    let fit = |key: &DecisionKey| {
        let told = job.steps.get(key)?.iter().map(|(what, step)| format!("{what} {step}"));
        Some(told.collect::<Vec<_>>().join("、"))
    };
    let piece = |((key, piece), digests): (&(DecisionKey, Piece), &Digests)| OfficePiece {
        no: piece.number.0,
        code: piece.code.0.clone(),
        person: piece.person_number.clone(),
        programme: piece.programme.to_string(),
        trigger: piece.trigger.id().to_owned(),
        unknown_history: piece.unknown_history,
        alternate_address: piece.alternate_address,
        voids: voids.to_vec(),
        reason: piece.reissue.as_ref().map(|mark| mark.reason.clone()),
        fit: fit(key),
        digests: digests.iter().map(|(output, digest)| ((*output).to_owned(), digest.clone())).collect(),
        evidence: job.decisions[*key].evidence.iter().map(Into::into).collect(),
    };
    let decision = |d: &Decision| DecisionEntry {
        person: job.inputs.joined.cases[d.case].printed_id().to_owned(),
        programme: d.programme.to_string(),
        decision: d.verdict.id().to_owned(),
        reason: d.reason.id().to_owned(),
    };
    let book = OfficeBook {
        run: &job.run.0,
        sheets: &made.boxes,
        postal: &made.rows,
        manifest_sha256: manifest.head_sha256(),
        pieces: job.pieces.iter().zip(&made.digests).map(piece),
        decisions: job.decisions.iter().map(decision),
    };
    job.stage.write_json("office/pieces.json", &book)?;
    for path in verify::files_below(job.stage.path())? {
        let full = job.stage.path().join(&path);
        let (sha256, bytes) = hash::sha256_file(&full).map_err(|e| Failure::io("読み返せません", &full, e))?;
        manifest.files.push(FileEntry { path, sha256, bytes });
    }
    manifest.root = verify::root(&manifest.files);
    job.stage.write_json("manifest.json", &manifest)?;
    Ok(Kept { manifest, read_back: made.read_back })
}
