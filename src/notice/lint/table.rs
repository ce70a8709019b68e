//! `templates/lint.toml`: what is looked for in every letter, as data.

use chrono::NaiveDate;
use kansho_chars::matching::narrow;
use kansho_core::address::PostalCode;
use kansho_core::diag::Failure;
use kansho_core::diag::settings;
use kansho_core::folder::Folder;
use kansho_core::ids::{ProgrammeId, TemplateId};
use kansho_core::notice::{IssueNumber, PieceCode, PieceNumber, Trigger};
use kansho_core::person::Sex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

use crate::notice::piece::{Barcode, DoseLine, InEnvelope, Piece, ReissueMark, Stickers};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) item: Vec<Wanted>,
    pub(super) marks: Marks,
    pub(super) municipalities: Municipalities,
    pub(super) settings: Settings,
    pub(super) sample: Vec<Sample>,
    /// Most rows of the table of doses, for templates whose letters may have several; 1 for the others.
    #[serde(default)]
    pub(super) rows: BTreeMap<String, usize>,
}

/// One legal or needed item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) id: String,
    pub(super) what: String,
    /// A or B; both when missing.
    class: Option<String>,
    /// `unknown`: only where the history is unknown.
    history: Option<String>,
    /// One word of each group must be there.
    #[serde(default)]
    pub(super) words: Vec<Vec<String>>,
    /// None of these may be there.
    #[serde(default)]
    pub(super) never: Vec<String>,
    /// Papers it is asked of; all when empty.
    #[serde(default)]
    papers: Vec<String>,
    /// Templates it is asked of; all when empty.
    #[serde(default)]
    only: Vec<String>,
    /// Templates it does not apply to.
    #[serde(default)]
    except: Vec<String>,
    pub(super) remedy: String,
}

impl Wanted {
    /// Whether the item is asked of a template (its id, class and paper) with this sample.
    pub(super) fn applies(&self, (template, class, paper): (&str, &str, &str), sample: &Sample) -> bool {
        let among = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
        among(&self.papers, paper)
            && among(&self.only, template)
            && self.class.as_ref().is_none_or(|wanted| wanted == class)
            && self.history.as_ref().is_none_or(|_| sample.unknown_history)
            && !self.except.iter().any(|id| id == template)
    }
}

/// Marks of unfinished text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marks {
    pub(super) unfinished: Vec<String>,
    pub(super) rendered: Vec<String>,
}

/// Values of `municipality.toml` that no real office has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) sample: Vec<String>,
    /// Keys that may be empty.
    pub(super) blank: Vec<String>,
}

/// Whether a value holds a word, in any width; a number within a longer one is not meant.
pub(super) fn written(value: &str, word: &str) -> bool {
    let [value, word] = [value, word].map(|text| text.chars().map(narrow).collect::<String>());
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    value.match_indices(&word).any(|(at, _)| !(digit(word.chars().next()) && digit(value[..at].chars().next_back())))
}

/// Names of municipalities.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Municipalities {
    names: Vec<String>,
}

impl Municipalities {
    /// The names of others in a text.
    pub(super) fn others(&self, text: &str, own: &str) -> Vec<String> {
        let mut found = BTreeSet::new();
        for name in self.names.iter().filter(|name| name.as_str() != own) {
            for (at, _) in text.match_indices(name.as_str()) {
                let part_of_own = own.ends_with(name.as_str()) && text[..at + name.len()].ends_with(own);
                if !within_longer(text, at, name) && !part_of_own {
                    found.insert(name.clone());
                }
            }
        }
        found.into_iter().collect()
    }
}

/// True when the name is only the end of a longer one (津市 in 大津市); the word of a prefecture before it ends another word.
fn within_longer(text: &str, at: usize, name: &str) -> bool {
    const SHORT: usize = 2;
    let kanji = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c) || c == '々';
    let before = text[..at].chars().next_back();
    name.chars().count() <= SHORT && before.is_some_and(|c| kanji(c) && !matches!(c, '県' | '府' | '道' | '都'))
}

/// A made-up person whose letter must fit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) name: String,
    person: String,
    kana: String,
    programme: String,
    honorific: String,
    address: String,
    building: Option<String>,
    vaccine: String,
    dose: String,
    #[serde(default)]
    spoken: String,
    rows: usize,
    unknown_history: bool,
    reissue: bool,
}

impl Sample {
    /// The sample as a piece of a template; every variable of `vars` holds a long date.
    pub(super) fn piece(
        &self,
        (programme, template): (ProgrammeId, TemplateId),
        vars: &BTreeSet<String>,
        most_rows: usize,
    ) -> Option<Piece> {
        const LONG_DATE: &str = "令和10年12月31日";
        let (from, until) = (NaiveDate::from_ymd_opt(2026, 12, 31)?, NaiveDate::from_ymd_opt(2028, 12, 31)?);
        let line = DoseLine {
            vaccine: self.vaccine.clone(),
            dose: self.dose.clone(),
            from,
            until,
            standard: None,
            spoken: self.spoken.clone(),
        };
        Some(Piece {
            place: InEnvelope { envelope: 1, sheet: 1, sheets: 1, of_all: 1 },
            number: PieceNumber(999_999),
            issue: IssueNumber(999_999_999),
            code: PieceCode("20261201-00000000-999999-ACDEF".to_owned()),
            programme,
            programme_name: self.programme.clone(),
            token: "■①".to_owned(),
            trigger: Trigger::First,
            template,
            person_number: "9900000015".to_owned(),
            name: self.person.clone(),
            kana: self.kana.clone(),
            addressee: self.person.clone(),
            birth: NaiveDate::from_ymd_opt(2020, 12, 31)?,
            sex: Sex::Female,
            honorific: self.honorific.clone(),
            postal: PostalCode::new("2600855")?,
            address1: self.address.clone(),
            address2: None,
            block: None,
            building: self.building.clone(),
            ward: None,
            barcode: Ok(Barcode { text: String::new(), bars: "1".repeat(67) }),
            unknown_history: self.unknown_history,
            doses: vec![line; self.rows.min(most_rows)],
            history: Vec::new(),
            vars: vars.iter().map(|name| (name.clone(), LONG_DATE.to_owned())).collect(),
            reissue: self.reissue.then(|| ReissueMark { void: vec!["100000123".to_owned()], reason: "紛失".to_owned() }),
            stickers: Stickers::Equal(0),
            alternate_address: false,
            register: None,
        })
    }
}

/// Reads the table.
///
/// # Errors
/// [`Failure::Io`], [`Failure::Usage`] when it is wrong.
pub(super) fn load(folder: &Folder) -> Result<Table, Failure> {
    const NAME: &str = "templates/lint.toml";
    let text = folder.text("ひな形の点検表を読めません", NAME)?;
    settings::read(&text).map_err(|reason| Failure::settings(NAME, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_citys_name_is_found_and_parts_of_names_are_not() {
        let list = Municipalities {
            names: ["津市", "大津市", "千葉市", "大阪市", "東大阪市"].map(str::to_owned).to_vec()
        };
        assert_eq!(list.others("木更津市と三重県津市", "千葉市"), ["津市"]);
        assert!(list.others("千葉市の木更津市、君津市", "千葉市").is_empty());
        assert_eq!(list.others("千葉市からのお知らせ", "津市"), ["千葉市"]);
        assert!(list.others("東大阪市保健所", "東大阪市").is_empty());
    }
}
