//! The office's doings: a month, a reissue, a question at the counter, a package, a check. Each is a function that a verb, a page or a
//! script can call: it takes [`settings`], what it is given and a [`Desk`], and knows no words of a command line, no terminal and no
//! state of the process.
//!
//! [`inputs`] reads and joins; [`pieces`] turns selected decisions into numbered pieces; [`output`] composes, emits, reads back
//! and releases.

pub mod access_log;
pub mod answer;
pub mod batch;
pub mod book;
pub mod book_package;
pub mod bundle;
pub mod characters;
pub mod condition;
pub mod doubts;
pub mod identity;
pub mod inputs;
pub mod inquiry;
pub mod issue_book;
pub mod keep;
mod kept;
pub mod mailing;
pub mod month;
pub mod names;
pub mod output;
pub mod outputs;
pub mod pieces;
pub mod purge;
pub mod registry;
pub mod reissue;
pub mod settings;
pub mod shelf;
pub mod shop;
pub mod templates;

use rayon::ThreadPool;

/// How far a doing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Reading the files.
    Reading,
    /// Making the outputs and reading them back.
    Making,
}

impl Doing {
    /// The words of a progress line.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reading => "読み取っています",
            Self::Making => "作成し、読み返しています",
        }
    }
}

/// What the office's doings are done with: threads that the caller keeps, and somebody who is told how far a doing is.
pub struct Desk<'a> {
    /// The threads; the outputs do not depend on their number.
    pub pool: &'a ThreadPool,
    /// Is told.
    pub told: &'a (dyn Fn(Doing) + Sync),
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({} threads)", self.pool.current_num_threads())
    }
}

impl Desk<'_> {
    fn tell(&self, doing: Doing) {
        (self.told)(doing);
    }
}
