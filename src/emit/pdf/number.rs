//! Numbers of a content stream: fixed-point, shortest form.

use crate::compose::frame::MM_PER_PT;

/// Hundredths of a point of a length in mm: 0.0035 mm steps, exact sums of differences.
pub(super) fn hundredths(mm: f64) -> i64 {
    nearest(mm / MM_PER_PT * 100.0)
}

/// The nearest integer; lengths beyond any paper are held at ±1e12.
#[allow(clippy::cast_possible_truncation, reason = "held within ±1e12 before the cast")]
pub(super) fn nearest(value: f64) -> i64 {
    value.clamp(-1e12, 1e12).round() as i64
}

/// Appends `value / 10^decimals` in the shortest decimal form.
pub(super) fn put(out: &mut Vec<u8>, value: i64, decimals: u32) {
    let scale = 10_u64.pow(decimals);
    let size = value.unsigned_abs();
    let (whole, mut rest) = (size / scale, size % scale);
    if value < 0 {
        out.push(b'-');
    }
    if whole > 0 || rest == 0 {
        put_integer(out, whole);
    }
    if rest > 0 {
        out.push(b'.');
        let mut place = scale / 10;
        while rest > 0 && place > 0 {
            out.push(digit(rest / place));
            rest %= place;
            place /= 10;
        }
    }
}

/// Appends an integer.
pub(super) fn put_integer(out: &mut Vec<u8>, value: u64) {
    let mut place = 1;
    while value / place >= 10 {
        place *= 10;
    }
    while place > 0 {
        out.push(digit(value / place % 10));
        place /= 10;
    }
}

const fn digit(value: u64) -> u8 {
    match value {
        0 => b'0',
        1 => b'1',
        2 => b'2',
        3 => b'3',
        4 => b'4',
        5 => b'5',
        6 => b'6',
        7 => b'7',
        8 => b'8',
        _ => b'9',
    }
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
        assert_eq!(hundredths(25.4), 7200);
        assert_eq!(nearest(f64::NAN), 0);
    }
}
