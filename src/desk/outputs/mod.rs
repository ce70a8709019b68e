//! The outputs of a run: each is one file of this folder behind one border, [`Output`], and one line of [`OUTPUTS`].

mod characters;
pub mod letters;
mod postal;
mod posting;
mod preview;
mod proof;
mod report;
mod sheets;
mod words;
mod workbook;

use crate::desk::bundle::packed::{Packed, PackedCounts};
use crate::desk::bundle::stage::Stage;
use crate::desk::inputs::Inputs;
use crate::desk::mailing::Mailing;
use crate::desk::month::Starts;
use crate::notice::piece::Piece;
use crate::notice::{Forms, Step};
use crate::record::counts::{Counts, Tally};
use crate::record::manifest::{Digests, Manifest, OfficePieces, Outputs, PieceEntry, Place, RowForm};
use kansho_core::decision::Decision;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_core::keys::DecisionKey;
use kansho_core::notice::RunId;
use kansho_paper::compare;
use kansho_paper::frame::Page;
use kansho_paper::length::Mm;
use kansho_paper::pdf::read::PdfReader;
use kansho_paper::pdf::{self, Info};
use std::collections::BTreeMap;
use std::path::Path;

/// Every output, in the order in which they are made: a later one may read what an earlier one entered.
pub const OUTPUTS: [&dyn Output; 10] = [
    &letters::Letters,
    &sheets::STICKERS,
    &sheets::LABELS,
    &postal::PostalCsv,
    &posting::Posting,
    &proof::Proof,
    &preview::Preview,
    &characters::Characters,
    &workbook::Workbook,
    &report::ReportPage,
];

/// The outputs of a run or of what is compared with one.
pub type List<'a> = &'a [&'a dyn Output];

/// Of a piece, by its decision: what did not stand as it was meant, and the step it took.
pub type Steps = BTreeMap<DecisionKey, Vec<(&'static str, Step)>>;

/// One output of a run.
pub trait Output: Sync {
    /// Its key among the places and the digests of a piece (`letters`).
    fn key(&self) -> &'static str;

    /// Whether a file of a run, by its path below the folder, is one of this output.
    fn owns(&self, path: &str) -> bool;

    /// Whether its files may leave the office (CK17).
    fn leaves(&self) -> bool;

    /// Refuses what it cannot make as it is asked for. Every output is asked before the first is made.
    ///
    /// # Errors
    /// [`Failure::Usage`] naming the option.
    fn possible(&self, _job: &Job<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Makes its files, reads them back, and enters where each piece stands, with its digest and the counts.
    ///
    /// # Errors
    /// [`Failure::Refused`] when what was read back is not what was meant; [`Failure::Io`] when the disk does not take it.
    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure>;

    /// Compares what a released folder holds of each piece with its digest.
    fn compare(&self, _released: &Released<'_>, _report: &mut Report) {}

    /// Compares a file of a package, whose bytes are those of its manifest, with the codes of the pieces.
    fn compare_packed(&self, _path: &str, _bytes: Vec<u8>, _packed: &Packed, _report: &mut Report) {}

    /// What a file holds, in the words of the hand-over sheet.
    fn holds(&self, _path: &str, _bytes: &dyn Fn() -> Option<Vec<u8>>, _packed: &Packed) -> String {
        String::new()
    }

    /// Its total on the hand-over sheet: name and count.
    fn total(&self, _counts: &PackedCounts) -> Option<(&'static str, String)> {
        None
    }
}

/// The output that a file of a run belongs to.
#[must_use]
pub fn owner<'a>(outputs: List<'a>, path: &str) -> Option<&'a dyn Output> {
    outputs.iter().find(|output| output.owns(path)).copied()
}

/// A run that is settled: everything outputs are made from.
#[derive(Debug)]
pub struct Job<'a> {
    /// Where the files go.
    pub stage: &'a Stage,
    /// What was read, and the settings.
    pub inputs: &'a Inputs,
    /// Run id.
    pub run: &'a RunId,
    /// Templates, fonts and stock.
    pub forms: &'a Forms,
    /// The pieces in posting order, each with its decision.
    pub pieces: &'a [(DecisionKey, Piece)],
    /// Every decision about a candidate.
    pub decisions: &'a [Decision],
    /// Steps of the fit ladder that are not as is.
    pub steps: &'a Steps,
    /// The pieces as the post office counts them.
    pub mailing: &'a Mailing,
    /// First free cells.
    pub starts: Starts,
    /// What was found.
    pub found: &'a Report,
}

impl Job<'_> {
    /// What a document says of itself.
    #[must_use]
    pub fn info(&self, title: &str) -> Info {
        let (as_of, standard) = (self.inputs.period.as_of, self.forms.pdf().clone());
        Info { title: format!("{title} {}", self.run), as_of, run: self.run.0.clone(), standard }
    }

    /// Writes a document of pages that are all at hand and reads it back; none when there is no page.
    ///
    /// # Errors
    /// [`Failure::Refused`] when it is not what was drawn, [`Failure::Io`] when the disk does not take it.
    pub fn document(&self, name: &str, title: &str, pages: &[Page]) -> Result<(), Failure> {
        if pages.is_empty() {
            return Ok(());
        }
        let list: Vec<&Page> = pages.iter().collect();
        let bytes = pdf::write_pages(Vec::new(), &self.inputs.settings.fonts, &list, &self.info(title))?;
        self.stage.write(name, &bytes)?;
        compare::file(name, bytes, pages)
    }
}

/// What came of the outputs so far.
#[derive(Debug)]
pub struct Made {
    /// Of each piece, for the manifest.
    pub entries: Vec<PieceEntry>,
    /// SHA-256 of what was read back of each piece, by output.
    pub digests: Vec<Digests>,
    /// The counts.
    pub counts: Counts,
    /// SHA-256 of the very bytes that were read back, by file.
    pub read_back: BTreeMap<String, String>,
    /// The boxes of one sheet, by file.
    pub boxes: BTreeMap<String, Vec<[Mm; 4]>>,
    /// Where the rows of the postal file lie.
    pub rows: RowForm,
    /// Substitutions of the postal file, by the place of the piece.
    pub substituted: BTreeMap<usize, Vec<String>>,
}

impl Made {
    /// Nothing yet.
    #[must_use]
    pub fn nothing(pieces: &[(DecisionKey, Piece)], counts: Counts) -> Self {
        let entry = |(_, piece): &(DecisionKey, Piece)| PieceEntry {
            no: piece.number.0,
            issue_no: piece.issue.0,
            code: piece.code.0.clone(),
            outputs: Outputs::default(),
        };
        Self {
            entries: pieces.iter().map(entry).collect(),
            digests: vec![Digests::new(); pieces.len()],
            counts,
            read_back: BTreeMap::new(),
            boxes: BTreeMap::new(),
            rows: RowForm::default(),
            substituted: BTreeMap::new(),
        }
    }

    /// Enters where the piece in a place of the list stands, and the digest of what was read back there.
    pub fn enter(&mut self, output: &dyn Output, at: usize, place: Place, digest: String) {
        self.entries[at].outputs.put(output.key(), place);
        self.digests[at].insert(output.key(), digest);
    }

    /// Counts what was made of an output that has no count of its own, beside what the pieces ask for, counted at the other end.
    pub fn count(&mut self, what: &str, meant: usize, made: usize) {
        self.counts.more.insert(what.to_owned(), Tally { meant, made });
    }
}

/// A folder that is compared with its manifest.
#[derive(Debug)]
pub struct Released<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// Its piece list, with the digests.
    pub office: &'a OfficePieces,
}

/// What was read back of a file.
#[derive(Clone, Debug)]
pub struct ReadBack {
    /// SHA-256 of the very bytes that were read back.
    pub sha256: String,
    /// The digest of each piece, in order.
    pub digests: Vec<String>,
}

/// The reader of a file, and the hash of the bytes it reads.
fn open_hashed(path: &Path) -> Result<(PdfReader, String), Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io("読み返せません", path, e))?;
    let sha256 = hash::sha256_hex(&bytes);
    let reader = PdfReader::open(bytes).map_err(|e| Failure::io("読み返せません", path, std::io::Error::other(e)))?;
    Ok((reader, sha256))
}

/// The reader of a released file; `None` when it cannot be read any more.
fn open(path: &Path) -> Option<PdfReader> {
    std::fs::read(path).ok().and_then(|bytes| PdfReader::open(bytes).ok())
}

/// A piece that is not what was meant.
pub(super) fn difference(file: &str, (no, code): (u32, &str), what: &str) -> Diagnostic {
    Diagnostic::new(Code::OutputDiffers, format!("{file}: 通し番号 {no}（{code}）の{what}が元と違います"))
        .so("この出力は渡せません")
        .hint("出力先を消して、もう一度実行してください。繰り返すときは保守担当へ")
}

fn differs(file: &str, piece: &PieceEntry, what: &str) -> Failure {
    Failure::Refused(Report::from(difference(file, (piece.no, &piece.code), what)))
}

/// A file that is not what was meant, as a whole.
fn other(message: String) -> Diagnostic {
    Diagnostic::new(Code::OutputDiffers, message)
}

/// A piece of a package whose code is not where the manifest says.
fn without_code(file: &str, piece: &PieceEntry, what: &str) -> Diagnostic {
    let (no, code) = (piece.no, &piece.code);
    other(format!("{file}: 通し番号 {no}（{code}）の{what}に、その通知コードがありません"))
        .hint("印刷せず、渡した側に知らせてください")
}

/// Every code of the run in a text, in the text's order.
fn codes<'a>(text: &'a str, run: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(run).filter_map(move |(at, _)| {
        let rest = text.get(at..)?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        // The run id alone stands on a page too.
        rest.get(..end).filter(|code| code.len() > run.len() + 1)
    })
}

/// Names the first piece where what was found leaves the order; what follows is shifted and says nothing new.
fn in_order<'a>(file: &str, what: &str, found: &[String], meant: impl Iterator<Item = &'a PieceEntry>, report: &mut Report) {
    let mut found = found.iter();
    for piece in meant {
        if found.next() != Some(&piece.code) {
            report.push(without_code(file, piece, what));
            return;
        }
    }
    if found.next().is_some() {
        report.push(other(format!("{file}: 目録より{what}が多くあります")));
    }
}
