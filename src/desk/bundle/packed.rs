//! The manifest of the hand-over package: what the shop needs of `manifest.json` and no more (CK17).
//!
//! The form is that of design §7. `inputs` is empty (a file name may name people), the counts of people who get nothing and the
//! reasons (CK15) stay in the office, and so does everything below `office/`.

use crate::desk::outputs::{self, List};
use crate::record::manifest::{FileEntry, Input, Manifest, PieceEntry};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::hash;
use kansho_core::notice::Purpose;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the manifest in the package.
pub const MANIFEST: &str = "manifest.json";
/// Name of the hand-over sheet in the package.
pub const HANDOVER: &str = "handover.pdf";

/// `manifest.json` of a package.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// Run id.
    pub run: String,
    /// 試験: nothing of it may be posted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
    /// 見本の設定: made with values that no office has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    /// 基準日, `YYYY-MM-DD`.
    pub as_of: String,
    /// 発送日, `YYYY-MM-DD`; empty when the run did not tell it.
    #[serde(default)]
    pub post_on: String,
    /// Always empty: names and hashes of the inputs stay in the office.
    pub inputs: Vec<Input>,
    /// Hash of the rule book, programmes and codes.
    pub rules_sha256: String,
    /// What is printed and posted.
    pub counts: PackedCounts,
    /// Every piece in posting order.
    pub pieces: Vec<PieceEntry>,
    /// Every packed file but this one and the hand-over sheet, sorted by path.
    pub files: Vec<FileEntry>,
    /// Merkle root over `path sha256` of `files` and the rest of this manifest; printed on the hand-over sheet.
    pub root: String,
    /// Merkle root of the whole run, `office/` included; printed on the hand-over sheet.
    pub run_root: String,
    /// The hand-over sheet. It prints `root`, so it cannot be one of `files`.
    pub handover: FileEntry,
}

/// The counts the shop compares its own with.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PackedCounts {
    /// 送る.
    pub selected: usize,
    /// 送る, by programme id.
    pub programmes: BTreeMap<String, usize>,
    /// 通知書.
    pub letters: usize,
    /// 通知書のページ.
    pub pages: usize,
    /// 郵便CSVの行.
    pub postal_rows: usize,
    /// 郵便物: envelopes and postcards.
    pub mailed: usize,
    /// 宛名を印刷したはがき.
    pub addressed: usize,
    /// 宛名ラベル.
    pub labels: usize,
    /// シールのある通知.
    pub sticker_pieces: usize,
    /// シール (面).
    pub sticker_cells: usize,
}

/// True for a file of a run that a package may hold. Everything else stays in the office.
#[must_use]
pub fn leaves(outputs: List<'_>, path: &str) -> bool {
    outputs::owner(outputs, path).is_some_and(|output| output.leaves())
}

impl Packed {
    /// The part of a run's manifest that leaves the office, still without its hand-over sheet.
    #[must_use]
    pub fn of(manifest: &Manifest, outputs: List<'_>) -> Self {
        let files: Vec<FileEntry> = manifest.files.iter().filter(|file| leaves(outputs, &file.path)).cloned().collect();
        let counts = &manifest.counts;
        let mut packed = Self {
            run: manifest.run.clone(),
            rehearsal: manifest.rehearsal,
            sample: manifest.sample,
            as_of: manifest.as_of.clone(),
            post_on: manifest.post_on.clone(),
            inputs: Vec::new(),
            rules_sha256: manifest.rules_sha256.clone(),
            counts: PackedCounts {
                selected: counts.selected,
                programmes: counts.programmes.clone(),
                letters: counts.letters,
                pages: counts.pages,
                postal_rows: counts.postal_rows,
                mailed: counts.mailed,
                addressed: counts.addressed,
                labels: counts.labels,
                sticker_pieces: counts.sticker_pieces,
                sticker_cells: counts.sticker_cells,
            },
            pieces: manifest.pieces.clone(),
            root: String::new(),
            files,
            run_root: manifest.root.clone(),
            handover: FileEntry { path: HANDOVER.to_owned(), sha256: String::new(), bytes: 0 },
        };
        packed.root = packed.computed_root();
        packed
    }

    /// Names the folder that was approved in place of the one that was made of it without what was pulled.
    pub fn approved(&mut self, root: &str) {
        root.clone_into(&mut self.run_root);
        self.root = self.computed_root();
    }

    /// What [`Packed::root`] has to be: a leaf for each file, and one for all that stands beside them.
    #[must_use]
    pub fn computed_root(&self) -> String {
        let Self { run, rehearsal, sample, as_of, post_on, inputs, rules_sha256, counts, pieces, run_root, .. } = self;
        let head = hash::sha256_of(&(run, rehearsal, sample, as_of, post_on, inputs, rules_sha256, counts, pieces, run_root));
        let files = self.files.iter().map(|file| format!("{} {}", file.path, file.sha256));
        hash::merkle_root(&files.chain(std::iter::once(format!("{MANIFEST} {head}"))).collect::<Vec<_>>())
    }

    /// The counts as the pieces tell them.
    fn counted(&self) -> PackedCounts {
        let outputs = || self.pieces.iter().map(|piece| &piece.outputs);
        PackedCounts {
            selected: self.pieces.len(),
            programmes: self.counts.programmes.clone(),
            letters: outputs().filter(|o| o.get("letters").is_some()).count(),
            pages: outputs().filter_map(|o| o.pages("letters")).map(|l| l.pages.len()).sum(),
            postal_rows: outputs().filter(|o| o.get("postal").is_some()).count(),
            mailed: self.counts.mailed,
            addressed: self.counts.addressed,
            labels: outputs().filter(|o| o.get("labels").is_some()).count(),
            sticker_pieces: outputs().filter(|o| o.get("stickers").is_some()).count(),
            sticker_cells: outputs().filter_map(|o| o.cells("stickers")).map(|s| s.cells.len()).sum(),
        }
    }

    /// What the manifest contradicts itself in: counts, numbering, files that may not leave, codes of another run.
    #[must_use]
    pub fn check(&self, outputs: List<'_>) -> Report {
        let mut report = Report::new();
        let mut wrong = |what: String| report.push(Diagnostic::new(Code::PackManifest, format!("{MANIFEST}: {what}")));
        let counts = &self.counts;
        if counts.labels.checked_add(counts.addressed) != Some(counts.mailed)
            || self.counted() != self.counts
            || counts.programmes.values().try_fold(0_usize, |sum, count| sum.checked_add(*count)) != Some(counts.selected)
        {
            wrong("件数が通知の一覧と合いません".to_owned());
        }
        let listed: BTreeSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        if listed.len() != self.files.len() {
            wrong("同じファイルが二度書かれています".to_owned());
        }
        if self.rehearsal != Purpose::of(&self.run).is_rehearsal() {
            wrong(format!("処理番号 {} と試験の印が合いません", self.run));
        }
        if self.handover.path != HANDOVER {
            wrong("受渡書の名が違います".to_owned());
        }
        for path in listed.iter().filter(|path| !leaves(outputs, path)) {
            wrong(format!("{path} は渡してよいファイルではありません"));
        }
        let prefix = format!("{}-", self.run);
        let mut before = 0;
        for piece in &self.pieces {
            let unlisted = piece.outputs.places().any(|place| !listed.contains(place.file()));
            let number = piece.no;
            // A piece that was pulled leaves a gap; the others keep their order.
            let ascends = before < number;
            before = number;
            if !ascends || !piece.code.starts_with(&prefix) || unlisted {
                wrong(format!("通し番号 {number} の記載が正しくありません"));
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::outputs::OUTPUTS;

    #[test]
    fn only_the_listed_names_leave_the_office() {
        for path in ["letters-0001.pdf", "letters-10000.pdf", "stickers.pdf", "postal.csv", "postal-slip.pdf"] {
            assert!(leaves(&OUTPUTS, path), "{path}");
        }
        for path in
            ["office/pieces.json", "letters-0001.pdf.bak", "letters-山田.pdf", "letters-1.pdf", "../postal.csv", "manifest.json"]
        {
            assert!(!leaves(&OUTPUTS, path), "{path}");
        }
    }
}
