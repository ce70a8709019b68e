//! What an office sees of the program: one binary for every test of the whole.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    dead_code,
    reason = "a test may stop at the first thing that is wrong; it writes its own files"
)]

mod address_columns;
mod altered;
mod batch_life;
mod characters;
mod conformance;
mod counter;
mod dose_stickers;
mod due;
mod entrance;
mod everyday;
mod faults_put_in;
mod fuzz_corpus;
mod grouping;
mod house;
mod issue_book;
mod keeping;
mod ledger_rows;
mod letters;
#[path = "../../crates/intake/tests/all/made/mod.rs"]
mod made;
mod names;
mod office;
mod office_month;
mod pack;
mod paper;
mod people_of_the_register;
mod pixels;
mod posting;
mod presets;
mod preview;
mod previous_run;
mod protection;
mod read_back;
mod registry;
mod reissue;
mod repertoire;
mod rule_book;
mod rule_package;
mod run;
mod second_reading;
mod settings;
mod shape;
mod spreadsheet;
mod stocks;
mod stopped;
mod templates;
mod ten_thousand_names;
mod triggers;
mod wording;
mod wrong_codes;
