//! Pieces → a released folder: compose, emit, read back, close the counts, release.

use crate::desk::bundle::stage::{Stage, Verified};
use crate::desk::bundle::verify;
use crate::desk::inputs::Inputs;
use crate::desk::kept::{self, Kept};
use crate::desk::mailing::Mailing;
use crate::desk::month::Starts;
use crate::desk::outputs::{Job, List, Made, Steps};
use crate::desk::pieces::{self, KeptNumbers, Numbering};
use crate::desk::settings::Settings;
use crate::desk::shop::Shop;
use crate::desk::{characters, doubts, identity, templates};
use crate::notice::piece::{Piece, ReissueMark};
use crate::notice::{Forms, RunMeta, Stationery};
use crate::record::counts::{Counts, Meant, Rows};
use crate::record::manifest::Manifest;
use crate::record::wards::Wards;
use chrono::NaiveDate;
use kansho_core::decision::{Decision, Verdict};
use kansho_core::diag::{Code, Diagnostic, Failure, Report, Severity};
use kansho_core::keys::{CaseKey, DecisionKey, ProgrammeKey};
use kansho_core::notice::{FIRST_REHEARSAL, Purpose, RunId};
use kansho_intake::join::Joined;
use kansho_post::row::Field;
use kansho_register::numbers::{self, Numbers, Wanted};
use kansho_rules::decide::{self, Outside, outsider::Part};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Forms, pieces by the index of their decision, and the steps they took.
type Numbered = (Forms, Vec<(DecisionKey, Piece)>, Steps);

/// What a run is asked for besides its inputs.
#[derive(Default)]
pub struct Wish {
    /// First free cells of the sheets.
    pub starts: Starts,
    /// 本番 or 試験.
    pub purpose: Purpose,
    /// 再発行: only this person and programme, and the mark.
    pub again: Option<Again>,
    /// 発行簿: where the numbers are taken from; none for what only looks.
    pub book: Option<Box<dyn Numbers>>,
    /// 封緘: only these pieces, under the numbers they have.
    pub sealed: Option<Sealed>,
}

/// The pieces of an approved draft that go out.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The draft's run id.
    pub run: RunId,
    /// The decisions of the pieces.
    pub decisions: Vec<Decision>,
    /// The numbers they were printed with.
    pub numbers: KeptNumbers,
    /// The day up to which their letters say that the records are known.
    pub data_as_of: NaiveDate,
}

/// 再発行 of one notice.
#[derive(Clone, Debug)]
pub struct Again {
    /// The person.
    pub case: CaseKey,
    /// The programme.
    pub programme: ProgrammeKey,
    /// The decision that entitles.
    pub decision: Decision,
    /// The mark on the letter.
    pub mark: ReissueMark,
    /// The numbers that become void.
    pub voids: Vec<u64>,
}

/// What a finished run tells.
#[derive(Debug)]
pub struct Finished {
    /// Run id.
    pub run: RunId,
    /// 発行no of the first piece, when there is one.
    pub first_issue: Option<u64>,
    /// The closing counts.
    pub counts: Counts,
    /// What was found.
    pub report: Report,
}

/// Everything that is settled before the first byte is written: who is sent what, and with which numbers.
#[derive(Debug)]
pub struct Prepared {
    /// Run id.
    pub run: RunId,
    /// Decisions of all candidates, with those held who cannot be printed or posted.
    pub decisions: Vec<Decision>,
    /// Number of 対象外 pairs.
    pub outside: Outside,
    /// Each piece with its decision, in posting order.
    pub pieces: Vec<(DecisionKey, Piece)>,
    /// Steps of the fit ladder that are not as is.
    pub steps: Steps,
    /// What was found.
    pub report: Report,
    forms: Forms,
}

impl Prepared {
    /// Templates and office of the run.
    #[must_use]
    pub const fn forms(&self) -> &Forms {
        &self.forms
    }
}

/// Decides, numbers and composes every piece once, so that whoever cannot be printed or posted is held.
///
/// # Errors
/// [`Failure::Io`], [`Failure::Usage`] when fonts, templates or the office's settings are wrong; [`Failure::Declined`] when the one person of a reissue is held.
pub fn prepare(inputs: &Inputs, wish: &Wish) -> Result<Prepared, Failure> {
    let (mut decisions, outside) = match (&wish.again, &wish.sealed) {
        (Some(again), _) => (vec![again.decision.clone()], Outside::default()),
        (None, Some(sealed)) => (sealed.decisions.clone(), Outside::default()),
        (None, None) => decide::decide(&inputs.joined.cases, &inputs.ground()),
    };
    let mut report = inputs.report.clone();
    report.extend(odd_doses(inputs, &decisions));
    usable(&inputs.settings, wish.purpose)?;
    let (run, first_issue) = match &wish.sealed {
        Some(sealed) => (sealed.run.clone(), 0),
        None => {
            let content = identity::content(inputs, wish);
            let first_issue = first_issue(inputs, &decisions, &content, wish)?;
            (identity::run_id(inputs, &content, first_issue, wish.purpose), first_issue)
        }
    };
    let identity = Identity {
        run,
        first_issue,
        purpose: wish.purpose,
        again: wish.again.as_ref().map(|again| again.mark.clone()),
        kept: wish.sealed.as_ref().map(|sealed| &sealed.numbers),
        data_as_of: wish.sealed.as_ref().map(|sealed| sealed.data_as_of),
    };
    let (forms, pieces, steps) = number(inputs, &mut decisions, &identity, &mut report)?;
    if let (Some(_), Some(decision)) = (&wish.again, decisions.first().filter(|d| d.verdict == Verdict::Held)) {
        let cause = decision.evidence.last().map(|e| e.answer.clone()).unwrap_or_default();
        return Err(Failure::Declined(format!("再発行できません: 保留\n{cause}")));
    }
    Ok(Prepared { run: identity.run, decisions, outside, pieces, steps, report, forms })
}

/// Holds, among the decisions, whoever cannot be printed or posted, as a run would; nothing is kept and no number is taken.
///
/// # Errors
/// As [`prepare`].
pub fn hold_unprintable(inputs: &Inputs, decisions: &mut [Decision], report: &mut Report) -> Result<(), Failure> {
    usable(&inputs.settings, Purpose::Live)?;
    let first_issue = inputs.joined.highest_issue.saturating_add(1);
    // As long as that of a run, so that everything takes the room that it will take.
    let run = identity::run_id(inputs, "", first_issue, Purpose::Live);
    number(
        inputs,
        decisions,
        &Identity { run, first_issue, purpose: Purpose::Live, again: None, kept: None, data_as_of: None },
        report,
    )
    .map(drop)
}

/// Refuses settings that are sound by themselves but cannot be printed or posted with.
fn usable(settings: &Settings, purpose: Purpose) -> Result<(), Failure> {
    let Settings { office, fonts, stationery, shop, .. } = settings;
    Stationery::printable(office, fonts)?;
    if purpose == Purpose::Live && !office.approves(&stationery.sha256) {
        let message = format!("ひな形の照合値は {} で、承認した値と違います", stationery.sha256);
        return Err(Failure::Refused(Report::from(Diagnostic::new(Code::TemplateApproval, message))));
    }
    if office.envelope.most_pieces > 1 && !(shop.layout.has(Field::Envelope) && shop.layout.has(Field::Sheet)) {
        let message = "municipality.toml: 名寄せ（envelope.most_pieces）をするときは、郵便CSVのレイアウトに封筒番号（envelope）と枚目（sheet）の列が要ります（layouts/postal/grouped.toml）";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(())
}

/// What the numbers of a run are made of.
struct Identity<'a> {
    run: RunId,
    first_issue: u64,
    purpose: Purpose,
    again: Option<ReissueMark>,
    kept: Option<&'a KeptNumbers>,
    data_as_of: Option<NaiveDate>,
}

/// Numbers the pieces of the selected; whoever cannot be printed or posted is held.
fn number(
    inputs: &Inputs,
    decisions: &mut [Decision],
    identity: &Identity<'_>,
    report: &mut Report,
) -> Result<Numbered, Failure> {
    let Settings { office, fonts, stationery, shop, postal, .. } = &*inputs.settings;
    let meta = RunMeta {
        run: identity.run.clone(),
        as_of: inputs.period.as_of,
        post_on: inputs.period.post_on,
        data_as_of: identity.data_as_of.unwrap_or_else(|| inputs.data_as_of()),
        purpose: identity.purpose,
    };
    let forms = Forms::new(stationery, office, Arc::clone(fonts), meta);
    let numbering = Numbering {
        run: identity.run.clone(),
        postal: postal.as_ref(),
        first_issue: identity.first_issue,
        reissue: identity.again.clone(),
        gaiji: shop.gaiji(),
        most_pieces: office.envelope.most_pieces,
        forms: &forms,
        kept: identity.kept,
    };
    let (pieces, steps) = settle(inputs, decisions, &numbering, &forms, shop, report)?;
    if let Err(reason) = office.envelope.barcode_fits() {
        report.push(Diagnostic::new(Code::BarcodeOmitted, reason));
    }
    report.extend(characters::made_equal(&pieces, shop));
    report.extend(doubts::alerts(&pieces, decisions, &inputs.joined.cases, postal.as_ref()));
    if pieces.is_empty() {
        report.push(Diagnostic::new(Code::NobodyDue, "送る人がいません"));
    }
    Ok((forms, pieces, steps))
}

/// The first 発行no: of the book, which writes down what is taken; a rehearsal has its own numbers, and a look-up takes none.
fn first_issue(inputs: &Inputs, decisions: &[Decision], content: &str, wish: &Wish) -> Result<u64, Failure> {
    let count = decisions.iter().filter(|d| d.verdict == Verdict::Selected).count() as u64;
    let width = inputs.settings.shop.layout.width_of(Field::IssueNo).and_then(|width| u32::try_from(width).ok());
    let below = width.and_then(|width| 10_u64.checked_pow(width)).unwrap_or(u64::MAX);
    let highest = inputs.joined.highest_issue;
    if wish.purpose == Purpose::Rehearsal {
        return numbers::first_issue(FIRST_REHEARSAL - 1, count, below);
    }
    let below = below.min(FIRST_REHEARSAL);
    match wish.book.as_ref().filter(|_| count > 0) {
        Some(book) => {
            let programme = wish.again.as_ref().map_or("一括", |r| inputs.settings.programmes[r.programme].name.as_str());
            let reason = wish.again.as_ref().map_or_else(|| format!("{} の処理", inputs.period.as_of), |r| r.mark.reason.clone());
            book.reserve(&Wanted { content, count, below, programme, reason: &reason }, highest)
        }
        None => Ok(highest.saturating_add(1)),
    }
}

/// Doses of candidates outside their window or interval (D404), each row once.
pub(super) fn odd_doses(inputs: &Inputs, decisions: &[Decision]) -> Report {
    let mut told = BTreeSet::new();
    let mut report = Report::new();
    for decision in decisions {
        for odd in decision.findings.iter().filter(|odd| told.insert((decision.case, odd.dose.source, odd.kind))) {
            report.push(
                Diagnostic::new(
                    Code::DoseInvalid,
                    format!("{} {}", inputs.settings.book.series_name(odd.dose.series), odd.words),
                )
                .at(&inputs.joined.ledger_places.of(odd.dose.source))
                .of(format!("予防接種番号 {}", inputs.joined.cases[decision.case].printed_id()))
                .so(odd.effect.clone()),
            );
        }
    }
    report
}

/// A run that is made, read back and compared, and not visible yet.
#[derive(Debug)]
pub struct Ready {
    /// What it tells.
    pub finished: Finished,
    /// Its manifest.
    pub manifest: Manifest,
    /// Each piece with its decision, in posting order.
    pub pieces: Vec<(DecisionKey, Piece)>,
    /// Every decision about a candidate.
    pub decisions: Vec<Decision>,
    /// Pieces with a character that was substituted, by their place in the list.
    pub substituted: BTreeSet<usize>,
    stage: Stage<Verified>,
}

impl Ready {
    /// The folder while it has no name of its own.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.stage.path()
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// As [`Stage::release`].
    pub fn release(self) -> Result<Finished, Failure> {
        self.stage.release()?;
        Ok(self.finished)
    }
}

/// Runs decide → compose → emit → verify → release into `out`.
///
/// # Errors
/// As [`make`].
pub fn produce(inputs: &Inputs, out: &Path, wish: &Wish, outputs: List<'_>) -> Result<Finished, Failure> {
    make(inputs, out, wish, outputs)?.release()
}

/// Runs decide → compose → emit → verify beside `out`.
///
/// # Errors
/// Those of [`prepare`]; [`Failure::Refused`] when counts do not close, an output differs or
/// `held = refuse` meets a held person; [`Failure::Io`] when the disk does not
/// take it. In every case nothing is left in the output's name.
pub fn make(inputs: &Inputs, out: &Path, wish: &Wish, outputs: List<'_>) -> Result<Ready, Failure> {
    let settings = &*inputs.settings;
    let Settings { office, fonts, .. } = settings;
    // What `templates check` refuses is not printed.
    let looked = templates::look(&settings.folder, &settings.book, &settings.programmes, office, Arc::clone(fonts))?;
    if looked.report.refuses() {
        return Err(Failure::Refused(looked.report));
    }
    let stage = Stage::open(out)?;
    let cases = &inputs.joined.cases;
    let prepared = prepare(inputs, wish)?;
    let Prepared { run, decisions, outside, pieces, steps, mut report, forms } = prepared;
    let wards = Wards::count(cases, &decisions, inputs.period.as_of);
    for ((year, month), ward) in wards.empty() {
        let message = format!("{ward} の {year}年{month}月生まれの住民に、送る人が一人もいません");
        report.push(Diagnostic::new(Code::NobodyInWard, message));
    }
    let held = decisions.iter().filter(|d| d.verdict == Verdict::Held).count();
    if held > 0 && office.refuses_held() {
        report.push(Diagnostic::new(Code::HeldRefuses, format!("保留の人が {held} 件あります")));
        return Err(Failure::Refused(report));
    }
    let mut counts = read_counts(inputs, wish, outside);
    counts.decisions(&decisions);
    counts.addressed = pieces.iter().filter(|(_, piece)| forms.paper_of(piece.template.as_str()).card.is_some()).count();
    let meant = Meant {
        pages: pieces.iter().map(|(_, piece)| forms.paper_of(piece.template.as_str()).sides).sum(),
        sticker_cells: pieces.iter().map(|(_, piece)| piece.sticker_count()).sum(),
    };
    let mailing = Mailing::count(&pieces, &forms, settings, inputs.period.post_on);
    counts.mailed = mailing.mailed();
    let job = Job {
        stage: &stage,
        inputs,
        run: &run,
        forms: &forms,
        pieces: &pieces,
        decisions: &decisions,
        steps: &steps,
        mailing: &mailing,
        starts: wish.starts,
        found: &report,
    };
    let mut made = Made::nothing(&pieces, counts);
    outputs.iter().try_for_each(|output| output.possible(&job))?;
    outputs.iter().try_for_each(|output| output.make(&job, &mut made))?;
    let unequal = made.counts.check(meant);
    if unequal.refuses() {
        return Err(Failure::Refused(unequal));
    }
    let voids = wish.again.as_ref().map_or(&[][..], |again| &again.voids);
    let written_otherwise = |(place, (_, piece)): (usize, &(DecisionKey, Piece))| piece.register.is_some().then_some(place);
    let substituted = made.substituted.keys().copied().chain(pieces.iter().enumerate().filter_map(written_otherwise)).collect();
    let Kept { manifest, read_back } = kept::write(&job, made, voids)?;
    let stage = verify::finished(stage, &read_back)?;
    let first_issue = pieces.first().map(|(_, piece)| piece.issue.0);
    let finished = Finished { run, first_issue, counts: manifest.counts.clone(), report };
    Ok(Ready { finished, manifest, pieces, decisions, substituted, stage })
}

/// What was read, counted where it was read, beside what became of it, counted where it was used.
fn read_counts(inputs: &Inputs, wish: &Wish, outside: Outside) -> Counts {
    let Joined { cases, resident_rows, ledger_rows, mark_rows, meeting, later_doses, later_notices, .. } = &inputs.joined;
    let marks = inputs.rows_read.marks.iter().map(|(sheet, rows)| {
        let became = mark_rows.get(sheet).copied().unwrap_or_default();
        (sheet.word().to_owned(), Rows { rows: *rows, ..became.into() })
    });
    Counts {
        resident_rows: (*resident_rows).into(),
        ledger_rows: Rows { rows: inputs.rows_read.ledger, ..(*ledger_rows).into() },
        ledger_met: meeting.met,
        marks: marks.collect(),
        people: cases.len(),
        pairs: match (&wish.again, &wish.sealed) {
            (Some(_), _) => 1,
            (None, Some(sealed)) => sealed.decisions.len(),
            (None, None) => cases.len() * inputs.settings.programmes.len(),
        },
        outside: outside.pairs,
        outside_parts: Part::ALL.iter().zip(outside.parts).map(|(part, count)| (part.id().to_owned(), count)).collect(),
        later_doses: *later_doses,
        later_notices: *later_notices,
        ..Counts::default()
    }
}

/// Numbers the pieces; whoever cannot be printed or posted is held and the numbers are given again without them. Neither depends
/// on a number, so nobody is looked at twice.
fn settle(
    inputs: &Inputs,
    decisions: &mut [Decision],
    numbering: &Numbering<'_>,
    forms: &Forms,
    shop: &Shop,
    report: &mut Report,
) -> Result<(Vec<(DecisionKey, Piece)>, Steps), Failure> {
    let pieces = pieces::number(inputs, decisions, numbering, report);
    let checked: Vec<(DecisionKey, Result<_, Vec<Diagnostic>>)> = pieces
        .par_iter()
        .with_min_len(64)
        .filter_map(|(place, piece)| {
            let origin = &inputs.joined.cases[decisions[*place].case].resident.origin;
            let problem = |problem: Diagnostic| {
                let who = format!("予防接種番号 {}", piece.person_number);
                problem.at(origin).of(who).so("この人を保留にしました")
            };
            let (printed, posted) = (forms.check(piece), shop.row(piece, 1, |_| {}));
            match (printed, posted) {
                (Ok(steps), Ok(_)) => (!steps.is_empty()).then_some((*place, Ok(steps))),
                (printed, posted) => {
                    let found = printed.err().into_iter().chain(posted.err()).flatten();
                    Some((*place, Err(found.map(problem).collect())))
                }
            }
        })
        .collect();
    let (mut steps, mut problems) = (Steps::new(), Vec::new());
    for (place, found) in checked {
        match found {
            Ok(found) => drop(steps.insert(place, found)),
            Err(found) => problems.extend(found.into_iter().map(|problem| (place, problem))),
        }
    }
    if problems.is_empty() {
        return Ok((pieces, steps));
    }
    // What is wrong with a template is wrong for everybody: nobody is held for it, the run is refused.
    let mut structural = Report::new();
    let mut told = BTreeSet::new();
    for (_, problem) in problems.iter().filter(|(_, problem)| problem.severity == Severity::Error) {
        if told.insert(&problem.message) {
            structural.push(Diagnostic::new(problem.code, problem.message.clone()));
        }
    }
    if structural.refuses() {
        return Err(Failure::Refused(structural));
    }
    for (place, problem) in problems {
        pieces::hold(&mut decisions[place], &problem);
        report.push(problem);
    }
    Ok((pieces::number(inputs, decisions, numbering, report), steps))
}
