//! 作りかけ: what is under construction lies in a folder `.kansho-…` of its own beside the place it is made for, and takes its name by
//! one rename.
//!
//! An error removes the folder by `Drop`, a stop from outside (Ctrl-C, a closed terminal, shutdown) by the handler. A killed process
//! or a power cut leaves it: a locked file in it shows whether its maker lives, and whoever begins something in the same place
//! removes the dead ones first.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

const PREFIX: &str = ".kansho-";
/// A folder that somebody is removing.
const GONE: &str = "gone";
const LOCK: &str = "lock";
/// How often a new folder may be taken for a dead one before its file is locked.
const ATTEMPTS: usize = 16;

/// Every folder of this process, with its locked file.
static UNFINISHED: Mutex<BTreeMap<PathBuf, File>> = Mutex::new(BTreeMap::new());
static SAY: OnceLock<fn(&str)> = OnceLock::new();

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub struct Unfinished(PathBuf);

impl Unfinished {
    /// Makes a folder in `place`; the program is not stopped between its making and its being known here.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn begin(place: &Path) -> Result<Self> {
        sweep(place);
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..ATTEMPTS {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
            if let Some(lock) = locked(folder.path())? {
                let folder = folder.keep();
                unfinished.insert(folder.clone(), lock);
                return Ok(Self(folder));
            }
        }
        Err(Error::from(ErrorKind::ResourceBusy))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Does the one step that brings the content out of the folder, and removes it; nobody can stop the program within it.
    ///
    /// # Errors
    /// As `step`; the folder stays until this is dropped.
    pub fn finish<T, E>(&self, step: impl FnOnce() -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let done = step()?;
        if let Some(lock) = unfinished.remove(&self.0) {
            discard(&self.0, lock);
        }
        Ok(done)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = unfinished.remove(&self.0) {
            discard(&self.0, lock);
        }
    }
}

/// The locked file of a new folder; `None` when somebody took the folder for a dead one meanwhile.
fn locked(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(LOCK);
    let file = match File::create_new(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        made => made?,
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        // A file system without locks: nobody can take the folder for a dead one.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(path.exists().then_some(file)),
    }
}

/// Removes a folder: first its name, so that nothing more can be written into it, then what it holds.
fn discard(folder: &Path, lock: File) {
    let gone = folder.with_extension(GONE);
    let left = if std::fs::rename(folder, &gone).is_ok() { gone.as_path() } else { folder };
    drop(lock);
    // Another thread may be within a write.
    for _ in 0..50 {
        if std::fs::remove_dir_all(left).is_ok() || !left.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Takes over what a killed process left in a place, where it is what is looked for: then it is this process's.
pub fn taken_over(place: &Path, is_it: &mut dyn FnMut(&Path) -> bool) -> Option<Unfinished> {
    let listing = std::fs::read_dir(place).ok()?;
    listing.filter_map(Result::ok).map(|entry| entry.path()).filter(|folder| ours(folder)).find_map(|folder| {
        let lock = File::options().write(true).open(folder.join(LOCK)).ok()?;
        lock.try_lock().ok()?;
        if folder.extension() == Some(OsStr::new(GONE)) || !is_it(&folder) {
            return None;
        }
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.clone(), lock);
        Some(Unfinished(folder))
    })
}

fn ours(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(PREFIX)) && path.is_dir()
}

/// Removes what killed processes left in a place, and says so; what a living process makes is not touched.
pub fn sweep(place: &Path) {
    let Ok(listing) = std::fs::read_dir(place) else { return };
    for folder in listing.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| ours(path)) {
        let dead = if folder.extension() == Some(OsStr::new(GONE)) {
            std::fs::remove_dir_all(&folder).is_ok()
        } else {
            match File::options().write(true).open(folder.join(LOCK)) {
                Ok(lock) if lock.try_lock().is_ok() => {
                    discard(&folder, lock);
                    true
                }
                Ok(_) => false,
                // Killed before the file was made: only an empty folder goes.
                Err(_) => std::fs::remove_dir(&folder).is_ok(),
            }
        };
        if let Some(say) = SAY.get().filter(|_| dead) {
            say(&format!("強制終了した処理が残した作りかけのフォルダー {} を消しました", folder.display()));
        }
    }
}

/// Removes what is unfinished when the program is told to stop, says so, and ends with 130. `say` tells also what was swept.
///
/// # Errors
/// When the system takes no handler.
pub fn on_stop(say: fn(&str)) -> std::result::Result<(), ctrlc::Error> {
    let say = *SAY.get_or_init(|| say);
    ctrlc::set_handler(move || {
        // Held until the end: nothing more is begun or released, and whoever fails for the missing folder waits here.
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let any = !unfinished.is_empty();
        while let Some((folder, lock)) = unfinished.pop_first() {
            discard(&folder, lock);
        }
        say(if any { "中止しました。何も出力していません" } else { "中止しました" });
        std::process::exit(130);
    })
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "what killed runs leave is written by hand")]
mod tests {
    use super::*;

    fn names(place: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_dead_are_removed_and_the_living_are_not() {
        let place = tempfile::tempdir().unwrap();
        let living = Unfinished::begin(place.path()).unwrap();
        std::fs::write(living.path().join("名簿"), b"x").unwrap();
        for (dead, files) in
            [(".kansho-dead01", &["lock", "名簿"][..]), (".kansho-dead02", &[]), (".kansho-dead03.gone", &["名簿"])]
        {
            std::fs::create_dir(place.path().join(dead)).unwrap();
            for file in files {
                std::fs::write(place.path().join(dead).join(file), b"x").unwrap();
            }
        }
        // Nothing of ours: a file, another's folder, one that holds something and no lock.
        std::fs::write(place.path().join(".kansho-postal-cache"), b"x").unwrap();
        std::fs::create_dir(place.path().join("kansho-old")).unwrap();
        std::fs::create_dir_all(place.path().join(".kansho-notes/inner")).unwrap();
        let other = Unfinished::begin(place.path()).unwrap();
        let short = |unfinished: &Unfinished| unfinished.path().file_name().unwrap().to_str().unwrap().to_owned();
        let mut left = vec![".kansho-notes".to_owned(), ".kansho-postal-cache".to_owned(), "kansho-old".to_owned()];
        left.extend([short(&living), short(&other)]);
        left.sort();
        assert_eq!(names(place.path()), left);
        assert!(living.path().join("名簿").exists());
    }

    #[test]
    fn a_finished_one_leaves_what_was_brought_out_and_a_dropped_one_nothing() {
        let place = tempfile::tempdir().unwrap();
        let unfinished = Unfinished::begin(place.path()).unwrap();
        std::fs::write(unfinished.path().join("a"), b"x").unwrap();
        unfinished.finish(|| std::fs::rename(unfinished.path().join("a"), place.path().join("b"))).unwrap();
        let failing = Unfinished::begin(place.path()).unwrap();
        assert!(failing.finish(|| std::fs::rename(failing.path().join("a"), place.path().join("c"))).is_err());
        drop(failing);
        drop(unfinished);
        assert_eq!(names(place.path()), ["b"]);
    }
}
