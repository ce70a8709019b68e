//! 作りかけ: files and folders under construction, removed when the program is stopped from outside (Ctrl-C, a closed terminal,
//! shutdown). An error on the way removes them as well, by their own `Drop`; only a killed process or a power cut leaves them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Something that is not finished until this is dropped.
#[derive(Debug)]
pub(super) struct Unfinished(PathBuf);

impl Unfinished {
    /// Makes something that has to be finished; the program is not stopped between its making and its being known here.
    ///
    /// # Errors
    /// As `make`.
    pub(super) fn begin<T>(make: impl FnOnce() -> std::io::Result<T>, path: impl Fn(&T) -> &Path) -> std::io::Result<(T, Self)> {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let made = make()?;
        let path = path(&made).to_owned();
        unfinished.insert(path.clone());
        Ok((made, Self(path)))
    }

    /// Does the one step that finishes it; nobody can stop the program within it.
    pub(super) fn finish<T, E>(&self, step: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let done = step()?;
        unfinished.remove(&self.0);
        Ok(done)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Removes what is unfinished when the program is told to stop, says so, and ends with 130.
///
/// # Errors
/// When the system takes no handler.
pub fn on_stop(say: fn(&str)) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        // Held until the end: nothing more is begun or released.
        let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        for path in &*unfinished {
            // Other threads may still be writing into the folder.
            for _ in 0..50 {
                let gone = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
                if gone.is_ok() || !path.exists() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        say(if unfinished.is_empty() { "中止しました" } else { "中止しました。何も出力していません" });
        std::process::exit(130);
    })
}
