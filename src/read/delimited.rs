//! CSV and TSV.

use crate::diag::{Code, Diagnostic, Report};
use crate::origin::Origin;
use crate::read::encoding;
use crate::read::table::{Sheet, Source};

/// The one sheet of a delimited file; `None` when it is refused.
pub fn sheet(name: &str, bytes: &[u8], report: &mut Report) -> Option<Sheet> {
    let origin = Origin::file(name);
    let text = match encoding::decode(name, bytes) {
        Ok(text) => text,
        Err(problem) => {
            report.push(problem);
            return None;
        }
    };
    if text.trim().is_empty() {
        report.push(Diagnostic::new(Code::FileEmpty, "ファイルが空です").at(&origin));
        return None;
    }
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.matches('\t').count() > first.matches(',').count() { b'\t' } else { b',' };
    Some(Sheet { origin, name: String::new(), source: Source::Text { text, delimiter } })
}
