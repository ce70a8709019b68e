//! `kansho find`: who is meant, by what somebody at the counter says of themselves; asked in a file, never in arguments.

use crate::cli::Format;
use crate::desk::registry::find::{self, One, Query};
use crate::verb::{Context, Outcome, given, json, table, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(
    after_help = "例: kansho find --query-file 検索.json --purpose 窓口照会\n    検索.json: {\"kana\": \"ミホン ハナコ\", \"birth\": \"R8.1.15\"}（kana name birth sex number issue_no code のうち分かるもの。名は初めの部分でも）"
)]
pub struct FindArgs {
    /// 検索の条件（JSON。「-」は標準入力）
    #[arg(long, value_name = "FILE")]
    pub query_file: PathBuf,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, the query cannot be read, or more than twenty people are meant.
pub fn run(args: &FindArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let look = context.look(&Act::purposeful("find", &[Role::Lookup]))?;
    let found = given::text(&args.query_file).and_then(|text| {
        let (query, settings) = (Query::read(&text)?, context.newest_settings()?);
        Ok((find::find(&look.register, &query, look.permit.sees_protected(), &settings)?, query))
    });
    let (found, query) = look.kept(found)?;
    look.enter(|work| {
        work.note("by", query.fields());
        work.note("count", found.count);
        work.note("people", found.people.iter().map(|one| one.person.clone()).collect::<Vec<_>>());
    })?;
    let words = |one: &One| {
        let protected = if one.protected { "支援措置" } else { "" };
        [one.person.clone(), one.ward.clone().unwrap_or_default(), protected.to_owned()]
    };
    match context.globals.format {
        Format::Json => json(out, &found)?,
        Format::Csv => table(out, ["予防接種番号", "区", "支援措置"], found.people.iter().map(words))?,
        Format::Text => {
            for one in &found.people {
                writeln!(out, "{}", words(one).join("　").trim_end()).map_err(unwritten)?;
            }
            writeln!(out, "{} 人", found.count).map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}
