//! Bad input is refused or held with a message that says file, sheet, cell, reason and remedy. Each test names the whole message.

use kansho_core::case::Ledger;
use kansho_core::diag::{Checked, Report, Severity, show};
use kansho_core::folder::Folder;
use kansho_intake::join::{Days, Joined, Joiner};
use kansho_intake::normalise::{self, Customs};
use kansho_rules::RuleBook;
use kansho_rules::decide::programme;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const RESIDENTS: &str = "予防接種番号,宛名番号,世帯番号,氏名,フリガナ,通称,生年月日,性別,郵便番号,住所,方書,区,住民となった日,異動事由,消除日,転出予定日,死亡日,抽出日";
const ALICE: &str = "9900000015,8800000015,7700000001,見本　一郎,ミホン　イチロウ,,2026-11-05,1,2600855,千葉県千葉市中央区市場町1番1号,,中央区,2026-11-05,出生,,,,2026-12-01";
pub(crate) const LEDGER: &str = "予防接種番号,生年月日,年齢,予防接種コード,略称,接種回数,回数,実施日,結果,結果名称,医療機関コード,名称_漢字,医師コード,医師名_漢字,ワクチンコード,ワクチン略称,ロットナンバー,ワクチン有効期限,接種量コード,接種量,登録日,消除フラグ,氏名_漢字,氏名_カナ,性別,通知日,郵便番号,住所,種類,種類名称,発行no,処理日";

fn row(given: &str) -> String {
    format!("9900000015,2026-11-05,,07,,1,1,{given},1,接種,,,,,,,,,,,,,見本　一郎,,1,,,,,,,")
}

struct Pair {
    place: TempDir,
    residents: PathBuf,
    ledger: PathBuf,
}

fn files(residents: &[u8], ledger: &[u8]) -> Pair {
    let place = tempfile::tempdir().unwrap();
    let (resident_file, ledger_file) = (place.path().join("住民.csv"), place.path().join("台帳.csv"));
    std::fs::File::create(&resident_file).unwrap().write_all(residents).unwrap();
    std::fs::File::create(&ledger_file).unwrap().write_all(ledger).unwrap();
    Pair { residents: resident_file, ledger: ledger_file, place }
}

fn found(files: &Pair) -> Report {
    loaded(&files.residents, &files.ledger).report
}

pub(crate) fn joined(ledger: Ledger) -> Checked<Joined> {
    let as_of = "2026-12-01".parse().unwrap();
    let (mut ledger, rows) = (ledger.clone(), ledger.rows);
    ledger.rows = Vec::new();
    let mut joiner = Joiner::new(ledger, Days { as_of, post_on: as_of });
    rows.into_iter().for_each(|row| joiner.take(row));
    joiner.close(None)
}

fn loaded(residents: &Path, ledger: &Path) -> Checked<Ledger> {
    let (residents, ledger) = (residents.to_path_buf(), ledger.to_path_buf());
    let no_marks = vec!["見本".to_owned()];
    load(&normalise::Files { residents: Some(residents), ledger: Some(ledger), no_marks, ..normalise::Files::default() })
}

pub(crate) fn load(files: &normalise::Files) -> Checked<Ledger> {
    let folder = Folder::at(Path::new("../.."));
    let book = RuleBook::load(&folder).unwrap();
    let programmes = programme::load(&folder, &book).unwrap();
    let tables = Arc::new(normalise::Tables::load(&folder, &book, &programmes).unwrap().value);
    normalise::load(files, &tables, Customs::default()).unwrap()
}

fn messages(report: &Report) -> String {
    show::report(report, Severity::Alert, 100)
}

fn with_residents(lines: &[&str]) -> String {
    messages(&found(&files(lines.join("\n").as_bytes(), format!("{LEDGER}\n").as_bytes())))
}

fn with_ledger(lines: &[&str]) -> String {
    messages(&found(&files([RESIDENTS, ALICE].join("\n").as_bytes(), lines.join("\n").as_bytes())))
}

#[test]
fn sound_files_are_read_without_a_word() {
    assert_eq!(with_ledger(&[LEDGER, &row("2026-11-20")]), "");
}

#[test]
fn a_missing_column() {
    let told = with_residents(&[&RESIDENTS.replace("消除日", "備考"), ALICE]);
    assert_eq!(told, "エラー[R108] 住民.csv1行: 「消除日」の列がありません\n  ヒント: 抽出の設定にその列を加えてください\n");
}

#[test]
fn a_duplicate_column() {
    let told = with_residents(&[&RESIDENTS.replace("世帯番号", "氏名"), ALICE]);
    assert_eq!(
        told,
        "エラー[R109] 住民.csv 1行4列: 「氏名」の列が二つあります（もう一つは 住民.csv 1行3列）\n  ヒント: 片方の列を消すか、見出しを直してください\n"
    );
}

#[test]
fn two_rows_of_one_person_that_do_not_agree() {
    let told = with_residents(&[RESIDENTS, ALICE, &ALICE.replace("1番1号", "2番2号")]);
    assert_eq!(
        told,
        "保留[J301] 住民.csv3行: 予防接種番号 9900000015 の人が二人います（もう一つの行: 住民.csv2行）\n  この人を保留にしました\n  ヒント: 抽出元で名寄せを確かめてください\n"
    );
    assert_eq!(with_residents(&[RESIDENTS, ALICE, ALICE]), "", "the same row twice is one person");
}

#[test]
fn a_shot_after_the_as_of_date_is_set_aside_and_told() {
    let rows = [LEDGER, &row("2026-11-20"), &row("2026-12-05")].join("\n");
    let f = files([RESIDENTS, ALICE].join("\n").as_bytes(), rows.as_bytes());
    let joined = joined(loaded(&f.residents, &f.ledger).value);
    let case = &joined.value.cases[0];
    assert_eq!((case.history.doses.len(), case.later_doses.len(), joined.value.later_doses), (1, 1, 1));
    let told = show::report(&joined.report, Severity::Note, 100);
    assert!(told.contains("注記[J324] 台帳.csv3行: 実施日 2026-12-05 は基準日 2026-12-01 より後です\n"), "{told}");
}

#[test]
fn removed_before_resident() {
    let told = with_residents(&[RESIDENTS, &ALICE.replace("出生,,", "転出,2026-11-01,")]);
    assert_eq!(
        told,
        "保留[N211] 住民.csv 2行15列: 消除日 2026-11-01 が住民となった日より前です\n  予防接種番号 9900000015。この人を保留にしました\n  ヒント: 住民票で確かめてください\n"
    );
}

#[test]
fn an_unreadable_date_and_one_that_is_none() {
    let told = with_residents(&[RESIDENTS, &ALICE.replace(",2026-11-05,1,", ",きのう,1,")]);
    assert_eq!(
        told,
        "保留[N202] 住民.csv 2行7列: 生年月日（3字の値）を日付として読めません\n  予防接種番号 9900000015。この人を保留にしました\n  ヒント: 2026-04-01、20260401、2026/4/1、令和8年4月1日 のいずれかの形にしてください\n"
    );
    let told = with_residents(&[RESIDENTS, &ALICE.replace(",2026-11-05,1,", ",2026-02-29,1,")]);
    assert!(told.starts_with("保留[N203] 住民.csv 2行7列: 生年月日（10字の値）は暦にない日付です\n"), "{told}");
}

#[test]
fn a_wrong_byte_names_row_and_column() {
    let mut bytes = [RESIDENTS, ALICE].join("\n").into_bytes();
    let at = bytes.len() - 30;
    bytes[at] = 0xFF;
    let told = messages(&found(&files(&bytes, format!("{LEDGER}\n").as_bytes())));
    assert_eq!(
        told,
        "エラー[R105] 住民.csv 2行13列: UTF-8 として読めないバイト 0xFF があります\n  ヒント: UTF-8、UTF-16 または CP932（Shift_JIS）で保存し直してください\n"
    );
}

#[test]
fn my_number_by_heading_and_by_value() {
    let told = with_residents(&[&RESIDENTS.replace("世帯番号", "個人番号"), &ALICE.replace("7700000001", "123456789018")]);
    assert!(told.contains("エラー[R111] 住民.csv 1行3列: 個人番号の列があります\n  値は読んでいません\n"), "{told}");
    assert!(!told.contains("123456789018"));
    let told = with_residents(&[RESIDENTS, &ALICE.replace("7700000001", "123456789018")]);
    assert!(told.starts_with(
        "エラー[R112] 住民.csv 1行3列: 個人番号とみられる12けたの値が 1 件あります\n  値は表示していません\n  ヒント: 個人番号は扱いません。列を除いて抽出し直してください\n"
    ), "{told}");
}

#[test]
fn empty_files() {
    let told = messages(&found(&files(b"", format!("{LEDGER}\n").as_bytes())));
    assert_eq!(told, "エラー[R103] 住民.csv: ファイルが空です\n  ヒント: 抽出し直したファイルを指定してください\n");
    let told = with_residents(&[RESIDENTS]);
    assert!(told.contains("エラー[R103] 住民.csv: 見出しだけで、住民の行がありません"), "{told}");
}

fn with_book(bytes: &[u8]) -> String {
    let f = files(b"x", format!("{LEDGER}\n").as_bytes());
    let book = f.place.path().join("住民.xlsx");
    std::fs::File::create(&book).unwrap().write_all(bytes).unwrap();
    messages(&loaded(&book, &f.ledger).report)
}

#[test]
fn broken_and_protected_workbooks() {
    let told = with_book(b"PK\x03\x04 this is no workbook");
    assert!(told.starts_with("エラー[R101] 住民.xlsx: 表計算ファイルとして読めません（"), "{told}");
    assert!(told.ends_with("ヒント: ファイルが壊れていないか、ほかのソフトで開けるかを確かめてください\n"), "{told}");
    let mut protected = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    protected.resize(512, 0);
    protected.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(
        with_book(&protected),
        "エラー[R102] 住民.xlsx: パスワードで保護されています\n  ヒント: パスワードを外して保存し直したファイルを指定してください\n"
    );
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..200 {
        writer.write_all(&block).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let told = with_book(&bytes);
    assert!(told.starts_with("エラー[R104] 住民.xlsx: 展開すると 200 MB（"), "{told}");
    assert!(told.contains("ヒント: 抽出元の担当に確かめてください。正しいファイルなら分割してください"), "{told}");
}

#[test]
fn a_postal_code_that_lost_its_zero_holds_the_person() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("住民").unwrap();
    for (column, (heading, value)) in RESIDENTS.split(',').zip(ALICE.split(',')).enumerate() {
        let column = u16::try_from(column).unwrap();
        sheet.write_string(0, column, heading).unwrap();
        if heading == "郵便番号" {
            sheet.write_number(1, column, 600_001.0).unwrap();
        } else {
            sheet.write_string(1, column, value).unwrap();
        }
    }
    let told = with_book(&book.save_to_buffer().unwrap());
    assert_eq!(
        told,
        "保留[N205] 住民.xlsx「住民」I2: 「郵便番号」が数値のセルで、6 けたしかありません（7 けた必要）。先頭の0が失われています\n  予防接種番号 9900000015。この人を保留にしました\n  ヒント: 列の表示形式を「文字列」にして抽出し直してください\n"
    );
}

#[test]
fn an_unmapped_code_holds_the_person_and_nothing_is_guessed() {
    let f = files(
        [RESIDENTS, ALICE].join("\n").as_bytes(),
        [LEDGER, &row("2026-11-20").replace(",07,", ",ZZ,")].join("\n").as_bytes(),
    );
    let ledger = loaded(&f.residents, &f.ledger).value;
    let told: Vec<String> = ledger.rows[0].problems.iter().map(show::diagnostic).collect();
    assert_eq!(
        told,
        [
            "保留[N210] 台帳.csv 2行4列: 予防接種コード「ZZ」の対応がありません\n  予防接種番号 9900000015。この行を保留にし、接種歴は「不明」です。この人を保留にしました\n  ヒント: rules/codes.toml に対応を加えてください"
        ]
    );
    assert!(ledger.rows[0].dose.is_none());
}

#[test]
fn encodings_and_column_order_do_not_matter() {
    let text = [LEDGER, &row("2026-11-20")].join("\r\n");
    let (sjis, _, bad) = encoding_of(&text);
    assert!(!bad);
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bom: Vec<u8> = b"\xEF\xBB\xBF".iter().copied().chain(text.bytes()).collect();
    for bytes in [sjis, utf16, bom, text.replace(',', "\t").into_bytes()] {
        let f = files([RESIDENTS, ALICE].join("\n").as_bytes(), &bytes);
        let checked = loaded(&f.residents, &f.ledger);
        assert_eq!(messages(&checked.report), "");
        assert_eq!(checked.value.rows[0].dose.unwrap().given_on.to_string(), "2026-11-20");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test makes its own CP932 file and looks at the flag")]
fn encoding_of(text: &str) -> (Vec<u8>, &'static str, bool) {
    let (bytes, encoding, bad) = encoding_rs::SHIFT_JIS.encode(text);
    (bytes.into_owned(), encoding.name(), bad)
}

#[test]
fn a_row_of_an_unknown_person_and_another_birth_date() {
    let stranger = row("2026-11-20").replace("9900000015", "9900000023");
    let other = row("2026-11-21").replace("2026-11-05", "2026-11-06");
    let f = files([RESIDENTS, ALICE].join("\n").as_bytes(), [LEDGER, &stranger, &other].join("\n").as_bytes());
    let ledger = loaded(&f.residents, &f.ledger).value;
    let joined = joined(ledger);
    let told = messages(&joined.report);
    let all = show::report(&joined.report, Severity::Note, 100);
    assert!(all.contains("注記[J302] 台帳に、住民にいない人の行が 1 行（1 人）あります\n"), "{all}");
    assert!(told.contains("保留[J303] 台帳.csv3行: 生年月日が住民と台帳で違います\n"), "{told}");
    let case = &joined.value.cases[0];
    assert!(case.history.doses.is_empty());
    assert!(matches!(case.history.knowledge, kansho_core::history::Knowledge::Unknown(_)));
    let rows = joined.value.ledger_rows;
    assert_eq!((rows.rows, rows.used, rows.refused, rows.nobody), (2, 0, 1, 1));
    assert!(!format!("{case:?}").contains("見本"), "a name in Debug");
}
