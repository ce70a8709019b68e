//! The rule book as data: broken books are refused with file and key, next April is an edit of TOML only, every case agrees.

use chrono::NaiveDate;
use kansho_core::decision::{Forecast, Status};
use kansho_core::diag::{Failure, Report, Severity, show};
use kansho_core::folder::Folder;
use kansho_core::person::Sex;
use kansho_core::residency::Standing;
use kansho_rules::{RuleBook, Subject, cases};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A copy of `rules/` to break.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["", "programmes", "cases"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
        for entry in fs::read_dir(Path::new("rules").join(part)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

fn edit(folder: &TempDir, file: &str, from: &str, to: &str) {
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no 「{from}」");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

/// What `kansho rules check` finds.
fn check(folder: &Path) -> Result<Report, Failure> {
    kansho::desk::book::load(&Folder::at(Path::new(".")).with("rules", folder)).map(|_| Report::new())
}

fn told(found: Result<Report, Failure>) -> String {
    match found {
        Ok(report) | Err(Failure::Refused(report)) => show::report(&report, Severity::Note, 100),
        Err(other) => other.to_string(),
    }
}

#[test]
fn the_book_is_proven_and_every_case_agrees() {
    let book = RuleBook::load(&Folder::at(Path::new("."))).unwrap();
    let checked = cases::check(&Folder::at(Path::new(".")), &book).unwrap();
    assert_eq!(show::report(&checked.report, Severity::Note, 100), "");
    assert!(checked.value >= 400, "{}", checked.value);
    assert_eq!(told(check(Path::new("rules"))), "");
}

/// (file, from, to, what the message must name)
const BROKEN: &[(&str, &str, &str, &[&str])] = &[
    // syntax
    ("bcg.toml", "class = \"A\"", "class = \"C\"", &["B801", "rules/bcg.toml", "class", "「C」"]),
    ("bcg.toml", "live = true", "alive = true", &["B801", "rules/bcg.toml", "alive"]),
    ("bcg.toml", "id = \"bcg\"", "id = \"bgc\"", &["B801", "rules/bcg.toml", "id"]),
    ("bcg.toml", "last = \"12か月\"", "last = \"12ヶ月\"", &["B801", "rules/bcg.toml", "course[0]", "dose[0]", "last", "12ヶ月"]),
    ("bcg.toml", "last = \"12か月\"\n", "", &["B801", "rules/bcg.toml", "last"]),
    ("bcg.toml", "basis = \"法5条1項\"", "basis = \"法7条\"", &["B801", "rules/bcg.toml", "basis"]),
    ("pcv.toml", "interval = \"27日\"", "interval = \"27\"", &["B801", "rules/pcv.toml", "dose[1]", "gap[0]", "interval"]),
    ("hbv.toml", "from = \"1回目\"", "from = \"0回目\"", &["B801", "rules/hbv.toml", "gap[0]", "from", "0回目"]),
    (
        "hbv.toml",
        "born_from = \"2016-04-01\"",
        "born_from = \"2016-04-31\"",
        &["B801", "rules/hbv.toml", "born_from", "2016-04-31"],
    ),
    ("flu.toml", "\"10-01\"", "\"10-32\"", &["B801", "rules/flu.toml", "season", "10-32"]),
    (
        "zoster.toml",
        "valid = [\"2026-04-01\", \"2030-03-31\"]",
        "valid = [\"2030-04-01\", \"2026-03-31\"]",
        &["B801", "rules/zoster.toml", "cohort[1]", "valid", "前後が逆"],
    ),
    (
        "hpv.toml",
        "[[version]]\nvalid = [\"2023-04-01\", \"2025-03-31\"]",
        "[[version]]",
        &["B801", "rules/hpv.toml", "version[0]", "valid"],
    ),
    // a word that is too long is told and never cut
    (
        "bcg.toml",
        "name = \"1回\"",
        "name = \"十字までの名に入らない一回目の名\"",
        &["B801", "rules/bcg.toml", "course[0]", "dose.name", "十字までの名に入らない一回目の名", "長すぎます"],
    ),
    (
        "programmes/bcg.toml",
        "id = \"bcg\"",
        "id = \"bcg_of_a_city_with_a_very_long_name\"",
        &["B801", "rules/programmes/bcg.toml", "id", "長すぎます"],
    ),
    // gaps
    (
        "hpv.toml",
        "valid = [\"2025-04-01\", \"2999-03-31\"]",
        "valid = [\"2025-05-01\", \"2999-03-31\"]",
        &["B802", "rules/hpv.toml", "valid", "2025-03-31", "2025-05-01"],
    ),
    (
        "hpv.toml",
        "valid = [\"2025-04-01\", \"2999-03-31\"]",
        "valid = [\"2025-04-01\", \"2026-03-31\"]",
        &["B802", "rules/hpv.toml", "valid", "2027-03-31"],
    ),
    (
        "zoster.toml",
        "valid = [\"2026-04-01\", \"2030-03-31\"]",
        "valid = [\"2026-04-02\", \"2030-03-31\"]",
        &["B802", "rules/zoster.toml", "cohort.valid", "2026-03-31"],
    ),
    (
        "pcv.toml",
        "[[course]]\ndeemed = true\n",
        "[[course]]\ndeemed = true\nstart_until = \"60か月\"\n",
        &["B802", "rules/pcv.toml", "course"],
    ),
    // odd doses: an answer for each kind, with its source
    ("var.toml", "kind = \"too_late\"", "kind = \"too_soon\"", &["B802", "rules/var.toml", "odd", "too_late"]),
    ("mr.toml", "dose = [\"1期\"]", "dose = [\"3期\"]", &["B805", "rules/mr.toml", "odd.dose", "3期"]),
    ("je.toml", "counts = \"ask\"", "counts = \"maybe\"", &["B801", "rules/je.toml", "yes・no・ask"]),
    (
        "hbv.toml",
        "counts = \"yes\", mark = \"open\"",
        "counts = \"no\", mark = \"open\"",
        &["B801", "rules/hbv.toml", "odd[0]", "counts"],
    ),
    ("hbv.toml", "mark = \"open\"", "mark = \"sourced\"", &["B801", "rules/hbv.toml", "odd[0]", "source"]),
    // overlaps
    (
        "hpv.toml",
        "valid = [\"2025-04-01\", \"2999-03-31\"]",
        "valid = [\"2025-03-31\", \"2999-03-31\"]",
        &["B803", "rules/hpv.toml", "valid", "2025-03-31"],
    ),
    (
        "zoster.toml",
        "valid = [\"2026-04-01\", \"2030-03-31\"]",
        "valid = [\"2026-03-31\", \"2030-03-31\"]",
        &["B803", "rules/zoster.toml", "cohort.valid"],
    ),
    ("pcv.toml", "start_until = \"12か月\"", "start_until = \"7か月\"", &["B803", "rules/pcv.toml", "start_until"]),
    ("pcv.toml", "start_until = \"24か月\"\n", "", &["B803", "rules/pcv.toml", "course"]),
    ("pcv.toml", "name = \"初回2\"", "name = \"初回1\"", &["B803", "rules/pcv.toml", "course[0].dose[1]", "初回1"]),
    // bounds
    ("var.toml", "first = \"12か月\"", "first = \"37か月\"", &["B804", "rules/var.toml", "course[0].dose[0]"]),
    ("dt.toml", "standard = [\"11歳\", \"12歳\"]", "standard = [\"12歳\", \"11歳\"]", &["B804", "rules/dt.toml", "standard"]),
    ("je_special.toml", "born_to = \"2007-04-01\"", "born_to = \"1994-04-01\"", &["B804", "rules/je_special.toml", "born_to"]),
    ("rota1.toml", "legal_last = \"出生+168日\"", "legal_last = \"出生+100日\"", &["B804", "rules/rota1.toml", "legal_last"]),
    // unknown names
    ("hib.toml", "series = \"dpt_ipv_hib\"", "series = \"dpt\"", &["B805", "rules/hib.toml", "counts.series", "dpt"]),
    ("hib.toml", "[\"1期追加\", \"追加\"]", "[\"1期追加\", \"追加2\"]", &["B805", "rules/hib.toml", "counts.names", "追加2"]),
    ("rota1.toml", "exclusive = [\"rota5\"]", "exclusive = [\"rota7\"]", &["B805", "rules/rota1.toml", "exclusive", "rota7"]),
    ("mr.toml", "dose = \"1期\"", "dose = \"3期\"", &["B805", "rules/mr.toml", "extension.dose", "3期"]),
    ("mr.toml", "[\"MR\", \"風しん\"]]", "[\"MR\", \"ふうしん\"]]", &["B805", "rules/mr.toml", "components", "ふうしん"]),
    (
        "zoster.toml",
        "product = \"組換え\"",
        "product = \"組み換え\"",
        &["B805", "rules/zoster.toml", "course.product", "組み換え"],
    ),
    ("codes.toml", "series = \"bcg\"", "series = \"bgc\"", &["B805", "rules/codes.toml", "10", "bgc"]),
    ("codes.toml", "doses = [\"1回\"]", "doses = [\"1期\"]", &["B805", "rules/codes.toml", "1期"]),
    ("codes.toml", "\"H9\" = \"9価\"", "\"H9\" = \"9か\"", &["B805", "rules/codes.toml", "product.H9", "9か"]),
    ("codes.toml", "[\"mr2\", \"reminder\"]", "[\"mr3\", \"reminder\"]", &["B805", "rules/codes.toml", "notice.N06", "mr3"]),
    (
        "programmes/mr1.toml",
        "doses = [\"1期\"]",
        "doses = [\"１期\"]",
        &["B805", "rules/programmes/mr1.toml", "target.doses", "１期"],
    ),
    (
        "programmes/mr1.toml",
        "series = \"mr\"",
        "series = \"mmr\"",
        &["B805", "rules/programmes/mr1.toml", "target.series", "mmr"],
    ),
    ("programmes/mr2.toml", "token = \"■②\"", "token = \"■①\"", &["B805", "rules/programmes/mr2.toml", "token", "「■①」"]),
    ("programmes/mr1.toml", "class = \"A\"", "class = \"B\"", &["B805", "rules/programmes/mr1.toml", "class"]),
    (
        "programmes/mr1.toml",
        "template = \"mr1\"",
        "template = \"mr9\"",
        &["B805", "rules/programmes/mr1.toml", "template", "mr9"],
    ),
    (
        "programmes/mr1.toml",
        "anchor = \"12か月\"",
        "anchor = \"一歳\"",
        &["B801", "rules/programmes/mr1.toml", "trigger[0]", "anchor", "一歳"],
    ),
    (
        "programmes/mr1.toml",
        "kind = \"first\"",
        "kind = \"fast\"",
        &["B801", "rules/programmes/mr1.toml", "trigger[0]", "kind", "fast"],
    ),
    // cases
    ("bcg.toml", "last = \"12か月\"", "last = \"11か月\"", &["B806", "rules/cases/BCG.csv", "例は"]),
    ("bcg.toml", "exception_cap = \"4歳\"", "exception_cap = \"5歳\"", &["B806", "rules/cases/BCG.csv"]),
];

#[test]
fn each_kind_of_broken_book_is_refused_with_file_and_key() {
    for (file, from, to, names) in BROKEN {
        let folder = copy();
        edit(&folder, file, from, to);
        let found = told(check(folder.path()));
        for name in *names {
            assert!(found.contains(name), "{file}: {from} → {to}: 「{name}」 is not in\n{found}");
        }
    }
}

#[test]
fn a_rule_without_a_case_is_refused() {
    let folder = copy();
    fs::remove_file(folder.path().join("cases/BCG.csv")).unwrap();
    let found = told(check(folder.path()));
    assert!(found.contains("B807") && found.contains("rules/bcg.toml") && found.contains("course[0].dose[0]"), "{found}");
}

#[test]
fn every_broken_file_is_told_at_once() {
    let folder = copy();
    edit(&folder, "bcg.toml", "class = \"A\"", "class = \"C\"");
    edit(&folder, "dt.toml", "class = \"A\"", "class = \"D\"");
    let found = told(check(folder.path()));
    assert!(found.contains("rules/bcg.toml") && found.contains("rules/dt.toml"), "{found}");
}

fn ask(book: &RuleBook, birth: &str, sex: Sex, series: &str, as_of: &str) -> Vec<Forecast> {
    let birth: NaiveDate = birth.parse().unwrap();
    let subject = Subject::without_history(birth, sex);
    book.forecast(&subject, book.series_named(series).unwrap(), as_of.parse().unwrap(), Standing::Resident { since: birth })
        .unwrap()
}

/// A made-up FY2027: HPV for boys, a later end of BCG, a new vaccine, a temporary programme. Nothing but TOML is edited.
#[test]
fn next_april_is_an_edit_of_toml_only() {
    let folder = copy();
    edit(&folder, "book.toml", "2027-03-31", "2028-03-31");
    edit(&folder, "hpv.toml", "valid = [\"2025-04-01\", \"2999-03-31\"]", "valid = [\"2025-04-01\", \"2027-03-31\"]");
    let mut hpv = fs::read_to_string(folder.path().join("hpv.toml")).unwrap();
    hpv.push_str("\n[[version]]\nvalid = [\"2027-04-01\", \"2999-03-31\"]\nsex = \"MF\"\n");
    fs::write(folder.path().join("hpv.toml"), hpv).unwrap();
    edit(&folder, "bcg.toml", "id = \"bcg\"", "id = \"bcg\"\nvalid = [\"2023-04-01\", \"2027-03-31\"]");
    let mut bcg = fs::read_to_string(folder.path().join("bcg.toml")).unwrap();
    bcg.push_str(
        "\n[[version]]\nvalid = [\"2027-04-01\", \"2999-03-31\"]\n[[version.course]]\n[[version.course.dose]]\nname = \"1回\"\nfirst = \"出生\"\nlast = \"18か月\"\nlaw = \"作りごと\"\n",
    );
    fs::write(folder.path().join("bcg.toml"), bcg).unwrap();
    fs::write(
        folder.path().join("mumps.toml"),
        "id = \"mumps\"\nname = \"おたふくかぜ\"\norder = 85\nclass = \"A\"\nbasis = \"法5条1項\"\nlaw = \"作りごと\"\nvalid_from = \"2027-04-01\"\nlive = true\n\
         [[course]]\n[[course.dose]]\nname = \"1回目\"\nfirst = \"12か月\"\nlast = \"24か月\"\nlaw = \"作りごと\"\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("emergency.toml"),
        "id = \"emergency\"\nname = \"臨時接種\"\norder = 300\nclass = \"A\"\nbasis = \"法6条3項\"\nlaw = \"作りごと\"\nvalid_from = \"2027-06-01\"\nvalid_to = \"2027-09-30\"\n\
         [[course]]\n[[course.dose]]\nname = \"1回\"\nfirst = \"18歳\"\nlast = \"120歳\"\nlaw = \"作りごと\"\n",
    )
    .unwrap();
    let book =
        RuleBook::load(&Folder::at(Path::new(".")).with("rules", folder.path())).unwrap_or_else(|e| panic!("{}", told(Err(e))));
    let boy = |as_of: &str| ask(&book, "2015-06-10", Sex::Male, "hpv", as_of)[0].status;
    assert_eq!((boy("2027-03-31"), boy("2027-04-01")), (Status::None, Status::Due));
    let bcg = |as_of: &str| ask(&book, "2026-02-01", Sex::Female, "bcg", as_of)[0].last_day.unwrap().to_string();
    assert_eq!((bcg("2027-03-31"), bcg("2027-04-01")), ("2027-01-31".to_owned(), "2027-07-31".to_owned()));
    let mumps = &ask(&book, "2026-02-01", Sex::Female, "mumps", "2027-03-31")[0];
    assert_eq!((mumps.status, mumps.first_day.unwrap().to_string()), (Status::Upcoming, "2027-04-01".to_owned()));
    let emergency = &ask(&book, "1990-02-01", Sex::Female, "emergency", "2027-07-01")[0];
    let days = (emergency.first_day.unwrap().to_string(), emergency.last_day.unwrap().to_string());
    assert_eq!(days, ("2027-06-01".to_owned(), "2027-09-30".to_owned()));
    assert_eq!(book.versions(book.series_named("emergency").unwrap())[0].basis, "法6条3項");
    // The same questions to today's book.
    let today = RuleBook::load(&Folder::at(Path::new("."))).unwrap();
    assert!(today.validity().refuses("2027-04-01".parse().unwrap()).is_some());
    assert!(book.validity().refuses("2027-04-01".parse().unwrap()).is_none());
}
