//! 登録簿の人: the register as an adapter of [`People`]. Its rows go through the very readers of files, so both decide alike; what only the
//! register knows (people and rows that a full feed lacked, notices, 返戻) is added to the cases.

use crate::desk::settings::Settings;
use chrono::NaiveDate;
use kansho_core::case::{Case, Mark, Meeting, PastHousehold, PersonKey};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::keys::CaseKey;
use kansho_core::notice::{NoticeRecord, Trigger};
use kansho_core::origin::{Origin, Source};
use kansho_core::person::{AddresseeNumber, HouseholdNumber, PersonNumber};
use kansho_intake::join::{Days, Joiner, household, watermark::Reach};
use kansho_intake::normalise::{self, Opened};
use kansho_register::feeds;
use kansho_register::people::{Known, People, RowsRead};
use kansho_register::residents::{self, By, PersonId};
use kansho_register::store::link::Link;
use kansho_register::stored::{self, CameBack, Doubt, Issued, Shared};
use kansho_register::ties::{self, Left};
use kansho_rules::decide::programme;
use std::collections::{BTreeMap, BTreeSet};

/// Days within which a full feed must have come: people outside every group are not kept (assessment III.2).
const FULL_FEED_DAYS: i64 = 366;

/// The people of a register.
#[derive(Debug)]
pub struct RegisterPeople<'a> {
    /// The register.
    pub register: Shared,
    /// Columns, words, codes and programmes.
    pub settings: &'a Settings,
    /// Only somebody and everybody tied to them, by number; everybody.
    pub only: Option<&'a str>,
}

impl People for RegisterPeople<'_> {
    fn cases(&self, days: Days, last: Option<Meeting>, sound: &dyn Fn(NaiveDate, &mut Report)) -> Result<Known, Failure> {
        self.register.lock().hold()?;
        let known = self.held(days, last, sound);
        self.register.lock().let_go();
        let known = known?;
        self.register.sound()?;
        Ok(known)
    }

    fn one(&self, number: &str, days: Days) -> Result<Option<Case>, Failure> {
        let alone = RegisterPeople { register: self.register.clone(), settings: self.settings, only: Some(number) };
        let joined = match alone.cases(days, None, &|_, _| {}) {
            Ok(known) => known.joined,
            Err(failure) if failure.code() == Some(Code::PersonNotFound) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        Ok(joined.cases.into_iter().find(|case| case.id() == Some(number)))
    }
}

/// What the register knows besides the rows.
struct Besides {
    snapshot: NaiveDate,
    full: Option<NaiveDate>,
    doubts: Vec<Doubt>,
    issued: Vec<Issued>,
    came_back: Vec<CameBack>,
    newest: Option<NaiveDate>,
    left: Vec<Left>,
}

impl RegisterPeople<'_> {
    /// Everybody that is asked for; `None` when nobody has the number.
    fn whose(&self, link: &mut dyn Link) -> Result<Option<BTreeSet<PersonId>>, Failure> {
        let Some(number) = self.only else { return Ok(None) };
        let digits = self.settings.office.numbers;
        let person = PersonNumber::new(number, digits.person);
        let addressee = AddresseeNumber::new(number, digits.addressee);
        let mut found = match &person {
            Some(number) => residents::find(link, By::Number, number.as_str())?,
            None => None,
        };
        if let (None, Some(number)) = (found, &addressee) {
            found = residents::find(link, By::Addressee, number.as_str())?;
        }
        Ok(Some(match found {
            Some(person) => ties::around(link, person)?,
            None => BTreeSet::new(),
        }))
    }

    fn besides(&self, link: &mut dyn Link, only: Option<&BTreeSet<PersonId>>, as_of: NaiveDate) -> Result<Besides, Failure> {
        let nothing = || Failure::barred(Code::FullFeedOld, "住民がまだ取り込まれていません");
        Ok(Besides {
            snapshot: feeds::snapshot(link)?.ok_or_else(nothing)?,
            full: feeds::full_snapshot(link)?,
            doubts: stored::doubts(link)?,
            issued: stored::issued(link, only)?,
            came_back: stored::came_back(link)?,
            newest: if only.is_some() { stored::newest(link, as_of)? } else { None },
            left: ties::left(link, household::remembered(as_of), only)?,
        })
    }

    fn held(&self, days: Days, last: Option<Meeting>, sound: &dyn Fn(NaiveDate, &mut Report)) -> Result<Known, Failure> {
        let (only, besides) = {
            let mut register = self.register.lock();
            let only = self.whose(register.link())?;
            let besides = self.besides(register.link(), only.as_ref(), days.as_of)?;
            (only, besides)
        };
        if only.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(Failure::barred(Code::PersonNotFound, "その番号の人は登録簿にいません"));
        }
        let rows = self.register.rows(only.as_ref(), besides.snapshot, days.as_of);
        let Opened { mut ledger, mut rows } = normalise::open_stored(rows, &self.settings.tables, self.settings.office.numbers)?;
        if !rows.report.refuses() {
            sound(besides.snapshot, &mut rows.report);
            self.full_feed(besides.full, days.as_of, &mut rows.report);
        }
        ledger.past_households = besides.left.iter().filter_map(|left| self.past(left)).collect();
        let join = !rows.report.refuses();
        let marks = ledger.mark_rows.clone();
        let mut joiner = Joiner::new(ledger, days);
        let ledger = rows.each(&mut |row| {
            if join {
                joiner.take(row);
            }
        });
        let mut report = rows.report;
        if report.refuses() {
            return Err(Failure::Refused(report));
        }
        let joined = if only.is_some() { joiner.close_some() } else { joiner.close(last) };
        report.extend(joined.report);
        let mut joined = joined.value;
        if only.is_some() {
            joined.reach = Reach { newest: besides.newest, ..joined.reach };
        }
        self.add(&besides, &mut joined.cases, &mut report);
        Ok(Known { joined, rows_read: RowsRead { ledger, marks }, snapshot: besides.snapshot, report, some: only.is_some() })
    }

    fn full_feed(&self, full: Option<NaiveDate>, as_of: NaiveDate, report: &mut Report) {
        if full.is_none_or(|full| as_of.signed_duration_since(full).num_days() > FULL_FEED_DAYS) {
            let told = full.map_or_else(|| "まだありません".to_owned(), |day| format!("最後は {day} の抽出です"));
            report.push(Diagnostic::new(Code::FullFeedOld, format!("住民の全件の取り込みが12か月より前です（{told}）")));
        }
    }

    /// A household of before, by the number of whoever left it.
    fn past(&self, left: &Left) -> Option<(PersonKey, PastHousehold)> {
        let digits = self.settings.office.numbers;
        let number = || Some(PersonKey::Number(PersonNumber::new(left.number.as_deref()?, digits.person)?));
        let addressee = || Some(PersonKey::Addressee(AddresseeNumber::new(left.addressee.as_deref()?, digits.addressee)?));
        let household = HouseholdNumber::new(&left.household, digits.household)?;
        Some((number().or_else(addressee)?, PastHousehold { number: household, from: left.from, until: left.until }))
    }

    /// Adds to the cases what the register knows besides the rows.
    fn add(&self, besides: &Besides, cases: &mut [Case], report: &mut Report) {
        let places = Places::of(cases);
        for Doubt { number, addressee, why } in &besides.doubts {
            if let Some(key) = places.find(number.as_deref(), addressee.as_deref()) {
                let case = &mut cases[key];
                let told = Diagnostic::new(Code::RowMissing, *why).at(&case.resident.origin).of(case.resident.label());
                let told = told.so("この人を保留にしました");
                report.push(told.clone());
                case.problems.push(told);
            }
        }
        let triggers = [Trigger::First, Trigger::MoverIn, Trigger::Reminder, Trigger::LastCall];
        for notice in &besides.issued {
            let Some(key) = places.find(notice.number.as_deref(), notice.addressee.as_deref()) else { continue };
            let programme = programme::named(&self.settings.programmes, &notice.programme);
            let trigger = triggers.into_iter().find(|trigger| trigger.id() == notice.trigger);
            match (programme, trigger) {
                (Some(programme), Some(trigger)) => cases[key].notices.push(NoticeRecord {
                    programme: programme.id,
                    trigger,
                    noticed_on: notice.on,
                    issue_number: Some(notice.issue_number),
                    source: Source::Notice(notice.id),
                }),
                (..) => {
                    let message = format!("送った通知の事業「{}」は、今の規則集にありません", notice.programme);
                    report.push(Diagnostic::new(Code::ProgrammeGone, message).at(&Origin::register("通知").row(notice.id)));
                }
            }
        }
        for CameBack { id, number, addressee, on, reason } in &besides.came_back {
            if let Some(key) = places.find(number.as_deref(), addressee.as_deref()) {
                cases[key].marks.push(Mark::came_back(reason.clone(), *on, Origin::register("返戻").row(*id)));
            }
        }
    }
}

/// The cases by every number that leads to them.
struct Places {
    numbers: BTreeMap<String, CaseKey>,
    addressees: BTreeMap<String, CaseKey>,
}

impl Places {
    fn of(cases: &[Case]) -> Self {
        let mut places = Self { numbers: BTreeMap::new(), addressees: BTreeMap::new() };
        for (key, case) in CaseKey::each(cases) {
            for other in &case.resident.other_keys {
                match other {
                    PersonKey::Number(number) => drop(places.numbers.entry(number.as_str().to_owned()).or_insert(key)),
                    PersonKey::Addressee(number) => drop(places.addressees.entry(number.as_str().to_owned()).or_insert(key)),
                }
            }
        }
        for (key, case) in CaseKey::each(cases) {
            if let Some(number) = &case.resident.number {
                places.numbers.insert(number.as_str().to_owned(), key);
            }
            if let Some(number) = &case.resident.addressee {
                places.addressees.insert(number.as_str().to_owned(), key);
            }
        }
        places
    }

    fn find(&self, number: Option<&str>, addressee: Option<&str>) -> Option<CaseKey> {
        let by_number = number.and_then(|number| self.numbers.get(number));
        by_number.or_else(|| addressee.and_then(|number| self.addressees.get(number))).copied()
    }
}
