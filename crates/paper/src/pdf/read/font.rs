//! The file's own tables of a font: code → text (/ToUnicode) and code → advance (/W).

use super::object::{Scanner, Token, Value};
use std::sync::Arc;

/// A Type0 font as a reader of texts needs it.
#[derive(Debug)]
pub(super) struct Font {
    /// Name without the subset tag.
    pub(super) name: Arc<str>,
    texts: Vec<Box<str>>,
    widths: Vec<f64>,
    default_width: f64,
}

impl Font {
    /// From the descendant font's dictionary (references resolved) and the decoded /ToUnicode stream.
    pub(super) fn new(base: &[u8], descendant: &Value<'_>, widths: Option<&Value<'_>>, map: &[u8]) -> Result<Self, &'static str> {
        let name = String::from_utf8_lossy(base);
        let name = name.split_once('+').map_or(&*name, |(_, name)| name);
        let default_width = descendant.get(b"DW").and_then(Value::number).unwrap_or(1000.0);
        let mut font =
            Self { name: Arc::from(name), texts: to_unicode(map).ok_or("/ToUnicode")?, widths: Vec::new(), default_width };
        if let Some(list) = widths {
            font.read_widths(list.list().ok_or("/W")?).ok_or("/W")?;
        }
        Ok(font)
    }

    fn read_widths(&mut self, list: &[Value<'_>]) -> Option<()> {
        let mut rest = list;
        while let [first, next, ..] = rest {
            let first = u16::try_from(first.count()?).ok()?;
            if let Some(widths) = next.list() {
                for (code, width) in (usize::from(first)..=usize::from(u16::MAX)).zip(widths) {
                    self.set_width(code, width.number()?);
                }
                rest = &rest[2..];
            } else {
                let last = u16::try_from(next.count()?).ok()?;
                let width = rest.get(2)?.number()?;
                (usize::from(first)..=usize::from(last)).for_each(|code| self.set_width(code, width));
                rest = &rest[3..];
            }
        }
        rest.is_empty().then_some(())
    }

    fn set_width(&mut self, code: usize, width: f64) {
        if self.widths.len() <= code {
            self.widths.resize(code + 1, self.default_width);
        }
        self.widths[code] = width;
    }

    /// Advance of a code in em.
    pub(super) fn advance(&self, code: u16) -> f64 {
        self.widths.get(usize::from(code)).copied().unwrap_or(self.default_width) / 1000.0
    }

    /// The text of a code; `None` when the file does not say.
    pub(super) fn text(&self, code: u16) -> Option<&str> {
        self.texts.get(usize::from(code)).map(|text| &**text).filter(|text| !text.is_empty())
    }
}

/// Reads bfchar and bfrange of a /ToUnicode map.
fn to_unicode(map: &[u8]) -> Option<Vec<Box<str>>> {
    let mut texts: Vec<Box<str>> = Vec::new();
    let mut set = |code: u16, text: String| {
        let at = usize::from(code);
        if texts.len() <= at {
            texts.resize(at + 1, Box::from(""));
        }
        texts[at] = text.into_boxed_str();
    };
    let mut scanner = Scanner::new(map, 0);
    let mut operands: Vec<Vec<u8>> = Vec::new();
    let mut inside = None;
    let mut list = false;
    while let Some(token) = scanner.token().ok()? {
        match token {
            Token::Word(word @ (b"beginbfchar" | b"beginbfrange")) => {
                inside = Some(word == b"beginbfrange");
                operands.clear();
            }
            Token::Word(b"endbfchar" | b"endbfrange") => inside = None,
            Token::ListOpen => list = true,
            Token::ListClose => {
                list = false;
                if let (Some(true), [first, _, targets @ ..]) = (inside, &*operands) {
                    let first = code(first)?;
                    for (step, target) in (0_u16..).zip(targets) {
                        set(first.checked_add(step)?, utf16(target)?);
                    }
                    operands.clear();
                }
            }
            Token::Text(text) if inside.is_some() => {
                operands.push(text);
                match (inside, &*operands) {
                    (Some(false), [from, to]) => {
                        set(code(from)?, utf16(to)?);
                        operands.clear();
                    }
                    (Some(true), [first, last, target]) if !list => {
                        let mut units: Vec<u8> = target.clone();
                        for at in code(first)?..=code(last)? {
                            set(at, utf16(&units)?);
                            if let Some(end) = units.last_mut() {
                                *end = end.wrapping_add(1);
                            }
                        }
                        operands.clear();
                    }
                    _ => {}
                }
            }
            Token::Text(_) | Token::Number(_) | Token::Name(_) | Token::DictOpen | Token::DictClose | Token::Word(_) => {}
        }
    }
    Some(texts)
}

fn code(bytes: &[u8]) -> Option<u16> {
    if let [high, low] = bytes { Some(u16::from_be_bytes([*high, *low])) } else { None }
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    bytes.len().is_multiple_of(2).then(|| String::from_utf16(&units).ok()).flatten()
}
