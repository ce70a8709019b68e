//! A made-up office in a folder of its own: the repository's rules, forms and fonts, and files that a test writes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub(crate) const RESIDENTS: &str = "予防接種番号,宛名番号,世帯番号,氏名,フリガナ,通称,生年月日,性別,郵便番号,住所,方書,区,住民となった日,異動事由,消除日,転出予定日,死亡日,抽出日";
pub(crate) const LEDGER: &str = "予防接種番号,生年月日,年齢,予防接種コード,略称,接種回数,回数,実施日,結果,結果名称,医療機関コード,名称_漢字,医師コード,医師名_漢字,ワクチンコード,ワクチン略称,ロットナンバー,ワクチン有効期限,接種量コード,接種量,登録日,消除フラグ,氏名_漢字,氏名_カナ,性別,通知日,郵便番号,住所,種類,種類名称,発行no,処理日\r\n";

/// A grown-up whom no programme concerns and whose one row shows that ledger and residents belong together.
pub(crate) const WITNESS: &str = "9999999999,8899999999,7799999999,合　致,アイ　イタル,,1980-06-15,1,2600855,千葉県千葉市中央区市場町9番9号,,中央区,1980-06-15,出生,,,,2026-12-01\r\n";

/// The same, extracted on another day.
pub(crate) fn witness(extracted: &str) -> String {
    WITNESS.replace("2026-12-01", extracted)
}

pub(crate) const WITNESS_ROW: &str =
    "9999999999,1980-06-15,,51,,1,1,2026-11-10,1,接種,,,,,,,,,,,,,合　致,アイ　イタル,1,,,,,,,\r\n";

/// The words of the monthly run on 住民.csv and 台帳.csv, into `out`.
pub(crate) const MONTH: [&str; 11] =
    ["run", "--residents", "住民.csv", "--no-marks", "見本", "--ledger", "台帳.csv", "--as-of", "2026-12-01", "--out", "out"];

/// The office.
pub(crate) struct Office {
    place: TempDir,
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

impl Office {
    /// An office with a 外字 table of its own.
    pub(crate) fn new(gaiji: &str) -> Self {
        Self::with(gaiji, |municipality| municipality.to_owned())
    }

    /// An office with a 外字 table and settings of its own.
    pub(crate) fn with(gaiji: &str, settings: impl Fn(&str) -> String) -> Self {
        let place = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["rules", "templates", "layouts", "fonts", "samples"] {
            std::os::unix::fs::symlink(source.join(name), place.path().join(name)).unwrap();
        }
        let municipality = std::fs::read_to_string(source.join("municipality.toml")).unwrap();
        write(&place.path().join("municipality.toml"), settings(&municipality).as_bytes());
        write(&place.path().join("gaiji.toml"), gaiji.as_bytes());
        write(&place.path().join("台帳.csv"), format!("{LEDGER}{WITNESS_ROW}").as_bytes());
        Self { place }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The program in the office's folder.
    pub(crate) fn kansho(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kansho")).current_dir(self.place.path()).args(args).output().unwrap()
    }

    /// A monthly run on a resident file, into `out`.
    pub(crate) fn run(&self, residents: &[u8]) -> Output {
        write(&self.path("住民.csv"), residents);
        let _ = std::fs::remove_dir_all(self.path("out"));
        self.month(&["--threads", "2"])
    }

    /// The monthly run on the office's two files, into `out`, with more words.
    pub(crate) fn month(&self, more: &[&str]) -> Output {
        self.kansho(&[&MONTH, more].concat())
    }

    /// The rows of an output CSV in Shift_JIS or UTF-8.
    pub(crate) fn rows(&self, name: &str) -> Vec<Vec<String>> {
        let bytes = std::fs::read(self.path("out").join(name)).unwrap();
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{FEFF}').to_owned(),
            Err(_) => encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes).unwrap().into_owned(),
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    /// Every text of the letters, run after run.
    pub(crate) fn letters(&self) -> String {
        let reader = kansho_paper::pdf::read::PdfReader::open(std::fs::read(self.path("out/letters-0001.pdf")).unwrap()).unwrap();
        (0..reader.page_count()).flat_map(|page| reader.page(page).unwrap().runs).map(|run| run.text.to_string()).collect()
    }
}

/// A folder with its own copies of `copied`; the rest is the repository's.
pub(crate) fn home(copied: &[&str]) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["rules", "layouts", "fonts", "samples", "templates", "municipality.toml", "gaiji.toml"] {
        if copied.contains(&name) {
            copy(&source.join(name), &place.path().join(name));
        } else {
            std::os::unix::fs::symlink(source.join(name), place.path().join(name)).unwrap();
        }
    }
    place
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        std::fs::copy(from, to).unwrap();
        return;
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// Puts other words everywhere into a file of such a folder.
pub(crate) fn change(place: &TempDir, file: &str, from: &str, to: &str) {
    let path = place.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// The program in such a folder.
pub(crate) fn kansho(place: &TempDir, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).current_dir(place.path()).args(args).output().unwrap()
}

/// One infant with a name, kana, address and 方書 of its own; `number` makes the 予防接種番号.
pub(crate) fn infant(number: u32, name: &str, kana: &str, address: &str, building: &str) -> Vec<String> {
    let person = format!("99{number:08}");
    let fixed = format!("88{number:08}");
    let household = format!("77{number:08}");
    [
        &person,
        &fixed,
        &household,
        name,
        kana,
        "",
        "2026-11-05",
        "1",
        "2600855",
        address,
        building,
        "中央区",
        "2026-11-05",
        "出生",
        "",
        "",
        "",
        "2026-12-01",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A resident file of such people, every field quoted as RFC 4180 has it.
pub(crate) fn file(people: &[Vec<String>]) -> String {
    let line = |cells: &Vec<String>| {
        cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",") + "\r\n"
    };
    format!("{RESIDENTS}\r\n{}{WITNESS}", people.iter().map(line).collect::<String>())
}

pub(crate) const ADDRESS: &str = "千葉県千葉市中央区市場町1番1号";

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
