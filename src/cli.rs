//! What a user may type. Words only: no meaning, no input or output. Each verb's own options stand in `verb/`.

use clap::{Args, Parser, Subcommand, ValueEnum};
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

/// 命令
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 月次の処理: 通知書・シール・宛名ラベル・郵便CSVを作り、読み返して確かめます
    Run(crate::verb::run::RunArgs),
    /// 判定の一覧だけ（文書は作りません）
    Select(crate::verb::select::SelectArgs),
    /// なぜ届くのか、なぜ届かないのか
    Why(crate::verb::why::WhyArgs),
    /// 一人の通知を再発行します
    Reissue(crate::verb::reissue::ReissueArgs),
    /// 印刷会社に渡すファイルだけを、暗号化した一つのzipにします
    Pack(crate::verb::pack::PackArgs),
    /// 出力フォルダーや受渡ファイルが元のとおりかを確かめます
    Verify(crate::verb::verify::VerifyArgs),
    /// ある人が受けられる定期接種と期間（作った例でも可）
    Due(crate::verb::due::DueArgs),
    /// 事業の一覧（--programme に書ける名）
    Programmes(crate::verb::programmes::ProgrammesArgs),
    /// 規則集の点検と表示
    Rules(crate::verb::rules::RulesArgs),
    /// ひな形の点検（法定の項目、差し込み、枠、窓）
    Templates(crate::verb::templates::TemplatesArgs),
    /// 印字位置の調整用紙（ラベルの縁、窓、折り、目盛り）
    Calibrate(crate::verb::calibrate::CalibrateArgs),
    /// カスタマバーコードの内容
    Barcode(crate::verb::barcode::BarcodeArgs),
    /// Shift_JIS への変換の結果
    Sjis(crate::verb::sjis::SjisArgs),
    /// フォントの点検（住民ファイルの文字をすべて印字できるか）
    Fonts(crate::verb::fonts::FontsArgs),
}
