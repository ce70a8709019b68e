//! Files that belong together: a ledger of another city, another year or another numbering would make everybody due (design §3).

use chrono::{Datelike, NaiveDate};
use kansho_chars::matching::normalise_for_match;
use kansho_core::calendar;
use kansho_core::case::{Case, LedgerPlaces, LedgerRow, Meeting, PersonKey, percent};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::person::Sex;
use kansho_core::residency::Standing;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Points by which the share of meeting rows may fall since the last run.
const FALL: f64 = 5.0;
/// Share of rows without a readable number above which the run stops, in percent.
const MOST_UNNAMED: f64 = 0.5;

/// What is gathered while the rows are taken.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) rows: usize,
    pub(super) met: usize,
    pub(super) unnamed: usize,
    /// Rows keyed by 予防接種番号, and by 宛名番号.
    pub(super) by_number: usize,
    pub(super) by_addressee: usize,
    /// People of the ledger who are no residents.
    strangers: HashSet<PersonKey>,
    /// People of the ledger by year of birth.
    births: BTreeMap<i32, usize>,
    /// Digest of name, birth date and sex of rows that met nobody → the row.
    identities: HashMap<u64, u32>,
}

impl Gathered {
    /// A row that met a resident; `first` = the resident's first row.
    pub(super) fn meets(&mut self, case: &Case, first: bool) {
        self.met += 1;
        if let (true, Some(birth)) = (first, case.resident.birth.exact()) {
            *self.births.entry(birth.year()).or_default() += 1;
        }
    }

    /// A row whose number no resident has, or that has none.
    pub(super) fn misses(&mut self, row: &LedgerRow) {
        let birth = row.birth.as_ref().and_then(|b| b.exact());
        let new = match &row.key {
            Some(key) => self.strangers.insert(key.clone()),
            None => true,
        };
        if let (true, Some(birth)) = (new, birth) {
            *self.births.entry(birth.year()).or_default() += 1;
        }
        if let (Some(birth), Some(sex)) = (birth, row.sex) {
            for name in [&row.name, &row.kana].into_iter().flatten() {
                self.identities.entry(identity(name, birth, sex)).or_insert(row.row);
            }
        }
    }

    /// Number of people of the ledger who are no residents.
    pub(super) fn strangers(&self) -> usize {
        self.strangers.len()
    }

    /// Everything that says that the two files do not belong together.
    pub(super) fn check(&self, cases: &[Case], with_rows: &[bool], as_of: NaiveDate, last: Option<Meeting>) -> Report {
        let mut report = Report::new();
        if self.rows == 0 {
            report.push(Diagnostic::new(Code::LedgerEmpty, "台帳に行が一つもありません"));
            return report;
        }
        let unnamed = percent(self.unnamed, self.rows);
        if unnamed > MOST_UNNAMED {
            let message = format!(
                "台帳の {} 行のうち {} 行（{unnamed:.1} %）の番号が空か読めません（上限 {MOST_UNNAMED} %）",
                self.rows, self.unnamed
            );
            report.push(Diagnostic::new(Code::LedgerUnnamed, message));
        }
        if self.met == 0 {
            let by = |n: usize, name: &'static str| (n > 0).then_some(name);
            let numbers = cases.iter().filter(|case| case.resident.number.is_some()).count();
            let has = [by(numbers, "予防接種番号"), by(cases.len() - numbers, "宛名番号だけ")];
            let keyed = [by(self.by_number, "予防接種番号"), by(self.by_addressee, "宛名番号")];
            let words = |list: [Option<&'static str>; 2]| list.into_iter().flatten().collect::<Vec<_>>().join("と");
            let message = format!(
                "台帳の {} 行のどれも、住民の番号と合いません（住民の行の番号: {}、台帳の行の番号: {}）",
                self.rows,
                words(has),
                words(keyed)
            );
            report.push(Diagnostic::new(Code::LedgerElsewhere, message));
            return report;
        }
        let meeting = Meeting { rows: self.rows, met: self.met };
        if let Some((with, of, first, last)) = self.thin(cases, with_rows, as_of) {
            let message = format!(
                "台帳に多い生まれ年（{first}～{last}年）の1歳以上の住民 {of} 人のうち、台帳に行があるのは {with} 人（{:.1} %）だけです（住民と合う台帳の行は {:.1} %）",
                percent(with, of),
                meeting.percent()
            );
            report.push(Diagnostic::new(Code::LedgerElsewhere, message));
        }
        if let Some(last) = last.filter(|last| last.rows > 0 && last.percent() - meeting.percent() > FALL) {
            let message = format!(
                "住民と合う台帳の行が、前回の {:.1} % から {:.1} % に減りました（{FALL} ポイントまで）",
                last.percent(),
                meeting.percent()
            );
            report.push(Diagnostic::new(Code::LedgerElsewhere, message));
        }
        report
    }

    /// Of the residents aged one or more born in the years that hold nine tenths of the ledger's people, fewer than half with a row:
    /// those with one, all of them, the first and the last year.
    fn thin(&self, cases: &[Case], with_rows: &[bool], as_of: NaiveDate) -> Option<(usize, usize, i32, i32)> {
        let people: usize = self.births.values().sum();
        let mut years: Vec<(usize, i32)> = self.births.iter().map(|(year, count)| (*count, *year)).collect();
        years.sort_unstable_by(|a, b| b.cmp(a));
        let mut held = 0;
        let chosen: Vec<i32> = years
            .into_iter()
            .take_while(|(count, _)| {
                let more = held * 10 < people * 9;
                held += count;
                more
            })
            .map(|(_, year)| year)
            .collect();
        let counted = |case: &Case| {
            let old = |birth: NaiveDate| {
                chosen.contains(&birth.year()) && calendar::reach(birth, 12).is_some_and(|first| first <= as_of)
            };
            case.resident.birth.exact().is_some_and(old) && matches!(case.resident.residency.on(as_of), Standing::Resident { .. })
        };
        let residents = cases.iter().zip(with_rows).filter(|(case, _)| counted(case));
        let (with, of) = residents.fold((0, 0), |(with, of), (_, has)| (with + usize::from(*has), of + 1));
        let (first, last) = (chosen.iter().min()?, chosen.iter().max()?);
        (with * 2 < of).then_some((with, of, *first, *last))
    }

    /// Holds the residents whose name, birth date and sex a row of nobody has: a suggestion, never a join.
    pub(super) fn suggest(&self, cases: &mut [Case], places: &LedgerPlaces, report: &mut Report) {
        if self.identities.is_empty() {
            return;
        }
        for case in cases {
            let Some(birth) = case.resident.birth.exact() else { continue };
            let names =
                [Some(&case.resident.name.registered), case.resident.name.kana.as_ref(), case.resident.name.alias.as_ref()];
            let sex = case.resident.sex;
            let row = names.into_iter().flatten().find_map(|name| self.identities.get(&identity(name, birth, sex)));
            if let Some(row) = row {
                let message = format!("番号の違う台帳の行（{}）と、氏名・生年月日・性別が同じです", places.at(*row));
                let told = Diagnostic::new(Code::PerhapsTheSame, message).at(&case.resident.origin).of(case.resident.label());
                let told = told.so("この人を保留にしました");
                report.push(told.clone());
                case.problems.push(told);
            }
        }
    }
}

/// A digest, so that a ledger kept for years does not keep the names of all who left.
fn identity(name: &str, birth: NaiveDate, sex: Sex) -> u64 {
    let mut hasher = DefaultHasher::new();
    (normalise_for_match(name), birth, sex).hash(&mut hasher);
    hasher.finish()
}
