//! 限度: what a template may be made of, so that none can eat time, memory or stack. Looked at before the template language sees it.
//!
//! The language is what letters need: `if`, `for` over doses and history, `include` of parts, and filters that never make a text much
//! longer. Every text is weighed with its parts, each loop as often as it may go round.

use std::collections::BTreeMap;
use std::io::{Error, Result as IoResult, Write};

/// Bytes of one file.
pub(super) const MOST_BYTES: u64 = 64 * 1024;
/// Files of one folder.
pub(super) const MOST_FILES: usize = 500;
/// Bytes of one rendered letter.
const MOST_RENDERED: usize = 256 * 1024;
/// Bytes of a template with its parts, those in a loop counted [`ROUNDS`] times.
const MOST_STEPS: usize = 1 << 20;
/// More doses or entries of a history than any letter has.
const ROUNDS: usize = 32;
/// Bytes of one tag.
const MOST_OF_A_TAG: usize = 400;
/// Brackets within each other; the parser takes many times longer with each.
const MOST_BRACKETS: usize = 3;
/// `if` and `for` within each other.
const MOST_BLOCKS: usize = 8;
/// Parts within each other.
const MOST_PARTS: usize = 8;

const TAGS: [&str; 9] = ["if", "elif", "else", "endif", "for", "endfor", "include", "break", "continue"];
const LISTS: [&str; 2] = ["doses", "history"];
const FILTERS: [&str; 18] = [
    "upper",
    "lower",
    "trim",
    "trim_start",
    "trim_end",
    "trim_start_matches",
    "trim_end_matches",
    "capitalize",
    "title",
    "truncate",
    "wordcount",
    "length",
    "first",
    "last",
    "nth",
    "int",
    "round",
    "default",
];

/// Functions of the language that a letter must not have: their values come from elsewhere, or they do not end.
pub(super) const FUNCTIONS: [&str; 5] = ["range", "now", "throw", "get_random", "get_env"];

/// A stretch of a template.
pub(super) enum Piece<'a> {
    /// `{{ … }}`
    Shown(&'a str),
    /// `{% … %}`
    Tag(&'a str),
}

/// The parts of all templates, each weighed once.
pub(super) struct Bounds<'a> {
    parts: &'a [(String, String)],
    weights: BTreeMap<&'a str, usize>,
}

impl<'a> Bounds<'a> {
    /// With these parts (id, text).
    pub(super) const fn new(parts: &'a [(String, String)]) -> Self {
        Self { parts, weights: BTreeMap::new() }
    }

    /// Looks through a text with all it includes; `above` are the parts it stands in.
    ///
    /// # Errors
    /// What a template may not have.
    pub(super) fn check(&mut self, text: &str, above: &[&str]) -> Result<(), String> {
        self.weigh(text, above).map(drop)
    }

    fn weigh(&mut self, text: &str, above: &[&str]) -> Result<usize, String> {
        let (mut weight, mut rounds, mut blocks) = (0_usize, 1_usize, Vec::new());
        let mut rest = text;
        while let Some((_, piece, after)) = next(rest)? {
            weight = weight.saturating_add(rounds.saturating_mul(rest.len() - after.len()));
            rest = after;
            let (Piece::Shown(inside) | Piece::Tag(inside)) = piece;
            expression(inside)?;
            let Piece::Tag(inside) = piece else { continue };
            let head: &str = inside.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
            match head {
                "if" => blocks.push(1),
                "for" => {
                    let list = inside.rsplit(char::is_whitespace).next().unwrap_or_default();
                    if !LISTS.contains(&list) {
                        return Err(format!("for で繰り返せるのは {} だけです", LISTS.join("・")));
                    }
                    blocks.push(ROUNDS);
                    rounds = rounds.saturating_mul(ROUNDS);
                }
                "endif" | "endfor" => rounds /= blocks.pop().unwrap_or(1),
                "include" => weight = weight.saturating_add(rounds.saturating_mul(self.included(inside, above)?)),
                tag if TAGS.contains(&tag) => {}
                tag => {
                    return Err(format!(
                        "「{tag}」は使えません。使えるのは if・for・include です。繰り返す文は templates/parts/ に置き、include で入れてください"
                    ));
                }
            }
            if blocks.len() > MOST_BLOCKS {
                return Err(format!("if・for の入れ子は {MOST_BLOCKS} 段までにしてください"));
            }
            if weight > MOST_STEPS {
                return Err("繰り返しと部品で、文が長くなりすぎます".to_owned());
            }
        }
        Ok(weight.saturating_add(rest.len()))
    }

    /// The weight of what an `include` names.
    fn included(&mut self, inside: &str, above: &[&str]) -> Result<usize, String> {
        let mut weight = 0_usize;
        for name in inside.split(['"', '\'', '`']).skip(1).step_by(2) {
            let part = name.strip_prefix("parts/").unwrap_or_default();
            if above.contains(&part) {
                return Err(format!("部品「{part}」が自分自身を含んでいます"));
            }
            if above.len() >= MOST_PARTS {
                return Err(format!("部品の入れ子は {MOST_PARTS} 段までにしてください"));
            }
            let parts = self.parts;
            let Some((id, text)) = parts.iter().find(|(id, _)| id == part) else {
                return Err(format!("include の「{name}」は templates/parts/ にないか、誤りがあります"));
            };
            let known = self.weights.get(id.as_str()).copied();
            let one = match known {
                Some(known) => known,
                None => self.weigh(text, &[above, &[id.as_str()]].concat())?,
            };
            self.weights.insert(id, one);
            weight = weight.saturating_add(one);
        }
        Ok(weight)
    }
}

/// Every value and tag of a text with the place where it begins, up to the first that does not end.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = (usize, Piece<'_>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let before = text.len() - rest.len();
        let (start, piece, after) = next(rest).ok()??;
        rest = after;
        Some((before + start, piece))
    })
}

/// The next value or tag of a text, with the place where it begins and what follows it. Comments are passed over.
fn next(text: &str) -> Result<Option<(usize, Piece<'_>, &str)>, String> {
    let mut from = 0;
    while let Some(start) = text[from..].find('{').map(|at| from + at) {
        from = start + 2;
        let (close, shown) = match text.as_bytes().get(start + 1) {
            Some(b'{') => ("}}", true),
            Some(b'%') => ("%}", false),
            Some(b'#') => {
                let end = text[from..].find("#}").ok_or("{# が閉じていません")?;
                from += end + 2;
                continue;
            }
            Some(_) | None => {
                from = start + 1;
                continue;
            }
        };
        let end = from + ending(&text[from..], close).ok_or_else(|| format!("{} が閉じていません", &text[start..from]))?;
        let inside = text[from..end].trim_matches(|c: char| c == '-' || c.is_whitespace());
        if end - from > MOST_OF_A_TAG {
            return Err(format!("一つの式は {MOST_OF_A_TAG} バイトまでにしてください"));
        }
        let piece = if shown { Piece::Shown(inside) } else { Piece::Tag(inside) };
        return Ok(Some((start, piece, &text[end + 2..])));
    }
    Ok(None)
}

/// Where a tag ends: what stands in quotes ends nothing.
fn ending(text: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, c)| {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if text[at..].starts_with(close) => return Some(at),
            None => {}
        }
        None
    })
}

/// Brackets and filters of one expression.
fn expression(inside: &str) -> Result<(), String> {
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, '|') => {
                let name = inside[at + 1..].trim_start().split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let name = name.into_iter().next().unwrap_or_default();
                if !FILTERS.contains(&name) {
                    return Err(format!("「| {name}」は使えません。使えるのは {} です", FILTERS.join("・")));
                }
            }
            (None, _) => {}
        }
        if depth > MOST_BRACKETS {
            return Err(format!("括弧の入れ子は {MOST_BRACKETS} 段までにしてください"));
        }
    }
    Ok(())
}

/// A rendered letter that takes no more than it may.
#[derive(Default)]
pub(super) struct Rendered(Vec<u8>);

impl Rendered {
    /// The text; a letter that was too long has none.
    pub(super) fn text(self) -> Option<String> {
        String::from_utf8(self.0).ok()
    }

    /// Whether more was written than a letter may have.
    pub(super) fn full(&self) -> bool {
        self.0.len() > MOST_RENDERED
    }
}

impl Write for Rendered {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        self.0.extend_from_slice(bytes.get(..=MOST_RENDERED).unwrap_or(bytes));
        if self.full() { Err(Error::other("文が長すぎます")) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_end_ends_nothing_and_a_comment_says_nothing() {
        let deep = "((((a))))";
        let checks = |text: &str| Bounds::new(&[]).check(text, &[]);
        assert!(checks(&format!("{{# {{% if {deep} %}} #}}{{{{ name }}}}")).is_ok());
        assert!(checks("{% if name == \"((((%}\" %}{% endif %}").is_ok());
        for text in [
            format!("{{% if name == \"%}}\" and {deep} %}}{{% endif %}}"),
            format!("{{{{ '}}}}' ~ {deep} }}}}"),
            format!("{{%- if {deep} -%}}{{% endif %}}"),
        ] {
            assert!(checks(&text).unwrap_err().contains("括弧"), "{text}");
        }
        for open in ["{{ name", "{% if name == \"%}", "{# {{ name }}"] {
            assert!(checks(open).unwrap_err().contains("閉じていません"), "{open}");
        }
    }

    #[test]
    fn parts_within_parts_are_weighed_once_and_loops_by_their_rounds() {
        let parts: Vec<(String, String)> = (0..8)
            .map(|n| {
                let inner = format!("{{% include \"parts/{}\" %}}", n + 1).repeat(if n < 7 { 10 } else { 0 });
                (n.to_string(), format!("文{inner}"))
            })
            .collect();
        let told = Bounds::new(&parts).check("{% include \"parts/0\" %}", &[]).unwrap_err();
        assert!(told.contains("長くなりすぎます"), "{told}");
        let loops = |count: usize| format!("{}文{}", "{% for d in doses %}".repeat(count), "{% endfor %}".repeat(count));
        assert!(Bounds::new(&[]).check(&loops(2), &[]).is_ok());
        assert!(Bounds::new(&[]).check(&loops(4), &[]).is_err());
    }
}
