//! 前回の出力フォルダー (`--previous`): what was sent, so that nothing is sent twice and the difference can be told (CK23).

use crate::record::manifest::{DecisionEntry, Manifest, OfficePieces};
use chrono::NaiveDate;
use kansho_core::case::{MarkSheet, Meeting};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_core::notice::Purpose;
use kansho_core::notice::{NoticeRecord, Trigger};
use kansho_core::origin::{Origin, Source};
use kansho_rules::decide::programme::{self, Programme};
use std::collections::BTreeMap;
use std::path::Path;

/// (person, programme) → (decision, reason).
pub type Decisions = BTreeMap<(String, String), (String, String)>;

/// A run that was done before.
#[derive(Debug)]
pub struct Previous {
    /// Run id.
    pub run: String,
    /// Its 基準日.
    pub as_of: NaiveDate,
    /// SHA-256 of its manifest.
    pub sha256: String,
    /// (person, programme) → (decision, reason) of every candidate; none when its folder is gone.
    pub decisions: Option<Decisions>,
    /// (person, notice) of every piece of a programme that is still there.
    pub issued: Vec<(String, NoticeRecord)>,
    /// The highest number it gave, 0 when none.
    pub highest_issue: u64,
    /// The programmes that are not.
    pub report: Report,
    /// How its ledger met its residents.
    pub meeting: Meeting,
    /// Rows of 支援措置 it had.
    pub protection_rows: usize,
}

impl Previous {
    /// Reads manifest and `office/pieces.json` of a run's folder.
    ///
    /// # Errors
    /// [`Failure::Io`] when they cannot be read, [`Failure::Refused`] when they are not what the run wrote.
    pub fn load(folder: &Path, programmes: &[Programme]) -> Result<Self, Failure> {
        let (manifest, sha256) = read(&folder.join("manifest.json"))?;
        let (pieces, pieces_sha256) = read(&folder.join("office").join("pieces.json"))?;
        let broken = |code: Code, message: String| {
            let diagnostic = Diagnostic::new(code, message).at(&Origin::file(&folder.display().to_string()));
            Failure::Refused(Report::from(
                diagnostic.hint("--previous には kansho run が作ったフォルダーをそのまま指定してください"),
            ))
        };
        let manifest: Manifest = serde_json::from_str(&manifest)
            .map_err(|e| broken(Code::OutputDiffers, format!("前回の manifest.json を読めません（{}行）", e.line())))?;
        if manifest.rehearsal || Purpose::of(&manifest.run).is_rehearsal() {
            return Err(broken(Code::Rehearsal, format!("前回の処理 {} は試験です。続きにはできません", manifest.run)));
        }
        let written = manifest.files.iter().find(|file| file.path == "office/pieces.json").map(|file| &file.sha256);
        if written != Some(&pieces_sha256) {
            return Err(broken(Code::FileHash, "前回の office/pieces.json が manifest.json と違います".to_owned()));
        }
        let pieces: OfficePieces = serde_json::from_str(&pieces)
            .map_err(|e| broken(Code::OutputDiffers, format!("前回の office/pieces.json を読めません（{}行）", e.line())))?;
        let as_of: NaiveDate = manifest
            .as_of
            .parse()
            .map_err(|_| broken(Code::OutputDiffers, "前回の manifest.json の基準日を読めません".to_owned()))?;
        let numbers: BTreeMap<u32, u64> = manifest.pieces.iter().map(|piece| (piece.no, piece.issue_no)).collect();
        // A notice that is not understood would be sent again.
        let numbered = |trigger: &str, no: u32| {
            let known = [Trigger::First, Trigger::MoverIn, Trigger::Reminder, Trigger::LastCall];
            let trigger = known.into_iter().find(|t| t.id() == trigger);
            trigger.zip(numbers.get(&no).copied()).ok_or_else(|| {
                let message = format!("前回の office/pieces.json の通し番号 {no} の通知が分かりません");
                broken(Code::OutputDiffers, message)
            })
        };
        let (mut issued, mut highest_issue) = (Vec::new(), 0);
        let mut gone: BTreeMap<&str, usize> = BTreeMap::new();
        for piece in &pieces.pieces {
            let (trigger, number) = numbered(&piece.trigger, piece.no)?;
            highest_issue = highest_issue.max(number);
            match programme::named(programmes, &piece.programme).map(|programme| programme.id) {
                Some(programme) => {
                    let notice = NoticeRecord {
                        programme,
                        trigger,
                        noticed_on: as_of,
                        issue_number: Some(number),
                        source: Source::PreviousRun,
                    };
                    issued.push((piece.person.clone(), notice));
                }
                None => *gone.entry(&piece.programme).or_default() += 1,
            }
        }
        let mut report = Report::new();
        for (programme, count) in gone {
            let message = format!("前回 {count} 件送った通知事業「{programme}」は、今の規則集にありません");
            report.push(Diagnostic::new(Code::ProgrammeGone, message).at(&Origin::file("office/pieces.json")));
        }
        let entry = |d: DecisionEntry| ((d.person, d.programme), (d.decision, d.reason));
        let meeting = manifest.counts.meeting();
        let protection_rows = manifest.counts.marks.get(MarkSheet::Protection.word()).map_or(0, |rows| rows.rows);
        Ok(Self {
            run: manifest.run,
            as_of,
            sha256,
            decisions: Some(pieces.decisions.into_iter().map(entry).collect()),
            issued,
            highest_issue,
            report,
            meeting,
            protection_rows,
        })
    }
}

/// A file as text, and its SHA-256.
fn read(path: &Path) -> Result<(String, String), Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::io("前回の出力を読めません", path, e))?;
    let sha256 = hash::sha256_hex(text.as_bytes());
    Ok((text, sha256))
}
