//! 外字と代替文字の取り決め: the office's own decisions, `gaiji.toml` (characters.md §1.5, §2.5 step 3).

use crate::repertoire::{user_defined_bytes, user_defined_char};
use crate::unit::{code_points, is_invisible, is_private_use, units};
use crate::variants::sequence;
use kansho_core::diag::Failure;
use kansho_core::diag::settings;
use kansho_core::folder::Folder;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Name of the table in a folder of settings.
pub const GAIJI: &str = "gaiji.toml";

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The substitute in a Shift_JIS file.
    pub to: Option<String>,
    /// What a 外字 stands for: a character or a character with its variation selector, for print.
    pub means: Option<String>,
    /// Pass the CP932 user-defined code on: the shop holds the same 外字 file.
    pub send: bool,
}

/// All decisions of one office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    by_sequence: BTreeMap<String, Override>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    gaiji: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: Option<String>,
    cp932: Option<String>,
    to: Option<String>,
    means: Option<String>,
    #[serde(default)]
    send: bool,
    #[serde(rename = "approved_by")]
    _approved_by: Option<String>,
    #[serde(rename = "on")]
    _on: Option<toml::Value>,
}

impl Overrides {
    /// No decisions.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The decisions in `gaiji.toml`; none when there is no such file in the folder.
    ///
    /// # Errors
    /// [`Failure::Io`] when the file cannot be read, [`Failure::Usage`] when an entry is not understood.
    pub fn load(folder: &Folder) -> Result<Self, Failure> {
        const DOING: &str = "外字の取り決めを読めません";
        // A table that somebody named must be there.
        let named = folder.is_elsewhere(GAIJI);
        let text = if named { Some(folder.text(DOING, GAIJI)?) } else { folder.text_if_there(DOING, GAIJI)? };
        text.map_or_else(|| Ok(Self::none()), |text| Self::parse(&text).map_err(|why| Failure::settings(GAIJI, why)))
    }

    /// The decisions in a text.
    ///
    /// # Errors
    /// What is wrong with it, in Japanese.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = settings::read(text)?;
        let mut by_sequence = BTreeMap::new();
        for (index, entry) in file.gaiji.into_iter().enumerate() {
            let number = index + 1;
            let key =
                key(&entry).ok_or_else(|| format!("{number}件目: code は「U+E000」、cp932 は「F040」の形で書いてください"))?;
            if entry.send && key.chars().any(|c| user_defined_bytes(c).is_none()) {
                return Err(format!("{number}件目: send にできるのは CP932 の外字（F040–F9FC）だけです"));
            }
            if entry.to.is_none() && entry.means.is_none() && !entry.send {
                return Err(format!("{number}件目: to・means・send のどれもありません"));
            }
            if entry.to.as_deref().is_some_and(str::is_empty) {
                return Err(format!("{number}件目: to が空です。文字を消すことはできません"));
            }
            if let Some(means) = &entry.means {
                meaning_is_sound(&key, means).map_err(|why| format!("{number}件目: {why}"))?;
            }
            let decision = Override { to: entry.to, means: entry.means, send: entry.send };
            if by_sequence.insert(key, decision).is_some() {
                return Err(format!("{number}件目: 同じ文字が二度あります"));
            }
        }
        Ok(Self { by_sequence })
    }

    /// The decision for a character or a character with its selector.
    #[must_use]
    pub fn get(&self, sequence: &str) -> Option<&Override> {
        self.by_sequence.get(sequence)
    }

    /// True when the office has decided nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_sequence.is_empty()
    }

    /// The text as it is printed: every 外字 that has a meaning replaced by it, nothing else touched. Each replacement is
    /// listed with what it replaced, in text order.
    #[must_use]
    pub fn printed(&self, text: &str) -> (String, Vec<(String, String)>) {
        if self.by_sequence.is_empty() {
            return (text.to_owned(), Vec::new());
        }
        let (mut printed, mut uses) = (String::with_capacity(text.len()), Vec::new());
        for unit in units(text) {
            match self.get(unit.text).and_then(|decision| decision.means.as_deref()) {
                Some(means) => {
                    printed.push_str(means);
                    uses.push((unit.text.to_owned(), means.to_owned()));
                }
                None => printed.push_str(unit.text),
            }
        }
        (printed, uses)
    }

    /// The decisions as one text, for the hash of a run; empty when there is none.
    #[must_use]
    pub fn canonical(&self) -> String {
        let line = |(key, o): (&String, &Override)| {
            let shown = |text: &Option<String>| text.as_deref().map(code_points).unwrap_or_default();
            format!("{} to={} means={} send={}\n", code_points(key), shown(&o.to), shown(&o.means), o.send)
        };
        self.by_sequence.iter().map(line).collect()
    }
}

/// A meaning is given to a 外字 only, and is something everybody has the same glyph for.
fn meaning_is_sound(key: &str, means: &str) -> Result<(), &'static str> {
    if !key.chars().next().is_some_and(is_private_use) {
        return Err("means は外字（私用領域の文字）にだけ書けます。ほかの文字の印字は変えません");
    }
    if means.is_empty() || means.chars().any(|c| is_private_use(c) || is_invisible(c) || c.is_control()) {
        return Err("means には外字・制御文字・見えない文字を書けません");
    }
    Ok(())
}

fn key(entry: &Entry) -> Option<String> {
    match (&entry.code, &entry.cp932) {
        (Some(code), None) => sequence(code).filter(|s| !s.is_empty()),
        (None, Some(code)) => {
            let value = u16::from_str_radix(code, 16).ok().filter(|_| code.len() == 4)?;
            let [lead, trail] = value.to_be_bytes();
            user_defined_char(lead, trail).map(String::from)
        }
        (Some(_), Some(_)) | (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_found_by_code_point_or_by_cp932_code() {
        let text =
            "[[gaiji]]\ncp932 = \"F040\"\nto = \"吉\"\nmeans = \"𠮷\"\n[[gaiji]]\ncode = \"U+8FBA U+E0101\"\nto = \"辺\"\n";
        let overrides = Overrides::parse(text).unwrap();
        assert_eq!(overrides.get("\u{E000}").and_then(|o| o.to.as_deref()), Some("吉"));
        let (printed, uses) = overrides.printed("\u{E000}田");
        assert_eq!((printed.as_str(), uses.len()), ("𠮷田", 1));
        assert!(overrides.get("辺\u{E0101}").is_some());
    }

    #[test]
    fn a_decision_that_deletes_or_sends_an_ordinary_character_is_refused() {
        assert!(Overrides::parse("[[gaiji]]\ncode = \"U+E000\"\nto = \"\"\n").is_err());
        assert!(Overrides::parse("[[gaiji]]\ncode = \"U+20BB7\"\nsend = true\n").is_err());
        assert!(Overrides::parse("[[gaiji]]\ncode = \"E000\"\nto = \"吉\"\n").is_err());
        assert!(Overrides::parse("[[gaiji]]\ncode = \"U+9AD9\"\nmeans = \"高\"\n").is_err());
        assert!(Overrides::parse("[[gaiji]]\ncode = \"U+E000\"\nmeans = \"\u{E001}\"\n").is_err());
    }
}
