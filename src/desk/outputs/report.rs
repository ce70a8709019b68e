//! 点検表 `office/report.html`.

use crate::desk::inputs::Inputs;
use crate::desk::outputs::{Job, Made, Output};
use crate::record::report;
use kansho_core::diag::Failure;

const FILE: &str = "office/report.html";

/// 点検表（決裁用）.
#[derive(Debug)]
pub(super) struct ReportPage;

impl Output for ReportPage {
    fn key(&self) -> &'static str {
        "report"
    }

    fn owns(&self, path: &str) -> bool {
        path == FILE
    }

    fn leaves(&self) -> bool {
        false
    }

    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
        let Inputs { joined, period, snapshot, previous, accepted, settings, .. } = job.inputs;
        let page = report::Page {
            run: &job.run.0,
            period: *period,
            snapshot: *snapshot,
            counts: &made.counts,
            cases: &joined.cases,
            decisions: job.decisions,
            programmes: &settings.programmes,
            ground: job.inputs.ground(),
            previous: previous.as_ref(),
            accepted,
            home: &settings.folder.shown(),
            rules: settings.rule_book(),
            sample: settings.office.sample,
            report: job.found,
        };
        job.stage.write(FILE, page.html().as_bytes())
    }
}
