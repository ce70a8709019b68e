//! 取込エラー一覧: what was refused and is neither mended nor withdrawn, as a workbook beside the register. Places and reasons; no names.

use kansho_core::diag::Failure;
use kansho_register::feeds::Open;
use rust_xlsxwriter::{Workbook, XlsxError};
use std::io::Write;
use std::path::{Path, PathBuf};

const NAME: &str = "取込エラー一覧.xlsx";
const HEADINGS: [&str; 7] = ["番号", "符号", "シート・ファイル", "行", "列", "初めの取り込み", "理由"];

/// Where the list of a register lies.
#[must_use]
pub fn beside(register: &Path) -> PathBuf {
    register.with_file_name(NAME)
}

/// Writes the list anew, whole or not at all; without errors there is none.
///
/// # Errors
/// [`Failure::Io`] when the disk does not take it.
pub fn write(path: &Path, open: &[Open]) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::io("取込エラー一覧を書けません", path, e);
    if open.is_empty() {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let bytes = workbook(open).map_err(|error| failed(std::io::Error::other(error)))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Owner-only, as temporary files are.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map(drop).map_err(|error| failed(error.error))
}

fn workbook(open: &[Open]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("取込エラー")?;
    sheet.write_row(0, 0, HEADINGS)?;
    for (row, one) in (1..).zip(open) {
        let place = [one.row, one.column.as_deref().and_then(|column| column.parse().ok())];
        let [at, column] = place.map(|number| number.map_or_else(String::new, |number: i64| number.to_string()));
        let cells = [
            one.id.to_string(),
            one.code.clone(),
            one.sheet.clone(),
            at,
            column,
            one.since_import.to_string(),
            one.message.clone(),
        ];
        sheet.write_row(row, 0, cells)?;
    }
    sheet.set_column_width(2, 24)?.set_column_width(6, 70)?;
    workbook.save_to_buffer()
}
