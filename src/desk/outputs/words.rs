//! What was read back of a page, as it is compared by its digest.

use kansho_paper::length::Mm;
use kansho_paper::pdf::read::PageText;

/// What a page says: every text with its place to the tenth of a millimetre, and the number of drawn boxes.
pub(super) fn words(page: &PageText, within: Option<[Mm; 4]>, text: &mut String) {
    let inside = |x: Mm, y: Mm| within.is_none_or(|[l, t, w, h]| x >= l && x < l + w && y >= t && y < t + h);
    for run in page.runs.iter().filter(|run| inside(run.x, run.y)) {
        let (x, y) = within.map_or((run.x, run.y), |[l, t, _, _]| (run.x - l, run.y - t));
        tenths(x, text);
        text.push(' ');
        tenths(y, text);
        text.push(' ');
        text.push_str(&run.text);
        text.push('\n');
    }
    let boxes = page.rects.iter().filter(|area| inside(area.x, area.y)).count();
    text.push_str(&format!("{boxes}\n"));
}

/// A length with one decimal.
#[allow(clippy::cast_possible_truncation, reason = "a float cast holds at the ends of the range, far beyond any paper")]
fn tenths(length: Mm, text: &mut String) {
    let value = (length.0 * 10.0).round() as i64;
    if value < 0 {
        text.push('-');
    }
    let rest = value.unsigned_abs();
    let digit = |n: u64| char::from(b'0' + u8::try_from(n % 10).unwrap_or(0));
    let mut place = 10;
    while place <= rest / 10 {
        place *= 10;
    }
    while place > 0 {
        text.push(digit(rest / place));
        if place == 10 {
            text.push('.');
        }
        place /= 10;
    }
}
