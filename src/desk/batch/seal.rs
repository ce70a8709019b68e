//! 封緘 (design §5): the feed of the day comes in, everybody is decided again, what must not go out is pulled, the rest is packed; all of it is in the
//! register by one transaction, and then the package gets its name. After a kill the same command completes it.

use crate::desk::batch::compose::{self, Approved};
use crate::desk::batch::package::{self, Parts};
use crate::desk::batch::pull::{self, Pulled};
use crate::desk::batch::{self, Named, draft};
use crate::desk::output::Ready;
use crate::desk::registry::{Asked, Feed, Marked};
use crate::desk::settings::Settings;
use crate::desk::{Desk, Doing};
use chrono::NaiveDate;
use kansho_core::diag::{Code, Failure};
use kansho_register::approvals::{self, NEEDED};
use kansho_register::batches::{self, Batch, Piece, RUN, Sealing, State};
use kansho_register::feeds::{self, Mode};
use kansho_register::log::{self, Head};
use kansho_register::notices;
use kansho_register::store::{Permit, Work};
use kansho_register::stored::{self, Shared};
use serde_json::Map;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Days before the hand-over day within which the feed was extracted.
const FRESH_DAYS: i64 = 7;

/// What sealing is asked for.
#[derive(Debug)]
pub struct Seal<'a> {
    /// The batch.
    pub named: Named,
    /// 住民ファイル of the day.
    pub feed: PathBuf,
    /// Why people that the feed lacks are accepted as missing.
    pub accept_missing: Option<String>,
    /// What is said of the mark sheets.
    pub marked: Marked,
    /// 引渡日
    pub handover_on: NaiveDate,
    /// The package that is made.
    pub out: PathBuf,
    /// Its passphrase.
    pub passphrase: &'a str,
}

/// A sealed batch.
#[derive(Debug)]
pub struct Done {
    /// The batch as it is now.
    pub batch: Batch,
    /// It was sealed before.
    pub repeated: bool,
    /// 通し番号, 通知コード and reason of what was pulled.
    pub pulled: Vec<(u64, String, String)>,
    /// First and last 発行no of what was printed.
    pub issue_no: Option<(u64, u64)>,
    /// The last entry of the log.
    pub log_head: Head,
}

/// Seals a batch, or completes what was sealed before.
///
/// # Errors
/// [`Failure::Barred`]: B602, B603, B604, B605, B606, B607, B609, G611, G612; [`Failure::Refused`] when the feed or the package is not
/// sound. Nothing is stored then, and no package is there.
pub fn run(
    seal: &Seal<'_>,
    (register, permit): (&Shared, &Permit),
    settings_on: &dyn Fn(NaiveDate) -> Result<Arc<Settings>, Failure>,
    book_on: &(dyn Fn(NaiveDate) -> Result<kansho_core::folder::Folder, Failure> + Sync),
    desk: &Desk<'_>,
) -> Result<Done, Failure> {
    let batch = register.lock().read(|link| batches::known(link, &seal.named.run))?;
    let again = batch.state == State::Sealed && batch.handover_on.as_deref() == Some(&seal.handover_on.to_string());
    let parts = Parts::of(&seal.out);
    if again && parts.completed(&batch)? {
        register.lock().perform(permit, |work| {
            work.note("run", batch.run.as_str());
            work.note("repeated", true);
            Ok(())
        })?;
        return told(register, &batch.run, true);
    }
    let approved = if again { may_complete(seal, &batch)? } else { may_seal(seal, register, &batch)? };
    let as_of = batch.as_of.parse().map_err(|_| Failure::barred(Code::RegisterDamaged, "処理の基準日を読めません"))?;
    let settings = settings_on(as_of)?;
    if settings.sha256 != batch.settings {
        let message = format!("処理 {}: 設定（規則・ひな形・レイアウトなど）が、作ったときから変わっています", batch.run);
        return Err(Failure::barred(Code::BatchAltered, message));
    }
    if again {
        rewrite(seal, (register, permit), (&settings, book_on, desk), (&batch, &approved), &parts)?;
    } else {
        parts.clear(&seal.named.folder(&batch))?;
        first(seal, (register, permit), (&settings, book_on, desk), (&batch, &approved), &parts)?;
    }
    told(register, &batch.run, again)
}

/// What a seal is made with.
type Tools<'a> =
    (&'a Arc<Settings>, &'a (dyn Fn(NaiveDate) -> Result<kansho_core::folder::Folder, Failure> + Sync), &'a Desk<'a>);

/// Refuses what must not be sealed; the order is that of what a clerk can do about it.
fn may_seal(seal: &Seal<'_>, register: &Shared, batch: &Batch) -> Result<Approved, Failure> {
    batch.must_be(&[State::Draft, State::Approved])?;
    if batch.kind != RUN {
        return Err(Failure::barred(Code::BatchState, format!("{} は再発行です。封緘は要りません", batch.run)));
    }
    batch.must_be_live()?;
    let approvals = register.lock().read(|link| approvals::of(link, &batch.run))?;
    if approvals.len() < NEEDED {
        let message = format!("処理 {} の承認は {} 人です（{NEEDED} 人が要ります）", batch.run, approvals.len());
        return Err(Failure::barred(Code::NotTwoApprovals, message));
    }
    let (folder, manifest) = batch::unaltered(&seal.named, batch)?;
    register.lock().read(|link| unhindered(link, seal, batch))?;
    Approved::read(&folder, manifest)
}

/// What is outside the batch and stops it.
fn unhindered(link: &mut dyn kansho_register::store::link::Link, seal: &Seal<'_>, batch: &Batch) -> Result<(), Failure> {
    let day = seal.handover_on.to_string();
    if day < batch.as_of {
        return Err(Failure::Usage(format!("引渡日 {day} が処理の基準日 {} より前です", batch.as_of)));
    }
    if let Some((run, due)) = batches::overdue(link, &day)? {
        return Err(Failure::barred(Code::ErasureOverdue, format!("処理 {run} の消去証明の期限は {due} でした")));
    }
    if let Some(other) = batches::sealed_since(link, batch)? {
        return Err(Failure::barred(
            Code::SealedSince,
            format!("処理 {} を作ったあとに、処理 {other} が封緘されています", batch.run),
        ));
    }
    Ok(())
}

fn may_complete(seal: &Seal<'_>, batch: &Batch) -> Result<Approved, Failure> {
    let (folder, manifest) = batch::unaltered(&seal.named, batch)?;
    Approved::read(&folder, manifest)
}

/// The feed of the day, fresh enough.
fn feed(seal: &Seal<'_>, settings: &Settings) -> Result<(Asked, Feed), Failure> {
    let asked = Asked { file: seal.feed.clone(), mode: Mode::Full, accept_missing: seal.accept_missing.clone(), dry_run: false };
    let feed = Feed::read(&asked, &seal.marked, settings)?;
    let age = seal.handover_on.signed_duration_since(feed.snapshot()).num_days();
    if !(0..=FRESH_DAYS).contains(&age) {
        let message = format!(
            "住民ファイルの抽出日 {} は、引渡日 {} の前 {FRESH_DAYS} 日以内ではありません",
            feed.snapshot(),
            seal.handover_on
        );
        return Err(Failure::barred(Code::FeedStale, message));
    }
    Ok((asked, feed))
}

fn first(
    seal: &Seal<'_>,
    (register, permit): (&Shared, &Permit),
    (settings, book_on, desk): Tools<'_>,
    (batch, approved): (&Batch, &Approved),
    parts: &Parts,
) -> Result<(), Failure> {
    desk.tell(Doing::Reading);
    let (asked, tried) = feed(seal, settings)?;
    let sha256 = tried.sha256().to_owned();
    if register.lock().read(|link| Ok(feeds::snapshot(link)?))?.is_some_and(|last| tried.snapshot() < last) {
        let message = format!("住民ファイルの抽出日 {} は、登録簿より前です", tried.snapshot());
        return Err(Failure::barred(Code::FeedOlder, message));
    }
    // The feed is tried out: what it makes of everybody is looked at, and taken back until the package lies there.
    register.lock().try_out()?;
    let looked = (|| {
        let (known, pieces) = {
            let mut register = register.lock();
            let known = stored::digest(register.link())?;
            let mut work = Work { link: register.link(), permit, detail: Map::new(), person: None };
            tried.take(&mut work, &asked, &seal.marked, settings)?;
            (known, batches::pieces(register.link(), &batch.run)?)
        };
        let looked = desk.pool.install(|| pull::look(register, settings, (batch, pieces), seal.handover_on, None))?;
        Ok::<_, Failure>((looked, known))
    })();
    register.lock().let_go();
    let ((look, mut pulled), known) = looked?;
    desk.tell(Doing::Making);
    let head = register.lock().read(|link| Ok(log::head(link)?))?;
    let made = desk.pool.install(|| {
        let ready = compose::remaining(&look, batch, approved, &mut pulled, &seal.out)?;
        let written = package::write(&ready, batch, &head, seal.passphrase, book_on, parts)?;
        Ok::<_, Failure>((ready, written))
    });
    let (ready, written) = made?;
    let (_, again) = feed(seal, settings)?;
    if again.sha256() != sha256 {
        parts.discard();
        return Err(Failure::Declined("住民ファイルが、読んでいるあいだに変わりました。もう一度実行してください".to_owned()));
    }
    let done = register.lock().perform(permit, |work| {
        let now = batches::known(work.link, &batch.run)?;
        now.must_be(&[State::Approved])?;
        unhindered(work.link, seal, &now)?;
        if now.root != batch.root || stored::digest(work.link)? != known {
            return Err(Failure::barred(Code::ChangedMeanwhile, "封緘しているあいだに、登録簿が変わりました"));
        }
        again.take(work, &asked, &seal.marked, settings)?;
        enter(work, batch, (&look.pieces, &pulled), &ready, &written, seal)
    });
    if done.is_err() {
        parts.discard();
    }
    done?;
    parts.release()
}

/// Issues the notices and seals the batch, within the transaction.
fn enter(
    work: &mut Work<'_>,
    batch: &Batch,
    (pieces, pulled): (&[Piece], &Pulled),
    ready: &Ready,
    written: &package::Written,
    seal: &Seal<'_>,
) -> Result<(), Failure> {
    let processed = work.today().to_string();
    for ((key, printed), piece) in ready.pieces.iter().zip(pieces.iter().filter(|piece| !pulled.contains_key(&piece.no))) {
        if printed.code.0 != piece.code {
            return Err(Failure::barred(Code::BatchAltered, format!("通し番号 {} の通知が承認したものと違います", piece.no)));
        }
        let person = batches::person(work.link, &piece.person)?;
        let new = notices::New {
            person,
            what: [&piece.programme, &piece.trigger, &piece.period],
            run: &batch.run,
            no: piece.no,
            hakkono: piece.hakkono,
            code: &piece.code,
            days: [&batch.post_on, &processed],
            template: &piece.template,
            kind: RUN,
            reason: None,
            doses: &draft::doses(&ready.decisions.as_slice()[*key]),
        };
        notices::issue(work.link, &new)?;
    }
    let places: Vec<(u64, String, u64)> = ready
        .manifest
        .pieces
        .iter()
        .filter_map(|entry| {
            let letter = entry.outputs.pages("letters")?;
            Some((u64::from(entry.no), letter.file.clone(), letter.pages.first().map_or(0, |page| *page as u64)))
        })
        .collect();
    let reasons: Vec<(u64, String)> = pulled.iter().map(|(no, reason)| (*no, reason.clone())).collect();
    let path = std::path::absolute(&seal.out).unwrap_or_else(|_| seal.out.clone()).to_string_lossy().into_owned();
    let sealing = Sealing {
        run: &batch.run,
        handover_on: &seal.handover_on.to_string(),
        package: [&path, &written.sha256, &written.root],
        printed: ready.pieces.len(),
        pulled: &reasons,
        places: &places,
    };
    batches::seal(work, &sealing)?;
    work.note("run", batch.run.as_str());
    work.note("root", batch.root.as_str());
    work.note("package_root", written.root.as_str());
    work.note("printed", ready.pieces.len());
    work.note("pulled", pulled.len());
    Ok(())
}

/// Writes the package of a sealed batch again: the same content, or none.
fn rewrite(
    seal: &Seal<'_>,
    (register, permit): (&Shared, &Permit),
    (settings, book_on, desk): Tools<'_>,
    (batch, approved): (&Batch, &Approved),
    parts: &Parts,
) -> Result<(), Failure> {
    parts.clear(Path::new(&batch.folder))?;
    desk.tell(Doing::Making);
    let pieces = register.lock().read(|link| batches::pieces(link, &batch.run))?;
    let known: Pulled = pieces.iter().filter_map(|piece| Some((piece.no, piece.pulled.clone()?))).collect();
    let head = register.lock().read(|link| Ok(log::head(link)?))?;
    let written = desk.pool.install(|| {
        let (look, mut pulled) = pull::look(register, settings, (batch, pieces), seal.handover_on, Some(known))?;
        let ready = compose::remaining(&look, batch, approved, &mut pulled, &seal.out)?;
        package::write(&ready, batch, &head, seal.passphrase, book_on, parts)
    })?;
    if batch.package_root.as_deref() != Some(&written.root) {
        parts.discard();
        let message = format!("処理 {}: 封緘のあとに登録簿の人が変わり、同じ受渡ファイルを作れません", batch.run);
        return Err(Failure::barred(Code::BatchAltered, message));
    }
    let path = std::path::absolute(&seal.out).unwrap_or_else(|_| seal.out.clone()).to_string_lossy().into_owned();
    let done = register.lock().perform(permit, |work| {
        work.note("run", batch.run.as_str());
        work.note("repeated", true);
        batches::packed_again(work.link, &batch.run, &path, &written.sha256)
    });
    if done.is_err() {
        parts.discard();
    }
    done?;
    parts.release()
}

/// What is told of a sealed batch.
fn told(register: &Shared, run: &str, repeated: bool) -> Result<Done, Failure> {
    register.lock().read(|link| {
        let batch = batches::known(link, run)?;
        let pieces = batches::pieces(link, run)?;
        let printed = || pieces.iter().filter(|piece| piece.pulled.is_none()).map(|piece| piece.hakkono);
        let issue_no = printed().min().zip(printed().max());
        let pulled = pieces.iter().filter_map(|piece| Some((piece.no, piece.code.clone(), piece.pulled.clone()?))).collect();
        let log_head = log::head(link)?;
        Ok(Done { batch, repeated, pulled, issue_no, log_head })
    })
}
