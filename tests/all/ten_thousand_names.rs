//! 氏名 1万件: every name that is printed comes back from the paper exactly, by pdftotext; who cannot be printed or posted is on the
//! list.
#![cfg(unix)]
use crate::office::{ADDRESS, Office, file, infant, said};
use kansho_chars::{Overrides, Profile, Variants, plan};
use kansho_core::folder::Folder;
use kansho_paper::font::{Fonts, Unit, units};
use kansho_paper::frame::Face;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const PEOPLE: usize = 10_000;

/// 外字 of the office: a supplementary character, a variation sequence, an ordinary one; U+E003 has no meaning and holds.
const GAIJI: &str = "
[[gaiji]]
code = \"U+E000\"
to = \"吉\"
means = \"𠮷\"
[[gaiji]]
code = \"U+E001\"
means = \"邉\u{E0110}\"
[[gaiji]]
code = \"U+E002\"
to = \"高\"
means = \"髙\"
";
const MEANT: [(&str, &str); 3] = [("\u{E000}", "𠮷"), ("\u{E001}", "邉\u{E0110}"), ("\u{E002}", "髙")];

/// Characters and variation sequences of the fonts that the postal CSV can carry or replace; and those it cannot.
fn repertoire() -> (Vec<String>, Vec<String>) {
    let fonts = Fonts::load(Path::new("fonts")).unwrap();
    let table = Variants::load(&Folder::at(Path::new("."))).unwrap();
    let posted = |text: &str| plan(text, Profile::Cp932, &table, &Overrides::none()).bytes.is_some();
    let kanji = [0x3041..=0x3093_u32, 0x30A1..=0x30F6, 0x3400..=0x4DBF, 0x4E00..=0x9FFF, 0xF900..=0xFAFF, 0x2_0000..=0x2_FA1F];
    let (mut fine, mut held) = (Vec::new(), Vec::new());
    for base in kanji.into_iter().flatten().filter_map(char::from_u32) {
        for selector in [None].into_iter().chain((0xE0100..=0xE0120).map(char::from_u32)) {
            let unit = Unit { base, selector };
            if !fonts.has(Face::Text, unit) && !fonts.has(Face::Name, unit) {
                continue;
            }
            let text: String = [Some(base), selector].into_iter().flatten().collect();
            if posted(&text) { &mut fine } else { &mut held }.push(text);
        }
    }
    (fine, held)
}

/// Ten thousand names: every character and sequence of the repertoire at least once, four to nine of them in a name.
fn names(fine: &[String], held: &[String]) -> Vec<String> {
    let family = ["見本", "佐藤", "鈴木", "ヴァン　デル", "斎藤", "勅使河原"];
    let mut pool = fine.iter().cycle();
    (0..PEOPLE)
        .map(|n| match n % 100 {
            0 => format!("{}田　{}", MEANT[n / 100 % 3].0, MEANT[(n / 100 + 1) % 3].0),
            1 => format!("見本　{}", held[n % held.len()]),
            2 => "見\u{E003}　一".to_owned(),
            3 => format!("{}　クリスティーナ明日香ヴィクトリア", pool.by_ref().take(9).map(String::as_str).collect::<String>()),
            _ => format!(
                "{}{}　{}",
                family[n % 6],
                pool.next().unwrap(),
                pool.by_ref().take(3 + n % 3).map(String::as_str).collect::<String>()
            ),
        })
        .collect()
}

/// The text of each page, in the order of the content stream: a line is what was set as one. `None` when pdftotext is missing.
fn text(pdf: &Path, pages: usize) -> Option<Vec<String>> {
    const SOME: usize = 50;
    let part = |first: usize| -> Option<Vec<String>> {
        let last = (first + SOME - 1).min(pages);
        let range = ["-f", &first.to_string(), "-l", &last.to_string()].map(str::to_owned);
        let Ok(done) = Command::new("pdftotext").args(["-raw", "-enc", "UTF-8"]).args(range).arg(pdf).arg("-").output() else {
            eprintln!("SKIPPED: pdftotext is not installed, so no name was read from the paper");
            return None;
        };
        let text = String::from_utf8(done.stdout).unwrap();
        let read: Vec<String> = text.split_terminator('\u{C}').map(str::to_owned).collect();
        assert_eq!(read.len(), last + 1 - first);
        Some(read)
    };
    let parts: Option<Vec<Vec<String>>> = (1..=pages).step_by(SOME).collect::<Vec<_>>().into_par_iter().map(part).collect();
    Some(parts?.concat())
}

/// The lines that name an addressee.
fn addressed(page: &str) -> Vec<String> {
    page.lines().filter(|line| line.ends_with(" 保護者様")).map(str::to_owned).collect()
}

/// The line of a name; pdftotext writes the blank between two words in its own way.
fn line(name: &str) -> String {
    format!("{} 保護者様", name.replace('\u{3000}', " "))
}

/// As print shows a name.
fn printed(name: &str) -> String {
    MEANT.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}

#[test]
fn every_name_comes_back_from_the_paper_or_stands_on_the_list() {
    let (fine, held) = repertoire();
    assert!(
        fine.len() > 8_000
            && fine.iter().any(|t| t.chars().count() == 2)
            && fine.iter().any(|t| t.chars().any(|c| c > '\u{FFFF}'))
    );
    let office = Office::new(GAIJI);
    let names = names(&fine, &held);
    let used: BTreeSet<Unit> = names.iter().flat_map(|name| units(name)).collect();
    assert!(fine.iter().flat_map(|text| units(text)).all(|unit| used.contains(&unit)));
    let person = |(index, name): (usize, &String)| {
        let mut person = infant(u32::try_from(index).unwrap() + 1, name, "ミホン", ADDRESS, "");
        // Three years old in the month after the run: one letter (日本脳炎), no stickers.
        (person[6], person[12]) = ("2024-01-10".to_owned(), "2024-01-10".to_owned());
        person
    };
    let people: Vec<_> = names.iter().enumerate().map(person).collect();
    let told = office.run(file(&people).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(office.path("out").join(name)).unwrap()).unwrap()
    };
    let (manifest, pieces) = (json("manifest.json"), json("office/pieces.json"));
    let counts = &manifest["counts"];
    let count = |key: &str| counts[key].as_u64().unwrap();
    assert_eq!(
        count("candidates"),
        count("selected")
            + count("held")
            + counts["excluded"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>()
    );

    let name = |piece: &serde_json::Value| {
        let number: usize = piece["person"].as_str().unwrap()[2..].parse().unwrap();
        (number, printed(&names[number - 1]))
    };
    let listed: Vec<(usize, String)> = pieces["pieces"].as_array().unwrap().iter().map(name).collect();
    let sent: BTreeSet<usize> = listed.iter().map(|(number, _)| *number).collect();
    assert_eq!(listed.len(), sent.len(), "one letter each");
    // Labels: all names, twelve a sheet. Letters: those of the first file, each on the first page of its two.
    let labels: Vec<String> = listed.iter().map(|(_, name)| name.clone()).collect();
    let Some(sheets) = text(&office.path("out/address-labels.pdf"), labels.len().div_ceil(12)) else { return };
    for (sheet, names) in sheets.iter().zip(labels.chunks(12)) {
        assert_eq!(addressed(sheet), names.iter().map(|name| line(name)).collect::<Vec<_>>());
    }
    let pieces = manifest["pieces"].as_array().unwrap();
    let first = pieces.iter().filter(|piece| piece["outputs"]["letters"]["file"] == "letters-0001.pdf").count();
    let pages = text(&office.path("out/letters-0001.pdf"), 2 * first).unwrap();
    for (page, name) in pages.iter().step_by(2).zip(&labels) {
        assert_eq!(addressed(page), [line(name)]);
    }
    let missing: Vec<usize> = (1..=PEOPLE).filter(|number| !sent.contains(number)).collect();
    for number in &missing {
        let report = std::fs::read_to_string(office.path("out/office/report.html")).unwrap();
        let why = report.split("<tr>").find(|row| row.contains(&format!("99{number:08}"))).unwrap_or_default();
        assert!(matches!((number - 1) % 100, 1 | 2), "{number} has no letter: {why} {:?}", names[number - 1]);
    }
    assert_eq!(missing.len(), PEOPLE / 50);
    eprintln!("{} labels and {first} letters read; {} people held", sent.len(), missing.len());
}
