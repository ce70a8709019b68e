//! 中止: a run that is stopped from outside, or may not begin, leaves nothing.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]

mod office;

use office::{ADDRESS, Office, file, infant, said, write};
use std::process::Command;

/// Ctrl-C or a closed terminal in the middle of a run leaves neither an output nor what was under construction.
#[test]
fn a_run_that_is_stopped_leaves_nothing() {
    let office = Office::new("");
    let people: Vec<Vec<String>> = (1..=4_000).map(|n| infant(n, "見本　一", "ミホン　ハジメ", ADDRESS, "")).collect();
    write(&office.path("住民.csv"), file(&people).as_bytes());
    let begun = || {
        let names =
            std::fs::read_dir(office.path("")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(".kansho-")).count()
    };
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kansho"))
            .current_dir(office.path(""))
            .args([
                "run",
                "--residents",
                "住民.csv",
                "--no-marks",
                "見本",
                "--ledger",
                "台帳.csv",
                "--as-of",
                "2026-12-01",
                "--out",
                "out",
            ])
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        while begun() == 0 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let kill = format!("kill {signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{signal}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("中止しました。何も出力していません"));
        assert!(begun() == 0 && !office.path("out").exists(), "{signal}");
    }
}

#[test]
fn the_folder_one_stands_in_is_no_output_folder() {
    let office = Office::new("");
    std::fs::create_dir(office.path("空")).unwrap();
    let told = Command::new(env!("CARGO_BIN_EXE_kansho"))
        .current_dir(office.path("空"))
        .args([
            "run",
            "--residents",
            "../住民.csv",
            "--no-marks",
            "見本",
            "--ledger",
            "../台帳.csv",
            "--as-of",
            "2026-12-01",
            "--out",
            ".",
        ])
        .output()
        .unwrap();
    assert!(told.status.code() == Some(1) && said(&told).contains("いまいるフォルダー"), "{}", said(&told));
}
