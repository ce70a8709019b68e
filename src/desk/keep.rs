//! 控えと復元: the register copied while others work, proved whole before it has its name, encrypted where a passphrase is given; and a
//! register made of such a copy, whose numbers begin above those on the last paper.

use crate::desk::bundle::stage::{self, NewFile};
use kansho_core::diag::{Code, Failure};
use kansho_core::hash;
use kansho_core::unfinished::Unfinished;
use kansho_register::issued;
use kansho_register::operators::Role;
use kansho_register::store::link::{remember, remembered};
use kansho_register::store::{Act, Caller, Copied, Permit, Register};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Error, Read, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipArchive, ZipWriter};

/// The one entry of an encrypted copy.
const ENTRY: &str = "kansho.db";
/// What a zip begins with.
const ZIP: &[u8] = b"PK\x03\x04";
/// Under which name the register remembers its last copy.
const LAST: &str = "last_backup";
const ADMIN: &[Role] = &[Role::Admin];

/// A copy as it is told, for the paper too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Where.
    pub path: String,
    /// Length of the file.
    pub bytes: u64,
    /// Hash of the file.
    pub sha256: String,
    /// Version of the tables.
    pub schema: u64,
    /// The last entry of the copy's log, `SEQ:HASH`.
    pub log_head: String,
    /// The highest 発行no of the copy.
    pub issued_up_to: u64,
}

impl Kept {
    fn new(path: &Path, (sha256, bytes): (String, u64), held: &Copied) -> Self {
        Self {
            path: path.display().to_string(),
            bytes,
            sha256,
            schema: held.schema,
            log_head: held.head.to_string(),
            issued_up_to: held.issued_up_to,
        }
    }
}

/// The last copy that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCopy {
    /// When.
    pub at: String,
    /// Hash of its file.
    pub sha256: String,
}

/// The last copy, as the register remembers it.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn last(register: &mut Register) -> Result<Option<LastCopy>, Failure> {
    let told = register.read(|link| Ok(remembered(link, LAST)?))?;
    Ok(told.and_then(|told| serde_json::from_str(&told).ok()))
}

/// Copies the register into a new file. Its entry is in the log before the file has its name.
///
/// # Errors
/// [`Failure::Barred`]: not permitted, the name is taken (G606), the register is damaged (G603). There is no file then.
pub fn backup(register: &mut Register, caller: &Caller, out: &Path, passphrase: Option<&str>) -> Result<Kept, Failure> {
    let act = Act::new("backup", ADMIN);
    let permit = register.permit(caller, &act)?;
    let made = copied(register, out, passphrase).and_then(|(file, kept)| {
        logged(register, &permit, &kept)?;
        Ok((file, kept))
    });
    let (file, kept) = made.inspect_err(|failure| register.failed(&permit, failure))?;
    file.release().inspect_err(|failure| register.undone(caller, &act, failure))?;
    let last = LastCopy { at: permit.at.to_string(), sha256: kept.sha256.clone() };
    let text = serde_json::to_string(&last).unwrap_or_default();
    register.write(|link| Ok(remember(link, LAST, &text)?))?;
    Ok(kept)
}

fn logged(register: &mut Register, permit: &Permit, kept: &Kept) -> Result<(), Failure> {
    register.perform(permit, |work| {
        work.note("sha256", kept.sha256.as_str());
        work.note("bytes", kept.bytes);
        work.note("log_head", kept.log_head.as_str());
        work.note("issued_up_to", kept.issued_up_to);
        Ok(())
    })
}

fn copied(register: &mut Register, out: &Path, passphrase: Option<&str>) -> Result<(NewFile, Kept), Failure> {
    let failed = |error: Error| Failure::io("控えを書けません", out, error);
    // The plain copy never lies where the register does not: `out` may be a medium that leaves the house, or a network.
    let place = register
        .path()
        .parent()
        .filter(|place| !place.as_os_str().is_empty())
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let unfinished = Unfinished::begin(&place).map_err(|error| Failure::io("控えを書けません", &place, error))?;
    let mut file = NewFile::beside(out)?;
    let copy = unfinished.path().join(ENTRY);
    let held = register.copy(&copy)?;
    let mut from = File::open(&copy).map_err(failed)?;
    match passphrase {
        Some(passphrase) => encrypt(&mut from, file.file(), passphrase).map_err(failed)?,
        None => {
            std::io::copy(&mut from, file.file()).map_err(failed)?;
        }
    }
    let hashed = hash::sha256_file(file.path()).map_err(failed)?;
    Ok((file, Kept::new(out, hashed, &held)))
}

fn encrypt(from: &mut File, to: &mut File, passphrase: &str) -> std::io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o600)
        .large_file(true)
        .with_aes_encryption(AesMode::Aes256, passphrase);
    let mut zip = ZipWriter::new(to);
    zip.start_file(ENTRY, options)?;
    std::io::copy(from, &mut zip)?;
    zip.finish()?.flush()
}

/// What a restore is told.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The copy.
    pub copy: &'a Path,
    /// Its hash, from the paper.
    pub sha256: &'a str,
    /// The register to be.
    pub register: &'a Path,
    /// The highest 発行no on any paper; new numbers are above it.
    pub issued_up_to: Option<u64>,
    /// Why.
    pub reason: &'a str,
    /// Of an encrypted copy.
    pub passphrase: Option<&'a str>,
}

/// Makes a register of a copy. Who may do it stands in the copy; the restore is an entry of the restored log.
///
/// # Errors
/// [`Failure::Barred`]: no 発行no (G631), no reason (G613), the name is taken (G606), another hash or damaged (G603), newer (G604), not
/// permitted. There is no register then.
pub fn restore(wanted: &Wanted<'_>, caller: &Caller) -> Result<Kept, Failure> {
    let Some(issued_up_to) = wanted.issued_up_to else {
        return Err(Failure::barred(Code::IssuedUpToMissing, "--issued-up-to がありません"));
    };
    let reason = wanted.reason.trim();
    if reason.is_empty() {
        return Err(Failure::barred(Code::ReasonEmpty, "--reason が空です"));
    }
    stage::sweep(wanted.register);
    free(wanted.register)?;
    let failed = |error: Error| Failure::io("控えを読めません", wanted.copy, error);
    let damaged = |message: &str| Failure::barred(Code::RegisterDamaged, message);
    let hashed = hash::sha256_file(wanted.copy).map_err(failed)?;
    if !hashed.0.eq_ignore_ascii_case(wanted.sha256.trim()) {
        return Err(damaged("控えの SHA-256 が --sha256 と違います"));
    }
    let mut file = NewFile::beside(wanted.register)?;
    let mut from = File::open(wanted.copy).map_err(failed)?;
    let written = |error: Error| Failure::io("登録簿を書けません", wanted.register, error);
    let mut begins = Vec::new();
    (&mut from).take(ZIP.len() as u64).read_to_end(&mut begins).map_err(failed)?;
    let mut from = File::open(wanted.copy).map_err(failed)?;
    if begins == ZIP {
        let passphrase = wanted.passphrase.ok_or_else(|| {
            Failure::Usage("控えは暗号化されています。--backup-passphrase-file に合言葉のファイルを書いてください".to_owned())
        })?;
        decrypt(from, file.file(), passphrase, wanted)?;
    } else {
        std::io::copy(&mut from, file.file()).map_err(written)?;
    }
    file.file().sync_all().map_err(written)?;
    let (mut register, held) = Register::revive(file.path(), wanted.register)?;
    let held = Copied { issued_up_to: held.issued_up_to.max(issued_up_to), ..held };
    register.act(caller, &Act::new("restore", ADMIN), |work| {
        work.note("sha256", hashed.0.as_str());
        work.note("log_head", held.head.to_string());
        work.note("issued_up_to", held.issued_up_to);
        work.note("reason", reason);
        issued::remember_issued(work.link, held.issued_up_to)
    })?;
    register.close()?;
    free(wanted.register)?;
    file.release()?;
    let hashed = hash::sha256_file(wanted.register).map_err(written)?;
    Ok(Kept::new(wanted.register, hashed, &held))
}

/// Nothing has the register's name, nor is anything of an older register beside it that would be taken for a part of this one.
fn free(register: &Path) -> Result<(), Failure> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut name = register.as_os_str().to_owned();
        name.push(end);
        let place = PathBuf::from(name);
        if place.exists() {
            return Err(Failure::barred(Code::TargetExists, format!("{} はすでにあります", place.display())));
        }
    }
    Ok(())
}

fn decrypt(from: File, to: &mut File, passphrase: &str, wanted: &Wanted<'_>) -> Result<(), Failure> {
    let damaged = || Failure::barred(Code::RegisterDamaged, "控えを開けません。壊れているか、別のファイルです");
    let mut zip = ZipArchive::new(from).map_err(|_| damaged())?;
    let mut entry = match zip.by_name_decrypt(ENTRY, passphrase.as_bytes()) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::InvalidPassword) => return Err(Failure::Declined("控えの合言葉が違います".to_owned())),
        Err(_) => return Err(damaged()),
    };
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = entry.read(&mut buffer).map_err(|_| damaged())?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..read]).map_err(|error| Failure::io("登録簿を書けません", wanted.register, error))?;
    }
}
