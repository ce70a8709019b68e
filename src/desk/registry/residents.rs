//! 住民の取り込み: a full or a difference feed → one row a change. The checks are those of the entrance of files.

use crate::desk::registry::feed::{self, Asked, DryRun, Taken};
use crate::desk::registry::keep::Groups;
use crate::desk::settings::Settings;
use crate::record::manifest::Input;
use chrono::NaiveDate;
use kansho_chars::matching::normalise_for_match;
use kansho_core::birth::BirthDate;
use kansho_core::case::{MarkSheet, PersonKey};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_core::person::{AddresseeNumber, Sex};
use kansho_intake::normalise::stored::{Keeper, Kept, MarkCopy, ResidentCopy, SEPARATOR, resident_columns};
use kansho_intake::normalise::{self, Customs, Files};
use kansho_register::feeds::{self, Kind, Mode};
use kansho_register::marks::{self, Marks, New};
use kansho_register::residents::{self, By, PersonId, Residents, Row};
use kansho_register::search::Keys;
use kansho_register::store::link::Ids;
use kansho_register::store::{Permit, Register, Work};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

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

/// One row of the feed, compactly.
struct Line {
    number: Option<Box<str>>,
    addressee: Option<Box<str>>,
    history: Option<u32>,
    household: Option<Box<str>>,
    guardian: Option<Box<str>>,
    birth: Option<NaiveDate>,
    sex: Sex,
    /// Whether everything in it is understood and its birth date is a day: else nobody can say that it is outside every group.
    plain: bool,
    cells: Box<str>,
}

/// The rows of a feed as they are read.
struct Reader {
    lines: Vec<Line>,
    marks: Vec<(MarkSheet, Vec<PersonKey>, String)>,
    refused: Vec<(Diagnostic, String)>,
    rows: u64,
    guardian: Option<usize>,
    digits: usize,
}

/// Cells as one text.
fn joined(cells: &[Kept<'_>]) -> String {
    let texts: Vec<&str> = cells.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
    texts.join(&SEPARATOR.to_string())
}

impl Keeper for Reader {
    fn resident(&mut self, row: &ResidentCopy<'_>) {
        self.rows += 1;
        let cells = joined(row.cells);
        if row.number.is_none() && row.addressee.is_none() {
            let unnamed = || Diagnostic::new(Code::CellEmpty, "だれの行か分かりません").at(row.origin);
            self.refused.push((row.refused.first().cloned().unwrap_or_else(unnamed), cells));
            return;
        }
        let guardian = self.guardian.and_then(|place| row.cells.get(place)?.as_deref());
        self.lines.push(Line {
            number: row.number.map(|number| number.as_str().into()),
            addressee: row.addressee.map(|number| number.as_str().into()),
            history: row.history,
            household: row.household.map(|number| number.as_str().into()),
            guardian: guardian.and_then(|text| AddresseeNumber::new(text, self.digits)).map(|number| number.as_str().into()),
            birth: row.birth.and_then(BirthDate::exact),
            sex: row.sex,
            plain: !row.held && row.birth.is_some_and(|birth| birth.exact().is_some()),
            cells: cells.into(),
        });
    }

    fn mark(&mut self, row: &MarkCopy<'_>) {
        self.marks.push((row.sheet, row.keys.to_vec(), joined(row.cells)));
    }
}

/// A feed that was read and looked through, and not taken yet.
pub struct Feed {
    reader: Reader,
    taken: Taken,
    snapshot: NaiveDate,
    protections: usize,
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
        let mut reader = Reader {
            lines: Vec::new(),
            marks: Vec::new(),
            refused: Vec::new(),
            rows: 0,
            guardian: resident_columns().iter().position(|name| *name == "hogosha_atenabango"),
            digits: office.numbers.addressee,
        };
        let opened = normalise::open_keeping(&files, &settings.tables, customs, &mut reader)?;
        let (snapshot, protections) =
            (opened.ledger.snapshot, opened.ledger.mark_rows.get(&MarkSheet::Protection).copied().unwrap_or(0));
        let report = opened.rows.report;
        let (Some(snapshot), false) = (snapshot, report.refuses()) else { return Err(Failure::Refused(report)) };
        drop(opened.ledger);
        Ok(Self { reader, taken: Taken::begin(Kind::Residents, asked, &input), snapshot, protections, report })
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
        let Self { reader, taken, snapshot, protections, report: _ } = self;
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
    let before = marks::protections(work.link)?;
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
        marked: marked_keys,
        settings,
        seen: HashSet::new(),
        empty: residents::nobody_yet(work.link)?,
        snapshot,
        ids: residents::ids(residents::BLOCK),
    };
    for group in groups(reader.lines) {
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
    take_marks(work, reader.marks, asked, taken.import)?;
    feed::enter(work, asked, Kind::Residents, &mut taken, Some(snapshot))?;
    Ok(taken)
}

/// The rows of each person, by 宛名番号, else by 予防接種番号; within a person by 履歴番号.
fn groups(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut groups: BTreeMap<(bool, Box<str>), Vec<Line>> = BTreeMap::new();
    for line in lines {
        let key = match (&line.addressee, &line.number) {
            (Some(addressee), _) => (false, addressee.clone()),
            (None, number) => (true, number.clone().unwrap_or_default()),
        };
        groups.entry(key).or_default().push(line);
    }
    let mut groups: Vec<Vec<Line>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(|line| line.history);
    }
    groups
}

struct Taking<'a> {
    statements: Residents,
    groups: Groups<'a>,
    marked: HashSet<PersonKey>,
    settings: &'a Settings,
    seen: HashSet<PersonId>,
    empty: bool,
    snapshot: NaiveDate,
    ids: Ids,
}

impl Taking<'_> {
    fn take(&mut self, work: &mut Work<'_>, group: &[Line], taken: &mut Taken) -> Result<(), Failure> {
        let Some(newest) = group.last() else { return Ok(()) };
        let person = if self.empty { None } else { find(work, newest)? };
        let known = match person {
            Some(person) => residents::is_kept(work.link, person)?,
            None => false,
        };
        if !known && !self.concerns(group) {
            taken.discarded += group.len() as u64;
            return Ok(());
        }
        let number = group.iter().rev().find_map(|line| line.number.as_deref());
        let addressee = newest.addressee.as_deref();
        let person = match person {
            Some(person) => {
                residents::rename(work.link, person, number, addressee)?;
                residents::found_again(work.link, person)?;
                person
            }
            None => residents::add(work.link, &mut self.ids, number, addressee)?,
        };
        self.seen.insert(person);
        let before = if self.empty { Vec::new() } else { self.statements.current(work.link, person)? };
        let mut rows: Vec<&Line> = Vec::with_capacity(group.len());
        for line in group {
            if !rows.iter().any(|other| other.cells == line.cells) {
                rows.push(line);
            }
        }
        taken.superseded += group.len() as u64 - 1;
        if rows.iter().map(|line| &*line.cells).eq(before.iter().map(String::as_str)) {
            taken.unchanged += 1;
            return Ok(());
        }
        if before.is_empty() {
            taken.new += 1;
        } else {
            taken.changed += 1;
            self.statements.end(work.link, person, taken.import, self.snapshot)?;
            let moved = |cells: &str| ADDRESS.map(|name| cell(cells, name).to_owned());
            if before.last().is_some_and(|old| moved(old) != moved(&newest.cells)) {
                residents::returns_end(work.link, person, taken.import)?;
            }
        }
        for line in rows {
            let keys = keys(line);
            let row =
                Row { household: line.household.as_deref(), guardian: line.guardian.as_deref(), cells: &line.cells, keys: &keys };
            self.statements.insert(work.link, person, taken.import, self.snapshot, &row)?;
        }
        self.number(work, person, number)
    }

    /// Whether somebody whom the register does not know is kept.
    fn concerns(&mut self, group: &[Line]) -> bool {
        let marked = |line: &Line| {
            let digits = self.settings.office.numbers;
            let number = line.number.as_deref().and_then(|text| kansho_core::person::PersonNumber::new(text, digits.person));
            let addressee = line.addressee.as_deref().and_then(|text| AddresseeNumber::new(text, digits.addressee));
            number.is_some_and(|number| self.marked.contains(&PersonKey::Number(number)))
                || addressee.is_some_and(|number| self.marked.contains(&PersonKey::Addressee(number)))
        };
        if group.iter().any(|line| !line.plain || marked(line)) {
            return true;
        }
        group.last().is_some_and(|newest| newest.birth.is_none_or(|birth| self.groups.hold(birth, newest.sex)))
    }

    /// 予防接種番号 for whoever lacks one: never one that was ever somebody's.
    fn number(&self, work: &mut Work<'_>, person: PersonId, number: Option<&str>) -> Result<(), Failure> {
        if number.is_some() || residents::number(work.link, person)?.is_some() {
            return Ok(());
        }
        let digits = match self.settings.office.numbers.person {
            0 => 10,
            digits => digits,
        };
        loop {
            let serial = residents::next_serial(work.link, digits)?;
            let given = self.settings.office.person_number.with_check_digit(serial, digits).ok_or_else(|| {
                Failure::Declined(format!(
                    "予防接種番号が {digits} けたに収まらなくなりました。municipality.toml の numbers.person を確かめてください"
                ))
            })?;
            if residents::find(work.link, By::Number, &given)?.is_none() {
                return Ok(residents::rename(work.link, person, Some(&given), None)?);
            }
        }
    }
}

/// By what a row is found.
fn keys(line: &Line) -> Keys {
    let folded = |column: &str| Some(normalise_for_match(cell(&line.cells, column))).filter(|text| !text.is_empty());
    Keys {
        kana: folded("shimei_furigana"),
        name: folded("shimei"),
        alias: folded("tsusho"),
        birth: line.birth.map(|day| day.to_string()),
        sex: sex(line.sex),
    }
}

/// 性別 as JSON and the search have it.
pub(super) const fn sex(sex: Sex) -> Option<&'static str> {
    match sex {
        Sex::Male => Some("M"),
        Sex::Female => Some("F"),
        Sex::Unknown => None,
    }
}

/// The columns of an address.
const ADDRESS: [&str; 7] = [
    "jusho_yubinbango",
    "jusho",
    "jusho_todofuken",
    "jusho_shikugunchosonmei",
    "jusho_choaza",
    "jusho_banchigohyoki",
    "jusho_katagaki",
];

fn cell<'a>(cells: &'a str, column: &str) -> &'a str {
    let place = resident_columns().iter().position(|name| *name == column);
    place.and_then(|place| cells.split(SEPARATOR).nth(place)).unwrap_or_default()
}

fn find(work: &mut Work<'_>, line: &Line) -> Result<Option<PersonId>, Failure> {
    if let Some(addressee) = &line.addressee
        && let Some(found) = residents::find(work.link, By::Addressee, addressee)?
    {
        return Ok(Some(found));
    }
    match (&line.number, &line.addressee) {
        (Some(number), None) => Ok(residents::find(work.link, By::Number, number)?),
        // Known by number so far (a row of the ledger), and no other 宛名番号 leads there.
        (Some(number), Some(_)) => {
            let Some(found) = residents::find(work.link, By::Number, number)? else { return Ok(None) };
            let sql = "SELECT 1 FROM person WHERE id = $1 AND atenabango IS NULL";
            Ok(work.link.row(sql, &[found.into()])?.map(|_| found))
        }
        (None, _) => Ok(None),
    }
}

/// The rows of the mark sheets: what a full feed has no more has ended.
fn take_marks(
    work: &mut Work<'_>,
    rows: Vec<(MarkSheet, Vec<PersonKey>, String)>,
    asked: &Asked,
    feed: u64,
) -> Result<(), Failure> {
    let (statements, mut before) = (Marks::new(), marks::of_feeds(work.link)?);
    let mut here = BTreeSet::new();
    let (who, at) = (work.who().to_owned(), work.stamp());
    for (sheet, keys, cells) in rows {
        let key = marks::key(sheet, &cells);
        let new = here.insert(key.clone());
        if before.remove(&key) || !new || keys.is_empty() {
            continue;
        }
        let mut person = None;
        for key in &keys {
            let found = match key {
                PersonKey::Number(number) => residents::find(work.link, By::Number, number.as_str())?,
                PersonKey::Addressee(number) => residents::find(work.link, By::Addressee, number.as_str())?,
            };
            person = person.or(found);
        }
        let person = match person {
            Some(person) => person,
            None => {
                let number = keys.iter().find_map(|key| match key {
                    PersonKey::Number(number) => Some(number.as_str()),
                    PersonKey::Addressee(_) => None,
                });
                let addressee = keys.iter().find_map(|key| match key {
                    PersonKey::Addressee(number) => Some(number.as_str()),
                    PersonKey::Number(_) => None,
                });
                residents::add(work.link, &mut residents::ids(1), number, addressee)?
            }
        };
        if sheet == MarkSheet::Destination {
            residents::returns_end(work.link, person, feed)?;
        }
        let new = New { person, sheet, kind: None, version: 1, feed: Some(feed), cells: &cells };
        statements.insert(work.link, &new, &who, &at)?;
    }
    if asked.mode == Mode::Full {
        for key in before {
            marks::end(work.link, &key, feed)?;
        }
    }
    Ok(())
}
