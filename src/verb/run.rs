//! `kansho run`: a monthly run from files.

use crate::desk::Desk;
use crate::desk::month::{self, Month, Released, Starts};
use crate::verb::files::FileArgs;
use crate::verb::{Context, Outcome, pool, unwritten};
use clap::Args;
use indicatif::ProgressBar;
use kansho_core::diag::{Failure, Severity, show};
use kansho_core::notice::Purpose;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

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
    let pool = pool(args.threads)?;
    let settings = context.settings(args.files.as_of)?;
    let look = args.files.look(context, &Act::new("run", &[Role::Extract]))?;
    // Drawn on a terminal only.
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(Duration::from_millis(120));
    let month = Month {
        given: args.files.given(look.as_ref()),
        out: args.out.clone(),
        starts: Starts { stickers: args.sticker_start, labels: args.label_start },
        purpose: if args.rehearsal { Purpose::Rehearsal } else { Purpose::Live },
        issue_book: args.issue_book.clone(),
    };
    let desk = Desk { pool: &pool, told: &|doing| progress.set_message(doing.words()) };
    let Released { inputs, finished, book } = match &look {
        Some(look) => look.kept(month::keep(&month, &settings, &desk, (&look.register, &look.permit)))?,
        None => month::run(&month, &settings, &desk)?,
    };
    progress.finish_and_clear();
    let _ = write!(messages, "{}", show::report(&finished.report, Severity::Alert, 50));
    let name =
        |id: &str| inputs.settings.programmes.iter().find(|p| p.id.as_str() == id).map_or_else(String::new, |p| p.name.clone());
    if args.rehearsal {
        writeln!(out, "試験です。発送できません").map_err(unwritten)?;
    }
    write!(out, "処理番号 {}\n{}", finished.run, finished.counts.table(&name)).map_err(unwritten)?;
    if inputs.settings.office.sample {
        writeln!(out, "見本の設定です").map_err(unwritten)?;
    }
    writeln!(out, "設定のフォルダー {}\n規則集 {}", settings.folder.shown(), settings.rule_book()).map_err(unwritten)?;
    for (option, reason) in &inputs.accepted {
        writeln!(out, "理由を付けて続けたこと {option}: {reason}").map_err(unwritten)?;
    }
    if !args.rehearsal {
        let kept = if look.is_some() { "登録簿" } else { "発行簿" };
        writeln!(out, "{kept} {}", book.display()).map_err(unwritten)?;
    }
    writeln!(out, "出力先 {}（点検表: {}）", args.out.display(), args.out.join("office").join("report.html").display())
        .map_err(unwritten)?;
    Ok(Outcome::Done)
}
