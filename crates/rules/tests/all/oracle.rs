//! A second, slow answer to "which dose, from when, until when": a walk day by day over the wording of the ordinances. It shares no
//! date arithmetic and no data with the rule book and is compared with it for 20,000 random histories.

use crate::known;
use chrono::{Datelike, Days, NaiveDate};
use kansho_core::decision::Status;
use kansho_core::folder::Folder;
use kansho_core::history::{DoseRecord, Knowledge, Outcome};
use kansho_core::origin::Source;
use kansho_core::person::{Disability, Sex};
use kansho_core::residency::Standing;
use kansho_rules::{RuleBook, Subject};
use rayon::prelude::*;
use std::path::Path;

type Day = NaiveDate;

/// 施行令附則5項2号: who was 16 by then and had a dose in FY2022 to FY2024 goes on in FY2025.
const TRANSITION: Day = NaiveDate::from_ymd_opt(2025, 4, 1).unwrap();

fn ymd(year: i32, month: u32, day: u32) -> Day {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn after(day: Day, days: u64) -> Day {
    day.checked_add_days(Days::new(days)).unwrap()
}

fn before(day: Day) -> Day {
    day.pred_opt().unwrap()
}

/// 年齢計算ニ関スル法律・民法143条: n months are full at the end of the day before the same date; where the month has no such date,
/// at the end of its last day. Asked on the following day, which is why the comparison is with tomorrow.
fn reached(birth: Day, months: i32, day: Day) -> bool {
    let tomorrow = after(day, 1);
    let passed = (tomorrow.year() - birth.year()) * 12 + tomorrow.month() as i32 - birth.month() as i32;
    passed > months || passed == months && tomorrow.day() >= birth.day()
}

/// 「生後a月から生後b月に至るまで」「a歳以上b歳未満」: the day of reaching belongs to both ends.
fn aged(birth: Day, from: i32, until: i32, day: Day) -> bool {
    reached(birth, from, day) && !reached(birth, until, before(day))
}

/// 「N日以上の間隔をおいて」
fn days_apart(dose: Day, days: i64, day: Day) -> bool {
    (day - dose).num_days() > days
}

/// 「n月以上の間隔をおいて」: counted from the day after the dose (民法140条, 143条).
fn months_apart(dose: Day, months: i32, day: Day) -> bool {
    let passed = (day.year() - dose.year()) * 12 + day.month() as i32 - dose.month() as i32;
    passed > months || passed == months && day.day() >= dose.day()
}

fn fiscal(day: Day) -> i32 {
    if day.month() < 4 { day.year() - 1 } else { day.year() }
}

/// The day on which an age is reached, found by walking.
fn birthday_eve(birth: Day, years: i32) -> Day {
    let mut day = ymd(birth.year() + years, 1, 1);
    while !reached(birth, years * 12, day) {
        day = after(day, 1);
    }
    if reached(birth, years * 12, before(day)) {
        day = ymd(birth.year() + years - 1, 12, 1);
        while !reached(birth, years * 12, day) {
            day = after(day, 1);
        }
    }
    day
}

/// 学校教育法17条: the first 4/1 from the day after six years are reached.
fn school_begins(birth: Day) -> Day {
    let mut day = after(birthday_eve(birth, 6), 1);
    while (day.month(), day.day()) != (4, 1) {
        day = after(day, 1);
    }
    day
}

#[derive(Clone, Debug)]
struct Given {
    name: &'static str,
    product: Option<&'static str>,
    on: Day,
}

#[derive(Clone, Debug)]
struct Life {
    series: &'static str,
    birth: Day,
    sex: Sex,
    edd: Option<Day>,
    disability: Option<Disability>,
    /// The doses that count, as the law numbers them.
    given: Vec<Given>,
    /// The rows of the ledger, with those that do not count.
    records: Vec<Given>,
    /// A row has a number that its age cannot have: nobody can say before somebody has asked.
    doubt: bool,
    /// Found once by walking: the first school day; fiscal years of the ages 12, 16, and of 65, 70, … 100.
    school: Day,
    hpv_years: (i32, i32),
    zoster_years: Vec<i32>,
    /// An injected live vaccine of another series.
    other_live: Option<(&'static str, &'static str, Day)>,
}

impl Life {
    fn on(&self, name: &str) -> Option<Day> {
        self.given.iter().find(|g| g.name == name).map(|g| g.on)
    }

    fn live_apart(&self, day: Day) -> bool {
        let own =
            self.records.iter().filter(|_| matches!(self.series, "mr" | "measles" | "rubella" | "var" | "bcg")).map(|g| g.on);
        own.chain(self.other_live.map(|(_, _, on)| on)).all(|on| days_apart(on, 27, day))
    }

    /// 実施規則18条, 令和5年附則2項: 9価 from the beginning, also before 2023-04-01, and begun 15歳に至るまで. From 2026-04-01 there is no
    /// other product.
    fn by_two(&self) -> bool {
        let nine = |g: &Given| g.product == Some("9価") || g.product.is_none() && g.on >= ymd(2026, 4, 1);
        self.given.iter().all(nine) && self.given.first().is_some_and(|g| !reached(self.birth, 180, before(g.on)))
    }

    /// Two doses five months apart, both in the ordinary years (令和5年附則3項 keeps the others from ending so).
    fn ended_by_two(&self) -> bool {
        let ordinary = |g: &Given| !self.in_transition(g.on);
        self.by_two()
            && self.given.len() == 2
            && months_apart(self.given[0].on, 5, self.given[1].on)
            && self.given.iter().all(ordinary)
    }

    /// 施行令附則5項2号, on a day of its year.
    fn in_transition(&self, day: Day) -> bool {
        let dosed = self.given.iter().any(|g| (ymd(2022, 4, 1)..TRANSITION).contains(&g.on));
        self.series == "hpv" && dosed && self.birth <= ymd(2009, 4, 1) && (TRANSITION..ymd(2026, 4, 1)).contains(&day)
    }

    /// The dose that is lawful on a day, by the wording; `product` only for 帯状疱疹.
    fn lawful(&self, day: Day, product: Option<&str>) -> Option<&'static str> {
        let (b, n) = (self.birth, self.given.len());
        let last = self.given.last().map(|g| g.on);
        if last.is_some_and(|on| day <= on) {
            return None;
        }
        match self.series {
            // 実施規則9条・10条
            "dpt_ipv_hib" => {
                if !aged(b, 2, 90, day) {
                    return None;
                }
                match n {
                    0 => Some("1期初回1"),
                    1 => days_apart(last?, 20, day).then_some("1期初回2"),
                    2 => days_apart(last?, 20, day).then_some("1期初回3"),
                    3 => months_apart(last?, 6, day).then_some("1期追加"),
                    _ => None,
                }
            }
            // 実施規則9条4項・5項, 10条2項
            "hib" => {
                let Some(start) = self.given.first().map(|g| g.on) else { return aged(b, 2, 60, day).then_some("初回1") };
                let first_course = !reached(b, 7, before(start));
                let primaries = if first_course {
                    3
                } else if !reached(b, 12, before(start)) {
                    2
                } else {
                    1
                };
                if primaries == 1 || self.on("追加").is_some() {
                    return None;
                }
                let within = !reached(b, 12, before(day));
                if n < primaries && within {
                    return days_apart(last?, 27, day).then_some(if n == 1 { "初回2" } else { "初回3" });
                }
                let apart = if n >= primaries { months_apart(last?, 7, day) } else { days_apart(last?, 27, day) };
                (apart && !reached(b, 60, before(day))).then_some("追加")
            }
            // 実施規則17条
            "pcv" => {
                let Some(start) = self.given.first().map(|g| g.on) else { return aged(b, 2, 60, day).then_some("初回1") };
                if self.on("追加").is_some() || reached(b, 60, before(day)) {
                    return None;
                }
                let by = |months: i32| !reached(b, months, before(start));
                if !by(24) || (!by(12) && n >= 2) {
                    return None;
                }
                if !by(12) {
                    return days_apart(last?, 60, day).then_some("初回2");
                }
                let late_second = self.on("初回2").is_some_and(|on| reached(b, 12, before(on)));
                let primaries = if by(7) && !late_second { 3 } else { 2 };
                if n < primaries && !reached(b, 24, before(day)) {
                    return days_apart(last?, 27, day).then_some(if n == 1 { "初回2" } else { "初回3" });
                }
                (days_apart(last?, 60, day) && reached(b, 12, day)).then_some("追加")
            }
            // 実施規則20条
            "hbv" => {
                if day < b || reached(b, 12, before(day)) {
                    return None;
                }
                match n {
                    0 => Some("1回目"),
                    1 => days_apart(last?, 27, day).then_some("2回目"),
                    2 => days_apart(self.given[0].on, 139, day).then_some("3回目"),
                    _ => None,
                }
            }
            // 施行令3条1項, 実施規則21条; the first dose is invited until 出生14週6日後
            "rota1" | "rota5" => {
                let weeks = if self.series == "rota1" { 24 } else { 32 };
                let old = (day - b).num_days();
                if !(42..=weeks * 7).contains(&old) {
                    return None;
                }
                match n {
                    0 => (old <= 14 * 7 + 6).then_some("1回目"),
                    1 => days_apart(last?, 27, day).then_some("2回目"),
                    2 if weeks == 32 => days_apart(last?, 27, day).then_some("3回目"),
                    _ => None,
                }
            }
            "bcg" => (n == 0 && day >= b && !reached(b, 12, before(day)) && self.live_apart(day)).then_some("1回"),
            // 実施規則12条・13条
            "mr" | "measles" | "rubella" => {
                if self.on("2期").is_some() || !self.live_apart(day) {
                    return None;
                }
                if self.on("1期").is_none() && aged(b, 12, 24, day) {
                    return Some("1期");
                }
                (ymd(self.school.year() - 1, 4, 1) <= day && day < self.school).then_some("2期")
            }
            // 実施規則19条
            "var" => {
                if !aged(b, 12, 36, day) || !self.live_apart(day) {
                    return None;
                }
                match n {
                    0 => Some("1回目"),
                    1 => months_apart(last?, 3, day).then_some("2回目"),
                    _ => None,
                }
            }
            // 実施規則14条・15条
            "je" => {
                if self.on("2期").is_some() {
                    return None;
                }
                if aged(b, 6, 90, day) {
                    return match (self.on("1期初回1"), self.on("1期初回2"), self.on("1期追加")) {
                        (None, ..) => Some("1期初回1"),
                        (Some(one), None, _) => days_apart(one, 6, day).then_some("1期初回2"),
                        (_, Some(two), None) => months_apart(two, 6, day).then_some("1期追加"),
                        (_, _, Some(_)) => None,
                    };
                }
                aged(b, 108, 156, day).then_some("2期")
            }
            // 実施規則附則3条
            "je_special" => {
                let fresh = self.given.first().is_none_or(|g| g.on >= ymd(2011, 5, 20));
                if !aged(b, 48, 240, day) {
                    return None;
                }
                match n {
                    0 => Some("1期初回1"),
                    1 => days_apart(last?, 6, day).then_some("1期初回2"),
                    2 if fresh => months_apart(last?, 6, day).then_some("1期追加"),
                    2 => days_apart(last?, 6, day).then_some("1期追加"),
                    3 => (days_apart(last?, 6, day) && reached(b, 108, day)).then_some("特例4回目(2期相当)"),
                    _ => None,
                }
            }
            "dt" => (n == 0 && aged(b, 132, 156, day)).then_some("2期"),
            // 施行令3条1項, 実施規則18条
            "hpv" => {
                let transition = self.in_transition(day);
                if !transition && !(self.hpv_years.0..=self.hpv_years.1).contains(&fiscal(day)) {
                    return None;
                }
                match n {
                    0 => Some("1回目"),
                    1 if self.by_two() && !transition => months_apart(last?, 5, day).then_some("2回目"),
                    1 => months_apart(last?, 1, day).then_some("2回目"),
                    2 if self.ended_by_two() => None,
                    2 => months_apart(last?, 3, day).then_some("3回目"),
                    _ => None,
                }
            }
            // 施行令3条1項, 実施規則22条
            "rsv_maternal" => {
                let gestation = 280 - (self.edd? - day).num_days();
                (n == 0 && (196..=258).contains(&gestation) && day >= ymd(2026, 4, 1)).then_some("1回")
            }
            "flu" | "covid" => {
                let old = reached(b, 780, day) || self.disability.is_some() && reached(b, 720, day);
                let months: &[u32] = if self.series == "flu" { &[10, 11, 12, 1] } else { &[10, 11, 12, 1, 2, 3] };
                let done = self.given.iter().any(|g| fiscal(g.on) == fiscal(day));
                (old && months.contains(&day.month()) && !done && day >= ymd(2024, 10, 1)).then_some("年1回")
            }
            "pneumo_adult" => {
                let from = if self.disability.is_some() { 720 } else { 780 };
                (n == 0 && aged(b, from, 792, day)).then_some("1回")
            }
            // 施行令附則・実施規則26条, 2026年度から2029年度
            // 規則2条の7: 60～64 for 免疫の機能の障害 alone
            "zoster" => {
                let immune = self.disability == Some(Disability::Immune) && aged(b, 720, 780, day);
                let year = immune || self.zoster_years.contains(&fiscal(day)) && (2025..=2029).contains(&fiscal(day));
                let kind = product?;
                if !year || self.given.iter().any(|g| g.product != Some(kind)) {
                    return None;
                }
                match (kind, n) {
                    ("生", 0) => self.live_apart(day).then_some("1回"),
                    ("組換え", 0) => Some("1回目"),
                    ("組換え", 1) => months_apart(last?, 2, day).then_some("2回目"),
                    _ => None,
                }
            }
            other => panic!("{other}"),
        }
    }

    /// Nothing is left to give, whatever the day.
    fn complete(&self) -> bool {
        let n = self.given.len();
        let (b, start) = (self.birth, self.given.first().map(|g| g.on));
        match self.series {
            "dpt_ipv_hib" | "je_special" => n >= 4,
            "hib" => self.on("追加").is_some() || start.is_some_and(|s| reached(b, 12, before(s))),
            "pcv" => {
                let single = start.is_some_and(|s| reached(b, 24, before(s)));
                let double = start.is_some_and(|s| reached(b, 12, before(s))) && n >= 2;
                self.on("追加").is_some() || single || double
            }
            "hbv" | "rota5" => n >= 3,
            "rota1" | "var" => n >= 2,
            "mr" | "measles" | "rubella" | "je" => self.on("2期").is_some(),
            "hpv" => n >= 3 || self.ended_by_two(),
            "zoster" => n >= 2 || self.given.first().is_some_and(|g| g.product == Some("生")),
            _ => n >= 1,
        }
    }

    /// First and last day on which `lawful` names a dose: the run that holds `as_of`, else the next, else the last one.
    fn walk(&self, as_of: Day, range: (Day, Day), product: Option<&str>) -> Option<(&'static str, Day, Day)> {
        let mut runs: Vec<(&'static str, Day, Day)> = Vec::new();
        let mut day = range.0;
        while day <= range.1 {
            if let Some(name) = self.lawful(day, product) {
                match runs.last_mut() {
                    // The transition is a window of its own.
                    Some(run) if run.0 == name && after(run.2, 1) == day && !(day == TRANSITION && self.in_transition(day)) => {
                        run.2 = day;
                    }
                    _ => runs.push((name, day, day)),
                }
            }
            day = after(day, 1);
        }
        // 毎年度1回: the fiscal year of the as-of date decides, also after its season.
        let same_year = |run: &&(&str, Day, Day)| matches!(self.series, "flu" | "covid") && fiscal(run.1) == fiscal(as_of);
        let mut found = runs.iter().find(same_year).or(runs.iter().find(|run| run.2 >= as_of)).or(runs.last()).copied()?;
        // 実施規則17条: the booster has days of its own, from 12 months and 60 days on, also where 初回 was never finished.
        while self.series == "pcv" && found.0 == "追加" {
            let earlier = before(found.1);
            if !(reached(self.birth, 12, earlier) && days_apart(self.given.last()?.on, 60, earlier)) {
                break;
            }
            found.1 = earlier;
        }
        Some(found)
    }

    /// The walk of one group after the other: the disabled of 60 to 64 first, while their days last.
    fn in_groups(&self, as_of: Day, range: (Day, Day), product: Option<&str>) -> Option<(&'static str, Day, Day)> {
        if self.series != "zoster" || self.disability.is_none() {
            return self.walk(as_of, range, product);
        }
        let disabled = Self { zoster_years: Vec::new(), ..self.clone() };
        let ordinary = Self { disability: None, ..self.clone() };
        let first = disabled.walk(as_of, (ymd(2025, 4, 1), range.1), product);
        first.filter(|run| run.2 >= as_of).or_else(|| ordinary.walk(as_of, (ymd(2025, 4, 1), range.1), product)).or(first)
    }

    fn subject_doses(&self, book: &RuleBook) -> Vec<DoseRecord> {
        let own = self.records.iter().map(|g| (self.series, g.name, g.product, g.on));
        let other = self.other_live.map(|(series, name, on)| (series, name, None, on));
        own.chain(other)
            .map(|(series, name, product, on)| DoseRecord {
                series: known::series(book, series),
                dose: known::dose(book, series, name),
                product: product.map(|product| known::product(book, series, product)),
                given_on: on,
                outcome: Outcome::Given,
                source: Source::Given,
            })
            .collect()
    }
}

/// splitmix64: the same lives on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    fn day(&mut self, from: Day, until: Day) -> Day {
        after(from, self.below((until - from).num_days().unsigned_abs() + 1))
    }
}

/// (series, births from, births until, years walked from, years walked until after birth)
const KINDS: &[(&str, (i32, u32, u32), (i32, u32, u32), u64, u64)] = &[
    ("dpt_ipv_hib", (2024, 2, 2), (2027, 3, 31), 0, 9),
    ("hib", (2018, 1, 1), (2027, 3, 31), 0, 6),
    ("pcv", (2018, 1, 1), (2027, 3, 31), 0, 6),
    ("hbv", (2018, 1, 1), (2027, 3, 31), 0, 2),
    ("rota1", (2020, 8, 1), (2027, 3, 31), 0, 1),
    ("rota5", (2020, 8, 1), (2027, 3, 31), 0, 1),
    ("bcg", (2018, 1, 1), (2027, 3, 31), 0, 2),
    ("mr", (2016, 1, 1), (2026, 3, 31), 0, 8),
    ("measles", (2016, 1, 1), (2026, 3, 31), 0, 8),
    ("rubella", (2016, 1, 1), (2026, 3, 31), 0, 8),
    ("var", (2018, 1, 1), (2026, 3, 31), 0, 4),
    ("je", (2010, 1, 1), (2026, 3, 31), 0, 14),
    ("je_special", (1995, 4, 2), (2007, 4, 1), 4, 21),
    ("dt", (2010, 1, 1), (2016, 3, 31), 10, 14),
    ("hpv", (2008, 4, 2), (2016, 3, 31), 10, 18),
    ("rsv_maternal", (1990, 1, 1), (2000, 1, 1), 25, 38),
    ("flu", (1930, 1, 1), (1966, 12, 31), 58, 100),
    ("covid", (1930, 1, 1), (1966, 12, 31), 58, 100),
    ("pneumo_adult", (1958, 1, 1), (1966, 12, 31), 58, 68),
    ("zoster", (1926, 4, 2), (1965, 3, 31), 58, 104),
];

fn life(seed: u64) -> (Life, Day, (Day, Day)) {
    let mut dice = Dice(seed);
    let (series, from, until, walk_from, walk_until) = KINDS[usize::try_from(seed).unwrap() % KINDS.len()];
    let mut birth = dice.day(ymd(from.0, from.1, from.2), ymd(until.0, until.1, until.2));
    // Days on which the arithmetic turns: month ends, the leap day, 4/1 and 4/2.
    if dice.below(3) == 0 {
        let (month, day) = [(2, 28), (2, 29), (3, 31), (4, 1), (4, 2), (8, 31), (10, 31), (12, 29), (12, 30), (12, 31)]
            [usize::try_from(dice.below(10)).unwrap()];
        let moved = NaiveDate::from_ymd_opt(birth.year(), month, day).or(NaiveDate::from_ymd_opt(2024, 2, 29));
        birth = moved.filter(|d| ymd(from.0, from.1, from.2) <= *d && *d <= ymd(until.0, until.1, until.2)).unwrap_or(birth);
    }
    let mut walked = (after(birth, walk_from * 365), after(birth, walk_until * 366));
    let mut life = Life {
        series,
        birth,
        sex: if dice.below(2) == 0 || matches!(series, "hpv" | "rsv_maternal") { Sex::Female } else { Sex::Male },
        edd: None,
        disability: (matches!(series, "flu" | "covid" | "pneumo_adult" | "zoster") && dice.below(4) == 0)
            .then(|| Disability::ALL[usize::try_from(dice.below(2)).unwrap()]),
        given: Vec::new(),
        records: Vec::new(),
        doubt: false,
        school: school_begins(birth),
        hpv_years: (fiscal(birthday_eve(birth, 12)), fiscal(birthday_eve(birth, 16))),
        zoster_years: [65, 70, 75, 80, 85, 90, 95, 100].iter().map(|age| fiscal(birthday_eve(birth, *age))).collect(),
        other_live: None,
    };
    if series == "rsv_maternal" {
        let edd = dice.day(ymd(2026, 4, 20), ymd(2027, 12, 31));
        life.edd = Some(edd);
        walked = (after(edd, 0).checked_sub_days(Days::new(300)).unwrap(), after(edd, 10));
    }
    if matches!(series, "flu" | "covid") {
        walked = (ymd(2024, 10, 1), ymd(2029, 3, 31));
    }
    if series == "zoster" {
        walked = (ymd(2026, 4, 1), ymd(2030, 3, 31));
    }
    odd_beginning(&mut life, &mut dice);
    let wanted = dice.below(5);
    let product = (series == "zoster").then(|| if dice.below(3) == 0 { "生" } else { "組換え" });
    for _ in 0..wanted {
        let open: Vec<Day> =
            walked.0.iter_days().take_while(|d| *d <= walked.1).filter(|d| life.lawful(*d, product).is_some()).collect();
        let mut open = open;
        if life.in_transition(TRANSITION) && dice.below(2) == 0 {
            open.retain(|day| *day >= TRANSITION);
        }
        // Mostly soon after the first possible day, now and then late, so that late courses and dropped doses occur.
        let span = if dice.below(3) == 0 { open.len() as u64 } else { (open.len() as u64).min(60) };
        if span == 0 {
            break;
        }
        let edge = dice.below(6);
        let at = if edge == 0 {
            0
        } else if edge == 1 {
            span - 1
        } else {
            dice.below(span)
        };
        let on = open[usize::try_from(at).unwrap()];
        let name = life.lawful(on, product).unwrap();
        let early_second = series == "hpv" && life.given.len() == 1 && !life.in_transition(TRANSITION) && dice.below(3) == 0;
        let on = if early_second { after(life.given[0].on, 30 + dice.below(110)) } else { on };
        let (name, on) = too_close(&life, &open, &mut dice).unwrap_or((name, on));
        let product = if series == "hpv" {
            *[Some("9価"); 6].iter().chain(&[Some("4価"), None]).nth(usize::try_from(dice.below(8)).unwrap()).unwrap()
        } else {
            product
        };
        life.given.push(Given { name, product, on });
        // The clinic numbers what it gives; a dose that does not count had a number already.
        let numbered = if series == "var" && life.records.len() > life.given.len() - 1 { "2回目" } else { name };
        life.records.push(Given { name: numbered, product, on });
        if series == "var" && dice.below(4) == 0 {
            one_of_two(&mut life, &mut dice);
        }
    }
    odd_number(&mut life, &mut dice, walked.1);
    let latest = life.records.iter().map(|g| g.on).max().unwrap_or(walked.0);
    if matches!(series, "mr" | "var" | "bcg" | "measles" | "rubella") && dice.below(3) == 0 {
        let (other, name) = match series {
            "var" | "bcg" => ("mr", "1期"),
            _ => ("var", "1回目"),
        };
        life.other_live = Some((other, name, after(latest, dice.below(200))));
    }
    let latest = life.other_live.map_or(latest, |(_, _, on)| on.max(latest));
    // Until FY2023 高齢者肺炎球菌 had other target groups.
    let earliest = if series == "pneumo_adult" { latest.max(ymd(2024, 4, 1)) } else { latest };
    // Until FY2024 the transition of HPV was another.
    let earliest = if series == "hpv" && birth <= ymd(2009, 4, 1) { earliest.max(TRANSITION) } else { earliest };
    let as_of = dice.day(earliest, walked.1.max(earliest));
    (life, as_of, walked)
}

/// 麻しん・風しん・水痘 in the first year, which is no dose (Q&A 3-1; 平成26年の取扱い).
fn odd_beginning(life: &mut Life, dice: &mut Dice) {
    if life.series == "dt" && dice.below(4) == 0 {
        // Before 11歳, but no longer in the years of 第1期: no source, so it counts.
        let early = Given { name: "2期", product: None, on: after(life.birth, 2_800 + dice.below(1_100)) };
        life.given.push(early.clone());
        life.records.push(early);
    }
    let name = match life.series {
        "mr" | "measles" | "rubella" => "1期",
        "var" => "1回目",
        _ => return,
    };
    if dice.below(4) == 0 {
        let mut on = after(life.birth, 150 + dice.below(230));
        while reached(life.birth, 12, on) {
            on = before(on);
        }
        life.records.push(Given { name, product: None, on });
    }
}

/// A dose before its interval has passed; in these series it counts.
fn too_close(life: &Life, open: &[Day], dice: &mut Dice) -> Option<(&'static str, Day)> {
    let last = life.given.last()?.on;
    let wait = (open[0] - last).num_days();
    if !matches!(life.series, "hbv" | "dpt_ipv_hib" | "rota1" | "rota5" | "je" | "je_special")
        || !(3..=200).contains(&wait)
        || dice.below(6) > 0
    {
        return None;
    }
    Some((life.lawful(open[0], None)?, after(last, 1 + dice.below(wait.unsigned_abs() - 1))))
}

/// 水痘 a second time within three months: both are one, and the next interval runs from the later.
fn one_of_two(life: &mut Life, dice: &mut Dice) {
    let Some(last) = life.given.last_mut() else { return };
    let mut on = after(last.on, dice.below(95));
    while months_apart(last.on, 3, on) {
        on = before(on);
    }
    last.on = on;
    life.records.push(Given { name: "2回目", product: None, on });
}

/// 第2期 before its age, or 第1期 in the year of 第2期: a number that its age cannot have.
fn odd_number(life: &mut Life, dice: &mut Dice, end: Day) {
    let latest = life.records.iter().map(|g| g.on).max().unwrap_or(life.birth);
    let year_before = ymd(life.school.year() - 1, 4, 1);
    let (name, from, until) = match (life.series, dice.below(6)) {
        ("mr" | "measles" | "rubella", 0) => ("2期", after(life.birth, 366), before(year_before)),
        ("mr" | "measles" | "rubella", 1) => ("1期", year_before, before(life.school)),
        ("je", 0) => ("2期", after(life.birth, 200), before(birthday_eve(life.birth, 9))),
        ("dt", 0) => ("2期", after(life.birth, 200), birthday_eve(life.birth, 7)),
        _ => return,
    };
    let from = from.max(after(latest, 1));
    if from > until || until > end {
        return;
    }
    life.doubt = true;
    let on = dice.day(from, until);
    life.records.push(Given { name, product: None, on });
}

fn compare(book: &RuleBook, seed: u64) -> Result<(), String> {
    let (life, as_of, walked) = life(seed);
    let doses = life.subject_doses(book);
    let expected: Vec<Day> = life.edd.into_iter().collect();
    let subject = Subject {
        birth: life.birth,
        sex: life.sex,
        expected_delivery: &expected,
        doses: &doses,
        knowledge: Knowledge::Known,
        had: &[],
        disabilities: life.disability.as_slice(),
        exceptions: &[],
        shortage: false,
    };
    let forecasts =
        book.forecast(&subject, known::series(book, life.series), as_of, Standing::Resident { since: life.birth }).unwrap();
    let shown = |what: &str| format!("seed {seed}: {life:?} as of {as_of}: {what}; the engine: {forecasts:?}");
    if life.complete() {
        let complete = forecasts.iter().all(|f| f.status == Status::Complete);
        let yearly = matches!(life.series, "flu" | "covid");
        return if complete || yearly { Ok(()) } else { Err(shown("complete")) };
    }
    let alternatives: &[Option<&str>] = if life.series == "zoster" { &[Some("生"), Some("組換え")] } else { &[None] };
    for product in alternatives {
        if life.series == "zoster" && life.given.first().is_some_and(|g| g.product != *product) {
            continue;
        }
        let found = life.in_groups(as_of, walked, *product);
        let answer = forecasts.iter().find(|f| product.is_none_or(|wanted| f.product.is_some_and(|p| p.as_str() == wanted)));
        match (found, answer) {
            (Some((name, first, last)), Some(f)) => {
                let same = f.dose.is_some_and(|d| d.as_str() == name) && f.first_day == Some(first) && f.last_day == Some(last);
                if !same {
                    return Err(shown(&format!("{name} {first}..{last}")));
                }
                if life.doubt && last >= as_of && first <= last && f.status != Status::Unknown {
                    return Err(shown("doubt"));
                }
                if f.due != (first <= as_of && as_of <= last && !life.doubt) {
                    return Err(shown("due"));
                }
            }
            (None, Some(f)) => {
                let never = f.status == Status::None
                    || f.first_day > f.last_day
                    || f.last_day < Some(walked.0)
                    || f.first_day > Some(walked.1);
                if !never {
                    return Err(shown("no day at all"));
                }
            }
            (_, None) => return Err(shown("no answer")),
        }
    }
    Ok(())
}

#[test]
fn the_engine_agrees_with_a_walk_through_the_days_for_20000_histories() {
    let book = RuleBook::load(&Folder::at(Path::new("../.."))).unwrap();
    let differing: Vec<String> = (0..20_000u64).into_par_iter().filter_map(|seed| compare(&book, seed).err()).collect();
    assert!(differing.is_empty(), "{} differ, the first:\n{}", differing.len(), differing[..differing.len().min(5)].join("\n"));
}

/// The walk can tell: with an interval one day short the comparison must fail.
#[test]
fn a_wrong_rule_is_seen_by_the_walk() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir("../../rules").unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    for (file, from, to) in [
        ("pcv.toml", "interval = \"60日\"", "interval = \"59日\""),
        ("hib.toml", "start_until = \"7か月\"", "start_until = \"6か月\""),
        ("mr.toml", "last = \"24か月\"", "last = \"23か月\""),
        ("hpv.toml", "second_after = \"5月\"", "second_after = \"4月\""),
        ("hpv.toml", "only = [\"9価\"]", "only = [\"9価\", \"4価\"]"),
        ("hpv.toml", "ordinary_only = true", "ordinary_only = false"),
        ("mr.toml", "counts = \"no\"", "counts = \"yes\""),
        ("mr.toml", "counts = \"ask\"", "counts = \"yes\""),
        ("var.toml", "counts = \"no\"", "counts = \"yes\""),
        ("zoster.toml", "disabilities = [\"immune\"]", "disabilities = [\"organ\", \"immune\"]"),
    ] {
        let path = folder.path().join(file);
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, good.replace(from, to)).unwrap();
        let book = RuleBook::load(&Folder::at(Path::new("../..")).with("rules", folder.path())).unwrap();
        let differing = (0..20_000u64).into_par_iter().filter(|seed| compare(&book, *seed).is_err()).count();
        assert!(differing > 0, "{file}: {from} → {to}");
        std::fs::write(&path, good).unwrap();
    }
}
