//! Rows of the mark sheets → marks of their persons. A row in force that is nobody's refuses the run: whoever it protects could get
//! a letter.

use chrono::NaiveDate;
use kansho_core::case::{Case, MarkRow, MarkSheet, PersonKey, RowCount};
use kansho_core::diag::{Code, Diagnostic, Report, Severity};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Gives every row to its person; the value is the rows by what became of them.
pub(super) fn give(
    rows: Vec<MarkRow>,
    places: &HashMap<PersonKey, Vec<usize>>,
    cases: &mut [Case],
    as_of: NaiveDate,
    report: &mut Report,
) -> BTreeMap<MarkSheet, RowCount> {
    let mut counts: BTreeMap<MarkSheet, RowCount> = BTreeMap::new();
    for row in rows {
        let count = counts.entry(row.sheet).or_default();
        count.rows += 1;
        let found: Vec<&Vec<usize>> = row.keys.iter().filter_map(|key| places.get(key)).collect();
        let whose: BTreeSet<usize> = found.iter().flat_map(|places| places.iter().copied()).collect();
        if whose.is_empty() {
            let counted = if row.keys.is_empty() { &mut count.refused } else { &mut count.nobody };
            *counted += 1;
            nobody(row, as_of, report);
            continue;
        }
        count.used += 1;
        let apart = found.windows(2).any(|pair| matches!(pair, [a, b] if a != b));
        for place in whose {
            let case = &mut cases[place];
            case.marks.extend(row.marks.iter().cloned());
            if apart {
                let message = format!("{}の行の予防接種番号と宛名番号が別の人です", row.sheet.word());
                let told = Diagnostic::new(Code::MarkNumbersDiffer, message).at(&row.origin).of(case.resident.label());
                hold(case, told, report);
            }
            if row.matters(as_of) {
                if row.problems.iter().any(|problem| problem.severity == Severity::Held) {
                    case.unclear.insert(row.sheet);
                }
                for problem in row.problems.iter().filter(|problem| problem.severity == Severity::Held) {
                    hold(case, problem.clone(), report);
                }
            }
        }
    }
    counts
}

fn hold(case: &mut Case, problem: Diagnostic, report: &mut Report) {
    let problem = problem.so("この人を保留にしました");
    report.push(problem.clone());
    case.problems.push(problem);
}

/// A row of nobody passes when it is over, confirmed, or only joins numbers.
fn nobody(row: MarkRow, as_of: NaiveDate, report: &mut Report) {
    let sheet = row.sheet.word();
    let who = row.keys.first().map(ToString::to_string);
    let passes = row.confirmed || !row.matters(as_of) || row.sheet == MarkSheet::Merge;
    let code = if passes { Code::MarkOfGone } else { Code::MarkOfNobody };
    let message = match (&who, passes) {
        (Some(_), false) => format!("{sheet}の行の番号の人が住民にいません"),
        (None, false) => format!("{sheet}の行の番号が空か読めないため、だれの行か分かりません"),
        (_, true) => format!("{sheet}の行の人が住民にいません（確認済みか、期間の終わった行）"),
    };
    let told = Diagnostic::new(code, message).at(&row.origin);
    report.push(match who {
        Some(who) => told.of(who),
        None => told,
    });
}

/// More than one 送付先 in force on `day`: nobody can say which.
pub(super) fn two_destinations(cases: &mut [Case], day: NaiveDate, report: &mut Report) {
    for case in cases {
        let destinations = case.marks.iter().filter(|mark| mark.effect().destination.is_some() && mark.on(day));
        let rows: Vec<String> = destinations.map(|mark| mark.origin.to_string()).collect();
        if rows.len() > 1 {
            let message = format!("送付先が {} 件あり、どれか分かりません（{}）", rows.len(), rows.join("、"));
            let told = Diagnostic::new(Code::DestinationsTwo, message).at(&case.resident.origin).of(case.resident.label());
            hold(case, told, report);
        }
    }
}
