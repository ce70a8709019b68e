//! What tells a page that must not be posted: 「試験」 of a rehearsal, 「見本・校正用」 of the preview.

use crate::notice::office::Envelope;
use crate::notice::paper::Paper;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Area, Face, Item, Text};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::small;
use std::sync::Arc;

const WORD: &str = "試験";
/// Grey that is seen at arm's length and does not hide black text.
const GREY: f64 = 0.8;

/// A grey line whose middle is at (x, y) and that is `width` wide; every character is a square.
fn faint(word: &str, (x, y): (Mm, Mm), width: Mm) -> Item {
    let count = f64::from(u32::try_from(word.chars().count()).unwrap_or(1).max(1));
    let size = (width / count).pt();
    let (x, y) = (x - width / 2.0, y + width / count * 0.36);
    Item::Faint { text: Text { x, y, size, scale: 1.0, spacing: Mm::ZERO, face: Face::Fixed, text: Arc::from(word) }, grey: GREY }
}

/// A page of a rehearsal: in the window, twice over the text, and in clear black at the foot.
pub(super) fn page(fonts: &Fonts, envelope: &Envelope, paper: &Paper) -> Vec<Item> {
    const TOLD: &str = "試験（本番ではありません。発送できません）";
    if let Some(front) = &paper.front {
        // Every panel once; the words stand between the free edge and the line of the marks.
        let panels = paper.width / front.panel.w;
        let middles = (0..6).map(f64::from).take_while(|n| *n + 0.5 < panels).map(|n| (n + 0.5) * front.panel.w);
        let mut items: Vec<Item> = middles.map(|x| faint(WORD, (x, paper.height * 0.5), front.panel.w * 0.7)).collect();
        let (x, y) = paper.marks.first().map_or((Mm::ZERO, Mm::ZERO), |mark| mark.at);
        items.push(small(fonts, Face::Bold, TOLD, (x, y + Mm(3.2)), Pt(7.0), front.panel.w * 0.7));
        return items;
    }
    let safe = envelope.safe();
    let width = (safe.h * 1.6).min(safe.w);
    vec![
        faint(WORD, (safe.x + safe.w / 2.0, safe.y + safe.h / 2.0), width),
        faint(WORD, (paper.width / 2.0, Mm(120.0)), Mm(130.0)),
        faint(WORD, (paper.width / 2.0, Mm(220.0)), Mm(130.0)),
        small(fonts, Face::Bold, TOLD, (Mm(20.0), Mm(284.5)), Pt(12.0), Mm(150.0)),
    ]
}

/// Under a label or sticker of a rehearsal, from the cell's corner.
pub(super) fn cell(area: &Area) -> Vec<Item> {
    vec![faint(WORD, (area.w / 2.0, area.h / 2.0), (area.h * 1.4).min(area.w * 0.8))]
}

/// Under a page of the preview.
pub(super) fn preview(width: Mm, height: Mm) -> Vec<Item> {
    const SHOWN: &str = "見本・校正用";
    vec![faint(SHOWN, (width / 2.0, height * 0.45), width * 0.75), faint(SHOWN, (width / 2.0, height * 0.8), width * 0.75)]
}

/// In clear black at the top of a page of the preview.
pub(super) fn stamp(fonts: &Fonts, what: &str, width: Mm) -> Item {
    let text = format!("見本・校正用（印刷・発送には使えません）　{what}　方眼 10 mm");
    small(fonts, Face::Bold, &text, (Mm(10.0), Mm(4.5)), Pt(8.0), width - Mm(20.0))
}
