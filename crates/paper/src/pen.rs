//! A page drawn by hand, line below line: texts that keep to their room, rules, grey boxes.

use crate::font::Fonts;
use crate::frame::{Area, Face, Item, Page, Text};
use crate::length::{Mm, Pt};
use std::sync::Arc;

/// The scale at which a line that is `natural` wide keeps to `room`, cut to thousandths; never above 1.
#[must_use]
pub fn condensed(natural: Mm, room: Mm) -> f64 {
    if natural <= room { 1.0 } else { (room / natural * 1000.0).floor() / 1000.0 }
}

/// One line of small type from (x, baseline), condensed to fit `room`.
#[must_use]
pub fn small(fonts: &Fonts, face: Face, text: &str, (x, y): (Mm, Mm), size: Pt, room: Mm) -> Item {
    let scale = condensed(fonts.measure(face, text, size), room);
    Item::Text(Text { x, y, size, scale, spacing: Mm::ZERO, face, text: Arc::from(text) })
}

/// A page of A4 that is being drawn.
#[derive(Debug)]
pub struct Pen<'a> {
    fonts: &'a Fonts,
    items: Vec<Item>,
    /// The baseline of the next text.
    pub y: Mm,
}

impl<'a> Pen<'a> {
    /// An empty page, its first baseline at `y`.
    #[must_use]
    pub const fn new(fonts: &'a Fonts, y: Mm) -> Self {
        Self { fonts, items: Vec::new(), y }
    }

    /// The width of a line of that size.
    #[must_use]
    pub fn measure(&self, face: Face, text: &str, size: Pt) -> Mm {
        self.fonts.measure(face, text, size)
    }

    /// Sets a text on the baseline, condensed to `room`, its left end at `x`.
    pub fn put(&mut self, face: Face, text: &str, x: Mm, size: Pt, room: Mm) {
        if !text.is_empty() {
            self.items.push(small(self.fonts, face, text, (x, self.y), size, room));
        }
    }

    /// As [`Pen::put`], the text's right end at the end of its room.
    pub fn put_right(&mut self, face: Face, text: &str, x: Mm, size: Pt, room: Mm) {
        let natural = self.measure(face, text, size);
        self.put(face, text, x + room - natural * condensed(natural, room), size, room);
    }

    /// Draws a solid line.
    pub fn line(&mut self, x1: Mm, y1: Mm, x2: Mm, y2: Mm, width: Mm) {
        self.items.push(Item::Rule { x1, y1, x2, y2, width, dash: Mm::ZERO });
    }

    /// Fills a box; `grey` 0 = black, 1 = white.
    pub fn fill(&mut self, area: Area, grey: f64) {
        self.items.push(Item::Fill { area, grey });
    }

    /// The page.
    #[must_use]
    pub fn finish(self) -> Page {
        Page::a4(self.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_text_keeps_to_its_room_and_ends_where_it_ends() {
        let fonts = Fonts::load(Path::new("../../fonts")).unwrap();
        let mut pen = Pen::new(&fonts, Mm(20.0));
        for (text, room) in [("通知書", Mm(40.0)), ("とても長い言葉が狭いところに入る", Mm(20.0)), ("", Mm(20.0))]
        {
            pen.put(Face::Text, text, Mm(10.0), Pt(9.5), room);
            pen.put_right(Face::Text, text, Mm(10.0), Pt(9.5), room);
        }
        let page = pen.finish();
        let ends: Vec<(Mm, Mm, f64)> = page
            .texts()
            .into_iter()
            .map(|(x, _, text)| (x, x + fonts.measure(text.face, &text.text, text.size) * text.scale, text.scale))
            .collect();
        let [short, short_right, long, long_right] = ends.as_slice() else { panic!("nothing is set where nothing is said") };
        assert!(short.0 == Mm(10.0) && short.1 < Mm(50.0) && short.2 >= 1.0);
        assert!(short_right.1.near(Mm(50.0), Mm(1e-9)));
        assert!(long.0 == Mm(10.0) && long.2 < 1.0 && long.1 <= Mm(30.0) && long.1.near(Mm(30.0), Mm(0.1)));
        assert!(long_right.1.near(Mm(30.0), Mm(1e-9)));
    }
}
