//! A made-up city in Chiba City's six wards: 住民 and 予防接種台帳 as the tool reads them. Real towns and postal codes, invented
//! people and house numbers, the same bytes for the same seed.
//!
//! `cargo run --release --example make_city -- --residents 400 --as-of 2026-12-01 --seed 1 --out samples`
//!
//! Above 50,000 residents 住民 is written as CSV; the hard cases are in every city.

mod files;
mod hard;
mod people;

use chrono::NaiveDate;
use clap::Parser;
use std::error::Error;
use std::path::PathBuf;

#[derive(Parser)]
struct Args {
    /// How many residents.
    #[arg(long, default_value_t = 400)]
    residents: usize,
    /// The as-of date the city is made for; it is also the 抽出日.
    #[arg(long, default_value = "2026-12-01")]
    as_of: NaiveDate,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder to write into.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.out)?;
    let towns = people::towns(&PathBuf::from("samples/postal/utf_ken_all.csv"))?;
    let mut city = people::City::new(args.seed, args.as_of, towns);
    hard::cases(&mut city)?;
    city.fill(args.residents)?;
    hard::second_reading(&mut city)?;
    files::write(&city, &args.out, args.residents)?;
    Ok(())
}
