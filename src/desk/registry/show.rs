//! 一人の記録: what the register holds of somebody. Somebody who is hidden from whoever asks is a number.

use crate::desk::registry::flag::{self, Told as Flag};
use crate::desk::registry::people::RegisterPeople;
use crate::desk::registry::residents::sex;
use crate::desk::registry::whom::{self, Whom};
use crate::desk::settings::Settings;
use chrono::NaiveDate;
use kansho_core::birth::BirthDate;
use kansho_core::case::{Case, LedgerPlaces};
use kansho_core::decision::{Finding, Forecast};
use kansho_core::diag::{Code, Failure};
use kansho_core::history::{DoseRecord, Outcome};
use kansho_core::origin::Source;
use kansho_core::residency::Standing;
use kansho_intake::join::Days;
use kansho_intake::normalise::single;
use kansho_intake::normalise::stored::shown;
use kansho_register::feeds;
use kansho_register::history::{self, Version};
use kansho_register::merges;
use kansho_register::notices::{self as on_file, Notice as Issued};
use kansho_register::people::{Known, People};
use kansho_register::residents;
use kansho_register::search;
use kansho_register::store::link::Link;
use kansho_register::stored::Shared;
use kansho_rules::decide::{Ground, Imported, Period, outlook};
use serde::Serialize;
use std::collections::HashMap;

/// Everything about somebody (design §7b).
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// Who.
    pub person: Person,
    /// What is or was set for them.
    pub flags: Vec<Flag>,
    /// Their shots, every version.
    pub doses: Vec<Dose>,
    /// Their notices.
    pub notices: Vec<Notice>,
    /// What may be given next, where a day is asked for.
    #[serde(skip)]
    pub next: Option<Next>,
}

/// The forecasts and what is odd in the history.
#[derive(Clone, Debug)]
pub struct Next {
    /// The next doses of every series.
    pub forecasts: Vec<Forecast>,
    /// Doses outside their window or interval.
    pub findings: Vec<Finding>,
}

/// Who.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// 予防接種番号
    pub person: String,
    /// 生年月日
    pub birth: Option<String>,
    /// 性別: `M` or `F`.
    pub sex: Option<&'static str>,
    /// 区
    pub ward: Option<String>,
    /// Is a resident.
    pub resident: Option<bool>,
    /// 支援措置 reaches them.
    pub protected: bool,
}

/// A version of a shot.
#[derive(Clone, Debug, Serialize)]
pub struct Dose {
    /// The record.
    pub record: u64,
    /// The version of the record.
    pub version: u64,
    /// 系列; none where the code is not understood.
    pub series: Option<String>,
    /// 期・回
    pub dose: Option<String>,
    /// 実施日
    pub on: String,
    /// `given` or `interview_only`; none where it is not understood.
    pub result: Option<&'static str>,
    /// ワクチン
    pub product: Option<String>,
    /// ロットナンバー
    pub lot: Option<String>,
    /// 医療機関
    pub clinic: Option<String>,
    /// 医師
    pub doctor: Option<String>,
    /// 記録元
    pub origin: String,
    /// `valid`, `replaced`, `void`.
    pub state: String,
    /// What is odd in it.
    pub findings: Vec<Odd>,
}

/// What is odd in a shot.
#[derive(Clone, Debug, Serialize)]
pub struct Odd {
    /// Id of the kind.
    pub code: &'static str,
    /// Always `alert`: the shot was given.
    pub severity: &'static str,
    /// In Japanese, with what follows.
    pub message: String,
    /// The law.
    pub source: String,
}

/// A notice.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// The run; none of a notice that came with the ledger.
    pub run: Option<String>,
    /// 事業
    pub programme: String,
    /// Trigger.
    pub trigger: String,
    /// 発行no
    pub issue_no: Option<u64>,
    /// 通知日
    pub on: String,
    /// `sealed`, `void`, `cancelled`, `returned`.
    pub state: &'static str,
}

/// What the register's tables say.
struct Rows {
    whom: Whom,
    ward: Option<String>,
    flags: Vec<Flag>,
    versions: Vec<Version>,
    issued: Vec<Issued>,
    snapshot: NaiveDate,
    /// Has a row of 住民.
    resident: bool,
}

fn rows(link: &mut dyn Link, person: &str, settings: &Settings) -> Result<Rows, Failure> {
    let nothing = || Failure::barred(Code::FullFeedOld, "住民がまだ取り込まれていません");
    let whom = whom::find(link, person, settings.office.numbers)?;
    let (mut versions, mut issued, mut resident) = (Vec::new(), Vec::new(), false);
    for id in merges::all(link, whom.id)? {
        versions.extend(history::versions(link, id)?);
        issued.extend(on_file::of_person(link, u64::try_from(id).unwrap_or(0))?);
        resident |= residents::is_resident(link, id)?;
    }
    Ok(Rows {
        ward: search::ward(link, whom.id)?,
        flags: flag::of(link, &whom)?.iter().map(Flag::from).collect(),
        versions,
        issued,
        snapshot: feeds::snapshot(link)?.ok_or_else(nothing)?,
        resident,
        whom,
    })
}

/// What the register holds of somebody, and as of a day what may be given next.
///
/// # Errors
/// [`Failure::Barred`]: nobody (O600); a [`Failure`] of the store.
pub fn card(
    register: &Shared,
    person: &str,
    as_of: Option<NaiveDate>,
    sees_protected: bool,
    settings: &Settings,
) -> Result<Card, Failure> {
    let rows = register.lock().read(|link| rows(link, person, settings))?;
    let day = as_of.unwrap_or(rows.snapshot);
    let number = rows.whom.number.clone();
    let store = RegisterPeople { register: register.clone(), settings, only: Some(&number) };
    // Whoever has rows of the ledger alone is no case.
    let known = rows.resident.then(|| store.cases(Days { as_of: day, post_on: day }, None, &|_, _| {})).transpose()?;
    let (places, cases) = known.map_or_else(Default::default, |Known { joined, .. }| (joined.ledger_places, joined.cases));
    let case = cases.into_iter().find(|case| case.id() == Some(&number));
    let protected = case.as_ref().is_some_and(|case| case.protected.is_some());
    if protected && !sees_protected {
        let hidden = Person { person: number, birth: None, sex: None, ward: None, resident: None, protected };
        return Ok(Card { person: hidden, flags: Vec::new(), doses: Vec::new(), notices: Vec::new(), next: None });
    }
    let next = case.as_ref().map(|case| next(case, day, &places, settings));
    let findings = next.as_ref().map_or(&[][..], |next| next.findings.as_slice());
    Ok(Card {
        person: whose(number, rows.ward, case.as_ref(), day),
        doses: doses(&rows.versions, findings, settings)?,
        notices: notices(rows.issued, case.as_ref()),
        flags: rows.flags,
        next: next.filter(|_| as_of.is_some()),
    })
}

fn whose(number: String, ward: Option<String>, case: Option<&Case>, day: NaiveDate) -> Person {
    let birth = |case: &Case| match &case.resident.birth {
        BirthDate::Exact(day) => day.to_string(),
        BirthDate::Uncertain { text } => text.clone(),
    };
    let resident = |case: &Case| matches!(case.resident.residency.on(day), Standing::Resident { .. } | Standing::Leaving { .. });
    Person {
        person: number,
        birth: case.map(birth),
        sex: case.and_then(|case| sex(case.resident.sex)),
        ward,
        resident: Some(case.is_some_and(resident)),
        protected: case.is_some_and(|case| case.protected.is_some()),
    }
}

fn next(case: &Case, as_of: NaiveDate, places: &LedgerPlaces, settings: &Settings) -> Next {
    let ground = Ground {
        book: &settings.book,
        programmes: &settings.programmes,
        period: Period { since: as_of, as_of, post_on: as_of },
        imported: Imported::default(),
        places,
    };
    Next { forecasts: outlook::forecasts(case, &ground), findings: outlook::findings(case, &ground) }
}

fn doses(versions: &[Version], findings: &[Finding], settings: &Settings) -> Result<Vec<Dose>, Failure> {
    let given: Vec<&Version> = versions.iter().filter(|version| version.cell("jisshibi").is_some()).collect();
    let cells: Vec<(u32, Vec<Option<&str>>)> =
        given.iter().map(|version| (version.id, version.cells.iter().map(Option::as_deref).collect())).collect();
    let read = single::ledger(&cells, &settings.tables, settings.office.numbers)?;
    let read: HashMap<u32, DoseRecord> = read.into_iter().filter_map(|row| Some((row.row, row.dose?))).collect();
    let dose = |version: &&Version| {
        let text = |columns: [&str; 2]| columns.iter().find_map(|name| version.cell(name)).map(|kept| shown(kept).to_owned());
        let record = read.get(&version.id);
        let odd = findings.iter().filter(|finding| finding.dose.source == Source::Ledger(version.id)).map(|finding| Odd {
            code: finding.kind.id(),
            severity: "alert",
            message: format!("{}。{}", finding.words, finding.effect),
            source: finding.source.clone(),
        });
        let result = |outcome: Outcome| match outcome {
            Outcome::Given => "given",
            Outcome::InterviewOnly => "interview_only",
        };
        Dose {
            record: version.record,
            version: version.version,
            series: record.map(|dose| dose.series.to_string()),
            dose: record.map(|dose| dose.dose.to_string()),
            on: record.map_or_else(|| text(["jisshibi"; 2]).unwrap_or_default(), |dose| dose.given_on.to_string()),
            result: record.map(|dose| result(dose.outcome)),
            product: record.and_then(|dose| dose.product).map(|product| product.to_string()),
            lot: text(["lotno"; 2]),
            clinic: text(["meisho_kanji", "iryokikancd"]),
            doctor: text(["ishimei_kanji", "ishicd"]),
            origin: version.origin.clone(),
            state: version.state.clone(),
            findings: odd.filter(|_| version.state == "valid").collect(),
        }
    };
    let mut doses: Vec<Dose> = given.iter().map(dose).collect();
    doses.sort_by(|a, b| (&a.on, a.record, a.version).cmp(&(&b.on, b.record, b.version)));
    Ok(doses)
}

fn notices(issued: Vec<Issued>, case: Option<&Case>) -> Vec<Notice> {
    let of_ledger = case.into_iter().flat_map(|case| &case.notices).filter(|notice| matches!(notice.source, Source::Ledger(_)));
    let mut notices: Vec<Notice> = of_ledger
        .map(|notice| Notice {
            run: None,
            programme: notice.programme.to_string(),
            trigger: notice.trigger.id().to_owned(),
            issue_no: notice.issue_number,
            on: notice.noticed_on.to_string(),
            state: on_file::State::Sealed.id(),
        })
        .collect();
    notices.extend(issued.into_iter().map(|notice| Notice {
        run: Some(notice.run),
        programme: notice.programme,
        trigger: notice.trigger,
        issue_no: Some(notice.hakkono),
        on: notice.on,
        state: notice.state.id(),
    }));
    notices.sort_by(|a, b| (&a.on, a.issue_no).cmp(&(&b.on, b.issue_no)));
    notices
}
