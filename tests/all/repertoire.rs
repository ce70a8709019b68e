//! 文字集合: every character of JIS X 0213 and every 人名用漢字 through print and through the postal CSV, in both profiles: kept,
//! or on a list. And an 異体字 is really drawn as the variant.
#![cfg(unix)]
use crate::office::{ADDRESS, Office, file, infant, said, write};
use crate::pixels::Picture;
use kansho_chars::{Overrides, Profile, Variants, plan};
use kansho_core::folder::Folder;
use kansho_paper::font::{Fonts, Unit};
use kansho_paper::frame::{Face, Item, Page, Text};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pdf::{Info, write_pages};
use kansho_post::{Layout, PostalRow};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

fn home() -> Folder {
    Folder::at(Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// 11,233 characters, 25 of them sequences, by glibc's converter; `None` when it is missing.
fn jis_x_0213() -> Option<Vec<String>> {
    let mut codes = Vec::new();
    for plane in [&b""[..], &b"\x8F"[..]] {
        for lead in 0xA1..=0xFE_u8 {
            for trail in 0xA1..=0xFE_u8 {
                codes.extend_from_slice(plane);
                codes.extend_from_slice(&[lead, trail, b'\n']);
            }
        }
    }
    let child = Command::new("iconv")
        .args(["-c", "-f", "EUC-JISX0213", "-t", "UTF-8"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: iconv is not installed, so the characters of JIS X 0213 were not tried");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&codes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let found: BTreeSet<String> = text.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect();
    assert_eq!(found.len(), 11_233, "{} sequences", found.iter().filter(|t| t.chars().count() > 1).count());
    Some(found.into_iter().collect())
}

/// 863 characters.
fn name_kanji() -> Vec<String> {
    let text = std::fs::read_to_string("tests/data/人名用漢字.txt").unwrap();
    let found: Vec<String> = text.lines().filter(|l| !l.starts_with('#')).flat_map(str::chars).map(String::from).collect();
    assert_eq!(found.len(), 863);
    found
}

/// Kept, listed as changed, listed as awaiting a decision or refused.
fn through_the_csv(all: &[String], profile: Profile, layout: &Layout) -> [usize; 3] {
    let table = Variants::load(&home()).unwrap();
    let mut counts = [0; 3];
    for text in all {
        let conversion = plan(text, profile, &table, &Overrides::none());
        let Some(bytes) = &conversion.bytes else {
            let named = conversion.review.iter().map(|r| &r.code_points).chain(conversion.refused.iter().map(|r| &r.code_points));
            assert!(named.count() > 0, "{text} is lost without a line");
            counts[2] += 1;
            continue;
        };
        let back = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).unwrap();
        assert_eq!(back, conversion.text);
        let own = |mark: &str| text.contains(mark) || !back.contains(mark);
        assert!(own("?") && own("〓") && own("&#") && !back.contains('\0') && !back.contains('\u{FFFD}'), "{text} → {back}");
        if back == *text {
            counts[0] += 1;
        } else {
            assert!(conversion.substitutions.iter().any(|s| text.contains(&s.from)), "{text} → {back} is not listed");
            counts[1] += 1;
        }
        // And through the file itself, unless a spreadsheet would take it for a formula.
        let row = PostalRow { serial: "1".to_owned(), name: format!("名{}", conversion.text), ..PostalRow::default() };
        let line = layout.row(&row).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        let read = layout.read(&[layout.header_bytes().unwrap(), line].concat()).unwrap();
        assert!(read == [row], "{text}");
    }
    counts
}

fn layout(encoding: &str) -> Layout {
    let text = std::fs::read_to_string("layouts/postal/default.toml").unwrap();
    Layout::parse(&text.replace("encoding = \"cp932\"", &format!("encoding = \"{encoding}\""))).unwrap()
}

#[test]
fn every_character_is_kept_in_the_csv_or_listed() {
    let jis = jis_x_0213();
    for (name, all) in [("人名用漢字", Some(name_kanji())), ("JIS X 0213", jis)] {
        let Some(all) = all else { continue };
        for (profile, encoding) in [(Profile::Cp932, "cp932"), (Profile::JisX0208, "jisx0208")] {
            let [kept, changed, listed] = through_the_csv(&all, profile, &layout(encoding));
            eprintln!("{name} {encoding}: {kept} kept, {changed} substituted, {listed} held of {}", all.len());
            assert_eq!(kept + changed + listed, all.len());
            assert!(name != "人名用漢字" || listed == 0, "a name nobody can be sent to");
        }
    }
}

#[test]
fn every_character_is_printed_or_listed() {
    let fonts = Fonts::load(&home().place("fonts")).unwrap();
    let office = Office::new("");
    for (name, all) in [("人名用漢字", Some(name_kanji())), ("JIS X 0213", jis_x_0213())] {
        let Some(all) = all else { continue };
        let missing: BTreeSet<String> = all
            .iter()
            .filter_map(|text| fonts.name_face(text).err())
            .flat_map(|units| units.into_iter().map(|unit| unit.code_points()))
            .collect();
        let people: Vec<Vec<String>> = (1..).zip(&all).map(|(n, text)| infant(n, text, "", ADDRESS, "")).collect();
        write(&office.path("住民.csv"), file(&people).as_bytes());
        let told = office.kansho(&["fonts", "check", "住民.csv", "--format", "json"]);
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", said(&told)));
        assert_eq!(told["rows"], all.len() + 1, "and the one who shows that the files belong together");
        let of = |way: &str| -> BTreeSet<String> {
            let list = told["characters"].as_array().unwrap().iter();
            list.filter(|c| c["way"] == way).map(|c| c["code_points"].as_str().unwrap().to_owned()).collect()
        };
        eprintln!("{name}: {} from the name font, {} cannot be printed: {:?}", of("fallback").len(), missing.len(), missing);
        assert_eq!(of("missing"), missing);
        assert!(missing.is_empty() || name != "人名用漢字");
    }
}

#[test]
fn every_name_kanji_goes_through_a_whole_run_in_both_profiles() {
    let all = name_kanji();
    let names: Vec<String> = all.chunks(7).map(|seven| format!("姓　{}", seven.concat())).collect();
    let people: Vec<Vec<String>> =
        (1..).zip(&names).map(|(n, name)| infant(n, name, "セイ", ADDRESS, &format!("{n}号室"))).collect();
    let table = Variants::load(&home()).unwrap();
    for (profile, encoding) in [(Profile::Cp932, "cp932"), (Profile::JisX0208, "jisx0208")] {
        let office = Office::with("", |s| s.replace("layouts/postal/default.toml", "layout.toml"));
        let text = std::fs::read_to_string("layouts/postal/default.toml").unwrap();
        let own = text.replace("encoding = \"cp932\"", &format!("encoding = \"{encoding}\""));
        write(&office.path("layout.toml"), own.as_bytes());
        let done = office.run(file(&people).as_bytes());
        assert!(done.status.success() && !said(&done).contains("保留["), "{}", said(&done));
        let (letters, rows, listed) = (office.letters(), office.rows("postal.csv"), office.rows("office/characters.csv"));
        for (number, name) in (1..).zip(&names) {
            assert!(letters.contains(name.as_str()), "{name} is not printed as it is");
            let conversion = plan(name, profile, &table, &Overrides::none());
            let room = format!("{number}号室");
            assert_eq!(rows.iter().filter(|row| row[6] == room && row[7] == conversion.text).count(), 2, "{name}");
            for used in &conversion.substitutions {
                let line = format!("氏名: {}（", used.from);
                assert!(
                    listed.iter().any(|row| row[2] == "postal.csv" && row[3].starts_with(&line)),
                    "{} is not listed",
                    used.from
                );
            }
        }
    }
}

const VARIED: [char; 6] = ['邉', '邊', '辻', '葛', '齋', '榊'];

/// One dot at 150 dpi. An eighth of a dot behind a whole one, the renderer's grid of quarter dots is not met by rounding.
const DOT: Mm = Mm(25.4 / 150.0);

/// Each text alone on a line at 40 pt, 108 dots apart, the first baseline 120 dots from the top.
fn drawn(fonts: &Fonts, texts: &[String]) -> Option<Picture> {
    let line = |(i, text): (usize, &String)| {
        let y = (120.125 + 108.0 * i as f64) * DOT;
        Item::Text(Text {
            x: 120.125 * DOT,
            y,
            size: Pt(40.0),
            scale: 1.0,
            spacing: Mm::ZERO,
            face: Face::Name,
            text: Arc::from(text.as_str()),
        })
    };
    let height = (150.0 + 108.0 * texts.len() as f64) * DOT;
    let page = Page { width: 360.0 * DOT, height, bleed: Mm::ZERO, items: texts.iter().enumerate().map(line).collect() };
    let day = chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
    let info = Info { title: "異体字".to_owned(), as_of: day, run: "test".to_owned(), standard: Default::default() };
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("page.pdf");
    write(&path, &write_pages(Vec::new(), fonts, &[&page], &info).unwrap());
    match Command::new("pdftoppm").args(["-gray", "-r", "150"]).arg(&path).output() {
        Ok(done) => Some(Picture::pgm(&done.stdout)),
        Err(_) => {
            eprintln!("SKIPPED: pdftoppm is not installed, so the glyphs of variants were not looked at");
            None
        }
    }
}

/// The commands of an outline: glyphs of two collections may be one drawing.
#[derive(Default)]
struct Drawing(String);

impl ttf_parser::OutlineBuilder for Drawing {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0 += &format!("M{x},{y}");
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0 += &format!("L{x},{y}");
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0 += &format!("Q{x1},{y1},{x},{y}");
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0 += &format!("C{x1},{y1},{x2},{y2},{x},{y}");
    }

    fn close(&mut self) {
        self.0 += "Z";
    }
}

#[test]
fn a_variation_sequence_is_drawn_as_its_variant() {
    let fonts = Fonts::load(&home().place("fonts")).unwrap();
    let bytes = std::fs::read("fonts/NameFallbackMincho-Regular.ttf").unwrap();
    let face = ttf_parser::Face::parse(&bytes, 0).unwrap();
    let mut variants = 0;
    for base in VARIED {
        let outline = |glyph| {
            let mut drawing = Drawing::default();
            face.outline_glyph(glyph, &mut drawing);
            drawing.0
        };
        let own = outline(face.glyph_index(base).unwrap());
        let mut texts = vec![base.to_string()];
        let mut glyphs = vec![own.clone()];
        for selector in (0xFE00..=0xFE0F_u32).chain(0xE0100..=0xE01EF).filter_map(char::from_u32) {
            let glyph = face.glyph_variation_index(base, selector);
            // cmap format 14 of the font file and what the program says it can print.
            let unit = Unit { base, selector: Some(selector) };
            assert_eq!(fonts.has(Face::Name, unit), glyph.is_some(), "{}", unit.code_points());
            if let Some(glyph) = glyph {
                texts.push(format!("{base}{selector}"));
                glyphs.push(outline(glyph));
            }
        }
        let Some(picture) = drawn(&fonts, &texts) else { return };
        let cell = |i: usize| picture.cut((114, 216), (108 * i + 36, 108));
        for (i, one) in glyphs.iter().enumerate() {
            for (j, other) in glyphs.iter().enumerate().take(i) {
                let (a, b) = (cell(i), cell(j));
                assert!(a.iter().sum::<f64>() > 100.0, "{base} {i} is not drawn");
                let difference: f64 = a.iter().zip(&b).map(|(p, q)| (p - q).abs()).sum();
                if one == other {
                    assert!(difference < 1.0, "{base}: lines {i} and {j} have one outline and differ by {difference}");
                } else {
                    assert!(difference > 5.0, "{base}: lines {i} and {j} have two outlines and look alike");
                }
            }
            variants += usize::from(*one != own);
        }
    }
    eprintln!("{variants} variants drawn with glyphs of their own");
    assert!(variants > 20);
}
