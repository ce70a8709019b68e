//! 差し出し: `postal-summary.csv` and `postal-slip.pdf`, a page for each paper.

use crate::desk::bundle::packed::Packed;
use crate::desk::outputs::{Job, Made, Output};
use kansho_core::diag::Failure;
use kansho_post::sorting;

const SUMMARY: &str = "postal-summary.csv";
const SLIP: &str = "postal-slip.pdf";

/// 差出票の下書きと、区分・割引の内訳.
#[derive(Debug)]
pub(super) struct Posting;

impl Output for Posting {
    fn key(&self) -> &'static str {
        "posting"
    }

    fn owns(&self, path: &str) -> bool {
        path == SUMMARY || path == SLIP
    }

    fn leaves(&self) -> bool {
        true
    }

    fn make(&self, job: &Job<'_>, _made: &mut Made) -> Result<(), Failure> {
        job.stage.write(SUMMARY, &sorting::summary_csv(&job.mailing.counted())?)?;
        job.document(SLIP, "郵便物差出票（下書き）", &job.mailing.slips(job.forms, &job.run.0))
    }

    fn holds(&self, path: &str, _bytes: &dyn Fn() -> Option<Vec<u8>>, _packed: &Packed) -> String {
        if path == SLIP { "差出票の下書き" } else { "郵便区番号・結束・割引の内訳" }.to_owned()
    }
}
