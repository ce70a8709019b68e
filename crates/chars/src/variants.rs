//! 代替文字の表: `layouts/characters/variants.tsv` and `variants_mj.tsv` (characters.md §2.6).

use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use std::collections::BTreeMap;

/// How sure a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Same abstract character.
    Safe,
    /// Punctuation, invisible, accented Latin letters.
    Form,
    /// Published by a Japanese authority.
    Official,
    /// Curated pair confirmed by at least one of the maps.
    Published,
    /// A hint only: for the operator to decide, never applied alone.
    Weak,
}

/// One candidate for one source sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The substitute; empty = delete.
    pub to: String,
    /// Relation as the table names it.
    pub relation: String,
    /// Source of the row.
    pub source: String,
    /// 1 = try first.
    pub rank: u32,
    /// How sure.
    pub class: Class,
}

type Table = BTreeMap<String, Vec<Candidate>>;

/// Both tables, by source sequence, candidates in rank order.
#[derive(Clone, Debug, Default)]
pub struct Variants {
    plain: Table,
    mj: Table,
}

impl Variants {
    /// The tables of a folder of settings.
    ///
    /// # Errors
    /// [`Failure::Io`] when a table cannot be read, [`Failure::Usage`] when a line is not a row of the table.
    pub fn load(folder: &Folder) -> Result<Self, Failure> {
        let read = |name: &str| table(&folder.text("代替文字の表を読めません", name)?, name);
        Ok(Self { plain: read("layouts/characters/variants.tsv")?, mj: read("layouts/characters/variants_mj.tsv")? })
    }

    /// Candidates of `variants.tsv` for a sequence.
    #[must_use]
    pub fn plain(&self, sequence: &str) -> &[Candidate] {
        self.plain.get(sequence).map_or(&[], Vec::as_slice)
    }

    /// Candidates of `variants_mj.tsv` for a sequence.
    #[must_use]
    pub fn mj(&self, sequence: &str) -> &[Candidate] {
        self.mj.get(sequence).map_or(&[], Vec::as_slice)
    }

    /// All source sequences of both tables.
    pub fn sequences(&self) -> impl Iterator<Item = &str> {
        self.plain.keys().chain(self.mj.keys()).map(String::as_str)
    }
}

fn table(text: &str, name: &str) -> Result<Table, Failure> {
    let mut table = Table::new();
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.is_empty() && !l.starts_with('#')) {
        let (sequence, candidate) =
            row(line).ok_or_else(|| Failure::Usage(format!("{name} {}行: 代替文字の表の行として読めません", number + 1)))?;
        table.entry(sequence).or_default().push(candidate);
    }
    table.values_mut().for_each(|candidates| candidates.sort_by_key(|c| c.rank));
    Ok(table)
}

fn row(line: &str) -> Option<(String, Candidate)> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [from, _, to, _, relation, source, _, _, rank, _, class] = cells.as_slice() else { return None };
    let class = match *class {
        "safe" => Class::Safe,
        "form" => Class::Form,
        "official" => Class::Official,
        "published" => Class::Published,
        "weak" => Class::Weak,
        _ => return None,
    };
    let candidate = Candidate {
        to: sequence(to)?,
        relation: (*relation).to_owned(),
        source: (*source).to_owned(),
        rank: rank.parse().ok()?,
        class,
    };
    Some((sequence(from).filter(|s| !s.is_empty())?, candidate))
}

/// `U+8FBA U+E0101` → the text; `None` for anything else. An empty text is the empty sequence.
#[must_use]
pub fn sequence(points: &str) -> Option<String> {
    points
        .split_ascii_whitespace()
        .map(|p| u32::from_str_radix(p.strip_prefix("U+")?, 16).ok().and_then(char::from_u32))
        .collect()
}
