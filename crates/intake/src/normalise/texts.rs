//! The texts of a resident file that print sets, cell by cell, as the file writes them: what `kansho fonts check` looks at.

use crate::normalise::columns::{self, Header};
use crate::normalise::fields::{Field, MarkField, ResidentField};
use crate::normalise::guard::Guard;
use crate::normalise::sheets::{self, Tables};
use crate::normalise::values::is_blank;
use crate::normalise::{Files, Found, Role, file};
use crate::read::Cell;
use crate::read::table::Sheet;
use kansho_core::case::MarkSheet;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::origin::Origin;

/// What a text is on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// A name, set in one face throughout.
    Name,
    /// An address, set in the text face with single characters from the name face.
    Address,
}

/// The fields of 住民 that print sets.
const RESIDENT: &[(ResidentField, &str, Use)] = &[
    (ResidentField::Name, "氏名", Use::Name),
    (ResidentField::Kana, "フリガナ", Use::Name),
    (ResidentField::Alias, "通称", Use::Name),
    (ResidentField::Address, "住所", Use::Address),
    (ResidentField::Building, "方書", Use::Address),
];

/// The fields of 送付先 that print sets.
const DESTINATION: &[(MarkField, &str, Use)] = &[
    (MarkField::AddresseeName, "送付先の宛名", Use::Name),
    (MarkField::Address, "送付先の住所", Use::Address),
    (MarkField::Building, "送付先の方書", Use::Address),
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

/// Calls `visit` with every text of the files that print may set, and gives the number of rows.
///
/// # Errors
/// [`Failure::Refused`] for a file that a run would refuse as a whole, [`Failure::Io`], [`Failure::Usage`].
pub fn visit(files: &Files, tables: &Tables, visit: &mut dyn FnMut(&Printed<'_>)) -> Result<usize, Failure> {
    let mut report = Report::new();
    let mut found = Found::default();
    if let Some(path) = &files.residents {
        found.read(path, Role::Residents, tables, files, &mut report)?;
    }
    for path in &files.marks {
        found.read(path, Role::Marks, tables, files, &mut report)?;
    }
    let mut rows = 0;
    for sheet in &found.sheets.residents {
        if let Some(header) = columns::find(sheet, &tables.residents, &mut report) {
            rows += walk(sheet, &header, RESIDENT, &mut report, visit);
        }
    }
    if rows == 0 && !report.refuses() {
        let told = Diagnostic::new(Code::FileEmpty, "住民の行がありません");
        report.push(files.residents.iter().fold(told, |told, path| told.at(&file(path))));
    }
    for (kind, sheet) in &found.sheets.marks {
        if *kind == MarkSheet::Destination
            && !sheets::is_empty(sheet)
            && let Some(header) = columns::find(sheet, &tables.marks, &mut report)
        {
            rows += walk(sheet, &header, DESTINATION, &mut report, visit);
        }
    }
    report.extend(found.problems());
    if report.refuses() { Err(Failure::Refused(report)) } else { Ok(rows) }
}

fn walk<F: Field>(
    sheet: &Sheet,
    header: &Header<F>,
    fields: &[(F, &'static str, Use)],
    report: &mut Report,
    visit: &mut dyn FnMut(&Printed<'_>),
) -> usize {
    let mut rows = 0;
    let mut guard = Guard::new(header);
    sheet.walk(header.row, report, &mut |number, cells, _| {
        if number <= header.row || cells.iter().all(is_blank) {
            return true;
        }
        guard.look(cells);
        rows += 1;
        for (id, field, usage) in fields {
            let Some(column) = header.place(*id) else { continue };
            if let Some(Cell::Text(text)) = cells.get(column) {
                let place = sheet.origin.row(number).column(u32::try_from(column + 1).unwrap_or(u32::MAX));
                visit(&Printed { field, usage: *usage, text, place });
            }
        }
        true
    });
    guard.report(sheet, report);
    rows
}
