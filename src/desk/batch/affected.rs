//! 影響の範囲: exactly the pieces of a batch that meet a condition (CK20).

use crate::desk::batch::condition::Condition;
use crate::desk::batch::{self, Named, incident, looked, reprint};
use kansho_core::diag::Failure;
use kansho_register::batches::{self, Batch, Piece};
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Register};
use std::path::PathBuf;

/// What a letter shows of a person, by the words of a report.
pub const FIELDS: [&str; 8] = ["氏名", "フリガナ", "住所", "生年月日", "性別", "予防接種番号", "接種の記録", "対象の予防接種"];

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The batch.
    pub named: Named,
    /// The condition.
    pub condition: Condition,
    /// Where the letters are printed again.
    pub reprint: Option<PathBuf>,
    /// Where what a report of a leak needs is written.
    pub incident: Option<PathBuf>,
}

/// The pieces that are meant.
#[derive(Clone, Debug)]
pub struct Affected {
    /// The batch.
    pub batch: Batch,
    /// Those that meet the condition, in order.
    pub pieces: Vec<Piece>,
    /// All that were printed.
    pub of: usize,
}

/// Finds the pieces, and prints them again or writes the report when that is asked for.
///
/// # Errors
/// [`Failure::Barred`]: A603, A604, B602 when the folder of a reprint is not what was written, B604, B613.
pub fn find(register: &mut Register, caller: &Caller, asked: &Asked) -> Result<Affected, Failure> {
    let permit = register.permit(caller, &Act::purposeful("affected", &[Role::Extract]))?;
    let affected = looked(register, &permit, |register| {
        let (batch, all) = register.read(|link| {
            let batch = batches::known(link, &asked.named.run)?;
            let pieces = batches::pieces(link, &batch.run)?;
            Ok((batch, pieces))
        })?;
        let printed: Vec<Piece> = all.into_iter().filter(|piece| piece.pulled.is_none()).collect();
        let of = printed.len();
        let pieces: Vec<Piece> = printed.into_iter().filter(|piece| asked.condition.meets(piece)).collect();
        if let Some(out) = &asked.reprint {
            let (folder, manifest) = batch::unaltered(&asked.named, &batch)?;
            reprint::write(&folder, &manifest, &pieces, out)?;
        }
        Ok(Affected { batch, pieces, of })
    })?;
    register.perform(&permit, |work| {
        work.note("run", affected.batch.run.as_str());
        work.note("matched", affected.pieces.len());
        work.note("of", affected.of);
        work.note("reprint", asked.reprint.is_some());
        if let Some(out) = &asked.incident {
            incident::write(work, &affected, out)?;
        }
        Ok(())
    })?;
    Ok(affected)
}
