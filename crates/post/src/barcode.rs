//! カスタマバーコード: body, check character, 67 bars (郵便番号・バーコードマニュアル p12–p22; postal.md a.1, a.2, a.4).

use crate::data::{Known, PostalData};
use crate::extract::{extract, is_odd_numeral};
use crate::split::{Split, block_end, split};
use kansho_chars::matching::hides_between_digits;
use kansho_core::address::PostalCode;

/// The symbol of one piece.
#[derive(Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Postal code and address number: 20 characters `0-9`, `-`, `a`–`h` (CC1–CC8).
    pub body: String,
    /// The check character in the same notation.
    pub check: char,
    /// 67 bars as digits: 1 long, 2 semi-long up, 3 semi-long down, 4 timing.
    pub bars: String,
}

impl std::fmt::Debug for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Symbol(…)")
    }
}

/// Characters by their check value 0–18, with their three bars (p12, p21).
const CHARACTERS: [(char, &str); 19] = [
    ('0', "144"),
    ('1', "114"),
    ('2', "132"),
    ('3', "312"),
    ('4', "123"),
    ('5', "141"),
    ('6', "321"),
    ('7', "213"),
    ('8', "231"),
    ('9', "411"),
    ('-', "414"),
    ('a', "324"),
    ('b', "342"),
    ('c', "234"),
    ('d', "432"),
    ('e', "243"),
    ('f', "423"),
    ('g', "441"),
    ('h', "111"),
];
const START: &str = "13";
const STOP: &str = "31";
/// Places of the address number.
const PLACES: usize = 13;

/// 住所B → symbol. An empty 住所B (individual business code, 番地なし) is seven digits and 13 × CC4.
///
/// ```
/// # use kansho_core::address::PostalCode;
/// # use kansho_post::encode;
/// let symbol = encode(PostalCode::new("1000013").unwrap(), "1丁目3番2号 郵便プラザ503室");
/// assert_eq!((symbol.body.as_str(), symbol.check), ("10000131-3-2-503dddd", '9'));
/// ```
#[must_use]
pub fn encode(postal: PostalCode, block: &str) -> Symbol {
    with_number(postal, &extract(block))
}

/// An address number that is already extracted → symbol: letters as two characters, filled with CC4 or cut to 13 places.
///
/// A control character on the 13th place stays and its letter's digit is lost; a hyphen there stays too (p20).
#[must_use]
pub fn with_number(postal: PostalCode, number: &str) -> Symbol {
    let places = number.chars().flat_map(places).chain(std::iter::repeat('d')).take(PLACES);
    let body: String = postal.digits().chars().chain(places).collect();
    let sum: usize = body.chars().filter_map(value).sum();
    let (check, _) = CHARACTERS.get((19 - sum % 19) % 19).copied().unwrap_or(('0', "144"));
    let mut bars = String::from(START);
    for c in body.chars().chain([check]) {
        bars.push_str(value(c).and_then(|v| CHARACTERS.get(v)).map_or("", |(_, three)| three));
    }
    bars.push_str(STOP);
    Symbol { body, check, bars }
}

/// One extracted character → its place or, for a letter, its two places (A–J CC1, K–T CC2, U–Z CC3).
fn places(c: char) -> Vec<char> {
    if !c.is_ascii_uppercase() {
        return vec![c];
    }
    let index = u32::from(c) - u32::from('A');
    let control = match index / 10 {
        0 => 'a',
        1 => 'b',
        _ => 'c',
    };
    vec![control, char::from_digit(index % 10, 10).unwrap_or('0')]
}

fn value(c: char) -> Option<usize> {
    CHARACTERS.iter().position(|(known, _)| *known == c)
}

/// What the barcode is made from.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// A whole address; split with the postal data.
    Address(&'a str),
    /// 住所 and 方書 as the register keeps them; the 方書 is read behind a blank.
    Lines(&'a str, Option<&'a str>),
    /// 住所 with its 番地号表記, which the register keeps in a column of its own, and 方書: needs no split.
    Parts {
        /// 住所, which ends with the house number.
        line: &'a str,
        /// 番地号表記.
        block: &'a str,
        /// 方書.
        building: Option<&'a str>,
    },
    /// 住所B as it stands; needs no data.
    Block(&'a str),
}

/// A symbol with what the office should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// The symbol.
    pub symbol: Symbol,
    /// What is doubtful about the code: encoded as given, never corrected.
    pub warning: Option<Warning>,
}

/// What is doubtful about a postal code. A run prints no barcode for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Not in the data.
    Unknown,
    /// 廃止.
    Abolished,
    /// The code of another town, or of other 丁目.
    OtherTown,
}

impl Doubt {
    /// What the data say against a code by itself.
    #[must_use]
    pub const fn of(known: Known) -> Option<Self> {
        match known {
            Known::Unknown => Some(Self::Unknown),
            Known::Abolished => Some(Self::Abolished),
            Known::Town | Known::Representative | Known::Office => None,
        }
    }

    /// The words of it in Japanese.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "郵便番号データにない郵便番号です",
            Self::Abolished => "廃止された郵便番号です",
            Self::OtherTown => "郵便番号と住所の町域が一致しません",
        }
    }
}

/// A doubt and the codes that the address would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is doubtful.
    pub doubt: Doubt,
    /// Codes of the town that the address names; empty when nobody can tell.
    pub right: Vec<PostalCode>,
}

/// Why there is no barcode (p18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoBarcode {
    /// 代表の郵便番号: no barcode at all.
    Representative,
    /// The address cannot be split without postal data.
    NoData,
    /// The data know no town in this address.
    NoTown,
    /// ①, Ⅳ and the like in the house number.
    OddNumeral,
    /// A character without a shape between two digits.
    Hidden,
}

impl NoBarcode {
    /// The reason in Japanese.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Representative => "代表の郵便番号のため、カスタマバーコードは印字できません",
            Self::NoData => "郵便番号データがない",
            Self::NoTown => "住所の町域が郵便番号データに見つからないため、住所表示番号を抜き出せません",
            Self::OddNumeral => "番地に丸数字・ローマ数字などがあり、住所表示番号を抜き出せません",
            Self::Hidden => "番地の数字の間に見えない文字があり、住所表示番号を抜き出せません",
        }
    }
}

/// The barcode of one piece.
///
/// Codes that end in 00 are representative ones (all 1,769 of the October 2026 data, and no other); an individual business
/// code is encoded alone (p22).
///
/// # Errors
/// [`NoBarcode`] where none may be printed or the block cannot be known.
pub fn customer_barcode(postal: PostalCode, place: Place<'_>, data: Option<&PostalData>) -> Result<Coded, NoBarcode> {
    let known = data.map(|d| d.known(postal));
    if known == Some(Known::Representative) || (postal.digits().ends_with("00") && known != Some(Known::Office)) {
        return Err(NoBarcode::Representative);
    }
    if known == Some(Known::Office) {
        return Ok(Coded { symbol: encode(postal, ""), warning: None });
    }
    let doubt = known.and_then(Doubt::of);
    let (block, right, agrees) = match place {
        Place::Block(block) => (block.to_owned(), Vec::new(), true),
        Place::Address(address) => located(split_with(address, postal, data)?, None),
        Place::Lines(address, building) => located(split_with(address, postal, data)?, building),
        Place::Parts { line, block, building } => {
            // A town that the data do not know says nothing of the code.
            let parts = data.map(|data| split(line, postal, data)).filter(|parts| parts.matched).unwrap_or_default();
            let agrees = !parts.matched || parts.code_agrees;
            (format!("{block} {}", building.unwrap_or_default()), parts.right, agrees)
        }
    };
    let house = block.get(..block_end(&block)).unwrap_or(&block);
    if house.chars().any(is_odd_numeral) {
        return Err(NoBarcode::OddNumeral);
    }
    if hides_between_digits(&block).is_some() {
        return Err(NoBarcode::Hidden);
    }
    let doubt = doubt.or((!agrees).then_some(Doubt::OtherTown));
    Ok(Coded { symbol: encode(postal, &block), warning: doubt.map(|doubt| Warning { doubt, right }) })
}

fn split_with(address: &str, postal: PostalCode, data: Option<&PostalData>) -> Result<Split, NoBarcode> {
    let parts = split(address, postal, data.ok_or(NoBarcode::NoData)?);
    if parts.matched { Ok(parts) } else { Err(NoBarcode::NoTown) }
}

/// 住所B with the 方書, the codes that would be right, and whether the code is one of the town.
fn located(parts: Split, building: Option<&str>) -> (String, Vec<PostalCode>, bool) {
    (format!("{} {}", parts.rest(), building.unwrap_or_default()), parts.right, parts.code_agrees)
}
