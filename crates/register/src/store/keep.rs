//! 控え: the file as a file. A copy while others work, the proof that it is whole, and a register without a byte of what was deleted.

use crate::issued;
use crate::log::{self, Head};
use crate::store::link::Fault;
use crate::store::schema::STEPS;
use crate::store::sqlite::{Refused, Sqlite};
use crate::store::{Register, told};
use kansho_core::diag::{Code, Diagnostic, Failure};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;
use std::time::Duration;

/// Waiting for a moment at which the copy can be read.
const PAUSE: Duration = Duration::from_millis(50);
/// How often.
const ATTEMPTS: usize = 1200;

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Version of its tables.
    pub schema: u64,
    /// The last entry of its log.
    pub head: Head,
    /// The highest 発行no that is anywhere in it.
    pub issued_up_to: u64,
}

/// What is said of a file of the register that is not whole.
fn damaged(message: &str) -> Failure {
    Failure::barred(Code::RegisterDamaged, message)
}

impl Sqlite {
    fn copy_to(&mut self, to: &Path) -> Result<(), Fault> {
        let mut copy = Connection::open(to)?;
        {
            // All pages in one step: one state, and no writer can make it begin again.
            let backup = Backup::new(self.connection(), &mut copy)?;
            let mut done = false;
            for _ in 0..ATTEMPTS {
                done = backup.step(-1)? == StepResult::Done;
                if done {
                    break;
                }
                std::thread::sleep(PAUSE);
            }
            if !done {
                return Err(Fault::Busy);
            }
        }
        // One file that can be read from a medium that takes no writes.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(())
    }

    /// Whether every page, index and reference is as it should be; what is wrong stands in the driver's words, which hold no cell.
    fn whole(&mut self, thorough: bool) -> Result<bool, Fault> {
        let check = if thorough { "PRAGMA integrity_check(1)" } else { "PRAGMA quick_check(1)" };
        let found: String = self.connection().query_row(check, [], |row| row.get(0))?;
        if found != "ok" {
            return Ok(false);
        }
        Ok(!thorough || !self.connection().prepare("PRAGMA foreign_key_check")?.exists([])?)
    }

    fn schema(&mut self) -> Result<u64, Fault> {
        let version: i64 = self.connection().query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok(u64::try_from(version).unwrap_or(0))
    }

    /// Writes everything of the WAL into the file and empties it; false when somebody reads an older state.
    fn emptied(&mut self) -> Result<bool, Fault> {
        let busy: i64 = self.connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

fn held(sqlite: &mut Sqlite) -> Result<Copied, Failure> {
    Ok(Copied { schema: sqlite.schema()?, head: log::head(sqlite)?, issued_up_to: issued::issued_up_to(sqlite)? })
}

impl Register {
    /// Copies the register as it is at one moment into an empty file, while others read and write, and proves that the copy is whole.
    ///
    /// # Errors
    /// [`Failure::Barred`]: the copy is damaged (G603), or cannot be written (G605).
    pub fn copy(&mut self, to: &Path) -> Result<Copied, Failure> {
        self.sqlite.copy_to(to)?;
        let mut copy = Sqlite::open(to).map_err(|refused| told(refused, to))?;
        if !copy.whole(true)? {
            return Err(damaged("登録簿が壊れているため、控えを作れません"));
        }
        held(&mut copy)
    }

    /// Opens a copy as the register it will be, when it is whole. `shown` is the name it will have.
    ///
    /// # Errors
    /// [`Failure::Barred`]: damaged or another file (G603), of a newer version (G604).
    pub fn revive(copy: &Path, shown: &Path) -> Result<(Self, Copied), Failure> {
        let not_open = |refused: Refused| match refused {
            Refused::Absent => damaged("控えの中に登録簿がありません"),
            other @ (Refused::Newer | Refused::Network | Refused::Fault(_)) => told(other, shown),
        };
        let mut sqlite = Sqlite::open(copy).map_err(not_open)?;
        if !sqlite.whole(true)? {
            return Err(damaged("控えが壊れています"));
        }
        let wal: String =
            sqlite.connection().query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(Fault::from)?;
        if wal != "wal" {
            return Err(not_open(Refused::Network));
        }
        let copied = held(&mut sqlite)?;
        Ok((Self { path: copy.to_path_buf(), sqlite, clock: crate::clock::Moment::now, held: 0 }, copied))
    }

    /// Closes the register, so that its one file holds everything.
    ///
    /// # Errors
    /// A [`Failure`] when somebody else has it open.
    pub fn close(mut self) -> Result<(), Failure> {
        if self.sqlite.emptied()? { Ok(()) } else { Err(Fault::Busy.into()) }
    }

    /// Leaves no byte of what was deleted in the file or its WAL.
    ///
    /// # Errors
    /// A [`Failure`]: the disk is full, or somebody reads all the time; it can be done again.
    pub fn scrub(&mut self) -> Result<(), Failure> {
        let reading = || {
            let message = "ほかの処理が登録簿を読んでいるため、消した人の跡を消し終えていません";
            let hint = "その処理が終わってから、kansho purge --confirm 0 を実行してください";
            Failure::Barred(Box::new(Diagnostic::new(Code::RegisterUnwritable, message).hint(hint)))
        };
        // The people who stay must not be copied into memory.
        self.sqlite
            .connection()
            .execute_batch("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY")
            .map_err(Fault::from)?;
        if self.sqlite.emptied()? { Ok(()) } else { Err(reading()) }
    }

    /// Whether the file is whole, as far as that is seen at once.
    ///
    /// # Errors
    /// A [`Failure`] of the store.
    pub fn whole(&mut self) -> Result<bool, Failure> {
        match self.sqlite.whole(false) {
            Err(Fault::Damaged) => Ok(false),
            other => Ok(other?),
        }
    }

    /// Version of the tables.
    #[must_use]
    pub const fn schema() -> usize {
        STEPS.len()
    }
}
