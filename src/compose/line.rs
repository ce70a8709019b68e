//! 行分割: Japanese line breaking with 禁則, hanging of 、。, no break inside numbers and dates, justification.

use crate::compose::font::{Fonts, Unit, units};
use crate::compose::frame::{Face, MM_PER_PT};

/// A stretch of one face; two that follow each other differ in face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) face: Face,
    pub(super) text: String,
}

/// The part of one run that stands on one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch<'a> {
    pub(super) face: Face,
    pub(super) text: &'a str,
    /// Natural width in mm.
    pub(super) width: f64,
    /// Units, each followed by the line's spacing.
    pub(super) units: u32,
}

/// One broken line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) runs: Vec<Stretch<'a>>,
    /// Natural width in mm.
    pub(super) width: f64,
    /// Extra space after each unit in mm.
    pub(super) spacing: f64,
}

/// What a character may not do; bits of [`class`].
const NOT_AT_START: u8 = 1;
const NOT_AT_END: u8 = 2;
const HANGS: u8 = 4;
/// Justified lines are stretched by at most this much of an em a unit; beyond it the line stays ragged.
const MOST_STRETCH: f64 = 0.12;

const fn class(c: char) -> u8 {
    match c {
        '、' | '。' | '，' | '．' | '\u{3000}' => NOT_AT_START | HANGS,
        '・' | '：' | '；' | '？' | '！' | '）' | '］' | '｝' | '」' | '』' | '】' | '〉' | '》' | '〕' | '”' | '’' | 'ー' => {
            NOT_AT_START
        }
        'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ' | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' => {
            NOT_AT_START
        }
        'ュ' | 'ョ' | 'ヮ' | 'ヵ' | 'ヶ' | '々' | 'ゝ' | 'ゞ' | '％' | '%' | ',' | '.' | ')' | ']' | '!' | '?' => {
            NOT_AT_START
        }
        '…' | '‥' | '〜' | '～' => NOT_AT_START,
        '（' | '［' | '｛' | '「' | '『' | '【' | '〈' | '《' | '〔' | '“' | '‘' | '(' | '[' | '￥' | '〒' => {
            NOT_AT_END
        }
        _ => 0,
    }
}

/// One piece that is never broken: bytes `start..end` of a run.
struct Atom {
    run: usize,
    start: usize,
    end: usize,
    width: f64,
    units: u32,
    hangs: bool,
    newline: bool,
}

/// Breaks runs into lines of `width` mm at `size` pt.
pub(super) fn break_lines<'a>(fonts: &Fonts, runs: &'a [Run], size: f64, width: f64, justify: bool) -> Vec<Line<'a>> {
    let em = size * MM_PER_PT;
    let atoms = atoms(fonts, runs, em);
    let mut lines: Vec<&[Atom]> = Vec::new();
    let mut first = 0;
    let mut used = 0.0;
    for (place, atom) in atoms.iter().enumerate() {
        if atom.newline {
            lines.push(&atoms[first..place]);
            (first, used) = (place + 1, 0.0);
            continue;
        }
        let room = if atom.hangs { width + em } else { width + 0.001 };
        if place > first && used + atom.width > room {
            lines.push(&atoms[first..place]);
            (first, used) = (place, 0.0);
        }
        used += atom.width;
    }
    lines.push(&atoms[first..]);
    let last = lines.len() - 1;
    lines.iter().enumerate().map(|(place, line)| finish(runs, line, em, width, justify && place < last)).collect()
}

fn finish<'a>(runs: &'a [Run], atoms: &[Atom], em: f64, width: f64, justify: bool) -> Line<'a> {
    let mut stretches = Vec::new();
    for atoms in atoms.chunk_by(|a, b| a.run == b.run) {
        let [first, .., last] = atoms else {
            let [only] = atoms else { continue };
            stretches.push(stretch(runs, only, only.end, only.width, only.units));
            continue;
        };
        let natural = atoms.iter().map(|atom| atom.width).sum();
        stretches.push(stretch(runs, first, last.end, natural, atoms.iter().map(|atom| atom.units).sum()));
    }
    let natural: f64 = stretches.iter().map(|stretch| stretch.width).sum();
    let count: u32 = stretches.iter().map(|stretch| stretch.units).sum();
    let hanging = atoms.last().filter(|a| a.hangs && natural > width).map_or(0.0, |a| a.width);
    let left = width - (natural - hanging);
    let gaps = f64::from(count.saturating_sub(1).max(1));
    let spacing = if justify && left > 0.0 && left / gaps <= em * MOST_STRETCH { left / gaps } else { 0.0 };
    Line { runs: stretches, width: natural, spacing }
}

fn stretch<'a>(runs: &'a [Run], first: &Atom, end: usize, width: f64, units: u32) -> Stretch<'a> {
    let run = &runs[first.run];
    Stretch { face: run.face, text: &run.text[first.start..end], width, units }
}

/// Units joined where no break is allowed.
fn atoms(fonts: &Fonts, runs: &[Run], em: f64) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = Vec::with_capacity(runs.iter().map(|run| run.text.len() / 3).sum());
    for (run, Run { face, text }) in runs.iter().enumerate() {
        let mut before: Option<char> = None;
        let mut end = 0;
        for unit in units(text) {
            let Unit { base, selector } = unit;
            let start = end;
            end += base.len_utf8() + selector.map_or(0, char::len_utf8);
            let width = fonts.advance(*face, unit) * em;
            match atoms.last_mut() {
                Some(atom) if before.is_some_and(|before| joins(before, base)) => {
                    // A closing mark may hang alone; otherwise it goes with the character before it.
                    atom.end = end;
                    atom.width += width;
                    atom.units += 1;
                    atom.hangs = false;
                }
                Some(_) | None => {
                    let (hangs, newline) = (class(base) & HANGS != 0, base == '\n');
                    atoms.push(Atom { run, start, end, width, units: 1, hangs, newline });
                }
            }
            before = Some(base);
        }
    }
    atoms
}

/// No break between these two characters.
fn joins(before: char, after: char) -> bool {
    if before == '\n' || after == '\n' {
        return false;
    }
    let (closing, opening) = (class(after), class(before));
    if opening & NOT_AT_END != 0 {
        return true;
    }
    if closing & HANGS != 0 {
        return false;
    }
    let wordy =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | ':' | '-' | '@' | '_' | ',' | '?' | '=' | '&' | '%');
    let number = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    closing & NOT_AT_START != 0
        || (wordy(before) && wordy(after))
        || (number(before) && number(after))
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
        break_lines(&fonts, &[run], 12.0, width, true).into_iter().map(|l| l.runs.iter().map(|r| r.text).collect()).collect()
    }

    #[test]
    fn nothing_is_lost_and_dates_stay_whole() {
        let text = "麻しん（はしか）の予防接種は、令和9年3月31日までに受けてください。電話は043-000-0000です。「ご注意」も、令和１０年１２月３１日まで。";
        for width in [30.0, 40.0, 55.0, 70.0] {
            let broken = lines(text, width);
            assert_eq!(broken.concat(), text);
            for line in &broken {
                assert!(!line.starts_with(['）', '」', 'ー']) && !line.ends_with(['（', '「']), "{line}");
            }
            let all = broken.join("\n");
            assert!(
                all.contains("令和9年3月31日") && all.contains("043-000-0000") && all.contains("令和１０年１２月３１日"),
                "{all}"
            );
        }
    }

    #[test]
    fn a_line_does_not_begin_with_a_comma() {
        assert!(lines("あいうえおかきくけこ、さしすせそ", 42.4).iter().all(|l| !l.starts_with('、')));
    }
}
