//! What was issued: manifest, decision list, piece list, report.

pub mod chart;
pub mod counts;
pub mod decisions;
pub mod difference;
pub mod errors;
pub mod manifest;
pub mod previous;

pub mod report;
pub mod table;
pub mod wards;
pub mod witness;
