//! One sheet as rows with absolute places.

use crate::diag::{Code, Diagnostic, Report};
use crate::origin::Origin;
use crate::read::Cell;
use crate::read::encoding::Encoding;

/// One sheet of a workbook, or a delimited file.
#[derive(Debug)]
pub struct Sheet {
    /// The file and the sheet.
    pub origin: Origin,
    /// Sheet name; empty for a delimited file.
    pub name: String,
    /// The rows.
    pub source: Source,
}

/// Where the rows come from.
#[derive(Debug)]
pub enum Source {
    /// Cells of a workbook; the first row and column from 1.
    Cells {
        /// Row of the first row.
        row: u32,
        /// Column of the first cell.
        column: u32,
        /// The rows.
        rows: Vec<Vec<Cell>>,
    },
    /// Accepted bytes, parsed and decoded row by row so that a large ledger does not sit in memory as cells.
    Text {
        /// The whole file.
        bytes: Vec<u8>,
        /// How its fields are read.
        encoding: Encoding,
        /// `,` or tab.
        delimiter: u8,
    },
}

impl Sheet {
    /// Number of the last row of a workbook's sheet; 0 for a text file, which has no other sheet beside it.
    #[must_use]
    pub fn last_row(&self) -> u32 {
        match &self.source {
            Source::Cells { row, rows, .. } => row + u32::try_from(rows.len()).unwrap_or(u32::MAX / 2),
            Source::Text { .. } => 0,
        }
    }

    /// Calls `visit` with (row from 1, cells; the first cell is in column 1) for every row until it gives `false`.
    ///
    /// A row that is no CSV is reported and ends the walk.
    pub fn walk(&self, report: &mut Report, visit: &mut dyn FnMut(u32, &[Cell], &mut Report) -> bool) {
        match &self.source {
            Source::Cells { row, column, rows } => {
                let blank = usize::try_from(column - 1).unwrap_or(0);
                let mut cells = Vec::new();
                for (number, line) in (*row..).zip(rows) {
                    cells.clear();
                    cells.resize(blank, Cell::Empty);
                    cells.extend(line.iter().cloned());
                    if !visit(number, &cells, report) {
                        return;
                    }
                }
            }
            Source::Text { bytes, encoding, delimiter } => self.walk_text(bytes, *encoding, *delimiter, report, visit),
        }
    }

    fn walk_text(
        &self,
        text: &[u8],
        encoding: Encoding,
        delimiter: u8,
        report: &mut Report,
        visit: &mut dyn FnMut(u32, &[Cell], &mut Report) -> bool,
    ) {
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
            line += text.get(at..start).map_or(0, |passed| passed.iter().filter(|b| **b == b'\n').count());
            at = at.max(start);
            u32::try_from(line).unwrap_or(u32::MAX)
        };
        loop {
            let before = reader.position().byte();
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return,
                Err(problem) => {
                    let line = line_of(before);
                    report.push(
                        Diagnostic::new(Code::CsvSyntax, format!("CSVとして読めません（{problem}）"))
                            .at(&self.origin.at(line, 0)),
                    );
                    return;
                }
            }
            let line = line_of(record.position().map_or(before, csv::Position::byte));
            cells.clear();
            let cell = |t: &[u8]| if t.is_empty() { Cell::Empty } else { Cell::Text(encoding.text(t).into_owned()) };
            cells.extend(record.iter().map(cell));
            if !visit(line, &cells, report) {
                return;
            }
        }
    }
}
