//! kansho sjis: what becomes of a text in a Shift_JIS file (design §7).

use crate::cli::Format;
use crate::verb::{Context, Outcome, unwritten, with_gaiji};
use clap::{Args, ValueEnum};
use kansho_chars::sjis::{Conversion, Refusal, Review, Substitution, plan};
use kansho_chars::unit::code_points;
use kansho_chars::{Overrides, Profile, Variants};
use kansho_core::diag::{Failure, show};
use serde::Serialize;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Options of the verb.
#[derive(Debug, Args)]
pub struct SjisArgs {
    /// 出力の文字集合（cp932: 機種依存文字を含む、jisx0208: 第1・第2水準だけ）
    #[arg(long, value_enum, default_value = "cp932")]
    pub profile: ProfileName,
    /// 外字の取り決め（既定: gaiji.toml）
    #[arg(long, value_name = "FILE")]
    pub gaiji: Option<PathBuf>,
    /// 変換する文字列（- なら標準入力から UTF-8 で読みます）
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
}

/// 出力の文字集合の名
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ProfileName {
    /// Windows の Shift_JIS（NEC 13区と IBM 拡張文字を含む）
    Cp932,
    /// 第1・第2水準だけ
    Jisx0208,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Cp932 => Self::Cp932,
            ProfileName::Jisx0208 => Self::JisX0208,
        }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    bytes: Option<String>,
    substitutions: &'a [Substitution],
    review: &'a [Review],
    refused: &'a [Refusal],
}

/// Runs the verb.
///
/// # Errors
/// [`Failure::Io`] when a table or the standard input cannot be read, [`Failure::Usage`] for a table that is not understood,
/// [`Failure::Declined`] for input that is not UTF-8.
pub fn run(args: &SjisArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let table = Variants::load(&context.folder)?;
    let gaiji = Overrides::load(&with_gaiji(context, args.gaiji.as_deref()))?;
    let text = if args.text == "-" { standard_input()? } else { args.text.clone() };
    let conversion = plan(&text, args.profile.into(), &table, &gaiji);
    let printed = match context.globals.format {
        Format::Json => json(&conversion)?,
        Format::Text => words(&conversion),
        Format::Csv => return Err(Failure::Usage("sjis の --format は text か json です".to_owned())),
    };
    out.write_all(printed.as_bytes()).map_err(unwritten)?;
    Ok(if conversion.bytes.is_some() { Outcome::Done } else { Outcome::Refused })
}

/// One line of text; the line end that a pipe adds is not part of it.
fn standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| Failure::io("読めません", Path::new("標準入力"), e))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        Failure::Declined(format!("標準入力の{}バイト目が UTF-8 ではありません", e.utf8_error().valid_up_to() + 1))
    })?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |t| t.strip_suffix('\r').unwrap_or(t));
    Ok(line.to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn json(conversion: &Conversion) -> Result<String, Failure> {
    let shown = Shown {
        bytes: conversion.bytes.as_deref().map(hex),
        substitutions: &conversion.substitutions,
        review: &conversion.review,
        refused: &conversion.refused,
    };
    serde_json::to_string(&shown).map(|s| s + "\n").map_err(|e| Failure::Usage(format!("JSON にできません: {e}")))
}

fn words(conversion: &Conversion) -> String {
    let mut lines = vec![match &conversion.bytes {
        Some(bytes) => format!("バイト列: {}（{} バイト）", hex(bytes), bytes.len()),
        None => "バイト列: なし（このままでは書き出せません）".to_owned(),
    }];
    for s in &conversion.substitutions {
        let to = if s.to.is_empty() { "（削除）" } else { &s.to };
        lines.push(format!("代替: {}（{}）→ {to}  {}／{}", s.from, code_points(&s.from), s.relation, s.source));
    }
    for r in &conversion.review {
        let candidates: Vec<&str> = r.candidates.iter().map(|c| c.to.as_str()).collect();
        lines.push(format!(
            "要確認: {}文字目 {}（{}） 候補 {}。決めたら gaiji.toml に書いてください",
            r.position,
            r.from,
            r.code_points,
            candidates.join("・")
        ));
    }
    for r in &conversion.refused {
        lines.push(format!("不可: {}文字目 {}（{}） {}", r.position, r.from, r.code_points, r.reason));
    }
    lines.iter().map(|line| show::terminal(line) + "\n").collect()
}
