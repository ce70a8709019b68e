//! Decision → piece on paper: text, lines and bars at fixed positions in millimetres.
//!
//! Takes a [`piece::Piece`] and the office's data (templates, municipality, stock, fonts); gives pages of [`frame`]s. Pure but for
//! loading. What does not depend on the person is laid out once and shared between letters.

mod address;
mod block;
mod codes;
pub mod font;
pub mod frame;
mod letter;
mod line;
mod markdown;
mod office;
pub mod piece;
mod sheet;
pub mod slip;
mod template;
mod window;

pub use office::Office;

use crate::diag::{Code, Diagnostic, Failure, Report};
use crate::domain::address::PostalCode;
use crate::domain::calendar;
use crate::domain::notice::{IssueNumber, PieceCode, PieceNumber, RunId, Trigger};
use crate::domain::person::Sex;
use crate::domain::symbol::Symbol;
use crate::home::Home;
use chrono::NaiveDate;
use font::Fonts;
use frame::{Area, Page};
use markdown::Block;
use piece::{Barcode, DoseLine, Piece};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use template::{Dates, Templates};

/// A composed letter.
#[derive(Clone, Debug)]
pub struct Composed {
    /// Its pages, an even number.
    pub pages: Vec<Page>,
    /// Notes (barcode left out, fallback glyphs).
    pub notes: Report,
}

/// Composed label or sticker sheets.
#[derive(Clone, Debug)]
pub struct Sheets {
    /// The sheets.
    pub pages: Vec<Page>,
    /// The boxes of one sheet, in cell order, in mm.
    pub boxes: Vec<Area>,
    /// The cells of each piece, from 1 over all sheets.
    pub cells: Vec<(PieceNumber, Vec<usize>)>,
}

/// What a run prints on every piece.
#[derive(Clone, Debug)]
pub struct RunMeta {
    /// Run id.
    pub run: RunId,
    /// 基準日.
    pub as_of: NaiveDate,
    /// 発送日.
    pub post_on: NaiveDate,
    /// How far the records reach.
    pub data_as_of: NaiveDate,
}

/// Everything letters and sheets are made with.
pub struct Forms {
    office: Office,
    fonts: Arc<Fonts>,
    templates: Templates,
    shared: letter::Shared,
    labels: sheet::Stock,
    stickers: sheet::Stock,
    meta: RunMeta,
}

impl std::fmt::Debug for Forms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Forms({})", self.meta.run)
    }
}

/// SHA-256 in hexadecimal.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Forms {
    /// Loads templates and stock; lays out what all letters share.
    ///
    /// # Errors
    /// [`Failure::Io`], [`Failure::Usage`] naming the file that is wrong.
    pub fn load(home: &Home, office: &Office, fonts: Arc<Fonts>, meta: RunMeta) -> Result<Self, Failure> {
        let templates = Templates::load(home)?;
        let mut forms = Self {
            labels: sheet::Stock::load(home, &office.labels)?,
            stickers: sheet::Stock::load(home, &office.stickers)?,
            office: office.clone(),
            fonts,
            templates,
            shared: BTreeMap::new(),
            meta,
        };
        forms.share(home)?;
        Ok(forms)
    }

    /// Hash of every template.
    ///
    /// # Errors
    /// [`Failure::Io`] when one cannot be read.
    pub fn templates_sha256(home: &Home) -> Result<String, Failure> {
        let mut lines = Vec::new();
        for folder in ["templates", "templates/parts"] {
            let files = template::sources(home, folder)?;
            lines.extend(files.iter().map(|(id, text)| format!("{folder}/{id} {}", digest(text.as_bytes()))));
        }
        Ok(digest(lines.join("\n").as_bytes()))
    }

    fn dates(&self) -> Dates {
        Dates { post_on: self.meta.post_on, data_as_of: self.meta.data_as_of }
    }

    /// Blocks that stay the same for two different made-up people do not depend on the person.
    fn share(&mut self, home: &Home) -> Result<(), Failure> {
        let mut shared = letter::Shared::new();
        for (id, _) in template::sources(home, "templates")? {
            for unknown in [false, true] {
                let mut common: Option<BTreeSet<Vec<u8>>> = None;
                let mut blocks = Vec::new();
                for other in [false, true] {
                    let probe = probe(&id, other, unknown);
                    blocks = self.templates.blocks(&probe, &self.office, &self.dates()).map_err(Failure::Usage)?;
                    let keys: BTreeSet<Vec<u8>> = blocks.iter().map(|b| format!("{b:?}").into_bytes()).collect();
                    common = Some(common.map_or(keys.clone(), |c| c.intersection(&keys).cloned().collect()));
                }
                let common = common.unwrap_or_default();
                for block in blocks.into_iter().filter(|b| *b != Block::PageBreak) {
                    if common.contains(format!("{block:?}").as_bytes()) {
                        let laid = letter::at_every_size(&self.fonts, &block);
                        shared.entry((id.clone(), block)).or_insert(laid);
                    }
                }
            }
        }
        self.shared = shared;
        Ok(())
    }

    /// The letter of a piece.
    ///
    /// # Errors
    /// What keeps this piece from being printed: the person is held.
    pub fn letter(&self, piece: &Piece) -> Result<Composed, Diagnostic> {
        let template = |reason: String| Diagnostic::new(Code::Template, reason);
        let front = self
            .templates
            .front(piece.template.as_str())
            .ok_or_else(|| template(format!("ひな形 {} がありません", piece.template)))?;
        let blocks = self.templates.blocks(piece, &self.office, &self.dates()).map_err(template)?;
        let sheet = letter::Sheet {
            fonts: &self.fonts,
            office: &self.office,
            shared: &self.shared,
            post_on: self.meta.post_on,
            run: &self.meta.run.0,
        };
        let pages = sheet.pages(piece, front, &blocks)?;
        let mut notes = Report::new();
        if let Err(reason) = self.office.envelope.barcode_fits() {
            notes.push(Diagnostic::new(Code::BarcodeOmitted, format!("カスタマバーコードを省きました（{reason}）")));
        } else if let Err(reason) = &piece.barcode {
            notes.push(Diagnostic::new(Code::BarcodeOmitted, format!("カスタマバーコードを省きました（{reason}）")));
        }
        Ok(Composed { pages, notes })
    }

    /// Whether the piece can be printed on every form it goes on: letter, label, sticker.
    ///
    /// # Errors
    /// What keeps it from being printed: the person is held.
    pub fn check(&self, piece: &Piece) -> Result<(), Diagnostic> {
        self.letter(piece)?;
        self.label_sheets(&[piece], 1)?;
        if piece.stickers > 0 {
            self.sticker_sheets(&[piece], 1)?;
        }
        Ok(())
    }

    /// Address labels from cell `start` of the first sheet.
    ///
    /// # Errors
    /// The first piece that does not fit.
    pub fn label_sheets(&self, pieces: &[&Piece], start: usize) -> Result<Sheets, Diagnostic> {
        sheet::labels(&self.fonts, &self.labels, self.office.labels.barcode_pt, pieces, start)
    }

    /// Stickers from cell `start` of the first sheet.
    ///
    /// # Errors
    /// The first piece that does not fit.
    pub fn sticker_sheets(&self, pieces: &[&Piece], start: usize) -> Result<Sheets, Diagnostic> {
        sheet::stickers(&self.fonts, &self.stickers, pieces, start)
    }

    /// The draft of the posting slip.
    #[must_use]
    pub fn slip(&self, slip: &slip::Slip<'_>) -> Page {
        slip::page(&self.fonts, &self.office, slip)
    }

    /// Class of the template (A or B).
    #[must_use]
    pub fn class(&self, template: &str) -> Option<&str> {
        self.templates.front(template).map(|f| f.class.as_str())
    }

    /// What a piece's names and address take from the fallback font, as code points.
    #[must_use]
    pub fn fallback_units(&self, piece: &Piece) -> Vec<String> {
        let mut found = BTreeSet::new();
        for text in [&piece.name, &piece.kana, &piece.addressee, &piece.address1].into_iter().chain(piece.building.as_ref()) {
            for unit in font::units(text) {
                if !self.fonts.has(frame::Face::Text, unit) {
                    let way = if self.fonts.has(frame::Face::Name, unit) { "予備の字形" } else { "基底の字形" };
                    found.insert(format!("{} を{way}で印字", unit.code_points()));
                }
            }
        }
        found.into_iter().collect()
    }
}

/// A made-up person who shows what of a template depends on the person.
fn probe(template: &str, other: bool, unknown_history: bool) -> Piece {
    let pick = |a: &str, b: &str| if other { b.to_owned() } else { a.to_owned() };
    let day = |days: i64| {
        let base = if other { NaiveDate::from_ymd_opt(2026, 1, 15) } else { NaiveDate::from_ymd_opt(2024, 7, 3) };
        base.and_then(|d| calendar::plus_days(d, days)).unwrap_or_default()
    };
    let line = |n: i64| DoseLine {
        vaccine: pick("種類甲", "種類乙"),
        dose: pick("初回1", "追加"),
        from: day(n),
        until: day(n + 100),
        standard: Some((day(n), day(n + 30))),
    };
    let names =
        ["fiscal_year", "period_from", "window_from", "deadline", "deadline_next", "birth_from", "birth_to", "fiscal_year_end"];
    let series = ["dpt_ipv_hib", "hib", "pcv", "hbv", "rota1", "rota5", "bcg", "mr", "je", "dt", "hpv", "pneumo_adult", "zoster"];
    let mut vars: BTreeMap<String, String> = names.iter().map(|n| ((*n).to_owned(), pick("変数甲", "変数乙"))).collect();
    for id in series {
        vars.insert(format!("{id}_from"), pick("変数甲", "変数乙"));
        vars.insert(format!("{id}_until"), pick("変数丙", "変数丁"));
    }
    Piece {
        number: PieceNumber(1),
        issue: IssueNumber(1),
        code: PieceCode(String::new()),
        programme: Symbol::new(template),
        programme_name: pick("事業甲", "事業乙"),
        trigger: Trigger::First,
        template: Symbol::new(template),
        person_number: pick("0000000001", "9999999999"),
        name: pick("甲野　一", "乙川　二三四"),
        kana: pick("コウノ　ハジメ", "オツカワ　フミヨ"),
        birth: day(0),
        sex: Sex::Female,
        honorific: pick("保護者様", "様"),
        addressee: pick("甲野　一", "乙川　二三四"),
        postal: PostalCode::from_digits([0; 7]),
        address1: String::new(),
        address2: None,
        building: None,
        barcode: Err::<Barcode, String>(String::new()),
        unknown_history,
        doses: (0..if other { 2 } else { 3 }).map(line).collect(),
        history: vec![(pick("種類甲", "種類乙"), pick("1回", "2回"))],
        vars,
        reissue: None,
        stickers: 0,
        alternate_address: false,
        register: None,
    }
}
