//! ods, cell by cell: a row or cell that is said to be repeated a million times costs nothing as long as it is empty.

use crate::read::Cell;
use crate::read::grid::{Filled, Grid, MOST_CELLS, Refused};
use crate::read::moment;
use crate::read::package::{Archive, Problem};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

/// Spaces that one element may stand for.
const MOST_SPACES: usize = 1000;
/// Largest manifest that is looked at.
const MOST_MANIFEST: u64 = 1 << 20;

/// One sheet.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) hidden: bool,
    pub(super) rows: Vec<Filled>,
}

/// The sheets, of at most so many cells together.
pub(super) fn tables(archive: &mut Archive<'_>, cells: usize) -> Result<Vec<Table>, Problem> {
    if let Ok(manifest) = archive.by_name("META-INF/manifest.xml") {
        let mut text = Vec::new();
        manifest.take(MOST_MANIFEST).read_to_end(&mut text).map_err(|_| Problem::ZIP)?;
        if memchr::memmem::find(&text, b"encryption-data").is_some() {
            return Err(Problem::Protected);
        }
    }
    let content = archive.by_name("content.xml").map_err(|_| Problem::PART)?;
    let mut reader = Reader::from_reader(BufReader::new(content));
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    let mut book = Book { left: cells, ..Book::default() };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Problem::XML)? {
            Event::Start(tag) if tag.name().as_ref() == "table:table" => book.table(&mut reader, &tag)?,
            Event::Start(tag) => book.style(&tag)?,
            Event::Eof => return Ok(book.tables),
            Event::End(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

#[derive(Default)]
struct Book {
    tables: Vec<Table>,
    /// The style that is being told, and those that hide a sheet.
    style: Option<String>,
    hiding: BTreeSet<String>,
    left: usize,
}

impl Book {
    fn style(&mut self, tag: &BytesStart<'_>) -> Result<(), Problem> {
        match tag.name().as_ref() {
            "style:style" => self.style = value(tag, "style:name")?.map(Cow::into_owned),
            "style:table-properties" if value(tag, "table:display")?.as_deref() == Some("false") => {
                self.hiding.extend(self.style.clone());
            }
            _ => {}
        }
        Ok(())
    }

    fn table<R: BufRead>(&mut self, reader: &mut Reader<R>, tag: &BytesStart<'_>) -> Result<(), Problem> {
        let name = value(tag, "table:name")?.unwrap_or_default().into_owned();
        let hidden = value(tag, "table:style-name")?.is_some_and(|style| self.hiding.contains(style.as_ref()));
        let mut grid = Grid::new(self.left);
        let (mut row, mut buffer) = (0_u32, Vec::new());
        // Tables inside tables hold no rows of this one.
        let mut inside = 0_u32;
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer).map_err(|_| Problem::XML)? {
                Event::Start(tag) => match tag.name().as_ref() {
                    "table:table" => inside += 1,
                    "table:table-row" if inside == 0 => {
                        let times = repeated(&tag, "table:number-rows-repeated")?;
                        let cells = cells(reader)?;
                        put(&mut grid, (row, times), &cells)?;
                        row = row.saturating_add(times);
                    }
                    _ => {}
                },
                Event::End(tag) if tag.name().as_ref() == "table:table" => match inside.checked_sub(1) {
                    Some(outer) => inside = outer,
                    None => break,
                },
                Event::Eof => return Err(Problem::XML),
                Event::End(_)
                | Event::Empty(_)
                | Event::Text(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_) => {}
            }
        }
        let (rows, left) = grid.finish();
        self.left = left;
        self.tables.push(Table { name, hidden, rows });
        Ok(())
    }
}

/// Puts cells into one row or several of them.
fn put(grid: &mut Grid, (first, rows): (u32, u32), cells: &[(u32, u32, Cell)]) -> Result<(), Problem> {
    let filled: u64 = cells.iter().map(|(_, times, _)| u64::from(*times)).sum();
    if filled.saturating_mul(u64::from(rows)) > MOST_CELLS as u64 {
        return Err(Refused::TooMany.into());
    }
    let many = |from: u32, times: u32| from..from.saturating_add(if cells.is_empty() { 0 } else { times });
    for row in many(first, rows) {
        for (column, times, cell) in cells {
            for column in many(*column, *times) {
                grid.put(row, column, cell.clone())?;
            }
        }
    }
    Ok(())
}

/// The filled cells of one row: first column, how many times, what is in it.
fn cells<R: BufRead>(reader: &mut Reader<R>) -> Result<Vec<(u32, u32, Cell)>, Problem> {
    let (mut found, mut column, mut buffer) = (Vec::new(), 0_u32, Vec::new());
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Problem::XML)? {
            Event::Start(tag) if matches!(tag.name().as_ref(), "table:table-cell" | "table:covered-table-cell") => {
                let times = repeated(&tag, "table:number-columns-repeated")?;
                let cell = cell(reader, &tag)?;
                if cell != Cell::Empty {
                    found.push((column, times, cell));
                }
                column = column.saturating_add(times);
            }
            Event::End(tag) if tag.name().as_ref() == "table:table-row" => return Ok(found),
            Event::Eof => return Err(Problem::XML),
            Event::Start(_)
            | Event::End(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// One cell; the reader stands behind it afterwards.
fn cell<R: BufRead>(reader: &mut Reader<R>, tag: &BytesStart<'_>) -> Result<Cell, Problem> {
    let number = |text: Option<Cow<'_, str>>| {
        let number = text.and_then(|text| text.trim().parse().ok()).filter(|number: &f64| number.is_finite());
        number.map_or_else(|| Cell::Bad("数でない値".to_owned()), Cell::Number)
    };
    let error = value(tag, "calcext:value-type")?.as_deref() == Some("error");
    let typed = match value(tag, "office:value-type")?.as_deref() {
        Some("float" | "percentage" | "currency") => Some(number(value(tag, "office:value")?)),
        Some("date") => Some(moment::iso(&value(tag, "office:date-value")?.unwrap_or_default())),
        Some("time") => Some(Cell::Bad("時刻のセル".to_owned())),
        Some("boolean") => {
            let truth = value(tag, "office:boolean-value")?.is_some_and(|truth| truth.eq_ignore_ascii_case("true"));
            Some(Cell::Text(if truth { "TRUE" } else { "FALSE" }.to_owned()))
        }
        Some("string") => value(tag, "office:string-value")?.map(Cell::of_text),
        Some(_) => Some(Cell::Bad("知らない種類のセル".to_owned())),
        None if value(tag, "table:formula")?.is_some() => Some(Cell::Bad("値が保存されていない数式".to_owned())),
        None => None,
    };
    let text = text(reader, tag.name().as_ref())?;
    Ok(if error {
        Cell::Bad(format!("エラー値 {text}").trim_end().to_owned())
    } else {
        typed.unwrap_or_else(|| Cell::of_text(text.into()))
    })
}

/// The paragraphs of a cell, without notes and drawings.
fn text<R: BufRead>(reader: &mut Reader<R>, cell: &str) -> Result<String, Problem> {
    let (mut text, mut buffer) = (String::new(), Vec::new());
    // Depth inside of a note or a drawing; paragraphs so far, and whether one is open.
    let (mut aside, mut paragraphs, mut open) = (0_u32, 0_u32, false);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Problem::XML)? {
            Event::Start(tag) => match tag.name().as_ref() {
                _ if aside > 0 => aside += 1,
                name if name == "office:annotation" || name.starts_with("draw:") || name.starts_with("table:") => aside = 1,
                "text:p" => {
                    if paragraphs > 0 {
                        text.push('\n');
                    }
                    paragraphs += 1;
                    open = true;
                }
                "text:s" => {
                    let count = value(&tag, "text:c")?.map_or(Some(1), |count| count.trim().parse().ok());
                    let count = count.filter(|count| *count <= MOST_SPACES).ok_or(Problem::FORM)?;
                    text.extend(std::iter::repeat_n(' ', count));
                }
                "text:tab" => text.push('\t'),
                "text:line-break" => text.push('\n'),
                _ => {}
            },
            Event::End(_) if aside > 0 => aside -= 1,
            Event::End(tag) if tag.name().as_ref() == cell => return Ok(text),
            Event::End(tag) if tag.name().as_ref() == "text:p" => open = false,
            Event::Text(part) if aside == 0 && open => text.push_str(&part.xml10_content()),
            Event::CData(part) if aside == 0 && open => text.push_str(&part.xml10_content()),
            Event::GeneralRef(part) if aside == 0 && open => {
                let letter = part.resolve_char_ref().map_err(|_| Problem::XML)?;
                match letter {
                    Some(letter) => text.push(letter),
                    None => text.push_str(quick_xml::escape::resolve_xml_entity(part.as_ref()).ok_or(Problem::XML)?),
                }
            }
            Event::Eof => return Err(Problem::XML),
            Event::End(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// An attribute's value.
fn value<'t>(tag: &'t BytesStart<'_>, name: &str) -> Result<Option<Cow<'t, str>>, Problem> {
    let attribute = tag.try_get_attribute(name).map_err(|_| Problem::XML)?;
    attribute.map(|attribute| attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| Problem::XML)).transpose()
}

/// How often a row or a cell stands there.
fn repeated(tag: &BytesStart<'_>, name: &str) -> Result<u32, Problem> {
    value(tag, name)?.map_or(Ok(1), |times| times.trim().parse().map_err(|_| Problem::FORM))
}
