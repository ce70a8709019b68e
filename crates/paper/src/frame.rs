//! Laid-out pages: texts, lines, bars and codes at fixed positions.
//!
//! All places are measured from the top left corner of the page, y downwards.
//! Print PDF, preview, proof and tests all start from these frames, so "does it fit the window?" is an assertion on numbers.

use crate::length::{Mm, Pt};
use std::sync::Arc;

/// Width and height of A4, upright (ISO 216): the sheet of everything that no table of papers describes.
pub const A4: (Mm, Mm) = (Mm(210.0), Mm(297.0));

/// A box: left, top, width, height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: Mm,
    /// Top edge.
    pub y: Mm,
    /// Width.
    pub w: Mm,
    /// Height.
    pub h: Mm,
}

impl Area {
    /// True when `inner` lies inside this box, within 0.01 mm.
    #[must_use]
    pub fn holds(&self, inner: &Area) -> bool {
        const SLACK: Mm = Mm(0.01);
        inner.x >= self.x - SLACK
            && inner.y >= self.y - SLACK
            && inner.x + inner.w <= self.x + self.w + SLACK
            && inner.y + inner.h <= self.y + self.h + SLACK
    }

    /// The box that lies `by` inside each edge.
    #[must_use]
    pub fn inset(&self, by: Mm) -> Self {
        Self { x: self.x + by, y: self.y + by, w: self.w - 2.0 * by, h: self.h - 2.0 * by }
    }

    /// True when the two boxes share more than 0.01 mm both ways.
    #[must_use]
    pub fn overlaps(&self, other: &Area) -> bool {
        const SLACK: Mm = Mm(0.01);
        self.x + SLACK < other.x + other.w
            && other.x + SLACK < self.x + self.w
            && self.y + SLACK < other.y + other.h
            && other.y + SLACK < self.y + self.h
    }
}

/// Which face sets a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// BIZ UDPGothic: running text.
    Text,
    /// BIZ UDPGothic Bold: headings and key lines.
    Bold,
    /// BIZ UDGothic: numbers, dates, postal codes, tables.
    Fixed,
    /// Name fallback (mincho): a whole name of which one character is missing in the text face.
    Name,
    /// OCR-B: machine-readable digit lines.
    Ocr,
}

/// One line of text.
///
/// Every unit (character, or character + variation selector) of `text` exists in `face`: the composer has checked it.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Left edge of the first glyph.
    pub x: Mm,
    /// Baseline.
    pub y: Mm,
    /// Size.
    pub size: Pt,
    /// Horizontal scale, 1.0 = as drawn, 0.7 = 長体 70 %.
    pub scale: f64,
    /// Extra space after each unit (justification); 0 for none.
    pub spacing: Mm,
    /// The face.
    pub face: Face,
    /// The text, variation selectors kept.
    pub text: Arc<str>,
}

/// One placed thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line of text.
    Text(Text),
    /// A straight ruled line from (x1, y1) to (x2, y2); black; `dash` 0 = solid.
    Rule {
        /// Start x.
        x1: Mm,
        /// Start y.
        y1: Mm,
        /// End x.
        x2: Mm,
        /// End y.
        y2: Mm,
        /// Line width.
        width: Mm,
        /// Dash length, 0 for a solid line.
        dash: Mm,
    },
    /// A filled box; `grey` 0 = black, 1 = white.
    Fill {
        /// The box.
        area: Area,
        /// Grey level.
        grey: f64,
    },
    /// Filled black boxes that belong together (barcode bars).
    Bars(Arc<[Area]>),
    /// A square two-dimensional code: `side` modules a side, row by row, `true` = dark; without quiet zone.
    Matrix {
        /// Top left corner and size of the code (w = h).
        area: Area,
        /// Modules a side.
        side: usize,
        /// side × side modules.
        modules: Arc<[bool]>,
    },
    /// A line of grey text: a watermark.
    Faint {
        /// The line.
        text: Text,
        /// Grey level, 0 = black, 1 = white.
        grey: f64,
    },
    /// A group that many pages share, drawn with its own origin at (x, y) of this page.
    ///
    /// Groups are compared by pointer: the same `Arc` is stored once in a file.
    Shared {
        /// Offset to the right.
        x: Mm,
        /// Offset downwards.
        y: Mm,
        /// The things, positioned from the group's origin.
        group: Arc<Vec<Item>>,
    },
}

/// One finished page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Width.
    pub width: Mm,
    /// Height.
    pub height: Mm,
    /// 塗り足し on every side, outside width and height; 0 = none.
    pub bleed: Mm,
    /// Things in drawing order, which is also reading order.
    pub items: Vec<Item>,
}

impl Page {
    /// A page of A4 without 塗り足し.
    #[must_use]
    pub const fn a4(items: Vec<Item>) -> Self {
        Self { width: A4.0, height: A4.1, bleed: Mm::ZERO, items }
    }

    /// Every text of the page with shared groups opened, in drawing order: (x, baseline, text item).
    pub fn texts(&self) -> Vec<(Mm, Mm, &Text)> {
        fn walk<'a>(items: &'a [Item], dx: Mm, dy: Mm, out: &mut Vec<(Mm, Mm, &'a Text)>) {
            for item in items {
                match item {
                    Item::Text(text) | Item::Faint { text, .. } => out.push((text.x + dx, text.y + dy, text)),
                    Item::Shared { x, y, group } => walk(group, dx + *x, dy + *y, out),
                    Item::Rule { .. } | Item::Fill { .. } | Item::Bars(_) | Item::Matrix { .. } => {}
                }
            }
        }
        let mut out = Vec::new();
        walk(&self.items, Mm::ZERO, Mm::ZERO, &mut out);
        out
    }
}
