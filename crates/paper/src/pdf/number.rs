//! Numbers of a content stream: fixed-point, shortest form.

use crate::length::{Mm, Pt};

/// Hundredths of a point of a length: 0.0035 mm steps, exact sums of differences.
pub(super) fn hundredths(length: Mm) -> i64 {
    const STEPS: f64 = 100.0 / Pt(1.0).mm().0;
    nearest(length.0 * STEPS)
}

/// The nearest integer, halves away from zero; the largest integers for what lies beyond, 0 for no number.
#[allow(clippy::cast_possible_truncation, reason = "a float cast holds at the ends of the range, far beyond any paper")]
pub(super) fn nearest(value: f64) -> i64 {
    const LIMIT: i64 = 1_000_000_000_000;
    ((value + 0.5_f64.copysign(value)) as i64).clamp(-LIMIT, LIMIT)
}

/// Appends `value / 10^decimals` in the shortest decimal form.
pub(super) fn put(out: &mut Vec<u8>, value: i64, decimals: u32) {
    if let (0, Ok(small @ 0..10)) = (decimals, u8::try_from(value)) {
        out.push(b'0' + small); // most of a barcode
        return;
    }
    let mut rest = value.unsigned_abs();
    let mut decimals = decimals;
    while decimals > 0 && rest.is_multiple_of(10) {
        rest /= 10;
        decimals -= 1;
    }
    if value < 0 {
        out.push(b'-');
    }
    if decimals == 0 {
        put_integer(out, rest);
        return;
    }
    // Digits from the right; 20 digits, a point.
    let mut digits = [b'0'; 24];
    let mut at = digits.len();
    while decimals > 0 || rest > 0 {
        at -= 1;
        digits[at] = digit(rest % 10);
        rest /= 10;
        if decimals > 0 {
            decimals -= 1;
            if decimals == 0 {
                at -= 1;
                digits[at] = b'.';
            }
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends an integer.
pub(super) fn put_integer(out: &mut Vec<u8>, value: u64) {
    if value < 10 {
        out.push(digit(value));
        return;
    }
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    let mut rest = value;
    while rest > 0 {
        at -= 1;
        digits[at] = digit(rest % 10);
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

#[allow(clippy::cast_possible_truncation, reason = "a digit")]
const fn digit(value: u64) -> u8 {
    b'0' + (value % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact() {
        for (value, decimals, text) in [
            (0, 2, "0"),
            (5, 2, ".05"),
            (-5, 2, "-.05"),
            (50, 2, ".5"),
            (100, 2, "1"),
            (-1234, 2, "-12.34"),
            (84189, 2, "841.89"),
            (1_000_000, 0, "1000000"),
            (70, 1, "7"),
        ] {
            let mut out = Vec::new();
            put(&mut out, value, decimals);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        assert_eq!(hundredths(Mm(25.4)), 7200);
        assert_eq!(nearest(f64::NAN), 0);
    }
}
