//! 見本 `office/preview.pdf`: the first letter of each template and the first sheets, with window, folds, cell edges and grid.

use crate::desk::month::Starts;
use crate::desk::outputs::{Job, Made, Output};
use crate::notice::piece::Piece;
use crate::notice::{Forms, SheetKind};
use kansho_core::diag::{Failure, Report};
use kansho_paper::frame::Page;
use std::collections::BTreeSet;

/// 見本.
#[derive(Debug)]
pub(super) struct Preview;

const FILE: &str = "office/preview.pdf";

impl Output for Preview {
    fn key(&self) -> &'static str {
        "preview"
    }

    fn owns(&self, path: &str) -> bool {
        path == FILE
    }

    fn leaves(&self) -> bool {
        false
    }

    fn make(&self, job: &Job<'_>, _made: &mut Made) -> Result<(), Failure> {
        let list: Vec<&Piece> = job.pieces.iter().map(|(_, piece)| piece).collect();
        job.document(FILE, "見本", &pages(&list, job.forms, job.starts)?)
    }
}

/// Pieces that fill at least one sheet of any stock.
const ENOUGH: usize = 120;

/// The pages, made of the frames that are printed.
///
/// # Errors
/// The piece that cannot be composed (none: all have been composed before).
fn pages(pieces: &[&Piece], forms: &Forms, starts: Starts) -> Result<Vec<Page>, Failure> {
    let refused = |problem| Failure::Refused(Report::from(problem));
    let mut pages = Vec::new();
    let mut templates = BTreeSet::new();
    for piece in pieces.iter().filter(|piece| templates.insert(piece.template)) {
        for (side, page) in forms.letter(piece).map_err(refused)?.into_iter().enumerate() {
            pages.push(forms.shown_letter(page, piece, side));
        }
    }
    for (kind, start) in [(SheetKind::Stickers, starts.stickers), (SheetKind::Labels, starts.labels)] {
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
