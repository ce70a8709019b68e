//! 点検 of every template: legal items, unknown names, leftovers, other cities' names, and whether the shortest and the longest
//! letter stay in their boxes and out of the window. Every problem at once.

mod table;
mod tags;

use crate::notice::paper::Paper;
use crate::notice::piece::Piece;
use crate::notice::template::{self, Kind, Templates};
use crate::notice::{Forms, OFFICE, Office, RunMeta, Stationery, plan, window};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::origin::Origin;
use kansho_paper::font::{Fonts, units};
use kansho_paper::frame::{Area, Item, Page, Text};
use kansho_paper::length::Mm;
use kansho_paper::markdown;
use kansho_rules::decide::programme;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use table::{Sample, Table};
use tags::Known;

/// What every printer can print on an A4 letter, with hanging punctuation at the right.
const PRINTABLE: Area = Area { x: Mm(18.0), y: Mm(10.0), w: Mm(180.0), h: Mm(282.0) };

/// Type narrower than this share of its width cannot be read.
const FLATTEST: f64 = 0.5;

/// Looks through every template of an office; `vars` are the names a run gives besides those of every letter, `printed` what else
/// letters show (file, words).
/// Gives class and paper of each template, and what is wrong.
///
/// # Errors
/// [`Failure::Io`], [`Failure::Usage`] when the folder, the table or a stock cannot be read.
pub fn check(
    folder: &Folder,
    office: &Office,
    fonts: Arc<Fonts>,
    meta: RunMeta,
    vars: &BTreeSet<String>,
    printed: &[(String, &str)],
) -> Result<(BTreeMap<String, Checked>, Report), Failure> {
    let table = table::load(folder)?;
    let mut findings = Findings::default();
    let (templates, wrong) = Templates::read(folder)?;
    for (file, reason) in wrong {
        findings.tell(Code::Template, &file, 0, reason, "");
    }
    Stationery::printable(office, &fonts)?;
    let forms = Forms::new(&Arc::new(Stationery::with(folder, office, templates)?), office, fonts, meta);
    findings.names(folder, office, &table, vars)?;
    for (file, words) in printed {
        findings.line(&table, office, (file, 0), words);
    }
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, kind) in forms.templates().all() {
        let front = &kind.front;
        let file = format!("templates/{id}.md");
        if !matches!(front.class.as_str(), "A" | "B") {
            findings.tell(Code::Template, &file, 0, format!("class「{}」は A か B にしてください", front.class), "");
        }
        if front.title.trim().is_empty() {
            findings.tell(Code::Template, &file, 0, "title を書いてください".to_owned(), "");
        }
        if let Some(first) = numbers.insert(&front.form, id) {
            let message = format!("様式番号「{}」は templates/{first}.md と同じです", front.form);
            findings.tell(Code::Template, &file, 0, message, "様式番号はひな形ごとに変えてください");
        }
        let ids = match programme::specimen(id) {
            Ok(ids) => ids,
            Err(reason) => {
                findings.tell(Code::Template, &file, 0, format!("ひな形の名{reason}"), "");
                continue;
            }
        };
        for sample in &table.sample {
            let piece = sample.piece(ids, vars, table.rows.get(id).copied().unwrap_or(1));
            let piece = piece.ok_or_else(|| Failure::Usage("templates/lint.toml: 例を作れません".to_owned()))?;
            findings.letter(&forms, &table, (&file, kind), (sample, &piece));
        }
    }
    let checked = |(id, kind): (&String, &Kind)| {
        (id.clone(), Checked { class: kind.front.class.clone(), postcard: kind.paper.front.is_some() })
    };
    Ok((forms.templates().all().map(checked).collect(), findings.report))
}

/// What a programme has to know of its template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// A or B.
    pub class: String,
    /// Nothing can be enclosed.
    pub postcard: bool,
}

/// What was found, each thing once.
#[derive(Default)]
struct Findings {
    report: Report,
    told: BTreeSet<(String, u32, String)>,
}

impl Findings {
    fn tell(&mut self, code: Code, file: &str, line: u32, message: String, remedy: &str) {
        if !self.told.insert((file.to_owned(), line, message.clone())) {
            return;
        }
        let whole = Origin::file(file);
        let place = if line == 0 { whole } else { whole.row(line) };
        let problem = Diagnostic::new(code, message).at(&place);
        self.report.push(if remedy.is_empty() { problem } else { problem.hint(remedy) });
    }

    /// The text of every file as it stands: unknown names, unfinished places, other cities.
    fn names(&mut self, folder: &Folder, office: &Office, table: &Table, vars: &BTreeSet<String>) -> Result<(), Failure> {
        let city = toml::Table::try_from(&office.city).map_err(|e| Failure::Usage(e.to_string()))?;
        let mut vars = vars.clone();
        vars.extend(["data_as_of", "post_on"].map(str::to_owned));
        let known = Known { vars, city: city.keys().cloned().collect(), fees: office.fees.keys().cloned().collect() };
        for place in ["templates/parts", "templates"] {
            for (id, text) in template::sources(folder, place)? {
                let file = format!("{place}/{id}.md");
                for (line, name) in known.unknown(&text) {
                    let message = format!("差し込み「{name}」はありません");
                    self.tell(
                        Code::TemplateName,
                        &file,
                        line,
                        message,
                        "綴りを直すか、使える名（docs/手引き.md）に替えてください",
                    );
                }
                for (line, words) in (1..).zip(text.lines()) {
                    self.line(table, office, (&file, line), words);
                }
            }
        }
        let text = folder.text("市の設定を読めません", OFFICE)?;
        for (key, value) in city.iter().filter_map(|(key, value)| value.as_str().map(|value| (key, value))) {
            let starts = |line: &str| line.strip_prefix(key.as_str()).is_some_and(|rest| rest.trim_start().starts_with('='));
            let line = (1..).zip(text.lines()).find(|(_, line)| starts(line)).map_or(0, |(number, _)| number);
            self.others(table, office, "municipality.toml", line, value);
            self.value(table, office, (line, &format!("city.{key}")), value);
        }
        for (key, value) in &office.fees {
            self.others(table, office, "municipality.toml", 0, value);
            self.value(table, office, (0, &format!("fees.{key}")), value);
        }
        Ok(())
    }

    /// One line of what is printed: unfinished places, other cities.
    fn line(&mut self, table: &Table, office: &Office, (file, line): (&str, u32), words: &str) {
        for mark in table.marks.unfinished.iter().filter(|mark| words.contains(mark.as_str())) {
            self.tell(Code::TemplateLeftover, file, line, format!("書きかけの印「{mark}」があります"), "");
        }
        self.others(table, office, file, line, words);
    }

    /// A value that would be printed and is empty, or was never set by the office.
    fn value(&mut self, table: &Table, office: &Office, (line, key): (u32, &str), value: &str) {
        const FILE: &str = "municipality.toml";
        if value.trim().is_empty() && !table.settings.blank.iter().any(|may| may == key) {
            self.tell(Code::SettingEmpty, FILE, line, format!("{key} が空です"), "");
        }
        let words = table.settings.sample.iter().chain(&table.marks.unfinished);
        let sample = words.into_iter().find(|word| table::written(value, word));
        if let Some(word) = sample.filter(|_| !office.sample) {
            self.tell(Code::SettingSample, FILE, line, format!("{key} が見本の値です（「{word}」）"), "");
        }
    }

    /// Another municipality's name in what the office wrote; values of persons are never looked at.
    fn others(&mut self, table: &Table, office: &Office, file: &str, line: u32, words: &str) {
        let allowed = |name: &String| office.lint.other_cities.iter().any(|other| other.name == *name);
        for name in table.municipalities.others(words, &office.city.name).into_iter().filter(|name| !allowed(name)) {
            self.tell(Code::TemplateCity, file, line, format!("ほかの市区町村の名「{name}」があります"), "");
        }
    }

    /// One template with one sample: the items of its text, and its boxes.
    fn letter(&mut self, forms: &Forms, table: &Table, (file, kind): (&str, &Kind), (sample, piece): (&Sample, &Piece)) {
        let (shown, class) = (&sample.name, kind.front.class.as_str());
        let template = (piece.template.as_str(), class, kind.paper.name.as_str());
        let blocks = match forms.templates().blocks(piece, &forms.office, &forms.dates(), &[]) {
            Ok(blocks) => blocks,
            Err(reason) => return self.tell(Code::Template, file, 0, reason, ""),
        };
        let text = written(&blocks);
        for item in table.item.iter().filter(|item| item.applies(template, sample)) {
            for group in item.words.iter().filter(|group| !group.iter().any(|word| text.contains(word.as_str()))) {
                let message = format!("{}（{}）がありません（「{}」の例）: {}", item.id, item.what, shown, quoted(group));
                self.tell(Code::TemplateItem, file, 0, message, &item.remedy);
            }
            for word in item.never.iter().filter(|word| text.contains(word.as_str())) {
                let message =
                    format!("{}（{}）: {class}類のこの通知では「{word}」と書けません（「{shown}」の例）", item.id, item.what);
                self.tell(Code::TemplateItem, file, 0, message, &item.remedy);
            }
        }
        let set = forms.with_sheet(piece, |sheet, piece, kind, plan| {
            let address = sheet.texts(piece, kind, plan)?.address;
            let texts = address.iter().filter(|item| matches!(item, Item::Text(_))).count();
            Ok((texts, sheet.pages(piece, kind, plan)?))
        });
        match set {
            Err(problem) => self.tell(Code::TemplateBox, file, 0, format!("「{shown}」の例: {}", problem.message), ""),
            Ok((address, pages)) => self.pages(forms, table, (file, shown, &kind.paper), address, &pages),
        }
    }

    /// The boxes of a letter whose first `address` texts are the address block.
    fn pages(
        &mut self,
        forms: &Forms,
        table: &Table,
        (file, shown, paper): (&str, &str, &Paper),
        address: usize,
        pages: &[Page],
    ) {
        let (safe, exposed) = (forms.office.envelope.safe(), forms.office.envelope.exposed());
        let (card, printable) = match &paper.front {
            Some(_) => (true, paper.printable()),
            None => (false, PRINTABLE),
        };
        for (number, (page, side)) in pages.iter().zip(["表", "裏"]).enumerate() {
            let free = if card { paper.free(number) } else { Vec::new() };
            for (place, (x, y, text)) in page.texts().into_iter().enumerate() {
                let area = area_of(&forms.fonts, x, y, text);
                let what: String = text.text.chars().take(12).collect();
                for mark in table.marks.rendered.iter().filter(|mark| text.text.contains(mark.as_str())) {
                    let message = format!("差し込みのあとに「{mark}」が残ります（{side}面「{what}」）");
                    self.tell(Code::TemplateLeftover, file, 0, message, "");
                }
                if let Some((kept, _)) = free.iter().find(|(_, kept)| kept.overlaps(&area)) {
                    let message = format!("「{shown}」の例: {side}面の「{what}」が{kept}に重なります");
                    self.tell(Code::TemplateBox, file, 0, message, "");
                }
                if !printable.holds(&area) {
                    let message = format!("「{shown}」の例: {side}面の「{what}」が印字できる範囲の外に出ます");
                    self.tell(Code::TemplateBox, file, 0, message, "");
                }
                if text.scale < FLATTEST {
                    let message = format!("「{shown}」の例: {side}面の「{what}」がつぶれて読めません");
                    self.tell(Code::TemplateBox, file, 0, message, "言葉を短くするか、場所を広げてください");
                }
                let addressed = place < address && safe.holds(&area);
                if number == 0 && !card && exposed.overlaps(&area) && !addressed {
                    let message = format!("「{shown}」の例: 「{what}」が封筒の窓から見えることがあります");
                    self.tell(Code::TemplateWindow, file, 0, message, "");
                }
            }
        }
    }
}

/// The box of one line of text.
fn area_of(fonts: &Fonts, x: Mm, y: Mm, text: &Text) -> Area {
    let gaps = f64::from(u32::try_from(units(&text.text).count().saturating_sub(1)).unwrap_or(u32::MAX));
    let w = fonts.measure(text.face, &text.text, text.size) * text.scale + gaps * text.spacing;
    Area { x, y: y - window::rise(text.size), w, h: window::rise(text.size) + window::drop(text.size) }
}

/// Everything the blocks say; what belongs to one block stands together.
fn written(blocks: &[markdown::Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        plan::each_span(block, &mut |span| text.push_str(&span.text));
        text.push('\n');
    }
    text
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("「{word}」")).collect::<Vec<_>>().join("か")
}
