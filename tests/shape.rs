//! The borders of the module map (docs/ARCHITECTURE.md): who may use whom.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first thing that is wrong")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Module → modules it may use, besides itself and `origin`, `diag`, `domain`.
const BORDERS: [(&str, &[&str]); 19] = [
    ("origin", &[]),
    ("diag", &[]),
    ("domain", &[]),
    ("home", &[]),
    ("unfinished", &[]),
    ("chars", &["home"]),
    ("postal", &["chars", "home", "unfinished"]),
    ("rules", &[]),
    ("read", &["home"]),
    ("normalise", &["read", "chars", "home"]),
    ("join", &["chars"]),
    ("decide", &["rules"]),
    ("compose", &["chars", "postal", "home"]),
    ("emit", &["compose", "postal", "record", "unfinished"]),
    ("record", &["decide"]),
    (
        "run",
        &["home", "chars", "postal", "rules", "read", "normalise", "join", "decide", "compose", "emit", "record", "unfinished"],
    ),
    ("verb", &["home", "cli", "chars", "postal", "rules", "normalise", "decide", "compose", "emit", "record", "run"]),
    ("cli", &["verb"]),
    ("lib", &[]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_module_uses_only_what_the_map_allows() {
    let allowed: BTreeMap<&str, &[&str]> = BORDERS.into_iter().collect();
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    files.sort();
    let mut wrong = Vec::new();
    for path in files {
        let inside = path.strip_prefix("src").unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if first == "main" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(may) = allowed.get(first.as_str()) else {
            wrong.push(format!("{first} is not on the map"));
            continue;
        };
        for piece in text.split("crate::").skip(1) {
            let used: String = piece.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let basic = ["origin", "diag", "domain"].contains(&used.as_str())
                && !(first == "origin" || first == "diag" && used == "domain");
            if used != first && !basic && !may.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "borders crossed:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_holds_two_subjects() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let long: Vec<String> = files
        .iter()
        .map(|path| (path, std::fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 600)
        .map(|(path, lines)| format!("{} {lines}", path.display()))
        .collect();
    assert!(long.is_empty(), "over 600 lines: {long:?}");
}
