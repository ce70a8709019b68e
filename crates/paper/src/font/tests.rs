use super::*;
use std::sync::OnceLock;

fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| Fonts::load(&Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("fonts")).unwrap())
}

fn unit(text: &str) -> Unit {
    let mut all = units(text);
    let first = all.next().unwrap();
    assert_eq!(all.next(), None);
    first
}

#[test]
fn a_selector_belongs_to_the_character_before_it() {
    let list: Vec<_> = units("邉\u{E0110}𠮷\u{FE00}a").collect();
    assert_eq!(list.len(), 3);
    assert_eq!(list[0], Unit { base: '邉', selector: Some('\u{E0110}') });
    assert_eq!(list[1], Unit { base: '𠮷', selector: Some('\u{FE00}') });
    assert_eq!(list[2], Unit { base: 'a', selector: None });
    let stray: Vec<_> = units("\u{E0100}\u{E0101}あ\u{E0100}\u{E0101}").collect();
    assert_eq!(stray.len(), 4, "a selector without a base is a unit of its own");
    assert!(stray.iter().filter(|u| is_selector(u.base)).all(|&u| FACES.iter().all(|&f| !fonts().prints(f, u))));
    assert_eq!(list[0].code_points(), "U+9089 U+E0110");
}

#[test]
fn the_faces_have_what_letters_need() {
    let fonts = fonts();
    for face in [Face::Text, Face::Bold, Face::Fixed] {
        for c in "予防接種のお知らせ令和８年12月（火）～ABCabc①㈱々〆ー髙﨑".chars() {
            assert!(fonts.has(face, Unit { base: c, selector: None }), "{face:?} U+{:04X}", u32::from(c));
        }
    }
    for c in "0123456789-".chars() {
        assert!(fonts.has(Face::Ocr, Unit { base: c, selector: None }));
    }
    assert!(!fonts.has(Face::Text, unit("𠮷")));
    assert!(fonts.has(Face::Name, unit("𠮷")));
}

#[test]
fn widths_are_the_cut_thousandths_of_the_pdf() {
    let fonts = fonts();
    assert_eq!(fonts.advance(Face::Text, unit("漢")).to_bits(), 1.0_f64.to_bits());
    assert_eq!(fonts.advance(Face::Fixed, unit("1")).to_bits(), 0.5_f64.to_bits());
    for face in FACES {
        for c in "0Aあ漢".chars() {
            let thousandths = fonts.advance(face, Unit { base: c, selector: None }) * 1000.0;
            assert!((thousandths - thousandths.round()).abs() < 1e-9);
        }
    }
    assert!((fonts.width(Face::Fixed, "12漢\u{E0100}") - 2.0).abs() < 1e-9, "a sequence is one glyph");
    let metrics = fonts.metrics(Face::Text);
    assert!(metrics.ascent > 0.7 && metrics.ascent < 1.2 && metrics.descent > 0.05 && metrics.descent < 0.4, "{metrics:?}");
}

#[test]
fn a_name_stands_in_one_face() {
    let fonts = fonts();
    assert_eq!(fonts.name_face("髙橋　﨑子").unwrap(), NameFace { face: Face::Text, by_base: vec![] });
    assert_eq!(fonts.name_face("𠮷田　花子").unwrap(), NameFace { face: Face::Name, by_base: vec![] });
    assert_eq!(fonts.name_face("𠮷田 ANNA").unwrap().face, Face::Name);
    let unknown = fonts.name_face("田\u{E01EF}中").unwrap();
    assert_eq!(unknown, NameFace { face: Face::Text, by_base: vec![unit("田\u{E01EF}")] });
    let unknown = fonts.name_face("𠮷田\u{E01EF}").unwrap();
    assert_eq!(unknown, NameFace { face: Face::Name, by_base: vec![unit("田\u{E01EF}")] });
    assert_eq!(fonts.name_face("田\u{10FFFD}中\u{10FFFD}").unwrap_err(), vec![unit("\u{10FFFD}")]);
    assert_eq!(fonts.name_face("𠮷田\u{10FFFD}\u{E0100}").unwrap_err(), vec![unit("\u{10FFFD}\u{E0100}")]);
    assert_eq!(fonts.name_face("").unwrap().face, Face::Text);
}

#[test]
fn runs_cover_the_text() {
    let fonts = fonts();
    let text = "𠮷田 ANNA 2世";
    let runs = fonts.runs(Face::Name, text);
    assert_eq!(runs.iter().map(|r| r.1).collect::<String>(), text);
    assert_eq!(runs[0].0, Face::Name);
    assert!(runs.iter().any(|r| r.0 == Face::Text && r.1.contains("ANNA")));
    for (face, part) in &runs {
        assert_eq!(fonts.unprinted(part, &[*face]), None);
    }
    assert_eq!(fonts.runs(Face::Bold, "重要"), vec![(Face::Bold, "重要")]);
    assert!(fonts.runs(Face::Name, "").is_empty());
}

#[test]
fn a_broken_font_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Fonts::load(dir.path()), Err(Failure::Io { .. })));
    let good = std::fs::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("fonts/OCRB.otf")).unwrap();
    let path = dir.path().join("x.otf");
    for cut in [0, 4, 12, 100, good.len() / 2, good.len() - 8] {
        use std::io::Write;
        std::fs::File::create(&path).unwrap().write_all(&good[..cut]).unwrap();
        assert!(FontFile::open(&path).is_err(), "{cut}");
    }
}
