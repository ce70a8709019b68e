//! 封入機のマーク: the two-dimensional code and the OMR bars of each sheet, as `municipality.toml` places them.

use crate::notice::office::Envelope;
use crate::notice::paper::EDGE;
use crate::notice::piece::{InEnvelope, Piece};
use kansho_paper::codes;
use kansho_paper::frame::{A4, Area, Item};
use kansho_paper::length::Mm;
use serde::Deserialize;
use std::sync::Arc;

/// Column of the text of a letter.
const TEXT: Area = Area { x: Mm(20.0), y: Mm(10.0), w: Mm(170.0), h: Mm(267.0) };
/// No mark lies nearer to a fold: a reader stumbles over the crease.
const FOLD: Mm = Mm(2.0);
/// Quiet zone of a QR code in modules.
const QUIET: f64 = 4.0;
/// Modules a side of the code in use (version 3).
const MODULES: f64 = 29.0;

/// `[marks]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// The two-dimensional code.
    #[serde(default)]
    pub code: CodeMark,
    /// OMR bars; none when missing.
    pub omr: Option<Omr>,
}

/// `[marks.code]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CodeMark {
    /// What it says.
    pub content: CodeContent,
    /// Left edge.
    pub x_mm: Mm,
    /// Top edge.
    pub y_mm: Mm,
    /// Size without quiet zone.
    pub size_mm: Mm,
}

impl Default for CodeMark {
    fn default() -> Self {
        Self { content: CodeContent::Code, x_mm: Mm(179.0), y_mm: Mm(280.0), size_mm: Mm(11.0) }
    }
}

/// What the two-dimensional code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeContent {
    /// 通知コード.
    Code,
    /// 通知コード, `/`, sheet n of m (`…/1-1`).
    Sheet,
    /// No code.
    None,
}

/// `[marks.omr]`: bars below each other; the first is the gate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omr {
    /// Left edge of the bars.
    pub x_mm: Mm,
    /// Middle of the first place.
    pub y_mm: Mm,
    /// From place to place.
    pub pitch_mm: Mm,
    /// Length of a bar.
    pub width_mm: Mm,
    /// Thickness of a bar.
    pub height_mm: Mm,
    /// What each place says.
    pub places: Vec<OmrPlace>,
}

/// What a place of the OMR column says; a bar = yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OmrPlace {
    /// Always a bar: the machine starts to read.
    Gate,
    /// First sheet of the piece.
    First,
    /// Last sheet of the piece: the envelope is closed.
    Last,
    /// 順番: bit 4 of the piece's number modulo 8.
    Seq4,
    /// Bit 2.
    Seq2,
    /// Bit 1.
    Seq1,
    /// 名寄せ: the same on all sheets of a piece, another on the next piece.
    Group,
    /// Makes the number of bars even.
    Parity,
}

impl Marks {
    /// Whether every mark lies on the paper, out of the window and out of the text.
    ///
    /// # Errors
    /// The reason in Japanese.
    pub fn check(&self, envelope: &Envelope) -> Result<(), String> {
        let mut areas = Vec::new();
        let code = &self.code;
        let omr = self.omr.iter().flat_map(|o| [o.x_mm, o.y_mm, o.pitch_mm, o.width_mm, o.height_mm]);
        if ![code.x_mm, code.y_mm, code.size_mm].into_iter().chain(omr).all(|mm| (Mm::ZERO..=Mm(300.0)).contains(&mm)) {
            return Err("marks: 長さは 0 から 300 mm までの数にしてください".to_owned());
        }
        if code.content != CodeContent::None {
            if code.size_mm < Mm(8.0) {
                return Err("marks.code.size_mm は 8 mm 以上にしてください（一目盛り 0.27 mm）".to_owned());
            }
            let quiet = code.size_mm / MODULES * QUIET;
            let place = self.place();
            areas.push(("marks.code", place, place.inset(-quiet)));
        }
        if let Some(omr) = &self.omr {
            if omr.places.first() != Some(&OmrPlace::Gate) {
                return Err("marks.omr.places の最初は gate にしてください".to_owned());
            }
            if !(omr.pitch_mm >= 2.0 * omr.height_mm && omr.height_mm >= Mm(0.2) && omr.width_mm >= Mm(3.0)) {
                return Err("marks.omr: 太さは 0.2 mm 以上、長さは 3 mm 以上、間隔は太さの2倍以上にしてください".to_owned());
            }
            let last = u32::try_from(omr.places.len().saturating_sub(1)).unwrap_or(u32::MAX);
            let h = omr.pitch_mm * f64::from(last) + omr.height_mm;
            let area = Area { x: omr.x_mm, y: omr.y_mm - omr.height_mm / 2.0, w: omr.width_mm, h };
            areas.push(("marks.omr", area, area));
        }
        let printable = Area { x: Mm::ZERO, y: Mm::ZERO, w: A4.0, h: A4.1 }.inset(EDGE);
        for (what, area, free) in &areas {
            if !printable.holds(area) {
                return Err(format!("{what}: 用紙の縁から {EDGE} mm の内側に置いてください"));
            }
            if envelope.exposed().overlaps(free) {
                return Err(format!("{what}: 封筒の窓から見えることがある場所です"));
            }
            if envelope.folds().iter().any(|y| area.y - FOLD < *y && *y < area.y + area.h + FOLD) {
                return Err(format!("{what}: 折りの場所から {FOLD} mm 離してください"));
            }
            if TEXT.overlaps(area) {
                return Err(format!("{what}: 本文の場所（左右 20–190 mm、上から 277 mm まで）に重なります"));
            }
        }
        match areas.as_slice() {
            [(_, _, one), (_, _, other)] if one.overlaps(other) => Err("marks.code と marks.omr が重なります".to_owned()),
            _ => Ok(()),
        }
    }

    /// True when the foot of the page tells the sheet as well: the machine reads it, or there are several.
    pub(super) fn tells_sheet(&self, piece: &Piece) -> bool {
        self.omr.is_some() || self.code.content == CodeContent::Sheet || piece.place.sheets > 1
    }

    /// True when the sheets carry a two-dimensional code.
    pub(super) fn has_code(&self) -> bool {
        self.code.content != CodeContent::None
    }

    /// Where the two-dimensional code stands on a letter in an envelope.
    pub(super) const fn place(&self) -> Area {
        Area { x: self.code.x_mm, y: self.code.y_mm, w: self.code.size_mm, h: self.code.size_mm }
    }

    /// The two-dimensional code of a piece's sheet, in its place.
    pub(super) fn matrix(&self, piece: &Piece, area: Area) -> Option<Item> {
        let InEnvelope { sheet, sheets, .. } = piece.place;
        let (side, modules) = match self.code.content {
            CodeContent::Code => codes::qr(&piece.code.0)?,
            CodeContent::Sheet => codes::qr(&format!("{}/{sheet}-{sheets}", piece.code))?,
            CodeContent::None => return None,
        };
        Some(Item::Matrix { area, side, modules: Arc::from(modules) })
    }

    /// The OMR bars of a piece's sheet.
    pub(super) fn bars(&self, piece: &Piece) -> Option<Item> {
        let omr = self.omr.as_ref()?;
        let bars: Vec<Area> = omr
            .filled(piece.place)
            .into_iter()
            .zip(0_u32..)
            .filter(|(filled, _)| *filled)
            .map(|(_, place)| Area {
                x: omr.x_mm,
                y: omr.y_mm + omr.pitch_mm * f64::from(place) - omr.height_mm / 2.0,
                w: omr.width_mm,
                h: omr.height_mm,
            })
            .collect();
        Some(Item::Bars(Arc::from(bars)))
    }
}

impl Omr {
    /// Which places hold a bar on a piece's sheet: a letter is one sheet, so pieces count the sheets.
    fn filled(&self, place: InEnvelope) -> Vec<bool> {
        let sequence = place.of_all.wrapping_sub(1) % 8;
        let said = |said: &OmrPlace| match said {
            OmrPlace::Gate => true,
            OmrPlace::First => place.leads(),
            OmrPlace::Last => place.sheet == place.sheets,
            OmrPlace::Seq4 => sequence & 4 != 0,
            OmrPlace::Seq2 => sequence & 2 != 0,
            OmrPlace::Seq1 => sequence & 1 != 0,
            OmrPlace::Group => place.envelope % 2 == 1,
            OmrPlace::Parity => false,
        };
        let mut filled: Vec<bool> = self.places.iter().map(said).collect();
        let odd = filled.iter().filter(|bar| **bar).count() % 2 == 1;
        if let Some(at) = self.places.iter().position(|place| *place == OmrPlace::Parity) {
            filled[at] = odd;
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn omr() -> Omr {
        let places = vec![
            OmrPlace::Gate,
            OmrPlace::First,
            OmrPlace::Last,
            OmrPlace::Seq4,
            OmrPlace::Seq2,
            OmrPlace::Seq1,
            OmrPlace::Group,
            OmrPlace::Parity,
        ];
        Omr { x_mm: Mm(5.0), y_mm: Mm(150.0), pitch_mm: Mm(4.23), width_mm: Mm(8.0), height_mm: Mm(0.5), places }
    }

    const fn alone(number: u32) -> InEnvelope {
        InEnvelope { envelope: number, sheet: 1, sheets: 1, of_all: number }
    }

    #[test]
    fn the_marks_of_an_envelope_agree_and_its_ends_are_told() {
        let place = |sheet| InEnvelope { envelope: 7, sheet, sheets: 3, of_all: 20 + sheet };
        let told: Vec<Vec<bool>> = (1..=3).map(|sheet| omr().filled(place(sheet))).collect();
        assert_eq!(
            told.iter().map(|bars| (bars[1], bars[2])).collect::<Vec<_>>(),
            [(true, false), (false, false), (false, true)]
        );
        assert!(told.iter().all(|bars| bars[6] == told[0][6]) && told[0][6] != omr().filled(alone(8))[6]);
    }

    #[test]
    fn the_sequence_counts_and_the_bars_are_even() {
        for number in 1..=20_u32 {
            let filled = omr().filled(alone(number));
            assert!(filled[0] && filled[1] && filled[2]);
            let sequence = u32::from(filled[3]) * 4 + u32::from(filled[4]) * 2 + u32::from(filled[5]);
            assert_eq!(sequence, (number - 1) % 8);
            assert_eq!(filled.iter().filter(|bar| **bar).count() % 2, 0);
            assert_ne!(filled[6], omr().filled(alone(number + 1))[6]);
        }
    }
}
