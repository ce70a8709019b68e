//! One ledger row and its resident: 突合, duplicates, what counts and what is set aside.

use crate::chars::matching::normalise_for_match;
use crate::diag::{Code, Diagnostic, Report, Severity};
use crate::domain::case::{Case, LedgerRow, Mark, PersonKey, Resident, RowCount};
use crate::domain::history::{DoseRecord, History, Knowledge, Outcome, UnknownBecause};
use crate::domain::person::Sex;
use crate::domain::residency::Standing;
use crate::origin::Origin;
use chrono::NaiveDate;
use std::collections::HashMap;

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
        later_doses: Vec::new(),
    }
}

/// A mark whose person is not among the residents.
pub(super) fn mark_of_nobody(mark: &Mark) -> Diagnostic {
    Diagnostic::new(Code::PersonUnknown, "住民にいない人の行です")
        .at(&mark.origin)
        .of(key_label(&mark.key))
        .so("この行は使いません")
}

/// 予防接種番号 0000000001.
fn key_label(key: &PersonKey) -> String {
    match key {
        PersonKey::Number(number) => format!("予防接種番号 {number}"),
        PersonKey::Addressee(number) => format!("宛名番号 {number}"),
    }
}

/// The ledger rows taken so far.
#[derive(Debug)]
pub(super) struct Tally {
    as_of: NaiveDate,
    file: Origin,
    rows: RowCount,
    later: usize,
    highest_issue: u64,
    data_as_of: Option<NaiveDate>,
}

impl Tally {
    pub(super) fn new(as_of: NaiveDate, file: Origin) -> Self {
        Self { as_of, file, rows: RowCount::default(), later: 0, highest_issue: 0, data_as_of: None }
    }

    /// Takes one row into its case, or says why not.
    pub(super) fn take(&mut self, row: LedgerRow, places: &HashMap<PersonKey, usize>, cases: &mut [Case], report: &mut Report) {
        self.rows.rows += 1;
        if let Some(number) = row.notice.and_then(|notice| notice.issue_number) {
            self.highest_issue = self.highest_issue.max(number);
        }
        let origin = self.file.at(row.row, 0);
        let Some(case) = places.get(&row.key).and_then(|place| cases.get_mut(*place)) else {
            report.push(
                Diagnostic::new(Code::PersonUnknown, "住民にいない人の行です")
                    .at(&origin)
                    .of(key_label(&row.key))
                    .so("この行は使いません"),
            );
            self.rows.refused += 1;
            return;
        };
        case.struck_off |= row.struck_off;
        if self.holds(&row, case, &origin, report) {
            self.rows.refused += 1;
            return;
        }
        self.compare_names(&row, case, &origin, report);
        let mut used = row.struck_off;
        let mut superseded = false;
        if let Some(dose) = row.dose {
            if dose.given_on > self.as_of {
                self.later += 1;
                case.later_doses.push(dose);
                superseded = true;
            } else if case.history.doses.iter().any(|other| same_dose(other, &dose)) {
                report.push(
                    Diagnostic::new(Code::DoseTwice, "同じ接種が二度登録されています")
                        .at(&origin)
                        .of(key_label(&row.key))
                        .so("一度だけ数えます"),
                );
                superseded = true;
            } else {
                self.data_as_of = self.data_as_of.max(Some(dose.given_on));
                case.history.doses.push(dose);
                used = true;
            }
        }
        if let Some(notice) = row.notice {
            case.notices.push(notice);
            used = true;
        }
        if used || !superseded {
            self.rows.used += 1;
        } else {
            self.rows.superseded += 1;
        }
    }

    /// 突合 of birth date and sex, and the row's own problems. A held row never turns into "no history".
    fn holds(&self, row: &LedgerRow, case: &mut Case, origin: &Origin, report: &mut Report) -> bool {
        let mut held = false;
        for problem in &row.problems {
            if matches!(problem.code, Code::CodeUnknown | Code::DoseImpossible) {
                case.problems.push(problem.clone());
            }
            // A dose after the as-of date is set aside by `take`; it only makes the history unknown.
            let later = problem.code == Code::DoseAfterSnapshot && row.dose.is_some_and(|dose| dose.given_on > self.as_of);
            if later {
                case.history.knowledge = Knowledge::Unknown(UnknownBecause::RowHeld);
            }
            held |= problem.severity == Severity::Held && !later;
            report.push(problem.clone());
        }
        let births = (row.birth.as_ref().and_then(|b| b.exact()), case.resident.birth.exact());
        if let (Some(in_ledger), Some(in_register)) = births
            && in_ledger != in_register
        {
            report.push(differs(Code::BirthDateDiffers, "生年月日が住民と台帳で違います", row, case, origin));
            held = true;
        }
        if let (Some(in_ledger), in_register) = (row.sex, case.resident.sex)
            && in_ledger != Sex::Unknown
            && in_register != Sex::Unknown
            && in_ledger != in_register
        {
            report.push(differs(Code::SexDiffers, "性別が住民と台帳で違います", row, case, origin));
            held = true;
        }
        if held {
            case.history.knowledge = Knowledge::Unknown(UnknownBecause::RowHeld);
        }
        held
    }

    fn compare_names(&self, row: &LedgerRow, case: &Case, origin: &Origin, report: &mut Report) {
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
                    .of(key_label(&row.key))
                    .so("接種は数えます（突合: 改姓など）"),
            );
        }
    }

    /// Sorts every case's doses, states what is known, and gives the totals.
    pub(super) fn close(
        mut self,
        unnamed: RowCount,
        cases: &mut [Case],
        report: &mut Report,
    ) -> (RowCount, usize, u64, Option<NaiveDate>) {
        self.rows.rows += unnamed.rows;
        self.rows.refused += unnamed.refused;
        for case in cases.iter_mut() {
            case.history.doses.sort_by_key(|dose| (dose.given_on, dose.series, dose.dose, dose.row));
            case.notices.sort_by_key(|notice| (notice.noticed_on, notice.programme, notice.row));
            let given = case.history.doses.iter().any(|dose| dose.outcome == Outcome::Given);
            if given && case.history.knowledge == Knowledge::NoneOnFile {
                case.history.knowledge = Knowledge::Known;
            }
            self.conflicts(case, report);
            if case.struck_off && matches!(case.resident.residency.on(self.as_of), Standing::Resident { .. }) {
                report.push(
                    Diagnostic::new(Code::StruckOffDiffers, "台帳の消除フラグが立っていますが、住民では現住です")
                        .at(&case.resident.origin)
                        .of(format!("予防接種番号 {}", case.id()))
                        .so("この人には送りません"),
                );
            }
        }
        (self.rows, self.later, self.highest_issue, self.data_as_of)
    }

    fn conflicts(&self, case: &Case, report: &mut Report) {
        let given: Vec<&DoseRecord> = case.history.doses.iter().filter(|d| d.outcome == Outcome::Given).collect();
        for (place, dose) in given.iter().enumerate() {
            for earlier in &given[..place] {
                let same_series = earlier.series == dose.series && !repeats_every_year(dose);
                if same_series && earlier.dose == dose.dose {
                    report.push(
                        Diagnostic::new(Code::DoseConflict, "同じ回の接種が別の日に登録されています")
                            .at(&self.file.at(dose.row, 0))
                            .of(format!("予防接種番号 {}", case.id()))
                            .so("どちらの行も残しています"),
                    );
                } else if same_series && earlier.given_on == dose.given_on {
                    report.push(
                        Diagnostic::new(Code::DosesSameDay, "同じ日に同じ種類の接種が二つあります")
                            .at(&self.file.at(dose.row, 0))
                            .of(format!("予防接種番号 {}", case.id()))
                            .so("どちらの行も残しています"),
                    );
                }
            }
        }
    }
}

/// Influenza and COVID-19 are given every year under one dose name; RS once in each pregnancy.
fn repeats_every_year(dose: &DoseRecord) -> bool {
    dose.dose.as_str() == "年1回" || dose.series.as_str() == "rsv_maternal"
}

fn same_dose(a: &DoseRecord, b: &DoseRecord) -> bool {
    a.series == b.series && a.dose == b.dose && a.given_on == b.given_on && a.outcome == b.outcome
}

fn differs(code: Code, message: &str, row: &LedgerRow, case: &Case, origin: &Origin) -> Diagnostic {
    Diagnostic::new(code, message)
        .at(origin)
        .of(key_label(&row.key))
        .so(format!("この行を保留にし、接種歴は「不明」として扱います（住民の行: {}）", case.resident.origin))
}
