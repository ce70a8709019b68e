//! 文字の一覧 `office/characters.csv`: every substitution, every removed character, every glyph that is not the text face's own
//! (CK14); and the people whose names a substitution makes equal.

use crate::desk::shop::Shop;
use crate::notice::Forms;
use crate::notice::piece::Piece;
use crate::record::table;
use kansho_core::case::Case;
use kansho_core::decision::Decision;
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::keys::DecisionKey;
use kansho_core::origin::Origin;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the list is made from.
#[derive(Debug)]
pub struct Uses<'a> {
    /// Each piece with its decision, in posting order.
    pub pieces: &'a [(DecisionKey, Piece)],
    /// Decisions.
    pub decisions: &'a [Decision],
    /// Persons.
    pub cases: &'a [Case],
    /// The findings of the run; removed characters are among them.
    pub found: &'a Report,
    /// Place of the piece → what its row of the postal CSV substitutes.
    pub posted: &'a BTreeMap<usize, Vec<String>>,
}

/// `office/characters.csv`, UTF-8 with BOM for the spreadsheet the office opens it with.
#[must_use]
pub fn csv(uses: &Uses<'_>, forms: &Forms) -> Vec<u8> {
    let removed = removed(uses.found);
    let mut lines = BTreeSet::new();
    for (index, (place, piece)) in uses.pieces.iter().enumerate() {
        let mut note = |output: &'static str, what: String| {
            lines.insert((piece.number.0, piece.person_number.clone(), output, what));
        };
        let case = &uses.cases[uses.decisions[*place].case];
        for origin in places_of(case) {
            for message in removed.get(&origin.whole_row()).into_iter().flatten() {
                note("読み取り", (*message).to_owned());
            }
        }
        for used in uses.posted.get(&index).into_iter().flatten() {
            note("postal.csv", used.clone());
        }
        for used in piece.register.iter().flat_map(|r| &r.uses) {
            note("印字", used.clone());
        }
        for unit in forms.fallback_units(piece) {
            note("印字", unit);
        }
    }
    let mut text = String::from("\u{FEFF}通し番号,予防接種番号,出力,内容\r\n");
    for (number, person, output, what) in lines {
        text.push_str(&format!("{number},{person},{output},{}\r\n", table::quoted(&what)));
    }
    text.into_bytes()
}

/// The rows that a piece's texts come from.
fn places_of(case: &Case) -> impl Iterator<Item = &Origin> {
    let marks = case.marks.iter().filter(|mark| mark.effect().destination.is_some());
    std::iter::once(&case.resident.origin).chain(marks.map(|mark| &mark.origin))
}

/// Row → what was removed there.
fn removed(found: &Report) -> BTreeMap<Origin, Vec<&str>> {
    let mut rows: BTreeMap<Origin, Vec<&str>> = BTreeMap::new();
    for one in found.iter().filter(|d| d.code == Code::CharacterRemoved) {
        if let Some(origin) = &one.origin {
            rows.entry(origin.whole_row()).or_default().push(&one.message);
        }
    }
    rows
}

/// Different people with different names whose names are written alike in the postal CSV because of substitutes.
///
/// The finding names rows of the CSV and person numbers, never a name.
#[must_use]
pub fn made_equal(pieces: &[(DecisionKey, Piece)], shop: &Shop) -> Report {
    let written: Vec<Option<String>> = pieces.par_iter().map(|(_, piece)| shop.name(piece)).collect();
    let mut alike: BTreeMap<&str, Vec<&Piece>> = BTreeMap::new();
    for (name, (_, piece)) in written.iter().zip(pieces) {
        if let Some(name) = name {
            alike.entry(name).or_default().push(piece);
        }
    }
    let mut report = Report::new();
    for group in alike.into_values().filter(|group| group.len() > 1) {
        let own = |piece: &Piece| piece.register.as_ref().map_or(&piece.addressee, |r| &r.addressee).clone();
        let names: BTreeSet<String> = group.iter().map(|piece| own(piece)).collect();
        let people: BTreeSet<&str> = group.iter().map(|piece| piece.person_number.as_str()).collect();
        if names.len() < 2 || people.len() < 2 {
            continue;
        }
        let rows: Vec<String> = group.iter().map(|piece| piece.number.0.to_string()).collect();
        let people: Vec<&str> = people.into_iter().collect();
        let message = format!("郵便CSVの {} 行目は、登録では違う氏名ですが、代替文字のため同じ表記になります", rows.join("・"));
        report.push(Diagnostic::new(Code::NamesMadeEqual, message).of(format!("予防接種番号 {}", people.join("、"))));
    }
    report
}
