//! `letters-0001.pdf` …: composed, written and read back file by file, so that memory does not grow with the run.
//!
//! Files are independent of each other (numbers are given before anything is drawn), so several are made at once; the bytes are the
//! same whatever the number of threads.

use crate::compose::Forms;
use crate::compose::font::Fonts;
use crate::compose::frame::Page;
use crate::compose::piece::Piece;
use crate::diag::{Failure, Report};
use crate::emit::pdf::{self, Info};
use crate::emit::stage::Stage;
use crate::emit::verify::{self, ReadBack};
use crate::record::manifest::PieceEntry;
use rayon::prelude::*;

/// Letters of one print file (print.md 10.6: at most 2,000 sheets).
pub const LETTERS_PER_FILE: usize = 2_000;

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
    pub fn print(&self, number: usize, pieces: &[(usize, Piece)]) -> Result<Vec<Vec<Page>>, Failure> {
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

    /// Prints and proofreads all pieces; gives the pages and what was read back of each file, in order.
    ///
    /// # Errors
    /// As [`Press::print`] and [`Press::proofread`].
    pub fn run(&self, pieces: &[(usize, Piece)], entries: &[PieceEntry]) -> Result<Vec<(usize, ReadBack)>, Failure> {
        let files: Vec<_> = pieces.chunks(LETTERS_PER_FILE).zip(entries.chunks(LETTERS_PER_FILE)).enumerate().collect();
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
