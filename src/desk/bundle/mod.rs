//! What is released and handed over: the staging folder, the comparison with the manifest, the package and its hand-over sheet.

pub mod handover;
pub mod pack;
pub mod packed;
pub mod stage;
pub mod unpack;
pub mod verify;
