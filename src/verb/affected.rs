//! `kansho affected BATCH --where …`: exactly the pieces that something touches.

use crate::cli::Format;
use crate::desk::batch::Named;
use crate::desk::batch::affected::{self, Asked, FIELDS};
use crate::desk::batch::condition::Condition;
use crate::verb::{Context, Outcome, json, pool, table, unwritten};
use clap::Args;
use kansho_core::diag::Failure;
use kansho_register::batches::Piece;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Options of the verb.
#[derive(Debug, Args)]
#[command(after_help = "例: kansho affected out/2026-12 --where 'programme=mr1 and no>=10 and no<=12' --purpose 印刷不良")]
pub struct AffectedArgs {
    /// 処理の出力フォルダー、または処理番号
    #[arg(value_name = "BATCH")]
    pub batch: String,
    /// 条件（no programme trigger series ward postal template file page alternate substituted を = != < <= > >= と and or かっこで）
    #[arg(long = "where", value_name = "条件")]
    pub condition: String,
    /// その通知書だけを同じ番号で刷り直すフォルダー（空か、まだない名前）
    #[arg(long, value_name = "DIR")]
    pub reprint: Option<PathBuf>,
    /// 漏えい等の報告に要る事項を書くフォルダー（空か、まだない名前）
    #[arg(long, value_name = "DIR")]
    pub incident: Option<PathBuf>,
}

/// The JSON form (design §7b).
#[derive(Serialize)]
struct Told<'a> {
    run: &'a str,
    matched: usize,
    of: usize,
    fields_exposed: [&'static str; FIELDS.len()],
    pieces: Vec<OnePiece<'a>>,
}

#[derive(Serialize)]
struct OnePiece<'a> {
    no: u64,
    code: &'a str,
    person: &'a str,
    programme: &'a str,
}

impl<'a> From<&'a Piece> for OnePiece<'a> {
    fn from(piece: &'a Piece) -> Self {
        let Piece { no, code, person, programme, .. } = piece;
        Self { no: *no, code, person, programme }
    }
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when it is not permitted, the condition is not understood, or the folder is not what it was.
pub fn run(args: &AffectedArgs, context: &Context, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (caller, mut register) = (context.caller()?, context.register()?);
    let asked = Asked {
        named: Named::read(&args.batch)?,
        condition: Condition::parse(&args.condition)?,
        reprint: args.reprint.clone(),
        incident: args.incident.clone(),
    };
    let found = pool(None)?.install(|| affected::find(&mut register, &caller, &asked))?;
    let (run, matched, of) = (found.batch.run.as_str(), found.pieces.len(), found.of);
    match context.globals.format {
        Format::Json => {
            let pieces = found.pieces.iter().map(OnePiece::from).collect();
            json(out, &Told { run, matched, of, fields_exposed: FIELDS, pieces })?;
        }
        Format::Csv => table(
            out,
            ["通し番号", "通知コード", "予防接種番号", "事業"],
            found.pieces.iter().map(|p| [p.no.to_string(), p.code.clone(), p.person.clone(), p.programme.clone()]),
        )?,
        Format::Text => {
            writeln!(out, "処理番号 {run}　{of} 通のうち {matched} 通\n載っている項目 {}", FIELDS.join("、"))
                .map_err(unwritten)?;
            for p in &found.pieces {
                writeln!(out, "通し番号 {}　{}　予防接種番号 {}　{}", p.no, p.code, p.person, p.programme).map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}
