//! A yearly update as something that can be shipped: a made-up rule book for FY2027 is packed by one office and installed by another;
//! last year's as-of dates still answer from last year's book.

use crate::office;
use crate::office::Office;
use std::path::Path;
use std::process::Output;

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{}: {from}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// The home of whoever makes the book of FY2027: BCG until 18 months.
fn made(valid_from: &str) -> tempfile::TempDir {
    let home = office::home(&["rules", "templates"]);
    let rules = home.path().join("rules");
    edit(&rules.join("book.toml"), "version = \"2026.1\"", "version = \"2027.1\"");
    edit(&rules.join("book.toml"), "valid_from = \"2023-04-01\"", &format!("valid_from = \"{valid_from}\""));
    edit(&rules.join("book.toml"), "valid_to = \"2027-03-31\"", "valid_to = \"2028-03-31\"");
    edit(&rules.join("bcg.toml"), "last = \"12か月\"", "last = \"18か月\"");
    let heading = "系列,生年月日,性別,接種歴,条件,基準日,回,最初の日,最後の日,状態,説明\n";
    let cases = "bcg,2026-01-10,M,,,2027-07-09,1回,2026-01-10,2027-07-09,due,18か月 最後の日\n\
                 bcg,2026-01-10,M,,,2027-07-10,1回,2026-01-10,2027-07-09,expired,18か月 翌日\n\
                 bcg,2020-01-10,M,,特例=2022-05-10:2024-05-09,2024-01-09,1回,2022-05-10,2024-01-09,due,長期療養特例 4歳まで\n";
    std::fs::write(rules.join("cases/BCG.csv"), format!("{heading}{cases}")).unwrap();
    home
}

fn kansho(home: &Path, args: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_kansho")).current_dir(home).args(args).output().unwrap()
}

/// The package of FY2027, made by another office.
fn package(valid_from: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let home = made(valid_from);
    let done = kansho(home.path(), &["rules", "pack", "--out", "規則集.zip"]);
    assert!(done.status.success(), "{}", text(&done));
    let file = home.path().join("規則集.zip");
    (home, file)
}

fn last_day_of_bcg(office: &Office, birth: &str, as_of: &str) -> String {
    let done = office.kansho(&["due", "--birth", birth, "--sex", "M", "--series", "bcg", "--as-of", as_of, "--format", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&done)));
    found[0]["last_day"].as_str().unwrap().to_owned()
}

#[test]
fn a_book_is_packed_installed_and_answers_for_its_own_days() {
    let (maker, file) = package("2027-04-01");
    // The same book gives the same bytes.
    assert!(kansho(maker.path(), &["rules", "pack", "--out", "再.zip"]).status.success());
    assert!(std::fs::read(&file).unwrap() == std::fs::read(maker.path().join("再.zip")).unwrap());

    let office = Office::new("");
    let before = office.kansho(&["due", "--birth", "2026-10-10", "--sex", "M", "--as-of", "2027-04-01"]);
    assert_eq!(before.status.code(), Some(1), "{}", text(&before));
    let done = office.kansho(&["rules", "install", file.to_str().unwrap()]);
    assert!(done.status.success() && text(&done).contains("2027.1（基準日 2027-04-01 から 2028-03-31 まで"), "{}", text(&done));
    assert_eq!(last_day_of_bcg(&office, "2026-10-10", "2027-04-01"), "2028-04-09");
    assert_eq!(last_day_of_bcg(&office, "2026-10-10", "2027-03-31"), "2027-10-09");
    let checked = office.kansho(&["rules", "check"]);
    assert!(text(&checked).contains("規則集に問題はありません（版 2026.1、"), "{}", text(&checked));
    assert!(text(&checked).contains("規則集に問題はありません（版 2027.1、"), "{}", text(&checked));
    let again = office.kansho(&["rules", "install", file.to_str().unwrap()]);
    assert!(again.status.code() == Some(1) && text(&again).contains("規則集 2027.1 は、すでに入っています"), "{}", text(&again));
}

#[test]
fn the_run_and_its_report_name_the_book() {
    let (_maker, file) = package("2027-04-01");
    let office = Office::new("");
    assert!(office.kansho(&["rules", "install", file.to_str().unwrap()]).status.success());
    for (as_of, version) in [("2026-12-01", "2026.1"), ("2027-04-01", "2027.1")] {
        let child = format!(
            "9900000015,8800000015,7700000001,見本　花,ミホン　ハナ,,2026-10-10,2,2600855,千葉県千葉市中央区市場町1番1号,,中央区,2026-10-10,出生,,,,{as_of}\r\n"
        );
        let people = format!("{}\r\n{child}{}", office::RESIDENTS, office::witness(as_of));
        office::write(&office.path("住民.csv"), people.as_bytes());
        let out = format!("out-{version}");
        let done = office.kansho(&[
            "run",
            "--residents",
            "住民.csv",
            "--no-marks",
            "見本",
            "--ledger",
            "台帳.csv",
            "--as-of",
            as_of,
            "--since",
            as_of,
            "--accept-old-ledger",
            "見本",
            "--out",
            &out,
        ]);
        assert!(done.status.success(), "{as_of}: {}", text(&done));
        let report = std::fs::read_to_string(office.path(&out).join("office/report.html")).unwrap();
        let named = format!("規則集 {version}（基準日 ");
        assert!(report.contains(&named) && text(&done).contains(&named), "{as_of}: {}", text(&done));
    }
}

#[test]
fn a_gap_a_step_back_and_an_altered_file_are_refused_and_the_shelf_stays() {
    let office = Office::new("");
    let refused = |file: &Path, words: &str| {
        let done = office.kansho(&["rules", "install", file.to_str().unwrap()]);
        assert!(done.status.code() == Some(1) && text(&done).contains(words), "{words}: {}", text(&done));
        let shelf = office.path("books");
        let left: Vec<_> = std::fs::read_dir(&shelf).map(|all| all.map(|e| e.unwrap().file_name()).collect()).unwrap_or_default();
        assert!(left.is_empty(), "{left:?}");
    };
    let (_maker, late) = package("2027-04-02");
    refused(&late, "間の日に規則集がありません");
    let (_maker, early) = package("2023-04-01");
    refused(&early, "今の規則集より前から始まります");
    let (maker, good) = package("2027-04-01");
    let bytes = std::fs::read(&good).unwrap();
    let broken = maker.path().join("壊れ.zip");
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    refused(&broken, "パッケージとして読めません");

    // One file exchanged, one added, a file that would lie outside.
    let altered = |name: &str, content: &str| {
        let mut old = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
        let path = maker.path().join("改.zip");
        let mut new = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        let mut names: Vec<String> = (0..old.len()).map(|at| old.by_index(at).unwrap().name().unwrap().into_owned()).collect();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        for known in names {
            new.start_file(known.as_str(), options).unwrap();
            if known == name {
                std::io::Write::write_all(&mut new, content.as_bytes()).unwrap();
            } else {
                std::io::copy(&mut old.by_name(&known).unwrap(), &mut new).unwrap();
            }
        }
        new.finish().unwrap();
        path
    };
    refused(&altered("rules/bcg.toml", "id = \"bcg\"\n"), "作られたときと違います");
    refused(&altered("rules/cases/別.csv", ""), "作られたときと違います");
    refused(&altered("templates/../../外.md", ""), "規則集のほかのファイルが入っています");
    refused(&altered("municipality.toml", ""), "規則集のほかのファイルが入っています");

    // A book whose own case it does not answer.
    let wrong = made("2027-04-01");
    edit(
        &wrong.path().join("rules/cases/BCG.csv"),
        "2027-07-10,1回,2026-01-10,2027-07-09,expired",
        "2027-07-10,1回,2026-01-10,2027-07-09,due",
    );
    let done = kansho(wrong.path(), &["rules", "pack", "--out", "規則集.zip"]);
    assert!(done.status.code() == Some(1) && text(&done).contains("B806") && !wrong.path().join("規則集.zip").exists());
}
