//! 文字の一覧 `office/characters.csv`: what stands on paper or in the postal file otherwise than in the register.

use crate::desk::characters::{self, Uses};
use crate::desk::outputs::{Job, Made, Output};
use kansho_core::diag::Failure;

const FILE: &str = "office/characters.csv";

/// 文字の一覧.
#[derive(Debug)]
pub(super) struct Characters;

impl Output for Characters {
    fn key(&self) -> &'static str {
        "characters"
    }

    fn owns(&self, path: &str) -> bool {
        path == FILE
    }

    fn leaves(&self) -> bool {
        false
    }

    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
        let (cases, posted) = (&job.inputs.joined.cases, &made.substituted);
        let uses = Uses { pieces: job.pieces, decisions: job.decisions, cases, found: job.found, posted };
        job.stage.write(FILE, &characters::csv(&uses, job.forms))
    }
}
