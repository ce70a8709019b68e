//! 縮退: text → Shift_JIS bytes, with every use of a substitute on a list (characters.md §2.5, CK14).
//!
//! Never `?`, `〓`, `&#…;` or a lost character: what has no approved substitute is refused or put up for review.

use crate::gaiji::Overrides;
use crate::repertoire::{Profile, bytes, text_bytes, user_defined_bytes};
use crate::unit::{Unit, code_points, is_invisible, is_kana_mark, is_private_use, is_selector, units};
use crate::variants::{Candidate, Class, Variants};
use serde::Serialize;

/// One use of a substitute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Substitution {
    /// The unit as the register writes it.
    pub from: String,
    /// What the file holds instead; empty for a removed invisible character.
    pub to: String,
    /// The relation between the two, in the tables' words.
    pub relation: String,
    /// Where the relation is taken from.
    pub source: String,
}

/// A candidate that a person has to decide on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The proposed substitute.
    pub to: String,
    /// Relation.
    pub relation: String,
    /// Source.
    pub source: String,
}

/// A unit that has only candidates nobody has approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The unit.
    pub from: String,
    /// Its code points.
    pub code_points: String,
    /// Position among the characters of the text, from 1.
    pub position: usize,
    /// Candidates, best first.
    pub candidates: Vec<Proposal>,
}

/// A unit that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The unit.
    pub from: String,
    /// Its code points.
    pub code_points: String,
    /// Position among the characters of the text, from 1.
    pub position: usize,
    /// Why, in Japanese.
    pub reason: String,
}

/// What becomes of one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// The bytes; `None` when anything is refused or awaits review.
    pub bytes: Option<Vec<u8>>,
    /// The text that the bytes hold, 外字 passed on included.
    pub text: String,
    /// Substitutes used, in text order, one for each changed unit.
    pub substitutions: Vec<Substitution>,
    /// Units that await a decision.
    pub review: Vec<Review>,
    /// Units that cannot be written.
    pub refused: Vec<Refusal>,
}

enum Fate {
    Exact(Vec<u8>),
    Changed(Vec<u8>, Substitution),
    Review(Vec<Proposal>),
    Refused(&'static str),
}

/// Converts one text for a file of the given profile.
#[must_use]
pub fn plan(text: &str, profile: Profile, table: &Variants, gaiji: &Overrides) -> Conversion {
    let mut conversion = Conversion::default();
    let mut written = Vec::with_capacity(text.len());
    let mut position = 1;
    for unit in units(text) {
        let named = || (unit.text.to_owned(), code_points(unit.text));
        match fate(&unit, profile, table, gaiji) {
            Fate::Exact(code) => {
                written.extend(code);
                conversion.text.push_str(unit.text);
            }
            Fate::Changed(code, substitution) => {
                written.extend(code);
                conversion.text.push_str(&substitution.to);
                conversion.substitutions.push(substitution);
            }
            Fate::Review(candidates) => {
                let (from, code_points) = named();
                conversion.review.push(Review { from, code_points, position, candidates });
            }
            Fate::Refused(reason) => {
                let (from, code_points) = named();
                conversion.refused.push(Refusal { from, code_points, position, reason: reason.to_owned() });
            }
        }
        position += unit.text.chars().count();
    }
    if conversion.review.is_empty() && conversion.refused.is_empty() {
        conversion.bytes = Some(written);
    }
    conversion
}

/// The order of attempts of characters.md §2.5.
fn fate(unit: &Unit<'_>, profile: Profile, table: &Variants, gaiji: &Overrides) -> Fate {
    if unit.base.is_control() {
        return Fate::Refused("制御文字です");
    }
    if let Some(kana) = unit.composed_kana() {
        return match bytes(kana, profile) {
            Some(code) => changed(unit, &kana.to_string(), "kana-compose", "unicode-nfc", code),
            None => Fate::Refused("濁点・半濁点の付いたこの仮名は Shift_JIS にありません"),
        };
    }
    if unit.mark.is_none()
        && let Some(code) = bytes(unit.base, profile)
    {
        return Fate::Exact(code);
    }
    if let Some(fate) = decided(unit, profile, table, gaiji) {
        return fate;
    }
    if is_private_use(unit.base) {
        return Fate::Refused("外字です。gaiji.toml に代替文字がありません");
    }
    if unit.mark.is_some_and(is_kana_mark) || is_kana_mark(unit.base) {
        return Fate::Refused("結合用の濁点・半濁点は Shift_JIS にありません");
    }
    if is_invisible(unit.base) {
        // A selector behind an invisible character goes with it.
        let row = table.plain(&unit.base.to_string()).iter().find(|c| c.to.is_empty());
        let (relation, source) = row.map_or(("delete", "rule"), |c| (&c.relation, &c.source));
        return changed(unit, "", relation, source, Vec::new());
    }
    if is_selector(unit.base) {
        return changed(unit, "", "vs-drop", "rule", Vec::new());
    }
    let base = unit.base.to_string();
    applied(unit, table.plain(unit.text), profile, &[Class::Safe, Class::Form])
        .or_else(|| without_selector(unit, profile, table, gaiji, &base))
        .or_else(|| applied(unit, table.plain(&base), profile, &[Class::Official, Class::Published]))
        .or_else(|| applied(unit, table.mj(unit.text), profile, &[Class::Official, Class::Published]))
        .or_else(|| applied(unit, table.mj(&base), profile, &[Class::Official, Class::Published]))
        .unwrap_or_else(|| undecided(unit, profile, table, &base))
}

/// Step 3: what the office has decided, for the unit, else for its base.
fn decided(unit: &Unit<'_>, profile: Profile, table: &Variants, gaiji: &Overrides) -> Option<Fate> {
    let decision = gaiji.get(unit.text)?;
    if let Some(code) = user_defined_bytes(unit.base).filter(|_| decision.send && profile == Profile::Cp932) {
        return Some(changed(unit, unit.text, "gaiji-send", "gaiji.toml", code.to_vec()));
    }
    let Some(to) = decision.to.as_deref() else {
        return decision.means.as_deref().map(|means| meant(unit, means, profile, table));
    };
    Some(match text_bytes(to, profile) {
        Some(code) => changed(unit, to, "gaiji", "gaiji.toml", code),
        None => Fate::Refused("gaiji.toml の代替文字がこの文字集合にありません"),
    })
}

/// A 外字 with a meaning but no substitute of its own goes the way of its meaning, where that needs no further decision.
fn meant(unit: &Unit<'_>, means: &str, profile: Profile, table: &Variants) -> Fate {
    let conversion = plan(means, profile, table, &Overrides::none());
    match conversion.bytes {
        Some(code) => changed(unit, &conversion.text, "gaiji-means", "gaiji.toml", code),
        None => Fate::Refused("gaiji.toml の means の文字は Shift_JIS になりません。to を決めてください"),
    }
}

/// Step 5: the selector is dropped, and the base goes the same way from step 2.
fn without_selector(unit: &Unit<'_>, profile: Profile, table: &Variants, gaiji: &Overrides, base: &str) -> Option<Fate> {
    unit.selector()?;
    if let Some(code) = bytes(unit.base, profile) {
        let source = table.plain(unit.text).iter().find(|c| c.to == base).map_or("rule", |c| c.source.as_str());
        return Some(changed(unit, base, "vs-drop", source, code));
    }
    let alone = Unit { text: base, base: unit.base, mark: None };
    let fate = decided(&alone, profile, table, gaiji)
        .or_else(|| applied(&alone, table.plain(base), profile, &[Class::Safe, Class::Form]))?;
    match fate {
        Fate::Changed(code, mut substitution) => {
            unit.text.clone_into(&mut substitution.from);
            substitution.relation = format!("vs-drop>{}", substitution.relation);
            Some(Fate::Changed(code, substitution))
        }
        other @ (Fate::Exact(_) | Fate::Review(_) | Fate::Refused(_)) => Some(other),
    }
}

/// The first-ranked candidate, when its class is among those that may be applied alone and the profile holds it.
fn applied(unit: &Unit<'_>, candidates: &[Candidate], profile: Profile, classes: &[Class]) -> Option<Fate> {
    let first = candidates.first().filter(|c| c.rank == 1 && classes.contains(&c.class))?;
    let code = text_bytes(&first.to, profile)?;
    Some(changed(unit, &first.to, &first.relation, &first.source, code))
}

/// Steps 8 and 9: candidates for a person to decide on, else refused.
fn undecided(unit: &Unit<'_>, profile: Profile, table: &Variants, base: &str) -> Fate {
    let tables = [table.plain(unit.text), table.mj(unit.text), table.plain(base), table.mj(base)];
    let mut proposals: Vec<Proposal> = Vec::new();
    for candidate in tables.into_iter().flatten() {
        let known = proposals.iter().any(|p| p.to == candidate.to);
        if !known && !candidate.to.is_empty() && text_bytes(&candidate.to, profile).is_some() {
            let (to, relation, source) = (candidate.to.clone(), candidate.relation.clone(), candidate.source.clone());
            proposals.push(Proposal { to, relation, source });
        }
    }
    if proposals.is_empty() {
        Fate::Refused("Shift_JIS になく、代替文字もありません")
    } else {
        Fate::Review(proposals)
    }
}

fn changed(unit: &Unit<'_>, to: &str, relation: &str, source: &str, code: Vec<u8>) -> Fate {
    let (from, to, relation, source) = (unit.text.to_owned(), to.to_owned(), relation.to_owned(), source.to_owned());
    Fate::Changed(code, Substitution { from, to, relation, source })
}
