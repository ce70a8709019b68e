//! 見本 `office/preview.pdf`: the first letter of each template and the first sheets, with window, folds, cell edges and grid.

use crate::notice::piece::Piece;
use crate::notice::{Forms, SheetKind};
use kansho_core::diag::{Failure, Report};
use kansho_paper::frame::Page;
use std::collections::BTreeSet;

/// Pieces that fill at least one sheet of any stock.
const ENOUGH: usize = 120;

/// The pages, made of the frames that are printed.
///
/// # Errors
/// The piece that cannot be composed (none: all have been composed before).
pub fn pages(pieces: &[&Piece], forms: &Forms, sticker_start: usize, label_start: usize) -> Result<Vec<Page>, Failure> {
    let refused = |problem| Failure::Refused(Report::from(problem));
    let mut pages = Vec::new();
    let mut templates = BTreeSet::new();
    for piece in pieces.iter().filter(|piece| templates.insert(piece.template)) {
        for (side, page) in forms.letter(piece).map_err(refused)?.into_iter().enumerate() {
            pages.push(forms.shown_letter(page, piece, side));
        }
    }
    for (kind, start) in [(SheetKind::Stickers, sticker_start), (SheetKind::Labels, label_start)] {
        let list: Vec<&Piece> = pieces.iter().filter(|piece| forms.wants(kind, piece)).take(ENOUGH).copied().collect();
        let mut first = None;
        forms.sheets(kind, &list, start, &mut |sheets| {
            first = first.take().or_else(|| sheets.into_iter().next());
            Ok(())
        })?;
        pages.extend(first.map(|page| forms.shown_sheet(page, &forms.boxes(kind), kind.title())));
    }
    Ok(pages)
}
