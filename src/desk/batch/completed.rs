//! 再発行の続き: a reissue that was killed when the register had it and its folder had no name yet. The same words give the folder its
//! name; made again it would take another number, and the first would be void without ever having been seen.

use crate::desk::batch::{self, Named};
use crate::desk::bundle::stage::Stage;
use crate::record::manifest::{Manifest, OfficePiece, OfficePieces};
use chrono::NaiveDate;
use kansho_core::diag::Failure;
use kansho_register::batches::{self, REISSUE, State};
use kansho_register::stored::Shared;
use std::path::Path;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// 予防接種番号
    pub person: &'a str,
    /// Id of the programme.
    pub programme: &'a str,
    /// 基準日, 発送日
    pub days: [NaiveDate; 2],
    /// 再発行の理由
    pub reason: &'a str,
    /// The folder.
    pub out: &'a Path,
}

/// Gives the folder of such a reissue its name; `None` when there is none.
///
/// # Errors
/// [`Failure::Io`] when the disk does not take it; a [`Failure`] of the store.
pub fn reissue(asked: &Asked<'_>, register: &Shared) -> Result<Option<(Manifest, OfficePiece)>, Failure> {
    let mut found = None;
    let stage = Stage::left_by_the_killed(asked.out, &mut |folder| {
        found = of_asked(asked, folder, register).ok().flatten();
        found.is_some()
    });
    let (Some(stage), Some(found)) = (stage, found) else { return Ok(None) };
    stage.release()?;
    Ok(Some(found))
}

/// What was made in a folder, when it is what is asked for, the register has it, and no byte of it has changed.
fn of_asked(asked: &Asked<'_>, folder: &Path, register: &Shared) -> Result<Option<(Manifest, OfficePiece)>, Failure> {
    let manifest = batch::manifest(folder)?;
    let Some(known) = register.lock().read(|link| batches::find(link, &manifest.run))? else { return Ok(None) };
    let Asked { person, programme, days: [as_of, post_on], reason, out } = asked;
    let target = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf());
    let days = [&manifest.as_of, &manifest.post_on] == [&as_of.to_string(), &post_on.to_string()];
    if known.kind != REISSUE || known.state != State::Sealed || Path::new(&known.folder) != target || !days {
        return Ok(None);
    }
    let named = Named { run: manifest.run, folder: Some(folder.to_path_buf()) };
    let (_, manifest) = batch::unaltered(&named, &known)?;
    let text = std::fs::read_to_string(folder.join("office").join("pieces.json")).unwrap_or_default();
    let pieces = serde_json::from_str::<OfficePieces>(&text).map(|office| office.pieces).unwrap_or_default();
    let same =
        |piece: &OfficePiece| piece.person == *person && piece.programme == *programme && piece.reason.as_deref() == Some(reason);
    Ok(pieces.into_iter().find(same).map(|piece| (manifest, piece)))
}
