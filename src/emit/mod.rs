//! Pieces → bytes in a staging folder → read back → release.

pub mod pdf;
pub mod stage;
pub mod verify;
