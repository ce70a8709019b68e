//! What of a template differs from person to person, and which templates may be compiled with marks in its place.

use crate::notice::bounds::{self, Piece};
use crate::notice::piece;
use kansho_core::calendar;
pub(super) use kansho_paper::markdown::{index, mark};

/// A value of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Name,
    Kana,
    Birth,
    BirthWestern,
    PersonNumber,
    /// First day of a line of the table of doses.
    From(usize),
    /// Last day.
    Until(usize),
    StandardFrom(usize),
    StandardUntil(usize),
    /// Both days in everyday words.
    Spoken(usize),
    /// A date or word of [`piece::Piece::vars`].
    Var(String),
}

impl Slot {
    /// The value of a piece.
    pub(super) fn value(&self, piece: &piece::Piece) -> String {
        let dose = |index: &usize| piece.doses.get(*index);
        let standard = |index: &usize| dose(index).and_then(|dose| dose.standard);
        match self {
            Self::Name => piece.name.clone(),
            Self::Kana => piece.kana.clone(),
            Self::Birth => calendar::wareki(piece.birth),
            Self::BirthWestern => calendar::western(piece.birth),
            Self::PersonNumber => piece.person_number.clone(),
            Self::From(index) => dose(index).map_or_else(String::new, |d| calendar::wareki(d.from)),
            Self::Until(index) => dose(index).map_or_else(String::new, |d| calendar::wareki(d.until)),
            Self::StandardFrom(index) => standard(index).map_or_else(String::new, |(from, _)| calendar::wareki(from)),
            Self::StandardUntil(index) => standard(index).map_or_else(String::new, |(_, until)| calendar::wareki(until)),
            Self::Spoken(index) => dose(index).map_or_else(String::new, |d| d.spoken.clone()),
            Self::Var(name) => piece.vars.get(name).cloned().unwrap_or_default(),
        }
    }

    /// True when nobody but the addressee may read it.
    pub(super) const fn secret(&self) -> bool {
        matches!(self, Self::Kana | Self::Birth | Self::BirthWestern | Self::PersonNumber | Self::Spoken(_))
    }

    /// True when many people share the value.
    pub(super) const fn dated(&self) -> bool {
        !matches!(self, Self::Name | Self::Kana | Self::PersonNumber)
    }
}

/// True when the value may be put in after parsing: Markdown would neither trim it nor take it for a mark.
fn plain(value: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(char::is_whitespace);
    !edge(value.chars().next())
        && !edge(value.chars().next_back())
        && !value.chars().any(|c| c == '\n' || c == '\r' || index(c).is_some())
}

/// What a template and the parts it includes do with the values of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// It does more than show them: it must be rendered for each person.
    exact: bool,
    doses: bool,
    history: bool,
    vars: Vec<String>,
}

/// Names whose values differ from person to person, by their last word.
const PERSONAL: [&str; 11] = [
    "name",
    "kana",
    "birth",
    "birth_western",
    "person_number",
    "from",
    "until",
    "standard_from",
    "standard_until",
    "spoken",
    "__tera_context",
];

/// Every word the tags of a text name, a path by its first and its last word; what stands in quotes as well.
pub(super) fn named(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split(['{', '}']).skip(1).filter(|part| !part.is_empty());
    inside.flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))).filter(|word| !word.is_empty())
}

impl Uses {
    /// Reads the text of a template with all it includes.
    pub(super) fn of(text: &str) -> Self {
        let mut uses = Self { exact: text.chars().any(|c| index(c).is_some()), ..Self::default() };
        for (_, piece) in bounds::pieces(text) {
            match piece {
                Piece::Shown(inside) => uses.tag(true, inside),
                Piece::Tag(inside) => uses.tag(false, inside),
            }
        }
        uses.vars.sort();
        uses.vars.dedup();
        uses
    }

    fn tag(&mut self, shows: bool, inside: &str) {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let paths: Vec<&str> = inside.split(|c| !word(c)).filter(|path| !path.is_empty()).collect();
        let path = |path: &&str| {
            let last = path.rsplit('.').next().unwrap_or_default();
            path.starts_with("vars") || !path.starts_with("city.") && !path.starts_with("fees.") && PERSONAL.contains(&last)
        };
        self.doses |= paths.contains(&"doses");
        self.history |= paths.contains(&"history");
        if shows {
            let bare = inside.chars().all(word);
            if let (true, Some(name)) = (bare, inside.strip_prefix("vars.").filter(|name| !name.contains('.'))) {
                self.vars.push(name.to_owned());
            } else {
                let whole = matches!(inside, "vars" | "doses" | "__tera_context");
                self.exact |= whole || !bare && paths.iter().any(path);
            }
            return;
        }
        self.exact |= match *paths.as_slice() {
            ["include", ..] | ["else" | "endif" | "endfor"] => false,
            ["for", _, "in", "doses" | "history"] => false,
            ["if" | "elif", ref rest @ ..] => rest.iter().any(path),
            _ => true,
        };
    }

    /// What tells pieces apart that need another plan, added to `key`; false when the piece needs a plan of its own.
    pub(super) fn key(&self, piece: &piece::Piece, key: &mut String) -> bool {
        let values = [&piece.name, &piece.kana, &piece.person_number];
        let vars = || self.vars.iter().map(|name| piece.vars.get(name));
        if self.exact || !values.into_iter().chain(vars().flatten()).all(|value| plain(value)) {
            return false;
        }
        let flags = [piece.unknown_history, piece.reissue.is_some()].into_iter();
        for flag in flags.chain(values.map(String::is_empty)).chain(vars().map(|v| v.is_none_or(String::is_empty))) {
            key.push(if flag { '1' } else { '0' });
        }
        // An absent variable is an error of the template, an empty one is not.
        key.extend(vars().map(|value| if value.is_some() { '1' } else { '0' }));
        let doses = piece.doses.iter().filter(|_| self.doses).flat_map(|dose| {
            let has = |yes: bool| if yes { "1" } else { "0" };
            [dose.vaccine.as_str(), dose.dose.as_str(), has(dose.standard.is_some()), has(!dose.spoken.is_empty())]
        });
        let history =
            piece.history.iter().filter(|_| self.history).flat_map(|(vaccine, count)| [vaccine.as_str(), count.as_str()]);
        let words = [piece.template.as_str(), piece.trigger.id(), piece.honorific.as_str(), piece.programme_name.as_str()];
        for word in words.into_iter().chain(doses).chain(["\u{1e}"]).chain(history) {
            key.push_str(word);
            key.push('\u{1f}');
        }
        true
    }

    /// The slots of a piece, in an order its key determines.
    pub(super) fn slots(&self, piece: &piece::Piece) -> Vec<Slot> {
        let mut slots = vec![Slot::Name, Slot::Kana, Slot::Birth, Slot::BirthWestern, Slot::PersonNumber];
        for index in (0..piece.doses.len()).filter(|_| self.doses) {
            slots.extend([
                Slot::From(index),
                Slot::Until(index),
                Slot::StandardFrom(index),
                Slot::StandardUntil(index),
                Slot::Spoken(index),
            ]);
        }
        slots.extend(self.vars.iter().cloned().map(Slot::Var));
        slots.retain(|slot| !slot.value(piece).is_empty());
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_templates_that_merely_show_values_are_compiled() {
        let compiled = "{{ name }} {{vars.deadline}} {% if guardian %}{{ city.name | upper }}{% endif %}\
             {% for d in doses %}{{ d.from }}{% endfor %}{% include \"parts/person\" %}";
        let uses = Uses::of(compiled);
        assert!(!uses.exact && uses.doses && !uses.history);
        assert_eq!(uses.vars, ["deadline"]);
        for exact in [
            "{% if name == \"甲\" %}{% endif %}",
            "{{ name | upper }}",
            "{% for d in doses %}{% if d.from %}{% endif %}{% endfor %}",
            "{% set x = name %}",
            "{% if vars.deadline %}{% endif %}",
            "{{ vars }}",
            "{% for c in name %}{% endfor %}",
            "\u{F0000}",
        ] {
            assert!(Uses::of(exact).exact, "{exact}");
        }
    }

    #[test]
    fn marks_and_slots_belong_together() {
        assert_eq!(mark(7).and_then(index), Some(7));
        assert_eq!((index('名'), mark(0x1_0000)), (None, None));
        assert!(plain("甲　乙") && !plain(" 甲") && !plain("甲\n乙") && !plain("\u{F0001}"));
    }
}
