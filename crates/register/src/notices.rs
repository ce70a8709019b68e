//! 通知: what was issued, each once for its occasion, and what became of it.

use crate::store::link::{self, Field, Link};
use kansho_core::diag::Failure;
use std::collections::BTreeSet;

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 発行済み
    Sealed,
    /// 無効: another took its place.
    Void,
    /// 取消: never mailed.
    Cancelled,
    /// 返戻
    Returned,
}

impl State {
    /// The word in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Void => "void",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }

    /// Whether the notice was issued and still counts.
    #[must_use]
    pub const fn counts(self) -> bool {
        match self {
            Self::Sealed | Self::Returned => true,
            Self::Void | Self::Cancelled => false,
        }
    }
}

/// A notice on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its row.
    pub id: u64,
    /// Row of the person.
    pub person_row: u64,
    /// 予防接種番号, else 宛名番号.
    pub person: String,
    /// 事業
    pub programme: String,
    /// Trigger id.
    pub trigger: String,
    /// Run id.
    pub run: String,
    /// 通し番号
    pub no: u64,
    /// 発行no
    pub hakkono: u64,
    /// 通知コード
    pub code: String,
    /// 通知日
    pub on: String,
    /// What became of it.
    pub state: State,
    /// Of a monthly run or a reissue.
    pub kind: String,
}

const COLUMNS: &str = "notice.id, notice.person, coalesce(person.yobosesshubango, person.atenabango), programme, trigger_id, run, no, hakkono, code, tsuchibi, notice.state, kind";

fn notice(row: &[Field]) -> Notice {
    let state = [State::Sealed, State::Void, State::Cancelled, State::Returned];
    Notice {
        id: row[0].count(),
        person_row: row[1].count(),
        person: row[2].words(),
        programme: row[3].words(),
        trigger: row[4].words(),
        run: row[5].words(),
        no: row[6].count(),
        hakkono: row[7].count(),
        code: row[8].words(),
        on: row[9].words(),
        state: state.into_iter().find(|state| row[10].text() == Some(state.id())).unwrap_or(State::Sealed),
        kind: row[11].words(),
    }
}

fn list(link: &mut dyn Link, which: &str, value: link::Value<'_>) -> Result<Vec<Notice>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM notice JOIN person ON person.id = notice.person {which} ORDER BY hakkono");
    Ok(link.rows(&sql, &[value])?.iter().map(|row| notice(row)).collect())
}

/// Every notice, whatever became of it.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn all(link: &mut dyn Link) -> Result<Vec<Notice>, Failure> {
    list(link, "", link::Value::Null)
}

/// The numbers that do not count any more, whoever else has them on file.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn gone(link: &mut dyn Link) -> Result<BTreeSet<u64>, Failure> {
    let sql = "SELECT hakkono FROM notice WHERE state IN ('void', 'cancelled')";
    Ok(link.rows(sql, &[])?.iter().map(|row| row[0].count()).collect())
}

/// The notices of a person, by their row.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn of_person(link: &mut dyn Link, person: u64) -> Result<Vec<Notice>, Failure> {
    list(link, "WHERE notice.person = $1", person.into())
}

/// A notice by its 発行no.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn numbered(link: &mut dyn Link, hakkono: u64) -> Result<Option<Notice>, Failure> {
    Ok(list(link, "WHERE hakkono = $1", hakkono.into())?.into_iter().next())
}

/// A notice by its 通知コード.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn coded(link: &mut dyn Link, code: &str) -> Result<Option<Notice>, Failure> {
    Ok(list(link, "WHERE code = $1", code.into())?.into_iter().next())
}

/// A notice that is issued.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Row of the person.
    pub person: u64,
    /// 事業, trigger id, occasion.
    pub what: [&'a str; 3],
    /// Run id.
    pub run: &'a str,
    /// 通し番号
    pub no: u64,
    /// 発行no
    pub hakkono: u64,
    /// 通知コード
    pub code: &'a str,
    /// 通知日, 処理日.
    pub days: [&'a str; 2],
    /// ひな形
    pub template: &'a str,
    /// Of a monthly run or a reissue.
    pub kind: &'a str,
    /// 再発行の理由
    pub reason: Option<&'a str>,
    /// The series it is about, each with its dose where one is named.
    pub doses: &'a [(String, String)],
}

/// Issues a notice.
///
/// # Errors
/// [`Failure::Barred`] when the person has one for this occasion; a [`Failure`] of the store.
pub fn issue(link: &mut dyn Link, new: &New<'_>) -> Result<(), Failure> {
    let id = link::next(link, "notice")?;
    let New {
        person,
        what: [programme, trigger, period],
        run,
        no,
        hakkono,
        code,
        days: [on, processed],
        template,
        kind,
        reason,
        doses,
    } = new;
    link.run(
        "INSERT INTO notice (id, person, programme, trigger_id, period, run, no, hakkono, code, tsuchibi, shoribi, template, state, kind, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'sealed', $13, $14)",
        &[
            id.into(),
            (*person).into(),
            (*programme).into(),
            (*trigger).into(),
            (*period).into(),
            (*run).into(),
            (*no).into(),
            (*hakkono).into(),
            (*code).into(),
            (*on).into(),
            (*processed).into(),
            (*template).into(),
            (*kind).into(),
            (*reason).into(),
        ],
    )?;
    for (series, dose) in *doses {
        let sql =
            "INSERT INTO notice_dose (notice, series, dose) VALUES ($1, $2, $3) ON CONFLICT (notice, series, dose) DO NOTHING";
        link.run(sql, &[id.into(), series.into(), dose.into()])?;
    }
    Ok(())
}

/// Makes a notice void because another took its place.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn void(link: &mut dyn Link, hakkono: u64, by: u64) -> Result<(), Failure> {
    let sql = "UPDATE notice SET state = 'void', void_by = $2 WHERE hakkono = $1 AND state IN ('sealed', 'returned')";
    link.run(sql, &[hakkono.into(), by.into()])?;
    Ok(())
}

/// Cancels notices that were never mailed: their occasion is open again. What they made void counts again.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn cancel(link: &mut dyn Link, notices: &[Notice], reason: &str) -> Result<(), Failure> {
    for Notice { id, hakkono, .. } in notices {
        // The occasion's key is free for the next notice.
        let sql = "UPDATE notice SET state = 'cancelled', reason = $2, period = period || $3 WHERE id = $1 AND state IN ('sealed', 'returned')";
        link.run(sql, &[(*id).into(), reason.into(), format!("#{hakkono}").into()])?;
        link.run("UPDATE notice SET state = 'sealed', void_by = NULL WHERE void_by = $1", &[(*hakkono).into()])?;
    }
    Ok(())
}

/// The notices of a run.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn of_run(link: &mut dyn Link, run: &str) -> Result<Vec<Notice>, Failure> {
    list(link, "WHERE run = $1", run.into())
}
