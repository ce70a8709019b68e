//! 検索: people by the form in which names are compared, birth date, sex and numbers. Keys stand beside the rows of 住民, old rows included:
//! a name of before leads to the person too.

use crate::notices::{self, Notice};
use crate::residents::PersonId;
use crate::store::link::{Fault, Link, Value};
use kansho_core::diag::Failure;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// By what a row is found; texts in the one form for comparing.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// フリガナ
    pub kana: Option<String>,
    /// 氏名
    pub name: Option<String>,
    /// 通称
    pub alias: Option<String>,
    /// 生年月日 as an ISO day.
    pub birth: Option<String>,
    /// 性別: `M` or `F`.
    pub sex: Option<&'static str>,
}

/// The columns of the keys, behind those of the row.
pub const COLUMNS: [&str; 5] = ["kensaku_kana", "kensaku_shimei", "kensaku_tsusho", "kensaku_seinengappi", "kensaku_seibetsu"];

impl Keys {
    /// The values of [`COLUMNS`].
    #[must_use]
    pub fn values(&self) -> [Value<'_>; 5] {
        let [kana, name, alias, birth] =
            [&self.kana, &self.name, &self.alias, &self.birth].map(|text| Value::from(text.as_deref()));
        [kana, name, alias, birth, self.sex.into()]
    }
}

/// Who is looked for: everything that is given must be so. A name is given by its beginning.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// フリガナ
    pub kana: Option<String>,
    /// 氏名 or 通称
    pub name: Option<String>,
    /// 生年月日
    pub birth: Option<String>,
    /// 性別
    pub sex: Option<&'static str>,
    /// The people that the numbers lead to; none when no number is given.
    pub among: Option<BTreeSet<PersonId>>,
}

/// The first people who are wanted, at most `most`, in no order.
///
/// # Errors
/// A [`Fault`].
pub fn people(link: &mut dyn Link, wanted: &Wanted, most: u32) -> Result<BTreeSet<PersonId>, Fault> {
    let mut values: Vec<String> = Vec::new();
    let mut sql = "SELECT DISTINCT person FROM resident WHERE 1 = 1".to_owned();
    let mut begins = |sql: &mut String, columns: &[&str], text: &Option<String>| {
        let Some(text) = text else { return };
        values.extend([text.clone(), format!("{text}\u{10FFFF}")]);
        let (from, to) = (values.len() - 1, values.len());
        let each: Vec<String> = columns.iter().map(|column| format!("({column} >= ${from} AND {column} < ${to})")).collect();
        let _ = write!(sql, " AND ({})", each.join(" OR "));
    };
    begins(&mut sql, &["kensaku_kana"], &wanted.kana);
    begins(&mut sql, &["kensaku_shimei", "kensaku_tsusho"], &wanted.name);
    for (column, text) in [("kensaku_seinengappi", wanted.birth.as_deref()), ("kensaku_seibetsu", wanted.sex)] {
        if let Some(text) = text {
            values.push(text.to_owned());
            let _ = write!(sql, " AND {column} = ${}", values.len());
        }
    }
    let asked = !values.is_empty();
    let values: Vec<Value<'_>> = values.iter().map(Value::from).collect();
    let mut found = BTreeSet::new();
    let mut take = |row: &[Value<'static>]| {
        found.extend(row[0].integer());
        Ok(())
    };
    match &wanted.among {
        Some(among) if !asked => found.clone_from(among),
        Some(among) => {
            let of = format!("{sql} AND person = ${} LIMIT 1", values.len() + 1);
            for person in among {
                link.each(&of, &[&values[..], &[(*person).into()]].concat(), &mut take)?;
            }
        }
        None => link.each(&format!("{sql} LIMIT {most}"), &values, &mut take)?,
    }
    Ok(found)
}

/// Whose 発行no it is: of a notice, of a piece under way, or of a row of the ledger.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn by_issue_number(link: &mut dyn Link, number: u64) -> Result<BTreeSet<PersonId>, Failure> {
    let mut found = issued(notices::numbered(link, number)?);
    let text = number.to_string();
    let others = [
        ("SELECT person FROM piece WHERE hakkono = $1", Value::from(number)),
        ("SELECT person FROM vaccination WHERE hakkono = $1 AND state = 'valid'", Value::from(&text)),
    ];
    for (sql, value) in others {
        found.extend(link.rows(sql, &[value])?.iter().filter_map(|row| row[0].integer()));
    }
    Ok(found)
}

/// Whose 通知コード it is: of a notice or of a piece under way.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn by_code(link: &mut dyn Link, code: &str) -> Result<BTreeSet<PersonId>, Failure> {
    let mut found = issued(notices::coded(link, code)?);
    let pieces = link.rows("SELECT person FROM piece WHERE code = $1", &[code.into()])?;
    found.extend(pieces.iter().filter_map(|row| row[0].integer()));
    Ok(found)
}

fn issued(notice: Option<Notice>) -> BTreeSet<PersonId> {
    notice.and_then(|notice| PersonId::try_from(notice.person_row).ok()).into_iter().collect()
}

/// 区 of a person, as their newest row has it.
///
/// # Errors
/// A [`Fault`].
pub fn ward(link: &mut dyn Link, person: PersonId) -> Result<Option<String>, Fault> {
    let sql = "SELECT ku FROM resident WHERE person = $1 AND to_import IS NULL ORDER BY id DESC LIMIT 1";
    Ok(link.row(sql, &[person.into()])?.and_then(|row| row[0].text().map(str::to_owned)))
}
