//! Paper: fonts, lines, blocks and frames in millimetres, and the PDF that is written from them and read back. Knows no people.

pub mod block;
pub mod codes;
pub mod compare;
pub mod font;
pub mod frame;
pub mod length;
pub mod line;
pub mod markdown;
pub mod pdf;
pub mod pen;
