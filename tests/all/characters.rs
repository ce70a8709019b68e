//! 文字: what the office demands of a Shift_JIS file, and glibc's iconv as a witness.

use kansho_chars::repertoire::{bytes, user_defined_bytes};
use kansho_chars::{Conversion, Overrides, Profile, Variants, plan};
use kansho_core::folder::Folder;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

static TABLE: LazyLock<Variants> = LazyLock::new(|| {
    Variants::load(&Folder::at(Path::new(env!("CARGO_MANIFEST_DIR")))).expect("the tables of the repository are read")
});

fn cp932(text: &str) -> Conversion {
    plan(text, Profile::Cp932, &TABLE, &Overrides::none())
}

fn strict(text: &str) -> Conversion {
    plan(text, Profile::JisX0208, &TABLE, &Overrides::none())
}

fn decoded(conversion: &Conversion) -> Option<String> {
    let bytes = conversion.bytes.as_deref()?;
    encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
}

/// The text through `iconv`; `None` (said aloud) when the program is missing.
fn iconv(from: &str, to: &str, input: &[u8]) -> Option<Vec<u8>> {
    let child = Command::new("iconv").args(["-f", from, "-t", to]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: iconv is not installed, so the byte witness was not asked");
        return None;
    };
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("iconv ends");
    writer.join().expect("joins").expect("iconv takes its input");
    assert!(output.status.success(), "iconv refuses");
    Some(output.stdout)
}

/// Every code point that Windows-31J holds, from the decoder's own view of all two-byte codes.
fn every_cp932_character() -> Vec<char> {
    let mut found = std::collections::BTreeSet::new();
    for byte in (0x20..=0x7E_u8).chain(0xA1..=0xDF) {
        found.extend(encoding_rs::SHIFT_JIS.decode_without_bom_handling(&[byte]).0.chars());
    }
    for lead in (0x81..=0x9F_u8).chain(0xE0..=0xEF).chain(0xFA..=0xFC) {
        for trail in (0x40..=0x7E_u8).chain(0x80..=0xFC) {
            if let Some(text) = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&[lead, trail]) {
                found.extend(text.chars());
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn every_cp932_character_is_kept_with_the_bytes_that_iconv_writes() {
    let all = every_cp932_character();
    assert_eq!(all.iter().filter(|c| !c.is_ascii() && !('\u{FF61}'..='\u{FF9F}').contains(c)).count(), 7326);
    let text: String = all.iter().collect();
    let mut ours = Vec::new();
    for c in &all {
        let conversion = cp932(&c.to_string());
        assert!(conversion.substitutions.is_empty() && conversion.review.is_empty(), "{c} was changed");
        assert_eq!(decoded(&conversion), Some(c.to_string()));
        ours.extend(conversion.bytes.expect("bytes"));
    }
    if let Some(theirs) = iconv("UTF-8", "CP932", text.as_bytes()) {
        assert_eq!(ours, theirs, "Windows-31J bytes differ from glibc's");
        assert_eq!(iconv("CP932", "UTF-8", &ours), Some(text.into_bytes()));
    }
}

#[test]
fn the_strict_profile_holds_jis_x_0208_and_nothing_of_the_extension_rows() {
    let held: Vec<char> = every_cp932_character().into_iter().filter(|c| bytes(*c, Profile::JisX0208).is_some()).collect();
    let double: Vec<&char> = held.iter().filter(|c| bytes(**c, Profile::JisX0208).is_some_and(|b| b.len() == 2)).collect();
    assert_eq!(double.len(), 6879);
    for c in double {
        let lead = bytes(*c, Profile::JisX0208).expect("held")[0];
        assert!(!matches!(lead, 0x87 | 0xED | 0xEE | 0xFA..=0xFC), "{c}");
    }
    for c in every_cp932_character() {
        for byte in strict(&c.to_string()).bytes.iter().filter(|b| b.len() == 2) {
            assert!(!matches!(byte[0], 0x87 | 0xED | 0xEE | 0xFA..=0xFC), "{c}");
        }
    }
}

/// text, profile strict?, text in the file, number of substitutions.
const NAMES: &[(&str, bool, Option<&str>, usize)] = &[
    ("髙橋﨑", false, Some("髙橋﨑"), 0),
    ("髙橋﨑", true, Some("高橋崎"), 2),
    ("斎齋斉齊邊邉辺澤沢", true, Some("斎齋斉齊邊邉辺澤沢"), 0),
    ("𠮷田", false, Some("吉田"), 1),
    ("槗本", false, Some("橋本"), 1),
    ("邉\u{E0100}", false, Some("邉"), 1),
    ("神\u{FE00}", false, Some("\u{FA19}"), 1),
    ("神\u{FE00}", true, Some("神"), 1),
    ("か\u{3099}", false, Some("が"), 1),
    ("か\u{309A}", false, None, 0),
    ("\u{301C}\u{2212}\u{2016}\u{2014}\u{A2}\u{A3}\u{AC}", false, Some("～－∥―￠￡￢"), 7),
    ("\u{A5}\u{203E}", false, Some("￥￣"), 2),
    ("\u{A0}", false, Some(" "), 1),
    ("\u{32FF}元年", false, Some("令和元年"), 1),
    ("①㈱", true, Some("１（株）"), 2),
    ("山\u{202E}田\u{200B}\u{FEFF}\u{2066}", false, Some("山田"), 4),
    ("\u{E0100}", false, Some(""), 1),
    ("⼭", false, Some("山"), 1),
    ("\u{E000}", false, None, 0),
    ("\u{F8FF}", false, None, 0),
    ("\u{10FFFD}", false, None, 0),
    ("a\u{0}", false, None, 0),
    ("a\n", false, None, 0),
    ("a\t", false, None, 0),
    ("\u{7F}", false, None, 0),
    ("\u{80}", false, None, 0),
    ("\u{85}", false, None, 0),
    ("\u{2028}", false, None, 0),
    ("\u{FFFD}", false, None, 0),
    ("😀", false, None, 0),
    ("=HYPERLINK(\"x\",1)", false, Some("=HYPERLINK(\"x\",1)"), 0),
    ("", false, Some(""), 0),
];

#[test]
fn each_name_is_kept_changed_with_a_line_or_refused() {
    for (text, is_strict, expected, count) in NAMES {
        let conversion = if *is_strict { strict(text) } else { cp932(text) };
        assert_eq!(decoded(&conversion).as_deref(), *expected, "{text:?}: {conversion:?}");
        if expected.is_some() {
            assert_eq!(conversion.substitutions.len(), *count, "{text:?}");
        } else {
            assert!(!conversion.refused.is_empty() || !conversion.review.is_empty(), "{text:?}");
        }
    }
}

#[test]
fn every_code_point_is_written_in_the_repertoire_or_not_at_all() {
    for profile in [Profile::Cp932, Profile::JisX0208] {
        for c in (0..=0x10_FFFF_u32).filter_map(char::from_u32) {
            let conversion = plan(&c.to_string(), profile, &TABLE, &Overrides::none());
            assert_eq!(conversion.bytes.is_some(), conversion.review.is_empty() && conversion.refused.is_empty());
            if let Some(text) = decoded(&conversion) {
                assert_eq!(text, conversion.text);
                assert!(text.chars().all(|c| bytes(c, profile).is_some()), "{c:?}");
                assert!(!text.contains('〓') || c == '〓');
                assert!(!text.contains('?') || c == '?');
                assert!(!text.contains("&#"));
                assert_eq!(usize::from(text != c.to_string()), conversion.substitutions.len(), "{c:?}");
            }
        }
    }
}

#[test]
fn an_office_decision_comes_before_the_tables_and_is_the_only_way_for_a_user_defined_character() {
    let text = "[[gaiji]]\ncode = \"U+E000\"\nto = \"吉\"\n[[gaiji]]\ncp932 = \"F041\"\nsend = true\n[[gaiji]]\ncode = \"U+69D7\"\nto = \"喬\"\n[[gaiji]]\ncode = \"U+9AD9\"\nto = \"高\"\n";
    let gaiji = Overrides::parse(text).expect("well formed");
    let conversion = plan("\u{E000}\u{E001}\u{69D7}髙", Profile::Cp932, &TABLE, &gaiji);
    // 髙 is in the file's repertoire: no decision changes it.
    let mut expected = encoding_rs::SHIFT_JIS.encode_for_test("吉");
    expected.extend(user_defined_bytes('\u{E001}').expect("F041"));
    expected.extend(encoding_rs::SHIFT_JIS.encode_for_test("喬髙"));
    assert_eq!(conversion.bytes, Some(expected));
    assert!(conversion.substitutions.iter().all(|s| s.source == "gaiji.toml"));
    assert_eq!(conversion.substitutions.len(), 3);
    assert_eq!(plan("\u{E001}", Profile::JisX0208, &TABLE, &gaiji).bytes, None);
}

trait EncodeForTest {
    fn encode_for_test(&self, text: &str) -> Vec<u8>;
}

impl EncodeForTest for encoding_rs::Encoding {
    fn encode_for_test(&self, text: &str) -> Vec<u8> {
        text.chars().flat_map(|c| bytes(c, Profile::Cp932).expect("in CP932")).collect()
    }
}

#[test]
fn weak_candidates_are_shown_and_never_applied() {
    let conversion = cp932("ª");
    assert_eq!(conversion.bytes, None);
    assert_eq!(conversion.review[0].candidates[0].to, "a");
}

/// The program in a folder of its own that has the tables it needs.
fn kansho(arguments: &[&str]) -> (serde_json::Value, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["rules", "layouts/characters"] {
        std::fs::create_dir_all(folder.path().join(name)).expect("made");
    }
    std::fs::File::create(folder.path().join("rules/codes.toml")).expect("made");
    for name in ["layouts/characters/variants.tsv", "layouts/characters/variants_mj.tsv", "gaiji.toml"] {
        std::fs::copy(source.join(name), folder.path().join(name)).expect("copied");
    }
    let program = assert_cmd::cargo::cargo_bin!("kansho");
    let output = Command::new(program).current_dir(folder.path()).args(arguments).output().expect("runs");
    (serde_json::from_slice(&output.stdout).expect("JSON and nothing else"), output.status.code())
}

#[test]
fn kansho_sjis_prints_the_agreed_json() {
    assert_eq!(
        kansho(&["sjis", "--format", "json", "髙𠮷"]),
        (
            serde_json::json!({
                "bytes": "fbfc8b67",
                "substitutions": [{"from": "𠮷", "to": "吉", "relation": "name-variant", "source": "curated"}],
                "review": [],
                "refused": [],
            }),
            Some(0)
        )
    );
    let (refused, exit) = kansho(&["sjis", "--profile", "jisx0208", "--format", "json", "\u{E000}"]);
    assert_eq!(
        (&refused["bytes"], &refused["refused"][0]["code_points"], exit),
        (&serde_json::Value::Null, &"U+E000".into(), Some(1))
    );
}

#[test]
fn kansho_barcode_prints_the_agreed_json() {
    let block = "1丁目3番2号 郵便プラザ503室";
    let (value, exit) = kansho(&["barcode", "--postal-code", "100-0013", "--block", block, "--format", "json"]);
    let bars = "1311414414414414411431211441431241413241414114431243243243243241131";
    assert_eq!((value, exit), (serde_json::json!({"body": "10000131-3-2-503dddd", "check": "9", "bars": bars}), Some(0)));
    let (none, exit) = kansho(&["barcode", "--postal-code", "1000000", "--block", "1", "--format", "json"]);
    assert!(none["body"].is_null() && none["reason"].is_string());
    assert_eq!(exit, Some(1));
}
