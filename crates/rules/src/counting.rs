//! 外れた接種を数えるか: which doses outside age, interval or product count as a dose of the series (施行規則2条1号). Each rule file answers
//! for each kind (`[[odd]]`), with its source; what no source settles counts and is told.

use super::book::{DoseRule, Series};
use super::engine::{Engine, Given};
use super::point::Point;
use chrono::NaiveDate;
use kansho_core::decision::{Counting, FindingKind};
use kansho_core::ids::DoseName;
use serde::Deserialize;

/// In what way a dose is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OddKind {
    /// 接種できる年齢の前
    TooYoung,
    /// 最小間隔の前
    TooSoon,
    /// 接種できる期間の後
    TooLate,
    /// その日には使われない製品、規則集にない製品
    Product,
}

impl OddKind {
    pub(super) const ALL: [Self; 4] = [Self::TooYoung, Self::TooSoon, Self::TooLate, Self::Product];

    /// The word in rule files.
    pub(super) const fn id(self) -> &'static str {
        self.finding().id()
    }

    /// The word for people.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::TooYoung => "早すぎる年齢",
            Self::TooSoon => "短い間隔",
            Self::TooLate => "期間の後",
            Self::Product => "違う製品",
        }
    }

    const fn finding(self) -> FindingKind {
        match self {
            Self::TooYoung => FindingKind::TooYoung,
            Self::TooSoon => FindingKind::TooSoon,
            Self::TooLate => FindingKind::TooLate,
            Self::Product => FindingKind::Product,
        }
    }
}

/// How well an answer is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Footing {
    /// Read in an official text.
    Sourced,
    /// Read where somebody else carries it.
    SecondHand,
    /// Follows from an official text by our reading.
    Derived,
    /// No source found: such a dose counts and is told.
    Open,
}

/// One answer of a rule file (`[[odd]]`); the first that fits a dose decides.
#[derive(Clone, Debug)]
pub(super) struct OddRule {
    pub(super) kind: OddKind,
    /// Only these doses; every one when empty.
    pub(super) doses: Vec<DoseName>,
    /// Only given before this day,
    pub(super) before: Option<Point>,
    /// or from this one.
    pub(super) from: Option<Point>,
    pub(super) counts: Counting,
    pub(super) footing: Footing,
    pub(super) source: String,
}

impl OddRule {
    /// Whether it answers for every dose of its kind.
    pub(super) const fn whole(&self) -> bool {
        self.doses.is_empty() && self.before.is_none() && self.from.is_none()
    }

    fn fits(&self, name: DoseName, on: NaiveDate, birth: NaiveDate) -> bool {
        (self.doses.is_empty() || self.doses.contains(&name))
            && self.before.is_none_or(|point| point.day(birth, None).is_some_and(|day| on < day))
            && self.from.is_none_or(|point| point.day(birth, None).is_some_and(|day| day <= on))
    }
}

/// A dose that does not count, or not before somebody has asked.
#[derive(Clone, Debug)]
pub(super) struct Apart {
    pub(super) given: Given,
    pub(super) counts: Counting,
    pub(super) kind: FindingKind,
    /// What is odd, in Japanese.
    pub(super) words: String,
    pub(super) source: String,
}

impl Engine<'_> {
    /// Parts the doses by date into those that count and the others. Where one of several doses of the same days is left out,
    /// the later ones move up: 2回目 is then the first that counts.
    pub(super) fn sift(&self, all: Vec<Given>) -> (Vec<Given>, Vec<Apart>) {
        if self.series.by_count || self.series.odd.iter().all(|rule| rule.counts == Counting::Yes) {
            return (all, Vec::new());
        }
        let mut kept: Vec<Given> = Vec::new();
        let mut apart: Vec<Apart> = Vec::new();
        for given in all {
            let Some(rule) = self.rule(given.name) else {
                kept.push(given);
                continue;
            };
            let odd = self.oddities(rule, given, &kept);
            let left = odd.into_iter().find_map(|(kind, words)| {
                let answer =
                    self.series.odd.iter().find(|r| r.kind == kind && r.fits(given.name, given.on, self.subject.birth))?;
                (answer.counts != Counting::Yes).then_some((answer, words))
            });
            let Some((answer, words)) = left else {
                kept.push(self.moved_up(rule, given, &kept, &apart));
                continue;
            };
            if answer.kind == OddKind::TooSoon
                && answer.counts == Counting::No
                && let Some(before) = kept.last_mut()
            {
                // Two doses that are too close are one; the next interval runs from the later injection.
                before.on = given.on;
            }
            let (kind, source) = (answer.kind.finding(), answer.source.clone());
            apart.push(Apart { given, counts: answer.counts, kind, words, source });
        }
        (kept, apart)
    }

    fn rule(&self, name: DoseName) -> Option<&DoseRule> {
        self.series.courses.iter().flat_map(|course| &course.doses).find(|rule| rule.name == name)
    }

    /// In what ways a dose is outside, with words.
    fn oddities(&self, rule: &DoseRule, given: Given, kept: &[Given]) -> Vec<(OddKind, String)> {
        let (birth, on, name) = (self.subject.birth, given.on, given.name);
        let mut found = Vec::new();
        if let Some((window, _)) = self.window(rule) {
            let last = rule.legal_last.and_then(|point| point.day(birth, None)).unwrap_or(window.last).max(window.last);
            if on < window.first {
                found.push((OddKind::TooYoung, format!("{name}は{}から受けられるところ、{on}に受けています", window.first)));
            }
            if on > last && !self.allowed_on(on) {
                found.push((OddKind::TooLate, format!("{name}は{last}まで受けられるところ、{on}に受けています")));
            }
        }
        let opens = rule.gaps.iter().filter_map(|gap| {
            let from = gap.from.and_then(|from| kept.iter().rev().find(|d| d.name == from)).or(kept.last())?;
            gap.interval.opens(from.on)
        });
        if let Some(day) = opens.max().filter(|day| on < *day) {
            found.push((OddKind::TooSoon, format!("{name}は間隔をおいて{day}から受けられるところ、{on}に受けています")));
        }
        if let Some(words) = product_oddity(self.series, birth, given) {
            found.push((OddKind::Product, format!("{name}: {words}")));
        }
        found
    }

    /// Whether 長期療養特例 or an extension held on a day.
    fn allowed_on(&self, day: NaiveDate) -> bool {
        let mut decided = self.subject.exceptions.iter().filter(|(only, ..)| only.is_none_or(|s| s == self.series.id));
        let birth = self.subject.birth;
        decided.any(|&(_, from, until)| from <= day && day <= until)
            || self.series.extensions.iter().any(|e| e.born.holds(birth) && e.window.holds(day))
    }

    /// The dose under the number that it has among those that count.
    fn moved_up(&self, rule: &DoseRule, given: Given, kept: &[Given], apart: &[Apart]) -> Given {
        let alike = |name: DoseName| self.rule(name).is_some_and(|r| (r.first, r.last) == (rule.first, rule.last));
        if !apart.iter().any(|left| alike(left.given.name)) {
            return given;
        }
        let before = kept.iter().filter(|d| alike(d.name)).count();
        let Some(course) = self.series.courses.iter().find(|c| c.doses.iter().any(|r| r.name == given.name)) else {
            return given;
        };
        let mut names = course.doses.iter().map(|r| r.name).filter(|name| alike(*name));
        let named = names.clone().position(|name| name == given.name).unwrap_or(0);
        Given { name: names.nth(named.min(before)).unwrap_or(given.name), ..given }
    }
}

/// A product before or after its days, or under its age; `None` where nothing is odd or the product is not known.
pub(super) fn product_oddity(series: &Series, birth: NaiveDate, given: Given) -> Option<String> {
    let product = series.product(given.product?)?;
    if !product.valid.holds(given.on) {
        return Some(format!("{}は{}から{}までの製品です", product.name, product.valid.first, product.valid.last));
    }
    let early = product.from_age.and_then(|age| age.day(birth, None)).is_some_and(|from| given.on < from);
    early.then(|| format!("{}を受けられる年齢の前です", product.name))
}
