//! 名寄せ: one person under two numbers.

use crate::desk::registry::whom;
use crate::desk::settings::Settings;
use kansho_core::case::MarkSheet;
use kansho_core::diag::{Code, Failure};
use kansho_intake::normalise::stored::{SEPARATOR, mark_columns};
use kansho_register::marks::{Marks, New};
use kansho_register::merges;
use kansho_register::residents;
use kansho_register::store::Work;
use serde::Serialize;

/// What a merge did.
#[derive(Clone, Debug, Serialize)]
pub struct Merged {
    /// The old 予防接種番号.
    pub person: String,
    /// The one it points to.
    pub into: String,
}

/// Makes one number point to another. The readers learn it from a row of the sheet 名寄せ, as they would from a file.
///
/// # Errors
/// [`Failure::Barred`]: nobody (O600), the reason is empty (G613); [`Failure::Declined`] when either was merged before.
pub fn merge(work: &mut Work<'_>, (person, into): (&str, &str), reason: &str, settings: &Settings) -> Result<Merged, Failure> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Failure::barred(Code::ReasonEmpty, "--reason の理由が空です"));
    }
    let digits = settings.office.numbers;
    let mut one = |text: &str, which: &str| {
        let nobody = || Failure::barred(Code::PersonNotFound, format!("{which}の番号の人は登録簿にいません"));
        let id = whom::id(work.link, text, digits)?.ok_or_else(nobody)?;
        let number = residents::number(work.link, id)?.unwrap_or_default();
        match merges::into(work.link, id)? {
            Some(_) => Err(Failure::Declined(format!("{which}の番号 {number} は、すでにほかの番号に名寄せされています"))),
            None => Ok((id, number)),
        }
    };
    let (old, new) = (one(person, "古いほう")?, one(into, "新しいほう")?);
    if old.0 == new.0 {
        return Err(Failure::Declined("二つの番号は、もともと同じ人の番号です".to_owned()));
    }
    let (who, at) = (work.who().to_owned(), work.stamp());
    merges::merge(work.link, (old.0, new.0), reason, &who, &at)?;
    let cell = |column: &&str| match *column {
        "yobosesshubango" => old.1.clone(),
        "nayosesakiyobosesshubango" => new.1.clone(),
        "riyu" => reason.to_owned(),
        _ => String::new(),
    };
    let cells = mark_columns().iter().map(cell).collect::<Vec<_>>().join(&SEPARATOR.to_string());
    let kind = Some(MarkSheet::Merge.word());
    let row = New { person: old.0, sheet: MarkSheet::Merge, kind, version: 1, feed: None, cells: &cells };
    Marks::new().insert(work.link, &row, &who, &at)?;
    work.person = Some(new.1.clone());
    work.note("merged", old.1.as_str());
    Ok(Merged { person: old.1, into: new.1 })
}
