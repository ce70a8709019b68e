//! 受渡ファイルの確認: a package is opened and compared at the other end, in memory, with nothing but itself.
//!
//! Without `office/` there are no digests of the pieces. What remains is strong: the bytes of every file against the manifest, the
//! root against the paper, and the piece codes read out of every page, cell and row against the manifest's order (CK10).

use crate::emit::pack::{SEAL, hash_of_front};
use crate::notice::SheetKind;
use crate::record::manifest::{FileEntry, PieceEntry};
use crate::record::packed::{HANDOVER, MANIFEST, Packed};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_paper::pdf::read::PdfReader;
use rayon::prelude::*;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

/// Most bytes of a manifest: two million pieces.
const MANIFEST_LIMIT: u64 = 1 << 30;

/// What a package turned out to be.
#[derive(Debug)]
pub struct Opened {
    /// Its manifest.
    pub packed: Packed,
    /// Everything that differs.
    pub report: Report,
}

fn broken(what: &str) -> Diagnostic {
    Diagnostic::new(Code::PackBroken, what)
}

fn refused(diagnostic: Diagnostic) -> Failure {
    Failure::Refused(Report::from(diagnostic))
}

/// Opens a package and compares everything in it.
///
/// # Errors
/// [`Failure::Declined`] when the passphrase is wrong, [`Failure::Refused`] when it cannot be opened far enough to compare,
/// [`Failure::Io`] when the file cannot be read.
pub fn package(path: &Path, passphrase: &str) -> Result<Opened, Failure> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let file = File::open(path).map_err(|e| Failure::io("読めません", path, e))?;
    let mut seal = file.try_clone().map_err(|e| Failure::io("読めません", path, e))?;
    let unreadable = |_| refused(broken(&format!("{name}: zipとして開けません。途中で切れているか、別のファイルです")));
    let mut zip = ZipArchive::new(file).map_err(unreadable)?;
    let mut report = Report::new();
    let consistent = zip.validate_header_consistency().is_ok();
    if !sealed(&mut seal, zip.comment()) || !consistent {
        report.push(broken(&format!("{name}: 作成時から変わっています")));
    }
    extra_and_plain(&mut zip, &mut report)?;
    let mut archive = Archive { zip, passphrase, name: &name };
    // What is already found must be told even where the manifest cannot be read any more.
    let manifest = match archive.read(MANIFEST, MANIFEST_LIMIT) {
        Err(Failure::Refused(found)) => {
            report.extend(found);
            return Err(Failure::Refused(report));
        }
        other => other?,
    };
    let packed: Packed = serde_json::from_slice(&manifest)
        .map_err(|e| refused(Diagnostic::new(Code::PackManifest, format!("{MANIFEST}: 読めません: {e}"))))?;
    report.extend(packed.check());
    contents(&mut archive, &packed, &mut report)?;
    Ok(Opened { packed, report })
}

/// Whether the comment's hash is that of everything before it.
fn sealed(file: &mut File, comment: &[u8]) -> bool {
    let told = std::str::from_utf8(comment).ok().and_then(|text| text.strip_prefix(SEAL));
    let length = file.metadata().map(|m| m.len()).unwrap_or_default();
    let front = length.checked_sub(comment.len() as u64 + 2);
    front.and_then(|front| hash_of_front(file, front).ok()).as_deref() == told && told.is_some()
}

/// Every entry that is not encrypted with AES-256.
fn extra_and_plain(zip: &mut ZipArchive<File>, report: &mut Report) -> Result<(), Failure> {
    for index in 0..zip.len() {
        let name = zip.name_for_index(index).and_then(Result::ok).unwrap_or_default().into_owned();
        let info = zip.get_aes_verification_key_and_salt(index).ok().flatten();
        if !info.is_some_and(|info| matches!(info.aes_mode, zip::AesMode::Aes256)) {
            report.push(Diagnostic::new(Code::PackPlain, format!("{name}: AES-256で暗号化されていません")));
        }
    }
    Ok(())
}

/// An open archive with its passphrase.
struct Archive<'a> {
    zip: ZipArchive<File>,
    passphrase: &'a str,
    name: &'a str,
}

impl Archive<'_> {
    /// The bytes of one entry, at most `limit`.
    fn read(&mut self, entry: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        let damaged = || refused(broken(&format!("{entry}: 壊れているか、書き換えられています")));
        let mut bytes = Vec::new();
        let file = match self.zip.by_name_decrypt(entry, self.passphrase.as_bytes()) {
            Ok(file) => file,
            Err(ZipError::InvalidPassword) => {
                return Err(Failure::Declined(format!("{}: 合言葉が違います（{entry} を開けません）", self.name)));
            }
            Err(ZipError::FileNotFound) => {
                let missing = Diagnostic::new(Code::FileMissing, format!("{entry}: 受渡ファイルの中にありません"));
                return Err(refused(missing));
            }
            Err(_) => return Err(damaged()),
        };
        // One byte more than may be there: a longer file differs, however long it would become.
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|_| damaged())?;
        Ok(bytes)
    }

    /// The bytes of a listed file when they are those the manifest tells; what is wrong goes into the report.
    fn listed(&mut self, entry: &FileEntry, report: &mut Report) -> Result<Option<Vec<u8>>, Failure> {
        let bytes = match self.read(&entry.path, entry.bytes) {
            Ok(bytes) => bytes,
            // The manifest has opened with this passphrase: here it is the file that is wrong.
            Err(Failure::Declined(_)) => {
                report.push(broken(&format!("{}: 壊れているか、別の合言葉で暗号化されています", entry.path)));
                return Ok(None);
            }
            Err(Failure::Refused(found)) => {
                report.extend(found);
                return Ok(None);
            }
            Err(other) => return Err(other),
        };
        if bytes.len() as u64 == entry.bytes && hash::sha256_hex(&bytes) == entry.sha256 {
            return Ok(Some(bytes));
        }
        report.push(Diagnostic::new(Code::FileHash, format!("{}: ファイルが作成時から変わっています", entry.path)));
        Ok(None)
    }
}

/// Compares names, bytes, root, and the piece codes of what can be read.
fn contents(archive: &mut Archive<'_>, packed: &Packed, report: &mut Report) -> Result<(), Failure> {
    let present: Vec<String> = archive.zip.file_names().filter_map(Result::ok).map(|name| name.into_owned()).collect();
    let known = |name: &str| [MANIFEST, HANDOVER].contains(&name) || packed.files.iter().any(|entry| entry.path == name);
    for name in present.iter().filter(|name| !known(name)) {
        report.push(Diagnostic::new(Code::FileExtra, format!("{name}: 目録にないファイルがあります")));
    }
    if packed.computed_root() != packed.root {
        report.push(Diagnostic::new(Code::PackManifest, format!("{MANIFEST}: 照合値がファイルの一覧と合いません")));
    }
    if let Some(bytes) = archive.listed(&packed.handover, report)? {
        handover(bytes, packed, report);
    }
    for entry in &packed.files {
        let Some(bytes) = archive.listed(entry, report)? else { continue };
        match entry.path.as_str() {
            path if path.starts_with("letters-") => letters(bytes, path, packed, report),
            "stickers.pdf" => cells(bytes, SheetKind::Stickers, packed, report),
            "address-labels.pdf" => cells(bytes, SheetKind::Labels, packed, report),
            "postal.csv" => rows(&bytes, packed, report),
            _ => {}
        }
    }
    Ok(())
}

/// The sheet tells run and root as the manifest does.
fn handover(bytes: Vec<u8>, packed: &Packed, report: &mut Report) {
    let page = PdfReader::open(bytes).and_then(|reader| reader.page(0)).unwrap_or_default();
    let text: String = page.runs.iter().flat_map(|run| run.text.chars()).filter(|c| !c.is_whitespace()).collect();
    if !text.contains(&packed.run) || !text.contains(&packed.root) {
        report.push(Diagnostic::new(Code::OutputDiffers, format!("{HANDOVER}: 処理番号か照合値が目録と違います")));
    }
}

fn differs(file: &str, piece: &PieceEntry, what: &str) -> Diagnostic {
    let (no, code) = (piece.no, &piece.code);
    Diagnostic::new(Code::OutputDiffers, format!("{file}: 通し番号 {no}（{code}）の{what}に、その通知コードがありません"))
        .hint("印刷せず、渡した側に知らせてください")
}

/// Every code of the run in a text, in the text's order.
fn codes<'a>(text: &'a str, run: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(run).filter_map(move |(at, _)| {
        let rest = text.get(at..)?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        // The run id alone stands on a page too.
        rest.get(..end).filter(|code| code.len() > run.len() + 1)
    })
}

/// Each page of a letters file belongs to one piece and carries its code and no other.
fn letters(bytes: Vec<u8>, path: &str, packed: &Packed, report: &mut Report) {
    let reader = PdfReader::open(bytes).ok();
    let of_file: Vec<(&PieceEntry, &[usize])> = packed
        .pieces
        .iter()
        .filter_map(|piece| piece.outputs.letters.as_ref().filter(|l| l.file == path).map(|l| (piece, l.pages.as_slice())))
        .collect();
    let numbers = of_file.iter().flat_map(|(_, pages)| pages.iter().copied());
    let pages = reader.as_ref().map_or(0, PdfReader::page_count);
    if !numbers.eq(1..=pages) {
        report.push(Diagnostic::new(Code::OutputDiffers, format!("{path}: {pages} ページあり、目録のページと合いません")));
    }
    let own = |number: &usize, code: &str| {
        let page = reader.as_ref().and_then(|r| r.page(number.checked_sub(1)?).ok()).unwrap_or_default();
        let mut found = page.runs.iter().flat_map(|run| codes(&run.text, &packed.run)).peekable();
        found.peek().is_some() && found.all(|one| one == code)
    };
    let wrong: Vec<Diagnostic> = of_file
        .par_iter()
        .with_min_len(16)
        .filter(|(piece, pages)| pages.is_empty() || !pages.iter().all(|number| own(number, &piece.code)))
        .map(|(piece, _)| differs(path, piece, "ページ"))
        .collect();
    wrong.into_iter().for_each(|d| report.push(d));
}

/// The cells of a sheet file carry the codes of the pieces in posting order.
fn cells(bytes: Vec<u8>, kind: SheetKind, packed: &Packed, report: &mut Report) {
    let reader = PdfReader::open(bytes).ok();
    let pages = reader.as_ref().map_or(0, PdfReader::page_count);
    let found: Vec<String> = (0..pages)
        .into_par_iter()
        .flat_map_iter(|number| {
            let page = reader.as_ref().and_then(|r| r.page(number).ok()).unwrap_or_default();
            page.runs.iter().flat_map(|run| codes(&run.text, &packed.run).map(str::to_owned)).collect::<Vec<_>>()
        })
        .collect();
    let meant = packed.pieces.iter().flat_map(|piece| {
        let place = match kind {
            SheetKind::Stickers => piece.outputs.stickers.as_ref(),
            SheetKind::Labels => piece.outputs.labels.as_ref(),
        };
        std::iter::repeat_n(piece, place.map_or(0, |place| place.cells.len()))
    });
    in_order(kind.file(), "面", &found, meant, report);
}

/// The rows carry the codes of the pieces in posting order, where the shop's layout has the column at all.
fn rows(bytes: &[u8], packed: &Packed, report: &mut Report) {
    let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).unwrap_or_default();
    let found: Vec<String> = codes(&text, &packed.run).map(str::to_owned).collect();
    if found.is_empty() && !packed.pieces.is_empty() {
        let message = "postal.csv: 通知コードの列がないレイアウトです。行の順は確かめられません";
        report.push(Diagnostic { severity: kansho_core::diag::Severity::Note, ..Diagnostic::new(Code::OutputDiffers, message) });
        return;
    }
    in_order("postal.csv", "行", &found, packed.pieces.iter().filter(|piece| piece.outputs.postal.is_some()), report);
}

/// Names the first piece where what was found leaves the order; what follows is shifted and says nothing new.
fn in_order<'a>(file: &str, what: &str, found: &[String], meant: impl Iterator<Item = &'a PieceEntry>, report: &mut Report) {
    let mut found = found.iter();
    for piece in meant {
        if found.next() != Some(&piece.code) {
            report.push(differs(file, piece, what));
            return;
        }
    }
    if found.next().is_some() {
        report.push(Diagnostic::new(Code::OutputDiffers, format!("{file}: 目録より{what}が多くあります")));
    }
}
