//! `kansho log`: the access log and the proof of its chain (CK24).

use crate::cli::Format;
use crate::desk::access_log::{self, Exported};
use crate::verb::{Context, Outcome, json, table, unwritten};
use clap::Subcommand;
use kansho_core::diag::{Code, Failure};
use kansho_register::access::{self, Month, Report};
use kansho_register::log::{self, Head};
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Register};
use serde_json::{Value as Entry, json as told};
use std::io::Write;
use std::path::PathBuf;

/// What is done with the log.
#[derive(Debug, Subcommand)]
pub enum LogVerb {
    /// 記録のつながりを初めから確かめます
    Verify {
        /// 受渡書・点検表・控えに印字された照合値（番号:照合値）。終わりが切り取られていないかも分かります
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<String>,
    },
    /// いまの照合値
    Head,
    /// 記録を見ます
    Show {
        /// この人（予防接種番号）についての記録だけ
        #[arg(long, value_name = "予防接種番号")]
        person: Option<String>,
        /// この利用者の記録だけ
        #[arg(long, value_name = "NAME")]
        operator: Option<String>,
        /// この番号の記録から
        #[arg(long, value_name = "SEQ", default_value_t = 1)]
        from_seq: u64,
    },
    /// 月次の点検: だれが何人を見たか、夜間、拒否、長い利用
    Report {
        /// 月（2026-12）
        #[arg(value_name = "YYYY-MM", value_parser = Month::parse)]
        month: Month,
    },
    /// 長い利用についての所属課の回答を登録します
    Reply {
        /// 月（2026-12）
        #[arg(value_name = "YYYY-MM", value_parser = Month::parse)]
        month: Month,
        /// だれについて
        #[arg(long, value_name = "NAME")]
        operator: String,
        /// 回答（利用の目的。氏名や住所は書きません）
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// 月の点検を確認済みにします（一度だけ。回答した人とは別の人がします）
    Signoff {
        /// 月（2026-12）
        #[arg(value_name = "YYYY-MM", value_parser = Month::parse)]
        month: Month,
    },
    /// 記録をすべて、つながりの値とともに新しいファイルに書き出します
    Export {
        /// 作るファイル（まだない名前）
        #[arg(value_name = "F.jsonl")]
        out: PathBuf,
    },
}

const AUDIT: &[Role] = &[Role::Audit];
const COLUMNS: [&str; 7] = ["番号", "日時", "利用者", "操作", "結果", "予防接種番号", "目的"];

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted or the log cannot be read.
pub fn run(verb: &LogVerb, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let caller = context.caller()?;
    let mut register = context.register()?;
    match verb {
        LogVerb::Verify { head } => {
            let form = || Failure::Usage("--head は、印字された「番号:照合値」をそのまま書いてください".to_owned());
            let paper = head.as_deref().map(|text| log::parse_head(text).ok_or_else(form)).transpose()?;
            // The chain is looked at before this act's own entry is behind it.
            let permit = register.permit(&caller, &Act::new("log verify", AUDIT))?;
            let verified = register.read(|link| Ok(log::verify(link, paper.as_ref())?))?;
            register.perform(&permit, |work| {
                work.note("ok", verified.bad.is_none());
                Ok(())
            })?;
            let bad = verified.bad.as_ref().map(|bad| told!({"seq": bad.seq, "why": bad.why}));
            match context.globals.format {
                Format::Json => json(
                    out,
                    &told!({"ok": verified.bad.is_none(), "entries": verified.entries, "head": verified.head.to_string(), "bad": bad}),
                )?,
                Format::Text | Format::Csv => {
                    writeln!(out, "記録 {} 件\n照合値 {}", verified.entries, verified.head).map_err(unwritten)?;
                    if paper.is_none() {
                        let words =
                            "記録の終わりが切り取られていないかは、紙に印字された照合値（--head）と比べないと分かりません";
                        writeln!(out, "{words}").map_err(unwritten)?;
                    }
                }
            }
            match verified.bad {
                None => Ok(Outcome::Done),
                Some(bad) => Err(Failure::barred(Code::LogDiffers, format!("{} 番の記録: {}", bad.seq, bad.why))),
            }
        }
        LogVerb::Head => {
            let head = register.act(&caller, &Act::new("log head", AUDIT), |work| Ok(log::head(work.link)?))?;
            match context.globals.format {
                Format::Json => json(out, &told!({"head": head.to_string()}))?,
                Format::Text | Format::Csv => writeln!(out, "{head}").map_err(unwritten)?,
            }
            Ok(Outcome::Done)
        }
        LogVerb::Show { person, operator, from_seq } => {
            let wanted = Wanted { person: person.as_deref(), operator: operator.as_deref(), from: *from_seq };
            show(&wanted, &mut register, &caller, context, out)
        }
        LogVerb::Report { month } => {
            let act = Act::new("log report", AUDIT);
            let (report, head) = register.act(&caller, &act, |work| {
                work.note("month", month.to_string());
                Ok((access::report(work.link, month)?, log::head(work.link)?))
            })?;
            match context.globals.format {
                Format::Json => json(out, &report)?,
                Format::Text | Format::Csv => reported(&report, &head, out)?,
            }
            Ok(Outcome::Done)
        }
        LogVerb::Reply { month, operator, reason } => {
            register.act(&caller, &Act::new("log reply", AUDIT), |work| {
                work.note("month", month.to_string());
                work.note("name", operator.as_str());
                work.note("reason", reason.as_str());
                access::reply(work.link, month, operator, reason, &work.permit.operator.name, work.permit.at)
            })?;
            match context.globals.format {
                Format::Json => json(out, &told!({"month": month.to_string(), "operator": operator, "reason": reason.trim()}))?,
                Format::Text | Format::Csv => {
                    writeln!(out, "{month} の {operator} についての回答を登録しました").map_err(unwritten)?;
                }
            }
            Ok(Outcome::Done)
        }
        LogVerb::Signoff { month } => {
            let head = register.act(&caller, &Act::new("log signoff", AUDIT), |work| {
                work.note("month", month.to_string());
                access::sign_off(work.link, month, &work.permit.operator.name, work.permit.at)
            })?;
            let by = caller.name();
            match context.globals.format {
                Format::Json => json(out, &told!({"month": month.to_string(), "by": by, "head": head.to_string()}))?,
                Format::Text | Format::Csv => {
                    writeln!(out, "{month} の記録を確認済みにしました（{by}）\n照合値 {head}").map_err(unwritten)?;
                }
            }
            Ok(Outcome::Done)
        }
        LogVerb::Export { out: file } => {
            let exported = access_log::export(&mut register, &caller, file)?;
            match context.globals.format {
                Format::Json => json(out, &exported)?,
                Format::Text | Format::Csv => {
                    let Exported { path, entries, head, sha256 } = &exported;
                    writeln!(out, "記録 {entries} 件を書き出しました {path}\n照合値 {head}\nSHA-256 {sha256}")
                        .map_err(unwritten)?;
                }
            }
            Ok(Outcome::Done)
        }
    }
}

/// Which entries are shown.
struct Wanted<'a> {
    person: Option<&'a str>,
    operator: Option<&'a str>,
    from: u64,
}

fn show(
    wanted: &Wanted<'_>,
    register: &mut Register,
    caller: &Caller,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let word = |entry: &Entry, key: &str| entry.get(key).and_then(Entry::as_str).unwrap_or_default().to_owned();
    let is = |entry: &Entry, key: &str, wanted: Option<&str>| wanted.is_none_or(|wanted| word(entry, key) == wanted);
    let act = Act { person: wanted.person, ..Act::new("log show", AUDIT) };
    let entries = register.act(caller, &act, |work| {
        let mut entries = Vec::new();
        log::each(work.link, wanted.from, &mut |entry| {
            let meant = is(entry, "person", wanted.person) && is(entry, "operator", wanted.operator);
            entries.extend(meant.then(|| entry.clone()));
            Ok(())
        })?;
        work.note("entries", entries.len());
        Ok(entries)
    })?;
    let row = |entry: &Entry| {
        let seq = entry.get("seq").map(Entry::to_string).unwrap_or_default();
        let [at, operator, action, outcome, person, purpose] =
            ["at", "operator", "action", "outcome", "person", "purpose"].map(|key| word(entry, key));
        let ended = match outcome.as_str() {
            "ok" => "可",
            "denied" => "拒否",
            _ => "不成立",
        };
        [seq, at, operator, action, ended.to_owned(), person, purpose]
    };
    match context.globals.format {
        Format::Json => json(out, &entries)?,
        Format::Csv => table(out, COLUMNS, entries.iter().map(row))?,
        Format::Text => {
            writeln!(out, "{}", COLUMNS.join("　")).map_err(unwritten)?;
            for entry in &entries {
                writeln!(out, "{}", row(entry).join("　")).map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn reported(report: &Report, head: &Head, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{} の記録の点検\n利用者　人を見た回数　見た人数　一括　夜間　拒否", report.month).map_err(unwritten)?;
    for one in &report.operators {
        let numbers = [one.lookups, one.people as u64, one.bulk, one.night, one.denied].map(|number| number.to_string());
        writeln!(out, "{}　{}", one.operator, numbers.join("　")).map_err(unwritten)?;
    }
    for one in &report.long_sessions {
        let reason = one.reason.as_deref().unwrap_or("回答なし");
        writeln!(out, "長い利用　{}　{} から {} まで　{reason}", one.operator, one.from, one.until).map_err(unwritten)?;
    }
    writeln!(out, "照合値 {head}").map_err(unwritten)
}
