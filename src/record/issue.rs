//! 発行no of a run: those of a rehearsal are its own (CK12).

use kansho_core::diag::Failure;
use kansho_core::notice::FIRST_REHEARSAL;

/// The first of `count` 発行no after the highest number in use, all of them below `below`.
///
/// # Errors
/// [`Failure::Declined`] when there are not so many.
pub fn first_issue(highest: u64, count: u64, below: u64) -> Result<u64, Failure> {
    if highest.saturating_add(count) < below {
        return Ok(highest + 1);
    }
    Err(Failure::Declined(format!(
        "発行no {highest} の後に {count} 通の番号がありません（使えるのは {} まで。{FIRST_REHEARSAL} からは試験の番号です）。台帳に試験の番号や誤った発行noが入っていないか、郵便CSVのレイアウトの発行noの幅が足りるかを確かめてください",
        below - 1
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_rehearsal_are_its_own() {
        assert_eq!(first_issue(41, 3, FIRST_REHEARSAL).unwrap(), 42);
        assert_eq!(first_issue(FIRST_REHEARSAL - 4, 3, FIRST_REHEARSAL).unwrap(), FIRST_REHEARSAL - 3);
        assert!(first_issue(FIRST_REHEARSAL - 3, 3, FIRST_REHEARSAL).is_err() && first_issue(u64::MAX, 1, u64::MAX).is_err());
    }
}
