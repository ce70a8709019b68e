//! 突合のための正規化: for comparison only, never printed and never written (characters.md §2.3, postal.md c.2).

use crate::radical::unified;
use crate::unit::{is_invisible, is_kana_mark, is_selector};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// A name as it is compared: selectors, invisible characters and spaces dropped, width and case folded, kana marks composed,
/// hyphens made one, compatibility kanji unified, and the few variant pairs that registers mix (髙/高, 﨑/崎 …) made one.
#[must_use]
pub fn normalise_for_match(text: &str) -> String {
    folded(text).into_iter().map(|(c, _)| name_fold(c)).collect()
}

/// Width, case, marks, hyphens; spaces and invisible characters dropped; each with the byte position behind it.
pub fn folded(text: &str) -> Vec<(char, usize)> {
    let mut found: Vec<(char, usize)> = Vec::with_capacity(text.len() / 3);
    for (at, original) in text.char_indices() {
        let end = at + original.len_utf8();
        let c = narrow(original);
        let mark = match c {
            'ﾞ' | '゛' | '\u{3099}' => Some('\u{3099}'),
            'ﾟ' | '゜' | '\u{309A}' => Some('\u{309A}'),
            _ => None,
        };
        if let Some(mark) = mark {
            if let Some((last, place)) = found.last_mut()
                && let Some(kana) = compose(*last, mark)
            {
                (*last, *place) = (kana, end);
            }
            continue;
        }
        if c.is_whitespace() || c.is_control() || is_selector(c) || is_invisible(c) || is_kana_mark(c) {
            if let Some((_, place)) = found.last_mut()
                && is_selector(c)
            {
                *place = end;
            }
            continue;
        }
        found.push((c, end));
    }
    found
}

/// Full-width ASCII and half-width kana to their usual width, upper case, radicals to their kanji, hyphen look-alikes to `-`.
#[must_use]
pub fn narrow(c: char) -> char {
    let c = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{FF61}'..='\u{FF9D}' => half_width_kana(c),
        _ => c,
    };
    match c {
        '\u{2E80}'..='\u{2FD5}' => unified(c),
        // Compatibility kanji to their unified form: one character each, never more.
        '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}' => std::iter::once(c).nfc().next().unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2500}' | '\u{2501}' | '\u{FE63}' | 'ー' => '-',
        _ => c.to_ascii_uppercase(),
    }
}

/// Whether something without a shape stands between two digits: 1 and 2, or 12, nobody knows.
#[must_use]
pub fn hides_between_digits(text: &str) -> Option<char> {
    let mut last = None;
    let mut hidden = None;
    for c in text.chars() {
        if is_invisible(c) || is_selector(c) || (c.is_control() && !c.is_whitespace()) {
            hidden = hidden.or(Some(c));
            continue;
        }
        let digit = narrow(c).is_ascii_digit();
        if digit && last == Some(true) && hidden.is_some() {
            return hidden;
        }
        (last, hidden) = (Some(digit), None);
    }
    None
}

/// U+FF61–FF9D → full width. A table, not NFKC (characters.md §1.6).
#[must_use]
pub fn half_width_kana(c: char) -> char {
    const WIDE: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
    let index = u32::from(c).checked_sub(0xFF61).and_then(|i| usize::try_from(i).ok());
    index.and_then(|i| WIDE.chars().nth(i)).unwrap_or(c)
}

/// Variant forms that registers and other lists mix; both sides are folded, so the direction does not matter.
const PAIRS: &[(&str, char)] = &[
    ("髙", '高'),
    ("﨑嵜碕", '崎'),
    ("𠮷", '吉'),
    ("邉邊", '辺'),
    ("齋齊斎", '斉'),
    ("濵濱", '浜'),
    ("德", '徳'),
    ("栁", '柳'),
    ("桒", '桑'),
    ("槗", '橋'),
    ("嶋嶌", '島'),
    ("澤", '沢'),
    ("廣", '広'),
    ("國", '国'),
    ("櫻", '桜'),
    ("瀨", '瀬'),
    ("黑", '黒'),
    ("增", '増'),
    ("舘", '館'),
    ("曻", '昇'),
    ("㐂", '喜'),
    ("圡𡈽", '土'),
    ("柗", '松'),
    ("冨", '富'),
    ("眞", '真'),
    ("惠", '恵'),
    ("榮", '栄'),
];

/// A character as names are compared: an old form as the common one.
#[must_use]
pub fn name_fold(c: char) -> char {
    PAIRS.iter().find(|(forms, _)| forms.contains(c)).map_or(c, |(_, one)| *one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_meet_across_width_selectors_marks_and_variant_forms() {
        for (one, other) in [
            ("髙橋　太郎", "高橋太郎"),
            ("渡邉\u{E0100}", "渡辺"),
            ("ﾀﾅﾍﾞ", "タナベ"),
            ("か\u{3099}", "が"),
            ("ＪＯＨＮ Smith", "JOHN SMITH"),
            ("あ\u{200B}い", "あい"),
            ("⾼⽥", "高田"),
        ] {
            assert_eq!(normalise_for_match(one), normalise_for_match(other), "{one} / {other}");
        }
        assert_ne!(normalise_for_match("斎藤"), normalise_for_match("佐藤"));
    }

    #[test]
    fn what_has_no_shape_is_found_between_digits_only() {
        for (text, found) in [
            ("1\u{AD}2", Some('\u{AD}')),
            ("１\u{200B}\u{200D}２", Some('\u{200B}')),
            ("1\u{FE0F}2", Some('\u{FE0F}')),
            ("1\u{200B}-2", None),
            ("\u{200B}12", None),
            ("12", None),
        ] {
            assert_eq!(hides_between_digits(text), found, "{text:?}");
        }
    }
}
