//! `kansho calibrate --out FILE.pdf`: 印字位置の調整用紙.

use crate::desk::bundle::stage;
use crate::notice::{Office, calibrate};
use crate::verb::{Context, Outcome, unwritten};
use chrono::NaiveDate;
use clap::Args;
use kansho_core::calendar;
use kansho_core::diag::Failure;
use kansho_paper::font::Fonts;
use kansho_paper::frame::Page;
use kansho_paper::pdf::{self, Info};
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(after_help = "例: kansho calibrate --out 調整.pdf --stock 28362")]
pub struct CalibrateArgs {
    /// 作るPDF（まだない名前）
    #[arg(long, value_name = "FILE.pdf")]
    pub out: PathBuf,
    /// ラベル用紙の品番（既定: municipality.toml の宛名ラベルとシール）
    #[arg(long, value_name = "STOCK")]
    pub stock: Option<String>,
}

/// The sheet says nothing that depends on a day: the file's date is fixed, so that its bytes are.
const DAY: NaiveDate = calendar::day(2026, 4, 1);

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the stock is unknown, a setting is wrong or the file cannot be written.
pub fn run(args: &CalibrateArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let office = Office::load(&context.folder)?;
    let fonts = Fonts::load(&context.folder.place("fonts"))?;
    let pages = calibrate::pages(&context.folder, &office, &fonts, args.stock.as_deref())?;
    let info =
        Info {
            title: "印字位置の調整用紙".to_owned(), as_of: DAY, run: "calibrate".to_owned(), standard: office.pdf.clone()
        };
    let bytes = pdf::write_pages(Vec::new(), &fonts, &pages.iter().collect::<Vec<&Page>>(), &info)?;
    stage::write_new(&args.out, &bytes)?;
    writeln!(out, "{}: {} ページ（等倍で印刷してください）", args.out.display(), pages.len()).map_err(unwritten)?;
    Ok(Outcome::Done)
}
