//! The words of the ledger. No input or output, no file formats.
//!
//! Personal values write their own `Debug` without the value: panics and logs are outputs too.

pub mod address;
pub mod birth;
pub mod calendar;
pub mod case;
pub mod decision;
pub mod history;
pub mod notice;
pub mod person;
pub mod residency;
pub mod symbol;
