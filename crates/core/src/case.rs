//! One person with everything known about them: what `normalise` makes row by row and `join` puts together.

use crate::address::{Address, Destination};
use crate::birth::BirthDate;
use crate::diag::Diagnostic;
use crate::history::{DoseRecord, History};
use crate::ids::SeriesId;
use crate::notice::NoticeRecord;
use crate::origin::{Origin, Source};
use crate::person::{AddresseeNumber, Disability, HouseholdNumber, PersonName, PersonNumber, Sex};
use crate::residency::Residency;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One row (the newest of a person) of 住民.
#[derive(Clone, Debug)]
pub struct Resident {
    /// 予防接種番号
    pub number: Option<PersonNumber>,
    /// 宛名番号
    pub addressee: Option<AddresseeNumber>,
    /// 世帯番号
    pub household: Option<HouseholdNumber>,
    /// 世帯番号 of older rows.
    pub households: Vec<PastHousehold>,
    /// 保護者_宛名番号
    pub guardian: Option<AddresseeNumber>,
    /// 氏名, フリガナ, 通称
    pub name: PersonName,
    /// 生年月日
    pub birth: BirthDate,
    /// 性別
    pub sex: Sex,
    /// 住所, 方書, 区, 郵便番号
    pub address: Address,
    /// 住民となった日, 消除日, 転出予定日, 死亡日
    pub residency: Residency,
    /// Numbers that the office's 名寄せ says are this person's as well.
    pub other_keys: Vec<PersonKey>,
    /// The row.
    pub origin: Origin,
    /// What holds this person (unreadable date, lost zero, …).
    pub problems: Vec<Diagnostic>,
}

impl Resident {
    /// The person's number with its label, for messages.
    #[must_use]
    pub fn label(&self) -> String {
        match (&self.number, &self.addressee) {
            (Some(number), _) => format!("予防接種番号 {number}"),
            (None, Some(addressee)) => format!("宛名番号 {addressee}"),
            (None, None) => String::new(),
        }
    }
}

/// A household that a person has left, and when they were in it as far as anybody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastHousehold {
    /// 世帯番号
    pub number: HouseholdNumber,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The day on which they were no longer in it.
    pub until: Option<NaiveDate>,
}

impl PastHousehold {
    /// Whether they were in it on a day from `first` to `last`; a day that nobody knows may have been one.
    #[must_use]
    pub fn reaches(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= last) && self.until.is_none_or(|until| first < until)
    }
}

/// The key by which rows meet: 予防接種番号, else 宛名番号; never anything else (CK8).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonKey {
    /// 予防接種番号
    Number(PersonNumber),
    /// 宛名番号
    Addressee(AddresseeNumber),
}

impl fmt::Display for PersonKey {
    /// 予防接種番号 0000000001.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "予防接種番号 {number}"),
            Self::Addressee(number) => write!(f, "宛名番号 {number}"),
        }
    }
}

/// The sheets of a ledger file, one behind the other: rows are numbered through, so that a number is one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerPlaces {
    /// Number of the first row of each sheet less one, and the sheet.
    sheets: Vec<(u32, Origin)>,
}

impl LedgerPlaces {
    /// Adds a sheet whose rows begin behind row number `before`.
    pub fn add(&mut self, before: u32, sheet: &Origin) {
        self.sheets.push((before, sheet.clone()));
    }

    /// Where a row stands in the file.
    #[must_use]
    pub fn at(&self, row: u32) -> Origin {
        let sheet = self.sheets.iter().rev().find(|(before, _)| *before < row).or(self.sheets.first());
        sheet.map_or(Origin::Given, |(before, origin)| origin.row(row.saturating_sub(*before)))
    }

    /// Where a dose or a notice stands.
    #[must_use]
    pub fn of(&self, source: Source) -> Origin {
        match source {
            Source::Ledger(row) => self.at(row),
            Source::PreviousRun => Origin::file("前回の処理"),
            Source::Notice(id) => Origin::register("通知").row(id),
            Source::Given => Origin::Given,
        }
    }

    /// The same in the words of a sentence: 台帳3行, with the sheet where there are several.
    #[must_use]
    pub fn words(&self, source: Source) -> String {
        match source {
            Source::Ledger(row) if self.sheets.len() <= 1 => match self.sheets.first() {
                Some((_, Origin::Register { .. })) => format!("台帳{row}番"),
                Some((_, Origin::File(_) | Origin::Given)) | None => format!("台帳{row}行"),
            },
            Source::Ledger(_) | Source::Notice(_) | Source::PreviousRun | Source::Given => self.of(source).to_string(),
        }
    }
}

/// One row of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// 予防接種番号 (or 宛名番号 where the file has that column); `None` = blank or malformed.
    pub key: Option<PersonKey>,
    /// 生年月日 for the cross-check 突合; `None` = empty cell.
    pub birth: Option<BirthDate>,
    /// 性別 for the cross-check.
    pub sex: Option<Sex>,
    /// 氏名_漢字 for the cross-check.
    pub name: Option<Box<str>>,
    /// 氏名_カナ, for finding whom a row of nobody may mean.
    pub kana: Option<Box<str>>,
    /// 実施日 and what goes with it; `None` when the row is no dose.
    pub dose: Option<DoseRecord>,
    /// 通知日 and what goes with it; `None` when the row is no notice.
    pub notice: Option<NoticeRecord>,
    /// The highest number that the cell 発行no may mean; `None` when it means none.
    pub issue_seen: Option<u64>,
    /// 消除フラグ: the person was removed from the 住民票 (our reading, design §3).
    pub struck_off: bool,
    /// Row number in the file, from 1.
    pub row: u32,
    /// What holds the row.
    pub problems: Vec<Diagnostic>,
}

/// The mark sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkSheet {
    /// 送付先
    Destination,
    /// 支援措置
    Protection,
    /// 発送停止
    MailStop,
    /// 罹患
    Disease,
    /// 免除
    FeeExempt,
    /// 特例
    Exception,
    /// 妊娠
    Pregnancy,
    /// 名寄せ
    Merge,
}

impl MarkSheet {
    /// Every sheet.
    pub const ALL: [Self; 8] = [
        Self::Destination,
        Self::Protection,
        Self::MailStop,
        Self::Disease,
        Self::FeeExempt,
        Self::Exception,
        Self::Pregnancy,
        Self::Merge,
    ];

    /// The sheet's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Destination => "送付先",
            Self::Protection => "支援措置",
            Self::MailStop => "発送停止",
            Self::Disease => "罹患",
            Self::FeeExempt => "免除",
            Self::Exception => "特例",
            Self::Pregnancy => "妊娠",
            Self::Merge => "名寄せ",
        }
    }
}

/// One row of a mark sheet, before it has met its person.
#[derive(Clone, Debug)]
pub struct MarkRow {
    /// Which sheet.
    pub sheet: MarkSheet,
    /// Whose, by each number that the row gives; empty when none can be read.
    pub keys: Vec<PersonKey>,
    /// What the row says; empty when it is not understood, several where one word means several series.
    pub marks: Vec<Mark>,
    /// 開始日 and 終了日, as far as they can be read.
    pub term: (Option<NaiveDate>, Option<NaiveDate>),
    /// 確認 says that a row of nobody may stay.
    pub confirmed: bool,
    /// The row.
    pub origin: Origin,
    /// What is not understood: it holds the person.
    pub problems: Vec<Diagnostic>,
}

impl MarkRow {
    /// Whether the row is in force on `day` or later, as far as its term can be read. A protection does not end by itself.
    #[must_use]
    pub fn matters(&self, day: NaiveDate) -> bool {
        self.sheet == MarkSheet::Protection || self.term.1.is_none_or(|until| day <= until)
    }
}

/// What one row of a mark sheet says of its person.
#[derive(Clone, Debug)]
pub struct Mark {
    /// What.
    pub kind: MarkKind,
    /// 開始日 (first day); for 罹患 the day of the disease.
    pub from: Option<NaiveDate>,
    /// 終了日 (last day).
    pub until: Option<NaiveDate>,
    /// The row.
    pub origin: Origin,
}

impl Mark {
    /// Whether the mark is in force on `day`; an open end is in force.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// The kinds of marks.
#[derive(Clone, Debug)]
pub enum MarkKind {
    /// 送付先
    Destination(Destination),
    /// 支援措置 (DV等): ending is not automatic, so an expired term still protects (standard-spec 1.1).
    Protection,
    /// 発送停止 with its reason.
    MailStop(String),
    /// 返戻: mail came back; stops until the address changes.
    Returned(String),
    /// 罹患: had the disease (the word of `rules/codes.toml`).
    HadDisease(String),
    /// 禁忌・接種不適当 for a series (`None` = all).
    Contraindicated(Option<SeriesId>, String),
    /// 免除: copay exemption.
    FeeExempt(String),
    /// 特例 (長期療養特例, 施行令3条2項): a per-person window for a series (`None` = every series it may apply to).
    Exception(Option<SeriesId>),
    /// 障害区分 60–64 (身体障害者手帳1級相当); `None` = the office did not say which kind.
    Disability(Option<Disability>, String),
    /// 供給不足による延長 recognised by the mayor (施行規則2条の9第4号).
    Shortage(Option<SeriesId>),
    /// 妊娠: 出産予定日.
    Pregnancy(NaiveDate),
}

/// What the two files say, row by row, before they meet.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// 住民, one entry per person (older 履歴番号 rows are folded into the spells).
    pub residents: Vec<Resident>,
    /// 台帳, in file order.
    pub rows: Vec<LedgerRow>,
    /// Rows of the mark sheets.
    pub marks: Vec<MarkRow>,
    /// Rows that each mark sheet had in its file; a sheet that is not there is not here.
    pub mark_rows: BTreeMap<MarkSheet, usize>,
    /// 抽出日 of the resident file; `None` when it cannot be told, which refuses the run.
    pub snapshot: Option<NaiveDate>,
    /// 系列 whose one dose is given again: every fiscal year, or in every pregnancy.
    pub repeated: BTreeSet<SeriesId>,
    /// The sheets of the ledger, for the places of its rows.
    pub ledger_places: LedgerPlaces,
    /// Rows of 住民 read / superseded by a newer 履歴番号 / refused.
    pub resident_rows: RowCount,
    /// Households of before that the rows of 住民 do not carry: what a store remembers beyond them.
    pub past_households: Vec<(PersonKey, PastHousehold)>,
}

/// rows = used + superseded + refused + nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCount {
    /// Rows read.
    pub rows: usize,
    /// Rows that count.
    pub used: usize,
    /// Rows replaced by another row (older 履歴番号, a shot recorded twice, later than the as-of date).
    pub superseded: usize,
    /// Rows that were not taken (held persons' unreadable rows, rows that name nobody).
    pub refused: usize,
    /// Rows with a well-formed number that no resident has.
    pub nobody: usize,
}

/// How the rows of a ledger met the residents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meeting {
    /// Rows of the ledger.
    pub rows: usize,
    /// Rows whose number a resident has.
    pub met: usize,
}

impl Meeting {
    /// Share of the rows that met a resident, in percent.
    #[must_use]
    pub fn percent(self) -> f64 {
        percent(self.met, self.rows)
    }
}

/// A part of a whole in percent, 0 of nothing.
#[must_use]
pub fn percent(part: usize, whole: usize) -> f64 {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) * 100.0 / number(whole) }
}

/// One person with everything known: travels whole through `decide` and `compose`.
#[derive(Clone, Debug)]
pub struct Case {
    /// 住民.
    pub resident: Resident,
    /// 接種履歴.
    pub history: History,
    /// Notices already issued.
    pub notices: Vec<NoticeRecord>,
    /// Why the person is protected: own mark, household or guardian (CK15). Never printed outside `office/`.
    pub protected: Option<String>,
    /// 消除フラグ in the ledger.
    pub struck_off: bool,
    /// Marks of this person.
    pub marks: Vec<Mark>,
    /// What holds this person.
    pub problems: Vec<Diagnostic>,
    /// Mark sheets of which a row of this person is not understood: whoever it could make a candidate is one, and held.
    pub unclear: BTreeSet<MarkSheet>,
    /// Doses after the as-of date: never a reason to write, and no part of the history.
    pub later_doses: Vec<DoseRecord>,
}

impl Case {
    /// 予防接種番号, else 宛名番号; none for whoever has neither.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        let addressee = || self.resident.addressee.as_ref().map(AddresseeNumber::as_str);
        self.resident.number.as_ref().map(PersonNumber::as_str).or_else(addressee)
    }

    /// The same as lists print it: nothing for whoever has neither.
    #[must_use]
    pub fn printed_id(&self) -> &str {
        self.id().unwrap_or_default()
    }
}
