//! `rules/*.toml` → [`super::book`]. A file that is not understood is refused with its name, the key and the reason.
//!
//! A file holds one series. Its top level is a version; `[[version]]` tables hold others: each repeats only the keys that differ
//! and names the as-of dates it is for (`valid`).

use super::book::{Cohort, Counted, Course, DoseRule, Extension, Gap, ProductRule, Rule, Season, Series, Window};
use super::counting::{Footing, OddKind, OddRule};
use super::point::{Interval, Point, months};
use chrono::NaiveDate;
use kansho_core::decision::Counting;
use kansho_core::diag::settings;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::{self, Folder};
use kansho_core::ids::{DoseName, Product, SeriesId, TooLong};
use kansho_core::origin::Origin;
use kansho_core::person::{Disability, Sex};
use serde::Deserialize;

/// What a programme may rest on (予防接種法).
const BASES: [&str; 3] = ["法5条1項", "法6条1項", "法6条3項"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeries {
    id: String,
    name: String,
    order: u32,
    class: String,
    basis: String,
    law: String,
    valid: Option<[String; 2]>,
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
    product: Vec<RawProduct>,
    #[serde(default)]
    components: Vec<Vec<String>>,
    advice: Option<RawAdvice>,
    #[serde(default)]
    by_count: bool,
    season: Option<[String; 2]>,
    #[serde(default)]
    pregnancy: bool,
    #[serde(default)]
    disabilities: Vec<Disability>,
    exception: Option<String>,
    exception_cap: Option<String>,
    #[serde(default)]
    cohort: Vec<RawCohort>,
    #[serde(default)]
    extension: Vec<RawExtension>,
    #[serde(default)]
    odd: Vec<RawOdd>,
    course: Vec<RawCourse>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProduct {
    name: String,
    #[serde(default)]
    also: Vec<String>,
    valid: Option<[String; 2]>,
    from_age: Option<String>,
    note: Option<String>,
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
struct RawOdd {
    kind: OddKind,
    #[serde(default)]
    dose: Vec<String>,
    before: Option<String>,
    from: Option<String>,
    counts: Counting,
    #[serde(default)]
    source: String,
    mark: Footing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCourse {
    product: Option<String>,
    start_from: Option<String>,
    start_until: Option<String>,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    ordinary_only: bool,
    #[serde(default)]
    deemed: bool,
    second_after: Option<String>,
    dose: Vec<RawDose>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDose {
    name: String,
    first: String,
    last: String,
    legal_last: Option<String>,
    first_disability: Option<String>,
    opened_before: Option<[String; 2]>,
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

/// Every rule file below `folder`, sorted by `order`. `codes.toml` and `book.toml` are not rule files.
///
/// # Errors
/// [`Failure::Io`] when the folder cannot be read, [`Failure::Refused`] with every file that is wrong.
pub(super) fn load(folder: &Folder) -> Result<Vec<Rule>, Failure> {
    const DOING: &str = "規則集を読めません";
    let mut found = Vec::new();
    let mut report = Report::new();
    for name in folder.files(DOING, "rules", "toml")? {
        if matches!(folder::stem(&name), "codes" | "book") {
            continue;
        }
        let text = folder.text(DOING, &name)?;
        match rule(&text, &name) {
            Ok(rule) => found.push(rule),
            Err(reasons) => reasons.split('\n').for_each(|reason| {
                report.push(Diagnostic::new(Code::BookSyntax, reason).at(&Origin::file(&name)));
            }),
        }
    }
    if report.refuses() {
        return Err(Failure::Refused(report));
    }
    if found.is_empty() {
        return Err(Failure::Usage(format!("{}: 規則のファイル（*.toml）がありません", folder.place("rules").display())));
    }
    found.sort_by_key(|r| (r.order, r.id));
    Ok(found)
}

/// One file.
fn rule(text: &str, file: &str) -> Result<Rule, String> {
    let mut base: toml::Table = settings::read(text)?;
    let others = base.remove("version");
    let mut versions = Vec::new();
    match others {
        None => versions.push(series(settings::read(text)?, base.clone())?),
        Some(toml::Value::Array(others)) => {
            let read = |table: toml::Table| {
                let raw: RawSeries = settings::table(table.clone(), text)?;
                if raw.valid.is_none() {
                    Err("valid（この版の基準日の範囲）がありません".to_owned())
                } else {
                    series(raw, table)
                }
            };
            versions.push(read(base.clone())?);
            for (at, other) in others.into_iter().enumerate() {
                let toml::Value::Table(other) = other else { return Err(format!("version[{at}] は表にしてください")) };
                let mut merged = base.clone();
                merged.remove("valid");
                merged.extend(other);
                versions.push(key(&format!("version[{at}]"), read(merged))?);
            }
        }
        Some(_) => return Err("version は [[version]] と書いてください".to_owned()),
    }
    versions.sort_by_key(|v| v.valid.first);
    let id = versions[0].id;
    if id.as_str() != folder::stem(file) || versions.iter().any(|v| v.id != id) {
        return Err(format!("id: 「{id}」とファイル名が違います"));
    }
    Ok(Rule { id, order: versions[0].order, versions })
}

/// Puts the key before a reason.
fn key<T>(key: &str, found: Result<T, String>) -> Result<T, String> {
    found.map_err(|reason| format!("{key}: {reason}"))
}

/// Reads every entry of a list; a reason is preceded by key and place.
fn each<A, B>(name: &str, list: Vec<A>, read: impl Fn(A) -> Result<B, String>) -> Result<Vec<B>, String> {
    list.into_iter().enumerate().map(|(at, one)| key(&format!("{name}[{at}]"), read(one))).collect()
}

fn maybe<T>(name: &str, text: Option<&String>, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    key(name, text.map(|t| read(t)).transpose())
}

fn date(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| format!("日付「{text}」は暦にある日を YYYY-MM-DD で書いてください"))
}

/// A word that the file defines or names.
fn word<T>(name: &str, text: &str, define: fn(&str) -> Result<T, TooLong>) -> Result<T, String> {
    key(name, define(text).map_err(|reason| reason.to_string()))
}

fn maybe_word<T>(name: &str, text: Option<&String>, define: fn(&str) -> Result<T, TooLong>) -> Result<Option<T>, String> {
    text.map(|text| word(name, text, define)).transpose()
}

fn words<T>(name: &str, list: &[String], define: fn(&str) -> Result<T, TooLong>) -> Result<Vec<T>, String> {
    list.iter().map(|text| word(name, text, define)).collect()
}

fn window(name: &str, days: &[String; 2]) -> Result<Window, String> {
    let [first, last] = days;
    let window = Window { first: key(name, date(first))?, last: key(name, date(last))? };
    if window.first > window.last {
        return Err(format!("{name}: 期間「{first}」～「{last}」は前後が逆です"));
    }
    Ok(window)
}

fn points(name: &str, words: &[String; 2]) -> Result<(Point, Point), String> {
    let [first, last] = words;
    Ok((key(name, Point::parse(first))?, key(name, Point::parse(last))?))
}

fn age(text: &str) -> Result<i32, String> {
    months(text).ok_or_else(|| format!("年齢「{text}」は「2か月」「65歳」のように書いてください"))
}

fn month_day(text: &str) -> Result<(u32, u32), String> {
    let parsed = text.split_once('-').and_then(|(m, d)| Some((m.parse().ok()?, d.parse().ok()?)));
    parsed
        .filter(|(m, d)| NaiveDate::from_ymd_opt(2023, *m, *d).is_some())
        .ok_or_else(|| format!("「{text}」は「10-01」のように書いてください"))
}

fn one_of<T: Copy>(name: &str, word: &str, known: &[(&str, T)]) -> Result<T, String> {
    known.iter().find(|(w, _)| *w == word).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(w, _)| *w).collect();
        format!("{name}: 「{word}」は {} のどれかにしてください", words.join("・"))
    })
}

fn series(raw: RawSeries, text: toml::Table) -> Result<Series, String> {
    let season = match &raw.season {
        None => None,
        Some([from, to]) => Some(Season { from: key("season", month_day(from))?, to: key("season", month_day(to))? }),
    };
    let exception = match maybe("exception", raw.exception.as_ref(), age)? {
        None => None,
        Some(length) => Some((length, maybe("exception_cap", raw.exception_cap.as_ref(), Point::parse)?)),
    };
    if raw.course.is_empty() || raw.course.iter().any(|c| c.dose.is_empty()) {
        return Err("course: course と dose を一つ以上書いてください".to_owned());
    }
    Ok(Series {
        id: word("id", &raw.id, SeriesId::define)?,
        order: raw.order,
        text,
        valid: raw.valid.as_ref().map_or(Ok(Window::ALWAYS), |days| window("valid", days))?,
        class_a: one_of("class", &raw.class, &[("A", true), ("B", false)])?,
        basis: one_of("basis", &raw.basis, &BASES.map(|b| (b, b)))?.to_owned(),
        sex: raw
            .sex
            .map_or(Ok(None), |word| one_of("sex", &word, &[("F", Some(Sex::Female)), ("M", Some(Sex::Male)), ("MF", None)]))?,
        born_from: maybe("born_from", raw.born_from.as_ref(), date)?,
        born_to: maybe("born_to", raw.born_to.as_ref(), date)?,
        valid_from: maybe("valid_from", raw.valid_from.as_ref(), date)?,
        valid_to: maybe("valid_to", raw.valid_to.as_ref(), date)?,
        all_diseases: raw.all_diseases,
        live: raw.live,
        live_products: words("live_products", &raw.live_products, Product::define)?,
        counts: each("counts", raw.counts, counted)?,
        exclusive: words("exclusive", &raw.exclusive, SeriesId::define)?,
        products: each("product", raw.product, product)?,
        components: each("components", raw.components, |c| words("製品", &c, Product::define))?,
        advice: match raw.advice {
            None => None,
            Some(a) => Some((words("advice.products", &a.products, Product::define)?, a.text)),
        },
        by_count: raw.by_count,
        season,
        pregnancy: raw.pregnancy,
        disabilities: raw.disabilities,
        exception,
        cohorts: each("cohort", raw.cohort, cohort)?,
        extensions: each("extension", raw.extension, extension)?,
        odd: each("odd", raw.odd, odd)?,
        courses: each("course", raw.course, course)?,
        name: raw.name,
        law: raw.law,
        diseases: raw.diseases,
    })
}

fn counted(raw: RawCounted) -> Result<Counted, String> {
    let dose = |text: &str| word("names", text, DoseName::define);
    Ok(Counted {
        series: word("series", &raw.series, SeriesId::define)?,
        products: words("products", &raw.products, Product::define)?,
        given_as: maybe_word("given_as", raw.given_as.as_ref(), Product::define)?,
        names: raw.names.iter().map(|[from, to]| Ok((dose(from)?, dose(to)?))).collect::<Result<_, String>>()?,
    })
}

fn product(raw: RawProduct) -> Result<ProductRule, String> {
    Ok(ProductRule {
        name: word("name", &raw.name, Product::define)?,
        also: words("also", &raw.also, Product::define)?,
        valid: raw.valid.as_ref().map_or(Ok(Window::ALWAYS), |days| window("valid", days))?,
        from_age: maybe("from_age", raw.from_age.as_ref(), Point::parse)?,
        note: raw.note,
    })
}

fn cohort(raw: RawCohort) -> Result<Cohort, String> {
    if raw.ages.is_empty() && raw.window.is_none() && raw.born_to.is_none() {
        return Err("ages・window・born_to のどれかを書いてください".to_owned());
    }
    Ok(Cohort {
        valid: window("valid", &raw.valid)?,
        ages: each("ages", raw.ages, |a| age(&a))?,
        born_to: maybe("born_to", raw.born_to.as_ref(), date)?,
        window: raw.window.as_ref().map(|words| points("window", words)).transpose()?,
        disability: raw.disability,
    })
}

fn extension(raw: RawExtension) -> Result<Extension, String> {
    Ok(Extension {
        dose: maybe_word("dose", raw.dose.as_ref(), DoseName::define)?,
        born: window("born", &raw.born)?,
        shortage: raw.shortage,
        dosed: raw.dosed.as_ref().map(|days| window("dosed", days)).transpose()?,
        window: window("window", &raw.window)?,
        law: raw.law,
    })
}

fn odd(raw: RawOdd) -> Result<OddRule, String> {
    if (raw.mark == Footing::Open) != raw.source.is_empty() {
        return Err("source: 根拠を書くか、根拠が見つからないときは source を書かずに mark = \"open\" としてください".to_owned());
    }
    if raw.mark == Footing::Open && raw.counts == Counting::No {
        return Err("counts: 根拠のない接種を、数えないことにはできません".to_owned());
    }
    Ok(OddRule {
        kind: raw.kind,
        doses: words("dose", &raw.dose, DoseName::define)?,
        before: maybe("before", raw.before.as_ref(), Point::parse)?,
        from: maybe("from", raw.from.as_ref(), Point::parse)?,
        counts: raw.counts,
        footing: raw.mark,
        source: raw.source,
    })
}

fn course(raw: RawCourse) -> Result<Course, String> {
    let names: Vec<DoseName> = raw.dose.iter().map(|d| word("dose.name", &d.name, DoseName::define)).collect::<Result<_, _>>()?;
    Ok(Course {
        product: maybe_word("product", raw.product.as_ref(), Product::define)?,
        start_from: maybe("start_from", raw.start_from.as_ref(), Point::parse)?,
        start_until: maybe("start_until", raw.start_until.as_ref(), Point::parse)?,
        only: words("only", &raw.only, Product::define)?,
        ordinary_only: raw.ordinary_only,
        deemed: raw.deemed,
        second_after: maybe("second_after", raw.second_after.as_ref(), Interval::parse)?,
        doses: each("dose", raw.dose, |d| dose(d, &names))?,
    })
}

fn dose(raw: RawDose, names: &[DoseName]) -> Result<DoseRule, String> {
    let gap = |g: RawGap| {
        let from = maybe_word("from", g.from.as_ref(), DoseName::define)?;
        if let Some(missing) = from.filter(|name| !names.contains(name)) {
            return Err(format!("from: 「{missing}」という回がありません"));
        }
        let interval = key("interval", Interval::parse(&g.interval))?;
        Ok(Gap { interval, from, started_from: maybe("started_from", g.started_from.as_ref(), date)? })
    };
    let first = key("first", Point::parse(&raw.first))?;
    let dropped = match maybe("dropped_gap", raw.dropped_gap.as_ref(), Interval::parse)? {
        None => None,
        Some(interval) => Some((interval, maybe("dropped_first", raw.dropped_first.as_ref(), Point::parse)?.unwrap_or(first))),
    };
    let opened_before = match &raw.opened_before {
        None => None,
        Some([until, first]) => Some((key("opened_before", date(until))?, key("opened_before", Point::parse(first))?)),
    };
    Ok(DoseRule {
        name: word("name", &raw.name, DoseName::define)?,
        first,
        last: key("last", Point::parse(&raw.last))?,
        legal_last: maybe("legal_last", raw.legal_last.as_ref(), Point::parse)?,
        first_disability: maybe("first_disability", raw.first_disability.as_ref(), Point::parse)?,
        opened_before,
        gaps: each("gap", raw.gap, gap)?,
        dropped,
        droppable: raw.droppable,
        not_after: maybe("not_after", raw.not_after.as_ref(), Point::parse)?,
        standard: raw.standard.as_ref().map(|words| points("standard", words)).transpose()?,
        law: raw.law,
    })
}
