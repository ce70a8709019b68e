//! Items of a page or of a shared group as a content stream.

use super::embed::Embedded;
use super::no_glyph;
use super::number::{hundredths, nearest, put, put_integer};
use crate::font::{slot, units};
use crate::frame::{Area, Item, Text};
use crate::length::Mm;
use kansho_core::diag::Failure;
use libdeflater::{CompressionLvl, Compressor};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pages: level 6 takes two and a half times as long and saves 4 % of the bytes.
pub const LEVEL: i32 = 1;
/// Fonts, once a file: libdeflate 9 gains nothing over 6, and 12 is ten times slower for 1 %.
const FONT_LEVEL: i32 = 6;

thread_local! {
    static COMPRESSOR: RefCell<Compressor> =
        RefCell::new(Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default()));
}

/// zlib data of `plain`, by this thread's own compressor.
pub(super) fn deflate(plain: &[u8]) -> Result<Vec<u8>, Failure> {
    COMPRESSOR.with_borrow_mut(|compressor| deflate_with(compressor, plain))
}

/// zlib data of a font or its tables.
pub(super) fn deflate_font(plain: &[u8]) -> Result<Vec<u8>, Failure> {
    deflate_with(&mut Compressor::new(CompressionLvl::new(FONT_LEVEL).unwrap_or_default()), plain)
}

fn deflate_with(compressor: &mut Compressor, plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut packed = vec![0; compressor.zlib_compress_bound(plain.len())];
    let size =
        compressor.zlib_compress(plain, &mut packed).map_err(|error| Failure::Usage(format!("PDFを圧縮できません: {error}")))?;
    packed.truncate(size);
    Ok(packed)
}

/// Index of each shared group by the address of its items.
pub(super) type Groups = BTreeMap<usize, usize>;

/// The address that tells one shared group from another.
pub(super) fn address(group: &Arc<Vec<Item>>) -> usize {
    Arc::as_ptr(group).addr()
}

/// Text state that lasts from one text object to the next.
#[derive(PartialEq)]
struct TextState {
    font: Option<(usize, i64)>,
    scale: i64,
    spacing: i64,
}

/// Writes the operators of items; lengths go in as mm from the top, come out as points from the bottom.
pub(super) struct Painter<'a> {
    fonts: &'a Embedded,
    groups: &'a Groups,
    /// Height of the origin above the lower edge, in hundredths of a point.
    top: i64,
    out: Vec<u8>,
    open: Option<(i64, i64)>,
    text: TextState,
    grey: i64,
    line: (i64, i64),
}

impl<'a> Painter<'a> {
    /// A painter for a group, whose origin is its top left corner. What is drawn before it leaves its state behind: a group
    /// says each state anew.
    pub(super) fn group(fonts: &'a Embedded, groups: &'a Groups) -> Self {
        let text = TextState { font: None, scale: i64::MIN, spacing: i64::MIN };
        Self { text, grey: i64::MIN, line: (i64::MIN, i64::MIN), ..Self::page(fonts, groups, Mm::ZERO) }
    }

    /// A painter for a page of the given height.
    pub(super) fn page(fonts: &'a Embedded, groups: &'a Groups, height: Mm) -> Self {
        Self {
            fonts,
            groups,
            top: hundredths(height),
            out: Vec::with_capacity(4096),
            open: None,
            text: TextState { font: None, scale: 10_000, spacing: 0 },
            grey: 0,
            line: (100, 0),
        }
    }

    /// A painter for a page whose origin lies `bleed` inside the lower left corner of the paper.
    pub(super) fn with_bleed(mut self, bleed: Mm) -> Self {
        if bleed > Mm::ZERO {
            self.out.extend_from_slice(b"1 0 0 1 ");
            put(&mut self.out, hundredths(bleed), 2);
            self.out.push(b' ');
            put(&mut self.out, hundredths(bleed), 2);
            self.out.extend_from_slice(b" cm\n");
        }
        self
    }

    /// Draws all items and gives the content stream.
    pub(super) fn draw(mut self, items: &[Item]) -> Result<Vec<u8>, Failure> {
        for item in items {
            match item {
                Item::Text(text) => self.text(text, 0.0)?,
                Item::Faint { text, grey } => {
                    self.end_text();
                    self.text(text, *grey)?;
                    self.end_text();
                }
                Item::Rule { x1, y1, x2, y2, width, dash } => self.rule([*x1, *y1, *x2, *y2], *width, *dash),
                Item::Fill { area, grey } => self.fill(area, *grey),
                Item::Bars(bars) => self.bars(bars),
                Item::Matrix { area, side, modules } => self.matrix(area, *side, modules),
                Item::Shared { x, y, group } => self.shared(*x, *y, group)?,
            }
        }
        self.end_text();
        Ok(self.out)
    }

    fn text(&mut self, text: &Text, grey: f64) -> Result<(), Failure> {
        if text.text.is_empty() {
            return Ok(());
        }
        let (x, y) = (hundredths(text.x), self.top - hundredths(text.y));
        if self.open.is_none() {
            self.grey(grey);
            self.out.extend_from_slice(b"BT\n");
        }
        let face = slot(text.face);
        let font = (face, nearest(text.size.0 * 100.0));
        if self.text.font != Some(font) {
            self.text.font = Some(font);
            self.out.extend_from_slice(b"/F");
            put_integer(&mut self.out, face as u64);
            self.numbers(&[(font.1, 2)], b"Tf\n");
        }
        let scale = nearest(text.scale * 10_000.0);
        if self.text.scale != scale {
            self.text.scale = scale;
            self.numbers(&[(scale, 2)], b"Tz\n");
        }
        // Tz stretches Tc as well: the wanted space is divided by the scale.
        let spacing = nearest(text.spacing.pt().0 / text.scale * 10_000.0);
        if self.text.spacing != spacing {
            self.text.spacing = spacing;
            self.numbers(&[(spacing, 4)], b"Tc\n");
        }
        let (from_x, from_y) = self.open.unwrap_or((0, 0));
        self.open = Some((x, y));
        self.numbers(&[(x - from_x, 2), (y - from_y, 2)], b"Td<");
        let codes = self.fonts.codes(text.face);
        for unit in units(&text.text) {
            let code = codes.of(unit).ok_or_else(|| no_glyph(&[(text.face, unit)]))?;
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            let digits = [code >> 12, code >> 8, code >> 4, code].map(|part| HEX[usize::from(part & 0xF)]);
            self.out.extend_from_slice(&digits);
        }
        self.out.extend_from_slice(b">Tj\n");
        Ok(())
    }

    fn end_text(&mut self) {
        if self.open.take().is_some() {
            self.out.extend_from_slice(b"ET\n");
        }
    }

    /// Writes numbers and an operator, such as `12 0 Td`.
    fn numbers(&mut self, values: &[(i64, u32)], operator: &[u8]) {
        for &(value, decimals) in values {
            if self.out.last().is_some_and(|&byte| byte != b'\n' && byte != b'[') {
                self.out.push(b' ');
            }
            put(&mut self.out, value, decimals);
        }
        self.out.push(b' ');
        self.out.extend_from_slice(operator);
    }

    fn rule(&mut self, [x1, y1, x2, y2]: [Mm; 4], width: Mm, dash: Mm) {
        self.end_text();
        let line = (hundredths(width), hundredths(dash).max(0));
        if line.0 != self.line.0 {
            self.numbers(&[(line.0, 2)], b"w\n");
        }
        if line.1 != self.line.1 {
            self.out.push(b'[');
            if line.1 > 0 {
                put(&mut self.out, line.1, 2);
            }
            self.out.extend_from_slice(b"]0 d\n");
        }
        self.line = line;
        self.numbers(&[(hundredths(x1), 2), (self.top - hundredths(y1), 2)], b"m");
        self.numbers(&[(hundredths(x2), 2), (self.top - hundredths(y2), 2)], b"l S\n");
    }

    fn grey(&mut self, grey: f64) {
        let grey = nearest(grey.clamp(0.0, 1.0) * 1000.0);
        if self.grey != grey {
            self.grey = grey;
            self.numbers(&[(grey, 3)], b"g\n");
        }
    }

    fn fill(&mut self, area: &Area, grey: f64) {
        self.end_text();
        self.grey(grey);
        let (left, right) = (hundredths(area.x), hundredths(area.x + area.w));
        let (bottom, top) = (self.top - hundredths(area.y + area.h), self.top - hundredths(area.y));
        self.numbers(&[(left, 2), (bottom, 2), (right - left, 2), (top - bottom, 2)], b"re f\n");
    }

    /// Bars as rectangles on a grid of their own: small integers deflate to little.
    fn bars(&mut self, bars: &[Area]) {
        self.end_text();
        self.grey(0.0);
        let Some(first) = bars.first() else { return };
        let left = bars.iter().map(|bar| bar.x).fold(first.x, Mm::min);
        let bottom = bars.iter().map(|bar| bar.y + bar.h).fold(first.y + first.h, Mm::max);
        let across = grid(bars.iter().flat_map(|bar| [bar.x - left, bar.w]));
        let down = grid(bars.iter().flat_map(|bar| [bottom - bar.y - bar.h, bar.h]));
        self.out.extend_from_slice(b"q\n");
        let pt = |mm: Mm| nearest(mm.pt().0 * 1e6);
        let origin = (hundredths(left), self.top - hundredths(bottom));
        self.numbers(&[(pt(across), 6), (0, 0), (0, 0), (pt(down), 6), (origin.0, 2), (origin.1, 2)], b"cm\n");
        for bar in bars {
            let at = [(bar.x - left) / across, (bottom - bar.y - bar.h) / down, bar.w / across, bar.h / down];
            self.numbers(&at.map(|value| (nearest(value), 0)), b"re\n");
        }
        self.out.extend_from_slice(b"f\nQ\n");
    }

    /// A two-dimensional code as an inline image mask, one bit a module.
    fn matrix(&mut self, area: &Area, side: usize, modules: &[bool]) {
        self.end_text();
        self.grey(0.0);
        if side == 0 || modules.len() < side * side {
            return;
        }
        let mut bits = Vec::with_capacity(side.div_ceil(8) * side);
        for row in modules.chunks_exact(side).take(side) {
            // 0 paints: dark modules are 0, light modules and the padding are 1.
            bits.extend(row.chunks(8).map(|part| {
                part.iter().zip([0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1]).filter(|(dark, _)| **dark).fold(0xFF_u8, |b, (_, m)| b ^ m)
            }));
        }
        let (x, y) = (hundredths(area.x), self.top - hundredths(area.y + area.h));
        self.out.extend_from_slice(b"q\n");
        self.numbers(&[(hundredths(area.w), 2), (0, 0), (0, 0), (hundredths(area.h), 2), (x, 2), (y, 2)], b"cm\n");
        self.out.extend_from_slice(b"BI/W ");
        put_integer(&mut self.out, side as u64);
        self.out.extend_from_slice(b"/H ");
        put_integer(&mut self.out, side as u64);
        // A program that looks for EI in the data must not find it early: such data goes out in hex.
        if bits.windows(2).any(|pair| pair == b"EI") {
            self.out.extend_from_slice(b"/IM true/BPC 1/F/AHx ID ");
            for byte in bits {
                for shift in [4, 0] {
                    self.out.push(b"0123456789ABCDEF"[usize::from(byte >> shift & 0xF)]);
                }
            }
            self.out.push(b'>');
        } else {
            self.out.extend_from_slice(b"/IM true/BPC 1 ID ");
            self.out.extend_from_slice(&bits);
        }
        self.out.extend_from_slice(b"\nEI\nQ\n");
    }

    fn shared(&mut self, x: Mm, y: Mm, group: &Arc<Vec<Item>>) -> Result<(), Failure> {
        self.end_text();
        let index = self.groups.get(&address(group)).ok_or_else(|| Failure::Usage("共有部品が登録されていません".to_owned()))?;
        self.grey(0.0);
        self.out.extend_from_slice(b"q\n");
        let (x, y) = (hundredths(x), self.top - hundredths(y));
        self.numbers(&[(1, 0), (0, 0), (0, 0), (1, 0), (x, 2), (y, 2)], b"cm\n");
        self.out.extend_from_slice(b"/S");
        put_integer(&mut self.out, *index as u64);
        self.out.extend_from_slice(b" Do\nQ\n");
        Ok(())
    }
}

/// The step of which all lengths are multiples (within 1 µm), at least 0.01 mm; 0.01 mm when there is none.
fn grid(lengths: impl Iterator<Item = Mm> + Clone) -> Mm {
    const FINEST: Mm = Mm(0.01);
    let fits = |step: Mm| lengths.clone().all(|length| (length - (length / step).round() * step).abs() < Mm(0.001));
    let smallest = lengths.clone().filter(|&length| length > FINEST).fold(Mm::INFINITY, Mm::min);
    if !smallest.0.is_finite() {
        return FINEST;
    }
    (1..=12).map(|part| smallest / f64::from(part)).find(|&step| step >= FINEST && fits(step)).unwrap_or(FINEST)
}

#[cfg(test)]
mod tests {
    use super::{Mm, grid};

    #[test]
    fn bars_find_their_grid() {
        let near = |lengths: &[f64], step: f64| grid(lengths.iter().copied().map(Mm)).near(Mm(step), Mm(1e-9));
        assert!(near(&[0.0, 0.6, 1.2, 79.2], 0.6));
        assert!(near(&[0.0, 1.2, 2.4, 3.6], 1.2));
        assert!(near(&[0.25, 0.625, 5.0], 0.125));
        assert!(near(&[0.333, 0.5017, 7.1], 0.01));
        assert!(near(&[], 0.01));
    }
}
