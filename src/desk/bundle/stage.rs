//! The staging folder: everything is written beside the output folder, read back, and released by one rename.
//!
//! A crash or a full disk leaves nothing behind in the output's name: either the whole folder is there or none of it.
//! Folders and files are readable by their owner only.

use kansho_core::diag::{Code, Failure};
use kansho_core::unfinished::{self, Unfinished};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Name of the folder within the unfinished one.
const INSIDE: &str = "out";

/// What is in a stage was written.
#[derive(Debug)]
pub struct Written;

/// What is in a stage was read back and compared, and nothing of it has changed since.
#[derive(Debug)]
pub struct Verified;

/// A folder under construction; removed when it is dropped without release. Only what is [`Verified`] can be released.
#[derive(Debug)]
pub struct Stage<State = Written> {
    folder: PathBuf,
    target: PathBuf,
    unfinished: Unfinished,
    state: PhantomData<State>,
}

/// The folder a target lies in.
fn place(target: &Path) -> &Path {
    target.parent().filter(|place| !place.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes what killed processes left beside a target.
pub fn sweep(target: &Path) {
    unfinished::sweep(place(target));
}

/// Removes what killed runs left beside a target, and refuses one that exists and holds anything.
///
/// # Errors
/// [`Failure::Declined`] when the folder is not empty or is a file; [`Failure::Io`] when it cannot be looked at.
pub fn ensure_free(target: &Path) -> Result<(), Failure> {
    sweep(target);
    free(target)
}

fn free(target: &Path) -> Result<(), Failure> {
    if !target.exists() {
        return Ok(());
    }
    if !target.is_dir() {
        return Err(Failure::Declined(format!(
            "出力先 {} はファイルです。空のフォルダーか、まだない名前を指定してください",
            target.display()
        )));
    }
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    if here.is_some() && std::fs::canonicalize(target).ok() == here {
        return Err(Failure::Declined("出力先に、いまいるフォルダーは指定できません。まだない名前を指定してください".to_owned()));
    }
    let mut listing = std::fs::read_dir(target).map_err(|e| Failure::io("出力先を調べられません", target, e))?;
    if listing.next().is_some() {
        return Err(Failure::Declined(format!(
            "出力先 {} は空ではありません。上書きはしません。別の名前を指定するか、中身を移してください",
            target.display()
        )));
    }
    Ok(())
}

impl<State> Stage<State> {
    /// The folder while it is under construction.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Stage {
    /// Opens a staging folder beside `target`; makes the folders above it.
    ///
    /// # Errors
    /// [`Failure::Declined`] when the target is not free, [`Failure::Io`] when nothing can be written there.
    pub fn open(target: &Path) -> Result<Self, Failure> {
        free(target)?;
        let parent = place(target);
        let failed = |e| Failure::io("出力先に書けません", parent, e);
        std::fs::create_dir_all(parent).map_err(|e| Failure::io("出力先を作れません", parent, e))?;
        let unfinished = Unfinished::begin(parent).map_err(failed)?;
        owner_only(unfinished.path(), true).map_err(|e| Failure::io("権限を設定できません", unfinished.path(), e))?;
        let folder = unfinished.path().join(INSIDE);
        folder_of_owner(&folder).map_err(failed)?;
        Ok(Self { folder, target: target.to_path_buf(), unfinished, state: PhantomData })
    }

    /// Writes one file (`office/report.html`), making its folder.
    ///
    /// # Errors
    /// [`Failure::Io`] with the file's name.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let mut file = self.create(name)?;
        file.write_all(bytes).map_err(|e| Failure::io("書けません", Path::new(name), e))?;
        Self::finish(name, file)
    }

    /// Writes one JSON file, indented, with a line feed at its end.
    ///
    /// # Errors
    /// [`Failure::Io`] with the file's name.
    pub fn write_json<T: serde::Serialize>(&self, name: &str, value: &T) -> Result<(), Failure> {
        let mut file = self.create(name)?;
        let written = serde_json::to_writer_pretty(&mut file, value).map_err(std::io::Error::from);
        written.and_then(|()| file.write_all(b"\n")).map_err(|e| Failure::io("書けません", Path::new(name), e))?;
        Self::finish(name, file)
    }

    /// Opens one file for writing; end it with [`Stage::finish`].
    ///
    /// # Errors
    /// [`Failure::Io`] with the file's name.
    pub fn create(&self, name: &str) -> Result<BufWriter<File>, Failure> {
        let path = self.folder.join(name);
        let failed = |e| Failure::io("書けません", Path::new(name), e);
        // Never the stage itself: a stopped run has removed it.
        if let Some(inner) = Path::new(name).parent().filter(|inner| !inner.as_os_str().is_empty()) {
            folder_of_owner(&self.folder.join(inner)).map_err(failed)?;
        }
        let file = File::create_new(&path).map_err(failed)?;
        owner_only(&path, false).map_err(failed)?;
        Ok(BufWriter::with_capacity(1 << 18, file))
    }

    /// Flushes a file to the disk.
    ///
    /// # Errors
    /// [`Failure::Io`] when the disk does not take it.
    pub fn finish(name: &str, file: BufWriter<File>) -> Result<(), Failure> {
        let failed = |e| Failure::io("書けません", Path::new(name), e);
        file.into_inner().map_err(|e| failed(e.into_error()))?.sync_all().map_err(failed)
    }

    /// The same stage, when everything in it has been compared.
    pub(in crate::desk) fn verified(self) -> Stage<Verified> {
        let Self { folder, target, unfinished, state: PhantomData } = self;
        Stage { folder, target, unfinished, state: PhantomData }
    }
}

impl Stage<Verified> {
    /// A folder that a killed process had read back and not released beside `target`, where it is what is looked for.
    pub(in crate::desk) fn left_by_the_killed(target: &Path, is_it: &mut dyn FnMut(&Path) -> bool) -> Option<Self> {
        free(target).ok()?;
        let unfinished = unfinished::taken_over(place(target), &mut |left| is_it(&left.join(INSIDE)))?;
        let folder = unfinished.path().join(INSIDE);
        Some(Self { folder, target: target.to_path_buf(), unfinished, state: PhantomData })
    }

    /// Gives the folder its name: the one step that makes the run visible.
    ///
    /// # Errors
    /// [`Failure::Declined`] when somebody filled the target meanwhile, [`Failure::Io`] when the rename fails.
    pub fn release(self) -> Result<(), Failure> {
        free(&self.target)?;
        if self.target.exists() {
            std::fs::remove_dir(&self.target).map_err(|e| Failure::io("出力先を用意できません", &self.target, e))?;
        }
        let rename = || std::fs::rename(&self.folder, &self.target);
        self.unfinished.finish(rename).map_err(|e| Failure::io("出力先に移せません", &self.target, e))
    }
}

/// Writes one file that does not exist yet: whole or not at all.
///
/// # Errors
/// As [`NewFile`].
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut file = NewFile::beside(path)?;
    file.file().write_all(bytes).map_err(|e| Failure::io("書けません", path, e))?;
    file.release()
}

/// A file under its own name only when it is whole: owner-only, removed unless it is released.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    target: PathBuf,
    unfinished: Unfinished,
}

impl NewFile {
    /// Opens a file beside the name it will have.
    ///
    /// # Errors
    /// [`Failure::Barred`] when the name is taken (G606), [`Failure::Io`] when nothing can be written there.
    pub fn beside(target: &Path) -> Result<Self, Failure> {
        // Also where the file is whole already: its maker may have been killed after it.
        sweep(target);
        if target.exists() {
            return Err(taken(target));
        }
        let failed = |e| Failure::io("出力先に書けません", place(target), e);
        let unfinished = Unfinished::begin(place(target)).map_err(failed)?;
        owner_only(unfinished.path(), true).map_err(failed)?;
        let file = NamedTempFile::new_in(unfinished.path()).map_err(failed)?;
        Ok(Self { file, target: target.to_path_buf(), unfinished })
    }

    /// The file itself.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Where it lies until it is released.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`Failure::Barred`] when the name was taken meanwhile (G606), [`Failure::Io`] when the disk does not take it.
    pub fn release(self) -> Result<(), Failure> {
        let Self { file, target, unfinished } = self;
        file.as_file().sync_all().map_err(|e| Failure::io("書けません", &target, e))?;
        match unfinished.finish(|| file.persist_noclobber(&target)) {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => Err(taken(&target)),
            Err(e) => Err(Failure::io("出力先に移せません", &target, e.error)),
        }
    }
}

fn taken(path: &Path) -> Failure {
    Failure::barred(Code::TargetExists, format!("{} はすでにあります", path.display()))
}

#[cfg(unix)]
fn owner_only(path: &Path, folder: bool) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(if folder { 0o700 } else { 0o600 }))
}

/// Makes a folder for its owner, or finds it made.
fn folder_of_owner(path: &Path) -> std::io::Result<()> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => owner_only(path, true),
    }
}

/// Windows: the folder's access list is cut off from its parent and given to the current user alone; files inherit it.
#[cfg(windows)]
fn owner_only(path: &Path, folder: bool) -> std::io::Result<()> {
    if !folder {
        return Ok(());
    }
    let user = std::env::var("USERNAME").map_err(std::io::Error::other)?;
    let done = std::process::Command::new("icacls")
        .arg(path)
        .args(["/inheritance:r", "/grant:r", &format!("{user}:(OI)(CI)F"), "/q"])
        .stdout(std::process::Stdio::null())
        .status()?;
    if done.success() { Ok(()) } else { Err(std::io::Error::other("icacls")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_visible_before_the_release_and_everything_after() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("2026-12");
        let stage = Stage::open(&target).unwrap();
        stage.write("office/pieces.json", b"[]").unwrap();
        assert!(!target.exists());
        stage.verified().release().unwrap();
        assert_eq!(std::fs::read(target.join("office/pieces.json")).unwrap(), b"[]");
        assert!(matches!(Stage::open(&target), Err(Failure::Declined(_))));
    }

    #[test]
    fn an_unreleased_stage_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let stage = Stage::open(&place.path().join("x")).unwrap();
        stage.write("a.txt", b"a").unwrap();
        drop(stage);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
