//! 受渡ファイル: what leaves the office is the listed files and nothing else, other programs open it, and whatever happens to it on
//! the way is found and named.

use kansho::desk::bundle::packed::Packed;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

const PASSPHRASE: &str = "correct horse battery 9";
const ENTRIES: [&str; 8] = [
    "address-labels.pdf",
    "handover.pdf",
    "letters-0001.pdf",
    "manifest.json",
    "postal-slip.pdf",
    "postal-summary.csv",
    "postal.csv",
    "stickers.pdf",
];

fn kansho(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).args(args).stdin(std::process::Stdio::null()).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// A run of the samples and its package, made once: `run/`, `pass`, `pack.zip`.
fn made() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let place = MADE.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        let run = place.path().join("run").to_string_lossy().into_owned();
        let ledger = "samples/予防接種台帳.csv";
        let as_of = ["--as-of", "2026-12-01", "--post-on", "2026-12-04"];
        let mut args = vec!["run", "--residents", "samples/住民.xlsx", "--ledger", ledger, "--out", &run];
        args.extend(as_of);
        assert!(kansho(&args).status.success());
        write(&place.path().join("pass"), format!("{PASSPHRASE}\r\n").as_bytes());
        let done = pack(&place.path().join("run"), &place.path().join("pack.zip"), &place.path().join("pass"));
        assert!(done.status.success(), "{}", told(&done));
        place
    });
    place.path()
}

fn pack(folder: &Path, out: &Path, passphrase: &Path) -> Output {
    let [folder, out, file] = [folder, out, passphrase].map(|path| path.to_string_lossy().into_owned());
    kansho(&["pack", &folder, "--out", &out, "--pack-passphrase-file", &file])
}

fn verify(package: &Path, passphrase: &Path) -> Output {
    kansho(&["verify", &package.to_string_lossy(), "--pack-passphrase-file", &passphrase.to_string_lossy()])
}

/// A copy of the package that a test may spoil.
fn copy() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("copy.zip");
    std::fs::copy(made().join("pack.zip"), &path).unwrap();
    (place, path)
}

/// A copy of the run that a test may spoil.
fn copy_of_run() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("run");
    for folder in ["", "office"] {
        std::fs::create_dir_all(to.join(folder)).unwrap();
        for entry in std::fs::read_dir(made().join("run").join(folder)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
            }
        }
    }
    (place, to)
}

/// What an independent reader finds in the package.
fn contents(package: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(package).unwrap()).unwrap();
    let mut found = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index_decrypt(index, PASSPHRASE.as_bytes()).unwrap();
        assert!(file.encrypted());
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        found.insert(file.name().unwrap().into_owned(), bytes);
    }
    found
}

fn refused(output: &Output, names: &[&str]) {
    let said = told(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(names.iter().all(|name| said.contains(name)), "{names:?} not in: {said}");
    assert!(!said.contains("correct horse"), "the passphrase is told");
}

fn missing(program: &str) -> bool {
    let there = Command::new(program).arg("--help").output().is_ok();
    if !there {
        eprintln!("SKIPPED: {program} is not installed");
    }
    !there
}

fn pdf_text(pdf: &Path) -> String {
    let read = Command::new("pdftotext").args(["-layout".as_ref(), pdf.as_os_str(), "-".as_ref()]).output().unwrap();
    String::from_utf8(read.stdout).unwrap()
}

#[test]
fn the_package_holds_the_listed_files_byte_for_byte_and_no_other() {
    let found = contents(&made().join("pack.zip"));
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), ENTRIES);
    for (name, bytes) in found.iter().filter(|(name, _)| !["manifest.json", "handover.pdf"].contains(&name.as_str())) {
        assert!(*bytes == std::fs::read(made().join("run").join(name)).unwrap(), "{name}");
    }
    assert!(found["handover.pdf"] == std::fs::read(made().join("pack-handover.pdf")).unwrap());
    let intact = verify(&made().join("pack.zip"), &made().join("pass"));
    assert_eq!(intact.status.code(), Some(0), "{}", told(&intact));
    let packed: Packed = serde_json::from_slice(&found["manifest.json"]).unwrap();
    assert!(told(&intact).contains(&packed.root) && told(&intact).contains(&packed.run));
}

#[test]
fn neither_manifest_nor_sheet_names_a_person_an_input_or_an_office_file() {
    let found = contents(&made().join("pack.zip"));
    let manifest = String::from_utf8(found["manifest.json"].clone()).unwrap();
    let mut texts = vec![manifest];
    if !missing("pdftotext") {
        texts.push(pdf_text(&made().join("pack-handover.pdf")));
    }
    let office: serde_json::Value =
        serde_json::from_slice(&std::fs::read(made().join("run/office/pieces.json")).unwrap()).unwrap();
    let people: Vec<&str> = office["decisions"].as_array().unwrap().iter().map(|d| d["person"].as_str().unwrap()).collect();
    assert!(people.len() > 200 && people.iter().all(|number| number.len() == 10));
    for text in texts {
        assert!(people.iter().all(|number| !text.contains(number)));
        for word in ["office", "decisions", "pieces.json", "住民", "台帳", "protected", "excluded", "struck_off"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

#[test]
fn the_sheet_tells_run_dates_counts_files_and_root() {
    if missing("pdftotext") {
        return;
    }
    let text = pdf_text(&made().join("pack-handover.pdf"));
    let bytes = &contents(&made().join("pack.zip"))["manifest.json"];
    let packed: Packed = serde_json::from_slice(bytes).unwrap();
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    for value in [&packed.run, &packed.root, &packed.run_root] {
        assert!(dense.contains(value), "{value}");
    }
    for entry in &packed.files {
        assert!(dense.contains(&entry.path) && dense.contains(&entry.sha256), "{}", entry.path);
    }
    let letters = format!("{}通({}ページ)", packed.counts.letters, packed.counts.pages);
    let words = ["2026年12月1日", "2026年12月4日", "水痘", "渡した人", "受け取った人", "返却", "消去", "証明"];
    for word in words.into_iter().chain([letters.as_str()]) {
        assert!(dense.replace('（', "(").replace('）', ")").contains(word), "{word}");
    }
    for count in packed.counts.programmes.values() {
        assert!(dense.contains(&format!("{count}通")));
    }
}

#[test]
fn two_packages_of_one_run_differ_in_bytes_and_not_in_content() {
    let place = tempfile::tempdir().unwrap();
    let again = place.path().join("again.zip");
    assert!(pack(&made().join("run"), &again, &made().join("pass")).status.success());
    assert!(contents(&again) == contents(&made().join("pack.zip")));
    assert!(std::fs::read(&again).unwrap() != std::fs::read(made().join("pack.zip")).unwrap(), "the salts are not random");
}

#[test]
fn seven_zip_opens_it() {
    if missing("7z") {
        return;
    }
    let package = made().join("pack.zip");
    let place = tempfile::tempdir().unwrap();
    let seven = |verb: &str, pass: &str| {
        let (key, to) = (format!("-p{pass}"), format!("-o{}", place.path().display()));
        Command::new("7z").args([verb, "-y", &key, &to]).arg(&package).output().unwrap()
    };
    assert!(seven("t", PASSPHRASE).status.success());
    assert!(!seven("t", "another passphrase").status.success());
    assert!(seven("x", PASSPHRASE).status.success());
    for (name, bytes) in contents(&package) {
        assert!(std::fs::read(place.path().join(&name)).unwrap() == bytes, "{name}");
    }
    let list = Command::new("7z").args(["l", "-slt"]).arg(&package).output().unwrap();
    assert_eq!(told(&list).matches("AES-256").count(), ENTRIES.len());
}

#[test]
fn pyzipper_opens_it() {
    let found = Command::new("python3").args(["-c", "import pyzipper"]).output();
    if !found.is_ok_and(|done| done.status.success()) {
        eprintln!("SKIPPED: pyzipper is not installed");
        return;
    }
    let program = "import pyzipper, hashlib, sys\n\
        z = pyzipper.AESZipFile(sys.argv[1]); z.setpassword(sys.argv[2].encode())\n\
        for n in sorted(z.namelist()): print(n, hashlib.sha256(z.read(n)).hexdigest())";
    let read = Command::new("python3").args(["-c", program]).arg(made().join("pack.zip")).arg(PASSPHRASE).output().unwrap();
    let mut meant = String::new();
    for (name, bytes) in contents(&made().join("pack.zip")) {
        meant += &format!("{name} {}\n", kansho_core::hash::sha256_hex(&bytes));
    }
    assert_eq!(String::from_utf8_lossy(&read.stdout), meant, "{}", told(&read));
}

#[test]
fn a_wrong_passphrase_and_a_truncated_file_are_refused() {
    let (place, path) = copy();
    let wrong = place.path().join("wrong");
    write(&wrong, b"correct horse battery 8");
    refused(&verify(&path, &wrong), &["合言葉が違います", "copy.zip"]);
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 100, whole.len() / 2, whole.len() - 200, whole.len() - 1] {
        write(&path, &whole[..length]);
        refused(&verify(&path, &made().join("pass")), &["copy.zip"]);
    }
}

#[test]
fn an_added_file_is_refused_by_name() {
    use zip::write::SimpleFileOptions;
    let key = SimpleFileOptions::default().with_aes_encryption(zip::AesMode::Aes256, PASSPHRASE);
    for (options, more) in [(key, "目録にない"), (SimpleFileOptions::default(), "暗号化されていません")] {
        let (_keep, path) = copy();
        let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let mut zip = zip::ZipWriter::new_append(file).unwrap();
        zip.start_file("letters-0002.pdf", options).unwrap();
        zip.write_all(b"%PDF-1.4").unwrap();
        zip.finish().unwrap();
        refused(&verify(&path, &made().join("pass")), &["letters-0002.pdf", more, "copy.zip"]);
    }
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let (_keep, path) = copy();
    let whole = std::fs::read(&path).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&whole)).unwrap();
    // Inside each file's data: the file is named.
    let mut places: Vec<(u64, String)> = Vec::new();
    for index in 0..zip.len() {
        let file = zip.by_index_decrypt(index, PASSPHRASE.as_bytes()).unwrap();
        let middle = file.header_start() + 120 + file.compressed_size() / 2;
        places.push((middle, file.name().unwrap().into_owned()));
    }
    // Anywhere else (headers, directory, end record, comment): the package is named.
    let directory = zip.central_directory_start();
    let step = (whole.len() as u64 - directory) / 24;
    places.extend((0..24).map(|n| (directory + n * step, String::new())));
    places.extend((4..30).step_by(5).map(|place| (place, String::new())));
    places.push((whole.len() as u64 - 1, String::new()));
    for (place, name) in places {
        let mut file = std::fs::File::options().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(place)).unwrap();
        file.write_all(&[whole[usize::try_from(place).unwrap()] ^ 1]).unwrap();
        drop(file);
        let found = if name.is_empty() { "copy.zip" } else { name.as_str() };
        refused(&verify(&path, &made().join("pass")), &[found]);
        write(&path, &whole);
    }
}

#[test]
fn a_package_made_anew_with_two_codes_exchanged_is_refused_by_file_and_piece() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("forged.zip");
    let found = contents(&made().join("pack.zip"));
    let mut packed: Packed = serde_json::from_slice(&found["manifest.json"]).unwrap();
    let first = packed.pieces[0].code.clone();
    packed.pieces[0].code = std::mem::replace(&mut packed.pieces[1].code, first);
    let forge = |packed: &Packed| {
        let mut file = std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        kansho::desk::bundle::pack::write(&mut file, &made().join("run"), packed, &found["handover.pdf"], PASSPHRASE).unwrap();
        verify(&path, &made().join("pass"))
    };
    refused(&forge(&packed), &["letters-0001.pdf", "address-labels.pdf", "postal.csv", "通し番号 1"]);
    let mut fewer: Packed = serde_json::from_slice(&found["manifest.json"]).unwrap();
    fewer.pieces.pop();
    refused(&forge(&fewer), &["manifest.json", "letters-0001.pdf", "postal.csv"]);
    let mut other: Packed = serde_json::from_slice(&found["manifest.json"]).unwrap();
    other.root = "0".repeat(64);
    refused(&forge(&other), &["manifest.json", "handover.pdf"]);
    let mut office: Packed = serde_json::from_slice(&found["manifest.json"]).unwrap();
    let run: kansho::record::manifest::Manifest =
        serde_json::from_slice(&std::fs::read(made().join("run/manifest.json")).unwrap()).unwrap();
    office.files = run.files;
    refused(&forge(&office), &["office/pieces.json は渡してよいファイルではありません"]);
}

#[test]
fn an_altered_folder_is_not_packed_and_nothing_is_left() {
    type Change<'a> = &'a dyn Fn(&Path);
    let spoil: [(&str, Change<'_>); 4] = [
        ("postal.csv", &|run| {
            let mut bytes = std::fs::read(run.join("postal.csv")).unwrap();
            let last = bytes.len() - 5;
            bytes[last] ^= 1;
            write(&run.join("postal.csv"), &bytes);
        }),
        ("stickers.pdf", &|run| std::fs::remove_file(run.join("stickers.pdf")).unwrap()),
        ("memo.txt", &|run| write(&run.join("memo.txt"), b"x")),
        ("office/pieces.json", &|run| std::fs::remove_file(run.join("office/pieces.json")).unwrap()),
    ];
    for (name, change) in spoil {
        let (place, run) = copy_of_run();
        change(&run);
        refused(&pack(&run, &place.path().join("p.zip"), &made().join("pass")), &[name]);
        let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["run"], "{name}");
    }
}

#[test]
fn an_existing_target_and_a_target_inside_the_folder_are_refused() {
    for name in ["p.zip", "p-handover.pdf"] {
        let place = tempfile::tempdir().unwrap();
        write(&place.path().join(name), b"mine");
        refused(&pack(&made().join("run"), &place.path().join("p.zip"), &made().join("pass")), &[name]);
        assert_eq!(std::fs::read(place.path().join(name)).unwrap(), b"mine");
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    }
    refused(&pack(&made().join("run"), &made().join("run/p.zip"), &made().join("pass")), &["p.zip"]);
    assert!(!made().join("run/p.zip").exists());
}

#[test]
fn a_weak_passphrase_is_refused_and_without_a_terminal_one_must_come_from_a_file() {
    let place = tempfile::tempdir().unwrap();
    let (file, out) = (place.path().join("pass"), place.path().join("p.zip"));
    for (bytes, why) in [
        ("", "空"),
        ("\r\n", "空"),
        ("elevenchars\n", "12 文字以上"),
        ("あいことばあいことばあいこ", "半角"),
        ("first passphrase\nsecond passphrase\n", "二行"),
    ] {
        write(&file, bytes.as_bytes());
        refused(&pack(&made().join("run"), &out, &file), &[why]);
        assert!(!out.exists());
    }
    let asked = kansho(&["pack", &made().join("run").to_string_lossy(), "--out", &out.to_string_lossy()]);
    assert_eq!(asked.status.code(), Some(2), "{}", told(&asked));
    assert!(told(&asked).contains("--pack-passphrase-file"));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_package_and_sheet() {
    use std::os::unix::fs::PermissionsExt;
    for name in ["pack.zip", "pack-handover.pdf"] {
        let mode = std::fs::metadata(made().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
