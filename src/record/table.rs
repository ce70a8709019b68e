//! Tables for the office's spreadsheet: CSV with CRLF, quoted where it is needed.

use csv::{Terminator, WriterBuilder};

/// A text in quotes, whatever it holds: a spreadsheet takes nothing in it for a number or a day.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Rows as lines; cells may hold anything.
#[must_use]
pub fn lines<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    // Memory takes everything, rows of one width have no other error, and what is UTF-8 stays so.
    rows.into_iter().for_each(|row| drop(writer.write_record(row)));
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_it_is_needed() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        assert_eq!(lines([row(["a", "b,c", "d\"e"]), row(["1", "", "f\ng"])]), "a,\"b,c\",\"d\"\"e\"\r\n1,,\"f\ng\"\r\n");
        assert_eq!(quoted("d\"e"), "\"d\"\"e\"");
    }
}
