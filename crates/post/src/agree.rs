//! 郵便番号と町域: whether a code is the one of the town that was found, and which would be.

use crate::data::{PostalData, Town};
use crate::extract::{is_kanji_numeral, kanji_number};
use crate::split::Found;
use kansho_chars::matching::narrow;
use kansho_core::address::PostalCode;
use std::ops::RangeInclusive;

/// Whether a code is the town's.
pub(super) struct Agreement {
    pub(super) agrees: bool,
    /// The codes of the town, when the code is another's; empty when there are none or too many.
    pub(super) right: Vec<PostalCode>,
}

/// More codes than these help nobody.
const MOST_HINTS: usize = 3;

/// Looks at the code of an address whose town was found; `block` is what follows the town.
pub(super) fn of(found: Found<'_>, block: &str, postal: PostalCode, data: &PostalData) -> Agreement {
    let of_town: Vec<&Town> =
        data.city_of(found.town).filter(|t| !t.abolished && t.town_keys.iter().any(|key| key == found.key)).collect();
    let own = found.town.code == postal || of_town.iter().any(|t| t.code == postal);
    if found.key.is_empty() {
        return Agreement { agrees: own, right: Vec::new() };
    }
    if !own && !towers_of(found, postal, data) {
        return Agreement { agrees: false, right: codes(of_town.iter().copied().filter(|t| chome_fits(t, block))) };
    }
    let numbered = chome(block);
    let listing = |number: u32| of_town.iter().copied().filter(move |t| chomes(&t.note).is_some_and(|list| holds(&list, number)));
    if let Some(number) = numbered.certain {
        let right = codes(listing(number));
        if !right.is_empty() && !listing(number).any(|t| t.code == postal) && own {
            return Agreement { agrees: false, right };
        }
    }
    // Where all that the code has of the town is some 丁目, the first number of the house is one of them.
    let mine: Vec<&Town> = of_town.iter().copied().filter(|t| t.code == postal).collect();
    let outside = |number: u32| mine.iter().all(|t| chomes(&t.note).is_some_and(|list| !holds(&list, number)));
    match numbered.first.filter(|number| !mine.is_empty() && outside(*number)) {
        Some(number) => Agreement { agrees: false, right: codes(listing(number)) },
        None => Agreement { agrees: true, right: Vec::new() },
    }
}

/// 高層建物: every row of the code is a floor, and the name of the building begins with the town that was found.
fn towers_of(found: Found<'_>, postal: PostalCode, data: &PostalData) -> bool {
    let floor = |t: &Town| t.note.ends_with('階') || t.note.ends_with("階層不明");
    let here = |t: &Town| {
        let same_city = t.prefecture == found.town.prefecture && t.city == found.town.city;
        same_city && t.town_keys.iter().any(|key| key.starts_with(found.key))
    };
    let mut rows = data.towns(postal).peekable();
    rows.peek().is_some() && rows.all(|t| floor(t) && here(t))
}

fn codes<'a>(towns: impl Iterator<Item = &'a Town>) -> Vec<PostalCode> {
    let mut codes: Vec<PostalCode> = towns.map(|t| t.code).collect();
    codes.sort();
    codes.dedup();
    if codes.len() > MOST_HINTS { Vec::new() } else { codes }
}

/// Whether a row of a town may be the one of a house number: one that lists 丁目 only when this is among them.
fn chome_fits(town: &Town, block: &str) -> bool {
    match (chomes(&town.note), chome(block).first) {
        (Some(list), Some(number)) => holds(&list, number),
        (Some(_), None) | (None, _) => true,
    }
}

fn holds(list: &[RangeInclusive<u32>], number: u32) -> bool {
    list.iter().any(|range| range.contains(&number))
}

/// １〜３丁目, １、２丁目, ３５〜３８、４１丁目 → the 丁目; `None` for a note that says anything else.
fn chomes(note: &str) -> Option<Vec<RangeInclusive<u32>>> {
    let list: String = note.strip_suffix("丁目")?.chars().map(narrow).collect();
    let number = |text: &str| text.parse::<u32>().ok();
    list.split('、')
        .map(|part| match part.split_once(['〜', '~']) {
            Some((from, to)) => Some(number(from)?..=number(to)?),
            None => number(part).map(|only| only..=only),
        })
        .collect()
}

/// The first number of a house number.
#[derive(Clone, Copy, Default)]
struct Chome {
    /// It is a 丁目: it says so, or two more numbers follow.
    certain: Option<u32>,
    /// It may be a 丁目.
    first: Option<u32>,
}

fn chome(block: &str) -> Chome {
    let text: Vec<char> = block.chars().map(narrow).filter(|c| !c.is_whitespace()).collect();
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let kanji = text.iter().take_while(|c| is_kanji_numeral(**c)).count();
    let (number, behind) = match (digits, kanji) {
        (0, 0) => return Chome::default(),
        (0, length) => (kanji_number(&text[..length]), &text[length..]),
        (length, _) => (Some(text[..length].iter().collect()), &text[length..]),
    };
    let Some(number) = number.and_then(|n: String| n.parse::<u32>().ok()) else { return Chome::default() };
    let groups = text.split(|c| *c == '-').take_while(|part| !part.is_empty() && part.iter().all(char::is_ascii_digit)).count();
    match behind.first() {
        Some('丁') => Chome { certain: Some(number), first: Some(number) },
        Some('-') if digits > 0 => Chome { certain: (groups > 2).then_some(number), first: Some(number) },
        Some(_) | None => Chome::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_the_postal_data_list_their_chome() {
        assert_eq!(chomes("１〜３丁目"), Some(vec![1..=3]));
        assert_eq!(chomes("３５〜３８、４１、４２丁目"), Some(vec![35..=38, 41..=41, 42..=42]));
        assert_eq!(chomes("１丁目"), Some(vec![1..=1]));
        for other in ["", "丁目", "その他", "１〜４丁目、北山", "４丁目１〜１４番", "２丁目１番１〜２３号、２番"]
        {
            assert_eq!(chomes(other), None, "{other}");
        }
    }

    #[test]
    fn the_first_number_of_a_house_is_a_chome_when_it_says_so() {
        for (block, certain, first) in [
            ("５丁目2-1", Some(5), Some(5)),
            ("十二丁目3番", Some(12), Some(12)),
            ("8-2-1", Some(8), Some(8)),
            ("8-2", None, Some(8)),
            ("8番地2", None, None),
            ("二番町", None, None),
            ("", None, None),
        ] {
            let found = chome(block);
            assert_eq!((found.certain, found.first), (certain, first), "{block}");
        }
    }
}
