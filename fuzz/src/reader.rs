//! The fuzzer: one program for all readers; `KANSHO_READER` says which (see README.md).

#![no_main]

mod entries;

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static READER: LazyLock<entries::Reader> = LazyLock::new(|| {
    let wanted = std::env::var("KANSHO_READER").unwrap_or_default();
    let found = entries::READERS.into_iter().find(|(name, _)| *name == wanted);
    found.unwrap_or_else(|| {
        eprintln!("KANSHO_READER: {}", entries::READERS.map(|(name, _)| name).join(" "));
        std::process::exit(2)
    })
});

fuzz_target!(
    init: {
        // A panic that the program catches and tells as a broken file is no find.
        std::panic::set_hook(Box::new(|panic| {
            if !kansho_intake::read::guarded::is_guarded() {
                eprintln!("{panic}");
                std::process::abort();
            }
        }));
    },
    |bytes: &[u8]| {
        (READER.1)(bytes);
    }
);
