//! 次に受けられる回: series × person × history → the next dose with its first and last day.

use super::Subject;
use super::book::{Course, DoseRule, Gap, Series, Window};
use crate::domain::calendar;
use crate::domain::history::{DoseRecord, Outcome};
use crate::domain::symbol::{DoseName, Product};
use chrono::NaiveDate;

/// What comes next in one course.
pub(super) enum Next {
    /// Never in the target group, and why.
    Never(String),
    /// Nothing left, and why.
    Complete(String),
    /// A dose.
    Dose(Dose),
}

/// The next dose.
pub(super) struct Dose {
    pub(super) name: DoseName,
    pub(super) product: Option<Product>,
    pub(super) window: Window,
    pub(super) standard: Option<(NaiveDate, NaiveDate)>,
    pub(super) law: String,
    pub(super) notes: Vec<String>,
}

/// A dose of the history that counts in the series.
#[derive(Clone, Copy)]
struct Given {
    name: DoseName,
    product: Option<Product>,
    on: NaiveDate,
}

/// One question to the engine.
pub(super) struct Engine<'a> {
    pub(super) series: &'a Series,
    pub(super) subject: &'a Subject<'a>,
    pub(super) as_of: NaiveDate,
    /// Latest injected live vaccine of the history, when this series may be live.
    pub(super) live_on: Option<NaiveDate>,
}

impl Engine<'_> {
    /// The answers: one, or one for each alternative of the series.
    pub(super) fn answers(&self) -> Vec<Next> {
        if let Some(never) = self.never() {
            return vec![Next::Never(never)];
        }
        let given = self.given();
        if self.series.season.is_some() {
            return vec![self.season(&given)];
        }
        if self.series.pregnancy {
            return vec![self.pregnancy(&given)];
        }
        let elsewhere = |d: &&DoseRecord| self.series.exclusive.contains(&d.series) && counted(d, self.as_of);
        if given.is_empty()
            && let Some(other) = self.subject.doses.iter().find(elsewhere)
        {
            return vec![Next::Complete(format!("別の製品（{}）で始めているため、こちらは受けません", other.series))];
        }
        if self.series.courses.iter().all(|course| course.product.is_some()) {
            return self.alternatives(&given);
        }
        let birth = self.subject.birth;
        match self.series.courses.iter().find(|course| begun_so(course, birth, &given)).or(self.series.courses.last()) {
            Some(course) => vec![self.course(course, &given)],
            None => Vec::new(),
        }
    }

    /// 生 or 組換え: every alternative until one has begun.
    fn alternatives(&self, given: &[Given]) -> Vec<Next> {
        let of = |course: &Course| -> Vec<Given> {
            let named = |d: &Given| course.doses.iter().any(|rule| rule.name == d.name);
            given.iter().copied().filter(|d| d.product.map_or_else(|| named(d), |p| Some(p) == course.product)).collect()
        };
        let mut answers = Vec::new();
        for course in &self.series.courses {
            let mine = of(course);
            let next = self.course(course, &mine);
            match next {
                Next::Complete(_) => return vec![next],
                Next::Never(_) | Next::Dose(_) => answers.push((mine.is_empty(), next)),
            }
        }
        let begun = answers.iter().any(|(fresh, _)| !fresh);
        answers.into_iter().filter(|(fresh, _)| !begun || !fresh).map(|(_, next)| next).collect()
    }

    /// Why the person never is in the group.
    fn never(&self) -> Option<String> {
        let (series, subject) = (self.series, self.subject);
        if series.sex.is_some_and(|sex| sex != subject.sex) {
            return Some("性別が対象ではありません".to_owned());
        }
        let early = series.born_from.is_some_and(|day| subject.birth < day);
        if early || series.born_to.is_some_and(|day| subject.birth > day) {
            return Some("生年月日が対象者の範囲に入りません".to_owned());
        }
        let had = |disease: &String| subject.had.contains(disease);
        let excluded = !series.diseases.is_empty()
            && if series.all_diseases { series.diseases.iter().all(had) } else { series.diseases.iter().any(had) };
        if excluded {
            return Some("罹患したことがあるため、対象になりません".to_owned());
        }
        if series.pregnancy && subject.expected_delivery.is_empty() {
            return Some("出産予定日の登録がないため、対象になりません".to_owned());
        }
        None
    }

    /// The doses that count, by date.
    fn given(&self) -> Vec<Given> {
        let mut found: Vec<Given> = Vec::new();
        for dose in self.subject.doses.iter().filter(|d| counted(d, self.as_of)) {
            let mut name = dose.dose;
            let mut product = dose.product;
            if dose.series != self.series.id {
                let Some(rule) = self.series.counts.iter().find(|c| c.series == dose.series) else { continue };
                if !rule.products.is_empty() && product.is_some_and(|p| !rule.products.contains(&p)) {
                    continue;
                }
                name = rule.names.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| *to);
                product = product.or(rule.given_as);
            }
            found.push(Given { name, product, on: dose.given_on });
        }
        found.sort_by_key(|d| d.on);
        found
    }

    /// 課程の次の回.
    fn course(&self, course: &Course, given: &[Given]) -> Next {
        // The last dose of another course (追加) ends this one too.
        let ends = |d: &Given| self.series.courses.iter().any(|c| c.doses.last().is_some_and(|rule| rule.name == d.name));
        let place = |d: &Given| {
            let own = course.doses.iter().position(|rule| rule.name == d.name);
            own.or_else(|| ends(d).then(|| course.doses.len().saturating_sub(1)))
        };
        let mut own: Vec<(usize, Given)> = if self.series.by_count {
            let mut days: Vec<Given> = given.to_vec();
            days.dedup_by_key(|d| d.on);
            days.into_iter().enumerate().collect()
        } else {
            given.iter().filter_map(|d| place(d).map(|at| (at, *d))).collect()
        };
        let mut start = next_place(&own);
        if !self.series.components.is_empty() {
            let satisfies = |component: &[Product], d: &Given| d.product.is_none_or(|p| component.contains(&p));
            let parts: Vec<Vec<(usize, Given)>> = self
                .series
                .components
                .iter()
                .map(|component| own.iter().copied().filter(|(_, d)| satisfies(component, d)).collect())
                .collect();
            start = parts.iter().map(|part| next_place(part)).min().unwrap_or(0);
            own = parts.into_iter().filter(|part| next_place(part) == start).flatten().collect();
            own.sort_by_key(|(_, d)| d.on);
        }
        let mut dropped = false;
        for (at, rule) in course.doses.iter().enumerate().skip(start) {
            let last_place = at + 1 == course.doses.len();
            let late = rule
                .not_after
                .and_then(|p| p.day(self.subject.birth, None))
                .is_some_and(|limit| own.last().is_some_and(|(_, d)| d.on > limit));
            if late && !last_place {
                dropped = true;
                continue;
            }
            let Some(dose) = self.open(course, rule, &own, dropped) else {
                if rule.droppable && !last_place {
                    dropped = true;
                    continue;
                }
                return Next::Never("対象者の範囲（年齢）に入りません".to_owned());
            };
            let gone = dose.window.last < self.as_of || dose.window.first > dose.window.last;
            if rule.droppable && gone && !last_place {
                dropped = true;
                continue;
            }
            return Next::Dose(dose);
        }
        Next::Complete("必要な回数は接種済みです".to_owned())
    }

    /// The window of one dose with its intervals; `None` when it cannot be given at all.
    fn open(&self, course: &Course, rule: &DoseRule, own: &[(usize, Given)], dropped: bool) -> Option<Dose> {
        let mut law = join(&self.series.law, &rule.law);
        let mut notes = Vec::new();
        if let Some((products, words)) = &self.series.advice
            && self.given().iter().any(|d| d.product.is_some_and(|p| products.contains(&p)))
        {
            notes.push(words.clone());
        }
        let mut opens = None;
        let mut base = self.window(rule)?;
        if dropped && let (Some((interval, first)), Some((_, latest))) = (rule.dropped, own.last()) {
            opens = opens.max(interval.opens(latest.on));
            base.first = base.first.max(first.day(self.subject.birth, None)?);
            notes.push(format!("初回の残りは行わず、最後の初回から{}の間隔をおきます", interval.words()));
        } else {
            for gap in &rule.gaps {
                if let Some(day) = Self::gap(gap, own, dropped)? {
                    opens = opens.max(Some(day));
                    notes.push(format!("{}から{}の間隔", gap.from.map_or("前の回", |f| f.as_str()), gap.interval.words()));
                }
            }
        }
        if dropped && rule.dropped.is_none() {
            notes.push("前の期が終わっていません（受けられる期間が過ぎました）".to_owned());
        }
        if let Some((window, reason, source)) = self.instead(rule, base) {
            base = window;
            notes.push(reason);
            law = join(&law, &source);
        }
        if own.is_empty()
            && let Some(from) = self.series.valid_from
        {
            base.first = base.first.max(from);
        }
        if let Some(until) = self.series.valid_to {
            base.last = base.last.min(until);
        }
        let first_by_rule = opens.map_or(base.first, |day| day.max(base.first));
        let live = self.live_on.filter(|_| self.series.live_products.is_empty() || live_course(self.series, course));
        let after_live = live.and_then(|day| calendar::open_days(day, 27)).filter(|day| *day > first_by_rule);
        if after_live.is_some() {
            notes.push("注射生ワクチンどうしは27日以上の間隔".to_owned());
            law = join(&law, "定期接種実施要領（注射生ワクチンの間隔）");
        }
        let first = after_live.unwrap_or(first_by_rule);
        let standard = rule.standard.and_then(|(from, until)| {
            Some((from.day(self.subject.birth, None)?.max(first), until.day(self.subject.birth, None)?))
        });
        Some(Dose {
            name: rule.name,
            product: course.product,
            window: Window { first, last: base.last },
            standard: standard.filter(|(from, until)| from <= until),
            law,
            notes,
        })
    }

    /// The first day after an interval; `None` when the dose it is counted from was dropped.
    fn gap(gap: &Gap, own: &[(usize, Given)], dropped: bool) -> Option<Option<NaiveDate>> {
        if let Some(since) = gap.started_from
            && own.first().is_none_or(|(_, d)| d.on < since)
        {
            return Some(None);
        }
        let named = gap.from.and_then(|name| own.iter().rev().find(|(_, d)| d.name == name));
        if gap.from.is_some() && named.is_none() && dropped {
            return None;
        }
        let from = named.or(own.last());
        Some(from.and_then(|(_, d)| gap.interval.opens(d.on)))
    }

    /// The legal window of a dose: of the person's cohort, or the dose's own.
    pub(super) fn window(&self, rule: &DoseRule) -> Option<Window> {
        let (birth, disabled) = (self.subject.birth, self.subject.disability);
        if self.series.cohorts.is_empty() {
            let first = rule.first_disability.filter(|_| disabled).unwrap_or(rule.first);
            return Some(Window { first: first.day(birth, None)?, last: rule.last.day(birth, None)? });
        }
        let mut windows: Vec<Window> = self.series.cohorts.iter().flat_map(|c| c.windows(birth, disabled)).collect();
        windows.sort_by_key(|w| (w.first, w.last));
        windows.iter().find(|w| w.last >= self.as_of).or(windows.last()).copied()
    }

    /// 長期療養特例 or an extension, when it gives more than the ordinary window does on the as-of date.
    fn instead(&self, rule: &DoseRule, base: Window) -> Option<(Window, String, String)> {
        let birth = self.subject.birth;
        let exceptions = self.subject.exceptions.iter().filter(|(only, ..)| only.is_none_or(|s| s == self.series.id));
        let by_decision = exceptions.filter_map(|&(_, from, until)| {
            let (length, cap) = self.series.exception?;
            let longest = calendar::reach(from, length)?;
            let cap = cap.and_then(|point| point.day(birth, None)).unwrap_or(longest);
            let window = Window { first: from.max(rule.first.day(birth, None)?), last: until.min(longest).min(cap) };
            Some((window, "長期療養特例".to_owned(), "施行令3条2項・施行規則2条の8～2条の10".to_owned()))
        });
        let extended = self.series.extensions.iter().filter_map(|e| {
            let mine = e.dose.is_none_or(|dose| dose == rule.name)
                && e.born.holds(birth)
                && (!e.shortage || self.subject.shortage)
                && e.dosed.is_none_or(|days| self.given().iter().any(|d| days.holds(d.on)));
            mine.then(|| (e.window, "経過措置・特例の期間".to_owned(), e.law.clone()))
        });
        let better = |w: Window| {
            let later = w.last > base.last && (w.first <= self.as_of || base.last < self.as_of);
            w.first <= w.last && (later || w.holds(self.as_of) && !base.holds(self.as_of))
        };
        by_decision.chain(extended).filter(|(w, ..)| better(*w)).max_by_key(|(w, ..)| w.last)
    }

    /// 毎年度1回.
    fn season(&self, given: &[Given]) -> Next {
        let rule = self.series.courses.first().and_then(|course| course.doses.first());
        let found = rule.and_then(|rule| {
            let first = rule.first_disability.filter(|_| self.subject.disability).unwrap_or(rule.first);
            let from = first.day(self.subject.birth, None)?;
            let from = self.series.valid_from.map_or(from, |day| from.max(day));
            let year = calendar::fiscal_year(self.as_of).max(calendar::fiscal_year(from));
            let season = self.series.season?;
            let window = season.of(year).filter(|w| w.last >= from).or_else(|| season.of(year + 1))?;
            Some((rule, Window { first: window.first.max(from), last: window.last }))
        });
        let Some((rule, window)) = found else { return Next::Never("接種期間の定めがありません".to_owned()) };
        if given.iter().any(|d| calendar::fiscal_year(d.on) == calendar::fiscal_year(window.first)) {
            return Next::Complete("この年度の1回は接種済みです".to_owned());
        }
        let law = join(&self.series.law, &rule.law);
        Next::Dose(Dose { name: rule.name, product: None, window, standard: None, law, notes: Vec::new() })
    }

    /// 妊娠ごとに1回.
    fn pregnancy(&self, given: &[Given]) -> Next {
        let mut expected = self.subject.expected_delivery.to_vec();
        expected.sort_unstable();
        let rule = self.series.courses.first().and_then(|course| course.doses.first());
        let Some(rule) = rule else { return Next::Never("回の定めがありません".to_owned()) };
        let mut answer = Next::Never("出産予定日の登録がないため、対象になりません".to_owned());
        for day in expected {
            let (Some(first), Some(last)) =
                (rule.first.day(self.subject.birth, Some(day)), rule.last.day(self.subject.birth, Some(day)))
            else {
                continue;
            };
            let in_pregnancy = |d: &Given| calendar::plus_days(day, -280).is_some_and(|start| start <= d.on) && d.on <= day;
            if given.iter().any(in_pregnancy) {
                answer = Next::Complete("今回の妊娠では接種済みです".to_owned());
                continue;
            }
            let first = self.series.valid_from.map_or(first, |from| first.max(from));
            let law = join(&self.series.law, &rule.law);
            let window = Window { first, last };
            answer = Next::Dose(Dose { name: rule.name, product: None, window, standard: None, law, notes: Vec::new() });
            if last >= self.as_of {
                break;
            }
        }
        answer
    }
}

/// A dose given by the as-of date; 予診のみ is none.
pub(super) fn counted(dose: &DoseRecord, as_of: NaiveDate) -> bool {
    dose.outcome == Outcome::Given && dose.given_on <= as_of
}

/// The place after the last dose given.
fn next_place(own: &[(usize, Given)]) -> usize {
    own.iter().map(|(at, _)| at + 1).max().unwrap_or(0)
}

/// Whether the doses so far began the course in this way.
fn begun_so(course: &Course, birth: NaiveDate, given: &[Given]) -> bool {
    let Some(start) = given.first() else { return true };
    let after = |point: Option<super::point::Point>| point.and_then(|p| p.day(birth, None));
    let second = given.iter().find(|d| d.on > start.on);
    after(course.start_from).is_none_or(|day| day <= start.on)
        && after(course.start_until).is_none_or(|day| start.on <= day)
        && course.start_since.is_none_or(|day| day <= start.on)
        && !given.iter().any(|d| d.product.is_some_and(|p| course.without.contains(&p)))
        && course.second_after.is_none_or(|gap| second.is_none_or(|d| gap.opens(start.on).is_some_and(|day| day <= d.on)))
}

fn live_course(series: &Series, course: &Course) -> bool {
    course.product.is_some_and(|p| series.live_products.contains(&p))
}

/// Whether a dose of this series is an injected live vaccine.
pub(super) fn live_dose(series: &Series, dose: &DoseRecord) -> bool {
    let named = |course: &&Course| live_course(series, course) && course.doses.iter().any(|rule| rule.name == dose.dose);
    series.live
        && (series.live_products.is_empty()
            || dose
                .product
                .map_or_else(|| series.courses.iter().any(|c| named(&c)), |product| series.live_products.contains(&product)))
}

fn join(left: &str, right: &str) -> String {
    if left.contains(right) {
        return left.to_owned();
    }
    if left.is_empty() { right.to_owned() } else { format!("{left}・{right}") }
}
