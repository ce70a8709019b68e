//! Seconds per stage and peak memory of a whole run on a made-up city; figures are compared within one process, never asserted.
//!
//! `cargo run --release --example make_city -- --residents 100000 --out FOLDER`, then
//! `cargo bench --bench run -- FOLDER` (`KANSHO_THREADS=1` sets the threads).

use kansho::decide;
use kansho::home::Home;
use kansho::run::inputs::{self, FileArgs};
use kansho::run::output::{self, Wish};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let Some(folder) = std::env::args().skip(1).find(|arg| !arg.starts_with("--")).map(PathBuf::from) else {
        writeln!(out, "no folder given: nothing timed (make one with --example make_city)")?;
        return Ok(());
    };
    if let Some(threads) = std::env::var("KANSHO_THREADS").ok().and_then(|t| t.parse().ok()) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    stages(&folder, &mut out)
}

fn per_second(count: usize, seconds: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds.max(1e-6)
}

fn stages(folder: &Path, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let residents = ["住民.csv", "住民.xlsx"].map(|n| folder.join(n)).into_iter().find(|p| p.is_file()).ok_or("no 住民 file")?;
    let ledger = folder.join("予防接種台帳.csv");
    let args = FileArgs {
        residents,
        ledger,
        as_of: "2026-12-01".parse()?,
        snapshot: None,
        post_on: None,
        since: None,
        previous: None,
        accept_import_gap: None,
    };
    let home = Home::find()?;
    let start = Instant::now();
    let inputs = inputs::load(&args, &home, None)?;
    let read = start.elapsed().as_secs_f64();
    let (people, rows) = (inputs.joined.cases.len(), inputs.joined.ledger_rows.rows);
    writeln!(out, "read, normalise, join          {read:8.2} s  {people} people, {rows} ledger rows")?;
    let start = Instant::now();
    let (decisions, outside) = decide::decide(&inputs.joined.cases, &inputs.ground());
    let decided = start.elapsed().as_secs_f64();
    let pairs = decisions.len() + outside;
    writeln!(
        out,
        "decide                         {decided:8.2} s  {pairs} person × programme, {:.0}/s",
        per_second(pairs, decided)
    )?;
    drop(decisions);
    let place = tempfile::tempdir()?;
    let target = place.path().join("out");
    let start = Instant::now();
    let done = output::produce(&inputs, &home, &target, &Wish::default())?;
    let produced = start.elapsed().as_secs_f64();
    let letters = done.counts.letters;
    writeln!(out, "decide, compose, emit, verify  {produced:8.2} s  {letters} letters, {:.0}/s", per_second(letters, produced))?;
    let bytes: u64 = std::fs::read_dir(&target)?.filter_map(|e| e.ok()?.metadata().ok()).map(|m| m.len()).sum();
    writeln!(out, "output {bytes} bytes; read : produce = 1 : {:.2}", produced / read.max(1e-6))?;
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        writeln!(out, "peak memory {}", peak.trim())?;
    }
    Ok(())
}
