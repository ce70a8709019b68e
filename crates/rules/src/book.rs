//! 規則集の形: series, versions, courses, doses, windows and intervals. [`super::raw`] reads them from `rules/*.toml`.

use super::counting::OddRule;
use super::point::{Interval, Point};
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::ids::{DoseName, Product, SeriesId};
use kansho_core::person::{Disability, Sex};

/// 系列: one vaccine, with its versions one after the other.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) id: SeriesId,
    pub(super) order: u32,
    /// By date, without gap or overlap (the proof sees to it).
    pub(super) versions: Vec<Series>,
}

impl Rule {
    /// The version in force on a day; before the first or after the last, the nearest.
    pub(super) fn at(&self, day: NaiveDate) -> &Series {
        let holding = self.versions.iter().find(|v| day <= v.valid.last);
        holding.unwrap_or(&self.versions[self.versions.len() - 1])
    }

    /// The newest version.
    pub(super) fn latest(&self) -> &Series {
        &self.versions[self.versions.len() - 1]
    }
}

/// One version of a series.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) id: SeriesId,
    pub(super) name: String,
    /// Place in lists.
    pub(super) order: u32,
    /// The version as the file writes it, for `rules show`.
    pub(super) text: toml::Table,
    /// As-of dates that this version is for.
    pub(super) valid: Window,
    pub(super) class_a: bool,
    /// 法5条1項 (定期), 法6条1項・3項 (臨時).
    pub(super) basis: String,
    pub(super) law: String,
    pub(super) sex: Option<Sex>,
    pub(super) born_from: Option<NaiveDate>,
    pub(super) born_to: Option<NaiveDate>,
    /// 施行日: nothing is given as 定期接種 before it.
    pub(super) valid_from: Option<NaiveDate>,
    pub(super) valid_to: Option<NaiveDate>,
    /// Past diseases that exclude; `all_diseases` = only all of them together.
    pub(super) diseases: Vec<String>,
    pub(super) all_diseases: bool,
    /// 注射生ワクチン: every product, or only the named ones.
    pub(super) live: bool,
    pub(super) live_products: Vec<Product>,
    /// Doses of other series that count here.
    pub(super) counts: Vec<Counted>,
    /// Series that are not given after this one has begun elsewhere.
    pub(super) exclusive: Vec<SeriesId>,
    /// Products that may stand in the ledger; empty = the series has no product question.
    pub(super) products: Vec<ProductRule>,
    /// Component by component, the products that satisfy it.
    pub(super) components: Vec<Vec<Product>>,
    /// What to say to people who had one of these products.
    pub(super) advice: Option<(Vec<Product>, String)>,
    /// The n-th dose is the n-th by date, whatever it was called.
    pub(super) by_count: bool,
    /// 毎年度: the season.
    pub(super) season: Option<Season>,
    /// One dose in each pregnancy.
    pub(super) pregnancy: bool,
    /// Disabilities that open `first_disability` and the cohorts of the disabled.
    pub(super) disabilities: Vec<Disability>,
    /// 長期療養特例: months from the day the reason ended, and the age it ends at.
    pub(super) exception: Option<(i32, Option<Point>)>,
    pub(super) cohorts: Vec<Cohort>,
    pub(super) extensions: Vec<Extension>,
    /// Which doses outside their days count, by kind.
    pub(super) odd: Vec<OddRule>,
    pub(super) courses: Vec<Course>,
}

/// A product of a series: 9価, PPSV23, 高用量.
#[derive(Clone, Debug)]
pub(super) struct ProductRule {
    pub(super) name: Product,
    /// Other words for it.
    pub(super) also: Vec<Product>,
    /// Days on which it is given as 定期接種.
    pub(super) valid: Window,
    /// Given from this age.
    pub(super) from_age: Option<Point>,
    /// What to say to whoever may choose it.
    pub(super) note: Option<String>,
}

/// Doses of another series that count.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) series: SeriesId,
    /// Only these products; all when empty.
    pub(super) products: Vec<Product>,
    /// What the dose counts as when the ledger names no product.
    pub(super) given_as: Option<Product>,
    pub(super) names: Vec<(DoseName, DoseName)>,
}

/// 接種期間 of the year, from (month, day) to (month, day).
#[derive(Clone, Copy, Debug)]
pub(super) struct Season {
    pub(super) from: (u32, u32),
    pub(super) to: (u32, u32),
}

/// Target groups that are valid for some years only.
#[derive(Clone, Debug)]
pub(super) struct Cohort {
    pub(super) valid: Window,
    /// Fiscal years in which one of these ages (months) is reached.
    pub(super) ages: Vec<i32>,
    /// People born until this day, whatever their age.
    pub(super) born_to: Option<NaiveDate>,
    pub(super) window: Option<(Point, Point)>,
    pub(super) disability: bool,
}

/// A window that some people have in place of the ordinary one.
#[derive(Clone, Debug)]
pub(super) struct Extension {
    pub(super) dose: Option<DoseName>,
    pub(super) born: Window,
    /// Only people whom the mayor recognised (MR の供給不足).
    pub(super) shortage: bool,
    /// Only people with a dose in these days.
    pub(super) dosed: Option<Window>,
    pub(super) window: Window,
    pub(super) law: String,
}

/// 課程: the doses that follow from how it began.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) product: Option<Product>,
    pub(super) start_from: Option<Point>,
    pub(super) start_until: Option<Point>,
    /// Only where every dose so far is known to be one of these products.
    pub(super) only: Vec<Product>,
    /// Not for doses of a transition (`extension`).
    pub(super) ordinary_only: bool,
    /// Whoever is under 長期療養特例 is deemed to begin in this one.
    pub(super) deemed: bool,
    pub(super) second_after: Option<Interval>,
    pub(super) doses: Vec<DoseRule>,
}

/// One dose of a course.
#[derive(Clone, Debug)]
pub(super) struct DoseRule {
    pub(super) name: DoseName,
    pub(super) first: Point,
    /// Last day for which letters invite.
    pub(super) last: Point,
    /// Last day on which the dose is lawful, when that is later (ロタ1回目).
    pub(super) legal_last: Option<Point>,
    pub(super) first_disability: Option<Point>,
    /// Until this day the window began at this point (an earlier version of the rule).
    pub(super) opened_before: Option<(NaiveDate, Point)>,
    pub(super) gaps: Vec<Gap>,
    /// Interval and first day when an earlier dose was dropped.
    pub(super) dropped: Option<(Interval, Point)>,
    /// Skipped when it can no longer be given.
    pub(super) droppable: bool,
    /// Skipped when the dose before it was given after this day.
    pub(super) not_after: Option<Point>,
    pub(super) standard: Option<(Point, Point)>,
    pub(super) law: String,
}

/// 接種間隔.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) interval: Interval,
    /// Counted from this dose; from the latest one when `None`.
    pub(super) from: Option<DoseName>,
    /// Only for people whose first dose was given from this day.
    pub(super) started_from: Option<NaiveDate>,
}

/// A closed interval of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
}

impl Window {
    /// Every day.
    pub(super) const ALWAYS: Self = Self { first: NaiveDate::MIN, last: NaiveDate::MAX };

    pub(super) fn holds(self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }
}

impl Series {
    /// The product as the rule file names it; `None` when the series does not know the word.
    pub(super) fn product(&self, word: Product) -> Option<&ProductRule> {
        self.products.iter().find(|p| p.name == word || p.also.contains(&word))
    }

    /// The one product that was given on a day; `None` where there were several, or none.
    pub(super) fn only_product_on(&self, day: NaiveDate) -> Option<Product> {
        let mut valid = self.products.iter().filter(|p| p.valid.holds(day));
        valid.next().filter(|_| valid.next().is_none()).map(|p| p.name)
    }

    /// Every dose name, in the order of the courses.
    pub(super) fn dose_names(&self) -> impl Iterator<Item = DoseName> + '_ {
        self.courses.iter().flat_map(|c| c.doses.iter().map(|d| d.name))
    }
}

impl Season {
    /// The season of a fiscal year.
    pub(super) fn of(self, year: i32) -> Option<Window> {
        let day = |(month, day): (u32, u32)| NaiveDate::from_ymd_opt(if month < 4 { year + 1 } else { year }, month, day);
        Some(Window { first: day(self.from)?, last: day(self.to)? })
    }
}

impl Cohort {
    /// The windows of a person.
    pub(super) fn windows(&self, birth: NaiveDate, disability: bool) -> Vec<Window> {
        if self.disability && !disability {
            return Vec::new();
        }
        let fiscal = self.ages.iter().filter_map(|age| {
            let day = calendar::reach(birth, *age)?;
            Some(Window { first: calendar::fiscal_year_start(day)?, last: calendar::fiscal_year_end(day)? })
        });
        let plain =
            self.window.and_then(|(first, last)| Some(Window { first: first.day(birth, None)?, last: last.day(birth, None)? }));
        let whole = self.born_to.filter(|day| birth <= *day).map(|_| self.valid);
        let clipped = fiscal
            .chain(plain)
            .chain(whole)
            .map(|w| Window { first: w.first.max(self.valid.first), last: w.last.min(self.valid.last) });
        clipped.filter(|w| w.first <= w.last).collect()
    }
}
