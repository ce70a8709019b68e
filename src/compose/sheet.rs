//! ラベル用紙: stock as data, address labels and 予診票 stickers cell by cell, sheet by sheet.

use crate::compose::address::{self, small};
use crate::compose::font::Fonts;
use crate::compose::frame::{Area, Face, Item, Page};
use crate::compose::office::StockChoice;
use crate::compose::piece::Piece;
use crate::compose::{codes, window};
use crate::diag::{Code, Diagnostic, Failure};
use crate::domain::calendar;
use crate::home::Home;
use std::sync::Arc;

/// Free space kept inside every label edge: ±1 mm drift then leaves 1.5 mm (print.md 6.4).
pub(super) const INNER: f64 = 2.5;

/// One row of `layouts/label_sheets_jp.csv`.
#[derive(Clone, Debug)]
pub(super) struct Stock {
    page: (f64, f64),
    boxes: Vec<Area>,
    offset: (f64, f64),
    /// Drawn under every cell, from the cell's corner.
    under: Vec<Item>,
}

impl Stock {
    /// Loads the stock of a choice and checks that it closes (print.md 6.2).
    ///
    /// # Errors
    /// [`Failure::Usage`] when the product is unknown, marked bad or contradicts itself.
    pub(super) fn load(home: &Home, choice: &StockChoice) -> Result<Self, Failure> {
        let path = home.path("layouts").join("label_sheets_jp.csv");
        let wrong = |reason: &str| Failure::Usage(format!("ラベル用紙 {}: {reason}", choice.stock));
        let mut reader = csv::Reader::from_path(&path).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
        for record in reader.records() {
            let record = record.map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
            if record.get(1) != Some(choice.stock.as_str()) {
                continue;
            }
            if record.get(18) == Some("bad") {
                return Err(wrong("寸法に誤りのある用紙（bad）なので使えません"));
            }
            let number =
                |column: usize| record.get(column).and_then(|t| t.parse::<f64>().ok()).ok_or_else(|| wrong("寸法を読めません"));
            let count = |column: usize| {
                record.get(column).and_then(|t| t.parse::<u32>().ok()).filter(|n| *n > 0).ok_or_else(|| wrong("面数を読めません"))
            };
            let (page, cols, rows) = ((number(3)?, number(4)?), count(5)?, count(6)?);
            let (w, h, left, top, dx, dy) = (number(8)?, number(9)?, number(10)?, number(11)?, number(12)?, number(13)?);
            let right = left + f64::from(cols - 1) * dx + w;
            let bottom = top + f64::from(rows - 1) * dy + h;
            if right > page.0 + 0.05 || bottom > page.1 + 0.05 || dx + 0.001 < w || dy + 0.001 < h || w <= 0.0 || h <= 0.0 {
                return Err(wrong("寸法が用紙に収まらないか、面が重なります"));
            }
            let cell = |row: u32, col: u32| Area { x: left + f64::from(col) * dx, y: top + f64::from(row) * dy, w, h };
            let boxes = (0..rows).flat_map(|row| (0..cols).map(move |col| cell(row, col))).collect();
            return Ok(Self { page, boxes, offset: (choice.x_mm, choice.y_mm), under: Vec::new() });
        }
        Err(wrong("layouts/label_sheets_jp.csv にありません"))
    }

    /// Paper size and the boxes of one sheet, without the printer's offset.
    pub(super) fn plain(&self) -> ((f64, f64), &[Area]) {
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
    pub(super) fn filling(&self, start: usize) -> Filling<'_> {
        Filling { stock: self, next: start.saturating_sub(1) % self.boxes.len().max(1), open: None }
    }

    fn inner(&self) -> Area {
        let first = self.boxes[0];
        Area { x: INNER, y: INNER, w: first.w - 2.0 * INNER, h: first.h - 2.0 * INNER }
    }
}

/// Sheets that are being filled: only the last one is held.
pub(super) struct Filling<'a> {
    stock: &'a Stock,
    next: usize,
    open: Option<Page>,
}

impl Filling<'_> {
    /// Puts faces into the next cells; finished sheets go to `done`. Gives the cells, from 1 over all sheets.
    pub(super) fn add(&mut self, faces: &[Vec<Item>], done: &mut Vec<Page>) -> Vec<usize> {
        let Stock { page: (width, height), boxes, offset, under } = self.stock;
        let cell = |items: &Vec<Item>| {
            let place = self.next % boxes.len();
            if place == 0 {
                done.extend(self.open.take());
            }
            let page = self.open.get_or_insert_with(|| Page { width: *width, height: *height, items: Vec::new() });
            let (x, y) = (boxes[place].x + offset.0, boxes[place].y + offset.1);
            page.items.extend(under.iter().chain(items).map(|item| crate::compose::letter::moved(item, x, y)));
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
pub(super) fn label(fonts: &Fonts, stock: &Stock, points: f64, piece: &Piece) -> Result<Vec<Item>, Diagnostic> {
    const FOOT: f64 = 4.0;
    let inner = stock.inner();
    let fits = points > 0.0 && window::barcode_width(points) + 2.0 * window::QUIET <= inner.w + 2.0 * (INNER - 1.0);
    let area = Area { h: inner.h - FOOT, ..inner };
    let mut items =
        address::Block { fonts, area, sizes: (address::ADDRESS, address::NAME), barcode: fits.then_some(points) }.items(piece)?;
    let code = format!("{}　{}", piece.code, piece.programme_name);
    items.push(small(fonts, Face::Fixed, &code, (inner.x, inner.y + inner.h - 0.4), 7.0, inner.w));
    Ok(items)
}

/// 予診票シール・番号シール: the equal cells of a person (standard-spec §6).
pub(super) fn stickers(fonts: &Fonts, stock: &Stock, piece: &Piece) -> Result<Vec<Vec<Item>>, Diagnostic> {
    Ok(vec![sticker(fonts, stock.inner(), piece)?; usize::from(piece.stickers)])
}

fn sticker(fonts: &Fonts, inner: Area, piece: &Piece) -> Result<Vec<Item>, Diagnostic> {
    let mut items = Vec::new();
    let x = inner.x;
    address::small_name(fonts, &piece.kana, (x, inner.y + 2.6), 7.0, inner.w, &mut items)?;
    for line in address::fit(fonts, &piece.name, "氏名", true, 13.0, inner.w, 1)? {
        line.draw_at(fonts, x, inner.y + 8.0, &mut items);
    }
    let birth = format!("{}（{}）生　{}", calendar::wareki(piece.birth), calendar::western(piece.birth), piece.sex.word());
    items.push(small(fonts, Face::Text, &birth, (x, inner.y + 12.6), 8.5, inner.w));
    let Some(bars) = codes::nw7(&piece.person_number, x + 2.0, inner.y + 14.6, 38.0, 5.6) else {
        return Err(Diagnostic::new(Code::TextOverflow, "予防接種番号にバーコードにできない文字があります"));
    };
    items.push(Item::Bars(Arc::from(bars)));
    items.push(small(fonts, Face::Ocr, &piece.person_number, (x + 2.0, inner.y + 24.2), 9.0, inner.w - 2.0));
    items.push(small(fonts, Face::Text, "予防接種番号", (x + 42.0, inner.y + 24.0), 7.0, inner.w - 42.0));
    items.push(small(fonts, Face::Fixed, &piece.code.0, (x, inner.y + inner.h - 0.3), 6.0, inner.w));
    Ok(items)
}
