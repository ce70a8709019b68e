//! 規則集の証明: versions and cohorts leave no gap and do not overlap, courses cover every start, every window has both bounds in
//! the right order, every name is known. Everything wrong at once, with file and key.

use super::book::{Cohort, Rule, Series, Window};
use super::counting::OddKind;
use super::validity::Validity;
use chrono::NaiveDate;
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::ids::{DoseName, Product, SeriesId};
use kansho_core::origin::Origin;
use std::collections::BTreeSet;

/// Everything wrong with the book.
pub(super) fn prove(rules: &[Rule], validity: &Validity) -> Report {
    let mut proof = Proof { report: Report::new(), file: Origin::file("rules"), version: String::new() };
    let ids: BTreeSet<SeriesId> = rules.iter().map(|r| r.id).collect();
    for rule in rules {
        proof.file = Origin::file(&format!("rules/{}.toml", rule.id));
        proof.version.clear();
        proof.versions(rule, validity);
        for version in &rule.versions {
            proof.version =
                if rule.versions.len() > 1 { format!("valid {}～ の版の", version.valid.first) } else { String::new() };
            proof.series(version, &ids, rules);
        }
    }
    proof.report
}

struct Proof {
    report: Report,
    file: Origin,
    version: String,
}

impl Proof {
    fn wrong(&mut self, code: Code, key: &str, reason: &str) {
        let message = format!("{}{key}: {reason}", self.version);
        self.report.push(Diagnostic::new(code, message).at(&self.file));
    }

    /// No day of the book without a version, none with two.
    fn versions(&mut self, rule: &Rule, validity: &Validity) {
        for pair in rule.versions.windows(2) {
            let (before, after) = (pair[0].valid, pair[1].valid);
            if after.first <= before.last {
                let days = format!("{} と {} の版が {} に重なっています", before.first, after.first, after.first);
                self.wrong(Code::BookOverlap, "valid", &days);
            } else if before.last.succ_opt() != Some(after.first) {
                self.wrong(
                    Code::BookGap,
                    "valid",
                    &format!("{} の翌日から {} の前日までの版がありません", before.last, after.first),
                );
            }
        }
        let (first, last) = (rule.versions.first().map(|v| v.valid.first), rule.versions.last().map(|v| v.valid.last));
        if first.is_some_and(|day| day > validity.valid_from) || last.is_some_and(|day| day < validity.valid_to) {
            let days = format!("規則集の有効期間（{} から {} まで）を覆っていません", validity.valid_from, validity.valid_to);
            self.wrong(Code::BookGap, "valid", &days);
        }
    }

    fn series(&mut self, series: &Series, ids: &BTreeSet<SeriesId>, rules: &[Rule]) {
        self.windows(series);
        self.courses(series);
        self.cohorts(series);
        for (key, list) in [
            ("counts.series", series.counts.iter().map(|c| c.series).collect::<Vec<_>>()),
            ("exclusive", series.exclusive.clone()),
        ] {
            for other in list.into_iter().filter(|id| !ids.contains(id)) {
                self.wrong(Code::BookUnknown, key, &format!("系列「{other}」がありません"));
            }
        }
        for counted in &series.counts {
            let Some(other) = rules.iter().find(|r| r.id == counted.series) else { continue };
            let theirs: BTreeSet<DoseName> = other.versions.iter().flat_map(Series::dose_names).collect();
            let ours: BTreeSet<DoseName> = series.dose_names().collect();
            for (from, to) in &counted.names {
                if !theirs.contains(from) || !ours.contains(to) {
                    self.wrong(Code::BookUnknown, "counts.names", &format!("「{from}」→「{to}」という回がありません"));
                }
            }
        }
        for extension in &series.extensions {
            if let Some(dose) = extension.dose.filter(|dose| !series.dose_names().any(|name| name == *dose)) {
                self.wrong(Code::BookUnknown, "extension.dose", &format!("「{dose}」という回がありません"));
            }
        }
        self.products(series);
        self.odd(series);
        for (key, days) in [
            ("born_from～born_to", (series.born_from, series.born_to)),
            ("valid_from～valid_to", (series.valid_from, series.valid_to)),
        ] {
            if let (Some(first), Some(last)) = days
                && first > last
            {
                self.wrong(Code::BookBounds, key, "前後が逆です");
            }
        }
    }

    /// Where a file answers at all, every kind of odd dose has an answer, and every dose named exists. A file without answers leaves all
    /// open: such doses count and are told.
    fn odd(&mut self, series: &Series) {
        if series.odd.is_empty() {
            return;
        }
        for kind in OddKind::ALL.into_iter().filter(|kind| *kind != OddKind::Product || !series.products.is_empty()) {
            if !series.odd.iter().any(|rule| rule.kind == kind && rule.whole()) {
                let reason = format!("kind = \"{}\" の接種を数えるかどうかの答え（回・日を限らない行）がありません", kind.id());
                self.wrong(Code::BookGap, "odd", &reason);
            }
        }
        let names: BTreeSet<DoseName> = series.dose_names().collect();
        for name in series.odd.iter().flat_map(|rule| &rule.doses).filter(|name| !names.contains(*name)) {
            self.wrong(Code::BookUnknown, "odd.dose", &format!("「{name}」という回がありません"));
        }
    }

    fn products(&mut self, series: &Series) {
        let mut named: Vec<(&str, Product)> = Vec::new();
        named.extend(series.components.iter().flatten().map(|p| ("components", *p)));
        named.extend(series.live_products.iter().map(|p| ("live_products", *p)));
        named.extend(series.advice.iter().flat_map(|(products, _)| products).map(|p| ("advice.products", *p)));
        named.extend(series.courses.iter().flat_map(|c| c.product.iter().chain(&c.only)).map(|p| ("course.product", *p)));
        named.extend(series.counts.iter().flat_map(|c| c.products.iter().chain(&c.given_as)).map(|p| ("counts.products", *p)));
        for (key, product) in named {
            if series.product(product).is_none() {
                self.wrong(Code::BookUnknown, key, &format!("製品「{product}」が [[product]] にありません"));
            }
        }
    }

    /// Both bounds, in order, for every birthday of four years.
    fn windows(&mut self, series: &Series) {
        let births = || NaiveDate::from_ymd_opt(2020, 1, 1).into_iter().flat_map(|day| day.iter_days().take(1461));
        for (c, course) in series.courses.iter().enumerate() {
            let mut names = BTreeSet::new();
            for (d, rule) in course.doses.iter().enumerate() {
                let key = format!("course[{c}].dose[{d}]");
                if !names.insert(rule.name) {
                    self.wrong(Code::BookOverlap, &key, &format!("回「{}」が二つあります", rule.name));
                }
                for gap in rule.gaps.iter().filter_map(|g| g.from) {
                    if course.doses.iter().position(|r| r.name == gap).is_none_or(|at| at >= d) {
                        self.wrong(Code::BookUnknown, &format!("{key}.gap"), &format!("「{gap}」はこの回より前にありません"));
                    }
                }
                let reversed = |first: super::point::Point, last: super::point::Point| {
                    births().any(|birth| {
                        let edd = birth.checked_add_days(chrono::Days::new(12_000));
                        first.day(birth, edd).zip(last.day(birth, edd)).is_none_or(|(first, last)| first > last)
                    })
                };
                if reversed(rule.first, rule.last) {
                    self.wrong(Code::BookBounds, &format!("{key}.first～last"), "最初の日が最後の日より後になります");
                }
                if rule.standard.is_some_and(|(first, last)| reversed(first, last)) {
                    self.wrong(Code::BookBounds, &format!("{key}.standard"), "最初の日が最後の日より後になります");
                }
                if rule.first_disability.is_some_and(|first| reversed(first, rule.last)) {
                    self.wrong(Code::BookBounds, &format!("{key}.first_disability"), "最後の日より後になります");
                }
                if rule.legal_last.is_some_and(|last| reversed(rule.last, last)) {
                    self.wrong(Code::BookBounds, &format!("{key}.legal_last"), "last より前になります");
                }
            }
        }
    }

    /// Whenever somebody starts, exactly one course is theirs.
    fn courses(&mut self, series: &Series) {
        let by_start: Vec<_> = series.courses.iter().filter(|c| c.product.is_none()).collect();
        if by_start.is_empty() {
            return;
        }
        if by_start.last().is_some_and(|c| c.start_until.is_some() || c.start_from.is_some() || c.second_after.is_some()) {
            self.wrong(Code::BookGap, "course", "最後の課程に条件（start_until など）があり、ほかに始めた人の課程がありません");
        }
        let birth = NaiveDate::from_ymd_opt(2020, 4, 2);
        let ends: Vec<_> = by_start.iter().filter_map(|c| c.start_until.and_then(|p| p.day(birth?, None))).collect();
        if ends.windows(2).any(|pair| pair[0] >= pair[1]) {
            self.wrong(Code::BookOverlap, "course.start_until", "課程の順（始めた年齢の若い順）が逆か、重なっています");
        }
        let open = by_start.iter().filter(|c| c.start_until.is_none() && c.second_after.is_none()).count();
        if open > 1 {
            self.wrong(Code::BookOverlap, "course", "条件のない課程が二つあります");
        }
    }

    /// Ordinary target groups follow one another.
    fn cohorts(&mut self, series: &Series) {
        let mut days: Vec<Window> = series.cohorts.iter().filter(|c: &&Cohort| !c.disability).map(|c| c.valid).collect();
        days.sort_by_key(|w| w.first);
        for pair in days.windows(2) {
            if pair[1].first <= pair[0].last {
                self.wrong(Code::BookOverlap, "cohort.valid", &format!("{} に二つの対象者の定めがあります", pair[1].first));
            } else if pair[0].last.succ_opt() != Some(pair[1].first) {
                self.wrong(Code::BookGap, "cohort.valid", &format!("{} の翌日から対象者の定めがありません", pair[0].last));
            }
        }
    }
}
