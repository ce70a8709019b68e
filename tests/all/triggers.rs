//! When a programme writes: by month of birth, by fiscal year, by season; first notice, reminder, last call; a skipped month is
//! caught up. One line a person; a clerk can extend the table.

use crate::office;
use std::process::Command;

const RESIDENTS: &str = "予防接種番号,宛名番号,世帯番号,氏名,フリガナ,通称,生年月日,性別,郵便番号,住所,方書,区,住民となった日,異動事由,消除日,転出予定日,死亡日,抽出日";
const LEDGER: &str = "予防接種番号,生年月日,年齢,予防接種コード,略称,接種回数,回数,実施日,結果,結果名称,医療機関コード,名称_漢字,医師コード,医師名_漢字,ワクチンコード,ワクチン略称,ロットナンバー,ワクチン有効期限,接種量コード,接種量,登録日,消除フラグ,氏名_漢字,氏名_カナ,性別,通知日,郵便番号,住所,種類,種類名称,発行no,処理日";

/// (生年月日, 性別, 接種「コード:回数=日」, 基準日, 前回の翌日, 事業, 判定, きっかけ)
type Line = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const LINES: &[Line] = &[
    // 生まれた月: the month before 12か月, then 3 months and 1 month before 24か月
    ("2025-11-10", "F", "", "2026-10-01", "", "mr1", "due", "初回通知（通知月 2026-10）"),
    ("2025-11-10", "F", "", "2026-11-01", "", "mr1", "not_yet", ""),
    ("2025-11-10", "F", "", "2026-11-01", "2026-10-01", "mr1", "due", "初回通知（通知月 2026-10）"),
    ("2025-01-10", "F", "", "2026-10-01", "", "mr1", "due", "再勧奨（通知月 2026-10）"),
    ("2025-01-10", "F", "", "2026-12-01", "", "mr1", "due", "最終勧奨（通知月 2026-12）"),
    ("2025-01-10", "F", "11:1=2026-03-01", "2026-12-01", "", "mr1", "already_done", "最終勧奨"),
    ("2025-01-10", "F", "", "2026-11-01", "", "mr1", "not_yet", ""),
    ("2025-03-02", "M", "", "2026-02-01", "", "var", "due", "初回通知（通知月 2026-02）"),
    ("2024-06-13", "M", "14:1=2025-07-01", "2026-12-01", "", "var", "due", "再勧奨（通知月 2026-12）"),
    ("2024-06-13", "M", "14:1=2025-07-01 14:2=2025-12-01", "2026-12-01", "", "var", "already_done", "再勧奨"),
    ("2026-02-20", "F", "", "2026-12-01", "", "bcg", "due", "再勧奨（通知月 2026-12）"),
    ("2019-09-10", "F", "", "2026-12-01", "", "je1", "due", "最終勧奨（通知月 2026-12）"),
    ("2014-06-10", "M", "", "2026-12-01", "", "dt2", "due", "再勧奨（通知月 2026-12）"),
    ("2014-02-10", "M", "", "2026-12-01", "", "dt2", "due", "最終勧奨（通知月 2026-12）"),
    ("2014-02-10", "M", "", "2026-12-01", "", "je2", "due", "最終勧奨（通知月 2026-12）"),
    ("1961-05-20", "M", "", "2026-04-01", "", "pneumo_adult", "due", "初回通知（通知月 2026-04）"),
    // 年度: April of the year before school, of the 12th year, of 65, 70, …; 4/1 and 4/2
    ("2020-04-02", "F", "", "2026-04-01", "", "mr2", "due", "初回通知（通知月 2026-04）"),
    ("2020-04-01", "F", "", "2026-04-01", "", "mr2", "expired", ""),
    ("2021-04-01", "F", "", "2026-04-01", "", "mr2", "due", "初回通知（通知月 2026-04）"),
    ("2021-04-02", "F", "", "2026-04-01", "", "mr2", "not_yet", ""),
    ("2020-09-09", "F", "", "2026-12-01", "", "mr2", "due", "再勧奨（通知月 2026-12）"),
    ("2020-09-09", "F", "", "2027-02-01", "", "mr2", "due", "再勧奨（通知月 2027-02）"),
    ("2020-09-09", "F", "", "2026-11-01", "", "mr2", "not_yet", ""),
    ("2014-04-02", "F", "", "2026-04-01", "", "hpv", "due", "初回通知（通知月 2026-04）"),
    ("2014-04-02", "M", "", "2026-04-01", "", "hpv", "not_in_group", ""),
    ("2010-04-02", "F", "", "2026-06-01", "", "hpv", "due", "再勧奨（通知月 2026-06）"),
    ("2010-04-02", "F", "", "2026-10-01", "", "hpv", "due", "最終勧奨（通知月 2026-10）"),
    ("2010-04-01", "F", "", "2026-06-01", "", "hpv", "expired", ""),
    ("2011-04-02", "F", "", "2026-06-01", "", "hpv", "not_yet", ""),
    ("1956-04-02", "F", "", "2026-04-01", "", "zoster", "due", "初回通知（通知月 2026-04）"),
    ("1956-04-01", "F", "", "2026-04-01", "", "zoster", "expired", ""),
    ("1957-04-01", "F", "", "2026-04-01", "", "zoster", "due", "初回通知（通知月 2026-04）"),
    // 接種期間: the month before the season; who turns 65 in the season, the month before that
    ("1950-01-01", "M", "", "2026-09-01", "", "flu", "due", "初回通知（通知月 2026-09）"),
    ("1950-01-01", "M", "", "2026-09-01", "", "covid", "due", "初回通知（通知月 2026-09）"),
    ("1950-01-01", "M", "", "2026-10-01", "2026-09-01", "covid", "due", "初回通知（通知月 2026-09）"),
    ("1950-01-01", "M", "", "2026-10-01", "", "flu", "not_yet", "今回の対象月でない（次の通知月 2027-09）"),
    ("1962-01-20", "M", "", "2026-12-01", "", "flu", "due", "初回通知（通知月 2026-12）"),
    ("1962-02-20", "M", "", "2027-01-01", "", "covid", "due", "初回通知（通知月 2027-01）"),
    ("1962-02-20", "M", "", "2026-09-01", "", "flu", "none", ""),
    // 日本脳炎の特例: 2 months before 20歳
    (
        "2007-02-10",
        "F",
        "15:1=2011-06-01 15:2=2011-06-15 15:3=2012-07-01",
        "2026-12-01",
        "",
        "je_special",
        "due",
        "最終勧奨（通知月 2026-12）",
    ),
    ("2007-04-02", "F", "", "2026-12-01", "", "je_special", "not_in_group", ""),
];

#[test]
fn every_programme_writes_in_its_month() {
    let mut wrong = Vec::new();
    for line in LINES {
        let (birth, sex, shots, as_of, since, programme, reason, trigger) = *line;
        let place = tempfile::tempdir().unwrap();
        let (residents, ledger) = (place.path().join("住民.csv"), place.path().join("台帳.csv"));
        let number = if sex == "M" { 1 } else { 2 };
        let person = format!(
            "9900000015,8800000015,7700000001,見本　花,ミホン　ハナ,,{birth},{number},2600855,千葉県千葉市中央区市場町1番1号,,中央区,{birth},出生,,,,{as_of}"
        );
        std::fs::write(&residents, format!("{RESIDENTS}\n{person}\n{}", office::witness(as_of))).unwrap();
        let mut text = format!("{LEDGER}\n{}", office::WITNESS_ROW);
        for shot in shots.split_whitespace() {
            let (what, on) = shot.split_once('=').unwrap();
            let (code, times) = what.split_once(':').unwrap();
            text.push_str(&format!(
                "9900000015,{birth},,{code},,{times},{times},{on},1,接種,,,,,,,,,,,,,見本　花,,{number},,,,,,,\n"
            ));
        }
        std::fs::write(&ledger, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kansho"));
        command
            .args(["select", "--format", "json", "--no-marks", "見本", "--as-of", as_of, "--residents"])
            .arg(&residents)
            .arg("--ledger")
            .arg(&ledger);
        if !since.is_empty() {
            command.args(["--since", since]);
        }
        let done = command.output().unwrap();
        let all: Vec<serde_json::Value> = serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|e| panic!("{line:?}: {e}\n{}", String::from_utf8_lossy(&done.stderr)));
        let decision = all.iter().find(|d| d["programme"] == programme).unwrap();
        let found = decision["reason"].as_str().unwrap();
        // Outside every window there are several true reasons not to write; the table says `none` where any will do.
        let fits = if reason == "none" { decision["decision"] == "excluded" } else { found == reason };
        let first = decision["evidence"][0]["answer"].as_str().unwrap();
        if !fits || !first.starts_with(trigger) {
            wrong.push(format!("{line:?}: {found} {first}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
