//! What was issued: manifest, decision list, piece list, report.

pub mod counts;
pub mod decisions;
pub mod hash;
pub mod manifest;
pub mod report;
