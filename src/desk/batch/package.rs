//! 受渡ファイル of a sealed batch: package and hand-over sheet lie whole beside their names until the register says that the batch is sealed.

use crate::desk::bundle::handover::{self, Sealed};
use crate::desk::bundle::stage::{self, NewFile};
use crate::desk::output::Ready;
use crate::desk::outputs::OUTPUTS;
use chrono::NaiveDate;
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_core::hash;
use kansho_register::batches::Batch;
use kansho_register::log::Head;
use std::path::{Path, PathBuf};

/// What is written.
#[derive(Clone, Debug)]
pub struct Written {
    /// SHA-256 of the package.
    pub sha256: String,
    /// Its root.
    pub root: String,
}

/// A name, and the name until then.
type Part = (PathBuf, PathBuf);

/// Package and sheet.
#[derive(Clone, Debug)]
pub struct Parts {
    package: Part,
    sheet: Part,
}

impl Parts {
    /// Of the package's name.
    #[must_use]
    pub fn of(package: &Path) -> Self {
        let part = |path: PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (path.with_file_name(format!(".{name}.sealing")), path)
        };
        let (package, sheet) = (part(package.to_path_buf()), part(handover::sheet_path(package)));
        Self { package: (package.1, package.0), sheet: (sheet.1, sheet.0) }
    }

    /// Removes what a killed seal left, and refuses names that are taken.
    ///
    /// # Errors
    /// [`Failure::Declined`] naming the file.
    pub fn clear(&self, folder: &Path) -> Result<(), Failure> {
        self.discard();
        handover::ensure_free(folder, &self.package.0)
    }

    /// Removes what has no name of its own yet.
    pub fn discard(&self) {
        for (_, part) in [&self.package, &self.sheet] {
            let _ = std::fs::remove_file(part);
        }
    }

    /// Gives both their names.
    ///
    /// # Errors
    /// [`Failure::Io`] when the disk does not take it.
    pub fn release(&self) -> Result<(), Failure> {
        // The package last: where it is, the sheet is.
        for (name, part) in [&self.sheet, &self.package] {
            if part.exists() {
                std::fs::rename(part, name).map_err(|e| Failure::io("出力先に移せません", name, e))?;
            }
        }
        Ok(())
    }

    /// Whether the package of a sealed batch is there; where it lies beside its name, it gets it.
    ///
    /// # Errors
    /// [`Failure::Declined`] when another file has its name; [`Failure::Io`] when it cannot be read.
    pub fn completed(&self, batch: &Batch) -> Result<bool, Failure> {
        let same = |path: &Path| -> Result<bool, Failure> {
            let found = hash::sha256_file(path).map_err(|e| Failure::io("読めません", path, e))?;
            Ok(Some(&found.0) == batch.package_sha256.as_ref())
        };
        let (name, part) = &self.package;
        stage::sweep(name);
        if name.exists() {
            let taken = || Failure::Declined(format!("{} は、この処理の受渡ファイルではありません", name.display()));
            return if same(name)? { Ok(true) } else { Err(taken()) };
        }
        if part.exists() && same(part)? {
            self.release()?;
            return Ok(true);
        }
        Ok(false)
    }
}

/// Writes package and sheet beside their names, and reads the package back.
///
/// # Errors
/// As [`handover::write`].
pub fn write(
    ready: &Ready,
    batch: &Batch,
    head: &Head,
    passphrase: &str,
    book_on: &(dyn Fn(NaiveDate) -> Result<Folder, Failure> + Sync),
    parts: &Parts,
) -> Result<Written, Failure> {
    let log_head = format!("{}:{}", head.seq, head.hash);
    let sealed = Sealed { root: &batch.root, log_head: &log_head };
    let mut file = NewFile::beside(&parts.package.1)?;
    let path = file.path().to_path_buf();
    let (packed, sheet) =
        handover::write(ready.folder(), (file.file(), &path), passphrase, &OUTPUTS, (&|day| book_on(day), Some(sealed)))?;
    let (sha256, _) = hash::sha256_file(&path).map_err(|e| Failure::io("読み返せません", &path, e))?;
    file.release()?;
    if let Err(failure) = stage::write_new(&parts.sheet.1, &sheet) {
        parts.discard();
        return Err(failure);
    }
    Ok(Written { sha256, root: packed.root })
}
