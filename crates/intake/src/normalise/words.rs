//! `layouts/words.toml`: the words that stand in cells, as data. A word that is in no list is not understood: it is never "no".

use kansho_chars::matching::{narrow, normalise_for_match};
use kansho_core::address::PostalCode;
use kansho_core::diag::settings;
use kansho_core::diag::{Checked, Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::ids::SeriesId;
use kansho_core::nearest::distance;
use kansho_core::origin::Origin;
use kansho_core::person::{Disability, Sex};
use kansho_rules::RuleBook;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    flag: RawFlag,
    sex: RawSex,
    birth: RawBirth,
    empty: RawEmpty,
    name: RawName,
    address: RawAddress,
    postal: RawPostal,
    class: RawClass,
    confirmed: RawEmpty,
    series: BTreeMap<String, Vec<String>>,
    several: BTreeMap<String, Vec<String>>,
    disease: BTreeMap<String, Vec<String>>,
    sheet: RawSheet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFlag {
    yes: Vec<String>,
    no: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSex {
    male: Vec<String>,
    female: Vec<String>,
    unknown: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBirth {
    uncertain: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEmpty {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawName {
    nothing: Vec<String>,
    nothing_part: Vec<String>,
    lost: Vec<String>,
    doubtful: Vec<String>,
    doubtful_end: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAddress {
    nowhere: Vec<String>,
    inside: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPostal {
    nobody: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClass {
    mail_stop: RawMailStop,
    disease: RawDiseaseClass,
    exception: RawExceptionClass,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMailStop {
    returned: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDiseaseClass {
    contraindicated: Vec<String>,
    had: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExceptionClass {
    exception: Vec<String>,
    shortage: Vec<String>,
    disability_organ: Vec<String>,
    disability_immune: Vec<String>,
    disability: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSheet {
    ignored: Vec<String>,
}

/// 区分 of the sheet 罹患.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiseaseClass {
    /// 禁忌・接種不適当
    Contraindicated,
    /// 罹患
    Had,
}

/// 区分 of the sheet 特例.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExceptionClass {
    /// 長期療養特例
    Exception,
    /// 供給不足
    Shortage,
    /// 障害, of this kind; `None` = a word that names none.
    Disability(Option<Disability>),
}

/// What a name is, besides a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameFault {
    /// A word for nothing, or no letter at all: the person is held.
    Nothing,
    /// The trace of a lost character: the person is held.
    Lost(String),
    /// To be looked at; the letter goes out.
    Doubtful(String),
}

/// The lists, each word in the one spelling in which words are compared.
#[derive(Debug)]
pub struct Words {
    flags: BTreeMap<String, bool>,
    sexes: BTreeMap<String, Sex>,
    uncertain: Vec<String>,
    empty: BTreeSet<String>,
    no_name: BTreeSet<String>,
    no_part: BTreeSet<String>,
    lost: Vec<String>,
    doubtful: BTreeSet<String>,
    doubtful_end: Vec<String>,
    nowhere: BTreeSet<String>,
    nowhere_inside: Vec<String>,
    nobodys_codes: BTreeSet<PostalCode>,
    returned: BTreeSet<String>,
    disease_classes: BTreeMap<String, DiseaseClass>,
    exception_classes: BTreeMap<String, ExceptionClass>,
    confirmed: BTreeSet<String>,
    series: BTreeMap<String, Vec<SeriesId>>,
    diseases: BTreeMap<String, String>,
    ignored_sheets: BTreeSet<String>,
}

/// A word as it is compared: width, case, kana, blanks, brackets and middle dots do not matter.
#[must_use]
pub fn word(text: &str) -> String {
    let bracket =
        |c: &char| matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | '「' | '」' | '【' | '】' | '〔' | '〕' | '・' | '･');
    let hiragana = |c: char| match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    };
    normalise_for_match(text).chars().filter(|c| !bracket(c)).map(hiragana).collect()
}

fn set(words: &[String]) -> BTreeSet<String> {
    words.iter().map(|w| word(w)).filter(|w| !w.is_empty()).collect()
}

/// The words for series.
struct Series<'a> {
    known: BTreeMap<String, Vec<SeriesId>>,
    unknown: BTreeSet<&'a str>,
}

impl<'a> Series<'a> {
    /// `series` names each by its words, `several` the words that mean several.
    fn new(
        series: &'a BTreeMap<String, Vec<String>>,
        several: &'a BTreeMap<String, Vec<String>>,
        book: &RuleBook,
    ) -> Result<Self, String> {
        let mut ids: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (id, words) in series {
            for name in words.iter().chain(std::iter::once(id)) {
                let entry = ids.entry(word(name)).or_default();
                if entry.iter().any(|other| other != id) {
                    return Err(format!("[series] 「{name}」が二つの系列にあります（[several] に書いてください）"));
                }
                entry.push(id);
                entry.dedup();
            }
        }
        ids.extend(several.iter().map(|(name, ids)| (word(name), ids.iter().map(String::as_str).collect())));
        let unknown = ids.values().flatten().copied().filter(|id| book.series_named(id).is_none()).collect();
        let known = |(name, ids): (String, Vec<&str>)| (name, ids.into_iter().filter_map(|id| book.series_named(id)).collect());
        Ok(Self { known: ids.into_iter().map(known).collect(), unknown })
    }
}

impl Words {
    /// Reads `layouts/words.toml`; the report names every series and disease that no rule has.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] when a key is unknown or a word stands in two lists of one kind.
    pub fn load(folder: &Folder, book: &RuleBook) -> Result<Checked<Self>, Failure> {
        const NAME: &str = "layouts/words.toml";
        let text = folder.text("言葉の表を読めません", NAME)?;
        let read = settings::read(&text).and_then(|raw| Self::new(raw, book));
        read.map_err(|reason| Failure::settings(NAME, reason))
    }

    fn new(raw: Raw, book: &RuleBook) -> Result<Checked<Self>, String> {
        let Series { known: series, unknown } = Series::new(&raw.series, &raw.several, book)?;
        let codes = raw
            .postal
            .nobody
            .iter()
            .map(|code| PostalCode::new(code).ok_or_else(|| format!("[postal] 「{code}」は7けたの数字にしてください")));
        let RawDiseaseClass { contraindicated, had } = raw.class.disease;
        let RawExceptionClass { exception, shortage, disability_organ, disability_immune, disability } = raw.class.exception;
        let value = Self {
            flags: kinds("flag", [(raw.flag.yes, true), (raw.flag.no, false)])?,
            sexes: kinds("sex", [(raw.sex.male, Sex::Male), (raw.sex.female, Sex::Female), (raw.sex.unknown, Sex::Unknown)])?,
            uncertain: raw.birth.uncertain,
            empty: set(&raw.empty.words),
            no_name: set(&raw.name.nothing),
            no_part: set(&raw.name.nothing_part),
            lost: raw.name.lost,
            doubtful: set(&raw.name.doubtful),
            doubtful_end: raw.name.doubtful_end,
            nowhere: set(&raw.address.nowhere),
            nowhere_inside: raw.address.inside.iter().map(|w| w.chars().map(narrow).collect()).collect(),
            nobodys_codes: codes.collect::<Result<_, _>>()?,
            returned: set(&raw.class.mail_stop.returned),
            disease_classes: kinds(
                "class.disease",
                [(contraindicated, DiseaseClass::Contraindicated), (had, DiseaseClass::Had)],
            )?,
            exception_classes: kinds(
                "class.exception",
                [
                    (exception, ExceptionClass::Exception),
                    (shortage, ExceptionClass::Shortage),
                    (disability_organ, ExceptionClass::Disability(Some(Disability::Organ))),
                    (disability_immune, ExceptionClass::Disability(Some(Disability::Immune))),
                    (disability, ExceptionClass::Disability(None)),
                ],
            )?,
            confirmed: set(&raw.confirmed.words),
            series,
            diseases: kinds("disease", raw.disease.into_iter().map(|(name, words)| (words, name)))?,
            ignored_sheets: set(&raw.sheet.ignored),
        };
        let report = value.unfit(unknown, book);
        Ok(Checked { value, report })
    }

    /// Series and diseases that no rule has, and diseases that have no word.
    fn unfit(&self, unknown: BTreeSet<&str>, book: &RuleBook) -> Report {
        let mut report = Report::new();
        let mut bad = |reason: String| {
            report.push(Diagnostic::new(Code::BookUnknown, reason).at(&Origin::file("layouts/words.toml")));
        };
        for id in unknown {
            bad(format!("[series] 系列「{id}」は規則集にありません"));
        }
        let known: BTreeSet<&str> = book.diseases().collect();
        // The words for diseases that rules must know, but for その他.
        let diseases: BTreeSet<&str> = self.diseases.values().map(String::as_str).filter(|disease| *disease != OTHER).collect();
        for disease in diseases.difference(&known) {
            bad(format!("[disease] 「{disease}」はどの系列の diseases にもありません"));
        }
        for disease in known.difference(&diseases) {
            bad(format!("[disease] 規則集の疾病「{disease}」がありません"));
        }
        report
    }

    /// A flag's word; `None` when it is in no list. An empty cell is not asked.
    pub(super) fn flag(&self, text: &str) -> Option<bool> {
        self.flags.get(&word(text)).copied()
    }

    /// 性別.
    #[must_use]
    pub fn sex(&self, text: &str) -> Option<Sex> {
        self.sexes.get(&word(text)).copied()
    }

    /// Whether a birth date says that its day is not known.
    pub(super) fn is_uncertain(&self, text: &str) -> bool {
        self.uncertain.iter().any(|word| text.contains(word.as_str()))
    }

    /// Whether a text is what a tool writes for an empty cell.
    pub(super) fn is_empty(&self, text: &str) -> bool {
        self.empty.contains(&word(text))
    }

    /// What is wrong with a name.
    pub(super) fn name_fault(&self, name: &str) -> Option<NameFault> {
        let part = |part: &str| self.no_part.contains(&word(part));
        let nothing = self.no_name.contains(&word(name)) || name.split(char::is_whitespace).any(part);
        if nothing || !name.chars().any(char::is_alphabetic) {
            return Some(NameFault::Nothing);
        }
        let narrowed: String = name.chars().map(narrow).collect();
        if let Some(trace) = self.lost.iter().find(|trace| narrowed.contains(trace.as_str())) {
            return Some(NameFault::Lost(trace.clone()));
        }
        let token = name.split(char::is_whitespace).map(word).find(|token| self.doubtful.contains(token));
        let end = || self.doubtful_end.iter().find(|end| name.trim_end().ends_with(end.as_str())).cloned();
        token.or_else(end).map(NameFault::Doubtful)
    }

    /// Whether nobody can deliver to an address: a word for nothing, a trace of lost characters, a sign in front, no more than a
    /// prefecture, a city, a ward, or neither a municipality nor a number.
    pub(super) fn is_nowhere(&self, line: &str) -> bool {
        const AREAS: [char; 8] = ['都', '道', '府', '県', '市', '区', '郡', '島'];
        let narrowed: String = line.chars().filter(|c| !c.is_whitespace()).map(narrow).collect();
        let begins_with_a_sign = narrowed.chars().next().is_some_and(|c| !c.is_alphanumeric());
        let numeral = |c: char| c.is_numeric() || "〇一二三四五六七八九十".contains(c);
        let numbered = narrowed.chars().any(numeral);
        let area_alone = !numbered && (narrowed.ends_with(AREAS) || !narrowed.contains(['市', '区', '町', '村']));
        self.nowhere.contains(&word(line))
            || begins_with_a_sign
            || area_alone
            || !narrowed.chars().any(char::is_alphabetic)
            || self.nowhere_inside.iter().any(|part| holds(&narrowed, part))
    }

    /// Whether no town has a postal code.
    pub(super) fn is_nobodys(&self, code: PostalCode) -> bool {
        self.nobodys_codes.contains(&code)
    }

    /// Whether a 区分 of 発送停止 says that mail came back.
    pub(super) fn is_returned(&self, text: &str) -> bool {
        self.returned.contains(&word(text))
    }

    /// 区分 of 罹患.
    pub(super) fn disease_class(&self, text: &str) -> Option<DiseaseClass> {
        self.disease_classes.get(&word(text)).copied()
    }

    /// 区分 of 特例.
    pub(super) fn exception_class(&self, text: &str) -> Option<ExceptionClass> {
        self.exception_classes.get(&word(text)).copied()
    }

    /// The word of 確認 in front of its date: 「転出済 2026-10-01」 → the rest. `None` when it is no such word.
    pub(super) fn confirmed<'a>(&self, text: &'a str) -> Option<&'a str> {
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let (mut found, text) = (None, text.trim());
        for end in ends.filter(|end| *end <= text.len()) {
            if self.confirmed.contains(&word(&text[..end])) {
                found = Some(
                    text[end..].trim_matches(|c: char| c.is_whitespace() || matches!(c, '（' | '）' | '(' | ')' | '、' | ',')),
                );
            }
        }
        found
    }

    /// 系列: one, or several where the word means several.
    #[must_use]
    pub fn series(&self, text: &str) -> Option<&[SeriesId]> {
        self.series.get(&word(text)).map(Vec::as_slice)
    }

    /// 疾病: the rule book's own word for it.
    pub(super) fn disease(&self, text: &str) -> Option<&str> {
        self.diseases.get(&word(text)).map(String::as_str)
    }

    /// Sheets that hold words for people, not data.
    pub(super) fn ignores_sheet(&self, name: &str) -> bool {
        let name = word(name);
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
        self.ignored_sheets.contains(&name) || self.ignored_sheets.contains(bare)
    }

    /// The known word nearest to one that is not understood.
    #[must_use]
    pub fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let wanted = word(text);
        let most = (wanted.chars().count() / 2).max(1);
        known.map(|other| (distance(&wanted, &word(other)), other)).filter(|(far, _)| *far <= most).min().map(|(_, other)| other)
    }

    /// The series word nearest to one that is not understood.
    pub(super) fn nearest_series(&self, text: &str) -> Option<&str> {
        Self::nearest(text, self.series.keys().map(String::as_str))
    }

    /// The disease nearest to one that is not understood.
    pub(super) fn nearest_disease(&self, text: &str) -> Option<&str> {
        Self::nearest(text, self.diseases.keys().map(String::as_str))
    }
}

/// Diseases that no rule speaks of.
const OTHER: &str = "その他";

/// Whether a text holds a part; a part that begins with a digit does not begin within a longer number.
fn holds(text: &str, part: &str) -> bool {
    let number = part.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(part).any(|(at, _)| !number || !text[..at].ends_with(|c: char| c.is_ascii_digit()))
}

/// Every word with what it says; a word in two lists is refused.
fn kinds<T: Clone + PartialEq>(
    key: &str,
    lists: impl IntoIterator<Item = (Vec<String>, T)>,
) -> Result<BTreeMap<String, T>, String> {
    let mut all = BTreeMap::new();
    for (words, kind) in lists {
        for text in words {
            if all.insert(word(&text), kind.clone()).is_some_and(|other| other != kind) {
                return Err(format!("[{key}] 「{text}」が二つの意味で書かれています"));
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn book() -> RuleBook {
        RuleBook::load(&Folder::at(Path::new("../.."))).unwrap()
    }

    fn words() -> Words {
        let folder = Folder::at(Path::new("../.."));
        let Checked { value, report } = Words::load(&folder, &book()).unwrap();
        assert!(report.is_empty());
        value
    }

    #[test]
    fn a_flag_is_yes_or_no_by_the_list_and_else_not_understood() {
        let words = words();
        for yes in ["1", "１", " 有 ", "true", "○", "（消除）"] {
            assert_eq!(words.flag(yes), Some(true), "{yes}");
        }
        for no in ["0", "無", "False", "ｆａｌｓｅ"] {
            assert_eq!(words.flag(no), Some(false), "{no}");
        }
        for other in ["Y", "01", "2", "NULL", "消除済", "-"] {
            assert_eq!(words.flag(other), None, "{other}");
        }
    }

    #[test]
    fn the_offices_words_for_series_and_diseases_are_understood() {
        let (words, measles) = (words(), book().series_named("mr").unwrap());
        for mr in ["mr", "MR", "ＭＲ", "麻しん風しん", "麻しん・風しん", "麻疹風疹", " M R "] {
            assert_eq!(words.series(mr), Some(&[measles][..]), "{mr}");
        }
        assert_eq!(words.series("ロタ").map(<[_]>::len), Some(2));
        assert_eq!(words.series("麻しん風疹"), None);
        for varicella in ["水痘", "水ぼうそう", "みずぼうそう"] {
            assert_eq!(words.disease(varicella), Some("水痘"));
        }
        assert_eq!((words.disease("水とう"), words.nearest_disease("水痘症")), (None, Some("水痘")));
        assert_eq!(words.disease_class("接種不適当者"), Some(DiseaseClass::Contraindicated));
        assert_eq!(words.disease_class("禁忌？"), None);
    }

    #[test]
    fn what_stands_for_a_name_is_no_name() {
        let words = words();
        for nothing in
            ["NULL", "0", "null", "-", "？？？", "＊＊＊", "不明", "（空白）", "未命名", "N/A", "nan", "#N/A", "様", "＿"]
        {
            assert_eq!(words.name_fault(nothing), Some(NameFault::Nothing), "{nothing}");
        }
        for lost in ["〓田　花子", "■田　花子", "見本　花子\u{FFFD}", "？？　太郎"] {
            assert!(matches!(words.name_fault(lost), Some(NameFault::Lost(_))), "{lost}");
        }
        for doubtful in ["テスト　太郎", "亡　見本　三郎", "見本　次郎　様", "見本　次郎様"] {
            assert!(matches!(words.name_fault(doubtful), Some(NameFault::Doubtful(_))), "{doubtful}");
        }
        for name in ["見本　花子", "無津呂　健", "NGUYEN VAN AN", "亡田　一", "未定田　一", "JOHNSON, ANNE-MARIE"]
        {
            assert_eq!(words.name_fault(name), None, "{name}");
        }
    }

    #[test]
    fn an_address_leads_to_a_door() {
        let words = words();
        for nowhere in [
            "不定",
            "住所不定",
            "国外",
            ".千葉市中央区市場町1番1号",
            "千葉県",
            "千葉市",
            "千葉県千葉市稲毛区",
            "稲毛区",
            "千葉県千葉市中央区市場町0丁目0番",
            "千葉市中央区市場町０番０号",
            "-",
            "123",
            "千葉県千葉市中央区〓町1番1号",
        ] {
            assert!(words.is_nowhere(nowhere), "{nowhere}");
        }
        for somewhere in [
            "千葉県千葉市中央区市場町1番1号",
            "市川市市川1-1-1",
            "八丈島八丈町大賀郷2551番地2",
            "東京都千代田区霞が関三丁目",
            "千葉市緑区おゆみ野10丁目0番1号",
            "京都市上京区下立売通新町西入薮ノ内町",
        ] {
            assert!(!words.is_nowhere(somewhere), "{somewhere}");
        }
    }

    #[test]
    fn a_confirmation_is_a_word_and_a_date() {
        let words = words();
        assert_eq!(words.confirmed("転出済 2026-10-01"), Some("2026-10-01"));
        assert_eq!(words.confirmed("死亡（令和8年10月1日）"), Some("令和8年10月1日"));
        assert_eq!(words.confirmed("他市"), Some(""));
        assert_eq!(words.confirmed("確認中 2026-10-01"), None);
    }
}
