//! Who runs a verb on the register: the name given, else the account of the operating system.

use crate::verb::{Context, passphrase};
use kansho_core::diag::Failure;
use kansho_register::store::{Caller, Register};

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

    /// The register.
    ///
    /// # Errors
    /// As [`Register::open`].
    pub fn register(&self) -> Result<Register, Failure> {
        Register::open(&self.globals.register)
    }
}
