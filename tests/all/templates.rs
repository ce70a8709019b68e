//! `kansho templates check`: each fault put into a copy of the templates is found, with its file, and all of them at once.

use crate::office;
use crate::office::{ADDRESS, Office, change, file, infant, kansho, said};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with its own copy of the templates and settings.
fn home() -> TempDir {
    office::home(&["templates", "municipality.toml"])
}

fn check(place: &TempDir, format: &str) -> Output {
    kansho(place, &["templates", "check", "--format", format])
}

/// (code, file, line, message) of every finding.
fn found(place: &TempDir) -> Vec<(String, String, Option<u64>, String)> {
    let output = check(place, "json");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let word = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap().to_owned();
    list.iter().map(|one| (word(one, "code"), word(one, "file"), one["line"].as_u64(), word(one, "message"))).collect()
}

#[test]
fn the_templates_as_they_are_pass() {
    let output = check(&home(), "text");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("27 件"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_fault_is_told_at_once() {
    let place = home();
    change(&place, "templates/bcg.md", "対象者の範囲", "対象");
    change(&place, "templates/flu.md", "受ける義務はありません", "ぜひ受けてください。市ではお勧めします");
    change(&place, "templates/mr1.md", "{% include \"parts/person\" %}", "{{ nmae }}さん\n\n担当〇〇");
    change(&place, "templates/parts/contact.md", "{{ city.name }}", "川崎市");
    change(&place, "templates/je1.md", "{% include \"parts/relief_a\" %}", "{% include \"parts/relief_b\" %}");
    change(&place, "templates/rsv.md", "{% include \"parts/record\" %}", "");
    change(&place, "templates/zoster.md", "class = \"B\"", "class = \"A\"");
    let long = format!("<!-- page -->\n\n{}", "長い文です。".repeat(400));
    change(&place, "templates/dt2.md", "<!-- page -->", &long);
    change(&place, "templates/var.md", "{% include \"parts/unfit\" %}", "{% include \"parts/unfti\" %}");
    change(&place, "templates/hpv.md", "form = \"HPV-02\"", "form = \"HPV-01\"");
    let found = found(&place);
    let told = |code: &str, file: &str, words: &str| {
        assert!(
            found.iter().any(|(c, f, _, m)| c == code && f == file && m.contains(words)),
            "{code} {file} {words}\n{found:#?}"
        );
    };
    told("C520", "templates/bcg.md", "K2");
    told("C520", "templates/flu.md", "K8");
    told("C520", "templates/flu.md", "「お勧め」と書けません");
    told("C521", "templates/mr1.md", "「nmae」");
    told("C522", "templates/mr1.md", "「〇〇」");
    told("C523", "templates/parts/contact.md", "「川崎市」");
    told("C520", "templates/je1.md", "K9 救済");
    told("C520", "templates/rsv.md", "CK6");
    told("C526", "templates/zoster.md", "B類の通知事業");
    told("C524", "templates/dt2.md", "裏面が一枚に収まりません");
    told("C507", "templates/var.md", "unfti");
    told("C507", "templates/hpv_info.md", "HPV-01");
    let line = found.iter().find(|(c, ..)| c == "C521").and_then(|(_, _, line, _)| *line).unwrap();
    let text = std::fs::read_to_string(place.path().join("templates/mr1.md")).unwrap();
    assert!(text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap().contains("nmae"));
}

#[test]
fn a_window_that_leaves_no_room_for_the_sender_is_told() {
    let place = home();
    change(&place, "municipality.toml", "window_w_mm = 100.0", "window_w_mm = 170.0");
    assert!(found(&place).iter().any(|(code, ..)| code == "C525" || code == "C524"));
}

#[test]
fn settings_left_over_from_another_city_are_told() {
    let place = home();
    change(&place, "municipality.toml", "name = \"千葉市\"", "name = \"見本市\"");
    let found = found(&place);
    assert!(
        found.iter().any(|(code, file, line, _)| code == "C523" && file == "municipality.toml" && line.is_some()),
        "{found:?}"
    );
}

#[test]
fn templates_that_changed_since_their_approval_stop_the_run() {
    let place = home();
    let value = String::from_utf8_lossy(&check(&place, "text").stdout).split("照合値 ").nth(1).unwrap().trim().to_owned();
    change(&place, "municipality.toml", "templates = \"\"", &format!("templates = \"{value}\""));
    let run = |out: &str, more: &[&str]| {
        let files = ["--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv", "--as-of", "2026-12-01"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_kansho"));
        command.current_dir(place.path()).arg("run").args(files).args(["--out", out]).args(more).output().unwrap()
    };
    assert!(run("approved", &[]).status.success());
    change(&place, "templates/bcg.md", "対象者の範囲", "対象者の範囲 ");
    let told = run("changed", &[]);
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.code() == Some(1) && said.contains("C527") && said.contains("承認した値と違います"), "{said}");
    assert!(!place.path().join("changed").exists());
    assert!(run("rehearsed", &["--rehearsal"]).status.success(), "a rehearsal is how they are looked at before");
}

/// A run of one infant in a folder with its own templates.
fn run(place: &TempDir) -> Output {
    let office = Office::new("");
    std::fs::copy(office.path("台帳.csv"), place.path().join("台帳.csv")).unwrap();
    let people = [infant(1, "秘密　花子", "ヒミツ　ハナコ", ADDRESS, "内緒荘")];
    std::fs::write(place.path().join("住民.csv"), file(&people)).unwrap();
    kansho(place, &office::MONTH)
}

/// Whatever a template does to the values of a person, no message repeats one, and nobody is held for it: the run is refused.
#[test]
fn a_template_that_fails_on_a_person_tells_nothing_of_the_person() {
    for wrong in [
        "{{ name | first }}",
        "{{ name | round }}",
        "{{ throw(message=name) }}",
        "{{ birth | round }}",
        "{{ kana | nofilter }}",
        "{{ person_number | date }}",
        "{% if name > 3 %}{% endif %}",
        "{{ name.first.second }}",
    ] {
        let place = home();
        change(&place, "templates/infant.md", "## 場所・費用・持ち物", &format!("{wrong}\n\n## 場所・費用・持ち物"));
        let told = run(&place);
        let said = said(&told);
        assert!(!told.status.success() && said.contains("templates/infant.md"), "{wrong}: {said}");
        for secret in ["秘密", "花子", "ヒミツ", "令和8年11月5日", "2026-11-05", "内緒荘"] {
            assert!(!said.contains(secret), "{wrong} tells {secret}: {said}");
        }
        assert!(!place.path().join("out").exists());
    }
}

/// What would not end, or would bring in what is not in the inputs, is refused when the templates are loaded or used.
#[test]
fn templates_that_do_not_end_or_read_elsewhere_are_refused() {
    for (file, from, to, told) in [
        (
            "templates/infant.md",
            "## 場所・費用・持ち物",
            "{% include \"infant\" %}\n## 場所・費用・持ち物",
            "include の「infant」",
        ),
        ("templates/parts/contact.md", "## お問い合わせ", "{% include \"parts/contact\" %}\n## お問い合わせ", "自分自身を含んで"),
        (
            "templates/parts/contact.md",
            "## お問い合わせ",
            "{%\tinclude \"parts/contact\" %}\n## お問い合わせ",
            "自分自身を含んで",
        ),
        ("templates/parts/contact.md", "## お問い合わせ", "{% include 'parts/person' %}{% include 'parts/none' %}", "none"),
        (
            "templates/infant.md",
            "## 場所・費用・持ち物",
            "{% macro a() %}{{ self::a() }}{% endmacro a %}{{ self::a() }}\n## 場所・費用・持ち物",
            "「macro」は使えません",
        ),
        (
            "templates/infant.md",
            "## 場所・費用・持ち物",
            "{% for i in range(end=100000000) %}x{% endfor %}\n## 場所・費用・持ち物",
            "for で繰り返せるのは doses・history だけです",
        ),
        (
            "templates/infant.md",
            "## 場所・費用・持ち物",
            "{{ get_env(name=\"HOME\") }}\n## 場所・費用・持ち物",
            "関数 get_env は使えません",
        ),
    ] {
        let place = home();
        change(&place, file, from, to);
        let checked = check(&place, "text");
        assert!(checked.status.code() == Some(1) && said(&checked).contains(told), "{to}: {}", said(&checked));
        let ran = run(&place);
        assert!(!ran.status.success() && said(&ran).contains(told), "{to}: {}", said(&ran));
        assert!(!place.path().join("out").exists());
    }
}

/// What stands in a letter that eats time, memory or stack, and what is told of it.
fn hostile() -> Vec<(String, &'static str)> {
    let deep = |open: &str, count: usize, close: &str| format!("{}a{}", open.repeat(count), close.repeat(count));
    let tags = |open: &str, count: usize, close: &str| format!("{}文{}", open.repeat(count), close.repeat(count));
    vec![
        // Memory: texts that double.
        ("{% set x = \"あ\" %}{% set x = x ~ x %}".to_owned(), "「set」は使えません"),
        ("{% for d in doses %}{% set_global x = \"あ\" %}{% endfor %}".to_owned(), "「set_global」は使えません"),
        (format!("{{{{ \"aa\"{} }}}}", " | replace(from=\"a\", to=\"aaaaaaaa\")".repeat(8)), "「| replace」は使えません"),
        ("{{ doses | join(sep=\"長い区切り\") }}".to_owned(), "「| join」は使えません"),
        ("{{ doses | json_encode }}".to_owned(), "「| json_encode」は使えません"),
        ("{% filter upper %}文{% endfilter %}".to_owned(), "「filter」は使えません"),
        // Time: loops within loops, over anything but doses and history.
        (tags("{% for d in doses %}", 6, "{% endfor %}"), "長くなりすぎます"),
        ("{% for c in city.address %}文{% endfor %}".to_owned(), "for で繰り返せるのは"),
        ("{% for n in [1, 2, 3] %}文{% endfor %}".to_owned(), "for で繰り返せるのは"),
        // Stack: what stands within itself.
        (format!("{{% if {} %}}文{{% endif %}}", deep("(", 5_000, ")")), "400 バイトまで"),
        (format!("{{% if {} %}}文{{% endif %}}", deep("(", 100, ")")), "括弧の入れ子は 3 段まで"),
        (format!("{{% if name == \"%}}\" and {} %}}文{{% endif %}}", deep("(", 100, ")")), "括弧の入れ子は 3 段まで"),
        (format!("{{{{ {} }}}}", deep("[", 100, "]")), "括弧の入れ子は 3 段まで"),
        (format!("{{{{ name{} }}}}", "[name".repeat(50) + &"]".repeat(50)), "括弧の入れ子は 3 段まで"),
        (format!("{{{{ 1{} }}}}", " + 1".repeat(10_000)), "400 バイトまで"),
        (tags("{% if guardian %}", 1_500, "{% endif %}"), "入れ子は 8 段まで"),
        (">".repeat(20_000) + " 文", "入れ子の一覧・枠・太字"),
        ("- ".repeat(20_000) + "文", "入れ子の一覧"),
        ("> - ".repeat(10_000) + "文", "入れ子の一覧"),
        (deep("[", 20_000, "](x)").chars().take(60_000).collect(), "templates/infant.md"),
        (deep("**", 15_000, "**"), "入れ子の一覧・枠・太字"),
        // What ends nowhere, or turns off the escaping of a person's values.
        ("{# {{ name }}".to_owned(), "{# が閉じていません"),
        ("{{ name".to_owned(), "templates/infant.md"),
        ("{% raw %}{{ name }}{% endraw %}".to_owned(), "「raw」は使えません"),
        ("{{ name | safe }}".to_owned(), "「| safe」は使えません"),
        // Size.
        ("長い文です。".repeat(5_000), "64 KB まで"),
        ("長い文です。".repeat(3_000), "収まりません"),
        (format!("|種類|回|\n|---|---|\n{}", "|あ|い|\n".repeat(3_000)), "収まりません"),
        // Numbers that do not exist.
        ("{{ 9223372036854775807 * 9223372036854775807 }}".to_owned(), "templates/infant.md"),
        ("{{ 1 % 0 }}".to_owned(), "templates/infant.md"),
    ]
}

/// `templates check` with little memory and an ordinary stack; killed when it does not end.
fn bounded_check(place: &TempDir) -> (Option<i32>, String) {
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v 2500000; exec \"$0\" templates check --format json", env!("CARGO_BIN_EXE_kansho")])
        .current_dir(place.path())
        .stdout(std::fs::File::create(place.path().join("told")).unwrap())
        .stderr(std::fs::File::create(place.path().join("messages")).unwrap())
        .spawn()
        .unwrap();
    for _ in 0..600 {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let _ = child.kill();
    let told = ["told", "messages"].map(|file| std::fs::read_to_string(place.path().join(file)).unwrap()).concat();
    (child.wait().unwrap().code(), told)
}

/// No template eats memory, time or stack: each is refused with its file and the reason.
#[test]
fn templates_that_eat_memory_or_stack_are_refused() {
    for (text, reason) in hostile() {
        let place = home();
        change(&place, "templates/infant.md", "## 場所・費用・持ち物", &format!("{text}\n\n## 場所・費用・持ち物"));
        let (code, told) = bounded_check(&place);
        let (told, shown) = (told.replace("\\\"", "\""), text.chars().take(60).collect::<String>());
        let words: String = told.chars().take(2_000).collect();
        assert!(matches!(code, Some(1 | 2)), "{shown}: {code:?} {words}");
        assert!(told.contains(reason) && told.contains("templates/infant.md"), "{shown}: {reason}: {words}");
    }
}

/// Parts that include each other ten times over would make a letter of 10^8 lines.
#[test]
fn parts_that_multiply_are_refused() {
    let place = home();
    for number in 0..8 {
        let inner =
            if number < 7 { format!("{{% include \"parts/b{}\" %}}\n", number + 1).repeat(10) } else { "文\n".to_owned() };
        std::fs::write(place.path().join(format!("templates/parts/b{number}.md")), inner).unwrap();
    }
    change(&place, "templates/infant.md", "## 場所・費用・持ち物", "{% include \"parts/b0\" %}\n\n## 場所・費用・持ち物");
    let (code, told) = bounded_check(&place);
    assert!(code == Some(1) && told.contains("長くなりすぎます"), "{code:?} {told}");
}

#[test]
fn what_no_font_prints_is_told_with_its_template_or_setting() {
    let place = home();
    change(&place, "templates/infant.md", "## 場所・費用・持ち物", "## \u{1F600}場所・費用・持ち物");
    let told = run(&place);
    assert!(told.status.code() == Some(1) && said(&told).contains("templates/infant.md: どのフォントにもない文字 U+1F600"));
    let place = home();
    change(&place, "municipality.toml", "見本　太郎", "見本　\u{E000}郎");
    let told = run(&place);
    assert!(told.status.code() == Some(2) && said(&told).contains("city に印字できない文字 U+E000"), "{}", said(&told));
}

/// An editor of Windows writes a byte order mark and CRLF.
#[test]
fn a_template_saved_on_windows_is_the_same_template() {
    let place = home();
    let path = place.path().join("templates/infant.md");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("\u{FEFF}{}", text.replace('\n', "\r\n"))).unwrap();
    let [windows, ours] = [check(&place, "text"), check(&home(), "text")].map(|output| String::from_utf8(output.stdout).unwrap());
    assert_eq!(windows, ours);
}
