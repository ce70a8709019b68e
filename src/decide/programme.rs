//! 通知事業 as data: `rules/programmes/*.toml` says which series, which trigger, which month, which letter, who is addressed.

use crate::diag::Failure;
use crate::domain::calendar;
use crate::domain::notice::Trigger;
use crate::domain::person::Sex;
use crate::domain::symbol::{DoseName, ProgrammeId, SeriesId, Symbol};
use chrono::NaiveDate;
use serde::Deserialize;
use std::path::Path;

/// One programme.
#[derive(Clone, Debug)]
pub struct Programme {
    /// The id, used by `--programme` and in JSON.
    pub id: ProgrammeId,
    /// 事業名.
    pub name: String,
    /// Place in lists.
    pub order: u32,
    /// A類 (recommends, 法8条) or B類 (informs only).
    pub class_a: bool,
    /// Series and doses the programme is about; empty for a person-level product (番号シール).
    pub targets: Vec<Target>,
    /// Only this sex, when the programme says so.
    pub sex: Option<Sex>,
    /// Information only: the letter goes out before the window opens.
    pub information: bool,
    /// 予診票・番号シール pieces per person.
    pub stickers: u8,
    /// From this age in months the letter is addressed to the person, below it to the guardian (法8条2項: 16歳).
    pub own_name_from: i32,
    /// The triggers, in the order of preference.
    pub triggers: Vec<TriggerRule>,
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
    pub template: Symbol,
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    name: String,
    order: u32,
    class: String,
    #[serde(default)]
    sex: Option<String>,
    #[serde(default)]
    information: bool,
    #[serde(default)]
    stickers: u8,
    own_name_from: String,
    #[serde(default)]
    target: Vec<RawTarget>,
    trigger: Vec<RawTrigger>,
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

/// Loads every programme below `folder`, sorted by `order`.
///
/// # Errors
/// [`Failure::Io`] when the folder cannot be read, [`Failure::Usage`] naming file and key when a file is wrong.
pub fn load(folder: &Path) -> Result<Vec<Programme>, Failure> {
    let listing = std::fs::read_dir(folder).map_err(|e| Failure::io("通知事業の定義を読めません", folder, e))?;
    let mut files: Vec<_> = listing.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let mut programmes = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("通知事業の定義を読めません", &path, e))?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let wrong = |reason: String| Failure::Usage(format!("rules/programmes/{name}: {reason}"));
        let raw: Raw = toml::from_str(&text).map_err(|e| wrong(e.message().to_owned()))?;
        programmes.push(programme(raw).map_err(wrong)?);
    }
    programmes.sort_by_key(|p| (p.order, p.id));
    if let Some(pair) = programmes.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(Failure::Usage(format!("rules/programmes: 事業 {} が二つあります", pair[0].id)));
    }
    Ok(programmes)
}

fn programme(raw: Raw) -> Result<Programme, String> {
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
    let target =
        |t: RawTarget| Target { series: Symbol::new(&t.series), doses: t.doses.iter().map(|d| Symbol::new(d)).collect() };
    Ok(Programme {
        id: Symbol::new(&raw.id),
        name: raw.name,
        order: raw.order,
        class_a,
        targets: raw.target.into_iter().map(target).collect(),
        sex,
        information: raw.information,
        stickers: raw.stickers,
        own_name_from: age(&raw.own_name_from)?,
        triggers: raw.trigger.into_iter().map(trigger).collect::<Result<_, _>>()?,
    })
}

fn trigger(raw: RawTrigger) -> Result<TriggerRule, String> {
    let kind = match raw.kind.as_str() {
        "first" => Trigger::First,
        "mover_in" => Trigger::MoverIn,
        "reminder" => Trigger::Reminder,
        "last_call" => Trigger::LastCall,
        other => return Err(format!("trigger.kind「{other}」を知りません")),
    };
    let anchor = match raw.anchor.as_str() {
        "fiscal_year" => Anchor::FiscalYearOf(raw.ages.iter().map(|a| age(a)).collect::<Result<_, _>>()?),
        "year_before_school" => Anchor::YearBeforeSchool,
        "residence" => Anchor::Residence,
        text => Anchor::Age(age(text)?),
    };
    if raw.months.iter().any(|month| !(1..=12).contains(month)) {
        return Err("trigger.months は 1～12 にしてください".to_owned());
    }
    Ok(TriggerRule {
        kind,
        template: Symbol::new(&raw.template),
        anchor,
        months_before: raw.months_before,
        months: raw.months,
        until_age: raw.until_age.as_deref().map(age).transpose()?,
    })
}

/// 「2か月」「65歳」 → months.
fn age(text: &str) -> Result<i32, String> {
    let number = |digits: &str| digits.parse::<i32>().ok().filter(|n| (0..=150 * 12).contains(n));
    let months = match (text.strip_suffix("か月"), text.strip_suffix("歳")) {
        (Some(months), _) => number(months),
        (None, Some(years)) => number(years).map(|n| n * 12),
        (None, None) => None,
    };
    months.ok_or_else(|| format!("年齢「{text}」は「2か月」「65歳」のように書いてください"))
}

impl Anchor {
    /// The anchor days of a person born on `birth` and resident since `since`, oldest first.
    #[must_use]
    pub fn days(&self, birth: NaiveDate, since: Option<NaiveDate>) -> Vec<NaiveDate> {
        match self {
            Self::Age(months) => calendar::reach(birth, *months).into_iter().collect(),
            Self::FiscalYearOf(ages) => {
                let starts = ages.iter().filter_map(|age| calendar::reach(birth, *age).and_then(calendar::fiscal_year_start));
                starts.collect()
            }
            Self::YearBeforeSchool => {
                calendar::school_start(birth).and_then(|start| calendar::month_shift(start, -12)).into_iter().collect()
            }
            Self::Residence => since.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_programme_file_loads() {
        let programmes = load(Path::new("rules/programmes")).unwrap();
        let ids: Vec<&str> = programmes.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(
            ids,
            ["number_sticker", "infant", "bcg", "mr1", "je1", "mr2", "je2", "hpv_info", "dt2", "hpv", "pneumo_adult", "zoster"]
        );
    }

    #[test]
    fn ages_are_written_in_the_offices_words() {
        assert_eq!(age("2か月"), Ok(2));
        assert_eq!(age("65歳"), Ok(780));
        assert!(age("65").is_err());
        assert!(age("2月").is_err());
    }
}
