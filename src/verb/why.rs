//! `kansho why PERSON`: why this person is in or out of a run, with dates and sources.

use crate::cli::Format;
use crate::decide::{self, why};
use crate::diag::Failure;
use crate::domain::decision::Decision;
use crate::run::inputs::{self, FileArgs, Inputs};
use crate::run::output::{self, Wish};
use crate::verb::select::Entry;
use crate::verb::{Context, Outcome};
use clap::Args;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// 予防接種番号
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// この事業だけ（例: mr2）
    #[arg(long, value_name = "P")]
    pub programme: Option<String>,
    /// The two files and the dates.
    #[command(flatten)]
    pub files: FileArgs,
}

/// The place of a person among the cases.
///
/// # Errors
/// [`Failure::Declined`] when nobody has the number.
pub fn find(inputs: &Inputs, person: &str) -> Result<usize, Failure> {
    inputs
        .joined
        .cases
        .iter()
        .position(|case| case.id() == person)
        .ok_or_else(|| Failure::Declined(format!("予防接種番号 {person} の人は住民ファイルにいません。番号を確かめてください")))
}

/// The index of a programme.
///
/// # Errors
/// [`Failure::Usage`] with the known ids.
pub fn programme(inputs: &Inputs, id: &str) -> Result<usize, Failure> {
    inputs.programmes.iter().position(|p| p.id.as_str() == id).ok_or_else(|| {
        let known: Vec<&str> = inputs.programmes.iter().map(|p| p.id.as_str()).collect();
        Failure::Usage(format!("事業「{id}」を知りません。次のどれかにしてください: {}", known.join(" ")))
    })
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] when the files refuse, the person or the programme is not known.
pub fn run(args: &WhyArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let inputs = inputs::load(&args.files, &context.home, context.globals.rules.as_deref())?;
    let place = find(&inputs, &args.person)?;
    let case = &inputs.joined.cases[place];
    let ground = inputs.ground();
    let wanted: Vec<usize> = match &args.programme {
        Some(id) => vec![programme(&inputs, id)?],
        None => (0..inputs.programmes.len()).collect(),
    };
    let home = context.home.with_postal(context.globals.postal_data.as_deref());
    let wish = Wish { only: Some(place), ..Wish::default() };
    let settled = output::prepare(&inputs, &home, &wish)?.decisions;
    let decisions: Vec<Decision> = wanted
        .into_iter()
        .map(|index| {
            let as_printed = settled.iter().find(|d| d.programme_index == index).cloned();
            as_printed.unwrap_or_else(|| decide::answer(place, case, index, &ground))
        })
        .collect();
    let told = |e| Failure::io("書けません", std::path::Path::new("標準出力"), e);
    match context.globals.format {
        Format::Json => {
            let entries: Vec<Entry<'_>> = decisions.iter().map(|d| Entry::new(case, d, &inputs, true)).collect();
            let json = serde_json::to_string_pretty(&entries).map_err(|e| Failure::Usage(e.to_string()))?;
            writeln!(out, "{json}").map_err(told)?;
        }
        Format::Text | Format::Csv => {
            writeln!(out, "予防接種番号 {}　基準日 {}　発送日 {}", case.id(), ground.period.as_of, ground.period.post_on)
                .map_err(told)?;
            for decision in &decisions {
                write!(out, "{}", why::sentences(case, decision, &ground)).map_err(told)?;
            }
        }
    }
    Ok(Outcome::Done)
}
