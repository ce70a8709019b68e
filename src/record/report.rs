//! `office/report.html`: the sign-off page. Self-contained, printable, opens in a browser; no script, nothing from outside.

use crate::record::chart;
use crate::record::counts::{Counts, Rows};
use crate::record::difference::difference;
use crate::record::previous::Previous;
use crate::record::rehearsal::Purpose;
use crate::record::wards::Wards;
use crate::record::witness;
use chrono::{Datelike, NaiveDate};
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Reason, Verdict};
use kansho_core::diag::{Diagnostic, Report, Severity, show};
use kansho_core::keys::ProgrammeKey;
use kansho_rules::decide::programme::Programmes;
use kansho_rules::decide::{Ground, Period};
use std::collections::BTreeMap;
use std::fmt::Write as _;

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
        let mut html = String::new();
        let _ = write!(
            html,
            "<!doctype html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\"><title>勧奨 点検表 {run}</title><style>{STYLE}</style></head><body>\
             <h1>{rehearsal}予防接種勧奨　点検表（決裁用）</h1><p>処理番号 {run}　基準日 {}　発送日 {}　前回処理の翌日 {}　住民抽出日 {}</p>",
            self.period.as_of,
            self.period.post_on,
            self.period.since,
            self.snapshot,
            run = escape(self.run),
            rehearsal = if Purpose::of(self.run).is_rehearsal() { "【試験・発送できません】" } else { "" },
        );
        let sample = if self.sample { "<strong>【見本の設定】</strong>" } else { "" };
        let _ = write!(html, "<p>{sample}設定のフォルダー {}</p>", escape(self.home));
        let _ = write!(html, "<p>規則集 {}</p>", escape(&self.rules));
        html.push_str(&self.accepted());
        html.push_str(&self.totals());
        html.push_str(&self.by_programme());
        html.push_str(&self.births());
        html.push_str(&witness::html(&witness::witnesses(self.cases, self.decisions, &self.ground), &self.ground));
        if let Some(previous) = self.previous {
            html.push_str(&difference(previous, self.cases, self.decisions).html(previous, self.programmes));
        }
        html.push_str(&self.wards());
        html.push_str(&Wards::count(self.cases, self.decisions, self.period.as_of).html());
        html.push_str(&self.held());
        html.push_str(&self.findings());
        html.push_str(
            "<h2>決裁</h2><table class=\"sign\"><tr><th>作成者</th><th>確認者</th></tr><tr><td></td><td></td></tr></table></body></html>\n",
        );
        html
    }

    /// What was missing and accepted with a reason.
    fn accepted(&self) -> String {
        if self.accepted.is_empty() {
            return String::new();
        }
        let mut html = String::from("<h2>理由を付けて続けたこと</h2><table><tr><th>指定</th><th>理由</th></tr>");
        for (option, reason) in self.accepted {
            let _ = write!(html, "<tr><td>{}</td><td>{}</td></tr>", escape(option), escape(reason));
        }
        html.push_str("</table>");
        html
    }

    fn totals(&self) -> String {
        let c = self.counts;
        let mut html = String::from(
            "<h2>件数</h2><table><tr><th></th><th>行</th><th>使用</th><th>置換</th><th>不使用</th><th>住民にいない人</th></tr>",
        );
        let files = [("住民", c.resident_rows), ("台帳", c.ledger_rows)];
        let sheets = c.marks.iter().map(|(name, rows)| (name.as_str(), *rows));
        for (name, Rows { rows, used, superseded, refused, nobody }) in files.into_iter().chain(sheets) {
            let _ = write!(
                html,
                "<tr><th>{}</th><td class=n>{rows}</td><td class=n>{used}</td><td class=n>{superseded}</td><td class=n>{refused}</td><td class=n>{nobody}</td></tr>",
                escape(name)
            );
        }
        let met = c.meeting();
        let excluded: usize = c.excluded.values().sum();
        let _ = write!(
            html,
            "</table><p>住民の番号と合った台帳の行 {}（{:.1} %）<br>人×事業 {} = 候補 {} + 今回の対象月でない人 {}（{}）<br>候補 {} = 送る {} + 送らない {excluded} + 保留 {}<br>\
             送る {} = 通知書 {}（{}ページ）= 郵便CSV {}、郵便物 {} = {}、シール {} 通（{} 面）</p>",
            met.met,
            met.percent(),
            c.pairs,
            c.candidates,
            c.outside,
            c.parts(),
            c.candidates,
            c.selected,
            c.held,
            c.selected,
            c.letters,
            c.pages,
            c.postal_rows,
            c.mailed,
            c.addresses(),
            c.sticker_pieces,
            c.sticker_cells
        );
        html.push_str("<table><tr><th>送らない理由</th><th>件数</th></tr>");
        for reason in Reason::ALL {
            if let Some(count) = c.excluded.get(reason.id()) {
                let _ = write!(html, "<tr><td>{}</td><td class=n>{count}</td></tr>", reason.word());
            }
        }
        html.push_str("</table>");
        html
    }

    fn by_programme(&self) -> String {
        let most = self.counts.programmes.values().copied().max().unwrap_or(1).max(1);
        let mut html =
            String::from("<h2>事業別</h2><table><tr><th>事業</th><th>送る</th><th>送らない</th><th>保留</th><th></th></tr>");
        for (key, programme) in self.programmes.keyed() {
            let count =
                |verdict: Verdict| self.decisions.iter().filter(|d| d.programme_key == key && d.verdict == verdict).count();
            let selected = count(Verdict::Selected);
            let _ = write!(
                html,
                "<tr><td>{}</td><td class=n>{selected}</td><td class=n>{}</td><td class=n>{}</td><td>{}</td></tr>",
                escape(&programme.name),
                count(Verdict::Excluded),
                count(Verdict::Held),
                chart::bar(selected, most, 240),
            );
        }
        html.push_str("</table>");
        html
    }

    /// 送る by month of birth, a chart for each programme.
    fn births(&self) -> String {
        let mut months: BTreeMap<ProgrammeKey, BTreeMap<(i32, u32), usize>> = BTreeMap::new();
        for decision in self.decisions.iter().filter(|d| d.verdict == Verdict::Selected) {
            if let Some(birth) = self.cases[decision.case].resident.birth.exact() {
                let of_programme = months.entry(decision.programme_key).or_default();
                *of_programme.entry((birth.year(), birth.month())).or_default() += 1;
            }
        }
        let charts = months.iter().map(|(index, months)| chart::births(&self.programmes[*index].name, months));
        format!("<h2>送る人の生まれた月</h2>{}", charts.collect::<String>())
    }

    /// People sent something, by ward.
    fn wards(&self) -> String {
        let mut selected: BTreeMap<&str, usize> = BTreeMap::new();
        for decision in self.decisions.iter().filter(|d| d.verdict == Verdict::Selected) {
            let ward = self.cases[decision.case].resident.address.ward.as_deref().unwrap_or("（区なし）");
            *selected.entry(ward).or_default() += 1;
        }
        let most = selected.values().copied().max().unwrap_or(1).max(1);
        let mut html = String::from("<h2>区別</h2><table><tr><th>区</th><th>送る</th><th></th></tr>");
        for (name, count) in &selected {
            let _ = write!(
                html,
                "<tr><td>{}</td><td class=n>{count}</td><td>{}</td></tr>",
                escape(name),
                chart::bar(*count, most, 240)
            );
        }
        html.push_str("</table>");
        html
    }

    fn held(&self) -> String {
        let mut html = String::from("<h2>保留</h2><table><tr><th>予防接種番号</th><th>事業</th><th>原因</th></tr>");
        for decision in self.decisions.iter().filter(|d| d.verdict == Verdict::Held) {
            let cause = decision.evidence.last().map(|e| format!("{}（{}）", e.answer, e.source)).unwrap_or_default();
            let name = &self.programmes[decision.programme_key].name;
            let person = escape(self.cases[decision.case].id());
            let _ = write!(html, "<tr><td>{person}</td><td>{}</td><td>{}</td></tr>", escape(name), escape(&cause));
        }
        html.push_str("</table>");
        html
    }

    /// What was found and does not stop the run, by kind: what holds people, alerts, then notes (sheets and columns not read, rows of people who are gone, …).
    fn findings(&self) -> String {
        const OF_A_KIND: usize = 200;
        let mut kinds: BTreeMap<(Severity, &str), Vec<&Diagnostic>> = BTreeMap::new();
        for diagnostic in self.report.sorted() {
            kinds.entry((diagnostic.severity, diagnostic.code.id())).or_default().push(diagnostic);
        }
        let mut html = String::from("<h2>保留の原因、アラート、注記</h2><div class=m>");
        for ((_, code), found) in kinds {
            for diagnostic in found.iter().take(OF_A_KIND) {
                html.push_str(&escape(&show::diagnostic(diagnostic)));
                html.push('\n');
            }
            if found.len() > OF_A_KIND {
                let _ = writeln!(html, "[{code}] ほかに {} 件", found.len() - OF_A_KIND);
            }
        }
        html.push_str("</div>");
        html
    }
}

/// Text that is only text in HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
