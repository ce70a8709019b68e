//! 行分割: Japanese line breaking with 禁則, hanging of 、。, no break inside numbers and dates, justification.

use crate::compose::font::{Fonts, units};
use crate::compose::frame::{Face, MM_PER_PT};

/// A stretch of one face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) face: Face,
    pub(super) text: String,
}

/// One broken line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    /// Natural width in mm.
    pub(super) width: f64,
    /// Extra space after each unit in mm.
    pub(super) spacing: f64,
}

const NOT_AT_START: &str =
    "、。，．・：；？！）］｝」』】〉》〕”’ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞ％%,.)]!?…‥〜～";
const NOT_AT_END: &str = "（［｛「『【〈《〔“‘([￥〒";
const HANGING: &str = "、。，．";
/// Justified lines are stretched by at most this much of an em a unit; beyond it the line stays ragged.
const MOST_STRETCH: f64 = 0.12;

/// One piece that is never broken.
struct Atom {
    face: Face,
    text: String,
    width: f64,
    hangs: bool,
}

/// Breaks runs into lines of `width` mm at `size` pt; `first` is the indent of the first line.
pub(super) fn break_lines(fonts: &Fonts, runs: &[Run], size: f64, width: f64, justify: bool) -> Vec<Line> {
    let em = size * MM_PER_PT;
    let atoms = atoms(fonts, runs, em);
    let mut lines: Vec<Vec<&Atom>> = Vec::new();
    let mut open: Vec<&Atom> = Vec::new();
    let mut used = 0.0;
    for atom in &atoms {
        if atom.text == "\n" {
            lines.push(std::mem::take(&mut open));
            used = 0.0;
            continue;
        }
        let room = if atom.hangs { width + em } else { width + 0.001 };
        if !open.is_empty() && used + atom.width > room {
            lines.push(std::mem::take(&mut open));
            used = 0.0;
        }
        used += atom.width;
        open.push(atom);
    }
    lines.push(open);
    let last = lines.len() - 1;
    lines.iter().enumerate().map(|(place, line)| finish(line, em, width, justify && place < last)).collect()
}

fn finish(atoms: &[&Atom], em: f64, width: f64, justify: bool) -> Line {
    let natural: f64 = atoms.iter().map(|a| a.width).sum();
    let mut runs: Vec<Run> = Vec::new();
    for atom in atoms {
        match runs.last_mut() {
            Some(run) if run.face == atom.face => run.text.push_str(&atom.text),
            Some(_) | None => runs.push(Run { face: atom.face, text: atom.text.clone() }),
        }
    }
    let count = runs.iter().map(|r| units(&r.text).count()).sum::<usize>();
    let hanging = atoms.last().filter(|a| a.hangs && natural > width).map_or(0.0, |a| a.width);
    let left = width - (natural - hanging);
    let gaps = f64::from(u32::try_from(count.saturating_sub(1).max(1)).unwrap_or(u32::MAX));
    let spacing = if justify && left > 0.0 && left / gaps <= em * MOST_STRETCH { left / gaps } else { 0.0 };
    Line { runs, width: natural, spacing }
}

/// Units joined where no break is allowed.
fn atoms(fonts: &Fonts, runs: &[Run], em: f64) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = Vec::new();
    for run in runs {
        let mut last: Option<char> = None;
        for unit in units(&run.text) {
            let mut text = String::from(unit.base);
            text.extend(unit.selector);
            let width = fonts.advance(run.face, unit) * em;
            let joins = last.is_some_and(|before| sticks(before, unit.base))
                || (last.is_none() && NOT_AT_START.contains(unit.base))
                || atoms
                    .last()
                    .is_some_and(|a| a.text.chars().last().is_some_and(|c| NOT_AT_END.contains(c)) && a.face == run.face);
            match atoms.last_mut() {
                Some(atom) if joins && atom.face == run.face && atom.text != "\n" && unit.base != '\n' => {
                    // A closing mark may hang alone; otherwise it goes with the character before it.
                    atom.text.push_str(&text);
                    atom.width += width;
                    atom.hangs = false;
                }
                Some(_) | None => {
                    let hangs = HANGING.contains(unit.base);
                    atoms.push(Atom { face: run.face, text, width, hangs });
                }
            }
            last = Some(unit.base);
        }
    }
    atoms
}

/// No break between these two characters.
fn sticks(before: char, after: char) -> bool {
    if HANGING.contains(after) {
        return false;
    }
    let wordy =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | ':' | '-' | '@' | '_' | ',' | '?' | '=' | '&' | '%');
    let number = |c: char| c.is_ascii_digit();
    NOT_AT_START.contains(after)
        || NOT_AT_END.contains(before)
        || (wordy(before) && wordy(after))
        || (number(before)
            && matches!(
                after,
                '年' | '月' | '日' | '回' | '歳' | 'か' | '円' | '時' | '分' | '度' | '番' | '号' | '期' | '人' | '週' | '級'
            ))
        || (before == 'か' && after == '月')
        || (matches!(before, '年' | '月' | '第') && number(after))
        || (matches!(before, '令' | '平' | '昭' | '大') && matches!(after, '和' | '成' | '正'))
        || (matches!(before, '和' | '成' | '正') && (number(after) || after == '元'))
        || (before == '元' && after == '年')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn lines(text: &str, width: f64) -> Vec<String> {
        let fonts = Fonts::load(Path::new("fonts")).unwrap();
        let run = Run { face: Face::Text, text: text.to_owned() };
        break_lines(&fonts, &[run], 12.0, width, true)
            .into_iter()
            .map(|l| l.runs.iter().map(|r| r.text.as_str()).collect())
            .collect()
    }

    #[test]
    fn nothing_is_lost_and_dates_stay_whole() {
        let text = "麻しん（はしか）の予防接種は、令和9年3月31日までに受けてください。電話は043-000-0000です。「ご注意」も、ごらんください。";
        for width in [30.0, 40.0, 55.0, 70.0] {
            let broken = lines(text, width);
            assert_eq!(broken.concat(), text);
            for line in &broken {
                assert!(!line.starts_with(['）', '」', 'ー']) && !line.ends_with(['（', '「']), "{line}");
            }
            let all = broken.join("\n");
            assert!(all.contains("令和9年3月31日") && all.contains("043-000-0000"), "{all}");
        }
    }

    #[test]
    fn a_line_does_not_begin_with_a_comma() {
        assert!(lines("あいうえおかきくけこ、さしすせそ", 42.4).iter().all(|l| !l.starts_with('、')));
    }
}
