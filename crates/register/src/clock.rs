//! The clock: it stamps the log and 処理日 and says who may log in; it decides nothing about people and letters (design §2).

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use std::fmt;

/// Japan's time is nine hours ahead, all year.
const JAPAN: i32 = 9 * 3600;

/// A second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// Now, as the machine has it.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place: stamps of the log, 処理日, and who may log in")]
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self(since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0))
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn at(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// A stamp of the log: `2026-12-01T09:30:00+09:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|moment| Self(moment.timestamp()))
    }

    fn japan(self) -> Option<DateTime<FixedOffset>> {
        Some(DateTime::from_timestamp(self.0, 0)?.with_timezone(&FixedOffset::east_opt(JAPAN)?))
    }

    /// The day in Japan.
    #[must_use]
    pub fn day(self) -> NaiveDate {
        self.japan().map_or(NaiveDate::MIN, |moment| moment.date_naive())
    }

    /// The hour in Japan.
    #[must_use]
    pub fn hour(self) -> u32 {
        self.japan().map_or(0, |moment| moment.hour())
    }

    /// The month in Japan, `2026-12`.
    #[must_use]
    pub fn month(self) -> String {
        let day = self.day();
        format!("{:04}-{:02}", day.year(), day.month())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.japan() {
            Some(moment) => write!(f, "{}", moment.format("%Y-%m-%dT%H:%M:%S+09:00")),
            None => f.write_str("1970-01-01T09:00:00+09:00"),
        }
    }
}
