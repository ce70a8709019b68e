//! `kansho verify PATH`: is the folder, or the hand-over package, still what was written, piece by piece?

use crate::desk::bundle::{unpack, verify};
use crate::desk::outputs::OUTPUTS;
use crate::verb::{Context, Outcome, passphrase, pool, unwritten};
use clap::Args;
use kansho_core::diag::{Failure, Severity, show};
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// kansho run の出力フォルダー、または kansho pack の受渡ファイル
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// 受渡ファイルの合言葉を一行で書いたファイル（なければ端末で聞きます）
    #[arg(long, value_name = "FILE")]
    pub pack_passphrase_file: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the folder or file is no output of ours or cannot be read.
pub fn run(args: &VerifyArgs, _context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    if args.path.is_file() {
        return package(args, out, messages);
    }
    let report = pool(None)?.install(|| verify::folder(&args.path, &OUTPUTS))?;
    if verify::is_rehearsal(&args.path)? {
        writeln!(out, "試験の出力です。発送できません").map_err(unwritten)?;
    }
    if report.is_empty() {
        writeln!(out, "{}: すべて元のとおりです", args.path.display()).map_err(unwritten)?;
        return Ok(Outcome::Done);
    }
    let _ = write!(messages, "{}", show::report(&report, Severity::Note, 1000));
    writeln!(out, "{}: {} か所が元と違います", args.path.display(), report.len()).map_err(unwritten)?;
    Ok(Outcome::Refused)
}

/// A package: what it holds is told so that it can be compared with the paper.
fn package(args: &VerifyArgs, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let passphrase = passphrase::known(args.pack_passphrase_file.as_deref())?;
    let opened = pool(None)?.install(|| unpack::package(&args.path, &passphrase, &OUTPUTS))?;
    let _ = write!(messages, "{}", show::report(&opened.report, Severity::Note, 1000));
    let name = args.path.display();
    if opened.report.refuses() {
        writeln!(out, "{name}: {} か所が元と違います。印刷に使わないでください", opened.report.len()).map_err(unwritten)?;
        return Ok(Outcome::Refused);
    }
    let (packed, counts) = (&opened.packed, &opened.packed.counts);
    writeln!(out, "{name}: すべて元のとおりです（ファイル {} 個）", packed.files.len()).map_err(unwritten)?;
    if packed.rehearsal {
        writeln!(out, "試験の出力です。発送できません").map_err(unwritten)?;
    }
    if packed.sample {
        writeln!(out, "見本の設定で作った出力です").map_err(unwritten)?;
    }
    writeln!(out, "処理番号 {}、基準日 {}", packed.run, packed.as_of).map_err(unwritten)?;
    let (letters, pages, rows) = (counts.letters, counts.pages, counts.postal_rows);
    let (labels, cells) = (counts.labels, counts.sticker_cells);
    writeln!(out, "通知書 {letters} 通（{pages}ページ）、郵便CSV {rows} 行、宛名ラベル {labels} 面、シール {cells} 面")
        .map_err(unwritten)?;
    writeln!(out, "照合値 {}\n紙の受渡書と、件数と照合値を見比べてください", packed.root).map_err(unwritten)?;
    Ok(Outcome::Done)
}
