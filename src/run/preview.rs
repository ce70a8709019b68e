//! 見本 `office/preview.pdf`: the first letter of each template and the first sheets, with window, folds, cell edges and grid.

use crate::compose::Forms;
use crate::compose::frame::Page;
use crate::compose::piece::Piece;
use crate::diag::Diagnostic;
use std::collections::BTreeSet;

/// Pieces that fill at least one sheet of any stock.
const ENOUGH: usize = 120;

/// The pages, made of the frames that are printed.
///
/// # Errors
/// The piece that cannot be composed (none: all have been composed before).
pub fn pages(pieces: &[&Piece], forms: &Forms, sticker_start: usize, label_start: usize) -> Result<Vec<Page>, Diagnostic> {
    let mut pages = Vec::new();
    let mut templates = BTreeSet::new();
    for piece in pieces.iter().filter(|piece| templates.insert(piece.template)) {
        for (side, page) in forms.letter(piece)?.into_iter().enumerate() {
            pages.push(forms.shown_letter(page, piece, side));
        }
    }
    let labelled = |piece: &&&Piece| forms.paper_of(piece.template.as_str()).card.is_none();
    let some: Vec<&Piece> = pieces.iter().filter(labelled).take(ENOUGH).copied().collect();
    let stuck: Vec<&Piece> = pieces.iter().filter(|piece| piece.stickers > 0).take(ENOUGH).copied().collect();
    let stickers = forms.sticker_sheets(&stuck, sticker_start.max(1))?;
    let labels = forms.label_sheets(&some, label_start.max(1))?;
    for (what, sheets) in [("シール", stickers), ("宛名ラベル", labels)] {
        if let Some(page) = sheets.pages.first() {
            pages.push(forms.shown_sheet(page.clone(), &sheets.boxes, what));
        }
    }
    Ok(pages)
}
