//! 月次の処理: the files of a day → a released folder.

use crate::desk::batch::{before, draft};
use crate::desk::bundle::stage;
use crate::desk::inputs::{self, Given, Inputs};
use crate::desk::issue_book::IssueBook;
use crate::desk::output::{self, Finished, Ready, Wish};
use crate::desk::outputs::OUTPUTS;
use crate::desk::settings::Settings;
use crate::desk::{Desk, Doing};
use crate::record::manifest::Input;
use kansho_core::diag::Failure;
use kansho_core::notice::Purpose;
use kansho_register::numbers::Numbers;
use kansho_register::numbers_store::RegisterNumbers;
use kansho_register::store::Permit;
use kansho_register::stored::Shared;
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
    /// 発行簿, or the register.
    pub book: PathBuf,
}

/// Reads, decides, makes, reads back and releases.
///
/// # Errors
/// A [`Failure`] when the month is refused or cannot go on; nothing is left in the folder's name then.
pub fn run(month: &Month, settings: &Arc<Settings>, desk: &Desk<'_>) -> Result<Released, Failure> {
    stage::ensure_free(&month.out)?;
    let office = &settings.office.run.issue_book;
    let book = IssueBook::choose(month.issue_book.as_deref(), &month.out, office, &settings.folder)?;
    let path = book.path().to_path_buf();
    let (inputs, ready) = desk.pool.install(|| make(month, settings, desk, Box::new(book)))?;
    Ok(Released { inputs, finished: ready.release()?, book: path })
}

/// The same from the register, which keeps the draft before its folder gets its name.
///
/// # Errors
/// As [`run`], and B604 when the same draft is sealed or ended already.
pub fn keep(
    month: &Month,
    settings: &Arc<Settings>,
    desk: &Desk<'_>,
    (register, permit): (&Shared, &Permit),
) -> Result<Released, Failure> {
    stage::ensure_free(&month.out)?;
    let path = register.lock().path().to_path_buf();
    let numbers = RegisterNumbers::at(path.clone());
    let (inputs, ready) = desk.pool.install(|| make(month, settings, desk, Box::new(numbers)))?;
    register.lock().perform(permit, |work| draft::run(work, &inputs, &ready, &month.out))?;
    Ok(Released { inputs, finished: ready.release()?, book: path })
}

fn make(month: &Month, settings: &Arc<Settings>, desk: &Desk<'_>, book: Box<dyn Numbers>) -> Result<(Inputs, Ready), Failure> {
    desk.tell(Doing::Reading);
    let mut inputs = inputs::load(&month.given, settings)?;
    if let (Some(register), Some(previous)) = (&month.given.register, &mut inputs.previous) {
        previous.decisions = before::decisions(register, previous, &settings.programmes)?;
        // The report tells the difference only where the folder of then is still there.
        let there = if previous.decisions.is_some() { "前回の判定あり" } else { "前回の判定なし" };
        inputs.files.push(Input { name: there.to_owned(), sha256: previous.sha256.clone() });
    }
    desk.tell(Doing::Making);
    let wish = Wish { starts: month.starts, purpose: month.purpose, book: Some(book), ..Wish::default() };
    let ready = output::make(&inputs, &month.out, &wish, &OUTPUTS)?;
    Ok((inputs, ready))
}
