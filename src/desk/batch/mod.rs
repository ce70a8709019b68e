//! 処理の一生 (design §5): made, approved by two, sealed, delivered, closed; or ended before. Each doing is permitted, looks at what it needs
//! outside of any transaction, and then changes the register in one.

pub mod affected;
pub mod approve;
pub mod before;
pub mod completed;
pub mod compose;
pub mod condition;
pub mod draft;
pub mod ends;
pub mod incident;
pub mod list;
pub mod package;
pub mod pull;
pub mod receipt;
pub mod reprint;
pub mod returns;
pub mod seal;

use crate::desk::bundle::verify;
use crate::desk::outputs::OUTPUTS;
use crate::record::manifest::Manifest;
use kansho_core::diag::{Code, Diagnostic, Failure};
use kansho_register::batches::{self, Batch};
use kansho_register::store::{Permit, Register};
use std::path::{Path, PathBuf};

/// A batch as somebody names it: its folder, or its run id.
#[derive(Clone, Debug)]
pub struct Named {
    /// Run id.
    pub run: String,
    /// The folder, where it was named.
    folder: Option<PathBuf>,
}

impl Named {
    /// Reads what somebody wrote.
    ///
    /// # Errors
    /// [`Failure::Declined`] when it is a folder that holds no run.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let path = Path::new(text);
        if !path.is_dir() {
            return Ok(Self { run: text.trim_end_matches('/').to_owned(), folder: None });
        }
        Ok(Self { run: manifest(path)?.run, folder: Some(path.to_path_buf()) })
    }

    /// Where the batch's folder lies: where it was named, else where it was made.
    #[must_use]
    pub fn folder(&self, batch: &Batch) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| PathBuf::from(&batch.folder))
    }
}

/// The manifest of a folder.
pub(super) fn manifest(folder: &Path) -> Result<Manifest, Failure> {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("処理の出力フォルダーを読めません", &path, e))?;
    serde_json::from_str(&text).map_err(|e| Failure::Declined(format!("{} を読めません（{}行）", path.display(), e.line())))
}

/// The manifest of a batch's folder, when every byte of the folder is what was written.
///
/// # Errors
/// [`Failure::Barred`] with B602 naming the first thing that differs.
pub(super) fn unaltered(named: &Named, batch: &Batch) -> Result<(PathBuf, Manifest), Failure> {
    let altered = |what: String| Failure::barred(Code::BatchAltered, format!("処理 {}: {what}", batch.run));
    let folder = named.folder(batch);
    if !folder.is_dir() {
        return Err(altered(format!("出力フォルダー {} がありません", folder.display())));
    }
    let report = verify::folder(&folder, &OUTPUTS).map_err(|failure| altered(failure.to_string()))?;
    if let Some(first) = report.sorted().first() {
        return Err(altered(format!("{}（ほかに {} か所）", first.message, report.len() - 1)));
    }
    let manifest = manifest(&folder)?;
    if manifest.root != batch.root || manifest.run != batch.run {
        return Err(altered("登録簿に控えた照合値と違います".to_owned()));
    }
    Ok((folder, manifest))
}

/// Looks at something between the permission and the act: what fails is in the log.
pub(super) fn looked<T>(
    register: &mut Register,
    permit: &Permit,
    look: impl FnOnce(&mut Register) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let found = look(register);
    if let Err(failure) = &found {
        register.failed(permit, failure);
    }
    found
}

/// The batch that is named.
pub(super) fn batch(register: &mut Register, named: &Named) -> Result<Batch, Failure> {
    register.read(|link| batches::known(link, &named.run))
}

/// The reason that somebody gives.
///
/// # Errors
/// [`Failure::Barred`] with B621 when it is empty.
pub(in crate::desk) fn reason(text: &str) -> Result<&str, Failure> {
    let reason = text.trim();
    if reason.is_empty() {
        Err(Failure::Barred(Box::new(Diagnostic::new(Code::BatchReasonEmpty, "理由が空です"))))
    } else {
        Ok(reason)
    }
}
