//! SHA-256 in hexadecimal, and the Merkle root of a folder.

use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

/// SHA-256 of bytes, 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a value as JSON writes it; nothing of it is held.
#[must_use]
pub fn sha256_of<T: Serialize>(value: &T) -> String {
    let mut hashing = Hashing(Sha256::new());
    // A hasher takes everything, and our keys are texts.
    let _ = serde_json::to_writer(&mut hashing, value);
    hex(&hashing.0.finalize())
}

struct Hashing(Sha256);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// SHA-256 and length of a file.
///
/// # Errors
/// The system's error when the file cannot be read.
pub fn sha256_file(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 16];
    let mut total = 0_u64;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), total));
        }
        hasher.update(&buffer[..read]);
        total += read as u64;
    }
}

/// Root of a binary Merkle tree over `leaves` (leaf = SHA-256(0x00 ‖ text), node = SHA-256(0x01 ‖ left ‖ right), an odd node
/// goes up as it is; RFC 6962). The root of nothing is the hash of nothing.
#[must_use]
pub fn merkle_root(leaves: &[String]) -> String {
    let mut level: Vec<Vec<u8>> =
        leaves.iter().map(|leaf| Sha256::new().chain_update([0_u8]).chain_update(leaf.as_bytes()).finalize().to_vec()).collect();
    if level.is_empty() {
        return sha256_hex(b"");
    }
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => Sha256::new().chain_update([1_u8]).chain_update(left).chain_update(right).finalize().to_vec(),
                _ => pair.concat(),
            })
            .collect();
    }
    hex(&level.concat())
}

/// Two lower-case digits a byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hash_and_every_leaf_counts() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let leaves: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let root = merkle_root(&leaves);
        let mut swapped = leaves.clone();
        swapped.swap(0, 1);
        assert_ne!(merkle_root(&swapped), root);
        assert_ne!(merkle_root(&leaves[..2]), root);
    }
}
