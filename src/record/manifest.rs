//! `manifest.json` (what leaves the office: no person numbers, no names) and `office/pieces.json` (what stays).

use crate::record::counts::Counts;
use kansho_core::hash;
use kansho_paper::length::Mm;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// `manifest.json` (design §7).
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Manifest {
    /// Run id.
    pub run: String,
    /// 試験: nothing of it may be posted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
    /// 見本の設定: made with values that no office has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    /// 基準日, `YYYY-MM-DD`.
    pub as_of: String,
    /// 発送日, `YYYY-MM-DD`; empty in folders written before it was kept.
    #[serde(default)]
    pub post_on: String,
    /// Input files by name and hash.
    pub inputs: Vec<Input>,
    /// Hash of the rule book, programmes and codes.
    pub rules_sha256: String,
    /// The closing counts.
    pub counts: Counts,
    /// Every piece in posting order.
    pub pieces: Vec<PieceEntry>,
    /// Every file but this one, sorted by path.
    pub files: Vec<FileEntry>,
    /// Merkle root over `path sha256` of `files`.
    pub root: String,
}

impl Manifest {
    /// SHA-256 over everything but `files` and `root`. It stands in `office/pieces.json`, which `root` covers, so that no part of a
    /// manifest can be changed alone.
    #[must_use]
    pub fn head_sha256(&self) -> String {
        let Self { run, rehearsal, sample, as_of, post_on, inputs, rules_sha256, counts, pieces, files: _, root: _ } = self;
        hash::sha256_of(&(run, rehearsal, sample, as_of, post_on, inputs, rules_sha256, counts, pieces))
    }
}

/// One input file.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Input {
    /// File name without its folder.
    pub name: String,
    /// SHA-256.
    pub sha256: String,
}

/// One piece: numbers and places, nothing of the person.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct PieceEntry {
    /// 通し番号 from 1.
    pub no: u32,
    /// 発行no (provisional in a draft).
    pub issue_no: u64,
    /// 通知コード.
    pub code: String,
    /// Where it stands in each output.
    pub outputs: Outputs,
}

/// The order in which design §7 writes the places of a piece; those of other outputs come behind them, by their key.
const ORDER: [&str; 4] = ["letters", "stickers", "labels", "postal"];

/// Where a piece stands in each output, by the output's key. Pages, cells and rows count from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs(Vec<(Cow<'static, str>, Place)>);

/// Where a piece stands in one output.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Place {
    /// Pages of a PDF.
    Pages(Pages),
    /// Cells, counted over all sheets of the file (cell 25 of a 24-up stock = sheet 2, first cell).
    Cells(Cells),
    /// Data row of a CSV (the header is not counted).
    Row(Row),
}

impl Place {
    /// The file.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::Pages(Pages { file, .. }) | Self::Cells(Cells { file, .. }) | Self::Row(Row { file, .. }) => file,
        }
    }
}

impl Outputs {
    /// Enters where the piece stands in an output.
    pub fn put(&mut self, output: &'static str, place: Place) {
        self.0.push((Cow::Borrowed(output), place));
        self.sort();
    }

    /// The form does not depend on who wrote it, nor in which order.
    fn sort(&mut self) {
        let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
        self.0.sort_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
    }

    /// Where it stands in one output.
    #[must_use]
    pub fn get(&self, output: &str) -> Option<&Place> {
        self.0.iter().find(|(key, _)| key == output).map(|(_, place)| place)
    }

    /// Every place.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.iter().map(|(_, place)| place)
    }

    /// The pages of an output that has some.
    #[must_use]
    pub fn pages(&self, output: &str) -> Option<&Pages> {
        match self.get(output)? {
            Place::Pages(pages) => Some(pages),
            Place::Cells(_) | Place::Row(_) => None,
        }
    }

    /// The cells of an output that has some.
    #[must_use]
    pub fn cells(&self, output: &str) -> Option<&Cells> {
        match self.get(output)? {
            Place::Cells(cells) => Some(cells),
            Place::Pages(_) | Place::Row(_) => None,
        }
    }

    /// The row of an output that has some.
    #[must_use]
    pub fn row(&self, output: &str) -> Option<&Row> {
        match self.get(output)? {
            Place::Row(row) => Some(row),
            Place::Pages(_) | Place::Cells(_) => None,
        }
    }
}

impl Serialize for Outputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, place)| (key, place)))
    }
}

impl<'de> Deserialize<'de> for Outputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Places;

        impl<'de> Visitor<'de> for Places {
            type Value = Outputs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of places")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outputs, A::Error> {
                let mut places = Vec::new();
                while let Some((key, place)) = map.next_entry::<String, Option<Place>>()? {
                    places.extend(place.map(|place| (Cow::Owned(key), place)));
                }
                let mut outputs = Outputs(places);
                outputs.sort();
                Ok(outputs)
            }
        }

        deserializer.deserialize_map(Places)
    }
}

/// Pages of a PDF file.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// File name.
    pub file: String,
    /// Page numbers from 1.
    pub pages: Vec<usize>,
}

/// Cells of a label file.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Cells {
    /// File name.
    pub file: String,
    /// Cell numbers from 1 over all sheets.
    pub cells: Vec<usize>,
}

/// A row of a CSV file.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// File name.
    pub file: String,
    /// Data row from 1.
    pub row: usize,
}

/// One output file.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct FileEntry {
    /// Path below the run's folder, with `/`.
    pub path: String,
    /// SHA-256.
    pub sha256: String,
    /// Length.
    pub bytes: u64,
}

/// `office/pieces.json`: piece → person, programme, evidence, and the digests `verify` compares each piece with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OfficePieces {
    /// Run id.
    pub run: String,
    /// The label boxes of each sheet file in mm (left, top, width, height), in cell order of one sheet.
    pub sheets: BTreeMap<String, Vec<[Mm; 4]>>,
    /// Where the rows of the postal file begin and end.
    #[serde(default)]
    pub postal: RowForm,
    /// [`Manifest::head_sha256`] of the manifest beside it.
    #[serde(default)]
    pub manifest_sha256: String,
    /// Every piece.
    pub pieces: Vec<OfficePiece>,
    /// Every candidate's decision, for the difference that the next run tells (CK23).
    #[serde(default)]
    pub decisions: Vec<DecisionEntry>,
}

/// [`OfficePieces`] on its way into the file: pieces and decisions are made one by one while they are written.
#[derive(Debug, Serialize)]
pub struct OfficeBook<'a, P: Iterator<Item = OfficePiece> + Clone, D: Iterator<Item = DecisionEntry> + Clone> {
    /// Run id.
    pub run: &'a str,
    /// As [`OfficePieces::sheets`].
    pub sheets: &'a BTreeMap<String, Vec<[Mm; 4]>>,
    /// As [`OfficePieces::postal`].
    pub postal: &'a RowForm,
    /// As [`OfficePieces::manifest_sha256`].
    pub manifest_sha256: String,
    /// Every piece.
    #[serde(serialize_with = "one_by_one")]
    pub pieces: P,
    /// Every candidate's decision.
    #[serde(serialize_with = "one_by_one")]
    pub decisions: D,
}

/// Where the rows of a file lie: behind the header, each up to its line end, or of one width where there is none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct RowForm {
    /// Bytes of the header line with its end.
    pub header: usize,
    /// The line end; empty for rows of one width.
    pub end: String,
    /// Bytes of a row without a line end.
    pub width: usize,
}

fn one_by_one<S: Serializer, I: Iterator<Item: Serialize> + Clone>(list: &I, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.clone())
}

/// SHA-256 of what was read back of a piece, by output.
pub type Digests = BTreeMap<&'static str, String>;

/// One candidate's decision of `office/pieces.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionEntry {
    /// 予防接種番号.
    pub person: String,
    /// 事業 id.
    pub programme: String,
    /// `selected`, `excluded`, `held`.
    pub decision: String,
    /// The reason code.
    pub reason: String,
}

/// One piece of `office/pieces.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OfficePiece {
    /// 通し番号.
    pub no: u32,
    /// 通知コード.
    pub code: String,
    /// 予防接種番号.
    pub person: String,
    /// 事業 id.
    pub programme: String,
    /// Trigger id.
    pub trigger: String,
    /// Whether the letter says that the history is unknown.
    pub unknown_history: bool,
    /// 送付先 other than the register's address.
    pub alternate_address: bool,
    /// 再発行: the numbers it voids.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub voids: Vec<u64>,
    /// 再発行: the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The steps of the fit ladder of address, label and sticker that are not as is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fit: Option<String>,
    /// SHA-256 of what was read back, by output: `letters`, `stickers`, `labels`, `postal`.
    pub digests: BTreeMap<String, String>,
    /// The answered questions.
    pub evidence: Vec<EvidenceEntry>,
}

/// One answered question in JSON (design §7).
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct EvidenceEntry {
    /// 問い
    pub question: String,
    /// 答え
    pub answer: String,
    /// The date that decided, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Source.
    pub source: String,
}

impl From<&kansho_core::decision::Evidence> for EvidenceEntry {
    fn from(evidence: &kansho_core::decision::Evidence) -> Self {
        Self {
            question: evidence.question.to_string(),
            answer: evidence.answer.to_string(),
            date: evidence.date.map(|day| day.to_string()),
            source: evidence.source.to_string(),
        }
    }
}
