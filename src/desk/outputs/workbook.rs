//! 判定一覧 `office/decisions.xlsx`.

use crate::desk::outputs::{Job, Made, Output};
use crate::record::decisions;
use kansho_core::diag::Failure;
use std::path::Path;

const FILE: &str = "office/decisions.xlsx";

/// 判定一覧.
#[derive(Debug)]
pub(super) struct Workbook;

impl Output for Workbook {
    fn key(&self) -> &'static str {
        "decisions"
    }

    fn owns(&self, path: &str) -> bool {
        path == FILE
    }

    fn leaves(&self) -> bool {
        false
    }

    fn make(&self, job: &Job<'_>, _made: &mut Made) -> Result<(), Failure> {
        let (cases, programmes) = (&job.inputs.joined.cases, &job.inputs.settings.programmes);
        let book = decisions::workbook(cases, job.decisions, programmes, job.inputs.period.as_of)
            .map_err(|e| Failure::io("判定一覧を作れません", Path::new(FILE), std::io::Error::other(e)))?;
        job.stage.write(FILE, &book)
    }
}
