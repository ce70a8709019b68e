//! `kansho pack DIR --out PACK.zip`: what goes to the print shop, and nothing else, in one encrypted file.

use crate::desk::bundle::handover;
use crate::desk::outputs::OUTPUTS;
use crate::verb::{Context, Outcome, passphrase, pool, unwritten};
use clap::Args;
use indicatif::ProgressBar;
use kansho_core::diag::Failure;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(after_help = "例: kansho pack out/2026-12 --out 受渡-2026-12.zip --pack-passphrase-file 合言葉.txt")]
pub struct PackArgs {
    /// kansho run の出力フォルダー
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// 作るファイル（まだない名前）。隣に受渡書の控え（-handover.pdf）もできます
    #[arg(long, value_name = "PACK.zip")]
    pub out: PathBuf,
    /// 合言葉を一行で書いたファイル（なければ端末で聞きます）
    #[arg(long, value_name = "FILE")]
    pub pack_passphrase_file: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the folder is not what was written, a target is not free, or the disk does not take it; nothing is left then.
pub fn run(args: &PackArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    handover::ensure_free(&args.folder, &args.out)?;
    let passphrase = passphrase::fresh(args.pack_passphrase_file.as_deref())?;
    // Drawn on a terminal only.
    let progress = ProgressBar::new_spinner().with_message("出力を確かめ、受渡ファイルを作っています");
    progress.enable_steady_tick(Duration::from_millis(120));
    let book_on = |as_of| context.folder_on(as_of);
    let done = pool(None)?.install(|| handover::hand_over(&args.folder, &args.out, &passphrase, &OUTPUTS, &book_on))?;
    progress.finish_and_clear();
    let packed = &done.packed;
    if packed.rehearsal {
        writeln!(out, "試験の出力です。発送できません").map_err(unwritten)?;
    }
    if packed.sample {
        writeln!(out, "見本の設定で作った出力です").map_err(unwritten)?;
    }
    writeln!(out, "処理番号 {}\n通知 {} 通、ファイル {} 個", packed.run, packed.counts.selected, packed.files.len())
        .map_err(unwritten)?;
    for entry in &packed.files {
        writeln!(out, "  {}  {} バイト", entry.path, entry.bytes).map_err(unwritten)?;
    }
    if !done.left.is_empty() {
        writeln!(out, "渡さないファイル（office/ のほか）: {}", done.left.join("、")).map_err(unwritten)?;
    }
    writeln!(out, "照合値 {}", packed.root).map_err(unwritten)?;
    writeln!(out, "受渡ファイル {}\n受渡書の控え {}（印刷して署名をもらってください）", args.out.display(), done.sheet.display())
        .map_err(unwritten)?;
    writeln!(out, "合言葉は、受渡ファイルとは別の経路で伝えてください").map_err(unwritten)?;
    Ok(Outcome::Done)
}
