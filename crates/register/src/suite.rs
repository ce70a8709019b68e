//! What every store has to hold, whatever it is kept in. Each function gives what does not hold, in words.

use crate::batches::{self, Batch, Draft, Piece, RUN, State};
use crate::notices::{self, New};
use crate::numbers::{Numbers, Wanted};
use crate::people::People;
use crate::residents;
use crate::store::{Act, Caller, Register, Work};
use kansho_core::diag::{Failure, Severity, show};
use kansho_intake::join::Days;
use std::collections::BTreeSet;

/// What a store says that cannot answer.
fn told(failure: &Failure) -> String {
    match failure {
        Failure::Refused(report) => show::report(report, Severity::Note, 20),
        other @ (Failure::Barred(_) | Failure::Declined(_) | Failure::Io { .. } | Failure::Usage(_)) => other.to_string(),
    }
}

fn hold(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// 発行no: `open` gives the same empty store each time, as another process would open it.
///
/// # Errors
/// The first thing that does not hold.
pub fn numbers<N: Numbers>(open: &(dyn Fn() -> N + Sync)) -> Result<(), String> {
    // A content is 32 hexadecimal digits.
    let reserve = |draft: u32, count, highest| {
        let content = &format!("{draft:032x}");
        open().reserve(&Wanted { content, count, below: 1_000, programme: "一括", reason: "試し" }, highest)
    };
    let taken = |draft, count, highest| reserve(draft, count, highest).map_err(|failure| told(&failure));
    let first = taken(1, 3, 41)?;
    hold(first == 42, "the first number is above the highest in use")?;
    hold(taken(2, 2, 41)? == 45, "another draft takes numbers behind those that were taken")?;
    hold(taken(1, 3, 41)? == 42, "the same draft takes its own numbers again")?;
    hold(taken(1, 2, 41)? == 42, "the same draft with fewer pieces keeps its numbers")?;
    hold(taken(3, 1, 500)? == 501, "numbers of a ledger that is ahead are passed by")?;
    hold(reserve(4, 600, 41).is_err(), "numbers that have run out are refused")?;
    hold(taken(5, 1, 41)? == 502, "what was refused took nothing")?;
    let several: Result<Vec<u64>, String> = std::thread::scope(|scope| {
        let started: Vec<_> = (10..18).map(|draft| scope.spawn(move || taken(draft, 5, 41))).collect();
        started.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?).collect()
    });
    let all: BTreeSet<u64> = several?.into_iter().flat_map(|first| first..first + 5).collect();
    hold(all.len() == 40, "no number is taken twice at the same moment")
}

/// 処理の記録: an empty register, and an operator of it who approves.
///
/// # Errors
/// The first thing that does not hold.
pub fn journal(register: &mut Register, caller: &Caller) -> Result<(), String> {
    let number = "9900000001";
    let draft = |root| Draft {
        run: "20261201-00000001",
        kind: RUN,
        rehearsal: false,
        days: ["2026-12-01"; 4].map(str::to_owned),
        folder: "out",
        root,
        settings: "",
        data_as_of: "2026-12-01".to_owned(),
        selected: 1,
        ledger: (1, 1),
        protection_rows: 0,
    };
    let piece = |code: &str| Piece {
        no: 1,
        hakkono: 41,
        code: code.to_owned(),
        person: number.to_owned(),
        programme: "mr1".to_owned(),
        trigger: "first".to_owned(),
        period: "once".to_owned(),
        series: "mr".to_owned(),
        template: "mr1".to_owned(),
        file: "letters-0001.pdf".to_owned(),
        page: 1,
        postal: "2600855".to_owned(),
        ward: String::new(),
        alternate: false,
        substituted: false,
        pulled: None,
    };
    let mut act = |what: &mut dyn FnMut(&mut Work<'_>) -> Result<(), Failure>| {
        register.act(caller, &Act::new("suite", &[]), |work| what(work)).map_err(|failure| told(&failure))
    };
    let mut batch: Option<Batch> = None;
    act(&mut |work| residents::add(work.link, &mut residents::ids(1), Some(number), None).map(drop).map_err(Failure::from))?;
    act(&mut |work| batches::record(work, &draft("a"), &[piece("x")]))?;
    act(&mut |work| batches::set_state(work.link, "20261201-00000001", State::Approved))?;
    act(&mut |work| batches::record(work, &draft("a"), &[piece("x")]))?;
    act(&mut |work| batches::find(work.link, "20261201-00000001").map(|found| batch = found))?;
    hold(batch.as_ref().is_some_and(|b| b.state == State::Approved), "the same bytes again stay approved")?;
    act(&mut |work| batches::record(work, &draft("b"), &[piece("y")]))?;
    let mut pieces = Vec::new();
    act(&mut |work| {
        batch = batches::find(work.link, "20261201-00000001")?;
        pieces = batches::pieces(work.link, "20261201-00000001")?;
        Ok(())
    })?;
    hold(batch.as_ref().is_some_and(|b| b.state == State::Draft), "other bytes are a draft again")?;
    hold(pieces == [piece("y")], "the pieces of a draft are those it was recorded with last")?;
    let issue = |work: &mut Work<'_>, hakkono: u64| {
        let person = batches::person(work.link, number)?;
        let days = ["2026-12-01", "2026-12-01"];
        let what = ["mr1", "first", "once"];
        let new =
            New { person, what, run: "r", no: 1, hakkono, code: "c", days, template: "mr1", kind: RUN, reason: None, doses: &[] };
        notices::issue(work.link, &new)
    };
    act(&mut |work| issue(work, 41))?;
    hold(act(&mut |work| issue(work, 42)).is_err(), "a notice is issued once for its occasion")?;
    act(&mut |work| {
        let of_run = notices::of_run(work.link, "r")?;
        notices::cancel(work.link, &of_run, "誤り")
    })?;
    act(&mut |work| issue(work, 42))?;
    act(&mut |work| batches::end(work.link, "20261201-00000001", State::Discarded, "古い"))?;
    hold(act(&mut |work| batches::record(work, &draft("b"), &[])).is_err(), "what was ended is not begun again")
}

/// 人: a store that holds at least one person.
///
/// # Errors
/// The first thing that does not hold.
pub fn people(store: &dyn People, days: Days) -> Result<(), String> {
    let all = || store.cases(days, None, &|_, _| {}).map_err(|failure| told(&failure));
    let known = all()?;
    let cases = &known.joined.cases;
    hold(!cases.is_empty(), "there is somebody")?;
    let rows = known.joined.resident_rows;
    let sum = rows.used + rows.superseded + rows.refused + rows.nobody;
    hold(rows.rows == sum && rows.used == cases.len(), "every row of a resident is accounted for")?;
    hold(known.rows_read.ledger == known.joined.ledger_rows.rows, "every row of the ledger that was read was joined")?;
    let text = |case: &kansho_core::case::Case| format!("{:?} {:?} {:?}", case.history, case.notices, case.protected);
    let again = all()?;
    let same = cases.iter().zip(&again.joined.cases).all(|(a, b)| a.id() == b.id() && text(a) == text(b));
    hold(same && again.joined.cases.len() == cases.len(), "the same question has the same answer, in the same order")?;
    let numbered: Vec<&str> = cases.iter().filter_map(|case| case.id()).collect();
    hold(numbered.iter().collect::<BTreeSet<_>>().len() == numbered.len(), "nobody is there twice")?;
    let one = |number: &str| store.one(number, days).map_err(|failure| told(&failure));
    let last = cases.len() - 1;
    let looked_at =
        cases.iter().enumerate().filter(|(at, case)| case.protected.is_some() || [0, last / 2, last].contains(at)).take(6);
    for (_, case) in looked_at {
        let Some(number) = case.id() else { continue };
        let found = one(number)?.ok_or("who is among all is found alone")?;
        hold(text(&found) == text(case), "one person is what they are among all, protection of the household included")?;
    }
    hold(one("0000000000")?.is_none(), "a number that nobody has leads to nobody")
}
