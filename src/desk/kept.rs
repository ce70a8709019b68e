//! What stays: the decision list, the report and the piece list under `office/`, and the manifest of the folder.

use crate::desk::inputs::Inputs;
use crate::desk::output::Steps;
use crate::emit::stage::Stage;
use crate::emit::verify;
use crate::notice::piece::Piece;
use crate::record::counts::Counts;
use crate::record::manifest::{DecisionEntry, Digests, FileEntry, Manifest, OfficeBook, OfficePiece, PieceEntry, RowForm};
use crate::record::rehearsal::Purpose;
use crate::record::{decisions, report};
use kansho_core::decision::Decision;
use kansho_core::diag::{Failure, Report};
use kansho_core::hash;
use kansho_core::keys::DecisionKey;
use kansho_core::notice::RunId;
use kansho_paper::length::Mm;
use std::collections::BTreeMap;
use std::path::Path;

/// A run that is settled and counted.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    pub(super) stage: &'a Stage,
    pub(super) inputs: &'a Inputs,
    pub(super) run: &'a RunId,
    pub(super) counts: &'a Counts,
    pub(super) decisions: &'a [Decision],
    pub(super) found: &'a Report,
}

impl Kept<'_> {
    /// `office/decisions.xlsx` and `office/report.html`.
    pub(super) fn books(&self) -> Result<(), Failure> {
        let Inputs { joined, period, snapshot, previous, accepted, settings, .. } = self.inputs;
        let programmes = &settings.programmes;
        let book = decisions::workbook(&joined.cases, self.decisions, programmes, period.as_of)
            .map_err(|e| Failure::io("判定一覧を作れません", Path::new("office/decisions.xlsx"), std::io::Error::other(e)))?;
        self.stage.write("office/decisions.xlsx", &book)?;
        let page = report::Page {
            run: &self.run.0,
            period: *period,
            snapshot: *snapshot,
            counts: self.counts,
            cases: &joined.cases,
            decisions: self.decisions,
            programmes,
            ground: self.inputs.ground(),
            previous: previous.as_ref(),
            accepted,
            home: &settings.folder.shown(),
            rules: settings.rule_book(),
            sample: self.inputs.settings.office.sample,
            report: self.found,
        };
        self.stage.write("office/report.html", page.html().as_bytes())
    }

    /// `office/pieces.json`; `voids` are the 発行no a reissue makes void.
    pub(super) fn pieces<'p>(
        &self,
        pieces: impl Iterator<Item = (&'p (DecisionKey, Piece), &'p Digests)> + Clone,
        steps: &Steps,
        (sheets, postal): (&BTreeMap<String, Vec<[Mm; 4]>>, &RowForm),
        voids: &[u64],
        manifest: &Manifest,
    ) -> Result<(), Failure> {
        let fit = |place: &DecisionKey| {
            let told = steps.get(place)?.iter().map(|(what, step)| format!("{what} {step}"));
            Some(told.collect::<Vec<_>>().join("、"))
        };
        let piece = |((place, piece), digests): (&(DecisionKey, Piece), &Digests)| OfficePiece {
            no: piece.number.0,
            code: piece.code.0.clone(),
            person: piece.person_number.clone(),
            programme: piece.programme.to_string(),
            trigger: piece.trigger.id().to_owned(),
            unknown_history: piece.unknown_history,
            alternate_address: piece.alternate_address,
            voids: voids.to_vec(),
            reason: piece.reissue.as_ref().map(|mark| mark.reason.clone()),
            fit: fit(place),
            digests: digests.iter().map(|(output, digest)| ((*output).to_owned(), digest.clone())).collect(),
            evidence: self.decisions[*place].evidence.iter().map(Into::into).collect(),
        };
        let decision = |d: &Decision| DecisionEntry {
            person: self.inputs.joined.cases[d.case].id().to_owned(),
            programme: d.programme.to_string(),
            decision: d.verdict.id().to_owned(),
            reason: d.reason.id().to_owned(),
        };
        let book = OfficeBook {
            run: &self.run.0,
            sheets,
            postal,
            manifest_sha256: manifest.head_sha256(),
            pieces: pieces.map(piece),
            decisions: self.decisions.iter().map(decision),
        };
        self.stage.write_json("office/pieces.json", &book)
    }

    /// The manifest of the pieces, still without the files.
    pub(super) fn manifest(&self, pieces: Vec<PieceEntry>) -> Manifest {
        Manifest {
            run: self.run.0.clone(),
            rehearsal: Purpose::of(&self.run.0).is_rehearsal(),
            sample: self.inputs.settings.office.sample,
            as_of: self.inputs.period.as_of.to_string(),
            post_on: self.inputs.period.post_on.to_string(),
            inputs: self.inputs.files.clone(),
            rules_sha256: self.inputs.settings.rules_sha256.clone(),
            counts: self.counts.clone(),
            pieces,
            files: Vec::new(),
            root: String::new(),
        }
    }

    /// `manifest.json`, when every other file is there.
    pub(super) fn finish(&self, mut manifest: Manifest) -> Result<(), Failure> {
        for path in verify::files_below(self.stage.path())? {
            let full = self.stage.path().join(&path);
            let (sha256, bytes) = hash::sha256_file(&full).map_err(|e| Failure::io("読み返せません", &full, e))?;
            manifest.files.push(FileEntry { path, sha256, bytes });
        }
        manifest.root = verify::root(&manifest.files);
        self.stage.write_json("manifest.json", &manifest)
    }
}
