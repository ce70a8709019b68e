//! Which values a template names, line by line, and whether the letter has them.

use crate::notice::bounds::{self, Piece};
use std::collections::{BTreeMap, BTreeSet};

/// Every value a template may name.
#[derive(Debug)]
pub(super) struct Known {
    /// `vars.…`
    pub(super) vars: BTreeSet<String>,
    /// `city.…`
    pub(super) city: BTreeSet<String>,
    /// `fees.…`
    pub(super) fees: BTreeSet<String>,
}

const PLAIN: [&str; 13] = [
    "name",
    "kana",
    "birth",
    "birth_western",
    "person_number",
    "honorific",
    "guardian",
    "programme_name",
    "trigger",
    "unknown_history",
    "reissue",
    "doses",
    "history",
];
const DOSE: [&str; 7] = ["vaccine", "dose", "from", "until", "standard_from", "standard_until", "spoken"];
const HISTORY: [&str; 2] = ["vaccine", "count"];
const WORDS: [&str; 31] = [
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "in",
    "endfor",
    "and",
    "or",
    "not",
    "is",
    "include",
    "true",
    "false",
    "set",
    "set_global",
    "filter",
    "endfilter",
    "block",
    "endblock",
    "extends",
    "raw",
    "endraw",
    "import",
    "as",
    "macro",
    "endmacro",
    "break",
    "continue",
    "True",
    "False",
];

impl Known {
    fn has(&self, path: &str, bound: &BTreeMap<String, &'static [&'static str]>) -> bool {
        let mut parts = path.split('.');
        let (Some(first), second, None) = (parts.next(), parts.next(), parts.next()) else { return false };
        match (first, second) {
            ("vars", Some(name)) => self.vars.contains(name),
            ("city", Some(name)) => self.city.contains(name),
            ("fees", Some(name)) => self.fees.contains(name),
            ("loop", Some(_)) => true,
            (first, None) => PLAIN.contains(&first) || bound.contains_key(first),
            (first, Some(field)) => bound.get(first).is_some_and(|fields| fields.contains(&field)),
        }
    }

    /// Names a text uses that no letter has: (line from 1, name).
    pub(super) fn unknown(&self, text: &str) -> Vec<(u32, String)> {
        let mut found = Vec::new();
        let mut bound: BTreeMap<String, &'static [&'static str]> = BTreeMap::new();
        for (start, piece) in bounds::pieces(text) {
            let (Piece::Shown(inside) | Piece::Tag(inside)) = piece;
            let names = names(inside);
            if let [first, name, inside, list] = names.as_slice()
                && (first.as_str(), inside.as_str()) == ("for", "in")
            {
                match list.as_str() {
                    "doses" => bound.insert(name.clone(), &DOSE),
                    "history" => bound.insert(name.clone(), &HISTORY),
                    _ => bound.insert(name.clone(), &[]),
                };
            }
            if let [first, name, ..] = names.as_slice()
                && matches!(first.as_str(), "set" | "set_global")
            {
                bound.insert(name.clone(), &[]);
            }
            let line = u32::try_from(text[..start].matches('\n').count() + 1).unwrap_or(u32::MAX);
            for name in names.into_iter().filter(|name| !WORDS.contains(&name.as_str()) && !self.has(name, &bound)) {
                if !found.contains(&(line, name.clone())) {
                    found.push((line, name));
                }
            }
        }
        found
    }
}

/// The words and paths of a tag; what stands in quotes, after `|` or before `(` is none.
fn names(inside: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut word = String::new();
    let mut filter = false;
    for c in inside.chars().chain([' ']) {
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
            continue;
        }
        if c.is_alphanumeric() || c == '_' || c == '.' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            let name = std::mem::take(&mut word);
            let test = found.last().is_some_and(|last| last == "is");
            let number = name.starts_with(|c: char| c.is_ascii_digit());
            if !filter && !number && !test && c != '(' && c != '=' {
                found.push(name);
            }
            filter = false;
        }
        match c {
            '"' | '\'' | '`' => quote = Some(c),
            '|' => filter = true,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_told_with_their_line() {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let known = Known { vars: set(&["deadline"]), city: set(&["tel"]), fees: set(&["flu"]) };
        let text = "{{ name }}{{ vars.deadline }}\n{{ nmae }}{{ vars.dealine }}\n{% for d in doses %}{{ d.from }}{{ d.form }}{% endfor %}\n\
             {% if trigger == \"first\" and not reissue %}{{ city.tel | upper }}{% endif %}{{ fees.covid }}";
        let told = known.unknown(text);
        let told: Vec<(u32, &str)> = told.iter().map(|(line, name)| (*line, name.as_str())).collect();
        assert_eq!(told, [(2, "nmae"), (2, "vars.dealine"), (3, "d.form"), (4, "fees.covid")]);
    }
}
