//! QR code of the piece code and NW-7 of the 予防接種番号.

use crate::compose::frame::Area;
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

/// The piece code as QR model 2, version 3, level M. The mask is fixed: a search for the best mask costs twenty times the rest of a
/// letter, and every mask decodes (pdf.md §4). `None` when the text is too long (it never is).
pub(super) fn qr(text: &str) -> Option<(usize, Vec<bool>)> {
    let segments = [QrSegment::make_bytes(text.as_bytes())];
    let version = Version::new(3);
    let code =
        QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, version, version, Some(Mask::new(3)), false).ok()?;
    let side = code.size();
    let modules = (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).map(|(x, y)| code.get_module(x, y)).collect();
    Some((usize::try_from(side).ok()?, modules))
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

/// The bars of A…A around a number, `width` mm wide and `height` mm high with the top left corner at (x, y); `None` when the
/// number holds a character NW-7 lacks.
pub(super) fn nw7(number: &str, x: f64, y: f64, width: f64, height: f64) -> Option<Vec<Area>> {
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
