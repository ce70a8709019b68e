//! Files as offices have them: a base of sound people, faults put into it, and what must come of each.

pub(crate) mod base;
pub(crate) mod cases;
pub(crate) mod faults;
pub(crate) mod files;
pub(crate) mod oracle;
pub(crate) mod table;
pub(crate) mod whole;

/// The types of a workbook's cell that a text cannot have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Date,
    Formula,
    Error,
    /// TRUE or FALSE.
    Truth,
    /// Text in the last cell that a sheet can have.
    Far,
}

impl Kind {
    /// The type and value of a cell that is written as `#型 値`.
    pub(crate) fn of(cell: &str) -> Option<(Self, &str)> {
        let (word, value) = cell.strip_prefix('#')?.split_once(' ')?;
        let kind = match word {
            "数値" => Self::Number,
            "日付" => Self::Date,
            "式" => Self::Formula,
            "エラー" => Self::Error,
            "真偽" => Self::Truth,
            "果て" => Self::Far,
            _ => return None,
        };
        Some((kind, value))
    }
}
