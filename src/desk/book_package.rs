//! 規則集のパッケージ: a rule book with its programmes, cases and letters in one file that another office can install. The zip holds
//! `package.toml` (version, days, sources, every file with its SHA-256) and the files; the same book gives the same bytes.

use crate::desk::book::{self, Totals};
use crate::desk::shelf::{self, BOOKS};
use kansho_core::diag::settings;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::hash;
use kansho_core::origin::Origin;
use kansho_core::unfinished::Unfinished;
use kansho_rules::validity::Validity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const CONTENTS: &str = "package.toml";
/// What a package holds of a folder of settings.
const FOLDERS: [&str; 2] = ["rules", "templates"];
/// Most bytes of one file, and most files: far above any rule book.
const MOST_BYTES: u64 = 4_000_000;
const MOST_FILES: usize = 2_000;

/// `package.toml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// 版
    pub version: String,
    /// First as-of date.
    pub valid_from: String,
    /// Last as-of date.
    pub valid_to: String,
    /// The texts the book was made from.
    pub sources: Vec<String>,
    /// SHA-256 over names and hashes of all files.
    pub sha256: String,
    /// Each file, by name.
    pub files: BTreeMap<String, String>,
}

impl Contents {
    fn of(validity: &Validity, files: &BTreeMap<String, Vec<u8>>) -> Self {
        let files: BTreeMap<String, String> = files.iter().map(|(name, bytes)| (name.clone(), hash::sha256_hex(bytes))).collect();
        Self {
            version: validity.version.clone(),
            valid_from: validity.valid_from.to_string(),
            valid_to: validity.valid_to.to_string(),
            sources: validity.sources.clone(),
            sha256: hash::sha256_of(&files),
            files,
        }
    }
}

/// A package that was written or installed.
#[derive(Debug)]
pub struct Package {
    /// What it holds.
    pub contents: Contents,
    /// What was checked in it.
    pub totals: Totals,
}

/// Writes the book of a folder of settings as a package, after all its checks.
///
/// # Errors
/// [`Failure::Refused`] when the book is not sound, [`Failure::Usage`] when the target is there already or the book names neither
/// version nor sources, [`Failure::Io`] when a file cannot be read or written.
pub fn pack(folder: &Folder, target: &Path) -> Result<Package, Failure> {
    let totals = book::load(folder)?.totals;
    let validity = Validity::load(folder)?;
    if validity.version.is_empty() || validity.sources.is_empty() {
        return Err(Failure::Usage("rules/book.toml: 規則集の版（version）と根拠（sources）を書いてください".to_owned()));
    }
    if target.exists() {
        return Err(Failure::Usage(format!("{}: すでにあります。別の名前にしてください", target.display())));
    }
    let mut files = BTreeMap::new();
    for name in FOLDERS {
        gather(&folder.place(name), name, &mut files)?;
    }
    let contents = Contents::of(&validity, &files);
    let text = toml::to_string(&contents).map_err(|e| Failure::Usage(e.to_string()))?;
    files.insert(CONTENTS.to_owned(), text.into_bytes());
    let place = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let failed = |e| Failure::io("パッケージに書けません", target, e);
    let staging = Unfinished::begin(place).map_err(failed)?;
    let draft = staging.path().join("package.zip");
    write(&draft, &files).map_err(failed)?;
    staging.finish(|| std::fs::rename(&draft, target)).map_err(failed)?;
    Ok(Package { contents, totals })
}

/// Every file below a folder, by its name with `/`; what is hidden is left out.
fn gather(place: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let failed = |e| Failure::io("規則集を読めません", place, e);
    if !place.is_dir() {
        files.insert(name.to_owned(), std::fs::read(place).map_err(failed)?);
        return Ok(());
    }
    for entry in std::fs::read_dir(place).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let below = entry.file_name().to_string_lossy().into_owned();
        if !below.starts_with('.') {
            gather(&entry.path(), &format!("{name}/{below}"), files)?;
        }
    }
    Ok(())
}

fn write(path: &Path, files: &BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    let mut zip = ZipWriter::new(File::create_new(path)?);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).map_err(std::io::Error::from)?;
        zip.write_all(bytes)?;
    }
    zip.finish().map_err(std::io::Error::from)?.sync_all()
}

/// Checks a package and puts its book on the shelf of the folder, beside those that are there.
///
/// # Errors
/// [`Failure::Refused`] when the file is not what it says, its book is not sound, or its days leave a gap or go back before the
/// book in use; [`Failure::Io`] when it cannot be read or the disk does not take it. The shelf is as before then.
pub fn install(folder: &Folder, file: &Path) -> Result<Package, Failure> {
    let refused = |reason: String| {
        let origin = Origin::file(&file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default());
        let mut report = Report::new();
        report.push(Diagnostic::new(Code::BookPackage, reason).at(&origin));
        Failure::Refused(report)
    };
    let files = read(file).map_err(refused)?;
    let place = folder.place(BOOKS);
    let failed = |e| Failure::io("規則集の棚に書けません", &place, e);
    std::fs::create_dir_all(&place).map_err(failed)?;
    let staging = Unfinished::begin(&place).map_err(failed)?;
    let draft = staging.path().join("book");
    for (name, bytes) in &files {
        let path = draft.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&draft)).map_err(failed)?;
        File::create_new(&path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all())).map_err(failed)?;
    }
    let inside = shelf::with_book(folder, &draft);
    let validity = Validity::load(&inside)?;
    let said = contents(&files, &validity).map_err(refused)?;
    fits(folder, &validity).map_err(refused)?;
    let totals = book::load(&inside)?.totals;
    staging.finish(|| std::fs::rename(&draft, place.join(&validity.version))).map_err(failed)?;
    Ok(Package { contents: said, totals })
}

/// The files of a package: only what belongs in one, in sizes that a rule book has.
fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let broken = "規則集のパッケージとして読めません（壊れているか、別のファイルです）";
    let file = File::open(path).map_err(|e| format!("開けません（{}）", e.kind()))?;
    let mut zip = ZipArchive::new(file).map_err(|_| broken.to_owned())?;
    if zip.len() > MOST_FILES {
        return Err(format!("ファイルが多すぎます（{} 個）", zip.len()));
    }
    let mut files = BTreeMap::new();
    for at in 0..zip.len() {
        let entry = zip.by_index(at).map_err(|_| broken.to_owned())?;
        let name = entry.name().map_err(|_| broken.to_owned())?.into_owned();
        let ours = name == CONTENTS || FOLDERS.iter().any(|folder| name.starts_with(&format!("{folder}/")));
        let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']);
        if !ours || !entry.is_file() || !name.split('/').all(plain) {
            return Err("規則集のほかのファイルが入っています".to_owned());
        }
        let mut bytes = Vec::new();
        entry.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|_| broken.to_owned())?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err("大きすぎるファイルが入っています".to_owned());
        }
        if files.insert(name, bytes).is_some() {
            return Err("同じ名前のファイルが二つ入っています".to_owned());
        }
    }
    Ok(files)
}

/// `package.toml`, when every file is as it says and the book is the one it names.
fn contents(files: &BTreeMap<String, Vec<u8>>, validity: &Validity) -> Result<Contents, String> {
    let text = files.get(CONTENTS).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or("package.toml がありません")?;
    let said: Contents = settings::read(text).map_err(|reason| format!("package.toml: {reason}"))?;
    let rest = files.iter().filter(|(name, _)| *name != CONTENTS).map(|(name, bytes)| (name.clone(), bytes.clone())).collect();
    let found = Contents::of(validity, &rest);
    if let Some(name) = found.files.keys().chain(said.files.keys()).find(|name| found.files.get(*name) != said.files.get(*name)) {
        return Err(format!("{name} が、作られたときと違います"));
    }
    let same = (&said.version, &said.valid_from, &said.valid_to, &said.sources, &said.sha256)
        == (&found.version, &found.valid_from, &found.valid_to, &found.sources, &found.sha256);
    if same { Ok(said) } else { Err("package.toml と rules/book.toml が違います".to_owned()) }
}

/// Whether the days of a new book follow those in use without a gap, and begin later than they did.
fn fits(folder: &Folder, new: &Validity) -> Result<(), String> {
    let books = shelf::books(folder).map_err(|_| "今の規則集を読めません".to_owned())?;
    if new.version.is_empty() {
        return Err("版（version）がありません".to_owned());
    }
    if books.iter().any(|book| book.validity.version == new.version) || folder.place(BOOKS).join(&new.version).exists() {
        return Err(format!("規則集 {} は、すでに入っています", new.version));
    }
    let Some(last) = books.iter().map(|book| book.validity.valid_to).max() else { return Ok(()) };
    let begins = books.iter().map(|book| book.validity.valid_from).max();
    if last.succ_opt().is_some_and(|next| next < new.valid_from) {
        return Err(format!("今の規則集は {last} までです。{} からでは、間の日に規則集がありません", new.valid_from));
    }
    if begins.is_some_and(|first| new.valid_from <= first) {
        return Err(format!("今の規則集より前から始まります（{} から）。過ぎた日の答えは変えられません", new.valid_from));
    }
    Ok(())
}
