//! Print PDFs against outside witnesses: pdftotext, pdffonts (poppler-utils) and qpdf.

use chrono::NaiveDate;
use kansho_paper::font::{Fonts, Unit};
use kansho_paper::frame::{Area, Face, Item, Page, Text};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pdf::Standard;
use kansho_paper::pdf::read::PdfReader;
use kansho_paper::pdf::{Charset, Info, PdfWriter, write_pages};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| Fonts::load(&Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("fonts")).unwrap())
}

fn info() -> Info {
    Info {
        title: "予防接種のお知らせ 2026年12月".to_owned(),
        as_of: NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
        run: "2026-12-01-0badcafe".to_owned(),
        standard: Standard::default(),
    }
}

fn text(x: Mm, y: Mm, size: Pt, face: Face, text: &str) -> Text {
    Text { x, y, size, scale: 1.0, spacing: Mm::ZERO, face, text: Arc::from(text) }
}

fn page(items: Vec<Item>) -> Page {
    Page::a4(items)
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
    let names = ["髙橋　﨑子", "𠮷田　花子", "渡邉\u{E0110}　一郎", "葛\u{E0100}城　葛城", "山田　タロウ", "𩿎𩿗𩿎", "-‐ー－—―"];
    let mut items = Vec::new();
    for (at, name) in (0_u8..).zip(names) {
        let y = Mm(20.0) + Mm(10.0) * f64::from(at);
        match fonts().name_face(name) {
            Ok(found) => {
                let mut x = Mm(20.0);
                for (face, part) in fonts().runs(found.face, name) {
                    items.push(Item::Text(text(x, y, Pt(12.0), face, part)));
                    x += fonts().measure(face, part, Pt(12.0));
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
        assert!(pages[0].contains(&name), "{name}");
    }
}

#[test]
fn qpdf_and_pdffonts_are_content() {
    let pages: Vec<Page> = (0..3)
        .map(|n| {
            page(vec![
                Item::Text(text(Mm(20.0), Mm(30.0), Pt(14.0), Face::Bold, "予防接種のお知らせ")),
                Item::Text(text(Mm(20.0), Mm(40.0), Pt(12.0), Face::Text, &format!("第{n}号"))),
                Item::Text(text(Mm(20.0), Mm(50.0), Pt(12.0), Face::Fixed, "2026-12-01")),
                Item::Text(text(Mm(20.0), Mm(60.0), Pt(12.0), Face::Name, "𠮷田")),
                Item::Text(text(Mm(20.0), Mm(70.0), Pt(12.0), Face::Ocr, "0123456789")),
                Item::Fill { area: Area { x: Mm(1.0), y: Mm(2.0), w: Mm(3.0), h: Mm(4.0) }, grey: 0.5 },
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
    let page = page(vec![Item::Text(text(Mm(20.0), Mm(30.0), Pt(14.0), Face::Text, "外\u{10FFFD}"))]);
    let error = write_pages(Vec::new(), fonts(), &[&page], &info()).unwrap_err().to_string();
    assert!(error.contains("U+10FFFD") && !error.contains("U+5916"), "{error}");
    let mut charset = Charset::new();
    charset.add_text(Face::Text, "内");
    let error = PdfWriter::new(Vec::new(), fonts(), &charset, &info()).unwrap().pages(&[&page]).unwrap_err().to_string();
    assert!(error.contains("U+5916"), "{error}");
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A page with every kind of item, its texts different for each `n`.
fn rich_page(n: u8, letterhead: &Arc<Vec<Item>>) -> Page {
    let bars = (0..67_u8).map(|i| Area {
        x: Mm(30.0) + Mm(1.2) * f64::from(i),
        y: Mm(80.0),
        w: Mm(0.6),
        h: if i % 2 == 0 { Mm(3.6) } else { Mm(1.2) },
    });
    let modules: Vec<bool> = (0..29 * 29).map(|i| (i * 7 + usize::from(n)) % 3 == 0).collect();
    let mut narrow = text(Mm(20.0), Mm(60.0), Pt(10.5), Face::Text, "長体と字間の試し、ABC 123");
    narrow.scale = 0.7;
    narrow.spacing = Mm(0.31);
    page(vec![
        Item::Text(narrow),
        Item::Shared { x: Mm(12.5), y: Mm(7.25), group: Arc::clone(letterhead) },
        Item::Text(text(Mm(20.0), Mm(50.0), Pt(12.0), Face::Text, &format!("渡邉\u{E0110}{n}葛\u{E0100}葛"))),
        Item::Rule { x1: Mm(10.0), y1: Mm(90.0), x2: Mm(200.0), y2: Mm(90.0), width: Mm(0.2), dash: Mm(1.0) },
        Item::Fill { area: Area { x: Mm(10.0), y: Mm(100.0), w: Mm(50.0), h: Mm(20.0) }, grey: 0.9 },
        Item::Bars(bars.collect()),
        Item::Text(text(Mm(20.0), Mm(110.0), Pt(12.0), Face::Name, "𠮷")),
        Item::Matrix {
            area: Area { x: Mm(150.0), y: Mm(200.0), w: Mm(14.5), h: Mm(14.5) },
            side: 29,
            modules: Arc::from(modules),
        },
        Item::Rule { x1: Mm(10.0), y1: Mm(95.0), x2: Mm(10.0), y2: Mm(99.0), width: Mm(0.5), dash: Mm::ZERO },
        Item::Text(text(Mm(20.0), Mm(250.0), Pt(9.0), Face::Ocr, &format!("0123{n:03}"))),
        Item::Shared { x: Mm::ZERO, y: Mm(260.0), group: Arc::clone(letterhead) },
    ])
}

fn letterhead() -> Arc<Vec<Item>> {
    let seal = Arc::new(vec![
        Item::Text(text(Mm(1.0), Mm(5.0), Pt(8.0), Face::Bold, "公印省略")),
        Item::Fill { area: Area { x: Mm::ZERO, y: Mm(6.0), w: Mm(9.0), h: Mm(0.5) }, grey: 0.0 },
    ]);
    Arc::new(vec![
        Item::Text(text(Mm::ZERO, Mm(6.0), Pt(14.0), Face::Bold, "予防接種のお知らせ")),
        Item::Shared { x: Mm(40.0), y: Mm(10.0), group: seal },
        Item::Text(text(Mm(3.0), Mm(20.0), Pt(12.0), Face::Fixed, "2026-12-01")),
    ])
}

fn areas(items: &[Item], dx: Mm, dy: Mm, out: &mut Vec<Area>) {
    for item in items {
        match item {
            Item::Fill { area, .. } => out.push(Area { x: area.x + dx, y: area.y + dy, ..*area }),
            Item::Bars(bars) => out.extend(bars.iter().map(|b| Area { x: b.x + dx, y: b.y + dy, ..*b })),
            Item::Shared { x, y, group } => areas(group, dx + *x, dy + *y, out),
            Item::Text(_) | Item::Faint { .. } | Item::Rule { .. } | Item::Matrix { .. } => {}
        }
    }
}

fn near(a: Mm, b: Mm) -> bool {
    (a - b).abs() < Mm(0.005)
}

#[test]
fn the_reader_gives_back_what_was_drawn() {
    let head = letterhead();
    let pages: Vec<Page> = (0..5).map(|n| rich_page(n, &head)).collect();
    let reader = PdfReader::open(pdf(&pages)).unwrap();
    assert_eq!(reader.page_count(), 5);
    for (index, page) in pages.iter().enumerate() {
        let read = reader.page(index).unwrap();
        assert!(near(read.width, Mm(210.0)) && near(read.height, Mm(297.0)));
        let drawn = page.texts();
        assert_eq!(read.runs.len(), drawn.len());
        for (run, (x, y, text)) in read.runs.iter().zip(drawn) {
            assert_eq!(run.text, text.text);
            assert!(near(run.x, x) && near(run.y, y), "{run:?} {x} {y}");
            assert!((run.size - text.size).abs() < Pt(0.01) && (run.scale - text.scale).abs() < 0.001, "{run:?}");
        }
        let mut boxes = Vec::new();
        areas(&page.items, Mm::ZERO, Mm::ZERO, &mut boxes);
        assert_eq!(read.rects.len(), boxes.len());
        for (a, b) in read.rects.iter().zip(&boxes) {
            assert!(near(a.x, b.x) && near(a.y, b.y) && near(a.w, b.w) && near(a.h, b.h), "{a:?} {b:?}");
        }
        let Some(Item::Matrix { area, side, modules }) = page.items.iter().find(|i| matches!(i, Item::Matrix { .. })) else {
            panic!("no code");
        };
        let code = &read.codes[0];
        assert_eq!((code.side, &code.modules), (*side, modules));
        assert!(near(code.area.x, area.x) && near(code.area.y, area.y) && near(code.area.w, area.w));
    }
}

#[test]
fn the_bytes_depend_on_nothing_but_the_pages() {
    let head = letterhead();
    let pages: Vec<Page> = (0..=255).cycle().take(1200).map(|n| rich_page(n, &head)).collect();
    let list: Vec<&Page> = pages.iter().collect();
    let make = |threads: usize, batch: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let mut charset = Charset::new();
            list.iter().for_each(|page| charset.add_page(page));
            let mut writer = PdfWriter::new(Vec::new(), fonts(), &charset, &info()).unwrap();
            list.chunks(batch).for_each(|part| writer.pages(part).unwrap());
            writer.finish().unwrap()
        })
    };
    let first = make(1, 512);
    assert!(first == make(2, 512) && first == make(8, 512) && first == make(1, 512));
    assert_eq!(PdfReader::open(first).unwrap().page_count(), 1200);
}

#[test]
fn outside_witnesses_read_rich_pages() {
    let head = letterhead();
    let pages: Vec<Page> = (0..=255).cycle().take(600).map(|n| rich_page(n, &head)).collect();
    let bytes = pdf(&pages);
    if let Some(checked) = witness("qpdf", &["--check", "FILE"], &bytes) {
        assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");
    }
    let Some(read) = pdftotext(&bytes) else { return };
    assert_eq!(read.len(), 600);
    for (lines, n) in read.iter().zip((0..=255_u8).cycle()) {
        assert!(lines.contains(&format!("渡邉\u{E0110}{n}葛\u{E0100}葛")), "{lines:?}");
        assert!(lines.iter().any(|l| l == "𠮷") && lines.iter().any(|l| l.contains("公印省略")), "{lines:?}");
    }
}

#[test]
fn ten_thousand_names_come_back_exactly() {
    // Name kanji: what the text face or the name face prints, BMP, extensions and sequences.
    let plain = |from: u32, to: u32| (from..=to).filter_map(char::from_u32).map(|base| Unit { base, selector: None });
    let sequences = plain(0x4E00, 0x9FFF)
        .flat_map(|unit| ('\u{E0100}'..='\u{E0110}').map(move |selector| Unit { base: unit.base, selector: Some(selector) }));
    let all: Vec<Unit> = plain(0x3400, 0x4DBF)
        .chain(plain(0x4E00, 0x9FFF))
        .chain(plain(0xF900, 0xFAFF))
        .chain(plain(0x20000, 0x2A6DF))
        .chain(sequences)
        .filter(|&unit| fonts().has(Face::Text, unit) || fonts().has(Face::Name, unit))
        .collect();
    assert!(all.len() > 50_000, "{}", all.len());
    let mut numbers = Numbers(20_261_201);
    let names: Vec<String> = (0..10_000)
        .map(|_| {
            (0..4)
                .map(|_| {
                    let unit = all[usize::try_from(numbers.below(all.len() as u64)).unwrap()];
                    format!("{}{}", unit.base, unit.selector.map(String::from).unwrap_or_default())
                })
                .collect()
        })
        .collect();
    let mut pages = Vec::new();
    let mut line = 0_u8;
    for part in names.chunks(50) {
        let mut items = Vec::new();
        for name in part {
            let y = Mm(10.0) + Mm(5.5) * f64::from(line);
            line = (line + 1) % 50;
            let found = fonts().name_face(name).unwrap();
            items.push(Item::Text(text(Mm(20.0), y, Pt(10.5), found.face, name)));
        }
        pages.push(page(items));
    }
    let bytes = pdf(&pages);
    let reader = PdfReader::open(bytes.clone()).unwrap();
    for (index, part) in names.chunks(50).enumerate() {
        let read: Vec<String> = reader.page(index).unwrap().runs.iter().map(|run| run.text.to_string()).collect();
        assert_eq!(read, part);
    }
    let Some(read) = pdftotext(&bytes) else { return };
    for (lines, part) in read.iter().zip(names.chunks(50)) {
        assert_eq!(lines, part);
    }
}

#[test]
fn damaged_files_give_errors_not_panics() {
    let head = letterhead();
    let pages: Vec<Page> = (0..3).map(|n| rich_page(n, &head)).collect();
    let good = pdf(&pages);
    let whole = PdfReader::open(good.clone()).unwrap();
    let read: Vec<_> = (0..3).map(|index| whole.page(index).unwrap()).collect();
    let look =
        |bytes: Vec<u8>| PdfReader::open(bytes).map(|r| (0..r.page_count().min(10)).map(|i| r.page(i)).collect::<Vec<_>>());
    let mut numbers = Numbers(7);
    let mut place = |limit: usize| usize::try_from(numbers.below(limit as u64)).unwrap();
    let (mut refused, mut page_errors) = (0, 0);
    for _ in 0..3000 {
        let mut bytes = good.clone();
        let at = place(bytes.len());
        bytes[at] ^= u8::try_from(1 + place(255)).unwrap();
        match look(bytes) {
            Err(damage) => {
                assert_eq!(damage.page, None);
                refused += 1;
            }
            Ok(found) => {
                for (index, page) in found.iter().enumerate() {
                    if let Err(damage) = page {
                        assert_eq!(damage.page, Some(index + 1));
                        assert!(damage.to_string().starts_with(&format!("{}ページ", index + 1)));
                        page_errors += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 0 && page_errors > 0);
    for _ in 0..300 {
        let cut = place(good.len() - 2);
        assert!(look(good[..cut].to_vec()).is_err());
    }
    // One changed byte inside the content of one page: that page is named, the others are read.
    let at = good.windows(6).rposition(|part| part == b"stream").unwrap() - 20;
    let mut bytes = good.clone();
    bytes[at] ^= 1;
    let found = look(bytes).unwrap();
    assert_eq!(found[2].as_ref().unwrap_err().page, Some(3));
    assert_eq!(found[0].as_ref().unwrap(), &read[0]);
    for bytes in [&b""[..], b"%PDF-1.4", b"%PDF-1.4\nstartxref\n9\n%%EOF", b"%PDF-1.4\nstartxref\n99999999999\n%%EOF"] {
        assert!(look(bytes.to_vec()).is_err());
    }
}

/// The class path of PDFBox Preflight 2 as Debian packages it (libpdfbox2-java, libactivation-java, libjaxb-api-java).
const PREFLIGHT: [&str; 8] =
    ["preflight", "xmpbox", "pdfbox2", "fontbox2", "commons-logging", "commons-io", "javax.activation", "jaxb-api"];

#[test]
fn preflight_takes_the_archive_copy_for_pdf_a_1b() {
    let head = letterhead();
    let mut pages: Vec<Page> = (0..3).map(|n| rich_page(n, &head)).collect();
    pages.push(page(vec![
        Item::Faint { text: text(Mm(20.0), Mm(90.0), Pt(60.0), Face::Fixed, "試験"), grey: 0.8 },
        Item::Text(text(Mm(20.0), Mm(60.0), Pt(12.0), Face::Name, "𠮷田")),
        Item::Text(text(Mm(20.0), Mm(70.0), Pt(12.0), Face::Ocr, "0123456789")),
        Item::Text(text(Mm(20.0), Mm(80.0), Pt(12.0), Face::Bold, "渡邉\u{E0110}")),
    ]));
    let archived = |archive: bool, intent: &str| {
        let info =
            Info { standard: Standard { archive, intent: intent.to_owned() }, title: "校正 <&> 2026".to_owned(), ..info() };
        write_pages(Vec::new(), fonts(), &pages.iter().collect::<Vec<_>>(), &info).unwrap()
    };
    let plain = archived(false, "");
    let has = |bytes: &[u8], what: &str| bytes.windows(what.len()).any(|part| part == what.as_bytes());
    assert!(!has(&plain, "OutputIntent") && !has(&plain, "CIDSet") && !has(&plain, "Metadata"));
    let printed = archived(false, "JC200103");
    assert!(has(&printed, "/S/GTS_PDFX/OutputConditionIdentifier(JC200103)") && has(&printed, "GTS_PDFXVersion(PDF/X-1a:2003)"));
    let paths = PREFLIGHT.map(|jar| format!("/usr/share/java/{jar}.jar"));
    if let Some(missing) = paths.iter().find(|path| !Path::new(path).exists()) {
        eprintln!("SKIPPED: {missing} is not installed");
        return;
    }
    for (archive, intent) in [(true, ""), (false, "JC200103"), (false, "")] {
        let bytes = archived(archive, intent);
        assert_eq!(bytes, archived(archive, intent));
        witness("qpdf", &["--check", "FILE"], &bytes);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdf");
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &bytes).unwrap();
        let output = Command::new("java")
            .args(["-cp", &paths.join(":"), "org.apache.pdfbox.preflight.Validator_A1b"])
            .arg(&path)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(told.contains("is a valid PDF/A-1b file"), archive, "{intent} {told}");
    }
}
