//! 刷り直し: the letters of some pieces again, page by page as they were: same numbers, same codes, no new 発行no (CK20).
//!
//! A sheet of stickers or labels is several people's; of those the list tells the cells, and nothing is copied.

use crate::desk::bundle::stage::Stage;
use crate::desk::outputs::letters;
use crate::record::manifest::{Manifest, OfficePieces, PieceEntry};
use crate::record::table;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_paper::pdf::excerpt;
use kansho_paper::pdf::read::PdfReader;
use kansho_register::batches::Piece;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LIST: &str = "reprint.csv";
const LETTERS: &str = "letters";

/// Writes the letters of the pieces and their list into `out`, and reads every page back.
///
/// # Errors
/// [`Failure::Declined`] when there is nothing to print or `out` is not free; [`Failure::Refused`] when a page is not what it was;
/// [`Failure::Io`] when the disk does not take it.
pub fn write(folder: &Path, manifest: &Manifest, pieces: &[Piece], out: &Path) -> Result<(), Failure> {
    if pieces.is_empty() {
        return Err(Failure::Declined("条件に合う通知がないため、刷り直しは作りません".to_owned()));
    }
    let office = folder.join("office").join("pieces.json");
    let text = std::fs::read_to_string(&office).map_err(|e| Failure::io("読めません", &office, e))?;
    let office: OfficePieces =
        serde_json::from_str(&text).map_err(|_| Failure::Declined("office/pieces.json を読めません".to_owned()))?;
    let digests: BTreeMap<u32, &String> = office.pieces.iter().filter_map(|p| Some((p.no, p.digests.get(LETTERS)?))).collect();
    let wanted: BTreeSet<u64> = pieces.iter().map(|piece| piece.no).collect();
    let entries: Vec<&PieceEntry> = manifest.pieces.iter().filter(|entry| wanted.contains(&u64::from(entry.no))).collect();
    let mut by_file: BTreeMap<&str, Vec<&PieceEntry>> = BTreeMap::new();
    for entry in entries {
        if let Some(pages) = entry.outputs.pages(LETTERS) {
            by_file.entry(&pages.file).or_default().push(entry);
        }
    }
    let stage = Stage::open(out)?;
    let mut rows =
        vec![["通し番号", "発行no", "通知コード", "ファイル", "ページ", "元のページ", "シールの面"].map(str::to_owned)];
    for (file, entries) in by_file {
        let path = folder.join(file);
        let bytes = std::fs::read(&path).map_err(|e| Failure::io("読めません", &path, e))?;
        let old = |entry: &PieceEntry| entry.outputs.pages(LETTERS).map(|pages| pages.pages.clone()).unwrap_or_default();
        let pages: BTreeSet<usize> = entries.iter().flat_map(|entry| old(entry)).collect();
        let copied = excerpt::pages(&bytes, &pages).map_err(|e| Failure::io("ページを写せません", &path, e))?;
        stage.write(file, &copied)?;
        let reader = PdfReader::open(copied).map_err(|e| Failure::io("読み返せません", &path, std::io::Error::other(e)))?;
        let mut next = 1;
        for entry in entries {
            let old = old(entry);
            let new: Vec<usize> = (next..next + old.len()).collect();
            next += old.len();
            if letters::digest(&reader, &new).as_ref() != digests.get(&entry.no).copied() {
                let message = format!("{file}: 通し番号 {} の刷り直しが元と違います", entry.no);
                return Err(Failure::Refused(Report::from(Diagnostic::new(Code::OutputDiffers, message))));
            }
            let cells = entry.outputs.cells("stickers").map(|place| list(&place.cells)).unwrap_or_default();
            rows.push([
                entry.no.to_string(),
                entry.issue_no.to_string(),
                entry.code.clone(),
                file.to_owned(),
                list(&new),
                list(&old),
                cells,
            ]);
        }
    }
    stage.write(LIST, format!("\u{FEFF}{}", table::lines(rows)).as_bytes())?;
    stage.verified().release()
}

fn list(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}
