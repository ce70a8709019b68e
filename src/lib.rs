//! kansho（勧奨）: the vaccination-ledger tool of a Japanese municipality.
//!
//! One direction: plan → read → normalise → join → decide → compose → emit → record. See `docs/ARCHITECTURE.md`.

pub mod chars;
pub mod cli;
pub mod compose;
pub mod decide;
pub mod diag;
pub mod domain;
pub mod emit;
pub mod home;
pub mod join;
pub mod normalise;
pub mod origin;
pub mod postal;
pub mod read;
pub mod record;
pub mod rules;
pub mod run;
pub mod unfinished;
pub mod verb;
