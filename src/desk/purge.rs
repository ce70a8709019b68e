//! 削除: people whose 保存期間 is over leave the register without a trace but the log's numbers; drafts that nobody sealed leave the disk.

use crate::desk::bundle::verify::files_below;
use crate::notice::Retention;
use crate::record::manifest::Manifest;
use chrono::NaiveDate;
use kansho_core::calendar::plus_days;
use kansho_core::diag::{Code, Failure};
use kansho_register::drafts::{self, Draft};
use kansho_register::issued;
use kansho_register::operators::Role;
use kansho_register::retention::{self, Blocked, Over, Rule};
use kansho_register::store::link::{remember, remembered};
use kansho_register::store::{Act, Caller, Register};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

const ADMIN: &[Role] = &[Role::Admin];
const DRAFTS: &[Role] = &[Role::Admin, Role::Extract];
/// Under which name the register remembers that deleted people may still have a trace in its file.
const TRACES: &str = "traces";

/// Whether a purge was stopped before its last step.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn unfinished(register: &mut Register) -> Result<bool, Failure> {
    register.read(|link| Ok(remembered(link, TRACES)?.as_deref() == Some("1")))
}

/// Whose time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// How many people.
    pub people: usize,
    /// Their 予防接種番号.
    pub numbers: Vec<String>,
    /// Their shots, every version.
    pub doses: u64,
    /// Those who stay, and why.
    pub blocked: Vec<Blocked>,
}

impl From<Over> for Purged {
    fn from(over: Over) -> Self {
        Self { people: over.people(), numbers: over.numbers, doses: over.doses, blocked: over.blocked }
    }
}

/// Deletes the people whose time is over on a day, when there are as many as `confirmed` says; without it, only tells them.
///
/// # Errors
/// [`Failure::Barred`]: not permitted, another count (G641); [`Failure::Declined`] while the office has set no years after leaving.
pub fn people(
    register: &mut Register,
    caller: &Caller,
    as_of: NaiveDate,
    retention: Retention,
    confirmed: Option<usize>,
) -> Result<Purged, Failure> {
    let over = register.act(caller, &Act::new("purge", ADMIN), |work| {
        work.note("as_of", as_of.to_string());
        work.note("dry_run", confirmed.is_none());
        let Some(after_leaving) = retention.years_after_leaving else {
            let message = "市の設定に [retention] years_after_leaving（消除日から何年で消すか）がありません。市の文書管理規程で決めて書いてください";
            return Err(Failure::Declined(message.to_owned()));
        };
        let over = retention::over(work.link, Rule { after_death: retention.years_after_death, after_leaving }, as_of)?;
        work.note("people", over.people());
        work.note("doses", over.doses);
        work.note("blocked", over.blocked.len());
        let Some(confirmed) = confirmed else { return Ok(over) };
        if over.people() != confirmed {
            let message = format!("消す人は {} 人ですが、--confirm は {confirmed} です", over.people());
            return Err(Failure::barred(Code::CountDiffers, message));
        }
        // A number on a row that goes stays taken.
        let issued = issued::issued_up_to(work.link)?;
        issued::remember_issued(work.link, issued)?;
        retention::delete(work.link, &over)?;
        remember(work.link, TRACES, "1")?;
        Ok(over)
    })?;
    if confirmed.is_some() {
        register.scrub()?;
        register.write(|link| Ok(remember(link, TRACES, "0")?))?;
    }
    Ok(over.into())
}

/// One draft that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// Run id.
    pub run: String,
    /// Its folder.
    pub folder: String,
    /// Whether the folder is gone.
    pub removed: bool,
    /// Why it was left.
    pub reason: Option<String>,
}

/// Removes the folders and pieces of drafts, and of what was discarded or cancelled, that are older than some days. A folder that is no
/// longer just what was written is left and told. Their numbers stay taken.
///
/// # Errors
/// [`Failure::Barred`] when it is not permitted, [`Failure::Io`] when a folder cannot be removed.
pub fn drafts(register: &mut Register, caller: &Caller, days: u32) -> Result<Vec<Cleared>, Failure> {
    let permit = register.permit(caller, &Act::new("purge drafts", DRAFTS))?;
    let before = plus_days(permit.at.day(), -i64::from(days)).unwrap_or(NaiveDate::MIN);
    let old = register.read(|link| Ok(drafts::made_before(link, &before.to_string())?));
    let old = old.inspect_err(|failure| register.failed(&permit, failure))?;
    let cleared: Vec<Cleared> = old.iter().filter(|draft| draft.known || Path::new(&draft.folder).exists()).map(clear).collect();
    register.perform(&permit, |work| {
        let gone: BTreeSet<&str> = cleared.iter().filter(|one| one.removed).map(|one| one.run.as_str()).collect();
        for draft in old.iter().filter(|draft| gone.contains(draft.run.as_str())) {
            drafts::forget(work.link, draft)?;
        }
        work.note("days", days);
        work.note("removed", gone.into_iter().collect::<Vec<_>>());
        work.note("left", cleared.iter().filter(|one| !one.removed).map(|one| one.run.as_str()).collect::<Vec<_>>());
        Ok(())
    })?;
    Ok(cleared)
}

fn clear(draft: &Draft) -> Cleared {
    let left = removed(&draft.run, Path::new(&draft.folder)).err();
    Cleared { run: draft.run.clone(), folder: draft.folder.clone(), removed: left.is_none(), reason: left }
}

/// Removes an output folder, when it is the run's and holds nothing else; one that is gone already is fine.
fn removed(run: &str, folder: &Path) -> Result<(), String> {
    let Ok(kind) = std::fs::symlink_metadata(folder) else { return Ok(()) };
    if !kind.is_dir() {
        return Err("フォルダーではありません".to_owned());
    }
    let manifest =
        std::fs::read(folder.join("manifest.json")).ok().and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    let Some(manifest) = manifest.filter(|manifest| manifest.run == run) else {
        return Err("この処理の出力フォルダーではありません".to_owned());
    };
    let listed: BTreeSet<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    let extra =
        files_below(folder).map_err(|failure| failure.to_string())?.into_iter().find(|name| !listed.contains(name.as_str()));
    if let Some(extra) = extra {
        return Err(format!("目録にないファイルがあります: {extra}"));
    }
    std::fs::remove_dir_all(folder).map_err(|error| format!("消せません: {error}"))
}
