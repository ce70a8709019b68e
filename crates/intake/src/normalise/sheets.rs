//! Which sheet is what: every sheet is of a layout, or has nothing to do with people; all others refuse the file (design §3).

use crate::normalise::codes::Codes;
use crate::normalise::columns::{self, Columns, HEADER_ROWS, Header};
use crate::normalise::fields::{LedgerField, MarkField, ResidentField};
use crate::normalise::values::is_blank;
use crate::normalise::words::{Words, word};
use crate::read::Cell;
use crate::read::table::Sheet;
use kansho_core::case::MarkSheet;
use kansho_core::diag::{Checked, Wrong};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::nearest::distance;
use kansho_rules::RuleBook;
use kansho_rules::decide::programme::Programme;

/// What files are read with: the columns of `layouts/columns`, `layouts/words.toml` and `rules/codes.toml`.
#[derive(Debug)]
pub struct Tables {
    pub(super) residents: Columns<ResidentField>,
    pub(super) marks: Columns<MarkField>,
    pub(super) ledger: Columns<LedgerField>,
    /// The words that stand in cells.
    pub words: Words,
    /// The city's codes.
    pub codes: Codes,
}

/// What a sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// 住民
    Residents,
    /// 予防接種台帳
    Ledger,
    /// A mark sheet.
    Marks(MarkSheet),
    /// Nothing about people, or nothing at all.
    Ignored,
    /// Something that is not understood.
    Unknown,
}

impl Tables {
    /// Reads all of them; the report names every word in them that the book does not know.
    ///
    /// # Errors
    /// A [`Failure`] with everything that is wrong with any of them.
    pub fn load(folder: &Folder, book: &RuleBook, programmes: &[Programme]) -> Result<Checked<Self>, Failure> {
        let mut wrong = Wrong::default();
        let residents = wrong.keep(Columns::load(folder));
        let marks = wrong.keep(Columns::load(folder));
        let ledger = wrong.keep(Columns::load(folder));
        let words = wrong.keep(Words::load(folder, book));
        let codes = wrong.keep(Codes::load(folder, book, programmes));
        match (residents, marks, ledger, words, codes) {
            (Some(residents), Some(marks), Some(ledger), Some(words), Some(codes)) => {
                let mut report = codes.report;
                report.extend(words.report);
                let value = Self { residents, marks, ledger, words: words.value, codes: codes.value };
                Ok(Checked { value, report })
            }
            (..) => Err(wrong.failure()),
        }
    }

    /// What a sheet is, by its name, else by its headings.
    pub(super) fn kind(&self, sheet: &Sheet) -> Kind {
        let bare = sheet.name.trim_end_matches(|c: char| c.is_numeric() || matches!(c, '(' | ')' | '（' | '）'));
        let named = |names: &[String]| names.iter().any(|name| *name == sheet.name || name == bare);
        if let Some(mark) = self.marks.marks.iter().find(|mark| named(&mark.names)) {
            return Kind::Marks(mark.kind);
        }
        if is_empty(sheet) {
            return Kind::Ignored;
        }
        if named(&self.residents.sheets) {
            return Kind::Residents;
        }
        if named(&self.ledger.sheets) {
            return Kind::Ledger;
        }
        let (residents, ledger) = (self.share(sheet, &self.residents), self.share(sheet, &self.ledger));
        let whole = |(held, wanted): (usize, usize)| wanted > 0 && held == wanted;
        if whole(ledger) {
            return Kind::Ledger;
        }
        if whole(residents) {
            return Kind::Residents;
        }
        if sheet.name.is_empty() && self.has_heading(sheet) {
            // The one sheet of a text file has no name: what it lacks is told by the layout it is nearest to.
            return if ledger.0 * residents.1 > residents.0 * ledger.1 { Kind::Ledger } else { Kind::Residents };
        }
        if self.words.ignores_sheet(&sheet.name) {
            return if self.has_people(sheet) { Kind::Unknown } else { Kind::Ignored };
        }
        if self.near(&sheet.name).is_some() || self.has_heading(sheet) { Kind::Unknown } else { Kind::Ignored }
    }

    /// The required headings that the best row of a sheet holds, and how many there are.
    fn share<F: super::fields::Field>(&self, sheet: &Sheet, columns: &Columns<F>) -> (usize, usize) {
        columns::best_row(sheet, columns).map_or((0, 1), |(_, _, cells)| columns.required(&cells))
    }

    /// The known sheet name that a name is near to: it holds it, or is one letter away.
    pub(super) fn near(&self, name: &str) -> Option<&str> {
        const SHORT: usize = 2;
        let marks = self.marks.marks.iter().flat_map(|mark| &mark.names);
        let known = marks.chain(&self.residents.sheets).chain(&self.ledger.sheets);
        let wanted = word(name);
        let near = |other: &&String| {
            let other = word(other);
            let long = other.chars().count() > SHORT;
            wanted.contains(&other) || (long && distance(&wanted, &other) <= 1)
        };
        known.filter(near).max_by_key(|other| other.chars().count()).map(String::as_str)
    }

    fn is_heading(&self, cell: &Cell) -> bool {
        self.residents.field(cell).is_some() || self.marks.field(cell).is_some() || self.ledger.field(cell).is_some()
    }

    /// Whether a cell of the first rows is a heading of any layout.
    fn has_heading(&self, sheet: &Sheet) -> bool {
        self.any_row(sheet, |cells| cells.iter().any(|cell| self.is_heading(cell)))
    }

    /// Whether a row holds the heading of a number and another one.
    fn has_people(&self, sheet: &Sheet) -> bool {
        let number = |cell: &Cell| matches!(self.marks.field(cell), Some(MarkField::Number | MarkField::Addressee));
        self.any_row(sheet, |cells| cells.iter().any(number) && cells.iter().filter(|cell| self.is_heading(cell)).count() > 1)
    }

    fn any_row(&self, sheet: &Sheet, asks: impl Fn(&[Cell]) -> bool) -> bool {
        sheet.top(HEADER_ROWS).iter().any(|(_, cells)| asks(cells))
    }

    /// Says which sheet is not understood, and the nearest known name.
    pub(super) fn unknown(&self, sheet: &Sheet) -> Diagnostic {
        let near = self.near(&sheet.name).map_or_else(String::new, |near| format!("。「{near}」のことですか"));
        let hidden = if sheet.hidden { "隠れた" } else { "" };
        Diagnostic::new(Code::SheetUnknown, format!("{hidden}シート「{}」が分かりません{near}", sheet.name)).at(&sheet.origin)
    }
}

/// True when no cell of a sheet holds anything.
pub(super) fn is_empty(sheet: &Sheet) -> bool {
    let mut empty = true;
    sheet.walk(0, &mut Report::new(), &mut |_, cells, _| {
        empty = cells.iter().all(is_blank);
        empty
    });
    empty
}

/// The headings of the mark sheets; a wholly empty sheet has none and needs none.
pub(super) fn mark_header(sheet: &Sheet, columns: &Columns<MarkField>, report: &mut Report) -> Option<Header<MarkField>> {
    let header = columns::find(sheet, columns, report)?;
    let of_somebody = header.place(MarkField::Number).or(header.place(MarkField::Addressee)).is_some();
    if !of_somebody {
        let message = "「予防接種番号」か「宛名番号」の列がありません";
        report.push(Diagnostic::new(Code::ColumnMissing, message).at(&sheet.origin.row(header.row)));
        return None;
    }
    Some(header)
}
