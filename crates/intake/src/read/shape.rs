//! The shape of a delimited file, looked at before any row is read: quotes, line ends, fields of each row.

use memchr::{memchr, memchr_iter, memchr2};
use std::collections::BTreeMap;

/// Rows at the top whose field counts are kept one by one: a header stands among them.
const TOP: usize = 64;
/// How many rows a message names.
pub(super) const NAMED: usize = 5;
/// Rows with a broken quote after which the look ends: each makes the rows behind it to be looked at again.
const ENOUGH: u32 = 50;

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// A quoted field without its end; the row is that of the opening quote.
    Unclosed,
    /// Text behind a closing quote; the row is that of the opening quote.
    AfterQuote,
    /// A quote inside a field that does not begin with one.
    QuoteInside,
    /// A CR that is not part of CRLF, outside quotes.
    BareCr,
}

/// Rows of one kind: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) rows: u32,
    pub(super) first: Vec<u32>,
    last: u32,
}

impl Tally {
    fn add(&mut self, line: u32) {
        if line == self.last {
            return;
        }
        self.last = line;
        self.rows = self.rows.saturating_add(1);
        if self.first.len() < NAMED {
            self.first.push(line);
        }
    }
}

/// Rows whose number of fields is not the header's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ragged {
    /// Fields of the header.
    pub(super) wanted: usize,
    /// How many rows.
    pub(super) rows: u32,
    /// The first of them, with their number of fields.
    pub(super) first: Vec<(u32, usize)>,
}

/// A row at the top.
#[derive(Clone, Copy, Debug)]
struct Top {
    line: u32,
    fields: usize,
    /// It holds delimiters and blanks only: it says nothing, however many it has.
    blank: bool,
}

/// How many fields the rows have.
#[derive(Debug, Default)]
pub struct Shape {
    top: Vec<Top>,
    below: BTreeMap<usize, Tally>,
    /// Fields of the last row of the top.
    usual: usize,
}

impl Shape {
    fn add(&mut self, line: u32, fields: usize, row: &[u8], delimiter: u8) {
        let blank = || row.iter().all(|b| *b == delimiter || *b == b'"' || b.is_ascii_whitespace());
        if self.top.len() < TOP {
            self.top.push(Top { line, fields, blank: blank() });
            self.usual = fields;
        } else if fields == self.usual || !blank() {
            self.below.entry(fields).or_default().add(line);
        }
    }

    /// The rows below the header row that have more or fewer fields than it.
    pub(super) fn ragged(&self, header_row: u32) -> Option<Ragged> {
        let wanted = self.top.iter().find(|row| row.line == header_row)?.fields;
        let odd = |row: &&Top| row.line > header_row && row.fields != wanted && !row.blank;
        let mut first: Vec<(u32, usize)> = self.top.iter().filter(odd).map(|row| (row.line, row.fields)).collect();
        let mut rows = u32::try_from(first.len()).unwrap_or(u32::MAX);
        for (fields, tally) in self.below.iter().filter(|(fields, _)| **fields != wanted) {
            rows = rows.saturating_add(tally.rows);
            first.extend(tally.first.iter().map(|line| (*line, *fields)));
        }
        first.sort_unstable();
        first.truncate(NAMED);
        (rows > 0).then_some(Ragged { wanted, rows, first })
    }
}

/// Looks at a whole file. `quotes_inside`: a quote inside an unquoted field is a letter like any other (TSV).
pub(super) fn look(bytes: &[u8], delimiter: u8, quotes_inside: bool) -> (Shape, BTreeMap<Fault, Tally>) {
    let mut look =
        Look { bytes, delimiter, quotes_inside, at: 0, line: 1, broken: 0, shape: Shape::default(), faults: BTreeMap::new() };
    while look.at < bytes.len() && look.broken < ENOUGH {
        look.row();
    }
    (look.shape, look.faults)
}

struct Look<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    quotes_inside: bool,
    /// Where the next row begins, and its line.
    at: usize,
    line: u32,
    broken: u32,
    shape: Shape,
    faults: BTreeMap<Fault, Tally>,
}

impl Look<'_> {
    fn fault(&mut self, fault: Fault, line: u32) {
        self.faults.entry(fault).or_default().add(line);
    }

    fn row(&mut self) {
        let end = memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |length| self.at + length);
        let row = &self.bytes[self.at..end];
        if memchr(b'"', row).is_some() {
            self.quoted_row();
            return;
        }
        let text = if end < self.bytes.len() { row.strip_suffix(b"\r").unwrap_or(row) } else { row };
        if memchr(b'\r', text).is_some() {
            self.fault(Fault::BareCr, self.line);
        }
        if !text.is_empty() {
            let fields = memchr_iter(self.delimiter, text).count() + 1;
            self.shape.add(self.line, fields, text, self.delimiter);
        }
        self.at = end + 1;
        self.line = self.line.saturating_add(1);
    }

    /// A row with quotes, which may go over several lines.
    fn quoted_row(&mut self) {
        let (begin, first_line) = (self.at, self.line);
        let (mut at, mut line, mut fields) = (begin, first_line, 1);
        loop {
            // At the beginning of a field.
            if self.bytes.get(at) == Some(&b'"') {
                let (opened, opened_line) = (at, line);
                match self.closing(at + 1, &mut line) {
                    None => return self.after(opened, opened_line, Fault::Unclosed),
                    Some(closed) => at = closed,
                }
                let rest = &self.bytes[at..];
                if !matches!(rest.first(), None | Some(b'\n' | b'\r')) && rest.first() != Some(&self.delimiter) {
                    return self.after(opened, opened_line, Fault::AfterQuote);
                }
            }
            // The rest of the field: nothing behind a closing quote, else text without quotes.
            loop {
                match self.bytes.get(at) {
                    Some(b'"') if !self.quotes_inside => return self.after(at, line, Fault::QuoteInside),
                    Some(b'\r') if self.bytes.get(at + 1) != Some(&b'\n') => {
                        // Meant as the end of a row.
                        self.fault(Fault::BareCr, line);
                        fields = 0;
                        break;
                    }
                    Some(b'\n') | None => {
                        let row = &self.bytes[begin..at.min(self.bytes.len())];
                        self.shape.add(first_line, fields, row, self.delimiter);
                        (self.at, self.line) = (at + 1, line.saturating_add(1));
                        return;
                    }
                    Some(b) if *b == self.delimiter => break,
                    Some(_) => {}
                }
                at += 1;
            }
            at += 1;
            fields += 1;
        }
    }

    /// Where the text behind the closing quote begins.
    fn closing(&self, mut at: usize, line: &mut u32) -> Option<usize> {
        loop {
            at += memchr2(b'"', b'\n', self.bytes.get(at..)?)?;
            match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'\n', _) => *line = line.saturating_add(1),
                (_, Some(b'"')) => at += 1,
                _ => return Some(at + 1),
            }
            at += 1;
        }
    }

    /// Goes on behind the line in which something is wrong.
    fn after(&mut self, at: usize, line: u32, fault: Fault) {
        self.fault(fault, line);
        self.broken += u32::from(fault != Fault::QuoteInside);
        let end = memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length);
        (self.at, self.line) = (end + 1, line.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, delimiter: u8) -> Vec<(Fault, u32, Vec<u32>)> {
        let (_, faults) = look(text.as_bytes(), delimiter, delimiter == b'\t');
        faults.into_iter().map(|(fault, tally)| (fault, tally.rows, tally.first)).collect()
    }

    #[test]
    fn sound_files_have_no_fault() {
        for text in [
            "a,b\n1,2\n",
            "a,b\r\n1,2\r\n",
            "a,b\n1,2",
            "\"a\",\"b\"\r\n\"1\",\"2\"\r\n",
            "a,\"b,\"\"c\"\"\n\nd\"\n",
            "a,\"\"\n",
            "a,\"\r\"\n",
            "\"\"\"\",b\n",
            "\n\r\n\na,b\n",
            "",
        ] {
            assert_eq!(faults(text, b','), [], "{text:?}");
        }
        assert_eq!(faults("a\t6\"\t\"b\"\"c\"\n", b'\t'), []);
    }

    #[test]
    fn each_fault_is_told_with_the_row_where_it_begins() {
        use Fault::{AfterQuote, BareCr, QuoteInside, Unclosed};
        for (text, fault, rows) in [
            ("a,b\n1,\"2\n3,4\n5,6\n", Unclosed, vec![2]),
            ("a,b\n1,2\n\"", Unclosed, vec![3]),
            ("a,b\n\"1\n2\",\"3\n", Unclosed, vec![3]),
            ("a,b\n1,\"2\"\"\n", Unclosed, vec![2]),
            ("a,b\n1,\"2\"x\n3,4\n5,\"6\" \n", AfterQuote, vec![2, 4]),
            ("a,b\n1,\"2\n3\"4\n", AfterQuote, vec![2]),
            ("\"a\",\"b\"\r\"1\",\"2\"\r", BareCr, vec![1]),
            ("a,b\n1,\"2\"\r3,4\n", BareCr, vec![2]),
            ("a,b\n1,5\"x\n6\"\",7\n", QuoteInside, vec![2, 3]),
            ("a,b\n1, \"2\"\n", QuoteInside, vec![2]),
            ("a,b\r1,2\r", BareCr, vec![1]),
            ("a,b\n1,2\r3\n4,5\n6\r,7\r\n", BareCr, vec![2, 4]),
            ("a,b\n1,2\r", BareCr, vec![2]),
            ("a,b\n\"1\",2\r3\n", BareCr, vec![2]),
        ] {
            let count = u32::try_from(rows.len()).unwrap();
            assert!(faults(text, b',').contains(&(fault, count, rows.clone())), "{text:?} {:?}", faults(text, b','));
        }
    }

    #[test]
    fn a_file_of_broken_quotes_is_not_looked_at_for_ever() {
        let text = "a,b\n".to_owned() + &"1,\"2\"x\n".repeat(100_000);
        let told = faults(&text, b',');
        assert_eq!(told, [(Fault::AfterQuote, ENOUGH, vec![2, 3, 4, 5, 6])]);
    }

    #[test]
    fn rows_of_another_length_than_the_header() {
        let ragged = |text: &str, header| look(text.as_bytes(), b',', false).0.ragged(header);
        assert_eq!(ragged("表題\n\na,b,c\n1,2,3\n\n4,5,6\n", 3), None);
        assert_eq!(ragged("a,b,c\n,\n  \n\"\",\n1,2,3\n", 1), None);
        assert_eq!(ragged(&("a,b,c\n".to_owned() + &"1,2,3\n".repeat(100) + ",\n \n"), 1), None);
        assert_eq!(ragged("\n\n,,,\n1,2\n", 3).unwrap().first, [(4, 2)]);
        let long: String = "1,2,3\n".repeat(100) + "1,2\n" + &"1,2,3\n".repeat(3) + "1,2,3,4\n1,\"x\ny\"\n1\n1\n1\n1\n";
        let told = ragged(&format!("a,b,c\n{long}"), 1).unwrap();
        assert_eq!((told.wanted, told.rows), (3, 7));
        assert_eq!(told.first, [(102, 2), (106, 4), (107, 2), (109, 1), (110, 1)]);
        assert_eq!(ragged("a,b\n1\n1,2\n3,4,5\n", 1).unwrap().first, [(2, 1), (4, 3)]);
        assert_eq!(ragged("a,b\n1\n1,2\n3,4,5\n", 3).unwrap().first, [(4, 3)]);
    }
}
