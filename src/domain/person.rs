//! Who: numbers, name, sex.

use std::fmt;
use std::sync::Arc;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The number as written, digits and letters only; `None` for an empty or ill-formed text.
            ///
            /// Full-width digits are narrowed before this is called. A number is text: leading zeros count.
            #[must_use]
            pub fn new(text: &str) -> Option<Self> {
                let good = !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                good.then(|| Self(Arc::from(text)))
            }

            /// The number as written.
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
