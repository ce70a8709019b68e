//! One person with everything known about them: what `normalise` makes row by row and `join` puts together.

use crate::diag::Diagnostic;
use crate::domain::address::{Address, Destination};
use crate::domain::birth::BirthDate;
use crate::domain::history::{DoseRecord, History};
use crate::domain::notice::NoticeRecord;
use crate::domain::person::{AddresseeNumber, HouseholdNumber, PersonName, PersonNumber, Sex};
use crate::domain::residency::Residency;
use crate::domain::symbol::SeriesId;
use crate::origin::Origin;
use chrono::NaiveDate;

/// One row (the newest of a person) of 住民.
#[derive(Clone, Debug)]
pub struct Resident {
    /// 予防接種番号
    pub number: Option<PersonNumber>,
    /// 宛名番号
    pub addressee: Option<AddresseeNumber>,
    /// 世帯番号
    pub household: Option<HouseholdNumber>,
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
    /// The row.
    pub origin: Origin,
    /// What holds this person (unreadable date, lost zero, …).
    pub problems: Vec<Diagnostic>,
}

/// The key by which rows meet: 予防接種番号, else 宛名番号; never anything else (CK8).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonKey {
    /// 予防接種番号
    Number(PersonNumber),
    /// 宛名番号
    Addressee(AddresseeNumber),
}

/// One row of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// 予防接種番号 (or 宛名番号 where the file has that column).
    pub key: PersonKey,
    /// 生年月日 for the cross-check 突合; `None` = empty cell.
    pub birth: Option<BirthDate>,
    /// 性別 for the cross-check.
    pub sex: Option<Sex>,
    /// 氏名_漢字 for the cross-check.
    pub name: Option<Box<str>>,
    /// 実施日 and what goes with it; `None` when the row is no dose.
    pub dose: Option<DoseRecord>,
    /// 通知日 and what goes with it; `None` when the row is no notice.
    pub notice: Option<NoticeRecord>,
    /// 消除フラグ: the person was removed from the 住民票 (our reading, design §3).
    pub struck_off: bool,
    /// Row number in the file, from 1.
    pub row: u32,
    /// What holds the row.
    pub problems: Vec<Diagnostic>,
}

/// 支援措置, 発送停止, 罹患, 免除, 特例, 妊娠, 送付先: one row of an optional sheet.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Whose.
    pub key: PersonKey,
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
    /// 禁忌・接種不適当 for a series (empty = all).
    Contraindicated(Option<SeriesId>, String),
    /// 免除: copay exemption.
    FeeExempt(String),
    /// 特例 (長期療養特例, 施行令3条2項): a per-person window for a series (`None` = every series it may apply to).
    Exception(Option<SeriesId>),
    /// 障害区分 60–64 (内部障害1級相当).
    Disability(String),
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
    /// The optional sheets.
    pub marks: Vec<Mark>,
    /// 抽出日 of the resident file.
    pub snapshot: NaiveDate,
    /// Name of the ledger file, for origins.
    pub ledger_file: Origin,
    /// Rows of 住民 read / superseded by a newer 履歴番号 / refused.
    pub resident_rows: RowCount,
    /// Ledger rows that name nobody (already reported).
    pub unnamed_rows: RowCount,
}

/// rows = used + superseded + refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCount {
    /// Rows read.
    pub rows: usize,
    /// Rows that count.
    pub used: usize,
    /// Rows replaced by another row (older 履歴番号, a shot recorded twice, later than the as-of date).
    pub superseded: usize,
    /// Rows that were not taken (held persons' unreadable rows, unknown persons).
    pub refused: usize,
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
    /// Why the person is protected: own mark, or household (CK15). Never printed outside `office/`.
    pub protected: Option<String>,
    /// 消除フラグ in the ledger.
    pub struck_off: bool,
    /// Marks of this person.
    pub marks: Vec<Mark>,
    /// What holds this person.
    pub problems: Vec<Diagnostic>,
    /// Doses after the as-of date, set aside and counted.
    pub later_doses: Vec<DoseRecord>,
}

impl Case {
    /// 予防接種番号, else 宛名番号.
    #[must_use]
    pub fn id(&self) -> &str {
        match (&self.resident.number, &self.resident.addressee) {
            (Some(number), _) => number.as_str(),
            (None, Some(addressee)) => addressee.as_str(),
            (None, None) => "",
        }
    }

    /// 出産予定日, one for each pregnancy.
    pub fn expected_deliveries(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.marks.iter().filter_map(|mark| match mark.kind {
            MarkKind::Pregnancy(day) => Some(day),
            MarkKind::Destination(_)
            | MarkKind::Protection
            | MarkKind::MailStop(_)
            | MarkKind::Returned(_)
            | MarkKind::HadDisease(_)
            | MarkKind::Contraindicated(..)
            | MarkKind::FeeExempt(_)
            | MarkKind::Exception(_)
            | MarkKind::Disability(_)
            | MarkKind::Shortage(_) => None,
        })
    }
}
