//! How much of a sheet's columns is understood: one cell holds its person, too many refuse the file (design §3).

use crate::normalise::columns::Columns;
use crate::normalise::fields::Field;
use crate::normalise::values::{Row, is_blank};
use crate::read::Cell;
use crate::read::table::{Sheet, Source};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::origin::Origin;

/// Cells of a column that may always be held one by one.
const ALWAYS_FINE: usize = 20;

/// Counts of the columns of one sheet.
pub(super) struct Understood<F: Field> {
    filled: Vec<usize>,
    misread: Vec<(usize, Option<Diagnostic>)>,
    emptied: Vec<usize>,
    breaks: Vec<(usize, Option<Origin>)>,
    delimited: bool,
    fields: std::marker::PhantomData<F>,
}

impl<F: Field> Understood<F> {
    pub(super) fn new(sheet: &Sheet) -> Self {
        let columns = F::ALL.len();
        Self {
            filled: vec![0; columns],
            misread: vec![(0, None); columns],
            emptied: vec![0; columns],
            breaks: vec![(0, None); columns],
            delimited: matches!(sheet.source, Source::Text { .. }),
            fields: std::marker::PhantomData,
        }
    }

    /// Looks at a row after it was read.
    pub(super) fn look(&mut self, row: &Row<'_, F>) {
        for field in F::ALL {
            let Some(cell) = row.header.place(*field).and_then(|place| row.cells.get(place)) else { continue };
            if is_blank(cell) {
                continue;
            }
            let at = field.index();
            self.filled[at] += 1;
            if self.delimited
                && !field.may_break()
                && let Cell::Text(text) = cell
                && text.trim().contains(['\n', '\r'])
            {
                let (count, first) = &mut self.breaks[at];
                *count += 1;
                first.get_or_insert_with(|| row.place(*field));
            }
        }
        let mut seen: Vec<F> = Vec::new();
        for field in &row.misread {
            if seen.contains(field) {
                continue;
            }
            seen.push(*field);
            let (count, first) = &mut self.misread[field.index()];
            *count += 1;
            if first.is_none() {
                let place = row.place(*field);
                *first = row.problems.iter().find(|p| p.origin.as_ref() == Some(&place) && p.code.not_understood()).cloned();
            }
        }
        for field in &row.emptied {
            self.emptied[field.index()] += 1;
        }
    }

    /// Says which columns refuse the file; `percent` = the office's limit of a column's filled cells. The value tells for each
    /// field whether its single findings are told by the one message.
    pub(super) fn close(self, columns: &Columns<F>, sheet: &Sheet, percent: f64, report: &mut Report) -> Vec<bool> {
        let mut refused = vec![false; F::ALL.len()];
        for field in F::ALL {
            let (at, name) = (field.index(), columns.name(*field));
            if let (count @ 1.., Some(first)) = &self.breaks[at] {
                let message = format!("「{name}」の中で行が変わっています（{count} か所）");
                report.push(Diagnostic::new(Code::CsvSyntax, message).at(first).hint("引用符の閉じ忘れがないか確かめてください"));
            }
            if self.emptied[at] > 0 {
                let message = format!("「{name}」の {} 件は、空欄を表す言葉です", self.emptied[at]);
                report.push(Diagnostic::new(Code::EmptyWord, message).at(&sheet.origin).so("空欄として扱いました"));
            }
            let (count, first) = &self.misread[at];
            let filled = self.filled[at];
            if over(*count, filled, percent) {
                refused[at] = true;
                let place = first.as_ref().and_then(|f| f.origin.as_ref()).unwrap_or(&sheet.origin);
                let example = first.as_ref().map_or_else(String::new, |f| format!("。最初は: {}", f.message));
                let message = format!("「{name}」の {filled} 件のうち {count} 件が分かりません（上限 {percent} %）{example}");
                let told = Diagnostic::new(Code::ColumnNotUnderstood, message).at(place).so("ほかの件は一つずつ示していません");
                let hint = first.as_ref().and_then(|f| f.hint.clone());
                report.push(match hint {
                    Some(hint) => told.hint(format!("列の形式がそろっているか確かめてください。{hint}")),
                    None => told,
                });
            }
        }
        refused
    }
}

/// More than the limit, and more than a few.
fn over(count: usize, filled: usize, percent: f64) -> bool {
    let share = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    count > ALWAYS_FINE && share(count) * 100.0 > share(filled) * percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_cells_hold_and_many_refuse() {
        assert!(!over(20, 20, 1.0) && over(21, 21, 1.0));
        assert!(!over(21, 2_100, 1.0) && over(22, 2_100, 1.0));
        assert!(!over(42, 2_100, 2.0));
    }
}
