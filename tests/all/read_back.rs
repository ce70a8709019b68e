//! Two-dimensional codes, NW-7 codes and customer barcodes of 1,000 pieces and more, read back from pixels at 300 dpi by readers that are
//! not ours, or know nothing of our encoder; places, sizes and quiet zones of the first two are measured in the same pictures.
#![cfg(unix)]
use crate::office::{ADDRESS, Office, file, infant, said, write};
use crate::pixels;
use crate::pixels::find;
use rayon::prelude::*;
use rxing::BarcodeFormat;
use rxing::helpers::detect_in_luma;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

/// Each infant has two pieces, one of them with twelve stickers.
const INFANTS: u32 = 500;
const DPI: f64 = 300.0;
/// Half a pixel of grey on either side of an edge, and the tenth of a millimetre that nobody sees.
const TOLERANCE: f64 = 0.15;

/// A box in mm: left, top, width, height.
type Area = [f64; 4];

/// A grey picture, 0 = black, of a part of a page whose corner lies at `at` (mm).
struct Picture {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    at: (f64, f64),
}

impl Picture {
    /// A part of this picture, in mm of the page.
    fn part(&self, [left, top, width, height]: Area) -> Self {
        let pixel = |mm: f64| (mm / 25.4 * DPI).round().max(0.0) as usize;
        let (x, y) = (pixel(left - self.at.0), pixel(top - self.at.1));
        let (w, h) = (pixel(width).min(self.width - x), pixel(height).min(self.height - y));
        let rows = (y..y + h).flat_map(|row| self.luma[row * self.width + x..][..w].to_vec());
        let mm = |pixel: usize| pixel as f64 * 25.4 / DPI;
        Self { width: w, height: h, luma: rows.collect(), at: (self.at.0 + mm(x), self.at.1 + mm(y)) }
    }

    /// The box around everything dark, in mm of the page.
    fn dark(&self) -> Option<Area> {
        let at = |(at, _): (usize, &u8)| (at % self.width, at / self.width);
        let dark = || self.luma.iter().enumerate().filter(|(_, luma)| **luma < 128).map(at);
        let mm = |pixel: usize| pixel as f64 * 25.4 / DPI;
        let (left, right) = (dark().map(|(x, _)| x).min()?, dark().map(|(x, _)| x + 1).max()?);
        let (top, bottom) = (dark().map(|(_, y)| y).min()?, dark().map(|(_, y)| y + 1).max()?);
        Some([self.at.0 + mm(left), self.at.1 + mm(top), mm(right - left), mm(bottom - top)])
    }

    fn says(&self, format: BarcodeFormat) -> Option<String> {
        detect_in_luma(self.luma.clone(), self.width as u32, self.height as u32, Some(format))
            .ok()
            .map(|found| found.getText().to_owned())
    }
}

/// Pages of a PDF, or a part of each, drawn by pdftoppm; `None` when it is missing.
fn drawn(pdf: &Path, pages: Range<usize>, [left, top, width, height]: Area) -> Option<Vec<Picture>> {
    let pixel = |mm: f64| (mm / 25.4 * DPI).round() as usize;
    let (x, y) = (pixel(left), pixel(top));
    let number = |n: usize| n.to_string();
    let done = Command::new("pdftoppm")
        .args(["-gray", "-r", "300", "-f", &number(pages.start), "-l", &number(pages.end - 1)])
        .args(["-x", &number(x), "-y", &number(y), "-W", &number(pixel(width)), "-H", &number(pixel(height))])
        .arg(pdf)
        .output();
    let Ok(done) = done else {
        eprintln!("SKIPPED: pdftoppm is not installed, so no code was read from pixels");
        return None;
    };
    let mut rest = done.stdout.as_slice();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let heading: Vec<&[u8]> = rest.split(u8::is_ascii_whitespace).take(4).collect();
        assert_eq!((heading[0], heading[3]), (&b"P5"[..], &b"255"[..]));
        let number = |field: &[u8]| std::str::from_utf8(field).unwrap().parse::<usize>().unwrap();
        let (width, height) = (number(heading[1]), number(heading[2]));
        let start = heading.iter().map(|field| field.len() + 1).sum::<usize>();
        let luma = rest[start..start + width * height].to_vec();
        rest = &rest[start + width * height..];
        found.push(Picture { width, height, luma, at: (x as f64 * 25.4 / DPI, y as f64 * 25.4 / DPI) });
    }
    assert_eq!(found.len(), pages.len());
    Some(found)
}

/// What lies where it should, within the tolerance.
fn lies(found: Option<Area>, meant: Area, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what}: nothing is drawn"));
    assert!(found.iter().zip(meant).all(|(a, b)| (a - b).abs() <= TOLERANCE), "{what}: {found:.2?} mm instead of {meant:.2?}");
}

/// A run with more than a thousand pieces.
fn run() -> (Office, serde_json::Value, serde_json::Value) {
    let office = Office::new("");
    let people: Vec<_> = (1..=INFANTS).map(|n| infant(n, "見本　一", "ミホン　ハジメ", ADDRESS, &format!("{n}号室"))).collect();
    let told = office.run(file(&people).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    let json = |name: &str| serde_json::from_str(&std::fs::read_to_string(office.path("out").join(name)).unwrap()).unwrap();
    let (manifest, pieces) = (json("manifest.json"), json("office/pieces.json"));
    (office, manifest, pieces)
}

/// The two-dimensional code of a letter as `municipality.toml` places it, with three millimetres around it (4 modules are 1.5 mm).
const CODE: Area = [179.0, 280.0, 11.0, 11.0];
const AROUND: f64 = 3.0;

fn letters(office: &Office, manifest: &serde_json::Value) -> Option<usize> {
    let pdf = office.path("out/letters-0001.pdf");
    let codes: Vec<&str> = manifest["pieces"].as_array().unwrap().iter().map(|piece| piece["code"].as_str().unwrap()).collect();
    let region = [CODE[0] - AROUND, CODE[1] - AROUND, CODE[2] + 2.0 * AROUND, CODE[3] + 2.0 * AROUND];
    let starts: Vec<usize> = (0..codes.len() * 2).step_by(100).collect();
    let read = |start: &usize| -> Option<usize> {
        let pages = start + 1..(start + 100).min(codes.len() * 2) + 1;
        let pictures = drawn(&pdf, pages.clone(), region)?;
        for (page, picture) in pages.zip(&pictures) {
            let code = codes[(page - 1) / 2];
            assert_eq!(picture.says(BarcodeFormat::QR_CODE).as_deref(), Some(code), "page {page}");
            // Nothing else is dark in the picture: the quiet zone is free, and the foot keeps away.
            lies(picture.dark(), CODE, &format!("the code of page {page}"));
        }
        Some(pictures.len())
    };
    starts.par_iter().map(read).sum()
}

/// Where the window shows the address, with the barcode below it.
const ADDRESS_BLOCK: Area = [15.0, 10.0, 95.0, 50.0];

/// The customer barcode of every letter says what its row of the postal CSV says.
fn customer_barcodes(office: &Office) -> Option<usize> {
    let pdf = office.path("out/letters-0001.pdf");
    let rows = office.rows("postal.csv");
    let column = rows[0].iter().position(|title| title == "カスタマバーコード").unwrap();
    let meant: Vec<&str> = rows[1..].iter().map(|row| row[column].as_str()).collect();
    let read = |start: &usize| -> Option<usize> {
        let end = (start + 50).min(meant.len());
        let pictures = drawn(&pdf, 2 * start + 1..2 * end + 1, ADDRESS_BLOCK)?;
        for (piece, picture) in (*start..end).zip(pictures.iter().step_by(2)) {
            let heading = format!("P5\n{} {}\n255\n", picture.width, picture.height);
            let found = find(&pixels::Picture::pgm(&[heading.as_bytes(), &picture.luma].concat()));
            assert_eq!(found.iter().map(pixels::Found::text).collect::<Vec<_>>(), [meant[piece]], "piece {}", piece + 1);
        }
        Some(end - start)
    };
    (0..meant.len()).step_by(50).collect::<Vec<_>>().par_iter().map(read).sum()
}

/// The bars of a sticker from the corner of its cell, and the free stretch of ten narrow bars on either side.
const BARS: Area = [4.5, 17.1, 38.0, 5.6];
const QUIET: f64 = 2.8;

fn stickers(office: &Office, manifest: &serde_json::Value, pieces: &serde_json::Value) -> Option<usize> {
    let pdf = office.path("out/stickers.pdf");
    let boxes: Vec<Area> = serde_json::from_value(pieces["sheets"]["stickers.pdf"].clone()).unwrap();
    let list = |value: &serde_json::Value| value.as_array().unwrap().clone();
    let mut numbers: Vec<Vec<Option<String>>> = Vec::new();
    for (piece, person) in list(&manifest["pieces"]).iter().zip(list(&pieces["pieces"])) {
        let cells: Vec<usize> = serde_json::from_value(piece["outputs"]["stickers"]["cells"].clone()).unwrap_or_default();
        for cell in cells.iter().map(|cell| cell - 1) {
            let (sheet, place) = (cell / boxes.len(), cell % boxes.len());
            numbers.resize(numbers.len().max(sheet + 1), vec![None; boxes.len()]);
            numbers[sheet][place] = person["person"].as_str().map(str::to_owned);
        }
    }
    let read = |(sheet, numbers): (usize, &Vec<Option<String>>)| -> Option<usize> {
        let picture = drawn(&pdf, sheet + 1..sheet + 2, [0.0, 0.0, 210.0, 297.0])?.remove(0);
        for (cell, number) in boxes.iter().zip(numbers) {
            let Some(number) = number else { continue };
            let [left, top, width, height] = [cell[0] + BARS[0], cell[1] + BARS[1], BARS[2], BARS[3]];
            let wide = picture.part([left - QUIET, top - 0.5, width + 2.0 * QUIET, height + 1.0]);
            assert_eq!(wide.says(BarcodeFormat::CODABAR).as_deref(), Some(number.as_str()), "sheet {}", sheet + 1);
            lies(wide.dark(), [left, top, width, height], &format!("a barcode of sheet {}", sheet + 1));
        }
        Some(numbers.iter().flatten().count())
    };
    numbers.par_iter().enumerate().map(read).sum()
}

#[test]
fn every_code_says_what_it_should_where_it_should() {
    let (office, manifest, pieces) = run();
    let Some(sides) = letters(&office, &manifest) else { return };
    assert!(sides >= 2_000, "{sides}");
    let cells = stickers(&office, &manifest, &pieces).unwrap();
    assert_eq!(cells, INFANTS as usize * 12);
    let barcodes = customer_barcodes(&office).unwrap();
    assert!(barcodes >= 1_000, "{barcodes}");
    eprintln!("{sides} two-dimensional codes, {cells} NW-7 codes and {barcodes} customer barcodes read");

    // The reader and the measurer notice what is wrong.
    let region = [CODE[0] - AROUND, CODE[1] - AROUND, CODE[2] + 2.0 * AROUND, CODE[3] + 2.0 * AROUND];
    let good = drawn(&office.path("out/letters-0001.pdf"), 1..2, region).unwrap().remove(0);
    let half = good.width * good.height / 2;
    let torn =
        Picture { luma: good.luma.iter().enumerate().map(|(at, luma)| if at < half { 255 } else { *luma }).collect(), ..good };
    assert!(torn.says(BarcodeFormat::QR_CODE).is_none());
    assert!((torn.dark().unwrap()[3] - CODE[3]).abs() > TOLERANCE);

    zbar(&office, &manifest, &pieces);
}

/// A second reader on whole pages of the first pieces and the first sheet.
fn zbar(office: &Office, manifest: &serde_json::Value, pieces: &serde_json::Value) {
    const SOME: usize = 20;
    let place = tempfile::tempdir().unwrap();
    let page = |pdf: &str, number: usize| {
        let picture = drawn(&office.path("out").join(pdf), number..number + 1, [0.0, 0.0, 210.0, 297.0]).unwrap().remove(0);
        let path = place.path().join(format!("{pdf}-{number}.pgm"));
        let heading = format!("P5\n{} {}\n255\n", picture.width, picture.height);
        write(&path, &[heading.as_bytes(), &picture.luma].concat());
        path
    };
    let read = |path: &Path| {
        Command::new("zbarimg").args(["-q", "--raw"]).arg(path).output().ok().map(|done| String::from_utf8(done.stdout).unwrap())
    };
    for (index, piece) in manifest["pieces"].as_array().unwrap().iter().take(SOME).enumerate() {
        let Some(said) = read(&page("letters-0001.pdf", 2 * index + 1)) else {
            eprintln!("SKIPPED: zbarimg is not installed, so a second reader did not read the codes");
            return;
        };
        assert!(said.lines().any(|line| line == piece["code"].as_str().unwrap()), "{said}");
    }
    let said = read(&page("stickers.pdf", 1)).unwrap();
    let first = pieces["pieces"].as_array().unwrap().iter().find(|piece| piece["programme"] == "number_sticker").unwrap();
    let number = format!("A{}A", first["person"].as_str().unwrap());
    assert!(said.lines().any(|line| line == number), "{said}");
}
