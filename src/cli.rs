//! What a user may type. Words only: no meaning, no input or output. Each verb's own options stand in `verb/`.

use crate::verb::Verb;
use clap::{Args, Parser, ValueEnum};
use std::path::PathBuf;

/// 予防接種台帳から、個別勧奨通知・番号シール・宛名ラベル・郵便CSVを作ります。
#[derive(Debug, Parser)]
#[command(name = "kansho", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub globals: Globals,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of every verb.
#[derive(Clone, Debug, Args)]
pub struct Globals {
    /// 出力の形（一覧を出す命令で使います）
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// 規則集のフォルダー（既定: rules）
    #[arg(long, global = true, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// 日本郵便の utf_ken_all.csv（あれば jigyosyo.csv も）を置いたフォルダー
    #[arg(long, global = true, value_name = "DIR")]
    pub postal_data: Option<PathBuf>,
    /// 登録簿（kansho init で作るもの）
    #[arg(long, global = true, value_name = "FILE", default_value = "kansho.db")]
    pub register: PathBuf,
    /// 利用者の名（共用の口座のとき。付けなければ端末の口座の人として動きます）
    #[arg(long, global = true, value_name = "NAME")]
    pub account: Option<String>,
    /// 利用者の合言葉を一行で書いたファイル
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// 何のために見るのか（人を見る命令で要ります。記録に残ります）
    #[arg(long, global = true, value_name = "TEXT")]
    pub purpose: Option<String>,
}

/// 出力の形
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// 読むための文字
    Text,
    /// JSON
    Json,
    /// CSV（UTF-8）
    Csv,
}
