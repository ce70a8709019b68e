//! 作り直し: the pieces that stay, drawn again without those that were pulled: what counts sheets is new, everything else is as it was approved.

use crate::desk::batch::pull::{CHANGED, Look, Pulled};
use crate::desk::month::Starts;
use crate::desk::output::{self, Ready, Wish};
use crate::desk::outputs::{OUTPUTS, Output};
use crate::desk::settings::Settings;
use crate::record::manifest::{Manifest, OfficePieces};
use kansho_core::decision::Reason;
use kansho_core::diag::Failure;
use kansho_register::batches::Batch;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The draft as it was approved.
#[derive(Debug)]
pub struct Approved {
    /// Its manifest.
    pub manifest: Manifest,
    /// What was read back of each letter, by 通し番号.
    letters: BTreeMap<u64, String>,
}

impl Approved {
    /// Reads the piece list beside a manifest.
    ///
    /// # Errors
    /// [`Failure::Io`], [`Failure::Declined`] when it cannot be read.
    pub fn read(folder: &Path, manifest: Manifest) -> Result<Self, Failure> {
        let path = folder.join("office").join("pieces.json");
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("読めません", &path, e))?;
        let office: OfficePieces =
            serde_json::from_str(&text).map_err(|_| Failure::Declined("office/pieces.json を読めません".to_owned()))?;
        let letters = office.pieces.into_iter().filter_map(|mut p| Some((u64::from(p.no), p.digests.remove("letters")?)));
        Ok(Self { manifest, letters: letters.collect() })
    }

    /// The first free cell of each kind of sheet, as the draft began.
    fn starts(&self) -> Starts {
        let first = |output: &str| {
            let cells = self.manifest.pieces.iter().filter_map(|entry| entry.outputs.cells(output));
            cells.flat_map(|place| place.cells.iter().copied()).min().unwrap_or(1)
        };
        Starts { stickers: first("stickers"), labels: first("labels") }
    }
}

/// Draws what stays beside `target`; who cannot be printed any more, or whose letter would say something else, is pulled as well.
///
/// # Errors
/// As [`output::make`].
pub fn remaining(look: &Look, batch: &Batch, approved: &Approved, pulled: &mut Pulled, target: &Path) -> Result<Ready, Failure> {
    let leaving: Vec<&dyn Output> = OUTPUTS.into_iter().filter(|output| output.leaves()).collect();
    let mut wish = Wish { starts: approved.starts(), sealed: Some(look.remaining(batch, pulled)), ..Wish::default() };
    // Codes are cheap to make, letters are not: who has another code is out before anything is drawn.
    let prepared = output::prepare(&look.inputs, &wish)?;
    let made = prepared.pieces.iter().map(|(_, piece)| (u64::from(piece.number.0), piece.code.0.as_str())).collect();
    differing(look, pulled, &made);
    loop {
        wish.sealed = Some(look.remaining(batch, pulled));
        let ready = output::make(&look.inputs, target, &wish, &leaving)?;
        let before = pulled.len();
        let made = ready.manifest.pieces.iter().map(|entry| (u64::from(entry.no), entry.code.as_str())).collect();
        differing(look, pulled, &made);
        reworded(&look.inputs.settings, approved, &ready, pulled)?;
        if pulled.len() == before {
            return Ok(ready);
        }
    }
}

/// Pulls whoever is not among what was made, or has another code there.
fn differing(look: &Look, pulled: &mut Pulled, made: &BTreeMap<u64, &str>) {
    for piece in &look.pieces {
        let reason = match made.get(&piece.no) {
            Some(code) if *code == piece.code => continue,
            Some(_) => CHANGED,
            None => Reason::Held.id(),
        };
        pulled.entry(piece.no).or_insert_with(|| reason.to_owned());
    }
}

/// Pulls whose letter says something else than the approved one, but for what counts sheets.
fn reworded(settings: &Settings, approved: &Approved, ready: &Ready, pulled: &mut Pulled) -> Result<(), Failure> {
    let path = ready.folder().join("office").join("pieces.json");
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("読めません", &path, e))?;
    let office: OfficePieces =
        serde_json::from_str(&text).map_err(|_| Failure::Declined("office/pieces.json を読めません".to_owned()))?;
    let marks = settings.office.marks.omr.is_some();
    let most = u64::from(settings.office.envelope.most_pieces).max(1);
    let gaps: BTreeSet<u64> = pulled.keys().copied().collect();
    // Sheets of one envelope lie beside each other; bars count all sheets.
    let counted_anew = |no: u64| {
        let near = no.saturating_sub(most - 1)..no.saturating_add(most);
        marks && gaps.first().is_some_and(|first| *first < no) || most > 1 && gaps.range(near).next().is_some()
    };
    for piece in &office.pieces {
        let no = u64::from(piece.no);
        if piece.digests.get("letters") != approved.letters.get(&no) && !counted_anew(no) {
            pulled.insert(no, CHANGED.to_owned());
        }
    }
    Ok(())
}
