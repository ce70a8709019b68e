//! Small made-up inputs that went wrong once, each among the base: the people of `tests/data/entrance` come as they were.

use super::files::Files;
use super::oracle::{Case, Expect, out, refused, refused_or};
use super::table::Table;

fn with(residents: &str, doses: Option<&str>) -> Files {
    let mut files = Files::sound();
    files.add_residents(residents);
    if let Some(doses) = doses {
        files.add_doses(doses);
    }
    files
}

/// One sound child (加藤), open for 麻しん風しん and 水痘.
fn child() -> Files {
    let mut files = Files::sound();
    files.add_residents("f11_short_row_r.csv");
    files
}

const CHILD: &str = "9900000000";

/// Every case.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = controls();
    cases.extend(cells());
    cases.extend(rows());
    cases.extend(sheets());
    cases.extend(records());
    cases
}

/// Without their fault these people are written to, or are vaccinated: else the cases would show nothing.
fn controls() -> Vec<Case> {
    let dose = [
        ("予防接種番号", CHILD),
        ("生年月日", "2026-01-15"),
        ("予防接種コード", "10"),
        ("回数", "1"),
        ("実施日", "20261101"),
        ("結果", "1"),
        ("氏名_漢字", "加藤\u{3000}花子"),
        ("性別", "2"),
    ];
    let mut done = child();
    done.base.ledger.push(&dose);
    vec![
        Case::new("f00 六人の子", with("f02_open_quote_r.csv", None), Expect::Selected).about(&["mr1", "var"]),
        Case::new("f00 接種の行", done, out(&["already_done"])).about(&["bcg"]),
    ]
}

fn cells() -> Vec<Case> {
    let mut dead = child();
    dead.base.residents.set(dead.base.residents.rows.len() - 1, "死亡日", "#日付 20261101");
    let mut formula = child();
    formula.base.residents.set(formula.base.residents.rows.len() - 1, "消除日", "#式 DATE(2026,11,1)");
    let mut contra = child();
    let unfit = [("区分", "禁忌"), ("疾病", "アナフィラキシー"), ("系列", "MR"), ("開始日", "2026-09-01")];
    contra.base.mark("罹患").push(&[&[("予防接種番号", CHILD)][..], &unfit].concat());
    let mut two = child();
    for (postal, line, name, reason, from) in [
        ("2600855", "千葉県千葉市中央区市場町1番1号", "旧", "入院", "2026-01-01"),
        ("2600856", "千葉県千葉市中央区亥鼻1丁目1番1号", "新", "転居", "2026-10-01"),
    ] {
        two.base.mark("送付先").push(&[
            ("予防接種番号", CHILD),
            ("送付先郵便番号", postal),
            ("送付先住所", line),
            ("送付先氏名", name),
            ("理由", reason),
            ("開始日", from),
        ]);
    }
    let removed = with("f01_datetime_removed_r.csv", None);
    vec![
        Case::new("f01 時刻つきの消除日と死亡日", removed, Expect::NotSelected),
        Case::new("f01 時刻つきの生年月日", with("f01_datetime_birth_r.csv", None), Expect::Selected).about(&["mr1"]),
        Case::new("f05 禁忌の系列 MR", contra, out(&["contraindicated"])).about(&["mr1"]),
        Case::new("f06 事由だけ", with("f06_reason_only_r.csv", None), Expect::Held),
        Case::new("f07 実施日がない", with("f07_no_given_day_r.csv", Some("f07_no_given_day_l.csv")), Expect::Held),
        Case::new("f08 後から番号", with("f08_history_late_number_r.csv", None), out(&["moved_out"])).about(&["mr1"]),
        Case::new("f09 直された期間", with("f09_history_spell_r.csv", None), out(&["moved_out"])).about(&["mr1"]),
        Case::new("f12 消除フラグ Y と 01", with("f12_flag_r.csv", Some("f12_flag_l.csv")), Expect::Held),
        Case::new("f13 住民となった日が空", with("f13_since_blank_r.csv", None), Expect::Held),
        Case::new("f14 先の通知日", with("f14_notice_future_r.csv", Some("f14_notice_future_l.csv")), Expect::Held),
        Case::new("f15 送付先が二つ", two, Expect::Held),
        Case::new("f16 結合文字500", with("f16_zalgo_name_r.csv", None), Expect::Held).and(&["9900000001"], Expect::Selected),
        Case::new("f17 届かない住所", with("f17_nonsense_address_r.csv", None), Expect::Held),
        Case::new("f18 日付のセルに20261101", dead, Expect::Held),
        Case::new("f19 値のない式", formula, Expect::Held),
    ]
}

/// The lines of a file of `tests/data/entrance` after its heading, at the end of the ledger as they are.
fn raw_rows(files: &mut Files, file: &str) {
    let text = std::fs::read_to_string(std::path::Path::new("tests/data/entrance").join(file)).unwrap();
    let lines = text.split_once('\n').unwrap().1.to_owned();
    files.edit_text("台帳.csv", move |ledger| ledger + &lines);
}

fn rows() -> Vec<Case> {
    let row = |files: &Files| format!("{}行", files.base.ledger.rows.len() + 2);
    let mut open = with("f02_open_quote_r.csv", None);
    raw_rows(&mut open, "f02_open_quote_l.csv");
    let open_row = row(&open);
    let mut short = child();
    raw_rows(&mut short, "f11_short_row_l.csv");
    let short_row = row(&short);
    let mut empty = Files::sound();
    empty.base.ledger.rows.clear();
    let mut lost = Files::sound();
    for row in 0..lost.base.ledger.rows.len() {
        let number = lost.base.ledger.get(row, "予防接種番号")[1..].to_owned();
        lost.base.ledger.set(row, "予防接種番号", &number);
    }
    let mut addressee = Files::sound();
    addressee.base.residents.head[1] = "整理番号".to_owned();
    for mark in &mut addressee.base.marks {
        mark.rows.clear();
    }
    let mut returns = Files::sound();
    returns.edit_text("台帳.csv", |ledger| ledger.replace("\r\n", "\r"));
    vec![
        Case::new("f02 閉じない引用符", open, refused(&["台帳.csv", &open_row])),
        Case::new("f03 見出しだけの台帳", empty, refused(&["台帳"])),
        Case::new("f03 番号のけた落ち", lost, refused(&["台帳", "予防接種番号"])),
        Case::new("f03 宛名番号だけの住民", addressee, refused(&["予防接種番号", "宛名番号"])),
        Case::new("f10 CRだけの台帳", returns, refused_or(&["台帳.csv"], Expect::Same)),
        Case::new("f11 途中で切れた行", short, refused(&["台帳.csv", &short_row])),
    ]
}

fn sheets() -> Vec<Case> {
    let protected = |name: &str| {
        let mut files = child();
        files.base.mark("支援措置").push(&[("予防接種番号", CHILD), ("区分", "本支援"), ("開始日", "2026-04-01")]);
        files.base.mark("支援措置").name = name.to_owned();
        files
    };
    let mut far = Files::sound();
    let mut cell = Table::new("住民2", &["#果て \u{3000}"]);
    cell.rows.push(Vec::new());
    far.sheets.push(cell);
    let mut far_beside = Files::sound();
    far_beside.base.residents.widen("備考", "");
    far_beside.base.residents.set(0, "備考", "#果て  ");
    let mut split = child();
    let tail = split.base.residents.rows.split_off(100);
    split.base.residents.name = "住民1".to_owned();
    let second = Table { name: "住民2".to_owned(), rows: tail, ..split.base.residents.clone() };
    split.sheets.push(second);
    let mut ledgers = child();
    ledgers.ledger_form = super::table::Form::Workbook;
    ledgers.base.shot(CHILD, "10", "1", "20261101");
    let tail = ledgers.base.ledger.rows.split_off(1000);
    ledgers.base.ledger.name = "台帳1".to_owned();
    let second = Table { name: "台帳2".to_owned(), rows: tail, ..ledgers.base.ledger.clone() };
    ledgers.ledgers.push(second);
    vec![
        Case::new("f04 支援措置等", protected("支援措置等"), refused(&["支援措置等", "「支援措置」"])),
        Case::new("f04 末尾に空白", protected("支援措置 "), refused_or(&["支援措置 "], out(&["protected"])))
            .about(&["mr1", "var"]),
        Case::new("f20 シートの果てのセル", far_beside, refused_or(&["住民"], Expect::Same)),
        Case::new("f20 果てのセルだけのシート", far, refused_or(&["住民2"], Expect::Same)),
        Case::new("f21 住民1と住民2", split, refused_or(&["住民2"], Expect::Selected)).about(&["mr1"]),
        Case::new("f21 台帳1と台帳2", ledgers, refused_or(&["台帳2"], out(&["already_done"]))).about(&["bcg"]),
    ]
}

fn records() -> Vec<Case> {
    let broken = |file: &str| with(file, Some("01_num_l.csv"));
    let names = with("03_names_r.csv", None);
    let singles = with("11_same_r.csv", Some("11_same_l.csv"));
    vec![
        Case::new("01 傷んだ番号", broken("01_num_r.csv"), Expect::NotSelected),
        Case::new("01 傷んだ番号（ブック）", broken("01_numx_r.csv"), Expect::NotSelected),
        Case::new("03 氏名の代わり", names, Expect::Held).and(&["9900100009", "9900100010", "9900100011"], Expect::Selected),
        Case::new("11 同じ日の麻しんと風しん", singles, out(&["already_done"]))
            .about(&["mr1"])
            .and(&["9900100004"], Expect::Selected),
    ]
}
