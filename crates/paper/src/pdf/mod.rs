//! Print PDF: frames to bytes, page by page, and bytes back to texts for verification.
//!
//! printpdf embeds the fonts (pre-subset by `subsetter`) and writes /W and /ToUnicode; lopdf takes them over as objects; pages are
//! streamed. Object numbers depend on the order of pages only, so the bytes are the same for any number of threads.
//! What a print shop asks for (`print.md` §10.4): fonts embedded and subset, DeviceGray only, /TrimBox and /BleedBox on each
//! page, PDF 1.4 with a classic cross-reference table, no encryption, no annotations. With `[pdf] archive` the file is PDF/A-1b,
//! with `[pdf] intent` it names a printing condition and says that it is PDF/X-1a (`standard.rs`).

mod bounds;
mod charset;
mod content;
mod embed;
pub mod excerpt;
mod number;
pub mod read;
mod standard;
mod writer;

pub use charset::Charset;
pub use content::LEVEL;
pub use writer::{PAGES_PER_NODE, PdfWriter};

use crate::font::Fonts;
use crate::frame::Page;
use chrono::NaiveDate;
use kansho_core::diag::Failure;
use serde::Deserialize;
use std::io::Write;

/// `[pdf]`: what every PDF of a run is besides PDF 1.4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Standard {
    /// PDF/A-1b.
    pub archive: bool,
    /// Printing condition of a PDF/X-1a:2003 file, as registered (`JC200103`); empty = none.
    pub intent: String,
}

/// What the file says about itself: no personal data, no clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Title of the document, such as 予防接種のお知らせ 2026年12月.
    pub title: String,
    /// 基準日, the creation date of the file.
    pub as_of: NaiveDate,
    /// Run id; part of the file identifier.
    pub run: String,
    /// PDF/A and PDF/X, as the office wants them.
    pub standard: Standard,
}

/// Writes a whole file of pages that are all at hand.
///
/// # Errors
/// [`Failure::Declined`] naming the code points when a text holds a character its face lacks; [`Failure::Io`] when writing fails.
pub fn write_pages<W: Write>(out: W, fonts: &Fonts, pages: &[&Page], info: &Info) -> Result<W, Failure> {
    let mut charset = Charset::new();
    for page in pages {
        charset.add_page(page);
    }
    let mut writer = PdfWriter::new(out, fonts, &charset, info)?;
    for batch in pages.chunks(PAGES_PER_NODE) {
        writer.pages(batch)?;
    }
    writer.finish()
}

/// One finding for texts whose units a face does not print.
fn no_glyph(found: &[(crate::frame::Face, crate::font::Unit)]) -> Failure {
    const SHOWN: usize = 20;
    let list: Vec<String> = found.iter().take(SHOWN).map(|(face, unit)| format!("{}（{face:?}）", unit.code_points())).collect();
    let more = if found.len() > SHOWN { format!(" ほか{}件", found.len() - SHOWN) } else { String::new() };
    Failure::Declined(format!("書体にない文字があるため、PDFを作れません: {}{more}", list.join("、")))
}
