//! 受け渡し: a verified folder → the package and the paper copy of its hand-over sheet.

use crate::desk::bundle::packed::{HANDOVER, Packed};
use crate::desk::bundle::stage::{self, NewFile};
use crate::desk::bundle::{pack, unpack, verify};
use crate::desk::outputs::{self, List};
use crate::notice::Office;
use crate::notice::handover::{self, Handover, HandoverFile};
use crate::record::manifest::Manifest;
use chrono::NaiveDate;
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_core::hash;
use kansho_paper::compare;
use kansho_paper::font::Fonts;
use kansho_paper::pdf::{self, Info};
use kansho_rules::RuleBook;
use kansho_rules::decide::programme;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What a finished hand-over tells.
#[derive(Debug)]
pub struct HandedOver {
    /// The manifest of the package.
    pub packed: Packed,
    /// Names of the run's files that stay, outside `office/`.
    pub left: Vec<String>,
    /// The office's copy of the sheet.
    pub sheet: PathBuf,
}

/// Where the office's copy of the sheet lies: beside the package.
#[must_use]
pub fn sheet_path(package: &Path) -> PathBuf {
    let stem = package.file_stem().unwrap_or_default().to_string_lossy();
    package.with_file_name(format!("{stem}-{HANDOVER}"))
}

/// Refuses targets that exist, and a target inside the folder that is handed over.
///
/// # Errors
/// [`Failure::Declined`] naming the file.
pub fn ensure_free(folder: &Path, package: &Path) -> Result<(), Failure> {
    for path in [package.to_path_buf(), sheet_path(package)] {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::Declined(format!(
                "{} はすでにあります。上書きはしません。別の名前を指定してください",
                path.display()
            )));
        }
    }
    let place = parent(package);
    let inside = place.canonicalize().is_ok_and(|place| folder.canonicalize().is_ok_and(|folder| place.starts_with(folder)));
    if inside {
        return Err(Failure::Declined(format!(
            "{} は出力フォルダーの中です。出力フォルダーの外を指定してください",
            package.display()
        )));
    }
    Ok(())
}

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The folder of settings with the book that answers on a day.
pub type BookOn<'a> = dyn Fn(NaiveDate) -> Result<Folder, Failure> + 'a;

/// What a sealed run tells besides its folder.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    /// Root of the folder that was approved.
    pub root: &'a str,
    /// The last entry of the register's log, `SEQ:HASH`.
    pub log_head: &'a str,
}

/// Writes the package of a folder, which must be what was written, into a file and reads it back; gives its manifest and the hand-over sheet.
///
/// # Errors
/// As [`hand_over`].
pub fn write(
    folder: &Path,
    (file, path): (&mut File, &Path),
    passphrase: &str,
    outputs: List<'_>,
    (book_on, sealed): (&BookOn<'_>, Option<Sealed<'_>>),
) -> Result<(Packed, Vec<u8>), Failure> {
    let manifest = verified(folder, outputs)?;
    let mut packed = Packed::of(&manifest, outputs);
    if let Some(sealed) = sealed {
        packed.approved(sealed.root);
    }
    let as_of = packed.as_of.parse().map_err(|_| Failure::Declined("manifest.json の基準日を読めません".to_owned()))?;
    let sheet = sheet(folder, &packed, outputs, (&book_on(as_of)?, sealed.map(|sealed| sealed.log_head)))?;
    packed.handover.sha256 = hash::sha256_hex(&sheet);
    packed.handover.bytes = sheet.len() as u64;
    pack::write(file, folder, &packed, &sheet, passphrase)?;
    let opened = unpack::package(path, passphrase, outputs)?;
    if opened.report.refuses() || opened.packed != packed {
        return Err(Failure::Refused(opened.report));
    }
    Ok((packed, sheet))
}

/// Verifies the folder, writes the package beside its name, reads it back, and only then gives it the name.
///
/// # Errors
/// [`Failure::Refused`] when the folder is not what was written or the package does not read back; [`Failure::Declined`] when a
/// target is not free or the folder is no output of ours; [`Failure::Io`] when the disk does not take it. Nothing is left then.
pub fn hand_over(
    folder: &Path,
    package: &Path,
    passphrase: &str,
    outputs: List<'_>,
    book_on: &BookOn<'_>,
) -> Result<HandedOver, Failure> {
    ensure_free(folder, package)?;
    let mut temporary = NewFile::beside(package)?;
    let path = temporary.path().to_path_buf();
    let (packed, sheet) = write(folder, (temporary.file(), &path), passphrase, outputs, (book_on, None))?;
    let files = verify::files_below(folder)?;
    let left = files.into_iter().filter(|path| !path.starts_with("office/") && packed.files.iter().all(|e| e.path != *path));
    let left = left.collect();
    let paper = sheet_path(package);
    stage::write_new(&paper, &sheet)?;
    if let Err(failure) = temporary.release() {
        let _ = std::fs::remove_file(&paper);
        return Err(failure);
    }
    Ok(HandedOver { packed, left, sheet: paper })
}

/// The manifest of a folder that is still what was written.
fn verified(folder: &Path, outputs: List<'_>) -> Result<Manifest, Failure> {
    let report = verify::folder(folder, outputs)?;
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("読めません", &path, e))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|e| Failure::Declined(format!("{}: {e}", path.display())))?;
    if report.is_empty() { Ok(manifest) } else { Err(Failure::Refused(report)) }
}

/// Draws the hand-over sheet and reads it back.
fn sheet(
    folder: &Path,
    packed: &Packed,
    outputs: List<'_>,
    (settings, log_head): (&Folder, Option<&str>),
) -> Result<Vec<u8>, Failure> {
    let fonts = Fonts::load(&settings.place("fonts"))?;
    let office = Office::load(settings)?;
    let book = RuleBook::load(settings)?;
    let names: BTreeMap<String, String> = programme::load(settings, &book)?
        .iter()
        .map(|programme| (programme.id.to_string(), format!("{} {}", programme.token, programme.name)))
        .collect();
    let programmes: Vec<(String, usize)> =
        packed.counts.programmes.iter().map(|(id, count)| (names.get(id).unwrap_or(id).clone(), *count)).collect();
    let counts = &packed.counts;
    let totals: Vec<(String, String)> =
        outputs.iter().filter_map(|output| output.total(counts)).map(|(label, count)| (label.to_owned(), count)).collect();
    let day = |text: &str| text.parse::<NaiveDate>().ok();
    let files: Vec<HandoverFile> = packed
        .files
        .iter()
        .map(|entry| HandoverFile {
            name: entry.path.clone(),
            holds: holds(folder, &entry.path, packed, outputs),
            bytes: entry.bytes,
            sha256: entry.sha256.clone(),
        })
        .collect();
    let handover = Handover {
        run: &packed.run,
        rehearsal: packed.rehearsal,
        sample: packed.sample,
        as_of: day(&packed.as_of),
        post_on: day(&packed.post_on),
        totals: &totals,
        programmes: &programmes,
        files: &files,
        root: &packed.root,
        run_root: &packed.run_root,
        log_head,
    };
    let pages = handover::pages(&fonts, &office, &handover);
    let as_of = handover.as_of.ok_or_else(|| Failure::Declined("manifest.json: 基準日を読めません".to_owned()))?;
    let info = Info { title: format!("受渡書 {}", packed.run), as_of, run: packed.run.clone(), standard: office.pdf.clone() };
    let bytes = pdf::write_pages(Vec::new(), &fonts, &pages.iter().collect::<Vec<_>>(), &info)?;
    compare::file(HANDOVER, bytes.clone(), &pages)?;
    Ok(bytes)
}

/// What a file holds, in the words of the sheet.
fn holds(folder: &Path, path: &str, packed: &Packed, outputs: List<'_>) -> String {
    let bytes = || std::fs::read(folder.join(path)).ok();
    outputs::owner(outputs, path).map(|output| output.holds(path, &bytes, packed)).unwrap_or_default()
}
