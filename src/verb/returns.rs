//! `kansho returns`: letters that came back.

use crate::cli::Format;
use crate::desk::batch::returns::{self, CameBack, Written};
use crate::notice::Office;
use crate::verb::{Context, Outcome, json, table, unwritten};
use chrono::NaiveDate;
use clap::Subcommand;
use kansho_core::diag::Failure;
use kansho_intake::normalise;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// What is done with letters that came back.
#[derive(Debug, Subcommand)]
pub enum ReturnsVerb {
    /// 一通を登録します（住所が変わるまで、次の通知を止めます）
    Add {
        /// 通知コード、または発行no
        #[arg(value_name = "CODE|ISSUE_NO")]
        letter: String,
        /// あて所なし、転居、受取拒否、保管期間経過、その他
        #[arg(long, value_name = "理由")]
        reason: String,
        /// 戻ってきた日
        #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
        on: NaiveDate,
    },
    /// 一覧（通知コードか発行no、理由、返戻日 の列のあるCSV）をまとめて登録します
    Import {
        /// 一覧
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// The JSON form (design §7b).
#[derive(Serialize)]
struct Told<'a> {
    #[serde(rename = "return")]
    id: u64,
    person: &'a str,
    run: &'a str,
    rate: Option<f64>,
    alarm: bool,
}

impl<'a> From<&'a Written> for Told<'a> {
    fn from(written: &'a Written) -> Self {
        let Written { id, person, run, rate, alarm } = written;
        Self { id: *id, person, run, rate: *rate, alarm: *alarm }
    }
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, or a letter is not known or came back before.
pub fn run(verb: &ReturnsVerb, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, mut register) = (context.caller()?, context.register()?);
    let alarm_percent = Office::load(&context.folder)?.returns.alarm_percent;
    let written = match verb {
        ReturnsVerb::Add { letter, reason, on } => {
            let letter = CameBack { letter: letter.clone(), reason: returns::known_reason(reason)?, on: *on };
            vec![returns::add(&mut register, &caller, &letter, alarm_percent)?]
        }
        ReturnsVerb::Import { file } => returns::import(&mut register, &caller, file, alarm_percent)?,
    };
    let rate = |one: &Written| one.rate.map_or_else(String::new, |rate| format!("{rate:.2}"));
    match (context.globals.format, verb, written.as_slice()) {
        (Format::Json, ReturnsVerb::Add { .. }, [one]) => json(out, &Told::from(one))?,
        (Format::Json, ..) => json(out, &written.iter().map(Told::from).collect::<Vec<_>>())?,
        (Format::Csv, ..) => table(
            out,
            ["返戻", "予防接種番号", "処理番号", "返戻率", "警報"],
            written.iter().map(|one| {
                let alarm = if one.alarm { "警報" } else { "" };
                [one.id.to_string(), one.person.clone(), one.run.clone(), rate(one), alarm.to_owned()]
            }),
        )?,
        (Format::Text, ..) => {
            for one in &written {
                let alarm =
                    if one.alarm { "　返戻が多すぎます。住所の抽出を確かめてください" } else { "" };
                writeln!(out, "返戻 {}　予防接種番号 {}　処理 {}　返戻率 {}%{alarm}", one.id, one.person, one.run, rate(one))
                    .map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}
