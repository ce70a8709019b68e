//! One sheet as rows with absolute places.

use crate::read::encoding::Encoding;
use crate::read::grid::Filled;
use crate::read::shape::Shape;
use crate::read::{Cell, delimited};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::origin::Origin;

/// One sheet of a workbook, or a delimited file.
#[derive(Debug)]
pub struct Sheet {
    /// The file and the sheet.
    pub origin: Origin,
    /// Sheet name; empty for a delimited file.
    pub name: String,
    /// A sheet that the spreadsheet does not show; it is read like any other.
    pub hidden: bool,
    /// The rows.
    pub source: Source,
}

/// Where the rows come from.
#[derive(Debug)]
pub enum Source {
    /// The filled cells of a workbook.
    Cells(Vec<Filled>),
    /// The rows of a store, below one row of headings.
    Stored {
        /// The headings.
        headings: Vec<Cell>,
        /// The rows.
        rows: Box<dyn Stored>,
    },
    /// Accepted bytes, parsed and decoded row by row so that a large ledger does not sit in memory as cells.
    Text {
        /// The whole file.
        bytes: Vec<u8>,
        /// How its fields are read.
        encoding: Encoding,
        /// `,` or tab.
        delimiter: u8,
        /// How many fields its rows have.
        shape: Shape,
    },
}

/// Rows that a store keeps, read anew each time.
pub trait Stored: std::fmt::Debug + Send + Sync {
    /// Calls `visit` with (id, cells in the order of the headings) of every row until it gives `false`.
    fn each(&self, visit: &mut dyn FnMut(u32, &[Cell]) -> bool);
}

impl Sheet {
    /// Number of the last filled row of a workbook's sheet; 0 for a text file or a store, which has no other sheet beside it.
    #[must_use]
    pub fn last_row(&self) -> u32 {
        match &self.source {
            Source::Cells(rows) => rows.last().map_or(0, |(row, _)| *row),
            Source::Text { .. } | Source::Stored { .. } => 0,
        }
    }

    /// The first rows up to row `last`, in which a header may be looked for.
    #[must_use]
    pub fn top(&self, last: u32) -> Vec<(u32, Vec<Cell>)> {
        let mut rows = Vec::new();
        self.each(&mut |number, cells| {
            if number <= last {
                rows.push((number, cells.to_vec()));
            }
            number < last
        });
        rows
    }

    /// Calls `visit` with (row from 1, cells; the first cell is in column 1) for every row below the header row until it gives
    /// `false`. Rows of nothing are not visited.
    ///
    /// Rows with more or fewer fields than the header are reported, once however often the sheet is walked, and visited all the same.
    pub fn walk(&self, header_row: u32, report: &mut Report, visit: &mut dyn FnMut(u32, &[Cell], &mut Report) -> bool) {
        if let Source::Text { shape, .. } = &self.source
            && let Some(ragged) = shape.ragged(header_row)
        {
            let told = delimited::ragged(&self.origin, &ragged);
            if !report.iter().any(|other| *other == told) {
                report.push(told);
            }
        }
        let broken = self.each(&mut |number, cells| number <= header_row || visit(number, cells, report));
        if let Some(line) = broken {
            report.push(Diagnostic::new(Code::CsvSyntax, "CSVとして読めません").at(&self.origin.row(line)));
        }
    }

    /// Every row until `visit` gives `false`; the value is a row that is no CSV.
    fn each(&self, visit: &mut dyn FnMut(u32, &[Cell]) -> bool) -> Option<u32> {
        match &self.source {
            Source::Cells(rows) => {
                let mut row = Vec::new();
                rows.iter().all(|(number, cells)| {
                    row.clear();
                    for (place, cell) in cells {
                        row.resize((*place).max(row.len()), Cell::Empty);
                        row.truncate(*place);
                        row.push(cell.clone());
                    }
                    visit(*number, &row)
                });
                None
            }
            Source::Stored { headings, rows } => {
                if visit(0, headings) {
                    rows.each(visit);
                }
                None
            }
            Source::Text { bytes, encoding, delimiter, .. } => each_line(bytes, *encoding, *delimiter, visit),
        }
    }
}

fn each_line(text: &[u8], encoding: Encoding, delimiter: u8, visit: &mut dyn FnMut(u32, &[Cell]) -> bool) -> Option<u32> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text);
    let mut record = csv::ByteRecord::new();
    let mut cells: Vec<Cell> = Vec::new();
    let (mut at, mut line) = (0, 1);
    // The reader's own line numbers lag behind where lines end in CRLF, so lines are counted here.
    let mut line_of = |byte: u64| {
        let mut start = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
        while matches!(text.get(start), Some(b'\n' | b'\r')) {
            start += 1;
        }
        line += text.get(at..start).map_or(0, |passed| memchr::memchr_iter(b'\n', passed).count());
        at = at.max(start);
        u32::try_from(line).unwrap_or(u32::MAX)
    };
    loop {
        let before = reader.position().byte();
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(_) => return Some(line_of(before)),
        }
        let line = line_of(record.position().map_or(before, csv::Position::byte));
        cells.clear();
        cells.extend(record.iter().map(|field| Cell::of_text(encoding.text(field))));
        if !visit(line, &cells) {
            return None;
        }
    }
}
