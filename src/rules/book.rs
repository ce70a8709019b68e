//! 規則集を読む: `rules/*.toml` → series, courses, doses. A file that is not understood is refused with its name and key.

use super::point::{Interval, Point, months};
use crate::diag::Failure;
use crate::domain::calendar;
use crate::domain::person::Sex;
use crate::domain::symbol::{DoseName, Product, SeriesId, Symbol};
use chrono::NaiveDate;
use serde::Deserialize;
use std::path::Path;

/// 系列: one vaccine.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) id: SeriesId,
    pub(super) name: String,
    pub(super) order: u32,
    pub(super) class_a: bool,
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
    /// 長期療養特例: months from the day the reason ended, and the age it ends at.
    pub(super) exception: Option<(i32, Option<Point>)>,
    pub(super) cohorts: Vec<Cohort>,
    pub(super) extensions: Vec<Extension>,
    pub(super) courses: Vec<Course>,
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
    pub(super) start_since: Option<NaiveDate>,
    pub(super) without: Vec<Product>,
    pub(super) second_after: Option<Interval>,
    pub(super) doses: Vec<DoseRule>,
}

/// One dose of a course.
#[derive(Clone, Debug)]
pub(super) struct DoseRule {
    pub(super) name: DoseName,
    pub(super) first: Point,
    pub(super) last: Point,
    pub(super) first_disability: Option<Point>,
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
    pub(super) fn holds(self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeries {
    id: String,
    name: String,
    order: u32,
    class: String,
    law: String,
    sex: Option<String>,
    born_from: Option<String>,
    born_to: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    #[serde(default)]
    diseases: Vec<String>,
    #[serde(default)]
    all_diseases: bool,
    #[serde(default)]
    live: bool,
    #[serde(default)]
    live_products: Vec<String>,
    #[serde(default)]
    counts: Vec<RawCounted>,
    #[serde(default)]
    exclusive: Vec<String>,
    #[serde(default)]
    components: Vec<Vec<String>>,
    advice: Option<RawAdvice>,
    #[serde(default)]
    by_count: bool,
    season: Option<[String; 2]>,
    #[serde(default)]
    pregnancy: bool,
    exception: Option<String>,
    exception_cap: Option<String>,
    #[serde(default)]
    cohort: Vec<RawCohort>,
    #[serde(default)]
    extension: Vec<RawExtension>,
    course: Vec<RawCourse>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCounted {
    series: String,
    #[serde(default)]
    products: Vec<String>,
    given_as: Option<String>,
    #[serde(default)]
    names: Vec<[String; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdvice {
    products: Vec<String>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCohort {
    valid: [String; 2],
    #[serde(default)]
    ages: Vec<String>,
    born_to: Option<String>,
    window: Option<[String; 2]>,
    #[serde(default)]
    disability: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExtension {
    dose: Option<String>,
    born: [String; 2],
    #[serde(default)]
    shortage: bool,
    dosed: Option<[String; 2]>,
    window: [String; 2],
    law: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCourse {
    product: Option<String>,
    start_from: Option<String>,
    start_until: Option<String>,
    start_since: Option<String>,
    #[serde(default)]
    without: Vec<String>,
    second_after: Option<String>,
    dose: Vec<RawDose>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDose {
    name: String,
    first: String,
    last: String,
    first_disability: Option<String>,
    #[serde(default)]
    gap: Vec<RawGap>,
    dropped_gap: Option<String>,
    dropped_first: Option<String>,
    #[serde(default)]
    droppable: bool,
    not_after: Option<String>,
    standard: Option<[String; 2]>,
    law: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGap {
    interval: String,
    from: Option<String>,
    started_from: Option<String>,
}

/// Every series below `folder`, sorted by `order`. `codes.toml` and `book.toml` are not rule files.
pub(super) fn load(folder: &Path) -> Result<Vec<Series>, Failure> {
    let listing = std::fs::read_dir(folder).map_err(|e| Failure::io("規則集を読めません", folder, e))?;
    let mut files: Vec<_> = listing.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|path| {
        path.extension().is_some_and(|e| e == "toml") && path.file_name().is_some_and(|n| n != "codes.toml" && n != "book.toml")
    });
    files.sort();
    let mut found = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("規則集を読めません", &path, e))?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let wrong = |reason: String| Failure::Usage(format!("rules/{name}: {reason}"));
        let raw: RawSeries = toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(1, |span| text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1));
            wrong(format!("{line}行: {}", e.message()))
        })?;
        if format!("{}.toml", raw.id) != name {
            return Err(wrong(format!("id「{}」とファイル名が違います", raw.id)));
        }
        found.push(series(raw).map_err(wrong)?);
    }
    if found.is_empty() {
        return Err(Failure::Usage(format!("{}: 規則のファイル（*.toml）がありません", folder.display())));
    }
    found.sort_by_key(|s| (s.order, s.id));
    for other in found.iter().flat_map(|s| s.counts.iter().map(|c| c.series).chain(s.exclusive.iter().copied())) {
        if !found.iter().any(|s| s.id == other) {
            return Err(Failure::Usage(format!("規則集: 系列「{other}」がありません")));
        }
    }
    Ok(found)
}

fn date(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| format!("日付「{text}」は YYYY-MM-DD で書いてください"))
}

fn maybe<T>(text: Option<&String>, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    text.map(|t| read(t)).transpose()
}

fn symbols(words: &[String]) -> Vec<Symbol> {
    words.iter().map(|word| Symbol::new(word)).collect()
}

fn window(days: &[String; 2]) -> Result<Window, String> {
    let [first, last] = days;
    let window = Window { first: date(first)?, last: date(last)? };
    if window.first > window.last {
        return Err(format!("期間「{first}」～「{last}」は前後が逆です"));
    }
    Ok(window)
}

fn points(words: &[String; 2]) -> Result<(Point, Point), String> {
    let [first, last] = words;
    Ok((Point::parse(first)?, Point::parse(last)?))
}

fn age(text: &str) -> Result<i32, String> {
    months(text).ok_or_else(|| format!("年齢「{text}」は「2か月」「65歳」のように書いてください"))
}

fn month_day(text: &str) -> Result<(u32, u32), String> {
    let parsed = text.split_once('-').and_then(|(m, d)| Some((m.parse().ok()?, d.parse().ok()?)));
    parsed
        .filter(|(m, d)| NaiveDate::from_ymd_opt(2023, *m, *d).is_some())
        .ok_or_else(|| format!("season「{text}」は「10-01」のように書いてください"))
}

fn series(raw: RawSeries) -> Result<Series, String> {
    let class_a = match raw.class.as_str() {
        "A" => true,
        "B" => false,
        other => return Err(format!("class「{other}」は A か B にしてください")),
    };
    let sex = match raw.sex.as_deref() {
        None => None,
        Some("F") => Some(Sex::Female),
        Some("M") => Some(Sex::Male),
        Some(other) => return Err(format!("sex「{other}」は F か M にしてください")),
    };
    let season = match &raw.season {
        None => None,
        Some([from, to]) => Some(Season { from: month_day(from)?, to: month_day(to)? }),
    };
    let exception = match maybe(raw.exception.as_ref(), age)? {
        None => None,
        Some(length) => Some((length, maybe(raw.exception_cap.as_ref(), Point::parse)?)),
    };
    let counted = |c: &RawCounted| Counted {
        series: Symbol::new(&c.series),
        products: symbols(&c.products),
        given_as: c.given_as.as_deref().map(Symbol::new),
        names: c.names.iter().map(|[from, to]| (Symbol::new(from), Symbol::new(to))).collect(),
    };
    if raw.course.is_empty() || raw.course.iter().any(|c| c.dose.is_empty()) {
        return Err("course と dose を一つ以上書いてください".to_owned());
    }
    Ok(Series {
        id: Symbol::new(&raw.id),
        order: raw.order,
        class_a,
        sex,
        born_from: maybe(raw.born_from.as_ref(), date)?,
        born_to: maybe(raw.born_to.as_ref(), date)?,
        valid_from: maybe(raw.valid_from.as_ref(), date)?,
        valid_to: maybe(raw.valid_to.as_ref(), date)?,
        all_diseases: raw.all_diseases,
        live: raw.live,
        live_products: symbols(&raw.live_products),
        counts: raw.counts.iter().map(counted).collect(),
        exclusive: symbols(&raw.exclusive),
        components: raw.components.iter().map(|c| symbols(c)).collect(),
        advice: raw.advice.map(|a| (symbols(&a.products), a.text)),
        by_count: raw.by_count,
        season,
        pregnancy: raw.pregnancy,
        exception,
        cohorts: raw.cohort.iter().map(cohort).collect::<Result<_, _>>()?,
        extensions: raw.extension.into_iter().map(extension).collect::<Result<_, _>>()?,
        courses: raw.course.into_iter().map(course).collect::<Result<_, _>>()?,
        name: raw.name,
        law: raw.law,
        diseases: raw.diseases,
    })
}

fn cohort(raw: &RawCohort) -> Result<Cohort, String> {
    Ok(Cohort {
        valid: window(&raw.valid)?,
        ages: raw.ages.iter().map(|a| age(a)).collect::<Result<_, _>>()?,
        born_to: maybe(raw.born_to.as_ref(), date)?,
        window: raw.window.as_ref().map(points).transpose()?,
        disability: raw.disability,
    })
}

fn extension(raw: RawExtension) -> Result<Extension, String> {
    Ok(Extension {
        dose: raw.dose.as_deref().map(Symbol::new),
        born: window(&raw.born)?,
        shortage: raw.shortage,
        dosed: raw.dosed.as_ref().map(window).transpose()?,
        window: window(&raw.window)?,
        law: raw.law,
    })
}

fn course(raw: RawCourse) -> Result<Course, String> {
    let names = symbols(&raw.dose.iter().map(|d| d.name.clone()).collect::<Vec<_>>());
    Ok(Course {
        product: raw.product.as_deref().map(Symbol::new),
        start_from: maybe(raw.start_from.as_ref(), Point::parse)?,
        start_until: maybe(raw.start_until.as_ref(), Point::parse)?,
        start_since: maybe(raw.start_since.as_ref(), date)?,
        without: symbols(&raw.without),
        second_after: maybe(raw.second_after.as_ref(), Interval::parse)?,
        doses: raw.dose.into_iter().map(|d| dose(d, &names)).collect::<Result<_, _>>()?,
    })
}

fn dose(raw: RawDose, names: &[DoseName]) -> Result<DoseRule, String> {
    let gap = |g: &RawGap| {
        let from = g.from.as_deref().map(Symbol::new);
        if let Some(missing) = from.filter(|name| !names.contains(name)) {
            return Err(format!("{}: gap.from「{missing}」という回がありません", raw.name));
        }
        Ok(Gap { interval: Interval::parse(&g.interval)?, from, started_from: maybe(g.started_from.as_ref(), date)? })
    };
    let first = Point::parse(&raw.first)?;
    let dropped = match maybe(raw.dropped_gap.as_ref(), Interval::parse)? {
        None => None,
        Some(interval) => Some((interval, maybe(raw.dropped_first.as_ref(), Point::parse)?.unwrap_or(first))),
    };
    Ok(DoseRule {
        name: Symbol::new(&raw.name),
        first,
        last: Point::parse(&raw.last)?,
        first_disability: maybe(raw.first_disability.as_ref(), Point::parse)?,
        gaps: raw.gap.iter().map(gap).collect::<Result<_, _>>()?,
        dropped,
        droppable: raw.droppable,
        not_after: maybe(raw.not_after.as_ref(), Point::parse)?,
        standard: raw.standard.as_ref().map(points).transpose()?,
        law: raw.law,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_rule_file_is_refused_with_its_name_and_reason() {
        let good = std::fs::read_to_string("rules/bcg.toml").unwrap();
        for (from, to, says) in [
            ("12か月", "12ヶ月", "12ヶ月"),
            ("class = \"A\"", "class = \"C\"", "A か B"),
            ("live = true", "alive = true", "alive"),
            ("id = \"bcg\"", "id = \"bgc\"", "ファイル名"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let text = good.replace(from, to);
            assert_ne!(text, good);
            std::io::Write::write_all(&mut std::fs::File::create(folder.path().join("bcg.toml")).unwrap(), text.as_bytes())
                .unwrap();
            let refused = load(folder.path()).unwrap_err().to_string();
            assert!(refused.starts_with("rules/bcg.toml: ") && refused.contains(says), "{refused}");
        }
    }

    #[test]
    fn an_empty_folder_is_no_rule_book() {
        assert!(load(tempfile::tempdir().unwrap().path()).is_err());
    }
}
