//! 試験 (CK12): a rehearsal has run ids and numbers that no real run has, so that the two can never be mixed.

use crate::diag::Failure;

/// First letter of a rehearsal's run id; a real one begins with the year.
pub const PREFIX: &str = "T";
/// First 発行no of a rehearsal; real numbers stay below.
pub const FIRST_ISSUE: u64 = 9_000_000_000;
/// Free numbers a real run must have before the rehearsals' begin.
const ROOM: u64 = 10_000_000;

/// True when a run id is that of a rehearsal.
#[must_use]
pub fn is(run: &str) -> bool {
    run.starts_with(PREFIX)
}

/// First provisional 発行no of a run after the highest number in use.
///
/// # Errors
/// [`Failure::Declined`] when the real numbers have reached those of rehearsals.
pub fn first_issue(highest: u64, rehearsal: bool) -> Result<u64, Failure> {
    if highest >= FIRST_ISSUE - ROOM {
        return Err(Failure::Declined(format!(
            "台帳の発行no {highest} が、試験のための番号（{FIRST_ISSUE} から）に近すぎます。試験の出力を台帳に取り込んでいないか確かめてください"
        )));
    }
    Ok(if rehearsal { FIRST_ISSUE } else { highest + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_rehearsal_are_its_own() {
        assert_eq!(first_issue(41, false).unwrap(), 42);
        assert_eq!(first_issue(41, true).unwrap(), FIRST_ISSUE);
        assert!(first_issue(FIRST_ISSUE, false).is_err());
        assert!(is("T20261201-1a2b3c4d") && !is("20261201-1a2b3c4d"));
    }
}
