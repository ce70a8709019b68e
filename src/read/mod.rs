//! Bytes → rows of cells; knows formats, knows no people.
//!
//! Takes a path; gives its sheets as rows of [`Cell`]s with their absolute place. Strict: an invalid byte, a broken workbook, a
//! password, an empty file or a zip bomb is an error with its place; nothing is guessed past an error.

pub mod delimited;
pub mod encoding;
pub mod table;
pub mod workbook;

use crate::diag::{Failure, Report};
use chrono::NaiveDate;
use std::path::Path;
use table::Sheet;

/// One cell as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Empty,
    /// Text, trimmed of nothing.
    Text(String),
    /// A number; a code column that holds one has lost its leading zeros.
    Number(f64),
    /// A day from a date cell (1900 or 1904 system).
    Date(NaiveDate),
    /// A formula without a stored value, an error value (`#N/A`), or a date that is none.
    Bad(String),
}

/// Reads every sheet of a file. `None` when the report refuses it.
///
/// # Errors
/// [`Failure::Io`] when the file cannot be opened at all.
pub fn sheets(path: &Path, report: &mut Report) -> Result<Option<Vec<Sheet>>, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io("ファイルを読めません", path, e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    Ok(match extension.as_str() {
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => workbook::sheets(&name, &extension, bytes, report),
        _ => delimited::sheet(&name, bytes, report).map(|sheet| vec![sheet]),
    })
}
