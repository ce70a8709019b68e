//! 受渡ファイル: the listed files of a verified run → one AES-256 zip that 7-Zip opens (CK17).
//!
//! Each file is encrypted and authenticated by itself (WinZip AE-2). Names and sizes in a zip are always readable; the names here
//! are fixed and tell nobody. The archive's comment holds the SHA-256 of everything before it, so that damage anywhere, headers
//! included, is found even without the passphrase. Salts come from the system's random source: two packages of the same run hold
//! the same files in different bytes.

use crate::desk::bundle::packed::{HANDOVER, MANIFEST, Packed};
use crate::record::manifest::FileEntry;
use chrono::Datelike;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, DateTime, ZipWriter};

/// What the archive's comment starts with; 64 hexadecimal digits follow.
pub const SEAL: &str = "kansho-pack sha256:";

/// Passes bytes on and hashes them.
struct Hashed<R> {
    inner: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Writes the package into `file`: the manifest, the hand-over sheet, then every listed file of `folder`.
///
/// # Errors
/// [`Failure::Refused`] when a file is no longer what the manifest says, [`Failure::Io`] when the disk does not take it.
pub fn write(file: &mut File, folder: &Path, packed: &Packed, handover: &[u8], passphrase: &str) -> Result<(), Failure> {
    let failed = |name: &str, e: zip::result::ZipError| Failure::io("受渡ファイルに書けません", Path::new(name), e.into());
    let day = packed.as_of.parse::<chrono::NaiveDate>().ok();
    let stamp = day.and_then(|d| {
        let part = |n: u32| u8::try_from(n).ok();
        DateTime::from_date_and_time(u16::try_from(d.year()).ok()?, part(d.month())?, part(d.day())?, 0, 0, 0).ok()
    });
    let options = |name: &str, bytes: u64| {
        // The pages of a PDF are compressed already.
        let stored = name.ends_with(".pdf");
        SimpleFileOptions::default()
            .compression_method(if stored { CompressionMethod::Stored } else { CompressionMethod::Deflated })
            .last_modified_time(stamp.unwrap_or_default())
            .unix_permissions(0o600)
            .large_file(bytes > u64::from(u32::MAX / 2))
            .with_aes_encryption(AesMode::Aes256, passphrase)
    };
    let manifest = serde_json::to_vec_pretty(packed).map_err(|e| Failure::Usage(e.to_string()))?;
    let mut zip = ZipWriter::new(&mut *file);
    for (name, bytes) in [(MANIFEST, manifest.as_slice()), (HANDOVER, handover)] {
        zip.start_file(name, options(name, bytes.len() as u64)).map_err(|e| failed(name, e))?;
        zip.write_all(bytes).map_err(|e| Failure::io("受渡ファイルに書けません", Path::new(name), e))?;
    }
    for entry in &packed.files {
        zip.start_file(&entry.path, options(&entry.path, entry.bytes)).map_err(|e| failed(&entry.path, e))?;
        copy(entry, folder, &mut zip)?;
    }
    zip.finish().map_err(|e| failed("", e))?;
    seal(file).map_err(|e| Failure::io("受渡ファイルに書けません", Path::new(""), e))
}

/// Copies one file, and refuses when the bytes that went in are not those of the manifest.
fn copy(entry: &FileEntry, folder: &Path, to: &mut impl Write) -> Result<(), Failure> {
    let path = folder.join(&entry.path);
    let inner = File::open(&path).map_err(|e| Failure::io("読めません", &path, e))?;
    let mut from = Hashed { inner, hasher: Sha256::new(), bytes: 0 };
    std::io::copy(&mut from, to).map_err(|e| Failure::io("受渡ファイルに写せません", &path, e))?;
    let sha256 = hash::hex(&from.hasher.finalize());
    if sha256 == entry.sha256 && from.bytes == entry.bytes {
        return Ok(());
    }
    let message = format!("{}: 確かめたあとに変わりました", entry.path);
    Err(Failure::Refused(Report::from(Diagnostic::new(Code::FileHash, message))))
}

/// SHA-256 of the first `length` bytes.
///
/// # Errors
/// The system's error, also when the file is shorter.
pub(super) fn hash_of_front(file: &mut File, length: u64) -> std::io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut front = Hashed { inner: file.take(length), hasher: Sha256::new(), bytes: 0 };
    std::io::copy(&mut front, &mut std::io::sink())?;
    if front.bytes != length {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(hash::hex(&front.hasher.finalize()))
}

/// Puts the hash of everything so far into the archive's comment, which the last two bytes announce.
fn seal(file: &mut File) -> std::io::Result<()> {
    let front = file.seek(SeekFrom::End(-2))?;
    let comment = format!("{SEAL}{}", hash_of_front(file, front)?);
    let length = u16::try_from(comment.len()).map_err(std::io::Error::other)?;
    file.seek(SeekFrom::Start(front))?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(comment.as_bytes())?;
    file.sync_all()
}
