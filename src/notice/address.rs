//! 宛名: the address block of the window and of the labels, by one fit ladder: as is → condensed to 70 % → smaller to 8 pt →
//! second line → a diagnostic. The text is never cut.

use crate::notice::piece::Piece;
use crate::notice::window;
use kansho_core::diag::{Code, Diagnostic};
use kansho_paper::font::{Fonts, units};
use kansho_paper::frame::{Area, Face, Item, Text};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::condensed;
use std::sync::Arc;

/// Condensed type goes down to this share of its width (print.md 4.6).
const CONDENSED: f64 = 0.7;
/// Smallest type of an address.
const SMALLEST: Pt = Pt(8.0);

/// One fitted line.
pub(super) struct Fitted {
    runs: Vec<(Face, String)>,
    size: Pt,
    scale: f64,
}

impl Fitted {
    /// Draws the line with its first glyph at (x, y).
    pub(super) fn draw_at(&self, fonts: &Fonts, x: Mm, y: Mm, items: &mut Vec<Item>) {
        let mut left = x;
        for (face, text) in &self.runs {
            items.push(Item::Text(Text {
                x: left,
                y,
                size: self.size,
                scale: self.scale,
                spacing: Mm::ZERO,
                face: *face,
                text: Arc::from(text.as_str()),
            }));
            left += fonts.measure(*face, text, self.size) * self.scale;
        }
    }
}

/// Runs of an address or a name in faces that print them.
///
/// # Errors
/// [`Code::GlyphMissing`] naming the code points.
fn runs(fonts: &Fonts, text: &str, name: bool, base: Face) -> Result<Vec<(Face, String)>, Diagnostic> {
    let missing = |units: &[kansho_paper::font::Unit]| {
        let list: Vec<String> = units.iter().map(kansho_paper::font::Unit::code_points).collect();
        Diagnostic::new(Code::GlyphMissing, format!("どのフォントにもない文字 {} があります", list.join("、")))
    };
    if name {
        let face = fonts.name_face(text).map_err(|units| missing(&units))?;
        if face.face == Face::Name {
            return Ok(fonts.runs(Face::Name, text).into_iter().map(|(face, text)| (face, text.to_owned())).collect());
        }
        return Ok(vec![(base, text.to_owned())]);
    }
    let mut found: Vec<(Face, String)> = Vec::new();
    for unit in units(text) {
        let face = if fonts.prints(base, unit) { base } else { Face::Name };
        if face == Face::Name && !fonts.prints(Face::Name, unit) {
            return Err(missing(&[unit]));
        }
        let mut piece = String::from(unit.base);
        piece.extend(unit.selector);
        match found.last_mut() {
            Some((last, run)) if *last == face => run.push_str(&piece),
            Some(_) | None => found.push((face, piece)),
        }
    }
    Ok(found)
}

fn width(fonts: &Fonts, runs: &[(Face, String)], size: Pt) -> Mm {
    (runs.iter().map(|(face, text)| fonts.width(*face, text)).sum::<f64>() * size).mm()
}

/// A text that has to fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// What messages call it.
    pub(super) what: &'static str,
    /// Set as a whole in a face that has all of it.
    pub(super) name: bool,
    pub(super) face: Face,
    /// Size at the first try and at the last.
    pub(super) sizes: (Pt, Pt),
    /// Most lines.
    pub(super) lines: usize,
}

/// Fits one text into `room`: as is → condensed → smaller → second line.
///
/// # Errors
/// [`Code::TextOverflow`] when it does not fit, [`Code::GlyphMissing`] when a character cannot be printed.
pub(super) fn fit(fonts: &Fonts, line: &Line<'_>, room: Mm) -> Result<(Vec<Fitted>, Step), Diagnostic> {
    let ladder = |text: &str| {
        let runs = runs(fonts, text, line.name, line.face)?;
        Ok(ladder(fonts, &runs, line.sizes, room).map(|(size, scale)| Fitted { runs, size, scale }))
    };
    let step = |fitted: &Fitted, lines| Step { size: fitted.size, scale: fitted.scale, base: line.sizes.0, lines };
    if let Some(fitted) = ladder(line.text)? {
        let step = step(&fitted, 1);
        return Ok((vec![fitted], step));
    }
    if let Some((head, tail)) = halves(line.text).filter(|_| line.lines > 1)
        && let (Some(head), Some(tail)) = (ladder(head)?, ladder(tail)?)
    {
        let step = step(&head, 2).tighter(step(&tail, 2));
        return Ok((vec![head, tail], step));
    }
    let Line { what, sizes: (_, smallest), .. } = line;
    let share = CONDENSED * 100.0;
    let message = format!("{what}が幅 {room:.1} mm に収まりません（長体{share:.0}%・{smallest}ポイントまで試しました）");
    Err(Diagnostic::new(Code::TextOverflow, message))
}

/// Size and scale at which one line fits.
fn ladder(fonts: &Fonts, runs: &[(Face, String)], (size, smallest): (Pt, Pt), room: Mm) -> Option<(Pt, f64)> {
    let natural = width(fonts, runs, size);
    if natural <= room {
        return Some((size, 1.0));
    }
    if natural * CONDENSED <= room {
        return Some((size, condensed(natural, room)));
    }
    let smaller = Pt((size.0 * room.0 / (natural * CONDENSED).0 * 10.0).floor() / 10.0);
    (smaller >= smallest).then_some((smaller, CONDENSED))
}

/// Near the middle, at a blank if there is one, never inside a number and never before a selector.
fn halves(text: &str) -> Option<(&str, &str)> {
    let count = text.chars().count();
    let middle = count / 2;
    let places: Vec<(usize, usize, char, char)> = text
        .char_indices()
        .zip(text.char_indices().skip(1))
        .enumerate()
        .map(|(number, ((_, before), (at, after)))| (number + 1, at, before, after))
        .collect();
    let fine = |before: char, after: char| {
        let wordy = |c: char| c.is_alphanumeric() && u32::from(c) < 0x3000 || matches!(c, '０'..='９' | '-' | '－' | '−');
        let joined = wordy(before) && wordy(after);
        !joined && !kansho_paper::font::is_selector(after) && !"）」』ー、。丁番号".contains(after) && !"（「『".contains(before)
    };
    places
        .iter()
        .filter(|(_, _, before, after)| fine(*before, *after))
        .min_by_key(|(number, _, before, _)| {
            let away = match before {
                ' ' | '\u{3000}' => 0,
                '号' | '地' | '番' => 2,
                _ => 6,
            };
            number.abs_diff(middle) * 2 + away
        })
        .map(|(_, at, ..)| text.split_at(*at))
        .map(|(head, tail)| (head.trim_end_matches(['\u{3000}', ' ']), tail))
}

/// Size of the address lines at the first try.
pub(super) const ADDRESS: Pt = Pt(11.0);
/// Size of the name at the first try.
pub(super) const NAME: Pt = Pt(14.0);

/// What the block holds besides the lines.
pub(super) struct Block<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) area: Area,
    /// Size of the address lines and of the name at the first try.
    pub(super) sizes: (Pt, Pt),
    /// Size of the barcode, or `None` when it is left out.
    pub(super) barcode: Option<Pt>,
}

impl Block<'_> {
    /// The items of the block, all inside its area.
    ///
    /// # Errors
    /// [`Code::TextOverflow`], [`Code::GlyphMissing`].
    pub(super) fn items(&self, piece: &Piece) -> Result<(Vec<Item>, Step), Diagnostic> {
        let mut shrink = 1.0;
        loop {
            match self.stack(piece, shrink)? {
                Some(done) => return Ok(done),
                None if self.sizes.0 * shrink > SMALLEST => shrink -= 0.04,
                None => {
                    let message = format!("宛名が高さ {:.1} mm に収まりません", self.area.h);
                    return Err(Diagnostic::new(Code::TextOverflow, message));
                }
            }
        }
    }

    /// One try at a size; `None` when it is too high.
    fn stack(&self, piece: &Piece, shrink: f64) -> Result<Option<(Vec<Item>, Step)>, Diagnostic> {
        let (address, name) = ((self.sizes.0 * shrink).max(SMALLEST), (self.sizes.1 * shrink).max(SMALLEST + Pt(2.0)));
        let mut step = Step { size: address, scale: 1.0, base: self.sizes.0, lines: 1 };
        let line = |text, what, lines| Line { text, what, name: false, face: Face::Text, sizes: (address, SMALLEST), lines };
        let mut lines = vec![Fitted { runs: vec![(Face::Fixed, piece.postal.hyphenated())], size: address, scale: 1.0 }];
        let texts =
            [(Some(&piece.address1), "住所", 2), (piece.address2.as_ref(), "住所", 1), (piece.building.as_ref(), "方書", 2)];
        for (text, what, most) in texts.into_iter().filter_map(|(text, what, most)| Some((text?, what, most))) {
            let (fitted, taken) = fit(self.fonts, &line(text, what, most), self.area.w)?;
            lines.extend(fitted);
            step = step.tighter(Step { base: self.sizes.0, ..taken });
        }
        let text = format!("{}\u{3000}{}", piece.addressee, piece.honorific);
        let whole = Line { name: true, sizes: (name, SMALLEST), ..line(&text, "氏名", 2) };
        let (names, taken) = fit(self.fonts, &whole, self.area.w)?;
        step = step.tighter(Step { base: self.sizes.1, ..taken });
        let mut items = Vec::new();
        let mut y = self.area.y;
        for (place, line) in lines.iter().enumerate() {
            y += if place == 0 { window::rise(address) } else { address.mm() * 1.16 };
            line.draw_at(self.fonts, self.area.x, y, &mut items);
        }
        y += window::drop(address);
        for line in &names {
            y += line.size.max(if names.len() == 1 { name } else { Pt::ZERO }).mm() * 1.22;
            line.draw_at(self.fonts, self.area.x, y, &mut items);
        }
        let mut bottom = y + window::drop(name);
        if let (Some(points), Ok(barcode)) = (self.barcode, &piece.barcode) {
            let top = bottom + window::QUIET;
            items.push(Item::Bars(Arc::from(window::bars(&barcode.bars, self.area.x + window::QUIET, top, points))));
            bottom = top + window::barcode_height(points) + window::QUIET;
        }
        Ok((bottom <= self.area.y + self.area.h + Mm(0.001)).then_some((items, step)))
    }
}

/// The step of the ladder that the tightest line of a block took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Size.
    pub size: Pt,
    /// Horizontal scale, 1.0 = as drawn.
    pub scale: f64,
    /// Size at the first try.
    pub base: Pt,
    /// Lines that one text needed.
    pub lines: usize,
}

impl Step {
    /// True when the line stands as it was meant: not condensed, not smaller, not broken.
    #[must_use]
    pub fn as_is(&self) -> bool {
        self.scale >= 1.0 && self.size >= self.base && self.lines == 1
    }

    /// The share of its width that the line was left.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.size * self.scale / self.base
    }

    /// The tighter of two, with the more lines.
    #[must_use]
    pub fn tighter(self, other: Self) -> Self {
        let lines = self.lines.max(other.lines);
        Self { lines, ..if other.share() < self.share() { other } else { self } }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}ポイント・長体{:.0}%", self.size, self.scale * 100.0)?;
        if self.lines > 1 { write!(f, "・{}行", self.lines) } else { Ok(()) }
    }
}
