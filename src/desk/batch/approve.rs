//! 承認: two different people sign the bytes of a draft, or take their name back.

use crate::desk::batch::{self, Named, looked};
use kansho_core::diag::Failure;
use kansho_register::approvals::{self, Approval, NEEDED};
use kansho_register::batches::{self, State};
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Register};

/// What a draft is approved by now.
#[derive(Clone, Debug)]
pub struct Approved {
    /// Run id.
    pub run: String,
    /// Root of the bytes.
    pub root: String,
    /// Who, in the order they signed.
    pub approvals: Vec<Approval>,
    /// The state.
    pub state: State,
}

const ROLES: &[Role] = &[Role::Approve];

/// Signs the bytes of a draft as they are now.
///
/// # Errors
/// [`Failure::Barred`]: A603, A605, B602, B604, B605.
pub fn sign(register: &mut Register, caller: &Caller, named: &Named) -> Result<Approved, Failure> {
    let permit = register.permit(caller, &Act::new("approve", ROLES))?;
    let found = looked(register, &permit, |register| {
        let found = batch::batch(register, named)?;
        found.must_be_live()?;
        found.must_be(&[State::Draft, State::Approved])?;
        batch::unaltered(named, &found)?;
        Ok(found)
    })?;
    register.perform(&permit, |work| {
        work.note("run", found.run.as_str());
        work.note("root", found.root.as_str());
        let now = batches::known(work.link, &found.run)?;
        now.must_be(&[State::Draft, State::Approved])?;
        // What was looked at is what is signed.
        if now.root != found.root {
            return Err(now.wrong_state());
        }
        let approvals = approvals::add(work, &now)?;
        let state = settle(work.link, &now.run, approvals.len())?;
        Ok(Approved { run: now.run, root: now.root, approvals, state })
    })
}

/// Takes the caller's own approval back.
///
/// # Errors
/// [`Failure::Barred`]: A603, B603 when there is none, B604, B621.
pub fn withdraw(register: &mut Register, caller: &Caller, named: &Named, reason: &str) -> Result<Approved, Failure> {
    register.act(caller, &Act::new("approve withdraw", ROLES), |work| {
        let reason = batch::reason(reason)?;
        work.note("run", named.run.as_str());
        work.note("reason", reason);
        let found = batches::known(work.link, &named.run)?;
        found.must_be(&[State::Draft, State::Approved])?;
        let approvals = approvals::withdraw(work, &found, reason)?;
        let state = settle(work.link, &found.run, approvals.len())?;
        Ok(Approved { run: found.run, root: found.root, approvals, state })
    })
}

/// The state that so many approvals make.
fn settle(link: &mut dyn kansho_register::store::link::Link, run: &str, approvals: usize) -> Result<State, Failure> {
    let state = if approvals >= NEEDED { State::Approved } else { State::Draft };
    batches::set_state(link, run, state)?;
    Ok(state)
}
