//! 読み出し: the rows of the register as the readers of files take them, and what the register knows besides.

use crate::residents::PersonId;
use crate::store::Register;
use crate::store::link::{Fault, Link, Value};
use chrono::NaiveDate;
use kansho_core::case::MarkSheet;
use kansho_core::diag::Failure;
use kansho_intake::normalise::stored::{StoredRows, cell, ledger_columns, mark_columns, resident_columns};
use kansho_intake::read::Cell;
use kansho_intake::read::table::Stored;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A register that several readers share, one after the other.
#[derive(Clone, Debug)]
pub struct Shared {
    register: Arc<Mutex<Register>>,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Shared {
    /// Shares a register.
    #[must_use]
    pub fn new(register: Register) -> Self {
        Self { register: Arc::new(Mutex::new(register)), fault: Arc::default() }
    }

    /// The register.
    pub fn lock(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong while rows were read: told once.
    ///
    /// # Errors
    /// A [`Failure`] of the store.
    pub fn sound(&self) -> Result<(), Failure> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), |fault| Err(fault.into()))
    }

    fn broken(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// The rows of everybody, or of some people, with the marks that have not ended by a day; 抽出日 is that of the newest feed.
    #[must_use]
    pub fn rows(&self, only: Option<&BTreeSet<PersonId>>, snapshot: NaiveDate, as_of: NaiveDate) -> StoredRows {
        let some = |table: &str| only.map_or(String::new(), |_| format!(" AND {table}.person = $1"));
        let select =
            |table: &str, columns: &[&str]| columns.iter().map(|name| format!("{table}.{name}")).collect::<Vec<_>>().join(", ");
        let people: Option<Vec<PersonId>> = only.map(|only| only.iter().copied().collect());
        let rows = |sql: String, number: bool, day: Option<NaiveDate>| {
            Box::new(Rows { shared: self.clone(), sql, people: people.clone(), number, day }) as Box<dyn Stored>
        };
        let residents = format!(
            "SELECT r.id, p.yobosesshubango, {} FROM resident AS r JOIN person AS p ON p.id = r.person WHERE r.to_import IS NULL{} ORDER BY r.id",
            select("r", &resident_columns()),
            some("r")
        );
        let marks = MarkSheet::ALL.map(|sheet| {
            let sql = format!(
                "SELECT m.id, p.yobosesshubango, {} FROM mark AS m JOIN person AS p ON p.id = m.person WHERE m.sheet = '{}' AND m.to_import IS NULL AND (m.ended_on IS NULL OR m.ended_on > '{as_of}'){} ORDER BY m.id",
                select("m", &mark_columns()),
                sheet.word(),
                some("m")
            );
            (sheet, rows(sql, true, None))
        });
        let ledger = format!(
            "SELECT v.id, NULL, {} FROM vaccination AS v WHERE v.state = 'valid'{} ORDER BY v.id",
            select("v", &ledger_columns()),
            some("v")
        );
        StoredRows {
            residents: rows(residents, true, Some(snapshot)),
            marks: marks.into(),
            ledger: rows(ledger, false, None),
            snapshot,
        }
    }
}

/// The answer to a statement: id, 予防接種番号 of the register, cells.
#[derive(Debug)]
struct Rows {
    shared: Shared,
    sql: String,
    /// Whose rows; everybody's.
    people: Option<Vec<PersonId>>,
    /// The first cell, where it is empty, is the register's number.
    number: bool,
    /// 抽出日, behind the cells.
    day: Option<NaiveDate>,
}

impl Stored for Rows {
    fn each(&self, visit: &mut dyn FnMut(u32, &[Cell]) -> bool) {
        const STOPPED: &str = "stopped";
        let mut cells: Vec<Cell> = Vec::new();
        let mut row = |fields: &[Value<'static>]| {
            let id = fields[0].integer().and_then(|id| u32::try_from(id).ok()).ok_or(Fault::Damaged)?;
            cells.clear();
            cells.extend(fields[2..].iter().map(|field| cell(field.text())));
            if let (true, Some(first @ Cell::Empty), Some(number)) = (self.number, cells.first_mut(), fields[1].text()) {
                *first = Cell::Text(number.to_owned());
            }
            cells.extend(self.day.map(Cell::Date));
            if visit(id, &cells) { Ok(()) } else { Err(Fault::Stopped(STOPPED.to_owned())) }
        };
        let mut register = self.shared.lock();
        let link = register.link();
        let read = match &self.people {
            None => link.each(&self.sql, &[], &mut row),
            Some(people) => people.iter().try_for_each(|person| link.each(&self.sql, &[(*person).into()], &mut row)),
        };
        match read {
            Ok(()) => {}
            Err(Fault::Stopped(_)) => {}
            Err(fault) => self.shared.broken(fault),
        }
    }
}

/// Somebody whom something holds: their numbers, and why in Japanese.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// 予防接種番号
    pub number: Option<String>,
    /// 宛名番号
    pub addressee: Option<String>,
    /// Why.
    pub why: &'static str,
}

/// Who is held because the last full feed lacked them, or a row of theirs.
///
/// # Errors
/// A [`Fault`].
pub fn doubts(link: &mut dyn Link) -> Result<Vec<Doubt>, Fault> {
    let questions = [
        (
            "SELECT yobosesshubango, atenabango FROM person WHERE missing_since IS NOT NULL",
            "全件の住民ファイルにいなかった人です",
        ),
        (
            "SELECT DISTINCT p.yobosesshubango, p.atenabango FROM vaccination AS v JOIN person AS p ON p.id = v.person WHERE v.missing_since IS NOT NULL AND v.state = 'valid'",
            "この人の台帳の行が、全件の台帳ファイルにありませんでした",
        ),
    ];
    let mut found = Vec::new();
    for (sql, why) in questions {
        link.each(sql, &[], &mut |row| {
            found.push(Doubt { number: row[0].text().map(str::to_owned), addressee: row[1].text().map(str::to_owned), why });
            Ok(())
        })?;
    }
    Ok(found)
}

/// A notice that the register has issued and that still counts.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Its id.
    pub id: u32,
    /// 予防接種番号
    pub number: Option<String>,
    /// 宛名番号
    pub addressee: Option<String>,
    /// 事業
    pub programme: String,
    /// Trigger id.
    pub trigger: String,
    /// 通知日
    pub on: NaiveDate,
    /// 発行no
    pub issue_number: u64,
}

/// Every notice that counts: not void, not cancelled.
///
/// # Errors
/// A [`Fault`].
pub fn issued(link: &mut dyn Link, only: Option<&BTreeSet<PersonId>>) -> Result<Vec<Issued>, Fault> {
    let some = if only.is_some() { " AND n.person = $1" } else { "" };
    let sql = format!(
        "SELECT n.id, p.yobosesshubango, p.atenabango, n.programme, n.trigger_id, n.tsuchibi, n.hakkono FROM notice AS n JOIN person AS p ON p.id = n.person WHERE n.state NOT IN ('void', 'cancelled'){some} ORDER BY n.id"
    );
    let mut found = Vec::new();
    let mut take = |row: &[Value<'static>]| {
        let id = row[0].integer().and_then(|id| u32::try_from(id).ok()).ok_or(Fault::Damaged)?;
        let on = row[5].text().and_then(|day| day.parse().ok()).ok_or(Fault::Damaged)?;
        found.push(Issued {
            id,
            number: row[1].text().map(str::to_owned),
            addressee: row[2].text().map(str::to_owned),
            programme: row[3].words(),
            trigger: row[4].words(),
            on,
            issue_number: row[6].count(),
        });
        Ok(())
    };
    match only {
        None => link.each(&sql, &[], &mut take)?,
        Some(people) => people.iter().try_for_each(|person| link.each(&sql, &[(*person).into()], &mut take))?,
    }
    Ok(found)
}

/// A letter that came back: whose, when, why.
#[derive(Clone, Debug)]
pub struct CameBack {
    /// Its id.
    pub id: u32,
    /// 予防接種番号
    pub number: Option<String>,
    /// 宛名番号
    pub addressee: Option<String>,
    /// 返戻日
    pub on: NaiveDate,
    /// 理由
    pub reason: String,
}

/// The returns that still stop the next letter.
///
/// # Errors
/// A [`Fault`].
pub fn came_back(link: &mut dyn Link) -> Result<Vec<CameBack>, Fault> {
    let sql = "SELECT b.id, p.yobosesshubango, p.atenabango, b.returned_on, b.reason FROM returned AS b JOIN person AS p ON p.id = b.person WHERE b.ended_import IS NULL ORDER BY b.id";
    let mut found = Vec::new();
    link.each(sql, &[], &mut |row| {
        let id = row[0].integer().and_then(|id| u32::try_from(id).ok()).ok_or(Fault::Damaged)?;
        let on = row[3].text().and_then(|day| day.parse().ok()).ok_or(Fault::Damaged)?;
        found.push(CameBack {
            id,
            number: row[1].text().map(str::to_owned),
            addressee: row[2].text().map(str::to_owned),
            on,
            reason: row[4].words(),
        });
        Ok(())
    })?;
    Ok(found)
}

/// Newest 実施日 up to a day.
///
/// # Errors
/// A [`Fault`].
pub fn newest(link: &mut dyn Link, day: NaiveDate) -> Result<Option<NaiveDate>, Fault> {
    let sql = "SELECT max(given_on) FROM vaccination WHERE given_on <= $1 AND state = 'valid'";
    Ok(link.row(sql, &[day.to_string().into()])?.and_then(|row| row[0].text()?.parse().ok()))
}

/// SHA-256 over everything of the register that can change a letter: feeds, flags, rows of the office, notices, returns, merges. Look-ups
/// change none of it.
///
/// # Errors
/// A [`Fault`].
pub fn digest(link: &mut dyn Link) -> Result<String, Fault> {
    const PARTS: [&str; 6] = [
        "SELECT id, kind, mode, sha256 FROM feed ORDER BY id",
        "SELECT id, version, row_key, to_import, ended_on FROM mark WHERE kind IS NOT NULL ORDER BY id",
        "SELECT id, version, state, digest FROM vaccination WHERE kiroku_moto <> '台帳' ORDER BY id",
        "SELECT id, state FROM notice ORDER BY id",
        "SELECT id, ended_import FROM returned ORDER BY id",
        "SELECT person, into_person FROM merge ORDER BY id",
    ];
    let mut hasher = Sha256::new();
    for sql in PARTS {
        hasher.update(sql.as_bytes());
        link.each(sql, &[], &mut |row| {
            for field in row {
                match field {
                    Value::Null => hasher.update([0]),
                    Value::Integer(number) => hasher.update(format!("{number}\n").as_bytes()),
                    Value::Text(text) => hasher.update(format!("{text}\n").as_bytes()),
                }
            }
            Ok(())
        })?;
    }
    Ok(kansho_core::hash::hex(&hasher.finalize()))
}
