//! 一度だけ: whether a notice was issued before, and the occasion it is issued once for.

use crate::decide::candidacy::{self, Candidacy};
use crate::decide::outsider::yearly;
use crate::decide::programme::Programme;
use crate::decide::{Ground, Period};
use kansho_core::calendar;
use kansho_core::case::Case;
use kansho_core::keys::ProgrammeKey;
use kansho_core::notice::{NoticeRecord, Trigger};

/// A notice of the same kind already issued for this window (issued once; CK18).
pub(super) fn before<'a>(
    case: &'a Case,
    programme: &Programme,
    candidacy: &Candidacy<'_>,
    period: &Period,
) -> Option<&'a NoticeRecord> {
    let from = match (candidacy.rule.kind, candidacy.anchor) {
        (Trigger::First | Trigger::MoverIn, Some(anchor)) if !programme.targets.is_empty() => {
            calendar::month_shift(anchor, -candidacy.rule.months_before - 2)
        }
        (Trigger::First | Trigger::MoverIn, _) => None,
        (Trigger::Reminder | Trigger::LastCall, _) => calendar::first_of_month(candidacy.notice_month.min(period.as_of)),
    };
    case.notices.iter().find(|notice| {
        let same_kind = match candidacy.rule.kind {
            Trigger::First | Trigger::MoverIn => matches!(notice.trigger, Trigger::First | Trigger::MoverIn),
            Trigger::Reminder | Trigger::LastCall => notice.trigger == candidacy.rule.kind,
        };
        notice.programme == programme.id && same_kind && from.is_none_or(|from| notice.noticed_on >= from)
    })
}

/// The occasion that a notice is issued once for, as a register keys it: it never holds back a notice that `before` lets through.
///
/// A yearly programme has one a fiscal year, a reminder one a month, whatever is counted from a day one for that day, the rest one for ever.
#[must_use]
pub fn occasion(case: &Case, of: ProgrammeKey, ground: &Ground<'_>) -> String {
    const EVER: &str = "once";
    let programme = &ground.programmes[of];
    let Some(candidacy) = candidacy::find(case, programme, &ground.period) else { return EVER.to_owned() };
    match (candidacy.rule.kind, candidacy.anchor) {
        (Trigger::Reminder | Trigger::LastCall, _) => candidacy.notice_month.min(ground.period.as_of).format("%Y-%m").to_string(),
        (Trigger::First | Trigger::MoverIn, Some(anchor)) if !programme.targets.is_empty() => {
            if yearly(programme) {
                calendar::fiscal_year(anchor).to_string()
            } else {
                anchor.to_string()
            }
        }
        (Trigger::First | Trigger::MoverIn, _) => EVER.to_owned(),
    }
}
