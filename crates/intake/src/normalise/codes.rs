//! `rules/codes.toml`: the city's codes → series, dose, product, programme, removal reasons. Data, not code. Every word of the rule
//! book in it is looked up in the book when it is loaded.

use crate::normalise::words::{Words, word};
use kansho_core::diag::settings;
use kansho_core::diag::{Checked, Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::history::Outcome;
use kansho_core::ids::{DoseName, Product, ProgrammeId, SeriesId};
use kansho_core::notice::Trigger;
use kansho_core::origin::Origin;
use kansho_core::residency::{Entry, Removal};
use kansho_rules::RuleBook;
use kansho_rules::decide::programme::{self, Programme};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    vaccination: Vec<RawVaccination>,
    product: BTreeMap<String, String>,
    notice: BTreeMap<String, [String; 2]>,
    result: BTreeMap<String, String>,
    movement: Vec<RawMovement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVaccination {
    code: String,
    series: String,
    doses: Vec<String>,
    #[serde(default)]
    product: Option<String>,
    /// 毎年度1回 vaccines: any 回数 is the one dose of that year.
    #[serde(default)]
    yearly: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMovement {
    words: Vec<String>,
    category: String,
}

/// What a 異動事由 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Movement {
    /// 記載: the person came in.
    In(Entry),
    /// 消除: the person went.
    Out(Removal),
    /// 異動の取消し（増）: a removal was cancelled; the person is a resident again.
    RemovalCancelled,
    /// 修正 and the like: says nothing about residence.
    Neutral,
}

/// What a 予防接種コード says.
#[derive(Debug)]
struct Vaccination {
    series: SeriesId,
    doses: Vec<DoseName>,
    product: Option<Product>,
    yearly: bool,
}

/// The tables.
#[derive(Debug)]
pub struct Codes {
    vaccinations: BTreeMap<String, Vaccination>,
    /// `None` = the product makes no difference.
    products: BTreeMap<String, Option<Product>>,
    notices: BTreeMap<String, (ProgrammeId, Trigger)>,
    results: BTreeMap<String, Outcome>,
    movements: BTreeMap<String, Movement>,
}

/// A dose as the codes name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coded {
    pub(super) series: SeriesId,
    pub(super) dose: DoseName,
    pub(super) product: Option<Product>,
}

/// Words that the rule book does not know.
struct Unknown(Report);

impl Unknown {
    /// What was found; else key and reason are told.
    fn unless<T>(&mut self, found: Option<T>, told: impl FnOnce() -> (String, String)) -> Option<T> {
        if found.is_none() {
            let (key, reason) = told();
            let message = format!("{key}: {reason}");
            self.0.push(Diagnostic::new(Code::BookUnknown, message).at(&Origin::file("rules/codes.toml")));
        }
        found
    }
}

fn vaccinations(raw: Vec<RawVaccination>, book: &RuleBook, unknown: &mut Unknown) -> BTreeMap<String, Vaccination> {
    let raw: BTreeMap<String, RawVaccination> = raw.into_iter().map(|v| (word(&v.code), v)).collect();
    let mut found = BTreeMap::new();
    for (code, RawVaccination { series: id, doses, product, yearly, .. }) in raw {
        let key = || format!("vaccination {code}");
        let series = unknown.unless(book.series_named(&id), || (key(), format!("系列「{id}」は規則集にありません")));
        let dose = |name: &String| {
            let reason = || (key(), format!("系列「{id}」に「{name}」という回はありません"));
            unknown.unless(book.dose_named(series?, name), reason)
        };
        let doses = if series.is_some() { doses.iter().filter_map(dose).collect() } else { Vec::new() };
        let product = product.and_then(|name| {
            let known = series.and_then(|series| book.product_named(series, &name));
            unknown.unless(known, || (key(), format!("系列「{id}」に製品「{name}」はありません")))
        });
        if let Some(series) = series {
            found.insert(code, Vaccination { series, doses, product, yearly });
        }
    }
    found
}

/// A product that is empty makes no difference.
fn products(raw: &BTreeMap<String, String>, book: &RuleBook, unknown: &mut Unknown) -> BTreeMap<String, Option<Product>> {
    let raw: BTreeMap<String, &String> = raw.iter().map(|(code, product)| (word(code), product)).collect();
    let known = |(code, name): (String, &String)| {
        if name.is_empty() {
            return Some((code, None));
        }
        let told = || (format!("product.{code}"), format!("製品「{name}」はどの系列の [[product]] にもありません"));
        let product = unknown.unless(book.product_of_any(name), told)?;
        Some((code, Some(product)))
    };
    raw.into_iter().filter_map(known).collect()
}

impl Codes {
    /// Loads `rules/codes.toml`; the report names every series, dose, product and programme that the book does not know.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read or a word in it is not known.
    pub fn load(folder: &Folder, book: &RuleBook, programmes: &[Programme]) -> Result<Checked<Self>, Failure> {
        const NAME: &str = "rules/codes.toml";
        let text = folder.text("コードの対応表を読めません", NAME)?;
        let wrong = |reason: String| Failure::settings(NAME, reason);
        let raw: Raw = settings::read(&text).map_err(wrong)?;
        let mut unknown = Unknown(Report::new());
        let vaccinations = vaccinations(raw.vaccination, book, &mut unknown);
        let products = products(&raw.product, book, &mut unknown);
        let mut notices = BTreeMap::new();
        for (code, [programme, trigger]) in &raw.notice {
            let trigger = match trigger.as_str() {
                "first" => Trigger::First,
                "mover_in" => Trigger::MoverIn,
                "reminder" => Trigger::Reminder,
                "last_call" => Trigger::LastCall,
                other => return Err(wrong(format!("notice.{code}: 「{other}」を知りません"))),
            };
            notices.insert(word(code), (programme, trigger));
        }
        let notices = notices.into_iter().filter_map(|(code, (id, trigger))| {
            let found = programme::named(programmes, id).map(|programme| programme.id);
            let found = unknown.unless(found, || (format!("notice.{code}"), format!("通知事業「{id}」がありません")));
            Some((code, (found?, trigger)))
        });
        let notices = notices.collect();
        let mut results = BTreeMap::new();
        for (code, outcome) in &raw.result {
            let outcome = match outcome.as_str() {
                "given" => Outcome::Given,
                "interview_only" => Outcome::InterviewOnly,
                other => return Err(wrong(format!("result.{code}: 「{other}」を知りません"))),
            };
            results.insert(word(code), outcome);
        }
        let mut movements = BTreeMap::new();
        for row in &raw.movement {
            let movement = match row.category.as_str() {
                "birth" => Movement::In(Entry::Birth),
                "moved_in" => Movement::In(Entry::MovedIn),
                "entered" => Movement::In(Entry::Other),
                "moved_out" => Movement::Out(Removal::MovedOut),
                "died" => Movement::Out(Removal::Died),
                "struck_off" => Movement::Out(Removal::StruckOff),
                "removed" => Movement::Out(Removal::Other),
                "removal_cancelled" => Movement::RemovalCancelled,
                "neutral" => Movement::Neutral,
                other => return Err(wrong(format!("movement.category「{other}」を知りません"))),
            };
            for text in &row.words {
                movements.insert(word(text), movement);
            }
        }
        Ok(Checked { value: Self { vaccinations, products, notices, results, movements }, report: unknown.0 })
    }

    /// Every 予防接種コード with its series.
    pub fn vaccinations(&self) -> impl Iterator<Item = (&str, SeriesId)> {
        self.vaccinations.iter().map(|(code, vaccination)| (code.as_str(), vaccination.series))
    }

    /// The series whose one dose is given again (`yearly`).
    pub(super) fn repeated(&self) -> BTreeSet<SeriesId> {
        self.vaccinations.values().filter(|vaccination| vaccination.yearly).map(|vaccination| vaccination.series).collect()
    }

    /// Every 種類 with its programme.
    pub fn notices(&self) -> impl Iterator<Item = (&str, ProgrammeId)> {
        self.notices.iter().map(|(code, (programme, _))| (code.as_str(), *programme))
    }

    /// The 種類 of a programme and trigger, where the table has one.
    #[must_use]
    pub fn notice_code(&self, programme: &str, trigger: &str) -> Option<&str> {
        let meant = |(known, kind): &(ProgrammeId, Trigger)| known.as_str() == programme && kind.id() == trigger;
        self.notices.iter().find(|(_, notice)| meant(notice)).map(|(code, _)| code.as_str())
    }

    /// 予防接種コード × 回 → series and dose. `times` is 回数, or 接種回数 when 回数 is empty.
    pub(super) fn dose(&self, code: &str, times: Option<usize>) -> Option<Coded> {
        let Vaccination { series, doses, product, yearly } = self.vaccinations.get(&word(code))?;
        let dose = if *yearly || doses.len() == 1 && times.is_none() {
            doses.first()
        } else {
            times.and_then(|n| n.checked_sub(1)).and_then(|n| doses.get(n))
        };
        dose.map(|dose| Coded { series: *series, dose: *dose, product: *product })
    }

    /// True when the 予防接種コード is in the table.
    pub(super) fn knows(&self, code: &str) -> bool {
        self.vaccinations.contains_key(&word(code))
    }

    /// ワクチンコード (or its 略称) → product, `None` within where it makes no difference.
    pub(super) fn product(&self, code: &str) -> Option<Option<Product>> {
        self.products.get(&word(code)).copied()
    }

    /// 種類 → programme and trigger.
    pub(super) fn notice(&self, code: &str) -> Option<(ProgrammeId, Trigger)> {
        self.notices.get(&word(code)).copied()
    }

    /// 結果 → outcome.
    pub(super) fn result(&self, code: &str) -> Option<Outcome> {
        self.results.get(&word(code)).copied()
    }

    /// 異動事由 → category.
    pub(super) fn movement(&self, text: &str) -> Option<Movement> {
        self.movements.get(&word(text)).copied()
    }

    /// The 異動事由 nearest to one that is not in the table.
    pub(super) fn nearest_movement(&self, text: &str) -> Option<&str> {
        Words::nearest(text, self.movements.keys().map(String::as_str))
    }
}
