//! 再発行: one notice again, by the same rules and checks (CK7); the old number becomes void.

use crate::desk::bundle::stage;
use crate::desk::inputs::{self, Given, Inputs};
use crate::desk::issue_book::IssueBook;
use crate::desk::month::Starts;
use crate::desk::names::{self, Names};
use crate::desk::output::{self, Again, Finished, Wish};
use crate::desk::outputs::OUTPUTS;
use crate::desk::settings::Settings;
use crate::desk::{Desk, Doing};
use crate::notice::piece::ReissueMark;
use kansho_core::decision::{Decision, Verdict};
use kansho_core::diag::Failure;
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_rules::decide::entitled::{self, Plain};
use std::path::PathBuf;
use std::sync::Arc;

/// What a reissue is asked for.
#[derive(Clone, Debug)]
pub struct Reissue {
    /// The files and the dates.
    pub given: Given,
    /// 予防接種番号
    pub person: String,
    /// 事業, by any of its names.
    pub programme: String,
    /// 再発行の理由; kept and printed.
    pub reason: String,
    /// The folder that is made.
    pub out: PathBuf,
    /// First free cell of the sticker and of the label sheets.
    pub starts: Starts,
    /// 発行簿; that of the office, or beside the folder, when none is named.
    pub issue_book: Option<PathBuf>,
}

/// A notice that was issued again.
#[derive(Debug)]
pub struct Reissued {
    /// Run id, number and what was found.
    pub finished: Finished,
    /// Whose.
    pub person: String,
    /// Id of the programme.
    pub programme: String,
    /// The numbers that are void now.
    pub voided: Vec<u64>,
    /// 発行簿
    pub book: PathBuf,
}

/// Decides whether the person is entitled today, makes the one notice, reads it back and releases it.
///
/// # Errors
/// [`Failure::Declined`] with the reason when the person is not entitled; else as a month.
pub fn run(reissue: &Reissue, settings: &Arc<Settings>, desk: &Desk<'_>) -> Result<Reissued, Failure> {
    stage::ensure_free(&reissue.out)?;
    if reissue.reason.trim().is_empty() {
        return Err(Failure::Usage("--reason に再発行の理由を書いてください（例: 紛失）。記録に残ります".to_owned()));
    }
    desk.pool.install(|| {
        desk.tell(Doing::Reading);
        let inputs = inputs::load_for(&reissue.person, &reissue.given, settings)?;
        let case = names::person(&inputs, &reissue.person)?;
        let programme = Names::new(&settings.book, &settings.tables).programme(&settings.programmes, &reissue.programme)?;
        let (decision, voids) = entitled(&inputs, case, programme)?;
        let mark = ReissueMark { void: voids.iter().map(u64::to_string).collect(), reason: reissue.reason.clone() };
        let again = Again { case, programme, decision, mark, voids: voids.clone() };
        desk.tell(Doing::Making);
        let office = &settings.office.run.issue_book;
        let book = IssueBook::choose(reissue.issue_book.as_deref(), &reissue.out, office, &settings.folder)?;
        let path = book.path().to_path_buf();
        let wish = Wish { starts: reissue.starts, again: Some(again), book: Some(Box::new(book)), ..Wish::default() };
        let finished = output::produce(&inputs, &reissue.out, &wish, &OUTPUTS)?;
        let (person, programme) =
            (inputs.joined.cases[case].printed_id().to_owned(), settings.programmes[programme].id.to_string());
        Ok(Reissued { finished, person, programme, voided: voids, book: path })
    })
}

/// The decision that entitles the person to this notice today, and the old numbers.
fn entitled(inputs: &Inputs, key: CaseKey, of: ProgrammeKey) -> Result<(Decision, Vec<u64>), Failure> {
    let ground = inputs.ground();
    let case = &inputs.joined.cases[key];
    let programme = &inputs.settings.programmes[of];
    let decision = entitled::reissue(key, case, of, &ground);
    if decision.verdict == Verdict::Selected {
        return Ok((decision, entitled::voids(case, programme, &ground)));
    }
    let Plain { words, source } = entitled::plain(case, &decision, &ground);
    Err(Failure::Declined(format!("「{}」は再発行できません: {words}\n根拠: {source}", programme.name)))
}
