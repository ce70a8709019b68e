//! UTF-8 with or without BOM, UTF-16 with BOM, CP932: strict. An invalid byte is an error with row and column.

use encoding_rs::{DecoderResult, SHIFT_JIS, UTF_16BE, UTF_16LE};
use kansho_core::diag::{Code, Diagnostic};
use kansho_core::origin::Origin;
use std::borrow::Cow;

/// How accepted bytes are read; in both, delimiters, quotes and line ends are bytes of their own and never part of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8
    Utf8,
    /// CP932 (Shift_JIS)
    Cp932,
}

impl Encoding {
    /// The text of a part of accepted bytes.
    #[must_use]
    pub fn text(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Cp932 => SHIFT_JIS.decode_without_bom_handling(bytes).0,
        }
    }
}

/// Accepts a file's bytes: UTF-8 or CP932 as they are, so that a large ledger is not copied; UTF-16 as UTF-8.
///
/// # Errors
/// A diagnostic that names row and column of the first byte that no accepted encoding explains.
pub fn accept(name: &str, mut bytes: Vec<u8>) -> Result<(Vec<u8>, Encoding), Diagnostic> {
    let wide = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    if !wide && let Some(at) = memchr::memchr(0, &bytes) {
        if is_wide(&bytes) {
            return Err(without_mark(name));
        }
        if is_binary(&bytes) {
            return Err(nul(name, &bytes[..at]));
        }
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
        if std::str::from_utf8(&bytes).is_ok() {
            return Ok((bytes, Encoding::Utf8));
        }
        bytes.splice(..0, *b"\xEF\xBB\xBF");
    } else if std::str::from_utf8(&bytes).is_ok() {
        return Ok((bytes, Encoding::Utf8));
    } else if !wide && is_cp932(&bytes) {
        return Ok((bytes, Encoding::Cp932));
    }
    let text = decode(name, &bytes)?.into_bytes();
    match memchr::memchr(0, &text) {
        Some(at) if is_binary(&text) => Err(nul(name, &text[..at])),
        Some(_) | None => Ok((text, Encoding::Utf8)),
    }
}

/// More NUL than a slip in a cell or two, which is a control character and holds its person.
fn is_binary(bytes: &[u8]) -> bool {
    const ONE_IN: usize = 100;
    memchr::memchr_iter(0, bytes).count() * ONE_IN > bytes.len()
}

/// UTF-16 without a mark: its digits, commas and line ends have NUL as their other half, always on the same side.
fn is_wide(bytes: &[u8]) -> bool {
    let beginning = &bytes[..bytes.len().min(1 << 12)];
    let every_second = |offset: usize| beginning.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (every_second(0), every_second(1));
    even.min(odd) == 0 && even.max(odd) > 1 && even.max(odd) * 16 > beginning.len()
}

fn without_mark(name: &str) -> Diagnostic {
    let hint = "BOM付きの UTF-16 か、UTF-8 で保存し直してください";
    let message = "UTF-16 のようですが、それを示す BOM がありません";
    Diagnostic::new(Code::Encoding, message).at(&Origin::file(name)).hint(hint)
}

fn nul(name: &str, before: &[u8]) -> Diagnostic {
    let hint = "壊れたファイルと考えられます。抽出し直してください";
    Diagnostic::new(Code::Encoding, "文字でないバイト 0x00 があります").at(&place(name, before)).hint(hint)
}

/// Row and column behind `before`.
fn place(name: &str, before: &[u8]) -> Origin {
    let row = before.iter().filter(|b| **b == b'\n').count() + 1;
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let column = before[line_start..].iter().filter(|b| matches!(**b, b',' | b'\t')).count() + 1;
    Origin::file(name).row(u32::try_from(row).unwrap_or(u32::MAX)).column(u32::try_from(column).unwrap_or(u32::MAX))
}

/// Whether all bytes are CP932, looked at piece by piece.
fn is_cp932(bytes: &[u8]) -> bool {
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    let mut text = vec![0_u8; 1 << 16];
    let mut at = 0;
    loop {
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(&bytes[at..], &mut text, true);
        at += read;
        // 0x80 alone is no character of CP932; the decoder passes it as U+0080.
        if text[..written].windows(2).any(|pair| pair == b"\xC2\x80") {
            return false;
        }
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return false,
        }
    }
}

/// The file's text.
///
/// # Errors
/// A diagnostic that names row and column of the first byte that no accepted encoding explains.
pub fn decode(name: &str, bytes: &[u8]) -> Result<String, Diagnostic> {
    let file = Origin::file(name);
    let wide = match bytes {
        [0xFF, 0xFE, rest @ ..] => Some((UTF_16LE, rest)),
        [0xFE, 0xFF, rest @ ..] => Some((UTF_16BE, rest)),
        _ => None,
    };
    if let Some((encoding, rest)) = wide {
        let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
        return text.map(Cow::into_owned).ok_or_else(|| {
            let (row, column) = broken_utf16(rest, encoding == UTF_16LE);
            let message = format!("{} として読めない並びがあります", encoding.name());
            Diagnostic::new(Code::Encoding, message).at(&file.row(row).column(column))
        });
    }
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let utf8_end = match std::str::from_utf8(plain) {
        Ok(text) => return Ok(text.to_owned()),
        Err(e) => e.valid_up_to(),
    };
    if plain.len() == bytes.len()
        && let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)
        && !text.contains('\u{80}')
    {
        return Ok(text.into_owned());
    }
    // The encoding that explains more of the file is the one meant.
    let sjis_end = if plain.len() == bytes.len() { valid_cp932(bytes) } else { 0 };
    let (word, end) = if sjis_end > utf8_end { ("CP932（Shift_JIS）", sjis_end) } else { ("UTF-8", utf8_end) };
    let byte = plain.get(end).copied().unwrap_or_default();
    let place = place(name, &plain[..end.min(plain.len())]);
    Err(Diagnostic::new(Code::Encoding, format!("{word} として読めないバイト 0x{byte:02X} があります")).at(&place))
}

/// Row and column of the first surrogate without its other half, or of half a unit at the end.
fn broken_utf16(bytes: &[u8], little: bool) -> (u32, u32) {
    let whole =
        bytes.as_chunks::<2>().0.iter().map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
    let (mut row, mut column) = (1_u32, 1_u32);
    for unit in char::decode_utf16(whole) {
        match unit {
            Ok('\n') => (row, column) = (row.saturating_add(1), 1),
            Ok(',' | '\t') => column = column.saturating_add(1),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    (row, column)
}

/// How many bytes from the start are CP932.
fn valid_cp932(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let width = match bytes[at] {
            0x00..=0x7F | 0xA1..=0xDF => 1,
            0x81..=0x9F | 0xE0..=0xFC => 2,
            _ => return at,
        };
        let Some(unit) = bytes.get(at..at + width) else { return at };
        if width == 2 && SHIFT_JIS.decode_without_bom_handling_and_without_replacement(unit).is_none() {
            return at;
        }
        at += width;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accepted_encodings_give_the_same_text() {
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("予防".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for bytes in [&b"\xE4\xBA\x88\xE9\x98\xB2"[..], b"\xEF\xBB\xBF\xE4\xBA\x88\xE9\x98\xB2", b"\x97\x5C\x96\x68", &utf16] {
            assert_eq!(decode("a.csv", bytes).unwrap(), "予防");
        }
    }

    #[test]
    fn a_nul_byte_is_no_text() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big: Vec<u8> = "a,b\n1,2\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [wide("番号,氏名\r\n0012,予防\r\n"), wide("a,b\n"), big] {
            let told = accept("a.csv", bytes).unwrap_err();
            assert!(told.message.contains("BOM"), "{}", told.message);
        }
        for (bytes, place) in [
            (b"a,b\n1,\x002\n".to_vec(), "a.csv 2行2列"),
            (b"\xFF\xFEa\0\0\0".to_vec(), "a.csv 1行1列"),
            (b"a,b,c,d,e,f,g,h\n\0\0".to_vec(), "a.csv 2行1列"),
        ] {
            let told = accept("a.csv", bytes).unwrap_err();
            assert!(told.message.contains("0x00"), "{}", told.message);
            assert_eq!(told.origin.unwrap().to_string(), place);
        }
    }

    #[test]
    fn an_invalid_byte_is_named_with_row_and_column() {
        let told = decode("a.csv", b"a,b\nc,\x97\x5C\x96\xFF\n").unwrap_err();
        assert_eq!(told.origin.unwrap().to_string(), "a.csv 2行2列");
        assert!(told.message.contains("CP932"), "{}", told.message);
        let lone = decode("a.csv", &[0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00]).unwrap_err();
        assert!(lone.message.contains("UTF-16"));
        let text = "a,b\nc,".encode_utf16().chain([0xDC00, 0x0041]);
        let bytes: Vec<u8> = [0xFE, 0xFF].into_iter().chain(text.flat_map(u16::to_be_bytes)).collect();
        assert_eq!(decode("a.csv", &bytes).unwrap_err().origin.unwrap().to_string(), "a.csv 2行2列");
    }
}
