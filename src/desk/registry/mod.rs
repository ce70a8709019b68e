//! 登録簿: the office's register as a store of people, and what is taken into it.

mod feed;
mod keep;
mod ledger;
pub mod people;
mod residents;

pub use feed::{Asked, Taken};
pub use ledger::import as import_ledger;
pub use residents::{Marked, import as import_residents};
