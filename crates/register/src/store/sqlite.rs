//! SQLite as the driver of [`Link`]: one file on a local disk, WAL, one writer and many readers of several processes.

use crate::store::link::{Fault, Field, Link, Value};
use crate::store::schema::{APPLICATION, STEPS};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// How long somebody waits for another writer: longer than the longest import.
const PATIENCE: Duration = Duration::from_mins(10);
/// Statements kept ready.
const STATEMENTS: usize = 128;
/// Bytes of pages kept in memory, in KiB with the sign that SQLite wants.
const CACHE_KIB: i64 = -262_144;

/// Why a file could not be opened as a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is none.
    Absent,
    /// It is of a newer version.
    Newer,
    /// It lies on a network.
    Network,
    /// Anything else.
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// One open file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
    /// The statements as SQLite numbers their parameters.
    numbered: HashMap<String, String>,
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let Some(inner) = error.sqlite_error() else { return Self::Other(-1) };
        const KINDS: [(Fault, &[ErrorCode]); 4] = [
            (Fault::Taken, &[ErrorCode::ConstraintViolation]),
            (Fault::Busy, &[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]),
            (
                Fault::Unwritable,
                &[
                    ErrorCode::DiskFull,
                    ErrorCode::ReadOnly,
                    ErrorCode::CannotOpen,
                    ErrorCode::SystemIoFailure,
                    ErrorCode::PermissionDenied,
                ],
            ),
            (Fault::Damaged, &[ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase]),
        ];
        let kind = KINDS.into_iter().find(|(_, codes)| codes.contains(&inner.code));
        kind.map_or(Self::Other(inner.extended_code), |(fault, _)| fault)
    }
}

impl Sqlite {
    /// Makes a new register; the file is its owner's alone.
    pub(super) fn create(path: &Path) -> Result<Self, Refused> {
        local(path)?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|_| Fault::Unwritable)?;
        let made = Self::connect(path).and_then(|mut sqlite| {
            let wal: String =
                sqlite.connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(Fault::from)?;
            if wal != "wal" {
                return Err(Refused::Network);
            }
            sqlite.begin(true)?;
            sqlite.script(&format!("PRAGMA application_id = {APPLICATION}"))?;
            sqlite.upgrade(0)?;
            sqlite.commit()?;
            Ok(sqlite)
        });
        if made.is_err() {
            for end in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(end);
                let _ = std::fs::remove_file(name);
            }
        }
        made
    }

    /// Opens a register and brings it up to this version.
    pub(super) fn open(path: &Path) -> Result<Self, Refused> {
        if !path.is_file() {
            return Err(Refused::Absent);
        }
        local(path)?;
        let mut sqlite = Self::connect(path)?;
        let number = |sqlite: &Self, sql: &str| -> Result<i64, Fault> {
            sqlite.connection.query_row(sql, [], |row| row.get(0)).map_err(Fault::from)
        };
        if number(&sqlite, "PRAGMA application_id")? != APPLICATION {
            return Err(Fault::Damaged.into());
        }
        let version = number(&sqlite, "PRAGMA user_version")?;
        let steps = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
        if version > steps {
            return Err(Refused::Newer);
        }
        if version < steps {
            sqlite.begin(true)?;
            // Another process may have done it meanwhile.
            let version = number(&sqlite, "PRAGMA user_version")?;
            sqlite.upgrade(usize::try_from(version).unwrap_or(0))?;
            sqlite.commit()?;
        }
        Ok(sqlite)
    }

    fn connect(path: &Path) -> Result<Self, Refused> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(Fault::from)?;
        connection.busy_timeout(PATIENCE).map_err(Fault::from)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let settings = format!(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = {CACHE_KIB}; PRAGMA temp_store = MEMORY"
        );
        connection.execute_batch(&settings).map_err(Fault::from)?;
        Ok(Self { connection, numbered: HashMap::new() })
    }

    fn upgrade(&mut self, from: usize) -> Result<(), Fault> {
        for step in STEPS.iter().skip(from) {
            self.script(step)?;
        }
        self.script(&format!("PRAGMA user_version = {}", STEPS.len()))
    }

    fn script(&mut self, sql: &str) -> Result<(), Fault> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Begins a transaction: a writer's takes its place at once, so that it never fails halfway for another's sake.
    pub(super) fn begin(&mut self, write: bool) -> Result<(), Fault> {
        self.script(if write { "BEGIN IMMEDIATE" } else { "BEGIN" })
    }

    pub(super) fn commit(&mut self) -> Result<(), Fault> {
        self.script("COMMIT")
    }

    pub(super) fn rollback(&mut self) {
        // A transaction that the database has ended itself is no more.
        let _ = self.script("ROLLBACK");
    }

    fn statement(&mut self, sql: &str) -> Result<rusqlite::CachedStatement<'_>, Fault> {
        if !self.numbered.contains_key(sql) {
            self.numbered.insert(sql.to_owned(), sql.replace('$', "?"));
        }
        let numbered = self.numbered.get(sql).map_or(sql, String::as_str);
        Ok(self.connection.prepare_cached(numbered)?)
    }

    fn names(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<String>, Fault> {
        Ok(self.rows(sql, values)?.into_iter().map(|row| row[0].words()).collect())
    }

    /// The file as it is, for what only SQLite has: backup, checkpoint, vacuum.
    pub(crate) const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Link for Sqlite {
    fn tables(&mut self) -> Result<Vec<String>, Fault> {
        self.names("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name", &[])
    }

    fn columns(&mut self, table: &str) -> Result<Vec<String>, Fault> {
        self.names("SELECT name FROM pragma_table_info($1) ORDER BY cid", &[table.into()])
    }

    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Fault> {
        let mut statement = self.statement(sql)?;
        bind(&mut statement, values)?;
        Ok(statement.raw_execute()? as u64)
    }

    fn each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&[Field]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut statement = self.statement(sql)?;
        bind(&mut statement, values)?;
        let columns = statement.column_count();
        let mut fields: Vec<Field> = Vec::with_capacity(columns);
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            fields.clear();
            for column in 0..columns {
                fields.push(match row.get_ref(column)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => Value::Integer(number),
                    ValueRef::Text(text) => Value::Text(Cow::Owned(String::from_utf8_lossy(text).into_owned())),
                    ValueRef::Real(_) | ValueRef::Blob(_) => return Err(Fault::Damaged),
                });
            }
            visit(&fields)?;
        }
        Ok(())
    }
}

fn bind(statement: &mut rusqlite::CachedStatement<'_>, values: &[Value<'_>]) -> Result<(), Fault> {
    for (value, place) in values.iter().zip(1..) {
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}

/// Refuses a place on a network: two machines do not share a WAL.
#[cfg(target_os = "linux")]
fn local(path: &Path) -> Result<(), Refused> {
    const REMOTE: [&str; 14] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "fuse.s3fs",
        "lustre",
        "9p",
    ];
    let absolute = std::path::absolute(path).map_err(|_| Fault::Unwritable)?;
    let folder = absolute.parent().and_then(|folder| folder.canonicalize().ok()).unwrap_or(absolute);
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return Ok(()) };
    let kind = mounts
        .lines()
        .filter_map(|line| {
            let place = line.split(' ').nth(4)?.replace("\\040", " ");
            let kind = line.split(" - ").nth(1)?.split(' ').next()?;
            folder.starts_with(&place).then_some((place.len(), kind))
        })
        .max_by_key(|(length, _)| *length);
    if kind.is_some_and(|(_, kind)| REMOTE.contains(&kind)) { Err(Refused::Network) } else { Ok(()) }
}

/// Refuses a place on a network: two machines do not share a WAL.
#[cfg(not(target_os = "linux"))]
fn local(path: &Path) -> Result<(), Refused> {
    let text = path.to_string_lossy();
    if text.starts_with(r"\\") || text.starts_with("//") { Err(Refused::Network) } else { Ok(()) }
}
