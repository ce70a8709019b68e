//! The characters of a file, by face: what the font subsets must hold.

use crate::font::{FACES, Unit, is_selector, slot, units};
use crate::frame::{Face, Item, Page};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Characters of one face: a bit for each plain character, a set for the sequences.
#[derive(Clone, Debug, Default)]
struct Used {
    plain: Vec<u64>,
    sequences: BTreeSet<Unit>,
}

impl Used {
    fn add(&mut self, text: &str) {
        if self.plain.is_empty() {
            self.plain.resize(0x11_0000 / 64, 0);
        }
        if text.chars().any(is_selector) {
            for unit in units(text) {
                if unit.selector.is_some() {
                    self.sequences.insert(unit);
                } else {
                    self.mark(unit.base);
                }
            }
        } else {
            text.chars().for_each(|c| self.mark(c));
        }
    }

    fn mark(&mut self, c: char) {
        let code = u32::from(c);
        if let Some(word) = self.plain.get_mut((code / 64) as usize) {
            *word |= 1 << (code % 64);
        }
    }
}

/// The characters of a file, collected before its first page is written.
#[derive(Clone, Debug, Default)]
pub struct Charset {
    used: [Used; 5],
    /// Shared groups already walked, by address; kept, so that the address stays theirs.
    groups: BTreeMap<usize, Arc<Vec<Item>>>,
}

impl Charset {
    /// No character yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds every text of a page; a shared group is walked once.
    pub fn add_page(&mut self, page: &Page) {
        self.add_items(&page.items);
    }

    fn add_items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Text(text) | Item::Faint { text, .. } => self.add_text(text.face, &text.text),
                Item::Shared { group, .. } => {
                    if self.groups.insert(Arc::as_ptr(group).addr(), Arc::clone(group)).is_none() {
                        self.add_items(group);
                    }
                }
                Item::Rule { .. } | Item::Fill { .. } | Item::Bars(_) | Item::Matrix { .. } => {}
            }
        }
    }

    /// Adds a text that will be set in a face.
    pub fn add_text(&mut self, face: Face, text: &str) {
        self.used[slot(face)].add(text);
    }

    /// Adds all of another set (collected by another thread).
    pub fn merge(&mut self, other: &Charset) {
        for (mine, theirs) in self.used.iter_mut().zip(&other.used) {
            if mine.plain.is_empty() {
                mine.plain.clone_from(&theirs.plain);
            } else {
                mine.plain.iter_mut().zip(&theirs.plain).for_each(|(a, b)| *a |= b);
            }
            mine.sequences.extend(&theirs.sequences);
        }
    }

    /// The units of a face in code point order.
    pub(super) fn units(&self, face: Face) -> Vec<Unit> {
        let used = &self.used[slot(face)];
        let mut list: Vec<Unit> = used.sequences.iter().copied().collect();
        for (index, &word) in (0_u32..).zip(&used.plain) {
            let mut rest = word;
            while rest != 0 {
                let code = index * 64 + rest.trailing_zeros();
                rest &= rest - 1;
                list.extend(char::from_u32(code).map(|base| Unit { base, selector: None }));
            }
        }
        list.sort_unstable();
        list
    }

    /// The faces with at least one unit.
    pub(super) fn faces(&self) -> impl Iterator<Item = Face> + '_ {
        FACES.into_iter().filter(|&face| {
            let used = &self.used[slot(face)];
            !used.sequences.is_empty() || used.plain.iter().any(|&word| word != 0)
        })
    }
}
