//! 郵便CSV: a piece → the row the shop reads, shrunk to the file's characters; every use of a substitute is kept (CK14).

use crate::notice::piece::Piece;
use kansho_chars::gaiji::Overrides;
use kansho_chars::sjis;
use kansho_chars::variants::Variants;
use kansho_core::diag::{Code, Diagnostic, Failure, Wrong};
use kansho_core::folder::Folder;
use kansho_post::{Field, Layout, PostalRow};

/// The layout and the character tables of the postal CSV.
#[derive(Debug)]
pub struct Shop {
    /// The columns.
    pub layout: Layout,
    variants: Variants,
    gaiji: Overrides,
}

/// A row as the shop reads it.
#[derive(Debug)]
pub struct Shrunk {
    /// The fields.
    pub row: PostalRow,
    /// The line of the file.
    pub bytes: Vec<u8>,
    /// What was substituted on the way.
    pub uses: Vec<String>,
}

impl Shop {
    /// Loads layout, variants and the office's 外字 table.
    ///
    /// # Errors
    /// [`Failure::Io`], [`Failure::Usage`] naming the file that is wrong.
    pub fn load(folder: &Folder, layout: &str) -> Result<Self, Failure> {
        let mut wrong = Wrong::default();
        let gaiji = wrong.keep(Overrides::load(folder));
        let layout = wrong.keep(Layout::load(folder, layout));
        let variants = wrong.keep(Variants::load(folder));
        match (gaiji, layout, variants) {
            (Some(gaiji), Some(layout), Some(variants)) => Ok(Self { layout: layout.with_gaiji(gaiji.clone()), variants, gaiji }),
            (..) => Err(wrong.failure()),
        }
    }

    /// The office's 外字 table.
    #[must_use]
    pub const fn gaiji(&self) -> &Overrides {
        &self.gaiji
    }

    /// The name of a piece as the file has it; `None` when the file cannot hold it.
    #[must_use]
    pub fn name(&self, piece: &Piece) -> Option<String> {
        let name = piece.postal_row(1).name;
        let converted = sjis::plan(&name, self.layout.profile(), &self.variants, &self.gaiji);
        (converted.refused.is_empty() && converted.review.is_empty()).then_some(converted.text)
    }

    /// The row of a piece; `mark` puts in what only the whole posting knows (郵便区番号, 結束番号).
    ///
    /// # Errors
    /// The first thing that keeps the piece out of the file: the person is held.
    pub fn row(&self, piece: &Piece, serial: usize, mark: impl FnOnce(&mut PostalRow)) -> Result<Shrunk, Vec<Diagnostic>> {
        let mut row = piece.postal_row(serial);
        mark(&mut row);
        if !self.layout.has(Field::Ward) {
            row.ward.clear();
        }
        let (mut uses, mut problems) = (Vec::new(), Vec::new());
        for (what, field) in [
            ("住所", &mut row.address1),
            ("住所", &mut row.address2),
            ("方書", &mut row.building),
            ("氏名", &mut row.name),
            ("フリガナ", &mut row.kana),
            ("区", &mut row.ward),
        ] {
            let converted = sjis::plan(field, self.layout.profile(), &self.variants, &self.gaiji);
            for refusal in &converted.refused {
                let message = format!("{what}の {} はShift_JISにできません（{}）", refusal.code_points, refusal.reason);
                problems.push(Diagnostic::new(Code::CharacterUnmappable, message));
            }
            for review in &converted.review {
                let message = format!("{what}の {} は代替文字の決定が要ります", review.code_points);
                problems.push(Diagnostic::new(Code::CharacterUnmappable, message));
            }
            for used in converted.substitutions {
                let from = kansho_chars::unit::code_points(&used.from);
                uses.push(format!("{what}: {}（{from}）を「{}」に（{}・{}）", used.from, used.to, used.relation, used.source));
            }
            *field = converted.text;
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        self.layout.row(&row).map(|bytes| Shrunk { row, bytes, uses })
    }
}
