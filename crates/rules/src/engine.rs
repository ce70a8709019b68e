//! 次に受けられる回: series × person × history → the next dose with its first and last day.

use super::Subject;
use super::book::{Course, DoseRule, Gap, Series, Window};
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::decision::Counting;
use kansho_core::history::{DoseRecord, Outcome};
use kansho_core::ids::{DoseName, Product};

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
    /// First day by age or cohort, before any interval.
    pub(super) by_age: NaiveDate,
    /// Last day on which the dose is lawful (`window.last` is the last for which letters invite).
    pub(super) lawful_until: NaiveDate,
    pub(super) path: Path,
    pub(super) standard: Option<(NaiveDate, NaiveDate)>,
    pub(super) law: String,
    pub(super) notes: Vec<String>,
    /// A recorded dose may be this one under another number: nobody can say before somebody has asked.
    pub(super) doubt: Option<String>,
}

/// Which rules of the book an answer came by: places in the version's lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) course: usize,
    pub(super) dose: usize,
    pub(super) cohort: Option<usize>,
    pub(super) extension: Option<usize>,
    pub(super) exception: bool,
    pub(super) dropped: bool,
    pub(super) disability: bool,
}

/// A window that stands in place of the ordinary one.
struct Instead {
    window: Window,
    words: &'static str,
    law: String,
    extension: Option<usize>,
}

/// A dose of the history under the name and the product that it has in the series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub(super) name: DoseName,
    pub(super) product: Option<Product>,
    pub(super) on: NaiveDate,
    pub(super) record: DoseRecord,
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
        let (kept, apart) = self.sift(self.given());
        let mut answers = self.told(&kept);
        if let Some(asked) = apart.iter().find(|left| left.counts == Counting::Ask) {
            for next in &mut answers {
                if let Next::Dose(dose) = next {
                    dose.doubt = Some(format!("{}。回の番号か種類の書き違いかもしれません", asked.words));
                }
            }
        }
        answers
    }

    /// The answers for the doses that count.
    fn told(&self, given: &[Given]) -> Vec<Next> {
        if self.series.season.is_some() {
            return vec![self.season(given)];
        }
        if self.series.pregnancy {
            return vec![self.pregnancy(given)];
        }
        let elsewhere = |d: &&DoseRecord| self.series.exclusive.contains(&d.series) && counted(d, self.as_of);
        if given.is_empty()
            && let Some(other) = self.subject.doses.iter().find(elsewhere)
        {
            return vec![Next::Complete(format!("別の製品（{}）で始めているため、こちらは受けません", other.series))];
        }
        if self.series.courses.iter().all(|course| course.product.is_some()) {
            return self.alternatives(given);
        }
        if let Some(next) = self.deemed(given) {
            return vec![next];
        }
        let birth = self.subject.birth;
        let fits = |course: &&Course| begun_so(course, birth, given) && !self.in_transition(course, given);
        match self.series.courses.iter().find(fits).or(self.series.courses.last()) {
            Some(course) => vec![self.course(course, given)],
            None => Vec::new(),
        }
    }

    /// 長期療養特例 where the person is deemed to begin anew (実施規則9条5項, 17条3項): doses before the reason ended fill nothing.
    fn deemed(&self, given: &[Given]) -> Option<Next> {
        let course = self.series.courses.iter().find(|course| course.deemed)?;
        let rule = course.doses.first()?;
        let instead = self.instead(rule, self.window(rule)?.0).filter(|instead| instead.extension.is_none())?;
        if given.iter().any(|d| instead.window.first <= d.on) {
            return Some(Next::Complete("長期療養特例による1回は接種済みです".to_owned()));
        }
        let mut next = self.course(course, &[]);
        if let (Next::Dose(dose), false) = (&mut next, given.is_empty()) {
            dose.notes
                .push("この年齢から始めたものとみなし、1回で終わります（それまでの接種は残し、回数には数えません）".to_owned());
        }
        Some(next)
    }

    /// Whether the course is closed because the person's doses fall into a transition (実施規則 令和5年附則3項).
    fn in_transition(&self, course: &Course, given: &[Given]) -> bool {
        let Some((window, _)) = course.doses.first().filter(|_| course.ordinary_only).and_then(|rule| self.window(rule)) else {
            return false;
        };
        let ordinary = given.iter().filter(|d| d.on <= window.last).count();
        ordinary < course.doses.len()
            && course.doses.iter().any(|rule| self.instead(rule, window).is_some_and(|instead| instead.extension.is_some()))
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

    /// Every dose of the series and of those that count for it, by date.
    pub(super) fn given(&self) -> Vec<Given> {
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
            if !self.series.products.is_empty() {
                product = match product {
                    Some(word) => self.series.product(word).map(|known| known.name),
                    None => self.series.only_product_on(dose.given_on),
                };
            }
            found.push(Given { name, product, on: dose.given_on, record: *dose });
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
            let Some(dose) = self.open(course, (at, rule), &own, dropped) else {
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
    fn open(&self, course: &Course, (place, rule): (usize, &DoseRule), own: &[(usize, Given)], dropped: bool) -> Option<Dose> {
        let mut law = join(&self.series.law, &rule.law);
        let mut notes = Vec::new();
        if let Some((products, words)) = &self.series.advice
            && self.subject.doses.iter().any(|d| {
                let product = d.product.filter(|_| d.series == self.series.id && counted(d, self.as_of));
                product.and_then(|word| self.series.product(word)).is_some_and(|p| products.contains(&p.name))
            })
        {
            notes.push(words.clone());
        }
        let mut opens = None;
        let (mut base, cohort) = self.window(rule)?;
        let mut path = Path {
            course: self.series.courses.iter().position(|c| std::ptr::eq(c, course)).unwrap_or(0),
            dose: place,
            cohort,
            disability: self.disabled() && rule.first_disability.is_some(),
            ..Path::default()
        };
        if dropped && let (Some((interval, first)), Some((_, latest))) = (rule.dropped, own.last()) {
            opens = opens.max(interval.opens(latest.on));
            path.dropped = true;
            base.first = base.first.max(first.day(self.subject.birth, None)?);
            notes.push(format!("初回の残りは行わず、最後の初回から{}の間隔をおきます", interval.words()));
        } else {
            for gap in &rule.gaps {
                if let Some(day) = Self::gap(gap, own, dropped)? {
                    opens = opens.max(Some(day));
                    notes.push(format!(
                        "{}から{}の間隔",
                        gap.from.as_ref().map_or("前の回", DoseName::as_str),
                        gap.interval.words()
                    ));
                }
            }
        }
        if dropped && rule.dropped.is_none() {
            notes.push("前の期が終わっていません（受けられる期間が過ぎました）".to_owned());
        }
        let mut lawful_until = rule.legal_last.and_then(|p| p.day(self.subject.birth, None)).unwrap_or(base.last).max(base.last);
        if let Some(instead) = self.instead(rule, base) {
            base = instead.window;
            lawful_until = base.last;
            path.extension = instead.extension;
            path.exception = instead.extension.is_none();
            notes.push(instead.words.to_owned());
            law = join(&law, &instead.law);
        }
        notes.extend(self.choices(base).cloned());
        if own.is_empty()
            && let Some(from) = self.series.valid_from
        {
            base.first = base.first.max(from);
        }
        if let Some(until) = self.series.valid_to {
            base.last = base.last.min(until);
            lawful_until = lawful_until.min(until);
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
            by_age: base.first,
            lawful_until,
            path,
            standard: standard.filter(|(from, until)| from <= until),
            law,
            notes,
            doubt: None,
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

    /// What the person may choose in these days (高用量).
    fn choices(&self, days: Window) -> impl Iterator<Item = &String> {
        self.series.products.iter().filter_map(move |product| {
            let from = product.from_age.map_or(Some(days.first), |age| age.day(self.subject.birth, None))?;
            let open = Window { first: product.valid.first.max(from), last: product.valid.last };
            product.note.as_ref().filter(|_| open.first <= days.last && days.first <= open.last && open.first <= open.last)
        })
    }

    /// Whether the person has a disability that opens the series before the ordinary age.
    fn disabled(&self) -> bool {
        self.subject.disabilities.iter().any(|kind| self.series.disabilities.contains(kind))
    }

    /// The legal window of a dose: of the person's cohort (and which), or the dose's own.
    pub(super) fn window(&self, rule: &DoseRule) -> Option<(Window, Option<usize>)> {
        let (birth, disabled) = (self.subject.birth, self.disabled());
        if self.series.cohorts.is_empty() {
            let point = rule.first_disability.filter(|_| disabled).unwrap_or(rule.first);
            let mut first = point.day(birth, None)?;
            if let Some((until, point)) = rule.opened_before {
                let earlier = point.day(birth, None)?;
                first = if earlier <= until { earlier } else { first.max(until.succ_opt()?) };
            }
            return Some((Window { first, last: rule.last.day(birth, None)? }, None));
        }
        let cohorts = self.series.cohorts.iter().enumerate();
        let mut windows: Vec<(Window, usize)> =
            cohorts.flat_map(|(at, c)| c.windows(birth, disabled).into_iter().map(move |w| (w, at))).collect();
        windows.sort_by_key(|(w, at)| (w.first, w.last, *at));
        windows.iter().find(|(w, _)| w.last >= self.as_of).or(windows.last()).map(|(w, at)| (*w, Some(*at)))
    }

    /// 長期療養特例 or an extension, when it gives more than the ordinary window does on the as-of date.
    fn instead(&self, rule: &DoseRule, base: Window) -> Option<Instead> {
        let birth = self.subject.birth;
        let exceptions = self.subject.exceptions.iter().filter(|(only, ..)| only.is_none_or(|s| s == self.series.id));
        let by_decision = exceptions.filter_map(|&(_, from, until)| {
            let (length, cap) = self.series.exception?;
            let longest = calendar::reach(from, length)?;
            let cap = cap.and_then(|point| point.day(birth, None)).unwrap_or(longest);
            let window = Window { first: from.max(rule.first.day(birth, None)?), last: until.min(longest).min(cap) };
            let law = "施行令3条2項・施行規則2条の8～2条の10".to_owned();
            Some(Instead { window, words: "長期療養特例", law, extension: None })
        });
        let extended = self.series.extensions.iter().enumerate().filter_map(|(at, e)| {
            let mine = e.dose.is_none_or(|dose| dose == rule.name)
                && e.born.holds(birth)
                && (!e.shortage || self.subject.shortage)
                && e.dosed.is_none_or(|days| self.given().iter().any(|d| days.holds(d.on)));
            mine.then(|| Instead {
                window: e.window, words: "経過措置・特例の期間", law: e.law.clone(), extension: Some(at)
            })
        });
        let better = |w: Window| {
            let later = w.last > base.last && (w.first <= self.as_of || base.last < self.as_of);
            w.first <= w.last && (later || w.holds(self.as_of) && !base.holds(self.as_of))
        };
        by_decision.chain(extended).filter(|i| better(i.window)).max_by_key(|i| i.window.last)
    }

    /// 毎年度1回.
    fn season(&self, given: &[Given]) -> Next {
        let rule = self.series.courses.first().and_then(|course| course.doses.first());
        let found = rule.and_then(|rule| {
            let first = rule.first_disability.filter(|_| self.disabled()).unwrap_or(rule.first);
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
        let notes = self.choices(window).cloned().collect();
        let disability = self.disabled() && rule.first_disability.is_some();
        Next::Dose(self.plain(rule, window, notes, Path { disability, ..Path::default() }))
    }

    /// A dose whose window needs nothing more.
    fn plain(&self, rule: &DoseRule, window: Window, notes: Vec<String>, path: Path) -> Dose {
        Dose {
            name: rule.name,
            product: None,
            window,
            by_age: window.first,
            lawful_until: window.last,
            path,
            standard: None,
            law: join(&self.series.law, &rule.law),
            notes,
            doubt: None,
        }
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
            answer = Next::Dose(self.plain(rule, Window { first, last }, Vec::new(), Path::default()));
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
        && (course.only.is_empty() || given.iter().all(|d| d.product.is_some_and(|p| course.only.contains(&p))))
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
