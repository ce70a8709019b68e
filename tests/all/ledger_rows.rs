//! Odd rows of the ledger: each is reported with its row and nothing is dropped; what it does to the decision is said.

use std::process::Command;

const RESIDENTS: &str = "予防接種番号,宛名番号,世帯番号,氏名,フリガナ,通称,生年月日,性別,郵便番号,住所,方書,区,住民となった日,異動事由,消除日,転出予定日,死亡日,抽出日\n\
9900000015,8800000015,7700000001,見本　一郎,ミホン　イチロウ,,2024-06-13,1,2600855,千葉県千葉市中央区市場町1番1号,,中央区,2024-06-13,出生,,,,2026-12-01\n";
const LEDGER: &str = "予防接種番号,生年月日,年齢,予防接種コード,略称,接種回数,回数,実施日,結果,結果名称,医療機関コード,名称_漢字,医師コード,医師名_漢字,ワクチンコード,ワクチン略称,ロットナンバー,ワクチン有効期限,接種量コード,接種量,登録日,消除フラグ,氏名_漢字,氏名_カナ,性別,通知日,郵便番号,住所,種類,種類名称,発行no,処理日\n";

/// 水痘 (code 14), 30 months old in the as-of month: the reminder of the programme `var`.
struct Row {
    what: &'static str,
    /// (予防接種コード, 回数, 実施日)
    shots: &'static [(&'static str, &'static str, &'static str)],
    /// What must be told, with the row.
    told: &'static [&'static str],
    decision: &'static str,
    reason: &'static str,
    /// What the evidence must say.
    evidence: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row {
        what: "a sound row",
        shots: &[("14", "1", "2025-07-01")],
        told: &[],
        decision: "selected",
        reason: "due",
        evidence: &["2回目: 2025-10-01 から 2027-06-12 まで"],
    },
    Row {
        what: "an unknown vaccine code",
        shots: &[("ZZ", "1", "2025-07-01")],
        told: &["N210", "台帳.csv 2行4列", "予防接種コード「ZZ」"],
        decision: "held",
        reason: "held",
        evidence: &["ZZ"],
    },
    Row {
        what: "an impossible dose number",
        shots: &[("14", "9", "2025-07-01")],
        told: &["N215", "台帳.csv 2行"],
        decision: "held",
        reason: "held",
        evidence: &["N215"],
    },
    Row {
        what: "a shot before birth",
        shots: &[("14", "1", "2024-06-12")],
        told: &["N213", "台帳.csv 2行8列", "接種歴は「不明」です"],
        decision: "held",
        reason: "held",
        evidence: &["N213"],
    },
    Row {
        what: "two shots of one vaccine on one day",
        shots: &[("14", "1", "2025-07-01"), ("14", "2", "2025-07-01")],
        told: &["J310", "台帳.csv3行", "D404"],
        decision: "selected",
        reason: "due",
        evidence: &["台帳3行", "間隔をおいて2025-10-01から"],
    },
    Row {
        what: "the same dose on two days",
        shots: &[("14", "1", "2025-07-01"), ("14", "1", "2025-11-01")],
        told: &["J308", "台帳.csv3行", "D404"],
        decision: "selected",
        reason: "due",
        evidence: &["1回目は済んでいて、次は2回目でした", "2回目: 2026-02-01 から"],
    },
    Row {
        what: "dates out of order",
        shots: &[("14", "1", "2025-11-01"), ("14", "2", "2025-07-01")],
        told: &["D404", "台帳.csv3行"],
        decision: "excluded",
        reason: "already_done",
        evidence: &["2回目の前に1回目を受けた記録がありません"],
    },
    Row {
        what: "too young",
        shots: &[("14", "1", "2025-06-11")],
        told: &["D404", "台帳.csv2行"],
        decision: "selected",
        reason: "due",
        evidence: &[
            "1回目は2025-06-12から受けられるところ、2025-06-11に受けています",
            "回数には数えません。次の1回目は2025-07-09から",
        ],
    },
    Row {
        what: "too soon",
        shots: &[("14", "1", "2025-07-31"), ("14", "2", "2025-10-30")],
        told: &["D404", "台帳.csv3行"],
        decision: "selected",
        reason: "due",
        evidence: &["2回目は間隔をおいて2025-10-31から受けられるところ、2025-10-30に受けています"],
    },
];

#[test]
fn odd_rows_are_told_with_their_row_and_nothing_is_dropped() {
    for row in ROWS {
        let place = tempfile::tempdir().unwrap();
        let (residents, ledger) = (place.path().join("住民.csv"), place.path().join("台帳.csv"));
        let lines: String = row
            .shots
            .iter()
            .map(|(code, times, on)| {
                format!("9900000015,2024-06-13,,{code},,{times},{times},{on},1,接種,,,,,,,,,,,,,見本　一郎,,1,,,,,,,\n")
            })
            .collect();
        std::fs::write(&residents, RESIDENTS).unwrap();
        std::fs::write(&ledger, format!("{LEDGER}{lines}")).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_kansho"))
            .args(["select", "--no-marks", "見本", "--format", "json", "--as-of", "2026-12-01", "--residents"])
            .arg(&residents)
            .arg("--ledger")
            .arg(&ledger)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        let all: Vec<serde_json::Value> =
            serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{}: {e}\n{told}", row.what));
        let decision = all.iter().find(|d| d["programme"] == "var").unwrap();
        assert_eq!(
            (&decision["decision"], &decision["reason"]),
            (&row.decision.into(), &row.reason.into()),
            "{}: {decision}",
            row.what
        );
        let evidence = decision["evidence"].to_string();
        for words in row.evidence {
            assert!(evidence.contains(words), "{}: 「{words}」 is not in {evidence}", row.what);
        }
        for words in row.told {
            assert!(
                told.contains(words) || evidence.contains(words),
                "{}: 「{words}」 is told nowhere:\n{told}\n{evidence}",
                row.what
            );
        }
    }
}
