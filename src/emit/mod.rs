//! Pieces → bytes in a staging folder → read back → release.

pub mod compare;
pub mod pack;
pub mod pdf;
pub mod stage;
pub mod unpack;
pub mod verify;
