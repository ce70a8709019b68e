//! CSV and TSV, strictly: what a lenient reader would mend in silence is refused, one message a cause.

use crate::read::encoding;
use crate::read::shape::{self, Fault, NAMED, Ragged, Tally};
use crate::read::table::{Sheet, Source};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::origin::Origin;

/// How much of the beginning tells commas from tabs.
const BEGINNING: usize = 1 << 16;
/// DOS's mark of the end of a file.
const END_OF_FILE: u8 = 0x1A;

/// The one sheet of a delimited file; `None` when it is refused.
pub fn sheet(name: &str, bytes: Vec<u8>, report: &mut Report) -> Option<Sheet> {
    let origin = Origin::file(name);
    let (mut bytes, encoding) = match encoding::accept(name, bytes) {
        Ok(accepted) => accepted,
        Err(problem) => {
            report.push(problem);
            return None;
        }
    };
    bytes.pop_if(|last| *last == END_OF_FILE);
    if bytes.iter().all(u8::is_ascii_whitespace) || bytes.len() < 4096 && encoding.text(&bytes).trim().is_empty() {
        report.push(Diagnostic::new(Code::FileEmpty, "ファイルが空です").at(&origin));
        return None;
    }
    let delimiter = delimiter(&bytes);
    let (shape, faults) = shape::look(&bytes, delimiter, delimiter == b'\t');
    for (fault, tally) in &faults {
        report.push(told(&origin, *fault, tally));
    }
    let source = Source::Text { bytes, encoding, delimiter, shape };
    faults.is_empty().then(|| Sheet { origin, name: String::new(), hidden: false, source })
}

/// Tab or comma: of which there are more outside quotes in the beginning of the file.
fn delimiter(bytes: &[u8]) -> u8 {
    let (mut quoted, mut tabs, mut commas) = (false, 0, 0);
    for byte in bytes.iter().take(BEGINNING) {
        match byte {
            b'"' => quoted = !quoted,
            b'\t' if !quoted => tabs += 1,
            b',' if !quoted => commas += 1,
            _ => {}
        }
    }
    if tabs > commas { b'\t' } else { b',' }
}

fn told(origin: &Origin, fault: Fault, tally: &Tally) -> Diagnostic {
    let (what, hint) = match fault {
        Fault::Unclosed => (
            "引用符（\"）で始まる欄が閉じていません。その後ろの行が一つの欄に取り込まれています",
            "その行の引用符を直すか、抽出し直してください",
        ),
        Fault::AfterQuote => (
            "閉じた引用符（\"）の後ろに文字があります",
            "欄の中の引用符は二つ重ねて（\"\"）書き、欄の全体を引用符で囲んでください",
        ),
        Fault::QuoteInside => (
            "引用符（\"）で始まっていない欄の中に引用符があります",
            "欄の中の引用符は二つ重ねて（\"\"）書き、欄の全体を引用符で囲んでください",
        ),
        Fault::BareCr => ("行の終わりが CR だけです", "改行を CRLF にして保存し直してください"),
    };
    let rows: Vec<String> = tally.first.iter().map(|line| format!("{line}行")).collect();
    let first = tally.first.first().copied().unwrap_or_default();
    let message = if tally.rows == 1 { what.to_owned() } else { format!("{what}（{}）", listed(&rows, tally.rows)) };
    Diagnostic::new(Code::CsvSyntax, message).at(&origin.row(first)).hint(hint)
}

/// Rows whose number of fields is not the header's, told for the file as a whole.
pub(super) fn ragged(origin: &Origin, ragged: &Ragged) -> Diagnostic {
    let rows: Vec<String> = ragged.first.iter().map(|(line, fields)| format!("{line}行は{fields}列")).collect();
    let first = ragged.first.first().map_or(0, |(line, _)| *line);
    let message = format!("見出しの {} 列と列の数が違う行があります（{}）", ragged.wanted, listed(&rows, ragged.rows));
    let hint = "途中で切れた行や、区切りの , を含む欄がないか確かめ、抽出し直してください。Excel は CSV で保存するとき行の終わりの空の列を落とすことがあります。その場合は xlsx のまま指定してください";
    Diagnostic::new(Code::CsvSyntax, message).at(&origin.row(first)).hint(hint)
}

/// The first rows, and how many there are.
fn listed(rows: &[String], all: u32) -> String {
    let words = rows.join("、");
    if usize::try_from(all).is_ok_and(|all| all > NAMED) { format!("{words} ほか、合わせて {all} 行") } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_told_from_what_stands_outside_quotes() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a\tb\n1\t2\n", b'\t'),
            ("\"a\tb\tc\td\",e\n", b','),
            ("\"一\r\n二,三,四\"\tb\n", b'\t'),
            ("表題\na\tb\tc\n", b'\t'),
            ("a\n", b','),
        ] {
            assert_eq!(delimiter(text.as_bytes()), expected, "{text:?}");
        }
    }
}
