//! Pieces → bytes in a staging folder → read back → release.

pub mod pack;
pub mod stage;
pub mod unpack;
pub mod verify;
