//! 処理の一覧: the state of every run.

use kansho_core::diag::Failure;
use kansho_register::approvals;
use kansho_register::batches::{self, Batch};
use kansho_register::returned;
use kansho_register::store::{Act, Caller, Register};

/// A run in the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The batch.
    pub batch: Batch,
    /// Letters that came back.
    pub returned: u64,
    /// Who approved it.
    pub approved_by: Vec<String>,
}

/// Every run, the oldest first; for everybody.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn all(register: &mut Register, caller: &Caller) -> Result<Vec<Listed>, Failure> {
    register.act(caller, &Act::new("batches", &[]), |work| {
        let mut list = Vec::new();
        for batch in batches::all(work.link)? {
            let returned = returned::count(work.link, &batch.run)?;
            let approved_by = approvals::of(work.link, &batch.run)?.into_iter().map(|approval| approval.by).collect();
            list.push(Listed { batch, returned, approved_by });
        }
        Ok(list)
    })
}
