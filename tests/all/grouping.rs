//! 名寄せ: which letters share an envelope, how the sheets count, and that everything else counts envelopes.
#![cfg(unix)]
use crate::office::{ADDRESS, Office, file, infant, said};

fn grouping(most: u32) -> Office {
    Office::with("", |settings| {
        settings
            .replace("most_pieces = 1 ", &format!("most_pieces = {most} "))
            .replace("layouts/postal/default.toml", "layouts/postal/grouped.toml")
    })
}

/// Children of one household: everything of each but the household is its own.
fn children(household: &str, numbers: std::ops::Range<u32>, address: &str) -> Vec<Vec<String>> {
    let child = |number| {
        let mut child = infant(number, &format!("見本　{}", "一".repeat(number as usize % 3 + 1)), "ミホン", address, "");
        child[2] = household.to_owned();
        child
    };
    numbers.map(child).collect()
}

/// 封筒番号, 枚目, 枚数 of each piece, by 予防接種番号.
fn places(office: &Office) -> Vec<(String, [u32; 3])> {
    let rows = office.rows("postal.csv");
    let column = |title: &str| rows[0].iter().position(|cell| cell == title).unwrap();
    let pieces: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(office.path("out/office/pieces.json")).unwrap()).unwrap();
    let piece = |(row, piece): (&Vec<String>, &serde_json::Value)| {
        assert_eq!(row[column("通知コード")], piece["code"].as_str().unwrap());
        let number = |title| row[column(title)].parse().unwrap();
        (piece["person"].as_str().unwrap().to_owned(), [number("封筒番号"), number("枚目"), number("枚数")])
    };
    rows[1..].iter().zip(pieces["pieces"].as_array().unwrap()).map(piece).collect()
}

#[test]
fn a_household_shares_envelopes_of_at_most_the_limit() {
    let office = grouping(4);
    let mut people = children("7700000001", 1..6, ADDRESS);
    // Another household at the same address, and two children without a household number.
    people.extend(children("7700000002", 6..8, ADDRESS));
    people.extend(children("", 8..9, ADDRESS));
    people.extend(children("", 9..10, ADDRESS));
    let told = office.run(file(&people).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    // Each child has two letters. Nobody shares an envelope with another household; five children fill two envelopes and begin a third.
    let expected: Vec<(String, [u32; 3])> = [
        (8, 1, 1, 2),
        (8, 1, 2, 2),
        (9, 2, 1, 2),
        (9, 2, 2, 2),
        (1, 3, 1, 4),
        (1, 3, 2, 4),
        (2, 3, 3, 4),
        (2, 3, 4, 4),
        (3, 4, 1, 4),
        (3, 4, 2, 4),
        (4, 4, 3, 4),
        (4, 4, 4, 4),
        (5, 5, 1, 2),
        (5, 5, 2, 2),
        (6, 6, 1, 4),
        (6, 6, 2, 4),
        (7, 6, 3, 4),
        (7, 6, 4, 4),
    ]
    .map(|(person, envelope, sheet, sheets)| (format!("99{person:08}"), [envelope, sheet, sheets]))
    .to_vec();
    assert_eq!(places(&office), expected);

    let counts = "送る 18 = 通知書 18（36ページ）= 郵便CSV 18、郵便物 6 = 宛名ラベル 6";
    assert!(said(&told).contains(counts), "{}", said(&told));
    let summary = office.rows("postal-summary.csv");
    assert_eq!(summary.iter().find(|row| row[0] == "合計").unwrap()[2], "6");
    let letters = office.letters();
    for (foot, count) in [("（1/4枚）", 6), ("（4/4枚）", 6), ("（2/2枚）", 6), ("（1/1枚）", 0)] {
        assert_eq!(letters.matches(foot).count(), count, "{foot} on both sides of the sheet");
    }
    let verified = office.kansho(&["verify", "out"]);
    assert!(verified.status.success(), "{}", said(&verified));
}

#[test]
fn without_a_limit_every_letter_has_its_own_envelope() {
    let office = grouping(1);
    let told = office.run(file(&children("7700000001", 1..4, ADDRESS)).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    assert!(places(&office).iter().zip(1..).all(|((_, place), number)| *place == [number, 1, 1]));
}

#[test]
fn the_shop_must_be_told_which_letters_belong_together() {
    let office = Office::with("", |settings| settings.replace("most_pieces = 1 ", "most_pieces = 8 "));
    let told = office.run(file(&children("7700000001", 1..4, ADDRESS)).as_bytes());
    assert_eq!(told.status.code(), Some(2));
    assert!(said(&told).contains("layouts/postal/grouped.toml"), "{}", said(&told));
    assert!(!office.path("out").exists());
}

/// A print file holds at most as many letters as the shop takes, and no more than one paper.
#[test]
fn print_files_are_cut_where_the_shop_wants_them() {
    let office = Office::with("", |text| text.replace("letters_per_file = 2000", "letters_per_file = 100"));
    let people: Vec<Vec<String>> = (1..=130).map(|n| infant(n, "見本　一", "ミホン　ハジメ", ADDRESS, "")).collect();
    let told = office.run(file(&people).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(office.path("out/manifest.json")).unwrap()).unwrap();
    let mut files: Vec<(String, usize)> = Vec::new();
    for piece in manifest["pieces"].as_array().unwrap() {
        let name = piece["outputs"]["letters"]["file"].as_str().unwrap();
        match files.last_mut().filter(|(last, _)| last == name) {
            Some((_, count)) => *count += 1,
            None => files.push((name.to_owned(), 1)),
        }
    }
    let names: Vec<String> = (1..=files.len()).map(|n| format!("letters-{n:04}.pdf")).collect();
    assert!(files.iter().map(|(name, _)| name).eq(&names), "in posting order, each once: {files:?}");
    assert!(files.len() >= 3 && files.iter().all(|(_, count)| *count <= 100), "{files:?}");
    assert_eq!(files.iter().map(|(_, count)| count).sum::<usize>(), 260);
    assert!(office.kansho(&["verify", "out"]).status.success());
}
