//! `kansho run`: a monthly run from files.

use crate::desk::inputs::{self, FileArgs};
use crate::desk::issue_book::IssueBook;
use crate::desk::output::{self, Wish};
use crate::verb::{Context, Outcome};
use clap::Args;
use indicatif::ProgressBar;
use kansho_core::diag::{Failure, Severity, show};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More threads cost memory and make nothing faster.
const MOST_THREADS: usize = 256;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(
    after_help = "例: kansho run --residents samples/住民.xlsx --ledger samples/予防接種台帳.csv --as-of 2026-12-01 --out out/2026-12"
)]
pub struct RunArgs {
    /// The two files and the dates.
    #[command(flatten)]
    pub files: FileArgs,
    /// 出力先（空か、まだないフォルダー）
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// 使いかけのシール用紙の、最初の空き面（1から）
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub sticker_start: usize,
    /// 使いかけの宛名ラベル用紙の、最初の空き面（1から）
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub label_start: usize,
    /// 試験: すべての面に「試験」と印字し、本番と重ならない処理番号・発行noで作ります
    #[arg(long)]
    pub rehearsal: bool,
    /// 発行簿（発行noを二度使わないための控え。既定: 出力先の隣の 発行簿.csv）
    #[arg(long, value_name = "FILE")]
    pub issue_book: Option<PathBuf>,
    /// 使うスレッドの数（1から256。既定: 計算機の全部。出力は変わりません）
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the run is refused or cannot go on; nothing is left in the output's name.
pub fn run(args: &RunArgs, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    if let Some(threads) = args.threads {
        if !(1..=MOST_THREADS).contains(&threads) {
            return Err(Failure::Usage(format!("--threads {threads}: 1 から {MOST_THREADS} までの数にしてください")));
        }
        // A second call in one process keeps the first pool; the output is the same.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    crate::emit::stage::ensure_free(&args.out)?;
    let home = context.home_on(args.files.as_of)?.with_postal(context.globals.postal_data.as_deref());
    // Drawn on a terminal only.
    let progress = ProgressBar::new_spinner().with_message("読み取っています");
    progress.enable_steady_tick(Duration::from_millis(120));
    let inputs = inputs::load(&args.files, &home, context.globals.rules.as_deref())?;
    progress.set_message("作成し、読み返しています");
    let book = IssueBook::choose(args.issue_book.as_deref(), &args.out, &inputs.office.run.issue_book, &home)?;
    let wish = Wish {
        sticker_start: args.sticker_start,
        label_start: args.label_start,
        rehearsal: args.rehearsal,
        book: Some(book.clone()),
        ..Wish::default()
    };
    let finished = output::produce(&inputs, &home, &args.out, &wish)?;
    progress.finish_and_clear();
    let told = |e| Failure::io("書けません", Path::new("標準出力"), e);
    let _ = write!(messages, "{}", show::report(&finished.report, Severity::Alert, 50));
    let name = |id: &str| inputs.programmes.iter().find(|p| p.id.as_str() == id).map_or_else(String::new, |p| p.name.clone());
    if args.rehearsal {
        writeln!(out, "試験です。発送できません").map_err(told)?;
    }
    write!(out, "処理番号 {}\n{}", finished.run, finished.counts.table(&name)).map_err(told)?;
    if inputs.office.sample {
        writeln!(out, "見本の設定です").map_err(told)?;
    }
    writeln!(out, "設定のフォルダー {}\n規則集 {}", inputs.home, inputs.rule_book()).map_err(told)?;
    for (option, reason) in &inputs.accepted {
        writeln!(out, "理由を付けて続けたこと {option}: {reason}").map_err(told)?;
    }
    if !args.rehearsal {
        writeln!(out, "発行簿 {}", book.path().display()).map_err(told)?;
    }
    writeln!(out, "出力先 {}（点検表: {}）", args.out.display(), args.out.join("office").join("report.html").display())
        .map_err(told)?;
    Ok(Outcome::Done)
}
