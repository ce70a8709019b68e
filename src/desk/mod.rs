//! The run: the only place that knows the order of the stages.
//!
//! [`inputs`] reads and joins; [`pieces`] turns selected decisions into numbered pieces; [`output`] composes, emits, reads back
//! and releases, the letters by [`letters`]; `kept` writes what stays in the office.

pub mod book;
pub mod book_package;
pub mod characters;
pub mod doubts;
pub mod handover;
pub mod identity;
pub mod inputs;
pub mod issue_book;
mod kept;
pub mod letters;
pub mod mailing;
pub mod output;
pub mod pieces;
pub mod preview;
pub mod proof;
pub mod shelf;
pub mod shop;
pub mod templates;
