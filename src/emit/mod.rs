//! Pieces → bytes in a staging folder → read back → release.

pub mod pdf;
