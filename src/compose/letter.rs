//! 通知書: one A4 sheet, both sides: address block in the window, sender, title, text, marks in the margin.

use crate::compose::address::{self, small};
use crate::compose::block::{Laid, Setter, Sizes, Special};
use crate::compose::font::Fonts;
use crate::compose::frame::{Area, Face, Item, MM_PER_PT, Page};
use crate::compose::markdown::Block;
use crate::compose::office::Office;
use crate::compose::piece::Piece;
use crate::compose::template::Front;
use crate::diag::{Code, Diagnostic};
use crate::domain::calendar;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A4.
const PAGE_W: f64 = 210.0;
const PAGE_H: f64 = 297.0;
/// Column of the text.
const LEFT: f64 = 20.0;
const WIDTH: f64 = 170.0;
/// Lower end of the text; below it stand the marks.
const BOTTOM: f64 = 277.0;
/// Top of the text on the back.
const BACK_TOP: f64 = 16.0;
/// Sizes tried in turn; the first at which both sides hold their text is taken (print.md §3: body 12 pt, notes 10.5 pt).
const BODY_SIZES: [f64; 4] = [12.0, 11.5, 11.0, 10.5];

/// Blocks of a template that do not depend on the person, laid out once for each size.
pub(super) type Shared = BTreeMap<(String, Block), Vec<Laid>>;

/// What a letter is set with.
pub(super) struct Sheet<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) office: &'a Office,
    pub(super) shared: &'a Shared,
    pub(super) post_on: NaiveDate,
    pub(super) run: &'a str,
}

/// Lays out one block at every size.
pub(super) fn at_every_size(fonts: &Fonts, block: &Block) -> Vec<Laid> {
    BODY_SIZES.iter().map(|body| Setter { fonts, width: WIDTH, sizes: Sizes { body: *body }, special: None }.lay(block)).collect()
}

impl Sheet<'_> {
    /// The two pages of a piece.
    ///
    /// # Errors
    /// [`Code::TextOverflow`] when text or address does not fit, [`Code::GlyphMissing`], [`Code::Template`].
    pub(super) fn pages(&self, piece: &Piece, front: &Front, blocks: &[Block]) -> Result<Vec<Page>, Diagnostic> {
        let breaks = blocks.iter().filter(|b| **b == Block::PageBreak).count();
        if breaks != 1 {
            let message = format!("templates/{}.md: 表と裏の区切り <!-- page --> がちょうど一つ必要です", piece.template);
            return Err(Diagnostic::new(Code::Template, message));
        }
        let cut = blocks.iter().position(|b| *b == Block::PageBreak).unwrap_or(blocks.len());
        let exposed = self.office.envelope.exposed();
        let front_top = (exposed.y + exposed.h).max(58.0) + 4.0;
        let first = self.column(piece, &blocks[..cut], front_top, "表")?;
        let second = self.column(piece, &blocks[cut + 1..], BACK_TOP, "裏")?;
        let mut pages = Vec::new();
        for (number, mut items) in [first, second].into_iter().enumerate() {
            if number == 0 {
                let mut head = self.address(piece)?;
                head.extend(self.sender(piece, front, exposed));
                head.append(&mut items);
                items = head;
            }
            items.extend(self.marks(piece, front, number + 1));
            pages.push(Page { width: PAGE_W, height: PAGE_H, items });
        }
        Ok(pages)
    }

    fn address(&self, piece: &Piece) -> Result<Vec<Item>, Diagnostic> {
        let barcode = self.office.envelope.barcode_fits().ok().map(|()| self.office.envelope.barcode_pt);
        let area = self.office.envelope.safe();
        address::Block { fonts: self.fonts, area, sizes: (11.0, 14.0), barcode }.items(piece)
    }

    /// Document number, date and sender, to the right of everything the window can show.
    fn sender(&self, piece: &Piece, front: &Front, exposed: Area) -> Vec<Item> {
        let right = LEFT + WIDTH;
        let x = exposed.x + exposed.w + 3.0;
        let room = right - x;
        let city = &self.office.city;
        let mut lines = vec![
            (Face::Text, city.doc_no.clone(), 10.5, true),
            (Face::Text, calendar::wareki(self.post_on), 10.5, true),
            (Face::Text, format!("発行no {}", piece.issue.0), 10.5, true),
        ];
        if let Some(mark) = &piece.reissue {
            lines.push((Face::Bold, "再発行".to_owned(), 14.0, true));
            if !mark.void.is_empty() {
                lines.push((Face::Text, format!("（無効: 発行no {}）", mark.void.join("、")), 9.0, true));
            }
        }
        let sender = [
            (Face::Text, format!("{}長　{}", city.name, city.mayor), 12.0, true),
            (Face::Text, "（公印省略）".to_owned(), 10.5, true),
        ];
        let mut items = Vec::new();
        let mut y: f64 = 16.0;
        for (place, (face, text, size, _)) in lines.iter().chain(&sender).enumerate() {
            if place == lines.len() {
                y = y.max(33.0);
            }
            y += size * MM_PER_PT * 1.4;
            let natural = (self.fonts.width(*face, text) * size * MM_PER_PT).min(room);
            items.push(small(self.fonts, *face, text, (right - natural, y), *size, room));
        }
        y += 7.5;
        let token = format!("{}　{}", front.token, piece.programme_name);
        let natural = (self.fonts.width(Face::Bold, &token) * 12.0 * MM_PER_PT).min(room);
        items.push(small(self.fonts, Face::Bold, &token, (right - natural, y), 12.0, room));
        items
    }

    /// One side's text at the largest size that fits.
    fn column(&self, piece: &Piece, blocks: &[Block], top: f64, side: &str) -> Result<Vec<Item>, Diagnostic> {
        let face = self.fonts.name_face(&piece.name).map_or(Face::Text, |f| f.face);
        let special = (face == Face::Name).then_some(Special { text: &piece.name });
        for (place, body) in BODY_SIZES.iter().enumerate() {
            let setter = Setter { fonts: self.fonts, width: WIDTH, sizes: Sizes { body: *body }, special };
            let laid: Vec<(bool, Laid)> = blocks
                .iter()
                .map(|block| match self.shared.get(&(piece.template.as_str().to_owned(), block.clone())) {
                    Some(sizes) => (true, sizes[place].clone()),
                    None => (false, setter.lay(block)),
                })
                .collect();
            let height: f64 = laid.iter().map(|(_, l)| l.height).sum();
            if top + height > BOTTOM {
                continue;
            }
            let mut items = Vec::new();
            let mut y = top;
            for (shared, block) in laid {
                if shared {
                    items.push(Item::Shared { x: LEFT, y, group: block.items });
                } else {
                    items.extend(block.items.iter().map(|item| moved(item, LEFT, y)));
                }
                y += block.height;
            }
            return Ok(items);
        }
        Err(Diagnostic::new(Code::TextOverflow, format!("templates/{}.md の{side}面が一枚に収まりません", piece.template)))
    }

    /// Piece code in clear text and as a QR code, sheet n/m, run and form on every page, outside the window zone.
    fn marks(&self, piece: &Piece, front: &Front, page: usize) -> Vec<Item> {
        let y = 290.0;
        let text = format!("{}　通し番号 {:06}　{page}/2　様式 {}　処理 {}", piece.code, piece.number.0, front.form, self.run);
        let mut items = vec![small(self.fonts, Face::Fixed, &text, (LEFT, y), 8.0, WIDTH - 16.0)];
        if let Some((side, modules)) = crate::compose::codes::qr(&piece.code.0) {
            let size = 11.0;
            items.push(Item::Matrix {
                area: Area { x: LEFT + WIDTH - size, y: y - size + 1.0, w: size, h: size },
                side,
                modules: Arc::from(modules),
            });
        }
        items
    }
}

/// A copy of an item at another place.
pub(super) fn moved(item: &Item, dx: f64, dy: f64) -> Item {
    let shift = |area: &Area| Area { x: area.x + dx, y: area.y + dy, ..*area };
    match item {
        Item::Text(text) => Item::Text(crate::compose::frame::Text { x: text.x + dx, y: text.y + dy, ..text.clone() }),
        Item::Rule { x1, y1, x2, y2, width, dash } => {
            Item::Rule { x1: x1 + dx, y1: y1 + dy, x2: x2 + dx, y2: y2 + dy, width: *width, dash: *dash }
        }
        Item::Fill { area, grey } => Item::Fill { area: shift(area), grey: *grey },
        Item::Bars(bars) => Item::Bars(bars.iter().map(shift).collect()),
        Item::Matrix { area, side, modules } => Item::Matrix { area: shift(area), side: *side, modules: Arc::clone(modules) },
        Item::Shared { x, y, group } => Item::Shared { x: x + dx, y: y + dy, group: Arc::clone(group) },
    }
}
