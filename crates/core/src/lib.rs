//! The words of the ledger: people, cases, doses, decisions, ids, the calendar, and what may be wrong with any of them.
//!
//! Knows no file format, no rule and no paper. Personal values write their own `Debug` without the value: panics and logs are
//! outputs too.

pub mod address;
pub mod birth;
pub mod calendar;
pub mod case;
pub mod decision;
pub mod diag;
pub mod effect;
pub mod folder;
pub mod hash;
pub mod history;
pub mod ids;
pub mod keys;
pub mod nearest;
pub mod notice;
pub mod origin;
pub mod person;
pub mod residency;
pub mod unfinished;
