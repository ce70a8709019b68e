//! 郵便: the official examples, and zint as a witness.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test that cannot be set up fails, and a missing witness is said aloud"
)]

use kansho::domain::address::PostalCode;
use kansho::postal::barcode::with_number;
use kansho::postal::{encode, extract};
use std::io::Write;
use std::process::Command;

fn code(digits: &str) -> PostalCode {
    PostalCode::new(digits).expect("seven digits")
}

/// Name, postal code, 住所B as printed, extracted, body, check: 郵便番号・バーコードマニュアル p17–p22.
const OFFICIAL: &[(&str, &str, &str, &str, char)] = &[
    ("1000013", "1丁目3番2号 郵便プラザ503室", "1-3-2-503", "10000131-3-2-503dddd", '9'),
    ("2630023", "3丁目30-8 郵便ビル403号", "3-30-8-403", "26300233-30-8-403ddd", '5'),
    ("2730102", "東3丁目-20-5 郵便・A&bコーポB604号", "3-20-5B604", "27301023-20-5a1604dd", '0'),
    ("1980036", "十一丁目六番地一号 郵便タワー601", "11-6-1-601", "198003611-6-1-601ddd", 'h'),
    ("5900016", "四丁六番十九号", "4-6-19", "59000164-6-19ddddddd", 'b'),
    ("3170055", "6丁目7-14 ABCビル2F", "6-7-14-2", "31700556-7-14-2ddddd", 'a'),
    ("6500046", "9丁目7-6 郵便シティA棟1F1号", "9-7-6A1-1", "65000469-7-6a01-1ddd", '5'),
    ("0640804", "29丁目1524-23 第2郵便ハウス501", "29-1524-23-2-501", "064080429-1524-23-2-", '3'),
    ("9100067", "3丁目80-25 J1ビル2-B", "3-80-25J1-2B", "91000673-80-25a91-2a", '9'),
    ("1008792", "", "", "1008792ddddddddddddd", '0'),
];

#[test]
fn official_examples_of_the_manual() {
    for (postal, block, number, body, check) in OFFICIAL {
        let symbol = encode(code(postal), block);
        assert_eq!(extract(block), *number, "{postal}");
        assert_eq!((symbol.body.as_str(), symbol.check), (*body, *check), "{postal}");
        assert_eq!(symbol.bars.len(), 67, "{postal}");
    }
}

#[test]
fn official_bars_of_100_0013_and_of_273_0102_whose_check_value_is_zero() {
    assert_eq!(
        encode(code("1000013"), "1丁目3番2号 郵便プラザ503室").bars,
        "1311414414414414411431211441431241413241414114431243243243243241131"
    );
    assert_eq!(
        encode(code("2730102"), "東3丁目-20-5 郵便・A&bコーポB604号").bars,
        "1313221331214411414413231241413214441414132411432114412343243214431"
    );
}

#[test]
fn a_letter_on_the_thirteenth_place_keeps_its_control_character_only() {
    assert_eq!(&with_number(code("1000013"), "123456789012A").body[7..], "123456789012a");
    assert_eq!(&with_number(code("1000013"), "123456789012Z").body[7..], "123456789012c");
    assert_eq!(&with_number(code("1000013"), "12345678901K5").body[7..], "12345678901b0");
    assert_eq!(&with_number(code("1000013"), "123456789012-5").body[7..], "123456789012-");
}

/// A small generator with a fixed seed: the same addresses in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of(&mut self, letters: &str) -> char {
        let all: Vec<char> = letters.chars().collect();
        all[usize::try_from(self.below(all.len() as u64)).expect("small")]
    }
}

/// The bars 1–4 of every drawing in zint's `--dump`: three rows of bits a symbol, a bar at every second bit.
fn bars_of(dump: &str) -> Vec<String> {
    let bits = |row: &str| -> Vec<bool> {
        row.split_whitespace()
            .flat_map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal").to_be_bytes())
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect()
    };
    let rows: Vec<&str> = dump.lines().filter(|l| !l.trim().is_empty()).collect();
    rows.chunks(3)
        .map(|three| {
            let [up, middle, down] = [0, 1, 2].map(|i| bits(three[i]));
            assert!((0..67).all(|bar| middle[bar * 2]), "the tracker is whole");
            (0..67)
                .map(|bar| match (up[bar * 2], down[bar * 2]) {
                    (true, true) => '1',
                    (true, false) => '2',
                    (false, true) => '3',
                    (false, false) => '4',
                })
                .collect()
        })
        .collect()
}

#[test]
fn zint_draws_the_same_bars_for_twenty_thousand_random_bodies() {
    let mut dice = Dice(20_261_201);
    let mut asked: Vec<(String, String)> = Vec::new();
    while asked.len() < 20_000 {
        let postal: String = (0..7).map(|_| dice.one_of("0123456789")).collect();
        let mut number = String::new();
        let (mut places, wanted) = (0, dice.below(14));
        while places < wanted {
            let c = if dice.below(5) == 0 { dice.one_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") } else { dice.one_of("0123456789-") };
            places += if c.is_ascii_uppercase() { 2 } else { 1 };
            // zint refuses a letter cut in half (postal.md a.7); that case has its own test.
            if places <= 13 {
                number.push(c);
            }
        }
        asked.push((postal, number));
    }
    let folder = std::env::temp_dir().join(format!("kansho-zint-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let list = folder.join("bodies.txt");
    let text: String = asked.iter().map(|(postal, number)| format!("{postal}{number}\n")).collect();
    std::fs::File::create(&list).and_then(|mut f| f.write_all(text.as_bytes())).expect("written");
    let output = Command::new("zint").args(["-b", "76", "--batch", "--dump", "-i"]).arg(&list).current_dir(&folder).output();
    let _ = std::fs::remove_dir_all(&folder);
    let Ok(output) = output else {
        eprintln!("SKIPPED: zint is not installed, so the bars were not compared with another encoder");
        return;
    };
    let theirs = bars_of(&String::from_utf8(output.stdout).expect("text"));
    assert_eq!(theirs.len(), asked.len(), "{}", String::from_utf8_lossy(&output.stderr));
    for ((postal, number), bars) in asked.iter().zip(&theirs) {
        assert_eq!(&with_number(code(postal), number).bars, bars, "{postal}{number}");
    }
}
