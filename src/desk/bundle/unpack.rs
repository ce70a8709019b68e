//! 受渡ファイルの確認: a package is opened and compared at the other end, in memory, with nothing but itself.
//!
//! Without `office/` there are no digests of the pieces. What remains is strong: the bytes of every file against the manifest, the
//! root against the paper, and the piece codes read out of every page, cell and row against the manifest's order (CK10).

use crate::desk::bundle::pack::{SEAL, hash_of_front};
use crate::desk::bundle::packed::{HANDOVER, MANIFEST, Packed};
use crate::desk::outputs::{self, List};
use crate::record::manifest::FileEntry;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_paper::pdf::read::PdfReader;
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
pub fn package(path: &Path, passphrase: &str, outputs: List<'_>) -> Result<Opened, Failure> {
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
    report.extend(packed.check(outputs));
    contents(&mut archive, &packed, outputs, &mut report)?;
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
fn contents(archive: &mut Archive<'_>, packed: &Packed, outputs: List<'_>, report: &mut Report) -> Result<(), Failure> {
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
        if let Some(output) = outputs::owner(outputs, &entry.path) {
            output.compare_packed(&entry.path, bytes, packed, report);
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
