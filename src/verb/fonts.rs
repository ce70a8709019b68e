//! `kansho fonts check FILE`: what the fonts lack for a whole resident file, before a run (characters.md §4).

use crate::cli::Format;
use crate::desk::book;
use crate::record::table;
use crate::verb::{Context, Outcome, unwritten, with_gaiji};
use clap::{Args, Subcommand};
use kansho_chars::unit::is_invisible;
use kansho_chars::{Overrides, unit};
use kansho_core::diag::{Failure, show};
use kansho_intake::normalise::Files;
use kansho_intake::normalise::texts::{self, Printed, Use};
use kansho_paper::font::{Fonts, Unit, units};
use kansho_paper::frame::Face;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of the verb.
#[derive(Debug, Args)]
pub struct FontsArgs {
    /// What to do.
    #[command(subcommand)]
    pub task: FontsTask,
}

/// フォントの点検
#[derive(Debug, Subcommand)]
pub enum FontsTask {
    /// 住民ファイルの全員分の氏名・住所を、持っているフォントで印字できるか確かめます
    Check {
        /// 住民ファイル
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// 送付先のシートのあるファイル（住民がCSVのときなど。何度でも）
        #[arg(long, value_name = "FILE")]
        marks: Vec<PathBuf>,
        /// 外字の取り決め（既定: gaiji.toml）
        #[arg(long, value_name = "FILE")]
        gaiji: Option<PathBuf>,
    },
}

/// Places shown for one character in one field; the count tells how many there are.
const PLACES: usize = 20;

/// How a character reaches the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Nowhere: the person is held.
    Missing,
    /// A control character: the person is held.
    Control,
    /// By its base glyph: no font knows the variation sequence.
    Base,
    /// In the name fallback font.
    Fallback,
    /// 外字 printed as `gaiji.toml` says.
    Gaiji,
    /// An invisible character that reading removes.
    Removed,
}

impl Way {
    const fn word(self) -> &'static str {
        match self {
            Self::Missing => "印字できません",
            Self::Control => "制御文字（印字できません）",
            Self::Base => "基底の字形で印字",
            Self::Fallback => "予備のフォントで印字",
            Self::Gaiji => "外字の取り決めで印字",
            Self::Removed => "見えない文字（取り除きます）",
        }
    }

    const fn prints(self) -> bool {
        !matches!(self, Self::Missing | Self::Control)
    }
}

#[derive(Serialize)]
struct Field {
    field: &'static str,
    count: usize,
    places: Vec<String>,
}

#[derive(Serialize)]
struct Character {
    character: String,
    code_points: String,
    way: Way,
    count: usize,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Shown {
    rows: usize,
    texts: usize,
    printable: bool,
    characters: Vec<Character>,
}

#[derive(Default)]
struct Tally {
    count: usize,
    places: Vec<String>,
}

/// Everything found: (way, text of the unit) → field → where.
#[derive(Default)]
struct Found(BTreeMap<(Way, String), BTreeMap<&'static str, Tally>>);

impl Found {
    fn add(&mut self, way: Way, text: &str, at: &Printed<'_>) {
        let tally = self.0.entry((way, text.to_owned())).or_default().entry(at.field).or_default();
        tally.count += 1;
        if tally.places.len() < PLACES {
            let place = at.place.to_string();
            if tally.places.last() != Some(&place) {
                tally.places.push(place);
            }
        }
    }

    fn characters(self) -> Vec<Character> {
        self.0
            .into_iter()
            .map(|((way, text), fields)| {
                let fields: Vec<Field> =
                    fields.into_iter().map(|(field, t)| Field { field, count: t.count, places: t.places }).collect();
                let count = fields.iter().map(|f| f.count).sum();
                let code_points = unit::code_points(&text);
                let visible = matches!(way, Way::Fallback | Way::Base | Way::Missing | Way::Gaiji);
                Character { character: if visible { text } else { String::new() }, code_points, way, count, fields }
            })
            .collect()
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure::Refused`] for a file that a run would refuse as a whole; [`Failure::Io`], [`Failure::Usage`].
pub fn run(args: &FontsArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let FontsTask::Check { file, marks, gaiji } = &args.task;
    let fonts = Fonts::load(&context.folder.place("fonts"))?;
    let gaiji = Overrides::load(&with_gaiji(context, gaiji.as_deref()))?;
    let mut found = Found::default();
    let mut texts = 0;
    let files = Files { residents: Some(file.clone()), marks: marks.clone(), ..Files::default() };
    let tables = book::read(&context.folder)?.2.sound()?;
    let rows = texts::visit(&files, &tables, &mut |printed| {
        texts += 1;
        look(printed, &fonts, &gaiji, &mut found);
    })?;
    let characters = found.characters();
    let printable = characters.iter().all(|c| c.way.prints());
    let shown = Shown { rows, texts, printable, characters };
    let told = match context.globals.format {
        Format::Json => {
            serde_json::to_string_pretty(&shown).map_err(|e| Failure::Usage(format!("JSON にできません: {e}")))? + "\n"
        }
        Format::Csv => csv(&shown),
        Format::Text => words(&shown, file),
    };
    out.write_all(told.as_bytes()).map_err(unwritten)?;
    Ok(if printable { Outcome::Done } else { Outcome::Refused })
}

/// Looks at one text the way print sets it.
fn look(printed: &Printed<'_>, fonts: &Fonts, gaiji: &Overrides, found: &mut Found) {
    let blank = |c: char| matches!(c, ' ' | '\u{3000}' | '\u{A0}');
    let kept: String = printed.text.chars().filter(|c| !is_invisible(*c)).collect();
    for removed in printed.text.chars().filter(|c| is_invisible(*c)) {
        found.add(Way::Removed, &removed.to_string(), printed);
    }
    let (shown, uses) = gaiji.printed(kept.trim_matches(blank));
    for (from, _) in uses {
        found.add(Way::Gaiji, &from, printed);
    }
    // A name stands in one face throughout: a sequence that the text face knows may be set by its base glyph there, and a kanji
    // that only the text face has may be missing.
    let (by_base, missing) = match (printed.usage, fonts.name_face(&shown)) {
        (Use::Name, Ok(face)) => (face.by_base, Vec::new()),
        (Use::Name, Err(missing)) => (Vec::new(), missing),
        (Use::Address, _) => (Vec::new(), Vec::new()),
    };
    for one in units(&shown) {
        let way = match way(fonts, one) {
            Some(Way::Control) => Some(Way::Control),
            _ if missing.contains(&one) => Some(Way::Missing),
            _ if by_base.contains(&one) => Some(Way::Base),
            way => way,
        };
        if let Some(way) = way {
            let mut text = String::from(one.base);
            text.extend(one.selector);
            found.add(way, &text, printed);
        }
    }
}

/// How the unit is printed; `None` when the text face has it.
fn way(fonts: &Fonts, one: Unit) -> Option<Way> {
    if one.base.is_control() || matches!(one.base, '\u{2028}' | '\u{2029}') {
        Some(Way::Control)
    } else if fonts.has(Face::Text, one) {
        None
    } else if fonts.has(Face::Name, one) {
        Some(Way::Fallback)
    } else if one.selector.is_some() && (fonts.prints(Face::Text, one) || fonts.prints(Face::Name, one)) {
        Some(Way::Base)
    } else {
        Some(Way::Missing)
    }
}

fn csv(shown: &Shown) -> String {
    let mut text = String::from("文字,コード,印字,欄,件数,場所\r\n");
    for one in &shown.characters {
        for field in &one.fields {
            let cells = [&one.character, &one.code_points, one.way.word(), field.field].map(table::quoted).join(",");
            text.push_str(&format!("{cells},{},{}\r\n", field.count, table::quoted(&field.places.join(" "))));
        }
    }
    text
}

fn words(shown: &Shown, file: &Path) -> String {
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut lines = vec![format!("{name}: {} 行、{} 個の欄を調べました", shown.rows, shown.texts)];
    for one in &shown.characters {
        let glyph = if one.character.is_empty() { String::new() } else { format!("{} ", one.character) };
        lines.push(format!("{}: {glyph}（{}） {} か所", one.way.word(), one.code_points, one.count));
        for field in &one.fields {
            let more = if field.count > field.places.len() { " ほか" } else { "" };
            lines.push(format!("  {} {}: {}{more}", field.field, field.count, field.places.join("、")));
        }
    }
    lines.push(if shown.printable {
        "すべて印字できます".to_owned()
    } else {
        "印字できない文字があります。この人は保留になります。外字なら gaiji.toml に means を書いてください".to_owned()
    });
    lines.iter().map(|line| show::terminal(line) + "\n").collect()
}
