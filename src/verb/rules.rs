//! `kansho rules check|show`: 規則集の点検と表示.

use crate::cli::Format;
use crate::decide::programme;
use crate::diag::Failure;
use crate::rules::{RuleBook, SeriesView};
use crate::verb::{Context, Outcome};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of the verb.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: RulesAction,
}

/// 点検か表示か
#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// 規則集と通知事業の定義が正しく読めるかを確かめます
    Check,
    /// 規則集の中身を表示します
    Show {
        /// この系列だけ
        #[arg(value_name = "SERIES")]
        series: Option<String>,
    },
}

#[derive(Serialize)]
struct Shown<'a> {
    series: &'a str,
    name: &'a str,
    class: &'a str,
    valid_from: Option<String>,
    valid_to: Option<String>,
    source: &'a str,
    courses: Vec<Vec<&'a str>>,
}

impl<'a> Shown<'a> {
    fn new(view: &'a SeriesView) -> Self {
        Self {
            series: view.id.as_str(),
            name: &view.name,
            class: if view.class_a { "A" } else { "B" },
            valid_from: view.valid_from.map(|day| day.to_string()),
            valid_to: view.valid_to.map(|day| day.to_string()),
            source: &view.law,
            courses: view.courses.iter().map(|c| c.iter().map(|d| d.as_str()).collect()).collect(),
        }
    }

    /// The doses of every course, course by course.
    fn doses(&self) -> String {
        let courses: Vec<String> = self.courses.iter().map(|c| c.join("→")).collect();
        courses.join(" / ")
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure::Usage`] naming file and key when a rule is wrong or a series is unknown, [`Failure::Io`] when a file cannot be
/// read.
pub fn run(args: &RulesArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let folder: PathBuf = context.globals.rules.clone().unwrap_or_else(|| context.home.path("rules"));
    let book = RuleBook::load(&folder)?;
    let told = |e| Failure::io("書けません", Path::new("標準出力"), e);
    match &args.action {
        RulesAction::Check => {
            let programmes = programme::load(&folder.join("programmes"))?;
            for (programme, target) in programmes.iter().flat_map(|p| p.targets.iter().map(move |t| (p, t))) {
                let wrong = |what: String| Failure::Usage(format!("rules/programmes/{}.toml: {what}", programme.id));
                if !book.series().any(|id| id == target.series) {
                    return Err(wrong(format!("系列「{}」は規則集にありません", target.series)));
                }
                let names = book.dose_names(target.series);
                if let Some(dose) = target.doses.iter().find(|dose| !names.contains(dose)) {
                    return Err(wrong(format!("系列「{}」に「{dose}」という回はありません", target.series)));
                }
            }
            let (series, programmes) = (book.series().count(), programmes.len());
            match context.globals.format {
                Format::Json => writeln!(out, "{{\"ok\":true,\"series\":{series},\"programmes\":{programmes}}}"),
                Format::Csv => writeln!(out, "系列,通知事業\n{series},{programmes}"),
                Format::Text => writeln!(out, "規則集に問題はありません（系列 {series}、通知事業 {programmes}）"),
            }
            .map_err(told)?;
        }
        RulesAction::Show { series } => {
            let views = book.view();
            let shown: Vec<Shown<'_>> =
                views.iter().filter(|v| series.as_ref().is_none_or(|id| id == v.id.as_str())).map(Shown::new).collect();
            if let Some(id) = series.as_ref().filter(|_| shown.is_empty()) {
                return Err(Failure::Usage(format!("系列「{id}」は規則集にありません")));
            }
            show(&shown, context.globals.format, out)?;
        }
    }
    Ok(Outcome::Done)
}

fn show(shown: &[Shown<'_>], format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    let told = |e| Failure::io("書けません", Path::new("標準出力"), e);
    match format {
        Format::Json => {
            let json = serde_json::to_string_pretty(shown).map_err(|e| Failure::Usage(e.to_string()))?;
            writeln!(out, "{json}").map_err(told)
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            let failed = |e: csv::Error| Failure::io("書けません", Path::new("標準出力"), std::io::Error::other(e));
            writer.write_record(["系列", "名称", "類", "回", "根拠"]).map_err(failed)?;
            for one in shown {
                writer.write_record([one.series, one.name, one.class, &one.doses(), one.source]).map_err(failed)?;
            }
            writer.flush().map_err(told)
        }
        Format::Text => {
            for one in shown {
                writeln!(out, "{} {}（{}類） {} [{}]", one.series, one.name, one.class, one.doses(), one.source).map_err(told)?;
            }
            Ok(())
        }
    }
}
