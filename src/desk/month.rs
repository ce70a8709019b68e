//! 月次の処理: the files of a day → a released folder.

use crate::desk::bundle::stage;
use crate::desk::inputs::{self, Given, Inputs};
use crate::desk::issue_book::IssueBook;
use crate::desk::output::{self, Finished, Wish};
use crate::desk::outputs::OUTPUTS;
use crate::desk::settings::Settings;
use crate::desk::{Desk, Doing};
use kansho_core::diag::Failure;
use kansho_core::notice::Purpose;
use std::path::PathBuf;
use std::sync::Arc;

/// What a month is asked for.
#[derive(Clone, Debug)]
pub struct Month {
    /// The files and the dates.
    pub given: Given,
    /// The folder that is made.
    pub out: PathBuf,
    /// First free cell of the sticker and of the label sheets.
    pub starts: Starts,
    /// 本番 or 試験.
    pub purpose: Purpose,
    /// 発行簿; that of the office, or beside the folder, when none is named.
    pub issue_book: Option<PathBuf>,
}

/// First free cell of the first sheet of each kind, from 1: sheets that were begun are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starts {
    /// シール
    pub stickers: usize,
    /// 宛名ラベル
    pub labels: usize,
}

impl Default for Starts {
    fn default() -> Self {
        Self { stickers: 1, labels: 1 }
    }
}

/// A month that is released.
#[derive(Debug)]
pub struct Released {
    /// What it was made from.
    pub inputs: Inputs,
    /// Run id, counts and what was found.
    pub finished: Finished,
    /// 発行簿
    pub book: PathBuf,
}

/// Reads, decides, makes, reads back and releases.
///
/// # Errors
/// A [`Failure`] when the month is refused or cannot go on; nothing is left in the folder's name then.
pub fn run(month: &Month, settings: &Arc<Settings>, desk: &Desk<'_>) -> Result<Released, Failure> {
    stage::ensure_free(&month.out)?;
    desk.pool.install(|| {
        desk.tell(Doing::Reading);
        let inputs = inputs::load(&month.given, settings)?;
        desk.tell(Doing::Making);
        let office = &settings.office.run.issue_book;
        let book = IssueBook::choose(month.issue_book.as_deref(), &month.out, office, &settings.folder)?;
        let path = book.path().to_path_buf();
        let wish = Wish { starts: month.starts, purpose: month.purpose, book: Some(Box::new(book)), ..Wish::default() };
        let finished = output::produce(&inputs, &month.out, &wish, &OUTPUTS)?;
        Ok(Released { inputs, finished, book: path })
    })
}
