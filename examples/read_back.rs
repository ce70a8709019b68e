//! Reads a PDF of ours back, every page, as verification does: `read_back FILE.pdf` prints what it found.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use kansho_paper::pdf::read::PdfReader;
use rayon::prelude::*;

fn main() -> std::process::ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("read_back FILE.pdf");
        return std::process::ExitCode::from(2);
    };
    let count = || -> Result<(usize, usize, usize), String> {
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let reader = PdfReader::open(bytes).map_err(|error| error.to_string())?;
        let (texts, boxes) = (0..reader.page_count())
            .into_par_iter()
            .with_min_len(64)
            .map(|index| reader.page(index).map(|page| (page.runs.len(), page.rects.len())))
            .try_reduce(|| (0, 0), |a, b| Ok((a.0 + b.0, a.1 + b.1)))
            .map_err(|error| error.to_string())?;
        Ok((reader.page_count(), texts, boxes))
    };
    match count() {
        Ok((pages, texts, boxes)) => {
            println!("{pages} pages, {texts} texts, {boxes} boxes");
            std::process::ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            std::process::ExitCode::FAILURE
        }
    }
}
