//! People decided per second with 1 and 2 threads, and peak memory: every programme, and every series of the rule book.
//!
//! `cargo run --release --example make_city -- --residents 1000000 --out FOLDER`, then `cargo bench --bench decide -- FOLDER`.

use kansho::desk::inputs::{self, Given, Inputs};
use kansho::desk::settings::Settings;
use kansho_core::folder::Folder;
use kansho_core::history::Knowledge;
use kansho_rules::Subject;
use kansho_rules::decide;
use rayon::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let Some(folder) = std::env::args().skip(1).find(|arg| !arg.starts_with("--")).map(PathBuf::from) else {
        writeln!(out, "no folder given: nothing timed (make one with --example make_city)")?;
        return Ok(());
    };
    let residents = ["住民.csv", "住民.xlsx"].map(|n| folder.join(n)).into_iter().find(|p| p.is_file()).ok_or("no 住民 file")?;
    // A large city has its mark sheets in a second file.
    let marks = Some(folder.join("標.xlsx")).filter(|file| file.is_file()).into_iter().collect();
    let args = Given { marks, ..Given::new(residents, folder.join("予防接種台帳.csv"), "2026-12-01".parse()?) };
    let start = Instant::now();
    let inputs = inputs::load(&args, &Settings::load(&Folder::find()?)?)?;
    let (people, rows) = (inputs.joined.cases.len(), inputs.joined.ledger_rows.rows);
    writeln!(
        out,
        "read, normalise, join: {:.1} s, {people} people, {rows} ledger rows{}",
        start.elapsed().as_secs_f64(),
        peak()
    )?;
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let (start, used) = (Instant::now(), cpu());
        let (decisions, outside) = pool.install(|| decide::decide(&inputs.joined.cases, &inputs.ground()));
        let (seconds, used) = (start.elapsed().as_secs_f64(), cpu() - used);
        let pairs = decisions.len() + outside.pairs;
        writeln!(
            out,
            "{threads} thread(s): every programme {seconds:.2} s, {:.0} people/s, {:.0} person × programme/s, {:.0} per CPU second",
            per_second(people, seconds),
            per_second(pairs, seconds),
            per_second(pairs, used)
        )?;
        drop(decisions);
        let (start, used) = (Instant::now(), cpu());
        let due: usize = pool.install(|| inputs.joined.cases.par_iter().enumerate().map(|(place, _)| due(&inputs, place)).sum());
        let (seconds, used) = (start.elapsed().as_secs_f64(), cpu() - used);
        let series = inputs.settings.book.series().count();
        writeln!(
            out,
            "{threads} thread(s): every series    {seconds:.2} s, {:.0} people/s, {:.0} person × series/s, {:.0} per CPU second ({due} doses due)",
            per_second(people, seconds),
            per_second(people * series, seconds),
            per_second(people * series, used)
        )?;
    }
    writeln!(out, "peak{}", peak())?;
    Ok(())
}

/// Doses due of one person over every series.
fn due(inputs: &Inputs, place: usize) -> usize {
    let case = &inputs.joined.cases[place];
    let Some(birth) = case.resident.birth.exact() else { return 0 };
    let as_of = inputs.period.as_of;
    let subject = Subject {
        birth,
        sex: case.resident.sex,
        expected_delivery: &[],
        doses: &case.history.doses,
        knowledge: Knowledge::Known,
        had: &[],
        disabilities: &[],
        exceptions: &[],
        shortage: false,
    };
    let standing = case.resident.residency.on(as_of);
    let forecasts =
        inputs.settings.book.series().filter_map(|series| inputs.settings.book.forecast(&subject, series, as_of, standing).ok());
    forecasts.flatten().filter(|f| f.due).count()
}

fn per_second(count: usize, seconds: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds.max(1e-6)
}

/// CPU seconds of this process so far (Linux): what a busy machine does not falsify as it does the wall time.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or_else(String::new, |kb| format!(", memory {}", kb.trim()))
}
