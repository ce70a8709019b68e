//! Where a value came from, shown as the clerk sees it: `住民.xlsx「住民」C14`.

use std::fmt;
use std::sync::Arc;

/// The place of one value or one row in an input file.
///
/// Cheap to clone: file and sheet names are shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// File name without its folder.
    pub file: Arc<str>,
    /// Sheet name; `None` for CSV and TSV files.
    pub sheet: Option<Arc<str>>,
    /// Row number as the clerk sees it, from 1; 0 = the file as a whole.
    pub row: u32,
    /// Column number from 1; 0 = the row as a whole.
    pub column: u32,
}

impl Origin {
    /// The file as a whole.
    #[must_use]
    pub fn file(name: &str) -> Self {
        Self { file: Arc::from(name), sheet: None, row: 0, column: 0 }
    }

    /// The same file and sheet at another place (row and column from 1).
    #[must_use]
    pub fn at(&self, row: u32, column: u32) -> Self {
        Self { row, column, ..self.clone() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, "「{sheet}」")?;
        }
        match (self.row, self.column) {
            (0, 0) => Ok(()),
            (row, 0) => write!(f, "{row}行"),
            (0, column) => write!(f, "{}列", column_letters(column)),
            (row, column) if self.sheet.is_some() => write!(f, "{}{row}", column_letters(column)),
            (row, column) => write!(f, " {row}行{column}列"),
        }
    }
}

/// 1 → A, 27 → AA.
fn column_letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        let digit = u8::try_from((column - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        column = (column - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_shown_as_the_clerk_sees_them() {
        let sheet = Origin { file: "住民.xlsx".into(), sheet: Some("住民".into()), row: 14, column: 3 };
        assert_eq!(sheet.to_string(), "住民.xlsx「住民」C14");
        assert_eq!(sheet.at(2, 28).to_string(), "住民.xlsx「住民」AB2");
        assert_eq!(Origin::file("台帳.csv").at(7, 2).to_string(), "台帳.csv 7行2列");
        assert_eq!(Origin::file("台帳.csv").at(7, 0).to_string(), "台帳.csv7行");
    }
}
