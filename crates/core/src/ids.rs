//! Words that the rule book defines: series, dose names, products, programmes, templates.
//!
//! A symbol is a shared word; it is copied freely and compared by its text. The number of different words is that of the
//! rule book, so the words are kept until the program ends.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// One shared word. A text is kept once, so two symbols are equal when they are the same place.
#[derive(Clone, Copy, Eq)]
pub struct Symbol(&'static str);

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { self.0.cmp(other.0) }
    }
}

impl Symbol {
    /// The shared word with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(word) = words.get(text) {
            return Self(word);
        }
        let word: &'static str = Box::leak(Box::from(text));
        words.insert(word);
        Self(word)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// 系列 id of `rules/` (`mr`, `rota1`, …).
pub type SeriesId = Symbol;
/// 回の名 (`1期初回1`, `追加`, `2回目`, …).
pub type DoseName = Symbol;
/// 製品 as the rule book names it (`5種`, `9価`, `生`, …).
pub type Product = Symbol;
/// 通知事業 id (`mr2`, `infant`, `number_sticker`, …).
pub type ProgrammeId = Symbol;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_place_and_order_is_that_of_the_text() {
        let (left, right) = (Symbol::new(&String::from("mr")), Symbol::new("mr"));
        assert!(left == right && left.cmp(&right) == Ordering::Equal);
        assert!(Symbol::new("je") < left && left != Symbol::new("m"));
    }
}
