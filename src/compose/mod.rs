//! Decision → piece: text, lines and bars at fixed positions in millimetres.

pub mod font;
pub mod frame;
