//! 通知書: one A4 sheet, both sides: address block in the window, sender, title, text, marks in the margin.

use crate::compose::address::{self, Step, small};
use crate::compose::block::Special;
use crate::compose::font::{Fonts, units};
use crate::compose::frame::{Area, Face, Item, MM_PER_PT, Page};
use crate::compose::office::Office;
use crate::compose::piece::Piece;
use crate::compose::plan::{Plan, Setting, Stacks};
use crate::compose::template::Front;
use crate::diag::{Code, Diagnostic};
use crate::domain::calendar;
use chrono::NaiveDate;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A4.
const PAGE_W: f64 = 210.0;
const PAGE_H: f64 = 297.0;
/// Column of the text.
const LEFT: f64 = 20.0;
pub(super) const WIDTH: f64 = 170.0;
/// Lower end of the text; below it stand the marks.
const BOTTOM: f64 = 277.0;
/// Top of the text on the back.
const BACK_TOP: f64 = 16.0;
/// Sizes tried in turn; the first at which both sides hold their text is taken (print.md §3: body 12 pt, notes 10.5 pt).
pub(super) const BODY_SIZES: [f64; 4] = [12.0, 11.5, 11.0, 10.5];

/// The sender's lines that do not depend on the person, by token and programme.
pub(super) type Senders = RwLock<HashMap<String, Arc<Vec<Item>>>>;

/// What a letter is set with.
pub(super) struct Sheet<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) office: &'a Office,
    pub(super) stacks: &'a Stacks,
    pub(super) senders: &'a Senders,
    pub(super) barcode: Option<f64>,
    pub(super) post_on: NaiveDate,
    pub(super) run: &'a str,
}

impl Sheet<'_> {
    /// The two pages of a piece.
    ///
    /// # Errors
    /// As [`Sheet::texts`].
    pub(super) fn pages(&self, piece: &Piece, front: &Front, plan: &Plan) -> Result<Vec<Page>, Diagnostic> {
        let (mut head, texts) = self.texts(piece, plan)?;
        self.sender(piece, front, &mut head);
        let marks = &self.office.marks;
        let (code, bars) = (marks.matrix(piece), marks.bars(piece));
        let page = |(side, (mut items, text)): (usize, (Vec<Item>, Vec<Item>))| {
            items.extend(text);
            items.push(self.mark(piece, front, side + 1));
            items.extend(code.clone());
            if side == 0 {
                items.extend(bars.clone());
            }
            Page { width: PAGE_W, height: PAGE_H, items }
        };
        Ok([head, Vec::new()].into_iter().zip(texts).enumerate().map(page).collect())
    }

    /// The address block and the text of both sides: whatever may not fit.
    ///
    /// # Errors
    /// [`Code::TextOverflow`] when text or address does not fit, [`Code::GlyphMissing`].
    pub(super) fn texts(&self, piece: &Piece, plan: &Plan) -> Result<(Vec<Item>, [Vec<Item>; 2]), Diagnostic> {
        let head = self.address(piece)?;
        for text in [&piece.name, &piece.kana] {
            self.printable(text)?;
        }
        let values: Vec<String> =
            plan.slots().iter().map(|slot| slot.as_ref().map_or_else(String::new, |slot| slot.value(piece))).collect();
        let face = self.fonts.name_face(&piece.name).map_or(Face::Text, |f| f.face);
        let special = (face == Face::Name).then_some(Special { text: &piece.name });
        let setting = Setting { fonts: self.fonts, stacks: self.stacks, values: &values, special };
        let exposed = self.office.envelope.exposed();
        let side = |number: usize, name: &str, top: f64| {
            plan.side(number, &setting, LEFT, top, BOTTOM).ok_or_else(|| {
                let message = format!("templates/{}.md の{name}面が一枚に収まりません", piece.template);
                Diagnostic::new(Code::TextOverflow, message)
            })
        };
        Ok((head, [side(0, "表", (exposed.y + exposed.h).max(58.0) + 4.0)?, side(1, "裏", BACK_TOP)?]))
    }

    /// Whether running text can show every unit of a value, in whichever face.
    fn printable(&self, text: &str) -> Result<(), Diagnostic> {
        match units(text).find(|unit| !self.fonts.prints(Face::Text, *unit) && !self.fonts.prints(Face::Name, *unit)) {
            None => Ok(()),
            Some(unit) => {
                let message = format!("どのフォントにもない文字 {} があります", unit.code_points());
                Err(Diagnostic::new(Code::GlyphMissing, message))
            }
        }
    }

    fn address(&self, piece: &Piece) -> Result<Vec<Item>, Diagnostic> {
        let area = self.office.envelope.safe();
        address::Block { fonts: self.fonts, area, sizes: (address::ADDRESS, address::NAME), barcode: self.barcode }.items(piece)
    }

    /// The step of the fit ladder the address took.
    pub(super) fn step(&self, piece: &Piece) -> Result<Option<Step>, Diagnostic> {
        self.address(piece).map(|items| Step::of(&items))
    }

    /// Document number, date and sender, to the right of everything the window can show.
    fn sender(&self, piece: &Piece, front: &Front, items: &mut Vec<Item>) {
        let exposed = self.office.envelope.exposed();
        let column = Flush { fonts: self.fonts, right: LEFT + WIDTH, left: exposed.x + exposed.w + 3.0 };
        let city = &self.office.city;
        let key = format!("{}\u{1f}{}\u{1f}{}", front.token, piece.programme_name, sender_top(piece));
        let known = self.senders.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let group = known.unwrap_or_else(|| {
            let mut fixed = Vec::new();
            let mut y = column.set(Face::Text, &city.doc_no, 10.5, SENDER_TOP, &mut fixed);
            y = column.set(Face::Text, &calendar::wareki(self.post_on), 10.5, y, &mut fixed);
            debug_assert!(y < sender_top(piece), "the number stands between date and sender");
            y = column.set(Face::Text, &format!("{}長　{}", city.name, city.mayor), 12.0, sender_top(piece), &mut fixed);
            y = column.set(Face::Text, "（公印省略）", 10.5, y, &mut fixed);
            column.put(Face::Bold, &format!("{}　{}", front.token, piece.programme_name), 12.0, y + 7.5, &mut fixed);
            Arc::clone(self.senders.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(|| Arc::new(fixed)))
        });
        items.push(Item::Shared { x: 0.0, y: 0.0, group });
        let mut y = column.set(Face::Text, &format!("発行no {}", piece.issue.0), 10.5, SENDER_TOP + 2.0 * line(10.5), items);
        if let Some(mark) = &piece.reissue {
            y = column.set(Face::Bold, "再発行", 14.0, y, items);
            if !mark.void.is_empty() {
                column.set(Face::Text, &format!("（無効: 発行no {}）", mark.void.join("、")), 9.0, y, items);
            }
        }
    }

    /// Piece code in clear text, sheet n/m, run and form.
    fn mark(&self, piece: &Piece, front: &Front, page: usize) -> Item {
        let place = piece.place;
        let sheets = match self.office.marks.tells_sheet(piece) {
            true => format!("（{}/{}枚）", place.sheet, place.sheets),
            false => String::new(),
        };
        let text =
            format!("{}　通し番号 {:06}　{page}/2{sheets}　様式 {}　処理 {}", piece.code, piece.number.0, front.form, self.run);
        small(self.fonts, Face::Fixed, &text, (LEFT, FOOT), 8.0, WIDTH - 16.0)
    }
}

/// Top of the sender's column.
const SENDER_TOP: f64 = 16.0;
/// Baseline of the marks at the foot.
const FOOT: f64 = 290.0;

/// Height of a line of the sender's column.
fn line(size: f64) -> f64 {
    size * MM_PER_PT * 1.4
}

/// Where the sender's name begins: below the numbers, which are more on a 再発行.
fn sender_top(piece: &Piece) -> f64 {
    let again = piece.reissue.as_ref().map_or(0.0, |mark| line(14.0) + if mark.void.is_empty() { 0.0 } else { line(9.0) });
    (SENDER_TOP + 3.0 * line(10.5) + again).max(33.0)
}

/// A column of lines that end at its right edge.
struct Flush<'a> {
    fonts: &'a Fonts,
    right: f64,
    left: f64,
}

impl Flush<'_> {
    /// Sets a line below `y`; gives its baseline, where the next one starts.
    fn set(&self, face: Face, text: &str, size: f64, y: f64, items: &mut Vec<Item>) -> f64 {
        let baseline = y + line(size);
        self.put(face, text, size, baseline, items);
        baseline
    }

    fn put(&self, face: Face, text: &str, size: f64, baseline: f64, items: &mut Vec<Item>) {
        let room = self.right - self.left;
        let natural = (self.fonts.width(face, text) * size * MM_PER_PT).min(room);
        items.push(small(self.fonts, face, text, (self.right - natural, baseline), size, room));
    }
}

/// A copy of an item at another place.
pub(super) fn moved(item: &Item, dx: f64, dy: f64) -> Item {
    let shift = |area: &Area| Area { x: area.x + dx, y: area.y + dy, ..*area };
    match item {
        Item::Text(text) => Item::Text(crate::compose::frame::Text { x: text.x + dx, y: text.y + dy, ..text.clone() }),
        Item::Faint { text, grey } => {
            let text = crate::compose::frame::Text { x: text.x + dx, y: text.y + dy, ..text.clone() };
            Item::Faint { text, grey: *grey }
        }
        Item::Rule { x1, y1, x2, y2, width, dash } => {
            Item::Rule { x1: x1 + dx, y1: y1 + dy, x2: x2 + dx, y2: y2 + dy, width: *width, dash: *dash }
        }
        Item::Fill { area, grey } => Item::Fill { area: shift(area), grey: *grey },
        Item::Bars(bars) => Item::Bars(bars.iter().map(shift).collect()),
        Item::Matrix { area, side, modules } => Item::Matrix { area: shift(area), side: *side, modules: Arc::clone(modules) },
        Item::Shared { x, y, group } => Item::Shared { x: x + dx, y: y + dy, group: Arc::clone(group) },
    }
}
