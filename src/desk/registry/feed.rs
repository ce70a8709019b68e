//! 取り込み: what every feed has in common: asked for, known already, told, and the list of what was refused.

use crate::record::manifest::Input;
use chrono::NaiveDate;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::hash;
use kansho_register::feeds::{self, Feed, Kind, Mode, Open, Refused};
use kansho_register::store::Work;
use kansho_register::store::link::Link;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What an import is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The file.
    pub file: PathBuf,
    /// Everything, or what has changed.
    pub mode: Mode,
    /// Why people or rows that a full feed lacks are accepted as missing.
    pub accept_missing: Option<String>,
    /// Nothing is stored.
    pub dry_run: bool,
}

/// What came of an import (design §7b).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Taken {
    /// The feed's id.
    pub import: u64,
    /// What it brings.
    pub kind: String,
    /// Everything, or what has changed.
    pub mode: String,
    /// File name.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// 抽出日
    pub snapshot: Option<String>,
    /// The file came in before: nothing changes.
    pub repeated: bool,
    /// Rows of the file: the sum of what follows up to `refused`.
    pub rows: u64,
    /// Somebody or something new.
    pub new: u64,
    /// Says something else than before.
    pub changed: u64,
    /// Says the same.
    pub unchanged: u64,
    /// Stands behind a newer row of the same file.
    pub superseded: u64,
    /// Of somebody outside every group.
    pub discarded: u64,
    /// Not taken: on the error list.
    pub refused: u64,
    /// In the register and not in this full feed.
    pub missing: u64,
    /// What is open on the error list.
    #[serde(default)]
    pub errors: Vec<Open>,
    /// Where the list lies; none when nothing is open.
    #[serde(default)]
    pub error_list: Option<String>,
}

impl Taken {
    /// Nothing yet of a feed.
    pub(super) fn begin(kind: Kind, asked: &Asked, input: &Input) -> Self {
        Self {
            kind: kind.word().to_owned(),
            mode: asked.mode.word().to_owned(),
            file: input.name.clone(),
            sha256: input.sha256.clone(),
            ..Self::default()
        }
    }

    /// rows = new + changed + unchanged + superseded + discarded + refused.
    pub(super) fn closes(&self) -> Result<(), Failure> {
        let sum = self.new + self.changed + self.unchanged + self.superseded + self.discarded + self.refused;
        if sum == self.rows {
            return Ok(());
        }
        let message = format!("取り込みの件数が合いません（{} 行、内訳の合計 {sum}）", self.rows);
        Err(Failure::Refused(Report::from(Diagnostic::new(Code::CountsDoNotClose, message))))
    }
}

/// Name and hash of the feed.
pub(super) fn input(path: &Path) -> Result<Input, Failure> {
    let (sha256, _) = hash::sha256_file(path).map_err(|e| Failure::io("ファイルを読めません", path, e))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Input { name, sha256 })
}

/// What was told of the feed when it came in before.
pub(super) fn known(link: &mut dyn Link, kind: Kind, sha256: &str) -> Result<Option<Taken>, Failure> {
    let Some(told) = feeds::told_before(link, kind, sha256)? else { return Ok(None) };
    let before: Taken =
        serde_json::from_str(&told).map_err(|_| Failure::barred(Code::RegisterDamaged, "前の取り込みの記録を読めません"))?;
    let unchanged = before.new + before.changed + before.unchanged;
    Ok(Some(Taken { repeated: true, new: 0, changed: 0, unchanged, missing: 0, ..before }))
}

/// The reason why what is missing is accepted, where one is needed.
pub(super) fn accepts(asked: &Asked, missing: u64, what: &str) -> Result<(), Failure> {
    match asked.accept_missing.as_deref().map(str::trim) {
        Some("") => Err(Failure::barred(Code::ReasonEmpty, "--accept-missing の理由が空です")),
        None if missing > 0 => Err(Failure::barred(
            Code::PeopleMissing,
            format!("登録簿にあって、この全件のファイルにない{what}が {missing} 件あります"),
        )),
        Some(_) | None => Ok(()),
    }
}

/// A row that is refused, by the digest of its cells.
pub(super) fn refuse(link: &mut dyn Link, kind: Kind, why: &Diagnostic, cells: &str, feed: u64) -> Result<(), Failure> {
    let key = hash::sha256_hex(format!("{}\u{1f}{cells}", kind.word()).as_bytes());
    let place = why.origin.as_ref();
    let column = place.and_then(|place| place.column_number()).map(|column| column.to_string());
    let sheet = place.map(|place| place.sheet_name().or(place.name()).unwrap_or_default()).unwrap_or_default();
    let refused = Refused {
        key: &key,
        code: why.code.id(),
        sheet,
        row: place.and_then(|place| place.row_number()),
        column: column.as_deref(),
        message: &why.message,
    };
    Ok(feeds::refuse(link, kind, &refused, feed)?)
}

/// Enters the feed and its errors, and says in the log what came of it.
pub(super) fn enter(
    work: &mut Work<'_>,
    asked: &Asked,
    kind: Kind,
    taken: &mut Taken,
    day: Option<NaiveDate>,
) -> Result<(), Failure> {
    taken.closes()?;
    if asked.mode == Mode::Full {
        feeds::mend(work.link, kind, taken.import)?;
    }
    taken.errors = feeds::open(work.link, Some(kind))?;
    let told = serde_json::to_string(taken).map_err(|_| Failure::Declined("JSON にできません".to_owned()))?;
    let feed = Feed {
        id: taken.import,
        kind,
        mode: asked.mode,
        file: &taken.file,
        sha256: &taken.sha256,
        snapshot: day,
        rows: taken.rows,
        told: &told,
        accepted: asked.accept_missing.as_deref(),
    };
    let (who, at) = (work.who().to_owned(), work.stamp());
    feeds::enter(work.link, &feed, &who, &at)?;
    for (key, count) in [
        ("rows", taken.rows),
        ("new", taken.new),
        ("changed", taken.changed),
        ("discarded", taken.discarded),
        ("refused", taken.refused),
        ("missing", taken.missing),
    ] {
        work.note(key, count);
    }
    work.note("import", taken.import);
    work.note("sha256", taken.sha256.as_str());
    if let Some(reason) = &asked.accept_missing {
        work.note("accept_missing", reason.as_str());
    }
    Ok(())
}

/// What a dry run has told is not kept.
pub(super) struct DryRun;

impl DryRun {
    /// Begins what may be taken back.
    pub(super) fn begin(link: &mut dyn Link) -> Result<(), Failure> {
        Ok(link.run("SAVEPOINT feed", &[]).map(drop)?)
    }

    /// Takes it back.
    pub(super) fn take_back(link: &mut dyn Link) -> Result<(), Failure> {
        Ok(link.run("ROLLBACK TO feed", &[]).map(drop)?)
    }
}
