//! `kansho import`: feeds of residents and of the ledger into the register, and the list of what was refused.

use crate::cli::Format;
use crate::desk::registry::{self, Asked, Taken};
use crate::record::errors;
use crate::verb::marks::MarkArgs;
use crate::verb::{Context, Outcome, json, unwritten};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use kansho_core::diag::{Failure, Severity, show};
use kansho_register::feeds::{self, Mode};
use kansho_register::operators::Role;
use kansho_register::store::Act;
use serde_json::json as told;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// What comes in.
#[derive(Debug, Subcommand)]
pub enum ImportVerb {
    /// 住民（全件か差分）と、送付先・支援措置・発送停止などのシート
    Residents(ResidentArgs),
    /// 予防接種台帳（全件か差分）
    Ledger(LedgerArgs),
    /// 取込エラーの一覧
    Errors,
    /// 取込エラーを取り下げます（その行は取り込まない、と決めたとき）
    Withdraw {
        /// 取込エラーの番号
        id: u64,
        /// 理由
        #[arg(long, value_name = "R")]
        reason: String,
    },
}

/// 全件か差分か
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Whole {
    /// 全件
    Full,
    /// 差分
    Difference,
}

/// Options of every feed.
#[derive(Debug, Args)]
pub struct FeedArgs {
    /// ファイル
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// 全件（full）か差分（difference）か
    #[arg(long, value_enum, default_value_t = Whole::Full)]
    pub mode: Whole,
    /// 登録簿にあって全件のファイルにない人・行があっても取り込む理由（消さずに保留にします）
    #[arg(long, value_name = "REASON")]
    pub accept_missing: Option<String>,
    /// 取り込まずに、結果だけを示します
    #[arg(long)]
    pub dry_run: bool,
}

impl FeedArgs {
    fn asked(&self) -> Asked {
        let mode = match self.mode {
            Whole::Full => Mode::Full,
            Whole::Difference => Mode::Difference,
        };
        Asked { file: self.file.clone(), mode, accept_missing: self.accept_missing.clone(), dry_run: self.dry_run }
    }
}

/// Options of a feed of residents.
#[derive(Debug, Args)]
pub struct ResidentArgs {
    /// The feed.
    #[command(flatten)]
    pub feed: FeedArgs,
    /// What is said of the residents.
    #[command(flatten)]
    pub said: MarkArgs,
}

/// Options of a feed of the ledger.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    /// The feed.
    #[command(flatten)]
    pub feed: FeedArgs,
}

const INTAKE: &[Role] = &[Role::Intake, Role::Admin];

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted or the file is refused; nothing is stored then.
pub fn run(verb: &ImportVerb, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    let list = errors::beside(register.path());
    let (mut taken, report) = match verb {
        ImportVerb::Residents(args) => {
            let permit = register.permit(&caller, &Act::new("import residents", INTAKE))?;
            let marked = args.said.marked();
            let progress = progress();
            let settings = context.newest_settings();
            let done = settings
                .and_then(|settings| registry::import_residents(&args.feed.asked(), &marked, &settings, &mut register, &permit));
            progress.finish_and_clear();
            done.inspect_err(|failure| register.failed(&permit, failure))?
        }
        ImportVerb::Ledger(args) => {
            let permit = register.permit(&caller, &Act::new("import ledger", INTAKE))?;
            let progress = progress();
            let settings = context.newest_settings();
            let done =
                settings.and_then(|settings| registry::import_ledger(&args.feed.asked(), &settings, &mut register, &permit));
            progress.finish_and_clear();
            done.inspect_err(|failure| register.failed(&permit, failure))?
        }
        ImportVerb::Errors => {
            let open = register.act(&caller, &Act::new("import errors", INTAKE), |work| Ok(feeds::open(work.link, None)?))?;
            errors::write(&list, &open)?;
            match context.globals.format {
                Format::Json => json(out, &open)?,
                Format::Text | Format::Csv => {
                    for one in &open {
                        let row = one.row.map_or_else(String::new, |row| format!(" {row}行"));
                        writeln!(out, "{}　[{}] {}{row}: {}", one.id, one.code, one.sheet, one.message).map_err(unwritten)?;
                    }
                    writeln!(out, "取込エラー {} 件　一覧 {}", open.len(), list.display()).map_err(unwritten)?;
                }
            }
            return Ok(Outcome::Done);
        }
        ImportVerb::Withdraw { id, reason } => {
            let open = register.act(&caller, &Act::new("import withdraw", INTAKE), |work| {
                work.note("id", *id);
                work.note("reason", reason.as_str());
                feeds::withdraw(work.link, *id, reason)?;
                Ok(feeds::open(work.link, None)?)
            })?;
            errors::write(&list, &open)?;
            match context.globals.format {
                Format::Json => json(out, &told!({"withdrawn": id}))?,
                Format::Text | Format::Csv => writeln!(out, "取込エラー {id} を取り下げました").map_err(unwritten)?,
            }
            return Ok(Outcome::Done);
        }
    };
    if !dry_run(verb) {
        let open = register.read(|link| Ok(feeds::open(link, None)?))?;
        errors::write(&list, &open)?;
    }
    taken.error_list = (!taken.errors.is_empty()).then(|| list.display().to_string());
    let _ = write!(messages, "{}", show::report(&report, Severity::Held, 50));
    tell(&taken, dry_run(verb), context, out)
}

const fn dry_run(verb: &ImportVerb) -> bool {
    match verb {
        ImportVerb::Residents(args) => args.feed.dry_run,
        ImportVerb::Ledger(args) => args.feed.dry_run,
        ImportVerb::Errors | ImportVerb::Withdraw { .. } => false,
    }
}

/// Drawn on a terminal only.
fn progress() -> ProgressBar {
    let progress = ProgressBar::new_spinner().with_message("確かめて取り込んでいます");
    progress.enable_steady_tick(Duration::from_millis(120));
    progress
}

fn tell(taken: &Taken, dry_run: bool, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    match context.globals.format {
        Format::Json => json(out, taken)?,
        Format::Text | Format::Csv => {
            let Taken { rows, new, changed, unchanged, superseded, discarded, refused, missing, .. } = taken;
            let head = match (dry_run, taken.repeated) {
                (true, _) => "試しです。何も取り込んでいません\n",
                (false, true) => "前に取り込んだファイルです。何も変えていません\n",
                (false, false) => "",
            };
            let snapshot = taken.snapshot.as_ref().map_or_else(String::new, |day| format!("　抽出日 {day}"));
            let list = taken.error_list.as_ref().map_or_else(String::new, |list| format!("\n取込エラー一覧 {list}"));
            writeln!(
                out,
                "{head}取り込み {}　{}{snapshot}\n{rows} 行 = 新しい {new} + 変わった {changed} + 同じ {unchanged} + 新しい行に代わった {superseded} + 対象外で残さない {discarded} + 取り込めない {refused}\n全件になかった人・行 {missing}{list}",
                taken.import, taken.file
            )
            .map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}
