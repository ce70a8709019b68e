//! 郵便区番号一覧: the office's list (Japan Post's 郵便区番号一覧 as a CSV) that says which codes one delivery office serves.

use kansho_chars::{NEITHER, either};
use kansho_core::address::PostalCode;
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use std::collections::BTreeMap;

/// What the list says of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// 郵便区番号.
    pub district: String,
    /// 差出先の区分 (the regional office or any group of districts that are tied together); empty when the list names none.
    pub group: String,
}

/// The office's list; empty when the office has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Districts {
    by_prefix: BTreeMap<String, Listed>,
}

impl Districts {
    /// Reads a CSV with the headings 郵便番号, 郵便区番号 and, if wanted, グループ; UTF-8 or CP932.
    ///
    /// 郵便番号 is a whole code or its first 3–6 digits; the longest that fits a code counts.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] naming the row that is wrong.
    pub fn load(folder: &Folder, name: &str) -> Result<Self, Failure> {
        let bytes = folder.bytes("郵便区番号の一覧を読めません", name)?;
        let text = either(&bytes).ok_or_else(|| Failure::settings(name, NEITHER))?;
        Self::parse(&text).map_err(|why| Failure::Usage(format!("{name} {why}")))
    }

    /// Reads the list from its text.
    ///
    /// # Errors
    /// What is wrong with it and in which row, in Japanese.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let heads = reader.headers().map_err(|e| e.to_string())?.clone();
        let place = |name: &str| heads.iter().position(|head| head.trim() == name);
        let (Some(code), Some(district)) = (place("郵便番号"), place("郵便区番号")) else {
            return Err("1行: 見出しに「郵便番号」と「郵便区番号」が要ります".to_owned());
        };
        let group = place("グループ");
        let mut by_prefix = BTreeMap::new();
        for (number, record) in (2_usize..).zip(reader.records()) {
            let record = record.map_err(|e| format!("{number}行: {e}"))?;
            let cell = |place: usize| record.get(place).unwrap_or_default().trim();
            let prefix = cell(code).replace('-', "");
            let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
            if !digits(&prefix) || !(3..=7).contains(&prefix.len()) {
                return Err(format!(
                    "{number}行: 郵便番号は3けたから7けたの数字で書いてください（先頭の0を落とさないでください）"
                ));
            }
            if !digits(cell(district)) || !matches!(cell(district).len(), 3 | 5) {
                return Err(format!("{number}行: 郵便区番号は3けたか5けたの数字で書いてください"));
            }
            let listed = Listed { district: cell(district).to_owned(), group: group.map(cell).unwrap_or_default().to_owned() };
            if by_prefix.insert(prefix, listed.clone()).is_some_and(|before| before != listed) {
                return Err(format!("{number}行: 同じ郵便番号に違う郵便区番号があります"));
            }
        }
        if by_prefix.is_empty() { Err("郵便区番号が一件もありません".to_owned()) } else { Ok(Self { by_prefix }) }
    }

    /// What the list says of a code: the row of its longest beginning.
    #[must_use]
    pub fn get(&self, postal: PostalCode) -> Option<&Listed> {
        let digits = postal.digits();
        (3..=digits.len()).rev().find_map(|length| self.by_prefix.get(digits.get(..length)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_counts_and_a_wrong_row_is_named() {
        let list = Districts::parse("郵便番号,郵便区番号,グループ\n350,350,川越\n35011,35011,川越西\n350-1106,350,\n").unwrap();
        let get = |digits: &str| list.get(PostalCode::new(digits).unwrap()).map(|l| l.district.as_str());
        assert_eq!(
            [get("3500001"), get("3501105"), get("3501106"), get("1000001")],
            [Some("350"), Some("35011"), Some("350"), None]
        );
        for (text, row) in [
            ("郵便番号,区\n350,350\n", "1行"),
            ("郵便番号,郵便区番号\n350,350\n35,350\n", "3行"),
            ("郵便番号,郵便区番号\n350,3500\n", "2行"),
            ("郵便番号,郵便区番号\n350,350\n350,351\n", "3行"),
        ] {
            assert!(Districts::parse(text).unwrap_err().starts_with(row), "{text}");
        }
        assert!(Districts::parse("郵便番号,郵便区番号\n").is_err());
    }
}
