//! A database as the statements see it: SQL with numbered parameters (`$1`, `$2` …), integers and texts. What SQLite and PostgreSQL both
//! understand, and nothing of either; a driver is one file.

use kansho_core::diag::{Code, Diagnostic, Failure};
use std::borrow::Cow;

/// A value of a column or a parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// NULL
    Null,
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(Cow<'a, str>),
}

/// A value that was read.
pub type Field = Value<'static>;

/// Rows hold names: only the kind is shown.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Integer(number) => write!(f, "Integer({number})"),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

impl Value<'_> {
    /// The text; none for NULL and numbers.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Integer(_) => None,
        }
    }

    /// The text, empty for NULL.
    #[must_use]
    pub fn words(&self) -> String {
        self.text().unwrap_or_default().to_owned()
    }

    /// The number; none for NULL and texts.
    #[must_use]
    pub const fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Null | Self::Text(_) => None,
        }
    }

    /// The number, 0 for NULL and for what is below.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.integer().and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<u64> for Value<'_> {
    /// Numbers of ours stay far below the limit; one above is the highest there is.
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value<'_> {
    fn from(yes: bool) -> Self {
        Self::Integer(i64::from(yes))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What a database could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A unique key is taken.
    Taken,
    /// Another process writes, longer than anybody waits.
    Busy,
    /// The disk is full, or the file or folder may not be written.
    Unwritable,
    /// The file is no database of ours, or damaged.
    Damaged,
    /// Anything else, by the driver's number.
    Other(i32),
    /// What a visitor of rows gave.
    Stopped(String),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let told = |code: Code, message: &str| Self::Barred(Box::new(Diagnostic::new(code, message)));
        match fault {
            Fault::Taken => told(Code::ChangedMeanwhile, "同じものが先に登録されています"),
            Fault::Busy => Self::Barred(Box::new(
                Diagnostic::new(Code::RegisterUnwritable, "ほかの処理が登録簿に書いています")
                    .hint("その処理が終わるのを待って、もう一度実行してください"),
            )),
            Fault::Unwritable => told(Code::RegisterUnwritable, "登録簿に書けません（空き容量か権限）"),
            Fault::Damaged => told(Code::RegisterDamaged, "登録簿が壊れているか、別のファイルです"),
            Fault::Other(number) => told(Code::RegisterUnwritable, &format!("登録簿を使えません（番号 {number}）")),
            Fault::Stopped(words) => Self::Declined(words),
        }
    }
}

/// A database within one transaction.
pub trait Link {
    /// Runs a statement; gives the number of rows it changed.
    ///
    /// # Errors
    /// A [`Fault`]; within a transaction nothing else may follow but its end.
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Fault>;

    /// Calls `visit` with every row of the answer.
    ///
    /// # Errors
    /// A [`Fault`], or what `visit` gives.
    fn each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&[Field]) -> Result<(), Fault>,
    ) -> Result<(), Fault>;

    /// The names of the tables, in order.
    ///
    /// # Errors
    /// A [`Fault`].
    fn tables(&mut self) -> Result<Vec<String>, Fault>;

    /// The names of a table's columns, in order.
    ///
    /// # Errors
    /// A [`Fault`].
    fn columns(&mut self, table: &str) -> Result<Vec<String>, Fault>;

    /// All rows of an answer that is small.
    ///
    /// # Errors
    /// As [`Link::each`].
    fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Vec<Field>>, Fault> {
        let mut rows = Vec::new();
        self.each(sql, values, &mut |row| {
            rows.push(row.to_vec());
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of an answer, where there is one.
    ///
    /// # Errors
    /// As [`Link::each`].
    fn row(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Option<Vec<Field>>, Fault> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    /// The one number of an answer, 0 where there is none.
    ///
    /// # Errors
    /// As [`Link::each`].
    fn count(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Fault> {
        Ok(self.row(sql, values)?.and_then(|row| row.first().map(Value::count)).unwrap_or(0))
    }
}

/// The next number of a counter, from 1; each is given once.
///
/// # Errors
/// A [`Fault`].
pub fn next(link: &mut dyn Link, counter: &str) -> Result<u64, Fault> {
    take(link, counter, 1)
}

/// The first of `count` numbers of a counter, one after the other.
///
/// # Errors
/// A [`Fault`].
pub fn take(link: &mut dyn Link, counter: &str, count: u64) -> Result<u64, Fault> {
    let sql = "INSERT INTO counter (name, given) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET given = counter.given + excluded.given RETURNING given";
    let last = link.row(sql, &[counter.into(), count.into()])?.and_then(|row| row.first().map(Value::count)).unwrap_or(count);
    Ok(last - count + 1)
}

/// Ids of one counter, taken in blocks: what is over at the end is a gap.
#[derive(Debug)]
pub struct Ids {
    counter: &'static str,
    block: u64,
    left: std::ops::Range<u64>,
}

impl Ids {
    /// The ids of a counter, `block` at a time.
    #[must_use]
    pub const fn new(counter: &'static str, block: u64) -> Self {
        Self { counter, block, left: 0..0 }
    }

    /// The next id.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn next(&mut self, link: &mut dyn Link) -> Result<u64, Fault> {
        if self.left.is_empty() {
            let first = take(link, self.counter, self.block)?;
            self.left = first..first + self.block;
        }
        let id = self.left.start;
        self.left.start += 1;
        Ok(id)
    }
}

/// What the register remembers of itself by name.
///
/// # Errors
/// A [`Fault`].
pub fn remembered(link: &mut dyn Link, name: &str) -> Result<Option<String>, Fault> {
    Ok(link.row("SELECT value FROM meta WHERE name = $1", &[name.into()])?.map(|row| row[0].words()))
}

/// Makes the register remember something of itself.
///
/// # Errors
/// A [`Fault`].
pub fn remember(link: &mut dyn Link, name: &str, value: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    link.run(sql, &[name.into(), value.into()]).map(drop)
}
