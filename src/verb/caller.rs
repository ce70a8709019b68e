//! Who runs a verb on the register: the name given, else the account of the operating system.

use crate::verb::{Context, passphrase};
use kansho_core::diag::Failure;
use kansho_register::store::{Act, Caller, Permit, Register, Work};
use kansho_register::stored::Shared;

/// The register with a permit to look into it.
#[derive(Debug)]
pub struct Look {
    /// The register.
    pub register: Shared,
    /// Who looks, and what for.
    pub permit: Permit,
}

impl Look {
    /// Enters the look into the log; what was seen is told after this.
    ///
    /// # Errors
    /// A [`Failure`] of the store.
    pub fn enter(&self, note: impl FnOnce(&mut Work<'_>)) -> Result<(), Failure> {
        self.register.lock().perform(&self.permit, |work| {
            note(work);
            Ok(())
        })
    }

    /// What a look gave; that it failed is in the log as well.
    ///
    /// # Errors
    /// The failure itself.
    pub fn kept<T>(&self, seen: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &seen {
            self.register.lock().failed(&self.permit, failure);
        }
        seen
    }
}

impl Context {
    /// Who acts.
    ///
    /// # Errors
    /// A [`Failure`] when the file of the passphrase cannot be read.
    pub fn caller(&self) -> Result<Caller, Failure> {
        let passphrase = passphrase::of_operator(self.globals.passphrase_file.as_deref())?;
        let account = whoami::username();
        // Behind `sudo` the process is the service account's, which is nobody; who called it is written down and not believed.
        let behind = std::env::var("SUDO_USER").ok().filter(|user| !user.is_empty() && *user != account);
        let service = behind.is_some();
        Ok(Caller {
            account: self.globals.account.clone(),
            passphrase,
            os_account: behind.unwrap_or(account),
            service,
            host: whoami::fallible::hostname().unwrap_or_default(),
            purpose: self.globals.purpose.clone(),
        })
    }

    /// The register for an act that is permitted.
    ///
    /// # Errors
    /// As [`Register::open`] and [`Register::permit`].
    pub fn look(&self, act: &Act<'_>) -> Result<Look, Failure> {
        let caller = self.caller()?;
        let mut register = self.register()?;
        let permit = register.permit(&caller, act)?;
        Ok(Look { register: Shared::new(register), permit })
    }

    /// The register.
    ///
    /// # Errors
    /// As [`Register::open`].
    pub fn register(&self) -> Result<Register, Failure> {
        Register::open(&self.globals.register)
    }
}
