//! `kansho seal BATCH`: decide everybody once more as of the hand-over day, pull who must not be written to, pack the rest.

use crate::cli::Format;
use crate::desk::Desk;
use crate::desk::batch::Named;
use crate::desk::batch::pull::CHANGED;
use crate::desk::batch::seal::{self, Done, Seal};
use crate::verb::marks::MarkArgs;
use crate::verb::{Context, Outcome, json, passphrase, pool, unwritten};
use chrono::NaiveDate;
use clap::Args;
use indicatif::ProgressBar;
use kansho_core::decision::Reason;
use kansho_core::diag::Failure;
use kansho_intake::normalise;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use serde_json::json as value;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(
    after_help = "例: kansho seal out/2026-12 --residents 住民-1203.xlsx --handover-on 2026-12-03 --out 受渡-2026-12.zip --pack-passphrase-file 合言葉.txt"
)]
pub struct SealArgs {
    /// 処理の出力フォルダー、または処理番号
    #[arg(value_name = "BATCH")]
    pub batch: String,
    /// 引渡日の前7日以内に抽出した住民ファイル（全件）
    #[arg(long, value_name = "FEED")]
    pub residents: PathBuf,
    /// What is said of the residents.
    #[command(flatten)]
    pub said: MarkArgs,
    /// 登録簿にあって住民ファイルにない人がいても続ける理由（その人の通知は抜きます）
    #[arg(long, value_name = "REASON")]
    pub accept_missing: Option<String>,
    /// 引渡日
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    pub handover_on: NaiveDate,
    /// 作る受渡ファイル（まだない名前）。隣に受渡書の控え（-handover.pdf）もできます
    #[arg(long, value_name = "PACK.zip")]
    pub out: PathBuf,
    /// 受渡ファイルの合言葉を一行で書いたファイル（なければ端末で聞きます）
    #[arg(long, value_name = "FILE")]
    pub pack_passphrase_file: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, the batch is not ready, or the feed is not sound; nothing is stored then.
pub fn run(args: &SealArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let look = context.look(&Act::new("seal", &[Role::Extract]))?;
    // Drawn on a terminal only.
    let progress = ProgressBar::new_spinner();
    let sealed = (|| {
        let passphrase = passphrase::fresh(args.pack_passphrase_file.as_deref())?;
        let wanted = Seal {
            named: Named::read(&args.batch)?,
            feed: args.residents.clone(),
            accept_missing: args.accept_missing.clone(),
            marked: args.said.marked(),
            handover_on: args.handover_on,
            out: args.out.clone(),
            passphrase: &passphrase,
        };
        let pool = pool(None)?;
        progress.enable_steady_tick(Duration::from_millis(120));
        let desk = Desk { pool: &pool, told: &|doing| progress.set_message(doing.words()) };
        let settings = |day| context.settings(day);
        seal::run(&wanted, (&look.register, &look.permit), &settings, &|day| context.folder_on(day), &desk)
    })();
    progress.finish_and_clear();
    let done = look.kept(sealed)?;
    if context.globals.format == Format::Json {
        as_json(&done, out)?;
    } else {
        in_words(&done, out)?;
    }
    Ok(Outcome::Done)
}

fn as_json(done: &Done, out: &mut dyn Write) -> Result<(), Failure> {
    let Done { batch, repeated, pulled, issue_no, log_head } = done;
    let pulled: Vec<_> = pulled.iter().map(|(no, code, reason)| value!({ "no": no, "code": code, "reason": reason })).collect();
    json(
        out,
        &value!({
            "run": batch.run,
            "state": batch.state.id(),
            "repeated": repeated,
            "selected": batch.selected,
            "printed": batch.printed,
            "pulled": pulled,
            "issue_no": { "first": issue_no.map(|(first, _)| first), "last": issue_no.map(|(_, last)| last) },
            "package": { "path": batch.package, "sha256": batch.package_sha256, "root": batch.package_root },
            "log_head": format!("{}:{}", log_head.seq, log_head.hash),
        }),
    )
}

fn in_words(done: &Done, out: &mut dyn Write) -> Result<(), Failure> {
    let Done { batch, repeated, pulled, log_head, .. } = done;
    if *repeated {
        writeln!(out, "封緘済みの処理です。受渡ファイルを確かめました").map_err(unwritten)?;
    }
    let printed = batch.printed.unwrap_or_default();
    writeln!(out, "処理番号 {}　送る {} = 渡す {printed} + 抜いた {}", batch.run, batch.selected, pulled.len())
        .map_err(unwritten)?;
    for (no, code, reason) in pulled {
        writeln!(out, "抜いた 通し番号 {no}　{code}　{}", word(reason)).map_err(unwritten)?;
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    writeln!(
        out,
        "受渡ファイル {}\n照合値 {}\n記録の末尾 {}:{}",
        text(&batch.package),
        text(&batch.package_root),
        log_head.seq,
        log_head.hash
    )
    .map_err(unwritten)?;
    writeln!(out, "合言葉は、受渡ファイルとは別の経路で伝えてください").map_err(unwritten)
}

fn word(reason: &str) -> &str {
    if reason == CHANGED {
        return "通知の内容が変わった";
    }
    Reason::ALL.iter().find(|known| known.id() == reason).map_or(reason, |known| known.word())
}
