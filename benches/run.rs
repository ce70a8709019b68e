//! Letters per second, bytes and memory of real two-page letters, and the seconds of a whole run, on a made-up city; figures are
//! compared within one process, never asserted.
//!
//! `cargo run --release --example make_city -- --residents 100000 --out FOLDER`, then
//! `cargo bench --bench run -- FOLDER [--threads 1,2] [--letters 10000,100000]`. The city's pieces are taken again from the start
//! until there are as many letters as asked for. `--letters 0` times the whole run alone.

use kansho::desk::bundle::stage::Stage;
use kansho::desk::inputs::{self, Given, Inputs};
use kansho::desk::output::{self, Prepared, Wish};
use kansho::desk::outputs::OUTPUTS;
use kansho::desk::outputs::letters::Press;
use kansho::desk::settings::Settings;
use kansho::notice::piece::Piece;
use kansho::record::manifest::{Outputs, PieceEntry};
use kansho_core::folder::Folder;
use kansho_core::keys::DecisionKey;
use kansho_core::notice::PieceNumber;
use kansho_paper::pdf::Info;
use rayon::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

type Done = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> Done {
    let mut out = std::io::stdout();
    let arguments: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let list = |name: &str, standard: &[usize]| -> Vec<usize> {
        let given = arguments.iter().position(|arg| arg == name).and_then(|at| arguments.get(at + 1));
        given.map_or_else(|| standard.to_vec(), |text| text.split(',').filter_map(|n| n.parse().ok()).collect())
    };
    let Some(folder) = arguments.first().filter(|arg| !arg.starts_with("--")).map(PathBuf::from) else {
        writeln!(out, "no folder given: nothing timed (make one with --example make_city)")?;
        return Ok(());
    };
    let settings = Settings::load(&Folder::find()?)?;
    for threads in list("--threads", &[1, 2]) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build()?.install(|| -> Done {
            writeln!(out, "{threads} threads")?;
            let inputs = whole(&folder, &settings, &mut out)?;
            let prepared = output::prepare(&inputs, &Wish::default())?;
            for count in list("--letters", &[10_000, 100_000]).into_iter().filter(|count| *count > 0) {
                letters((&settings, &prepared), count, &mut out)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn per_second(count: usize, seconds: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds.max(1e-6)
}

/// Forgets the peak so far (Linux).
fn forget_peak() {
    // Where this does not exist the peak is that of the whole process.
    drop(std::fs::OpenOptions::new().write(true).open("/proc/self/clear_refs").and_then(|mut file| file.write_all(b"5")));
}

/// Resident memory and its peak in MB (Linux).
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let kib = status.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.map_or_else(|| "?".to_owned(), |kib| (kib / 1024).to_string())
    };
    format!("peak {} MB, now {} MB", of("VmHWM:"), of("VmRSS:"))
}

/// CPU seconds of this process so far (Linux, steps of a hundredth): what a busy machine does not falsify as it does the wall time.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Read, join, decide, and everything up to the release.
fn whole(folder: &Path, settings: &Arc<Settings>, out: &mut dyn Write) -> Result<Inputs, Box<dyn Error + Send + Sync>> {
    let residents = ["住民.csv", "住民.xlsx"].map(|n| folder.join(n)).into_iter().find(|p| p.is_file()).ok_or("no 住民 file")?;
    let ledger = folder.join("予防接種台帳.csv");
    // A large city has its mark sheets in a second file.
    let marks = Some(folder.join("標.xlsx")).filter(|file| file.is_file()).into_iter().collect();
    let args = Given { marks, ..Given::new(residents, ledger, "2026-12-01".parse()?) };
    forget_peak();
    let start = Instant::now();
    let inputs = inputs::load(&args, settings)?;
    let read = start.elapsed().as_secs_f64();
    let (people, rows) = (inputs.joined.cases.len(), inputs.joined.ledger_rows.rows);
    writeln!(out, "  read, normalise, join   {read:8.2} s  {people} people, {rows} ledger rows; {}", memory())?;
    let place = tempfile::tempdir()?;
    let target = place.path().join("out");
    forget_peak();
    let (start, used) = (Instant::now(), cpu());
    let done = output::produce(&inputs, &target, &Wish::default(), &OUTPUTS)?;
    let (produced, used) = (start.elapsed().as_secs_f64(), cpu() - used);
    let count = done.counts.letters;
    let rate = per_second(count, produced);
    writeln!(out, "  decide to release       {produced:8.2} s ({used:.2} s CPU)  {count} letters, {rate:.0}/s; {}", memory())?;
    let files = std::fs::read_dir(&target)?.filter_map(Result::ok);
    let bytes: u64 = files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum();
    writeln!(
        out,
        "  whole run               {:8.2} s  {:.0}/s, {bytes} bytes",
        read + produced,
        per_second(count, read + produced)
    )?;
    Ok(inputs)
}

/// Composes, writes and reads back `count` letters, a group of files at a time as a run does.
fn letters((settings, prepared): (&Settings, &Prepared), count: usize, out: &mut dyn Write) -> Done {
    let place = tempfile::tempdir()?;
    let stage = Stage::open(&place.path().join("out"))?;
    let info =
        Info {
            title: "通知書".to_owned(), as_of: "2026-12-01".parse()?, run: "bench".to_owned(), standard: Default::default()
        };
    let press = Press { stage: &stage, fonts: &settings.fonts, forms: prepared.forms(), info };
    let all: Vec<usize> = (0..count).collect();
    let files: Vec<(usize, &[usize])> = all.chunks(prepared.forms().letters_per_file()).enumerate().collect();
    let (mut printing, mut reading, mut print_cpu, mut read_cpu) = (0.0, 0.0, 0.0, 0.0);
    forget_peak();
    for group in files.chunks(4) {
        let pieces = |numbers: &[usize]| -> Vec<(DecisionKey, Piece)> {
            let piece = |at: &usize| {
                let (_, piece) = &prepared.pieces[at % prepared.pieces.len()];
                (DecisionKey::at(*at), Piece { number: PieceNumber(u32::try_from(at + 1).unwrap_or(u32::MAX)), ..piece.clone() })
            };
            numbers.iter().map(piece).collect()
        };
        let group: Vec<(usize, Vec<(DecisionKey, Piece)>)> = group.iter().map(|(number, part)| (*number, pieces(part))).collect();
        let (start, used) = (Instant::now(), cpu());
        let printed = group.par_iter().map(|(number, pieces)| press.print(*number, pieces)).collect::<Result<Vec<_>, _>>()?;
        printing += start.elapsed().as_secs_f64();
        print_cpu += cpu() - used;
        let entry = |(_, piece): &(DecisionKey, Piece)| PieceEntry {
            no: piece.number.0,
            issue_no: piece.issue.0,
            code: piece.code.0.clone(),
            outputs: Outputs::default(),
        };
        let (start, used) = (Instant::now(), cpu());
        group.par_iter().zip(&printed).try_for_each(|((number, pieces), letters)| {
            let entries: Vec<PieceEntry> = pieces.iter().map(entry).collect();
            press.proofread(*number, letters, &entries).map(|_| ())
        })?;
        reading += start.elapsed().as_secs_f64();
        read_cpu += cpu() - used;
    }
    let files = std::fs::read_dir(stage.path())?.filter_map(Result::ok);
    let bytes: u64 = files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum();
    let each = |seconds: f64| seconds * 1e6 / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let letter = f64::from(u32::try_from(bytes / 100)?) * 100.0 / f64::from(u32::try_from(count)?);
    writeln!(
        out,
        "  {count:7} letters: compose and emit {:.0}/s ({:.0} µs CPU each), verify {:.0}/s ({:.0} µs), {letter:.0} bytes each; {}",
        per_second(count, printing),
        each(print_cpu),
        per_second(count, reading),
        each(read_cpu),
        memory()
    )?;
    Ok(())
}
