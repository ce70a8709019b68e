//! 設定のフォルダー: rules, letters, layouts and the office's own file, read through one door. Each file is read once and kept, so that
//! what was hashed is what was used, whatever an editor does meanwhile. Fonts alone are too large to be kept: they are opened where they
//! lie, and one whose length changes in between is refused.

use crate::diag::Failure;
use crate::hash;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The largest settings file, in bytes: the postal data of the whole country are a quarter of it.
const MOST_BYTES: u64 = 100_000_000;
/// What a folder of settings has.
const MARK: &str = "rules/codes.toml";

/// A folder of settings. Names are those below it, with `/` (`rules/mr.toml`).
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    /// Names that lie in another place, with all that is below them.
    elsewhere: Vec<(String, PathBuf)>,
    /// What was read, by where it lies; shared with the folders that were made of this one.
    read: Arc<Mutex<BTreeMap<PathBuf, Arc<[u8]>>>>,
}

/// Whether a path of a settings file stays in the folder of the settings, by its words: a link that somebody put there may lead on.
#[must_use]
pub fn inside(path: &str) -> bool {
    let below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    Path::new(path).components().all(below) && !path.contains(['\\', ':'])
}

impl Folder {
    /// The first of: the current folder, the program's folder and the folders above it that holds `rules/codes.toml`.
    ///
    /// # Errors
    /// [`Failure::Usage`] when none does.
    pub fn find() -> Result<Self, Failure> {
        let program = std::env::current_exe().ok();
        let above = program.iter().flat_map(|p| p.ancestors().skip(1).map(Path::to_path_buf));
        let found = std::env::current_dir().ok().into_iter().chain(above).find(|folder| folder.join(MARK).is_file());
        found.map(|root| Self::at(&root)).ok_or_else(|| {
            Failure::Usage(
                "rules/・templates/・layouts/・fonts/ のあるフォルダーが見つかりません。kansho のフォルダーで実行してください"
                    .to_owned(),
            )
        })
    }

    /// A given folder. Nothing is read yet.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf(), elsewhere: Vec::new(), read: Arc::default() }
    }

    /// The same folder, in which `name` (a file or a folder) lies in another place.
    #[must_use]
    pub fn with(&self, name: &str, place: &Path) -> Self {
        let mut elsewhere = self.elsewhere.clone();
        elsewhere.retain(|(other, _)| other != name);
        elsewhere.push((name.to_owned(), place.to_path_buf()));
        Self { root: self.root.clone(), elsewhere, read: Arc::clone(&self.read) }
    }

    /// The folder's whole path, for messages.
    #[must_use]
    pub fn shown(&self) -> String {
        std::fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone()).display().to_string()
    }

    /// Where a file or folder lies: for what is written there, or too large to be kept. Settings are read by [`Folder::text`].
    #[must_use]
    pub fn place(&self, name: &str) -> PathBuf {
        let below = |(base, place): &(String, PathBuf)| {
            let rest = name.strip_prefix(base.as_str())?;
            if rest.is_empty() { Some(place.clone()) } else { Some(place.join(rest.strip_prefix('/')?)) }
        };
        self.elsewhere.iter().find_map(below).unwrap_or_else(|| self.root.join(name))
    }

    /// Whether `name` lies in another place than the folder itself.
    #[must_use]
    pub fn is_elsewhere(&self, name: &str) -> bool {
        self.elsewhere.iter().any(|(other, _)| other == name)
    }

    /// The bytes of a file; `doing` says what fails when they cannot be had (…を読めません).
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] when it is larger than any settings file.
    pub fn bytes(&self, doing: &str, name: &str) -> Result<Arc<[u8]>, Failure> {
        let path = self.place(name);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = read.get(&path) {
            return Ok(Arc::clone(bytes));
        }
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| Failure::io(doing, &path, error))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(Failure::Usage(format!("{name}: 大きすぎます。設定のファイルではありません")));
        }
        let bytes: Arc<[u8]> = bytes.into();
        read.insert(path, Arc::clone(&bytes));
        Ok(bytes)
    }

    /// The text of a file, without the mark that some editors write at the beginning.
    ///
    /// # Errors
    /// As [`Folder::bytes`]; [`Failure::Usage`] when it is not UTF-8.
    pub fn text(&self, doing: &str, name: &str) -> Result<String, Failure> {
        let bytes = self.bytes(doing, name)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::Usage(format!("{name}: UTF-8 で保存し直してください")))?;
        Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned())
    }

    /// As [`Folder::text`]; `None` when there is no such file.
    ///
    /// # Errors
    /// As [`Folder::text`].
    pub fn text_if_there(&self, doing: &str, name: &str) -> Result<Option<String>, Failure> {
        match self.text(doing, name) {
            Err(Failure::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Whole names of what lies in a folder, sorted; what is hidden is no setting.
    ///
    /// # Errors
    /// [`Failure::Io`] when the folder cannot be read.
    pub fn names(&self, doing: &str, folder: &str) -> Result<Vec<String>, Failure> {
        let place = self.place(folder);
        let failed = |error| Failure::io(doing, &place, error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&place).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                names.push(format!("{folder}/{name}"));
            }
        }
        names.sort();
        Ok(names)
    }

    /// The files of a folder with this ending (`toml`), sorted.
    ///
    /// # Errors
    /// As [`Folder::names`].
    pub fn files(&self, doing: &str, folder: &str, ending: &str) -> Result<Vec<String>, Failure> {
        let ours = |name: &String| Path::new(name).extension().is_some_and(|e| e == ending);
        Ok(self.names(doing, folder)?.into_iter().filter(ours).collect())
    }

    /// One line `name sha256` for a file, or for every file below a folder.
    ///
    /// # Errors
    /// [`Failure::Io`] when one cannot be read.
    pub fn hashes(&self, name: &str, lines: &mut Vec<String>) -> Result<(), Failure> {
        const DOING: &str = "設定を読めません";
        let path = self.place(name);
        if path.is_dir() {
            return self.names(DOING, name)?.iter().try_for_each(|below| self.hashes(below, lines));
        }
        let kept = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&path).map(|bytes| hash::sha256_hex(bytes));
        let sha256 = match kept {
            Some(sha256) => sha256,
            None => hash::sha256_file(&path).map_err(|error| Failure::io(DOING, &path, error))?.0,
        };
        lines.push(format!("{name} {sha256}"));
        Ok(())
    }
}

/// The name of a file without its folders and without its ending.
#[must_use]
pub fn stem(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').map_or(last, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(folder: &Folder) -> Vec<String> {
        let mut lines = Vec::new();
        folder.hashes("a", &mut lines).unwrap();
        lines
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test writes its own files")]
    fn a_file_is_read_once_and_a_hidden_one_is_no_setting() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("a")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(place.path().join("a").join(name), text).unwrap();
        write("x.toml", "\u{FEFF}1");
        write(".kansho-postal-cache", "copy");
        let folder = Folder::at(place.path());
        assert_eq!(folder.text("", "a/x.toml").unwrap(), "1");
        let before = lines(&folder);
        write("x.toml", "2");
        assert_eq!((folder.text("", "a/x.toml").unwrap().as_str(), lines(&folder)), ("1", before.clone()));
        assert_eq!(before.len(), 1);
        let changed = lines(&Folder::at(place.path()));
        write("y.toml", "2");
        assert!(changed != before && lines(&Folder::at(place.path())).len() == 2);
        assert_eq!(folder.text_if_there("", "a/z.toml").unwrap(), None);
    }

    #[test]
    fn a_name_may_lie_in_another_place() {
        let folder = Folder::at(Path::new("here")).with("rules", Path::new("there")).with("gaiji.toml", Path::new("g"));
        let place = |name: &str| folder.place(name).to_string_lossy().into_owned();
        assert_eq!(place("rules/programmes/mr.toml"), "there/programmes/mr.toml");
        assert_eq!(
            (place("rules"), place("gaiji.toml"), place("rules2/x")),
            ("there".into(), "g".into(), "here/rules2/x".into())
        );
        assert_eq!(stem("templates/parts/office.md"), "office");
    }
}
