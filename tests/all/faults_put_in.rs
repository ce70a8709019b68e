//! Files as offices really have them: whatever is not understood holds its person or is refused, and changes nobody else. The cell
//! faults are lines of `tests/all/entrance/faults.csv`.

use crate::entrance;
use crate::entrance::base::AS_OF;
use crate::entrance::files::Files;
use crate::entrance::oracle::{selected, sound};
use crate::office;

#[test]
fn the_base_is_sound() {
    let files = Files::sound();
    let people = files.base.residents.rows.len();
    assert!((200..=260).contains(&people) && files.base.ledger.rows.len() > 1500, "{people} {}", files.base.ledger.rows.len());
    {
        let output = files.office().kansho("select", &["--format", "json"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !told.contains("エラー[") && !told.contains("保留["), "{told}");
        assert!(!told.contains("アラート["), "{told}");
        assert_eq!(entrance::oracle::decisions(&output), *sound());
    }
    for (role, number) in &Files::sound().base.roles {
        println!("{role} {number} {:?}", selected(number));
        assert!(!selected(number).is_empty(), "{role}");
    }
}

#[test]
fn every_fault_of_a_cell_holds_its_person_only() {
    let failures = entrance::faults::failures();
    assert!(failures.is_empty(), "{}:\n\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn what_went_wrong_once_is_right() {
    entrance::oracle::assert_all(entrance::cases::cases());
}

#[test]
fn every_fault_of_a_file_is_told() {
    entrance::oracle::assert_all(entrance::whole::cases());
}

#[test]
fn swapped_files_are_told_as_swapped() {
    for (residents, ledger) in [("台帳.csv", "住民.xlsx"), ("台帳.csv", "台帳.csv"), ("住民.xlsx", "住民.xlsx")] {
        let place = Files::sound().office();
        let output = office::kansho(&place.place, &["select", "--residents", residents, "--ledger", ledger, "--as-of", AS_OF]);
        let told = office::said(&output);
        assert_eq!(output.status.code(), Some(1), "{residents} {ledger}: {told}");
        assert!(told.contains("台帳") && told.contains("住民"), "{told}");
        if residents != ledger {
            assert!(told.contains("--residents") && told.contains("--ledger"), "{told}");
            assert_eq!(told.matches("エラー[").count(), 1, "{told}");
        }
    }
}

#[test]
fn a_damaged_old_workbook_is_told_as_a_broken_file() {
    let damaged = std::fs::read("tests/data/entrance/fuzz_xls_111.xls").unwrap();
    for name in ["壊れた.xls", "壊れた.xlsx"] {
        let place = Files::sound_csv().office();
        office::write(&place.path(name), &damaged);
        for (residents, ledger, marks) in
            [(name, "台帳.csv", "標.xlsx"), ("住民.csv", name, "標.xlsx"), ("住民.csv", "台帳.csv", name)]
        {
            let files = ["--residents", residents, "--ledger", ledger, "--marks", marks, "--as-of", AS_OF];
            let output = office::kansho(&place.place, &[&["select"], &files[..]].concat());
            let told = office::said(&output);
            assert_eq!(output.status.code(), Some(1), "{told}");
            assert!(told.contains(name) && !told.contains("panick"), "{told}");
        }
    }
}

/// Every row lacks its empty end, as a spreadsheet program writes it: one message for the file, and what to do.
#[test]
fn rows_without_their_empty_end_are_one_message() {
    let mut files = Files::sound();
    files.edit_text("台帳.csv", |text| {
        let (head, rest) = text.split_once("\r\n").unwrap();
        let cut = rest.split("\r\n").map(|line| line.trim_end_matches(",\"\"")).collect::<Vec<_>>().join("\r\n");
        format!("{head}\r\n{cut}")
    });
    let output = files.office().kansho("select", &["--format", "json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("エラー[").count(), 1, "{told}");
    assert!(told.contains("台帳.csv") && told.contains("ヒント: "), "{told}");
}

/// 支援措置 had rows in the last run and has none now.
#[test]
fn a_protection_sheet_that_was_emptied_stops_the_run() {
    let place = Files::sound().office();
    let first = place.kansho("run", &["--out", "前回"]);
    assert_eq!(first.status.code(), Some(0), "{}", office::said(&first));
    let next = |files: &Files, more: &[&str]| {
        let now = files.office();
        for name in ["住民.xlsx", "台帳.csv"] {
            std::fs::copy(now.path(name), place.path(name)).unwrap();
        }
        let fixed = ["--residents", "住民.xlsx", "--ledger", "台帳.csv", "--as-of", "2026-12-15", "--previous", "前回"];
        office::kansho(&place.place, &[&["select", "--format", "json"], &fixed[..], more].concat())
    };
    let same = next(&Files::sound(), &[]);
    assert_eq!(same.status.code(), Some(0), "{}", office::said(&same));
    let mut emptied = Files::sound();
    emptied.base.mark("支援措置").rows.clear();
    let mut absent = Files::sound();
    absent.base.marks.retain(|mark| mark.name != "支援措置");
    let absent_is = ["--no-marks", "支援措置=市では使わない"];
    for (files, declared) in [(&emptied, &[][..]), (&absent, &absent_is[..])] {
        let refused = next(files, declared);
        let told = office::said(&refused);
        assert_eq!(refused.status.code(), Some(1), "{told}");
        assert!(told.contains("支援措置") && told.contains("--marks-emptied"), "{told}");
        let waived = next(files, &[declared, &["--accept-old-ledger", "確かめた", "--accept-import-gap", "確かめた"]].concat());
        assert_eq!(waived.status.code(), Some(1), "{}", office::said(&waived));
        let accepted = next(files, &[declared, &["--marks-emptied", "二人とも転出した"]].concat());
        assert_eq!(accepted.status.code(), Some(0), "{}", office::said(&accepted));
        assert!(String::from_utf8_lossy(&accepted.stderr).contains("二人とも転出した"), "{}", office::said(&accepted));
    }
    let mut one = Files::sound();
    one.base.mark("支援措置").rows.pop();
    assert_eq!(next(&one, &[]).status.code(), Some(0), "one of two");
}

/// A timestamp at midnight is its day: on paper too. 500 combining marks in one name do not stop the run.
#[test]
fn the_letters_of_what_was_understood() {
    let mut files = Files::sound();
    files.add_residents("f01_datetime_birth_r.csv");
    let place = files.office();
    let output = place.kansho("run", &["--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", office::said(&output));
    let letters = kansho_paper::pdf::read::PdfReader::open(std::fs::read(place.path("out/letters-0001.pdf")).unwrap()).unwrap();
    let text: String =
        (0..letters.page_count()).flat_map(|page| letters.page(page).unwrap().runs).map(|run| run.text.to_string()).collect();
    assert!(text.contains("令和8年1月2日") && !text.contains("令和8年1月20日"));
    let mut files = Files::sound();
    files.add_residents("f16_zalgo_name_r.csv");
    let output = files.office().kansho("run", &["--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", office::said(&output));
}

/// Both singles count: nothing is called a repeated row.
#[test]
fn singles_on_one_day_are_two_doses() {
    let mut files = Files::sound();
    files.add_residents("11_same_r.csv");
    files.add_doses("11_same_l.csv");
    let output = files.office().kansho("select", &["--format", "json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("二度登録") && !told.contains("別の日に登録"), "{}", told.lines().take(12).collect::<String>());
}

/// The malformed numbers themselves are held, and each is told.
#[test]
fn a_filled_but_malformed_number_is_held_and_told() {
    let mut files = Files::sound();
    files.add_residents("01_num_r.csv");
    files.add_doses("01_num_l.csv");
    let output = files.office().kansho("select", &["--format", "json"]);
    let now = entrance::oracle::decisions(&output);
    for place in [2, 3, 4, 7, 9, 11, 12] {
        let person = format!("88001000{place:02}");
        let of: Vec<_> = now.iter().filter(|((p, _), _)| *p == person).collect();
        assert!(of.iter().any(|(_, (decision, _))| decision == "held"), "{person} {of:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(&person), "{person}");
    }
}
