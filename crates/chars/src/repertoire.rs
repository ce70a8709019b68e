//! 文字集合: what a Shift_JIS file may hold (characters.md §1.1–1.4).

use encoding_rs::{EncoderResult, SHIFT_JIS};

/// 出力の文字集合.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Windows-31J: JIS X 0208 + NEC row 13 + IBM extensions. What Windows and most shops call Shift_JIS.
    #[default]
    Cp932,
    /// 第1・第2水準だけ: JIS X 0201 + JIS X 0208, no rows 13, 89–92, 115–119.
    JisX0208,
}

/// The bytes of one character in the profile, as Windows and glibc choose them (IBM codes, not NEC-selected ones);
/// `None` when the profile lacks it or it would not come back as itself.
///
/// Controls have no bytes here: a field of a postal file never holds one.
#[must_use]
pub fn bytes(c: char, profile: Profile) -> Option<Vec<u8>> {
    if c.is_control() {
        return None;
    }
    let (mut source, mut target) = ([0_u8; 4], [0_u8; 8]);
    let text: &str = c.encode_utf8(&mut source);
    let (result, _, written) = SHIFT_JIS.new_encoder().encode_from_utf8_without_replacement(text, &mut target, true);
    if result != EncoderResult::InputEmpty {
        return None;
    }
    let found = target.get(..written)?;
    // The round trip catches U+00A5, U+203E and U+2212, which are encoded without a flag and come back as something else.
    if SHIFT_JIS.decode_without_bom_handling_and_without_replacement(found)?.as_ref() != text {
        return None;
    }
    let extension = written == 2 && matches!(found.first(), Some(0x87 | 0xED | 0xEE | 0xFA..=0xFC));
    (profile == Profile::Cp932 || !extension).then(|| found.to_vec())
}

/// The bytes of a text whose every character the profile holds.
#[must_use]
pub fn text_bytes(text: &str, profile: Profile) -> Option<Vec<u8>> {
    text.chars().map(|c| bytes(c, profile)).collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// 外字 U+E000–E757 → its CP932 code F040–F9FC (188 codes a row).
#[must_use]
pub fn user_defined_bytes(c: char) -> Option<[u8; 2]> {
    let index = u32::from(c).checked_sub(0xE000).filter(|i| *i < 1880)?;
    let (row, cell) = (u8::try_from(index / 188).ok()?, u8::try_from(index % 188).ok()?);
    Some([0xF0 + row, 0x40 + cell + u8::from(cell >= 0x3F)])
}

/// CP932 code F040–F9FC → 外字 U+E000–E757.
#[must_use]
pub fn user_defined_char(lead: u8, trail: u8) -> Option<char> {
    let row = lead.checked_sub(0xF0).filter(|r| *r < 10)?;
    let cell = match trail {
        0x40..=0x7E => trail - 0x40,
        0x80..=0xFC => trail - 0x41,
        0..=0x3F | 0x7F | 0xFD..=0xFF => return None,
    };
    char::from_u32(0xE000 + u32::from(row) * 188 + u32::from(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_kanji_get_the_ibm_codes_of_windows_and_the_strict_profile_lacks_them() {
        assert_eq!(bytes('髙', Profile::Cp932), Some(vec![0xFB, 0xFC]));
        assert_eq!(bytes('﨑', Profile::Cp932), Some(vec![0xFA, 0xB1]));
        assert_eq!(bytes('髙', Profile::JisX0208), None);
        assert_eq!(bytes('①', Profile::JisX0208), None);
        assert_eq!(bytes('\u{A5}', Profile::Cp932), None);
        assert_eq!(bytes('\u{80}', Profile::Cp932), None);
    }

    #[test]
    fn user_defined_codes_agree_with_the_decoder_both_ways() {
        for point in 0xE000..=0xE757_u32 {
            let c = char::from_u32(point).unwrap();
            let code = user_defined_bytes(c).unwrap();
            assert_eq!(user_defined_char(code[0], code[1]), Some(c));
            assert_eq!(SHIFT_JIS.decode_without_bom_handling(&code).0, c.to_string());
        }
        assert_eq!(user_defined_bytes('\u{E758}'), None);
    }
}
