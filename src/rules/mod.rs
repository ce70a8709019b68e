//! 規則: what a person may get, from when until when (`rules/*.toml`). The only module that knows the vaccination schedule.

mod book;
mod engine;
mod point;
pub mod validity;

use crate::diag::Failure;
use crate::domain::decision::{Forecast, Status};
use crate::domain::history::{DoseRecord, Knowledge};
use crate::domain::person::Sex;
use crate::domain::residency::{Removal, Standing};
use crate::domain::symbol::{DoseName, SeriesId};
use book::Series;
use chrono::NaiveDate;
use engine::{Dose, Engine, Next};
use std::path::Path;

/// 規則集.
#[derive(Debug)]
pub struct RuleBook {
    series: Vec<Series>,
}

/// The person a forecast is about.
#[derive(Debug)]
pub struct Subject<'a> {
    /// 生年月日
    pub birth: NaiveDate,
    /// 性別
    pub sex: Sex,
    /// 出産予定日, one for each pregnancy.
    pub expected_delivery: &'a [NaiveDate],
    /// Doses of every series.
    pub doses: &'a [DoseRecord],
    /// What may be said about the history.
    pub knowledge: Knowledge,
    /// 罹患した病気
    pub had: &'a [String],
    /// 60～64歳で対象となる障害
    pub disability: bool,
    /// 長期療養特例: series (all when `None`), the day the reason ended, the last day.
    pub exceptions: &'a [(Option<SeriesId>, NaiveDate, NaiveDate)],
    /// MR の供給不足で受けられなかったと市町村長が認めた人
    pub shortage: bool,
}

/// One series in words, for `rules show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesView {
    /// 系列
    pub id: SeriesId,
    /// 名称
    pub name: String,
    /// A類か
    pub class_a: bool,
    /// 根拠
    pub law: String,
    /// 施行日
    pub valid_from: Option<NaiveDate>,
    /// 終了日
    pub valid_to: Option<NaiveDate>,
    /// 回, course by course.
    pub courses: Vec<Vec<DoseName>>,
}

impl RuleBook {
    /// Reads every rule file of a folder.
    ///
    /// # Errors
    /// [`Failure::Io`] when a file cannot be read, [`Failure::Usage`] naming file and key when one is wrong.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        Ok(Self { series: book::load(folder)? })
    }

    /// Every series, in the order of the book.
    pub fn series(&self) -> impl Iterator<Item = SeriesId> + '_ {
        self.series.iter().map(|s| s.id)
    }

    /// Every series in words.
    #[must_use]
    pub fn view(&self) -> Vec<SeriesView> {
        let view = |s: &Series| SeriesView {
            id: s.id,
            name: s.name.clone(),
            class_a: s.class_a,
            law: s.law.clone(),
            valid_from: s.valid_from,
            valid_to: s.valid_to,
            courses: s.courses.iter().map(|c| c.doses.iter().map(|d| d.name).collect()).collect(),
        };
        self.series.iter().map(view).collect()
    }

    /// The dose names a series knows, its own and those of the series that count for it.
    #[must_use]
    pub fn dose_names(&self, series: SeriesId) -> Vec<DoseName> {
        let own = self.find(series).into_iter().flat_map(|s| &s.courses).flat_map(|c| c.doses.iter().map(|d| d.name));
        let mut names: Vec<DoseName> = own.collect();
        if let Some(found) = self.find(series).filter(|s| s.by_count) {
            for counted in found.counts.iter().filter(|c| c.series != series) {
                names.extend(self.dose_names(counted.series));
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    fn find(&self, series: SeriesId) -> Option<&Series> {
        self.series.iter().find(|s| s.id == series)
    }

    /// 系列の名; the id itself when the book does not know it.
    #[must_use]
    pub fn series_name(&self, series: SeriesId) -> &str {
        self.find(series).map_or(series.as_str(), |s| s.name.as_str())
    }

    /// What comes next in a series: one answer, or one for each alternative.
    ///
    /// # Errors
    /// [`Failure::Usage`] when the book does not know the series.
    pub fn forecast(
        &self,
        subject: &Subject<'_>,
        series: SeriesId,
        as_of: NaiveDate,
        residence: Standing,
    ) -> Result<Vec<Forecast>, Failure> {
        let rule = self.find(series).ok_or_else(|| Failure::Usage(format!("系列「{series}」は規則集にありません")))?;
        let live =
            |d: &&DoseRecord| engine::counted(d, as_of) && self.find(d.series).is_some_and(|other| engine::live_dose(other, d));
        let live_on = subject.doses.iter().filter(live).map(|d| d.given_on).max().filter(|_| rule.live);
        let engine = Engine { series: rule, subject, as_of, live_on };
        Ok(engine.answers().into_iter().map(|next| forecast(rule, subject, as_of, residence, next)).collect())
    }

    /// The first day of the legal window of a dose (the first dose when `None`), whatever the history.
    #[must_use]
    pub fn opens_on(
        &self,
        series: SeriesId,
        dose: Option<DoseName>,
        birth: NaiveDate,
        sex: Sex,
        as_of: NaiveDate,
    ) -> Option<NaiveDate> {
        let subject = Subject {
            birth,
            sex,
            expected_delivery: &[],
            doses: &[],
            knowledge: Knowledge::NoneOnFile,
            had: &[],
            disability: false,
            exceptions: &[],
            shortage: false,
        };
        let rule = self.find(series)?;
        let engine = Engine { series: rule, subject: &subject, as_of, live_on: None };
        if rule.season.is_some() {
            return engine.answers().into_iter().find_map(|next| match next {
                Next::Dose(dose) => Some(dose.window.first),
                Next::Never(_) | Next::Complete(_) => None,
            });
        }
        let mut rules = rule.courses.iter().flat_map(|c| &c.doses);
        let found = match dose {
            Some(name) => rules.find(|r| r.name == name),
            None => rules.next(),
        };
        let first = engine.window(found?)?.first;
        Some(rule.valid_from.map_or(first, |from| first.max(from)))
    }

    /// Whether a dose of `given` counts in `series`.
    #[must_use]
    pub fn counts_for(&self, given: SeriesId, series: SeriesId) -> bool {
        given == series || self.find(series).is_some_and(|s| s.counts.iter().any(|c| c.series == given))
    }

    /// Whether having had `disease` alone takes a person out of a series.
    #[must_use]
    pub fn disease_excludes(&self, series: SeriesId, disease: &str) -> bool {
        self.find(series)
            .is_some_and(|s| (!s.all_diseases || s.diseases.len() == 1) && s.diseases.iter().any(|known| known == disease))
    }
}

fn forecast(rule: &Series, subject: &Subject<'_>, as_of: NaiveDate, residence: Standing, next: Next) -> Forecast {
    let empty = |status: Status, reason: String| Forecast {
        series: rule.id,
        dose: None,
        product: None,
        first_day: None,
        last_day: None,
        standard: None,
        status,
        due: false,
        reason,
        source: rule.law.clone(),
    };
    match next {
        Next::Never(reason) => empty(Status::None, reason),
        Next::Complete(reason) => empty(Status::Complete, reason),
        Next::Dose(dose) => dated(rule, subject, as_of, residence, dose),
    }
}

/// The forecast of a dose with its days.
fn dated(rule: &Series, subject: &Subject<'_>, as_of: NaiveDate, residence: Standing, dose: Dose) -> Forecast {
    let window = dose.window;
    let by_days = if window.first > window.last || window.last < as_of {
        Status::Expired
    } else if as_of < window.first {
        Status::Upcoming
    } else {
        Status::Due
    };
    let (status, unknown) = match subject.knowledge {
        Knowledge::Unknown(_) => (Status::Unknown, true),
        Knowledge::Known | Knowledge::NoneOnFile => (by_days, false),
    };
    let resident = matches!(residence, Standing::Resident { .. });
    let words = match by_days {
        Status::Due => format!("{}を受けられます", dose.name),
        Status::Upcoming => format!("{}は{}から受けられます", dose.name, window.first),
        Status::Expired if window.first > window.last => {
            format!("{}は受けられる日がありません（最初の日が最後の日より後になります）", dose.name)
        }
        Status::Expired => format!("{}を受けられる期間は{}に終わりました", dose.name, window.last),
        Status::Complete | Status::None | Status::Unknown => String::new(),
    };
    let mut reason = words;
    if unknown {
        reason = format!("接種履歴が不明です。記録のとおりなら、{reason}");
    }
    let away = match residence {
        Standing::Resident { .. } => None,
        Standing::NotYet { since } => Some(format!("住民となるのは{since}で、基準日には住民ではありません")),
        Standing::Leaving { on } => Some(format!("転出予定日{on}が来ています")),
        Standing::Gone { on, why: Removal::Died } => Some(format!("{on}に死亡しています")),
        Standing::Gone { on, why: Removal::MovedOut | Removal::StruckOff | Removal::Other } => {
            Some(format!("{on}に消除され、基準日には住民ではありません"))
        }
    };
    for note in away.into_iter().chain(dose.notes) {
        reason.push('。');
        reason.push_str(&note);
    }
    Forecast {
        series: rule.id,
        dose: Some(dose.name),
        product: dose.product,
        first_day: Some(window.first),
        last_day: Some(window.last),
        standard: dose.standard,
        status,
        due: by_days == Status::Due && resident,
        reason,
        source: dose.law,
    }
}
