//! The machine's limit for the peers' letter: reading the people and deflating one page each, nothing else.
//!
//! `deflate_limit PEOPLE.csv SAMPLE.pdf OUT` takes the page contents of SAMPLE.pdf (made by `peer_letter` from some of the people),
//! and writes to OUT what as many pages as there are people deflate to at the level the writer uses.
#![allow(clippy::print_stderr, reason = "an example tells on the terminal what went wrong")]

use kansho_paper::pdf::{LEVEL, PAGES_PER_NODE};
use libdeflater::{CompressionLvl, Compressor};
use rayon::prelude::*;
use std::error::Error;
use std::io::{BufWriter, Write};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [people, sample, out] = arguments.as_slice() else { return Err("deflate_limit PEOPLE.csv SAMPLE.pdf OUT".into()) };
    let sample = lopdf::Document::load(sample)?;
    let pages: Vec<Vec<u8>> = sample.get_pages().values().map(|page| sample.get_page_content(*page)).collect();
    if pages.is_empty() {
        return Err("the sample has no page".into());
    }
    let level = CompressionLvl::new(LEVEL).map_err(|_| "level")?;
    let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(out)?);
    let mut records = csv::Reader::from_path(people)?.into_byte_records();
    let mut read = || records.by_ref().take(PAGES_PER_NODE).try_fold(0, |count, record| record.map(|_| count + 1));
    let deflate = |count: usize| -> Vec<Vec<u8>> {
        let one = |compressor: &mut Compressor, page: usize| {
            let content = &pages[page % pages.len()];
            let mut packed = vec![0; compressor.zlib_compress_bound(content.len())];
            let length = compressor.zlib_compress(content, &mut packed).unwrap_or(0);
            packed.truncate(length);
            packed
        };
        (0..count).into_par_iter().map_init(|| Compressor::new(level), one).collect()
    };
    let mut ready = read()?;
    while ready > 0 {
        let (packed, next) = rayon::join(|| deflate(ready), &mut read);
        packed.iter().try_for_each(|page| file.write_all(page))?;
        ready = next?;
    }
    file.flush()?;
    Ok(())
}
