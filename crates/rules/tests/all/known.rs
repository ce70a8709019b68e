//! The words of the rule book, asked of it by their text.

use kansho_core::ids::{DoseName, Product, SeriesId};
use kansho_rules::RuleBook;

pub(crate) fn series(book: &RuleBook, text: &str) -> SeriesId {
    book.series_named(text).unwrap_or_else(|| panic!("the book has no series {text}"))
}

pub(crate) fn dose(book: &RuleBook, of: &str, text: &str) -> DoseName {
    book.dose_named(series(book, of), text).unwrap_or_else(|| panic!("{of} has no dose {text}"))
}

pub(crate) fn product(book: &RuleBook, of: &str, text: &str) -> Product {
    book.product_named(series(book, of), text).unwrap_or_else(|| panic!("{of} has no product {text}"))
}
