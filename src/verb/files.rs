//! The options of every verb that reads the files of the day.

use crate::desk::inputs::Given;
use crate::verb::Context;
use crate::verb::caller::Look;
use crate::verb::marks::MarkArgs;
use chrono::NaiveDate;
use clap::Args;
use kansho_core::diag::Failure;
use kansho_intake::normalise;
use kansho_register::store::Act;
use std::path::PathBuf;

/// The options of every verb that reads the two files.
#[derive(Clone, Debug, Args)]
pub struct FileArgs {
    /// 住民ファイル（.xlsx .xls .xlsb .ods .csv .tsv）。--ledger とともに付けなければ、登録簿から読みます
    #[arg(long, value_name = "FILE")]
    pub residents: Option<PathBuf>,
    /// What is said of the residents.
    #[command(flatten)]
    pub said: MarkArgs,
    /// 予防接種台帳（別添1の32項目）
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// 基準日（2026-12-01、R8.12.1 など。必須）
    #[arg(long, value_name = "DATE", value_parser = normalise::command_line_day)]
    pub as_of: NaiveDate,
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
    /// Whether the people are read from the register.
    ///
    /// # Errors
    /// [`Failure::Usage`] when only one of the files is named, or an option is for files alone.
    pub fn from_register(&self) -> Result<bool, Failure> {
        let usage = |text: &str| Err(Failure::Usage(text.to_owned()));
        match (&self.residents, &self.ledger) {
            (Some(_), Some(_)) => Ok(false),
            (None, None) => {
                let of_files = self.said.snapshot.is_some()
                    || self.previous.is_some()
                    || !self.said.marks.is_empty()
                    || !self.said.no_marks.is_empty();
                if of_files || self.said.marks_emptied.is_some() {
                    return usage(
                        "--marks --no-marks --marks-emptied --snapshot --previous は、--residents と --ledger のファイルから作るときのものです",
                    );
                }
                Ok(true)
            }
            (Some(_), None) => usage("--ledger に予防接種台帳も指定してください（二つとも付けなければ、登録簿から読みます）"),
            (None, Some(_)) => usage("--residents に住民ファイルも指定してください（二つとも付けなければ、登録簿から読みます）"),
        }
    }

    /// The register, when the people are read from it and it is permitted.
    ///
    /// # Errors
    /// As [`FileArgs::from_register`] and [`Context::look`].
    pub fn look(&self, context: &Context, act: &Act<'_>) -> Result<Option<Look>, Failure> {
        if self.from_register()? { context.look(act).map(Some) } else { Ok(None) }
    }

    /// What the job is given.
    #[must_use]
    pub fn given(&self, look: Option<&Look>) -> Given {
        Given {
            register: look.map(|look| look.register.clone()),
            residents: self.residents.clone(),
            marks: self.said.marks.clone(),
            no_marks: self.said.no_marks.clone(),
            marks_emptied: self.said.marks_emptied.clone(),
            ledger: self.ledger.clone(),
            as_of: self.as_of,
            snapshot: self.said.snapshot,
            post_on: self.post_on,
            since: self.since,
            previous: self.previous.clone(),
            accept_import_gap: self.accept_import_gap.clone(),
            accept_old_ledger: self.accept_old_ledger.clone(),
        }
    }
}
