//! The corpus of the fuzzer, given to every reader as an ordinary test.

#[path = "../../fuzz/src/entries.rs"]
mod entries;

/// Each reader takes some of its inputs and refuses others: else the corpus would not get far.
#[test]
fn every_input_of_the_corpus_is_read_or_refused() {
    for (name, reader) in entries::READERS {
        let folder = entries::root().join("fuzz/corpus").join(name);
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 3, "{name}: {} files", files.len());
        let mut taken = Vec::new();
        for file in &files {
            eprintln!("{}", file.display());
            if reader(&std::fs::read(file).unwrap()) {
                taken.push(file);
            }
        }
        assert!(!taken.is_empty() && taken.len() < files.len(), "{name}: only {taken:?} of {} were taken", files.len());
    }
}
