//! `kansho reissue PERSON`: one notice again (再発行), by the same rules and checks (CK7); the old number becomes void.

use crate::cli::Format;
use crate::desk::Desk;
use crate::desk::month::Starts;
use crate::desk::reissue::{self, Reissue, Reissued};
use crate::verb::files::FileArgs;
use crate::verb::{Context, Outcome, json, pool, unwritten};
use clap::Args;
use kansho_core::diag::{Failure, Severity, show};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct ReissueArgs {
    /// 予防接種番号
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// 事業（例: 麻しん風しん第2期、mr2。一覧は kansho programmes）
    #[arg(long, value_name = "P")]
    pub programme: String,
    /// 再発行の理由（例: 紛失）
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
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
    /// 発行簿（発行noを二度使わないための控え。既定: 出力先の隣の 発行簿.csv）
    #[arg(long, value_name = "FILE")]
    pub issue_book: Option<PathBuf>,
}

/// The JSON form (design §7b).
#[derive(Debug, Serialize)]
struct Told<'a> {
    run: &'a str,
    issue_no: u64,
    voided: &'a [u64],
    person: &'a str,
    programme: &'a str,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure::Declined`] with the reason when the person is not entitled.
pub fn run(args: &ReissueArgs, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let pool = pool(None)?;
    let settings = context.settings(args.files.as_of)?;
    let reissue = Reissue {
        given: args.files.given(None),
        person: args.person.clone(),
        programme: args.programme.clone(),
        reason: args.reason.clone(),
        out: args.out.clone(),
        starts: Starts { stickers: args.sticker_start, labels: args.label_start },
        issue_book: args.issue_book.clone(),
    };
    let Reissued { finished, person, programme, voided: voids, book } =
        reissue::run(&reissue, &settings, &Desk { pool: &pool, told: &|_| {} })?;
    let _ = write!(messages, "{}", show::report(&finished.report, Severity::Error, 50));
    let number = finished.first_issue.unwrap_or_default();
    if context.globals.format == Format::Json {
        let shown = Told { run: &finished.run.0, issue_no: number, voided: &voids, person: &person, programme: &programme };
        json(out, &shown)?;
        return Ok(Outcome::Done);
    }
    let void = if voids.is_empty() {
        "無効にする古い番号はありません（台帳に通知の記録がありません）".to_owned()
    } else {
        format!("無効: 発行no {}", voids.iter().map(u64::to_string).collect::<Vec<_>>().join("、"))
    };
    writeln!(
        out,
        "再発行 {}（理由: {}）\n新しい発行no {number}　{void}\n{}設定のフォルダー {}\n発行簿 {}\n出力先 {}",
        finished.run,
        args.reason,
        if settings.office.sample { "見本の設定です\n" } else { "" },
        settings.folder.shown(),
        book.display(),
        args.out.display()
    )
    .map_err(unwritten)?;
    Ok(Outcome::Done)
}
