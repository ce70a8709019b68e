//! QR code of the piece code and NW-7 of the 予防接種番号.

use crate::frame::Area;
use crate::length::Mm;
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};
use std::sync::OnceLock;

/// Bytes a version 3 symbol of level M holds.
const QR_BYTES: usize = 42;

/// The symbols of all texts of one length. With the mask fixed a symbol is linear in the bits of its text (error correction is a
/// linear code, the rest does not change), so it is the symbol of zeros, exclusive-or the changes of each bit that is set: forty
/// times faster than encoding each text, and made of the same symbols.
struct Symbols {
    side: usize,
    zeros: Vec<u64>,
    /// The changes of each bit, the highest of the first byte first.
    bits: Vec<Vec<u64>>,
}

static SYMBOLS: [OnceLock<Option<Symbols>>; QR_BYTES + 1] = [const { OnceLock::new() }; QR_BYTES + 1];

/// QR model 2, version 3, level M. The mask is fixed: a search for the best mask costs twenty times the rest of a letter, and every
/// mask decodes (pdf.md §4).
fn encoded(bytes: &[u8]) -> Option<QrCode> {
    let segments = [QrSegment::make_bytes(bytes)];
    let version = Version::new(3);
    QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, version, version, Some(Mask::new(3)), false).ok()
}

/// The modules row by row, 64 a word.
fn packed(code: &QrCode) -> Vec<u64> {
    let side = code.size();
    let modules: Vec<bool> = (0..side).flat_map(|y| (0..side).map(move |x| code.get_module(x, y))).collect();
    modules.chunks(64).map(|part| part.iter().zip(0..).fold(0, |word, (dark, at)| word | u64::from(*dark) << at)).collect()
}

impl Symbols {
    fn new(length: usize) -> Option<Self> {
        let blank = encoded(&vec![0; length])?;
        let zeros = packed(&blank);
        let bits = (0..length * 8).map(|bit| {
            let mut bytes = vec![0; length];
            bytes[bit / 8] = 0x80 >> (bit % 8);
            let changed = packed(&encoded(&bytes)?);
            Some(changed.iter().zip(&zeros).map(|(a, b)| a ^ b).collect())
        });
        Some(Self { side: usize::try_from(blank.size()).ok()?, bits: bits.collect::<Option<_>>()?, zeros })
    }
}

/// The piece code as a QR code; `None` when the text is too long (it never is).
pub fn qr(text: &str) -> Option<(usize, Vec<bool>)> {
    let symbols = SYMBOLS.get(text.len())?.get_or_init(|| Symbols::new(text.len())).as_ref()?;
    let mut words = symbols.zeros.clone();
    for (byte, bits) in text.bytes().zip(symbols.bits.chunks_exact(8)) {
        for (_, changes) in (0..8).zip(bits).filter(|(bit, _)| byte << bit & 0x80 != 0) {
            words.iter_mut().zip(changes).for_each(|(word, change)| *word ^= change);
        }
    }
    let count = symbols.side * symbols.side;
    Some((symbols.side, (0..count).map(|at| words[at / 64] >> (at % 64) & 1 == 1).collect()))
}

/// A web address as a QR code of the smallest version that holds it; `None` when it is longer than 200 characters or so.
pub fn link(text: &str) -> Option<(usize, Vec<bool>)> {
    let segments = [QrSegment::make_bytes(text.as_bytes())];
    let (least, most) = (Version::new(1), Version::new(10));
    let code = QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, least, most, Some(Mask::new(3)), false).ok()?;
    let modules = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
    Some((usize::try_from(code.size()).ok()?, modules.map(|(x, y)| code.get_module(x, y)).collect()))
}

/// NW-7 (Codabar) patterns: bar, space, bar, space, bar, space, bar; 1 = wide.
const NW7: [(char, &str); 16] = [
    ('0', "0000011"),
    ('1', "0000110"),
    ('2', "0001001"),
    ('3', "1100000"),
    ('4', "0010010"),
    ('5', "1000010"),
    ('6', "0100001"),
    ('7', "0100100"),
    ('8', "0110000"),
    ('9', "1001000"),
    ('-', "0001100"),
    ('A', "0011010"),
    ('B', "0101001"),
    ('C', "0001011"),
    ('D', "0001110"),
    ('.', "1010100"),
];
/// Wide to narrow.
const WIDE: f64 = 2.5;

/// The bars of A…A around a number, of that width and height with the top left corner at (x, y); `None` when the
/// number holds a character NW-7 lacks.
pub fn nw7(number: &str, x: Mm, y: Mm, width: Mm, height: Mm) -> Option<Vec<Area>> {
    let patterns: Vec<&str> = std::iter::once('A')
        .chain(number.chars())
        .chain(std::iter::once('A'))
        .map(|c| NW7.iter().find(|(known, _)| *known == c).map(|(_, pattern)| *pattern))
        .collect::<Option<_>>()?;
    let units: f64 =
        patterns.iter().map(|p| p.chars().map(|c| if c == '1' { WIDE } else { 1.0 }).sum::<f64>() + 1.0).sum::<f64>() - 1.0;
    let narrow = width / units;
    let mut left = x;
    let mut bars = Vec::new();
    for pattern in patterns {
        for (place, c) in pattern.chars().enumerate() {
            let w = if c == '1' { WIDE * narrow } else { narrow };
            if place % 2 == 0 {
                bars.push(Area { x: left, y, w, h: height });
            }
            left += w;
        }
        left += narrow;
    }
    Some(bars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_the_encoder() {
        for text in [
            "20261201-00000000-000001-ACDEF",
            "20291231-ffffffff-999999-XWTRP",
            "",
            "A",
            "123456789012345678901234567890123456789012",
        ] {
            let meant = encoded(text.as_bytes()).unwrap();
            let (side, modules) = qr(text).unwrap();
            let size = meant.size();
            let all: Vec<bool> =
                (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).map(|(x, y)| meant.get_module(x, y)).collect();
            assert_eq!((side, modules), (29, all), "{text}");
        }
        assert!(qr(&"A".repeat(43)).is_none());
    }
}
