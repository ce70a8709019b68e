//! 試験 (CK12): a rehearsal has run ids and numbers that no real run has, so that the two can never be mixed.

use kansho_core::diag::Failure;

/// First letter of a rehearsal's run id; a real one begins with the year.
const PREFIX: &str = "T";
/// First 発行no of a rehearsal; real numbers stay below.
pub const FIRST_ISSUE: u64 = 9_000_000_000;

/// What a run is for.
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
        if number >= FIRST_ISSUE { Self::Rehearsal } else { Self::Live }
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

/// The first of `count` 発行no after the highest number in use, all of them below `below`.
///
/// # Errors
/// [`Failure::Declined`] when there are not so many.
pub fn first_issue(highest: u64, count: u64, below: u64) -> Result<u64, Failure> {
    if highest.saturating_add(count) < below {
        return Ok(highest + 1);
    }
    Err(Failure::Declined(format!(
        "発行no {highest} の後に {count} 通の番号がありません（使えるのは {} まで。{FIRST_ISSUE} からは試験の番号です）。台帳に試験の番号や誤った発行noが入っていないか、郵便CSVのレイアウトの発行noの幅が足りるかを確かめてください",
        below - 1
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_rehearsal_are_its_own() {
        assert_eq!(first_issue(41, 3, FIRST_ISSUE).unwrap(), 42);
        assert_eq!(first_issue(FIRST_ISSUE - 4, 3, FIRST_ISSUE).unwrap(), FIRST_ISSUE - 3);
        assert!(first_issue(FIRST_ISSUE - 3, 3, FIRST_ISSUE).is_err() && first_issue(u64::MAX, 1, u64::MAX).is_err());
        assert_eq!(Purpose::of("T20261201-1a2b3c4d"), Purpose::Rehearsal);
        assert_eq!((Purpose::of("20261201-1a2b3c4d"), Purpose::of_issue(FIRST_ISSUE)), (Purpose::Live, Purpose::Rehearsal));
    }
}
