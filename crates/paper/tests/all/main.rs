//! The PDF that is written, before other readers.

#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may stop at the first thing that is wrong; it writes its own files"
)]

mod pdf;
