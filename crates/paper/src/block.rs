//! Blocks → placed items in a column: headings, paragraphs, lists, ruled tables, framed boxes. With their heights and positions.

use crate::codes;
use crate::font::{Fonts, units};
use crate::frame::{Area, Face, Item, Text};
use crate::length::{Mm, Pt};
use crate::line::{self, Breaks, Line, Run, Stretch};
use crate::markdown::{Block, Span};
use serde::Deserialize;
use std::sync::Arc;

/// 行の揃え方.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// 両端揃え.
    #[default]
    Justified,
    /// 左揃え: blanks between words stay as wide as they are (分かち書き).
    Ragged,
}

/// Type sizes of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// Running text, never below 10.5 pt.
    pub body: Pt,
    /// The title.
    pub title: Pt,
    /// Headings.
    pub heading: Pt,
}

impl Sizes {
    /// Notes (※) are half a point smaller than the text, never below 10.5 pt.
    fn note(self) -> Pt {
        (self.body - Pt(1.5)).max(Pt(10.5))
    }
}

/// A block with its place from its own top left corner.
#[derive(Clone, Debug)]
pub struct Laid {
    /// Height.
    pub height: Mm,
    /// What is drawn, from the top left corner of the block.
    pub items: Arc<Vec<Item>>,
}

/// A name that is set in the name face as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Special<'a> {
    /// The name.
    pub text: &'a str,
}

/// What blocks are laid out with.
pub struct Setter<'a> {
    /// The fonts.
    pub fonts: &'a Fonts,
    /// Width of the column.
    pub width: Mm,
    /// Type sizes.
    pub sizes: Sizes,
    /// How lines end.
    pub align: Align,
    /// The name that stands in the name face.
    pub special: Option<Special<'a>>,
}

const TABLE_PAD: Mm = Mm(1.6);
const QUOTE_PAD: Mm = Mm(2.6);
/// Side of a QR code in the text, and its quiet zone: four of at least 21 modules.
const CODE: Mm = Mm(15.0);
const CODE_QUIET: Mm = Mm(2.9);

impl Setter<'_> {
    /// Lays one block out, to be shared.
    pub fn lay(&self, block: &Block) -> Laid {
        let (height, items) = self.lay_items(block);
        Laid { height, items: Arc::new(items) }
    }

    /// Height and items of one block.
    pub fn lay_items(&self, block: &Block) -> (Mm, Vec<Item>) {
        let mut items = Vec::new();
        let height = match block {
            Block::Heading(1, spans) => self.title(spans, &mut items),
            Block::Heading(level, spans) => self.heading(*level, spans, &mut items),
            Block::Paragraph(spans) => self.paragraph(spans, Mm::ZERO, Mm::ZERO, self.width, &mut items) + self.body_gap(),
            Block::List(first, entries) => self.list(*first, entries, &mut items) + self.body_gap(),
            Block::Table(rows) => self.table(rows, &mut items),
            Block::Quote(paragraphs) => self.quote(paragraphs, &mut items),
            Block::Code(spans, url) => self.code(spans, url, &mut items),
            Block::Rule => {
                items.push(Item::Rule { x1: Mm::ZERO, y1: Mm(2.0), x2: self.width, y2: Mm(2.0), width: Mm(0.2), dash: Mm::ZERO });
                Mm(4.0)
            }
            Block::PageBreak => Mm::ZERO,
        };
        (height, items)
    }

    fn body_gap(&self) -> Mm {
        self.sizes.body.mm() * 0.35
    }

    /// Runs with their faces: bold, the special name in the name face, rare characters one by one in the name face.
    fn runs(&self, spans: &[Span], bold: bool) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for span in spans {
            let base = if bold || span.bold { Face::Bold } else { Face::Text };
            let mut rest = span.text.as_str();
            while let Some(special) = self.special
                && let Some((before, after)) = rest.split_once(special.text)
            {
                self.plain_runs(before, base, &mut runs);
                for (face, text) in self.fonts.runs(Face::Name, special.text) {
                    append(&mut runs, if face == Face::Text { base } else { face }, text);
                }
                rest = after;
            }
            self.plain_runs(rest, base, &mut runs);
        }
        runs
    }

    fn plain_runs(&self, text: &str, base: Face, runs: &mut Vec<Run>) {
        let (mut start, mut at) = (0, 0);
        let mut current = base;
        for unit in units(text) {
            let face = if unit.base == '\n' || self.fonts.prints(base, unit) { base } else { Face::Name };
            if face != current {
                append(runs, current, &text[start..at]);
                (start, current) = (at, face);
            }
            at += unit.base.len_utf8() + unit.selector.map_or(0, char::len_utf8);
        }
        append(runs, current, &text[start..]);
    }

    /// Places broken lines; gives the height.
    fn place(&self, lines: &[Line<'_>], size: Pt, pitch: Mm, x: Mm, y: Mm, items: &mut Vec<Item>) -> Mm {
        let mut baseline = y + pitch * 0.5 + size.mm() * 0.36;
        for line in lines {
            let mut left = x;
            for run in &line.runs {
                items.push(Item::Text(Text {
                    x: left,
                    y: baseline,
                    size,
                    scale: 1.0,
                    spacing: line.spacing,
                    face: run.face,
                    text: Arc::from(run.text),
                }));
                left += run.width + f64::from(run.units) * line.spacing;
            }
            baseline += pitch;
        }
        f64::from(u32::try_from(lines.len()).unwrap_or(0)) * pitch
    }

    fn justifies(&self) -> bool {
        self.align == Align::Justified
    }

    fn breaks(&self) -> Breaks {
        match self.align {
            Align::Justified => Breaks::Anywhere,
            Align::Ragged => Breaks::Words,
        }
    }

    fn pitch(size: Pt) -> Mm {
        size.mm() * 1.5
    }

    fn title(&self, spans: &[Span], items: &mut Vec<Item>) -> Mm {
        let size = self.sizes.title;
        let runs = self.runs(spans, true);
        let lines = line::break_lines(self.fonts, &runs, size, self.width, false, self.breaks());
        let mut y = Mm::ZERO;
        for line in &lines {
            let x = ((self.width - line.width) / 2.0).max(Mm::ZERO);
            y += self.place(std::slice::from_ref(line), size, size.mm() * 1.35, x, y, items);
        }
        y + Mm(2.5)
    }

    fn heading(&self, level: u8, spans: &[Span], items: &mut Vec<Item>) -> Mm {
        let size = if level == 2 { self.sizes.heading } else { self.sizes.body };
        let runs = self.runs(spans, true);
        let lines = line::break_lines(self.fonts, &runs, size, self.width - Mm(4.0), false, self.breaks());
        let top = Mm(1.2);
        let height = self.place(&lines, size, size.mm() * 1.3, Mm(4.0), top, items);
        items.push(Item::Fill { area: Area { x: Mm::ZERO, y: top + Mm(0.9), w: Mm(1.6), h: height - Mm(1.8) }, grey: 0.25 });
        top + height + Mm(0.6)
    }

    fn paragraph(&self, spans: &[Span], x: Mm, y: Mm, width: Mm, items: &mut Vec<Item>) -> Mm {
        let note = spans.first().is_some_and(|s| s.text.starts_with('※'));
        let size = if note { self.sizes.note() } else { self.sizes.body };
        let runs = self.runs(spans, false);
        let lines = line::break_lines(self.fonts, &runs, size, width, self.justifies(), self.breaks());
        self.place(&lines, size, Self::pitch(size), x, y, items)
    }

    fn list(&self, first: Option<u64>, entries: &[Vec<Span>], items: &mut Vec<Item>) -> Mm {
        let size = self.sizes.body;
        let marks: Vec<String> = match first {
            None => vec!["・".to_owned(); entries.len()],
            Some(first) => (first..).take(entries.len()).map(|number| format!("{number}．")).collect(),
        };
        let wide = |mark: &String| self.fonts.measure(Face::Text, mark, size);
        let indent = marks.iter().map(wide).fold(size.mm() * 1.05, Mm::max);
        let mut y = Mm::ZERO;
        for (entry, mark) in entries.iter().zip(&marks) {
            let units = u32::try_from(mark.chars().count()).unwrap_or(1);
            let mark = Stretch { face: Face::Text, text: mark, width: indent, units };
            let bullet = Line { runs: vec![mark], width: indent, spacing: Mm::ZERO };
            self.place(&[bullet], size, Self::pitch(size), Mm::ZERO, y, items);
            let runs = self.runs(entry, false);
            let lines = line::break_lines(self.fonts, &runs, size, self.width - indent, self.justifies(), self.breaks());
            y += self.place(&lines, size, Self::pitch(size), indent, y, items);
        }
        y
    }

    /// A ruled table; columns get the room their longest cell asks for.
    fn table(&self, rows: &[Vec<Vec<Span>>], items: &mut Vec<Item>) -> Mm {
        let size = (self.sizes.body - Pt(0.5)).max(Pt(10.5));
        let pitch = size.mm() * 1.4;
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let natural: Vec<Mm> = (0..count)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| self.natural(cell, size)).fold(Mm(12.0), Mm::max) + 2.0 * TABLE_PAD
            })
            .collect();
        let total: Mm = natural.iter().sum();
        let widths: Vec<Mm> = if total <= self.width {
            let spare = (self.width - total) / f64::from(u32::try_from(count.max(1)).unwrap_or(1));
            natural.iter().map(|w| *w + spare).collect()
        } else {
            self.squeeze(&natural)
        };
        let mut y = Mm(0.6);
        let top = y;
        for (number, row) in rows.iter().enumerate() {
            let head = number == 0;
            let runs: Vec<Vec<Run>> = row.iter().map(|cell| self.runs(cell, head)).collect();
            let cells: Vec<Vec<Line<'_>>> = runs
                .iter()
                .zip(&widths)
                .map(|(runs, width)| line::break_lines(self.fonts, runs, size, *width - 2.0 * TABLE_PAD, false, self.breaks()))
                .collect();
            let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
            let height = f64::from(u32::try_from(lines).unwrap_or(1)) * pitch + Mm(1.6);
            if head {
                items.insert(0, Item::Fill { area: Area { x: Mm::ZERO, y, w: widths.iter().sum(), h: height }, grey: 0.9 });
            }
            let mut x = Mm::ZERO;
            for (lines, width) in cells.iter().zip(&widths) {
                self.place(lines, size, pitch, x + TABLE_PAD, y + Mm(0.8), items);
                x += *width;
            }
            items.push(Item::Rule { x1: Mm::ZERO, y1: y, x2: x, y2: y, width: Mm(0.2), dash: Mm::ZERO });
            y += height;
        }
        let right: Mm = widths.iter().sum();
        items.push(Item::Rule { x1: Mm::ZERO, y1: y, x2: right, y2: y, width: Mm(0.2), dash: Mm::ZERO });
        let mut x = Mm::ZERO;
        for width in widths.iter().map(Some).chain(std::iter::once(None)) {
            items.push(Item::Rule { x1: x, y1: top, x2: x, y2: y, width: Mm(0.2), dash: Mm::ZERO });
            x += width.copied().unwrap_or(Mm::ZERO);
        }
        y + Mm(2.0)
    }

    /// Columns wider than their share give way; the narrow ones keep their room.
    fn squeeze(&self, natural: &[Mm]) -> Vec<Mm> {
        let mut widths = natural.to_vec();
        let mut left = self.width;
        let mut open: Vec<usize> = (0..natural.len()).collect();
        loop {
            let share = left / f64::from(u32::try_from(open.len().max(1)).unwrap_or(1));
            let narrow: Vec<usize> = open.iter().copied().filter(|i| natural[*i] <= share).collect();
            if narrow.is_empty() {
                for index in open {
                    widths[index] = share;
                }
                return widths;
            }
            for index in &narrow {
                left -= natural[*index];
            }
            open.retain(|i| !narrow.contains(i));
        }
    }

    fn natural(&self, cell: &[Span], size: Pt) -> Mm {
        self.runs(cell, true).iter().map(|r| self.fonts.measure(r.face, &r.text, size)).sum()
    }

    /// A QR code at the left, its words beside it.
    fn code(&self, spans: &[Span], url: &str, items: &mut Vec<Item>) -> Mm {
        let left = CODE + 2.0 * CODE_QUIET;
        if let Some((side, modules)) = codes::link(url) {
            let area = Area { x: CODE_QUIET, y: CODE_QUIET, w: CODE, h: CODE };
            items.push(Item::Matrix { area, side, modules: Arc::from(modules) });
        }
        let size = self.sizes.body;
        let runs = self.runs(spans, false);
        let lines = line::break_lines(self.fonts, &runs, size, self.width - left, self.justifies(), self.breaks());
        let words = f64::from(u32::try_from(lines.len()).unwrap_or(0)) * Self::pitch(size);
        self.place(&lines, size, Self::pitch(size), left, ((left - words) / 2.0).max(Mm::ZERO), items);
        left.max(words)
    }

    fn quote(&self, paragraphs: &[Vec<Span>], items: &mut Vec<Item>) -> Mm {
        let top = Mm(0.8);
        let mut y = top + QUOTE_PAD - Mm(1.0);
        for spans in paragraphs {
            y += self.paragraph(spans, QUOTE_PAD, y, self.width - 2.0 * QUOTE_PAD, items);
        }
        let bottom = y + QUOTE_PAD - Mm(1.0);
        for (x1, y1, x2, y2) in [
            (Mm::ZERO, top, self.width, top),
            (Mm::ZERO, bottom, self.width, bottom),
            (Mm::ZERO, top, Mm::ZERO, bottom),
            (self.width, top, self.width, bottom),
        ] {
            items.push(Item::Rule { x1, y1, x2, y2, width: Mm(0.35), dash: Mm::ZERO });
        }
        bottom + Mm(2.0)
    }
}

/// Adds text to the last run when the face is the same.
fn append(runs: &mut Vec<Run>, face: Face, text: &str) {
    match runs.last_mut() {
        _ if text.is_empty() => {}
        Some(run) if run.face == face => run.text.push_str(text),
        Some(_) | None => runs.push(Run { face, text: text.to_owned() }),
    }
}
