//! `postal.csv`: one row a piece, in posting order.

use crate::desk::bundle::packed::{Packed, PackedCounts};
use crate::desk::outputs::{Job, Made, Output, ReadBack, Released, codes, difference, differs, in_order, other};
use crate::desk::shop::Shrunk;
use crate::notice::piece::Piece;
use crate::record::manifest::{PieceEntry, Place, Row, RowForm};
use encoding_rs::SHIFT_JIS;
use kansho_core::diag::{Diagnostic, Failure, Report, Severity};
use kansho_core::hash;
use kansho_core::keys::DecisionKey;
use kansho_post::row::Field;
use kansho_post::{Layout, PostalRow};
use rayon::prelude::*;
use std::path::Path;

const FILE: &str = "postal.csv";
/// Rows made at once.
const ROWS_AT_ONCE: usize = 4_096;

/// 郵便CSV.
#[derive(Debug)]
pub(super) struct PostalCsv;

impl Output for PostalCsv {
    fn key(&self) -> &'static str {
        "postal"
    }

    fn owns(&self, path: &str) -> bool {
        path == FILE
    }

    fn leaves(&self) -> bool {
        true
    }

    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
        let shop = &job.inputs.settings.shop;
        let several = |list: Vec<Diagnostic>| {
            let mut report = Report::new();
            list.into_iter().for_each(|problem| report.push(problem));
            Failure::Refused(report)
        };
        let mut bytes = shop.layout.header_bytes().map_err(several)?;
        let (end, width) = (shop.layout.line_end().to_owned(), shop.layout.row_width());
        made.rows = RowForm { header: bytes.len(), end, width };
        let mut rows: Vec<PostalRow> = Vec::with_capacity(job.pieces.len());
        for batch in job.pieces.chunks(ROWS_AT_ONCE) {
            let first = rows.len();
            let row = |(place, (_, piece)): (usize, &(DecisionKey, Piece))| {
                let shrunk =
                    shop.row(piece, piece.number.0 as usize, |line| job.mailing.mark(first + place, line)).map_err(several)?;
                let read = shop.layout.as_read(&shrunk.row).map_err(several)?;
                Ok((shrunk, read))
            };
            for (Shrunk { bytes: line, uses, .. }, read) in
                batch.par_iter().enumerate().map(row).collect::<Result<Vec<_>, Failure>>()?
            {
                bytes.extend_from_slice(&line);
                made.substituted.extend((!uses.is_empty()).then_some((rows.len(), uses)));
                rows.push(read);
            }
        }
        job.stage.write(FILE, &bytes)?;
        let read = read_back(&job.stage.path().join(FILE), &rows, (&shop.layout, &made.rows), &made.entries)?;
        made.read_back.insert(FILE.to_owned(), read.sha256);
        made.counts.postal_rows = read.digests.len();
        for (index, digest) in read.digests.into_iter().enumerate() {
            made.enter(self, index, Place::Row(Row { file: FILE.to_owned(), row: index + 1 }), digest);
        }
        Ok(())
    }

    fn compare(&self, released: &Released<'_>, report: &mut Report) {
        let pieces = &released.manifest.pieces;
        let bytes = std::fs::read(released.folder.join(FILE)).unwrap_or_default();
        let rows = rows(&bytes, &released.office.postal);
        if rows.len() != pieces.len() {
            report.push(other(format!("{FILE}: 行が {} あり、{} のはずです", rows.len(), pieces.len())));
        }
        for (entry, piece) in pieces.iter().zip(&released.office.pieces) {
            let row = entry.outputs.row(self.key()).and_then(|r| rows.get(r.row.checked_sub(1)?));
            if row.map(|row| hash::sha256_hex(row)).as_ref() != piece.digests.get(self.key()) {
                report.push(difference(FILE, (entry.no, &entry.code), "行"));
            }
        }
    }

    /// The rows carry the codes of the pieces in posting order, where the shop's layout has the column at all.
    fn compare_packed(&self, path: &str, bytes: Vec<u8>, packed: &Packed, report: &mut Report) {
        let text = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes).unwrap_or_default();
        let found: Vec<String> = codes(&text, &packed.run).map(str::to_owned).collect();
        if found.is_empty() && !packed.pieces.is_empty() {
            let message = format!("{path}: 通知コードの列がないレイアウトです。行の順は確かめられません");
            report.push(Diagnostic { severity: Severity::Note, ..other(message) });
            return;
        }
        in_order(path, "行", &found, packed.pieces.iter().filter(|piece| piece.outputs.row(self.key()).is_some()), report);
    }

    fn holds(&self, _path: &str, _bytes: &dyn Fn() -> Option<Vec<u8>>, packed: &Packed) -> String {
        format!("郵便CSV {} 行（見出しを除く）", packed.counts.postal_rows)
    }

    fn total(&self, counts: &PackedCounts) -> Option<(&'static str, String)> {
        Some(("郵便CSV", format!("{} 行", counts.postal_rows)))
    }
}

/// Reads the postal CSV back and compares every row; gives each row's digest.
///
/// # Errors
/// [`Failure::Refused`] naming the first piece whose row differs.
fn read_back(
    path: &Path,
    meant: &[PostalRow],
    (layout, form): (&Layout, &RowForm),
    entries: &[PieceEntry],
) -> Result<ReadBack, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io("読み返せません", path, e))?;
    let read = layout.read(&bytes)?;
    if read.len() != meant.len() {
        let message = format!("{FILE}: 行が {} あり、通知は {} 通です", read.len(), meant.len());
        return Err(Failure::Refused(Report::from(other(message))));
    }
    if let Some(entry) = read.iter().zip(meant).zip(entries).find(|((found, meant), _)| found != meant).map(|(_, entry)| entry) {
        return Err(differs(FILE, entry, "行"));
    }
    let lines = rows(&bytes, form);
    let wrong =
        lines.iter().zip(meant).zip(entries).find(|((line, meant), _)| !holds(line, meant, layout)).map(|(_, entry)| entry);
    if lines.len() != entries.len() {
        return Err(Failure::Refused(Report::from(other(format!("{FILE}: 行の数が通知と違います")))));
    }
    if let Some(entry) = wrong {
        return Err(differs(FILE, entry, "行"));
    }
    Ok(ReadBack { sha256: hash::sha256_hex(&bytes), digests: lines.into_iter().map(hash::sha256_hex).collect() })
}

/// Whether the bytes of a line carry the piece's own code and postal code, where the layout has the columns: looked for without the
/// layout's reader, which is of one mind with its writer.
fn holds(line: &[u8], meant: &PostalRow, layout: &Layout) -> bool {
    let found = |field: Field| {
        let value = meant.get(field);
        !layout.has(field) || line.windows(value.len().max(1)).any(|part| part == value.as_bytes())
    };
    found(Field::PieceCode) && found(Field::PostalDigits)
}

/// The data rows of a postal file, byte by byte.
fn rows<'a>(bytes: &'a [u8], form: &RowForm) -> Vec<&'a [u8]> {
    let body = bytes.get(form.header..).unwrap_or_default();
    if form.end.is_empty() {
        return body.chunks(form.width.max(1)).collect();
    }
    let end = form.end.as_bytes();
    let mut rows = Vec::new();
    let mut start = 0;
    for at in 0..body.len() {
        // Second bytes of Shift_JIS start at 0x40: no line end hides in a character.
        if at >= start && body[at..].starts_with(end) {
            rows.push(&body[start..at]);
            start = at + end.len();
        }
    }
    if start < body.len() {
        rows.push(&body[start..]);
    }
    rows
}
