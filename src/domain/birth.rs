//! 生年月日: a real day, or uncertain with the register's own words.

use chrono::NaiveDate;
use std::fmt;

/// 生年月日. No day is ever invented (no みなし生年月日; standard-spec 1.1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum BirthDate {
    /// A day of the calendar.
    Exact(NaiveDate),
    /// 不詳: the register's text (令和○年頃, 平成30年4月不詳), kept as it is.
    Uncertain {
        /// The register's own words.
        text: String,
    },
}

impl BirthDate {
    /// The day, when it is known.
    #[must_use]
    pub const fn exact(&self) -> Option<NaiveDate> {
        match self {
            Self::Exact(day) => Some(*day),
            Self::Uncertain { .. } => None,
        }
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact(_) => "BirthDate(…)",
            Self::Uncertain { .. } => "BirthDate(不詳)",
        })
    }
}
