//! 通知: what was or will be issued.

use crate::ids::ProgrammeId;
use crate::origin::Source;
use chrono::NaiveDate;
use std::fmt;

/// 通知のきっかけ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// 初回通知
    First,
    /// 転入者
    MoverIn,
    /// 再勧奨
    Reminder,
    /// 最終勧奨
    LastCall,
}

impl Trigger {
    /// The id used in files: `first`, `mover_in`, `reminder`, `last_call`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::MoverIn => "mover_in",
            Self::Reminder => "reminder",
            Self::LastCall => "last_call",
        }
    }

    /// 通知種別 as printed in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::First => "初回通知",
            Self::MoverIn => "転入者",
            Self::Reminder => "再勧奨",
            Self::LastCall => "最終勧奨",
        }
    }
}

/// A notice already issued, from the ledger's 通知日, 種類, 発行no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeRecord {
    /// 種類 → programme.
    pub programme: ProgrammeId,
    /// 種類 → trigger.
    pub trigger: Trigger,
    /// 通知日
    pub noticed_on: NaiveDate,
    /// 発行no
    pub issue_number: Option<u64>,
    /// What it was taken from.
    pub source: Source,
}

/// 通し番号 of a piece in its run, from 1, in posting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceNumber(pub u32);

/// 発行no of a notice; provisional in a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueNumber(pub u64);

/// Run id: as-of date + 8 hexadecimal digits of (inputs, rules, templates). `20261201-1a2b3c4d`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 通知コード: run id + piece number + check value over the person's data (CK9). Clear text on letter, label and CSV.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceCode(pub String);

impl fmt::Display for PieceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// First letter of a rehearsal's run id; a real one begins with the year.
const PREFIX: &str = "T";
/// First 発行no of a rehearsal; real numbers stay below.
pub const FIRST_REHEARSAL: u64 = 9_000_000_000;

/// What a run is for (CK12): a rehearsal has run ids and numbers that no live run has, so that the two can never be mixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// 本番
    #[default]
    Live,
    /// 試験: watermark, run id and numbers that no live run has; nothing of it may be posted.
    Rehearsal,
}

impl Purpose {
    /// What the run of an id was for.
    #[must_use]
    pub fn of(run: &str) -> Self {
        if run.starts_with(PREFIX) { Self::Rehearsal } else { Self::Live }
    }

    /// What a 発行no was given for.
    #[must_use]
    pub const fn of_issue(number: u64) -> Self {
        if number >= FIRST_REHEARSAL { Self::Rehearsal } else { Self::Live }
    }

    /// Beginning of the run id.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Rehearsal => PREFIX,
        }
    }

    /// 試験
    #[must_use]
    pub const fn is_rehearsal(self) -> bool {
        matches!(self, Self::Rehearsal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_is_known_by_its_id_and_its_numbers() {
        assert_eq!(Purpose::of("T20261201-1a2b3c4d"), Purpose::Rehearsal);
        assert_eq!((Purpose::of("20261201-1a2b3c4d"), Purpose::of_issue(FIRST_REHEARSAL)), (Purpose::Live, Purpose::Rehearsal));
    }
}
