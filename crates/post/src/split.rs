//! 住所の分割: 都道府県・市区町村・町域・住所表示・建物 by a normalised match with the postal data (postal.md a.3, c.2).
//!
//! Nothing is guessed and nothing corrected: an address whose town is not found is not split, and a code that belongs to another
//! town is reported.

use crate::agree::{self, Agreement};
use crate::data::{PostalData, Town};
use crate::extract::{is_kanji_numeral, is_odd_numeral, kanji_number};
use kansho_chars::matching::narrow;
use kansho_chars::unit::{is_invisible, is_selector};
use kansho_core::address::PostalCode;

/// The parts of an address, cut from the text as it is written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// 都道府県 as written; empty when the address does not say it.
    pub prefecture: String,
    /// 市区町村 as written; empty when the address does not say it.
    pub city: String,
    /// 町域 as written, with what stands before it (大字, Kyoto street directions).
    pub town: String,
    /// 住所表示番号: the rest up to the last number of the house.
    pub block: String,
    /// Building and room behind the block.
    pub building: String,
    /// True when the town was found.
    pub matched: bool,
    /// Whether the town belongs to the postal code; false with `matched` = mismatch.
    pub code_agrees: bool,
    /// The codes of the town where the code is another's; empty when the data name none, or too many to be of help.
    pub right: Vec<PostalCode>,
}

impl Split {
    /// 住所B: block and building, as the barcode reads it.
    #[must_use]
    pub fn rest(&self) -> String {
        format!("{}{}", self.block, self.building)
    }
}

impl std::fmt::Debug for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Split(matched: {}, code_agrees: {})", self.matched, self.code_agrees)
    }
}

/// The comparable characters of an address from some place on.
type Chars<'a> = &'a [(char, usize)];

/// A town found: where the comparable text behind prefecture, city and town starts.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) town: &'a Town,
    /// The name that matched; empty for a row without a town name.
    pub(super) key: &'a str,
    prefecture_end: usize,
    city_end: usize,
    town_start: usize,
    town_end: usize,
    /// Length of the town name that matched.
    length: usize,
}

/// Splits an address: by the towns of its postal code first, then by the towns of the city it names. A longer town of the same city
/// that stands at the same place is the town, whosever the code is (三ノ輪町三ノ輪 before 三ノ輪町).
#[must_use]
pub fn split(address: &str, postal: PostalCode, data: &PostalData) -> Split {
    let chars = data.spelling().chars(address);
    let by_code = best(data.towns(postal).filter_map(|town| town_in(&chars, town)));
    // A row that names no town says nothing against a town of the same city that has a name and a code of its own.
    let named = by_code.filter(|f| f.length > 0);
    let found = match named {
        Some(named) => Some(longer(&chars, named, data).unwrap_or(named)),
        None => best(data.cities().filter_map(|(_, towns)| best(in_city(&chars, towns)))).or(by_code),
    };
    match found {
        Some(found) => {
            let parts = cut(address, &chars, found);
            let Agreement { agrees, right } = agree::of(found, &parts.block, postal, data);
            Split { code_agrees: agrees, right, ..parts }
        }
        None => Split { block: address.to_owned(), ..Split::default() },
    }
}

fn best<'a>(found: impl Iterator<Item = Found<'a>>) -> Option<Found<'a>> {
    found.max_by_key(|f| (f.city_end, f.length))
}

/// A longer town of the same city at the same place.
fn longer<'a>(chars: Chars<'_>, named: Found<'a>, data: &'a PostalData) -> Option<Found<'a>> {
    let first = |key: &str| key.chars().next().map(|c| if c.is_ascii_digit() || is_kanji_numeral(c) { '0' } else { c });
    let at_place = |town: &'a Town| {
        let longer = |key: &&'a String| first(key) == first(named.key) && key.chars().count() > named.length;
        town.town_keys.iter().filter(longer).find_map(|key| {
            let town_end = name_at(chars, named.town_start, key)?;
            Some(Found { town, key, town_end, length: key.chars().count(), ..named })
        })
    };
    best(data.city_of(named.town).filter_map(at_place))
}

/// The towns of one city, only when the address names the city in full (with or without its prefecture).
fn in_city<'a>(chars: Chars<'a>, towns: impl Iterator<Item = &'a Town>) -> impl Iterator<Item = Found<'a>> {
    let mut towns = towns.peekable();
    let named = towns.peek().is_some_and(|t| {
        let from = strip(chars, 0, &t.prefecture_key).unwrap_or(0);
        strip(chars, from, &t.city_key).is_some()
    });
    towns.filter(move |_| named).filter_map(move |town| town_in(chars, town)).filter(|found| found.length > 0)
}

/// Where the town's own prefecture, city and name stand in the address.
fn town_in<'a>(chars: Chars<'_>, town: &'a Town) -> Option<Found<'a>> {
    let prefecture_end = strip(chars, 0, &town.prefecture_key).unwrap_or(0);
    let city_end = city(chars, prefecture_end, &town.city_key);
    if town.town_keys.is_empty() {
        // A row without a town name: what follows the city is the block. Only where the address names the city.
        let here = Found { town, key: "", prefecture_end, city_end, town_start: city_end, town_end: city_end, length: 0 };
        return (city_end > prefecture_end).then_some(here);
    }
    let streets = town.city.starts_with("京都市");
    let place = |key: &'a String| {
        let length = key.chars().count();
        let at = |from: usize| name_at(chars, from, key).map(|end| (from, end));
        let found = if streets {
            // 寺町 also begins the street 寺町通: the town is where a house number follows, else the first place.
            let mut places = (city_end..chars.len()).filter_map(at);
            places.clone().find(|(_, end)| house_number_at(chars, *end)).or_else(|| places.next())
        } else {
            [city_end, skip_aza(chars, city_end)].into_iter().find_map(at)
        };
        found.map(|(town_start, town_end)| Found { town, key, prefecture_end, city_end, town_start, town_end, length })
    };
    town.town_keys.iter().filter_map(place).max_by_key(|f| f.length)
}

/// The end of the city name: in full, without its 郡, without the designated city before the ward, or left out.
fn city(chars: Chars<'_>, from: usize, key: &str) -> usize {
    let shorter =
        ['郡', '市'].into_iter().filter_map(|word| key.split_once(word).map(|(_, rest)| rest).filter(|r| !r.is_empty()));
    std::iter::once(key).chain(shorter).find_map(|name| strip(chars, from, name)).unwrap_or(from)
}

/// True at the end of the text and before a number.
fn house_number_at(chars: Chars<'_>, at: usize) -> bool {
    chars.get(at).is_none_or(|(c, _)| c.is_ascii_digit() || is_kanji_numeral(*c))
}

/// A 字 between city and town.
fn skip_aza(chars: Chars<'_>, from: usize) -> usize {
    from + usize::from(chars.get(from).is_some_and(|(c, _)| *c == '字'))
}

/// The end of a name that stands at a place.
fn strip(chars: Chars<'_>, from: usize, name: &str) -> Option<usize> {
    let length = name.chars().count();
    let part = chars.get(from..from + length)?;
    part.iter().map(|(c, _)| *c).eq(name.chars()).then_some(from + length)
}

/// The end of a town name at a place: character by character, else with kanji and arabic numerals made one (豊岡４条 = 豊岡四条).
fn name_at(chars: Chars<'_>, from: usize, name: &str) -> Option<usize> {
    strip(chars, from, name).filter(|end| !cuts_number(chars, *end)).or_else(|| {
        let (mut at, mut wanted) = (from, tokens(name).into_iter());
        wanted.try_for_each(|token| {
            // The register writes 上野字野原 where the data write 上野野原.
            let (next, here) = token_at(chars, if token == "字" || at == from { at } else { skip_aza(chars, at) })?;
            at = next;
            (here == token).then_some(())
        })?;
        (at > from).then_some(at)
    })
}

/// True when an end lies inside a number: 1 of 12 is no name, but １ before 12 or before a blank is.
fn cuts_number(chars: Chars<'_>, end: usize) -> bool {
    let digit = |at: usize| chars.get(at).is_some_and(|(c, _)| c.is_ascii_digit());
    end > 0 && digit(end - 1) && digit(end) && joined(chars, end)
}

/// True when a digit follows the one before it directly and in the same width: no blank lies between them.
fn joined(chars: Chars<'_>, at: usize) -> bool {
    let end = |i: usize| chars.get(i).map_or(0, |(_, end)| *end);
    let span = |i: usize| end(i).saturating_sub(i.checked_sub(1).map_or(0, end));
    let single = |s: usize| s == 1 || s == 3;
    at > 0 && single(span(at)) && (!single(span(at - 1)) || span(at) == span(at - 1))
}

fn tokens(name: &str) -> Vec<String> {
    let chars: Vec<(char, usize)> = name.char_indices().map(|(at, c)| (c, at + c.len_utf8())).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((next, token)) = token_at(&chars, at) {
        found.push(token);
        at = next;
    }
    found
}

/// One character, or one whole number in arabic digits.
fn token_at(chars: Chars<'_>, at: usize) -> Option<(usize, String)> {
    let (first, _) = chars.get(at)?;
    if first.is_ascii_digit() {
        let more =
            (at + 1..chars.len()).take_while(|i| chars.get(*i).is_some_and(|(c, _)| c.is_ascii_digit()) && joined(chars, *i));
        let next = at + 1 + more.count();
        return Some((next, chars.get(at..next)?.iter().map(|(c, _)| *c).collect()));
    }
    if is_kanji_numeral(*first) {
        let numeral: Vec<char> = chars.get(at..)?.iter().map(|(c, _)| *c).take_while(|c| is_kanji_numeral(*c)).collect();
        if let Some(number) = kanji_number(&numeral) {
            return Some((at + numeral.len(), number));
        }
    }
    Some((at + 1, first.to_string()))
}

fn cut(address: &str, chars: Chars<'_>, found: Found<'_>) -> Split {
    let byte = |end: usize| end.checked_sub(1).and_then(|i| chars.get(i)).map_or(0, |(_, byte)| *byte);
    let part = |from: usize, to: usize| address.get(byte(from)..byte(to)).unwrap_or_default().trim().to_owned();
    let rest = address.get(byte(found.town_end)..).unwrap_or_default();
    let (block, building) = rest.split_at(block_end(rest));
    Split {
        prefecture: part(0, found.prefecture_end),
        city: part(found.prefecture_end, found.city_end),
        town: part(found.city_end, found.town_end),
        block: block.to_owned(),
        building: building.to_owned(),
        matched: true,
        code_agrees: false,
        right: Vec::new(),
    }
}

/// The byte where the house number ends: at a blank behind a number, else behind the first run of numbers and counters.
pub(super) fn block_end(rest: &str) -> usize {
    let counter = |c: char| "丁目番地割号線条のノ之、".contains(c) || narrow(c) == '-';
    let number = |c: char| narrow(c).is_ascii_digit() || is_kanji_numeral(narrow(c)) || is_odd_numeral(c);
    let shapeless = |c: char| is_invisible(c) || is_selector(c);
    let mut seen = false;
    for (at, c) in rest.char_indices() {
        let blank = c.is_whitespace();
        if seen && (blank || !(number(c) || counter(c) || shapeless(c))) {
            return at;
        }
        seen = seen || number(c);
    }
    rest.len()
}
