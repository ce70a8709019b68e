//! 破棄と取消: a draft that nobody wants any more; a sealed batch that two people stop before anything is mailed.

use crate::desk::batch::{self, Named};
use kansho_core::diag::Failure;
use kansho_register::approvals;
use kansho_register::batches::{self, State};
use kansho_register::notices;
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Register};

/// Discards a draft: its numbers stay gaps.
///
/// # Errors
/// [`Failure::Barred`]: A603, B604 when it is sealed or ended, B621.
pub fn discard(register: &mut Register, caller: &Caller, named: &Named, reason: &str) -> Result<String, Failure> {
    register.act(caller, &Act::new("batches discard", &[Role::Extract]), |work| {
        let reason = batch::reason(reason)?;
        work.note("run", named.run.as_str());
        work.note("reason", reason);
        let found = batches::known(work.link, &named.run)?;
        found.must_be(&[State::Draft, State::Approved])?;
        batches::end(work.link, &found.run, State::Discarded, reason)?;
        Ok(found.run)
    })
}

/// How far a cancellation is.
#[derive(Clone, Debug)]
pub struct Cancelled {
    /// Run id.
    pub run: String,
    /// The state.
    pub state: State,
    /// Who wanted it first.
    pub first_by: String,
    /// Who made it so; none as long as a second person is waited for.
    pub second_by: Option<String>,
    /// Notices that do not count any more.
    pub notices: usize,
}

/// Wants a sealed batch cancelled, or makes it so when another person wanted it: its people are due again.
///
/// # Errors
/// [`Failure::Barred`]: A603, A605, B604 when it is not sealed or already delivered, B621.
pub fn cancel(register: &mut Register, caller: &Caller, named: &Named, reason: &str) -> Result<Cancelled, Failure> {
    register.act(caller, &Act::new("cancel", &[Role::Extract, Role::Approve]), |work| {
        let reason = batch::reason(reason)?;
        work.note("run", named.run.as_str());
        work.note("reason", reason);
        let found = batches::known(work.link, &named.run)?;
        found.must_be(&[State::Sealed])?;
        let own = work.who().to_owned();
        let Some(first_by) = found.cancel_first_by else {
            batches::want_cancelled(work.link, &found.run, &own, reason)?;
            return Ok(Cancelled { run: found.run, state: State::Sealed, first_by: own, second_by: None, notices: 0 });
        };
        approvals::apart(work, &first_by)?;
        batches::end(work.link, &found.run, State::Cancelled, reason)?;
        let of_run = notices::of_run(work.link, &found.run)?;
        notices::cancel(work.link, &of_run, reason)?;
        work.note("notices", of_run.len());
        Ok(Cancelled { run: found.run, state: State::Cancelled, first_by, second_by: Some(own), notices: of_run.len() })
    })
}
