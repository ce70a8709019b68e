//! 通知書: one sheet, its printed sides: address block in the window or on the panel, sender, title, text, marks in the margin.

use crate::notice::address::{self, Step};
use crate::notice::card;
use crate::notice::office::Office;
use crate::notice::overlay;
use crate::notice::paper::{self, Mark, Paper};
use crate::notice::piece::Piece;
use crate::notice::plan::{Plan, Setting, Stacks};
use crate::notice::template::Kind;
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::diag::{Code, Diagnostic};
use kansho_paper::block::Special;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Area, Face, Item, Page};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::small;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Column of the text of an A4 letter.
const LEFT: Mm = Mm(20.0);
const WIDTH: Mm = Mm(170.0);
/// 折りの印: length of a tick, in the margin (print.md §7.4).
const FOLD_MARK: Mm = Mm(3.0);
/// From the window to the text.
const BELOW_WINDOW: Mm = Mm(4.0);

/// The sender's lines that do not depend on the person, by token and programme.
pub(super) type Senders = RwLock<HashMap<String, Arc<Vec<Item>>>>;

/// What of a letter may not fit.
pub(super) struct Texts {
    /// The address block.
    pub(super) address: Vec<Item>,
    /// The step of the fit ladder that it took.
    pub(super) step: Step,
    /// The text of each area.
    areas: Vec<Vec<Item>>,
}

/// What a letter is set with.
pub(super) struct Sheet<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) office: &'a Office,
    pub(super) stacks: &'a Stacks,
    pub(super) senders: &'a Senders,
    pub(super) barcode: Option<Pt>,
    pub(super) post_on: NaiveDate,
    pub(super) run: &'a str,
}

impl Sheet<'_> {
    /// The pages of a piece, one a side of its paper.
    ///
    /// # Errors
    /// As [`Sheet::texts`].
    pub(super) fn pages(&self, piece: &Piece, kind: &Kind, plan: &Plan) -> Result<Vec<Page>, Diagnostic> {
        let Texts { address, areas: texts, .. } = self.texts(piece, kind, plan)?;
        let paper = &*kind.paper;
        let blank = Page { width: paper.width, height: paper.height, bleed: paper.bleed, items: Vec::new() };
        let mut pages = vec![blank; paper.marks.len()];
        match &paper.front {
            None => {
                pages[0].items.extend(address);
                self.sender(piece, &mut pages[0].items);
            }
            Some(front) => {
                pages[front.page].items.extend(address);
                card::words(self.fonts, paper, &mut pages);
                card::sender(self, piece, front, &mut pages[front.page].items);
            }
        }
        for (text, area) in texts.into_iter().zip(&paper.texts) {
            pages[area.page].items.extend(text);
        }
        let marks = &self.office.marks;
        let place = |mark: &Mark| if paper.front.is_some() { mark.code } else { Some(marks.place()) };
        for (side, (page, mark)) in pages.iter_mut().zip(&paper.marks).enumerate() {
            page.items.push(self.mark(piece, kind, side));
            page.items.extend(place(mark).and_then(|place| marks.matrix(piece, place)));
        }
        if paper.front.is_none() {
            pages[0].items.extend(marks.bars(piece));
        }
        if kind.front.fold_marks {
            pages[0].items.extend(overlay::fold_ticks(&self.office.envelope, paper::EDGE, FOLD_MARK));
        }
        Ok(pages)
    }

    /// Address and text.
    ///
    /// # Errors
    /// [`Code::TextOverflow`] when text or address does not fit, [`Code::GlyphMissing`].
    pub(super) fn texts(&self, piece: &Piece, kind: &Kind, plan: &Plan) -> Result<Texts, Diagnostic> {
        let (address, step) = self.address(piece, &kind.paper)?;
        for text in [&piece.name, &piece.kana] {
            self.printable(text)?;
        }
        let values: Vec<String> =
            plan.slots().iter().map(|slot| slot.as_ref().map_or_else(String::new, |slot| slot.value(piece))).collect();
        let face = self.fonts.name_face(&piece.name).map_or(Face::Text, |f| f.face);
        let special = (face == Face::Name).then_some(Special { text: &piece.name });
        let setting = Setting { fonts: self.fonts, stacks: self.stacks, values: &values, special };
        let exposed = self.office.envelope.exposed();
        let windowed = |page: usize| page == 0 && kind.paper.front.is_none();
        let texts = kind.paper.texts.iter().enumerate().map(|(number, text)| {
            let area = &text.area;
            let top = if windowed(text.page) { area.y.max(exposed.y + exposed.h + BELOW_WINDOW) } else { area.y };
            plan.side(number, &setting, area.x, top, area.y + area.h).ok_or_else(|| {
                let panel = kind.paper.panel_name(number);
                let message = format!("templates/{}.md の{panel}が一枚に収まりません", piece.template);
                Diagnostic::new(Code::TextOverflow, message).hint("ひな形の文を短くするか、A4のひな形を使ってください")
            })
        });
        Ok(Texts { address, step, areas: texts.collect::<Result<_, _>>()? })
    }

    /// Whether running text can show every unit of a value, in whichever face.
    fn printable(&self, text: &str) -> Result<(), Diagnostic> {
        match self.fonts.unprinted(text, &[Face::Text, Face::Name]) {
            None => Ok(()),
            Some(unit) => {
                let message = format!("どのフォントにもない文字 {} があります", unit.code_points());
                Err(Diagnostic::new(Code::GlyphMissing, message))
            }
        }
    }

    fn address(&self, piece: &Piece, paper: &Paper) -> Result<(Vec<Item>, Step), Diagnostic> {
        let (area, barcode) = match &paper.front {
            None => (self.office.envelope.safe(), self.barcode),
            Some(front) => (front.address, Some(front.barcode_pt)),
        };
        address::Block { fonts: self.fonts, area, sizes: (address::ADDRESS, address::NAME), barcode }.items(piece)
    }

    /// Document number, date and sender, to the right of everything the window can show.
    fn sender(&self, piece: &Piece, items: &mut Vec<Item>) {
        let exposed = self.office.envelope.exposed();
        let column = Flush { fonts: self.fonts, right: LEFT + WIDTH, left: exposed.x + exposed.w + Mm(3.0) };
        let city = &self.office.city;
        let key = format!("{}\u{1f}{}\u{1f}{}", piece.token, piece.programme_name, sender_top(piece));
        let known = self.senders.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let group = known.unwrap_or_else(|| {
            let mut fixed = Vec::new();
            let mut y = column.set(Face::Text, &city.doc_no, Pt(10.5), SENDER_TOP, &mut fixed);
            y = column.set(Face::Text, &calendar::wareki(self.post_on), Pt(10.5), y, &mut fixed);
            debug_assert!(y < sender_top(piece), "the number stands between date and sender");
            y = column.set(Face::Text, &format!("{}長　{}", city.name, city.mayor), Pt(12.0), sender_top(piece), &mut fixed);
            y = column.set(Face::Text, "（公印省略）", Pt(10.5), y, &mut fixed);
            let below = if piece.reissue.is_some() { Mm(6.0) } else { Mm(7.5) };
            column.put(Face::Bold, &format!("{}　{}", piece.token, piece.programme_name), Pt(12.0), y + below, &mut fixed);
            Arc::clone(self.senders.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(|| Arc::new(fixed)))
        });
        items.push(Item::Shared { x: Mm::ZERO, y: Mm::ZERO, group });
        let mut y =
            column.set(Face::Text, &format!("発行no {}", piece.issue.0), Pt(10.5), SENDER_TOP + 2.0 * line(Pt(10.5)), items);
        if let Some(mark) = &piece.reissue {
            y = column.set(Face::Bold, "再発行", Pt(14.0), y, items);
            if !mark.void.is_empty() {
                column.set(Face::Text, &format!("（無効: 発行no {}）", mark.void.join("、")), Pt(9.0), y, items);
            }
        }
    }

    /// Piece code in clear text, sheet n/m, run and form; a postcard has room for the code, which begins with the run, and the form.
    fn mark(&self, piece: &Piece, kind: &Kind, side: usize) -> Item {
        let Mark { at, width, size, .. } = kind.paper.marks[side];
        let (page, form) = (side + 1, &kind.front.form);
        let sides = kind.paper.marks.len();
        let text = if kind.paper.front.is_some() {
            format!("{}　通し番号 {:06}　{page}/{sides}　様式 {form}", piece.code, piece.number.0)
        } else {
            let place = piece.place;
            let sheets = match self.office.marks.tells_sheet(piece) {
                true => format!("（{}/{}枚）", place.sheet, place.sheets),
                false => String::new(),
            };
            // Whoever holds a telephone over it reads a number and should know why.
            let note = if self.office.marks.has_code() { "（右のコードは市の管理用です）" } else { "" };
            let (code, number, run) = (&piece.code, piece.number.0, self.run);
            format!("{code}　通し番号 {number:06}　{page}/{sides}{sheets}　様式 {form}　処理 {run}{note}")
        };
        small(self.fonts, Face::Fixed, &text, at, size, width)
    }
}

/// Top of the sender's column.
const SENDER_TOP: Mm = Mm(16.0);

/// Height of a line of the sender's column.
fn line(size: Pt) -> Mm {
    size.mm() * 1.4
}

/// Where the sender's name begins: below the numbers, which are more on a 再発行.
fn sender_top(piece: &Piece) -> Mm {
    let again = piece
        .reissue
        .as_ref()
        .map_or(Mm::ZERO, |mark| line(Pt(14.0)) + if mark.void.is_empty() { Mm::ZERO } else { line(Pt(9.0)) });
    (SENDER_TOP + 3.0 * line(Pt(10.5)) + again).max(Mm(33.0))
}

/// A column of lines that end at its right edge.
struct Flush<'a> {
    fonts: &'a Fonts,
    right: Mm,
    left: Mm,
}

impl Flush<'_> {
    /// Sets a line below `y`; gives its baseline, where the next one starts.
    fn set(&self, face: Face, text: &str, size: Pt, y: Mm, items: &mut Vec<Item>) -> Mm {
        let baseline = y + line(size);
        self.put(face, text, size, baseline, items);
        baseline
    }

    fn put(&self, face: Face, text: &str, size: Pt, baseline: Mm, items: &mut Vec<Item>) {
        let room = self.right - self.left;
        let natural = self.fonts.measure(face, text, size).min(room);
        items.push(small(self.fonts, face, text, (self.right - natural, baseline), size, room));
    }
}

/// A copy of an item at another place.
pub(super) fn moved(item: &Item, dx: Mm, dy: Mm) -> Item {
    let shift = |area: &Area| Area { x: area.x + dx, y: area.y + dy, ..*area };
    match item {
        Item::Text(text) => Item::Text(kansho_paper::frame::Text { x: text.x + dx, y: text.y + dy, ..text.clone() }),
        Item::Faint { text, grey } => {
            let text = kansho_paper::frame::Text { x: text.x + dx, y: text.y + dy, ..text.clone() };
            Item::Faint { text, grey: *grey }
        }
        Item::Rule { x1, y1, x2, y2, width, dash } => {
            Item::Rule { x1: *x1 + dx, y1: *y1 + dy, x2: *x2 + dx, y2: *y2 + dy, width: *width, dash: *dash }
        }
        Item::Fill { area, grey } => Item::Fill { area: shift(area), grey: *grey },
        Item::Bars(bars) => Item::Bars(bars.iter().map(shift).collect()),
        Item::Matrix { area, side, modules } => Item::Matrix { area: shift(area), side: *side, modules: Arc::clone(modules) },
        Item::Shared { x, y, group } => Item::Shared { x: *x + dx, y: *y + dy, group: Arc::clone(group) },
    }
}
