//! Postal data, barcodes and layouts against other witnesses.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may stop at the first thing that is wrong; it writes its own files"
)]

mod addresses;
mod postal;
