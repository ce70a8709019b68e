//! The rule book against the law, an independent calculation and random lives.

#![allow(
    clippy::cast_possible_wrap,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "a test may stop at the first thing that is wrong; it writes its own files"
)]

mod known;
mod oracle;
mod properties;
mod worked_examples;
