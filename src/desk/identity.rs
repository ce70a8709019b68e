//! What makes a run the run it is: everything that can change a byte of its output but the numbers (design §3).

use crate::desk::inputs::Inputs;
use crate::desk::output::Wish;
use crate::record::manifest::Input;
use crate::record::{hash, rehearsal};
use kansho_chars::Overrides;
use kansho_core::diag::Failure;
use kansho_core::home::Home;
use kansho_core::notice::RunId;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Content hash of a run: data, settings, dates and options. The same draft again has the same.
///
/// # Errors
/// [`Failure::Io`] when a settings file cannot be read.
pub fn content(inputs: &Inputs, templates: &str, home: &Home, gaiji: &Overrides, wish: &Wish) -> Result<String, Failure> {
    let (period, office) = (inputs.period, &inputs.office);
    let mut text = format!("{}\n{}\n{templates}\n{}\n", env!("CARGO_PKG_VERSION"), inputs.rules_sha256, office.sha256);
    text.push_str(&gaiji.canonical());
    // The report names the folder of the settings.
    let _ = writeln!(text, "{}", inputs.home);
    let postal = office.postal_data(home);
    let layout = home.path(&office.postal.layout);
    for folder in [Some(home.path("layouts")), Some(home.path("fonts")), postal, Some(layout)].into_iter().flatten() {
        settings(&folder, Path::new(""), &mut text)?;
    }
    if !office.postal.districts.is_empty() {
        settings(&home.path(&office.postal.districts), Path::new(""), &mut text)?;
    }
    let _ = writeln!(text, "{} {} {} {}", period.as_of, period.post_on, period.since, inputs.snapshot);
    let _ = writeln!(text, "{} {} {} {:?}", wish.sticker_start, wish.label_start, wish.rehearsal, inputs.accepted);
    for Input { name, sha256 } in &inputs.files {
        let _ = writeln!(text, "{name} {sha256}");
    }
    if let Some(reissue) = &wish.reissue {
        let person = inputs.joined.cases[reissue.case].id();
        let _ = writeln!(text, "reissue {} {:?} {} {person}", reissue.decision.programme, reissue.voids, reissue.mark.reason);
    }
    Ok(hash::sha256_hex(text.as_bytes())[..32].to_owned())
}

/// as-of + 8 hexadecimal digits of the content and the first number.
#[must_use]
pub fn run_id(inputs: &Inputs, content: &str, first: u64, rehearsal: bool) -> RunId {
    let prefix = if rehearsal { rehearsal::PREFIX } else { "" };
    let digest = hash::sha256_hex(format!("{content} {first}").as_bytes());
    RunId(format!("{prefix}{}-{}", inputs.period.as_of.format("%Y%m%d"), &digest[..8]))
}

/// Every file below a place with its hash, by name; what is hidden (our copy of the postal data, an editor's files) is no setting.
fn settings(place: &Path, name: &Path, text: &mut String) -> Result<(), Failure> {
    let failed = |e| Failure::io("設定を読めません", place, e);
    if !place.is_dir() {
        let (sha256, _) = hash::sha256_file(place).map_err(failed)?;
        let _ = writeln!(text, "{} {sha256}", name.display());
        return Ok(());
    }
    let listing = std::fs::read_dir(place).map_err(failed)?;
    let mut below: Vec<PathBuf> = listing.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(failed)?;
    below.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    below.sort();
    below.iter().try_for_each(|path| settings(path, &name.join(path.file_name().unwrap_or_default()), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(folder: &Path) -> String {
        let mut text = String::new();
        settings(folder, Path::new(""), &mut text).unwrap();
        text
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test writes its own files")]
    fn a_settings_file_counts_by_name_and_content_and_a_hidden_one_does_not() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
        write("a.toml", "1");
        let before = told(place.path());
        write(".kansho-postal-cache", "copy");
        assert_eq!(told(place.path()), before);
        write("a.toml", "2");
        let changed = told(place.path());
        write("b.toml", "2");
        assert!(changed != before && told(place.path()) != changed);
    }
}
