//! 設定: what a run refuses of the office's files, as a table a clerk can extend (a change, and the words that are told), and what it
//! lets pass. Nothing of the file's own text is told.

use crate::office;
use crate::office::{ADDRESS, change, file, infant, kansho, said, write};
use std::process::Output;
use tempfile::TempDir;

const MUNICIPALITY: &str = "municipality.toml";

fn home() -> TempDir {
    office::home(&["rules", "layouts", "templates", "municipality.toml", "gaiji.toml"])
}

/// A folder whose settings no longer are those of the samples.
fn real() -> TempDir {
    let place = home();
    for (from, to) in [
        ("sample = true", "sample = false"),
        ("見本　太郎", "神谷　正"),
        ("千葉港0番0号", "千葉港1番1号"),
        ("043-000-0000", "043-245-5230"),
        ("043-000-0001", "043-245-5829"),
        ("www.example.jp", "www.city.chiba.jp"),
    ] {
        change(&place, MUNICIPALITY, from, to);
    }
    place
}

fn run(place: &TempDir) -> Output {
    let files = ["--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", "2026-12-01"];
    kansho(place, &[&["run"], &files[..], &["--out", "out"]].concat())
}

fn reissue(place: &TempDir) -> Output {
    let files = ["--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", "2026-12-01"];
    kansho(
        place,
        &[&["reissue", "9900000461", "--programme", "日本脳炎第1期", "--reason", "紛失"], &files[..], &["--out", "out"]].concat(),
    )
}

/// (file, what stood there, what stands there now, exit code, what is told).
type Row = (&'static str, &'static str, &'static str, i32, &'static [&'static str]);

/// What is printed and empty, or was never set.
const VALUES: [Row; 17] = [
    (MUNICIPALITY, "tel = \"043-245-5230\"", "tel = \"\"", 1, &["C528", "city.tel が空です"]),
    (MUNICIPALITY, "hours = \"平日 午前9時から午後5時まで\"", "hours = \"　\"", 1, &["C528", "city.hours が空です"]),
    (MUNICIPALITY, "doc_no = \"8千保医第1200号\"", "doc_no = \" \"", 1, &["C528", "city.doc_no が空です"]),
    (MUNICIPALITY, "flu = \"1,800円\"", "flu = \"\"", 1, &["C528", "fees.flu が空です"]),
    (MUNICIPALITY, "043-245-5230", "043-000-0000", 1, &["C529", "city.tel が見本の値です（「000-0000」）"]),
    (MUNICIPALITY, "043-245-5829", "０４３－０００－０００１", 1, &["C529", "city.fax"]),
    (MUNICIPALITY, "043-245-5230", "03-0000-0000", 1, &["C529", "city.tel"]),
    (MUNICIPALITY, "260-8722", "000-0000", 1, &["C529", "city.section_postcode"]),
    (MUNICIPALITY, "千葉港1番1号", "千葉港０番０号", 1, &["C529", "city.address"]),
    (MUNICIPALITY, "https://www.city.chiba.jp/yobou\"", "https://www.EXAMPLE.jp/yobou\"", 1, &["C529", "city.url"]),
    (MUNICIPALITY, "神谷　正", "〇〇　〇〇", 1, &["C529", "city.mayor"]),
    (MUNICIPALITY, "協力医療機関の窓口にあります", "要確認", 1, &["C529", "city.yoshinhyo_howto"]),
    (MUNICIPALITY, "1,800円", "サンプル円", 1, &["C529", "fees.flu"]),
    (MUNICIPALITY, "市内の協力医療機関", "船橋市内の協力医療機関", 1, &["C523", "「船橋市」"]),
    (MUNICIPALITY, "免除を証明する書類", "習志野市の証明する書類", 1, &["C523", "「習志野市」"]),
    ("templates/infant.md", "## 場所・費用・持ち物", "船橋市の医療機関\n\n## 場所・費用・持ち物", 1, &["C523", "「船橋市」"]),
    ("rules/programmes/flu.toml", "name = \"", "name = \"川崎市の", 1, &["C523", "「川崎市」", "rules/programmes/flu.toml"]),
];

/// Files that cannot be read as settings, and rules and templates that their checks refuse.
const FILES: [Row; 27] = [
    (MUNICIPALITY, "tel = ", "tle = ", 2, &["municipality.toml: ", "[city] の tle", "知らない項目「tle」"]),
    (MUNICIPALITY, "mayor = ", "# mayor = ", 2, &["municipality.toml: ", "項目「mayor」がありません"]),
    (
        MUNICIPALITY,
        "letters_per_file = 2000",
        "letters_per_file = \"神谷\"",
        2,
        &["[run] の letters_per_file", "値の種類が違います"],
    ),
    (MUNICIPALITY, "most_pieces = 1 ", "most_pieces = -1 ", 2, &["[envelope] の most_pieces", "範囲の外"]),
    (MUNICIPALITY, "mayor = \"神谷　正\"", "mayor = \"神谷　正", 2, &["[city] の mayor", "書き方の誤り"]),
    (MUNICIPALITY, "mayor = \"神谷　正\"", "神谷　正の合言葉", 2, &["municipality.toml: ", "書き方の誤り"]),
    (MUNICIPALITY, "mayor = ", "tel = ", 2, &["municipality.toml: ", "同じ項目が二度"]),
    (MUNICIPALITY, "data = \"samples/postal\"", "data = \"/etc\"", 2, &["postal.data は設定のフォルダーの中"]),
    (MUNICIPALITY, "data = \"samples/postal\"", "data = \"../postal\"", 2, &["postal.data は設定のフォルダーの中"]),
    (MUNICIPALITY, "layout = \"layouts/postal", "layout = \"layouts/../../postal", 2, &["postal.layout は設定のフォルダーの中"]),
    (MUNICIPALITY, "districts = \"\"", "districts = \"C:/list.csv\"", 2, &["postal.districts は設定のフォルダーの中"]),
    (MUNICIPALITY, "districts = \"\"", "districts = '..\\list.csv'", 2, &["postal.districts は設定のフォルダーの中"]),
    (
        MUNICIPALITY,
        "issue_book = \"\"",
        "issue_book = \"/var/発行簿.csv\"",
        2,
        &["run.issue_book は設定のフォルダーの中", "--issue-book"],
    ),
    ("layouts/papers.toml", "sizes", "sizse", 2, &["layouts/papers.toml: ", "知らない項目「sizse」"]),
    ("layouts/words.toml", "[series]", "[seires]", 2, &["layouts/words.toml: ", "知らない項目「seires」"]),
    (
        "layouts/columns/ledger.toml",
        "field = \"struck\"",
        "field = \"struk\"",
        2,
        &["ledger.toml: ", "の field", "知らない語です"],
    ),
    ("layouts/postal/default.toml", "title", "titel", 2, &["layouts/postal/default.toml: ", "知らない項目「titel」"]),
    ("layouts/postal/discounts.toml", "barcode", "barcoed", 2, &["discounts.toml: ", "知らない項目「barcoed」"]),
    ("templates/lint.toml", "[marks]", "[maks]", 2, &["templates/lint.toml: ", "知らない項目「maks」"]),
    ("templates/infant.md", "class = ", "clas = ", 1, &["templates/infant.md: ", "4行（clas）: 知らない項目「clas」"]),
    ("rules/book.toml", "valid_to", "valid_too", 2, &["rules/book.toml: ", "知らない項目「valid_too」"]),
    ("rules/codes.toml", "[product]", "[prodcut]", 2, &["rules/codes.toml: ", "知らない項目「prodcut」"]),
    ("rules/mr.toml", "law = ", "low = ", 1, &["rules/mr.toml: ", "知らない項目「low」"]),
    ("rules/programmes/flu.toml", "name = ", "nama = ", 1, &["rules/programmes/flu.toml: ", "知らない項目「nama」"]),
    ("gaiji.toml", "# ", "[[gaijii]]\n# ", 2, &["gaiji.toml: ", "知らない項目「gaijii」"]),
    // What `rules check` refuses, no run uses.
    ("rules/cases/帯状疱疹.csv", "due", "expired", 1, &["帯状疱疹.csv"]),
    // What `templates check` refuses, no run prints.
    ("templates/bcg.md", "対象者の範囲", "対象", 1, &["C520", "templates/bcg.md", "K2"]),
];

/// Each is refused by `run` and by `reissue`, with the same words, before anything is written.
#[test]
fn what_the_checks_refuse_is_not_printed() {
    let mut wrong = Vec::new();
    for (file, from, to, code, told) in VALUES.iter().chain(&FILES) {
        let place = real();
        change(&place, file, from, to);
        for (verb, output) in [("run", run(&place)), ("reissue", reissue(&place))] {
            let words = said(&output);
            if output.status.code() != Some(*code) || told.iter().any(|told| !words.contains(told)) {
                wrong.push(format!("{verb} {file} {to}: {:?} {told:?}: {words}", output.status.code()));
            }
            // Neither a value nor the reader's own English.
            if ["神谷", "合言葉", "expected", "TOML", "invalid"].iter().any(|secret| words.contains(secret)) {
                wrong.push(format!("{verb} {file} {to} tells the file's text: {words}"));
            }
            if place.path().join("out").exists() {
                wrong.push(format!("{verb} {file} {to} wrote"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// Real values pass and nothing speaks of samples; an empty fax is an office without one, a real number may have zeros.
#[test]
fn real_values_pass() {
    let place = real();
    change(&place, MUNICIPALITY, "fax = \"043-245-5829\"", "fax = \"\"");
    change(&place, MUNICIPALITY, "043-245-5230", "043-5000-0000");
    let output = run(&place);
    assert!(output.status.success(), "{}", said(&output));
    let report = std::fs::read_to_string(place.path().join("out/office/report.html")).unwrap();
    let folder = std::fs::canonicalize(place.path()).unwrap().display().to_string();
    assert!(!said(&output).contains("見本の設定") && !report.contains("見本の設定"), "{}", said(&output));
    assert!(said(&output).contains(&folder) && report.contains(&folder), "{}", said(&output));
}

/// Settings of the samples pass where the file says so, and every paper that is not a letter says 見本の設定.
#[test]
fn samples_say_so() {
    let place = home();
    let output = run(&place);
    assert!(output.status.success() && said(&output).contains("見本の設定"), "{}", said(&output));
    let report = std::fs::read_to_string(place.path().join("out/office/report.html")).unwrap();
    assert!(report.contains("見本の設定"));
    write(&place.path().join("合言葉"), b"a passphrase of the test\n");
    let packed = kansho(&place, &["pack", "out", "--out", "pack.zip", "--pack-passphrase-file", "合言葉"]);
    assert!(packed.status.success() && said(&packed).contains("見本の設定"), "{}", said(&packed));
    let sheet = std::fs::read(place.path().join("pack-handover.pdf")).unwrap();
    let reader = kansho_paper::pdf::read::PdfReader::open(sheet).unwrap();
    let words: String = reader.page(0).unwrap().runs.iter().map(|run| run.text.to_string()).collect();
    assert!(words.contains("見本の設定"), "{words}");
}

/// Another city's name stands with a reason, and never without.
#[test]
fn another_citys_name_needs_a_reason() {
    for (reason, passes) in [("相互乗り入れの協力医療機関", true), ("", false), ("　", false)] {
        let place = real();
        change(&place, MUNICIPALITY, "市内の協力医療機関", "千葉市と船橋市の協力医療機関");
        let allowed = format!("[lint]\nother_cities = [{{ name = \"船橋市\", reason = \"{reason}\" }}]\n\n[pdf]");
        change(&place, MUNICIPALITY, "[pdf]", &allowed);
        let output = run(&place);
        assert_eq!(output.status.success(), passes, "{reason}: {}", said(&output));
        assert!(passes || said(&output).contains("「船橋市」に理由を書いて"), "{}", said(&output));
    }
}

/// A person who lives or has mail sent to another city is no other city's letter.
#[test]
fn a_persons_own_address_may_lie_in_another_city() {
    let office = office::Office::new("");
    let people = [
        infant(1, "見本　一", "ミホン　ハジメ", ADDRESS, "船橋市ハイツ1号"),
        infant(2, "船橋　市子", "フナバシ　イチコ", ADDRESS, "川崎市民寮"),
    ];
    let output = office.run(file(&people).as_bytes());
    assert!(output.status.success(), "{}", said(&output));
    assert!(office.letters().contains("船橋市ハイツ"), "{}", said(&output));
}

/// The folder the program was built in is not where settings are looked for.
#[test]
fn the_build_machines_folder_is_not_searched() {
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("kansho");
    std::fs::copy(env!("CARGO_BIN_EXE_kansho"), &program).unwrap();
    let output = std::process::Command::new(&program).current_dir(place.path()).args(["rules", "check"]).output().unwrap();
    assert!(output.status.code() == Some(2) && said(&output).contains("見つかりません"), "{}", said(&output));
}
