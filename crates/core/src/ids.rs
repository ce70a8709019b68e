//! Words that the rule book defines: series, dose names, products, programmes, templates.
//!
//! Each is a type of its own that holds its text in place, is copied freely and compared by its text. The rule book alone makes
//! them (`define`); everybody else asks the book for one that it knows, so that an unknown word is told and never becomes an id.

use std::fmt;

/// A text of at most `N` bytes; what is behind it is zero, so that the order of the bytes is that of the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Word<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Word<N> {
    fn of(text: &str) -> Result<Self, TooLong> {
        let mut bytes = [0; N];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(text.as_bytes());
                Ok(Self { bytes, len })
            }
            (Some(_), Err(_)) | (None, _) => Err(TooLong { text: text.to_owned(), most: N }),
        }
    }

    fn as_str(&self) -> &str {
        let text = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

/// A word of a rule file that is longer than a word may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLong {
    text: String,
    most: usize,
}

impl fmt::Display for TooLong {
    /// 「…」は長すぎます.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, most } = self;
        write!(f, "「{text}」は長すぎます（UTF-8で{most}バイト、漢字・かななら{}字まで）", most / 3)
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident $most:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Word<$most>);

        impl $name {
            /// Makes the id of a word that a file of the rule book defines. Only the rule book calls it.
            ///
            /// # Errors
            /// [`TooLong`], to be told with file and key.
            pub fn define(text: &str) -> Result<Self, TooLong> {
                Word::of(text).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )* };
}

words! {
    /// 系列 id of `rules/` (`mr`, `rota1`, …).
    SeriesId 24;
    /// 回の名 (`1期初回1`, `追加`, `2回目`, …).
    DoseName 32;
    /// 製品 as the rule book names it (`5種`, `9価`, `生`, …).
    Product 24;
    /// 通知事業 id (`mr2`, `infant`, `number_sticker`, …).
    ProgrammeId 32;
    /// ひな形 id: `templates/ID.md`.
    TemplateId 40;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_the_order_of_their_texts_and_are_never_cut() {
        let dose = |text: &str| DoseName::define(text).unwrap();
        let mut texts = ["2期", "1期初回2", "1期", "追加", "1期初回1", "", "特例4回目(2期相当)"];
        let mut words = texts.map(dose);
        words.sort_unstable();
        texts.sort_unstable();
        assert_eq!(words.each_ref().map(DoseName::as_str), texts);
        assert_eq!(dose("あいうえおかきくけこ").to_string(), "あいうえおかきくけこ");
        let told = DoseName::define("あいうえおかきくけこさ").unwrap_err().to_string();
        assert_eq!(told, "「あいうえおかきくけこさ」は長すぎます（UTF-8で32バイト、漢字・かななら10字まで）");
        assert!(SeriesId::define(&"x".repeat(24)).is_ok() && SeriesId::define(&"x".repeat(300)).is_err());
    }
}
