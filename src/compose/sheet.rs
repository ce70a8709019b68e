//! ラベル用紙: stock as data, address labels and 予診票 stickers cell by cell.

use crate::compose::address::{self, small};
use crate::compose::font::Fonts;
use crate::compose::frame::{Area, Face, Item, Page};
use crate::compose::office::StockChoice;
use crate::compose::piece::Piece;
use crate::compose::{Sheets, codes, window};
use crate::diag::{Code, Diagnostic, Failure};
use crate::domain::calendar;
use crate::domain::notice::PieceNumber;
use crate::home::Home;
use rayon::prelude::*;
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

    /// Fills sheets from cell `start` (from 1); `draw` gives the items of one cell with the cell's inner area.
    fn fill(&self, jobs: &[(PieceNumber, Vec<Vec<Item>>)], start: usize) -> Sheets {
        let mut pages: Vec<Page> = Vec::new();
        let mut cells = Vec::new();
        let mut next = start.saturating_sub(1) % self.boxes.len().max(1);
        for (number, faces) in jobs {
            let mut places = Vec::new();
            for items in faces {
                let (page, place) = (next / self.boxes.len(), next % self.boxes.len());
                while pages.len() <= page {
                    pages.push(Page { width: self.page.0, height: self.page.1, bleed: 0.0, items: Vec::new() });
                }
                let area = self.boxes[place];
                let (dx, dy) = (area.x + self.offset.0, area.y + self.offset.1);
                let all = self.under.iter().chain(items);
                pages[page].items.extend(all.map(|item| crate::compose::letter::moved(item, dx, dy)));
                places.push(next + 1);
                next += 1;
            }
            cells.push((*number, places));
        }
        let boxes = self.boxes.iter().map(|b| Area { x: b.x + self.offset.0, y: b.y + self.offset.1, ..*b }).collect();
        Sheets { pages, boxes, cells }
    }

    fn inner(&self) -> Area {
        let first = self.boxes[0];
        Area { x: INNER, y: INNER, w: first.w - 2.0 * INNER, h: first.h - 2.0 * INNER }
    }
}

/// 宛名ラベル: one cell a piece; the customer barcode where it complies.
pub(super) fn labels(fonts: &Fonts, stock: &Stock, points: f64, pieces: &[&Piece], start: usize) -> Result<Sheets, Diagnostic> {
    let inner = stock.inner();
    let fits = points > 0.0 && window::barcode_width(points) + 2.0 * window::QUIET <= inner.w + 2.0 * (INNER - 1.0);
    let jobs = pieces
        .par_iter()
        .with_min_len(64)
        .map(|piece| {
            let foot = 4.0;
            let area = Area { h: inner.h - foot, ..inner };
            let barcode = fits.then_some(points);
            let mut items = address::Block { fonts, area, sizes: (11.0, 14.0), barcode }.items(piece)?;
            let y = inner.y + inner.h - 0.4;
            items.push(small(
                fonts,
                Face::Fixed,
                &format!("{}　{}", piece.code, piece.programme_name),
                (inner.x, y),
                7.0,
                inner.w,
            ));
            Ok((piece.number, vec![items]))
        })
        .collect::<Result<Vec<_>, Diagnostic>>()?;
    Ok(stock.fill(&jobs, start))
}

/// 予診票シール・番号シール: `stickers` equal cells a person (standard-spec §6).
pub(super) fn stickers(fonts: &Fonts, stock: &Stock, pieces: &[&Piece], start: usize) -> Result<Sheets, Diagnostic> {
    let inner = stock.inner();
    let jobs = pieces
        .par_iter()
        .with_min_len(64)
        .map(|piece| {
            let items = sticker(fonts, inner, piece)?;
            Ok((piece.number, vec![items; usize::from(piece.stickers)]))
        })
        .collect::<Result<Vec<_>, Diagnostic>>()?;
    Ok(stock.fill(&jobs, start))
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
