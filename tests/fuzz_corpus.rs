//! The corpus of the fuzzer, given to every reader as an ordinary test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first thing that is wrong")]

#[path = "../fuzz/src/entries.rs"]
mod entries;

#[test]
fn every_input_of_the_corpus_is_read_or_refused() {
    for (name, reader) in entries::READERS {
        let folder = entries::root().join("fuzz/corpus").join(name);
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 3, "{name}: {} files", files.len());
        for file in files {
            eprintln!("{}", file.display());
            reader(&std::fs::read(&file).unwrap());
        }
    }
}
