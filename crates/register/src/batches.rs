//! 処理: drafts, who approved them, what was sealed and handed over, what came back. One row a run; its pieces hang below it.

use crate::store::Work;
use crate::store::link::{self, Field, Link};
use kansho_core::diag::{Code, Diagnostic, Failure};

/// The stage of a batch's life (design §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 作成済み
    Draft,
    /// 承認済み
    Approved,
    /// 封緘済み
    Sealed,
    /// 納品済み
    Delivered,
    /// 完了
    Closed,
    /// 取消済み
    Cancelled,
    /// 破棄済み
    Discarded,
}

impl State {
    const ALL: [Self; 7] =
        [Self::Draft, Self::Approved, Self::Sealed, Self::Delivered, Self::Closed, Self::Cancelled, Self::Discarded];

    /// The word in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sealed => "sealed",
            Self::Delivered => "delivered",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
        }
    }

    /// The Japanese word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "承認待ち",
            Self::Approved => "承認済み",
            Self::Sealed => "封緘済み",
            Self::Delivered => "納品済み",
            Self::Closed => "完了",
            Self::Cancelled => "取消済み",
            Self::Discarded => "破棄済み",
        }
    }

    /// What can be done next.
    const fn next(self) -> &'static str {
        match self {
            Self::Draft => "次は kansho approve（二人の承認）です。やめるときは kansho batches discard です",
            Self::Approved => {
                "次は kansho seal（封緘）です。やめるときは kansho batches discard か kansho approve --withdraw です"
            }
            Self::Sealed => "次は kansho receipt（納品の数の登録）です。差し出す前にやめるときは kansho cancel です",
            Self::Delivered => "次は kansho receipt --erased-on（消去証明の登録）と kansho returns（返戻）です",
            Self::Closed => "この処理は終わっています。返戻は kansho returns で登録できます",
            Self::Cancelled | Self::Discarded => "この処理は使えません。kansho run で作り直してください",
        }
    }
}

/// A batch.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the columns of the table, told there")]
pub struct Batch {
    pub run: String,
    pub seq: u64,
    pub kind: String,
    pub state: State,
    pub rehearsal: bool,
    pub as_of: String,
    pub since: String,
    pub post_on: String,
    pub folder: String,
    pub root: String,
    pub settings: String,
    pub data_as_of: String,
    pub selected: u64,
    pub ledger_rows: u64,
    pub ledger_met: u64,
    pub protection_rows: u64,
    pub printed: Option<u64>,
    pub pulled: Option<u64>,
    pub handover_on: Option<String>,
    pub package: Option<String>,
    pub package_sha256: Option<String>,
    pub package_root: Option<String>,
    pub mailed: Option<u64>,
    pub erase_due: Option<String>,
    pub erased_on: Option<String>,
    pub cancel_first_by: Option<String>,
}

const COLUMNS: &str = "run, seq, kind, state, rehearsal, as_of, since, post_on, folder, root, selected, ledger_rows, ledger_met, protection_rows, printed, pulled, handover_on, package, package_sha256, package_root, mailed, erase_due, erased_on, cancel_first_by, settings, data_as_of";

fn batch(row: &[Field]) -> Batch {
    let words = |at: usize| row[at].words();
    let optional = |at: usize| row[at].text().map(str::to_owned);
    let counted = |at: usize| row[at].integer().map(|_| row[at].count());
    Batch {
        run: words(0),
        seq: row[1].count(),
        kind: words(2),
        state: State::ALL.into_iter().find(|state| row[3].text() == Some(state.id())).unwrap_or(State::Discarded),
        rehearsal: row[4].integer() == Some(1),
        as_of: words(5),
        since: words(6),
        post_on: words(7),
        folder: words(8),
        root: words(9),
        selected: row[10].count(),
        ledger_rows: row[11].count(),
        ledger_met: row[12].count(),
        protection_rows: row[13].count(),
        printed: counted(14),
        pulled: counted(15),
        handover_on: optional(16),
        package: optional(17),
        package_sha256: optional(18),
        package_root: optional(19),
        mailed: counted(20),
        erase_due: optional(21),
        erased_on: optional(22),
        cancel_first_by: optional(23),
        settings: words(24),
        data_as_of: words(25),
    }
}

impl Batch {
    /// Refuses what cannot be done in this state, naming the state and the next step.
    ///
    /// # Errors
    /// [`Failure::Barred`] with B604.
    pub fn must_be(&self, states: &[State]) -> Result<(), Failure> {
        if states.contains(&self.state) { Ok(()) } else { Err(self.wrong_state()) }
    }

    /// B604 with the state and the next step.
    #[must_use]
    pub fn wrong_state(&self) -> Failure {
        let message = format!("処理 {} は{}です", self.run, self.state.word());
        Failure::Barred(Box::new(Diagnostic::new(Code::BatchState, message).hint(self.state.next())))
    }

    /// Refuses a rehearsal.
    ///
    /// # Errors
    /// [`Failure::Barred`] with B605.
    pub fn must_be_live(&self) -> Result<(), Failure> {
        if self.rehearsal {
            Err(Failure::barred(Code::BatchRehearsal, format!("処理 {} は試験です", self.run)))
        } else {
            Ok(())
        }
    }
}

/// A draft as it is made: what the register keeps of it.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Run id.
    pub run: &'a str,
    /// `run`, or `reissue`.
    pub kind: &'a str,
    /// 試験
    pub rehearsal: bool,
    /// 基準日, 前回の翌日, 発送日, 抽出日.
    pub days: [String; 4],
    /// Its folder, absolute.
    pub folder: &'a str,
    /// Root of its manifest.
    pub root: &'a str,
    /// Hash of the settings it was made with.
    pub settings: &'a str,
    /// The day up to which its letters say that the records are known.
    pub data_as_of: String,
    /// 送る
    pub selected: usize,
    /// 台帳の行, and those that met a resident.
    pub ledger: (usize, usize),
    /// Rows of 支援措置.
    pub protection_rows: usize,
}

/// A piece of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// 通し番号
    pub no: u64,
    /// 発行no
    pub hakkono: u64,
    /// 通知コード
    pub code: String,
    /// 予防接種番号 of the person, else 宛名番号.
    pub person: String,
    /// 事業
    pub programme: String,
    /// Trigger id.
    pub trigger: String,
    /// The occasion it is issued once for.
    pub period: String,
    /// Series, with commas between them.
    pub series: String,
    /// ひな形
    pub template: String,
    /// The letters file.
    pub file: String,
    /// Its first page there, from 1.
    pub page: u64,
    /// 郵便番号
    pub postal: String,
    /// 区, empty when there is none.
    pub ward: String,
    /// 送付先 other than the address.
    pub alternate: bool,
    /// A character of it was substituted.
    pub substituted: bool,
    /// Why it was pulled.
    pub pulled: Option<String>,
}

/// Writes a draft down: a new one, or the same again as long as nobody sealed or ended it.
///
/// # Errors
/// [`Failure::Barred`] with B604 when it is sealed or ended; a [`Failure`] of the store.
pub fn record(work: &mut Work<'_>, draft: &Draft<'_>, pieces: &[Piece]) -> Result<(), Failure> {
    let state = if draft.kind == RUN { State::Draft } else { State::Sealed };
    let (by, at) = (work.who().to_owned(), work.stamp());
    let link = &mut *work.link;
    let seq = link::next(link, "batch")?;
    let known = find(link, draft.run)?;
    if let Some(known) = &known {
        known.must_be(&[State::Draft, State::Approved])?;
        link.run("DELETE FROM piece WHERE run = $1", &[draft.run.into()])?;
    }
    // The approvals stay with the bytes they were given for.
    let kept = known.filter(|known| known.root == draft.root).map_or(state, |known| known.state);
    let [as_of, since, post_on, snapshot] = &draft.days;
    link.run(
        "INSERT INTO batch (run, seq, kind, state, rehearsal, as_of, since, post_on, snapshot, folder, root, selected, ledger_rows, ledger_met, protection_rows, made_by, made_at, settings, data_as_of)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         ON CONFLICT (run) DO UPDATE SET seq = excluded.seq, state = excluded.state, folder = excluded.folder, root = excluded.root",
        &[
            draft.run.into(),
            seq.into(),
            draft.kind.into(),
            kept.id().into(),
            draft.rehearsal.into(),
            as_of.into(),
            since.into(),
            post_on.into(),
            snapshot.into(),
            draft.folder.into(),
            draft.root.into(),
            draft.selected.into(),
            draft.ledger.0.into(),
            draft.ledger.1.into(),
            draft.protection_rows.into(),
            by.into(),
            at.into(),
            draft.settings.into(),
            (&draft.data_as_of).into(),
        ],
    )?;
    for piece in pieces {
        let person = person(link, &piece.person)?;
        link.run(
            "INSERT INTO piece (run, no, hakkono, code, person, programme, trigger_id, period, series, template, file, page, yubinbango, ku, alternate, substituted)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            &[
                draft.run.into(),
                piece.no.into(),
                piece.hakkono.into(),
                (&piece.code).into(),
                person.into(),
                (&piece.programme).into(),
                (&piece.trigger).into(),
                (&piece.period).into(),
                (&piece.series).into(),
                (&piece.template).into(),
                (&piece.file).into(),
                piece.page.into(),
                (&piece.postal).into(),
                (&piece.ward).into(),
                piece.alternate.into(),
                piece.substituted.into(),
            ],
        )?;
    }
    Ok(())
}

/// The kind of a monthly run.
pub const RUN: &str = "run";
/// The kind of a single notice.
pub const REISSUE: &str = "reissue";

/// The row of a person by any number that leads to them.
///
/// # Errors
/// [`Failure::Barred`] with O600 when there is none.
pub fn person(link: &mut dyn Link, number: &str) -> Result<u64, Failure> {
    let sql = "SELECT person FROM person_number WHERE number = $1 ORDER BY kind DESC";
    let found = link.row(sql, &[number.into()])?;
    found
        .map(|row| row[0].count())
        .ok_or_else(|| Failure::barred(Code::PersonNotFound, format!("{number} の人は登録簿にいません")))
}

/// A batch by run id.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn find(link: &mut dyn Link, run: &str) -> Result<Option<Batch>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM batch WHERE run = $1");
    Ok(link.row(&sql, &[run.into()])?.map(|row| batch(&row)))
}

/// A batch that must be there.
///
/// # Errors
/// [`Failure::Barred`] with B604 when it is not.
pub fn known(link: &mut dyn Link, run: &str) -> Result<Batch, Failure> {
    find(link, run)?.ok_or_else(|| {
        let told = Diagnostic::new(Code::BatchState, format!("処理 {run} は登録簿にありません"));
        Failure::Barred(Box::new(told.hint("この登録簿で kansho run --register を実行して作った処理を指定してください")))
    })
}

/// Every monthly run, the oldest first.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn all(link: &mut dyn Link) -> Result<Vec<Batch>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM batch WHERE kind = $1 ORDER BY seq");
    Ok(link.rows(&sql, &[RUN.into()])?.iter().map(|row| batch(row)).collect())
}

/// The monthly run that was sealed last, of those as of an earlier day.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn last_sealed(link: &mut dyn Link, as_of: &str) -> Result<Option<Batch>, Failure> {
    let sql = format!(
        "SELECT {COLUMNS} FROM batch WHERE kind = $1 AND as_of < $2 AND state IN ('sealed', 'delivered', 'closed') ORDER BY as_of DESC, sealed_seq DESC"
    );
    Ok(link.row(&sql, &[RUN.into(), as_of.into()])?.map(|row| batch(&row)))
}

/// The runs of a day that were discarded or cancelled: their numbers are gaps for ever.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn ended(link: &mut dyn Link, as_of: &str) -> Result<Vec<String>, Failure> {
    let sql = "SELECT run FROM batch WHERE as_of = $1 AND state IN ('cancelled', 'discarded') ORDER BY run";
    Ok(link.rows(sql, &[as_of.into()])?.iter().map(|row| row[0].words()).collect())
}

/// Another run that was sealed since a draft was made.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn sealed_since(link: &mut dyn Link, draft: &Batch) -> Result<Option<String>, Failure> {
    let sql = "SELECT run FROM batch WHERE kind = $1 AND run <> $2 AND sealed_seq > $3 AND state <> 'cancelled'";
    Ok(link.row(sql, &[RUN.into(), (&draft.run).into(), draft.seq.into()])?.map(|row| row[0].words()))
}

/// A handed-over run whose erasure was due before a day and is not proved.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn overdue(link: &mut dyn Link, day: &str) -> Result<Option<(String, String)>, Failure> {
    let sql = "SELECT run, erase_due FROM batch WHERE erase_due < $1 AND erased_on IS NULL ORDER BY erase_due";
    Ok(link.row(sql, &[day.into()])?.map(|row| (row[0].words(), row[1].words())))
}

/// The pieces of a batch, in order.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn pieces(link: &mut dyn Link, run: &str) -> Result<Vec<Piece>, Failure> {
    let sql = "SELECT piece.no, hakkono, code, coalesce(person.yobosesshubango, person.atenabango), programme, trigger_id, period, series, template, file, page, yubinbango, ku, alternate, substituted, pulled
               FROM piece JOIN person ON person.id = piece.person WHERE run = $1 ORDER BY piece.no";
    let piece = |row: &Vec<Field>| Piece {
        no: row[0].count(),
        hakkono: row[1].count(),
        code: row[2].words(),
        person: row[3].words(),
        programme: row[4].words(),
        trigger: row[5].words(),
        period: row[6].words(),
        series: row[7].words(),
        template: row[8].words(),
        file: row[9].words(),
        page: row[10].count(),
        postal: row[11].words(),
        ward: row[12].words(),
        alternate: row[13].integer() == Some(1),
        substituted: row[14].integer() == Some(1),
        pulled: row[15].text().map(str::to_owned),
    };
    Ok(link.rows(sql, &[run.into()])?.iter().map(piece).collect())
}

/// Puts a batch into a state.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn set_state(link: &mut dyn Link, run: &str, state: State) -> Result<(), Failure> {
    link.run("UPDATE batch SET state = $2 WHERE run = $1", &[run.into(), state.id().into()])?;
    Ok(())
}

/// Ends a batch for a reason.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn end(link: &mut dyn Link, run: &str, state: State, reason: &str) -> Result<(), Failure> {
    let sql = "UPDATE batch SET state = $2, ended_reason = $3 WHERE run = $1";
    link.run(sql, &[run.into(), state.id().into(), reason.into()])?;
    Ok(())
}

/// Notes who wants a batch cancelled first.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn want_cancelled(link: &mut dyn Link, run: &str, by: &str, reason: &str) -> Result<(), Failure> {
    let sql = "UPDATE batch SET cancel_first_by = $2, ended_reason = $3 WHERE run = $1";
    link.run(sql, &[run.into(), by.into(), reason.into()])?;
    Ok(())
}

/// What sealing settles.
#[derive(Clone, Debug)]
pub struct Sealing<'a> {
    /// Run id.
    pub run: &'a str,
    /// 引渡日
    pub handover_on: &'a str,
    /// The package: path, SHA-256, root.
    pub package: [&'a str; 3],
    /// Pieces of the package.
    pub printed: usize,
    /// Numbers that were pulled, each with its reason.
    pub pulled: &'a [(u64, String)],
    /// Where the other pieces stand in the package: number, file, first page.
    pub places: &'a [(u64, String, u64)],
}

/// Seals a batch.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn seal(work: &mut Work<'_>, sealing: &Sealing<'_>) -> Result<(), Failure> {
    let (by, at) = (work.who().to_owned(), work.stamp());
    let link = &mut *work.link;
    let seq = link::next(link, "batch")?;
    let Sealing { run, handover_on, package: [path, sha256, root], printed, pulled, places } = sealing;
    link.run(
        "UPDATE batch SET state = 'sealed', handover_on = $2, package = $3, package_sha256 = $4, package_root = $5, printed = $6, pulled = $7, sealed_by = $8, sealed_at = $9, sealed_seq = $10 WHERE run = $1",
        &[
            (*run).into(),
            (*handover_on).into(),
            (*path).into(),
            (*sha256).into(),
            (*root).into(),
            (*printed).into(),
            pulled.len().into(),
            by.into(),
            at.into(),
            seq.into(),
        ],
    )?;
    for (no, reason) in *pulled {
        link.run("UPDATE piece SET pulled = $3 WHERE run = $1 AND no = $2", &[(*run).into(), (*no).into(), reason.into()])?;
    }
    for (no, file, page) in *places {
        let sql = "UPDATE piece SET file = $3, page = $4 WHERE run = $1 AND no = $2";
        link.run(sql, &[(*run).into(), (*no).into(), file.into(), (*page).into()])?;
    }
    Ok(())
}

/// The same package was written again: other bytes of the same content.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn packed_again(link: &mut dyn Link, run: &str, path: &str, sha256: &str) -> Result<(), Failure> {
    let sql = "UPDATE batch SET package = $2, package_sha256 = $3 WHERE run = $1";
    link.run(sql, &[run.into(), path.into(), sha256.into()])?;
    Ok(())
}

/// 納品: what the print shop counted.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the words of the print shop's form")]
pub struct Receipt<'a> {
    pub received: u64,
    pub printed: u64,
    pub spoiled: u64,
    pub mailed: u64,
    pub withdrawn: u64,
    pub on: &'a str,
    pub by: &'a str,
    pub erase_due: &'a str,
}

/// Notes what the print shop counted.
///
/// # Errors
/// [`Failure::Barred`] with B610 when the counts do not close; a [`Failure`] of the store.
pub fn deliver(link: &mut dyn Link, batch: &Batch, receipt: &Receipt<'_>) -> Result<(), Failure> {
    let Receipt { received, printed, spoiled, mailed, withdrawn, on, by, erase_due } = receipt;
    let pieces = batch.printed.unwrap_or(0);
    let sum = |numbers: &[u64]| numbers.iter().try_fold(0_u64, |sum, number| sum.checked_add(*number));
    let wrong = [
        (*received == pieces, format!("受け取った数 {received} ≠ 渡した数 {pieces}")),
        (
            sum(&[*mailed, *withdrawn, *spoiled]) == Some(*printed),
            format!("刷った数 {printed} ≠ 差し出した数 {mailed} + 抜いた数 {withdrawn} + 損じた数 {spoiled}"),
        ),
        (
            sum(&[*mailed, *withdrawn]) == Some(*received),
            format!("受け取った数 {received} ≠ 差し出した数 {mailed} + 抜いた数 {withdrawn}"),
        ),
    ];
    let wrong: Vec<String> = wrong.into_iter().filter(|(holds, _)| !holds).map(|(_, told)| told).collect();
    if !wrong.is_empty() {
        return Err(Failure::barred(Code::BatchCounts, wrong.join("、")));
    }
    link.run(
        "UPDATE batch SET state = 'delivered', received = $2, printed_there = $3, spoiled = $4, mailed = $5, withdrawn = $6, delivered_on = $7, received_by = $8, erase_due = $9 WHERE run = $1",
        &[
            (&batch.run).into(),
            (*received).into(),
            (*printed).into(),
            (*spoiled).into(),
            (*mailed).into(),
            (*withdrawn).into(),
            (*on).into(),
            (*by).into(),
            (*erase_due).into(),
        ],
    )?;
    Ok(())
}

/// 消去証明: the print shop's data are gone; the batch is closed.
///
/// # Errors
/// A [`Failure`] of the store.
pub fn erased(link: &mut dyn Link, run: &str, on: &str, certificate: &str) -> Result<(), Failure> {
    let sql = "UPDATE batch SET state = 'closed', erased_on = $2, certificate = $3 WHERE run = $1";
    link.run(sql, &[run.into(), on.into(), certificate.into()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::store::{Caller, Register};
    use crate::suite;

    #[test]
    fn the_journal_of_a_register_holds_what_every_journal_holds() {
        let place = tempfile::tempdir().unwrap();
        let caller = Caller {
            account: None,
            passphrase: None,
            os_account: "clerk".to_owned(),
            service: false,
            host: "desk".to_owned(),
            purpose: None,
        };
        let mut register = Register::create(&place.path().join("kansho.db"), &caller).unwrap();
        assert_eq!(suite::journal(&mut register, &caller), Ok(()));
    }
}
