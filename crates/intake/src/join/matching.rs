//! One ledger row and its resident: 突合, duplicates, what counts and what is set aside.

use crate::join::Days;
use crate::join::belonging::Gathered;
use chrono::{Datelike, NaiveDate};
use kansho_chars::matching::normalise_for_match;
use kansho_core::case::{Case, LedgerPlaces, LedgerRow, PersonKey, Resident, RowCount};
use kansho_core::diag::{Code, Diagnostic, Report, Severity};
use kansho_core::history::{DoseRecord, History, Knowledge, Outcome, UnknownBecause};
use kansho_core::ids::SeriesId;
use kansho_core::origin::Origin;
use kansho_core::person::Sex;
use kansho_core::residency::Standing;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Days after the posting date within which a later date may be a booking or a late export; beyond, it is a mistake.
const FAR: i64 = 60;

/// A resident with nothing else known yet.
pub(super) fn open_case(resident: Resident) -> Case {
    Case {
        problems: resident.problems.clone(),
        resident,
        history: History { knowledge: Knowledge::NoneOnFile, doses: Vec::new() },
        notices: Vec::new(),
        protected: None,
        struck_off: false,
        marks: Vec::new(),
        unclear: BTreeSet::new(),
        later_doses: Vec::new(),
    }
}

/// The ledger rows taken so far.
#[derive(Debug)]
pub(super) struct Tally {
    days: Days,
    places: LedgerPlaces,
    repeated: BTreeSet<SeriesId>,
    pub(super) rows: RowCount,
    pub(super) later_doses: usize,
    pub(super) later_notices: usize,
    pub(super) highest_issue: u64,
    /// Newest 実施日 up to the as-of date, of any row.
    pub(super) newest: Option<NaiveDate>,
    /// Doses given, by month, of any row.
    pub(super) months: BTreeMap<(i32, u32), usize>,
    pub(super) gathered: Gathered,
    /// Whether a case has a row.
    pub(super) with_rows: Vec<bool>,
}

impl Tally {
    pub(super) fn new(days: Days, places: LedgerPlaces, repeated: BTreeSet<SeriesId>, cases: usize) -> Self {
        Self {
            days,
            places,
            repeated,
            rows: RowCount::default(),
            later_doses: 0,
            later_notices: 0,
            highest_issue: 0,
            newest: None,
            months: BTreeMap::new(),
            gathered: Gathered::default(),
            with_rows: vec![false; cases],
        }
    }

    /// Takes one row into its case, or says why not.
    pub(super) fn take(
        &mut self,
        row: LedgerRow,
        places: &HashMap<PersonKey, Vec<usize>>,
        cases: &mut [Case],
        report: &mut Report,
    ) {
        self.gathered.rows += 1;
        let issue = row.notice.and_then(|notice| notice.issue_number);
        self.highest_issue = issue.max(row.issue_seen).unwrap_or_default().max(self.highest_issue);
        if let Some(dose) = row.dose.filter(|dose| dose.outcome == Outcome::Given) {
            *self.months.entry((dose.given_on.year(), dose.given_on.month())).or_default() += 1;
            if dose.given_on <= self.days.as_of {
                self.newest = self.newest.max(Some(dose.given_on));
            }
        }
        let Some(key) = &row.key else {
            self.gathered.unnamed += 1;
            self.gathered.misses(&row);
            self.rows.refused += 1;
            row.problems.into_iter().for_each(|problem| report.push(problem));
            return;
        };
        match key {
            PersonKey::Number(_) => self.gathered.by_number += 1,
            PersonKey::Addressee(_) => self.gathered.by_addressee += 1,
        }
        let Some(place) = places.get(key).and_then(|places| places.first().copied()) else {
            self.gathered.misses(&row);
            self.rows.nobody += 1;
            return;
        };
        let case = &mut cases[place];
        self.gathered.meets(case, !self.with_rows[place]);
        self.with_rows[place] = true;
        let (origin, who) = (self.places.at(row.row), key.to_string());
        case.struck_off |= row.struck_off;
        if self.holds(&row, (&who, &origin), case, report) {
            self.rows.refused += 1;
            return;
        }
        self.compare_names(&row, (&who, &origin), case, report);
        let mut used = row.struck_off;
        let mut superseded = false;
        if let Some(dose) = row.dose {
            if dose.given_on > self.days.as_of {
                self.later_doses += 1;
                self.later(Code::LaterDose, dose.given_on, "実施日", (&who, &origin), case, report);
                case.later_doses.push(dose);
                superseded = true;
            } else if let Some(other) = case.history.doses.iter_mut().find(|other| same_dose(other, &dose)) {
                other.product = other.product.or(dose.product);
                report.push(
                    Diagnostic::new(Code::DoseTwice, "同じ接種が二度登録されています")
                        .at(&origin)
                        .of(who.clone())
                        .so("一度だけ数えます"),
                );
                superseded = true;
            } else {
                case.history.doses.push(dose);
                used = true;
            }
        }
        if let Some(notice) = row.notice {
            if notice.noticed_on > self.days.as_of {
                self.later_notices += 1;
                self.later(Code::LaterNotice, notice.noticed_on, "通知日", (&who, &origin), case, report);
            }
            case.notices.push(notice);
            used = true;
        }
        if used || !superseded {
            self.rows.used += 1;
        } else {
            self.rows.superseded += 1;
        }
    }

    /// A day after the as-of date is told; one that is far from the posting date holds the person.
    fn later(
        &self,
        code: Code,
        day: NaiveDate,
        what: &str,
        (who, origin): (&str, &Origin),
        case: &mut Case,
        report: &mut Report,
    ) {
        let post_on = self.days.post_on;
        if day.signed_duration_since(post_on).num_days() > FAR {
            let message = format!("{what} {day} は発送日 {post_on} の {FAR} 日より後です");
            let told = Diagnostic::new(Code::FarLater, message).at(origin).of(who).so("この人を保留にしました");
            report.push(told.clone());
            case.problems.push(told);
        } else {
            let message = format!("{what} {day} は基準日 {} より後です", self.days.as_of);
            report.push(Diagnostic::new(code, message).at(origin).of(who).so("この人にはその分を送りません"));
        }
    }

    /// 突合 of birth date and sex, and the row's own problems. A held row never turns into "no history".
    fn holds(&self, row: &LedgerRow, (who, origin): (&str, &Origin), case: &mut Case, report: &mut Report) -> bool {
        let mut held = false;
        for problem in &row.problems {
            if problem.severity == Severity::Held {
                case.problems.push(problem.clone());
                held = true;
            }
            report.push(problem.clone());
        }
        let births = (row.birth.as_ref().and_then(|b| b.exact()), case.resident.birth.exact());
        if let (Some(in_ledger), Some(in_register)) = births
            && in_ledger != in_register
        {
            differs(Code::BirthDateDiffers, "生年月日が住民と台帳で違います", who, case, origin, report);
            held = true;
        }
        if let (Some(in_ledger), in_register) = (row.sex, case.resident.sex)
            && in_ledger != Sex::Unknown
            && in_register != Sex::Unknown
            && in_ledger != in_register
        {
            differs(Code::SexDiffers, "性別が住民と台帳で違います", who, case, origin, report);
            held = true;
        }
        if held {
            case.history.knowledge = Knowledge::Unknown(UnknownBecause::RowHeld);
        }
        held
    }

    fn compare_names(&self, row: &LedgerRow, (who, origin): (&str, &Origin), case: &Case, report: &mut Report) {
        let Some(in_ledger) = &row.name else { return };
        if **in_ledger == *case.resident.name.registered {
            return;
        }
        let ledger_name = normalise_for_match(in_ledger);
        let known = [Some(&case.resident.name.registered), case.resident.name.alias.as_ref()];
        if known.into_iter().flatten().all(|name| normalise_for_match(name) != ledger_name) {
            report.push(
                Diagnostic::new(Code::NameDiffers, "氏名が住民と台帳で違います")
                    .at(origin)
                    .of(who)
                    .so("接種は数えます（突合: 改姓など）"),
            );
        }
    }

    /// Sorts every case's doses and states what is known of each.
    pub(super) fn close(&self, cases: &mut [Case], report: &mut Report) {
        let keyless = self.gathered.by_addressee == 0 && self.gathered.by_number > 0;
        for case in cases.iter_mut() {
            case.history.doses.sort_by_key(|dose| (dose.given_on, dose.series, dose.dose, dose.source));
            case.notices.sort_by_key(|notice| (notice.noticed_on, notice.programme, notice.source));
            let given = case.history.doses.iter().any(|dose| dose.outcome == Outcome::Given);
            if given && case.history.knowledge == Knowledge::NoneOnFile {
                case.history.knowledge = Knowledge::Known;
            }
            if keyless && case.resident.number.is_none() {
                case.history.knowledge = Knowledge::Unknown(UnknownBecause::RowHeld);
                let message = "予防接種番号がなく、台帳（予防接種番号だけで記録）と突き合わせられません";
                let told = Diagnostic::new(Code::KeyMissing, message).at(&case.resident.origin).of(case.resident.label());
                let told = told.so("接種歴は「不明」です。この人を保留にしました");
                report.push(told.clone());
                case.problems.push(told);
            }
            conflicts(case, &self.places, &self.repeated, report);
            if case.struck_off && matches!(case.resident.residency.on(self.days.as_of), Standing::Resident { .. }) {
                report.push(
                    Diagnostic::new(Code::StruckOffDiffers, "台帳の消除フラグが立っていますが、住民では現住です")
                        .at(&case.resident.origin)
                        .of(format!("予防接種番号 {}", case.printed_id()))
                        .so("この人には送りません"),
                );
            }
        }
    }
}

/// The same dose on two days, or two of a kind on one day; single vaccines of one combined vaccine are not of a kind.
fn conflicts(case: &Case, places: &LedgerPlaces, repeated: &BTreeSet<SeriesId>, report: &mut Report) {
    let given: Vec<&DoseRecord> = case.history.doses.iter().filter(|d| d.outcome == Outcome::Given).collect();
    for (place, dose) in given.iter().enumerate() {
        for earlier in &given[..place] {
            let alike = earlier.product.is_none() || dose.product.is_none() || earlier.product == dose.product;
            let same_series = earlier.series == dose.series && alike && !repeated.contains(&dose.series);
            let found = if same_series && earlier.dose == dose.dose {
                (Code::DoseConflict, "同じ回の接種が別の日に登録されています")
            } else if same_series && earlier.given_on == dose.given_on {
                (Code::DosesSameDay, "同じ日に同じ種類の接種が二つあります")
            } else {
                continue;
            };
            report.push(
                Diagnostic::new(found.0, found.1)
                    .at(&places.of(dose.source))
                    .of(format!("予防接種番号 {}", case.printed_id()))
                    .so("どちらの行も残しています"),
            );
        }
    }
}

/// One dose recorded twice. Another vaccine on the same day is another dose (麻しん and 風しん, 三種 and IPV); a row that does not say
/// which vaccine it was may be either.
fn same_dose(a: &DoseRecord, b: &DoseRecord) -> bool {
    let alike = a.product.is_none() || b.product.is_none() || a.product == b.product;
    a.series == b.series && a.dose == b.dose && a.given_on == b.given_on && a.outcome == b.outcome && alike
}

/// 突合: the row may be another person's, or this person's with a slip. Nobody is written to before the office has looked.
fn differs(code: Code, message: &str, who: &str, case: &mut Case, origin: &Origin, report: &mut Report) {
    let told = Diagnostic::new(code, message)
        .at(origin)
        .of(who)
        .so(format!("この行を保留にし、接種歴は「不明」です。この人を保留にしました（住民の行: {}）", case.resident.origin));
    report.push(told.clone());
    case.problems.push(told);
}
