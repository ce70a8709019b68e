//! CSV and TSV.

use crate::diag::{Code, Diagnostic, Report};
use crate::origin::Origin;
use crate::read::encoding;
use crate::read::table::{Sheet, Source};

/// The one sheet of a delimited file; `None` when it is refused.
pub fn sheet(name: &str, bytes: Vec<u8>, report: &mut Report) -> Option<Sheet> {
    let origin = Origin::file(name);
    let (bytes, encoding) = match encoding::accept(name, bytes) {
        Ok(accepted) => accepted,
        Err(problem) => {
            report.push(problem);
            return None;
        }
    };
    if bytes.iter().all(u8::is_ascii_whitespace) || bytes.len() < 4096 && encoding.text(&bytes).trim().is_empty() {
        report.push(Diagnostic::new(Code::FileEmpty, "ファイルが空です").at(&origin));
        return None;
    }
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| first.iter().filter(|b| **b == delimiter).count();
    let delimiter = if count(b'\t') > count(b',') { b'\t' } else { b',' };
    Some(Sheet { origin, name: String::new(), source: Source::Text { bytes, encoding, delimiter } })
}
