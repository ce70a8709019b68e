//! 点検: the state of the register, its file and its disk, and what is due. It looks at no person.

use crate::desk::keep::{self, LastCopy};
use crate::desk::purge;
use chrono::{DateTime, NaiveDate};
use kansho_core::calendar::{month_shift, plus_days};
use kansho_core::diag::Failure;
use kansho_register::access::{self, Month};
use kansho_register::clock::Moment;
use kansho_register::condition::{self, Erasure, LastFeed};
use kansho_register::feeds as register_feeds;
use kansho_register::log::{self, Head};
use kansho_register::operators::Role;
use kansho_register::store::{Act, Caller, Register};
use serde::Serialize;
use std::path::Path;

const ROLES: &[Role] = &[Role::Admin, Role::Support];
/// Room that the disk needs at least; and twice the register, for a copy or a purge takes as much as it has.
const ROOM: u64 = 1 << 30;
/// Days without a copy that are too many: the feeds come by the week or the month.
const COPY_DAYS: i64 = 7;
/// Months without a full feed of residents that are too many (design §7b, G614).
const FEED_MONTHS: i32 = 12;

/// 空き容量
#[derive(Clone, Debug, Default, Serialize)]
pub struct Disk {
    /// Bytes free, where the system tells it.
    pub free: Option<u64>,
    /// Bytes of the register.
    pub register: u64,
}

/// 権限
#[derive(Clone, Debug, Default, Serialize)]
pub struct Permissions {
    /// Mode of the file, octal.
    pub file: String,
    /// Mode of its folder, octal.
    pub folder: String,
    /// Others may read or write the file, or put another in its place.
    pub open: bool,
    /// The file is the process's own.
    pub owner: bool,
}

/// 時計
#[derive(Clone, Debug, Serialize)]
pub struct Clock {
    /// As the machine has it.
    pub now: String,
    /// Stamp of the last entry before this look.
    pub last_entry: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Condition {
    /// 空き容量
    pub disk: Disk,
    /// 権限
    pub permissions: Permissions,
    /// Whole, as far as a quick look shows.
    pub integrity: bool,
    /// Version of the tables.
    pub schema: usize,
    /// The last copy.
    pub last_backup: Option<LastCopy>,
    /// The last feeds.
    pub feeds: Vec<LastFeed>,
    /// 消去の証明 that have not come.
    pub overdue_erasures: Vec<Erasure>,
    /// Refused rows that wait to be mended.
    pub open_errors: usize,
    /// Operators with a long session of last month nobody answered for.
    pub long_sessions: Vec<String>,
    /// A purge was stopped before its last step.
    pub purge_unfinished: bool,
    /// 時計
    pub clock: Clock,
    /// The last entry of the log before this look.
    pub log_head: String,
    /// What has to be done, in words.
    pub due: Vec<String>,
}

/// Looks at everything.
///
/// # Errors
/// [`Failure::Barred`] when it is not permitted, the clock is back (G607), or the file is damaged so far that it cannot be read (G603).
pub fn look(register: &mut Register, caller: &Caller) -> Result<Condition, Failure> {
    let permit = register.permit(caller, &Act::new("check", ROLES))?;
    let seen = seen(register, permit.at).inspect_err(|failure| register.failed(&permit, failure))?;
    register.perform(&permit, |work| {
        work.note("due", seen.due.len());
        Ok(())
    })?;
    Ok(seen)
}

fn seen(register: &mut Register, at: Moment) -> Result<Condition, Failure> {
    let integrity = register.whole()?;
    let today = at.day();
    let (head, last_entry, feeds, overdue_erasures, open_errors, month) = register.read(|link| {
        Ok((
            log::head(link)?,
            log::last_moment(link)?.map(|moment| moment.to_string()),
            condition::feeds(link)?,
            condition::overdue_erasures(link, &today.to_string())?,
            register_feeds::open(link, None)?.len(),
            access::report(link, &Month::before(today))?,
        ))
    })?;
    let mut seen = Condition {
        disk: disk(register.path()),
        permissions: permissions(register.path()),
        integrity,
        schema: Register::schema(),
        last_backup: keep::last(register)?,
        feeds,
        overdue_erasures,
        open_errors,
        long_sessions: month.unanswered().into_iter().map(str::to_owned).collect(),
        purge_unfinished: purge::unfinished(register)?,
        clock: Clock { now: at.to_string(), last_entry },
        log_head: Head::to_string(&head),
        due: Vec::new(),
    };
    seen.due = due(&seen, today);
    Ok(seen)
}

fn due(seen: &Condition, today: NaiveDate) -> Vec<String> {
    let mut due = Vec::new();
    let mut see = |is: bool, words: String| due.extend(is.then_some(words));
    see(!seen.integrity, "登録簿が壊れています（控えから戻してください）".to_owned());
    let wanted = ROOM.max(seen.disk.register.saturating_mul(2));
    see(
        seen.disk.free.is_some_and(|free| free < wanted),
        format!("ディスクの空きが足りません（{} MB は要ります）", wanted >> 20),
    );
    see(
        seen.permissions.open,
        "登録簿のファイルかフォルダーが、ほかの人にも開かれています（0600 と 0700 にしてください）".to_owned(),
    );
    see(!seen.permissions.owner, "登録簿の持ち主が、いま動いている口座ではありません".to_owned());
    let day = |stamp: &String| DateTime::parse_from_rfc3339(stamp).ok().map(|moment| moment.date_naive());
    if !seen.feeds.is_empty() {
        let since = plus_days(today, -COPY_DAYS);
        let copied = seen.last_backup.as_ref().and_then(|last| day(&last.at));
        see(copied.is_none() || copied < since, format!("この {COPY_DAYS} 日、控えを作っていません（kansho backup）"));
        let residents = seen.feeds.iter().find(|feed| feed.kind == "residents");
        let full = residents.and_then(|feed| {
            let snapshot = feed.full_snapshot.as_ref().and_then(|day| day.parse::<NaiveDate>().ok());
            snapshot.or_else(|| feed.full_at.as_ref().and_then(day))
        });
        see(
            full.is_none() || full < month_shift(today, -FEED_MONTHS),
            format!("この {FEED_MONTHS} か月、住民の全件の取り込みがありません"),
        );
    }
    for erasure in &seen.overdue_erasures {
        see(true, format!("処理 {} の消去の証明が、期限の {} を過ぎても来ていません", erasure.run, erasure.erase_due));
    }
    see(seen.open_errors > 0, format!("取り込めなかった行が {} 件、そのままです（kansho import errors）", seen.open_errors));
    for operator in &seen.long_sessions {
        see(true, format!("先月の {operator} の長い利用に回答がありません（kansho log reply）"));
    }
    see(seen.purge_unfinished, "削除が途中で止まっています（kansho purge --confirm 0 で終わらせてください）".to_owned());
    due
}

#[cfg(unix)]
fn disk(register: &Path) -> Disk {
    let size = |end: &str| {
        let mut name = register.as_os_str().to_owned();
        name.push(end);
        std::fs::metadata(name).map(|file| file.len()).unwrap_or_default()
    };
    let free = rustix::fs::statvfs(register).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    Disk { free, register: size("") + size("-wal") }
}

#[cfg(not(unix))]
fn disk(register: &Path) -> Disk {
    Disk { free: None, register: std::fs::metadata(register).map(|file| file.len()).unwrap_or_default() }
}

#[cfg(unix)]
fn permissions(register: &Path) -> Permissions {
    use std::os::unix::fs::MetadataExt;
    let folder = register.parent().filter(|place| !place.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Ok(file), Ok(folder)) = (std::fs::metadata(register), std::fs::metadata(folder)) else { return Permissions::default() };
    Permissions {
        file: format!("{:04o}", file.mode() & 0o7777),
        folder: format!("{:04o}", folder.mode() & 0o7777),
        // Who may write into the folder can put another file in the register's place.
        open: file.mode() & 0o077 != 0 || folder.mode() & 0o022 != 0,
        owner: file.uid() == rustix::process::geteuid().as_raw(),
    }
}

/// Windows: the access list of the folder is the office's duty.
#[cfg(not(unix))]
fn permissions(_register: &Path) -> Permissions {
    Permissions { owner: true, ..Permissions::default() }
}
