//! 記録の置き場の口: what the office's doings ask of a store, and nothing of how it is kept. A store answers in one adapter, which must
//! pass the [`suite`].
//!
//! [`people`]: everybody as of a day; [`numbers`]: 発行no that are printed once. Files, the issue book and the register (登録簿) are adapters;
//! those of people stand in `src/desk`. [`store`] is the register itself; each other module holds the statements of one subject.

pub mod access;
pub mod approvals;
pub mod batches;
pub mod clock;
pub mod condition;
pub mod drafts;
pub mod export;
pub mod feeds;
pub mod flags;
pub mod history;
pub mod inquiries;
pub mod issued;
pub mod ledger;
pub mod log;
pub mod marks;
pub mod merges;
pub mod notices;
pub mod numbers;
pub mod numbers_store;
pub mod operators;
pub mod people;
pub mod residents;
pub mod retention;
pub mod returned;
pub mod search;
pub mod store;
pub mod stored;
pub mod suite;
pub mod ties;
