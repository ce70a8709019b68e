//! 行分割: Japanese line breaking with 禁則, hanging of 、。, no break inside numbers and dates, justification.

use crate::font::{Fonts, Unit, units};
use crate::frame::Face;
use crate::length::{Mm, Pt};

/// A stretch of one face; two that follow each other differ in face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The face.
    pub face: Face,
    /// Its text.
    pub text: String,
}

/// The part of one run that stands on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch<'a> {
    /// The face.
    pub face: Face,
    /// Its text.
    pub text: &'a str,
    /// Natural width.
    pub width: Mm,
    /// Units, each followed by the line's spacing.
    pub units: u32,
}

/// One broken line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    /// From left to right.
    pub runs: Vec<Stretch<'a>>,
    /// Natural width.
    pub width: Mm,
    /// Extra space after each unit.
    pub spacing: Mm,
}

/// What a character may not do; bits of [`class`].
const NOT_AT_START: u8 = 1;
const NOT_AT_END: u8 = 2;
const HANGS: u8 = 4;
/// Justified lines are stretched by at most this much of an em a unit; beyond it the line stays ragged.
const MOST_STRETCH: f64 = 0.1;
/// A last line of fewer units takes some from the line before it.
const LEAST_UNITS: usize = 4;

/// Where lines may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// Between any two characters that 禁則 does not join.
    Anywhere,
    /// 分かち書き: behind blanks, 、 and 。 only.
    Words,
}

const fn class(c: char) -> u8 {
    match c {
        '、' | '。' | '，' | '．' | '\u{3000}' => NOT_AT_START | HANGS,
        '・' | '：' | '；' | '？' | '！' | '）' | '］' | '｝' | '」' | '』' | '】' | '〉' | '》' | '〕' | '”' | '’' | 'ー' => {
            NOT_AT_START
        }
        'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ' | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' => {
            NOT_AT_START
        }
        'ュ' | 'ョ' | 'ヮ' | 'ヵ' | 'ヶ' | '々' | 'ゝ' | 'ゞ' | 'ヽ' | 'ヾ' | '％' | '%' | ',' | '.' | ')' | ']' | '!' | '?' => {
            NOT_AT_START
        }
        '…' | '‥' | '〜' | '～' | ':' | ';' | '°' | '℃' => NOT_AT_START,
        '（' | '［' | '｛' | '「' | '『' | '【' | '〈' | '《' | '〔' | '“' | '‘' | '(' | '[' | '￥' | '〒' => {
            NOT_AT_END
        }
        _ => 0,
    }
}

/// One character with its selector: bytes `start..end` of a run.
struct Glyph {
    run: usize,
    start: usize,
    end: usize,
    base: char,
    width: Mm,
    /// A line may begin here.
    opens: bool,
}

impl Glyph {
    fn hangs(&self) -> bool {
        class(self.base) & HANGS != 0
    }
}

fn total(glyphs: &[Glyph]) -> Mm {
    glyphs.iter().map(|glyph| glyph.width).sum()
}

/// Breaks runs into lines of a width at a size.
pub fn break_lines<'a>(fonts: &Fonts, runs: &'a [Run], size: Pt, width: Mm, justify: bool, breaks: Breaks) -> Vec<Line<'a>> {
    let em = size.mm();
    let mut glyphs = glyphs(fonts, runs, em, breaks);
    loosen(&mut glyphs, width);
    let mut lines: Vec<Vec<&Glyph>> = Vec::new();
    for paragraph in glyphs.split(|glyph| glyph.base == '\n') {
        let begin = lines.len();
        let mut line: Vec<&Glyph> = Vec::new();
        let mut used = Mm::ZERO;
        for atom in atoms(paragraph) {
            let wide = total(atom);
            // A closing mark may hang alone; otherwise it goes with the character before it.
            let room = if atom.iter().all(Glyph::hangs) { width + wide } else { width };
            if !line.is_empty() && used + wide > room + Mm(0.001) {
                lines.push(std::mem::take(&mut line));
                used = Mm::ZERO;
            }
            line.extend(atom);
            used += wide;
        }
        lines.push(line);
        fill_last(&mut lines[begin..], width);
    }
    let last = lines.len() - 1;
    lines.iter().enumerate().map(|(place, line)| finish(runs, line, em, width, justify && place < last)).collect()
}

/// Glyphs that no line end may part.
fn atoms(glyphs: &[Glyph]) -> impl Iterator<Item = &[Glyph]> {
    glyphs.chunk_by(|_, after| !after.opens)
}

/// A word wider than the line may be broken behind its separators; a part that is still too wide, anywhere.
fn loosen(glyphs: &mut [Glyph], width: Mm) {
    let too_wide = |glyphs: &[Glyph]| -> Vec<std::ops::Range<usize>> {
        let mut start = 0;
        let ranges = atoms(glyphs).map(|atom| {
            start += atom.len();
            (start - atom.len()..start, total(atom))
        });
        ranges.filter(|(_, wide)| *wide > width).map(|(range, _)| range).collect()
    };
    let separates = |c: char| matches!(c, '/' | '.' | '-' | '?' | '&' | '=' | '_' | '\u{3000}' | ' ' | '）');
    for range in too_wide(glyphs) {
        for place in range.skip(1) {
            glyphs[place].opens |= separates(glyphs[place - 1].base) && class(glyphs[place].base) & NOT_AT_START == 0;
        }
    }
    for range in too_wide(glyphs) {
        range.skip(1).for_each(|place| glyphs[place].opens = true);
    }
}

/// Gives a last line of a few characters some of the line before it.
fn fill_last(lines: &mut [Vec<&Glyph>], width: Mm) {
    let [.., before, last] = lines else { return };
    while last.len() < LEAST_UNITS {
        let Some(cut) = before.iter().rposition(|glyph| glyph.opens && !glyph.hangs()).filter(|cut| *cut > before.len() / 2)
        else {
            return;
        };
        let wide: Mm = before[cut..].iter().chain(last.iter()).map(|glyph| glyph.width).sum();
        if wide > width {
            return;
        }
        let moved = before.split_off(cut);
        last.splice(..0, moved);
    }
}

fn finish<'a>(runs: &'a [Run], glyphs: &[&Glyph], em: Mm, width: Mm, justify: bool) -> Line<'a> {
    let stretches: Vec<Stretch<'a>> = glyphs
        .chunk_by(|a, b| a.run == b.run)
        .filter_map(|part| {
            let (first, last) = (part.first()?, part.last()?);
            let run = &runs[first.run];
            Some(Stretch {
                face: run.face,
                text: &run.text[first.start..last.end],
                width: part.iter().map(|glyph| glyph.width).sum(),
                units: u32::try_from(part.len()).unwrap_or(u32::MAX),
            })
        })
        .collect();
    let natural: Mm = stretches.iter().map(|stretch| stretch.width).sum();
    // What hangs, and blanks at the end, are not part of the width that is filled.
    let hanging: Mm = glyphs
        .iter()
        .rev()
        .take_while(|glyph| glyph.hangs() && (natural > width || glyph.base == '\u{3000}'))
        .map(|glyph| glyph.width)
        .sum();
    let left = width - (natural - hanging);
    let gaps = f64::from(u32::try_from(glyphs.len()).unwrap_or(u32::MAX).saturating_sub(1).max(1));
    let spacing = if justify && left > Mm::ZERO && left / gaps <= em * MOST_STRETCH { left / gaps } else { Mm::ZERO };
    Line { runs: stretches, width: natural, spacing }
}

/// Every character with its width, and whether a line may begin with it.
fn glyphs(fonts: &Fonts, runs: &[Run], em: Mm, breaks: Breaks) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(runs.iter().map(|run| run.text.len() / 3 + 1).sum());
    let mut before: Option<char> = None;
    for (run, Run { face, text }) in runs.iter().enumerate() {
        let mut end = 0;
        for unit in units(text) {
            let Unit { base, selector } = unit;
            let start = end;
            end += base.len_utf8() + selector.map_or(0, char::len_utf8);
            let opens = before.is_none_or(|before| !joins(before, base) && (breaks == Breaks::Anywhere || parts(before, base)));
            glyphs.push(Glyph { run, start, end, base, width: fonts.advance(*face, unit) * em, opens });
            before = Some(base);
        }
    }
    glyphs
}

/// Two characters between which a line of 分かち書き may end.
fn parts(before: char, after: char) -> bool {
    matches!(before, ' ' | '\u{3000}' | '、' | '。' | '\n') || class(after) & HANGS != 0 || after == '\n'
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
        // Several marks hang together.
        return opening & HANGS != 0;
    }
    let wordy =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | ':' | '-' | '@' | '_' | ',' | '?' | '=' | '&' | '%');
    let number = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let hyphen = |c: char| matches!(c, '－' | '−' | '‐');
    closing & NOT_AT_START != 0
        || (wordy(before) && wordy(after))
        || (number(before) && (number(after) || hyphen(after)))
        || (hyphen(before) && number(after))
        || (number(before)
            && matches!(
                after,
                '年' | '月' | '日' | '回' | '歳' | 'か' | '円' | '時' | '分' | '度' | '番' | '号' | '期' | '人' | '週' | '級'
            ))
        || matches!((before, after), ('か', '月') | ('回', '目'))
        || (matches!(before, '年' | '月' | '第') && number(after))
        || (matches!(before, '令' | '平' | '昭' | '大') && matches!(after, '和' | '成' | '正'))
        || (matches!(before, '和' | '成' | '正') && (number(after) || after == '元'))
        || (before == '元' && after == '年')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn broken(runs: &[Run], width: Mm, breaks: Breaks) -> Vec<String> {
        let fonts = Fonts::load(Path::new("../../fonts")).unwrap();
        let lines = break_lines(&fonts, runs, Pt(12.0), width, true, breaks);
        lines.into_iter().map(|l| l.runs.iter().map(|r| r.text).collect()).collect()
    }

    fn lines(text: &str, width: Mm) -> Vec<String> {
        broken(&[Run { face: Face::Text, text: text.to_owned() }], width, Breaks::Anywhere)
    }

    #[test]
    fn nothing_is_lost_and_dates_stay_whole() {
        let text = "麻しん（はしか）の予防接種は、令和9年3月31日までに受けてください。電話は043-000-0000です。「ご注意」も、令和１０年１２月３１日まで、０４３－０００－００００へ。12回目です。";
        for width in [52.0, 57.0, 64.0, 80.0].map(Mm) {
            let broken = lines(text, width);
            assert_eq!(broken.concat(), text);
            for line in &broken {
                assert!(!line.starts_with(['）', '」', 'ー', '。']) && !line.ends_with(['（', '「']), "{line}");
            }
            let all = broken.join("\n");
            for whole in ["令和9年3月31日", "043-000-0000", "令和１０年１２月３１日", "０４３－０００－００００", "12回目"]
            {
                assert!(all.contains(whole), "{all}");
            }
        }
    }

    #[test]
    fn a_line_does_not_begin_with_a_comma() {
        assert!(lines("あいうえおかきくけこ、さしすせそ", Mm(42.4)).iter().all(|l| !l.starts_with('、')));
    }

    /// 禁則 holds where the face changes: bold words in brackets, a bold number before its counter.
    #[test]
    fn a_change_of_face_is_no_place_to_break() {
        let run = |face, text: &str| Run { face, text: text.to_owned() };
        for width in (45..80).map(|width| Mm(f64::from(width))) {
            let runs = [
                run(Face::Text, "お住まいの市（"),
                run(Face::Bold, "重要"),
                run(Face::Text, "）で、"),
                run(Face::Bold, "令和9年12"),
                run(Face::Text, "月31日まで。"),
            ];
            let all = broken(&runs, width, Breaks::Anywhere);
            for line in &all {
                assert!(!line.ends_with('（') && !line.starts_with(['）', '月', '、', '。']), "{all:?}");
            }
        }
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken_and_stays_inside() {
        let fonts = Fonts::load(Path::new("../../fonts")).unwrap();
        let url = format!("https://www.example.jp/{}/{}.html。", "yobou".repeat(5), "a".repeat(60));
        let runs = [Run { face: Face::Text, text: format!("一覧 {url}") }];
        let lines = break_lines(&fonts, &runs, Pt(12.0), Mm(80.0), true, Breaks::Anywhere);
        assert!(lines.len() > 2 && lines.iter().all(|line| line.width <= Mm(80.0) + Pt(12.0).mm()), "inside but for 。");
        let texts: Vec<String> = lines.iter().map(|l| l.runs.iter().map(|r| r.text).collect()).collect();
        assert_eq!(texts.concat(), format!("一覧 {url}"));
        assert!(texts.iter().any(|line| line.ends_with('/')) && texts.iter().all(|line| !line.starts_with('。')), "{texts:?}");
    }

    #[test]
    fn the_last_line_is_no_orphan() {
        for text in
            ["あいうえおかきくけこさしすせそたちつてとなにぬねのは。", "あいうえおかきくけこさしすせそたちつてと、　です。"]
        {
            for width in (50..105).map(|width| Mm(f64::from(width))) {
                let broken = lines(text, width);
                assert_eq!(broken.concat(), text);
                let last = &broken[broken.len() - 1];
                assert!(broken.len() == 1 || last.chars().count() >= LEAST_UNITS, "{broken:?}");
                assert!(broken.iter().all(|line| !line.starts_with(['、', '。', '\u{3000}'])), "{broken:?}");
            }
        }
    }

    #[test]
    fn words_apart_are_broken_between_words_only() {
        let text = "わからない　ときは、電話（でんわ）して　ください。市の　人に　聞（き）いて　ください。";
        for width in [45.0, 60.0, 75.0].map(Mm) {
            let all = broken(&[Run { face: Face::Text, text: text.to_owned() }], width, Breaks::Words);
            assert_eq!(all.concat(), text);
            for line in &all[..all.len() - 1] {
                assert!(line.ends_with(['\u{3000}', '、', '。']), "{all:?}");
            }
        }
    }
}
