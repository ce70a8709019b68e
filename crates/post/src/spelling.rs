//! 町の名の字の違い: one comparable form for the spellings of registers and of the postal data (`layouts/characters/towns.toml`, and
//! for kanji outside Shift_JIS the tables of substitutes; postal.md c.2). For comparison only: never printed and never written.

use kansho_chars::Variants;
use kansho_chars::matching::{folded, name_fold};
use kansho_chars::variants::Class;
use kansho_core::diag::{Failure, settings};
use kansho_core::folder::Folder;
use kansho_core::hash::{hex, sha256_hex};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use unicode_normalization::char::compose;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    same: Vec<String>,
    #[serde(default)]
    reading: Vec<Reading>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    character: String,
    kana: String,
    /// For whoever reads the table.
    #[serde(rename = "where")]
    _place: Option<String>,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct Spelling {
    /// Character → the one it is compared as.
    one: BTreeMap<char, char>,
    /// Character → the kana that the postal data write for it.
    kana: BTreeMap<char, String>,
    /// SHA-256 of the table: what was compared with another table is compared again.
    digest: String,
}

impl Spelling {
    /// The table of a folder of settings; what Shift_JIS lacks is compared as `variants` shrink it.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] when it is not understood.
    pub fn load(folder: &Folder, variants: &Variants) -> Result<Self, Failure> {
        const NAME: &str = "layouts/characters/towns.toml";
        let text = folder.text("町の名の字の表を読めません", NAME)?;
        let table = Self::parse(&text).map_err(|why| Failure::settings(NAME, why))?;
        Ok(table.with_shrunk(variants))
    }

    /// Kanji that Shift_JIS lacks are compared as what the postal CSV writes for them: the postal data hold none of them.
    fn with_shrunk(mut self, variants: &Variants) -> Self {
        let mut shrunk = BTreeMap::new();
        for sequence in variants.sequences() {
            let first = [variants.plain(sequence), variants.mj(sequence)].into_iter().find_map(|list| list.first());
            if let (Some(from), Some(first)) = (only(sequence), first)
                && let Some(to) = only(&first.to).filter(|to| is_kanji(*to))
                && first.class != Class::Weak
                && is_kanji(from)
                && !self.one.contains_key(&from)
                && !self.kana.contains_key(&from)
            {
                shrunk.insert(from, self.form(to));
            }
        }
        let mut digest = Sha256::new();
        digest.update(&self.digest);
        for (from, to) in &shrunk {
            digest.update(format!("{from}{to}"));
        }
        self.digest = hex(&digest.finalize());
        self.one.extend(shrunk);
        self
    }

    /// Reads the table from its text.
    ///
    /// # Errors
    /// What is wrong with it, in Japanese: a character in two places, a reading that is not one character and its kana.
    pub fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = settings::read(text)?;
        let mut table = Self { digest: sha256_hex(text.as_bytes()), ..Self::default() };
        for class in &raw.same {
            let mut forms = class.chars();
            let Some(first) = forms.next() else { return Err("same に空の文字列があります".to_owned()) };
            for form in std::iter::once(first).chain(forms) {
                if table.one.insert(form, first).is_some() {
                    return Err(format!("same の「{form}」が二度書いてあります"));
                }
            }
        }
        for reading in &raw.reading {
            let mut characters = reading.character.chars();
            let (Some(character), None) = (characters.next(), characters.next()) else {
                return Err("reading の character は一字です".to_owned());
            };
            let kana: String = reading.kana.chars().map(katakana).map(|c| table.form(c)).collect();
            if kana.is_empty() || kana.chars().any(|c| !matches!(c, 'ァ'..='ヺ')) {
                return Err(format!("reading の「{character}」の kana は仮名で書いてください"));
            }
            if table.kana.insert(table.form(character), kana).is_some() {
                return Err(format!("reading の「{character}」が二度書いてあります"));
            }
        }
        Ok(table)
    }

    /// What the table is told by.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// The characters of each class, as the table writes them.
    #[must_use]
    pub fn classes(&self) -> Vec<Vec<char>> {
        let mut classes: BTreeMap<char, Vec<char>> = BTreeMap::new();
        for (form, one) in &self.one {
            classes.entry(*one).or_default().push(*form);
        }
        classes.into_values().collect()
    }

    /// A name of the postal data as it is compared.
    #[must_use]
    pub fn key(&self, text: &str) -> String {
        self.chars(text).into_iter().map(|(c, _)| c).collect()
    }

    /// The comparable characters of an address, each with the byte position behind it in the text; 大字 is dropped.
    #[must_use]
    pub fn chars(&self, text: &str) -> Vec<(char, usize)> {
        let mut found: Vec<(char, usize)> = Vec::with_capacity(text.len() / 3);
        for (c, end) in folded(text) {
            let before = found.last().map(|(c, _)| *c);
            let c = match (katakana(name_fold(c)), before) {
                ('々' | 'ヽ', Some(before)) => before,
                ('ヾ', Some(before)) => compose(before, '\u{3099}').map_or(before, |voiced| self.form(voiced)),
                (c, _) => self.form(c),
            };
            if c == '字' && before == Some('大') {
                found.pop();
                continue;
            }
            match self.kana.get(&c) {
                Some(kana) => found.extend(kana.chars().map(|kana| (kana, end))),
                None => found.push((c, end)),
            }
        }
        found
    }

    fn form(&self, c: char) -> char {
        self.one.get(&c).copied().unwrap_or(c)
    }
}

/// The only character of a text.
fn only(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

const fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// ひらがな → カタカナ, with the iteration marks.
fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn addresses_meet_across_spellings() {
        let folder = Folder::at(Path::new("../.."));
        let table = Spelling::load(&folder, &Variants::load(&folder).unwrap()).unwrap();
        for (one, other) in [
            ("霞ヶ関１丁目", "霞が関1丁目"),
            ("大字井之頭", "井の頭"),
            ("北一條西", "北一条西"),
            ("１－２", "1ー2"),
            ("ｶﾞ", "ガ"),
            ("大字中峯山", "中峰山"),
            ("橳島町", "ぬで島町"),
            ("ヱケ屋敷", "えヶ屋敷"),
            ("佐佐木", "佐々木"),
            ("下さゞらい町", "下さざらい町"),
            ("⻄⾼", "西高"),
            ("槗本", "橋本"),
            ("塚\u{E0101}本", "塚本"),
            ("𡈽橋", "土橋"),
            ("1‑2⁃3﹣4‒5", "1-2-3-4-5"),
        ] {
            assert_eq!(table.key(one), table.key(other), "{one} / {other}");
        }
        assert_ne!(table.key("中央"), table.key("中央港"));
    }

    #[test]
    fn a_table_that_says_two_things_is_refused() {
        for bad in
            ["same = [\"峰峯\", \"岳峯\"]", "same = [\"\"]", "same = []\n[[reading]]\ncharacter = \"ab\"\nkana = \"ぬ\"", "x = 1"]
        {
            assert!(Spelling::parse(bad).is_err(), "{bad}");
        }
        assert!(Spelling::parse("same = []\n[[reading]]\ncharacter = \"橳\"\nkana = \"島\"").is_err());
    }
}
