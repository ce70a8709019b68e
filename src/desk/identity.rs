//! What makes a run the run it is: everything that can change a byte of its output but the numbers (design §3).

use crate::desk::inputs::Inputs;
use crate::desk::output::Wish;
use crate::record::manifest::Input;
use kansho_core::hash;
use kansho_core::notice::{Purpose, RunId};
use std::fmt::Write as _;

/// Content hash of a run: data, settings, dates and options. The same draft again has the same.
#[must_use]
pub fn content(inputs: &Inputs, wish: &Wish) -> String {
    let (period, settings) = (inputs.period, &inputs.settings);
    // The report names the folder of the settings.
    let mut text = format!("{}\n{}\n{}\n", env!("CARGO_PKG_VERSION"), settings.sha256, settings.folder.shown());
    let _ = writeln!(text, "{} {} {} {}", period.as_of, period.post_on, period.since, inputs.snapshot);
    let _ = writeln!(text, "{:?} {:?} {:?}", wish.starts, wish.purpose, inputs.accepted);
    for Input { name, sha256 } in &inputs.files {
        let _ = writeln!(text, "{name} {sha256}");
    }
    if let Some(reissue) = &wish.again {
        let person = inputs.joined.cases[reissue.case].printed_id();
        let _ = writeln!(text, "reissue {} {:?} {} {person}", reissue.decision.programme, reissue.voids, reissue.mark.reason);
    }
    hash::sha256_hex(text.as_bytes())[..32].to_owned()
}

/// as-of + 8 hexadecimal digits of the content and the first number.
#[must_use]
pub fn run_id(inputs: &Inputs, content: &str, first: u64, purpose: Purpose) -> RunId {
    let digest = hash::sha256_hex(format!("{content} {first}").as_bytes());
    RunId(format!("{}{}-{}", purpose.prefix(), inputs.period.as_of.format("%Y%m%d"), &digest[..8]))
}
