//! 漏えい等の報告: what the report of a wrong mailing needs: how many people, what was shown of them, what was done when, until when it is due
//! (個人情報の保護に関する法律68条、同法施行規則43条・44条).

use crate::desk::batch::affected::{Affected, FIELDS};
use crate::desk::bundle::stage::Stage;
use chrono::Days;
use kansho_core::diag::Failure;
use kansho_register::log;
use kansho_register::store::Work;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// 速報: 速やかに, which the commission's guideline takes as three to five days.
const FIRST_REPORT: u64 = 5;
/// 確報
const FINAL_REPORT: u64 = 30;

/// An act of the log.
#[derive(Clone, Debug, Serialize)]
struct Done {
    seq: u64,
    at: String,
    action: String,
    operator: String,
}

/// What is written.
#[derive(Debug, Serialize)]
struct Incident<'a> {
    run: &'a str,
    found_on: String,
    people: usize,
    pieces: usize,
    of: usize,
    fields_exposed: [&'static str; FIELDS.len()],
    first_act: Option<Done>,
    last_act: Option<Done>,
    first_report_due: String,
    final_report_due: String,
}

/// Writes `incident.json` and `incident.md` into `out`; the day it was found is 処理日.
///
/// # Errors
/// [`Failure::Declined`] when `out` is not free; [`Failure::Io`] when the disk does not take it; a [`Failure`] of the store.
pub fn write(work: &mut Work<'_>, affected: &Affected, out: &Path) -> Result<(), Failure> {
    let run = affected.batch.run.as_str();
    let found_on = work.today();
    let (mut first, mut last): (Option<Done>, Option<Done>) = (None, None);
    log::each(work.link, 1, &mut |entry| {
        let text = |key: &str| entry.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        if entry.pointer("/detail/run").and_then(|value| value.as_str()) == Some(run) && text("outcome") == "ok" {
            let seq = entry.get("seq").and_then(serde_json::Value::as_u64).unwrap_or_default();
            let done = Done { seq, at: text("at"), action: text("action"), operator: text("operator") };
            first.get_or_insert_with(|| done.clone());
            last = Some(done);
        }
        Ok(())
    })?;
    let due = |days: u64| found_on.checked_add_days(Days::new(days)).unwrap_or(found_on).to_string();
    let people: BTreeSet<&str> = affected.pieces.iter().map(|piece| piece.person.as_str()).collect();
    let incident = Incident {
        run,
        found_on: found_on.to_string(),
        people: people.len(),
        pieces: affected.pieces.len(),
        of: affected.of,
        fields_exposed: FIELDS,
        first_act: first,
        last_act: last,
        first_report_due: due(FIRST_REPORT),
        final_report_due: due(FINAL_REPORT),
    };
    let stage = Stage::open(out)?;
    stage.write_json("incident.json", &incident)?;
    stage.write("incident.md", incident.words().as_bytes())?;
    stage.verified().release()
}

impl Incident<'_> {
    fn words(&self) -> String {
        let act = |done: &Option<Done>| match done {
            Some(done) => format!("{}（{}、{}、記録 {}）", done.at, done.action, done.operator, done.seq),
            None => "記録なし".to_owned(),
        };
        format!(
            "# 漏えい等の報告に要る事項\n\n- 処理番号: {}\n- 把握した日: {}\n- 本人の数: {} 人（通知 {} 通、処理の全体 {} 通）\n- 知られるおそれのある項目: {}\n- 最初の操作: {}\n- 最後の操作: {}\n- 速報の期限: {}（個人情報保護法68条1項、同法施行規則44条1項: 速やかに。おおむね3日から5日以内）\n- 確報の期限: {}（同条2項: 30日以内。不正の目的による場合は60日以内）\n- 本人への通知: 個人情報保護法68条2項\n",
            self.run,
            self.found_on,
            self.people,
            self.pieces,
            self.of,
            self.fields_exposed.join("、"),
            act(&self.first_act),
            act(&self.last_act),
            self.first_report_due,
            self.final_report_due
        )
    }
}
