//! One person of the register: flags, the search, the card, two numbers of one person; and what only the register knows of households.

use crate::office::{RESIDENTS, WITNESS, said};
use crate::registry::Registry;
use serde_json::{Value, json};

/// A child of 2026-01-15, for whom MR 第1期 comes in January 2027.
fn child(number: u32, name: &str, kana: &str, household: u32, extracted: &str) -> String {
    format!(
        "99000{number:05},88000{number:05},77000{household:05},{name},{kana},,2026-01-15,2,2600855,千葉県千葉市中央区市場町1番{number}号,,中央区,2026-01-15,出生,,,,{extracted}\r\n"
    )
}

fn feed(registry: &Registry, rows: &[String], extracted: &str) {
    registry.file("住民.csv", &format!("{RESIDENTS}\r\n{}{}", rows.concat(), WITNESS.replace("2026-12-01", extracted)));
    registry.done("admin", &["import", "residents", "住民.csv", "--no-marks", "見本"]);
}

/// A register with these children; carol may see protected people.
fn with(rows: &[String]) -> Registry {
    let registry = Registry::new();
    // Whoever has a row of the ledger is kept.
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    feed(&registry, rows, "2026-12-01");
    registry
}

fn three() -> Registry {
    with(&[
        child(1, "見本　花子", "ミホン　ハナコ", 1, "2026-12-01"),
        child(2, "髙﨑　桜", "タカサキ　サクラ", 2, "2026-12-01"),
        child(3, "見本　咲良", "ミホン　サクラ", 1, "2026-12-01"),
    ])
}

const ONE: &str = "9900000001";
const TWO: &str = "9900000002";
const THREE: &str = "9900000003";

fn reason(registry: &Registry, person: &str, as_of: &str) -> String {
    registry.decisions(as_of)[&(person.to_owned(), "mr1".to_owned())].1.clone()
}

fn flags(registry: &Registry, person: &str) -> Vec<Value> {
    registry.json("carol", &["show", person])["flags"].as_array().unwrap().clone()
}

/// Everything in the register's log.
fn log(registry: &Registry) -> String {
    let connection = rusqlite::Connection::open(registry.office.path("kansho.db")).unwrap();
    let mut rows = connection.prepare("SELECT entry FROM audit_log ORDER BY seq").unwrap();
    rows.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_flag_decides_from_its_first_day_to_its_end_and_stays_on_file() {
    let registry = three();
    assert_eq!(reason(&registry, ONE, "2026-12-21"), "due");
    let set = ["flag", ONE, "接種拒否", "--from", "2026-12-10", "--reason", "保護者の申出"];
    let told = registry.json("alice", &set);
    assert_eq!(
        (told["person"].as_str(), told["kind"].as_str(), told["version"].as_u64()),
        (Some(ONE), Some("接種拒否"), Some(1))
    );
    assert_eq!(reason(&registry, ONE, "2026-12-21"), "mail_stopped");
    assert_eq!(reason(&registry, TWO, "2026-12-21"), "due");
    assert_eq!(registry.run("alice", &set).status.code(), Some(1), "the same twice");
    let end = ["flag", ONE, "接種拒否", "--end", "2026-12-20", "--reason", "撤回"];
    let ended = registry.json("alice", &end);
    assert_eq!(ended["ended"].as_str(), Some("2026-12-20"));
    assert_eq!(reason(&registry, ONE, "2026-12-21"), "due");
    assert_eq!(registry.run("alice", &end).status.code(), Some(1), "it has ended");
    registry.json("alice", &["flag", ONE, "接種拒否", "--from", "2026-12-21", "--reason", "再度の申出"]);
    let on_file: Vec<(Option<u64>, bool)> =
        flags(&registry, ONE).iter().map(|flag| (flag["version"].as_u64(), flag["ended"].is_null())).collect();
    assert_eq!(on_file, [(Some(1), false), (Some(2), true)]);
    let log = log(&registry);
    assert!(log.contains("\"kind\":\"接種拒否\"") && !log.contains("申出") && !log.contains("撤回"), "no free text in the log");
}

#[test]
fn every_kind_is_a_row_that_its_sheet_understands() {
    let registry = three();
    registry.file(
        "送付先.json",
        r#"{"postal_code": "2600026", "address": "千葉県千葉市中央区千葉港1番1号", "name": "祖母　太郎", "owner": "健康企画課"}"#,
    );
    registry.file("病.json", r#"{"disease": "水痘"}"#);
    registry.file("系列.json", r#"{"series": "mr"}"#);
    registry.file("予定日.json", r#"{"出産予定日": "R9.3.1"}"#);
    registry.file("免除.json", r#"{"class": "生活保護"}"#);
    let from = ["--from", "2026-12-01", "--reason", "届出"];
    for (kind, more) in [
        ("送付先", &["--value-file", "送付先.json"][..]),
        ("発送停止", &[]),
        ("接種拒否", &[]),
        ("利用停止", &[]),
        ("罹患", &["--value-file", "病.json"]),
        ("長期療養特例", &["--until", "2027-11-30", "--value-file", "系列.json"]),
        ("免除区分", &["--value-file", "免除.json"]),
        ("出産予定日", &["--value-file", "予定日.json"]),
    ] {
        registry.json("alice", &[&["flag", ONE, kind][..], &from, more].concat());
    }
    assert_eq!(reason(&registry, ONE, "2026-12-21"), "mail_stopped");
    assert_eq!(flags(&registry, ONE).len(), 8);
    // What would hold the person is refused in the words of the reader; what is not known is refused.
    let refused = |kind: &str, more: &[&str], word: &str| {
        let output = registry.run("alice", &[&["flag", TWO, kind][..], &from, more].concat());
        assert_eq!(output.status.code(), Some(1), "{kind}: {}", said(&output));
        assert!(said(&output).contains(word), "{kind}: {}", said(&output));
    };
    refused("罹患", &[], "疾病がありません");
    registry.file("病.json", r#"{"disease": "水疱瘡かも"}"#);
    refused("罹患", &["--value-file", "病.json"], "疾病が分かりません");
    refused("送付先", &[], "送付先");
    refused("出産予定日", &[], "出産予定日がありません");
    refused("発送停止", &["--until", "2026-11-01"], "終了日");
    registry.file("他.json", r#"{"phone": "043-000-0000"}"#);
    refused("送付先", &["--value-file", "他.json"], "phone");
    registry.file("番号.json", r#"{"予防接種番号": "9900000003"}"#);
    refused("発送停止", &["--value-file", "番号.json"], "予防接種番号");
    registry.barred(
        "alice",
        &["flag", ONE, "送付先", "--from", "2027-01-01", "--reason", "別", "--value-file", "送付先.json"],
        "J317",
        1,
    );
    registry.barred("alice", &["flag", ONE, "発送停止", "--from", "2026-12-01", "--reason", " "], "G613", 1);
    registry.barred("alice", &["flag", "0000000001", "発送停止", "--from", "2026-12-01", "--reason", "届出"], "O600", 1);
    assert_eq!(registry.run("alice", &["flag", ONE, "電話", "--from", "2026-12-01", "--reason", "届出"]).status.code(), Some(2));
    assert!(flags(&registry, TWO).is_empty());
    let log = log(&registry);
    assert!(!log.contains("千葉港") && !log.contains("祖母") && !log.contains("水痘"), "no value in the log");
}

#[test]
fn protection_is_set_by_whoever_may_see_it_and_hides_the_household() {
    let registry = three();
    let set = ["flag", ONE, "支援措置", "--from", "2026-12-01", "--reason", "申出"];
    registry.barred("alice", &set, "A603", 3);
    registry.json("carol", &set);
    assert_eq!(reason(&registry, THREE, "2026-12-21"), "protected", "the same household");
    assert_eq!(reason(&registry, TWO, "2026-12-21"), "due");
    let hidden = registry.json("alice", &["show", THREE, "--as-of", "2026-12-21"]);
    assert_eq!(
        hidden,
        json!({"person": {"person": THREE, "birth": null, "sex": null, "ward": null, "resident": null, "protected": true}, "flags": [], "doses": [], "notices": []})
    );
    let seen = registry.json("carol", &["show", THREE, "--as-of", "2026-12-21"]);
    assert_eq!((seen["person"]["birth"].as_str(), seen["person"]["ward"].as_str()), (Some("2026-01-15"), Some("中央区")));
    registry.file("検索.json", r#"{"kana": "ﾐﾎﾝ ｻｸﾗ"}"#);
    let found = registry.json("alice", &["find", "--query-file", "検索.json"]);
    assert_eq!(found, json!({"count": 1, "people": [{"person": THREE, "ward": null, "protected": true}]}));
    // It ends by somebody's word, not by its term.
    registry.barred("alice", &["flag", ONE, "支援措置", "--end", "2026-12-20", "--reason", "解除"], "A603", 3);
    registry.json("carol", &["flag", ONE, "支援措置", "--end", "2026-12-20", "--reason", "解除"]);
    assert_eq!(reason(&registry, THREE, "2026-12-21"), "due");
    assert_eq!(reason(&registry, THREE, "2026-12-19"), reason(&registry, ONE, "2026-12-19"));
}

#[test]
fn ck15_a_household_that_parted_between_two_feeds_is_still_one_and_one_person_alone_is_as_among_all() {
    let registry = three();
    registry.json("carol", &["flag", ONE, "支援措置", "--from", "2026-12-01", "--reason", "申出"]);
    // The protected child leaves for another household: the feed has no row of the old one any more.
    feed(
        &registry,
        &[
            child(1, "見本　花子", "ミホン　ハナコ", 9, "2026-12-15"),
            child(2, "髙﨑　桜", "タカサキ　サクラ", 2, "2026-12-15"),
            child(3, "見本　咲良", "ミホン　サクラ", 1, "2026-12-15"),
        ],
        "2026-12-15",
    );
    assert_eq!(reason(&registry, THREE, "2026-12-21"), "protected");
    assert_eq!(reason(&registry, TWO, "2026-12-21"), "due");
    let protected = |person: &str| registry.json("carol", &["show", person])["person"]["protected"].as_bool().unwrap();
    assert!(protected(ONE) && protected(THREE) && !protected(TWO));
}

#[test]
fn a_search_takes_every_usual_spelling_and_shows_nobody_to_whoever_asks_too_widely() {
    let registry = with(
        &(1..=25)
            .map(|n| {
                if n == 2 {
                    child(2, "髙﨑　桜", "タカサキ　サクラ", 2, "2026-12-01")
                } else {
                    child(n, "見本　花子", "ミホン　ハナコ", n, "2026-12-01")
                }
            })
            .collect::<Vec<_>>(),
    );
    let two = json!({"count": 1, "people": [{"person": TWO, "ward": "中央区", "protected": false}]});
    for query in [
        r#"{"kana": "ﾀｶｻｷ ｻｸﾗ"}"#,
        r#"{"kana": "タカサキサクラ", "birth": "R8.1.15", "sex": "女"}"#,
        r#"{"name": "高崎 桜", "birth": "20260115"}"#,
        r#"{"number": "９９００００００02"}"#,
        r#"{"number": "8800000002", "sex": "F"}"#,
        r#"{"name": "高崎"}"#,
    ] {
        registry.file("検索.json", query);
        assert_eq!(registry.json("alice", &["find", "--query-file", "検索.json"]), two, "{query}");
    }
    for query in [r#"{"kana": "タカサキ サクラ", "sex": "M"}"#, r#"{"number": "0000000009"}"#, r#"{"issue_no": 12}"#] {
        registry.file("検索.json", query);
        assert_eq!(registry.json("alice", &["find", "--query-file", "検索.json"])["count"].as_u64(), Some(0), "{query}");
    }
    for query in [
        r#"{"birth": "2026-01-15"}"#,
        r#"{"sex": "F"}"#,
        r#"{"kana": "ミホン ハナコ"}"#,
        "{}",
        r#"{"tel": "1"}"#,
        "花子",
        r#"{"birth": "1月"}"#,
    ] {
        registry.file("検索.json", query);
        let output = registry.run("alice", &["find", "--query-file", "検索.json", "--format", "json"]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{query}: {}", said(&output));
        assert!(!said(&output).contains("花子"));
    }
    let output =
        registry.office.kansho(&["find", "--query-file", "検索.json", "--account", "alice", "--passphrase-file", "合言葉.txt"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let log = log(&registry);
    assert!(log.contains("\"by\":[\"kana\",\"birth\",\"sex\"]") && log.contains(TWO), "{log}");
    for word in ["タカサキ", "高崎", "2026-01-15", "20260115"] {
        assert!(!log.contains(word), "{word} in the log");
    }
}

#[test]
fn the_card_shows_every_version_and_what_comes_next() {
    let registry = three();
    let row = |lot: &str, day: &str| {
        format!(
            "{ONE},2026-01-15,,08,,3,1,{day},1,接種,1200001,市場町医院,001,医師　太郎,,,{lot},,,,,,見本　花子,ミホン　ハナコ,2,,,,,,,\r\n"
        )
    };
    let notice = format!("{ONE},2026-01-15,,,,,,,,,,,,,,,,,,,,,見本　花子,,2,2026-02-20,,,N02,,77,2026-02-20\r\n");
    let ledger = |rows: &str| format!("{}{}{rows}", crate::office::LEDGER, crate::office::WITNESS_ROW);
    registry.file("台帳.csv", &ledger(&format!("{}{notice}", row("A1", "2026-03-20"))));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    registry.file("台帳.csv", &ledger(&format!("{}{notice}", row("B2", "2026-03-20"))));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    let card = registry.json("alice", &["show", ONE]);
    assert_eq!(
        card["person"],
        json!({"person": ONE, "birth": "2026-01-15", "sex": "F", "ward": "中央区", "resident": true, "protected": false})
    );
    let doses = card["doses"].as_array().unwrap();
    let told: Vec<[&str; 4]> =
        doses.iter().map(|dose| ["series", "on", "lot", "state"].map(|key| dose[key].as_str().unwrap())).collect();
    assert_eq!(told.iter().map(|dose| [dose[2], dose[3]]).collect::<Vec<_>>(), [["A1", "replaced"], ["B2", "valid"]]);
    assert!(told.iter().all(|dose| dose[1] == "2026-03-20") && doses[1]["version"].as_u64() == Some(2));
    assert_eq!((doses[1]["clinic"].as_str(), doses[1]["result"].as_str()), (Some("市場町医院"), Some("given")));
    assert_eq!(
        card["notices"],
        json!([{"run": null, "programme": "infant", "trigger": "first", "issue_no": 77, "on": "2026-02-20", "state": "sealed"}])
    );
    assert!(card.get("next").is_none());
    let next = registry.json("alice", &["show", ONE, "--as-of", "2026-12-21"]);
    let mr = next["next"].as_array().unwrap().iter().find(|one| one["series"] == "mr").unwrap();
    assert_eq!((mr["dose"].as_str(), mr["status"].as_str()), (Some("1期"), Some("upcoming")));
    let text = registry.done("alice", &["show", ONE, "--as-of", "2026-12-21"]);
    assert!(text.contains("2026-01-15 生まれ") && text.contains("直す前の内容") && text.contains("発行no 77"), "{text}");
    registry.file("検索.json", r#"{"issue_no": "77"}"#);
    assert_eq!(registry.json("alice", &["find", "--query-file", "検索.json"])["people"][0]["person"].as_str(), Some(ONE));
    registry.barred("alice", &["show", "0000000001"], "O600", 1);
    registry.barred("audrey", &["show", ONE], "A603", 3);
    // Somebody who is known by rows of the ledger alone.
    registry.file("台帳.csv", &ledger(&row("C3", "2026-03-20").replace(ONE, "9900000077")));
    registry.done("admin", &["import", "ledger", "台帳.csv", "--mode", "difference"]);
    let stranger = registry.json("alice", &["show", "9900000077"]);
    assert_eq!((stranger["person"]["resident"].as_bool(), stranger["doses"][0]["lot"].as_str()), (Some(false), Some("C3")));
}

#[test]
fn two_numbers_of_one_person_lead_to_one_card_and_nobody_undoes_it() {
    let registry = three();
    let rows = format!("{THREE},2026-01-15,,08,,3,1,2026-03-20,1,接種,,,,,,,A1,,,,,,,,2,,,,,,,\r\n");
    registry.file("台帳.csv", &format!("{}{}{rows}", crate::office::LEDGER, crate::office::WITNESS_ROW));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    let merge = ["merge", THREE, ONE, "--reason", "同一人"];
    registry.barred("alice", &["merge", THREE, ONE, "--reason", ""], "G613", 1);
    registry.barred("alice", &["merge", "9900000009", ONE, "--reason", "同一人"], "O600", 1);
    registry.barred("audrey", &merge, "A603", 3);
    assert_eq!(registry.run("alice", &["merge", ONE, ONE, "--reason", "同一人"]).status.code(), Some(1));
    assert_eq!(registry.json("alice", &merge), json!({"person": THREE, "into": ONE}));
    for again in [[THREE, TWO], [ONE, THREE], [TWO, THREE]] {
        let output = registry.run("alice", &["merge", again[0], again[1], "--reason", "同一人"]);
        assert_eq!(output.status.code(), Some(1), "{again:?}: {}", said(&output));
    }
    let card = registry.json("alice", &["show", THREE]);
    assert_eq!(card["person"]["person"].as_str(), Some(ONE));
    assert_eq!(card["doses"].as_array().map(Vec::len), Some(1));
    assert_eq!(card["flags"], json!([]));
    let people: std::collections::BTreeSet<String> =
        registry.decisions("2026-12-21").into_keys().map(|(person, _)| person).collect();
    assert!(people.contains(ONE) && !people.contains(THREE), "{people:?}");
    registry.file("検索.json", &format!("{{\"number\": \"{THREE}\"}}"));
    assert_eq!(registry.json("alice", &["find", "--query-file", "検索.json"])["people"][0]["person"].as_str(), Some(ONE));
}

#[test]
fn what_is_written_out_comes_in_again_and_changes_nothing() {
    let registry = Registry::new();
    registry.done("admin", &["import", "ledger", "samples/予防接種台帳.csv"]);
    registry.done("admin", &["import", "residents", "samples/住民.xlsx"]);
    // A notice of the register's own.
    let connection = rusqlite::Connection::open(registry.office.path("kansho.db")).unwrap();
    let person: i64 = connection.query_row("SELECT min(person) FROM resident", [], |row| row.get(0)).unwrap();
    let notice = "INSERT INTO notice (id, person, programme, trigger_id, period, run, no, hakkono, code, tsuchibi, shoribi, template, state, kind) VALUES (1, ?1, 'mr1', 'first', '2026-12', '20261201-00000000', 1, 900001, 'AB', '2026-12-04', '2026-12-01', 'mr1', 'sealed', 'letter')";
    connection.execute(notice, [person]).unwrap();
    drop(connection);
    registry.barred("alice", &["export", "ledger", "--out", "書出.csv"], "A603", 3);
    let written = registry.json("admin", &["export", "ledger", "--out", "書出.csv"]);
    assert!(written["rows"].as_u64().unwrap() > 100 && written["notices"].as_u64() == Some(1), "{written}");
    registry.barred("admin", &["export", "ledger", "--out", "書出.csv"], "G606", 1);
    let text = std::fs::read_to_string(registry.office.path("書出.csv")).unwrap();
    let headings = text.lines().next().unwrap().trim_start_matches('\u{FEFF}');
    assert!(headings.starts_with("予防接種番号,生年月日,年齢,予防接種コード"), "{headings}");
    assert_eq!(headings.split(',').count(), 33, "the 32 items and 宛名番号");
    assert!(text.contains("N04") && text.contains("900001"));
    let before = registry.decisions("2026-12-01");
    let again = registry.json("admin", &["import", "ledger", "書出.csv"]);
    let counts = ["new", "changed", "superseded", "refused", "missing"].map(|key| again[key].as_u64());
    assert_eq!((counts, &again["unchanged"]), ([Some(0); 5], &again["rows"]), "{again}");
    assert_eq!(registry.decisions("2026-12-01"), before);

    let all = registry.json("admin", &["export", "all", "--out", "全部"]);
    registry.barred("admin", &["export", "all", "--out", "全部"], "G606", 1);
    let tables = all["tables"].as_object().unwrap();
    for table in ["resident", "vaccination", "mark", "person", "notice", "audit_log", "operator", "feed"] {
        let text = std::fs::read_to_string(registry.office.path("全部").join(format!("{table}.csv"))).unwrap();
        let rows = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes()).records().count();
        assert_eq!(Some(rows as u64), tables[table].as_u64(), "{table}");
        assert!(!text.contains("argon2"), "{table}");
    }
    #[cfg(unix)]
    for (path, wanted) in [("全部", 0o700), ("全部/resident.csv", 0o600), ("書出.csv", 0o600)] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(registry.office.path(path)).unwrap().permissions());
        assert_eq!(mode & 0o777, wanted, "{path}");
    }
}

/// 別添1: every item of a row is kept as it came in and written out again under its heading.
#[test]
fn all_32_items_have_a_home() {
    let registry = Registry::new();
    let row = format!(
        "{ONE},2026-01-15,0,08,Hib,3,1,2026-03-20,1,接種,1200001,市場町医院,001,医師　太郎,901,ヒブ,LOT-9,2027-03-31,01,0.5,2026-03-25,0,見本　花子,ミホン　ハナコ,2,2026-02-20,2600855,千葉県千葉市中央区市場町1番1号,N02,乳児,78,2026-02-21"
    );
    registry.file("台帳.csv", &format!("{}{row}\r\n", crate::office::LEDGER));
    registry.done("admin", &["import", "ledger", "台帳.csv"]);
    registry.done("admin", &["export", "ledger", "--out", "書出.csv"]);
    let text = std::fs::read_to_string(registry.office.path("書出.csv")).unwrap();
    let mut lines = text.trim_start_matches('\u{FEFF}').lines();
    let (headings, cells) = (lines.next().unwrap(), lines.next().unwrap());
    assert_eq!(headings, format!("{},宛名番号", crate::office::LEDGER.trim_end()));
    assert_eq!(cells, format!("{row},"));
    assert_eq!(lines.next(), None);
}
