//! `kansho show`: what the register holds of one person.

use crate::cli::Format;
use crate::desk::registry::show::{self, Card};
use crate::verb::due::{Shown, line};
use crate::verb::{Context, Outcome, json, unwritten};
use chrono::NaiveDate;
use clap::Args;
use kansho_core::decision::Status;
use kansho_core::diag::{Failure, show as plain};
use kansho_intake::normalise;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use kansho_rules::RuleBook;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// 予防接種番号
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// 基準日（付けると、次に受けられる予防接種も示します）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    pub as_of: Option<NaiveDate>,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    card: &'a Card,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Vec<Shown<'a>>>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted or nobody has the number.
pub fn run(args: &ShowArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let look = context.look(&Act::purposeful("show", &[Role::Lookup]).about(&args.person))?;
    let settings = args.as_of.map_or_else(|| context.newest_settings(), |day| context.settings(day));
    let card = settings.and_then(|settings| {
        let sees = look.permit.sees_protected();
        Ok((show::card(&look.register, &args.person, args.as_of, sees, &settings)?, settings))
    });
    let (card, settings) = look.kept(card)?;
    look.enter(|work| {
        work.person = Some(card.person.person.clone());
        work.note("as_of", args.as_of.map(|day| day.to_string()));
    })?;
    match context.globals.format {
        Format::Json => {
            let next = card.next.as_ref().map(|next| next.forecasts.iter().map(|f| Shown::new(f, &next.findings)).collect());
            json(out, &Told { card: &card, next })?;
        }
        Format::Text | Format::Csv => {
            write!(out, "{}", plain::terminal(&words(&card, args.as_of, &settings.book))).map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}

/// The card to read.
fn words(card: &Card, as_of: Option<NaiveDate>, book: &RuleBook) -> String {
    let mut text = format!("予防接種番号 {}", card.person.person);
    let person = &card.person;
    let resident = |resident: bool| if resident { "住民" } else { "住民でない" };
    let sex = person.sex.map(|sex| if sex == "M" { "男" } else { "女" });
    let birth = person.birth.as_ref().map(|birth| format!("{birth} 生まれ"));
    let parts = [birth.as_deref(), sex, person.ward.as_deref(), person.resident.map(resident)];
    for part in parts.into_iter().flatten().chain(person.protected.then_some("支援措置")) {
        let _ = write!(text, "　{part}");
    }
    let or = |text: &Option<String>| text.clone().unwrap_or_default();
    text.push_str("\n登録\n");
    for flag in &card.flags {
        let ended = flag.ended.as_ref().map_or_else(String::new, |day| format!("　{day} に終了"));
        let (from, until) = (or(&flag.from), or(&flag.until));
        let _ = writeln!(text, "  {}　{from}～{until}　{}{ended}", flag.kind, or(&flag.reason));
    }
    text.push_str("接種\n");
    for dose in &card.doses {
        let state = match dose.state.as_str() {
            "replaced" => "　直す前の内容",
            "void" => "　取消",
            _ => "",
        };
        let what = match (&dose.series, &dose.dose) {
            (Some(series), Some(name)) => {
                let id = book.series().find(|id| id.as_str() == series);
                format!("{} {name}", id.map_or(series.as_str(), |id| book.series_name(id)))
            }
            (..) => "種類か回が分かりません".to_owned(),
        };
        let interview = if dose.result == Some("interview_only") { "（予診のみ）" } else { "" };
        let rest = [&dose.product, &dose.lot, &dose.clinic, &dose.doctor].map(or).join("　");
        let _ = writeln!(text, "  {}　{what}{interview}　{}　{}{state}", dose.on, rest.trim(), dose.origin);
        for odd in &dose.findings {
            let _ = writeln!(text, "    {}［{}］", odd.message, odd.source);
        }
    }
    text.push_str("通知\n");
    for notice in &card.notices {
        let number = notice.issue_no.map_or_else(String::new, |number| number.to_string());
        let state = match notice.state {
            "void" => "無効",
            "cancelled" => "取消",
            "returned" => "返戻",
            _ => "通知済み",
        };
        let _ = writeln!(text, "  {}　{}　発行no {number}　{state}", notice.on, notice.programme);
    }
    if let (Some(next), Some(as_of)) = (&card.next, as_of) {
        let _ = writeln!(text, "次（基準日 {as_of}）");
        for forecast in next.forecasts.iter().filter(|forecast| forecast.status != Status::None) {
            let _ = writeln!(text, "  {}", line(book, forecast, as_of));
        }
    }
    text
}
