//! Tables that come as UTF-8 or as Shift_JIS.

use encoding_rs::SHIFT_JIS;

/// What a table in neither is told.
pub const NEITHER: &str = "UTF-8 でも Shift_JIS でもありません";

/// The text of a table that a spreadsheet or the post wrote: UTF-8 with or without its mark, else Shift_JIS (CP932); `None` when it is
/// neither. Strict: nothing is replaced.
#[must_use]
pub fn either(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned()),
        Err(_) => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned()),
    }
}
