//! Who: numbers, name, sex.

use serde::Deserialize;
use std::fmt;
use std::sync::Arc;

/// How many digits the office's numbers have; 0 = any number of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Digits {
    /// 予防接種番号
    pub person: usize,
    /// 宛名番号
    pub addressee: usize,
    /// 世帯番号
    pub household: usize,
}

impl Default for Digits {
    fn default() -> Self {
        Self { person: 10, addressee: 10, household: 10 }
    }
}

/// The one spelling in which numbers are compared: width, blanks and hyphens do not matter, nor zeros in front beyond the office's
/// length. `None` for anything that is no number of that length: such a number is never half understood.
fn plain(text: &str, digits: usize) -> Option<String> {
    let mut number = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => number.push(c),
            '０'..='９' => number.push(char::from_u32(u32::from(c) - 0xFEE0)?),
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}' | '\u{FE63}' | 'ー' | 'ｰ' => {}
            _ if c.is_whitespace() => {}
            _ => return None,
        }
    }
    let beyond = number.len().saturating_sub(digits);
    if digits > 0 && beyond > 0 && number.bytes().take(beyond).all(|b| b == b'0') {
        number.drain(..beyond);
    }
    let right = if digits == 0 { (1..=20).contains(&number.len()) } else { number.len() == digits };
    (right && number.bytes().any(|b| b != b'0')).then_some(number)
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The number in the spelling in which numbers are compared: width, blanks, hyphens and zeros in front beyond
            /// `digits` do not matter. `None` for anything that is no number of `digits` digits (0 = 1 to 20).
            #[must_use]
            pub fn new(text: &str, digits: usize) -> Option<Self> {
                plain(text, digits).map(|number| Self(Arc::from(number)))
            }

            /// The number.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

number! {
    /// 予防接種番号: the ledger's own number of a person. Never a 個人番号.
    PersonNumber
}
number! {
    /// 宛名番号: the resident register's number of a person. Never a 個人番号.
    AddresseeNumber
}
number! {
    /// 世帯番号: the number of a household.
    HouseholdNumber
}

impl HouseholdNumber {
    /// A number whose zeros in front were lost is still the same household: protection must reach everyone in it (CK15).
    #[must_use]
    pub fn padded(text: &str, digits: usize) -> Option<Self> {
        let short = plain(text, 0).filter(|number| number.len() < digits);
        short.map_or_else(|| Self::new(text, digits), |number| Some(Self(Arc::from(format!("{number:0>digits$}")))))
    }
}

/// 性別: 1 男, 2 女, 0 不明.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
    /// 不明（未記入）
    Unknown,
}

impl Sex {
    /// 男, 女 or an empty text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
            Self::Unknown => "",
        }
    }
}

/// 氏名: as the register writes it; printed as it is, never normalised.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName {
    /// 氏名: surname and given name with one U+3000 between; Latin letters for many foreign residents.
    pub registered: String,
    /// フリガナ.
    pub kana: Option<String>,
    /// 通称 of a foreign resident.
    pub alias: Option<String>,
}

impl PersonName {
    /// The name that mail carries: 通称 where there is one, else 氏名.
    #[must_use]
    pub fn mailing(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.registered)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_many_spellings_and_a_broken_one_has_none() {
        for same in ["9900100003", " 9900100003 ", "９９００１００００３", "99-0010-0003", "9900100003-", "0000009900100003"]
        {
            assert_eq!(PersonNumber::new(same, 10).unwrap().as_str(), "9900100003", "{same}");
        }
        for broken in [
            "",
            "990010000",
            "99001000031",
            "9.9001E+09",
            "9900100003.0",
            "#N/A",
            "'9900100003",
            "NULL",
            "99001OOOO3",
            "0000000000",
        ] {
            assert_eq!(PersonNumber::new(broken, 10), None, "{broken}");
        }
        assert_eq!(PersonNumber::new("12", 0).unwrap().as_str(), "12");
    }

    #[test]
    fn a_household_whose_zeros_were_lost_is_the_same_household() {
        assert_eq!(HouseholdNumber::padded("7", 10), HouseholdNumber::new("0000000007", 10));
        assert_eq!(HouseholdNumber::padded("7.0E+9", 10), None);
    }
}

/// 障害 with which a person of 60 to 64 may belong to a group (施行規則2条の4～2条の7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disability {
    /// 心臓・腎臓・呼吸器の機能の障害
    Organ,
    /// ヒト免疫不全ウイルスによる免疫の機能の障害
    Immune,
}

impl Disability {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Organ, Self::Immune];

    /// The word in the cases of the rule book and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organ => "内部",
            Self::Immune => "免疫",
        }
    }
}
