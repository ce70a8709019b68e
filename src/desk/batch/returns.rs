//! 返戻: letters that came back, one by one or from a list (CK22).

use chrono::NaiveDate;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::origin::Origin;
use kansho_intake::normalise;
use kansho_intake::read::encoding;
use kansho_register::batches;
use kansho_register::notices::{self, Notice, State};
use kansho_register::operators::Role;
use kansho_register::returned::{self, REASONS};
use kansho_register::store::{Act, Caller, Register, Work};
use std::path::Path;

/// Fewest returned letters of a run that alarm.
const FEWEST: u64 = 3;

/// A letter that came back.
#[derive(Clone, Debug)]
pub struct CameBack {
    /// 通知コード or 発行no.
    pub letter: String,
    /// One of the known reasons.
    pub reason: String,
    /// The day it came back.
    pub on: NaiveDate,
}

/// What was written down.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its number.
    pub id: u64,
    /// Whose.
    pub person: String,
    /// Run id.
    pub run: String,
    /// Percent of the mailed letters of the run that came back; none when nobody knows how many were mailed.
    pub rate: Option<f64>,
    /// Too many came back.
    pub alarm: bool,
}

const ROLES: &[Role] = &[Role::Register];

/// Writes one letter down.
///
/// # Errors
/// [`Failure::Barred`]: A603, B611, B612.
pub fn add(register: &mut Register, caller: &Caller, letter: &CameBack, alarm_percent: f64) -> Result<Written, Failure> {
    register.act(caller, &Act::new("returns add", ROLES), |work| {
        let written = one(work, letter, alarm_percent)?;
        work.person = Some(written.person.clone());
        Ok(written)
    })
}

/// Writes a list down: all of it, or nothing.
///
/// # Errors
/// [`Failure::Refused`] with every row that is not understood; [`Failure::Barred`]: A603, B611, B612.
pub fn import(register: &mut Register, caller: &Caller, file: &Path, alarm_percent: f64) -> Result<Vec<Written>, Failure> {
    register.act(caller, &Act::new("returns import", ROLES), |work| {
        let letters = read(file)?;
        work.note("rows", letters.len());
        letters.iter().map(|letter| one(work, letter, alarm_percent)).collect()
    })
}

fn one(work: &mut Work<'_>, letter: &CameBack, alarm_percent: f64) -> Result<Written, Failure> {
    let notice = find(work, &letter.letter)?;
    let id = returned::add(work, &notice, &letter.reason, &letter.on.to_string())?;
    let returned = returned::count(work.link, &notice.run)?;
    let mailed =
        batches::find(work.link, &notice.run)?.and_then(|batch| batch.mailed.or(batch.printed)).filter(|mailed| *mailed > 0);
    let share = mailed.map(|mailed| 100.0 * returned as f64 / mailed as f64);
    work.note("return", id);
    Ok(Written {
        id,
        person: notice.person,
        run: notice.run,
        rate: share.map(|share| (share * 100.0).round() / 100.0),
        alarm: returned >= FEWEST && share.is_some_and(|share| share > alarm_percent),
    })
}

/// The notice that a letter's 通知コード or 発行no names.
fn find(work: &mut Work<'_>, letter: &str) -> Result<Notice, Failure> {
    let text = letter.trim();
    let found = match text.parse::<u64>() {
        Ok(number) => notices::numbered(work.link, number)?,
        Err(_) => notices::coded(work.link, text)?,
    };
    found
        .filter(|notice| notice.state != State::Cancelled)
        .ok_or_else(|| Failure::barred(Code::PieceUnknown, format!("通知 {text} は登録簿にありません")))
}

/// A known reason.
///
/// # Errors
/// [`Failure::Usage`] naming the known ones.
pub fn known_reason(text: &str) -> Result<String, Failure> {
    let known = REASONS.iter().find(|reason| **reason == text.trim());
    known
        .map(|reason| (*reason).to_owned())
        .ok_or_else(|| Failure::Usage(format!("返戻の理由「{text}」を知りません。{} のどれかにしてください", REASONS.join("、"))))
}

/// The rows of a list: 通知コード or 発行no, 理由, 返戻日.
fn read(file: &Path) -> Result<Vec<CameBack>, Failure> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = std::fs::read(file).map_err(|e| Failure::io("返戻の一覧を読めません", file, e))?;
    let text = encoding::decode(&name, &bytes).map_err(|problem| Failure::Refused(problem.into()))?;
    let mut report = Report::new();
    let mut wrong = |row: usize, what: String| {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        report.push(Diagnostic::new(Code::ReturnsRow, what).at(&Origin::file(&name).row(row)));
    };
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let headings = reader.headers().cloned().unwrap_or_default();
    let column = |names: &[&str]| headings.iter().position(|heading| names.contains(&heading));
    let (letter, reason, on) = (column(&["通知コード", "発行no"]), column(&["理由", "返戻理由"]), column(&["返戻日"]));
    let mut letters = Vec::new();
    if let (Some(letter), Some(reason), Some(on)) = (letter, reason, on) {
        for (row, record) in reader.records().enumerate().map(|(at, record)| (at + 2, record)) {
            let Ok(record) = record else {
                wrong(row, "行を読めません".to_owned());
                continue;
            };
            let cell = |at: usize| record.get(at).unwrap_or_default();
            match (known_reason(cell(reason)), normalise::command_line_day(cell(on))) {
                (Ok(reason), Ok(on)) if !cell(letter).is_empty() => {
                    letters.push(CameBack { letter: cell(letter).to_owned(), reason, on });
                }
                (Err(told), _) => wrong(row, told.to_string()),
                (_, Err(told)) => wrong(row, format!("返戻日: {told}")),
                (Ok(_), Ok(_)) => wrong(row, "通知コードか発行no がありません".to_owned()),
            }
        }
    } else {
        wrong(1, "見出しに 通知コード（か 発行no）、理由、返戻日 が要ります".to_owned());
    }
    if report.refuses() { Err(Failure::Refused(report)) } else { Ok(letters) }
}
