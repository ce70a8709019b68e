//! A reader that panics on a damaged file: caught, so that it can be told as a broken file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `read`; `None` when it panics.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(before);
    done.ok()
}

/// True while a reader of this thread is guarded: a panic hook has nothing to say then.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_the_guard_ends_with_it() {
        assert!(!is_guarded());
        assert_eq!(guarded(is_guarded), Some(true));
        assert_eq!(guarded(|| [0_u8; 2].get(2).copied().unwrap()), None);
        assert!(!is_guarded());
        assert_eq!(guarded(|| guarded(|| ()).is_some() && is_guarded()), Some(true));
    }
}
