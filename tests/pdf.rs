//! Print PDFs against outside witnesses: pdftotext, pdffonts (poppler-utils) and qpdf.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use chrono::NaiveDate;
use kansho::compose::font::{Fonts, Unit};
use kansho::compose::frame::{Area, Face, Item, Page, Text};
use kansho::emit::pdf::{Charset, Info, PdfWriter, write_pages};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| Fonts::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fonts")).unwrap())
}

fn info() -> Info {
    Info {
        title: "予防接種のお知らせ 2026年12月".to_owned(),
        as_of: NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
        run: "2026-12-01-0badcafe".to_owned(),
    }
}

fn text(x: f64, y: f64, size: f64, face: Face, text: &str) -> Text {
    Text { x, y, size, scale: 1.0, spacing: 0.0, face, text: Arc::from(text) }
}

fn page(items: Vec<Item>) -> Page {
    Page { width: 210.0, height: 297.0, items }
}

fn pdf(pages: &[Page]) -> Vec<u8> {
    write_pages(Vec::new(), fonts(), &pages.iter().collect::<Vec<_>>(), &info()).unwrap()
}

/// Runs a witness on a file; `None` (loudly) when it is not installed.
fn witness(program: &str, arguments: &[&str], bytes: &[u8]) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pdf");
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bytes).unwrap();
    let arguments = arguments.iter().map(|&a| if a == "FILE" { path.to_str().unwrap() } else { a });
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{program}: {words}");
            assert!(words.is_empty(), "{program}: {words}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(_) => {
            eprintln!("SKIPPED: {program} is not installed");
            None
        }
    }
}

fn pdftotext(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let out = witness("pdftotext", &["-layout", "-enc", "UTF-8", "FILE", "-"], bytes)?;
    let lines = |page: &str| page.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
    Some(out.split_terminator('\u{c}').map(lines).collect())
}

#[test]
fn names_come_back_exactly() {
    let names =
        ["髙橋　﨑子", "𠮷田　花子", "渡邉\u{E0110}　一郎", "葛\u{E0100}城　葛城", "山田　タロウ", "一⼀人⼈", "-‐ー－—―"];
    let mut items = Vec::new();
    for (at, name) in (0_u8..).zip(names) {
        let y = 20.0 + 10.0 * f64::from(at);
        match fonts().name_face(name) {
            Ok(found) => {
                let mut x = 20.0;
                for (face, part) in fonts().runs(found.face, name) {
                    items.push(Item::Text(text(x, y, 12.0, face, part)));
                    x += fonts().width(face, part) * 12.0 * 25.4 / 72.0;
                }
            }
            Err(units) => panic!("not set: {name} {units:?}"),
        }
    }
    let bytes = pdf(&[page(items)]);
    let Some(pages) = pdftotext(&bytes) else { return };
    for name in names {
        // pdftotext turns an ideographic space into a plain one.
        let name = name.replace('\u{3000}', " ");
        assert!(pages[0].iter().any(|line| *line == name), "{name}");
    }
}

#[test]
fn qpdf_and_pdffonts_are_content() {
    let pages: Vec<Page> = (0..3)
        .map(|n| {
            page(vec![
                Item::Text(text(20.0, 30.0, 14.0, Face::Bold, "予防接種のお知らせ")),
                Item::Text(text(20.0, 40.0, 12.0, Face::Text, &format!("第{n}号"))),
                Item::Text(text(20.0, 50.0, 12.0, Face::Fixed, "2026-12-01")),
                Item::Text(text(20.0, 60.0, 12.0, Face::Name, "𠮷田")),
                Item::Text(text(20.0, 70.0, 12.0, Face::Ocr, "0123456789")),
                Item::Fill { area: Area { x: 1.0, y: 2.0, w: 3.0, h: 4.0 }, grey: 0.5 },
            ])
        })
        .collect();
    let bytes = pdf(&pages);
    let Some(checked) = witness("qpdf", &["--check", "FILE"], &bytes) else { return };
    assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");
    let Some(listed) = witness("pdffonts", &["FILE"], &bytes) else { return };
    eprintln!("{listed}");
    assert_eq!(listed.lines().count(), 2 + 5);
    for line in listed.lines().skip(2) {
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(cells[cells.len() - 5..cells.len() - 2], ["yes", "yes", "yes"], "{line}");
    }
}

#[test]
fn a_character_without_a_glyph_is_named() {
    let unit = Unit { base: '\u{10FFFD}', selector: None };
    assert!(!fonts().prints(Face::Text, unit));
    let page = page(vec![Item::Text(text(20.0, 30.0, 14.0, Face::Text, "外\u{10FFFD}"))]);
    let error = write_pages(Vec::new(), fonts(), &[&page], &info()).unwrap_err().to_string();
    assert!(error.contains("U+10FFFD") && !error.contains("U+5916"), "{error}");
    let mut charset = Charset::new();
    charset.add_text(Face::Text, "内");
    let error = PdfWriter::new(Vec::new(), fonts(), &charset, &info()).unwrap().pages(&[&page]).unwrap_err().to_string();
    assert!(error.contains("U+5916"), "{error}");
}
