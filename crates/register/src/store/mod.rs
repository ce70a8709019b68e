//! 登録簿: one file of the office. [`Register`] opens it, knows who acts and writes every act into the log; the statements of each
//! subject stand in a file of their own beside this folder.

mod keep;
pub mod link;
mod schema;
mod sqlite;

pub use keep::Copied;

use crate::clock::Moment;
use crate::log::{self, Entry, Head, Outcome};
use crate::operators::{self, New, Operator, Role};
use kansho_core::diag::{Code, Diagnostic, Failure};
use link::Link;
use serde_json::{Map, Value as Json, json};
use sqlite::{Refused, Sqlite};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Seconds by which a clock may be behind the last entry: two machines never agree to the second.
const DRIFT: i64 = 600;

/// Who acts, as the process knows it.
#[derive(Clone)]
pub struct Caller {
    /// The name they give; none: the account of the operating system acts.
    pub account: Option<String>,
    /// Their passphrase.
    pub passphrase: Option<Zeroizing<String>>,
    /// The account of the operating system (behind `sudo`: whoever called it), written down and not believed.
    pub os_account: String,
    /// The process runs as a service account, which is nobody.
    pub service: bool,
    /// The machine.
    pub host: String,
    /// 目的
    pub purpose: Option<String>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caller({})", self.name())
    }
}

impl Caller {
    /// The name under which they act.
    #[must_use]
    pub fn name(&self) -> &str {
        self.account.as_deref().unwrap_or(&self.os_account)
    }

    fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref().map(str::trim).filter(|purpose| !purpose.is_empty())
    }
}

/// What is to be done: for the permission and for the log.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// The verb.
    pub action: &'a str,
    /// Any of these roles; none: every role.
    pub roles: &'a [Role],
    /// Whether a purpose must be given.
    pub purpose: bool,
    /// Whose, by 予防接種番号.
    pub person: Option<&'a str>,
}

impl<'a> Act<'a> {
    /// An act for any of the roles, without purpose or person.
    #[must_use]
    pub const fn new(action: &'a str, roles: &'a [Role]) -> Self {
        Self { action, roles, purpose: false, person: None }
    }

    /// The same, for which a purpose must be given.
    #[must_use]
    pub const fn purposeful(action: &'a str, roles: &'a [Role]) -> Self {
        Self { action, roles, purpose: true, person: None }
    }

    /// About one person, as a number was typed: anything else may be a name, and the log holds none.
    #[must_use]
    pub fn about(self, typed: &'a str) -> Self {
        let number = typed.bytes().all(|b| b.is_ascii_digit()) && !typed.is_empty();
        Self { person: number.then_some(typed), ..self }
    }

    /// About one person.
    #[must_use]
    pub const fn of(self, person: &'a str) -> Self {
        Self { person: Some(person), ..self }
    }
}

/// An act that is permitted.
#[derive(Clone, Debug)]
pub struct Permit {
    /// Who.
    pub operator: Operator,
    /// When.
    pub at: Moment,
    action: String,
    purpose: Option<String>,
    person: Option<String>,
    os_account: String,
    host: String,
    /// The log says already how the act ended.
    ended: Cell<bool>,
}

impl Permit {
    /// Whether protected people may be seen.
    #[must_use]
    pub fn sees_protected(&self) -> bool {
        self.operator.may(&[Role::Protected])
    }

    fn entry<'a>(&'a self, outcome: Outcome, detail: Map<String, Json>, person: Option<&'a str>) -> Entry<'a> {
        Entry {
            action: &self.action,
            at: self.at,
            detail,
            host: &self.host,
            operator: &self.operator.name,
            os_account: &self.os_account,
            outcome,
            person,
            purpose: self.purpose.as_deref(),
        }
    }
}

/// An act under way: its transaction, and what the log will say of it.
pub struct Work<'a> {
    /// The statements.
    pub link: &'a mut dyn Link,
    /// Who and when.
    pub permit: &'a Permit,
    /// What the entry says.
    pub detail: Map<String, Json>,
    /// Whose, where it shows only on the way.
    pub person: Option<String>,
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Work({})", self.permit.action)
    }
}

impl Work<'_> {
    /// Says something in the log.
    pub fn note(&mut self, key: &str, value: impl Into<Json>) {
        self.detail.insert(key.to_owned(), value.into());
    }

    /// Who acts.
    #[must_use]
    pub fn who(&self) -> &str {
        &self.permit.operator.name
    }

    /// 処理日.
    #[must_use]
    pub fn today(&self) -> chrono::NaiveDate {
        self.permit.at.day()
    }

    /// The stamp.
    #[must_use]
    pub fn stamp(&self) -> String {
        self.permit.at.to_string()
    }
}

/// The register, open.
#[derive(Debug)]
pub struct Register {
    path: PathBuf,
    sqlite: Sqlite,
    clock: fn() -> Moment,
    /// How often it is held.
    held: u32,
}

impl Register {
    /// Makes a register; the caller is its first `admin`.
    ///
    /// # Errors
    /// [`Failure::Barred`]: the file is there (G606), or cannot be made (G605).
    pub fn create(path: &Path, caller: &Caller) -> Result<Self, Failure> {
        if path.exists() {
            return Err(Failure::barred(Code::TargetExists, format!("{} はすでにあります", path.display())));
        }
        if caller.service && caller.account.is_none() {
            return Err(nobody(caller));
        }
        let sqlite = Sqlite::create(path).map_err(|refused| told(refused, path))?;
        let mut register = Self { path: path.to_path_buf(), sqlite, clock: Moment::now, held: 0 };
        let at = (register.clock)();
        let made = register.write(|link| {
            let new = New {
                name: caller.name(),
                roles: BTreeSet::from([Role::Admin]),
                section: None,
                until: None,
                passphrase: caller.passphrase.as_ref().map(|passphrase| passphrase.as_str()),
            };
            operators::add(link, &new, caller.name(), at)?;
            let entry = Entry {
                action: "init",
                at,
                detail: log::detail([("admin", json!(caller.name()))]),
                host: &caller.host,
                operator: caller.name(),
                os_account: &caller.os_account,
                outcome: Outcome::Ok,
                person: None,
                purpose: caller.purpose(),
            };
            Ok(log::append(link, &entry)?)
        });
        if let Err(failure) = made {
            drop(register);
            for end in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(end);
                let _ = std::fs::remove_file(name);
            }
            return Err(failure);
        }
        Ok(register)
    }

    /// Opens a register.
    ///
    /// # Errors
    /// [`Failure::Barred`]: none (G601), damaged or another file (G603), newer (G604), not writable (G605).
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let sqlite = Sqlite::open(path).map_err(|refused| told(refused, path))?;
        Ok(Self { path: path.to_path_buf(), sqlite, clock: Moment::now, held: 0 })
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Moment) -> Self {
        Self { clock, ..self }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Does something that changes the register: all of it, or nothing.
    ///
    /// # Errors
    /// What `work` gives, or a [`Failure`] of the store.
    pub fn write<T>(&mut self, work: impl FnOnce(&mut dyn Link) -> Result<T, Failure>) -> Result<T, Failure> {
        self.within(true, work)
    }

    /// Reads in one state of the register.
    ///
    /// # Errors
    /// As [`Register::write`].
    pub fn read<T>(&mut self, work: impl FnOnce(&mut dyn Link) -> Result<T, Failure>) -> Result<T, Failure> {
        self.within(false, work)
    }

    /// Begins to read in one state of the register, which [`Register::let_go`] ends.
    ///
    /// # Errors
    /// A [`Failure`] of the store.
    pub fn hold(&mut self) -> Result<(), Failure> {
        self.take_hold(false)
    }

    /// Begins to try changes out: whoever reads in the meantime sees them, and [`Register::let_go`] takes them back.
    ///
    /// # Errors
    /// A [`Failure`] of the store.
    pub fn try_out(&mut self) -> Result<(), Failure> {
        self.take_hold(true)
    }

    fn take_hold(&mut self, write: bool) -> Result<(), Failure> {
        if self.held == 0 {
            self.sqlite.begin(write)?;
        }
        self.held += 1;
        Ok(())
    }

    /// Ends what [`Register::hold`] or [`Register::try_out`] began; of several within one another the first.
    pub fn let_go(&mut self) {
        self.held = self.held.saturating_sub(1);
        if self.held == 0 {
            self.sqlite.rollback();
        }
    }

    /// The statements, within what [`Register::hold`] began.
    pub fn link(&mut self) -> &mut dyn Link {
        &mut self.sqlite
    }

    fn within<T>(&mut self, write: bool, work: impl FnOnce(&mut dyn Link) -> Result<T, Failure>) -> Result<T, Failure> {
        if self.held > 0 {
            return work(&mut self.sqlite);
        }
        self.sqlite.begin(write)?;
        match work(&mut self.sqlite) {
            Ok(value) => match self.sqlite.commit() {
                Ok(()) => Ok(value),
                Err(fault) => {
                    self.sqlite.rollback();
                    Err(fault.into())
                }
            },
            Err(failure) => {
                self.sqlite.rollback();
                Err(failure)
            }
        }
    }

    /// Whether the caller may do this; a denial is in the log before it is told.
    ///
    /// # Errors
    /// [`Failure::Barred`] with A601, A602, A603, A604, A606, or G607 when the clock is behind the log.
    pub fn permit(&mut self, caller: &Caller, act: &Act<'_>) -> Result<Permit, Failure> {
        let at = (self.clock)();
        let decided = self.write(|link| {
            if let Some(last) = log::last_moment(link)?
                && at.seconds() + DRIFT < last.seconds()
            {
                let message = format!("時計は {at} ですが、最後の記録は {last} です");
                return Err(Failure::barred(Code::ClockBack, message));
            }
            let operator = allowed(link, caller, act, at);
            if let Err(denied) = &operator {
                let entry = Entry {
                    action: act.action,
                    at,
                    detail: log::detail([("code", json!(denied.code().map(Code::id)))]),
                    host: &caller.host,
                    operator: caller.name(),
                    os_account: &caller.os_account,
                    outcome: Outcome::Denied,
                    person: act.person,
                    purpose: caller.purpose(),
                };
                log::append(link, &entry)?;
            }
            Ok(operator)
        })?;
        Ok(Permit {
            operator: decided?,
            at,
            action: act.action.to_owned(),
            purpose: caller.purpose().map(str::to_owned),
            person: act.person.map(str::to_owned),
            os_account: caller.os_account.clone(),
            host: caller.host.clone(),
            ended: Cell::new(false),
        })
    }

    /// Does a permitted act with its entry, in one transaction; what it gives is told after both are committed. When it fails nothing of
    /// it stays but the entry that says so.
    ///
    /// # Errors
    /// What `work` gives, or a [`Failure`] of the store.
    pub fn perform<T>(&mut self, permit: &Permit, work: impl FnOnce(&mut Work<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let done = self.write(|link| {
            let mut under_way = Work { link, permit, detail: Map::new(), person: None };
            let value = work(&mut under_way)?;
            let Work { link, detail, person, .. } = under_way;
            let whose = person.or_else(|| permit.person.clone());
            append(link, permit, Outcome::Ok, detail, whose.as_deref())?;
            Ok(value)
        });
        match &done {
            Ok(_) => permit.ended.set(true),
            Err(failure) => self.failed(permit, failure),
        }
        done
    }

    /// Says in the log that a permitted act failed, once. What cannot be written there any more was told by its cause.
    pub fn failed(&mut self, permit: &Permit, failure: &Failure) {
        if permit.ended.replace(true) {
            return;
        }
        let detail = log::detail([("code", json!(failure.code().map(Code::id))), ("exit", json!(failure.exit_code()))]);
        let _ = self.write(|link| append(link, permit, Outcome::Failed, detail, permit.person.as_deref()));
    }

    /// Says in the log that an act whose entry was made before its last step failed in that step.
    pub fn undone(&mut self, caller: &Caller, act: &Act<'_>, failure: &Failure) {
        if let Ok(permit) = self.permit(caller, act) {
            self.failed(&permit, failure);
        }
    }

    /// [`Register::permit`] and [`Register::perform`].
    ///
    /// # Errors
    /// As both.
    pub fn act<T>(
        &mut self,
        caller: &Caller,
        act: &Act<'_>,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let permit = self.permit(caller, act)?;
        self.perform(&permit, work)
    }
}

fn append(
    link: &mut dyn Link,
    permit: &Permit,
    outcome: Outcome,
    detail: Map<String, Json>,
    person: Option<&str>,
) -> Result<Head, Failure> {
    Ok(log::append(link, &permit.entry(outcome, detail, person))?)
}

fn nobody(caller: &Caller) -> Failure {
    let message = format!("{} は登録簿を預かる口座で、利用者ではありません", caller.os_account);
    Failure::Barred(Box::new(Diagnostic::new(Code::Account, message).hint("--account と --passphrase-file を付けてください")))
}

fn allowed(link: &mut dyn Link, caller: &Caller, act: &Act<'_>, at: Moment) -> Result<Operator, Failure> {
    if caller.service && caller.account.is_none() {
        return Err(nobody(caller));
    }
    let passphrase = caller.passphrase.as_ref().map(|passphrase| passphrase.as_str());
    let operator = operators::log_in(link, caller.name(), passphrase, at.day())?;
    // An account without a passphrase is the operating system's to prove.
    if caller.account.is_some() && !operator.with_passphrase && operator.name != caller.os_account {
        return Err(Failure::barred(Code::Passphrase, format!("利用者 {} は、その人の端末の口座でだけ使えます", operator.name)));
    }
    if !act.roles.is_empty() && !operator.may(act.roles) {
        let wanted: Vec<&str> = act.roles.iter().map(|role| role.word()).collect();
        let message = format!("利用者 {} には {} の権限がありません", operator.name, wanted.join(" か "));
        return Err(Failure::barred(Code::Role, message));
    }
    if act.purpose && caller.purpose().is_none() {
        return Err(Failure::barred(Code::Purpose, "目的がありません"));
    }
    Ok(operator)
}

fn told(refused: Refused, path: &Path) -> Failure {
    let place = path.display();
    match refused {
        Refused::Absent => Failure::barred(Code::NoRegister, format!("{place} に登録簿がありません")),
        Refused::Newer => Failure::barred(Code::RegisterNewer, format!("{place} は新しい版の登録簿です")),
        Refused::Network => Failure::Barred(Box::new(
            Diagnostic::new(Code::RegisterUnwritable, format!("{place} はネットワーク上の場所です"))
                .hint("登録簿は、この計算機のディスクに置いてください（二台で使うと壊れます）"),
        )),
        Refused::Fault(fault) => fault.into(),
    }
}
