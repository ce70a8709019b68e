//! The cells of a sheet as they come, kept without what is empty: a cell far away costs no more than one beside it.

use crate::read::Cell;

/// Filled cells of one file: 1,000,000 people with 50 columns.
pub(super) const MOST_CELLS: usize = 50_000_000;
/// Spreadsheets' own limits.
const MOST_ROWS: u32 = 1_048_576;
const MOST_COLUMNS: u32 = 16_384;

/// A row that holds something: its number from 1, its filled cells with their places from 0, in order.
pub type Filled = (u32, Vec<(usize, Cell)>);

/// Why a cell is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Outside the rows and columns a spreadsheet has.
    Outside,
    /// More cells than one file may have.
    TooMany,
}

/// Rows that hold something.
#[derive(Debug)]
pub(super) struct Grid {
    rows: Vec<Filled>,
    sorted: bool,
    /// How many cells may still come.
    left: usize,
}

impl Grid {
    /// An empty grid for at most so many cells.
    pub(super) const fn new(left: usize) -> Self {
        Self { rows: Vec::new(), sorted: true, left }
    }

    /// Takes one cell; row and column from 0. Empty cells and blank texts take no place.
    pub(super) fn put(&mut self, row: u32, column: u32, cell: Cell) -> Result<(), Refused> {
        let blank = match &cell {
            Cell::Empty => true,
            Cell::Text(text) => text.trim().is_empty(),
            Cell::Number(_) | Cell::Date(_) | Cell::Bad(_) => false,
        };
        if blank {
            return Ok(());
        }
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            return Err(Refused::Outside);
        }
        self.left = self.left.checked_sub(1).ok_or(Refused::TooMany)?;
        let (number, place) = (row + 1, usize::try_from(column).map_err(|_| Refused::Outside)?);
        match self.rows.last_mut() {
            Some((last, cells)) if *last == number => {
                self.sorted &= cells.last().is_none_or(|(before, _)| *before < place);
                cells.push((place, cell));
            }
            last => {
                self.sorted &= last.is_none_or(|(last, _)| *last < number);
                self.rows.push((number, vec![(place, cell)]));
            }
        }
        Ok(())
    }

    /// The rows in order, and how many cells may still come.
    pub(super) fn finish(mut self) -> (Vec<Filled>, usize) {
        if !self.sorted {
            self.rows.sort_by_key(|(row, _)| *row);
            self.rows.dedup_by(|(row, cells), (kept_row, kept)| {
                let same = row == kept_row;
                if same {
                    kept.append(cells);
                }
                same
            });
            for (_, cells) in &mut self.rows {
                cells.sort_by_key(|(place, _)| *place);
            }
        }
        (self.rows, self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_filled_takes_a_place_in_whatever_order_it_comes() {
        let mut grid = Grid::new(5);
        for (row, column, cell) in [
            (4, 1, Cell::Number(1.0)),
            (1_048_575, 16_383, Cell::Text("x".to_owned())),
            (0, 0, Cell::Text("a".to_owned())),
            (4, 0, Cell::Number(2.0)),
            (7, 16_383, Cell::Text(" \u{3000}".to_owned())),
            (9, 9, Cell::Empty),
        ] {
            grid.put(row, column, cell).unwrap();
        }
        let (rows, left) = grid.finish();
        assert_eq!(left, 1);
        let expected = [
            (1, vec![(0, Cell::Text("a".to_owned()))]),
            (5, vec![(0, Cell::Number(2.0)), (1, Cell::Number(1.0))]),
            (1_048_576, vec![(16_383, Cell::Text("x".to_owned()))]),
        ];
        assert_eq!(rows, expected);
        let mut grid = Grid::new(1);
        assert_eq!(grid.put(0, 16_384, Cell::Number(1.0)), Err(Refused::Outside));
        assert_eq!(grid.put(1_048_576, 0, Cell::Number(1.0)), Err(Refused::Outside));
        assert_eq!(grid.put(0, 0, Cell::Number(1.0)), Ok(()));
        assert_eq!(grid.put(0, 1, Cell::Number(1.0)), Err(Refused::TooMany));
    }
}
