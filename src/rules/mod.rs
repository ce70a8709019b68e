//! 規則集: the dated rule book and the engine that reads it (schedule.md).

pub mod words;
