//! kansho（勧奨）: the vaccination-ledger tool of a Japanese municipality.
//!
//! One direction: plan → read → normalise → join → decide → compose → emit → record. See `docs/ARCHITECTURE.md`.

pub mod cli;
pub mod desk;
pub mod notice;
pub mod record;
pub mod verb;
