//! Files as offices really have them: whatever is not understood holds its person or is refused, and changes nobody else. The cell
//! faults are lines of `tests/entrance/faults.csv`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may stop at the first thing that is wrong")]

#[path = "entrance/mod.rs"]
mod entrance;
mod office;

use entrance::files::Files;
use entrance::oracle::{selected, sound};

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

/// Writes the base into a folder, to look at it.
#[test]
#[ignore = "writes files"]
fn write_the_base() {
    let place = Files::sound().office();
    for name in ["住民.xlsx", "台帳.csv"] {
        std::fs::copy(place.path(name), std::env::temp_dir().join(format!("base-{name}"))).unwrap();
    }
}
