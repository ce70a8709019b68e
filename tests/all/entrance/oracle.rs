//! What must come of a case: the people of the fault are held, left out, or the run is refused; everybody else's decisions are
//! those of the base.

use super::files::Files;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Output;
use std::sync::{Mutex, OnceLock};

/// A 個人番号 (made up, with the right check digit).
pub(crate) const MY_NUMBER: &str = "123456789018";

/// Person, programme → decision, reason.
pub(crate) type Decisions = BTreeMap<(String, String), (String, String)>;

/// What must come of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The people are held.
    Held,
    /// The people are left out; the reasons that are right (none: any).
    Out(Vec<String>),
    /// Held or left out.
    NotSelected,
    /// They get what they would get without it.
    Same,
    /// They are selected (people who are not in the base).
    Selected,
    /// The run is refused (exit 1) and the message names the words.
    Refused(Vec<String>),
    /// Either the run is refused and names the words, or the other holds.
    Either(Vec<String>, Box<Expect>),
    /// Not done (exit 1 or 2), and the message names the words.
    Stopped(Vec<String>),
    /// Done, whatever comes of these people.
    Any,
    /// The run cannot start (exit 2) and the message names the words.
    Broken(Vec<String>),
}

/// One fault and what must come of it.
pub(crate) struct Fault {
    pub(crate) name: String,
    /// The people of the fault: 予防接種番号, and any other number under which the result may have them.
    pub(crate) people: BTreeSet<String>,
    /// The row of the fault as the file counts it.
    pub(crate) row: Option<usize>,
    pub(crate) expect: Expect,
    /// The programmes it is about; empty: all that the people are selected for in the base.
    pub(crate) programmes: Vec<String>,
    /// Words that a run which is not refused says as well.
    pub(crate) said: Vec<String>,
    /// True when the people need not be people who are written to.
    pub(crate) anybody: bool,
}

/// The files of one run with their faults.
pub(crate) struct Case {
    pub(crate) files: Files,
    pub(crate) faults: Vec<Fault>,
}

impl Case {
    /// Files with one fault.
    pub(crate) fn new(name: &str, files: Files, expect: Expect) -> Self {
        let fault = Fault {
            name: name.to_owned(),
            people: files.people.clone(),
            row: files.row,
            expect,
            programmes: Vec::new(),
            said: Vec::new(),
            anybody: false,
        };
        Self { files, faults: vec![fault] }
    }

    pub(crate) fn about(mut self, programmes: &[&str]) -> Self {
        self.faults[0].programmes = programmes.iter().map(|p| (*p).to_owned()).collect();
        self
    }

    /// Words that the run must say.
    pub(crate) fn says(mut self, words: &[&str]) -> Self {
        self.faults[0].said = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// A further fault of other people in the same files.
    pub(crate) fn and(mut self, people: &[&str], expect: Expect) -> Self {
        for person in people {
            self.files.people.insert((*person).to_owned());
            self.faults[0].people.remove(*person);
        }
        let name = format!("{}（ほか）", self.faults[0].name);
        let people = people.iter().map(|person| (*person).to_owned()).collect();
        self.faults.push(Fault { name, people, row: None, expect, programmes: Vec::new(), said: Vec::new(), anybody: true });
        self
    }

    /// For people who need not be written to without the fault.
    pub(crate) fn anybody(mut self) -> Self {
        self.faults[0].anybody = true;
        self
    }
}

pub(crate) fn refused(words: &[&str]) -> Expect {
    Expect::Refused(words.iter().map(|word| (*word).to_owned()).collect())
}

/// Refused with the words, or understood so that `other` comes of it.
pub(crate) fn refused_or(words: &[&str], other: Expect) -> Expect {
    Expect::Either(words.iter().map(|word| (*word).to_owned()).collect(), Box::new(other))
}

pub(crate) fn broken(words: &[&str]) -> Expect {
    Expect::Broken(words.iter().map(|word| (*word).to_owned()).collect())
}

pub(crate) fn stopped(words: &[&str]) -> Expect {
    Expect::Stopped(words.iter().map(|word| (*word).to_owned()).collect())
}

pub(crate) fn out(reasons: &[&str]) -> Expect {
    Expect::Out(reasons.iter().map(|reason| (*reason).to_owned()).collect())
}

/// The decisions in `select --format json`.
pub(crate) fn decisions(output: &Output) -> Decisions {
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let word = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap().to_owned();
    let pair = |e| ((word(e, "person"), word(e, "programme")), (word(e, "decision"), word(e, "reason")));
    list.as_array().unwrap().iter().map(pair).collect()
}

/// The decisions of the base without any fault.
pub(crate) fn sound() -> &'static Decisions {
    static SOUND: OnceLock<Decisions> = OnceLock::new();
    SOUND.get_or_init(|| {
        let output = Files::sound().office().kansho("select", &["--format", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        decisions(&output)
    })
}

/// The programmes a person of the base is selected for.
pub(crate) fn selected(number: &str) -> Vec<String> {
    let of = sound().iter().filter(|((person, _), (decision, _))| person == number && decision == "selected");
    of.map(|((_, programme), _)| programme.clone()).collect()
}

/// Works on the items on two threads; the failures in order.
pub(crate) fn parallel<T: Send>(items: Vec<T>, work: impl Fn(T) -> Vec<String> + Sync) -> Vec<String> {
    let waiting = Mutex::new(items.into_iter());
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(item) = waiting.lock().unwrap().next() else { return };
                    let failures = work(item);
                    found.lock().unwrap().extend(failures);
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort();
    found
}

/// Every failure of the cases, or nothing. `KANSHO_CASE` chooses cases by a part of their name.
pub(crate) fn assert_all(mut cases: Vec<Case>) {
    cases.retain(|case| case.faults.iter().any(|fault| chosen(&fault.name)));
    let number = cases.len();
    let failures = parallel(cases, |case| check(&case));
    assert!(failures.is_empty(), "{} of {number} cases:\n\n{}", failures.len(), failures.join("\n"));
}

pub(crate) fn chosen(name: &str) -> bool {
    std::env::var("KANSHO_CASE").is_ok_and(|word| name.contains(&word)) || std::env::var("KANSHO_CASE").is_err()
}

/// Runs the files and judges each fault; what is wrong, one text a fault.
pub(crate) fn check(case: &Case) -> Vec<String> {
    let output = case.files.office().kansho("select", &["--format", "json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let now = if output.status.code() == Some(0) { decisions(&output) } else { Decisions::new() };
    let judged = |fault: &Fault| {
        let wrong = judge(case, fault, &output, &now, &told).err()?;
        let mut text =
            format!("■ {}: 期待 {:?}\n   {wrong}（終了コード {:?}）\n", fault.name, fault.expect, output.status.code());
        for line in told.lines().take(8) {
            let _ = writeln!(text, "   | {}", line.chars().take(200).collect::<String>());
        }
        Some(text)
    };
    case.faults.iter().filter_map(judged).collect()
}

fn judge(case: &Case, fault: &Fault, output: &Output, now: &Decisions, told: &str) -> Result<(), String> {
    private(&case.files, told)?;
    let words = |words: &[String]| match words.iter().find(|word| !told.contains(word.as_str())) {
        Some(word) => Err(format!("メッセージに「{word}」がありません")),
        None => Ok(()),
    };
    let code = output.status.code();
    let mut expect = &fault.expect;
    if let Expect::Either(named, other) = expect {
        if code == Some(1) {
            return words(named);
        }
        expect = other;
    }
    match expect {
        Expect::Refused(named) | Expect::Broken(named) | Expect::Stopped(named) => {
            let data = code == Some(1) && !matches!(expect, Expect::Broken(_));
            let start = code == Some(2) && !matches!(expect, Expect::Refused(_));
            if !data && !start {
                return Err(format!("中止されません {}", of_the_fault(case, fault, now)));
            }
            words(named)
        }
        Expect::Held
        | Expect::Out(_)
        | Expect::NotSelected
        | Expect::Same
        | Expect::Selected
        | Expect::Any
        | Expect::Either(..) => {
            if code != Some(0) {
                return Err("処理が通りません".to_owned());
            }
            others(case, now)?;
            people(case, fault, expect, now).map_err(|wrong| format!("{wrong} {}", of_the_fault(case, fault, now)))?;
            if *expect == Expect::Held {
                row_is_named(fault.row, told)?;
            }
            words(&fault.said)
        }
    }
}

/// No message shows a name, an address or a birth date.
fn private(files: &Files, told: &str) -> Result<(), String> {
    if told.contains(MY_NUMBER) {
        return Err("メッセージに個人番号があります".to_owned());
    }
    match files.private().into_iter().find(|text| told.contains(text.as_str())) {
        Some(text) => Err(format!("メッセージに個人の情報「{text}」があります")),
        None => Ok(()),
    }
}

fn others(case: &Case, now: &Decisions) -> Result<(), String> {
    for (key, before) in sound().iter().filter(|((person, _), _)| !case.files.people.contains(person)) {
        if now.get(key) != Some(before) {
            return Err(format!("ほかの人 {key:?} が {before:?} から {:?} に変わりました", now.get(key)));
        }
    }
    Ok(())
}

/// The people of the fault in the result: those it names, and any who are in nobody's list.
fn concerned<'a>(case: &Case, fault: &Fault, now: &'a Decisions) -> BTreeSet<&'a str> {
    let known: BTreeSet<&str> = sound().keys().map(|(person, _)| person.as_str()).collect();
    let of = |person: &&str| fault.people.contains(*person) || !known.contains(person) && !case.files.people.contains(*person);
    now.keys().map(|(person, _)| person.as_str()).filter(of).collect()
}

fn people(case: &Case, fault: &Fault, expect: &Expect, now: &Decisions) -> Result<(), String> {
    if fault.people.is_empty() {
        return Ok(());
    }
    let concerned = concerned(case, fault, now);
    for number in fault.people.iter().filter(|number| sound().keys().any(|(person, _)| person == *number)) {
        let base = selected(number);
        if !fault.anybody && (base.is_empty() || !fault.programmes.iter().all(|programme| base.contains(programme))) {
            return Err(format!("{number} は土台で送る人ではないので、この例は何も示しません（{base:?}）"));
        }
    }
    if concerned.is_empty() {
        return Err("例の人が結果にいません".to_owned());
    }
    let about = |programme: &str| fault.programmes.is_empty() || fault.programmes.iter().any(|p| p == programme);
    for person in concerned {
        let of: BTreeMap<&str, (&str, &str)> = now
            .iter()
            .filter(|((p, programme), _)| p == person && about(programme))
            .map(|((_, programme), (decision, reason))| (programme.as_str(), (decision.as_str(), reason.as_str())))
            .collect();
        let before = selected(person);
        let any = |decision: &str| of.values().any(|(d, _)| *d == decision);
        let each = |right: &dyn Fn(&str, &str) -> bool| {
            let asked = of.iter().filter(|(programme, _)| before.iter().any(|p| p == *programme));
            asked.into_iter().all(|(_, (decision, reason))| right(decision, reason))
        };
        let fine = match expect {
            Expect::Held => !any("selected") && any("held") && each(&|decision, _| decision == "held"),
            Expect::Out(reasons) => {
                let right = |decision: &str, reason: &str| {
                    decision == "excluded" && (reasons.is_empty() || reasons.iter().any(|r| r == reason))
                };
                !any("selected") && each(&right) && (!before.is_empty() || of.values().any(|(d, r)| right(d, r)))
            }
            Expect::NotSelected => !any("selected"),
            Expect::Same => of.iter().all(|(programme, now)| {
                let was = sound().get(&(person.to_owned(), (*programme).to_owned()));
                was.is_some_and(|(decision, reason)| (decision.as_str(), reason.as_str()) == *now)
            }),
            Expect::Selected => any("selected"),
            Expect::Refused(_) | Expect::Broken(_) | Expect::Stopped(_) | Expect::Any | Expect::Either(..) => true,
        };
        if !fine {
            return Err("判定が違います".to_owned());
        }
    }
    Ok(())
}

/// The row of the fault is in the messages, as a line of a CSV or a cell of a sheet.
fn row_is_named(row: Option<usize>, told: &str) -> Result<(), String> {
    let Some(row) = row else { return Ok(()) };
    let number = row.to_string();
    let named = told.match_indices(&number).any(|(at, _)| {
        let before = told[..at].chars().next_back();
        let after = told[at + number.len()..].chars().next();
        let line = after == Some('行') && !before.is_some_and(|c| c.is_ascii_digit());
        let cell = before.is_some_and(|c| c.is_ascii_uppercase()) && !after.is_some_and(|c| c.is_ascii_digit());
        line || cell
    });
    if named { Ok(()) } else { Err(format!("メッセージに行 {row} がありません")) }
}

fn of_the_fault(case: &Case, fault: &Fault, now: &Decisions) -> String {
    let mut text = String::new();
    for person in concerned(case, fault, now) {
        let of = now.iter().filter(|((p, _), (decision, _))| p == person && decision != "excluded");
        let told: Vec<String> =
            of.map(|((_, programme), (decision, reason))| format!("{programme} {decision}/{reason}")).collect();
        let before: Vec<String> = selected(person)
            .iter()
            .filter_map(|programme| now.get(&(person.to_owned(), programme.clone())).map(|(d, r)| format!("{programme} {d}/{r}")))
            .collect();
        let _ = write!(text, "[{person} {} （土台で送る: {}）]", told.join(", "), before.join(", "));
    }
    text
}
