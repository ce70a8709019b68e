//! Bytes → rows of cells; knows formats, knows no people.
//!
//! Takes a path; gives its sheets as rows of [`Cell`]s with their absolute place. Strict: an invalid byte, an open quote, a row of
//! another length than the header, a broken workbook, a password, an empty file or a zip bomb is an error with its place; nothing is
//! guessed past an error.

mod compound;
pub mod delimited;
pub mod encoding;
pub mod grid;
pub mod guarded;
pub(crate) mod moment;
mod ods;
mod package;
pub mod shape;
pub mod table;
pub mod workbook;

use chrono::NaiveDate;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::origin::Origin;
use std::borrow::Cow;
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
    /// A day from a date cell (1900 or 1904 system): of 1850–2200, or 9999-12-31.
    Date(NaiveDate),
    /// A formula without a stored value, an error value (`#N/A`), or a date that is none.
    Bad(String),
}

/// What spreadsheets write for a value that could not be computed, in CSV too.
const ERRORS: [&str; 10] =
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"];

impl Cell {
    /// A cell of a text.
    fn of_text(text: Cow<'_, str>) -> Self {
        let error = text.starts_with('#') && ERRORS.contains(&text.as_ref())
            || text.strip_prefix("Err:").is_some_and(|number| number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()));
        if text.is_empty() {
            Self::Empty
        } else if error {
            Self::Bad(format!("エラー値 {text}"))
        } else if text.len() > 2 && text.bytes().all(|b| b == b'#') {
            Self::Bad("列の幅が足りず # で表示された値".to_owned())
        } else {
            Self::Text(text.into_owned())
        }
    }
}

/// What the bytes are, whatever the extension says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Zip,
    Compound,
    Markup,
    Text,
}

impl Kind {
    fn of(bytes: &[u8]) -> Self {
        let beginning = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            Self::Zip
        } else if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            Self::Compound
        } else if beginning.starts_with(b"<") {
            Self::Markup
        } else {
            Self::Text
        }
    }

    /// What a file of this kind is, and what to do when the extension says another.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Zip => (
                "xlsx か ods の表計算ファイル",
                "拡張子を中身に合わせる（xlsx、ods）か、表計算ソフトで開いて xlsx で保存し直してください",
            ),
            Self::Compound => ("xls の表計算ファイル", "拡張子を xls に直すか、表計算ソフトで開いて xlsx で保存し直してください"),
            Self::Markup => ("HTML か XML の文書", "表計算ソフトで開いて xlsx で保存し直してください"),
            Self::Text => (
                "CSV などの文字だけのファイル",
                "中身が CSV なら拡張子を csv に直してください。ほかのものなら抽出し直してください",
            ),
        }
    }
}

/// Reads every sheet of a file. `None` when the report refuses it.
///
/// # Errors
/// [`Failure::Io`] when the file cannot be opened at all.
pub fn sheets(path: &Path, report: &mut Report) -> Result<Option<Vec<Sheet>>, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io("ファイルを読めません", path, e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(of_bytes(&name, bytes, report))
}

/// Reads every sheet of a file of this name. `None` when the report refuses it.
pub fn of_bytes(name: &str, bytes: Vec<u8>, report: &mut Report) -> Option<Vec<Sheet>> {
    let extension = Path::new(name).extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if bytes.is_empty() {
        report.push(Diagnostic::new(Code::FileEmpty, "ファイルが空です").at(&Origin::file(name)));
        return None;
    }
    let kind = Kind::of(&bytes);
    let fits = match extension.as_str() {
        // A protected xlsx is a compound file.
        "xlsx" | "xlsm" | "xlsb" => kind == Kind::Zip || kind == Kind::Compound && workbook::is_protected(&bytes),
        "ods" => kind == Kind::Zip,
        "xls" => kind == Kind::Compound,
        _ => matches!(kind, Kind::Text | Kind::Markup),
    };
    if !fits {
        let (what, hint) = kind.words();
        let message = format!("拡張子は .{extension} ですが、中身は{what}です");
        report.push(Diagnostic::new(Code::FileUnreadable, message).at(&Origin::file(name)).hint(hint));
        return None;
    }
    match extension.as_str() {
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => workbook::sheets(name, &extension, &bytes, report),
        _ => delimited::sheet(name, bytes, report).map(|sheet| vec![sheet]),
    }
}
