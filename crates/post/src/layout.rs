//! 郵便CSVのレイアウト: `layouts/postal/*.toml` → bytes of header and rows, and back (postal.md d, characters.md §1.7).
//!
//! A layout never cuts: a field that is too long goes on in the column the layout names, or the person is held.

use crate::row::{Field, PostalRow};
use encoding_rs::SHIFT_JIS;
use kansho_chars::Overrides;
use kansho_chars::repertoire::{Profile, bytes, user_defined_bytes};
use kansho_chars::unit::units;
use kansho_core::diag::settings;
use kansho_core::diag::{Code, Diagnostic, Failure};
use kansho_core::folder::Folder;
use serde::Deserialize;

/// One shop's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// What the layout is called.
    pub name: String,
    /// Repertoire of the file.
    #[serde(default)]
    encoding: Encoding,
    shape: Shape,
    header: bool,
    #[serde(default)]
    quoting: Quoting,
    #[serde(default)]
    line_end: LineEnd,
    #[serde(rename = "column")]
    columns: Vec<Column>,
    #[serde(skip)]
    gaiji: Overrides,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Cp932,
    JisX0208,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Csv,
    Tsv,
    Fixed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Quoting {
    #[default]
    Always,
    Necessary,
    Never,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LineEnd {
    #[default]
    Crlf,
    Lf,
    None,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    title: String,
    field: Option<Field>,
    constant: Option<String>,
    width: Option<usize>,
    overflow: Option<String>,
}

impl Layout {
    /// Reads and checks a layout.
    ///
    /// # Errors
    /// [`Failure::Io`] when the file cannot be read, [`Failure::Usage`] when it is not a layout.
    pub fn load(folder: &Folder, name: &str) -> Result<Self, Failure> {
        let text = folder.text("レイアウトを読めません", name)?;
        Self::parse(&text).map_err(|why| Failure::settings(name, why))
    }

    /// Reads a layout from its text.
    ///
    /// # Errors
    /// What is wrong with it, in Japanese.
    pub fn parse(text: &str) -> Result<Self, String> {
        let layout: Self = settings::read(text)?;
        if layout.columns.is_empty() {
            return Err("列がありません".to_owned());
        }
        for (index, column) in layout.columns.iter().enumerate() {
            let title = &column.title;
            if column.field.is_some() && column.constant.is_some() {
                return Err(format!("列「{title}」に field と constant の両方があります"));
            }
            if layout.columns.iter().skip(index + 1).any(|c| c.title == *title) {
                return Err(format!("列「{title}」が二つあります"));
            }
            if layout.shape == Shape::Fixed && column.width.is_none() {
                return Err(format!("固定長の列「{title}」に width がありません"));
            }
            if layout.shape != Shape::Fixed && matches!(layout.line_end, LineEnd::None) {
                return Err("line_end = \"none\" は固定長だけで使えます".to_owned());
            }
            if let Some(next) = &column.overflow
                && !layout.columns.iter().skip(index + 1).any(|c| c.title == *next)
            {
                return Err(format!("列「{title}」のあふれ先「{next}」が後ろにありません"));
            }
        }
        Ok(layout)
    }

    /// The same layout with the office's decisions: a 外字 marked `send` is passed on with its CP932 code.
    #[must_use]
    pub fn with_gaiji(mut self, gaiji: Overrides) -> Self {
        self.gaiji = gaiji;
        self
    }

    /// Whether a column shows a field.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|column| column.field == Some(field))
    }

    /// Bytes of the narrowest column that shows a field, where it has a width.
    #[must_use]
    pub fn width_of(&self, field: Field) -> Option<usize> {
        self.columns.iter().filter(|column| column.field == Some(field)).filter_map(|column| column.width).min()
    }

    /// The repertoire of the file.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        match self.encoding {
            Encoding::Cp932 => Profile::Cp932,
            Encoding::JisX0208 => Profile::JisX0208,
        }
    }

    /// The header line; empty when the layout has none.
    ///
    /// # Errors
    /// A title that the repertoire or the width does not hold.
    pub fn header_bytes(&self) -> Result<Vec<u8>, Vec<Diagnostic>> {
        if !self.header {
            return Ok(Vec::new());
        }
        let titles: Vec<String> = self.columns.iter().map(|c| c.title.clone()).collect();
        self.line(&titles)
    }

    /// The line of one piece.
    ///
    /// # Errors
    /// Every field that is too long, holds a character the file lacks, or starts like a formula; the person is held.
    pub fn row(&self, row: &PostalRow) -> Result<Vec<u8>, Vec<Diagnostic>> {
        self.line(&self.cells(row)?)
    }

    /// The row as a correct file gives it back: with what went on in another column there.
    ///
    /// # Errors
    /// As [`Layout::row`].
    pub fn as_read(&self, row: &PostalRow) -> Result<PostalRow, Vec<Diagnostic>> {
        Ok(self.taken(self.cells(row)?.iter().map(String::as_str)))
    }

    /// The cell texts of one piece, in column order.
    fn cells(&self, row: &PostalRow) -> Result<Vec<String>, Vec<Diagnostic>> {
        let text = |c: &Column| c.field.map_or_else(|| c.constant.clone().unwrap_or_default(), |f| row.get(f));
        let mut cells: Vec<String> = self.columns.iter().map(text).collect();
        let mut found = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let cell = cells.get(index).cloned().unwrap_or_default();
            if column.field.is_some() && starts_like_a_formula(&cell) {
                let message = format!("列「{}」が、表計算ソフトで数式とみなされる文字で始まります", column.title);
                let problem = Diagnostic::new(Code::FieldFormula, message);
                found.push(if column.field == Some(Field::Building) { problem.hint(BUILDING_HINT) } else { problem });
            }
            let Some(width) = column.width.filter(|w| self.length(&cell) > *w) else { continue };
            let target = column.overflow.as_ref().and_then(|t| self.columns.iter().position(|c| c.title == *t));
            let Some((target, (fits, rest))) = target.and_then(|t| Some((t, self.broken(&cell, width)?))) else {
                let message = format!("列「{}」は{width}バイトまでですが、{}バイトあります", column.title, self.length(&cell));
                found.push(Diagnostic::new(Code::FieldTooLong, message));
                continue;
            };
            let (fits, rest) = (fits.to_owned(), rest.to_owned());
            if let Some(next) = cells.get_mut(target) {
                *next = if next.is_empty() { rest } else { format!("{rest}\u{3000}{next}") };
            }
            if let Some(cell) = cells.get_mut(index) {
                *cell = fits;
            }
        }
        if found.is_empty() { Ok(cells) } else { Err(found) }
    }

    /// The longest beginning that fits and what goes on: behind a blank when there is one, never inside a number or a unit, and never
    /// so that what goes on looks like a formula.
    fn broken<'a>(&self, text: &'a str, width: usize) -> Option<(&'a str, &'a str)> {
        let (mut at, mut length, mut last, mut blank) = (0, 0, None, None);
        let mut before = '\u{3000}';
        let goes_on = |at: usize| !text.get(at..).is_some_and(|rest| starts_like_a_formula(rest.trim_start()));
        for unit in units(text) {
            let digits = is_number(before) && is_number(unit.base);
            if at > 0 && !digits && goes_on(at) {
                last = Some(at);
            }
            length += self.length(unit.text);
            if length > width {
                break;
            }
            at += unit.text.len();
            if unit.base.is_whitespace() && goes_on(at) {
                blank = Some(at);
            }
            before = unit.base;
        }
        let (fits, rest) = text.split_at_checked(blank.or(last)?)?;
        Some((fits.trim_end(), rest))
    }

    /// Bytes of a text in the file: a character that the file lacks counts two.
    fn length(&self, text: &str) -> usize {
        text.chars().map(|c| self.encoded(c).map_or(2, |b| b.len())).sum()
    }

    fn encoded(&self, c: char) -> Option<Vec<u8>> {
        let sent = || self.gaiji.get(&c.to_string()).is_some_and(|o| o.send) && self.profile() == Profile::Cp932;
        bytes(c, self.profile()).or_else(|| user_defined_bytes(c).filter(|_| sent()).map(|b| b.to_vec()))
    }

    fn line(&self, cells: &[String]) -> Result<Vec<u8>, Vec<Diagnostic>> {
        let (mut line, mut found) = (Vec::new(), Vec::new());
        for (index, (cell, column)) in cells.iter().zip(&self.columns).enumerate() {
            let mut code = Vec::with_capacity(cell.len());
            for c in cell.chars() {
                match self.encoded(c) {
                    Some(bytes) => code.extend(bytes),
                    None => found.push(Diagnostic::new(
                        Code::CharacterUnmappable,
                        format!("列「{}」の文字 U+{:04X} はこのファイルに書けません", column.title, u32::from(c)),
                    )),
                }
            }
            if self.shape == Shape::Fixed {
                let width = column.width.unwrap_or(0);
                if code.len() > width {
                    let message = format!("列「{}」は{width}バイトまでですが、{}バイトあります", column.title, code.len());
                    found.push(Diagnostic::new(Code::FieldTooLong, message));
                }
                code.resize(width.max(code.len()), b' ');
                line.extend(code);
                continue;
            }
            if index > 0 {
                line.push(self.separator());
            }
            // Second bytes of Shift_JIS start at 0x40: no quote or separator hides in a character.
            let special = |b: &u8| matches!(b, b'"' | b',' | b'\t');
            let needs = code.iter().any(special) || cell.starts_with([' ', '\u{3000}']) || cell.ends_with([' ', '\u{3000}']);
            match self.quoting {
                Quoting::Never if needs => found.push(Diagnostic::new(
                    Code::CharacterUnmappable,
                    format!("列「{}」に区切り文字・引用符・端の空白があり、引用符なしでは書けません", column.title),
                )),
                Quoting::Always => line.extend(quoted(&code)),
                Quoting::Necessary if needs => line.extend(quoted(&code)),
                Quoting::Necessary | Quoting::Never => line.extend(code),
            }
        }
        line.extend_from_slice(self.line_end().as_bytes());
        if found.is_empty() { Ok(line) } else { Err(found) }
    }

    /// What stands behind each row; nothing in a file of fixed width.
    #[must_use]
    pub const fn line_end(&self) -> &'static str {
        match self.line_end {
            LineEnd::Crlf => "\r\n",
            LineEnd::Lf => "\n",
            LineEnd::None => "",
        }
    }

    /// Bytes of a row of fixed width, without its end.
    #[must_use]
    pub fn row_width(&self) -> usize {
        self.columns.iter().filter_map(|c| c.width).sum()
    }

    const fn separator(&self) -> u8 {
        match self.shape {
            Shape::Tsv => b'\t',
            Shape::Csv | Shape::Fixed => b',',
        }
    }

    /// Reads a whole file of this layout back, strictly.
    ///
    /// # Errors
    /// [`Failure::Declined`] when the bytes are not a file of this layout: encoding, header, number of columns.
    pub fn read(&self, file: &[u8]) -> Result<Vec<PostalRow>, Failure> {
        let declined = |why: String| Failure::Declined(format!("郵便CSV（{}）: {why}", self.name));
        if self.shape == Shape::Fixed {
            return self.read_fixed(file).ok_or_else(|| declined("固定長の行として読めません".to_owned()));
        }
        let text = SHIFT_JIS
            .decode_without_bom_handling_and_without_replacement(file)
            .ok_or_else(|| declined("Shift_JIS として読めません".to_owned()))?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator())
            .quoting(self.quoting != Quoting::Never)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for (index, record) in reader.records().enumerate() {
            let number = index + 1;
            let record = record.map_err(|e| declined(format!("{number}行: {e}")))?;
            if record.len() != self.columns.len() {
                return Err(declined(format!("{number}行: {}列のはずが{}列あります", self.columns.len(), record.len())));
            }
            if self.header && index == 0 {
                if !record.iter().eq(self.columns.iter().map(|c| c.title.as_str())) {
                    return Err(declined("見出しが違います".to_owned()));
                }
                continue;
            }
            rows.push(self.taken(record.iter()));
        }
        Ok(rows)
    }

    fn read_fixed(&self, file: &[u8]) -> Option<Vec<PostalRow>> {
        let (end, width) = (self.line_end().len(), self.row_width());
        let mut rows = Vec::new();
        let lines = file.chunks(width + end).skip(usize::from(self.header));
        for line in lines {
            let mut rest = line.get(..width)?;
            let mut cells = Vec::new();
            for column in &self.columns {
                let (cell, behind) = rest.split_at_checked(column.width?)?;
                cells.push(SHIFT_JIS.decode_without_bom_handling_and_without_replacement(cell)?.trim_end_matches(' ').to_owned());
                rest = behind;
            }
            rows.push(self.taken(cells.iter().map(String::as_str)));
        }
        Some(rows)
    }

    fn taken<'a>(&self, cells: impl Iterator<Item = &'a str>) -> PostalRow {
        let mut row = PostalRow::default();
        for (column, cell) in self.columns.iter().zip(cells) {
            if let Some(field) = column.field {
                row.set(field, cell);
            }
        }
        row
    }
}

/// A 方書 is often a room or a name with a sign: what to register instead.
const BUILDING_HINT: &str = "部屋番号なら、はじめの記号を取るか建物名から書いて（例: 「-101」は「101号室」）登録し直してください。建物の名の一部なら、読みで（例: 「@」は「アット」）登録し直してください";

fn quoted(code: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in code {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
    out
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c) || matches!(c, '-' | '－')
}

/// CWE-1236. No name, address or postal code may start like this; the bytes are never altered, the person is held.
fn starts_like_a_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}
