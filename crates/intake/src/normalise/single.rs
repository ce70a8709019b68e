//! 一行: a row that the office writes itself, read by the very reader of the sheets before it is kept.

use crate::normalise::sheets::Tables;
use crate::normalise::stored::{StoredRows, cell};
use crate::normalise::{Opened, open_stored};
use crate::read::Cell;
use crate::read::table::Stored;
use chrono::NaiveDate;
use kansho_core::case::{LedgerRow, MarkRow, MarkSheet};
use kansho_core::diag::Failure;
use kansho_core::person::Digits;
use std::sync::Arc;

/// Rows that are at hand, each with its id.
#[derive(Debug)]
struct AtHand(Vec<(u32, Vec<Cell>)>);

impl Stored for AtHand {
    fn each(&self, visit: &mut dyn FnMut(u32, &[Cell]) -> bool) {
        for (id, cells) in &self.0 {
            if !visit(*id, cells) {
                return;
            }
        }
    }
}

fn cells<T: AsRef<str>>(kept: &[Option<T>]) -> Vec<Cell> {
    kept.iter().map(|kept| cell(kept.as_ref().map(AsRef::as_ref))).collect()
}

fn opened(marks: Vec<(MarkSheet, AtHand)>, ledger: AtHand, tables: &Arc<Tables>, digits: Digits) -> Result<Opened, Failure> {
    let boxed = |(sheet, rows): (MarkSheet, AtHand)| (sheet, Box::new(rows) as Box<dyn Stored>);
    let rows = StoredRows {
        residents: Box::new(AtHand(Vec::new())),
        marks: marks.into_iter().map(boxed).collect(),
        ledger: Box::new(ledger),
        snapshot: NaiveDate::default(),
    };
    open_stored(rows, tables, digits)
}

/// What a row of a mark sheet says; `None` when all its cells are empty.
///
/// # Errors
/// As [`open_stored`].
pub fn mark<T: AsRef<str>>(
    sheet: MarkSheet,
    kept: &[Option<T>],
    tables: &Arc<Tables>,
    digits: Digits,
) -> Result<Option<MarkRow>, Failure> {
    let opened = opened(vec![(sheet, AtHand(vec![(1, cells(kept))]))], AtHand(Vec::new()), tables, digits)?;
    Ok(opened.ledger.marks.into_iter().next())
}

/// What rows of the ledger say, each under its id, whatever became of them since.
///
/// # Errors
/// As [`open_stored`].
pub fn ledger<T: AsRef<str>>(
    rows: &[(u32, Vec<Option<T>>)],
    tables: &Arc<Tables>,
    digits: Digits,
) -> Result<Vec<LedgerRow>, Failure> {
    let at_hand = AtHand(rows.iter().map(|(id, kept)| (*id, cells(kept))).collect());
    let mut found = Vec::new();
    opened(Vec::new(), at_hand, tables, digits)?.rows.each(&mut |row| found.push(row));
    Ok(found)
}
