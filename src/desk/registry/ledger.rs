//! 台帳の取り込み: the 32 items, row by row, each with its versions; memory does not grow with the rows.

use crate::desk::registry::feed::{self, Asked, DryRun, Taken};
use crate::desk::settings::Settings;
use kansho_core::birth::BirthDate;
use kansho_core::case::{LedgerRow, PersonKey};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_intake::normalise::stored::{Kept, SEPARATOR};
use kansho_intake::normalise::{self, Customs, Files, LedgerRows};
use kansho_register::feeds::{self, Kind, Mode};
use kansho_register::ledger::{self, Became, Ledger, Row};
use kansho_register::notices;
use kansho_register::residents::{self, By, PersonId};
use kansho_register::store::link::Ids;
use kansho_register::store::{Permit, Register, Work};
use std::collections::{HashMap, HashSet};

/// Takes a feed of the ledger into the register.
///
/// # Errors
/// [`Failure::Refused`] with everything that is wrong with the file; [`Failure::Barred`]: rows missing (G612), reason empty (G613).
/// Nothing is stored then.
pub fn import(asked: &Asked, settings: &Settings, register: &mut Register, permit: &Permit) -> Result<(Taken, Report), Failure> {
    let input = feed::input(&asked.file)?;
    if let Some(known) = register.read(|link| feed::known(link, Kind::Ledger, &input.sha256))? {
        return register.perform(permit, |work| {
            work.note("repeated", true);
            Ok((known, Report::new()))
        });
    }
    let office = &settings.office;
    let files = Files { ledger: Some(asked.file.clone()), ..Files::default() };
    let customs = Customs { digits: office.numbers, not_understood_percent: office.entrance.not_understood_percent };
    let opened = normalise::open(&files, &settings.tables, customs)?;
    if opened.rows.report.refuses() {
        return Err(Failure::Refused(opened.rows.report));
    }
    let taken = Taken::begin(Kind::Ledger, asked, &input);
    register.perform(permit, |work| {
        DryRun::begin(work.link)?;
        let done = take(work, opened.rows, asked, taken)?;
        if asked.dry_run {
            DryRun::take_back(work.link)?;
            work.note("dry_run", true);
        }
        Ok(done)
    })
}

/// The share of rows without a readable number above which the file is refused, in percent (design §3).
const MOST_UNNAMED: f64 = 0.5;
/// Ids are taken in blocks.
const BLOCK: u64 = 10_000;

/// Records that were seen, one bit each.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Seen {
    fn insert(&mut self, record: i64) {
        let at = usize::try_from(record).unwrap_or(0);
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn has(&self, record: i64) -> bool {
        let at = usize::try_from(record).unwrap_or(0);
        self.0.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }
}

struct Taking<'w, 'l> {
    work: &'w mut Work<'l>,
    statements: Ledger,
    people: HashMap<PersonKey, PersonId>,
    seen: Seen,
    ids: std::ops::Range<i64>,
    person_ids: Ids,
    dated: HashSet<PersonId>,
    taken: Taken,
}

impl Taking<'_, '_> {
    fn row(&mut self, row: &LedgerRow, cells: &[Kept<'_>]) -> Result<(), Failure> {
        let Some(key) = &row.key else {
            self.taken.refused += 1;
            let unnamed = || Diagnostic::new(Code::CellEmpty, "だれの行か分かりません");
            let why = row.problems.first().cloned().unwrap_or_else(unnamed);
            let texts: Vec<&str> = cells.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
            return feed::refuse(self.work.link, Kind::Ledger, &why, &texts.join(&SEPARATOR.to_string()), self.taken.import);
        };
        let person = self.person(key)?;
        if let Some(birth) = row.birth.as_ref().and_then(BirthDate::exact).filter(|_| self.dated.insert(person)) {
            residents::born(self.work.link, person, birth)?;
        }
        if let (None, Some(number)) = (&row.dose, row.issue_seen)
            && notices::numbered(self.work.link, number)?.is_some_and(|notice| i64::try_from(notice.person_row) == Ok(person))
        {
            // A notice of the register's own comes back: it is on file, and not as a row of the ledger.
            self.taken.unchanged += 1;
            return Ok(());
        }
        if self.ids.is_empty() {
            let first = ledger::ids(self.work.link, BLOCK)?;
            self.ids = first..first.saturating_add(i64::try_from(BLOCK).unwrap_or(1));
        }
        let id = self.ids.start;
        let given_on = row.dose.as_ref().map(|dose| dose.given_on.to_string());
        let became = self.statements.take(self.work.link, id, &Row { person, feed: self.taken.import, given_on, cells })?;
        let (count, record) = match became {
            Became::New(record) => (&mut self.taken.new, record),
            Became::Changed(record) => (&mut self.taken.changed, record),
            Became::Unchanged(record) => (&mut self.taken.unchanged, record),
            Became::Twice(record) => (&mut self.taken.superseded, record),
        };
        *count += 1;
        self.seen.insert(record);
        if !matches!(became, Became::Unchanged(_)) {
            self.ids.start += 1;
        }
        Ok(())
    }

    fn person(&mut self, key: &PersonKey) -> Result<PersonId, Failure> {
        if let Some(known) = self.people.get(key) {
            return Ok(*known);
        }
        let (by, number) = match key {
            PersonKey::Number(number) => (By::Number, number.as_str()),
            PersonKey::Addressee(number) => (By::Addressee, number.as_str()),
        };
        let person = match residents::find(self.work.link, by, number)? {
            Some(person) => person,
            None => match by {
                By::Number => residents::add(self.work.link, &mut self.person_ids, Some(number), None)?,
                By::Addressee => residents::add(self.work.link, &mut self.person_ids, None, Some(number))?,
            },
        };
        self.people.insert(key.clone(), person);
        Ok(person)
    }
}

fn take(work: &mut Work<'_>, mut rows: LedgerRows, asked: &Asked, mut taken: Taken) -> Result<(Taken, Report), Failure> {
    taken.import = feeds::next_id(work.link)?;
    let first = ledger::highest_id(work.link)? == 0;
    let mut taking = Taking {
        work,
        statements: Ledger::new(),
        people: HashMap::new(),
        seen: Seen::default(),
        ids: 0..0,
        person_ids: residents::ids(residents::BLOCK),
        dated: HashSet::new(),
        taken,
    };
    let mut failed: Option<Failure> = None;
    let read = rows.each_kept(&mut |row, cells| {
        if failed.is_none() {
            failed = taking.row(&row, cells).err();
        }
    });
    let Taking { work, seen, mut taken, .. } = taking;
    if let Some(failure) = failed {
        return Err(failure);
    }
    taken.rows = read as u64;
    refuse_whole(&taken, &mut rows.report);
    if rows.report.refuses() {
        return Err(Failure::Refused(rows.report));
    }
    if asked.mode == Mode::Full && !first {
        let (corrected, lacking) = ledger::unseen(work.link, taken.import, &|record| seen.has(record))?;
        taken.new -= corrected.min(taken.new);
        taken.changed += corrected;
        taken.missing = lacking.len() as u64;
        feed::accepts(asked, lacking.iter().filter(|row| !row.before).count() as u64, "台帳の行")?;
        for row in lacking {
            ledger::missing(work.link, row.id, taken.import)?;
        }
    }
    feed::enter(work, asked, Kind::Ledger, &mut taken, None)?;
    Ok((taken, rows.report))
}

/// A ledger without rows, or with too many of nobody, is another's file.
fn refuse_whole(taken: &Taken, report: &mut Report) {
    if taken.rows == 0 {
        report.push(Diagnostic::new(Code::LedgerEmpty, "台帳に行が一つもありません"));
    }
    let (refused, rows) = (taken.refused, taken.rows);
    let percent =
        kansho_core::case::percent(usize::try_from(refused).unwrap_or(usize::MAX), usize::try_from(rows).unwrap_or(usize::MAX));
    if percent > MOST_UNNAMED {
        let message =
            format!("台帳の {rows} 行のうち {refused} 行（{percent:.1} %）の番号が空か読めません（上限 {MOST_UNNAMED} %）");
        report.push(Diagnostic::new(Code::LedgerUnnamed, message));
    }
}
