//! What is said of a file of residents and its mark sheets: the options of every verb that reads one.

use crate::desk::registry::Marked;
use chrono::NaiveDate;
use clap::Args;
use kansho_intake::normalise;
use std::path::PathBuf;

/// The options.
#[derive(Clone, Debug, Args)]
pub struct MarkArgs {
    /// 住民ファイルの抽出日（抽出日の列がないとき）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    pub snapshot: Option<NaiveDate>,
    /// 送付先・支援措置・発送停止などのシートのあるファイル（住民がCSVのときなど。何度でも）
    #[arg(long, value_name = "FILE")]
    pub marks: Vec<PathBuf>,
    /// 送付先・支援措置・発送停止のシートがない理由（三つともないとき）。一つだけなら「送付先=理由」（何度でも）
    #[arg(long, value_name = "TEXT")]
    pub no_marks: Vec<String>,
    /// 前にあった支援措置の行がなくなった理由（点検表か記録に残ります）
    #[arg(long, value_name = "TEXT")]
    pub marks_emptied: Option<String>,
}

impl MarkArgs {
    /// The same for a feed of the register.
    #[must_use]
    pub fn marked(&self) -> Marked {
        let Self { snapshot, marks, no_marks, marks_emptied } = self.clone();
        Marked { snapshot, marks, no_marks, marks_emptied }
    }
}
