//! `kansho why PERSON`: the counter's four questions, and why this person is in or out of a run.

use crate::cli::Format;
use crate::desk::inputs::Inputs;
use crate::desk::{Desk, answer};
use crate::verb::decision::Entry;
use crate::verb::files::FileArgs;
use crate::verb::{Context, Outcome, json, pool, unwritten};
use clap::Args;
use kansho_core::case::Case;
use kansho_core::decision::Decision;
use kansho_core::diag::{Code, Failure, show};
use kansho_core::history::DoseRecord;
use kansho_core::notice::NoticeRecord;
use kansho_register::operators::Role;
use kansho_register::store::Act;
use kansho_rules::decide::why;
use serde::Serialize;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// 予防接種番号
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// この事業だけ（例: 麻しん風しん第2期、mr2。一覧は kansho programmes）
    #[arg(long, value_name = "P")]
    pub programme: Option<String>,
    /// The two files and the dates.
    #[command(flatten)]
    pub files: FileArgs,
}

/// One object of the JSON list (design §7).
#[derive(Debug, Serialize)]
struct Told<'a> {
    person: &'a str,
    programme: &'a str,
    entitled: Entitled,
    given: Vec<Given>,
    notices: Vec<Notice>,
    next: Next,
    decision: Entry<'a>,
}

#[derive(Debug, Serialize)]
struct Entitled {
    yes: bool,
    until: Option<String>,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Given {
    series: String,
    dose: String,
    on: String,
}

/// `state`: `issued`, `returned` (the last notice before mail came back), `later` (通知日 after the as-of date).
#[derive(Debug, Serialize)]
struct Notice {
    issue_no: Option<u64>,
    on: String,
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct Next {
    on: Option<String>,
    reason: String,
}

impl<'a> Told<'a> {
    fn new(case: &'a Case, decision: &'a Decision, inputs: &'a Inputs) -> Self {
        let answers = why::answers(case, decision, &inputs.ground());
        let given = |dose: &DoseRecord| Given {
            series: dose.series.to_string(),
            dose: dose.dose.to_string(),
            on: dose.given_on.to_string(),
        };
        let notice = |(notice, state): &(NoticeRecord, why::State)| Notice {
            issue_no: notice.issue_number,
            on: notice.noticed_on.to_string(),
            state: state.id(),
        };
        Self {
            person: case.printed_id(),
            programme: decision.programme.as_str(),
            entitled: Entitled {
                yes: answers.entitled,
                until: answers.until.map(|day| day.to_string()),
                reason: format!("{}〔{}〕", answers.why.words, answers.why.source),
            },
            given: answers.given.iter().map(given).collect(),
            notices: answers.notices.iter().map(notice).collect(),
            next: Next { on: answers.next.map(|day| day.to_string()), reason: answers.next_why },
            decision: Entry::new(case, decision, inputs, true),
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the files refuse, the person or the programme is not known.
pub fn run(args: &WhyArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let pool = pool(None)?;
    let settings = context.settings(args.files.as_of)?;
    let desk = Desk { pool: &pool, told: &|_| {} };
    let look = args.files.look(context, &Act::purposeful("why", &[Role::Lookup]).of(&args.person))?;
    let answer = answer::about(&args.person, args.programme.as_deref(), &args.files.given(look.as_ref()), &settings, &desk);
    let answer = match &look {
        Some(look) => {
            let answer = look.kept(answer.and_then(|answer| {
                let hidden = answer.case().protected.is_some() && !look.permit.sees_protected();
                if hidden {
                    Err(Failure::barred(Code::PersonProtected, "この人を見るには protected の権限が要ります"))
                } else {
                    Ok(answer)
                }
            }))?;
            look.enter(|work| work.note("as_of", args.files.as_of.to_string()))?;
            answer
        }
        None => answer?,
    };
    let (case, inputs, decisions, ground) = (answer.case(), &answer.inputs, &answer.decisions, answer.inputs.ground());
    match context.globals.format {
        Format::Json => {
            let entries: Vec<Told<'_>> = decisions.iter().map(|d| Told::new(case, d, inputs)).collect();
            json(out, &entries)?;
        }
        Format::Text | Format::Csv => {
            writeln!(out, "予防接種番号 {}　基準日 {}　発送日 {}", case.printed_id(), ground.period.as_of, ground.period.post_on)
                .map_err(unwritten)?;
            for decision in decisions {
                let answers = why::answers(case, decision, &ground);
                write!(out, "{}", show::terminal(&why::sentences(case, decision, &answers, &ground))).map_err(unwritten)?;
            }
        }
    }
    Ok(Outcome::Done)
}
