//! 規則: what a person may get, from when until when (`rules/*.toml`). The only module that knows the vaccination schedule.

mod book;
pub mod cases;
mod counting;
pub mod decide;
mod engine;
mod findings;
mod point;
mod proof;
mod raw;
mod spoken;
pub mod validity;
pub mod words;

pub use point::months;

use book::{Course, Rule, Series, Window};
use chrono::NaiveDate;
use counting::{Footing, OddKind};
use engine::{Dose, Engine, Next};
use kansho_core::calendar;
use kansho_core::decision::{Forecast, Status};
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_core::history::{DoseRecord, Knowledge};
use kansho_core::ids::{DoseName, Product, SeriesId};
use kansho_core::person::{Disability, Sex};
use kansho_core::residency::{Removal, Standing};
use validity::Validity;

/// 規則集.
#[derive(Debug)]
pub struct RuleBook {
    rules: Vec<Rule>,
    validity: Validity,
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
    pub disabilities: &'a [Disability],
    /// 長期療養特例: series (all when `None`), the day the reason ended, the last day.
    pub exceptions: &'a [(Option<SeriesId>, NaiveDate, NaiveDate)],
    /// MR の供給不足で受けられなかったと市町村長が認めた人
    pub shortage: bool,
}

impl Subject<'_> {
    /// Somebody of whom nothing else is known, and who has had nothing.
    #[must_use]
    pub const fn without_history(birth: NaiveDate, sex: Sex) -> Self {
        Self {
            birth,
            sex,
            expected_delivery: &[],
            doses: &[],
            knowledge: Knowledge::NoneOnFile,
            had: &[],
            disabilities: &[],
            exceptions: &[],
            shortage: false,
        }
    }
}

/// One version of a series, for `rules show`.
#[derive(Clone, Debug)]
pub struct VersionView<'a> {
    /// 系列
    pub id: SeriesId,
    /// 名称
    pub name: &'a str,
    /// A類か
    pub class_a: bool,
    /// 法5条1項 (定期), 法6条1項・3項 (臨時)
    pub basis: &'a str,
    /// 根拠
    pub law: &'a str,
    /// As-of dates the version is for; all when `None`.
    pub valid: Option<(NaiveDate, NaiveDate)>,
    /// 回, course by course.
    pub courses: Vec<Vec<DoseName>>,
    /// The keys of the rule file.
    pub text: &'a toml::Table,
}

impl<'a> VersionView<'a> {
    fn new(v: &'a Series) -> Self {
        Self {
            id: v.id,
            name: &v.name,
            class_a: v.class_a,
            basis: &v.basis,
            law: &v.law,
            valid: (v.valid != Window::ALWAYS).then_some((v.valid.first, v.valid.last)),
            courses: v.courses.iter().map(|c| c.doses.iter().map(|d| d.name).collect()).collect(),
            text: &v.text,
        }
    }
}

impl RuleBook {
    /// Reads every rule file below `rules/` and proves the book: no gap, no overlap, both bounds, known names.
    ///
    /// # Errors
    /// [`Failure::Io`] when a file cannot be read, [`Failure::Refused`] naming file and key of everything that is wrong.
    pub fn load(folder: &Folder) -> Result<Self, Failure> {
        let book = Self { rules: raw::load(folder)?, validity: Validity::load(folder)? };
        let report = proof::prove(&book.rules, &book.validity);
        if report.refuses() { Err(Failure::Refused(report)) } else { Ok(book) }
    }

    /// As-of dates the book has been checked for (CK3).
    #[must_use]
    pub const fn validity(&self) -> &Validity {
        &self.validity
    }

    /// Every series, in the order of the book.
    pub fn series(&self) -> impl Iterator<Item = SeriesId> + '_ {
        self.rules.iter().map(|r| r.id)
    }

    /// The series with this id.
    #[must_use]
    pub fn series_named(&self, text: &str) -> Option<SeriesId> {
        self.series().find(|id| id.as_str() == text)
    }

    /// The dose of a series with this name ([`RuleBook::dose_names`]).
    #[must_use]
    pub fn dose_named(&self, series: SeriesId, text: &str) -> Option<DoseName> {
        self.dose_names(series).into_iter().find(|name| name.as_str() == text)
    }

    /// The product that a ledger means for a series. Where the series asks for no product, every word is one.
    #[must_use]
    pub fn product_named(&self, series: SeriesId, text: &str) -> Option<Product> {
        Product::define(text).ok().filter(|product| self.knows_product(series, *product))
    }

    /// The product with this name in the list of any series.
    #[must_use]
    pub fn product_of_any(&self, text: &str) -> Option<Product> {
        let product = Product::define(text).ok()?;
        self.series().any(|series| self.names_product(series, product)).then_some(product)
    }

    /// The dose names a series knows in any version, its own and those of the series that count for it.
    #[must_use]
    pub fn dose_names(&self, series: SeriesId) -> Vec<DoseName> {
        let Some(rule) = self.rule(series) else { return Vec::new() };
        let mut names: Vec<DoseName> = rule.versions.iter().flat_map(Series::dose_names).collect();
        for counted in rule.versions.iter().filter(|v| v.by_count).flat_map(|v| &v.counts).filter(|c| c.series != series) {
            names.extend(self.dose_names(counted.series));
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether a dose comes before another in a course of the series.
    #[must_use]
    pub fn precedes(&self, series: SeriesId, earlier: DoseName, later: DoseName) -> bool {
        let in_course = |course: &Course| {
            let place = |name: DoseName| course.doses.iter().position(|rule| rule.name == name);
            place(earlier).is_some_and(|first| place(later).is_some_and(|second| first < second))
        };
        self.rule(series).is_some_and(|rule| rule.versions.iter().any(|v| v.courses.iter().any(in_course)))
    }

    /// Every version of a series as its rule file writes it, by date.
    #[must_use]
    pub fn versions(&self, series: SeriesId) -> Vec<VersionView<'_>> {
        self.rule(series).map(|rule| rule.versions.iter().map(VersionView::new).collect()).unwrap_or_default()
    }

    fn rule(&self, series: SeriesId) -> Option<&Rule> {
        self.rules.iter().find(|r| r.id == series)
    }

    fn at(&self, series: SeriesId, day: NaiveDate) -> Option<&Series> {
        self.rule(series).map(|rule| rule.at(day))
    }

    /// Whether a ledger may name this product for the series; always, when the series has no product question.
    #[must_use]
    pub fn knows_product(&self, series: SeriesId, product: Product) -> bool {
        self.rule(series).is_some_and(|r| r.versions.iter().any(|v| v.products.is_empty() || v.product(product).is_some()))
    }

    /// Whether the series' own list names the product.
    #[must_use]
    pub fn names_product(&self, series: SeriesId, product: Product) -> bool {
        self.rule(series).is_some_and(|r| r.versions.iter().any(|v| v.product(product).is_some()))
    }

    /// A類 (`true`), B類, or a series the book does not know.
    #[must_use]
    pub fn class_a(&self, series: SeriesId) -> Option<bool> {
        self.rule(series).map(|rule| rule.latest().class_a)
    }

    /// 接種期間 of the fiscal year that holds `day`, where the series has a season.
    #[must_use]
    pub fn season(&self, series: SeriesId, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let season = self.at(series, day)?.season?;
        season.of(calendar::fiscal_year(day)).map(|Window { first, last }| (first, last))
    }

    /// 系列の名; nothing for a series of another book.
    #[must_use]
    pub fn series_name(&self, series: SeriesId) -> &str {
        self.rule(series).map_or("", |rule| rule.latest().name.as_str())
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
        let rule = self.at(series, as_of).ok_or_else(|| Failure::Usage(format!("系列「{series}」は規則集にありません")))?;
        let unknown = self.unknown_product(rule, subject, as_of);
        let mut forecasts: Vec<Forecast> =
            self.ask(rule, subject, as_of).into_iter().map(|next| forecast(rule, subject, as_of, residence, next)).collect();
        if let Some(words) = unknown {
            forecasts.iter_mut().for_each(|f| f.reason = format!("{}。{words}", f.reason));
        }
        Ok(forecasts)
    }

    /// The engine's answers for one version of a series.
    fn ask(&self, rule: &Series, subject: &Subject<'_>, as_of: NaiveDate) -> Vec<Next> {
        let live = |d: &&DoseRecord| {
            engine::counted(d, as_of) && self.at(d.series, as_of).is_some_and(|other| engine::live_dose(other, d))
        };
        let live_on = if rule.live { subject.doses.iter().filter(live).map(|d| d.given_on).max() } else { None };
        Engine { series: rule, subject, as_of, live_on }.answers()
    }

    /// A product that the series does not know counts for every component; that has to be said.
    fn unknown_product(&self, rule: &Series, subject: &Subject<'_>, as_of: NaiveDate) -> Option<String> {
        let mut doses = subject.doses.iter().filter(|d| d.series == rule.id && engine::counted(d, as_of));
        let word = doses.find_map(|d| d.product.filter(|p| !self.knows_product(rule.id, *p)))?;
        Some(format!("製品「{word}」は規則集にないため、どの成分も受けたものとして数えています（予診票で確かめてください）"))
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
        let subject = Subject::without_history(birth, sex);
        let rule = self.at(series, as_of)?;
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
        let (window, _) = engine.window(found?)?;
        Some(rule.valid_from.map_or(window.first, |from| window.first.max(from)))
    }

    /// Whether a dose of `given` counts in `series`.
    #[must_use]
    pub fn counts_for(&self, given: SeriesId, series: SeriesId) -> bool {
        given == series || self.rule(series).is_some_and(|r| r.latest().counts.iter().any(|c| c.series == given))
    }

    /// What the rule files answer without a source (`mark = "open"`, or not at all): series and kind of odd dose, in the order of the
    /// book.
    #[must_use]
    pub fn open_answers(&self) -> Vec<(&str, &'static str)> {
        let open = |series: &Series, kind: OddKind| {
            let answers = || series.odd.iter().filter(|odd| odd.kind == kind);
            answers().next().is_none() || answers().any(|odd| odd.footing == Footing::Open)
        };
        let asked = |series: &Series, kind: OddKind| kind != OddKind::Product || !series.products.is_empty();
        let latest = self.rules.iter().map(Rule::latest);
        let of = |s| OddKind::ALL.into_iter().filter(move |kind| asked(s, *kind) && open(s, *kind)).map(move |kind| (s, kind));
        latest.flat_map(of).map(|(series, kind)| (series.name.as_str(), kind.word())).collect()
    }

    /// The extensions of some doses of a series (all when empty) for whom the mayor recognised as kept from the vaccine by its
    /// shortage: first and last birth date, first and last day.
    #[must_use]
    pub fn shortage(&self, series: SeriesId, doses: &[DoseName]) -> Vec<[(NaiveDate, NaiveDate); 2]> {
        let extensions = self.rule(series).map(|rule| rule.latest().extensions.as_slice()).unwrap_or_default();
        let about = |e: &&book::Extension| e.shortage && (doses.is_empty() || e.dose.is_none_or(|dose| doses.contains(&dose)));
        let days = |window: Window| (window.first, window.last);
        extensions.iter().filter(about).map(|e| [days(e.born), days(e.window)]).collect()
    }

    /// The doses up to `as_of` that do not count in the series, or not before somebody has asked.
    #[must_use]
    pub fn left_out(&self, subject: &Subject<'_>, series: SeriesId, as_of: NaiveDate) -> Vec<DoseRecord> {
        self.sifted(subject, series, as_of).1.into_iter().map(|left| left.given.record).collect()
    }

    /// The disabilities that open a series before the ordinary age, in its newest version.
    #[must_use]
    pub fn disabilities(&self, series: SeriesId) -> &[Disability] {
        self.rule(series).map_or(&[], |rule| rule.latest().disabilities.as_slice())
    }

    /// Every disease that some series names.
    pub fn diseases(&self) -> impl Iterator<Item = &str> {
        self.series().filter_map(|id| self.rule(id)).flat_map(|rule| rule.latest().diseases.iter().map(String::as_str))
    }

    /// Whether having had `disease` alone takes a person out of a series.
    #[must_use]
    pub fn disease_excludes(&self, series: SeriesId, disease: &str) -> bool {
        self.rule(series)
            .map(Rule::latest)
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
        doubt: false,
        extended: false,
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
    // What is over is over under either reading.
    let doubt = dose.doubt.filter(|_| matches!(by_days, Status::Due | Status::Upcoming));
    let status = if doubt.is_some() { Status::Unknown } else { status };
    let resident = matches!(residence, Standing::Resident { .. });
    let words = match by_days {
        Status::Due => format!("{}を受けられます", dose.name),
        Status::Upcoming => format!("{}は{}から受けられます", dose.name, window.first),
        Status::Expired if window.first > window.last && window.last >= as_of => {
            format!("{}は、受けられるようになる前に期間が終わります（{}まで）", dose.name, window.last)
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
        Standing::Unknown => Some("住民となった日が分かりません".to_owned()),
        Standing::NotYet { since } => Some(format!("住民となるのは{since}で、基準日には住民ではありません")),
        Standing::Leaving { on } => Some(format!("転出予定日{on}が来ています")),
        Standing::Gone { on, why: Removal::Died } => Some(format!("{on}に死亡しています")),
        Standing::Gone { on, why: Removal::MovedOut | Removal::StruckOff | Removal::Other } => {
            Some(format!("{on}に消除され、基準日には住民ではありません"))
        }
    };
    if let Some(words) = &doubt {
        reason = format!("{words}。確かめるまで、接種済みとも未接種とも決めません。数えないとすれば、{reason}");
    }
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
        due: by_days == Status::Due && resident && doubt.is_none(),
        doubt: doubt.is_some(),
        extended: dose.path.extension.is_some(),
        reason,
        source: dose.law,
    }
}
