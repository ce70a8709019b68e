//! 中止: a run that is stopped from outside, or may not begin, leaves nothing.
#![cfg(unix)]
use crate::office::{ADDRESS, Office, file, infant, said, write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const RUN: [&str; 9] = ["run", "--residents", "住民.csv", "--no-marks", "見本", "--ledger", "台帳.csv", "--as-of", "2026-12-01"];

/// An office with so many infants that a run takes seconds.
fn busy() -> Office {
    let office = Office::new("");
    let people: Vec<Vec<String>> = (1..=4_000).map(|n| infant(n, "見本　一", "ミホン　ハジメ", ADDRESS, "")).collect();
    write(&office.path("住民.csv"), file(&people).as_bytes());
    office
}

fn start(office: &Office, out: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kansho"));
    command.current_dir(office.path("")).args(RUN).args(["--out", out]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The folders under construction.
fn begun(office: &Office) -> Vec<String> {
    let listing = std::fs::read_dir(office.path("")).unwrap();
    let names = listing.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".kansho-")).collect()
}

fn until_begun(office: &Office, child: &mut Child) {
    while begun(office).is_empty() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn signal(name: &str, child: &Child) {
    let kill = format!("kill {name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Ctrl-C or a closed terminal in the middle of a run leaves neither an output nor what was under construction.
#[test]
fn a_run_that_is_stopped_leaves_nothing() {
    let office = busy();
    for (name, later) in [("-INT", 0), ("-TERM", 0), ("-HUP", 0), ("-INT", 40), ("-INT", 150), ("-INT", 400), ("-TERM", 900)] {
        let mut child = start(&office, "out");
        until_begun(&office, &mut child);
        std::thread::sleep(Duration::from_millis(later));
        signal(name, &child);
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{name} {later}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("中止しました。何も出力していません"));
        assert!(begun(&office).is_empty() && !office.path("out").exists(), "{name} {later}");
    }
}

/// What a killed run leaves is removed at the next start, and said; a living run's folder is left alone.
#[test]
fn what_a_killed_run_leaves_is_removed_at_the_next_start() {
    let office = busy();
    let mut killed = start(&office, "out");
    until_begun(&office, &mut killed);
    signal("-KILL", &killed);
    killed.wait().unwrap();
    let [dead] = &begun(&office)[..] else { panic!("{:?}", begun(&office)) };

    let mut living = start(&office, "out");
    // Begun is what is locked: a folder still being made may be taken for a dead one, and is made again.
    let ready = |name: &String| name != dead && office.path(name).join("out").exists();
    while !begun(&office).iter().any(ready) && living.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal("-STOP", &living);
    let [under_construction] = &begun(&office)[..] else { panic!("{:?}", begun(&office)) };
    assert_ne!(dead, under_construction);

    // A run that is refused sweeps as well.
    let refused = office.kansho(&[&RUN[..], &["--out", "台帳.csv"]].concat());
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert_eq!(&begun(&office), std::slice::from_ref(under_construction));

    signal("-CONT", &living);
    let ended = living.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && office.path("out/manifest.json").exists(), "{told}");
    assert!(told.contains(dead.as_str()) && told.contains("消しました"), "{told}");
    assert!(begun(&office).is_empty());
}

/// A number of threads no computer has is refused before anything is read.
#[test]
fn threads_are_bounded() {
    let office = Office::new("");
    for threads in ["0", "257", "1000000000", "18446744073709551615"] {
        let told = office.kansho(&[&RUN[..], &["--out", "out", "--threads", threads]].concat());
        assert!(told.status.code() == Some(2) && said(&told).contains("1 から 256 まで"), "{threads}: {}", said(&told));
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
