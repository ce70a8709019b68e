//! The borders of the module map (docs/ARCHITECTURE.md): who may use whom.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Module of the root → modules it may use, besides itself and the crates. What a crate may use stands in its `Cargo.toml`.
const BORDERS: [(&str, &[&str]); 6] = [
    ("notice", &[]),
    ("record", &[]),
    ("desk", &["notice", "record"]),
    ("verb", &["cli", "notice", "record", "desk"]),
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
            if used != first && !may.contains(&used.as_str()) {
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
    sources(Path::new("crates"), &mut files);
    let long: Vec<String> = files
        .iter()
        .map(|path| (path, std::fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(path, lines)| *lines > 600 && !path.components().any(|part| part.as_os_str() == "tests"))
        .map(|(path, lines)| format!("{} {lines}", path.display()))
        .collect();
    assert!(long.is_empty(), "over 600 lines: {long:?}");
}

/// An unknown word of a file never becomes an id: everybody but the rule book asks the book for one it knows.
#[test]
fn only_the_rule_book_makes_ids() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    sources(Path::new("crates"), &mut files);
    let may = |path: &Path| path.starts_with("crates/rules") || path.ends_with("core/src/ids.rs");
    let elsewhere = files.iter().filter(|path| !may(path) && !path.components().any(|part| part.as_os_str() == "tests"));
    let makes = |path: &&PathBuf| std::fs::read_to_string(path).unwrap().contains("::define");
    let wrong: Vec<&PathBuf> = elsewhere.filter(makes).collect();
    assert!(wrong.is_empty(), "ids made outside the rule book: {wrong:?}");
}

/// What a mark does stands in one match; everybody else asks `effect`. The sheets are read into marks in one other place.
#[test]
fn the_kinds_of_marks_are_listed_in_one_place() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    sources(Path::new("crates"), &mut files);
    let may = |path: &Path| path.ends_with("core/src/effect.rs") || path.ends_with("intake/src/normalise/marks.rs");
    let names = |path: &&PathBuf| std::fs::read_to_string(path).unwrap().contains("MarkKind::");
    let wrong: Vec<&PathBuf> = files.iter().filter(|path| !may(path)).filter(names).collect();
    assert!(wrong.is_empty(), "kinds of marks are told apart in {wrong:?}");
}

/// `src/desk` is called by verbs, pages and scripts alike.
#[test]
fn doings_know_no_command_line_no_terminal_and_no_process() {
    let mut files = Vec::new();
    sources(Path::new("src/desk"), &mut files);
    let process = ["clap", "stdout()", "stderr()", "println!", "process::exit", "build_global", "current_dir(", "args()"];
    let mut wrong = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let own = text.split("#[cfg(test)]").next().unwrap_or_default();
        wrong.extend(process.iter().filter(|word| own.contains(**word)).map(|word| format!("{} has {word}", path.display())));
    }
    // Whether the target is the folder somebody stands in is asked of the process.
    wrong.retain(|one| one != "src/desk/bundle/stage.rs has current_dir(");
    assert!(wrong.is_empty(), "{wrong:?}");
}
