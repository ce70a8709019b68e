//! `kansho reissue PERSON`: one notice again (再発行), by the same rules and checks (CK7); the old number becomes void.

use crate::cli::Format;
use crate::desk::Desk;
use crate::desk::month::Starts;
use crate::desk::reissue::{self, Reissue, Reissued};
use crate::verb::files::FileArgs;
use crate::verb::{Context, Outcome, json, pool, unwritten};
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use kansho_core::diag::{Failure, Severity, show};
use kansho_register::notices::{Notice, State};
use kansho_register::store::Act;
use serde::Serialize;
use serde_json::json as value;
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
pub struct ReissueArgs {
    /// A reissue that is taken back.
    #[command(subcommand)]
    pub cancel: Option<CancelVerb>,
    /// The notice that is wanted.
    #[command(flatten)]
    pub wanted: Wanted,
}

/// A reissue that is taken back.
#[derive(Debug, Subcommand)]
pub enum CancelVerb {
    /// 渡していない再発行を取り消します（前の番号が、また有効になります）
    #[command(long_flag = "cancel")]
    Cancel {
        /// 再発行の発行no
        #[arg(value_name = "ISSUE_NO")]
        number: u64,
        /// 取り消す理由
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// The notice that is wanted; none where one is taken back.
#[derive(Debug)]
pub struct Wanted(Option<Box<WantedArgs>>);

impl FromArgMatches for Wanted {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let any = matches.try_contains_id("person").unwrap_or(false);
        Ok(Self(if any { Some(Box::new(WantedArgs::from_arg_matches(matches)?)) } else { None }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Wanted {
    fn augment_args(command: Command) -> Command {
        WantedArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        WantedArgs::augment_args_for_update(command)
    }
}

/// The notice that is wanted.
#[derive(Debug, Args)]
pub struct WantedArgs {
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
    match (&args.cancel, &args.wanted.0) {
        (Some(CancelVerb::Cancel { number, reason }), _) => cancel(*number, reason, context, out),
        (None, Some(wanted)) => again(wanted, context, out, messages),
        (None, None) => Err(Failure::Usage("予防接種番号と --programme --as-of --reason --out を書いてください".to_owned())),
    }
}

fn cancel(number: u64, reason: &str, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, mut register) = (context.caller()?, context.register()?);
    let notice = reissue::cancel(&mut register, &caller, number, reason)?;
    if context.globals.format == Format::Json {
        let Notice { run, person, programme, .. } = &notice;
        json(
            out,
            &value!({ "run": run, "issue_no": number, "person": person, "programme": programme, "state": State::Cancelled.id() }),
        )?;
    } else {
        writeln!(out, "再発行 発行no {number} を取り消しました").map_err(unwritten)?;
    }
    Ok(Outcome::Done)
}

fn again(args: &WantedArgs, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let pool = pool(None)?;
    let look = args.files.look(context, &Act::purposeful("reissue", reissue::ROLES).of(&args.person))?;
    let settings = context.settings(args.files.as_of)?;
    let reissue = Reissue {
        given: args.files.given(look.as_ref()),
        person: args.person.clone(),
        programme: args.programme.clone(),
        reason: args.reason.clone(),
        out: args.out.clone(),
        starts: Starts { stickers: args.sticker_start, labels: args.label_start },
        issue_book: args.issue_book.clone(),
    };
    let desk = Desk { pool: &pool, told: &|_| {} };
    let Reissued { finished, person, programme, voided: voids, book } = match &look {
        Some(look) => look.kept(reissue::keep(&reissue, &settings, &desk, (&look.register, &look.permit)))?,
        None => reissue::run(&reissue, &settings, &desk)?,
    };
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
        "再発行 {}（理由: {}）\n新しい発行no {number}　{void}\n{}設定のフォルダー {}\n{} {}\n出力先 {}",
        finished.run,
        args.reason,
        if settings.office.sample { "見本の設定です\n" } else { "" },
        settings.folder.shown(),
        if look.is_some() { "登録簿" } else { "発行簿" },
        book.display(),
        args.out.display()
    )
    .map_err(unwritten)?;
    Ok(Outcome::Done)
}
