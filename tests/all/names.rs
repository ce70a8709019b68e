//! 氏名: hostile, rare and private characters through a whole run: printed as written, carried exactly or on a list, never lost.
#![cfg(unix)]
use crate::office;
use crate::office::{ADDRESS, Office, file, infant, said};

const GAIJI: &str = "
[[gaiji]]
code = \"U+E000\"
to = \"吉\"
means = \"𠮷\"
[[gaiji]]
cp932 = \"F041\"
means = \"邉\u{E0110}\"
[[gaiji]]
code = \"U+E002\"
to = \"高\"
";

#[test]
fn a_private_character_is_printed_as_the_office_says_and_listed() {
    let office = Office::new(GAIJI);
    let people = [
        infant(1, "\u{E000}田　一", "ヨシダ　ハジメ", ADDRESS, "\u{E000}田方"),
        infant(2, "渡\u{E001}　二", "ワタナベ　フミ", ADDRESS, ""),
        infant(3, "\u{E002}田　三", "タカダ　ミツ", ADDRESS, ""),
        infant(4, "\u{E003}田　四", "タダ　ヨツ", ADDRESS, ""),
    ];
    let done = office.run(file(&people).as_bytes());
    assert!(done.status.success(), "{}", said(&done));
    let letters = office.letters();
    assert!(letters.contains("𠮷田　一") && letters.contains("𠮷田方"), "{letters}");
    assert!(letters.contains("渡邉\u{E0110}　二"));
    assert!(!letters.chars().any(|c| ('\u{E000}'..='\u{F8FF}').contains(&c)));
    // The CSV takes the substitute; where the office named only the meaning, the meaning's own way.
    let names: Vec<String> = office.rows("postal.csv").into_iter().skip(1).map(|r| r[7].clone()).collect();
    assert_eq!(names, ["渡邉　二", "渡邉　二", "吉田　一", "吉田　一"].map(str::to_owned), "{}", said(&done));
    let listed: Vec<String> = office.rows("office/characters.csv").iter().map(|r| r[1..].join("|")).collect();
    for line in [
        "9900000001|印字|氏名: 外字 U+E000 を「𠮷」（U+20BB7）で印字（gaiji.toml）",
        "9900000001|印字|方書: 外字 U+E000 を「𠮷」（U+20BB7）で印字（gaiji.toml）",
        "9900000002|印字|氏名: 外字 U+E001 を「邉\u{E0110}」（U+9089 U+E0110）で印字（gaiji.toml）",
        "9900000001|postal.csv|氏名: \u{E000}（U+E000）を「吉」に（gaiji・gaiji.toml）",
        "9900000002|postal.csv|氏名: \u{E001}（U+E001）を「邉」に（gaiji-means・gaiji.toml）",
    ] {
        assert!(listed.iter().any(|l| l == line), "{line} is not in {listed:#?}");
    }
    // A substitute for the CSV says nothing about print, and an undecided 外字 holds.
    let told = said(&done);
    for person in ["9900000003", "9900000004"] {
        assert!(told.contains(&format!("予防接種番号 {person}。この人を保留にしました")), "{told}");
    }
    let verified = office.kansho(&["verify", "out"]);
    assert!(verified.status.success(), "{}", said(&verified));
}

#[test]
fn names_that_a_substitute_makes_equal_are_named_by_row_and_number() {
    let office = Office::new("");
    let people = [
        infant(1, "𠮷田　一", "ヨシダ　ハジメ", ADDRESS, ""),
        infant(2, "吉田　一", "ヨシダ　ハジメ", ADDRESS, "2号室"),
        infant(3, "鈴木　一", "スズキ　ハジメ", ADDRESS, ""),
        infant(4, "鈴木　一", "スズキ　ハジメ", ADDRESS, "3号室"),
    ];
    let done = office.run(file(&people).as_bytes());
    let told = said(&done);
    assert!(done.status.success(), "{told}");
    let alert = "アラート[C510] 郵便CSVの 1・2・5・6 行目は、登録では違う氏名ですが、代替文字のため同じ表記になります\n  予防接種番号 9900000001、9900000002\n";
    assert!(told.contains(alert), "{told}");
    assert_eq!(told.matches("C510").count(), 1);
    assert!(!told.contains("吉田"));
    assert!(std::fs::read_to_string(office.path("out/office/report.html")).unwrap().contains("同じ表記になります"));
}

fn check(office: &Office, people: &[Vec<String>], more: &[&str]) -> (serde_json::Value, Option<i32>) {
    office::write(&office.path("住民.csv"), file(people).as_bytes());
    let told = office.kansho(&[&["fonts", "check", "住民.csv", "--format", "json"], more].concat());
    (serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", said(&told))), told.status.code())
}

#[test]
fn fonts_check_says_which_characters_need_what() {
    let office = Office::new(GAIJI);
    let people = [
        infant(1, "𠮷田　\u{E000}", "ヨシダ", ADDRESS, "槗本方"),
        infant(2, "𠮷川　\u{E003}\u{202E}", "ヨシカワ", ADDRESS, "邉\u{E01EF}方"),
        infant(3, "山田\n三", "ヤマダ", ADDRESS, ""),
    ];
    let (told, exit) = check(&office, &people, &[]);
    assert_eq!(exit, Some(1));
    assert_eq!((&told["rows"], &told["printable"]), (&4.into(), &false.into()));
    let found: Vec<String> = told["characters"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|c| {
            let (code, way) = (c["code_points"].as_str().unwrap(), c["way"].as_str().unwrap());
            let each = |f: &serde_json::Value| {
                format!("{code} {way} {} {} {}", f["field"].as_str().unwrap(), f["count"], f["places"].as_array().unwrap().len())
            };
            c["fields"].as_array().unwrap().iter().map(each).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        found,
        [
            "U+E003 missing 氏名 1 1",
            "U+000A control 氏名 1 1",
            "U+9089 U+E01EF base 方書 1 1",
            "U+69D7 fallback 方書 1 1",
            "U+20BB7 fallback 氏名 3 2",
            "U+E000 gaiji 氏名 1 1",
            "U+202E removed 氏名 1 1",
        ]
    );
    assert!(told["characters"][0]["fields"][0]["places"][0].as_str().unwrap().starts_with("住民.csv 3行4列"));
    let (told, exit) = check(&office, &people[..1], &[]);
    assert_eq!((exit, &told["printable"]), (Some(0), &true.into()));
    // Whole names are nowhere in what it says.
    let text = office.kansho(&["fonts", "check", "住民.csv"]);
    let (text, csv) = (said(&text), said(&office.kansho(&["fonts", "check", "住民.csv", "--format", "csv"])));
    assert!(text.contains("予備のフォントで印字: 𠮷 （U+20BB7） 2 か所") && text.ends_with("すべて印字できます\n"), "{text}");
    assert!(csv.starts_with("文字,コード,印字,欄,件数,場所\r\n") && csv.contains("\"𠮷\",\"U+20BB7\""), "{csv}");
    assert!(!text.contains("田") && !csv.contains("田"));
}

#[test]
fn hostile_names_are_held_or_carried_exactly() {
    let office = Office::new("");
    let long = "寿".repeat(200);
    let carried = ["山\"田　太郎", "山,田　太郎", "山'田;太郎", "a|b{{ name }}*_#[x]<b>", "山　田‥〜‖"];
    let held = [
        "山田\n太郎",
        "山\r\n田",
        "山\0田",
        "山\t田",
        "=HYPERLINK(\"http://x\",1)",
        "@SUM(1)",
        "+1",
        "-1",
        "山\u{2028}田",
        &long,
    ];
    let people: Vec<Vec<String>> = (1..)
        .zip(carried.iter().chain(&held))
        .map(|(number, name)| infant(number, name, "ヤマダ", ADDRESS, &format!("{number}号室")))
        .collect();
    let done = office.run(file(&people).as_bytes());
    let told = said(&done);
    assert!(done.status.success(), "{told}");
    let rows = office.rows("postal.csv");
    for (number, name) in (1..).zip(&carried) {
        let room = format!("{number}号室");
        let own: Vec<&Vec<String>> = rows.iter().filter(|row| row[6] == room).collect();
        assert_eq!(own.len(), 2, "{name:?} {told}");
        // Only the documented equivalents of the wave dash and the double bar are written otherwise, and they are listed.
        let expected = name.replace('〜', "～").replace('‖', "∥");
        assert!(own.iter().all(|row| row[7] == expected), "{name:?}: {own:?}");
        assert!(office.letters().contains(name), "{name:?}");
    }
    for (number, name) in (u32::try_from(carried.len()).unwrap() + 1..).zip(&held) {
        let person = format!("99{number:08}");
        assert!(rows.iter().all(|row| row[6] != format!("{number}号室")), "{name:?}");
        assert!(told.contains(&format!("予防接種番号 {person}。この人を保留にしました")), "{name:?}: {told}");
    }
    assert!(!told.contains("HYPERLINK"));
    let verified = office.kansho(&["verify", "out"]);
    assert!(verified.status.success(), "{}", said(&verified));
}

#[test]
fn invisible_controls_are_removed_and_listed() {
    let office = Office::new("");
    let people = [
        infant(1, "山\u{202E}田\u{200B}　太\u{2066}郎\u{FEFF}", "ヤマダ\u{200D}　タロウ", ADDRESS, "1\u{AD}号室"),
        infant(2, "山本　\u{E0020}花", "ヤマモト", ADDRESS, "2号室"),
    ];
    let done = office.run(file(&people).as_bytes());
    assert!(done.status.success(), "{}", said(&done));
    let rows = office.rows("postal.csv");
    assert_eq!(rows.iter().filter(|row| row[7] == "山田　太郎" && row[6] == "1号室").count(), 2, "{rows:?} {}", said(&done));
    assert!(office.letters().contains("山田　太郎") && office.letters().contains("山本　花"));
    let listed: Vec<String> = office.rows("office/characters.csv").iter().map(|r| r[1..].join("|")).collect();
    for line in [
        "9900000001|読み取り|「氏名」から見えない文字 U+202E U+200B U+2066 U+FEFF を取り除きました",
        "9900000001|読み取り|「フリガナ」から見えない文字 U+200D を取り除きました",
        "9900000001|読み取り|「方書」から見えない文字 U+00AD を取り除きました",
        "9900000002|読み取り|「氏名」から見えない文字 U+E0020 を取り除きました",
    ] {
        assert!(listed.iter().any(|l| l == line), "{line} is not in {listed:#?}");
    }
}

#[test]
fn broken_encodings_are_refused_as_a_whole() {
    let office = Office::new("");
    let text = file(&[infant(1, "山田　太郎", "ヤマダ", ADDRESS, "")]);
    // A lone high surrogate in place of 太.
    let mut utf16 = vec![0xFF, 0xFE];
    for unit in text.encode_utf16() {
        utf16.extend(if unit == u16::from_str_radix("592A", 16).unwrap() { [0x42, 0xD8] } else { unit.to_le_bytes() });
    }
    // '/' in two bytes, and 山 in four.
    let overlong = |bytes: &[u8]| {
        let at = text.find('山').unwrap();
        [&text.as_bytes()[..at], bytes, &text.as_bytes()[at + 3..]].concat()
    };
    for bytes in [utf16, overlong(&[0xC0, 0xAF]), overlong(&[0xF0, 0x85, 0xB1, 0xB1]), overlong(&[0xED, 0xA0, 0x80])] {
        let done = office.run(&bytes);
        assert_eq!(done.status.code(), Some(1));
        assert!(said(&done).contains("エラー[R105] 住民.csv 2行4列: "), "{}", said(&done));
        assert!(!office.path("out").exists());
    }
}

#[test]
fn one_person_who_cannot_be_printed_stops_the_run_or_is_left_out_as_the_office_says() {
    let people = [infant(1, "見本　一", "ミホン", ADDRESS, ""), infant(2, "\u{E003}田　四", "タダ", ADDRESS, "")];
    let refusing = Office::with("", |settings| settings.replace("held = \"continue\"", "held = \"refuse\""));
    let told = refusing.run(file(&people).as_bytes());
    assert_eq!(told.status.code(), Some(1), "{}", said(&told));
    assert!(said(&told).contains("D405") && said(&told).contains("9900000002"), "{}", said(&told));
    assert!(!refusing.path("out").exists(), "nothing is handed over");
    assert!(refusing.run(file(&people[..1]).as_bytes()).status.success());

    let going_on = Office::new("");
    let told = going_on.run(file(&people).as_bytes());
    assert!(told.status.success() && said(&told).contains("候補 4 = 送る 2 + 送らない 0 + 保留 2"), "{}", said(&told));
    let report = std::fs::read_to_string(going_on.path("out/office/report.html")).unwrap();
    assert!(report.contains("9900000002") && report.contains("U+E003"), "the reason stands on the list");
}
