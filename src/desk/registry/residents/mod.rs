//! 住民の取り込み: a full or a difference feed → one row a change. The checks are those of the entrance of files.

mod marks;
pub(super) mod one;
mod reader;
mod taking;

use crate::desk::registry::feed::{self, Asked, DryRun, Taken};
use crate::desk::registry::keep::Groups;
use crate::desk::settings::Settings;
use crate::record::manifest::Input;
use chrono::NaiveDate;
use kansho_core::case::{MarkRow, MarkSheet, PersonKey};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_intake::normalise::{self, Customs, Files};
use kansho_register::feeds::{self, Kind, Mode};
use kansho_register::residents::{self, PersonId, Residents};
use kansho_register::store::{Permit, Register, Work};
use reader::Reader;
use std::collections::HashSet;
use std::path::PathBuf;
use taking::Taking;
pub(super) use taking::sex;

/// What is said of the mark sheets of a feed.
#[derive(Clone, Debug, Default)]
pub struct Marked {
    /// 抽出日, where the file does not say it.
    pub snapshot: Option<NaiveDate>,
    /// Further files with mark sheets.
    pub marks: Vec<PathBuf>,
    /// Why a sheet of marks is not there.
    pub no_marks: Vec<String>,
    /// Why there is no row of 支援措置 any more.
    pub marks_emptied: Option<String>,
}

/// A feed that was read and looked through, and not taken yet.
pub struct Feed {
    reader: Reader,
    taken: Taken,
    snapshot: NaiveDate,
    protections: usize,
    /// Rows of the mark sheets in force that are nobody's of the feed.
    strangers: Vec<MarkRow>,
    /// What was found.
    pub report: Report,
}

/// It holds names.
impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Feed({})", self.snapshot)
    }
}

/// The feed's name and hash; the further files of marks are part of it.
fn input(asked: &Asked, marked: &Marked) -> Result<Input, Failure> {
    let mut input = feed::input(&asked.file)?;
    for path in &marked.marks {
        input.sha256 = hash::sha256_hex(format!("{} {}", input.sha256, feed::input(path)?.sha256).as_bytes());
    }
    Ok(input)
}

impl Feed {
    /// Reads a feed; the checks are those of the entrance of files.
    ///
    /// # Errors
    /// [`Failure::Refused`] with everything that is wrong with the file, [`Failure::Io`] when it cannot be read.
    pub fn read(asked: &Asked, marked: &Marked, settings: &Settings) -> Result<Self, Failure> {
        Self::from(input(asked, marked)?, asked, marked, settings)
    }

    fn from(input: Input, asked: &Asked, marked: &Marked, settings: &Settings) -> Result<Self, Failure> {
        let office = &settings.office;
        let files = Files {
            residents: Some(asked.file.clone()),
            marks: marked.marks.clone(),
            ledger: None,
            snapshot: marked.snapshot,
            no_marks: marked.no_marks.clone(),
        };
        let customs = Customs { digits: office.numbers, not_understood_percent: office.entrance.not_understood_percent };
        let mut reader = Reader::new(settings);
        let opened = normalise::open_keeping(&files, &settings.tables, customs, &mut reader)?;
        let (snapshot, protections) =
            (opened.ledger.snapshot, opened.ledger.mark_rows.get(&MarkSheet::Protection).copied().unwrap_or(0));
        let report = opened.rows.report;
        let (Some(snapshot), false) = (snapshot, report.refuses()) else { return Err(Failure::Refused(report)) };
        let strangers = marks::strangers(opened.ledger, snapshot);
        Ok(Self { reader, taken: Taken::begin(Kind::Residents, asked, &input), snapshot, protections, strangers, report })
    }

    /// 抽出日
    #[must_use]
    pub const fn snapshot(&self) -> NaiveDate {
        self.snapshot
    }

    /// SHA-256 of the feed.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.taken.sha256
    }

    /// Takes the feed in, within a transaction; one that came in before changes nothing.
    ///
    /// # Errors
    /// As [`import`].
    pub fn take(self, work: &mut Work<'_>, asked: &Asked, marked: &Marked, settings: &Settings) -> Result<Taken, Failure> {
        if let Some(known) = feed::known(work.link, Kind::Residents, self.sha256())? {
            work.note("repeated", true);
            return Ok(known);
        }
        let Self { reader, taken, snapshot, protections, strangers, report: _ } = self;
        marks::are_somebodys(work.link, &strangers, asked.mode)?;
        take(work, reader, asked, marked, settings, (taken, snapshot, protections))
    }
}

/// Takes a feed of residents into the register.
///
/// # Errors
/// [`Failure::Refused`] with everything that is wrong with the file; [`Failure::Barred`]: older than the register (G611), people missing
/// (G612), reason empty (G613). Nothing is stored then.
pub fn import(
    asked: &Asked,
    marked: &Marked,
    settings: &Settings,
    register: &mut Register,
    permit: &Permit,
) -> Result<(Taken, Report), Failure> {
    let input = input(asked, marked)?;
    if let Some(known) = register.read(|link| feed::known(link, Kind::Residents, &input.sha256))? {
        return register.perform(permit, |work| {
            work.note("repeated", true);
            Ok((known, Report::new()))
        });
    }
    let feed = Feed::from(input, asked, marked, settings)?;
    let report = feed.report.clone();
    let taken = register.perform(permit, |work| {
        DryRun::begin(work.link)?;
        let taken = feed.take(work, asked, marked, settings)?;
        if asked.dry_run {
            DryRun::take_back(work.link)?;
            work.note("dry_run", true);
        }
        Ok(taken)
    })?;
    Ok((taken, report))
}

/// Within the transaction.
fn take(
    work: &mut Work<'_>,
    reader: Reader,
    asked: &Asked,
    marked: &Marked,
    settings: &Settings,
    (mut taken, snapshot, protections): (Taken, NaiveDate, usize),
) -> Result<Taken, Failure> {
    if let Some(last) = feeds::snapshot(work.link)?.filter(|last| snapshot < *last) {
        let message = format!("このファイルの抽出日 {snapshot} は、登録簿の {last} より前です");
        return Err(Failure::barred(Code::FeedOlder, message));
    }
    let before = kansho_register::marks::protections(work.link)?;
    if asked.mode == Mode::Full && protections == 0 && before > 0 {
        match marked.marks_emptied.as_deref().map(str::trim) {
            None => {
                let message = format!("支援措置の行が一つもありません（登録簿には {before} 行）");
                return Err(Failure::Refused(Report::from(Diagnostic::new(Code::MarksEmptied, message))));
            }
            Some("") => return Err(Failure::barred(Code::ReasonEmpty, "--marks-emptied の理由が空です")),
            Some(reason) => work.note("marks_emptied", reason),
        }
    }
    taken.import = feeds::next_id(work.link)?;
    taken.snapshot = Some(snapshot.to_string());
    taken.rows = reader.rows;
    taken.refused = reader.refused.len() as u64;
    for (why, cells) in &reader.refused {
        feed::refuse(work.link, Kind::Residents, why, cells, taken.import)?;
    }
    let marked_keys: HashSet<PersonKey> = reader.marks.iter().flat_map(|(_, keys, _)| keys.iter().cloned()).collect();
    let mut people = Taking {
        statements: Residents::new(),
        groups: Groups::new(&settings.book, snapshot),
        everybody: false,
        marked: marked_keys,
        settings,
        seen: HashSet::new(),
        empty: residents::nobody_yet(work.link)?,
        snapshot,
        ids: residents::ids(residents::BLOCK),
    };
    for group in reader::groups(reader.lines) {
        people.take(work, &group, &mut taken)?;
    }
    if asked.mode == Mode::Full {
        let seen = |person: PersonId| people.seen.contains(&person);
        let lacking = residents::unseen(work.link, &seen)?;
        taken.missing = lacking.len() as u64;
        let newly = lacking.iter().filter(|(_, before)| !before).count() as u64;
        feed::accepts(asked, newly, "人")?;
        for (person, _) in lacking {
            residents::missing(work.link, person, taken.import)?;
        }
    }
    marks::take(work, reader.marks, asked, taken.import)?;
    feed::enter(work, asked, Kind::Residents, &mut taken, Some(snapshot))?;
    Ok(taken)
}
