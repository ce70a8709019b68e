//! `kansho rules check|show`: 規則集の点検と表示.

use crate::cli::Format;
use crate::desk::book::{self, Totals};
use crate::desk::book_package::{self, Contents, Package};
use crate::desk::shelf;
use crate::verb::{Context, Outcome, json, table, unwritten};
use clap::{Args, Subcommand};
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_core::ids::SeriesId;
use kansho_rules::{RuleBook, VersionView};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

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
    /// 規則集・通知事業・コード表に矛盾がなく、例（rules/cases/*.csv）の答えと合い、すべての規則に例があるかを確かめます
    Check,
    /// 規則集・通知事業・例・ひな形を、版・有効期間・根拠・照合値とともに一つのファイルにします
    Pack {
        /// 作るファイル（まだない名前）
        #[arg(long, value_name = "FILE.zip")]
        out: PathBuf,
    },
    /// 規則集のパッケージを確かめ、今の規則集の隣（books/）に入れます。基準日により、どちらで答えるかが決まります
    Install {
        /// rules pack の作ったファイル
        #[arg(value_name = "FILE.zip")]
        file: PathBuf,
    },
    /// 規則集の中身を表示します
    Show {
        /// この系列だけ
        #[arg(value_name = "SERIES")]
        series: Option<String>,
    },
}

/// One version of one series; `rule` holds the keys of the rule file.
#[derive(Serialize)]
struct Shown<'a> {
    series: &'a str,
    name: &'a str,
    class: &'a str,
    basis: &'a str,
    valid_from: Option<String>,
    valid_to: Option<String>,
    source: &'a str,
    courses: Vec<Vec<&'a str>>,
    rule: &'a toml::Table,
}

impl<'a> Shown<'a> {
    fn new(view: &'a VersionView<'a>) -> Self {
        Self {
            series: view.id.as_str(),
            name: view.name,
            class: if view.class_a { "A" } else { "B" },
            basis: view.basis,
            valid_from: view.valid.map(|(first, _)| first.to_string()),
            valid_to: view.valid.map(|(_, last)| last.to_string()),
            source: view.law,
            courses: view.courses.iter().map(|c| c.iter().map(|d| d.as_str()).collect()).collect(),
            rule: view.text,
        }
    }

    /// The doses of every course, course by course.
    fn doses(&self) -> String {
        let courses: Vec<String> = self.courses.iter().map(|c| c.join("→")).collect();
        courses.join(" / ")
    }

    /// The version as a page to read: every dose with its days, intervals and article, in the words of the file.
    fn text(&self) -> String {
        let valid = match (&self.valid_from, &self.valid_to) {
            (Some(first), Some(last)) => format!("　基準日 {first}～{last}"),
            (..) => String::new(),
        };
        let mut text = format!("■ {} {}（{}類・{}）{valid} [{}]\n", self.series, self.name, self.class, self.basis, self.source);
        for (number, course) in tables(self.rule.get("course")).enumerate() {
            let started = ["product", "start_from", "start_until", "only", "second_after"];
            let how: Vec<String> = started.iter().filter_map(|k| course.get(*k).map(|v| format!("{k}={}", word(v)))).collect();
            let _ = writeln!(text, "  課程{} {}", number + 1, how.join(" "));
            for dose in tables(course.get("dose")) {
                let said = |key: &str| dose.get(key).map(word).unwrap_or_default();
                let gaps: Vec<String> = tables(dose.get("gap"))
                    .map(|g| {
                        let from = g.get("from").map_or_else(|| "前の回".to_owned(), word);
                        format!("{from}から{}以上", g.get("interval").map(word).unwrap_or_default())
                    })
                    .collect();
                let gaps = if gaps.is_empty() { String::new() } else { format!("　{}", gaps.join("、")) };
                let standard = dose.get("standard").map_or_else(String::new, |s| format!("　標準 {}", word(s)));
                let _ =
                    writeln!(text, "    {}　{}～{}{gaps}{standard} [{}]", said("name"), said("first"), said("last"), said("law"));
            }
        }
        for (key, name) in [("cohort", "対象者"), ("extension", "経過措置"), ("product", "製品")] {
            for table in tables(self.rule.get(key)) {
                let parts: Vec<String> = table.iter().map(|(k, v)| format!("{k}={}", word(v))).collect();
                let _ = writeln!(text, "  {name} {}", parts.join(" "));
            }
        }
        text
    }
}

fn tables(value: Option<&toml::Value>) -> impl Iterator<Item = &toml::Table> {
    value.and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table)
}

fn word(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(list) => list.iter().map(word).collect::<Vec<_>>().join("～"),
        other @ (toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Table(_)) => other.to_string(),
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure::Refused`] naming file and key of everything that is wrong, [`Failure::Usage`] when a series is unknown,
/// [`Failure::Io`] when a file cannot be read.
pub fn run(args: &RulesArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    match &args.action {
        RulesAction::Check => {
            for folder in context.folders()? {
                check(&folder, context, out)?;
            }
        }
        RulesAction::Pack { out: target } => {
            let package = book_package::pack(&with_rules(context), target)?;
            writeln!(out, "規則集 {} を {} に書きました", named(&package), target.display()).map_err(unwritten)?;
        }
        RulesAction::Install { file } => {
            let package = book_package::install(&context.folder, file)?;
            writeln!(out, "規則集 {} を入れました（例 {} すべて一致）", named(&package), package.totals.cases)
                .map_err(unwritten)?;
        }
        RulesAction::Show { series } => {
            // What the newest book says.
            let book = RuleBook::load(&context.newest()?)?;
            let wanted: Vec<SeriesId> = book.series().filter(|id| series.as_ref().is_none_or(|s| s == id.as_str())).collect();
            if let Some(id) = series.as_ref().filter(|_| wanted.is_empty()) {
                return Err(Failure::Usage(format!("系列「{id}」は規則集にありません")));
            }
            let views: Vec<VersionView<'_>> = wanted.into_iter().flat_map(|id| book.versions(id)).collect();
            let shown: Vec<Shown<'_>> = views.iter().map(Shown::new).collect();
            show(&shown, context.globals.format, out)?;
        }
    }
    Ok(Outcome::Done)
}

/// The folder of settings whose rules are those of `--rules`, if it was given.
fn with_rules(context: &Context) -> Folder {
    let beside = context.globals.rules.as_ref().and_then(|rules| rules.parent());
    beside.map_or_else(|| context.folder.clone(), |book| shelf::with_book(&context.folder, book))
}

fn named(package: &Package) -> String {
    let Contents { version, valid_from, valid_to, sha256, .. } = &package.contents;
    format!("{version}（基準日 {valid_from} から {valid_to} まで、照合値 {sha256}）")
}

/// Checks one book and says what was checked.
fn check(folder: &Folder, context: &Context, out: &mut dyn Write) -> Result<(), Failure> {
    let proved = book::load(folder)?;
    let Totals { series, programmes, cases } = proved.totals;
    let open: Vec<(&str, &str)> = proved.book.open_answers();
    let version = proved.book.validity().version.as_str();
    let version = if version.is_empty() { String::new() } else { format!("版 {version}、") };
    match context.globals.format {
        Format::Json => {
            let open = open.len();
            writeln!(out, "{{\"ok\":true,\"series\":{series},\"programmes\":{programmes},\"cases\":{cases},\"open\":{open}}}")
        }
        Format::Csv => writeln!(out, "系列,通知事業,例\n{series},{programmes},{cases}"),
        Format::Text => writeln!(
            out,
            "規則集に問題はありません（{version}系列 {series}、通知事業 {programmes}、例 {cases}。すべての規則に例があります）"
        )
        .and_then(|()| writeln!(out, "根拠が見つからず、数えて知らせることにしている外れた接種: {} 件", open.len()))
        .and_then(|()| open.iter().try_for_each(|(series, kind)| writeln!(out, "  {series}: {kind}"))),
    }
    .map_err(unwritten)
}

fn show(shown: &[Shown<'_>], format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    match format {
        Format::Json => json(out, shown),
        Format::Csv => {
            let row = |one: &Shown<'_>| {
                let (first, last) = (one.valid_from.clone().unwrap_or_default(), one.valid_to.clone().unwrap_or_default());
                [one.series, one.name, one.class, one.basis, &first, &last, &one.doses(), one.source].map(str::to_owned)
            };
            let headings = ["系列", "名称", "類", "法の根拠", "版の最初の日", "版の最後の日", "回", "根拠"];
            table(out, headings, shown.iter().map(row))
        }
        Format::Text => shown.iter().try_for_each(|one| write!(out, "{}", one.text()).map_err(unwritten)),
    }
}
