//! ラベル用紙: stock as data, address labels and 予診票 stickers cell by cell, sheet by sheet.

use crate::notice::address::{self, Line, Step};
use crate::notice::office::{PersonNumber, StockChoice};
use crate::notice::piece::{DoseLine, Piece, Stickers};
use crate::notice::window;
use kansho_core::calendar;
use kansho_core::diag::{Code, Diagnostic, Failure};
use kansho_core::folder::Folder;
use kansho_paper::codes;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Area, Face, Item, Page};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::small;
use std::sync::Arc;

/// Free space kept inside every label edge: ±1 mm drift then leaves 1.5 mm (print.md 6.4).
pub(super) const INNER: Mm = Mm(2.5);

/// No paper of an office is longer.
const LARGEST: Mm = Mm(500.0);
/// Smallest cell of a sticker: the frame of 33–35 × 63 mm on a 予診票.
pub(super) const STICKER: (Mm, Mm) = (Mm(63.0), Mm(33.0));
/// Smallest cell of an address label; on the smallest ones a few long addresses do not fit, and those people are held.
pub(super) const LABEL: (Mm, Mm) = (Mm(40.0), Mm(25.0));
/// Edge that common printers leave blank.
const UNPRINTABLE: Mm = Mm(5.0);
/// Margins that differ by more are asymmetric.
const UNEQUAL: Mm = Mm(3.0);

/// One row of `layouts/label_sheets_jp.csv`.
#[derive(Clone, Debug)]
pub(super) struct Stock {
    page: (Mm, Mm),
    /// Cells of a row.
    columns: usize,
    boxes: Vec<Area>,
    offset: (Mm, Mm),
    /// Drawn under every cell, from the cell's corner.
    under: Vec<Item>,
}

impl Stock {
    /// Loads the stock of a choice and checks that it closes (print.md 6.2).
    ///
    /// # Errors
    /// [`Failure::Usage`] when the product is unknown, marked bad or contradicts itself.
    pub(super) fn load(folder: &Folder, choice: &StockChoice) -> Result<Self, Failure> {
        const NAME: &str = "layouts/label_sheets_jp.csv";
        let wrong = |reason: &str| Failure::Usage(format!("ラベル用紙 {}: {reason}", choice.stock));
        let text = folder.text("ラベル用紙の表を読めません", NAME)?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for record in reader.records() {
            let record = record.map_err(|_| Failure::settings(NAME, "表の行として読めません（列の数か、引用符）"))?;
            if record.get(1) != Some(choice.stock.as_str()) {
                continue;
            }
            if record.get(18) == Some("bad") {
                return Err(wrong("寸法に誤りのある用紙（bad）なので使えません"));
            }
            let number =
                |column: usize| record.get(column).and_then(|t| t.parse().ok()).map(Mm).ok_or_else(|| wrong("寸法を読めません"));
            let count = |column: usize| {
                record.get(column).and_then(|t| t.parse::<u32>().ok()).filter(|n| *n > 0).ok_or_else(|| wrong("面数を読めません"))
            };
            let (page, cols, rows) = ((number(3)?, number(4)?), count(5)?, count(6)?);
            if count(7)? != cols * rows {
                return Err(wrong("面数が列と行の数に合いません"));
            }
            let (w, h, left, top, dx, dy) = (number(8)?, number(9)?, number(10)?, number(11)?, number(12)?, number(13)?);
            let right = left + f64::from(cols - 1) * dx + w;
            let bottom = top + f64::from(rows - 1) * dy + h;
            let fine = [page.0, page.1, w, h, left, top, dx, dy].iter().all(|mm| (Mm::ZERO..=LARGEST).contains(mm));
            if !fine
                || right > page.0 + Mm(0.05)
                || bottom > page.1 + Mm(0.05)
                || dx + Mm(0.001) < w
                || dy + Mm(0.001) < h
                || w <= Mm::ZERO
                || h <= Mm::ZERO
            {
                return Err(wrong("寸法が用紙に収まらないか、面が重なります"));
            }
            let cell = |row: u32, col: u32| Area { x: left + f64::from(col) * dx, y: top + f64::from(row) * dy, w, h };
            let boxes = (0..rows).flat_map(|row| (0..cols).map(move |col| cell(row, col))).collect();
            let columns = usize::try_from(cols).unwrap_or(1);
            let stock = Self { page, columns, boxes, offset: (choice.x_mm, choice.y_mm), under: Vec::new() };
            let leaves = |b: &Area| {
                b.x + INNER < Mm::ZERO || b.y + INNER < Mm::ZERO || b.x + b.w - INNER > page.0 || b.y + b.h - INNER > page.1
            };
            if stock.boxes().iter().any(leaves) {
                let (x, y) = stock.offset;
                return Err(wrong(&format!("補正（x_mm = {x}、y_mm = {y}）で、面が用紙から出ます")));
            }
            return Ok(stock);
        }
        Err(wrong("layouts/label_sheets_jp.csv にありません"))
    }

    /// The same stock, when a cell is at least as large as what it shall hold.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it is smaller.
    pub(super) fn at_least(self, (w, h): (Mm, Mm), choice: &StockChoice, what: &str) -> Result<Self, Failure> {
        match self.boxes.first() {
            Some(cell) if cell.w < w || cell.h < h => {
                let StockChoice { stock, .. } = choice;
                let (wide, high) = (cell.w, cell.h);
                let message =
                    format!("ラベル用紙 {stock}: 一面が {wide}×{high} mm です。{what}には {w}×{h} mm 以上の用紙を選んでください");
                Err(Failure::Usage(message))
            }
            Some(_) | None => Ok(self),
        }
    }

    /// What a clerk should know of the stock before using it (print.md 6.2, 3 and 4).
    pub(super) fn remarks(&self) -> Vec<String> {
        let (Some(first), Some(last)) = (self.boxes.first(), self.boxes.last()) else { return Vec::new() };
        let (right, bottom) = (self.page.0 - last.x - last.w, self.page.1 - last.y - last.h);
        let mut remarks = Vec::new();
        for (sides, before, after) in [("左右", first.x, right), ("上下", first.y, bottom)] {
            if before < UNPRINTABLE && after < UNPRINTABLE {
                remarks.push(format!("{sides}の余白が {UNPRINTABLE} mm より狭く、プリンターによっては端が印字されません"));
            } else if (before - after).abs() > UNEQUAL {
                remarks.push(format!(
                    "{sides}の余白が違います（{before:.1} mm と {after:.1} mm）。用紙の向きに注意し、一枚測ってください"
                ));
            }
        }
        remarks
    }

    /// Paper size and the boxes of one sheet, without the printer's offset.
    pub(super) fn plain(&self) -> ((Mm, Mm), &[Area]) {
        (self.page, &self.boxes)
    }

    /// The same stock with something drawn under every cell.
    pub(super) fn with_under(self, under: impl FnOnce(&Area) -> Vec<Item>) -> Self {
        let under = self.boxes.first().map(under).unwrap_or_default();
        Self { under, ..self }
    }

    /// The boxes of one sheet, in cell order, with the printer's offset.
    pub(super) fn boxes(&self) -> Vec<Area> {
        self.boxes.iter().map(|b| Area { x: b.x + self.offset.0, y: b.y + self.offset.1, ..*b }).collect()
    }

    /// Sheets to fill from cell `start` (from 1) of the first one.
    ///
    /// `together`: the cells of one piece begin a row, and are not parted by the end of a sheet that has room for them (a sheet is cut
    /// between people, and a strip goes into one envelope).
    pub(super) fn filling(&self, start: usize, together: bool) -> Filling<'_> {
        Filling { stock: self, next: start.saturating_sub(1), together, open: None }
    }

    /// Cells of the first sheet from the row that begins at or behind cell `start` (from 1).
    pub(super) fn room(&self, start: usize) -> usize {
        self.boxes.len().saturating_sub(start.saturating_sub(1).next_multiple_of(self.columns))
    }

    fn inner(&self) -> Area {
        Area { x: Mm::ZERO, y: Mm::ZERO, ..self.boxes[0] }.inset(INNER)
    }
}

/// Sheets that are being filled: only the last one is held.
pub(super) struct Filling<'a> {
    stock: &'a Stock,
    next: usize,
    together: bool,
    open: Option<Page>,
}

impl Filling<'_> {
    /// Puts faces into the next cells; finished sheets go to `done`. Gives the cells, from 1 over all sheets.
    pub(super) fn add(&mut self, faces: &[Vec<Item>], done: &mut Vec<Page>) -> Vec<usize> {
        let Stock { page: (width, height), boxes, offset, under, columns } = self.stock;
        if self.together && faces.len() > 1 {
            self.next = self.next.next_multiple_of(*columns);
            if faces.len() > boxes.len() - self.next % boxes.len() && faces.len() <= boxes.len() {
                self.next = self.next.next_multiple_of(boxes.len());
            }
        }
        let cell = |items: &Vec<Item>| {
            let place = self.next % boxes.len();
            if place == 0 {
                done.extend(self.open.take());
            }
            let page =
                self.open.get_or_insert_with(|| Page { width: *width, height: *height, bleed: Mm::ZERO, items: Vec::new() });
            let (x, y) = (boxes[place].x + offset.0, boxes[place].y + offset.1);
            page.items.extend(under.iter().chain(items).map(|item| crate::notice::letter::moved(item, x, y)));
            self.next += 1;
            self.next
        };
        faces.iter().map(cell).collect()
    }

    /// The sheet that is not full.
    pub(super) fn last(self) -> Option<Page> {
        self.open
    }
}

/// 宛名ラベル: the one cell of a piece; the customer barcode where it complies.
pub(super) fn label(fonts: &Fonts, stock: &Stock, points: Pt, piece: &Piece) -> Result<(Vec<Item>, Step), Diagnostic> {
    const FOOT: Mm = Mm(4.0);
    let inner = stock.inner();
    let fits = points > Pt::ZERO && window::barcode_width(points) + 2.0 * window::QUIET <= inner.w + 2.0 * (INNER - Mm(1.0));
    let area = Area { h: inner.h - FOOT, ..inner };
    let block = address::Block { fonts, area, sizes: (address::ADDRESS, address::NAME), barcode: fits.then_some(points) };
    let (mut items, step) = block.items(piece)?;
    // The token alone: the name of the programme tells strangers about the addressee (妊娠, 年齢).
    let (foot, wide) = (inner.y + inner.h - Mm(0.4), fonts.measure(Face::Bold, &piece.token, TOKEN));
    items.push(small(fonts, Face::Fixed, &piece.code.0, (inner.x, foot), Pt(7.0), inner.w - wide - Mm(1.0)));
    items.push(small(fonts, Face::Bold, &piece.token, (inner.x + inner.w - wide, foot), TOKEN, wide + Mm(0.1)));
    Ok((items, step))
}

/// What stands in the cells of a piece, and the tightest step of the fit ladder among them.
pub(super) type Faces = (Vec<Vec<Item>>, Step);

/// 番号シール・予診票シール: the cells of a person (standard-spec §6).
pub(super) fn stickers(fonts: &Fonts, stock: &Stock, numbers: &PersonNumber, piece: &Piece) -> Result<Faces, Diagnostic> {
    if !numbers.accepts(&piece.person_number) {
        return Err(Diagnostic::new(Code::CheckDigit, "予防接種番号の検査数字（M11W2~7）が合いません"));
    }
    let inner = stock.inner();
    match piece.stickers {
        Stickers::Equal(count) => {
            let (items, step) = sticker(fonts, inner, piece, None)?;
            Ok((vec![items; usize::from(count)], step))
        }
        Stickers::Doses => {
            let (mut cells, mut step) = (Vec::new(), Step { size: Pt(1.0), scale: 1.0, base: Pt(1.0), lines: 1 });
            for dose in &piece.doses {
                let (items, taken) = sticker(fonts, inner, piece, Some(dose))?;
                cells.push(items);
                step = step.tighter(taken);
            }
            Ok((cells, step))
        }
    }
}

/// Baselines and sizes of a sticker's lines, below the inner edge; the bars from their top.
struct Rows {
    kana: (Mm, Pt),
    name: (Mm, Pt),
    birth: (Mm, Pt),
    bars: (Mm, Mm),
    number: Mm,
}

/// The sticker of a person.
const PERSON: Rows = Rows {
    kana: (Mm(2.6), Pt(7.0)),
    name: (Mm(8.0), Pt(13.0)),
    birth: (Mm(12.6), Pt(8.5)),
    bars: (Mm(14.6), Mm(5.6)),
    number: Mm(24.2),
};
/// The sticker of one dose: a line for the dose at [`DOSE`].
const OF_DOSE: Rows = Rows {
    kana: (Mm(2.2), Pt(6.5)),
    name: (Mm(6.9), Pt(11.5)),
    birth: (Mm(10.6), Pt(8.0)),
    bars: (Mm(16.4), Mm(5.0)),
    number: Mm(25.6),
};
const DOSE: (Mm, Pt) = (Mm(15.0), Pt(9.5));
/// Size of the token on a label: read at arm's length.
const TOKEN: Pt = Pt(12.0);
/// Smallest type of a sticker, of its フリガナ and of its 種類・回.
const LEAST: Pt = Pt(8.0);
const LEAST_KANA: Pt = Pt(5.0);
const LEAST_DOSE: Pt = Pt(7.0);
/// Width of the bars and their distance from the inner edge.
const BARS: (Mm, Mm) = (Mm(38.0), Mm(2.0));

fn sticker(fonts: &Fonts, inner: Area, piece: &Piece, dose: Option<&DoseLine>) -> Result<(Vec<Item>, Step), Diagnostic> {
    let mut items = Vec::new();
    let Area { x, y, w, h } = inner;
    let rows = if dose.is_some() { OF_DOSE } else { PERSON };
    let line = |text, what, size, least| Line { text, what, name: false, face: Face::Text, sizes: (size, least), lines: 1 };
    let mut put = |line: &Line<'_>, (left, down): (Mm, Mm), room: Mm| {
        let (fitted, step) = address::fit(fonts, line, room)?;
        fitted.iter().for_each(|one| one.draw_at(fonts, left, down, &mut items));
        Ok::<_, Diagnostic>(step)
    };
    let kana = Line { name: true, ..line(&piece.kana, "フリガナ", rows.kana.1, LEAST_KANA) };
    let name = Line { name: true, ..line(&piece.name, "氏名", rows.name.1, LEAST) };
    let mut step = put(&kana, (x, y + rows.kana.0), w)?.tighter(put(&name, (x, y + rows.name.0), w)?);
    let birth = format!("{}（{}）生　{}", calendar::wareki(piece.birth), calendar::western(piece.birth), piece.sex.word());
    step = step.tighter(put(&line(&birth, "生年月日", rows.birth.1, LEAST), (x, y + rows.birth.0), w)?);
    if let Some(dose) = dose {
        let (what, until) = (format!("{}　{}", dose.vaccine, dose.dose), format!("期限 {}", calendar::wareki(dose.until)));
        let bold = Line { face: Face::Bold, ..line(&what, "種類・回", DOSE.1, LEAST_DOSE) };
        step = step.tighter(put(&bold, (x, y + DOSE.0), w * 0.55)?);
        step = step.tighter(put(&line(&until, "期限", LEAST, LEAST), (x + w * 0.57, y + DOSE.0), w * 0.43)?);
    }
    let (left, (top, high)) = (x + BARS.1, rows.bars);
    let Some(bars) = codes::nw7(&piece.person_number, left, y + top, BARS.0, high) else {
        return Err(Diagnostic::new(Code::TextOverflow, "予防接種番号にバーコードにできない文字があります"));
    };
    items.push(Item::Bars(Arc::from(bars)));
    items.push(small(fonts, Face::Ocr, &piece.person_number, (left, y + rows.number), Pt(9.0), w - BARS.1));
    items.push(small(fonts, Face::Text, "予防接種番号", (x + Mm(42.0), y + rows.number - Mm(0.2)), Pt(7.0), w - Mm(42.0)));
    items.push(small(fonts, Face::Fixed, &piece.code.0, (x, y + h - Mm(0.3)), Pt(6.0), w));
    Ok((items, step))
}
