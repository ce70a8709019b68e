//! `kansho flag`: 送付先, 支援措置, 発送停止 and the like of one person, set and ended, every version kept.

use crate::cli::Format;
use crate::desk::registry::One;
use crate::desk::registry::flag::{self, Kind, Told};
use crate::desk::registry::whom::Whom;
use crate::verb::{Context, Outcome, given, json, unwritten};
use chrono::NaiveDate;
use clap::Args;
use kansho_core::diag::Failure;
use kansho_intake::normalise;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(
    after_help = "例: kansho flag 9900000015 送付先 --from 2026-12-01 --reason 里帰り --value-file 送付先.json\n    kansho flag 9900000015 送付先 --end 2027-03-01 --reason 帰宅"
)]
pub struct FlagArgs {
    /// 予防接種番号
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// 種類（送付先 支援措置 発送停止 接種拒否 罹患 長期療養特例 免除区分 出産予定日 利用停止）
    #[arg(value_name = "KIND", value_parser = Kind::named)]
    pub kind: Kind,
    /// 開始日（罹患は罹患日）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day, required_unless_present = "end")]
    pub from: Option<NaiveDate>,
    /// 終了日
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day, requires = "from")]
    pub until: Option<NaiveDate>,
    /// 登録を終わらせる日（この日からは、ないものとします）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day, conflicts_with = "from")]
    pub end: Option<NaiveDate>,
    /// 理由（記録に残ります）
    #[arg(long, value_name = "R")]
    pub reason: String,
    /// 住所・氏名・病名などの値（JSON。「-」は標準入力）
    #[arg(long, value_name = "FILE")]
    pub value_file: Option<PathBuf>,
    /// 登録簿にいない人（対象外として残していない人）を、最後に取り込んだ住民のファイルから一人だけ登録します
    #[arg(long, value_name = "FILE")]
    pub from_feed: Option<PathBuf>,
}

const REGISTER: &[Role] = &[Role::Register];
const PROTECTED: &[Role] = &[Role::Protected];

#[derive(Serialize)]
struct Shown<'a> {
    person: &'a str,
    #[serde(flatten)]
    told: &'a Told,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, nobody has the number, or the row would hold the person.
pub fn run(args: &FlagArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    let act = |roles| Act::new("flag", roles).about(&args.person);
    let permit = register.permit(&caller, &act(REGISTER))?;
    if args.kind.protects() {
        register.permit(&caller, &act(PROTECTED))?;
    }
    let prepared = context.newest_settings().and_then(|settings| {
        let object = args.value_file.as_deref().map(given::object).transpose()?.unwrap_or_default();
        let values = flag::values(&object, &settings)?;
        let one = args.from_feed.as_deref().map(|file| One::read(file, &args.person, &settings)).transpose()?;
        Ok((settings, values, one))
    });
    let (settings, values, one) = prepared.inspect_err(|failure| register.failed(&permit, failure))?;
    let (about, said) = ((args.person.as_str(), args.kind), (args.reason.as_str(), &values));
    let (whom, told): (Whom, Told) = register.perform(&permit, |work| {
        if let Some(one) = one {
            one.take(work, &settings)?;
        }
        match (args.end, args.from) {
            (Some(on), _) => flag::end(work, about, on, said, &settings),
            (None, Some(from)) => flag::set(work, about, (from, args.until), said, &settings),
            (None, None) => Err(Failure::Usage("--from か --end を付けてください".to_owned())),
        }
    })?;
    match context.globals.format {
        Format::Json => json(out, &Shown { person: &whom.number, told: &told })?,
        Format::Text | Format::Csv => {
            let what = if told.ended.is_some() { "終わらせました" } else { "登録しました" };
            writeln!(out, "予防接種番号 {}　{} {} 番（{} 版目）を{what}", whom.number, told.kind, told.flag, told.version)
                .map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}
