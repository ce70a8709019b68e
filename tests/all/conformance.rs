//! docs/conformance.md names files and tests that there are, all 32 items and all 24 checks.

use std::path::Path;

#[test]
fn the_table_names_what_there_is() {
    let text = std::fs::read_to_string("docs/conformance.md").unwrap();
    let mut wrong = Vec::new();
    for name in text.split('`').skip(1).step_by(2) {
        if let Some((file, test)) = name.split_once("::") {
            let files = [format!("tests/all/{file}.rs"), format!("crates/intake/tests/all/{file}.rs")];
            let sources: Vec<String> = files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
            if !sources.iter().any(|source| source.contains(&format!("fn {test}()"))) {
                wrong.push(name);
            }
        } else if name.contains('/') {
            let path = Path::new(name);
            let beside_code = ["crates", "layouts", "templates", "tests"].iter().any(|folder| path.starts_with(folder));
            let place = if beside_code { path.to_path_buf() } else { Path::new("src").join(path) };
            if !place.exists() {
                wrong.push(name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    let headings = crate::office::LEDGER.trim_end().split(',');
    let items: Vec<&str> = headings.filter(|heading| !text.contains(&format!("| {heading} | `"))).collect();
    assert!(items.is_empty(), "{items:?}");
    for check in 1..=24 {
        assert_eq!(text.matches(&format!("| CK{check} ")).count(), 1, "CK{check}");
    }
}
