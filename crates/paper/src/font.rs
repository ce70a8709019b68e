//! Faces, glyphs and widths: what can be set, in which face, and how wide it is.
//!
//! Only the small tables of a font file (cmap, loca, hmtx, head, hhea, maxp, name) are read at the start; outlines are read by
//! the PDF writer when it embeds a subset. The 30 MB name fallback therefore costs no memory until a name needs it.

mod file;

pub use file::Metrics;

use super::frame::Face;
use super::length::{Mm, Pt};
use file::FontFile;
use kansho_core::diag::Failure;
use std::path::Path;

/// One printable unit: a character, or a character with its variation selector (異体字セレクタ).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// The base character.
    pub base: char,
    /// The selector that follows it: U+E0100–E01EF (IVS) or U+FE00–FE0F (SVS).
    pub selector: Option<char>,
}

impl Unit {
    /// The unit as code points, such as `U+9089 U+E0110` (what a clerk looks up; no name can be read from one character).
    #[must_use]
    pub fn code_points(&self) -> String {
        let base = u32::from(self.base);
        match self.selector {
            Some(selector) => format!("U+{base:04X} U+{:04X}", u32::from(selector)),
            None => format!("U+{base:04X}"),
        }
    }
}

/// True for a variation selector (SVS or IVS).
#[must_use]
pub const fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// The units of a text, in order.
///
/// A selector belongs to the character before it; a selector without one (at the start, or after another selector) is a unit of
/// its own, which no face has.
pub fn units(text: &str) -> impl Iterator<Item = Unit> + '_ {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        let base = chars.next()?;
        let selector = if is_selector(base) { None } else { chars.next_if(|&c| is_selector(c)) };
        Some(Unit { base, selector })
    })
}

/// Every face that can be set.
pub const FACES: [Face; 5] = [Face::Text, Face::Bold, Face::Fixed, Face::Name, Face::Ocr];

/// What the name face of a text is, and which of its units are set by their base glyph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFace {
    /// [`Face::Text`] or [`Face::Name`].
    pub face: Face,
    /// Units whose selector the face does not know: the base glyph is printed, the text layer keeps the selector. To be reported.
    pub by_base: Vec<Unit>,
}

/// The five faces of the tool.
#[derive(Debug)]
pub struct Fonts {
    files: [FontFile; 5],
}

impl Fonts {
    /// Opens the five font files of the folder `fonts/`.
    ///
    /// # Errors
    /// [`Failure::Io`] when a file cannot be read, [`Failure::Usage`] when it is not a font this tool can use.
    pub fn load(dir: &Path) -> Result<Self, Failure> {
        let open = |name: &str| FontFile::open(&dir.join(name));
        Ok(Self {
            files: [
                open("BIZUDPGothic-Regular.ttf")?,
                open("BIZUDPGothic-Bold.ttf")?,
                open("BIZUDGothic-Regular.ttf")?,
                open("NameFallbackMincho-Regular.ttf")?,
                open("OCRB.otf")?,
            ],
        })
    }

    pub(crate) fn file(&self, face: Face) -> &FontFile {
        &self.files[slot(face)]
    }

    /// True when the face has this very unit (the sequence itself, not only its base).
    #[must_use]
    pub fn has(&self, face: Face, unit: Unit) -> bool {
        self.file(face).exact(unit).is_some()
    }

    /// True when the face prints this unit, a sequence it does not know by its base glyph.
    #[must_use]
    pub fn prints(&self, face: Face, unit: Unit) -> bool {
        self.glyph(face, unit).is_some()
    }

    /// The first unit of a text that none of the faces prints.
    #[must_use]
    pub fn unprinted(&self, text: &str, faces: &[Face]) -> Option<Unit> {
        units(text).find(|unit| !faces.iter().any(|face| self.prints(*face, *unit)))
    }

    /// The glyph of a unit: of the sequence, else of its base character.
    pub(crate) fn glyph(&self, face: Face, unit: Unit) -> Option<u16> {
        let file = self.file(face);
        file.exact(unit).or_else(|| file.exact(Unit { base: unit.base, selector: None }))
    }

    /// The advance width of a unit in em, cut to thousandths as the PDF's /W has it.
    ///
    /// What the name face lacks is taken from the text face (as [`Fonts::runs`] sets it); what is nowhere counts 1 em.
    #[must_use]
    pub fn advance(&self, face: Face, unit: Unit) -> f64 {
        if let Some(glyph) = self.glyph(face, unit) {
            return f64::from(self.file(face).thousandths(glyph)) / 1000.0;
        }
        if face == Face::Name { self.advance(Face::Text, unit) } else { 1.0 }
    }

    /// The width of a line in em: the sum of the advances of its units.
    #[must_use]
    pub fn width(&self, face: Face, text: &str) -> f64 {
        units(text).map(|unit| self.advance(face, unit)).sum()
    }

    /// The width of a line of that size.
    #[must_use]
    pub fn measure(&self, face: Face, text: &str, size: Pt) -> Mm {
        (self.width(face, text) * size).mm()
    }

    /// Ascent, descent and cap height of the face in em.
    #[must_use]
    pub fn metrics(&self, face: Face) -> Metrics {
        self.file(face).metrics
    }

    /// The face for a whole name: the text face when it has every unit, else the name face for all of it (one name, one face).
    ///
    /// Latin letters, digits, spaces and marks, and what the name face lacks, come from the text face even then ([`Fonts::runs`]): a
    /// name in two faces is better than a letter that is not sent. A sequence that neither
    /// face knows is set by its base glyph and listed in `by_base`; so is a sequence only the text face knows in a name that
    /// holds another character only the name face has (`characters.md` §2.3: unknown selector → base glyph, reported).
    ///
    /// # Errors
    /// The units no face prints, each once, in code point order.
    pub fn name_face(&self, text: &str) -> Result<NameFace, Vec<Unit>> {
        if text.chars().all(|base| self.has(Face::Text, Unit { base, selector: None })) {
            return Ok(NameFace { face: Face::Text, by_base: Vec::new() });
        }
        let mut plain = true; // the text face serves all
        let mut missing = Vec::new();
        let mut unknown = Vec::new();
        for unit in units(text) {
            if self.has(Face::Text, unit) {
                continue;
            }
            let known = self.has(Face::Name, unit);
            if unit.selector.is_some() && !known {
                unknown.push(unit);
            }
            if known || !self.prints(Face::Text, unit) {
                plain = false;
                if !known && !self.prints(Face::Name, unit) {
                    missing.push(unit);
                }
            }
        }
        if plain {
            return Ok(NameFace { face: Face::Text, by_base: once(unknown) });
        }
        let mut by_base = Vec::new();
        for unit in units(text) {
            let by_text = !is_japanese(unit.base) || !self.prints(Face::Name, unit);
            if self.has(Face::Name, unit) || (by_text && self.has(Face::Text, unit)) {
                continue;
            }
            if unit.selector.is_some() && (self.prints(Face::Name, unit) || self.prints(Face::Text, unit)) {
                by_base.push(unit);
            } else {
                missing.push(unit);
            }
        }
        if missing.is_empty() { Ok(NameFace { face: Face::Name, by_base: once(by_base) }) } else { Err(once(missing)) }
    }

    /// The text in stretches of one face each: for [`Face::Name`] Latin letters, digits, spaces and marks come from the
    /// text face; for every other face the whole text is one stretch.
    #[must_use]
    pub fn runs<'a>(&self, face: Face, text: &'a str) -> Vec<(Face, &'a str)> {
        if face != Face::Name || text.is_empty() {
            return if text.is_empty() { Vec::new() } else { vec![(face, text)] };
        }
        let mut runs = Vec::new();
        let (mut start, mut at) = (0, 0);
        let mut current = None;
        for unit in units(text) {
            let plain = if is_japanese(unit.base) { !self.prints(Face::Name, unit) } else { self.has(Face::Text, unit) };
            let own = if plain { Face::Text } else { Face::Name };
            if let Some(before) = current.filter(|&before| before != own) {
                runs.push((before, &text[start..at]));
                start = at;
            }
            current = Some(own);
            at += unit.base.len_utf8() + unit.selector.map_or(0, char::len_utf8);
        }
        runs.extend(current.map(|last| (last, &text[start..])));
        runs
    }
}

/// Position of a face in [`FACES`].
pub(crate) const fn slot(face: Face) -> usize {
    match face {
        Face::Text => 0,
        Face::Bold => 1,
        Face::Fixed => 2,
        Face::Name => 3,
        Face::Ocr => 4,
    }
}

fn once(mut list: Vec<Unit>) -> Vec<Unit> {
    list.sort_unstable();
    list.dedup();
    list
}

/// Kanji, kana and their marks: what must stand in one face throughout a name.
const fn is_japanese(c: char) -> bool {
    matches!(c,
        '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{303B}' | '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309F}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests;
