//! 用紙: postcards and pressure-sealed sheets: their size, their places, what may be read on them, and a run with several papers.
#![cfg(unix)]
use crate::office;
use crate::office::{change, home, kansho, said};
use kansho_paper::length::Mm;
use kansho_paper::pdf::read::{PageText, PdfReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const RUN: [&str; 9] =
    ["run", "--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", "2026-12-01", "--out", "out"];

fn pages(path: &Path) -> Vec<PageText> {
    let reader = PdfReader::open(std::fs::read(path).unwrap()).unwrap();
    (0..reader.page_count()).map(|page| reader.page(page).unwrap()).collect()
}

fn text(page: &PageText) -> String {
    page.runs.iter().map(|run| run.text.as_ref()).collect()
}

fn letters(place: &TempDir) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(place.path().join("out")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("letters-"));
    files.sort();
    files
}

fn json(place: &TempDir, name: &str) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(place.path().join(name)).unwrap()).unwrap()
}

/// A run with all five papers: 麻しん風しん第1期 on A4片面, 第2期 on はがき, BCG on 圧着V, 水痘 on 圧着Z, the rest on A4.
fn mixed() -> TempDir {
    let place = home(&["rules"]);
    change(&place, "rules/programmes/mr2.toml", "template = \"mr2_reminder\"", "template = \"mr2_reminder_postcard\"");
    change(&place, "rules/programmes/mr1.toml", "template = \"mr1\"", "template = \"mr2_easy\"");
    change(&place, "rules/programmes/bcg.toml", "template = \"bcg\"", "template = \"mr2_reminder_v\"");
    change(&place, "rules/programmes/var.toml", "template = \"var\"", "template = \"mr2_reminder_z\"");
    let done = kansho(&place, &RUN);
    assert!(done.status.success(), "{}", said(&done));
    assert!(said(&done).contains(" + はがき "), "{}", said(&done));
    place
}

#[test]
fn a_run_with_several_papers_is_sorted_and_split_by_paper_and_verifies() {
    let place = mixed();
    let sizes: Vec<Vec<(i32, i32)>> = letters(&place)
        .iter()
        .map(|file| {
            #[allow(clippy::cast_possible_truncation, reason = "sizes of paper")]
            let size = |page: &PageText| (page.width.0.round() as i32, page.height.0.round() as i32);
            let mut sizes: Vec<(i32, i32)> = pages(file).iter().map(size).collect();
            sizes.dedup();
            sizes
        })
        .collect();
    // One paper a file, in the order of layouts/papers.toml; the sealed sheets with 3 mm of bleed on every side.
    assert_eq!(sizes, [[(210, 297)], [(210, 297)], [(100, 148)], [(216, 154)], [(304, 154)]]);
    let verified = kansho(&place, &["verify", "out"]);
    assert!(verified.status.success(), "{}", said(&verified));
    let manifest = json(&place, "out/manifest.json");
    let count = |key: &str| manifest["counts"][key].as_u64().unwrap();
    assert!(count("addressed") > 0 && count("labels") + count("addressed") == count("selected"));
    // A card has no label, everything else has one; a one-sided letter is one page.
    let pieces = manifest["pieces"].as_array().unwrap();
    for piece in pieces {
        let letter = &piece["outputs"]["letters"];
        let card = letter["file"] != "letters-0001.pdf" && letter["file"] != "letters-0002.pdf";
        assert_eq!(letter["pages"].as_array().unwrap().len(), if letter["file"] == "letters-0002.pdf" { 1 } else { 2 });
        assert_eq!(card, piece["outputs"].get("labels").is_none_or(serde_json::Value::is_null), "{piece}");
    }
    // Each paper is a posting of its own.
    let summary = std::fs::read(place.path().join("out/postal-summary.csv")).unwrap();
    let (summary, _, broken) = encoding_rs::SHIFT_JIS.decode(&summary);
    assert!(!broken);
    for paper in ["A4", "A4片面", "はがき", "圧着V", "圧着Z"] {
        assert!(summary.contains(&format!("\"用紙\",\"{paper}\"")), "{summary}");
    }
    let cards = summary.split("\"用紙\"").nth(3).unwrap();
    assert!(cards.contains("バーコード付郵便物") && !cards.contains("郵便区内特別"), "{cards}");
    let bundles: Vec<&str> = summary.lines().filter_map(|l| l.split("結束番号 ").nth(1)?.split('、').next()).collect();
    let counted: Vec<String> = (1..=bundles.len()).map(|n| n.to_string()).collect();
    assert_eq!(bundles, counted);
    let slips = pages(&place.path().join("out/postal-slip.pdf"));
    assert_eq!(slips.len(), 5);
    assert!(text(&slips[1]).contains("長形3号") && text(&slips[2]).contains("通常はがき（はがき、100×148 mm"));
    // The preview shows every paper with its places.
    let preview: Vec<String> = pages(&place.path().join("out/office/preview.pdf")).iter().map(text).collect();
    assert!(preview.iter().filter(|page| page.contains("切手の場所")).count() == 3, "one front of each card");
    assert!(preview.iter().any(|page| page.contains("折り 105.0 mm") && page.contains("のりの場所")));
    boxes_told_by_pdfinfo(&letters(&place)[3]);
    pieces_keep_their_secrets(&place);
    places_of_the_address(&pages(&letters(&place)[2]));
    one_side_says_so(&pages(&letters(&place)[1]));
}

/// The foot counts one side; blanks between words are as wide as they are (分かち書き).
fn one_side_says_so(pages: &[PageText]) {
    for page in pages {
        assert!(text(page).contains("1/1　様式 MR2-04"), "{}", text(page));
    }
}

/// Ticks of 3 mm at both edges where the sheet is folded, in the margin; no other letter has them, no card may.
#[test]
fn fold_marks_stand_where_the_template_asks_for_them() {
    let place = home(&["templates"]);
    change(&place, "templates/bcg.md", "class = ", "fold_marks = true\nclass = ");
    let done = kansho(&place, &RUN);
    assert!(done.status.success(), "{}", said(&done));
    let ticks = |page: &PageText| -> Vec<(Mm, Mm)> {
        let margin = |x: Mm| (x - Mm(4.0)).abs() < Mm(0.05) || (x - Mm(203.0)).abs() < Mm(0.05);
        page.rects.iter().filter(|r| margin(r.x) && (r.w - Mm(3.0)).abs() < Mm(0.05)).map(|r| (r.x, r.y + r.h / 2.0)).collect()
    };
    let mut marked = 0;
    for page in letters(&place).iter().flat_map(|file| pages(file)) {
        let found = ticks(&page);
        if text(&page).contains("1/2　様式 BCG") {
            marked += 1;
            let mut heights: Vec<f64> = found.iter().map(|(_, y)| (y.0 * 10.0).round() / 10.0).collect();
            heights.dedup();
            assert_eq!((found.len(), heights), (4, vec![105.0, 201.0]));
        } else {
            assert!(found.is_empty(), "{}", text(&page));
        }
    }
    assert!(marked > 0);
    change(&place, "templates/last_call_postcard.md", "class = ", "fold_marks = true\nclass = ");
    let refused = kansho(&place, &["templates", "check"]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("fold_marks は"), "{}", said(&refused));
}

/// The sheet that is cut lies 3 mm inside what is printed.
fn boxes_told_by_pdfinfo(file: &Path) {
    let Ok(told) = Command::new("pdfinfo").arg("-box").arg(file).output() else {
        eprintln!("SKIPPED: pdfinfo is not installed, so no other program read the boxes");
        return;
    };
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let corners = |name: &str| -> Vec<f64> {
        let line = told.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect()
    };
    let (media, trim) = (corners("MediaBox"), corners("TrimBox"));
    assert_eq!(corners("BleedBox"), media);
    let bleed = 3.0 / 25.4 * 72.0;
    for (outer, inner) in media.iter().zip(&trim) {
        assert!(((outer - inner).abs() - bleed).abs() < 0.01, "{told}");
    }
    assert!((trim[2] - trim[0] - 210.0 / 25.4 * 72.0).abs() < 0.02, "{told}");
}

/// Numbers and birth dates stand on no side that anyone can read, and on the inner side of a sealed sheet; both sides carry the code.
fn pieces_keep_their_secrets(place: &TempDir) {
    let pieces = json(place, "out/office/pieces.json");
    let people: Vec<(String, String)> = pieces["pieces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|piece| (piece["code"].as_str().unwrap().to_owned(), piece["person"].as_str().unwrap().to_owned()))
        .collect();
    for (file, inner) in letters(place).iter().zip([None, None, Some(false), Some(true), None]) {
        let Some(inner) = inner else { continue };
        let all: Vec<String> = pages(file).iter().map(text).collect();
        for sides in all.chunks(2) {
            let (code, person) = people.iter().find(|(code, _)| sides[0].contains(code)).unwrap();
            assert!(sides[1].contains(code.as_str()), "the same code on both sides");
            assert!(!sides[0].contains(person.as_str()), "{}", sides[0]);
            assert_eq!(sides[1].contains(person.as_str()), inner, "{}", sides[1]);
            assert!(!sides[0].contains("生まれ）") && (inner || !sides[1].contains("生まれ）")));
        }
    }
}

/// Barcode and texts on the fronts of the postcards.
fn places_of_the_address(pages: &[PageText]) {
    for front in pages.iter().step_by(2) {
        let title = front.runs.iter().find(|run| &*run.text == "郵便はがき").unwrap();
        let width = (5.0 * title.size).mm();
        assert!((title.x + width / 2.0 - Mm(50.0)).abs() < Mm(0.5) && title.y < Mm(12.0), "in the middle of the top: {title:?}");
        for run in &front.runs {
            assert!(run.x >= Mm(35.0) || run.y - Mm(run.size.0 * 0.35) >= Mm(70.0), "in the place of the stamp: {run:?}");
        }
        let bars = &front.rects;
        if bars.is_empty() {
            continue;
        }
        let left = bars.iter().map(|bar| bar.x).fold(Mm::INFINITY, Mm::min);
        let right = bars.iter().map(|bar| bar.x + bar.w).fold(Mm::ZERO, Mm::max);
        let top = bars.iter().map(|bar| bar.y).fold(Mm::INFINITY, Mm::min);
        let bottom = bars.iter().map(|bar| bar.y + bar.h).fold(Mm::ZERO, Mm::max);
        assert_eq!(bars.len(), 67);
        assert!(
            left >= Mm(10.0) && right <= Mm(90.0) && top >= Mm(70.0) && bottom <= Mm(138.0),
            "10 mm from every edge, below the stamp"
        );
        for run in &front.runs {
            let (above, below) = (run.y - Mm(run.size.0 * 0.304), run.y + Mm(run.size.0 * 0.05));
            assert!(below <= top - Mm(1.99) || above >= bottom + Mm(1.99), "2 mm quiet zone: {run:?} {top} {bottom}");
        }
    }
}

#[test]
fn what_anyone_can_read_holds_no_secret() {
    for (file, from, to) in [
        ("mr2_reminder_postcard", "{{ name }}さん", "{{ name }}さん（{{ birth }}生まれ）"),
        ("mr2_reminder_postcard", "{{ name }}さん", "{{ name }}さん（{{ person_number }}）"),
        ("mr2_reminder_postcard", "{{ name }}さん", "{{ kana | upper }}さん"),
        ("mr2_reminder_postcard", "すでに受けた方", "{% include \"parts/person\" %}\n\nすでに受けた方"),
        ("mr2_reminder_postcard", "すでに受けた方", "{% for h in history %}{{ h.vaccine }}{% endfor %}すでに受けた方"),
        ("mr2_reminder_postcard", "すでに受けた方", "{% for d in doses %}{{ d.spoken }}{% endfor %}すでに受けた方"),
        ("mr2_reminder_v", "## 健康被害が起きたとき", "## {{ birth_western }}"),
    ] {
        let place = home(&["templates"]);
        change(&place, &format!("templates/{file}.md"), from, to);
        let checked = kansho(&place, &["templates", "check"]);
        let words = said(&checked);
        let told = words.contains("開かずに読める面") && words.contains(file);
        assert!(checked.status.code() == Some(1) && told, "{to}: {words}");
        // Nor does a run begin.
        let run = kansho(&place, &RUN);
        assert!(run.status.code() == Some(1) && !place.path().join("out").exists(), "{to}: {}", said(&run));
    }
}

#[test]
fn a_sealed_sheet_may_show_them_inside() {
    let place = home(&["templates"]);
    change(&place, "templates/mr2_reminder_v.md", "## 受ける前に", "## {{ kana }}さんが受ける前に");
    let checked = kansho(&place, &["templates", "check"]);
    assert!(checked.status.success(), "{}", said(&checked));
}

#[test]
fn each_paper_has_its_own_requirements() {
    for (file, from, to, told) in [
        ("mr2_reminder_postcard", "費用：{{ fees.class_a }}（期間を過ぎると全額自己負担）", "お金：なし", "K9 費用"),
        ("mr2_reminder_postcard", "対象者の範囲", "対象", "K2"),
        ("mr2_reminder_postcard", "くわしい説明", "説明", "くわしい説明の場所"),
        ("mr2_reminder_postcard", "paper = \"はがき\"", "paper = \"往復はがき\"", "用紙「往復はがき」"),
        ("mr2_reminder_postcard", "すでに受けた方", "<!-- page -->\n\nすでに受けた方", "ちょうど 0 個"),
        (
            "mr2_reminder_postcard",
            "すでに受けた方",
            "長い文です。長い文です。長い文です。長い文です。すでに受けた方",
            "裏面が一枚に",
        ),
        ("mr2_reminder_v", "障害児養育年金", "年金", "A類の給付"),
        (
            "mr2_reminder_z",
            "## 受けたあとに",
            "![{{ name }}](https://www.example.jp/{{ person_number }})\n\n## 受けたあとに",
            "人によって変わらない",
        ),
        ("mr2_easy", "もって行く物", "荷物", "やさしい日本語"),
    ] {
        let place = home(&["templates"]);
        change(&place, &format!("templates/{file}.md"), from, to);
        let checked = kansho(&place, &["templates", "check"]);
        assert!(checked.status.code() == Some(1) && said(&checked).contains(told), "{to}: {}", said(&checked));
    }
}

#[test]
fn stickers_do_not_go_with_a_postcard() {
    let place = home(&["rules"]);
    let programme = "rules/programmes/number_sticker.toml";
    change(&place, programme, "template = \"number_sticker\"", "template = \"last_call_postcard\"");
    let checked = kansho(&place, &["templates", "check"]);
    assert!(
        checked.status.code() == Some(1) && said(&checked).contains("シールは、はがきに同封できません"),
        "{}",
        said(&checked)
    );
}

#[test]
fn a_wrong_table_of_papers_stops_the_run() {
    let place = home(&["layouts"]);
    change(&place, "layouts/papers.toml", "sizes = [11.5, 11.0, 10.5]", "sizes = [11.5, 9.0]");
    let run = kansho(&place, &RUN);
    assert!(run.status.code() == Some(2) && said(&run).contains("layouts/papers.toml: 用紙「はがき」: sizes"), "{}", said(&run));
    std::fs::remove_file(place.path().join("layouts/papers.toml")).unwrap();
    assert_eq!(kansho(&place, &RUN).status.code(), Some(2));
}

#[test]
fn a_postcard_of_a_rehearsal_says_so() {
    let place = home(&["rules"]);
    change(&place, "rules/programmes/mr2.toml", "template = \"mr2_reminder\"", "template = \"mr2_reminder_postcard\"");
    let done = kansho(&place, &[&RUN[..], &["--rehearsal"]].concat());
    assert!(done.status.success(), "{}", said(&done));
    let cards = pages(&letters(&place)[1]);
    assert!(cards.iter().all(|page| text(page).contains("試験（本番ではありません。発送できません）")));
    assert!(kansho(&place, &["verify", "out"]).status.success());
}

/// Two triggers of one kind: the letter is that of the month. A run of postcards alone has no label sheet.
#[test]
fn the_second_reminder_is_a_postcard() {
    let place = home(&[]);
    std::fs::write(place.path().join("台帳.csv"), format!("{}{}", office::LEDGER, office::WITNESS_ROW)).unwrap();
    for (day, extracted, size) in [("2026-12-01", "2026-11-20", 210.0), ("2027-02-01", "2027-01-20", 100.0)] {
        let row = format!(
            "9900000001,8800000001,7700000001,見本　花子,ミホン　ハナコ,,2020-09-09,2,2600855,千葉県千葉市中央区市場町1番1号,,中央区,2020-09-09,出生,,,,{extracted}"
        );
        std::fs::write(place.path().join("住民.csv"), format!("{}\n{row}\n{}", office::RESIDENTS, office::witness(extracted)))
            .unwrap();
        let _ = std::fs::remove_dir_all(place.path().join("out"));
        let run =
            ["run", "--residents", "住民.csv", "--no-marks", "見本", "--ledger", "台帳.csv", "--as-of", day, "--out", "out"];
        let done = kansho(&place, &run);
        assert!(done.status.success(), "{}", said(&done));
        assert!((pages(&letters(&place)[0])[0].width - Mm(size)).abs() < Mm(0.1), "{day}: {}", said(&done));
        assert_eq!(place.path().join("out/address-labels.pdf").exists(), size > 200.0);
        let verified = kansho(&place, &["verify", "out"]);
        assert!(verified.status.success(), "{}", said(&verified));
    }
}
