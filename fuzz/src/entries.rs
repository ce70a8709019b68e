//! What each reader does with bytes from outside, and whether it took them. Any answer will do: a panic, a hang or memory without
//! end is a find.
//!
//! Shared by the fuzzer and by `tests/all/fuzz_corpus.rs`, which gives the corpus to the same functions.

use kansho::desk::bundle::packed::Packed;
use kansho::desk::bundle::unpack;
use kansho::desk::outputs::OUTPUTS;
use kansho::notice::{Office, RunMeta, lint};
use kansho_chars::Variants;
use kansho_core::address::PostalCode;
use kansho_core::diag::{Report, Severity, show};
use kansho_core::folder::Folder;
use kansho_core::notice::{Purpose, RunId};
use kansho_intake::{normalise, read};
use kansho_paper::font::Fonts;
use kansho_paper::pdf::read::PdfReader;
use kansho_post::data::POSTAL;
use kansho_post::{Layout, PostalData, Spelling, extract, split};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// A reader's name and what it does with bytes: `true` when they are what it reads.
pub(crate) type Reader = (&'static str, fn(&[u8]) -> bool);

/// The readers.
pub(crate) const READERS: [Reader; 8] = [
    ("delimited", delimited),
    ("workbook", workbook),
    ("dates", dates),
    ("addresses", addresses),
    ("settings", settings),
    ("templates", templates),
    ("pdf", pdf),
    ("package", package),
];

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    if package.ends_with("fuzz") { package.parent().unwrap_or(package).to_path_buf() } else { package.to_path_buf() }
}

/// Every sheet with a header in its first row, twice: the second time says nothing new.
fn sheets(name: &str, bytes: &[u8]) -> bool {
    let mut report = Report::new();
    let sheets = read::of_bytes(name, bytes.to_vec(), &mut report);
    assert_eq!(sheets.is_none(), report.refuses(), "refused without a word, or read in spite of one");
    for sheet in sheets.iter().flatten() {
        let Some((header, width)) = sheet.top(30).first().map(|(row, cells)| (*row, cells.len())) else { continue };
        let mut ragged = Report::new();
        let (mut last, mut other) = (header, 0_u32);
        sheet.walk(header, &mut ragged, &mut |row, cells, _| {
            assert!(row > last, "rows out of order");
            last = row;
            let blank = cells.iter().all(|cell| match cell {
                read::Cell::Text(text) => text.bytes().all(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b',' | b'\t')),
                read::Cell::Empty => true,
                read::Cell::Number(_) | read::Cell::Date(_) | read::Cell::Bad(_) => false,
            });
            other += u32::from(cells.len() != width && !blank);
            true
        });
        if matches!(sheet.source, read::table::Source::Text { .. }) {
            assert!(other == 0 || ragged.refuses(), "{other} rows of another length passed");
        }
        let before = ragged.len();
        sheet.walk(header, &mut ragged, &mut |_, _, _| true);
        assert_eq!(ragged.len(), before);
        report.extend(ragged);
    }
    let _ = show::report(&report, Severity::Note, 100);
    !report.refuses()
}

fn delimited(bytes: &[u8]) -> bool {
    sheets("入力.csv", bytes)
}

/// As what its first bytes say, and for a zip as each of the formats.
fn workbook(bytes: &[u8]) -> bool {
    let names = if bytes.starts_with(b"PK") { &["入力.xlsx", "入力.xlsb", "入力.ods"][..] } else { &["入力.xls"] };
    names.iter().filter(|name| sheets(name, bytes)).count() > 0
}

/// One date a line.
fn dates(bytes: &[u8]) -> bool {
    let mut all = true;
    for line in String::from_utf8_lossy(bytes).lines() {
        if let Ok(day) = normalise::command_line_day(line) {
            let again = day.to_string();
            assert_eq!(normalise::command_line_day(&again), Ok(day));
            assert_eq!(normalise::command_line_day(&format!("{again} 00:00:00")), Ok(day));
        } else {
            all = false;
        }
    }
    all
}

/// One address a line, behind its postal code.
fn addresses(bytes: &[u8]) -> bool {
    static DATA: LazyLock<Option<PostalData>> = LazyLock::new(|| {
        let folder = Folder::at(&root()).with(POSTAL, &root().join("samples/postal"));
        let spelling = Spelling::load(&folder, &Variants::load(&folder).ok()?);
        spelling.and_then(|spelling| PostalData::load(&folder, spelling)).ok()
    });
    let Some(data) = DATA.as_ref() else { return false };
    let mut all = true;
    for line in String::from_utf8_lossy(bytes).lines() {
        let (code, address) = line.split_once(' ').unwrap_or(("2600855", line));
        if let Some(code) = PostalCode::new(code).or_else(|| PostalCode::new("2600855")) {
            let parts = split(address, code, data);
            let kept = [&parts.prefecture, &parts.city, &parts.town, &parts.block, &parts.building];
            assert!(kept.iter().map(|part| part.len()).sum::<usize>() <= address.len(), "an address grew");
            let _ = extract(&parts.rest());
            all &= parts.matched;
        }
    }
    all
}

/// A folder of settings like the repository's, in which some are the fuzzer's.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(linked: &[&str], made: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        for name in made {
            fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        for name in linked {
            std::os::unix::fs::symlink(root().join(name), folder.path().join(name)).expect("a link");
        }
        Self { folder }
    }

    #[expect(clippy::disallowed_methods, reason = "a file that only this process reads")]
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }
}

/// 市の設定, and the layout of the postal CSV.
fn settings(bytes: &[u8]) -> bool {
    thread_local!(static PLACE: Place = Place::new(&["layouts"], &[]));
    let office = PLACE.with(|place| {
        place.write("municipality.toml", bytes);
        Office::load(&Folder::at(place.folder.path())).map_err(|failure| failure.to_string()).is_ok()
    });
    let layout = Layout::parse(&String::from_utf8_lossy(bytes)).is_ok_and(|layout| layout.header_bytes().is_ok());
    office || layout
}

/// A template: read, checked, and printed with the shortest and the longest values.
fn templates(bytes: &[u8]) -> bool {
    static LOADED: LazyLock<Option<(Office, Arc<Fonts>)>> = LazyLock::new(|| {
        let home = Folder::at(&root());
        Some((Office::load(&home).ok()?, Arc::new(Fonts::load(&home.place("fonts")).ok()?)))
    });
    thread_local! {
        static PLACE: Place = {
            let place = Place::new(&["layouts", "fonts", "rules", "gaiji.toml", "municipality.toml"], &["templates"]);
            for name in ["parts", "lint.toml"] {
                std::os::unix::fs::symlink(root().join("templates").join(name), place.folder.path().join("templates").join(name)).expect("a link");
            }
            place
        };
    }
    let Some((office, fonts)) = LOADED.as_ref() else { return false };
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    PLACE.with(|place| {
        place.write("templates/fuzz.md", text.as_bytes());
        let day = normalise::command_line_day("2026-12-31").unwrap_or_default();
        let run = RunId("20261231-00000000".to_owned());
        let meta = RunMeta { run, as_of: day, post_on: day, data_as_of: day, purpose: Purpose::Live };
        let vars: BTreeSet<String> = ["dose", "valid_until"].into_iter().map(str::to_owned).collect();
        lint::check(&Folder::at(place.folder.path()), office, Arc::clone(fonts), meta, &vars, &[]).is_ok_and(|(read, report)| {
            let _ = show::report(&report, Severity::Note, 100);
            !read.is_empty()
        })
    })
}

/// The first pages of a PDF. What is none becomes the content of a page, its form and the texts of its font, one behind the other
/// after `%%%` lines: the numbers of a whole file hardly survive a change.
fn pdf(bytes: &[u8]) -> bool {
    const PAGES: usize = 20;
    let whole = if bytes.starts_with(b"%PDF-") { bytes.to_vec() } else { page_of(&String::from_utf8_lossy(bytes)) };
    let Ok(reader) = PdfReader::open(whole) else { return false };
    (0..reader.page_count().min(PAGES)).filter(|index| reader.page(*index).is_err()).count() == 0
}

fn page_of(text: &str) -> Vec<u8> {
    let mut parts = text.split("\n%%%\n");
    let mut stream = |dictionary: &str| {
        let part = parts.next().unwrap_or_default();
        format!("<< {dictionary} /Length {} >>\nstream\n{part}\nendstream", part.len())
    };
    let names = "/Resources << /Font << /F1 6 0 R >> /XObject << /X1 5 0 R >> >>";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R {names} /Contents 4 0 R >>"),
        stream(""),
        stream(&format!("/Type /XObject /Subtype /Form /BBox [0 0 99 99] {names}")),
        "<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Font /Encoding /Identity-H /DescendantFonts [7 0 R] /ToUnicode 8 0 R >>"
            .to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /ABCDEF+Font /DW 1000 /W [1 [500 600] 3 9 700] >>".to_owned(),
        stream(""),
    ];
    let (mut file, mut table) = ("%PDF-1.4\n".to_owned(), format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = file.len();
    let trailer = format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    [file, table, trailer].concat().into_bytes()
}

/// A package as it stands, and its manifest alone: what is encrypted cannot be changed byte by byte.
fn package(bytes: &[u8]) -> bool {
    thread_local!(static PLACE: Place = Place::new(&[], &[]));
    let opened = PLACE.with(|place| {
        let path = place.write("受渡.zip", bytes);
        unpack::package(&path, "合言葉 kansho", &OUTPUTS)
            .is_ok_and(|opened| show::report(&opened.report, Severity::Note, 100).is_empty())
    });
    let manifest = serde_json::from_slice::<Packed>(bytes);
    opened || manifest.is_ok_and(|packed| show::report(&packed.check(&OUTPUTS), Severity::Note, 100).is_empty())
}
