//! What is given in a file because it may name somebody: `-` reads it from standard input.

use kansho_core::diag::Failure;
use std::io::Read;
use std::path::Path;

/// Longest file that is read.
const MOST: u64 = 1 << 20;

/// The text of a small file.
///
/// # Errors
/// A [`Failure`] when it cannot be read, is too long or no UTF-8.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    let failed = |e| Failure::io("ファイルを読めません", path, e);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        std::fs::File::open(path).map_err(failed)?.take(MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > MOST {
        return Err(Failure::Declined(format!("{} が大きすぎます", path.display())));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Declined(format!("{} の文字コードがUTF-8ではありません", path.display())))?;
    Ok(text.strip_prefix('\u{FEFF}').map_or(text.clone(), str::to_owned))
}

/// A JSON object of a small file.
///
/// # Errors
/// As [`text`], or [`Failure::Declined`] when it is none; its words are not repeated.
pub(super) fn object(path: &Path) -> Result<serde_json::Map<String, serde_json::Value>, Failure> {
    let why = |_| Failure::Declined(format!("{} が JSON の {{…}} ではありません", path.display()));
    serde_json::from_str(&text(path)?).map_err(why)
}
