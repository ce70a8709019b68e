//! Where rules, templates, layouts and fonts lie: the folder that holds them all.

use crate::diag::Failure;
use std::path::{Component, Path, PathBuf};

/// The folder with `rules/`, `templates/`, `layouts/` and `fonts/`.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
    postal: Option<PathBuf>,
    /// Where `rules/` and `templates/` of an installed rule book lie.
    book: Option<PathBuf>,
}

/// Whether a path of a settings file stays in the folder of the settings, by its words: a link that somebody put there may lead on.
#[must_use]
pub fn inside(path: &str) -> bool {
    let below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    Path::new(path).components().all(below) && !path.contains(['\\', ':'])
}

impl Home {
    /// The first of: the current folder, the program's folder and the folders above it that holds `rules/codes.toml`.
    ///
    /// # Errors
    /// [`Failure::Usage`] when none does.
    pub fn find() -> Result<Self, Failure> {
        let program = std::env::current_exe().ok();
        let above = program.iter().flat_map(|p| p.ancestors().skip(1).map(Path::to_path_buf));
        std::env::current_dir()
            .ok()
            .into_iter()
            .chain(above)
            .find(|folder| folder.join("rules").join("codes.toml").is_file())
            .map(|root| Self { root, postal: None, book: None })
            .ok_or_else(|| {
                Failure::Usage(
                    "rules/・templates/・layouts/・fonts/ のあるフォルダーが見つかりません。kansho のフォルダーで実行してください".to_owned(),
                )
            })
    }

    /// A given folder (tests).
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf(), postal: None, book: None }
    }

    /// The same folder, with the postal data the user named (`--postal-data`).
    #[must_use]
    pub fn with_postal(&self, folder: Option<&Path>) -> Self {
        Self { postal: folder.map(Path::to_path_buf), ..self.clone() }
    }

    /// The postal data folder the user named.
    #[must_use]
    pub fn postal(&self) -> Option<&Path> {
        self.postal.as_deref()
    }

    /// The folder's whole path, for messages.
    #[must_use]
    pub fn folder(&self) -> String {
        std::fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone()).display().to_string()
    }

    /// The same folder, with the rules and letters of an installed rule book.
    #[must_use]
    pub fn with_book(&self, folder: &Path) -> Self {
        Self { book: Some(folder.to_path_buf()), ..self.clone() }
    }

    /// A folder or file below it; `rules` and `templates` are those of the book.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        let of_book = Path::new(name)
            .components()
            .next()
            .is_some_and(|first| matches!(first, Component::Normal(first) if first == "rules" || first == "templates"));
        self.book.as_ref().filter(|_| of_book).unwrap_or(&self.root).join(name)
    }
}
