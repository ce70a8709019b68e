//! A letter's template: TOML front matter and a Tera body that renders to the Markdown subset.

use crate::notice::bounds::{self, Bounds, Rendered};
use crate::notice::office::Office;
use crate::notice::paper::{self, Paper, Papers};
use crate::notice::piece::Piece;
use crate::notice::slot::{self, Slot, Uses};
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_core::diag::settings;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::{self, Folder};
use kansho_core::origin::Origin;
use kansho_paper::markdown::{self, Block};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use tera::{Context, Tera};

/// The front matter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Front {
    /// 様式番号.
    pub(super) form: String,
    /// Title of the document.
    pub(super) title: String,
    /// A or B.
    pub(super) class: String,
    /// A name of `layouts/papers.toml`.
    #[serde(default = "plain")]
    paper: String,
    /// 折りの印: ticks at the edges, for sheets that are folded by hand.
    #[serde(default)]
    pub(super) fold_marks: bool,
}

fn plain() -> String {
    paper::PLAIN.to_owned()
}

/// A template but for its text.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) front: Front,
    pub(super) uses: Uses,
    pub(super) paper: Arc<Paper>,
}

/// All templates, ready to render.
#[derive(Debug)]
pub(super) struct Templates {
    tera: Tera,
    kinds: BTreeMap<String, Kind>,
    papers: Papers,
}

/// Every template of a folder (`templates`, `templates/parts`): (id, text), sorted by id.
pub(super) fn sources(folder: &Folder, place: &str) -> Result<Vec<(String, String)>, Failure> {
    const DOING: &str = "ひな形を読めません";
    let mut found = Vec::new();
    for name in folder.files(DOING, place, "md")? {
        let id = folder::stem(&name);
        if id == "README" {
            continue;
        }
        let text = folder.text(DOING, &name)?;
        if text.len() as u64 > bounds::MOST_BYTES || found.len() >= bounds::MOST_FILES {
            let (bytes, files) = (bounds::MOST_BYTES / 1024, bounds::MOST_FILES);
            let limit = format!("ひな形は一つ {bytes} KB まで、一つのフォルダーに {files} 個までにしてください");
            return Err(Failure::settings(&name, limit));
        }
        // Windows editors write their own line ends.
        found.push((id.to_owned(), text.replace("\r\n", "\n")));
    }
    found.sort();
    Ok(found)
}

impl Templates {
    /// Loads and compiles every template.
    ///
    /// # Errors
    /// [`Failure::Refused`] naming every file that is wrong, [`Failure::Io`] when the folder cannot be read.
    pub(super) fn load(folder: &Folder) -> Result<Self, Failure> {
        let (templates, wrong) = Self::read(folder)?;
        if wrong.is_empty() {
            return Ok(templates);
        }
        let mut report = Report::new();
        for (file, reason) in wrong {
            for line in reason.lines() {
                report.push(Diagnostic::new(Code::Template, line).at(&Origin::file(&file)));
            }
        }
        Err(Failure::Refused(report))
    }

    /// Loads and compiles what can be; gives each file that cannot, with the reason.
    ///
    /// # Errors
    /// [`Failure::Io`] when the folder cannot be read.
    pub(super) fn read(folder: &Folder) -> Result<(Self, Vec<(String, String)>), Failure> {
        let mut tera = Tera::default();
        tera.set_escape_fn(markdown::escape);
        tera.autoescape_on(vec![""]);
        for name in bounds::FUNCTIONS {
            tera.register_function(name, move |_: &_| Err(format!("関数 {name} は使えません").into()));
        }
        let papers = Papers::load(folder)?;
        let mut kinds = BTreeMap::new();
        let mut wrong = Vec::new();
        let mut parts = sources(folder, "templates/parts")?;
        let all = parts.clone();
        let mut bounds = Bounds::new(&all);
        parts.retain(|(id, text)| match bounds.check(text, &[id]) {
            Ok(()) => true,
            Err(reason) => {
                wrong.push((format!("templates/parts/{id}.md"), reason));
                false
            }
        });
        for (id, text) in &parts {
            if let Err(e) = tera.add_raw_template(&format!("parts/{id}"), text) {
                wrong.push((format!("templates/parts/{id}.md"), cause(&e)));
            }
        }
        let mut bounds = Bounds::new(&parts);
        for (id, text) in sources(folder, "templates")? {
            match front_of(&text).and_then(|(front, body)| {
                let paper = papers
                    .get(&front.paper)
                    .ok_or_else(|| format!("用紙「{}」は layouts/papers.toml にありません", front.paper))?;
                if front.fold_marks && paper.front.is_some() {
                    return Err(format!(
                        "fold_marks は、窓付き封筒に入れる用紙だけで使えます（「{}」は封筒に入れません）",
                        paper.name
                    ));
                }
                bounds.check(body, &[])?;
                private(body, paper, &parts)?;
                tera.add_raw_template(&id, body).map_err(|e| cause(&e))?;
                Ok(Kind { front, uses: Uses::of(&closure(body, &parts)), paper: Arc::clone(paper) })
            }) {
                Ok(kind) => {
                    kinds.insert(id, kind);
                }
                Err(reason) => wrong.push((format!("templates/{id}.md"), reason)),
            }
        }
        Ok((Self { tera, kinds, papers }, wrong))
    }

    /// Every template that could be read, by id.
    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Kind)> {
        self.kinds.iter()
    }

    /// The front matter of a template, what it does with a person's values, and its paper.
    pub(super) fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.get(id)
    }

    /// Every paper.
    pub(super) const fn papers(&self) -> &Papers {
        &self.papers
    }

    /// Renders a piece's template to blocks, with a mark in the place of each slot.
    ///
    /// # Errors
    /// What is wrong with the template, in Japanese.
    pub(super) fn blocks(&self, piece: &Piece, office: &Office, dates: &Dates, slots: &[Slot]) -> Result<Vec<Block>, String> {
        let id = piece.template.as_str();
        let mut rendered = Rendered::default();
        let done = self.tera.render_to(id, &context(piece, office, dates, slots)?, &mut rendered);
        if rendered.full() {
            return Err(format!("templates/{id}.md: 文が長すぎます"));
        }
        done.map_err(|e| format!("templates/{id}.md: {}", told(&e)))?;
        markdown::parse(&rendered.text().unwrap_or_default()).map_err(|reason| format!("templates/{id}.md: {reason}"))
    }
}

/// The front matter and the body of a template's text.
fn front_of(text: &str) -> Result<(Front, &str), String> {
    let (front, body) = text
        .strip_prefix("+++\n")
        .and_then(|rest| rest.split_once("\n+++\n"))
        .ok_or_else(|| "先頭に +++ で囲んだ設定がありません".to_owned())?;
    Ok((settings::read(&format!("\n{front}"))?, body))
}

/// A template's text with that of every part it includes, directly or through another part.
fn closure(body: &str, parts: &[(String, String)]) -> String {
    let mut whole = body.to_owned();
    let mut added = vec![false; parts.len()];
    while let Some(at) = (0..parts.len()).find(|&at| !added[at] && whole.contains(&format!("parts/{}", parts[at].0))) {
        added[at] = true;
        whole.push_str(&parts[at].1);
    }
    whole
}

/// What must not stand where anyone can read it.
const PRIVATE: [&str; 7] = ["birth", "birth_western", "person_number", "kana", "history", "spoken", "__tera_context"];

/// Whether the parts of a template that lie open on its paper, with all they include, keep the person's secrets.
///
/// [`Plan`](super::plan::Plan) looks once more at what was rendered.
fn private(body: &str, paper: &Paper, parts: &[(String, String)]) -> Result<(), String> {
    for (part, _) in body.split("<!-- page -->").zip(&paper.texts).filter(|(_, text)| text.open) {
        if let Some(name) = slot::named(&closure(part, parts)).find(|name| PRIVATE.contains(name)) {
            return Err(format!("差し込み「{name}」は、用紙「{}」の開かずに読める面には書けません", paper.name));
        }
    }
    Ok(())
}

/// Dates of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dates {
    pub(super) post_on: NaiveDate,
    pub(super) data_as_of: NaiveDate,
}

/// The innermost reason of a Tera error.
fn cause(error: &tera::Error) -> String {
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reason = format!("{reason}: {inner}");
        source = inner.source();
    }
    reason
}

/// Why rendering failed, without the message that may hold a value of the person.
fn told(error: &tera::Error) -> String {
    let mut reasons = Vec::new();
    let mut link: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = link {
        reasons.push(inner.to_string());
        link = inner.source();
    }
    let of_template = |reason: &&String| {
        ["Failed to ", "Variable ", "Filter call ", "Function call ", "Test call ", "関数 "].iter().any(|p| reason.starts_with(p))
            && !reason.contains("got `")
    };
    let shown: Vec<&str> = reasons.iter().filter(of_template).map(String::as_str).collect();
    let hidden =
        if shown.len() < reasons.len() { "（差し込んだ値に合わない式です。値は示しません）" } else { "" };
    format!("{}{hidden}", shown.join(": "))
}

fn context(piece: &Piece, office: &Office, dates: &Dates, slots: &[Slot]) -> Result<Context, String> {
    let show = |slot: Slot| {
        let mark = slots.iter().position(|known| *known == slot).and_then(slot::mark);
        mark.map_or_else(|| slot.value(piece), String::from)
    };
    let mut context = Context::new();
    context.insert("name", &show(Slot::Name));
    context.insert("kana", &show(Slot::Kana));
    context.insert("birth", &show(Slot::Birth));
    context.insert("birth_western", &show(Slot::BirthWestern));
    context.insert("person_number", &show(Slot::PersonNumber));
    context.insert("honorific", &piece.honorific);
    context.insert("guardian", &(piece.honorific == "保護者様"));
    context.insert("programme_name", &piece.programme_name);
    context.insert("trigger", piece.trigger.id());
    context.insert("unknown_history", &piece.unknown_history);
    context.insert("reissue", &piece.reissue.is_some());
    let doses: Vec<BTreeMap<&str, String>> = piece
        .doses
        .iter()
        .enumerate()
        .map(|(index, dose)| {
            BTreeMap::from([
                ("vaccine", dose.vaccine.clone()),
                ("dose", dose.dose.clone()),
                ("from", show(Slot::From(index))),
                ("until", show(Slot::Until(index))),
                ("standard_from", show(Slot::StandardFrom(index))),
                ("standard_until", show(Slot::StandardUntil(index))),
                ("spoken", show(Slot::Spoken(index))),
            ])
        })
        .collect();
    context.insert("doses", &doses);
    let history: Vec<BTreeMap<&str, &str>> = piece
        .history
        .iter()
        .map(|(vaccine, count)| BTreeMap::from([("vaccine", vaccine.as_str()), ("count", count.as_str())]))
        .collect();
    context.insert("history", &history);
    let mut vars: BTreeMap<String, String> =
        piece.vars.keys().map(|name| (name.clone(), show(Slot::Var(name.clone())))).collect();
    vars.insert("data_as_of".to_owned(), calendar::wareki(dates.data_as_of));
    vars.insert("post_on".to_owned(), calendar::wareki(dates.post_on));
    context.insert("vars", &vars);
    context.try_insert("city", &office.city).map_err(|e| e.to_string())?;
    context.try_insert("fees", &office.fees).map_err(|e| e.to_string())?;
    Ok(context)
}
