//! The monthly run on the samples, as the office does it: the same bytes each time, nobody in an output who must not be, and a
//! proof that notices every change.

use kansho_paper::length::Mm;
use kansho_paper::pdf::read::PdfReader;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

const AS_OF: &str = "2026-12-01";

fn kansho(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run_into(out: &Path, more: &[&str]) -> Output {
    let out = out.to_string_lossy().into_owned();
    let mut args =
        vec!["run", "--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", AS_OF, "--out", &out];
    args.extend(more);
    kansho(&args)
}

/// One run of the samples for all tests.
fn sample_run() -> &'static Path {
    static RUN: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = RUN.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("2026-12");
        let done = run_into(&out, &["--threads", "2"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        (place, out)
    });
    path
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn copy_of(folder: &Path) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("copy");
    for (name, bytes) in files(folder) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs_write(&path, &bytes);
    }
    (place, to)
}

fn fs_write(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn the_samples_yield_every_programme_and_the_counts_close() {
    let manifest = json(&sample_run().join("manifest.json"));
    let counts = &manifest["counts"];
    let selected = counts["selected"].as_u64().unwrap();
    assert!(selected >= 80, "{selected} letters");
    let listing = std::fs::read_dir("rules/programmes").unwrap();
    for path in listing.map(|e| e.unwrap().path()) {
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(counts["programmes"][&id].as_u64().unwrap_or(0) > 0, "no letter of {id}");
    }
    for key in ["letters", "postal_rows", "labels"] {
        assert_eq!(counts[key].as_u64().unwrap(), selected, "{key}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes_with_one_and_two_threads() {
    let place = tempfile::tempdir().unwrap();
    let again = place.path().join("again");
    let done = run_into(&again, &["--threads", "1"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let (first, second) = (files(sample_run()), files(&again));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name} differs");
    }
}

#[test]
fn a_run_is_verified_and_every_change_names_the_piece() {
    let untouched = kansho(&["verify", &sample_run().to_string_lossy()]);
    assert_eq!(untouched.status.code(), Some(0), "{}", text(&untouched.stderr));

    // Two people's addresses swapped in the CSV.
    let (_keep, copy) = copy_of(sample_run());
    let csv = std::fs::read(copy.join("postal.csv")).unwrap();
    let mut lines: Vec<Vec<u8>> = csv.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    lines.swap(1, 4);
    fs_write(&copy.join("postal.csv"), &lines.concat());
    refuses(&copy, "postal.csv: 通し番号 1（");

    // One digit of a letter.
    let (_keep, copy) = copy_of(sample_run());
    let mut pdf = std::fs::read(copy.join("letters-0001.pdf")).unwrap();
    let at = pdf.len() / 2;
    pdf[at] ^= 1;
    fs_write(&copy.join("letters-0001.pdf"), &pdf);
    refuses(&copy, "letters-0001.pdf");

    // The sheets shifted by one: the run of another start position.
    let place = tempfile::tempdir().unwrap();
    let shifted = place.path().join("shifted");
    assert!(run_into(&shifted, &["--sticker-start", "2", "--label-start", "2"]).status.success());
    let (_keep, copy) = copy_of(sample_run());
    for name in ["stickers.pdf", "address-labels.pdf"] {
        fs_write(&copy.join(name), &std::fs::read(shifted.join(name)).unwrap());
        refuses(&copy, &format!("{name}: 通し番号"));
    }

    // A file that does not belong here, and one that is missing.
    let (_keep, copy) = copy_of(sample_run());
    fs_write(&copy.join("old.csv"), b"x");
    std::fs::remove_file(copy.join("address-labels.pdf")).unwrap();
    refuses(&copy, "old.csv: 目録にないファイルがあります");
    refuses(&copy, "address-labels.pdf: 目録にあるファイルがありません");
}

fn refuses(folder: &Path, words: &str) {
    let told = kansho(&["verify", &folder.to_string_lossy()]);
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stderr).contains(words), "「{words}」 is not in:\n{}", text(&told.stderr));
}

/// `samples/hard_cases.csv`: 予防接種番号, 事業, 判定, 理由. A clerk can add a line.
fn hard_cases() -> Vec<[String; 4]> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path("samples/hard_cases.csv").unwrap();
    reader.records().map(|r| r.unwrap()).map(|r| [0, 1, 2, 3].map(|i| r[i].to_owned())).collect()
}

#[test]
fn every_hard_case_is_in_its_bucket_for_its_reason() {
    let told = kansho(&[
        "select",
        "--residents",
        "samples/住民.xlsx",
        "--ledger",
        "samples/予防接種台帳.csv",
        "--as-of",
        AS_OF,
        "--format",
        "json",
    ]);
    assert!(told.status.success(), "{}", text(&told.stderr));
    let list: Vec<serde_json::Value> = serde_json::from_slice(&told.stdout).unwrap();
    let cases = hard_cases();
    assert!(cases.len() >= 20);
    let mut wrong = Vec::new();
    for [person, programme, decision, reason] in &cases {
        let found = list.iter().find(|o| o["person"] == person.as_str() && o["programme"] == programme.as_str());
        let said = found.map(|o| (o["decision"].as_str().unwrap_or_default(), o["reason"].as_str().unwrap_or_default()));
        if said != Some((decision.as_str(), reason.as_str())) {
            wrong.push(format!("{person} {programme}: {said:?}, expected {decision} {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_excluded_or_held_is_in_any_output() {
    let pieces = json(&sample_run().join("office/pieces.json"));
    let sent: Vec<(&str, &str)> = pieces["pieces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["person"].as_str().unwrap(), p["programme"].as_str().unwrap()))
        .collect();
    for [person, programme, decision, _] in &hard_cases() {
        assert_eq!(sent.contains(&(person, programme)), decision == "selected", "{person} {programme}");
    }
}

#[test]
fn a_reissue_gives_the_same_answer_as_the_run() {
    let place = tempfile::tempdir().unwrap();
    for (number, [person, programme, decision, reason]) in hard_cases().iter().enumerate() {
        let out = place.path().join(number.to_string());
        let told = kansho(&[
            "reissue",
            person,
            "--programme",
            programme,
            "--residents",
            "samples/住民.xlsx",
            "--ledger",
            "samples/予防接種台帳.csv",
            "--as-of",
            AS_OF,
            "--reason",
            "紛失",
            "--out",
            &out.to_string_lossy(),
        ]);
        if decision == "selected" {
            assert!(told.status.success(), "{person} {programme}: {}", text(&told.stderr));
            let manifest = json(&out.join("manifest.json"));
            assert_eq!(manifest["pieces"].as_array().unwrap().len(), 1);
        } else if told.status.success() {
            // A notice already issued may be issued again, and one whose month is still to come, when the law's window is open.
            let words = if reason == "not_yet" { "新しい発行no" } else { "無効: 発行no" };
            assert!(["already_notified", "not_yet"].contains(&reason.as_str()), "{person} {programme} was reissued");
            assert!(text(&told.stdout).contains(words), "{person} {programme}");
        } else {
            assert!(!out.exists());
        }
    }
}

#[test]
fn an_output_folder_that_is_not_empty_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    fs_write(&place.path().join("a.txt"), b"a");
    let told = run_into(place.path(), &[]);
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stderr).contains("空ではありません。上書きはしません"), "{}", text(&told.stderr));
    assert_eq!(files(place.path()).len(), 1);
}

#[test]
fn an_as_of_date_that_does_not_fit_the_snapshot_is_refused() {
    for (as_of, words) in [("2026-11-15", "より前です"), ("2027-02-01", "日前です")] {
        let told =
            kansho(&["select", "--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", as_of]);
        assert_eq!(told.status.code(), Some(1));
        assert!(text(&told.stderr).contains(words), "{}", text(&told.stderr));
    }
}

fn csv_rows(folder: &Path) -> Vec<Vec<String>> {
    let bytes = std::fs::read(folder.join("postal.csv")).unwrap();
    let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes).unwrap().into_owned();
    assert!(
        text.ends_with("\r\n")
            && text.starts_with("\"連番\",\"通知コード\",\"発行no\",\"郵便番号\",\"住所1\",\"住所2\",\"方書\"")
    );
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// With the office's envelope (長形3号, window 100 × 45 at 20/15, panel 105) everything left of 118.5 mm and above 58.5 mm may show.
#[test]
fn the_window_shows_the_address_block_and_nothing_else() {
    let reader = PdfReader::open(std::fs::read(sample_run().join("letters-0001.pdf")).unwrap()).unwrap();
    let rows = csv_rows(sample_run());
    assert_eq!(reader.page_count(), rows.len() * 2);
    let mut barcodes = 0;
    for (number, row) in rows.iter().enumerate() {
        let page = reader.page(number * 2).unwrap();
        let shown: Vec<_> = page.runs.iter().filter(|r| r.x < Mm(118.5) && r.y < Mm(58.5)).collect();
        let text: String = shown.iter().map(|r| r.text.replace(['\u{3000}', ' '], "")).collect();
        let block: String = [&row[3], &row[4], &row[5], &row[6]].iter().map(|s| s.replace(['\u{3000}', ' '], "")).collect();
        assert!(text.starts_with(&block) && text.ends_with(&row[8]), "piece {}: {} shown", row[0], shown.len());
        // Inside the safe zone: x 20.5–94.5, y 15.5–44.5.
        for run in &shown {
            assert!(run.x >= Mm(20.4) && run.y >= Mm(15.5) && run.y <= Mm(44.5), "piece {}", row[0]);
        }
        let mut lines: Vec<(Mm, Mm)> = shown.iter().map(|r| (r.y, r.size.mm())).collect();
        lines.dedup_by(|a, b| (a.0 - b.0).abs() < Mm(0.01));
        assert!(lines.windows(2).all(|pair| pair[1].0 - pair[0].0 >= pair[1].1 * 0.98), "piece {}: lines overlap", row[0]);
        let bars: Vec<_> = page.rects.iter().filter(|a| a.x < Mm(118.5) && a.y < Mm(58.5)).collect();
        if !row[9].is_empty() {
            barcodes += 1;
            assert_eq!(bars.len(), 67, "piece {}", row[0]);
            let bottom = bars.iter().map(|b| b.y + b.h).fold(Mm::ZERO, Mm::max);
            let right = bars.iter().map(|b| b.x + b.w).fold(Mm::ZERO, Mm::max);
            assert!(bottom + Mm(2.0) <= Mm(44.51) && right + Mm(2.0) <= Mm(94.51), "piece {}: quiet zone", row[0]);
            let last = lines.last().unwrap().0;
            assert!(bars.iter().all(|b| b.y >= last + Mm(2.0)), "piece {}: the barcode touches the name", row[0]);
        }
        for side in 0..2 {
            let page = reader.page(number * 2 + side).unwrap();
            assert!(
                page.runs.iter().all(|r| r.x >= Mm(18.0) && r.x < Mm(190.5) && r.y > Mm(10.0) && r.y < Mm(292.0)),
                "piece {}",
                row[0]
            );
            assert!(page.runs.iter().any(|r| r.text.contains(&row[1])), "piece {}: no code on side {}", row[0], side + 1);
        }
    }
    assert!(barcodes * 10 > rows.len() * 9, "{barcodes} barcodes of {}", rows.len());
}

#[test]
fn every_sticker_and_label_carries_its_own_piece() {
    let manifest = json(&sample_run().join("manifest.json"));
    let rows = csv_rows(sample_run());
    for (key, file, columns, lines, width, height) in [
        ("stickers", "stickers.pdf", 3_usize, 8_usize, Mm(66.0), Mm(33.9)),
        ("labels", "address-labels.pdf", 2, 6, Mm(86.4), Mm(42.3)),
    ] {
        let reader = PdfReader::open(std::fs::read(sample_run().join(file)).unwrap()).unwrap();
        let (left, top) = if key == "stickers" { (Mm(6.0), Mm(12.9)) } else { (Mm(18.6), Mm(21.2)) };
        for (piece, row) in manifest["pieces"].as_array().unwrap().iter().zip(&rows) {
            for cell in piece["outputs"][key]["cells"].as_array().into_iter().flatten() {
                let place = usize::try_from(cell.as_u64().unwrap()).unwrap() - 1;
                let page = reader.page(place / (columns * lines)).unwrap();
                let (col, line) = (place % columns, place / columns % lines);
                let (x, y) = (
                    left + width * f64::from(u32::try_from(col).unwrap()),
                    top + height * f64::from(u32::try_from(line).unwrap()),
                );
                let inside = page.runs.iter().filter(|r| r.x >= x && r.x < x + width && r.y >= y && r.y < y + height);
                let text: String = inside.map(|r| r.text.to_string()).collect();
                assert!(text.contains(piece["code"].as_str().unwrap()), "{key} {place}");
                assert!(key == "stickers" || text.contains(&row[3]), "{key} {place}");
            }
        }
    }
}

#[test]
fn a_reissued_letter_differs_only_in_number_mark_and_code() {
    let pieces = json(&sample_run().join("office/pieces.json"));
    let rows = csv_rows(sample_run());
    let reader = PdfReader::open(std::fs::read(sample_run().join("letters-0001.pdf")).unwrap()).unwrap();
    let place = tempfile::tempdir().unwrap();
    for number in [0, 40, 90] {
        let piece = &pieces["pieces"][number];
        let out = place.path().join(number.to_string());
        let told = kansho(&[
            "reissue",
            piece["person"].as_str().unwrap(),
            "--programme",
            piece["programme"].as_str().unwrap(),
            "--residents",
            "samples/住民.xlsx",
            "--ledger",
            "samples/予防接種台帳.csv",
            "--as-of",
            AS_OF,
            "--reason",
            "汚損",
            "--out",
            &out.to_string_lossy(),
        ]);
        assert!(told.status.success(), "{}", text(&told.stderr));
        let again = PdfReader::open(std::fs::read(out.join("letters-0001.pdf")).unwrap()).unwrap();
        for side in 0..2 {
            let words = |page: kansho_paper::pdf::read::PageText| -> Vec<String> {
                page.runs.iter().map(|r| r.text.to_string()).collect()
            };
            let (before, after) = (words(reader.page(number * 2 + side).unwrap()), words(again.page(side).unwrap()));
            let new: Vec<&String> = after.iter().filter(|t| !before.contains(t)).collect();
            let marks = |t: &str| t == "再発行" || t.starts_with("発行no") || t.starts_with("（無効") || t.contains("通し番号");
            assert!(new.iter().all(|t| marks(t)), "{new:?}");
            assert_eq!(side == 0, after.iter().any(|t| t == "再発行"));
        }
        let row = &csv_rows(&out)[0];
        assert_eq!(row[3..10], rows[number][3..10], "address and barcode");
        assert_eq!(row[11], "再発行");
    }
}

#[test]
fn pdftotext_reads_every_name_of_the_postal_csv() {
    let Ok(told) = Command::new("pdftotext").args(["-enc", "UTF-8"]).arg(sample_run().join("letters-0001.pdf")).arg("-").output()
    else {
        eprintln!("pdftotext is not installed: this witness was not asked");
        return;
    };
    let pages = text(&told.stdout);
    let pages: Vec<&str> = pages.split('\u{c}').collect();
    for (number, row) in csv_rows(sample_run()).iter().enumerate() {
        let plain = |t: &str| t.replace(['\u{3000}', ' ', '\n'], "");
        // The CSV may hold a documented substitute (吉 for 𠮷, no selector); the letter never does.
        let page = plain(pages[number * 2]).replace('𠮷', "吉").replace('\u{E0110}', "");
        assert!(page.contains(&plain(&row[7])), "piece {}", row[0]);
    }
}

#[test]
fn a_full_disk_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=400k", "tmpfs"]).arg(place.path()).status();
    if !mounted.is_ok_and(|s| s.success()) {
        eprintln!("no small disk can be mounted here: the full disk was not tried");
        return;
    }
    let told = run_into(&place.path().join("out"), &[]);
    // The numbers were taken: what stays is the book that says so.
    let left = std::fs::read_dir(place.path()).unwrap().filter(|e| e.as_ref().unwrap().file_name() != "発行簿.csv").count();
    let _ = Command::new("umount").arg(place.path()).status();
    assert_eq!(told.status.code(), Some(2), "{}", text(&told.stderr));
    assert!(text(&told.stderr).contains("書けません"), "{}", text(&told.stderr));
    assert_eq!(left, 0, "something was left behind");
}

#[test]
fn the_proof_shows_the_hard_letters_and_says_why() {
    let reader = PdfReader::open(std::fs::read(sample_run().join("office/proof.pdf")).unwrap()).unwrap();
    let reasons: String = (0..reader.page_count())
        .flat_map(|page| reader.page(page).unwrap().runs)
        .filter(|run| run.text.starts_with("校正　通し番号"))
        .map(|run| run.text.to_string())
        .collect();
    for words in [
        "最初の一通・最後の一通",
        "最も長い氏名",
        "最も詰めて印字（",
        "生年月日の境（",
        "最も長い住所",
        "ひな形 je2",
        "（接種歴が不明）",
        "送付先の登録あり",
        "予備の字形・異体字",
        "双子など",
        "同姓同名",
    ] {
        assert!(reasons.contains(words), "{words}");
    }
}
