//! 規則集の検算例: 60 worked examples (O = published by the ministry or a city, D = derived), then what must not go wrong.

use crate::known;
use chrono::{Datelike, NaiveDate};
use kansho_core::calendar;
use kansho_core::decision::{Forecast, Status};
use kansho_core::folder::Folder;
use kansho_core::history::{DoseRecord, Knowledge, Outcome, UnknownBecause};
use kansho_core::ids::{Product, SeriesId};
use kansho_core::origin::Source;
use kansho_core::person::{Disability, Sex};
use kansho_core::residency::{Entry, Removal, Residency, Spell, Standing};
use kansho_rules::{RuleBook, Subject};
use std::path::Path;
use std::sync::LazyLock;

static BOOK: LazyLock<RuleBook> = LazyLock::new(|| RuleBook::load(&Folder::at(Path::new("../.."))).expect("the rule book"));

fn d(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// A person, with the words of the examples.
#[derive(Clone)]
struct Person {
    birth: NaiveDate,
    sex: Sex,
    edd: Vec<NaiveDate>,
    doses: Vec<DoseRecord>,
    knowledge: Knowledge,
    had: Vec<String>,
    disabilities: Vec<Disability>,
    exceptions: Vec<(Option<SeriesId>, NaiveDate, NaiveDate)>,
    shortage: bool,
}

fn born(birth: &str) -> Person {
    Person {
        birth: d(birth),
        sex: Sex::Female,
        edd: Vec::new(),
        doses: Vec::new(),
        knowledge: Knowledge::NoneOnFile,
        had: Vec::new(),
        disabilities: Vec::new(),
        exceptions: Vec::new(),
        shortage: false,
    }
}

impl Person {
    /// `"mr:1期=2021-05-01 bcg:1回=…"`; the product in round brackets.
    fn with(mut self, doses: &str) -> Self {
        for text in doses.split_whitespace() {
            let (what, day) = text.split_once('=').unwrap();
            let (series, name) = what.split_once(':').unwrap();
            let (name, product) = match name.strip_suffix(')').and_then(|n| n.split_once('(')) {
                Some((name, product)) if product != "2期相当" => (name, Some(known::product(&BOOK, series, product))),
                Some(_) | None => (name, None),
            };
            self.doses.push(DoseRecord {
                series: known::series(&BOOK, series),
                dose: known::dose(&BOOK, series, name),
                product,
                given_on: d(day),
                outcome: Outcome::Given,
                source: Source::Given,
            });
            self.knowledge = Knowledge::Known;
        }
        self
    }

    fn male(mut self) -> Self {
        self.sex = Sex::Male;
        self
    }

    fn expecting(mut self, day: &str) -> Self {
        self.edd.push(d(day));
        self
    }

    fn excepted(mut self, from: &str, until: &str) -> Self {
        self.exceptions.push((None, d(from), d(until)));
        self
    }

    fn at(&self, series: &str, as_of: &str, residence: Standing) -> Vec<Forecast> {
        let subject = Subject {
            birth: self.birth,
            sex: self.sex,
            expected_delivery: &self.edd,
            doses: &self.doses,
            knowledge: self.knowledge,
            had: &self.had,
            disabilities: &self.disabilities,
            exceptions: &self.exceptions,
            shortage: self.shortage,
        };
        BOOK.forecast(&subject, known::series(&BOOK, series), d(as_of), residence).expect(series)
    }

    fn all(&self, series: &str, as_of: &str) -> Vec<Forecast> {
        self.at(series, as_of, Standing::Resident { since: self.birth })
    }

    fn one(&self, series: &str, as_of: &str) -> Forecast {
        let all = self.all(series, as_of);
        assert_eq!(all.len(), 1, "{series}: {all:?}");
        all.into_iter().next().unwrap()
    }

    /// Dose, first day, last day, due, status.
    #[track_caller]
    fn gets(&self, series: &str, as_of: &str, dose: &str, first: &str, last: &str, due: bool) {
        let all = self.all(series, as_of);
        let found = all.iter().find(|f| f.dose.is_some_and(|name| name.as_str() == dose));
        let found = found.unwrap_or_else(|| panic!("{series} {dose}: {all:?}"));
        assert_eq!(
            (found.first_day, found.last_day, found.due),
            (Some(d(first)), Some(d(last)), due),
            "{series} {dose} on {as_of}: {found:?}"
        );
    }

    #[track_caller]
    fn is(&self, series: &str, as_of: &str, status: Status) {
        let found = self.one(series, as_of);
        assert_eq!(found.status, status, "{found:?}");
        assert_eq!((found.dose, found.first_day, found.last_day, found.due), (None, None, None, false), "{found:?}");
    }
}

fn reach(birth: &str, months: i32) -> String {
    calendar::reach(d(birth), months).unwrap().to_string()
}

#[test]
fn examples_1_to_4_and_8_to_16_are_arithmetic() {
    assert_eq!(reach("2013-04-01", 1), "2013-04-30"); // 1
    assert_eq!((reach("2013-04-01", 3), reach("2013-04-01", 6)), ("2013-06-30".to_owned(), "2013-09-30".to_owned())); // 2
    assert_eq!(reach("2013-04-01", 12), "2014-03-31"); // 3
    assert_eq!(reach("2013-01-31", 1), "2013-02-28"); // 4
    assert_eq!((reach("2018-04-01", 3), reach("2018-04-01", 90)), ("2018-06-30".to_owned(), "2025-09-30".to_owned())); // 8
    assert_eq!(reach("2013-04-02", 2), "2013-06-01"); // 9
    assert_eq!(calendar::week(d("2020-08-01"), 6, 0), Some(d("2020-09-12"))); // 10
    assert_eq!(reach("2020-08-01", 2), "2020-09-30"); // 11
    assert_eq!(calendar::week(d("2020-08-01"), 14, 6), Some(d("2020-11-13"))); // 11
    assert_eq!(reach("2020-07-31", 2), "2020-09-30"); // 12
    assert_eq!(calendar::open_months(d("2026-04-01"), 3), Some(d("2026-07-01"))); // 13
    assert_eq!(calendar::open_months(d("2026-11-30"), 3), Some(d("2027-03-01"))); // 14
    assert_eq!(calendar::open_half_months(d("2023-04-01"), 2), Some(d("2023-06-16"))); // 15
    let tuesday = d("2026-11-24");
    let opens = calendar::open_days(tuesday, 27).unwrap();
    assert_eq!((opens, opens.weekday()), (d("2026-12-22"), chrono::Weekday::Tue)); // 16
    assert_eq!(calendar::open_days(tuesday, 56).unwrap().weekday(), chrono::Weekday::Wed); // 16
}

#[test]
fn examples_5_to_7_the_reaching_day_belongs_to_both_sides() {
    let child = born("2020-04-01");
    child.gets("bcg", "2021-03-31", "1回", "2020-04-01", "2021-03-31", true); // 5
    child.gets("hbv", "2021-03-31", "1回目", "2020-04-01", "2021-03-31", true); // 5
    child.gets("mr", "2021-03-31", "1期", "2021-03-31", "2022-03-31", true); // 5
    for series in ["hib", "pcv"] {
        born("2018-04-01").gets(series, "2018-05-31", "初回1", "2018-05-31", "2023-03-31", true); // 6
        born("2018-12-31").gets(series, "2019-02-28", "初回1", "2019-02-28", "2023-12-30", true); // 7
    }
    let rota = born("2020-08-01").one("rota1", "2020-09-12");
    assert_eq!((rota.first_day, rota.last_day), (Some(d("2020-09-12")), Some(d("2020-11-13")))); // 10
    assert_eq!(rota.standard, Some((d("2020-09-30"), d("2020-11-13")))); // 11
}

#[test]
fn examples_17_to_20_published_by_cities() {
    born("1996-01-01").expecting("2026-04-23").gets("rsv_maternal", "2026-04-01", "1回", "2026-04-01", "2026-04-01", true); // 17
    for birth in ["2019-04-02", "2020-04-01"] {
        born(birth).gets("mr", "2025-04-01", "2期", "2025-04-01", "2026-03-31", true); // 18
    }
    let spell = Spell { since: d("2026-01-01"), entry: Entry::MovedIn, removed: Some((d("2026-04-01"), Removal::MovedOut)) };
    let old_town = Residency { spells: vec![spell], leaving_on: None, died_on: None };
    let child = born("2019-05-01");
    assert!(child.at("mr", "2026-03-31", old_town.on(d("2026-03-31")))[0].due); // 19
    let gone = &born("2020-05-01").at("mr", "2026-04-01", old_town.on(d("2026-04-01")))[0];
    assert_eq!((gone.due, gone.status), (false, Status::Due)); // 19
    assert!(gone.reason.contains("住民ではありません"), "{}", gone.reason);
    for birth in ["1956-04-02", "1957-04-01"] {
        for dose in ["1回", "1回目"] {
            born(birth).gets("zoster", "2026-04-01", dose, "2026-04-01", "2027-03-31", true); // 20
        }
    }
}

#[test]
fn examples_21_to_30() {
    born("2026-08-31").gets("dpt_ipv_hib", "2026-10-30", "1期初回1", "2026-10-30", "2034-02-28", true);
    born("2026-12-30").gets("dpt_ipv_hib", "2027-02-28", "1期初回1", "2027-02-28", "2034-06-29", true);
    born("2027-12-29").gets("dpt_ipv_hib", "2028-02-28", "1期初回1", "2028-02-28", "2035-06-28", true);
    born("2026-07-10").with("dpt_ipv_hib:1期初回1=2026-11-01").gets(
        "dpt_ipv_hib",
        "2026-11-21",
        "1期初回2",
        "2026-11-22",
        "2034-01-09",
        false,
    );
    born("2026-08-31").gets("je", "2027-02-28", "1期初回1", "2027-02-28", "2034-02-28", true);
    born("2026-08-28").gets("je", "2027-02-26", "1期初回1", "2027-02-27", "2034-02-27", false);
    born("2024-02-29").gets("mr", "2025-02-28", "1期", "2025-02-28", "2026-02-28", true);
    born("2024-02-29").with("var:1回目=2025-03-20").gets("var", "2027-02-28", "2回目", "2025-06-20", "2027-02-28", true);
    born("2020-04-01").with("mr:1期=2021-05-01").gets("mr", "2026-03-31", "2期", "2025-04-01", "2026-03-31", true);
    born("2020-04-02").with("mr:1期=2021-05-01").gets("mr", "2026-03-31", "2期", "2026-04-01", "2027-03-31", false);
}

#[test]
fn examples_31_to_36_hpv() {
    born("2014-04-01").gets("hpv", "2026-03-31", "1回目", "2025-04-01", "2030-03-31", true);
    born("2014-04-02").gets("hpv", "2026-03-31", "1回目", "2026-04-01", "2031-03-31", false);
    born("2010-04-01").gets("hpv", "2026-04-01", "1回目", "2021-04-01", "2026-03-31", false);
    born("2012-05-20").with("hpv:1回目=2026-06-15").gets("hpv", "2026-11-15", "2回目", "2026-11-15", "2029-03-31", true);
    born("2011-03-05").with("hpv:1回目=2026-06-15").gets("hpv", "2026-07-14", "2回目", "2026-07-15", "2027-03-31", false);
    born("2012-09-30").with("hpv:1回目=2026-04-30 hpv:2回目=2026-08-31").gets(
        "hpv",
        "2026-11-30",
        "3回目",
        "2026-12-01",
        "2029-03-31",
        false,
    );
}

#[test]
fn examples_37_to_45_doses_counted_by_the_age_at_the_first() {
    born("2026-01-15").with("pcv:初回1=2026-08-14").gets("pcv", "2026-09-10", "初回2", "2026-09-11", "2028-01-14", false);
    born("2026-01-15").with("pcv:初回1=2026-08-15 pcv:初回2=2026-09-12").gets(
        "pcv",
        "2027-01-14",
        "追加",
        "2027-01-14",
        "2031-01-14",
        true,
    );
    born("2025-06-01").with("pcv:初回1=2025-08-05 pcv:初回2=2025-09-05 pcv:初回3=2026-04-10").gets(
        "pcv",
        "2026-06-09",
        "追加",
        "2026-06-10",
        "2030-05-31",
        false,
    );
    born("2021-12-20").gets("pcv", "2026-12-19", "初回1", "2022-02-19", "2026-12-19", true);
    born("2023-11-30").with("hib:初回1=2024-02-01 hib:初回2=2024-03-01 hib:初回3=2024-04-30").gets(
        "hib",
        "2024-11-30",
        "追加",
        "2024-11-30",
        "2028-11-29",
        true,
    );
    born("2026-01-20").with("hbv:1回目=2026-04-01 hbv:2回目=2026-04-30").gets(
        "hbv",
        "2026-08-18",
        "3回目",
        "2026-08-19",
        "2027-01-19",
        false,
    );
    born("2026-07-15").gets("rota1", "2026-08-26", "1回目", "2026-08-26", "2026-10-27", true);
    born("2026-07-15").with("rota1:1回目=2026-09-20").gets("rota1", "2026-12-30", "2回目", "2026-10-18", "2026-12-30", true);
    born("2026-07-15").with("rota5:1回目=2026-09-20 rota5:2回目=2026-10-18").gets(
        "rota5",
        "2027-02-25",
        "3回目",
        "2026-11-15",
        "2027-02-24",
        false,
    );
}

#[test]
fn examples_46_to_50() {
    born("2025-11-01").with("bcg:1回=2026-10-10").gets("mr", "2026-11-06", "1期", "2026-11-07", "2027-10-31", false);
    born("2025-05-05").with("var:1回目=2026-11-30").gets("var", "2027-02-28", "2回目", "2027-03-01", "2028-05-04", false);
    born("2022-10-01").with("je:1期初回1=2026-11-20").gets("je", "2026-11-26", "1期初回2", "2026-11-27", "2030-03-31", false);
    born("2007-04-01").with("je:1期初回1=2011-06-01 je:1期初回2=2011-06-15 je:1期追加=2012-07-01").gets(
        "je_special",
        "2027-03-31",
        "特例4回目(2期相当)",
        "2016-03-31",
        "2027-03-31",
        true,
    );
    born("2015-05-05").gets("dt", "2026-05-04", "2期", "2026-05-04", "2028-05-04", true);
}

#[test]
fn examples_51_to_56_adults() {
    born("1961-04-10").gets("pneumo_adult", "2027-04-09", "1回", "2026-04-09", "2027-04-09", true);
    born("1961-04-10").gets("pneumo_adult", "2027-04-10", "1回", "2026-04-09", "2027-04-09", false);
    born("1956-04-01").gets("zoster", "2026-04-01", "1回目", "2025-04-01", "2026-03-31", false);
    born("1927-04-01").gets("zoster", "2026-11-23", "1回目", "2026-04-01", "2027-03-31", true);
    born("1962-01-10").gets("covid", "2027-01-09", "年1回", "2027-01-09", "2027-03-31", true);
    born("1996-01-01").expecting("2027-01-15").gets("rsv_maternal", "2026-11-23", "1回", "2026-10-23", "2026-12-24", true);
}

#[test]
fn examples_57_to_60_decisions() {
    for birth in ["2022-04-02", "2023-04-01"] {
        let mut child = born(birth);
        child.shortage = true;
        child.gets("mr", "2026-11-23", "1期", "2025-04-01", "2027-03-31", true); // 57
        child.shortage = false;
        assert_eq!(child.one("mr", "2026-11-23").dose.unwrap().as_str(), "2期"); // 57
    }
    let mut outside = born("2022-04-01");
    outside.shortage = true;
    assert_eq!(outside.one("mr", "2026-11-23").dose.unwrap().as_str(), "2期"); // 57
    born("2020-06-06").excepted("2026-05-10", "2028-05-09").gets("var", "2028-05-09", "1回目", "2026-05-10", "2028-05-09", true); // 58
    born("2021-02-01").excepted("2026-05-10", "2028-05-09").gets("pcv", "2027-01-31", "初回1", "2026-05-10", "2027-01-31", true); // 59
    born("1956-08-08").excepted("2027-02-20", "2028-02-19").gets(
        "zoster",
        "2028-02-19",
        "1回目",
        "2027-02-20",
        "2028-02-19",
        true,
    ); // 60
    born("1956-08-08").excepted("2027-02-20", "2029-02-19").gets("zoster", "2028-02-19", "1回", "2027-02-20", "2028-02-19", true); // 60: one year, whatever the decision says
}

#[test]
fn a_finished_course_is_complete_and_a_stranger_to_the_group_is_none() {
    born("2012-05-20").with("hpv:1回目(9価)=2026-01-15 hpv:2回目(9価)=2026-06-15").is("hpv", "2026-11-23", Status::Complete);
    born("2012-05-20").male().is("hpv", "2026-11-23", Status::None);
    born("1996-01-01").is("rsv_maternal", "2026-11-23", Status::None);
    born("2020-05-01").is("je_special", "2026-11-23", Status::None);
    born("2016-03-31").is("hbv", "2026-11-23", Status::None);
    born("1961-04-10").with("pneumo_adult:1回(PPSV23)=2020-01-10").is("pneumo_adult", "2026-11-23", Status::Complete);
    born("1956-08-08").with("zoster:1回(生)=2024-01-10").is("zoster", "2026-11-23", Status::Complete);
    born("2026-01-15").with("pcv:初回1=2028-03-01").is("pcv", "2028-04-01", Status::Complete);
    let mut had = born("2025-05-05");
    had.had.push("水痘".to_owned());
    had.is("var", "2026-11-23", Status::None);
    had.had = vec!["麻しん".to_owned()];
    assert_eq!(had.one("mr", "2026-11-23").status, Status::Due);
    assert!(
        BOOK.disease_excludes(known::series(&BOOK, "var"), "水痘")
            && !BOOK.disease_excludes(known::series(&BOOK, "mr"), "麻しん")
    );
}

#[test]
fn hpv_doses_follow_from_how_the_course_began() {
    let hpv = |history: &str| born("2012-05-20").with(history).one("hpv", "2026-11-23");
    let three = hpv("hpv:1回目(4価)=2024-08-01 hpv:2回目(4価)=2025-10-01");
    assert_eq!((three.dose.unwrap().as_str(), three.first_day), ("3回目", Some(d("2026-01-01"))));
    assert_eq!(hpv("hpv:1回目(4価)=2026-02-28").first_day, Some(d("2026-03-28")));
    let caught_up = born("2007-06-01").with("hpv:1回目(9価)=2024-08-01").one("hpv", "2026-04-01");
    assert_eq!((caught_up.last_day, caught_up.status), (Some(d("2026-03-31")), Status::Expired));
}

#[test]
fn a_missed_first_term_waits_for_the_second() {
    born("2022-04-01").gets("mr", "2026-11-23", "2期", "2027-04-01", "2028-03-31", false);
    born("2018-01-15").gets("je", "2026-11-23", "2期", "2027-01-14", "2031-01-14", false);
    born("2018-01-15").with("je:1期初回1=2020-01-15 je:1期初回2=2020-02-15").gets(
        "je",
        "2027-01-14",
        "2期",
        "2027-01-14",
        "2031-01-14",
        true,
    );
    born("2018-01-15").with("mr:2期=2024-05-01").is("mr", "2026-11-23", Status::Complete);
    let late = born("2010-01-15").one("mr", "2026-11-23");
    assert_eq!((late.status, late.dose.unwrap().as_str(), late.last_day), (Status::Expired, "2期", Some(d("2016-03-31"))));
}

#[test]
fn dropped_doses_of_hib_and_pcv() {
    let hib = born("2025-01-15").with("hib:初回1=2025-04-01 hib:初回2=2025-12-31");
    hib.gets("hib", "2026-01-10", "追加", "2026-01-28", "2030-01-14", false); // 初回3 would open after 生後12月
    let pcv = born("2025-01-15").with("pcv:初回1=2025-04-01 pcv:初回2=2026-02-01");
    pcv.gets("pcv", "2026-11-23", "追加", "2026-04-03", "2030-01-14", true);
    let unfinished = born("2024-01-15").with("pcv:初回1=2024-04-01");
    unfinished.gets("pcv", "2026-11-23", "追加", "2025-01-14", "2029-01-14", true);
}

#[test]
fn components_are_counted_one_by_one() {
    let four = born("2023-10-01").with("dpt_ipv_hib:1期初回1(4種)=2023-12-01 dpt_ipv_hib:1期初回2(4種)=2024-01-10");
    four.gets("dpt_ipv_hib", "2026-11-23", "1期初回3", "2024-01-31", "2031-03-31", true);
    let split = born("2023-10-01").with("dpt_ipv_hib:1期初回1(三種)=2023-12-01 dpt_ipv_hib:1期初回2(三種)=2024-01-10");
    assert_eq!(split.one("dpt_ipv_hib", "2026-11-23").dose.unwrap().as_str(), "1期初回1");
    let both = split.with("dpt_ipv_hib:1期初回1(IPV)=2023-12-01");
    both.gets("dpt_ipv_hib", "2026-11-23", "1期初回2", "2023-12-22", "2031-03-31", true);
    let single = born("2025-05-01").with("mr:1期(麻しん)=2026-06-01").one("mr", "2026-11-23");
    assert_eq!((single.dose.unwrap().as_str(), single.first_day), ("1期", Some(d("2026-06-29"))));
    born("2025-05-01").with("mr:1期(麻しん)=2026-06-01 mr:1期(風しん)=2026-06-01").gets(
        "mr",
        "2026-11-23",
        "2期",
        "2031-04-01",
        "2032-03-31",
        false,
    );
    assert!(BOOK.counts_for(known::series(&BOOK, "je"), known::series(&BOOK, "je_special")));
    assert!(!BOOK.counts_for(known::series(&BOOK, "je_special"), known::series(&BOOK, "je")));
}

#[test]
fn zoster_has_alternatives_until_one_has_begun() {
    let all = born("1956-08-08").all("zoster", "2026-11-23");
    let products: Vec<_> = all.iter().filter_map(|f| f.product.as_ref().map(Product::as_str)).collect();
    assert_eq!(products, ["生", "組換え"]);
    born("1956-08-08").with("zoster:1回目(組換え)=2026-10-31").gets(
        "zoster",
        "2026-11-23",
        "2回目",
        "2026-12-31",
        "2027-03-31",
        false,
    );
    let late = born("1956-08-08").with("zoster:1回目(組換え)=2027-02-10").one("zoster", "2027-03-01");
    assert_eq!((late.status, late.first_day, late.due), (Status::Expired, Some(d("2027-04-10")), false));
    let hundred = born("1924-05-01").one_of("zoster", "2026-11-23");
    assert_eq!((hundred.status, hundred.last_day), (Status::Expired, Some(d("2026-03-31"))));
    born("1965-06-01").gets("zoster", "2030-05-31", "1回", "2030-05-31", "2031-05-31", true);
}

impl Person {
    fn one_of(&self, series: &str, as_of: &str) -> Forecast {
        self.all(series, as_of).into_iter().next().expect("an answer")
    }
}

#[test]
fn seasons_come_back_every_fiscal_year() {
    let old = born("1950-01-01");
    old.gets("flu", "2026-06-01", "年1回", "2026-10-01", "2027-01-31", false);
    old.clone().with("flu:年1回=2026-10-20").is("flu", "2026-11-23", Status::Complete);
    old.with("flu:年1回=2025-10-20").gets("flu", "2026-11-23", "年1回", "2026-10-01", "2027-01-31", true);
    let mut disabled = born("1964-01-10");
    assert_eq!(disabled.one("covid", "2026-11-23").status, Status::Upcoming);
    disabled.disabilities.push(Disability::Organ);
    assert!(disabled.one("covid", "2026-11-23").due);
    let mother = born("1996-01-01").with("rsv_maternal:1回=2026-05-10").expecting("2026-07-01");
    mother.is("rsv_maternal", "2026-06-01", Status::Complete);
    mother.expecting("2028-01-15").gets("rsv_maternal", "2027-11-01", "1回", "2027-10-23", "2027-12-24", true);
}

#[test]
fn rota_products_are_not_mixed_and_unknown_is_not_none() {
    born("2026-07-15").with("rota1:1回目=2026-09-20").is("rota5", "2026-10-01", Status::Complete);
    let mut child = born("2026-07-15");
    child.knowledge = Knowledge::Unknown(UnknownBecause::Stated);
    let found = child.one("pcv", "2026-11-23");
    assert_eq!((found.status, found.due, found.first_day), (Status::Unknown, true, Some(d("2026-09-14"))));
}

#[test]
fn interview_only_is_no_dose() {
    let mut child = born("2026-07-10").with("dpt_ipv_hib:1期初回1=2026-11-01");
    child.doses[0].outcome = Outcome::InterviewOnly;
    assert_eq!(child.one("dpt_ipv_hib", "2026-11-21").dose.unwrap().as_str(), "1期初回1");
}

#[test]
fn windows_open_whatever_the_history() {
    let opens = |series: &str, dose: Option<&str>, birth: &str| {
        BOOK.opens_on(
            known::series(&BOOK, series),
            dose.map(|dose| known::dose(&BOOK, series, dose)),
            d(birth),
            Sex::Female,
            d("2026-11-23"),
        )
    };
    assert_eq!(opens("mr", Some("2期"), "2020-04-02"), Some(d("2026-04-01")));
    assert_eq!(opens("dpt_ipv_hib", None, "2026-08-31"), Some(d("2026-10-30")));
    assert_eq!(opens("zoster", None, "1956-08-08"), Some(d("2026-04-01")));
    assert_eq!(opens("flu", None, "1950-01-01"), Some(d("2026-10-01")));
    assert_eq!(opens("rsv_maternal", None, "1996-01-01"), None);
}

#[test]
fn an_exception_adds_to_the_ordinary_window_and_takes_nothing_away() {
    let before = born("1956-08-08").excepted("2027-02-20", "2028-02-19");
    before.gets("zoster", "2026-11-23", "1回", "2026-04-01", "2027-03-31", true);
    let other = born("1956-08-08").excepted("2027-02-20", "2028-02-19").one("bcg", "2027-03-01");
    assert_eq!((other.status, other.last_day), (Status::Expired, Some(d("1957-08-07"))));
    let rota = born("2026-01-15").excepted("2026-11-01", "2028-10-31").one("rota1", "2026-11-23");
    assert_eq!(rota.status, Status::Expired);
    born("2024-01-15").with("hib:追加=2025-06-01").is("hib", "2026-11-23", Status::Complete);
}

#[test]
fn an_expired_dose_keeps_its_days() {
    let hbv = born("2026-01-20").with("hbv:1回目=2026-12-01 hbv:2回目=2026-12-29").one("hbv", "2027-01-10");
    assert_eq!((hbv.status, hbv.first_day, hbv.last_day), (Status::Expired, Some(d("2027-04-20")), Some(d("2027-01-19"))));
    assert!(!hbv.due);
}
