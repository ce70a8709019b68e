//! 規則集の棚: the rule books of a folder of settings, side by side. `rules/` with `templates/` is the first; `books/VERSION/` holds those that were
//! installed, each with rules, programmes, cases and letters of its own. The as-of date says which one answers.

use chrono::NaiveDate;
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_rules::validity::Validity;
use std::path::{Path, PathBuf};

/// The folder of the installed books below it.
pub const BOOKS: &str = "books";

/// One rule book of the shelf.
#[derive(Clone, Debug)]
pub struct Shelved {
    /// Version and days, as its `rules/book.toml` says.
    pub validity: Validity,
    /// The folder of settings in which `rules/` and `templates/` are this book's.
    pub folder: Folder,
}

/// The folder of settings in which `rules/` and `templates/` are those of an installed book.
#[must_use]
pub fn with_book(folder: &Folder, book: &Path) -> Folder {
    folder.with("rules", &book.join("rules")).with("templates", &book.join("templates"))
}

/// Every book of a folder of settings, by its first day and then by version; the one of `rules/` among them.
///
/// # Errors
/// [`Failure::Io`], [`Failure::Usage`] when a book's `rules/book.toml` cannot be read.
pub fn books(folder: &Folder) -> Result<Vec<Shelved>, Failure> {
    let shelved = |folder: Folder| -> Result<Shelved, Failure> { Ok(Shelved { validity: Validity::load(&folder)?, folder }) };
    let mut found = vec![shelved(folder.clone())?];
    let place = folder.place(BOOKS);
    if place.is_dir() {
        let failed = |e| Failure::io("規則集の棚を読めません", &place, e);
        let listing = std::fs::read_dir(&place).map_err(failed)?;
        let mut folders: Vec<PathBuf> = listing.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(failed)?;
        // What is hidden is under construction.
        folders.retain(|path| path.is_dir() && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
        for below in folders {
            found.push(shelved(with_book(folder, &below))?);
        }
    }
    found.sort_by(|a, b| (a.validity.valid_from, &a.validity.version).cmp(&(b.validity.valid_from, &b.validity.version)));
    Ok(found)
}

/// The folder with the book that answers on a day: of those that hold it, the one that begins last. Where none holds it, the last book,
/// which refuses the day.
///
/// # Errors
/// As [`books`].
pub fn on(folder: &Folder, as_of: NaiveDate) -> Result<Folder, Failure> {
    let mut books = books(folder)?;
    let holding = books.iter().rposition(|book| book.validity.refuses(as_of).is_none());
    let at = holding.unwrap_or(books.len() - 1);
    Ok(books.swap_remove(at).folder)
}
