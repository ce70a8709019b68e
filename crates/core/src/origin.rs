//! Where a value came from, shown as the clerk sees it: `住民.xlsx「住民」C14`.

use std::fmt;
use std::sync::Arc;

/// What one value, one row or one finding comes from.
///
/// Cheap to clone: names are shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A file that was read, or a place in it.
    File(Place),
    /// 登録簿: a row of a store, by its id.
    Register {
        /// Name of the store's table.
        name: Arc<str>,
        /// Id of the row; `None` = the table.
        id: Option<u32>,
        /// Column number from 1; `None` = the row.
        column: Option<u32>,
    },
    /// 入力: stated on the command line.
    Given,
}

/// A file, or a place in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// File name without its folder.
    file: Arc<str>,
    /// Sheet name; none for CSV and TSV files.
    sheet: Option<Arc<str>>,
    /// Row number as the clerk sees it, from 1; `None` = all rows.
    row: Option<u32>,
    /// Column number from 1; `None` = all columns.
    column: Option<u32>,
}

impl Origin {
    /// The file as a whole.
    #[must_use]
    pub fn file(name: &str) -> Self {
        Self::File(Place { file: Arc::from(name), sheet: None, row: None, column: None })
    }

    /// A table of the register.
    #[must_use]
    pub fn register(name: &str) -> Self {
        Self::Register { name: Arc::from(name), id: None, column: None }
    }

    /// A sheet of the file; what is no file stays as it is.
    #[must_use]
    pub fn sheet(&self, name: &str) -> Self {
        self.within(|place| Place { sheet: Some(Arc::from(name)), ..place.clone() }, |id, column| (id, column))
    }

    /// A row of the same file and sheet, from 1, or of the same table, as a whole; what is given has none, here and below.
    #[must_use]
    pub fn row(&self, row: u32) -> Self {
        self.within(|place| Place { row: Some(row), column: None, ..place.clone() }, |_, _| (Some(row), None))
    }

    /// A cell of the same row, column from 1.
    #[must_use]
    pub fn column(&self, column: u32) -> Self {
        self.within(|place| Place { column: Some(column), ..place.clone() }, |id, _| (id, Some(column)))
    }

    /// The row in which the place lies, as a whole.
    #[must_use]
    pub fn whole_row(&self) -> Self {
        self.within(|place| Place { column: None, ..place.clone() }, |id, _| (id, None))
    }

    fn within(
        &self,
        file: impl FnOnce(&Place) -> Place,
        table: impl FnOnce(Option<u32>, Option<u32>) -> (Option<u32>, Option<u32>),
    ) -> Self {
        match self {
            Self::File(place) => Self::File(file(place)),
            Self::Register { name, id, column } => {
                let (id, column) = table(*id, *column);
                Self::Register { name: Arc::clone(name), id, column }
            }
            Self::Given => Self::Given,
        }
    }

    /// Name of the file or the store.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::File(Place { file: name, .. }) | Self::Register { name, .. } => Some(name),
            Self::Given => None,
        }
    }

    /// Name of the sheet of a file.
    #[must_use]
    pub fn sheet_name(&self) -> Option<&str> {
        match self {
            Self::File(place) => place.sheet.as_deref(),
            Self::Register { .. } | Self::Given => None,
        }
    }

    /// Column, from 1, where the place is in one.
    #[must_use]
    pub const fn column_number(&self) -> Option<u32> {
        match self {
            Self::File(place) => place.column,
            Self::Register { column, .. } => *column,
            Self::Given => None,
        }
    }

    /// Row of a table of the register, by its id.
    #[must_use]
    pub const fn register_id(&self) -> Option<u32> {
        match self {
            Self::Register { id, .. } => *id,
            Self::File(_) | Self::Given => None,
        }
    }

    /// Row of the file, from 1, where the place is one row or lies in one.
    #[must_use]
    pub const fn row_number(&self) -> Option<u32> {
        match self {
            Self::File(place) => place.row,
            Self::Register { .. } | Self::Given => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => place.fmt(f),
            Self::Register { name, id: None, .. } => f.write_str(name),
            Self::Register { name, id: Some(id), .. } => write!(f, "{name}{id}番"),
            Self::Given => f.write_str("入力"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, "「{sheet}」")?;
        }
        match (self.row, self.column) {
            (None, None) => Ok(()),
            (Some(row), None) => write!(f, "{row}行"),
            (None, Some(column)) => write!(f, "{}列", column_letters(column)),
            (Some(row), Some(column)) if self.sheet.is_some() => write!(f, "{}{row}", column_letters(column)),
            (Some(row), Some(column)) => write!(f, " {row}行{column}列"),
        }
    }
}

/// What a dose or a notice was taken from. Rows of the ledger come in their order, behind what is in no ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// 入力: stated on the command line or in a case of the rule book.
    Given,
    /// 前回の処理
    PreviousRun,
    /// 登録簿の通知, by its id.
    Notice(u32),
    /// 台帳: the row, from 1, numbered through its sheets.
    Ledger(u32),
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
        let (sheet, text) = (Origin::file("住民.xlsx").sheet("住民"), Origin::file("台帳.csv"));
        assert_eq!(sheet.to_string(), "住民.xlsx「住民」");
        assert_eq!(sheet.row(14).column(3).to_string(), "住民.xlsx「住民」C14");
        assert_eq!(sheet.column(28).to_string(), "住民.xlsx「住民」AB列");
        assert_eq!(sheet.row(2).column(28).to_string(), "住民.xlsx「住民」AB2");
        assert_eq!(text.row(7).column(2).to_string(), "台帳.csv 7行2列");
        assert_eq!(text.row(7).to_string(), "台帳.csv7行");
        assert_eq!(text.row(7).column(2).whole_row(), text.row(7));
    }

    #[test]
    fn rows_of_a_table_are_told_by_their_number() {
        let register = Origin::register("登録簿");
        assert_eq!(register.row(3).column(1).to_string(), "登録簿3番");
        assert_ne!(register.row(3).column(1), register.row(3).column(2));
        assert_eq!(register.row(3).column(2).whole_row(), register.row(3));
        assert_eq!((Origin::Given.row(3), Origin::Given.name(), register.row_number()), (Origin::Given, None, None));
        let mut rows = [Source::Ledger(2), Source::PreviousRun, Source::Ledger(1), Source::Given];
        rows.sort_unstable();
        assert_eq!(rows, [Source::Given, Source::PreviousRun, Source::Ledger(1), Source::Ledger(2)]);
    }
}
