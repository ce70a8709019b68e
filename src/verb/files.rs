//! The options of every verb that reads the files of the day.

use crate::desk::inputs::Given;
use chrono::NaiveDate;
use clap::Args;
use kansho_intake::normalise;
use std::path::PathBuf;

/// The options of every verb that reads the two files.
#[derive(Clone, Debug, Args)]
pub struct FileArgs {
    /// 住民ファイル（.xlsx .xls .xlsb .ods .csv .tsv）
    #[arg(long, value_name = "FILE")]
    pub residents: PathBuf,
    /// 送付先・支援措置・発送停止などのシートのあるファイル（住民がCSVのときなど。何度でも）
    #[arg(long, value_name = "FILE")]
    pub marks: Vec<PathBuf>,
    /// 送付先・支援措置・発送停止のシートがない理由（三つともないとき）。一つだけなら「送付先=理由」（何度でも）
    #[arg(long, value_name = "TEXT")]
    pub no_marks: Vec<String>,
    /// 前回あった支援措置の行がなくなった理由（点検表の初めに載ります）
    #[arg(long, value_name = "TEXT")]
    pub marks_emptied: Option<String>,
    /// 予防接種台帳（別添1の32項目）
    #[arg(long, value_name = "FILE")]
    pub ledger: PathBuf,
    /// 基準日（2026-12-01、R8.12.1 など。必須）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    pub as_of: NaiveDate,
    /// 住民ファイルの抽出日（抽出日の列がないとき）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    pub snapshot: Option<NaiveDate>,
    /// 発送日（既定: 基準日）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    pub post_on: Option<NaiveDate>,
    /// 前回の処理の翌日（既定: 基準日の月の初日）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day, conflicts_with = "previous")]
    pub since: Option<NaiveDate>,
    /// 前回の出力フォルダー（その翌日から数え、出した通知を二度出さず、点検表に前回との差を載せます）
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
    /// 取り込まれていない月があっても続ける理由（点検表に残ります）
    #[arg(long, value_name = "TEXT")]
    pub accept_import_gap: Option<String>,
    /// 台帳の最も新しい接種が古くても続ける理由（点検表に残ります）
    #[arg(long, value_name = "TEXT")]
    pub accept_old_ledger: Option<String>,
}

impl FileArgs {
    /// What the job is given.
    #[must_use]
    pub fn given(&self) -> Given {
        Given {
            residents: self.residents.clone(),
            marks: self.marks.clone(),
            no_marks: self.no_marks.clone(),
            marks_emptied: self.marks_emptied.clone(),
            ledger: self.ledger.clone(),
            as_of: self.as_of,
            snapshot: self.snapshot,
            post_on: self.post_on,
            since: self.since,
            previous: self.previous.clone(),
            accept_import_gap: self.accept_import_gap.clone(),
            accept_old_ledger: self.accept_old_ledger.clone(),
        }
    }
}
