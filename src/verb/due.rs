//! `kansho due`: what one person may get, when, and why (design §7).

use crate::cli::Format;
use crate::desk::book;
use crate::desk::names::Names;
use crate::verb::{Context, Outcome, json, table, unwritten};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use kansho_core::decision::{Finding, Forecast, Status};
use kansho_core::diag::{Failure, Report, show};
use kansho_core::history::{DoseRecord, Knowledge, UnknownBecause};
use kansho_core::ids::{DoseName, Product, SeriesId};
use kansho_core::person::{Disability, Sex};
use kansho_core::residency::{Entry, Removal, Residency, Spell};
use kansho_intake::normalise::command_line_day;
use kansho_rules::{RuleBook, Subject, words};
use serde::Serialize;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct DueArgs {
    /// 生年月日（2026-06-30、R8.6.30 など）
    #[arg(long, value_name = "DATE", value_parser = command_line_day)]
    pub birth: NaiveDate,
    /// 性別（男・女でも）
    #[arg(long, value_enum, ignore_case = true)]
    pub sex: SexArg,
    /// 受けた回「系列:回=日」「系列:回(製品)=日」（何度でも。例 hpv:1回目(9価)=2026-06-15）
    #[arg(long = "dose", value_name = "SERIES:DOSE=DATE")]
    pub doses: Vec<String>,
    /// 住民となった日（省くと出生から。住民だった期間が複数なら、順に何度でも）
    #[arg(long, value_name = "DATE", value_parser = command_line_day)]
    pub resident_since: Vec<NaiveDate>,
    /// 消除日（その日は住民ではありません。--resident-since と順に組になります）
    #[arg(long, value_name = "DATE", value_parser = command_line_day)]
    pub removed_on: Vec<NaiveDate>,
    /// 出産予定日（妊娠ごとに）
    #[arg(long, value_name = "DATE", value_parser = command_line_day)]
    pub edd: Vec<NaiveDate>,
    /// 基準日
    #[arg(long, value_name = "DATE", value_parser = command_line_day)]
    pub as_of: NaiveDate,
    /// 接種履歴がわかっているか
    #[arg(long, value_enum, default_value_t = HistoryArg::Known)]
    pub history: HistoryArg,
    /// 罹患した病気（例 水痘。何度でも）
    #[arg(long, value_name = "DISEASE")]
    pub had: Vec<String>,
    /// 60～64歳で対象となる障害の種類（何度でも）
    #[arg(long, value_name = "KIND", value_enum)]
    pub disability: Vec<DisabilityArg>,
    /// 長期療養特例の期間「理由がなくなった日:最後の日」（系列を限るときは「系列=」を前に）
    #[arg(long, value_name = "[SERIES=]FROM:TO")]
    pub exception: Vec<String>,
    /// 麻しん風しんワクチンの供給不足で受けられなかったと認められた
    #[arg(long)]
    pub mr_shortage: bool,
    /// この系列だけ（何度でも）
    #[arg(long, value_name = "SERIES")]
    pub series: Vec<String>,
}

/// 性別
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SexArg {
    /// 男
    #[value(name = "M", aliases = ["男", "男性", "Ｍ"])]
    Male,
    /// 女
    #[value(name = "F", aliases = ["女", "女性", "Ｆ"])]
    Female,
}

/// 障害の種類
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DisabilityArg {
    /// 心臓・腎臓・呼吸器の機能
    #[value(name = "内部", aliases = ["organ", "heart", "kidney", "lung", "心臓", "腎臓", "呼吸器"])]
    Organ,
    /// ヒト免疫不全ウイルスによる免疫の機能
    #[value(name = "免疫", aliases = ["immune", "hiv", "HIV"])]
    Immune,
}

/// 接種履歴
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HistoryArg {
    /// --dose がすべて
    Known,
    /// 不明
    Unknown,
}

/// One object of the JSON list.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    series: &'a str,
    dose: Option<&'a str>,
    first_day: Option<String>,
    last_day: Option<String>,
    due: bool,
    status: &'a str,
    reason: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Odd<'a>>,
}

/// A dose of the history that lies outside its window or interval.
#[derive(Debug, Serialize)]
struct Odd<'a> {
    dose: &'a str,
    date: String,
    kind: &'a str,
    words: &'a str,
    /// `counts`, `does_not_count`, or `ask`: nobody can say before somebody has asked.
    counts: &'a str,
    effect: &'a str,
    source: &'a str,
}

impl<'a> Odd<'a> {
    fn new(finding: &'a Finding) -> Self {
        Self {
            dose: finding.dose.dose.as_str(),
            date: finding.dose.given_on.to_string(),
            kind: finding.kind.id(),
            words: &finding.words,
            counts: finding.counts.id(),
            effect: &finding.effect,
            source: &finding.source,
        }
    }
}

impl<'a> Shown<'a> {
    pub(super) fn new(forecast: &'a Forecast, findings: &'a [Finding]) -> Self {
        Self {
            series: forecast.series.as_str(),
            dose: forecast.dose.as_ref().map(DoseName::as_str),
            first_day: forecast.first_day.map(|day| day.to_string()),
            last_day: forecast.last_day.map(|day| day.to_string()),
            due: forecast.due,
            status: forecast.status.id(),
            reason: &forecast.reason,
            source: &forecast.source,
            product: forecast.product.as_ref().map(Product::as_str),
            findings: findings.iter().filter(|f| f.dose.series == forecast.series).map(Odd::new).collect(),
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure::Usage`] for an option that cannot be read or a wrong rule file, [`Failure::Io`] when the rules cannot be read.
pub fn run(args: &DueArgs, context: &Context, out: &mut dyn Write, messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let folder = context.folder_on(args.as_of)?;
    let (book, _, tables) = book::read(&folder)?;
    if let Some(outside) = book.validity().refuses(args.as_of) {
        return Err(Failure::Refused(Report::from(outside)));
    }
    let Answer { forecasts, late, findings } = answer(args, &book, &Names::new(&book, &tables.sound()?))?;
    for dose in late {
        let _ = writeln!(messages, "基準日より後の接種は数えません: {}:{}={}", dose.series, dose.dose, dose.given_on);
    }
    for odd in &findings {
        let _ = writeln!(messages, "{}: {}。{} [{}]", book.series_name(odd.dose.series), odd.words, odd.effect, odd.source);
    }
    match context.globals.format {
        Format::Json => {
            let shown: Vec<Shown<'_>> = forecasts.iter().map(|f| Shown::new(f, &findings)).collect();
            json(out, &shown)?;
        }
        Format::Csv => {
            let row = |forecast: &Forecast| {
                let shown = Shown::new(forecast, &findings);
                let (first, last) = (shown.first_day.unwrap_or_default(), shown.last_day.unwrap_or_default());
                let due = if shown.due { "1" } else { "0" };
                let (dose, product) = (shown.dose.unwrap_or(""), shown.product.unwrap_or(""));
                [shown.series, dose, product, &first, &last, due, shown.status, shown.reason, shown.source].map(str::to_owned)
            };
            let headings = ["系列", "回", "製品", "最初の日", "最後の日", "受けられる", "状態", "理由", "根拠"];
            table(out, headings, forecasts.iter().map(row))?;
        }
        Format::Text => {
            for forecast in forecasts.iter().filter(|f| f.status != Status::None) {
                writeln!(out, "{}", show::terminal(&line(&book, forecast, args.as_of))).map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// One forecast as a line to read.
pub(super) fn line(book: &RuleBook, forecast: &Forecast, as_of: NaiveDate) -> String {
    let mark = if forecast.due { "○" } else { "－" };
    let product = forecast.product.map(|p| format!("（{p}）")).unwrap_or_default();
    let name = book.series_name(forecast.series);
    match (forecast.dose, forecast.first_day, forecast.last_day) {
        (Some(_), Some(first), Some(last)) if first > last || last < as_of => {
            format!("{mark} {name}{product} 期間終了: {} [{}]", forecast.reason, forecast.source)
        }
        (Some(dose), Some(first), Some(last)) => {
            format!("{mark} {name}{product} {dose} {first}～{last} {} [{}]", forecast.reason, forecast.source)
        }
        (..) => format!("{mark} {name}{product} {} [{}]", forecast.reason, forecast.source),
    }
}

/// What the options ask for.
struct Answer {
    forecasts: Vec<Forecast>,
    /// Doses after the as-of date, which do not count.
    late: Vec<DoseRecord>,
    findings: Vec<Finding>,
}

fn answer(args: &DueArgs, book: &RuleBook, names: &Names<'_>) -> Result<Answer, Failure> {
    let usage = |option: &'static str| move |reason: String| Failure::Usage(format!("{option}{reason}"));
    let dose = |text: &String| words::dose(&dose_words(text, names)?, args.birth, book);
    let doses: Vec<DoseRecord> = args.doses.iter().map(dose).collect::<Result<_, _>>().map_err(usage("--dose "))?;
    let exception = |text: &String| words::exception(&exception_words(text, names)?, book);
    let exceptions: Vec<_> = args.exception.iter().map(exception).collect::<Result<_, _>>().map_err(usage("--exception "))?;
    let residence = residency(args)?.on(args.as_of);
    let knowledge = match args.history {
        HistoryArg::Unknown => Knowledge::Unknown(UnknownBecause::Stated),
        HistoryArg::Known if doses.is_empty() => Knowledge::NoneOnFile,
        HistoryArg::Known => Knowledge::Known,
    };
    let sex = match args.sex {
        SexArg::Male => Sex::Male,
        SexArg::Female => Sex::Female,
    };
    let kind = |arg: &DisabilityArg| match arg {
        DisabilityArg::Organ => Disability::Organ,
        DisabilityArg::Immune => Disability::Immune,
    };
    let disabilities: Vec<Disability> = args.disability.iter().map(kind).collect();
    let subject = Subject {
        birth: args.birth,
        sex,
        expected_delivery: &args.edd,
        doses: &doses,
        knowledge,
        had: &args.had,
        disabilities: &disabilities,
        exceptions: &exceptions,
        shortage: args.mr_shortage,
    };
    let wanted: Vec<Vec<SeriesId>> =
        args.series.iter().map(|text| names.series(text)).collect::<Result<_, _>>().map_err(usage("--series "))?;
    let wanted = wanted.concat();
    let (mut forecasts, mut findings) = (Vec::new(), Vec::new());
    for id in book.series().filter(|id| wanted.is_empty() || wanted.contains(id)) {
        forecasts.extend(book.forecast(&subject, id, args.as_of, residence)?);
        findings.extend(book.findings(&subject, id, args.as_of));
    }
    let late = doses.iter().filter(|d| d.given_on > args.as_of).copied().collect();
    Ok(Answer { forecasts, late, findings })
}

/// 「系列:回=日」 with the series as its id and the day as the rule book writes it.
fn dose_words(text: &str, names: &Names<'_>) -> Result<String, String> {
    let plain = half_width(text);
    let (Some((what, day)), true) = (plain.rsplit_once('='), plain.contains(':')) else { return Ok(plain) };
    let (series, dose) = what.split_once(':').unwrap_or((what, ""));
    let day = command_line_day(day.trim()).map_err(|reason| format!("「{text}」の日付: {reason}"))?;
    Ok(format!("{}:{}={day}", only(series, names)?, dose.trim()))
}

/// 「[系列=]FROM:TO」 in the same way.
fn exception_words(text: &str, names: &Names<'_>) -> Result<String, String> {
    let plain = half_width(text);
    let (series, days) = plain.split_once('=').map_or((None, plain.as_str()), |(series, days)| (Some(series), days));
    let Some((from, to)) = days.split_once(':') else { return Ok(plain) };
    let day = |day: &str| command_line_day(day.trim()).map_err(|reason| format!("「{text}」の日付: {reason}"));
    let series = series.map(|word| only(word, names).map(|id| format!("{id}="))).transpose()?.unwrap_or_default();
    Ok(format!("{series}{}:{}", day(from)?, day(to)?))
}

/// Signs, letters and digits that were typed full width.
fn half_width(text: &str) -> String {
    let half = |c: char| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    };
    text.chars().map(half).collect()
}

fn only(text: &str, names: &Names<'_>) -> Result<SeriesId, String> {
    match names.series(text)?.as_slice() {
        [one] => Ok(*one),
        several => {
            let list: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
            Err(format!("系列「{text}」はいくつかあります。どれか一つにしてください: {}", list.join(" ")))
        }
    }
}

/// The spells of residence; from birth when nothing is said.
fn residency(args: &DueArgs) -> Result<Residency, Failure> {
    let since = if args.resident_since.is_empty() { vec![args.birth] } else { args.resident_since.clone() };
    if args.removed_on.len() > since.len() {
        return Err(Failure::Usage("--removed-on が --resident-since より多くあります".to_owned()));
    }
    let entry = if args.resident_since.is_empty() { Entry::Birth } else { Entry::MovedIn };
    let spell = |(at, since): (usize, &NaiveDate)| Spell {
        since: *since,
        entry,
        removed: args.removed_on.get(at).map(|on| (*on, Removal::MovedOut)),
    };
    Ok(Residency { spells: since.iter().enumerate().map(spell).collect(), leaving_on: None, died_on: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use kansho_core::folder::Folder;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: DueArgs,
    }

    fn forecasts(words: &str) -> Result<Vec<Forecast>, Failure> {
        let line = Line::try_parse_from(std::iter::once("due").chain(words.split_whitespace())).unwrap();
        let folder = Folder::at(std::path::Path::new("."));
        let (book, _, tables) = book::read(&folder).unwrap();
        let names = Names::new(&book, &tables.value);
        answer(&line.args, &book, &names).map(|found| found.forecasts)
    }

    #[test]
    fn the_json_of_a_forecast_is_stable() {
        let found = forecasts(
            "--birth 2026-07-10 --sex F --dose dpt_ipv_hib:1期初回1(5種)=2026-11-01 --as-of 2026-11-22 --series dpt_ipv_hib",
        )
        .unwrap();
        let json = serde_json::to_value(Shown::new(&found[0], &[])).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "series": "dpt_ipv_hib", "dose": "1期初回2", "first_day": "2026-11-22", "last_day": "2034-01-09",
                "due": true, "status": "due", "reason": "1期初回2を受けられます。前の回から20日以上の間隔",
                "source": "施行令3条1項・実施規則9条"
            })
        );
    }

    #[test]
    fn a_series_without_days_says_null() {
        let found = forecasts("--birth 2026-07-10 --sex M --as-of 2026-11-22 --series hpv").unwrap();
        let json = serde_json::to_value(Shown::new(&found[0], &[])).unwrap();
        assert_eq!(
            (&json["dose"], &json["first_day"], &json["status"]),
            (&serde_json::Value::Null, &serde_json::Value::Null, &"none".into())
        );
    }

    #[test]
    fn residence_changes_only_due_and_reason() {
        let child = "--birth 2020-04-02 --sex F --as-of 2026-12-01 --series mr";
        let home = &forecasts(child).unwrap()[0];
        let away = &forecasts(&format!("{child} --resident-since 2020-04-02 --removed-on 2026-12-01")).unwrap()[0];
        assert!(home.due && !away.due);
        assert_eq!((home.first_day, home.last_day, home.status), (away.first_day, away.last_day, away.status));
        let back = "--resident-since 2020-04-02 --removed-on 2024-04-01 --resident-since 2026-12-01";
        assert!(forecasts(&format!("{child} {back}")).unwrap()[0].due);
    }

    #[test]
    fn dose_names_may_carry_the_vaccine_and_brackets_of_their_own() {
        let mr = forecasts("--birth 2020-04-02 --sex F --dose mr:MR1期=2021-05-01 --as-of 2026-03-31 --series mr").unwrap();
        assert_eq!(mr[0].dose.as_ref().map(DoseName::as_str), Some("2期"));
        let je =
            "--birth 2007-04-01 --sex F --dose je_special:特例4回目(2期相当)=2026-01-05 --as-of 2026-03-31 --series je_special";
        assert_eq!(forecasts(je).unwrap()[0].dose.as_ref().map(DoseName::as_str), Some("1期初回2"));
        for wrong in ["mr=2021-05-01", "mr:9期=2021-05-01", "mmr:1期=2021-05-01", "mr:1期=2021-02-30", "mr:1期=2019-05-01"] {
            assert!(forecasts(&format!("--birth 2020-04-02 --sex F --dose {wrong} --as-of 2026-03-31")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_history_is_said_to_be_unknown() {
        let found = forecasts("--birth 2020-04-02 --sex F --as-of 2026-12-01 --history unknown --series mr").unwrap();
        assert_eq!(found[0].status.id(), "unknown");
        assert!(found[0].reason.starts_with("接種履歴が不明です"), "{}", found[0].reason);
        assert!(found[0].last_day.is_some());
    }
}
