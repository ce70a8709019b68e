//! 個別の登録: 送付先, 支援措置 and the like, set and ended at the office. A flag is a row of the sheet that means it, read by the very reader
//! of the sheet before it is kept: what would hold the person is refused.

use crate::desk::registry::whom::{self, Whom};
use crate::desk::settings::Settings;
use chrono::NaiveDate;
use kansho_core::case::MarkSheet;
use kansho_core::diag::{Code, Diagnostic, Failure, Report, Severity};
use kansho_core::origin::Origin;
use kansho_intake::normalise::single;
use kansho_intake::normalise::stored::{self, SEPARATOR, mark_columns};
use kansho_register::flags::{self, Flag};
use kansho_register::marks::{Marks, New};
use kansho_register::merges;
use kansho_register::residents;
use kansho_register::store::Work;
use kansho_register::store::link::Link;
use serde::Serialize;

/// What can be set: the word of the command line, the sheet whose row it is, and what the sheet's 区分 then says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The word.
    pub word: &'static str,
    /// The sheet.
    pub sheet: MarkSheet,
    class: Option<&'static str>,
}

const fn kind(word: &'static str, sheet: MarkSheet, class: Option<&'static str>) -> Kind {
    Kind { word, sheet, class }
}

/// Every kind (design §7b).
pub const KINDS: [Kind; 9] = [
    kind("送付先", MarkSheet::Destination, None),
    kind("支援措置", MarkSheet::Protection, None),
    kind("発送停止", MarkSheet::MailStop, None),
    kind("接種拒否", MarkSheet::MailStop, Some("接種拒否")),
    kind("罹患", MarkSheet::Disease, None),
    kind("長期療養特例", MarkSheet::Exception, Some("長期療養特例")),
    kind("免除区分", MarkSheet::FeeExempt, None),
    kind("出産予定日", MarkSheet::Pregnancy, None),
    kind("利用停止", MarkSheet::MailStop, Some("利用停止")),
];

impl Kind {
    /// The kind of a word.
    ///
    /// # Errors
    /// The words there are, in Japanese.
    pub fn named(word: &str) -> Result<Self, String> {
        let known = || KINDS.map(|kind| kind.word).join("、");
        KINDS.into_iter().find(|kind| kind.word == word).ok_or_else(|| format!("{} のどれかにしてください", known()))
    }

    /// Whether it hides somebody: only who may see protected people sets and ends it.
    #[must_use]
    pub fn protects(self) -> bool {
        self.sheet == MarkSheet::Protection
    }
}

/// Plain words for the columns of a value file.
const PLAIN: [(&str, &str); 10] = [
    ("postal_code", "sofusaki_yubinbango"),
    ("address", "sofusaki_jusho"),
    ("building", "sofusaki_katagaki"),
    ("name", "sofusaki_shimei"),
    ("owner", "shoyusha"),
    ("disease", "shippei"),
    ("series", "keiretsu"),
    ("class", "kubun"),
    ("due_date", "shussanyoteibi"),
    ("reason", "riyu"),
];
/// Columns that the command itself fills.
const OURS: [&str; 7] =
    ["yobosesshubango", "atenabango", "kaishi", "shuryo", "kakunin", "nayosesakiyobosesshubango", "nayosesakiatenabango"];

/// The cells of a value file, each with its column.
pub type Values = Vec<(&'static str, String)>;

/// The cells of a value file: keys are the headings of the mark sheets, or plain English words.
///
/// # Errors
/// [`Failure::Declined`] naming the key that is not known or what is no text.
pub fn values(file: &serde_json::Map<String, serde_json::Value>, settings: &Settings) -> Result<Values, Failure> {
    let columns = mark_columns();
    let mut found: Values = Vec::new();
    for (key, value) in file {
        let plain = PLAIN.iter().find(|(word, _)| word == key).map(|(_, column)| *column);
        let headed = || stored::mark_column(&settings.tables, key).and_then(|place| columns.get(place).copied());
        let column = plain.or_else(headed).filter(|column| !OURS.contains(column));
        let Some(column) = column else {
            let known = PLAIN.map(|(word, _)| word).join(" ");
            let message = format!("値のファイルの項目「{key}」を知りません（{known} か、補助シートの見出しが使えます）");
            return Err(Failure::Declined(message));
        };
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
                return Err(Failure::Declined(format!("値のファイルの項目「{key}」は、文字で書いてください")));
            }
        };
        if text.contains([SEPARATOR, '\u{1}']) || found.iter().any(|(other, _)| *other == column) {
            return Err(Failure::Declined(format!("値のファイルの項目「{key}」に使えない文字があるか、同じ項目が二つあります")));
        }
        found.push((column, text));
    }
    Ok(found)
}

/// A flag as it is told (the form of `show`).
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Its id.
    pub flag: u64,
    /// The word.
    pub kind: String,
    /// The how many-th of its kind the person has; 0 of a feed's row.
    pub version: u64,
    /// 開始日
    pub from: Option<String>,
    /// 終了日
    pub until: Option<String>,
    /// The day from which it no longer is.
    pub ended: Option<String>,
    /// 理由
    pub reason: Option<String>,
}

impl From<&Flag> for Told {
    fn from(flag: &Flag) -> Self {
        let text = |column: &str| flag.cell(column).map(|kept| stored::shown(kept).to_owned());
        Self {
            flag: flag.id,
            kind: flag.kind.clone().unwrap_or_else(|| flag.sheet.word().to_owned()),
            version: if flag.kind.is_some() { flag.version } else { 0 },
            from: text("kaishi"),
            until: text("shuryo"),
            ended: flag.ended_on.map(|day| day.to_string()),
            reason: text("riyu"),
        }
    }
}

/// Everything that is or was set for a person, under every number of theirs.
///
/// # Errors
/// A [`Failure`] of the store.
pub(super) fn of(link: &mut dyn Link, whom: &Whom) -> Result<Vec<Flag>, Failure> {
    let mut found = Vec::new();
    for id in merges::all(link, whom.id)? {
        found.extend(flags::of(link, id)?.into_iter().filter(|flag| flag.sheet != MarkSheet::Merge));
    }
    Ok(found)
}

fn reason_given(reason: &str) -> Result<&str, Failure> {
    let reason = reason.trim();
    if reason.is_empty() { Err(Failure::barred(Code::ReasonEmpty, "--reason の理由が空です")) } else { Ok(reason) }
}

fn note(work: &mut Work<'_>, whom: &Whom, told: &Told, act: &str) {
    work.person = Some(whom.number.clone());
    work.note("act", act);
    work.note("flag", told.flag);
    work.note("kind", told.kind.as_str());
    work.note("version", told.version);
}

/// Sets a flag.
///
/// # Errors
/// [`Failure::Barred`]: nobody (O600), the reason is empty (G613), a second 送付先 (J317); [`Failure::Refused`] with what the reader of the
/// sheet says of the row.
pub fn set(
    work: &mut Work<'_>,
    (person, kind): (&str, Kind),
    (from, until): (NaiveDate, Option<NaiveDate>),
    (reason, values): (&str, &Values),
    settings: &Settings,
) -> Result<(Whom, Told), Failure> {
    let reason = reason_given(reason)?;
    let digits = settings.office.numbers;
    let whom = whom::find(work.link, person, digits)?;
    if !residents::is_resident(work.link, whom.id)? {
        return Err(Failure::barred(Code::PersonNotFound, "この人の住民の行が登録簿にありません"));
    }
    let cells = cells(&whom, kind, (from, until), (reason, values));
    read(kind, &cells, settings)?;
    let before = of(work.link, &whom)?;
    let in_force = before.iter().filter(|flag| flag.sheet == kind.sheet && flag.ended_on.is_none());
    for other in in_force {
        if other.kind.as_deref() == Some(kind.word) && other.cells == cells {
            return Err(Failure::Declined(format!("同じ内容の{}がすでに登録されています（{} 番）", kind.word, other.id)));
        }
        if kind.sheet == MarkSheet::Destination && overlaps(other, (from, until)) {
            let message = format!("送付先がすでにあります（{} 番）。どれに送るか分からなくなります", other.id);
            let hint = "先に kansho flag 番号 送付先 --end 日付 で終わらせてください";
            return Err(Failure::Barred(Box::new(Diagnostic::new(Code::DestinationsTwo, message).hint(hint))));
        }
    }
    let version = flags::next_version(work.link, whom.id, kind.word)?;
    let text: Vec<&str> = cells.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
    let text = text.join(&SEPARATOR.to_string());
    let (who, at) = (work.who().to_owned(), work.stamp());
    let new = New { person: whom.id, sheet: kind.sheet, kind: Some(kind.word), version, feed: None, cells: &text };
    let id = Marks::new().insert(work.link, &new, &who, &at)?;
    if kind.sheet == MarkSheet::Destination {
        residents::returns_end(work.link, whom.id, 0)?;
    }
    let flag =
        Flag { id, sheet: kind.sheet, kind: Some(kind.word.to_owned()), version, ended_on: None, ended_reason: None, cells };
    let told = Told::from(&flag);
    note(work, &whom, &told, "set");
    Ok((whom, told))
}

/// Ends the flag of a kind; with several, the one whose cells are as the values say.
///
/// # Errors
/// [`Failure::Barred`]: nobody (O600), the reason is empty (G613), a day before the first (N211); [`Failure::Declined`] when there is none, or
/// several.
pub fn end(
    work: &mut Work<'_>,
    (person, kind): (&str, Kind),
    on: NaiveDate,
    (reason, values): (&str, &Values),
    settings: &Settings,
) -> Result<(Whom, Told), Failure> {
    let reason = reason_given(reason)?;
    let whom = whom::find(work.link, person, settings.office.numbers)?;
    let all = of(work.link, &whom)?;
    let meant = |flag: &&Flag| values.iter().all(|(column, text)| flag.cell(column) == Some(text.as_str()));
    let of_kind = |flag: &&Flag| flag.kind.as_deref() == Some(kind.word) && flag.ended_on.is_none();
    let found: Vec<&Flag> = all.iter().filter(of_kind).filter(meant).collect();
    let [flag] = found.as_slice() else {
        let of_feed = all.iter().any(|flag| flag.kind.is_none() && flag.sheet == kind.sheet);
        let ids: Vec<String> = found.iter().map(|flag| format!("{} 番", flag.id)).collect();
        return Err(Failure::Declined(match (ids.is_empty(), of_feed) {
            (true, true) => format!("{}は取り込んだ行です。住民のファイルの側で終わらせて、取り込んでください", kind.word),
            (true, false) => format!("この人に、終わらせる{}の登録がありません", kind.word),
            (false, _) => format!(
                "{}の登録がいくつかあります（{}）。--value-file で、どれかが分かるように書いてください",
                kind.word,
                ids.join("、")
            ),
        }));
    };
    if flag.cell("kaishi").and_then(|day| day.parse::<NaiveDate>().ok()).is_some_and(|from| on < from) {
        return Err(Failure::barred(Code::DateOrder, "終わらせる日が開始日より前です"));
    }
    flags::end(work.link, flag.id, on, reason)?;
    let told = Told { ended: Some(on.to_string()), ..Told::from(*flag) };
    note(work, &whom, &told, "end");
    Ok((whom, told))
}

/// The row of the sheet.
fn cells(
    whom: &Whom,
    kind: Kind,
    (from, until): (NaiveDate, Option<NaiveDate>),
    (reason, values): (&str, &Values),
) -> Vec<Option<String>> {
    let given = |column: &str| values.iter().find(|(other, _)| *other == column).map(|(_, text)| text.clone());
    let cell = |column: &str| match column {
        "yobosesshubango" => Some(whom.number.clone()),
        "kaishi" => Some(from.to_string()),
        "shuryo" => until.map(|day| day.to_string()),
        "riyu" => Some([Some(reason.to_owned()), given(column)].into_iter().flatten().collect::<Vec<_>>().join("・")),
        "kubun" => kind.class.map(str::to_owned).or_else(|| given(column)),
        column => given(column).filter(|text| !text.trim().is_empty()),
    };
    mark_columns().into_iter().map(cell).collect()
}

/// What the reader of the sheet says: anything that would hold the person refuses the flag.
fn read(kind: Kind, cells: &[Option<String>], settings: &Settings) -> Result<(), Failure> {
    let row = single::mark(kind.sheet, cells, &settings.tables, settings.office.numbers)?;
    let mut report = Report::new();
    for mut problem in row.into_iter().flat_map(|row| row.problems) {
        if problem.severity <= Severity::Held {
            problem.severity = Severity::Error;
            problem.origin = Some(Origin::Given);
            report.push(problem);
        }
    }
    if report.refuses() { Err(Failure::Refused(report)) } else { Ok(()) }
}

/// Whether a mark and a term share a day, as far as its days can be read.
fn overlaps(flag: &Flag, (from, until): (NaiveDate, Option<NaiveDate>)) -> bool {
    let day = |column: &str| flag.cell(column).and_then(|text| kansho_intake::normalise::command_line_day(text).ok());
    day("shuryo").is_none_or(|last| from <= last) && until.is_none_or(|until| day("kaishi").is_none_or(|first| first <= until))
}
