//! People and programmes as staff know them: the Japanese name, a code of the ledger, another word, or the id; numbers in any spelling.

use crate::desk::inputs::Inputs;
use kansho_core::case::Case;
use kansho_core::diag::Failure;
use kansho_core::ids::SeriesId;
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::person::{AddresseeNumber, Digits, PersonNumber};
use kansho_intake::normalise::Tables;
use kansho_intake::normalise::words::{Words, word};
use kansho_rules::RuleBook;
use kansho_rules::decide::programme::{Programme, Programmes};

/// What the office calls its series and programmes.
#[derive(Debug)]
pub struct Names<'a> {
    book: &'a RuleBook,
    tables: &'a Tables,
}

impl<'a> Names<'a> {
    /// The names of a rule book, and the words and codes of the office.
    #[must_use]
    pub const fn new(book: &'a RuleBook, tables: &'a Tables) -> Self {
        Self { book, tables }
    }

    /// The series a word means; several where it means several (ロタ).
    ///
    /// # Errors
    /// A Japanese sentence with the nearest known word.
    pub fn series(&self, text: &str) -> Result<Vec<SeriesId>, String> {
        let wanted = word(text);
        let own = |id: &SeriesId| word(id.as_str()) == wanted || word(self.book.series_name(*id)) == wanted;
        let exact: Vec<SeriesId> = self.book.series().filter(own).collect();
        if !exact.is_empty() {
            return Ok(exact);
        }
        if let Some(found) = self.tables.words.series(text) {
            return Ok(found.to_vec());
        }
        let mut coded: Vec<SeriesId> =
            self.tables.codes.vaccinations().filter(|(code, _)| word(code) == wanted).map(|(_, series)| series).collect();
        coded.dedup();
        if !coded.is_empty() {
            return Ok(coded);
        }
        let ids: Vec<SeriesId> = self.book.series().collect();
        let known = ids.iter().flat_map(|id| [id.as_str(), self.book.series_name(*id)]);
        Err(unknown("系列", text, known, "kansho rules show"))
    }

    /// The programme that a word means.
    ///
    /// # Errors
    /// [`Failure::Usage`] with the programmes it may mean, or with the nearest.
    pub fn programme(&self, programmes: &Programmes, text: &str) -> Result<ProgrammeKey, Failure> {
        let wanted = word(text);
        let own = |p: &Programme| {
            let coded = self.tables.codes.notices().any(|(code, id)| id == p.id && word(code) == wanted);
            [p.id.as_str(), p.name.as_str()].iter().any(|name| word(name) == wanted) || coded || p.token == text.trim()
        };
        let places = |test: &dyn Fn(&Programme) -> bool| -> Vec<ProgrammeKey> {
            programmes.keyed().filter(|(_, p)| test(p)).map(|(key, _)| key).collect()
        };
        let mut found = places(&own);
        if found.is_empty() {
            let series = self.series(text).unwrap_or_default();
            let about = |only: bool| {
                let series = series.clone();
                move |p: &Programme| p.targets.iter().any(|t| series.contains(&t.series)) && (!only || p.targets.len() == 1)
            };
            // A word for one vaccine means its own programme before one of several vaccines.
            found = places(&about(true));
            if found.is_empty() {
                found = places(&about(false));
            }
        }
        match found.as_slice() {
            [place] => Ok(*place),
            [] => {
                let known = programmes.iter().flat_map(|p| [p.id.as_str(), p.name.as_str()]);
                Err(Failure::Usage(unknown("事業", text, known, "kansho programmes")))
            }
            several => {
                let list: Vec<String> =
                    several.iter().map(|place| format!("{}（{}）", programmes[*place].name, programmes[*place].id)).collect();
                Err(Failure::Usage(format!("事業「{text}」はいくつかあります。どれか一つにしてください: {}", list.join("、"))))
            }
        }
    }
}

fn unknown<'k>(what: &str, text: &str, known: impl Iterator<Item = &'k str>, list: &str) -> String {
    let nearest = Words::nearest(text, known).map_or_else(String::new, |near| format!("「{near}」のことですか。"));
    format!("{what}「{text}」を知りません。{nearest}一覧は {list} で見られます")
}

/// A person among the cases, by 予防接種番号 in any spelling; who has none is found by 宛名番号, nobody else: a number must
/// not lead to another person.
///
/// # Errors
/// [`Failure::Declined`] when nobody has the number.
pub fn person(inputs: &Inputs, text: &str) -> Result<CaseKey, Failure> {
    let Digits { person, addressee, .. } = inputs.settings.office.numbers;
    let (number, other) = (PersonNumber::new(text, person), AddresseeNumber::new(text, addressee));
    let cases = &inputs.joined.cases;
    let by_number = || cases.iter().position(|case| number.is_some() && case.resident.number == number);
    let unnumbered = |case: &Case| case.resident.number.is_none() && other.is_some() && case.resident.addressee == other;
    let by_addressee = || cases.iter().position(unnumbered);
    by_number().or_else(by_addressee).map(CaseKey::at).ok_or_else(|| {
        Failure::Declined(format!("予防接種番号 {text} の人は住民ファイルにいません。番号を確かめてください（{person} けた）"))
    })
}
