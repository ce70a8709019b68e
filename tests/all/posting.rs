//! 差し出し: the customer barcode as it lies on the paper, the posting slip, 郵便区番号 of the office's list.
#![cfg(unix)]
use crate::office::{Office, said, write};
use crate::pixels::{Found, Picture, find};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pdf::read::PdfReader;
use std::path::Path;
use std::process::Command;

/// The picture zint draws of a body, enlarged so that a bar is `scale` × 2 pixels wide; `None` when zint is missing.
fn drawn_by_zint(body: &str, scale: &str) -> Option<Picture> {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("code.bmp");
    let done = Command::new("zint").args(["-b", "76", "-d", body, "--scale", scale, "-w", "10", "-o"]).arg(&file).output();
    if done.is_err() {
        eprintln!("SKIPPED: zint is not installed, so the measurer was not checked on another program's drawing");
        return None;
    }
    Some(Picture::bmp(&std::fs::read(&file).unwrap()))
}

#[test]
fn the_measurer_reads_what_zint_draws() {
    for (body, text) in [
        ("10000131-3-2-503", "10000131-3-2-503dddd9"),
        ("27301023-20-5B604", "27301023-20-5a1604dd0"),
        ("19800366-1-1-601", ""),
        ("1008792", "1008792ddddddddddddd0"),
        ("65000469-7-6A1-1", ""),
        ("3170055ABCXYZ", ""),
    ] {
        for scale in ["2", "3.5", "5"] {
            let Some(picture) = drawn_by_zint(body, scale) else { return };
            let found = find(&picture);
            assert_eq!(found.len(), 1, "{body} at {scale}");
            let read = found[0].text();
            assert!(!read.contains('?') && read.starts_with(&body[..7]), "{read}");
            assert!(text.is_empty() || read == text, "{read}");
            assert!(checks(&read), "{read}");
        }
    }
}

/// The sum of all values and the check character is a multiple of 19.
fn checks(text: &str) -> bool {
    text.chars().map(|c| "0123456789-abcdefgh".find(c).unwrap()).sum::<usize>() % 19 == 0
}

/// Pages of a PDF at a resolution, the upper `height` mm; `None` when pdftoppm is missing.
fn rendered(pdf: &Path, page: usize, dpi: f64, height: f64) -> Option<Picture> {
    let pixels = |mm: f64| ((mm / 25.4 * dpi) as usize).to_string();
    let number = page.to_string();
    let done = Command::new("pdftoppm")
        .args(["-gray", "-r", &dpi.to_string(), "-f", &number, "-l", &number, "-x", "0", "-y", "0"])
        .args(["-W", &pixels(210.0), "-H", &pixels(height)])
        .arg(pdf)
        .output();
    match done {
        Ok(done) => Some(Picture::pgm(&done.stdout)),
        Err(_) => {
            eprintln!("SKIPPED: pdftoppm is not installed, so no barcode was measured on paper");
            None
        }
    }
}

/// Bars, pitch, widths, heights and quiet zones against the manual's limits for a size (postal.md a.5, a.6).
fn complies(found: &Found, picture: &Picture, dpi: f64, size: Pt) {
    let mm = 25.4 / dpi;
    let unit = size / Pt(10.0);
    // Half a pixel is what the grey of two edges cannot tell; the nominal long bar and space are the upper limits themselves.
    let blur = 0.5 * mm;
    let within = |what: &str, value: f64, from: f64, to: f64| {
        let value = value * mm;
        assert!(value >= from * unit - blur && value <= to * unit + blur, "{what} {value} mm is not in {from}–{to} × {unit}");
    };
    for (bar, digit) in found.bars.iter().zip(found.digits.chars()) {
        within("bar width", bar.width, 0.50, 0.70);
        let height = bar.bottom - bar.top;
        match digit {
            '1' => within("long bar", height, 3.40, 3.60),
            '4' => within("timing bar", height, 1.05, 1.35),
            _ => within("semi-long bar", height, 2.30, 2.50),
        }
    }
    for pair in found.bars.windows(2) {
        within("pitch", pair[1].centre - pair[0].centre, 0.95, 1.30);
        let space = pair[1].centre - pair[0].centre - (pair[0].width + pair[1].width) / 2.0;
        within("space", space, 0.45, 0.60);
    }
    let mean = (found.bars[66].centre - found.bars[0].centre) / 66.0 * mm;
    assert!((mean - 1.2 * unit).abs() < 0.002, "mean pitch {mean} mm");
    assert!(found.is_quiet(picture, 2.0 / mm), "something is drawn within 2 mm of the barcode");
}

/// An office's own list of 郵便区番号.
const LIST: &str =
    "郵便番号,郵便区番号,グループ\r\n260,260,千葉\r\n261,260,千葉\r\n262,262,千葉\r\n263,263,千葉\r\n264,264,千葉\r\n";

/// A run of the samples in an office of its own, and the barcode text of every piece (empty where there is none).
fn samples(settings: impl Fn(&str) -> String) -> (Office, Vec<String>) {
    let office = Office::with("", settings);
    write(&office.path("郵便区番号一覧.csv"), LIST.as_bytes());
    let (residents, ledger) = ("samples/住民.xlsx", "samples/予防接種台帳.csv");
    let done = office.kansho(&["run", "--residents", residents, "--ledger", ledger, "--as-of", "2026-12-01", "--out", "out"]);
    assert!(done.status.success(), "{}", said(&done));
    let rows = office.rows("postal.csv");
    let column = rows[0].iter().position(|title| title == "カスタマバーコード").unwrap();
    let codes = rows[1..].iter().map(|row| row[column].clone()).collect();
    (office, codes)
}

#[test]
fn barcodes_on_paper_are_those_of_the_csv_and_keep_to_the_manual() {
    let (office, codes) = samples(str::to_owned);
    let home = kansho_core::folder::Folder::at(Path::new(env!("CARGO_MANIFEST_DIR")));
    let settings = kansho::notice::Office::load(&home).unwrap();
    let safe = settings.envelope.safe();
    let letters = office.path("out/letters-0001.pdf");
    let mut measured = 0;
    for (dpi, wanted) in [(300.0, 12), (600.0, 4)] {
        for (piece, code) in codes.iter().enumerate().take(wanted) {
            let Some(picture) = rendered(&letters, 2 * piece + 1, dpi, 70.0) else { return };
            let found = find(&picture);
            assert_eq!(found.len(), usize::from(!code.is_empty()), "letter {} at {dpi} dpi", piece + 1);
            for one in &found {
                assert_eq!(one.text(), *code, "letter {}", piece + 1);
                complies(one, &picture, dpi, settings.envelope.barcode_pt);
                // 2 mm from the window's edge whatever the insert's shift.
                let mm = 25.4 / dpi;
                let slack = Mm(0.1);
                let at = |pixels: f64| Mm(pixels * mm);
                assert!(at(one.left()) >= safe.x + Mm(2.0) - slack && at(one.right()) <= safe.x + safe.w - Mm(2.0) + slack);
                assert!(at(one.top()) >= safe.y + Mm(2.0) - slack && at(one.bottom()) <= safe.y + safe.h - Mm(2.0) + slack);
                measured += 1;
            }
        }
    }
    let pieces: serde_json::Value =
        serde_json::from_slice(&std::fs::read(office.path("out/office/pieces.json")).unwrap()).unwrap();
    let boxes: Vec<[f64; 4]> = serde_json::from_value(pieces["sheets"]["address-labels.pdf"].clone()).unwrap();
    let labels = office.path("out/address-labels.pdf");
    for dpi in [300.0, 600.0] {
        let picture = rendered(&labels, 1, dpi, 297.0).unwrap();
        let mm = 25.4 / dpi;
        let mut found = find(&picture);
        let expected: Vec<&String> = codes.iter().take(boxes.len()).collect();
        assert_eq!(found.len(), expected.iter().filter(|c| !c.is_empty()).count(), "labels at {dpi} dpi");
        for (area, code) in boxes.iter().zip(expected) {
            let inside = |one: &Found| {
                let (x, y) = (one.left() * mm, one.top() * mm);
                x > area[0] && x < area[0] + area[2] && y > area[1] && y < area[1] + area[3]
            };
            let Some(place) = found.iter().position(inside) else {
                assert!(code.is_empty(), "no barcode on a label");
                continue;
            };
            let one = found.remove(place);
            assert_eq!(one.text(), *code);
            complies(&one, &picture, dpi, settings.labels.barcode_pt);
            let (left, right) = (one.left() * mm - area[0], area[0] + area[2] - one.right() * mm);
            let (top, bottom) = (one.top() * mm - area[1], area[1] + area[3] - one.bottom() * mm);
            assert!([left, right, top, bottom].iter().all(|room| *room >= 2.0), "{left} {right} {top} {bottom}");
            measured += 1;
        }
    }
    eprintln!("{measured} barcodes measured at 300 and 600 dpi");
    assert!(measured >= 25);
}

#[test]
fn the_slip_and_the_summary_count_by_the_offices_list() {
    let (office, codes) = samples(|text| {
        text.replace("districts = \"\"", "districts = \"郵便区番号一覧.csv\"")
            .replace("piece_weight_g = 0.0", "piece_weight_g = 12.5")
            .replace("layouts/postal/default.toml", "layouts/postal/full.toml")
    });
    let reader = PdfReader::open(std::fs::read(office.path("out/postal-slip.pdf")).unwrap()).unwrap();
    assert_eq!(reader.page_count(), 1);
    let texts: Vec<String> = reader.page(0).unwrap().runs.iter().map(|run| run.text.to_string()).collect();
    let after = |label: &str| texts.iter().position(|t| t == label).map(|i| texts[i + 1].as_str());
    assert_eq!(after("合計"), Some(format!("{} 通", codes.len()).as_str()), "{texts:?}");
    let coded = codes.iter().filter(|c| !c.is_empty()).count();
    assert_eq!(after("バーコードあり"), Some(format!("{coded} 通").as_str()));
    assert!(texts.contains(&"定形 50 g 以内（長形3号 235×120 mm、一通 12.5 g）".to_owned()), "{texts:?}");
    // Every 郵便区番号 with its count, on the slip, in the summary and in the CSV.
    let rows = office.rows("postal.csv");
    let column = |title: &str| rows[0].iter().position(|t| t == title).unwrap();
    let (district, bundle) = (column("郵便区番号"), column("結束番号"));
    let summary = office.rows("postal-summary.csv");
    for line in summary.iter().filter(|line| line[0] == "郵便区番号") {
        let count = rows[1..].iter().filter(|row| row[district] == line[1]).count();
        assert_eq!(count.to_string(), line[2]);
        let label = if line[5].is_empty() { line[1].clone() } else { format!("{}（案）", line[1]) };
        assert_eq!(after(&label), Some(format!("{count} 通").as_str()), "{label}: {texts:?}");
    }
    assert!(summary.iter().any(|line| line[0] == "郵便区番号" && line[1] == "260" && line[5].is_empty()));
    for line in summary.iter().filter(|line| line[0] == "結束") {
        let number = line[5].strip_prefix("結束番号 ").unwrap().split('、').next().unwrap();
        assert_eq!(rows[1..].iter().filter(|row| row[bundle] == number).count().to_string(), line[2]);
    }
    // It is part of the proof.
    let manifest = std::fs::read_to_string(office.path("out/manifest.json")).unwrap();
    assert!(manifest.contains("\"postal-slip.pdf\""));
    let mut bytes = std::fs::read(office.path("out/postal-slip.pdf")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    write(&office.path("out/postal-slip.pdf"), &bytes);
    let told = office.kansho(&["verify", "out"]);
    assert!(said(&told).contains("postal-slip.pdf: ファイルが作成時から変わっています"), "{}", said(&told));
}
