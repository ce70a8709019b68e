//! `office/report.html`: the sign-off page. Self-contained, printable, opens in a browser; no script, nothing from outside.

use crate::record::chart;
use crate::record::counts::{Counts, Rows};
use crate::record::difference::difference;
use crate::record::previous::Previous;
use crate::record::wards::Wards;
use crate::record::witness;
use chrono::{Datelike, NaiveDate};
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Reason, Verdict};
use kansho_core::diag::{Diagnostic, Report, Severity, show};
use kansho_core::keys::ProgrammeKey;
use kansho_core::notice::Purpose;
use kansho_rules::decide::programme::Programmes;
use kansho_rules::decide::{Ground, Period};
use maud::{Markup, PreEscaped, html};
use std::collections::BTreeMap;

/// What the page is made of.
#[derive(Debug)]
pub struct Page<'a> {
    /// Run id.
    pub run: &'a str,
    /// The dates.
    pub period: Period,
    /// 抽出日.
    pub snapshot: NaiveDate,
    /// The closing counts.
    pub counts: &'a Counts,
    /// Cases.
    pub cases: &'a [Case],
    /// Decisions of all candidates.
    pub decisions: &'a [Decision],
    /// Programmes.
    pub programmes: &'a Programmes,
    /// What the decisions were made with.
    pub ground: Ground<'a>,
    /// The previous run.
    pub previous: Option<&'a Previous>,
    /// Options by which something missing was accepted, with their reasons.
    pub accepted: &'a [(&'static str, String)],
    /// The folder of the settings.
    pub home: &'a str,
    /// The rule book that answered: version, days, hash.
    pub rules: String,
    /// 見本の設定.
    pub sample: bool,
    /// What was found.
    pub report: &'a Report,
}

const STYLE: &str = "body{font-family:'BIZ UDPGothic','Yu Gothic','Noto Sans JP',sans-serif;margin:2em auto;max-width:60em;color:#111;\
line-height:1.6}h1{font-size:1.5em}h2{font-size:1.15em;border-bottom:2px solid #111;margin-top:2em}table{border-collapse:collapse;\
margin:.5em 0}th,td{border:1px solid #777;padding:.2em .6em;text-align:left;vertical-align:top}td.n{text-align:right;\
font-variant-numeric:tabular-nums}figure{display:inline-block;margin:.4em 1.2em .6em 0;break-inside:avoid}figcaption{font-size:.9em}.sign td{width:14em;height:4em}\
.m{white-space:pre-wrap}@page{size:A4;margin:15mm}td:nth-child(-n+2){white-space:nowrap}@media print{body{margin:0;max-width:none;font-size:8.5pt}h2{break-after:avoid}tr{break-inside:avoid}}";

impl Page<'_> {
    /// The page.
    #[must_use]
    pub fn html(&self) -> String {
        let Period { as_of, post_on, since, .. } = self.period;
        let page = html! {
            (PreEscaped("<!doctype html>\n"))
            html lang="ja" {
                head {
                    meta charset="utf-8";
                    title { "勧奨 点検表 " (self.run) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { @if Purpose::of(self.run).is_rehearsal() { "【試験・発送できません】" } "予防接種勧奨　点検表（決裁用）" }
                    p {
                        "処理番号 " (self.run) "　基準日 " (as_of) "　発送日 " (post_on) "　前回処理の翌日 " (since)
                        "　住民抽出日 " (self.snapshot)
                    }
                    p { @if self.sample { strong { "【見本の設定】" } } "設定のフォルダー " (self.home) }
                    p { "規則集 " (self.rules) }
                    (self.accepted())
                    (self.totals())
                    (self.by_programme())
                    (self.births())
                    (witness::html(&witness::witnesses(self.cases, self.decisions, &self.ground), &self.ground))
                    @if let Some((previous, before)) = self.previous.and_then(|p| Some((p, p.decisions.as_ref()?))) {
                        (difference(before, self.cases, self.decisions).html(previous, self.programmes))
                    }
                    (self.wards())
                    (Wards::count(self.cases, self.decisions, as_of).html())
                    (self.held())
                    (self.findings())
                    h2 { "決裁" }
                    table.sign { tr { th { "作成者" } th { "確認者" } } tr { td {} td {} } }
                }
            }
            "\n"
        };
        page.into_string()
    }

    /// What was missing and accepted with a reason.
    fn accepted(&self) -> Markup {
        html! {
            @if !self.accepted.is_empty() {
                h2 { "理由を付けて続けたこと" }
                table {
                    tr { th { "指定" } th { "理由" } }
                    @for (option, reason) in self.accepted { tr { td { (option) } td { (reason) } } }
                }
            }
        }
    }

    fn totals(&self) -> Markup {
        let c = self.counts;
        let files = [("住民", c.resident_rows), ("台帳", c.ledger_rows)];
        let sheets = c.marks.iter().map(|(name, rows)| (name.as_str(), *rows));
        let met = c.meeting();
        let excluded: usize = c.excluded.values().sum();
        html! {
            h2 { "件数" }
            table {
                tr { th {} th { "行" } th { "使用" } th { "置換" } th { "不使用" } th { "住民にいない人" } }
                @for (name, Rows { rows, used, superseded, refused, nobody }) in files.into_iter().chain(sheets) {
                    tr {
                        th { (name) }
                        @for count in [rows, used, superseded, refused, nobody] { td.n { (count) } }
                    }
                }
            }
            p {
                "住民の番号と合った台帳の行 " (met.met) "（" (format_args!("{:.1}", met.percent())) " %）" br;
                "人×事業 " (c.pairs) " = 候補 " (c.candidates) " + 今回の対象月でない人 " (c.outside) "（" (c.parts()) "）" br;
                "候補 " (c.candidates) " = 送る " (c.selected) " + 送らない " (excluded) " + 保留 " (c.held) br;
                "送る " (c.selected) " = 通知書 " (c.letters) "（" (c.pages) "ページ）= 郵便CSV " (c.postal_rows)
                "、郵便物 " (c.mailed) " = " (c.addresses()) "、シール " (c.sticker_pieces) " 通（" (c.sticker_cells) " 面）"
            }
            table {
                tr { th { "送らない理由" } th { "件数" } }
                @for reason in Reason::ALL {
                    @if let Some(count) = c.excluded.get(reason.id()) { tr { td { (reason.word()) } td.n { (count) } } }
                }
            }
        }
    }

    fn by_programme(&self) -> Markup {
        let most = self.counts.programmes.values().copied().max().unwrap_or(1).max(1);
        let count = |key: ProgrammeKey, verdict: Verdict| {
            self.decisions.iter().filter(|d| d.programme_key == key && d.verdict == verdict).count()
        };
        html! {
            h2 { "事業別" }
            table {
                tr { th { "事業" } th { "送る" } th { "送らない" } th { "保留" } th {} }
                @for (key, programme) in self.programmes.keyed() {
                    @let selected = count(key, Verdict::Selected);
                    tr {
                        td { (programme.name) }
                        td.n { (selected) }
                        td.n { (count(key, Verdict::Excluded)) }
                        td.n { (count(key, Verdict::Held)) }
                        td { (chart::bar(selected, most, 240)) }
                    }
                }
            }
        }
    }

    /// 送る by month of birth, a chart for each programme.
    fn births(&self) -> Markup {
        let mut months: BTreeMap<ProgrammeKey, BTreeMap<(i32, u32), usize>> = BTreeMap::new();
        for decision in self.decisions.iter().filter(|d| d.verdict == Verdict::Selected) {
            if let Some(birth) = self.cases[decision.case].resident.birth.exact() {
                let of_programme = months.entry(decision.programme_key).or_default();
                *of_programme.entry((birth.year(), birth.month())).or_default() += 1;
            }
        }
        html! {
            h2 { "送る人の生まれた月" }
            @for (index, months) in &months { (chart::births(&self.programmes[*index].name, months)) }
        }
    }

    /// People sent something, by ward.
    fn wards(&self) -> Markup {
        let mut selected: BTreeMap<&str, usize> = BTreeMap::new();
        for decision in self.decisions.iter().filter(|d| d.verdict == Verdict::Selected) {
            let ward = self.cases[decision.case].resident.address.ward.as_deref().unwrap_or("（区なし）");
            *selected.entry(ward).or_default() += 1;
        }
        let most = selected.values().copied().max().unwrap_or(1).max(1);
        html! {
            h2 { "区別" }
            table {
                tr { th { "区" } th { "送る" } th {} }
                @for (name, count) in &selected {
                    tr { td { (name) } td.n { (count) } td { (chart::bar(*count, most, 240)) } }
                }
            }
        }
    }

    fn held(&self) -> Markup {
        let cause = |decision: &Decision| decision.evidence.last().map(|e| format!("{}（{}）", e.answer, e.source));
        html! {
            h2 { "保留" }
            table {
                tr { th { "予防接種番号" } th { "事業" } th { "原因" } }
                @for decision in self.decisions.iter().filter(|d| d.verdict == Verdict::Held) {
                    tr {
                        td { (self.cases[decision.case].printed_id()) }
                        td { (self.programmes[decision.programme_key].name) }
                        td { (cause(decision).unwrap_or_default()) }
                    }
                }
            }
        }
    }

    /// What was found and does not stop the run, by kind: what holds people, alerts, then notes (sheets and columns not read, rows of people who are gone, …).
    fn findings(&self) -> Markup {
        const OF_A_KIND: usize = 200;
        let mut kinds: BTreeMap<(Severity, &str), Vec<&Diagnostic>> = BTreeMap::new();
        for diagnostic in self.report.sorted() {
            kinds.entry((diagnostic.severity, diagnostic.code.id())).or_default().push(diagnostic);
        }
        html! {
            h2 { "保留の原因、アラート、注記" }
            div.m {
                @for ((_, code), found) in &kinds {
                    @for diagnostic in found.iter().take(OF_A_KIND) { (show::diagnostic(diagnostic)) "\n" }
                    @if found.len() > OF_A_KIND { "[" (code) "] ほかに " (found.len() - OF_A_KIND) " 件\n" }
                }
            }
        }
    }
}
