//! `letters-0001.pdf` …: composed, written and read back file by file, so that memory does not grow with the run.
//!
//! Files are independent of each other (numbers are given before anything is drawn), so several are made at once; the bytes are the
//! same whatever the number of threads.

use crate::emit::stage::Stage;
use crate::emit::verify::{self, ReadBack};
use crate::notice::Forms;
use crate::notice::piece::Piece;
use crate::record::manifest::PieceEntry;
use kansho_core::diag::{Failure, Report};
use kansho_core::keys::DecisionKey;
use kansho_paper::font::Fonts;
use kansho_paper::frame::Page;
use kansho_paper::pdf::{self, Info};
use rayon::prelude::*;
use std::ops::Range;

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
        verify::letters_written(&self.stage.path().join(file_name(number)), letters, entries)
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
