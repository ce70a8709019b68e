//! 返戻: letters that came back. The next letter waits until the person's address or 送付先 changes.

use crate::notices::Notice;
use crate::store::Work;
use crate::store::link::{self, Field, Link, Value};
use kansho_core::diag::{Code, Failure};
use kansho_core::hash;

/// Why a letter came back.
pub const REASONS: [&str; 5] = ["あて所なし", "転居", "受取拒否", "保管期間経過", "その他"];

/// A letter that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Its row.
    pub id: u64,
    /// Row of the person.
    pub person_row: u64,
    /// 予防接種番号, else 宛名番号.
    pub person: String,
    /// Why.
    pub reason: String,
    /// On which day.
    pub on: String,
    address: String,
}

/// Writes down that a letter came back.
///
/// # Errors
/// [`Failure::Barred`] with B611 when it was written down before; a [`Failure`] of the store.
pub fn add(work: &mut Work<'_>, notice: &Notice, reason: &str, on: &str) -> Result<u64, Failure> {
    let (by, at) = (work.who().to_owned(), work.stamp());
    let link = &mut *work.link;
    if link.count("SELECT count(*) FROM returned WHERE notice = $1", &[notice.id.into()])? > 0 {
        return Err(Failure::barred(Code::AlreadyReturned, format!("発行no {} の返戻は登録済みです", notice.hakkono)));
    }
    let address = address(link, notice.person_row)?;
    let id = link::next(link, "returned")?;
    link.run(
        "INSERT INTO returned (id, notice, person, run, reason, returned_on, address, by_operator, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            id.into(),
            notice.id.into(),
            notice.person_row.into(),
            (&notice.run).into(),
            reason.into(),
            on.into(),
            address.into(),
            by.into(),
            at.into(),
        ],
    )?;
    link.run("UPDATE notice SET state = 'returned' WHERE id = $1 AND state = 'sealed'", &[notice.id.into()])?;
    Ok(id)
}

/// How many letters of a run came back.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn count(link: &mut dyn Link, run: &str) -> Result<u64, Failure> {
    Ok(link.count("SELECT count(*) FROM returned WHERE run = $1", &[run.into()])?)
}

/// The returns that still keep the next letter back.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn open(link: &mut dyn Link) -> Result<Vec<Returned>, Failure> {
    let sql = "SELECT returned.id, returned.person, coalesce(person.yobosesshubango, person.atenabango), reason, returned_on, address
               FROM returned JOIN person ON person.id = returned.person WHERE ended_import IS NULL ORDER BY returned.id";
    let one = |row: &Vec<Field>| Returned {
        id: row[0].count(),
        person_row: row[1].count(),
        person: row[2].words(),
        reason: row[3].words(),
        on: row[4].words(),
        address: row[5].words(),
    };
    Ok(link.rows(sql, &[])?.iter().map(one).collect())
}

/// Ends the returns of whoever has another address or 送付先 since an import; gives how many.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn end_where_moved(link: &mut dyn Link, import: u64) -> Result<u64, Failure> {
    let mut ended = 0;
    for returned in open(link)? {
        if address(link, returned.person_row)? != returned.address {
            ended += link.run("UPDATE returned SET ended_import = $2 WHERE id = $1", &[returned.id.into(), import.into()])?;
        }
    }
    Ok(ended)
}

/// What says whether the address of a person is another: a hash over the address and the 送付先 in force.
fn address(link: &mut dyn Link, person: u64) -> Result<String, Failure> {
    let home = "SELECT jusho_yubinbango, jusho, jusho_todofuken, jusho_shikugunchosonmei, jusho_choaza, jusho_banchigohyoki, jusho_katagaki
                FROM resident WHERE person = $1 AND to_import IS NULL ORDER BY id";
    let elsewhere = "SELECT sofusaki_yubinbango, sofusaki_jusho, sofusaki_katagaki FROM mark
                     WHERE person = $1 AND sheet = '送付先' AND to_import IS NULL AND ended_on IS NULL ORDER BY id";
    let mut text = String::new();
    for sql in [home, elsewhere] {
        for row in link.rows(sql, &[person.into()])? {
            text.extend(row.iter().map(|cell: &Value<'_>| format!("{}\t", cell.words())));
            text.push('\n');
        }
    }
    Ok(hash::sha256_hex(text.as_bytes()))
}
