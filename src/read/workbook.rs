//! xlsx, xls, xlsb, ods by calamine; sizes are looked at before anything is unpacked.

use crate::diag::{Code, Diagnostic, Report};
use crate::origin::Origin;
use crate::read::Cell;
use crate::read::table::{Sheet, Source};
use calamine::{Data, Reader, open_workbook_auto_from_rs};
use chrono::NaiveDate;
use std::io::Cursor;
use std::sync::Arc;

/// Largest unpacked size of a workbook; 1,000,000 residents are about 600 MB of XML.
const MOST_UNPACKED: u64 = 4 << 30;
/// Largest ratio of unpacked to packed size; office workbooks stay below 40.
const MOST_RATIO: u64 = 400;
/// Unpacked sizes below this are never suspicious.
const ALWAYS_FINE: u64 = 64 << 20;

/// The sheets of a workbook; `None` when it is refused.
pub fn sheets(name: &str, extension: &str, bytes: Vec<u8>, report: &mut Report) -> Option<Vec<Sheet>> {
    let file = Origin::file(name);
    let mut refuse = |code: Code, message: String| {
        report.push(Diagnostic::new(code, message).at(&file));
        None
    };
    if bytes.is_empty() {
        return refuse(Code::FileEmpty, "ファイルが空です".to_owned());
    }
    // A protected xlsx is an OLE compound file with an EncryptedPackage stream, not a zip.
    let compound = bytes.starts_with(b"\xD0\xCF\x11\xE0");
    if compound && extension != "xls" {
        let protected = find_utf16(&bytes, "EncryptedPackage");
        return if protected {
            refuse(Code::FileProtected, "パスワードで保護されています".to_owned())
        } else {
            refuse(Code::FileUnreadable, format!("拡張子は .{extension} ですが、別の形式のファイルです"))
        };
    }
    if !compound && let Err((code, message)) = unpacked_size(&bytes) {
        return refuse(code, message);
    }
    let mut book = match open_workbook_auto_from_rs(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(problem) => {
            let words = problem.to_string();
            return if words.to_lowercase().contains("password") {
                refuse(Code::FileProtected, "パスワードで保護されています".to_owned())
            } else {
                refuse(Code::FileUnreadable, format!("表計算ファイルとして読めません（{words}）"))
            };
        }
    };
    let mut found = Vec::new();
    for sheet in book.sheet_names() {
        let origin = Origin { sheet: Some(Arc::from(sheet.as_str())), ..file.clone() };
        match book.worksheet_range(&sheet) {
            Ok(range) => {
                let (row, column) = range.start().unwrap_or((0, 0));
                let rows = range.rows().map(|line| line.iter().map(cell).collect()).collect();
                found.push(Sheet { origin, name: sheet, source: Source::Cells { row: row + 1, column: column + 1, rows } });
            }
            Err(problem) => {
                let message = format!("シートを読めません（{problem}）");
                report.push(Diagnostic::new(Code::FileUnreadable, message).at(&origin));
                return None;
            }
        }
    }
    if found.iter().all(|sheet| matches!(&sheet.source, Source::Cells { rows, .. } if rows.is_empty())) {
        report.push(Diagnostic::new(Code::FileEmpty, "ファイルが空です").at(&file));
        return None;
    }
    Some(found)
}

fn unpacked_size(bytes: &[u8]) -> Result<(), (Code, String)> {
    let broken = |e: zip::result::ZipError| (Code::FileUnreadable, format!("表計算ファイルとして読めません（{e}）"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let (mut packed, mut unpacked) = (0_u64, 0_u64);
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        packed += entry.compressed_size();
        unpacked = unpacked.saturating_add(entry.size());
    }
    let ratio = unpacked / packed.max(1);
    if unpacked > MOST_UNPACKED || (unpacked > ALWAYS_FINE && ratio > MOST_RATIO) {
        let message = format!("展開すると {} MB（{ratio} 倍）になるため、開きません", unpacked >> 20);
        return Err((Code::FileBomb, message));
    }
    Ok(())
}

fn find_utf16(bytes: &[u8], word: &str) -> bool {
    let wanted: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(wanted.len()).any(|w| w == wanted)
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) if text.is_empty() => Cell::Empty,
        Data::String(text) | Data::DurationIso(text) => Cell::Text(text.clone()),
        #[allow(
            clippy::cast_precision_loss,
            reason = "a workbook's numbers are doubles; codes above 2^53 are refused as inexact"
        )]
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::Bool(value) => Cell::Text(if *value { "TRUE" } else { "FALSE" }.to_owned()),
        Data::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            // Serials up to 60 hold the 1900 leap-year fault and nobody alive needs them.
            let real = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
            match real {
                Some(day) if moment.as_f64() > 60.0 => Cell::Date(day),
                _ => Cell::Bad(format!("日付のセルの値 {}", moment.as_f64())),
            }
        }
        Data::DateTimeIso(text) => match text.get(..10).and_then(|day| day.parse().ok()) {
            Some(day) => Cell::Date(day),
            None => Cell::Bad("日付のセル".to_owned()),
        },
        Data::Error(problem) => Cell::Bad(format!("エラー値 {problem}")),
    }
}
