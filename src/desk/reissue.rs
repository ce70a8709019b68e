//! 再発行: one notice again, by the same rules and checks (CK7); the old number becomes void.

use crate::desk::batch::completed::{self, Asked};
use crate::desk::batch::{self, draft};
use crate::desk::bundle::stage;
use crate::desk::inputs::{self, Given, Inputs};
use crate::desk::issue_book::IssueBook;
use crate::desk::month::Starts;
use crate::desk::names::{self, Names};
use crate::desk::output::{self, Again, Finished, Ready, Wish};
use crate::desk::outputs::OUTPUTS;
use crate::desk::settings::Settings;
use crate::desk::{Desk, Doing};
use crate::notice::piece::ReissueMark;
use crate::record::manifest::OfficePiece;
use kansho_core::decision::{Decision, Verdict};
use kansho_core::diag::{Code, Failure, Report};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::notice::RunId;
use kansho_register::batches::{self, REISSUE, State};
use kansho_register::notices::{self, Notice};
use kansho_register::numbers::Numbers;
use kansho_register::numbers_store::{self, RegisterNumbers};
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Permit, Register};
use kansho_register::stored::Shared;
use kansho_rules::decide::entitled::{self, Plain};
use std::path::{Path, PathBuf};
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
    let office = &settings.office.run.issue_book;
    let book = IssueBook::choose(reissue.issue_book.as_deref(), &reissue.out, office, &settings.folder)?;
    let path = book.path().to_path_buf();
    desk.pool.install(|| make(reissue, settings, desk, Box::new(book)))?.released(path)
}

/// The same from the register, which keeps the notice before its folder gets its name and makes the old one void.
///
/// # Errors
/// As [`run`], B620 for a protected person, whose notice is made by hand, and B621.
pub fn keep(
    reissue: &Reissue,
    settings: &Arc<Settings>,
    desk: &Desk<'_>,
    (register, permit): (&Shared, &Permit),
) -> Result<Reissued, Failure> {
    batch::reason(&reissue.reason)?;
    let path = register.lock().path().to_path_buf();
    if let Some(done) = completed(reissue, settings, (register, permit), &path)? {
        return Ok(done);
    }
    stage::ensure_free(&reissue.out)?;
    let numbers = RegisterNumbers::at(path.clone());
    let made = desk.pool.install(|| make(reissue, settings, desk, Box::new(numbers)))?;
    let Made { inputs, ready, voids, .. } = &made;
    register.lock().perform(permit, |work| draft::reissue(work, inputs, ready, &reissue.out, (voids, &reissue.reason)))?;
    made.released(path)
}

/// The same reissue, when it was killed before its folder had its name.
fn completed(
    reissue: &Reissue,
    settings: &Settings,
    (register, permit): (&Shared, &Permit),
    book: &Path,
) -> Result<Option<Reissued>, Failure> {
    let programme = Names::new(&settings.book, &settings.tables).programme(&settings.programmes, &reissue.programme)?;
    let programme = settings.programmes[programme].id.as_str();
    let given = &reissue.given;
    let days = [given.as_of, given.post_on.unwrap_or(given.as_of)];
    let asked = Asked { person: reissue.person.trim(), programme, days, reason: &reissue.reason, out: &reissue.out };
    let Some((manifest, piece)) = completed::reissue(&asked, register)? else { return Ok(None) };
    let first_issue = register.lock().perform(permit, |work| {
        work.person = Some(piece.person.clone());
        work.note("run", manifest.run.as_str());
        work.note("repeated", true);
        Ok(notices::of_run(work.link, &manifest.run)?.first().map(|notice| notice.hakkono))
    })?;
    let finished = Finished { run: RunId(manifest.run), first_issue, counts: manifest.counts, report: Report::new() };
    let OfficePiece { person, programme, voids, .. } = piece;
    Ok(Some(Reissued { finished, person, programme, voided: voids, book: book.to_path_buf() }))
}

/// Cancels a reissue that was not given out; what it made void counts again.
///
/// # Errors
/// [`Failure::Barred`]: A603, A604, B604 when it does not count any more, B612 when it is no reissue of the register, B621.
pub fn cancel(register: &mut Register, caller: &Caller, number: u64, reason: &str) -> Result<Notice, Failure> {
    register.act(caller, &Act::purposeful("reissue cancel", ROLES), |work| {
        let reason = batch::reason(reason)?;
        work.note("issue_no", number);
        work.note("reason", reason);
        let found = notices::numbered(work.link, number)?.filter(|notice| notice.kind == REISSUE);
        let notice =
            found.ok_or_else(|| Failure::barred(Code::PieceUnknown, format!("発行no {number} の再発行は登録簿にありません")))?;
        work.person = Some(notice.person.clone());
        if !notice.state.counts() {
            return Err(Failure::barred(Code::BatchState, format!("発行no {number} は、すでに無効か取消済みです")));
        }
        notices::cancel(work.link, std::slice::from_ref(&notice), reason)?;
        batches::end(work.link, &notice.run, State::Cancelled, reason)?;
        Ok(notice)
    })
}

/// Who may issue a notice again.
pub const ROLES: &[Role] = &[Role::Extract, Role::Register];

/// A reissue that is made and not visible yet.
struct Made {
    inputs: Inputs,
    ready: Ready,
    case: CaseKey,
    programme: ProgrammeKey,
    voids: Vec<u64>,
}

impl Made {
    fn released(self, book: PathBuf) -> Result<Reissued, Failure> {
        let Self { inputs, ready, case, programme, voids } = self;
        let person = inputs.joined.cases[case].printed_id().to_owned();
        let programme = inputs.settings.programmes[programme].id.to_string();
        Ok(Reissued { finished: ready.release()?, person, programme, voided: voids, book })
    }
}

fn make(reissue: &Reissue, settings: &Arc<Settings>, desk: &Desk<'_>, book: Box<dyn Numbers>) -> Result<Made, Failure> {
    desk.tell(Doing::Reading);
    let mut inputs = inputs::load_for(&reissue.person, &reissue.given, settings)?;
    let case = names::person(&inputs, &reissue.person)?;
    if let Some(register) = &reissue.given.register {
        let one = &inputs.joined.cases[case];
        if one.protected.is_some() {
            let message = format!("予防接種番号 {} の人は支援措置の対象です", one.printed_id());
            return Err(Failure::barred(Code::PersonProtected, message));
        }
        // Of the ledger only this person was read.
        let in_ledger = register.lock().read(numbers_store::highest_of_ledger)?;
        inputs.joined.highest_issue = inputs.joined.highest_issue.max(in_ledger);
    }
    let programme = Names::new(&settings.book, &settings.tables).programme(&settings.programmes, &reissue.programme)?;
    let (decision, voids) = entitled(&inputs, case, programme)?;
    let mark = ReissueMark { void: voids.iter().map(u64::to_string).collect(), reason: reissue.reason.clone() };
    let again = Again { case, programme, decision, mark, voids: voids.clone() };
    desk.tell(Doing::Making);
    let wish = Wish { starts: reissue.starts, again: Some(again), book: Some(book), ..Wish::default() };
    let ready = output::make(&inputs, &reissue.out, &wish, &OUTPUTS)?;
    Ok(Made { inputs, ready, case, programme, voids })
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
