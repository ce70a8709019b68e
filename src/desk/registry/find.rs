//! 検索: who may be meant, by what somebody at the counter says of themselves. Only a few are shown: whoever asks too widely sees nobody.

use crate::desk::registry::people::RegisterPeople;
use crate::desk::registry::residents::sex as sex_word;
use crate::desk::registry::whom;
use crate::desk::settings::Settings;
use kansho_chars::matching::normalise_for_match;
use kansho_core::diag::{Code, Failure};
use kansho_intake::join::Days;
use kansho_intake::normalise::command_line_day;
use kansho_register::feeds;
use kansho_register::merges;
use kansho_register::people::People;
use kansho_register::residents;
use kansho_register::search::{self, Wanted};
use kansho_register::store::link::Link;
use kansho_register::stored::Shared;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most people who are shown.
const MOST: usize = 20;
/// Some may be one person under two numbers.
const LOOKED_AT: u32 = 64;

/// What is known of whoever is looked for.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    kana: Option<String>,
    name: Option<String>,
    birth: Option<String>,
    sex: Option<String>,
    number: Option<String>,
    issue_no: Option<Number>,
    code: Option<String>,
}

/// A number that may be written as one or as a text.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(u64),
    Text(String),
}

/// A query holds names.
impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Query({})", self.fields().join(","))
    }
}

impl Query {
    /// A query in JSON.
    ///
    /// # Errors
    /// [`Failure::Declined`]: no JSON, a key that is not known, or nothing asked. The message holds none of the query.
    pub fn read(json: &str) -> Result<Self, Failure> {
        let known = "kana name birth sex number issue_no code";
        let query: Self = serde_json::from_str(json).map_err(|_| {
            Failure::Declined(format!("検索のファイルを読めません。{known} のうち分かるものを JSON で書いてください"))
        })?;
        if query.fields().is_empty() {
            return Err(Failure::Declined(format!("検索の条件がありません（{known} のうち分かるものを書いてください）")));
        }
        Ok(query)
    }

    /// What is asked by, for the log: never what for.
    #[must_use]
    pub fn fields(&self) -> Vec<&'static str> {
        let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let all = [
            ("kana", said(&self.kana)),
            ("name", said(&self.name)),
            ("birth", said(&self.birth)),
            ("sex", said(&self.sex)),
            ("number", said(&self.number)),
            ("issue_no", self.issue_no.is_some()),
            ("code", said(&self.code)),
        ];
        all.into_iter().filter(|(_, said)| *said).map(|(name, _)| name).collect()
    }

    fn wanted(&self, link: &mut dyn Link, settings: &Settings) -> Result<Wanted, Failure> {
        let said = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let name = |text: &Option<String>, what: &str| match said(text).map(|text| normalise_for_match(&text)) {
            Some(text) if text.is_empty() => Err(Failure::Declined(format!("{what}に文字がありません"))),
            text => Ok(text),
        };
        let birth = said(&self.birth).map(|text| command_line_day(&text)).transpose();
        let birth = birth.map_err(|why| Failure::Declined(format!("birth: {why}")))?;
        let sex = said(&self.sex).map(|text| match settings.tables.words.sex(&text) {
            Some(sex) => Ok(sex_word(sex)),
            None => Err(Failure::Declined("sex は M か F（男・女でも）にしてください".to_owned())),
        });
        Ok(Wanted {
            kana: name(&self.kana, "kana")?,
            name: name(&self.name, "name")?,
            birth: birth.map(|day| day.to_string()),
            sex: sex.transpose()?.flatten(),
            among: self.among(link, settings)?,
        })
    }

    /// The people that the numbers lead to; with several numbers those to whom all do.
    fn among(&self, link: &mut dyn Link, settings: &Settings) -> Result<Option<BTreeSet<residents::PersonId>>, Failure> {
        let mut found: Option<BTreeSet<residents::PersonId>> = None;
        let mut narrow = |people: BTreeSet<residents::PersonId>| {
            found = Some(match found.take() {
                Some(before) => before.intersection(&people).copied().collect(),
                None => people,
            });
        };
        if let Some(text) = self.number.as_deref().filter(|text| !text.trim().is_empty()) {
            narrow(whom::id(link, text, settings.office.numbers)?.into_iter().collect());
        }
        if let Some(number) = &self.issue_no {
            let number = match number {
                Number::Whole(number) => *number,
                Number::Text(text) => text
                    .trim()
                    .replace(['-', ','], "")
                    .parse()
                    .map_err(|_| Failure::Declined("issue_no が番号ではありません".to_owned()))?,
            };
            narrow(search::by_issue_number(link, number)?);
        }
        if let Some(code) = self.code.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
            narrow(search::by_code(link, &code.to_uppercase())?);
        }
        Ok(found)
    }
}

/// Who may be meant.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// How many.
    pub count: usize,
    /// Each of them.
    pub people: Vec<One>,
}

/// Somebody who may be meant.
#[derive(Clone, Debug, Serialize)]
pub struct One {
    /// 予防接種番号
    pub person: String,
    /// 区; nothing of somebody who is hidden from whoever asks.
    pub ward: Option<String>,
    /// 支援措置 reaches them.
    pub protected: bool,
}

/// Looks for people.
///
/// # Errors
/// [`Failure::Declined`] when a value cannot be read or more than twenty are meant.
pub fn find(register: &Shared, query: &Query, sees_protected: bool, settings: &Settings) -> Result<Found, Failure> {
    let (people, snapshot) = register.lock().read(|link| {
        let wanted = query.wanted(link, settings)?;
        let mut people = BTreeSet::new();
        for person in search::people(link, &wanted, LOOKED_AT)? {
            people.insert(merges::last(link, person)?);
        }
        if people.len() > MOST {
            let message = format!("{MOST} 人より多くの人が当てはまります。条件を加えてください");
            return Err(Failure::Declined(message));
        }
        let mut found = Vec::with_capacity(people.len());
        for person in people {
            let number = residents::number(link, person)?.unwrap_or_default();
            found.push((number, search::ward(link, person)?, residents::is_resident(link, person)?));
        }
        Ok((found, feeds::snapshot(link)?))
    })?;
    let nothing = || Failure::barred(Code::FullFeedOld, "住民がまだ取り込まれていません");
    let as_of = snapshot.ok_or_else(nothing)?;
    let store = RegisterPeople { register: register.clone(), settings, only: None };
    let mut found = Vec::with_capacity(people.len());
    for (person, ward, resident) in people {
        // Whoever has rows of the ledger alone is no case.
        let case = resident.then(|| store.one(&person, Days { as_of, post_on: as_of })).transpose()?;
        let protected = case.flatten().is_some_and(|case| case.protected.is_some());
        found.push(One { person, ward: ward.filter(|_| !protected || sees_protected), protected });
    }
    found.sort_by(|a, b| a.person.cmp(&b.person));
    Ok(Found { count: found.len(), people: found })
}
