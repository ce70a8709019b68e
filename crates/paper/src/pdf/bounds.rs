//! The box around a shared group: what a form may paint.

use super::number::nearest;
use crate::font::{Fonts, units};
use crate::frame::{Area, Item};
use crate::length::Mm;

/// Left, bottom, right, top in whole points around the items, the group's origin at (0, 0), with a margin of one type size.
pub(super) fn of(fonts: &Fonts, items: &[Item]) -> [i64; 4] {
    let mut found = [Mm::INFINITY, Mm::INFINITY, -Mm::INFINITY, -Mm::INFINITY];
    walk(fonts, items, Mm::ZERO, Mm::ZERO, &mut found);
    let [left, top, right, bottom] = found;
    if left > right || top > bottom {
        return [0, 0, 0, 0];
    }
    [left - Mm(0.5), -bottom - Mm(0.5), right + Mm(0.5), -top + Mm(0.5)].map(|mm: Mm| nearest(mm.pt().0))
}

fn walk(fonts: &Fonts, items: &[Item], dx: Mm, dy: Mm, found: &mut [Mm; 4]) {
    for item in items {
        match item {
            Item::Text(text) | Item::Faint { text, .. } => {
                let em = text.size.mm();
                let count = f64::from(u32::try_from(units(&text.text).count()).unwrap_or(u32::MAX));
                let width = fonts.width(text.face, &text.text) * em * text.scale + count * text.spacing;
                grow(
                    found,
                    dx,
                    dy,
                    Area { x: text.x - em, y: text.y - 1.5 * em, w: width.max(Mm::ZERO) + 2.0 * em, h: 2.5 * em },
                );
            }
            Item::Rule { x1, y1, x2, y2, width, .. } => grow(
                found,
                dx,
                dy,
                Area {
                    x: x1.min(*x2) - *width,
                    y: y1.min(*y2) - *width,
                    w: (*x2 - *x1).abs() + 2.0 * *width,
                    h: (*y2 - *y1).abs() + 2.0 * *width,
                },
            ),
            Item::Fill { area, .. } | Item::Matrix { area, .. } => grow(found, dx, dy, *area),
            Item::Bars(bars) => bars.iter().for_each(|bar| grow(found, dx, dy, *bar)),
            Item::Shared { x, y, group } => walk(fonts, group, dx + *x, dy + *y, found),
        }
    }
}

fn grow(found: &mut [Mm; 4], dx: Mm, dy: Mm, area: Area) {
    found[0] = found[0].min(area.x + dx);
    found[1] = found[1].min(area.y + dy);
    found[2] = found[2].max(area.x + area.w + dx);
    found[3] = found[3].max(area.y + area.h + dy);
}
