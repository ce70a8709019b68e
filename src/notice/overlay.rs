//! What is drawn over a page to look at it: a 10 mm grid, the window with its play, fold marks, label edges, rulers.
//!
//! Preview and calibration sheet show the very frames that are printed; of this only the fold marks that a template asks for are ever
//! in a print file.

use crate::notice::office::Envelope;
use crate::notice::paper::{self, Paper};
use crate::notice::sheet;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{A4, Area, Face, Item};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::small;

/// Grey of the grid: under text it does not disturb.
const GRID_GREY: f64 = 0.8;
/// Hairline that every laser printer draws.
const HAIR: Mm = Mm(0.1);
/// Thickness of a fold mark.
const TICK: Mm = Mm(0.2);

/// A grid of 10 mm, every 50 mm darker, with numbers in the margin.
pub(super) fn grid(fonts: &Fonts, width: Mm, height: Mm) -> Vec<Item> {
    let mut items = Vec::new();
    for (step, across) in [(width, true), (height, false)] {
        for number in (1..).take_while(|n| Mm(10.0) * f64::from(*n) < step) {
            let at = Mm(10.0) * f64::from(number);
            let grey = if number % 5 == 0 { GRID_GREY - 0.25 } else { GRID_GREY };
            let area = if across {
                Area { x: at - HAIR / 2.0, y: Mm::ZERO, w: HAIR, h: height }
            } else {
                Area { x: Mm::ZERO, y: at - HAIR / 2.0, w: width, h: HAIR }
            };
            items.push(Item::Fill { area, grey });
            if number % 5 == 0 {
                let place = if across { (at + Mm(0.5), Mm(7.5)) } else { (Mm(5.5), at - Mm(0.5)) };
                items.push(small(fonts, Face::Fixed, &at.to_string(), place, Pt(6.0), Mm(20.0)));
            }
        }
    }
    items
}

/// The edges of a box.
pub(super) fn edges(area: &Area, width: Mm, dash: Mm) -> Vec<Item> {
    let (right, bottom) = (area.x + area.w, area.y + area.h);
    let line = |x1, y1, x2, y2| Item::Rule { x1, y1, x2, y2, width, dash };
    vec![
        line(area.x, area.y, right, area.y),
        line(right, area.y, right, bottom),
        line(right, bottom, area.x, bottom),
        line(area.x, bottom, area.x, area.y),
    ]
}

/// The window: solid what is always seen, dashed what may be seen, thin where the window lies when the sheet lies in the middle.
pub(super) fn window(fonts: &Fonts, envelope: &Envelope) -> Vec<Item> {
    let (safe, exposed) = (envelope.safe(), envelope.exposed());
    let mut items = edges(&exposed, Mm(0.2), Mm(2.0));
    items.extend(edges(&safe, Mm(0.3), Mm::ZERO));
    items.extend(edges(&envelope.centred(), HAIR, Mm(0.5)));
    let name = &envelope.name;
    let note = format!(
        "実線: どう動いても見える範囲（ずれを引いた値）　破線: 見えることがある範囲（{name}）　点線: 用紙が中央にあるときの窓"
    );
    items.push(small(fonts, Face::Text, &note, (Mm(10.0), exposed.y + exposed.h + Mm(2.6)), Pt(6.0), A4.0 - Mm(20.0)));
    items
}

/// Where the letter is folded, with the distance from the top.
pub(super) fn folds(fonts: &Fonts, envelope: &Envelope) -> Vec<Item> {
    let ticks = fold_ticks(envelope, Mm::ZERO, Mm(8.0));
    let note = |y: Mm| small(fonts, Face::Fixed, &format!("折り {y:.1} mm"), (A4.0 - Mm(19.0), y - Mm(0.6)), Pt(6.0), Mm(18.0));
    ticks.into_iter().chain(envelope.folds().map(note)).collect()
}

/// A tick at both edges of A4 for each fold, `inset` from the edge.
pub(super) fn fold_ticks(envelope: &Envelope, inset: Mm, length: Mm) -> Vec<Item> {
    let tick = |y: Mm, x: Mm| Item::Fill { area: Area { x, y: y - TICK / 2.0, w: length, h: TICK }, grey: 0.0 };
    envelope.folds().into_iter().flat_map(|y| [inset, A4.0 - inset - length].map(|x| tick(y, x))).collect()
}

/// The places of a side of a paper: solid where text goes, dashed what stays free; folds and panels.
pub(super) fn places(fonts: &Fonts, paper: &Paper, side: usize) -> Vec<Item> {
    let mut items: Vec<Item> = paper.places(side).iter().flat_map(|(_, area)| edges(area, HAIR, Mm::ZERO)).collect();
    for (what, area) in paper.free(side).iter().filter(|(what, _)| *what != paper::FOLD) {
        items.extend(edges(area, Mm(0.2), Mm(2.0)));
        // A narrow strip has no room for its name; it is that of the strips it joins.
        if area.w >= Mm(15.0) {
            items.push(small(
                fonts,
                Face::Text,
                what,
                (area.x + Mm(22.0).min(area.w * 0.2), area.y + area.h.min(Mm(12.0)) - Mm(1.0)),
                Pt(6.0),
                area.w * 0.8,
            ));
        }
    }
    for fold in &paper.folds {
        // The sheet is turned over its short side: a fold lies as far from the right on the back.
        let x = if side == 0 { *fold } else { paper.width - *fold };
        for (y1, y2) in [(Mm::ZERO, Mm(6.0)), (paper.height - Mm(6.0), paper.height)] {
            items.push(Item::Rule { x1: x, y1, x2: x, y2, width: Mm(0.2), dash: Mm::ZERO });
        }
        items.push(small(
            fonts,
            Face::Fixed,
            &format!("折り {x:.1} mm"),
            (x + Mm(0.8), paper.height - Mm(1.0)),
            Pt(6.0),
            Mm(18.0),
        ));
    }
    if paper.bleed > Mm::ZERO {
        let (bleed, at) = (paper.bleed, (Mm(24.0), paper.height - Mm(1.0)));
        items.push(small(fonts, Face::Text, &format!("塗り足し {bleed} mm"), at, Pt(6.0), Mm(30.0)));
    }
    items
}

/// The edges of every cell, and inside them the dashed box that texts keep to.
pub(super) fn cells(boxes: &[Area]) -> Vec<Item> {
    boxes.iter().flat_map(|b| edges(b, HAIR, Mm::ZERO).into_iter().chain(edges(&b.inset(sheet::INNER), HAIR, Mm(0.5)))).collect()
}

/// A cross with arms of 4 mm in the middle of each cell, and its number.
pub(super) fn crosses(fonts: &Fonts, boxes: &[Area]) -> Vec<Item> {
    let cross = |(number, b): (usize, &Area)| {
        let (x, y) = (b.x + b.w / 2.0, b.y + b.h / 2.0);
        [
            Item::Rule { x1: x - Mm(4.0), y1: y, x2: x + Mm(4.0), y2: y, width: HAIR, dash: Mm::ZERO },
            Item::Rule { x1: x, y1: y - Mm(4.0), x2: x, y2: y + Mm(4.0), width: HAIR, dash: Mm::ZERO },
            small(fonts, Face::Fixed, &format!("{}面", number + 1), (x + Mm(1.0), y - Mm(1.0)), Pt(8.0), Mm(20.0)),
        ]
    };
    boxes.iter().enumerate().flat_map(cross).collect()
}

/// A ruler from (x, y): to the right or downwards; every 5 mm a longer tick, every 10 mm a number.
pub(super) fn ruler(fonts: &Fonts, (x, y): (Mm, Mm), length: Mm, down: bool) -> Vec<Item> {
    let mut items = Vec::new();
    for number in (0..).take_while(|n| Mm(f64::from(*n)) <= length) {
        let at = Mm(f64::from(number));
        let tick = if number % 10 == 0 {
            Mm(3.0)
        } else if number % 5 == 0 {
            Mm(2.0)
        } else {
            Mm(1.0)
        };
        let (x1, y1, x2, y2) = if down { (x, y + at, x + tick, y + at) } else { (x + at, y, x + at, y + tick) };
        items.push(Item::Rule { x1, y1, x2, y2, width: HAIR, dash: Mm::ZERO });
        if number % 10 == 0 && number > 0 {
            let place = if down { (x + Mm(3.3), y + at + Mm(0.7)) } else { (x + at - Mm(1.2), y + Mm(5.2)) };
            items.push(small(fonts, Face::Fixed, &number.to_string(), place, Pt(5.5), Mm(8.0)));
        }
    }
    items
}
