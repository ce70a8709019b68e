//! 文字: units, shrinking to Shift_JIS, variants, 外字 (characters.md).
//!
//! Text is compared in a normalised form, printed as the register writes it, and only for a Shift_JIS file shrunk, visibly.

pub mod either;
pub mod gaiji;
pub mod matching;
pub mod radical;
pub mod repertoire;
pub mod sjis;
pub mod unit;
pub mod variants;

pub use either::{NEITHER, either};
pub use gaiji::Overrides;
pub use matching::normalise_for_match;
pub use repertoire::Profile;
pub use sjis::{Conversion, plan};
pub use variants::Variants;
