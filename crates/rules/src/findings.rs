//! 期間・間隔から外れた接種: each dose of a history is asked again as of its own day. It stays in the history, counts or not as
//! [`super::counting`] says, and is told; the office decides (接種間違いの報告), the doctor judges.

use super::counting::{Apart, product_oddity};
use super::engine::{self, Engine, Given, Next};
use super::{RuleBook, Subject};
use chrono::NaiveDate;
use kansho_core::decision::{Counting, Finding, FindingKind};
use kansho_core::history::DoseRecord;
use kansho_core::ids::SeriesId;

impl RuleBook {
    /// The doses of a series up to `as_of` that lie outside their window or interval, by date. Doses from before the book's
    /// own validity are not judged.
    #[must_use]
    pub fn findings(&self, subject: &Subject<'_>, series: SeriesId, as_of: NaiveDate) -> Vec<Finding> {
        let mut given: Vec<DoseRecord> = subject.doses.iter().filter(|d| engine::counted(d, as_of)).copied().collect();
        given.sort_by_key(|d| (d.given_on, d.source));
        let covered = |d: &DoseRecord| d.series == series && d.given_on >= self.validity.valid_from;
        let odd = (0..given.len()).filter(|at| covered(&given[*at])).flat_map(|at| {
            let dose = given[at];
            // Other vaccines of the same day were given with it, not before it.
            let before = given[..at].iter().filter(|d| d.given_on < dose.given_on || d.series == dose.series);
            let judged = self.judge(subject, &before.copied().collect::<Vec<_>>(), &dose);
            judged.into_iter().chain(self.product(subject, &dose)).map(move |(kind, words, source)| (dose, kind, words, source))
        });
        let (kept, apart) = self.sifted(subject, series, as_of);
        // What is told of a dose that does not count, or that moved up in its place, is told once.
        let told = |dose: &DoseRecord, kind: FindingKind| {
            let moved = kept.iter().any(|k| k.record == *dose && k.record.series == series && k.name != dose.dose);
            moved && kind == FindingKind::OutOfOrder || apart.iter().any(|a| a.given.record == *dose)
        };
        let mut found: Vec<_> = odd
            .filter(|(dose, kind, ..)| !told(dose, *kind))
            .map(|(dose, kind, words, source)| (dose, kind, words, source, Counting::Yes))
            .chain(apart.iter().map(|a| (a.given.record, a.kind, a.words.clone(), a.source.clone(), a.counts)))
            .collect();
        if found.is_empty() {
            return Vec::new();
        }
        found.sort_by_key(|(dose, kind, ..)| (dose.given_on, dose.source, *kind));
        let next = self.what_is_next(subject, series, as_of);
        let finding = |(dose, kind, words, source, counts)| {
            let kept = match counts {
                Counting::Yes => "記録は残し、回数に数えます",
                Counting::No => "記録は残し、回数には数えません",
                Counting::Ask => "回の番号か種類を確かめるまで、数えるかどうかを決めません",
            };
            let effect = next.as_ref().map_or_else(|| kept.to_owned(), |next| format!("{kept}。{next}"));
            Finding { dose, kind, words, counts, effect, source }
        };
        found.into_iter().map(finding).collect()
    }

    /// The doses of the series' own records: those that count, and the others.
    pub(super) fn sifted(&self, subject: &Subject<'_>, series: SeriesId, as_of: NaiveDate) -> (Vec<Given>, Vec<Apart>) {
        let Some(rule) = self.at(series, as_of) else { return (Vec::new(), Vec::new()) };
        let engine = Engine { series: rule, subject, as_of, live_on: None };
        let (kept, mut apart) = engine.sift(engine.given());
        apart.retain(|left| left.given.record.series == series);
        (kept, apart)
    }

    /// What follows for the next dose.
    fn what_is_next(&self, subject: &Subject<'_>, series: SeriesId, as_of: NaiveDate) -> Option<String> {
        self.ask(self.at(series, as_of)?, subject, as_of).into_iter().find_map(|next| match next {
            Next::Dose(dose) => Some(format!("次の{}は{}から{}まで", dose.name, dose.window.first, dose.window.last)),
            Next::Complete(_) => Some("残りの回はありません".to_owned()),
            Next::Never(_) => None,
        })
    }

    /// Whether the dose was the proposed one on its day, in its own series or in one that counts it (日本脳炎の特例).
    fn judge(&self, subject: &Subject<'_>, before: &[DoseRecord], dose: &DoseRecord) -> Option<(FindingKind, String, String)> {
        let day = dose.given_on;
        let then = Subject { doses: before, ..*subject };
        let also = self.rules.iter().filter(|r| r.at(day).by_count && r.at(day).counts.iter().any(|c| c.series == dose.series));
        let by_count = also.map(|rule| self.ask(rule.at(day), &then, day)).any(|answers| {
            answers.iter().any(|next| matches!(next, Next::Dose(d) if d.window.first <= day && day <= d.lawful_until))
        });
        if by_count {
            return None;
        }
        let rule = self.at(dose.series, day)?;
        let answers = self.ask(rule, &then, day);
        let named = |next: &&Next| match next {
            Next::Dose(d) => {
                let deemed = d.path.exception && rule.courses.get(d.path.course).is_some_and(|course| course.deemed);
                (d.name == dose.dose || rule.by_count || deemed)
                    && (dose.product.is_none() || d.product.is_none() || d.product == dose.product)
            }
            Next::Never(_) | Next::Complete(_) => false,
        };
        let law = rule.law.clone();
        let Some(Next::Dose(due)) = answers.iter().find(named) else {
            return match answers.first()? {
                Next::Complete(why) => {
                    Some((FindingKind::Extra, format!("{}は必要な回数を超えています（{why}）", dose.dose), law))
                }
                Next::Never(_) => Some((FindingKind::TooLate, format!("{}の対象ではない日の接種です", dose.dose), law)),
                Next::Dose(next) => {
                    let place = |name| rule.courses.iter().find_map(|c| c.doses.iter().position(|d| d.name == name));
                    if place(dose.dose) < place(next.name) {
                        Some((FindingKind::Repeated, format!("{}は済んでいて、次は{}でした", dose.dose, next.name), law))
                    } else {
                        Some((FindingKind::OutOfOrder, format!("{}の前に{}を受けた記録がありません", dose.dose, next.name), law))
                    }
                }
            };
        };
        if day < due.by_age {
            let words = format!("{}は{}から受けられるところ、{day}に受けています", dose.dose, due.by_age);
            return Some((FindingKind::TooYoung, words, due.law.clone()));
        }
        if day < due.window.first {
            let words = format!("{}は間隔をおいて{}から受けられるところ、{day}に受けています", dose.dose, due.window.first);
            return Some((FindingKind::TooSoon, words, due.law.clone()));
        }
        let late = || format!("{}は{}まで受けられるところ、{day}に受けています", dose.dose, due.lawful_until);
        (day > due.lawful_until).then(|| (FindingKind::TooLate, late(), due.law.clone()))
    }

    /// A product before or after its days, or under its age.
    fn product(&self, subject: &Subject<'_>, dose: &DoseRecord) -> Option<(FindingKind, String, String)> {
        let rule = self.at(dose.series, dose.given_on)?;
        let given = Given { name: dose.dose, product: dose.product, on: dose.given_on, record: *dose };
        let words = product_oddity(rule, subject.birth, given)?;
        Some((FindingKind::Product, format!("{}: {words}", dose.dose), rule.law.clone()))
    }
}
