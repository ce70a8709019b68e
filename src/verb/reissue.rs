//! `kansho reissue PERSON`: one notice again (再発行), by the same rules and checks (CK7); the old number becomes void.

use crate::cli::Format;
use crate::desk::inputs::{self, FileArgs, Inputs};
use crate::desk::issue_book::IssueBook;
use crate::desk::output::{self, Reissue, Wish};
use crate::notice::piece::ReissueMark;
use crate::verb::names::{self, Names};
use crate::verb::{Context, Outcome};
use clap::Args;
use kansho_core::decision::{Decision, Verdict};
use kansho_core::diag::{Failure, Severity, show};
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_rules::decide::entitled::{self, Plain};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

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
    crate::emit::stage::ensure_free(&args.out)?;
    if args.reason.trim().is_empty() {
        return Err(Failure::Usage("--reason に再発行の理由を書いてください（例: 紛失）。記録に残ります".to_owned()));
    }
    let home = context.home_on(args.files.as_of)?.with_postal(context.globals.postal_data.as_deref());
    let inputs = inputs::load(&args.files, &home, context.globals.rules.as_deref())?;
    let place = names::person(&inputs, &args.person)?;
    let names = Names::load(&inputs.book, &home, context.globals.rules.as_deref())?;
    let index = names.programme(&inputs.programmes, &args.programme)?;
    let (decision, voids) = entitled(&inputs, place, index)?;
    let mark = ReissueMark { void: voids.iter().map(u64::to_string).collect(), reason: args.reason.clone() };
    let reissue = Reissue { case: place, programme: index, decision, mark, voids: voids.clone() };
    let book = IssueBook::choose(args.issue_book.as_deref(), &args.out, &inputs.office.run.issue_book, &home)?;
    let wish = Wish {
        sticker_start: args.sticker_start,
        label_start: args.label_start,
        reissue: Some(reissue),
        book: Some(book.clone()),
        ..Wish::default()
    };
    let finished = output::produce(&inputs, &home, &args.out, &wish)?;
    let told = |e| Failure::io("書けません", Path::new("標準出力"), e);
    let _ = write!(messages, "{}", show::report(&finished.report, Severity::Error, 50));
    let number = finished.first_issue.unwrap_or_default();
    if context.globals.format == Format::Json {
        let (person, programme) = (inputs.joined.cases[place].id(), inputs.programmes[index].id.as_str());
        let shown = Told { run: &finished.run.0, issue_no: number, voided: &voids, person, programme };
        let json = serde_json::to_string_pretty(&shown).map_err(|e| Failure::Usage(e.to_string()))?;
        writeln!(out, "{json}").map_err(told)?;
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
        if inputs.office.sample { "見本の設定です\n" } else { "" },
        inputs.home,
        book.path().display(),
        args.out.display()
    )
    .map_err(told)?;
    Ok(Outcome::Done)
}

/// The decision that entitles the person to this notice today, and the old numbers.
fn entitled(inputs: &Inputs, place: CaseKey, index: ProgrammeKey) -> Result<(Decision, Vec<u64>), Failure> {
    let ground = inputs.ground();
    let case = &inputs.joined.cases[place];
    let decision = entitled::reissue(place, case, index, &ground);
    if decision.verdict == Verdict::Selected {
        return Ok((decision, entitled::voids(case, &inputs.programmes[index], &ground)));
    }
    let Plain { words, source } = entitled::plain(case, &decision, &ground);
    let programme = &inputs.programmes[index];
    Err(Failure::Declined(format!("「{}」は再発行できません: {words}\n根拠: {source}", programme.name)))
}
