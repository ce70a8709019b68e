//! 例: `rules/cases/*.csv`, lines that a clerk can extend. `rules check` compares each with the book's answer, and refuses a book
//! with a rule that no line reaches.

use super::book::Series;
use super::engine::{Next, Path as Way};
use super::{RuleBook, Subject, forecast, words};
use chrono::NaiveDate;
use kansho_core::diag::{Checked, Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::history::Knowledge;
use kansho_core::ids::SeriesId;
use kansho_core::origin::Origin;
use kansho_core::person::{Disability, Sex};
use kansho_core::residency::Standing;
use std::collections::BTreeSet;

/// The columns of a cases file.
const COLUMNS: [&str; 11] =
    ["系列", "生年月日", "性別", "接種歴", "条件", "基準日", "回", "最初の日", "最後の日", "状態", "説明"];

/// Checks every line of every `rules/cases/*.csv`; the value is the number of lines.
///
/// # Errors
/// [`Failure::Io`] when a file cannot be read.
pub fn check(folder: &Folder, book: &RuleBook) -> Result<Checked<usize>, Failure> {
    const DOING: &str = "規則の例を読めません";
    let mut tried = Tried { book, reached: BTreeSet::new(), report: Report::new(), lines: 0 };
    for name in folder.files(DOING, "rules/cases", "csv")? {
        tried.file(&Origin::file(&name), &folder.text(DOING, &name)?);
    }
    tried.unreached();
    Ok(Checked { value: tried.lines, report: tried.report })
}

struct Tried<'a> {
    book: &'a RuleBook,
    reached: BTreeSet<String>,
    report: Report,
    lines: usize,
}

impl Tried<'_> {
    fn file(&mut self, origin: &Origin, text: &str) {
        let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(text.as_bytes());
        let headings: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
        if headings != COLUMNS {
            let message = format!("見出しは「{}」にしてください", COLUMNS.join(","));
            self.report.push(Diagnostic::new(Code::BookCase, message).at(&origin.row(1)));
            return;
        }
        for record in reader.records() {
            let (place, outcome) = match record {
                Ok(record) => {
                    let line = record.position().map(|p| u32::try_from(p.line()).unwrap_or(u32::MAX));
                    (line.map_or_else(|| origin.clone(), |line| origin.row(line)), self.line(&record))
                }
                Err(e) => (origin.clone(), Err(format!("CSVとして読めません（{e}）"))),
            };
            self.lines += 1;
            if let Err(reason) = outcome {
                self.report.push(Diagnostic::new(Code::BookCase, reason).at(&place));
            }
        }
    }

    fn line(&mut self, record: &csv::StringRecord) -> Result<(), String> {
        let cell = |at: usize| record.get(at).unwrap_or("").trim();
        let series = words::series(cell(0), self.book)?;
        let birth = words::date(cell(1), cell(1))?;
        let sex = match cell(2) {
            "M" => Sex::Male,
            "F" => Sex::Female,
            other => return Err(format!("性別「{other}」は M か F にしてください")),
        };
        let doses = cell(3).split_whitespace().map(|text| words::dose(text, birth, self.book)).collect::<Result<Vec<_>, _>>()?;
        let terms = Terms::read(cell(4), self.book)?;
        let as_of = words::date(cell(5), cell(5))?;
        let subject = Subject {
            birth,
            sex,
            expected_delivery: &terms.expected,
            doses: &doses,
            knowledge: Knowledge::Known,
            had: &terms.had,
            disabilities: &terms.disabilities,
            exceptions: &terms.exceptions,
            shortage: terms.shortage,
        };
        let rule = self.book.at(series, as_of).ok_or("系列がありません")?;
        let mut found = Vec::new();
        for next in self.book.ask(rule, &subject, as_of) {
            let way = match &next {
                Next::Dose(dose) => Some(dose.path),
                Next::Never(_) | Next::Complete(_) => None,
            };
            let answer = forecast(rule, &subject, as_of, Standing::Resident { since: birth }, next);
            let told = [
                answer.dose.map(|dose| dose.to_string()).unwrap_or_default(),
                day(answer.first_day),
                day(answer.last_day),
                answer.status.id().to_owned(),
            ];
            if (0..4).all(|at| told[at] == cell(6 + at)) {
                if let Some(way) = way {
                    self.reached.extend(ways(rule, way));
                }
                return Ok(());
            }
            found.push(told.join(" "));
        }
        let wanted = [cell(6), cell(7), cell(8), cell(9)].join(" ");
        Err(format!("例は「{wanted}」、規則集の答えは「{}」です", found.join("」「")))
    }

    /// Every rule that no line reached.
    fn unreached(&mut self) {
        for rule in &self.book.rules {
            for version in &rule.versions {
                let missing = all(version).into_iter().filter(|way| !self.reached.contains(way));
                for way in missing {
                    let message = format!("{way} を通る例がありません");
                    let origin = Origin::file(&format!("rules/{}.toml", rule.id));
                    self.report.push(Diagnostic::new(Code::BookUnreached, message).at(&origin));
                }
            }
        }
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map_or_else(String::new, |d| d.to_string())
}

/// What only a decision can say: 「罹患=水痘」「障害=内部」「障害=免疫」「特例=FROM:TO」「供給不足」「出産予定日=D」.
#[derive(Default)]
struct Terms {
    expected: Vec<NaiveDate>,
    had: Vec<String>,
    disabilities: Vec<Disability>,
    exceptions: Vec<(Option<SeriesId>, NaiveDate, NaiveDate)>,
    shortage: bool,
}

impl Terms {
    fn read(text: &str, book: &RuleBook) -> Result<Self, String> {
        let mut terms = Self::default();
        for word in text.split_whitespace() {
            match word.split_once('=') {
                None if word == "供給不足" => terms.shortage = true,
                Some(("障害", kind)) if Disability::ALL.iter().any(|known| known.word() == kind) => {
                    terms.disabilities.extend(Disability::ALL.into_iter().filter(|known| known.word() == kind));
                }
                Some(("罹患", disease)) => terms.had.push(disease.to_owned()),
                Some(("特例", days)) => terms.exceptions.push(words::exception(days, book)?),
                Some(("出産予定日", day)) => terms.expected.push(words::date(day, word)?),
                None | Some(_) => {
                    return Err(format!("条件「{word}」を知りません（罹患=… 障害=内部・免疫 特例=… 供給不足 出産予定日=…）"));
                }
            }
        }
        Ok(terms)
    }
}

/// A rule as the messages name it: version, then its key.
fn named(version: &Series, key: &str) -> String {
    if version.valid == super::Window::ALWAYS {
        format!("{} {key}", version.id)
    } else {
        format!("{} valid {}～ の版 {key}", version.id, version.valid.first)
    }
}

/// The rules that an answer came by.
fn ways(version: &Series, way: Way) -> Vec<String> {
    let dose = format!("course[{}].dose[{}]", way.course, way.dose);
    let mut keys = vec![dose.clone()];
    keys.extend(way.cohort.map(|at| format!("cohort[{at}]")));
    keys.extend(way.extension.map(|at| format!("extension[{at}]")));
    keys.extend(way.exception.then(|| "exception".to_owned()));
    keys.extend(way.dropped.then(|| format!("{dose}.dropped_gap")));
    keys.extend(way.disability.then(|| format!("{dose}.first_disability")));
    keys.into_iter().map(|key| named(version, &key)).collect()
}

/// Every rule of a version.
fn all(version: &Series) -> Vec<String> {
    let mut keys = Vec::new();
    for (c, course) in version.courses.iter().enumerate() {
        for (d, rule) in course.doses.iter().enumerate() {
            // How a course begins shows only after its first dose: the first dose is asked for by the first course.
            if d > 0 || c == 0 || course.product.is_some() {
                keys.push(format!("course[{c}].dose[{d}]"));
            }
            if rule.dropped.is_some() {
                keys.push(format!("course[{c}].dose[{d}].dropped_gap"));
            }
            if rule.first_disability.is_some() {
                keys.push(format!("course[{c}].dose[{d}].first_disability"));
            }
        }
    }
    keys.extend((0..version.cohorts.len()).map(|at| format!("cohort[{at}]")));
    keys.extend((0..version.extensions.len()).map(|at| format!("extension[{at}]")));
    if version.exception.is_some() {
        keys.push("exception".to_owned());
    }
    keys.into_iter().map(|key| named(version, &key)).collect()
}
