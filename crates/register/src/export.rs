//! 書き出し: the rows of the ledger as they came in, the notices that the register issued, and every table at the end of a contract.

use crate::store::link::{Fault, Field, Link};
use kansho_intake::normalise::stored::ledger_columns;

/// Columns that are no data of the office: an operator's passphrase cannot be read back anyway.
const KEPT_BACK: [(&str, &str); 1] = [("operator", "passphrase")];

/// Calls `visit` with the cells of every valid row of the ledger, in the order of [`ledger_columns`].
///
/// # Errors
/// A [`Fault`].
pub fn ledger(link: &mut dyn Link, visit: &mut dyn FnMut(&[Field]) -> Result<(), Fault>) -> Result<(), Fault> {
    let names = ledger_columns().join(", ");
    link.each(&format!("SELECT {names} FROM vaccination WHERE state = 'valid' ORDER BY id"), &[], visit)
}

/// A notice that the register issued, with whom it concerns.
#[derive(Clone, Debug)]
pub struct Issued {
    /// 事業
    pub programme: String,
    /// Trigger.
    pub trigger: String,
    /// The cells of a row of the ledger that are known, by column.
    pub cells: Vec<(&'static str, Option<String>)>,
}

/// Calls `visit` with every notice that counts.
///
/// # Errors
/// A [`Fault`].
pub fn notices(link: &mut dyn Link, visit: &mut dyn FnMut(Issued) -> Result<(), Fault>) -> Result<(), Fault> {
    const COLUMNS: [&str; 11] = [
        "yobosesshubango",
        "atenabango",
        "hakkono",
        "tsuchibi",
        "shoribi",
        "seinengappi",
        "shimei_kanji",
        "shimei_kana",
        "seibetsu",
        "yubinbango",
        "jusho",
    ];
    let sql = "SELECT n.programme, n.trigger_id, p.yobosesshubango, p.atenabango, CAST(n.hakkono AS TEXT), n.tsuchibi, n.shoribi, r.seinengappi, r.shimei, r.shimei_furigana, r.seibetsu, r.jusho_yubinbango, r.jusho FROM notice AS n JOIN person AS p ON p.id = n.person LEFT JOIN resident AS r ON r.id = (SELECT max(id) FROM resident WHERE person = n.person AND to_import IS NULL) WHERE n.state NOT IN ('void', 'cancelled') ORDER BY n.hakkono";
    link.each(sql, &[], &mut |row| {
        let cells = COLUMNS.iter().zip(&row[2..]).map(|(column, cell)| (*column, cell.text().map(str::to_owned)));
        visit(Issued { programme: row[0].words(), trigger: row[1].words(), cells: cells.collect() })
    })
}

/// Every table with its columns.
///
/// # Errors
/// A [`Fault`].
pub fn tables(link: &mut dyn Link) -> Result<Vec<(String, Vec<String>)>, Fault> {
    let mut found = Vec::new();
    for table in link.tables()? {
        let columns = link.columns(&table)?;
        let given = columns.into_iter().filter(|column| !KEPT_BACK.contains(&(table.as_str(), column.as_str()))).collect();
        found.push((table, given));
    }
    Ok(found)
}

/// Calls `visit` with every row of a table.
///
/// # Errors
/// A [`Fault`].
pub fn table(
    link: &mut dyn Link,
    (name, columns): (&str, &[String]),
    visit: &mut dyn FnMut(&[Field]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let order = if columns.iter().any(|column| column == "id") { " ORDER BY id" } else { "" };
    link.each(&format!("SELECT {} FROM {name}{order}", columns.join(", ")), &[], visit)
}
