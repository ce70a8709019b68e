//! 読み返し: every output is read back and compared piece by piece (CK10).
//!
//! While a run is written, what is read back must equal the frames and values it was written from. Afterwards `kansho verify`
//! compares the files with `manifest.json` and each piece with the digests of `office/pieces.json`, so that an edited digit or a
//! shifted sheet is found and the piece named.

use crate::desk::bundle::stage::{Stage, Verified};
use crate::desk::outputs::{List, Released, difference};
use crate::record::manifest::{FileEntry, Manifest, OfficePieces};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_core::notice::Purpose;
use std::collections::BTreeMap;
use std::path::Path;

/// Every file below a folder but `manifest.json`, as paths with `/`, sorted.
///
/// # Errors
/// [`Failure::Io`] when a folder cannot be read, [`Failure::Declined`] when a link lies in it.
pub fn files_below(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let place = folder.join(&prefix);
        let listing = std::fs::read_dir(&place).map_err(|e| Failure::io("読めません", &place, e))?;
        for entry in listing {
            let entry = entry.map_err(|e| Failure::io("読めません", &place, e))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(|e| Failure::io("読めません", &place, e))?;
            if kind.is_symlink() {
                return Err(Failure::Declined(format!("{}: リンクです。出力フォルダーには置けません", entry.path().display())));
            }
            if kind.is_dir() {
                open.push(name + "/");
            } else if name != "manifest.json" {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Merkle root over `path sha256`.
#[must_use]
pub fn root(files: &[FileEntry]) -> String {
    hash::merkle_root(&files.iter().map(|f| format!("{} {}", f.path, f.sha256)).collect::<Vec<_>>())
}

/// Compares the bytes of every file of a stage with its manifest, and the manifest with what was read back piece by piece: what is
/// released are the very bytes that were compared.
///
/// # Errors
/// [`Failure::Refused`] with everything that differs, [`Failure::Io`] when it cannot be read.
pub fn finished(stage: Stage, read_back: &BTreeMap<String, String>) -> Result<Stage<Verified>, Failure> {
    let mut report = Report::new();
    let manifest: Manifest = parse(stage.path(), "manifest.json")?;
    files(stage.path(), &manifest, &mut report)?;
    for (path, sha256) in read_back {
        if !manifest.files.iter().any(|entry| entry.path == *path && entry.sha256 == *sha256) {
            report.push(Diagnostic::new(Code::FileHash, format!("{path}: 読み返したあとに変わっています")));
        }
    }
    if report.refuses() { Err(Failure::Refused(report)) } else { Ok(stage.verified()) }
}

/// Compares a released folder with its manifest and piece list; every file and every piece that differs is named.
///
/// # Errors
/// [`Failure::Declined`] when it is no output folder, [`Failure::Io`] when it cannot be read.
pub fn folder(folder: &Path, outputs: List<'_>) -> Result<Report, Failure> {
    let mut report = Report::new();
    let manifest: Manifest = parse(folder, "manifest.json")?;
    files(folder, &manifest, &mut report)?;
    one_run(&manifest, &mut report);
    if folder.join(PIECES).is_file() && manifest.files.iter().any(|entry| entry.path == PIECES) {
        let office: OfficePieces = parse(folder, PIECES)?;
        same_list(&manifest, &office, &mut report);
        let released = Released { folder, manifest: &manifest, office: &office };
        outputs.iter().for_each(|output| output.compare(&released, &mut report));
    } else {
        report.push(Diagnostic::new(Code::FileMissing, format!("{PIECES}: ないため、通知ごとに確かめられません")));
    }
    Ok(report)
}

/// The piece list of the office, with the digests of every piece.
const PIECES: &str = "office/pieces.json";

/// The manifest is the one the piece list was written with: every number and code, dates, counts, hashes of the inputs.
fn same_list(manifest: &Manifest, office: &OfficePieces, report: &mut Report) {
    if manifest.pieces.len() != office.pieces.len() {
        let (found, meant) = (manifest.pieces.len(), office.pieces.len());
        report.push(Diagnostic::new(Code::OutputDiffers, format!("manifest.json: 通知が {found} 通あり、{meant} 通のはずです")));
    }
    for (entry, piece) in manifest.pieces.iter().zip(&office.pieces) {
        if (entry.no, &entry.code) != (piece.no, &piece.code) {
            report.push(difference("manifest.json", (piece.no, &piece.code), "番号か通知コード"));
        }
    }
    if manifest.head_sha256() != office.manifest_sha256 {
        let message = "manifest.json: 日付・件数・入力・通知の一覧のどれかが、作成時から変わっています";
        report.push(Diagnostic::new(Code::FileHash, message));
    }
}

/// Whether a released folder is a rehearsal: nothing of it may be posted.
///
/// # Errors
/// As [`folder`].
pub fn is_rehearsal(folder: &Path) -> Result<bool, Failure> {
    parse::<Manifest>(folder, "manifest.json").map(|manifest| manifest.rehearsal || Purpose::of(&manifest.run).is_rehearsal())
}

/// Every piece is of this run, and the run is a rehearsal or none.
fn one_run(manifest: &Manifest, report: &mut Report) {
    if manifest.rehearsal != Purpose::of(&manifest.run).is_rehearsal() {
        let message = format!("manifest.json: 処理番号 {} と試験の印が合いません", manifest.run);
        report.push(Diagnostic::new(Code::Rehearsal, message));
    }
    let prefix = format!("{}-", manifest.run);
    for piece in manifest.pieces.iter().filter(|piece| !piece.code.starts_with(&prefix)) {
        let message = format!(
            "manifest.json: 通し番号 {} の通知コード {} は、処理 {} のものではありません",
            piece.no, piece.code, manifest.run
        );
        report.push(Diagnostic::new(Code::Rehearsal, message));
    }
    for piece in manifest.pieces.iter().filter(|piece| Purpose::of_issue(piece.issue_no).is_rehearsal() != manifest.rehearsal) {
        let message = format!("manifest.json: 通し番号 {} の発行no {} は、試験と本番が逆です", piece.no, piece.issue_no);
        report.push(Diagnostic::new(Code::Rehearsal, message));
    }
}

fn parse<T: serde::de::DeserializeOwned>(folder: &Path, name: &str) -> Result<T, Failure> {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).map_err(|_| {
        Failure::Declined(format!("{} に {name} がありません。kansho の出力フォルダーを指定してください", folder.display()))
    })?;
    serde_json::from_str(&text).map_err(|e| Failure::Declined(format!("{} を読めません: {e}", path.display())))
}

fn files(folder: &Path, manifest: &Manifest, report: &mut Report) -> Result<(), Failure> {
    let present = files_below(folder)?;
    for entry in &manifest.files {
        if !present.contains(&entry.path) {
            report.push(Diagnostic::new(Code::FileMissing, format!("{}: 目録にあるファイルがありません", entry.path)));
            continue;
        }
        let path = folder.join(&entry.path);
        let (sha256, bytes) = hash::sha256_file(&path).map_err(|e| Failure::io("読めません", &path, e))?;
        if (sha256.as_str(), bytes) != (entry.sha256.as_str(), entry.bytes) {
            report.push(Diagnostic::new(Code::FileHash, format!("{}: ファイルが作成時から変わっています", entry.path)));
        }
    }
    for path in present.iter().filter(|path| manifest.files.iter().all(|entry| entry.path != **path)) {
        report.push(Diagnostic::new(Code::FileExtra, format!("{path}: 目録にないファイルがあります")));
    }
    if root(&manifest.files) != manifest.root {
        report.push(Diagnostic::new(Code::FileHash, "manifest.json: 目録そのものが変わっています"));
    }
    Ok(())
}
