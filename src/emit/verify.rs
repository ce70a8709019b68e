//! 読み返し: every output is read back and compared piece by piece (CK10).
//!
//! While a run is written, what is read back must equal the frames and values it was written from. Afterwards `kansho verify`
//! compares the files with `manifest.json` and each piece with the digests of `office/pieces.json`, so that an edited digit or a
//! shifted sheet is found and the piece named.

use crate::notice::{Cells, SheetKind};
use crate::record::manifest::{FileEntry, Manifest, OfficePieces, PieceEntry, RowForm};
use crate::record::rehearsal::Purpose;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_core::notice::PieceNumber;
use kansho_paper::compare;
use kansho_paper::frame::{Area, Page};
use kansho_paper::length::Mm;
use kansho_paper::pdf::read::{PageText, PdfReader};
use kansho_post::row::Field;
use kansho_post::{Layout, PostalRow};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// What was read back of a file.
#[derive(Clone, Debug)]
pub struct ReadBack {
    /// SHA-256 of the very bytes that were read back.
    pub sha256: String,
    /// The digest of each piece, in order.
    pub digests: Vec<String>,
}

/// What a page says: every text with its place to the tenth of a millimetre, and the number of drawn boxes.
fn words(page: &PageText, within: Option<[Mm; 4]>, text: &mut String) {
    let inside = |x: Mm, y: Mm| within.is_none_or(|[l, t, w, h]| x >= l && x < l + w && y >= t && y < t + h);
    for run in page.runs.iter().filter(|run| inside(run.x, run.y)) {
        let (x, y) = within.map_or((run.x, run.y), |[l, t, _, _]| (run.x - l, run.y - t));
        tenths(x, text);
        text.push(' ');
        tenths(y, text);
        text.push(' ');
        text.push_str(&run.text);
        text.push('\n');
    }
    let boxes = page.rects.iter().filter(|area| inside(area.x, area.y)).count();
    text.push_str(&format!("{boxes}\n"));
}

/// A length with one decimal.
#[allow(clippy::cast_possible_truncation, reason = "a float cast holds at the ends of the range, far beyond any paper")]
fn tenths(length: Mm, text: &mut String) {
    let value = (length.0 * 10.0).round() as i64;
    if value < 0 {
        text.push('-');
    }
    let rest = value.unsigned_abs();
    let digit = |n: u64| char::from(b'0' + u8::try_from(n % 10).unwrap_or(0));
    let mut place = 10;
    while place <= rest / 10 {
        place *= 10;
    }
    while place > 0 {
        text.push(digit(rest / place));
        if place == 10 {
            text.push('.');
        }
        place /= 10;
    }
}

fn open(path: &Path) -> Result<PdfReader, Failure> {
    Ok(open_hashed(path)?.0)
}

/// The reader of a file, and the hash of the bytes it reads.
fn open_hashed(path: &Path) -> Result<(PdfReader, String), Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io("読み返せません", path, e))?;
    let sha256 = hash::sha256_hex(&bytes);
    let reader = PdfReader::open(bytes).map_err(|e| Failure::io("読み返せません", path, std::io::Error::other(e)))?;
    Ok((reader, sha256))
}

fn differs(file: &str, piece: &PieceEntry, what: &str) -> Failure {
    Failure::Refused(Report::from(difference(file, piece.no, &piece.code, what)))
}

fn difference(file: &str, no: u32, code: &str, what: &str) -> Diagnostic {
    Diagnostic::new(Code::OutputDiffers, format!("{file}: 通し番号 {no}（{code}）の{what}が元と違います"))
        .so("この出力は渡せません")
        .hint("出力先を消して、もう一度実行してください。繰り返すときは保守担当へ")
}

/// Reads a letters file back and compares every piece.
///
/// # Errors
/// [`Failure::Refused`] naming the first piece that differs.
pub fn letters_written(path: &Path, letters: &[Vec<Page>], entries: &[PieceEntry]) -> Result<ReadBack, Failure> {
    let (reader, sha256) = open_hashed(path)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut first = 0;
    let places: Vec<(&[Page], &PieceEntry, usize)> = letters
        .iter()
        .zip(entries)
        .map(|(pages, entry)| {
            first += pages.len();
            (pages.as_slice(), entry, first - pages.len())
        })
        .collect();
    if reader.page_count() != first || letters.len() != entries.len() {
        let message = format!("{name}: {} ページあり、{first} ページのはずです", reader.page_count());
        return Err(Failure::Refused(Report::from(Diagnostic::new(Code::OutputDiffers, message))));
    }
    let digests = places
        .par_iter()
        .with_min_len(16)
        .map(|&(pages, entry, first)| {
            let mut text = String::with_capacity(12_288);
            for (page, index) in pages.iter().zip(first..) {
                let read = reader.page(index).ok().filter(|read| compare::same(read, page));
                words(&read.ok_or_else(|| differs(&name, entry, &format!("{}ページ", index + 1)))?, None, &mut text);
            }
            Ok(hash::sha256_hex(text.as_bytes()))
        })
        .collect::<Result<_, Failure>>()?;
    Ok(ReadBack { sha256, digests })
}

/// A sheet file that is read back: first sheet by sheet against the frames, then piece by piece.
pub struct SheetReader {
    reader: PdfReader,
    sha256: String,
    kind: SheetKind,
    next: usize,
}

impl SheetReader {
    /// Opens a file that was just written.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read.
    pub fn open(path: &Path, kind: SheetKind) -> Result<Self, Failure> {
        let (reader, sha256) = open_hashed(path)?;
        Ok(Self { reader, sha256, kind, next: 0 })
    }

    /// Compares the next sheets with their frames.
    ///
    /// # Errors
    /// [`Failure::Refused`] naming the sheet that differs.
    pub fn compare(&mut self, pages: &[Page]) -> Result<(), Failure> {
        let same = |(page, number): (&Page, usize)| self.reader.page(number).is_ok_and(|read| compare::same(&read, page));
        let numbers: Vec<usize> = (self.next..self.next + pages.len()).collect();
        match pages.par_iter().zip(numbers).position_first(|place| !same(place)) {
            Some(place) => Err(self.other(self.next + place)),
            None => {
                self.next += pages.len();
                Ok(())
            }
        }
    }

    fn other(&self, sheet: usize) -> Failure {
        let message = format!("{}: {} 枚目のシートが元と違います", self.kind.file(), sheet + 1);
        Failure::Refused(Report::from(Diagnostic::new(Code::OutputDiffers, message)))
    }

    /// When every sheet was compared: the digest of each piece's cells.
    ///
    /// # Errors
    /// [`Failure::Refused`] when there are more sheets, or a piece's cells do not carry its code.
    pub fn pieces(self, (boxes, cells): (&[Area], &Cells), entries: &[PieceEntry]) -> Result<ReadBack, Failure> {
        if self.reader.page_count() != self.next {
            return Err(self.other(self.next));
        }
        let boxes: Vec<[Mm; 4]> = boxes.iter().map(|b| [b.x, b.y, b.w, b.h]).collect();
        let mut digests = Vec::with_capacity(cells.len());
        for batch in cells.chunks(SHEET_BATCH) {
            let sheets = ReadSheets::of(&self.reader, &boxes, batch.iter().flat_map(|(_, cells)| cells));
            let digest = |(number, cells): &(PieceNumber, Vec<usize>)| {
                let entry = &entries[number.0 as usize - 1];
                let text = sheets.words(cells);
                let found = text.contains(&entry.code).then(|| hash::sha256_hex(text.as_bytes()));
                found.ok_or_else(|| differs(self.kind.file(), entry, "通知コード"))
            };
            digests.extend(batch.par_iter().with_min_len(64).map(digest).collect::<Result<Vec<_>, Failure>>()?);
        }
        Ok(ReadBack { sha256: self.sha256, digests })
    }
}

/// Pieces whose cells are read at once.
const SHEET_BATCH: usize = 4_096;

/// The sheets on which some cells lie.
struct ReadSheets<'a> {
    boxes: &'a [[Mm; 4]],
    /// The first of them.
    first: usize,
    pages: Vec<PageText>,
}

impl<'a> ReadSheets<'a> {
    /// Reads them; one that cannot be read is empty.
    fn of<'c>(reader: &PdfReader, boxes: &'a [[Mm; 4]], cells: impl Iterator<Item = &'c usize> + Clone) -> Self {
        let sheet = |cell: Option<&usize>| cell.map(|cell| cell.saturating_sub(1) / boxes.len().max(1));
        let (Some(first), Some(last)) = (sheet(cells.clone().min()), sheet(cells.max())) else {
            return Self { boxes, first: 0, pages: Vec::new() };
        };
        let last = last.min(reader.page_count().saturating_sub(1));
        let pages = (first..=last).into_par_iter().map(|page| reader.page(page).unwrap_or_default()).collect();
        Self { boxes, first, pages }
    }

    /// What the cells of a piece say.
    fn words(&self, cells: &[usize]) -> String {
        let mut text = String::new();
        for cell in cells.iter().filter_map(|cell| cell.checked_sub(1)) {
            let (page, place) = (cell / self.boxes.len().max(1), cell % self.boxes.len().max(1));
            let page = page.checked_sub(self.first).and_then(|page| self.pages.get(page));
            if let (Some(page), Some(area)) = (page, self.boxes.get(place)) {
                words(page, Some(*area), &mut text);
            }
        }
        text
    }
}

/// Reads the postal CSV back and compares every row; gives each row's digest.
///
/// # Errors
/// [`Failure::Refused`] naming the first piece whose row differs.
pub fn postal_written(
    path: &Path,
    meant: &[PostalRow],
    (layout, form): (&Layout, &RowForm),
    entries: &[PieceEntry],
) -> Result<ReadBack, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io("読み返せません", path, e))?;
    let read = layout.read(&bytes)?;
    if read.len() != meant.len() {
        let message = format!("postal.csv: 行が {} あり、通知は {} 通です", read.len(), meant.len());
        return Err(Failure::Refused(Report::from(Diagnostic::new(Code::OutputDiffers, message))));
    }
    if let Some(entry) = read.iter().zip(meant).zip(entries).find(|((found, meant), _)| found != meant).map(|(_, entry)| entry) {
        return Err(Failure::Refused(Report::from(difference("postal.csv", entry.no, &entry.code, "行"))));
    }
    let lines = rows(&bytes, form);
    let other = lines.iter().zip(entries).find(|(line, entry)| !holds(line, meant, entry, layout));
    if lines.len() != entries.len() {
        return Err(Failure::Refused(Report::from(Diagnostic::new(Code::OutputDiffers, "postal.csv: 行の数が通知と違います"))));
    }
    if let Some((_, entry)) = other {
        return Err(Failure::Refused(Report::from(difference("postal.csv", entry.no, &entry.code, "行"))));
    }
    Ok(ReadBack { sha256: hash::sha256_hex(&bytes), digests: lines.into_iter().map(hash::sha256_hex).collect() })
}

/// Whether the bytes of a line carry the piece's own code and postal code, where the layout has the columns: looked for without the
/// layout's reader, which is of one mind with its writer.
fn holds(line: &[u8], meant: &[PostalRow], entry: &PieceEntry, layout: &Layout) -> bool {
    let found = |field: Field| {
        let value = meant.get(entry.no as usize - 1).map(|row| row.get(field)).unwrap_or_default();
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

/// Every file below a folder but `manifest.json`, as paths with `/`, sorted.
///
/// # Errors
/// [`Failure::Io`] when a folder cannot be read, [`Failure::Declined`] when a link lies in it.
pub fn files_below(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let place = folder.join(&prefix);
        let listing = std::fs::read_dir(&place).map_err(|e| Failure::io("読めません", &place, e))?;
        for entry in listing {
            let entry = entry.map_err(|e| Failure::io("読めません", &place, e))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(|e| Failure::io("読めません", &place, e))?;
            if kind.is_symlink() {
                return Err(Failure::Declined(format!("{}: リンクです。出力フォルダーには置けません", entry.path().display())));
            }
            if kind.is_dir() {
                open.push(name + "/");
            } else if name != "manifest.json" {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Merkle root over `path sha256`.
#[must_use]
pub fn root(files: &[FileEntry]) -> String {
    hash::merkle_root(&files.iter().map(|f| format!("{} {}", f.path, f.sha256)).collect::<Vec<_>>())
}

/// Compares the bytes of every file of a folder with its manifest, and the manifest with what was read back piece by piece: what is
/// released are the very bytes that were compared.
///
/// # Errors
/// [`Failure::Declined`] when it is no output folder, [`Failure::Io`] when it cannot be read.
pub fn finished(folder: &Path, read_back: &BTreeMap<String, String>) -> Result<Report, Failure> {
    let mut report = Report::new();
    let manifest: Manifest = parse(folder, "manifest.json")?;
    files(folder, &manifest, &mut report)?;
    for (path, sha256) in read_back {
        if !manifest.files.iter().any(|entry| entry.path == *path && entry.sha256 == *sha256) {
            report.push(Diagnostic::new(Code::FileHash, format!("{path}: 読み返したあとに変わっています")));
        }
    }
    Ok(report)
}

/// Compares a released folder with its manifest and piece list; every file and every piece that differs is named.
///
/// # Errors
/// [`Failure::Declined`] when it is no output folder, [`Failure::Io`] when it cannot be read.
pub fn folder(folder: &Path) -> Result<Report, Failure> {
    let mut report = Report::new();
    let manifest: Manifest = parse(folder, "manifest.json")?;
    files(folder, &manifest, &mut report)?;
    one_run(&manifest, &mut report);
    if folder.join(PIECES).is_file() && manifest.files.iter().any(|entry| entry.path == PIECES) {
        let office: OfficePieces = parse(folder, PIECES)?;
        same_list(&manifest, &office, &mut report);
        pieces(folder, &manifest, &office, &mut report);
    } else {
        report.push(Diagnostic::new(Code::FileMissing, format!("{PIECES}: ないため、通知ごとに確かめられません")));
    }
    Ok(report)
}

/// The piece list of the office, with the digests of every piece.
const PIECES: &str = "office/pieces.json";

/// The manifest is the one the piece list was written with: every number and code, dates, counts, hashes of the inputs.
fn same_list(manifest: &Manifest, office: &OfficePieces, report: &mut Report) {
    if manifest.pieces.len() != office.pieces.len() {
        let (found, meant) = (manifest.pieces.len(), office.pieces.len());
        report.push(Diagnostic::new(Code::OutputDiffers, format!("manifest.json: 通知が {found} 通あり、{meant} 通のはずです")));
    }
    for (entry, piece) in manifest.pieces.iter().zip(&office.pieces) {
        if (entry.no, &entry.code) != (piece.no, &piece.code) {
            report.push(difference("manifest.json", piece.no, &piece.code, "番号か通知コード"));
        }
    }
    if manifest.head_sha256() != office.manifest_sha256 {
        let message = "manifest.json: 日付・件数・入力・通知の一覧のどれかが、作成時から変わっています";
        report.push(Diagnostic::new(Code::FileHash, message));
    }
}

/// Whether a released folder is a rehearsal: nothing of it may be posted.
///
/// # Errors
/// As [`folder`].
pub fn is_rehearsal(folder: &Path) -> Result<bool, Failure> {
    parse::<Manifest>(folder, "manifest.json").map(|manifest| manifest.rehearsal || Purpose::of(&manifest.run).is_rehearsal())
}

/// Every piece is of this run, and the run is a rehearsal or none.
fn one_run(manifest: &Manifest, report: &mut Report) {
    if manifest.rehearsal != Purpose::of(&manifest.run).is_rehearsal() {
        let message = format!("manifest.json: 処理番号 {} と試験の印が合いません", manifest.run);
        report.push(Diagnostic::new(Code::Rehearsal, message));
    }
    let prefix = format!("{}-", manifest.run);
    for piece in manifest.pieces.iter().filter(|piece| !piece.code.starts_with(&prefix)) {
        let message = format!(
            "manifest.json: 通し番号 {} の通知コード {} は、処理 {} のものではありません",
            piece.no, piece.code, manifest.run
        );
        report.push(Diagnostic::new(Code::Rehearsal, message));
    }
    for piece in manifest.pieces.iter().filter(|piece| Purpose::of_issue(piece.issue_no).is_rehearsal() != manifest.rehearsal) {
        let message = format!("manifest.json: 通し番号 {} の発行no {} は、試験と本番が逆です", piece.no, piece.issue_no);
        report.push(Diagnostic::new(Code::Rehearsal, message));
    }
}

fn parse<T: serde::de::DeserializeOwned>(folder: &Path, name: &str) -> Result<T, Failure> {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).map_err(|_| {
        Failure::Declined(format!("{} に {name} がありません。kansho の出力フォルダーを指定してください", folder.display()))
    })?;
    serde_json::from_str(&text).map_err(|e| Failure::Declined(format!("{} を読めません: {e}", path.display())))
}

fn files(folder: &Path, manifest: &Manifest, report: &mut Report) -> Result<(), Failure> {
    let present = files_below(folder)?;
    for entry in &manifest.files {
        if !present.contains(&entry.path) {
            report.push(Diagnostic::new(Code::FileMissing, format!("{}: 目録にあるファイルがありません", entry.path)));
            continue;
        }
        let path = folder.join(&entry.path);
        let (sha256, bytes) = hash::sha256_file(&path).map_err(|e| Failure::io("読めません", &path, e))?;
        if (sha256.as_str(), bytes) != (entry.sha256.as_str(), entry.bytes) {
            report.push(Diagnostic::new(Code::FileHash, format!("{}: ファイルが作成時から変わっています", entry.path)));
        }
    }
    for path in present.iter().filter(|path| manifest.files.iter().all(|entry| entry.path != **path)) {
        report.push(Diagnostic::new(Code::FileExtra, format!("{path}: 目録にないファイルがあります")));
    }
    if root(&manifest.files) != manifest.root {
        report.push(Diagnostic::new(Code::FileHash, "manifest.json: 目録そのものが変わっています"));
    }
    Ok(())
}

/// Compares each piece with its digests.
fn pieces(folder: &Path, manifest: &Manifest, office: &OfficePieces, report: &mut Report) {
    let mut letters: Vec<&str> =
        manifest.pieces.iter().filter_map(|p| p.outputs.letters.as_ref()).map(|l| l.file.as_str()).collect();
    letters.dedup();
    for file in letters {
        let reader = open(&folder.join(file)).ok();
        let pages = |entry: &PieceEntry| entry.outputs.letters.as_ref().filter(|l| l.file == file).map_or(0, |l| l.pages.len());
        let (found, meant) = (reader.as_ref().map_or(0, PdfReader::page_count), manifest.pieces.iter().map(pages).sum::<usize>());
        if found != meant {
            report.push(Diagnostic::new(Code::OutputDiffers, format!("{file}: {found} ページあり、{meant} ページのはずです")));
        }
        let of_file: Vec<(&PieceEntry, Option<&String>)> = manifest
            .pieces
            .iter()
            .zip(&office.pieces)
            .filter(|(entry, _)| entry.outputs.letters.as_ref().is_some_and(|l| l.file == file))
            .map(|(entry, piece)| (entry, piece.digests.get("letters")))
            .collect();
        let wrong: Vec<Diagnostic> = of_file
            .par_iter()
            .filter(|(entry, digest)| {
                let pages = entry.outputs.letters.as_ref().map(|l| l.pages.as_slice()).unwrap_or_default();
                let mut text = String::with_capacity(12_288);
                let read = |number: &usize| reader.as_ref().and_then(|r| r.page(number.checked_sub(1)?).ok());
                let whole = pages.iter().all(|number| read(number).map(|page| words(&page, None, &mut text)).is_some());
                whole.then(|| hash::sha256_hex(text.as_bytes())).as_ref() != *digest
            })
            .map(|(entry, _)| difference(file, entry.no, &entry.code, "ページ"))
            .collect();
        wrong.into_iter().for_each(|d| report.push(d));
    }
    for kind in [SheetKind::Stickers, SheetKind::Labels] {
        sheet_pieces(folder, kind, manifest, office, report);
    }
    let path = folder.join("postal.csv");
    let bytes = std::fs::read(&path).unwrap_or_default();
    let rows = rows(&bytes, &office.postal);
    if rows.len() != manifest.pieces.len() {
        let (found, meant) = (rows.len(), manifest.pieces.len());
        report.push(Diagnostic::new(Code::OutputDiffers, format!("postal.csv: 行が {found} あり、{meant} のはずです")));
    }
    for (entry, piece) in manifest.pieces.iter().zip(&office.pieces) {
        let row = entry.outputs.postal.as_ref().and_then(|r| rows.get(r.row.checked_sub(1)?));
        let found = row.map(|row| hash::sha256_hex(row));
        if found.as_ref() != piece.digests.get("postal") {
            report.push(difference("postal.csv", entry.no, &entry.code, "行"));
        }
    }
}

fn sheet_pieces(folder: &Path, kind: SheetKind, manifest: &Manifest, office: &OfficePieces, report: &mut Report) {
    let Some(boxes) = office.sheets.get(kind.file()) else { return };
    let place = |entry: &PieceEntry| match kind {
        SheetKind::Stickers => entry.outputs.stickers.as_ref().map(|place| place.cells.clone()),
        SheetKind::Labels => entry.outputs.labels.as_ref().map(|place| place.cells.clone()),
    };
    let listed = manifest.pieces.iter().zip(&office.pieces);
    let list: Vec<_> = listed.filter_map(|(entry, piece)| Some((entry, piece.digests.get(kind.key()), place(entry)?))).collect();
    let reader = open(&folder.join(kind.file())).ok();
    for batch in list.chunks(SHEET_BATCH) {
        let sheets = reader.as_ref().map(|reader| ReadSheets::of(reader, boxes, batch.iter().flat_map(|(_, _, cells)| cells)));
        let differs = |(entry, digest, cells): &(&PieceEntry, Option<&String>, Vec<usize>)| {
            let found = sheets.as_ref().map(|sheets| hash::sha256_hex(sheets.words(cells).as_bytes()));
            (found.as_ref() != *digest).then(|| difference(kind.file(), entry.no, &entry.code, "面"))
        };
        batch.par_iter().with_min_len(64).filter_map(differs).collect::<Vec<_>>().into_iter().for_each(|d| report.push(d));
    }
}
