//! What is drawn to be looked at: calibration sheet, preview; what must never be posted: a rehearsal; marks for the inserter.

use crate::office;
use crate::office::{ADDRESS, Office, file, infant, said};
use kansho_paper::length::Mm;
use kansho_paper::pdf::read::PdfReader;
use std::path::Path;
use std::process::Command;

fn one() -> Vec<u8> {
    file(&[
        infant(15, "見本　一郎", "ミホン　イチロウ", ADDRESS, ""),
        infant(23, "見本　花子", "ミホン　ハナコ", ADDRESS, "見本荘101"),
    ])
    .into_bytes()
}

fn texts(path: &Path) -> Vec<String> {
    let reader = PdfReader::open(std::fs::read(path).unwrap()).unwrap();
    (0..reader.page_count())
        .map(|page| reader.page(page).unwrap().runs.iter().map(|run| run.text.to_string() + "\n").collect())
        .collect()
}

#[test]
fn the_calibration_sheet_is_the_same_each_time_and_shows_the_offsets() {
    let office = Office::with("", |text| text.replacen("x_mm = 0.0 ", "x_mm = -1.5 ", 1));
    for (name, stock) in [("a.pdf", None), ("b.pdf", None), ("c.pdf", Some("72224"))] {
        let stock = stock.iter().flat_map(|stock| ["--stock", stock]);
        let output = office.kansho(&["calibrate", "--out", name].into_iter().chain(stock).collect::<Vec<_>>());
        assert!(output.status.success(), "{}", said(&output));
    }
    assert_eq!(std::fs::read(office.path("a.pdf")).unwrap(), std::fs::read(office.path("b.pdf")).unwrap());
    let pages = texts(&office.path("a.pdf"));
    assert!(pages.len() == 9 && pages[0].contains("28362") && pages[0].contains("x_mm = -1.5") && pages[0].contains("12面"));
    assert!(pages[1].contains("24面") && pages[2].contains("必ず見える範囲") && pages[2].contains("折り"), "{pages:?}");
    assert_eq!(texts(&office.path("c.pdf")).len(), 2);
    let again = office.kansho(&["calibrate", "--out", "a.pdf"]);
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    let bad = office.kansho(&["calibrate", "--out", "d.pdf", "--stock", "0"]);
    assert!(said(&bad).contains("label_sheets_jp.csv にありません") && !office.path("d.pdf").exists());
}

#[test]
fn the_preview_shows_the_frames_of_the_run_and_is_in_the_manifest() {
    let office = Office::new("");
    let output = office.run(&one());
    assert!(output.status.success(), "{}", said(&output));
    let manifest = std::fs::read_to_string(office.path("out/manifest.json")).unwrap();
    assert!(manifest.contains("office/preview.pdf") && !manifest.contains("rehearsal"));
    let pages = texts(&office.path("out/office/preview.pdf"));
    assert!(pages.iter().all(|page| page.contains("見本・校正用")), "{pages:?}");
    let letter = texts(&office.path("out/letters-0001.pdf"));
    let page = &pages[0];
    assert!(letter[0].lines().all(|line| page.contains(line)) && page.contains("折り 105.0 mm"), "{page}");
    assert!(!letter.concat().contains("見本・校正用"));
    assert!(pages.last().unwrap().contains("宛名ラベル"));
}

#[test]
fn a_rehearsal_is_marked_everywhere_and_cannot_be_mixed_with_a_real_run() {
    let office = Office::new("");
    let output = office.run(&one());
    assert!(output.status.success(), "{}", said(&output));
    std::fs::rename(office.path("out"), office.path("real")).unwrap();
    let output = office.month(&["--rehearsal"]);
    assert!(output.status.success() && said(&output).contains("試験です"), "{}", said(&output));
    for name in
        ["letters-0001.pdf", "stickers.pdf", "address-labels.pdf", "postal-slip.pdf", "office/proof.pdf", "office/preview.pdf"]
    {
        for page in texts(&office.path("out").join(name)) {
            assert!(page.contains("試験"), "{name}");
        }
        assert!(!texts(&office.path("real").join(name)).concat().contains("試験"), "{name}");
    }
    let labels = texts(&office.path("out/address-labels.pdf")).concat();
    assert_eq!(labels.matches("試験").count(), office.rows("postal.csv").len() - 1);
    assert!(office.rows("postal.csv").concat().iter().any(|cell| cell.starts_with("T20261201-")));
    let verified = office.kansho(&["verify", "out"]);
    assert!(verified.status.success() && said(&verified).contains("試験の出力です"), "{}", said(&verified));
    assert!(!said(&office.kansho(&["verify", "real"])).contains("試験"));
    // A file of the rehearsal in the real folder, and a piece of it in the real list.
    std::fs::copy(office.path("out/letters-0001.pdf"), office.path("real/letters-0001.pdf")).unwrap();
    let manifest = std::fs::read_to_string(office.path("real/manifest.json")).unwrap();
    let mixed = manifest.replacen("\"code\": \"2026", "\"code\": \"T2026", 1);
    office::write(&office.path("real/manifest.json"), mixed.as_bytes());
    let verified = office.kansho(&["verify", "real"]);
    let told = said(&verified);
    assert!(verified.status.code() == Some(1) && told.contains("V708") && told.contains("letters-0001.pdf"), "{told}");
    // The next month may not build on a rehearsal.
    let next = [
        "run",
        "--residents",
        "住民.csv",
        "--no-marks",
        "見本",
        "--ledger",
        "台帳.csv",
        "--as-of",
        "2027-01-05",
        "--out",
        "next",
        "--previous",
        "out",
    ];
    let output = office.kansho(&next);
    assert!(output.status.code() == Some(1) && said(&output).contains("試験です。続きにはできません"), "{}", said(&output));
}

#[test]
fn an_archive_copy_of_a_run_is_read_back_like_any_other() {
    let office = Office::with("", |text| text.replace("archive = false", "archive = true"));
    let output = office.run(&one());
    assert!(output.status.success(), "{}", said(&output));
    for name in ["letters-0001.pdf", "stickers.pdf", "address-labels.pdf", "postal-slip.pdf", "office/proof.pdf"] {
        let bytes = std::fs::read(office.path("out").join(name)).unwrap();
        assert!(bytes.windows(20).any(|part| part == b"<pdfaid:part>1</pdfa"), "{name}");
    }
    assert!(office.kansho(&["verify", "out"]).status.success());
    let both = Office::with("", |text| {
        text.replace("archive = false", "archive = true").replace("intent = \"\"", "intent = \"JC200103\"")
    });
    let output = both.run(&one());
    assert!(output.status.code() == Some(2) && said(&output).contains("一緒に使えません"), "{}", said(&output));
}

#[test]
fn marks_stand_where_the_office_puts_them() {
    let marks = "[marks.omr]\nx_mm = 5.0\ny_mm = 130.0\npitch_mm = 4.23\nwidth_mm = 8.0\nheight_mm = 0.5\n\
                 places = [\"gate\", \"first\", \"last\", \"seq4\", \"seq2\", \"seq1\", \"group\", \"parity\"]\n";
    let office = Office::with("", |text| text.replace("content = \"code\"", "content = \"sheet\"") + marks);
    let output = office.run(&one());
    assert!(output.status.success(), "{}", said(&output));
    let path = office.path("out/letters-0001.pdf");
    let reader = PdfReader::open(std::fs::read(&path).unwrap()).unwrap();
    let bars = |page: usize| {
        reader
            .page(page)
            .unwrap()
            .rects
            .iter()
            .filter(|bar| (bar.x - Mm(5.0)).abs() < Mm(0.05) && (bar.w - Mm(8.0)).abs() < Mm(0.05))
            .count()
    };
    // Gate, first, last, group, parity of sequence 0 would be odd: the pieces 1 and 2 differ, backs have none.
    assert_eq!((bars(0) % 2, bars(1), bars(2) % 2), (0, 0, 0));
    assert!(bars(0) >= 4 && bars(2) >= 4);
    assert!(texts(&path)[0].contains("（1/1枚）"));
    let place = tempfile::tempdir().unwrap();
    let picture = place.path().join("a");
    let drawn = Command::new("pdftoppm").args(["-r", "300", "-f", "1", "-l", "1", "-png"]).args([&path, &picture]).status();
    let read = drawn.ok().filter(|s| s.success()).and_then(|_| {
        let file = std::fs::read_dir(place.path()).unwrap().next()?.unwrap().path();
        Command::new("zbarimg").args(["-q", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(file).output().ok()
    });
    match read {
        Some(read) => {
            let code = String::from_utf8(read.stdout).unwrap();
            // The other code of the page is the address of the clinic list.
            assert!(code.lines().any(|line| line.ends_with("/1-1") && line.starts_with("20261201-")), "{code}");
        }
        None => eprintln!("SKIPPED: pdftoppm or zbarimg is not installed"),
    }
    for (from, to, told) in [
        ("x_mm = 5.0\ny_mm = 130.0", "x_mm = 30.0\ny_mm = 130.0", "本文の場所"),
        ("x_mm = 5.0\ny_mm = 130.0", "x_mm = 5.0\ny_mm = 20.0", "窓から"),
        ("x_mm = 5.0\ny_mm = 130.0", "x_mm = 1.0\ny_mm = 130.0", "縁から"),
        ("x_mm = 5.0\ny_mm = 130.0", "x_mm = 5.0\ny_mm = 100.0", "折りの場所"),
        ("\"gate\", ", "", "gate"),
    ] {
        let office = Office::with("", |text| text.to_owned() + &marks.replacen(from, to, 1));
        let output = office.run(&one());
        assert!(!output.status.success() && said(&output).contains(told), "{told}: {}", said(&output));
    }
}
