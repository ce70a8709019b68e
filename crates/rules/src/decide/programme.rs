//! 通知事業 as data: `rules/programmes/*.toml` says which series, which trigger, which month, which letter, who is addressed.

use crate::{RuleBook, months};
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::case::{Case, Mark, MarkSheet};
use kansho_core::diag::settings;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::{self, Folder};
use kansho_core::ids::{DoseName, ProgrammeId, SeriesId, TemplateId, TooLong};
use kansho_core::keys::ProgrammeKey;
use kansho_core::notice::Trigger;
use kansho_core::origin::Origin;
use kansho_core::person::{Disability, Sex};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::{Deref, Index};

/// One programme.
#[derive(Clone, Debug)]
pub struct Programme {
    /// The id, used by `--programme` and in JSON.
    pub id: ProgrammeId,
    /// 事業名.
    pub name: String,
    /// Place in lists.
    pub order: u32,
    /// 事業の印 on letter and label, readable in black and white (CK11).
    pub token: String,
    /// A類 (recommends, 法8条) or B類 (informs only).
    pub class_a: bool,
    /// Series and doses the programme is about; empty for a person-level product (番号シール).
    pub targets: Vec<Target>,
    /// Only this sex, when the programme says so.
    pub sex: Option<Sex>,
    /// Information only: the letter goes out before the window opens.
    pub information: bool,
    /// Stickers of a person.
    pub stickers: Stickers,
    /// From this age in months the letter is addressed to the person, below it to the guardian (法8条2項: 16歳).
    pub own_name_from: i32,
    /// The triggers, in the order of preference.
    pub triggers: Vec<TriggerRule>,
}

/// 番号シール・予診票シール: `stickers = 12` or `stickers = "doses"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Stickers {
    /// This many equal ones of the person.
    Equal(u8),
    /// One for each dose of the letter's table, with 種類, 回 and 期限.
    Of(Each),
}

/// What there is one sticker of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// Each dose.
    Doses,
}

impl Default for Stickers {
    fn default() -> Self {
        Self::Equal(0)
    }
}

/// One series of a programme.
#[derive(Clone, Debug)]
pub struct Target {
    /// 系列
    pub series: SeriesId,
    /// 回; empty = whatever is next.
    pub doses: Vec<DoseName>,
}

/// When a trigger makes somebody a candidate.
#[derive(Clone, Debug)]
pub struct TriggerRule {
    /// Which trigger.
    pub kind: Trigger,
    /// Template of the letter.
    pub template: TemplateId,
    /// The day the notice month is counted from.
    pub anchor: Anchor,
    /// Months before the anchor's month in which the notice goes out.
    pub months_before: i32,
    /// Fixed calendar months in place of a month counted from the anchor (reminders).
    pub months: Vec<u32>,
    /// Mover-in: until this age in months.
    pub until_age: Option<i32>,
}

/// The day a notice month is counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The day an age in months is reached.
    Age(i32),
    /// The first day of the fiscal year in which one of these ages (months) is reached.
    FiscalYearOf(Vec<i32>),
    /// The first 4/1 of the year before school (5歳以上7歳未満の者の就学前1年).
    YearBeforeSchool,
    /// 住民となった日 (person-level products).
    Residence,
    /// The first day of the city's season (毎年度1回), or the day in the season on which the age is reached.
    Season {
        /// 接種期間 of each fiscal year of the book.
        seasons: Vec<(NaiveDate, NaiveDate)>,
        /// From this age in months,
        from_age: i32,
        /// and with a disability from this one.
        disability_age: i32,
    },
    /// 妊娠w週d日, counted from 出産予定日.
    Pregnancy(i64, i64),
    /// The day from which a disability opens the series before the ordinary age; from then on every month is one until the person
    /// has been told (施行令6条: 周知 to all who are entitled).
    Disability {
        /// Kinds that the series takes.
        kinds: Vec<Disability>,
        /// From this age in months
        from_age: i32,
        /// until this one.
        until_age: i32,
    },
    /// The first day of the extension for whom the mayor recognised as kept from the vaccine by its shortage; from then on every
    /// month until its last day, until the person has been told.
    Shortage {
        /// The series of the programme.
        series: Vec<SeriesId>,
        /// First and last birth date of each group.
        born: Vec<(NaiveDate, NaiveDate)>,
        /// The extension's days; `None` where no series has one, which [`prove`] refuses.
        window: Option<(NaiveDate, NaiveDate)>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    name: String,
    order: u32,
    #[serde(default = "no_token")]
    token: String,
    class: String,
    #[serde(default)]
    sex: Option<String>,
    #[serde(default)]
    information: bool,
    #[serde(default)]
    stickers: Stickers,
    own_name_from: String,
    #[serde(default)]
    target: Vec<RawTarget>,
    trigger: Vec<RawTrigger>,
}

/// What programmes without a token of their own share.
const NO_TOKEN: &str = "※";

fn no_token() -> String {
    NO_TOKEN.to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTarget {
    series: String,
    #[serde(default)]
    doses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrigger {
    kind: String,
    template: String,
    anchor: String,
    #[serde(default)]
    ages: Vec<String>,
    #[serde(default)]
    months_before: i32,
    #[serde(default)]
    months: Vec<u32>,
    #[serde(default)]
    until_age: Option<String>,
}

/// Loads every programme below `folder`, sorted by `order`; seasons come from the rule book.
///
/// # Errors
/// [`Failure::Io`] when the folder cannot be read, [`Failure::Refused`] naming file and key of every file that is wrong.
pub fn load(folder: &Folder, book: &RuleBook) -> Result<Programmes, Failure> {
    const DOING: &str = "通知事業の定義を読めません";
    let mut programmes: Vec<Programme> = Vec::new();
    let mut report = Report::new();
    for name in folder.files(DOING, "rules/programmes", "toml")? {
        let mut bad = |reason: &str| report.push(wrong(&name, Code::BookSyntax, reason.to_owned()));
        match settings::read(&folder.text(DOING, &name)?).and_then(|raw| programme(raw, book)) {
            Ok(found) if found.id.as_str() == folder::stem(&name) => programmes.push(found),
            Ok(found) => bad(&format!("id: 「{}」とファイル名が違います", found.id)),
            Err(reasons) => reasons.split('\n').for_each(bad),
        }
    }
    if report.refuses() {
        return Err(Failure::Refused(report));
    }
    programmes.sort_by_key(|p| (p.order, p.id));
    Ok(Programmes(programmes))
}

/// The programmes of a rule book, in order.
#[derive(Clone, Debug)]
pub struct Programmes(Vec<Programme>);

impl Programmes {
    /// Every programme with its key.
    pub fn keyed(&self) -> impl Iterator<Item = (ProgrammeKey, &Programme)> {
        ProgrammeKey::each(&self.0)
    }
}

impl Deref for Programmes {
    type Target = [Programme];

    fn deref(&self) -> &[Programme] {
        &self.0
    }
}

impl Index<ProgrammeKey> for Programmes {
    type Output = Programme;

    fn index(&self, key: ProgrammeKey) -> &Programme {
        &self.0[key.place()]
    }
}

/// The programme that a word means by its id.
#[must_use]
pub fn named<'a>(programmes: &'a [Programme], text: &str) -> Option<&'a Programme> {
    programmes.iter().find(|programme| programme.id.as_str() == text)
}

/// The ids of a made-up letter, for a template that is looked through whether or not a programme uses it.
///
/// # Errors
/// [`TooLong`] when no programme could use a template of this name.
pub fn specimen(template: &str) -> Result<(ProgrammeId, TemplateId), TooLong> {
    Ok((ProgrammeId::define("specimen")?, TemplateId::define(template)?))
}

fn wrong(file: &str, code: Code, reason: String) -> Diagnostic {
    Diagnostic::new(code, reason).at(&Origin::file(file))
}

/// What is wrong with the programmes beside the rule book and the templates: unknown names, another class, a missing letter.
#[must_use]
pub fn prove(programmes: &[Programme], book: &RuleBook, folder: &Folder) -> Report {
    let mut report = Report::new();
    let mut tokens: BTreeMap<&str, &str> = BTreeMap::new();
    for programme in programmes {
        let mut bad = |key: &str, reason: String| {
            report.push(wrong(&format!("rules/programmes/{}.toml", programme.id), Code::BookUnknown, format!("{key}: {reason}")));
        };
        let token = programme.token.as_str();
        if token.trim().is_empty() || token.chars().count() > 3 {
            bad("token", "印は1字から3字にしてください".to_owned());
        }
        if let Some(other) = tokens.insert(token, programme.name.as_str()).filter(|_| token != NO_TOKEN) {
            bad("token", format!("印「{token}」は事業「{other}」と同じです"));
        }
        for target in &programme.targets {
            match book.class_a(target.series) {
                None => bad("target.series", format!("系列「{}」は規則集にありません", target.series)),
                Some(class) if class != programme.class_a => bad("class", format!("系列「{}」の類と違います", target.series)),
                Some(_) => {
                    let names = book.dose_names(target.series);
                    for dose in target.doses.iter().filter(|dose| !names.contains(dose)) {
                        bad("target.doses", format!("系列「{}」に「{dose}」という回はありません", target.series));
                    }
                }
            }
        }
        for rule in &programme.triggers {
            match &rule.anchor {
                Anchor::Disability { kinds, .. } if kinds.is_empty() => {
                    bad("trigger.anchor", "系列に障害のある人の定め（disabilities）がありません".to_owned());
                }
                Anchor::Shortage { window: None, .. } => {
                    bad("trigger.anchor", "系列に供給不足の期間（extension）がありません".to_owned());
                }
                Anchor::Age(_)
                | Anchor::FiscalYearOf(_)
                | Anchor::YearBeforeSchool
                | Anchor::Residence
                | Anchor::Season { .. }
                | Anchor::Pregnancy(..)
                | Anchor::Disability { .. }
                | Anchor::Shortage { .. } => {}
            }
            if !folder.place(&format!("templates/{}.md", rule.template)).is_file() {
                bad("trigger.template", format!("ひな形「{}」が templates/ にありません", rule.template));
            }
        }
    }
    report
}

fn programme(raw: Raw, book: &RuleBook) -> Result<Programme, String> {
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
    if raw.trigger.is_empty() {
        return Err("trigger: 一つ以上書いてください".to_owned());
    }
    let targets: Vec<Target> = raw.target.iter().map(target).collect::<Result<_, _>>()?;
    let triggers = raw.trigger.into_iter().enumerate();
    let triggers = triggers
        .map(|(at, t)| trigger(t, &targets, book).map_err(|reason| format!("trigger[{at}].{reason}")))
        .collect::<Result<_, _>>()?;
    Ok(Programme {
        id: ProgrammeId::define(&raw.id).map_err(|reason| format!("id: {reason}"))?,
        name: raw.name,
        order: raw.order,
        token: raw.token,
        class_a,
        targets,
        sex,
        information: raw.information,
        stickers: raw.stickers,
        own_name_from: age(&raw.own_name_from)?,
        triggers,
    })
}

fn target(raw: &RawTarget) -> Result<Target, String> {
    let told = |key: &'static str| move |reason: TooLong| format!("target.{key}: {reason}");
    let doses = raw.doses.iter().map(|name| DoseName::define(name).map_err(told("doses")));
    Ok(Target { series: SeriesId::define(&raw.series).map_err(told("series"))?, doses: doses.collect::<Result<_, _>>()? })
}

fn trigger(raw: RawTrigger, targets: &[Target], book: &RuleBook) -> Result<TriggerRule, String> {
    let kind = match raw.kind.as_str() {
        "first" => Trigger::First,
        "mover_in" => Trigger::MoverIn,
        "reminder" => Trigger::Reminder,
        "last_call" => Trigger::LastCall,
        other => return Err(format!("kind: 「{other}」を知りません")),
    };
    let ages = || raw.ages.iter().map(|a| age(a).map_err(|reason| format!("ages: {reason}"))).collect::<Result<Vec<i32>, _>>();
    let anchor = match raw.anchor.as_str() {
        "fiscal_year" => Anchor::FiscalYearOf(ages()?),
        "year_before_school" => Anchor::YearBeforeSchool,
        "residence" => Anchor::Residence,
        "season" => season(&ages()?, targets, book)?,
        "disability" => disability(&ages()?, targets, book)?,
        "shortage" => shortage(targets, book),
        text => match text.strip_prefix("妊娠").and_then(|t| t.strip_suffix("日")).and_then(|t| t.split_once("週")) {
            Some((weeks, days)) => {
                let number =
                    |n: &str| n.parse().map_err(|_| format!("anchor: 「{text}」は「妊娠28週0日」のように書いてください"));
                Anchor::Pregnancy(number(weeks)?, number(days)?)
            }
            None => Anchor::Age(age(text).map_err(|reason| format!("anchor: {reason}"))?),
        },
    };
    if raw.months.iter().any(|month| !(1..=12).contains(month)) {
        return Err("months: 1～12 にしてください".to_owned());
    }
    Ok(TriggerRule {
        kind,
        template: TemplateId::define(&raw.template).map_err(|reason| format!("template: {reason}"))?,
        anchor,
        months_before: raw.months_before,
        months: raw.months,
        until_age: raw.until_age.as_deref().map(age).transpose()?,
    })
}

/// The seasons of the book's fiscal years; `ages` = from this age, and (second) with a disability from that one.
fn season(ages: &[i32], targets: &[Target], book: &RuleBook) -> Result<Anchor, String> {
    let [from_age, rest @ ..] = ages else {
        return Err("ages: 接種期間のある事業には年齢を書いてください".to_owned());
    };
    let series = targets.first().map(|t| t.series).ok_or("anchor: season には target が要ります")?;
    let validity = book.validity();
    // One year more than the book has been checked for: nobody is selected then, but the next letter can be told.
    let until =
        calendar::fiscal_year_end(validity.valid_to).and_then(|end| calendar::plus_days(end, 366)).unwrap_or(validity.valid_to);
    let mut seasons = Vec::new();
    let mut day = Some(validity.valid_from);
    while let Some(at) = day.filter(|at| *at < until) {
        seasons.push(book.season(series, at).ok_or_else(|| format!("anchor: 系列「{series}」に接種期間（season）がありません"))?);
        day = calendar::fiscal_year_end(at).and_then(|end| end.succ_opt());
    }
    Ok(Anchor::Season { seasons, from_age: *from_age, disability_age: rest.first().copied().unwrap_or(*from_age) })
}

/// `ages` = from, until; the kinds are those of the first series.
fn disability(ages: &[i32], targets: &[Target], book: &RuleBook) -> Result<Anchor, String> {
    let &[from_age, until_age] = ages else {
        return Err("ages: 障害のある人の、初めの年齢と終わりの年齢を書いてください".to_owned());
    };
    let kinds = targets.first().map(|t| book.disabilities(t.series).to_vec()).unwrap_or_default();
    Ok(Anchor::Disability { kinds, from_age, until_age })
}

fn shortage(targets: &[Target], book: &RuleBook) -> Anchor {
    let series: Vec<SeriesId> = targets.iter().map(|t| t.series).collect();
    let groups: Vec<_> = targets.iter().flat_map(|t| book.shortage(t.series, &t.doses)).collect();
    let born = groups.iter().map(|[born, _]| *born).collect();
    let window = groups.iter().map(|[_, window]| *window).reduce(|(a, b), (first, last)| (a.min(first), b.max(last)));
    Anchor::Shortage { series, born, window }
}

/// 「2か月」「65歳」 → months.
fn age(text: &str) -> Result<i32, String> {
    months(text).ok_or_else(|| format!("年齢「{text}」は「2か月」「65歳」のように書いてください"))
}

impl Anchor {
    /// The anchor days of a person who, as far as this question goes, was born on `birth`; oldest first.
    #[must_use]
    pub fn days(&self, birth: NaiveDate, case: &Case) -> Vec<NaiveDate> {
        match self {
            Self::Age(months) => calendar::reach(birth, *months).into_iter().collect(),
            Self::FiscalYearOf(ages) => {
                let starts = ages.iter().filter_map(|age| calendar::reach(birth, *age).and_then(calendar::fiscal_year_start));
                starts.collect()
            }
            Self::YearBeforeSchool => {
                calendar::school_start(birth).and_then(|start| calendar::month_shift(start, -12)).into_iter().collect()
            }
            Self::Residence => case.resident.residency.latest().map(|s| s.since).into_iter().collect(),
            Self::Season { seasons, from_age, disability_age } => {
                let opens = |(first, last): &(NaiveDate, NaiveDate)| {
                    let disabled = |m: &Mark| m.effect().disability.is_some() && m.on(*first);
                    let age = if case.marks.iter().any(disabled) || case.unclear.contains(&MarkSheet::Exception) {
                        *disability_age
                    } else {
                        *from_age
                    };
                    calendar::reach(birth, age).map(|day| day.max(*first)).filter(|day| day <= last)
                };
                seasons.iter().filter_map(opens).collect()
            }
            Self::Pregnancy(weeks, days) => {
                let days = case.expected_deliveries().filter_map(|day| calendar::pregnancy_day(day, *weeks, *days));
                let mut found: Vec<NaiveDate> = days.collect();
                found.sort_unstable();
                found
            }
            Self::Disability { kinds, from_age, until_age } => {
                let bounds = calendar::reach(birth, *from_age).zip(calendar::reach(birth, *until_age));
                let Some((opens, ends)) = bounds else { return Vec::new() };
                let since = |mark: &Mark| {
                    let named = mark.effect().disability?.is_none_or(|kind| kinds.contains(&kind));
                    named.then(|| mark.from.unwrap_or(opens).max(opens))
                };
                // A row of the sheet that nobody understands may say so too: a candidate, whom the questions hold.
                let unclear = case.unclear.contains(&MarkSheet::Exception).then_some(opens);
                case.marks.iter().filter_map(since).chain(unclear).filter(|day| *day < ends).min().into_iter().collect()
            }
            Self::Shortage { series, born, window } => {
                let named = |mark: &Mark| mark.effect().shortage.is_some_and(|about| about.is(|id| series.contains(&id)));
                let recognised = case.marks.iter().any(named) || case.unclear.contains(&MarkSheet::Exception);
                let in_group = born.iter().any(|(first, last)| *first <= birth && birth <= *last);
                window.filter(|_| recognised && in_group).map(|(first, _)| first).into_iter().collect()
            }
        }
    }

    /// The last day of an anchor from which on every month is one until the person has been told; `None` for the others.
    #[must_use]
    pub fn told_until(&self, birth: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Disability { until_age, .. } => calendar::reach(birth, *until_age),
            Self::Shortage { window, .. } => window.map(|(_, last)| last),
            Self::Age(_)
            | Self::FiscalYearOf(_)
            | Self::YearBeforeSchool
            | Self::Residence
            | Self::Season { .. }
            | Self::Pregnancy(..) => None,
        }
    }

    /// Whether the anchor comes again for the same person: every season, or at several ages.
    #[must_use]
    pub fn yearly(&self) -> bool {
        match self {
            Self::Season { .. } => true,
            Self::FiscalYearOf(ages) => ages.len() > 1,
            Self::Age(_)
            | Self::YearBeforeSchool
            | Self::Residence
            | Self::Pregnancy(..)
            | Self::Disability { .. }
            | Self::Shortage { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_programme_file_loads_and_fits_the_book() {
        let folder = Folder::at(std::path::Path::new("../.."));
        let book = RuleBook::load(&folder).unwrap();
        let programmes = load(&folder, &book).unwrap();
        assert!(prove(&programmes, &book, &folder).is_empty());
        assert!(programmes.iter().any(|p| p.id.as_str() == "infant" && p.targets.len() == 5));
    }

    #[test]
    fn ages_are_written_in_the_offices_words() {
        assert_eq!(age("2か月"), Ok(2));
        assert_eq!(age("65歳"), Ok(780));
        assert!(age("65").is_err());
        assert!(age("2月").is_err());
    }
}
