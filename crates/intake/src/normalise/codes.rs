//! `rules/codes.toml`: the city's codes → series, dose, product, programme, removal reasons. Data, not code.

use crate::normalise::words::{Words, word};
use kansho_core::diag::Failure;
use kansho_core::diag::settings;
use kansho_core::folder::Folder;
use kansho_core::history::Outcome;
use kansho_core::ids::{DoseName, Product, ProgrammeId, SeriesId, Symbol};
use kansho_core::notice::Trigger;
use kansho_core::residency::{Entry, Removal};
use serde::Deserialize;
use std::collections::BTreeMap;

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

/// The tables.
#[derive(Debug)]
pub struct Codes {
    vaccinations: BTreeMap<String, (SeriesId, Vec<DoseName>, Option<Product>, bool)>,
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

impl Codes {
    /// Loads `rules/codes.toml`.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read or a word in it is not known.
    pub fn load(folder: &Folder) -> Result<Self, Failure> {
        const NAME: &str = "rules/codes.toml";
        let text = folder.text("コードの対応表を読めません", NAME)?;
        let wrong = |reason: String| Failure::settings(NAME, reason);
        let raw: Raw = settings::read(&text).map_err(wrong)?;
        let mut notices = BTreeMap::new();
        for (code, [programme, trigger]) in &raw.notice {
            let trigger = match trigger.as_str() {
                "first" => Trigger::First,
                "mover_in" => Trigger::MoverIn,
                "reminder" => Trigger::Reminder,
                "last_call" => Trigger::LastCall,
                other => return Err(wrong(format!("notice.{code}: 「{other}」を知りません"))),
            };
            notices.insert(word(code), (Symbol::new(programme), trigger));
        }
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
        let named = |product: &String| (!product.is_empty()).then(|| Symbol::new(product));
        let vaccination = |v: RawVaccination| {
            let doses = v.doses.iter().map(|d| Symbol::new(d)).collect();
            (word(&v.code), (Symbol::new(&v.series), doses, v.product.as_deref().map(Symbol::new), v.yearly))
        };
        Ok(Self {
            vaccinations: raw.vaccination.into_iter().map(vaccination).collect(),
            products: raw.product.iter().map(|(code, product)| (word(code), named(product))).collect(),
            notices,
            results,
            movements,
        })
    }

    /// Every 予防接種コード with series, doses and product.
    pub fn vaccinations(&self) -> impl Iterator<Item = (&str, SeriesId, &[DoseName], Option<Product>)> {
        self.vaccinations.iter().map(|(code, (series, doses, product, _))| (code.as_str(), *series, doses.as_slice(), *product))
    }

    /// Every ワクチンコード with its product.
    pub fn products(&self) -> impl Iterator<Item = (&str, Product)> {
        self.products.iter().filter_map(|(code, product)| Some((code.as_str(), (*product)?)))
    }

    /// Every 種類 with its programme.
    pub fn notices(&self) -> impl Iterator<Item = (&str, ProgrammeId)> {
        self.notices.iter().map(|(code, (programme, _))| (code.as_str(), *programme))
    }

    /// 予防接種コード × 回 → series and dose. `times` is 回数, or 接種回数 when 回数 is empty.
    pub(super) fn dose(&self, code: &str, times: Option<usize>) -> Option<Coded> {
        let (series, doses, product, yearly) = self.vaccinations.get(&word(code))?;
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
