//! `stickers.pdf` and `address-labels.pdf`: sheets of cells.

use crate::desk::bundle::packed::{Packed, PackedCounts};
use crate::desk::bundle::stage::Stage;
use crate::desk::outputs::words::words;
use crate::desk::outputs::{
    Job, Made, Output, ReadBack, Released, codes, difference, differs, in_order, open, open_hashed, other,
};
use crate::notice::piece::Piece;
use crate::notice::{self, SheetKind};
use crate::record::manifest::{Cells, PieceEntry, Place};
use kansho_core::diag::{Failure, Report};
use kansho_core::hash;
use kansho_core::notice::PieceNumber;
use kansho_paper::compare;
use kansho_paper::frame::{Area, Page};
use kansho_paper::length::Mm;
use kansho_paper::pdf::read::{PageText, PdfReader};
use kansho_paper::pdf::{Charset, PdfWriter};
use rayon::prelude::*;
use std::path::Path;

/// 予診票シール・番号シール.
pub(super) const STICKERS: Sheets = Sheets(SheetKind::Stickers);
/// 宛名ラベル.
pub(super) const LABELS: Sheets = Sheets(SheetKind::Labels);

/// Sheets of one kind.
#[derive(Debug)]
pub(super) struct Sheets(SheetKind);

impl Output for Sheets {
    fn key(&self) -> &'static str {
        self.0.key()
    }

    fn owns(&self, path: &str) -> bool {
        path == self.0.file()
    }

    fn leaves(&self) -> bool {
        true
    }

    /// The first free cell must be one that the stock has, and the first person's stickers must have room behind it.
    fn possible(&self, job: &Job<'_>) -> Result<(), Failure> {
        let (option, start) = self.start(job);
        let cells = job.forms.boxes(self.0).len();
        if !(1..=cells).contains(&start) {
            return Err(Failure::Usage(format!("{option} {start}: この用紙は 1 から {cells} までの面です")));
        }
        let first = job.pieces.iter().map(|(_, piece)| piece).find(|piece| piece.sticker_count() > 0);
        match first.filter(|first| self.0 == SheetKind::Stickers && !job.forms.begins_at(start, first)) {
            Some(first) => Err(Failure::Usage(format!(
                "{option} {start}: 使いかけの用紙に、最初の一人分（{} 面）が入りません。新しい用紙を使い、{option} を付けずに実行してください",
                first.sticker_count()
            ))),
            None => Ok(()),
        }
    }

    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
        let (kind, name, forms) = (self.0, self.0.file(), job.forms);
        let (_, start) = self.start(job);
        let wanted: Vec<&Piece> = job.pieces.iter().map(|(_, p)| p).filter(|p| forms.wants(kind, p)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut charset = Charset::new();
        forms.sheets(kind, &wanted, start, &mut |pages| {
            pages.iter().for_each(|page| charset.add_page(page));
            Ok(())
        })?;
        let file = job.stage.create(name)?;
        let mut writer = PdfWriter::new(file, &job.inputs.settings.fonts, &charset, &job.info(kind.title()))?;
        forms.sheets(kind, &wanted, start, &mut |pages| writer.take(pages))?;
        Stage::finish(name, writer.finish()?)?;
        let boxes = forms.boxes(kind);
        let mut reader = SheetReader::open(&job.stage.path().join(name), kind)?;
        let cells = forms.sheets(kind, &wanted, start, &mut |pages| reader.compare(&pages))?;
        let read = reader.pieces((&boxes, &cells), &made.entries)?;
        made.read_back.insert(name.to_owned(), read.sha256);
        made.boxes.insert(name.to_owned(), boxes.iter().map(|b| [b.x, b.y, b.w, b.h]).collect());
        for ((number, cells), digest) in cells.into_iter().zip(read.digests) {
            match kind {
                SheetKind::Stickers => {
                    made.counts.sticker_pieces += 1;
                    made.counts.sticker_cells += cells.len();
                }
                SheetKind::Labels => made.counts.labels += 1,
            }
            made.enter(self, at(&made.entries, number), Place::Cells(Cells { file: name.to_owned(), cells }), digest);
        }
        Ok(())
    }

    fn compare(&self, released: &Released<'_>, report: &mut Report) {
        let name = self.0.file();
        let Some(boxes) = released.office.sheets.get(name) else { return };
        let listed = released.manifest.pieces.iter().zip(&released.office.pieces);
        let place = |entry: &'_ PieceEntry| entry.outputs.cells(self.key()).map(|place| place.cells.clone());
        let list: Vec<_> =
            listed.filter_map(|(entry, piece)| Some((entry, piece.digests.get(self.key()), place(entry)?))).collect();
        let reader = open(&released.folder.join(name));
        for batch in list.chunks(SHEET_BATCH) {
            let sheets =
                reader.as_ref().map(|reader| ReadSheets::of(reader, boxes, batch.iter().flat_map(|(_, _, cells)| cells)));
            let differs = |(entry, digest, cells): &(&PieceEntry, Option<&String>, Vec<usize>)| {
                let found = sheets.as_ref().map(|sheets| hash::sha256_hex(sheets.words(cells).as_bytes()));
                (found.as_ref() != *digest).then(|| difference(name, (entry.no, &entry.code), "面"))
            };
            batch.par_iter().with_min_len(64).filter_map(differs).collect::<Vec<_>>().into_iter().for_each(|d| report.push(d));
        }
    }

    /// The cells carry the codes of the pieces in posting order.
    fn compare_packed(&self, path: &str, bytes: Vec<u8>, packed: &Packed, report: &mut Report) {
        let reader = PdfReader::open(bytes).ok();
        let pages = reader.as_ref().map_or(0, PdfReader::page_count);
        let found: Vec<String> = (0..pages)
            .into_par_iter()
            .flat_map_iter(|number| {
                let page = reader.as_ref().and_then(|r| r.page(number).ok()).unwrap_or_default();
                page.runs.iter().flat_map(|run| codes(&run.text, &packed.run).map(str::to_owned)).collect::<Vec<_>>()
            })
            .collect();
        let meant = packed.pieces.iter().flat_map(|piece| {
            let cells = piece.outputs.cells(self.key()).map_or(0, |place| place.cells.len());
            std::iter::repeat_n(piece, cells)
        });
        in_order(path, "面", &found, meant, report);
    }

    fn holds(&self, _path: &str, _bytes: &dyn Fn() -> Option<Vec<u8>>, packed: &Packed) -> String {
        let counts = &packed.counts;
        match self.0 {
            SheetKind::Stickers => format!("シール {} 通 {} 面", counts.sticker_pieces, counts.sticker_cells),
            SheetKind::Labels => format!("宛名ラベル {} 面", counts.labels),
        }
    }

    fn total(&self, counts: &PackedCounts) -> Option<(&'static str, String)> {
        Some(match (self.0, counts.addressed) {
            (SheetKind::Stickers, _) => ("シール", format!("{} 通（{} 面）", counts.sticker_pieces, counts.sticker_cells)),
            (SheetKind::Labels, 0) => ("宛名ラベル", format!("{} 面", counts.labels)),
            (SheetKind::Labels, cards) => ("宛名ラベル", format!("{} 面（はがき {cards} 通は直接印字）", counts.labels)),
        })
    }
}

impl Sheets {
    /// The first free cell, and the option that tells it.
    fn start(&self, job: &Job<'_>) -> (&'static str, usize) {
        match self.0 {
            SheetKind::Stickers => ("--sticker-start", job.starts.stickers),
            SheetKind::Labels => ("--label-start", job.starts.labels),
        }
    }
}

/// A sheet file that is read back: first sheet by sheet against the frames, then piece by piece.
struct SheetReader {
    reader: PdfReader,
    sha256: String,
    kind: SheetKind,
    next: usize,
}

impl SheetReader {
    /// Opens a file that was just written.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read.
    fn open(path: &Path, kind: SheetKind) -> Result<Self, Failure> {
        let (reader, sha256) = open_hashed(path)?;
        Ok(Self { reader, sha256, kind, next: 0 })
    }

    /// Compares the next sheets with their frames.
    ///
    /// # Errors
    /// [`Failure::Refused`] naming the sheet that differs.
    fn compare(&mut self, pages: &[Page]) -> Result<(), Failure> {
        let same = |(page, number): (&Page, usize)| self.reader.page(number).is_ok_and(|read| compare::same(&read, page));
        let numbers: Vec<usize> = (self.next..self.next + pages.len()).collect();
        match pages.par_iter().zip(numbers).position_first(|place| !same(place)) {
            Some(place) => Err(self.other(self.next + place)),
            None => {
                self.next += pages.len();
                Ok(())
            }
        }
    }

    fn other(&self, sheet: usize) -> Failure {
        let message = format!("{}: {} 枚目のシートが元と違います", self.kind.file(), sheet + 1);
        Failure::Refused(Report::from(other(message)))
    }

    /// When every sheet was compared: the digest of each piece's cells.
    ///
    /// # Errors
    /// [`Failure::Refused`] when there are more sheets, or a piece's cells do not carry its code.
    fn pieces(self, (boxes, cells): (&[Area], &notice::Cells), entries: &[PieceEntry]) -> Result<ReadBack, Failure> {
        if self.reader.page_count() != self.next {
            return Err(self.other(self.next));
        }
        let boxes: Vec<[Mm; 4]> = boxes.iter().map(|b| [b.x, b.y, b.w, b.h]).collect();
        let mut digests = Vec::with_capacity(cells.len());
        for batch in cells.chunks(SHEET_BATCH) {
            let sheets = ReadSheets::of(&self.reader, &boxes, batch.iter().flat_map(|(_, cells)| cells));
            let digest = |(number, cells): &(PieceNumber, Vec<usize>)| {
                let entry = &entries[at(entries, *number)];
                let text = sheets.words(cells);
                let found = text.contains(&entry.code).then(|| hash::sha256_hex(text.as_bytes()));
                found.ok_or_else(|| differs(self.kind.file(), entry, "通知コード"))
            };
            digests.extend(batch.par_iter().with_min_len(64).map(digest).collect::<Result<Vec<_>, Failure>>()?);
        }
        Ok(ReadBack { sha256: self.sha256, digests })
    }
}

/// The place of a piece in the list, which ascends by number.
fn at(entries: &[PieceEntry], number: PieceNumber) -> usize {
    entries.partition_point(|entry| entry.no < number.0)
}

/// Pieces whose cells are read at once.
const SHEET_BATCH: usize = 4_096;

/// The sheets on which some cells lie.
struct ReadSheets<'a> {
    boxes: &'a [[Mm; 4]],
    /// The first of them.
    first: usize,
    pages: Vec<PageText>,
}

impl<'a> ReadSheets<'a> {
    /// Reads them; one that cannot be read is empty.
    fn of<'c>(reader: &PdfReader, boxes: &'a [[Mm; 4]], cells: impl Iterator<Item = &'c usize> + Clone) -> Self {
        let sheet = |cell: Option<&usize>| cell.map(|cell| cell.saturating_sub(1) / boxes.len().max(1));
        let (Some(first), Some(last)) = (sheet(cells.clone().min()), sheet(cells.max())) else {
            return Self { boxes, first: 0, pages: Vec::new() };
        };
        let last = last.min(reader.page_count().saturating_sub(1));
        let pages = (first..=last).into_par_iter().map(|page| reader.page(page).unwrap_or_default()).collect();
        Self { boxes, first, pages }
    }

    /// What the cells of a piece say.
    fn words(&self, cells: &[usize]) -> String {
        let mut text = String::new();
        for cell in cells.iter().filter_map(|cell| cell.checked_sub(1)) {
            let (page, place) = (cell / self.boxes.len().max(1), cell % self.boxes.len().max(1));
            let page = page.checked_sub(self.first).and_then(|page| self.pages.get(page));
            if let (Some(page), Some(area)) = (page, self.boxes.get(place)) {
                words(page, Some(*area), &mut text);
            }
        }
        text
    }
}
