//! `kansho inquiry`: 問合せ記録. What was asked and answered comes by file, never as an argument.

use crate::cli::Format;
use crate::desk::inquiry::{self, Words};
use crate::verb::{Context, Outcome, given, json, unwritten};
use clap::Subcommand;
use kansho_core::diag::Failure;
use serde_json::json as told;
use std::io::Write;
use std::path::PathBuf;

/// What is done with inquiries.
#[derive(Debug, Subcommand)]
pub enum InquiryVerb {
    /// 問合せを登録します
    Add {
        /// だれについて（人についての問合せでなければ書きません）
        #[arg(value_name = "予防接種番号")]
        person: Option<String>,
        /// 内容の JSON: {"received_on", "question", "answer", "closed_on"}（answer と closed_on はなくてもよい）。- で標準入力
        #[arg(long, value_name = "F.json")]
        from: PathBuf,
    },
    /// 問合せを完了にします
    Close {
        /// 問合せの番号
        #[arg(value_name = "ID")]
        id: u64,
        /// 内容の JSON: {"answer", "closed_on"}。- で標準入力
        #[arg(long, value_name = "F.json")]
        from: PathBuf,
    },
    /// 問合せの一覧
    List,
}

/// Runs the verb.
///
/// # Errors
/// As the doings of [`inquiry`].
pub fn run(verb: &InquiryVerb, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    match verb {
        InquiryVerb::Add { person, from } => {
            let words = Words::parse(&given::text(from)?)?;
            let id = inquiry::add(&mut context.register()?, &caller, person.as_deref(), &words)?;
            match context.globals.format {
                Format::Json => json(out, &told!({"inquiry": id, "person": person}))?,
                Format::Text | Format::Csv => writeln!(out, "問合せ {id} を登録しました").map_err(unwritten)?,
            }
        }
        InquiryVerb::Close { id, from } => {
            let words = Words::parse(&given::text(from)?)?;
            let closed_on = inquiry::close(&mut context.register()?, &caller, *id, &words)?;
            match context.globals.format {
                Format::Json => json(out, &told!({"inquiry": id, "closed_on": closed_on.to_string()}))?,
                Format::Text | Format::Csv => writeln!(out, "問合せ {id} を完了にしました").map_err(unwritten)?,
            }
        }
        InquiryVerb::List => {
            let list = inquiry::list(&mut context.register()?, &caller)?;
            match context.globals.format {
                Format::Json => json(out, &list)?,
                Format::Text | Format::Csv => {
                    for one in &list {
                        let person = one.person.as_deref().unwrap_or("（人によらない）");
                        let state = one.closed_on.as_ref().map_or_else(|| "未完了".to_owned(), |day| format!("{day} 完了"));
                        let question = one.question.as_deref().unwrap_or("（支援措置の人のため表示しません）");
                        writeln!(out, "{}　{}　{person}　{state}　{question}", one.inquiry, one.received_on)
                            .map_err(unwritten)?;
                    }
                }
            }
        }
    }
    Ok(Outcome::Done)
}
