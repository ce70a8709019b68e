//! 前回: the run that was sealed last takes the place of `--previous`.

use crate::record::previous::{Decisions, Previous};
use chrono::NaiveDate;
use kansho_core::case::Meeting;
use kansho_core::diag::{Code, Failure, Report};
use kansho_register::batches::{self, Batch};
use kansho_register::stored::Shared;
use kansho_rules::decide::programme::Programme;
use std::path::Path;

/// The run that was sealed last before a day. Its notices are the register's own, so none are told here.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn sealed(register: &Shared, as_of: NaiveDate) -> Result<Option<Previous>, Failure> {
    let Some(batch) = register.lock().read(|link| batches::last_sealed(link, &as_of.to_string()))? else { return Ok(None) };
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let damaged = |_| Failure::barred(Code::RegisterDamaged, format!("処理 {} の基準日を読めません", batch.run));
    Ok(Some(Previous {
        as_of: batch.as_of.parse().map_err(damaged)?,
        sha256: batch.package_root.unwrap_or_default(),
        run: batch.run,
        decisions: None,
        issued: Vec::new(),
        highest_issue: 0,
        report: Report::new(),
        meeting: Meeting { rows: count(batch.ledger_rows), met: count(batch.ledger_met) },
        protection_rows: count(batch.protection_rows),
    }))
}

/// What the last sealed run decided, where its folder is still what was sealed.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn decisions(register: &Shared, previous: &Previous, programmes: &[Programme]) -> Result<Option<Decisions>, Failure> {
    let batch: Option<Batch> = register.lock().read(|link| batches::find(link, &previous.run))?;
    let Some(batch) = batch else { return Ok(None) };
    // A folder that is gone or was changed tells nothing; the notices stand in the register.
    let loaded = super::manifest(Path::new(&batch.folder)).ok().filter(|manifest| manifest.root == batch.root);
    let loaded = loaded.and_then(|_| Previous::load(Path::new(&batch.folder), programmes).ok());
    Ok(loaded.and_then(|loaded| loaded.decisions))
}
