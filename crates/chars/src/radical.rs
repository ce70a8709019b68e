//! 部首の文字: characters that look like a kanji and are coded as its radical; they arrive from PDF and from other offices' fonts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Facts of Unicode (`EquivalentUnifiedIdeograph`), no settings of an office: the table is part of the program.
static TABLE: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    let rows = include_str!("../../../layouts/characters/radicals.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t'))
        .filter_map(|(from, to)| Some((from.chars().next()?, to.chars().next()?)))
        .collect()
});

/// The kanji of a radical (⾼ → 高, ⻄ → 西); any other character as it is.
#[must_use]
pub fn unified(c: char) -> char {
    match c {
        '\u{2E80}'..='\u{2FD5}' => TABLE.get(&c).copied().unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radicals_are_read_as_their_kanji() {
        let read: String = "⾼⻄⼀⼗A高".chars().map(unified).collect();
        assert_eq!(read, "高西一十A高");
        assert_eq!(TABLE.len(), 252);
    }
}
