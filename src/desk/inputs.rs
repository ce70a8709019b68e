//! Files → cases: read, normalise, join, and the checks of dates that belong to a whole run.

use crate::desk::batch::before;
use crate::desk::registry::people::RegisterPeople;
use crate::desk::settings::Settings;
use crate::notice::Office;
use crate::record::manifest::Input;
use crate::record::previous::Previous;
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::case::{MarkSheet, Meeting, PersonKey};
use kansho_core::diag::{Code, Diagnostic, Failure, Report, Severity};
use kansho_core::hash;
use kansho_core::keys::CaseKey;
use kansho_core::notice::NoticeRecord;
use kansho_intake::join::{self, Days, Joined, watermark};
use kansho_intake::normalise::{self, Customs, Files, Opened};
use kansho_register::batches;
use kansho_register::feeds;
use kansho_register::notices;
use kansho_register::people::{Known, People, RowsRead};
use kansho_register::stored::{self, Shared};
use kansho_rules::decide::Imported;
use kansho_rules::decide::{Ground, Period};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// 抽出日から基準日までの最大日数 (design §2).
const SNAPSHOT_DAYS: i64 = 45;

/// What a job is given: the files of the day, and what somebody says of them.
#[derive(Clone, Debug)]
pub struct Given {
    /// 登録簿, where the people are read from it and not from files.
    pub register: Option<Shared>,
    /// 住民ファイル
    pub residents: Option<PathBuf>,
    /// Files with 送付先, 支援措置, 発送停止 and the like.
    pub marks: Vec<PathBuf>,
    /// Why a sheet of marks is not there: for all of them, or `送付先=…` for one.
    pub no_marks: Vec<String>,
    /// Why there is no row of 支援措置 any more.
    pub marks_emptied: Option<String>,
    /// 予防接種台帳
    pub ledger: Option<PathBuf>,
    /// 基準日
    pub as_of: NaiveDate,
    /// 抽出日, where the file does not say it.
    pub snapshot: Option<NaiveDate>,
    /// 発送日; the as-of date when it is not said.
    pub post_on: Option<NaiveDate>,
    /// The day after the previous run; the first of the month when nothing is said.
    pub since: Option<NaiveDate>,
    /// Folder of the previous run.
    pub previous: Option<PathBuf>,
    /// Why the job goes on although months were not imported.
    pub accept_import_gap: Option<String>,
    /// Why the job goes on although the newest dose is old.
    pub accept_old_ledger: Option<String>,
}

impl Given {
    /// Two files on a day, and nothing else said.
    #[must_use]
    pub const fn new(residents: PathBuf, ledger: PathBuf, as_of: NaiveDate) -> Self {
        Self {
            register: None,
            residents: Some(residents),
            marks: Vec::new(),
            no_marks: Vec::new(),
            marks_emptied: None,
            ledger: Some(ledger),
            as_of,
            snapshot: None,
            post_on: None,
            since: None,
            previous: None,
            accept_import_gap: None,
            accept_old_ledger: None,
        }
    }

    /// The files and what is said of them.
    #[must_use]
    pub fn files(&self) -> Files {
        Files {
            residents: self.residents.clone(),
            marks: self.marks.clone(),
            ledger: self.ledger.clone(),
            snapshot: self.snapshot,
            no_marks: self.no_marks.clone(),
        }
    }
}

/// Everything that `decide` needs, and what was found on the way.
#[derive(Debug)]
pub struct Inputs {
    /// Persons and counts.
    pub joined: Joined,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The dates.
    pub period: Period,
    /// How far the ledger was imported.
    pub imported: Imported,
    /// Why the run went on although something was missing: the option and the reason, told first in the report.
    pub accepted: Vec<(&'static str, String)>,
    /// Rows of the ledger and of each mark sheet, counted where they were read.
    pub rows_read: RowsRead,
    /// 抽出日.
    pub snapshot: NaiveDate,
    /// Names and hashes of the input files.
    pub files: Vec<Input>,
    /// The previous run, when its folder was given.
    pub previous: Option<Previous>,
    /// What was found.
    pub report: Report,
}

impl Inputs {
    /// The day up to which the letters say that the records are known.
    #[must_use]
    pub fn data_as_of(&self) -> NaiveDate {
        self.imported.until.unwrap_or(self.snapshot)
    }

    /// What the decisions are made with.
    #[must_use]
    pub fn ground(&self) -> Ground<'_> {
        Ground {
            book: &self.settings.book,
            programmes: &self.settings.programmes,
            period: self.period,
            imported: self.imported,
            places: &self.joined.ledger_places,
        }
    }
}

/// The people of the files of the day: the first adapter of [`People`].
#[derive(Debug)]
pub struct FilePeople<'a> {
    /// The files.
    pub files: Files,
    /// Columns, words, codes, and how much may be wrong.
    pub settings: &'a Settings,
}

impl People for FilePeople<'_> {
    fn cases(&self, days: Days, last: Option<Meeting>, sound: &dyn Fn(NaiveDate, &mut Report)) -> Result<Known, Failure> {
        let office = &self.settings.office;
        let customs = Customs { digits: office.numbers, not_understood_percent: office.entrance.not_understood_percent };
        let Opened { ledger, mut rows } = normalise::open(&self.files, &self.settings.tables, customs)?;
        let snapshot = ledger.snapshot;
        if let Some(snapshot) = snapshot.filter(|_| !rows.report.refuses()) {
            sound(snapshot, &mut rows.report);
        }
        let join = !rows.report.refuses();
        let marks = ledger.mark_rows.clone();
        let mut joiner = join::Joiner::new(ledger, days);
        // A file that is refused already is still read to its end: all problems at once.
        let ledger = rows.each(&mut |row| {
            if join {
                joiner.take(row);
            }
        });
        let mut report = rows.report;
        let Some(snapshot) = snapshot.filter(|_| !report.refuses()) else { return Err(Failure::Refused(report)) };
        let joined = joiner.close(last);
        report.extend(joined.report);
        Ok(Known { joined: joined.value, rows_read: RowsRead { ledger, marks }, snapshot, report, some: false })
    }
}

/// Reads, normalises and joins the files of the day, or the rows of the register.
///
/// # Errors
/// [`Failure::Refused`] with every structural error of the files; [`Failure::Io`], [`Failure::Usage`] when something cannot be
/// read or an option makes no sense.
pub fn load(given: &Given, settings: &Arc<Settings>) -> Result<Inputs, Failure> {
    match &given.register {
        Some(register) => from(&RegisterPeople { register: register.clone(), settings, only: None }, given, settings),
        None => from(&FilePeople { files: given.files(), settings }, given, settings),
    }
}

/// The same for one person, by number: from a register only they and whoever is tied to them are read.
///
/// # Errors
/// As [`load`].
pub fn load_for(person: &str, given: &Given, settings: &Arc<Settings>) -> Result<Inputs, Failure> {
    match &given.register {
        Some(register) => {
            let people = RegisterPeople { register: register.clone(), settings, only: Some(person) };
            from(&people, given, settings)
        }
        None => load(given, settings),
    }
}

/// What the run was made from: the files, or the feeds of the register and everything else in it that can change a letter.
fn files_of(given: &Given) -> Result<Vec<Input>, Failure> {
    let Some(register) = &given.register else {
        let paths = given.residents.iter().chain(&given.marks).chain(&given.ledger);
        return paths.map(|path| input(path)).collect();
    };
    register.lock().read(|link| {
        let mut files: Vec<Input> = feeds::last(link)?.into_iter().map(|(name, sha256)| Input { name, sha256 }).collect();
        files.push(Input { name: "登録簿".to_owned(), sha256: stored::digest(link)? });
        Ok(files)
    })
}

/// The same from any store of people; a register is read in one state, so that the data are those that the run id is made of.
///
/// # Errors
/// As [`load`].
pub fn from(people: &dyn People, given: &Given, settings: &Arc<Settings>) -> Result<Inputs, Failure> {
    let Some(register) = &given.register else { return read(people, given, settings) };
    register.lock().hold()?;
    let inputs = read(people, given, settings);
    register.lock().let_go();
    inputs
}

fn read(people: &dyn People, given: &Given, settings: &Arc<Settings>) -> Result<Inputs, Failure> {
    let (book, office) = (&settings.book, &settings.office);
    let previous = match (&given.previous, &given.register) {
        (Some(folder), _) => Some(Previous::load(folder, &settings.programmes)?),
        (None, Some(register)) => before::sealed(register, given.as_of)?,
        (None, None) => None,
    };
    let period = period(given, previous.as_ref())?;
    let dose_days = newest_dose_days(office)?;
    let mut accepted = Accepted::new(given)?;
    let days = Days { as_of: period.as_of, post_on: period.post_on };
    let sound = |snapshot: NaiveDate, report: &mut Report| {
        snapshot_fits(report, snapshot, &period);
        if let Some(refusal) = book.validity().refuses(period.as_of) {
            report.push(refusal);
        }
    };
    let Known { mut joined, rows_read, snapshot, mut report, some } =
        people.cases(days, previous.as_ref().map(|p| p.meeting), &sound)?;
    // Where only one person is read, the others' rows are not missing.
    if let Some(told) = marks_emptied(&rows_read.marks, previous.as_ref()).filter(|_| !some) {
        report.push(accepted.pass("--marks-emptied", &given.marks_emptied, told));
    }
    // A ledger without any dose of ours was told as another's.
    let ours = (joined.reach.newest.is_some() || !report.refuses()) && !some;
    if let Some(told) = joined.reach.old(period.as_of, dose_days).filter(|_| ours) {
        report.push(accepted.pass("--accept-old-ledger", &given.accept_old_ledger, told));
    }
    let looked_at = if some { &[][..] } else { joined.cases.as_slice() };
    let gaps = watermark::gaps(looked_at.iter().flat_map(|case| &case.history.doses), period.as_of, joined.reach.newest);
    let whole = gaps.is_empty();
    for gap in gaps {
        let gap = gap.hint("接種実績の取り込みを確かめてください。正しいなら --accept-import-gap に理由を書いて実行します");
        report.push(accepted.pass("--accept-import-gap", &given.accept_import_gap, gap));
    }
    if report.refuses() {
        return Err(Failure::Refused(report));
    }
    let mut files = files_of(given)?;
    if let Some(previous) = &previous {
        mark_issued(&mut joined, previous);
        report.extend(previous.report.clone());
        files.push(Input { name: "前回のmanifest.json".to_owned(), sha256: previous.sha256.clone() });
    }
    if let Some(register) = &given.register {
        let (gone, ended) = register.lock().read(|link| {
            let ended = batches::ended(link, &period.as_of.to_string())?;
            Ok((notices::gone(link)?, ended))
        })?;
        by_register(&mut joined, &gone);
        // The numbers of what was ended are never taken again.
        if !ended.is_empty() {
            files.push(Input { name: "終わった処理".to_owned(), sha256: hash::sha256_hex(ended.join("\n").as_bytes()) });
        }
    }
    let imported = Imported { until: joined.reach.newest, whole };
    Ok(Inputs {
        joined,
        settings: Arc::clone(settings),
        period,
        imported,
        accepted: accepted.with(&given.no_marks),
        rows_read,
        snapshot,
        files,
        previous,
        report,
    })
}

/// What was missing and accepted: the option and its reason, only where there was something to accept.
struct Accepted(Vec<(&'static str, String)>);

impl Accepted {
    /// The reasons asked for are not empty.
    fn new(given: &Given) -> Result<Self, Failure> {
        let options = [
            ("--marks-emptied", &given.marks_emptied),
            ("--accept-old-ledger", &given.accept_old_ledger),
            ("--accept-import-gap", &given.accept_import_gap),
        ];
        for (option, reason) in options {
            if reason.as_deref().is_some_and(|reason| reason.trim().is_empty()) {
                return Err(Failure::Usage(format!("{option} には理由を書いてください（点検表に残ります）")));
            }
        }
        Ok(Self(Vec::new()))
    }

    /// All of them in the order of the report. `--no-marks` is refused where the sheet is there, so what is given has been needed.
    fn with(mut self, no_marks: &[String]) -> Vec<(&'static str, String)> {
        self.0.extend(no_marks.iter().map(|reason| ("--no-marks", reason.clone())));
        self.0
    }

    /// A finding that the option's reason lets pass.
    fn pass(&mut self, option: &'static str, reason: &Option<String>, told: Diagnostic) -> Diagnostic {
        let Some(reason) = reason else { return told };
        let entry = (option, reason.clone());
        if !self.0.contains(&entry) {
            self.0.push(entry);
        }
        Diagnostic { severity: Severity::Alert, hint: None, ..told }.so(format!("理由を付けて続けました: {reason}"))
    }
}

/// 支援措置 absent or empty although the last run had rows (design §3).
fn marks_emptied(rows: &BTreeMap<MarkSheet, usize>, previous: Option<&Previous>) -> Option<Diagnostic> {
    let before = previous.map_or(0, |p| p.protection_rows);
    let now = rows.get(&MarkSheet::Protection).copied().unwrap_or(0);
    let message = || format!("支援措置の行が一つもありません（前回は {before} 行）");
    (before > 0 && now == 0).then(|| Diagnostic::new(Code::MarksEmptied, message()))
}

/// Days by which the newest dose may lie back: the office's own, else its record lag and 45 days.
fn newest_dose_days(office: &Office) -> Result<i64, Failure> {
    const MARGIN: i64 = 45;
    const MONTH: i64 = 31;
    let lag = kansho_rules::months(&office.city.record_lag).map(|months| i64::from(months) * MONTH + MARGIN);
    office.ledger.newest_dose_days.or(lag).ok_or_else(|| {
        let reason = "city.record_lag が「2か月」の形でないため、台帳がどれだけ新しければよいか分かりません";
        Failure::Usage(format!("municipality.toml: {reason}。[ledger] newest_dose_days に日数を書いてください"))
    })
}

/// Adds the previous run's notices to the persons, and its 発行no to the numbers in use.
fn mark_issued(joined: &mut Joined, previous: &Previous) {
    // A person whom 名寄せ joined meanwhile was written to under another number.
    let mut people: BTreeMap<String, CaseKey> = BTreeMap::new();
    for (key, case) in CaseKey::each(&joined.cases) {
        let others = case.resident.other_keys.iter().map(|key| match key {
            PersonKey::Number(number) => number.as_str(),
            PersonKey::Addressee(number) => number.as_str(),
        });
        for number in others {
            people.entry(number.to_owned()).or_insert(key);
        }
        people.extend(case.id().map(|number| (number.to_owned(), key)));
    }
    joined.highest_issue = joined.highest_issue.max(previous.highest_issue);
    for (person, notice) in &previous.issued {
        if let Some(key) = people.get(person) {
            joined.cases[*key].notices.push(*notice);
        }
    }
}

/// What the register says of a number counts, whatever the ledger has: void ones are gone, and each is there once.
fn by_register(joined: &mut Joined, gone: &BTreeSet<u64>) {
    for case in joined.cases.iter_mut().filter(|case| !case.notices.is_empty()) {
        let mut seen = BTreeSet::new();
        let notices = std::mem::take(&mut case.notices);
        // The register's own come behind the ledger's.
        let kept = notices.into_iter().rev().filter(|notice: &NoticeRecord| {
            notice.issue_number.is_none_or(|number| !gone.contains(&number) && seen.insert(number))
        });
        case.notices = kept.collect();
        case.notices.reverse();
    }
}

fn period(given: &Given, previous: Option<&Previous>) -> Result<Period, Failure> {
    let as_of = given.as_of;
    if let Some(previous) = previous.filter(|p| p.as_of >= as_of) {
        let then = previous.as_of;
        return Err(Failure::Usage(format!(
            "前回の処理の基準日 {then} が今回の基準日 {as_of} より前ではありません。--previous を確かめてください"
        )));
    }
    let post_on = given.post_on.unwrap_or(as_of);
    let after_previous = previous.and_then(|p| p.as_of.succ_opt());
    let since = given.since.or(after_previous).or_else(|| calendar::first_of_month(as_of)).unwrap_or(as_of);
    if post_on < as_of {
        return Err(Failure::Usage(format!(
            "発送日 {post_on} が基準日 {as_of} より前です。--post-on は基準日以後にしてください"
        )));
    }
    if since > as_of {
        return Err(Failure::Usage(format!("--since {since} が基準日 {as_of} より後です。前回の処理の翌日を指定してください")));
    }
    Ok(Period { since, as_of, post_on })
}

fn snapshot_fits(report: &mut Report, snapshot: NaiveDate, period: &Period) {
    let as_of = period.as_of;
    if as_of < snapshot {
        report.push(Diagnostic::new(
            Code::AsOfBeforeSnapshot,
            format!("基準日 {as_of} が住民ファイルの抽出日 {snapshot} より前です"),
        ));
    }
    let age = as_of.signed_duration_since(snapshot).num_days();
    if age > SNAPSHOT_DAYS {
        report.push(Diagnostic::new(
            Code::SnapshotOld,
            format!("住民ファイルの抽出日 {snapshot} は基準日 {as_of} の {age} 日前です（{SNAPSHOT_DAYS} 日まで）"),
        ));
    }
}

fn input(path: &Path) -> Result<Input, Failure> {
    let (sha256, _) = hash::sha256_file(path).map_err(|e| Failure::io("読めません", path, e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Input { name, sha256 })
}
