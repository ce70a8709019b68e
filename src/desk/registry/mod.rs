//! 登録簿: the office's register as a store of people, and what is taken into it.

pub mod export;
mod feed;
pub mod find;
pub mod flag;
mod keep;
mod ledger;
pub mod merge;
pub mod people;
mod residents;
pub mod show;
pub mod whom;

pub use feed::{Asked, Taken};
pub use ledger::import as import_ledger;
pub use residents::one::One;
pub use residents::{Feed, Marked, import as import_residents};
