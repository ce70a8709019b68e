//! The peers' benchmark letter: `peer_letter PEOPLE.csv OUT.pdf`.
//!
//! One A4 page a person: 28 fixed lines, 12 variable lines, a ruled table and a customer barcode, as every other engine of the
//! comparison draws it. The file is held in memory and parsed twice (characters, then pages), so that no page is held longer than
//! its batch.

#![allow(clippy::print_stderr, reason = "a program for the terminal")]

use kansho_core::diag::Failure;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Area, Face, Item, Page, Text};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pdf::{Charset, Info, PAGES_PER_NODE, PdfWriter};
use rayon::prelude::*;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

const LETTER: &str = include_str!("letter.json");

#[derive(serde::Deserialize)]
struct Spec {
    page: [Mm; 2],
    #[serde(rename = "static")]
    fixed: Vec<Fixed>,
    /// Ends, and the width in points.
    lines: Vec<(Mm, Mm, Mm, Mm, Pt)>,
    vars: Vec<Variable>,
    table: Table,
    barcode: Barcode,
}

#[derive(serde::Deserialize)]
struct Fixed {
    x: Mm,
    y: Mm,
    size: Pt,
    t: String,
}

#[derive(serde::Deserialize)]
struct Variable {
    x: Mm,
    y: Mm,
    size: Pt,
    f: String,
}

#[derive(serde::Deserialize)]
struct Table {
    x: [Mm; 4],
    y: Mm,
    row_h: Mm,
    size: Pt,
    rows: usize,
}

#[derive(serde::Deserialize)]
struct Barcode {
    x: Mm,
    y: Mm,
    pitch: Mm,
    w: Mm,
    long: Mm,
    semi: Mm,
    timing: Mm,
}

/// A cell of the letter: column of the file, place, size.
struct Cell {
    column: usize,
    x: Mm,
    y: Mm,
    size: Pt,
}

/// The letter with its columns found.
struct Plan<'a> {
    fonts: &'a Fonts,
    spec: &'a Spec,
    fixed: Arc<Vec<Item>>,
    cells: Vec<Cell>,
    barcode: usize,
}

impl<'a> Plan<'a> {
    fn new(fonts: &'a Fonts, spec: &'a Spec, columns: &csv::StringRecord) -> Result<Self, Failure> {
        let column =
            |name: &str| columns.iter().position(|c| c == name).ok_or_else(|| Failure::Usage(format!("列がありません: {name}")));
        let mut cells = Vec::new();
        for variable in &spec.vars {
            cells.push(Cell { column: column(&variable.f)?, x: variable.x, y: variable.y, size: variable.size });
        }
        let mut y = spec.table.y;
        for row in 1..=spec.table.rows {
            for (name, x) in ["v", "d", "f", "t"].iter().zip(spec.table.x) {
                cells.push(Cell { column: column(&format!("{name}{row}"))?, x, y, size: spec.table.size });
            }
            y += spec.table.row_h;
        }
        let mut items = Vec::new();
        for line in &spec.fixed {
            set(fonts, &line.t, line.x, line.y, line.size, &mut items);
        }
        for &(x1, y1, x2, y2, width) in &spec.lines {
            items.push(Item::Rule { x1, y1, x2, y2, width: width.mm(), dash: Mm::ZERO });
        }
        Ok(Self { fonts, spec, fixed: Arc::new(items), cells, barcode: column("barcode")? })
    }

    fn characters(&self, record: &csv::StringRecord, charset: &mut Charset) {
        for cell in &self.cells {
            let text = record.get(cell.column).unwrap_or_default();
            runs(self.fonts, text, |face, part| charset.add_text(face, part));
        }
    }

    fn page(&self, record: &csv::StringRecord) -> Page {
        let mut items = Vec::with_capacity(self.cells.len() + 2);
        items.push(Item::Shared { x: Mm::ZERO, y: Mm::ZERO, group: Arc::clone(&self.fixed) });
        for cell in &self.cells {
            set(self.fonts, record.get(cell.column).unwrap_or_default(), cell.x, cell.y, cell.size, &mut items);
        }
        items.push(Item::Bars(bars(&self.spec.barcode, record.get(self.barcode).unwrap_or_default())));
        Page { width: self.spec.page[0], height: self.spec.page[1], bleed: Mm::ZERO, items }
    }
}

/// The stretches of a text by face: the text face, or for a name it lacks a character of, the name face.
fn runs<'t>(fonts: &Fonts, text: &'t str, mut each: impl FnMut(Face, &'t str)) {
    match fonts.name_face(text) {
        Ok(found) if found.face == Face::Text => each(Face::Text, text),
        Ok(found) => fonts.runs(found.face, text).into_iter().for_each(|(face, part)| each(face, part)),
        Err(_) => each(Face::Text, text), // refused by the writer, which names the character
    }
}

fn set(fonts: &Fonts, text: &str, x: Mm, y: Mm, size: Pt, items: &mut Vec<Item>) {
    if text.is_empty() {
        return;
    }
    let mut at = x;
    runs(fonts, text, |face, part| {
        items.push(Item::Text(Text { x: at, y, size, scale: 1.0, spacing: Mm::ZERO, face, text: Arc::from(part) }));
        if part.len() < text.len() {
            at += fonts.measure(face, part, size);
        }
    });
}

/// Bars 1 = long, 2 = upper half, 3 = lower half, 4 = timing.
fn bars(spec: &Barcode, code: &str) -> Arc<[Area]> {
    let mut x = spec.x - spec.pitch;
    code.bytes()
        .map(|kind| {
            x += spec.pitch;
            let (rise, h) = match kind {
                b'1' => (Mm::ZERO, spec.long),
                b'2' => (spec.long - spec.semi, spec.semi),
                b'3' => (Mm::ZERO, spec.semi),
                _ => ((spec.long - spec.timing) / 2.0, spec.timing),
            };
            Area { x, y: spec.y + spec.long - rise - h, w: spec.w, h }
        })
        .collect()
}

/// Cuts the rows behind the heading into batches of at most one node of pages; a line feed between quotes ends no row.
fn batches(rows: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut start, mut end, mut count, mut quoted) = (Vec::new(), 0, 0, 0, false);
    for line in rows.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        quoted ^= line.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
        count += usize::from(!quoted);
        if count == PAGES_PER_NODE {
            found.push(&rows[start..end]);
            (start, count) = (end, 0);
        }
    }
    if start < rows.len() {
        found.push(&rows[start..]);
    }
    found
}

/// The rows of a batch.
fn each_row(batch: &[u8], mut each: impl FnMut(&csv::StringRecord)) -> Result<(), csv::Error> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(batch);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        each(&record);
    }
    Ok(())
}

fn run(people: &Path, out: &Path) -> Result<(), Failure> {
    let fonts = Fonts::load(&kansho_core::folder::Folder::find()?.place("fonts"))?;
    let spec: Spec = serde_json::from_str(LETTER).map_err(|error| Failure::Usage(error.to_string()))?;
    let refuse = |error: csv::Error| Failure::Usage(format!("{}: {error}", people.display()));
    let bytes = std::fs::read(people).map_err(|source| Failure::io("読めません", people, source))?;
    let heading = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let columns = csv::Reader::from_reader(&bytes[..heading]).headers().cloned().map_err(refuse)?;
    let batches = batches(&bytes[heading..]);
    let plan = Plan::new(&fonts, &spec, &columns)?;

    let mut charset = Charset::new();
    charset.add_page(&Page { width: Mm::ZERO, height: Mm::ZERO, bleed: Mm::ZERO, items: plan.fixed.to_vec() });
    let characters = |part: &[&[u8]]| {
        let mut found = Charset::new();
        part.iter().try_for_each(|batch| each_row(batch, |record| plan.characters(record, &mut found))).map(|()| found)
    };
    for found in
        batches.par_chunks(batches.len().div_ceil(8).max(1)).map(characters).collect::<Result<Vec<_>, _>>().map_err(refuse)?
    {
        charset.merge(&found);
    }

    let info = Info {
        title: "定期予防接種のお知らせ".to_owned(),
        as_of: chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap_or_default(),
        run: "peer-letter".to_owned(),
        standard: kansho_paper::pdf::Standard::default(),
    };
    let file = std::fs::File::create(out).map_err(|source| Failure::io("PDFを書けません", out, source))?;
    let mut writer = PdfWriter::new(BufWriter::with_capacity(1 << 20, file), &fonts, &charset, &info)?;
    // While one batch is drawn and written the next one is composed.
    let compose = |batch: Option<&&[u8]>| -> Result<Vec<Page>, csv::Error> {
        let mut pages = Vec::with_capacity(PAGES_PER_NODE);
        batch.map_or(Ok(()), |batch| each_row(batch, |record| pages.push(plan.page(record))))?;
        Ok(pages)
    };
    let mut ready = compose(batches.first()).map_err(refuse)?;
    for number in 0..batches.len() {
        let (written, composed) = rayon::join(|| writer.take(ready), || compose(batches.get(number + 1)));
        written?;
        ready = composed.map_err(refuse)?;
    }
    writer.finish()?;
    Ok(())
}

fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [people, out] = arguments.as_slice() else {
        eprintln!("peer_letter PEOPLE.csv OUT.pdf");
        return std::process::ExitCode::from(2);
    };
    match run(Path::new(people), Path::new(out)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            std::process::ExitCode::from(failure.exit_code())
        }
    }
}
