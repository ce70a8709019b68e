//! Files as they come: formats, and what is wrong in them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    dead_code,
    reason = "a test may stop at the first thing that is wrong; it writes its own files"
)]

mod bad_input;
mod made;
mod reading;
mod ties;
