//! The texts of a resident file that print sets, cell by cell, as the file writes them: what `kansho fonts check` looks at.

use crate::diag::{Code, Diagnostic, Failure, Report};
use crate::home::Home;
use crate::normalise::columns::{self, Columns, Header};
use crate::normalise::guard::Guard;
use crate::origin::Origin;
use crate::read::table::Sheet;
use crate::read::{self, Cell};
use std::path::Path;

/// What a text is on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// A name, set in one face throughout.
    Name,
    /// An address, set in the text face with single characters from the name face.
    Address,
}

/// The fields of 住民 that print sets.
const RESIDENT: &[(&str, &str, Use)] = &[
    ("name", "氏名", Use::Name),
    ("kana", "フリガナ", Use::Name),
    ("alias", "通称", Use::Name),
    ("address", "住所", Use::Address),
    ("building", "方書", Use::Address),
];

/// The fields of 送付先 that print sets.
const DESTINATION: &[(&str, &str, Use)] = &[
    ("addressee_name", "送付先の宛名", Use::Name),
    ("address", "送付先の住所", Use::Address),
    ("building", "送付先の方書", Use::Address),
];

/// One cell's text and what it is for.
#[derive(Debug)]
pub struct Printed<'a> {
    /// Field in the office's words.
    pub field: &'static str,
    /// What it is on paper.
    pub usage: Use,
    /// The text as the file has it.
    pub text: &'a str,
    /// The cell.
    pub place: Origin,
}

/// Calls `visit` with every text of the file that print may set, and gives the number of rows.
///
/// # Errors
/// [`Failure::Refused`] for a file that a run would refuse as a whole, [`Failure::Io`], [`Failure::Usage`].
pub fn visit(resident_file: &Path, home: &Home, visit: &mut dyn FnMut(&Printed<'_>)) -> Result<usize, Failure> {
    let mut report = Report::new();
    let residents = columns::load(home, "residents.toml")?;
    let marks = columns::load(home, "marks.toml")?;
    let mut rows = 0;
    if let Some(sheets) = read::sheets(resident_file, &mut report)? {
        if let Some(sheet) = super::choose(&sheets, &residents)
            && let Some(header) = columns::find(sheet, &residents, &mut report)
        {
            rows += walk(sheet, &header, RESIDENT, &mut report, visit);
            if rows == 0 {
                report.push(Diagnostic::new(Code::FileEmpty, "見出しだけで、住民の行がありません").at(&sheet.origin));
            }
        }
        for sheet in sheets.iter().filter(|sheet| is_destination(sheet, &marks)) {
            if let Some(header) = columns::find(sheet, &marks, &mut report) {
                rows += walk(sheet, &header, DESTINATION, &mut report, visit);
            }
        }
    }
    if report.refuses() { Err(Failure::Refused(report)) } else { Ok(rows) }
}

fn is_destination(sheet: &Sheet, marks: &Columns) -> bool {
    marks.mark.iter().any(|mark| mark.kind == "destination" && mark.sheet == sheet.name)
}

fn walk(
    sheet: &Sheet,
    header: &Header,
    fields: &[(&'static str, &'static str, Use)],
    report: &mut Report,
    visit: &mut dyn FnMut(&Printed<'_>),
) -> usize {
    let mut rows = 0;
    let mut guard = Guard::new(header);
    sheet.walk(header.row, report, &mut |number, cells, _| {
        if number <= header.row || cells.iter().all(|cell| matches!(cell, Cell::Empty)) {
            return true;
        }
        guard.look(cells);
        rows += 1;
        for (id, field, usage) in fields {
            let Some(column) = header.place(id) else { continue };
            if let Some(Cell::Text(text)) = cells.get(column) {
                let place = sheet.origin.at(number, u32::try_from(column + 1).unwrap_or(u32::MAX));
                visit(&Printed { field, usage: *usage, text, place });
            }
        }
        true
    });
    guard.report(sheet, report);
    rows
}
