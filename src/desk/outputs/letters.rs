//! `letters-0001.pdf` …: composed, written and read back file by file, so that memory does not grow with the run.
//!
//! Files are independent of each other (numbers are given before anything is drawn), so several are made at once; the bytes are the
//! same whatever the number of threads.

use crate::desk::bundle::packed::{Packed, PackedCounts};
use crate::desk::bundle::stage::Stage;
use crate::desk::outputs::words::words;
use crate::desk::outputs::{
    Job, Made, Output, ReadBack, Released, codes, difference, differs, open, open_hashed, other, without_code,
};
use crate::notice::Forms;
use crate::notice::piece::Piece;
use crate::record::manifest::{Pages, PieceEntry, Place};
use kansho_core::diag::{Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_core::keys::DecisionKey;
use kansho_paper::compare;
use kansho_paper::font::Fonts;
use kansho_paper::frame::Page;
use kansho_paper::pdf::read::PdfReader;
use kansho_paper::pdf::{self, Info};
use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;

/// 通知書.
#[derive(Debug)]
pub struct Letters;

impl Output for Letters {
    fn key(&self) -> &'static str {
        "letters"
    }

    fn owns(&self, path: &str) -> bool {
        let number = path.strip_prefix("letters-").and_then(|rest| rest.strip_suffix(".pdf"));
        number.is_some_and(|n| n.len() >= 4 && n.bytes().all(|b| b.is_ascii_digit()))
    }

    fn leaves(&self) -> bool {
        true
    }

    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
        let fonts = &job.inputs.settings.fonts;
        let press = Press { stage: job.stage, fonts, forms: job.forms, info: job.info("通知書") };
        let files = job.mailing.files(job.forms.letters_per_file());
        let mut next = 0;
        for (number, (pages, read)) in press.run(job.pieces, &made.entries, &files)?.into_iter().enumerate() {
            let name = file_name(number);
            let of_letter = pages / read.digests.len().max(1);
            for (place, digest) in read.digests.into_iter().enumerate() {
                let first = place * of_letter + 1;
                let pages = (first..first + of_letter).collect();
                made.enter(self, next, Place::Pages(Pages { file: name.clone(), pages }), digest);
                next += 1;
            }
            made.read_back.insert(name, read.sha256);
            made.counts.pages += pages;
        }
        made.counts.letters = next;
        Ok(())
    }

    fn compare(&self, released: &Released<'_>, report: &mut Report) {
        let pieces = &released.manifest.pieces;
        let mut files: Vec<&str> = pieces.iter().filter_map(|p| p.outputs.pages(self.key())).map(|l| l.file.as_str()).collect();
        files.dedup();
        for file in files {
            let reader = open(&released.folder.join(file));
            let place = |entry: &'_ PieceEntry| entry.outputs.pages(self.key()).filter(|l| l.file == file).cloned();
            let of_file: Vec<(&PieceEntry, Pages, Option<&String>)> = pieces
                .iter()
                .zip(&released.office.pieces)
                .filter_map(|(entry, piece)| Some((entry, place(entry)?, piece.digests.get(self.key()))))
                .collect();
            let found = reader.as_ref().map_or(0, PdfReader::page_count);
            let meant = of_file.iter().map(|(_, place, _)| place.pages.len()).sum::<usize>();
            if found != meant {
                report.push(other(format!("{file}: {found} ページあり、{meant} ページのはずです")));
            }
            let wrong: Vec<Diagnostic> = of_file
                .par_iter()
                .filter(|(_, place, meant)| reader.as_ref().and_then(|r| digest(r, &place.pages)).as_ref() != *meant)
                .map(|(entry, ..)| difference(file, (entry.no, &entry.code), "ページ"))
                .collect();
            wrong.into_iter().for_each(|d| report.push(d));
        }
    }

    /// Each page belongs to one piece and carries its code and no other.
    fn compare_packed(&self, path: &str, bytes: Vec<u8>, packed: &Packed, report: &mut Report) {
        let reader = PdfReader::open(bytes).ok();
        let of_file: Vec<(&PieceEntry, &[usize])> = packed
            .pieces
            .iter()
            .filter_map(|piece| piece.outputs.pages(self.key()).filter(|l| l.file == path).map(|l| (piece, l.pages.as_slice())))
            .collect();
        let numbers = of_file.iter().flat_map(|(_, pages)| pages.iter().copied());
        let pages = reader.as_ref().map_or(0, PdfReader::page_count);
        if !numbers.eq(1..=pages) {
            report.push(other(format!("{path}: {pages} ページあり、目録のページと合いません")));
        }
        let own = |number: &usize, code: &str| {
            let page = reader.as_ref().and_then(|r| r.page(number.checked_sub(1)?).ok()).unwrap_or_default();
            let mut found = page.runs.iter().flat_map(|run| codes(&run.text, &packed.run)).peekable();
            found.peek().is_some() && found.all(|one| one == code)
        };
        let wrong: Vec<Diagnostic> = of_file
            .par_iter()
            .with_min_len(16)
            .filter(|(piece, pages)| pages.is_empty() || !pages.iter().all(|number| own(number, &piece.code)))
            .map(|(piece, _)| without_code(path, piece, "ページ"))
            .collect();
        wrong.into_iter().for_each(|d| report.push(d));
    }

    fn holds(&self, path: &str, bytes: &dyn Fn() -> Option<Vec<u8>>, packed: &Packed) -> String {
        let letters: Vec<(u32, usize)> = packed
            .pieces
            .iter()
            .filter_map(|piece| piece.outputs.pages(self.key()).filter(|l| l.file == path).map(|l| (piece.no, l.pages.len())))
            .collect();
        let (Some((first, _)), Some((last, _))) = (letters.first(), letters.last()) else { return String::new() };
        let pages: usize = letters.iter().map(|(_, pages)| pages).sum();
        let sides = if pages == letters.len() { "片面" } else { "両面" };
        // Paper with what is cut off, of the first page.
        let page = bytes().and_then(|bytes| PdfReader::open(bytes).ok()).and_then(|reader| reader.page(0).ok());
        let paper = page.map(|page| format!("{:.0}×{:.0} mm", page.width.0, page.height.0)).unwrap_or_default();
        format!("通知書 {} 通 {pages} ページ（通し番号 {first}–{last}）{paper} {sides}", letters.len())
    }

    fn total(&self, counts: &PackedCounts) -> Option<(&'static str, String)> {
        Some(("通知書", format!("{} 通（{} ページ）", counts.letters, counts.pages)))
    }
}

/// The digest of what some pages of a file say, as [`Press::run`] kept it; none when a page cannot be read.
#[must_use]
pub fn digest(reader: &PdfReader, pages: &[usize]) -> Option<String> {
    let mut text = String::with_capacity(12_288);
    for number in pages {
        words(&reader.page(number.checked_sub(1)?).ok()?, None, &mut text);
    }
    Some(hash::sha256_hex(text.as_bytes()))
}

/// Files in work at the same time: what they hold is all the memory letters take.
const FILES_AT_ONCE: usize = 4;

/// What letters are made with.
#[derive(Debug)]
pub struct Press<'a> {
    /// Where the files go.
    pub stage: &'a Stage,
    /// The fonts.
    pub fonts: &'a Fonts,
    /// Templates and office.
    pub forms: &'a Forms,
    /// What each file says about itself.
    pub info: Info,
}

/// A bundle's place in the posting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First letter, from 0.
    pub first: usize,
    /// Last letter.
    pub last: usize,
    /// Every letter between them is of this bundle.
    pub whole: bool,
}

/// Where the files begin and end: at most `most` letters each, cut between bundles.
///
/// Letters lie in posting order. A bundle that lies in one stretch is cut only when it fills more than half a file by itself; bundles
/// of what is left over (`260…`, `26…`) lie between the others, and the place inside the fewest of them is taken. No file but the
/// last is less than half full.
#[must_use]
pub fn files(count: usize, spans: &[Span], most: usize) -> Vec<Range<usize>> {
    // More than any number of bundles of leftovers.
    const WHOLE: usize = 1_000_000;
    let mut begins = vec![0_usize; count + 2];
    let mut ends = vec![0_usize; count + 2];
    for span in spans.iter().filter(|span| span.first < span.last && span.last < count) {
        let weight = if span.whole { WHOLE } else { 1 };
        begins[span.first + 1] += weight;
        ends[span.last + 1] += weight;
    }
    let mut open = 0_usize;
    let crossed: Vec<usize> = begins
        .iter()
        .zip(&ends)
        .map(|(begins, ends)| {
            open = (open + begins).saturating_sub(*ends);
            open
        })
        .collect();
    let most = most.max(1);
    let mut files = Vec::new();
    let mut start = 0;
    while count - start > most {
        let reach = start + most.div_ceil(2)..=start + most;
        let cut = reach.rev().min_by_key(|place| crossed[*place]).unwrap_or(start + most);
        files.push(start..cut);
        start = cut;
    }
    if start < count {
        files.push(start..count);
    }
    files
}

/// A letters file by its number from 0.
#[must_use]
pub fn file_name(number: usize) -> String {
    format!("letters-{:04}.pdf", number + 1)
}

impl Press<'_> {
    /// Composes and writes one file; gives its letters.
    ///
    /// # Errors
    /// [`Failure::Refused`] when a piece cannot be composed, [`Failure::Declined`] when a character has no glyph, [`Failure::Io`].
    pub fn print(&self, number: usize, pieces: &[(DecisionKey, Piece)]) -> Result<Vec<Vec<Page>>, Failure> {
        let letters: Vec<Vec<Page>> = pieces
            .par_iter()
            .with_min_len(16)
            .map(|(_, piece)| self.forms.letter(piece))
            .collect::<Result<_, _>>()
            .map_err(|problem| Failure::Refused(Report::from(problem)))?;
        let pages: Vec<&Page> = letters.iter().flatten().collect();
        let name = file_name(number);
        let mut file = self.stage.create(&name)?;
        pdf::write_pages(&mut file, self.fonts, &pages, &self.info)?;
        Stage::finish(&name, file)?;
        Ok(letters)
    }

    /// Reads one file back and compares every letter.
    ///
    /// # Errors
    /// [`Failure::Refused`] naming the first piece that differs.
    pub fn proofread(&self, number: usize, letters: &[Vec<Page>], entries: &[PieceEntry]) -> Result<ReadBack, Failure> {
        read_back(&self.stage.path().join(file_name(number)), letters, entries)
    }

    /// Prints and proofreads all pieces, file by file as `files` has them; gives the pages and what was read back of each file, in order.
    ///
    /// # Errors
    /// As [`Press::print`] and [`Press::proofread`].
    pub fn run(
        &self,
        pieces: &[(DecisionKey, Piece)],
        entries: &[PieceEntry],
        files: &[Range<usize>],
    ) -> Result<Vec<(usize, ReadBack)>, Failure> {
        let files: Vec<_> = files.iter().map(|file| (&pieces[file.clone()], &entries[file.clone()])).enumerate().collect();
        let mut done = Vec::with_capacity(files.len());
        for group in files.chunks(FILES_AT_ONCE) {
            let made: Vec<Result<(usize, ReadBack), Failure>> = group
                .par_iter()
                .map(|&(number, (pieces, entries))| {
                    let letters = self.print(number, pieces)?;
                    let pages = letters.iter().map(Vec::len).sum();
                    Ok((pages, self.proofread(number, &letters, entries)?))
                })
                .collect();
            for made in made {
                done.push(made?);
            }
        }
        Ok(done)
    }
}

/// Reads a letters file back and compares every piece.
///
/// # Errors
/// [`Failure::Refused`] naming the first piece that differs.
fn read_back(path: &Path, letters: &[Vec<Page>], entries: &[PieceEntry]) -> Result<ReadBack, Failure> {
    let (reader, sha256) = open_hashed(path)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut first = 0;
    let places: Vec<(&[Page], &PieceEntry, usize)> = letters
        .iter()
        .zip(entries)
        .map(|(pages, entry)| {
            first += pages.len();
            (pages.as_slice(), entry, first - pages.len())
        })
        .collect();
    if reader.page_count() != first || letters.len() != entries.len() {
        let message = format!("{name}: {} ページあり、{first} ページのはずです", reader.page_count());
        return Err(Failure::Refused(Report::from(other(message))));
    }
    let digests = places
        .par_iter()
        .with_min_len(16)
        .map(|&(pages, entry, first)| {
            let mut text = String::with_capacity(12_288);
            for (page, index) in pages.iter().zip(first..) {
                let read = reader.page(index).ok().filter(|read| compare::same(read, page));
                words(&read.ok_or_else(|| differs(&name, entry, &format!("{}ページ", index + 1)))?, None, &mut text);
            }
            Ok(hash::sha256_hex(text.as_bytes()))
        })
        .collect::<Result<_, Failure>>()?;
    Ok(ReadBack { sha256, digests })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_end_between_bundles() {
        let whole = |first, last| Span { first, last, whole: true };
        let left = |first, last| Span { first, last, whole: false };
        assert_eq!(files(10, &[], 4), [0..4, 4..8, 8..10]);
        assert_eq!(files(10, &[whole(0, 2), whole(3, 6), whole(7, 9)], 4), [0..3, 3..7, 7..10]);
        // Bundles of leftovers lie across: the districts stay whole, however many there are.
        let mixed = [left(0, 9), left(1, 8), left(2, 7), whole(0, 2), whole(3, 6), whole(7, 9)];
        assert_eq!(files(10, &mixed, 4), [0..3, 3..7, 7..10]);
        // A bundle longer than a file has to be cut.
        assert_eq!(files(6, &[whole(0, 5)], 3), [0..3, 3..6]);
        assert!(files(0, &[], 4).is_empty());
    }
}
