//! 文字の単位: a character with the mark or variation selector that belongs to it (characters.md §1.6, §2.3).

use unicode_normalization::char::compose;

/// One written character of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit<'a> {
    /// The characters as they stand in the text.
    pub text: &'a str,
    /// The first character.
    pub base: char,
    /// The variation selector or combining kana mark behind it.
    pub mark: Option<char>,
}

impl Unit<'_> {
    /// The kana that base and combining (semi-)voiced mark make together; `None` when there is no such kana.
    #[must_use]
    pub fn composed_kana(&self) -> Option<char> {
        self.mark.filter(|m| is_kana_mark(*m)).and_then(|m| compose(self.base, m))
    }

    /// The variation selector, when it has one.
    #[must_use]
    pub fn selector(&self) -> Option<char> {
        self.mark.filter(|m| is_selector(*m))
    }
}

/// 異体字セレクタ: U+FE00–FE0F and U+E0100–E01EF.
#[must_use]
pub const fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// 結合用の濁点・半濁点.
#[must_use]
pub const fn is_kana_mark(c: char) -> bool {
    matches!(c, '\u{3099}' | '\u{309A}')
}

/// 外字・私用領域: what it looks like is known only to the office that drew it.
#[must_use]
pub const fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

/// Invisible formatting characters that arrive by copy and paste: bidirectional marks, zero-width characters, BOM.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0001}'
            | '\u{E0020}'..='\u{E007F}'
    )
}

/// The units of a text, in order; together they are the whole text.
#[must_use]
pub fn units(text: &str) -> Vec<Unit<'_>> {
    let mut found = Vec::with_capacity(text.len() / 3);
    let mut rest = text.char_indices().peekable();
    while let Some((start, base)) = rest.next() {
        let attaches = !base.is_control() && !is_selector(base) && !is_kana_mark(base);
        let mark = rest.next_if(|(_, c)| attaches && (is_selector(*c) || is_kana_mark(*c))).map(|(_, c)| c);
        let end = rest.peek().map_or(text.len(), |(at, _)| *at);
        found.push(Unit { text: text.get(start..end).unwrap_or_default(), base, mark });
    }
    found
}

/// `U+8FBA U+E0101`: the code points of a sequence, as tables and reports write them.
#[must_use]
pub fn code_points(text: &str) -> String {
    text.chars().map(|c| format!("U+{:04X}", u32::from(c))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_and_kana_marks_stay_with_their_base() {
        let text = "邉\u{E0100}か\u{3099}\u{E0101}a";
        let texts: Vec<&str> = units(text).iter().map(|u| u.text).collect();
        assert_eq!(texts, ["邉\u{E0100}", "か\u{3099}", "\u{E0101}", "a"]);
        assert_eq!(units("か\u{3099}")[0].composed_kana(), Some('が'));
        assert_eq!(units("か\u{309A}")[0].composed_kana(), None);
    }
}
