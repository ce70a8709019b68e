//! The borders of the house: an output more, two cities in one process, a page that calls a doing, and settings that are misspelt.

use crate::office::{ADDRESS, LEDGER, MONTH, Office, WITNESS_ROW, change, file, home, infant, kansho, said, write};
use chrono::NaiveDate;
use kansho::desk::bundle::packed::Packed;
use kansho::desk::bundle::verify;
use kansho::desk::inputs::{self, FilePeople, Given};
use kansho::desk::issue_book::IssueBook;
use kansho::desk::month::{self, Month, Starts};
use kansho::desk::output::{self, Wish};
use kansho::desk::outputs::{Job, List, Made, OUTPUTS, Output, Released};
use kansho::desk::settings::Settings;
use kansho::desk::{Desk, answer};
use kansho::record::manifest::{Manifest, Place, Row};
use kansho_core::case::Meeting;
use kansho_core::diag::{Code, Diagnostic, Failure, Report, Severity, show};
use kansho_core::folder::Folder;
use kansho_core::hash;
use kansho_core::notice::Purpose;
use kansho_intake::join::Days;
use kansho_register::people::{Known, People};
use kansho_register::suite;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// 封入票: one line a piece, made up for this test. It knows its own file, and nothing else knows it.
struct Inserts;

const FILE: &str = "inserts.txt";

impl Output for Inserts {
    fn key(&self) -> &'static str {
        "inserts"
    }

    fn owns(&self, path: &str) -> bool {
        path == FILE
    }

    fn leaves(&self) -> bool {
        true
    }

    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
        let text: String = job.pieces.iter().map(|(_, piece)| format!("{}\n", piece.code.0)).collect();
        job.stage.write(FILE, text.as_bytes())?;
        let read = std::fs::read_to_string(job.stage.path().join(FILE)).unwrap();
        made.read_back.insert(FILE.to_owned(), hash::sha256_hex(read.as_bytes()));
        for (at, line) in read.lines().enumerate() {
            let place = Place::Row(Row { file: FILE.to_owned(), row: at + 1 });
            made.enter(self, at, place, hash::sha256_hex(line.as_bytes()));
        }
        made.count("封入票", job.pieces.len(), read.lines().count());
        Ok(())
    }

    fn compare(&self, released: &Released<'_>, report: &mut Report) {
        let text = std::fs::read_to_string(released.folder.join(FILE)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (entry, piece) in released.manifest.pieces.iter().zip(&released.office.pieces) {
            let line = entry.outputs.row(self.key()).and_then(|place| lines.get(place.row - 1));
            if line.map(|line| hash::sha256_hex(line.as_bytes())).as_ref() != piece.digests.get(self.key()) {
                report.push(Diagnostic::new(Code::OutputDiffers, format!("{FILE}: 通し番号 {}", entry.no)));
            }
        }
    }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 12, 1).unwrap()
}

/// An office with three infants.
fn three() -> Office {
    let office = Office::new("");
    let people: Vec<_> = (1..=3).map(|n| infant(n, "見本　花子", "ミホン　ハナコ", ADDRESS, "")).collect();
    write(&office.path("住民.csv"), file(&people).as_bytes());
    office
}

fn given(office: &Office) -> Given {
    Given { no_marks: vec!["見本".to_owned()], ..Given::new(office.path("住民.csv"), office.path("台帳.csv"), day()) }
}

fn told(report: &Report) -> String {
    show::report(report, Severity::Note, 100)
}

#[test]
fn an_output_more_is_its_own_file_and_a_line_in_the_list() {
    let office = three();
    let settings = Settings::load(&Folder::at(&office.path(""))).unwrap();
    let inputs = inputs::load(&given(&office), &settings).unwrap();
    let inserts = Inserts;
    let more: Vec<&dyn Output> = OUTPUTS.into_iter().chain([&inserts as &dyn Output]).collect();
    let out = office.path("out");
    let finished = output::produce(&inputs, &out, &Wish::default(), &more).unwrap();
    // Counted, closed and told.
    assert!(finished.counts.table(&|id| id.to_owned()).contains("封入票 6\n"));
    // In the manifest, piece by piece, and in the package; without the line in the list it would not leave.
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest.pieces.iter().all(|piece| piece.outputs.row("inserts").is_some()));
    let packed = |outputs: List<'_>| Packed::of(&manifest, outputs).files.iter().any(|file| file.path == FILE);
    assert!(packed(&more) && !packed(&OUTPUTS));
    // Compared with what was read back, and the piece named that differs.
    assert_eq!(told(&verify::folder(&out, &more).unwrap()), "");
    let text = std::fs::read_to_string(out.join(FILE)).unwrap();
    let second = text.lines().nth(1).unwrap();
    std::fs::write(out.join(FILE), text.replacen(second, "another", 1)).unwrap();
    let found = told(&verify::folder(&out, &more).unwrap());
    assert!(found.contains("inserts.txt: 通し番号 2") && !found.contains("通し番号 1"), "{found}");
}

#[test]
fn an_output_that_is_not_what_the_pieces_ask_for_is_not_released() {
    /// Leaves out the last piece.
    struct Short;

    impl Output for Short {
        fn key(&self) -> &'static str {
            "short"
        }

        fn owns(&self, path: &str) -> bool {
            path == FILE
        }

        fn leaves(&self) -> bool {
            false
        }

        fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
            made.count("封入票", job.pieces.len(), job.pieces.len() - 1);
            job.stage.write(FILE, b"")
        }
    }

    let office = three();
    let settings = Settings::load(&Folder::at(&office.path(""))).unwrap();
    let inputs = inputs::load(&given(&office), &settings).unwrap();
    let failure = output::produce(&inputs, &office.path("out"), &Wish::default(), &[&Short]).unwrap_err();
    let Failure::Refused(report) = failure else { panic!("{failure}") };
    assert!(told(&report).contains("封入票"), "{}", told(&report));
    assert!(!office.path("out").exists());
}

/// Every file of a folder with its hash.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let mut names = verify::files_below(folder).unwrap();
    names.push("manifest.json".to_owned());
    names.into_iter().map(|name| (name.clone(), hash::sha256_file(&folder.join(&name)).unwrap().0)).collect()
}

/// Two cities at a time in one process: each gets what it gets alone.
#[test]
fn two_settings_at_a_time_do_not_meet() {
    let offices = ["043-000-1111", "043-000-2222"].map(|telephone| {
        let office = three();
        let own = std::fs::read_to_string(office.path("municipality.toml")).unwrap();
        write(&office.path("municipality.toml"), own.replacen("043-000-0000", telephone, 1).as_bytes());
        office
    });
    let run = |office: &Office, out: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let desk = Desk { pool: &pool, told: &|_| {} };
        let settings = Settings::load(&Folder::at(&office.path(""))).unwrap();
        let month = Month {
            given: given(office),
            out: office.path(out),
            starts: Starts::default(),
            purpose: Purpose::Live,
            issue_book: Some(office.path(&format!("{out}.csv"))),
        };
        month::run(&month, &settings, &desk).unwrap();
        hashes(&office.path(out))
    };
    let alone: Vec<_> = offices.iter().map(|office| run(office, "alone")).collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = offices.iter().map(|office| scope.spawn(|| run(office, "together"))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(alone, together);
    assert_ne!(alone[0]["letters-0001.pdf"], alone[1]["letters-0001.pdf"]);
}

/// A page of the counter: it calls the same doing as the verb.
fn page(person: &str, given: &Given, settings: &Arc<Settings>, desk: &Desk<'_>) -> String {
    match answer::about(person, Some("infant"), given, settings, desk) {
        Ok(answer) => answer.decisions.iter().fold(String::new(), |mut html, decision| {
            let _ = write!(html, "<p>{} {}</p>", answer.case().printed_id(), decision.word());
            html
        }),
        Err(failure) => format!("<p class=error>{failure}</p>"),
    }
}

#[test]
fn a_page_calls_what_the_verb_calls_as_often_as_it_likes() {
    let office = three();
    let settings = Settings::load(&Folder::at(&office.path(""))).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let desk = Desk { pool: &pool, told: &|_| {} };
    let shown = page("9900000001", &given(&office), &settings, &desk);
    assert_eq!(shown, page("9900000001", &given(&office), &settings, &desk));
    assert_eq!(shown, "<p>9900000001 対象</p>");
    assert!(page("9900000009", &given(&office), &settings, &desk).contains("住民ファイルにいません"));
}

/// The files of the day and the issue book are stores like any other.
#[test]
fn the_first_stores_pass_the_suite_of_every_store() {
    let settings = Settings::load(&Folder::at(Path::new("."))).unwrap();
    let samples = Given::new("samples/住民.xlsx".into(), "samples/予防接種台帳.csv".into(), day());
    let people = FilePeople { files: samples.files(), settings: &settings };
    assert_eq!(suite::people(&people, Days { as_of: day(), post_on: day() }), Ok(()));
    let place = tempfile::tempdir().unwrap();
    assert_eq!(suite::numbers(&|| IssueBook::at(place.path().join("発行簿.csv"))), Ok(()));
}

/// Another store for people is one adapter: this one keeps nobody but the first person of another.
#[test]
fn another_store_for_people_is_one_adapter() {
    struct First<'a>(FilePeople<'a>);

    impl People for First<'_> {
        fn cases(&self, days: Days, last: Option<Meeting>, sound: &dyn Fn(NaiveDate, &mut Report)) -> Result<Known, Failure> {
            let mut known = self.0.cases(days, last, sound)?;
            known.joined.cases.truncate(1);
            known.joined.resident_rows.refused += known.joined.resident_rows.used - 1;
            known.joined.resident_rows.used = 1;
            Ok(known)
        }
    }

    let office = three();
    let settings = Settings::load(&Folder::at(&office.path(""))).unwrap();
    let given = given(&office);
    let store = First(FilePeople { files: given.files(), settings: &settings });
    assert_eq!(suite::people(&store, Days { as_of: day(), post_on: day() }), Ok(()));
    let inputs = inputs::from(&store, &given, &settings).unwrap();
    let finished = output::produce(&inputs, &office.path("out"), &Wish::default(), &OUTPUTS).unwrap();
    assert_eq!((finished.counts.people, finished.counts.letters), (1, 2));
}

/// (file, key as it is, key as it is misspelt): one for each kind of settings file.
const MISSPELT: &[(&str, &str, &str)] = &[
    ("municipality.toml", "section_postcode", "section_postcdoe"),
    ("rules/mr.toml", "law", "lwa"),
    ("rules/dpt_ipv_hib.toml", "interval", "intervall"),
    ("rules/hpv.toml", "second_after", "second_aftre"),
    ("rules/book.toml", "valid_from", "valid_form"),
    ("rules/codes.toml", "series", "serise"),
    ("rules/programmes/mr2.toml", "template", "templat"),
    ("layouts/words.toml", "male", "mael"),
    ("layouts/columns/residents.toml", "field", "feild"),
    ("layouts/columns/ledger.toml", "name", "nmae"),
    ("layouts/columns/marks.toml", "name", "nmae"),
    ("layouts/papers.toml", "sheet", "shete"),
    ("layouts/postal/default.toml", "title", "titel"),
    ("layouts/postal/discounts.toml", "valid_from", "valid_form"),
    ("layouts/characters/towns.toml", "same", "smae"),
    ("templates/lint.toml", "name", "nmae"),
    ("templates/mr1.md", "title", "titel"),
    ("gaiji.toml", "approved_by", "aproved_by"),
];

/// Puts a misspelt key in the first place of the right one; gives its line.
fn misspell(place: &tempfile::TempDir, name: &str, key: &str, wrong: &str) -> usize {
    let path = place.path().join(name);
    let mut text = std::fs::read_to_string(&path).unwrap();
    if name == "gaiji.toml" {
        text.push_str("\n[[gaiji]]\ncode = \"U+E000\"\nto = \"辺\"\napproved_by = \"見本\"\non = 2026-04-01\n");
    }
    let is_key = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let at = text.lines().position(is_key).unwrap_or_else(|| {
        // Within an inline table.
        text.lines().position(|line| line.contains(&format!("{key} = "))).unwrap_or_else(|| panic!("{name} has no {key}"))
    });
    let lines: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(number, line)| if number == at { line.replacen(key, wrong, 1) } else { line.to_owned() })
        .collect();
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
    at + 1
}

/// A misspelt key is refused with file, line and the nearest right word, in every kind of settings file.
#[test]
fn a_misspelt_key_is_told_with_its_line_and_the_nearest_word() {
    let mut wrong = Vec::new();
    for (name, key, misspelt) in MISSPELT {
        let place = home(&["rules", "layouts", "templates", "municipality.toml", "gaiji.toml"]);
        let line = misspell(&place, name, key, misspelt);
        let found = match Settings::load(&Folder::at(place.path())) {
            Ok(settings) => {
                // What only the check of templates reads.
                let found = kansho::desk::templates::check(&settings.folder);
                found.map_or_else(|failure| failure.to_string(), |checked| told(&checked.report))
            }
            Err(Failure::Refused(report)) => told(&report),
            Err(failure) => failure.to_string(),
        };
        let whole = [*name, &format!("{line}行"), &format!("「{misspelt}」"), &format!("「{key}」のことですか")];
        if let Some(lacking) = whole.iter().find(|part| !found.contains(**part)) {
            wrong.push(format!("{name} {misspelt}: no {lacking} in {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong in several settings files is told in one call; words and codes follow when the rule files are sound.
#[test]
fn all_that_is_wrong_in_the_settings_is_told_at_once() {
    let place = home(&["rules", "layouts", "templates", "municipality.toml"]);
    misspell(&place, "municipality.toml", "section_postcode", "section_postcdoe");
    misspell(&place, "rules/pcv.toml", "interval", "intervall");
    misspell(&place, "layouts/postal/discounts.toml", "valid_from", "valid_form");
    let residents = place.path().join("住民.csv");
    write(&residents, file(&[infant(1, "見本　花子", "ミホン　ハナコ", ADDRESS, "")]).as_bytes());
    let residents = residents.display().to_string();
    let words = ["run", "--residents", &residents, "--ledger", &residents, "--as-of", "2026-12-01", "--out", "out"];
    let done = kansho(&place, &words);
    let found = said(&done);
    assert!(!done.status.success());
    for part in ["postcdoe", "intervall", "valid_form"] {
        assert!(found.contains(part), "{part}: {found}");
    }
}

/// What an office changes without a programmer: each in one file.
#[test]
fn what_is_data_is_changed_in_one_file() {
    // Upper age of a vaccine.
    let place = home(&["rules"]);
    change(&place, "rules/bcg.toml", "last = \"12か月\"", "last = \"18か月\"");
    let words = ["due", "--birth", "2025-09-15", "--sex", "F", "--as-of", "2026-12-01", "--series", "bcg", "--format", "json"];
    let due = said(&kansho(&place, &words));
    assert!(due.contains("\"last_day\": \"2027-03-14\""), "{due}");
    // A column of the postal CSV.
    let last = "{ title = \"枚数\", field = \"sheets\" },";
    let place = home(&["layouts"]);
    change(&place, "layouts/postal/default.toml", last, &format!("{last}\n  {{ title = \"区\", field = \"ward\" }},"));
    let run = |place: &tempfile::TempDir| {
        write(&place.path().join("住民.csv"), file(&[infant(1, "見本　花子", "ミホン　ハナコ", ADDRESS, "")]).as_bytes());
        write(&place.path().join("台帳.csv"), format!("{LEDGER}{WITNESS_ROW}").as_bytes());
        let done = kansho(place, &MONTH);
        assert!(done.status.success(), "{}", said(&done));
    };
    run(&place);
    let rows = encoding_rs::SHIFT_JIS.decode(&std::fs::read(place.path().join("out/postal.csv")).unwrap()).0.into_owned();
    assert!(rows.lines().next().unwrap().ends_with("\"区\"") && rows.lines().nth(1).unwrap().ends_with("\"中央区\""), "{rows}");
    // The window 5 mm lower on the envelope: the address follows.
    let address = |place: &tempfile::TempDir| {
        let letters = std::fs::read(place.path().join("out/letters-0001.pdf")).unwrap();
        let page = kansho_paper::pdf::read::PdfReader::open(letters).unwrap().page(0).unwrap();
        page.runs.iter().find(|run| run.text.contains("260-0855")).map(|run| run.y).unwrap()
    };
    let before = address(&place);
    let place = home(&["municipality.toml"]);
    change(&place, "municipality.toml", "window_top_mm = 15.0", "window_top_mm = 10.0");
    run(&place);
    assert!(((before - address(&place)).0 - 5.0).abs() < 0.05, "{before:?}");
    // Another paper for the envelope, and a letter on it.
    let place = home(&["layouts", "templates"]);
    let thick = "[[paper]]\nname = \"A4厚口\"\nsheet = [210.0, 297.0]\nsizes = [12.0, 11.0, 10.5]\nheadings = [18.0, 14.5]\n\
                 text = [{ page = 1, area = [20.0, 62.0, 170.0, 215.0] }, { page = 2, area = [20.0, 16.0, 170.0, 261.0] }]\n\
                 marks = [{ page = 1, line = [20.0, 290.0, 154.0], size = 8.0 }, { page = 2, line = [20.0, 290.0, 154.0], size = 8.0 }]\n\n";
    let plain = "# 同じ封筒に入れる、表だけの通知書。";
    change(&place, "layouts/papers.toml", plain, &format!("{thick}{plain}"));
    change(&place, "templates/infant.md", "class = \"A\"", "class = \"A\"\npaper = \"A4厚口\"");
    run(&place);
    let summary = std::fs::read(place.path().join("out/postal-summary.csv")).unwrap();
    assert!(encoding_rs::SHIFT_JIS.decode(&summary).0.contains("A4厚口"));
}
