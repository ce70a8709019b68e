//! 接種履歴: doses, and whether we may say that there are none.

use crate::ids::{DoseName, Product, SeriesId};
use crate::origin::Source;
use chrono::NaiveDate;

/// 結果: a dose given, or 予診のみ (interview only: paid, not a dose).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// 接種
    Given,
    /// 予診のみ
    InterviewOnly,
}

/// 接種記録: one dose as the ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DoseRecord {
    /// 系列
    pub series: SeriesId,
    /// 期・回 as the ledger numbers it.
    pub dose: DoseName,
    /// ワクチン, when the ledger tells.
    pub product: Option<Product>,
    /// 実施日
    pub given_on: NaiveDate,
    /// 結果
    pub outcome: Outcome,
    /// What it was taken from.
    pub source: Source,
}

/// What the ledger allows to be said about doses (CK6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Knowledge {
    /// The record is taken as complete; doses are on file.
    Known,
    /// The record is taken as complete; no dose is on file.
    NoneOnFile,
    /// The record may be incomplete: never called unvaccinated.
    Unknown(UnknownBecause),
}

/// Why a history is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownBecause {
    /// Moved in, and nothing from before is on file.
    MovedIn,
    /// A ledger row of the person was held or refused.
    RowHeld,
    /// The caller says so (`due --history unknown`).
    Stated,
}

/// 接種履歴 of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// What may be said.
    pub knowledge: Knowledge,
    /// Doses up to the as-of date, sorted by date, series, dose; 予診のみ included.
    pub doses: Vec<DoseRecord>,
}
