//! Decision → piece on paper: text, lines and bars at fixed positions in millimetres.
//!
//! Takes a [`piece::Piece`] and the office's data (templates, municipality, stock, fonts); gives pages of [`kansho_paper::frame`]s. Pure but for
//! loading. What does not depend on the person is laid out once and shared between letters.

mod address;
mod bounds;
pub mod calibrate;
mod card;
pub mod handover;
mod letter;
mod limits;
pub mod lint;
mod marks;
mod office;
mod overlay;
mod paper;
pub mod piece;
mod plan;
mod sheet;
pub mod slip;
mod slot;
mod template;
mod watermark;
mod window;

pub use address::Step;
pub use office::{OFFICE, Office, Retention};

use chrono::NaiveDate;
use kansho_core::diag::{Code, Diagnostic, Failure, Report, Wrong};
use kansho_core::folder::Folder;
use kansho_core::hash;
use kansho_core::notice::{PieceNumber, Purpose, RunId};
use kansho_paper::font::{self, Fonts};
use kansho_paper::frame::{Area, Face, Item, Page};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::small;
use paper::Paper;
use piece::Piece;
use plan::{Plan, Stacks};
use rayon::prelude::*;
use slot::Slot;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use template::{Dates, Kind, Templates};

/// What a posting needs to know of the paper of a letter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaperKind<'a> {
    /// Its place in the posting order: postings lie one paper after the other.
    pub id: usize,
    /// Its name in `layouts/papers.toml`.
    pub name: &'a str,
    /// Printed sides.
    pub sides: usize,
    /// Width and height of a postcard, which needs neither envelope nor label; `None` for a letter in an envelope.
    pub card: Option<(Mm, Mm)>,
}

/// The two files of sheets with cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetKind {
    /// 予診票シール・番号シール.
    Stickers,
    /// 宛名ラベル.
    Labels,
}

impl SheetKind {
    /// File name.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Stickers => "stickers.pdf",
            Self::Labels => "address-labels.pdf",
        }
    }

    /// Title of the document.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Stickers => "シール",
            Self::Labels => "宛名ラベル",
        }
    }

    /// Key of the digest.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Stickers => "stickers",
            Self::Labels => "labels",
        }
    }
}

/// The cells of each piece, from 1 over all sheets.
pub type Cells = Vec<(PieceNumber, Vec<usize>)>;

/// Pieces whose cells are laid out at once: what they hold is all the memory sheets take.
const SHEET_BATCH: usize = 4_096;

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
    /// 本番 or 試験, which carries the watermark on everything.
    pub purpose: Purpose,
}

/// ひな形と用紙: what an office prints on and with which words, loaded once for any number of runs.
#[derive(Debug)]
pub struct Stationery {
    templates: Templates,
    labels: sheet::Stock,
    stickers: sheet::Stock,
    /// Hash of every template and of the papers they are printed on: what the office approves.
    pub sha256: String,
}

impl Stationery {
    /// Loads templates, papers and the label stock of an office.
    ///
    /// # Errors
    /// A [`Failure`] with everything that is wrong.
    pub fn load(folder: &Folder, office: &Office) -> Result<Self, Failure> {
        let mut wrong = Wrong::default();
        let templates = wrong.keep(Templates::load(folder));
        let stock = wrong.keep(Self::stock(folder, office));
        let sha256 = wrong.keep(Self::hash(folder));
        match (templates, stock, sha256) {
            (Some(templates), Some((labels, stickers)), Some(sha256)) => Ok(Self { templates, labels, stickers, sha256 }),
            (..) => Err(wrong.failure()),
        }
    }

    /// The same with templates of which some may be wrong.
    fn with(folder: &Folder, office: &Office, templates: Templates) -> Result<Self, Failure> {
        let (labels, stickers) = Self::stock(folder, office)?;
        Ok(Self { templates, labels, stickers, sha256: Self::hash(folder)? })
    }

    /// Stock of labels and of stickers.
    fn stock(folder: &Folder, office: &Office) -> Result<(sheet::Stock, sheet::Stock), Failure> {
        office.marks.check(&office.envelope).map_err(|reason| Failure::settings(OFFICE, reason))?;
        let stock = |choice: &office::StockChoice, least, what| sheet::Stock::load(folder, choice)?.at_least(least, choice, what);
        Ok((stock(&office.labels, sheet::LABEL, "宛名ラベル")?, stock(&office.stickers, sheet::STICKER, "シール")?))
    }

    /// Hash of every template and of the papers they are printed on.
    ///
    /// # Errors
    /// [`Failure::Io`] when one cannot be read.
    pub fn hash(folder: &Folder) -> Result<String, Failure> {
        let mut lines = Vec::new();
        for place in ["templates", "templates/parts"] {
            let files = template::sources(folder, place)?;
            lines.extend(files.iter().map(|(id, text)| format!("{place}/{id} {}", hash::sha256_hex(text.as_bytes()))));
        }
        lines.push(hash::sha256_hex(&folder.bytes("用紙の表を読めません", paper::PAPERS)?));
        Ok(hash::sha256_hex(lines.join("\n").as_bytes()))
    }

    /// Refuses words of the city that no font prints.
    ///
    /// # Errors
    /// [`Failure::Usage`] naming the character.
    pub fn printable(office: &Office, fonts: &Fonts) -> Result<(), Failure> {
        match office.city.texts().iter().find_map(|text| fonts.unprinted(text, &[Face::Text])) {
            Some(unit) => Err(Failure::settings(OFFICE, format!("city に印字できない文字 {} があります", unit.code_points()))),
            None => Ok(()),
        }
    }
}

/// Everything letters and sheets are made with.
pub struct Forms {
    office: Office,
    fonts: Arc<Fonts>,
    stationery: Arc<Stationery>,
    plans: RwLock<HashMap<String, Result<Arc<Plan>, String>>>,
    stacks: Stacks,
    senders: letter::Senders,
    /// Size of the customer barcode in the window, when it fits.
    barcode: Option<Pt>,
    labels: sheet::Stock,
    stickers: sheet::Stock,
    meta: RunMeta,
    /// Drawn under every page of a rehearsal, by paper.
    watermarks: Option<Vec<Arc<Vec<Item>>>>,
}

impl std::fmt::Debug for Forms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Forms({})", self.meta.run)
    }
}

impl Forms {
    /// What is printed in a run, with what the office has.
    #[must_use]
    pub fn new(stationery: &Arc<Stationery>, office: &Office, fonts: Arc<Fonts>, meta: RunMeta) -> Self {
        let stock = |stock: &sheet::Stock| {
            if meta.purpose.is_rehearsal() { stock.clone().with_under(watermark::cell) } else { stock.clone() }
        };
        Self {
            labels: stock(&stationery.labels),
            stickers: stock(&stationery.stickers),
            watermarks: meta.purpose.is_rehearsal().then(|| {
                let page = |paper: &Arc<Paper>| Arc::new(watermark::page(&fonts, &office.envelope, paper));
                stationery.templates.papers().all().map(page).collect()
            }),
            barcode: office.envelope.barcode_fits().ok().map(|()| office.envelope.barcode_pt),
            office: office.clone(),
            fonts,
            stationery: Arc::clone(stationery),
            plans: RwLock::default(),
            stacks: Stacks::default(),
            senders: letter::Senders::default(),
            meta,
        }
    }

    /// Every template.
    fn templates(&self) -> &Templates {
        &self.stationery.templates
    }

    fn dates(&self) -> Dates {
        Dates { post_on: self.meta.post_on, data_as_of: self.meta.data_as_of }
    }

    /// The template of a piece, compiled for its kind: from memory, or compiled now.
    fn plan(&self, piece: &Piece, kind: &Kind) -> Result<Arc<Plan>, String> {
        let uses = &kind.uses;
        let compile = |slots: Vec<Slot>, own: &[&str]| {
            let blocks = self.templates().blocks(piece, &self.office, &self.dates(), &slots)?;
            // The person's own values are looked at for each person.
            if own.is_empty() {
                let mut text = String::new();
                blocks.iter().for_each(|block| plan::each_span(block, &mut |span| text.push_str(&span.text)));
                text.retain(|c| c != '\n' && slot::index(c).is_none());
                if let Some(unit) = self.fonts.unprinted(&text, &[Face::Text, Face::Name]) {
                    let (id, unit) = (&piece.template, unit.code_points());
                    return Err(format!("templates/{id}.md: どのフォントにもない文字 {unit} があります（差し込む市の設定にも）"));
                }
            }
            let plan = Plan::new((&self.fonts, &self.stacks, &kind.paper), &blocks, slots, own);
            plan.map(Arc::new).map_err(|reason| format!("templates/{}.md: {reason}", piece.template))
        };
        let mut key = String::with_capacity(256);
        if !uses.key(piece, &mut key) {
            return compile(Vec::new(), &[&piece.name, &piece.kana, &piece.person_number]);
        }
        if let Some(plan) = self.plans.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return plan.clone();
        }
        let plan = compile(uses.slots(piece), &[]);
        self.plans.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(plan).clone()
    }

    /// The pages of a piece's letter, one a printed side.
    ///
    /// # Errors
    /// As [`Forms::check`].
    pub fn letter(&self, piece: &Piece) -> Result<Vec<Page>, Diagnostic> {
        let pages = self.with_sheet(piece, |sheet, piece, kind, plan| sheet.pages(piece, kind, plan))?;
        let paper = self.paper(piece);
        Ok(if self.watermarks.is_some() { pages.into_iter().map(|page| self.marked(page, paper)).collect() } else { pages })
    }

    /// The paper of a piece, as its place in the order of papers.
    fn paper(&self, piece: &Piece) -> usize {
        self.paper_of(piece.template.as_str()).id
    }

    /// The paper of a template: 0 for the first of `layouts/papers.toml`, which goes into an envelope.
    #[must_use]
    pub fn paper_of(&self, template: &str) -> PaperKind<'_> {
        let kind = self.templates().kind(template).map(|kind| &*kind.paper);
        let card = |paper: &Paper| paper.front.as_ref().map(|front| (front.panel.w, front.panel.h));
        PaperKind {
            id: kind.map_or(0, |paper| paper.id),
            name: kind.map_or(paper::PLAIN, |paper| &paper.name),
            sides: kind.map_or(0, |paper| paper.marks.len()),
            card: kind.and_then(card),
        }
    }

    /// A page of a rehearsal with its watermark; any other as it is.
    #[must_use]
    pub fn marked(&self, mut page: Page, paper: usize) -> Page {
        if let Some(group) = self.watermarks.as_ref().and_then(|groups| groups.get(paper)) {
            page.items.insert(0, Item::Shared { x: Mm::ZERO, y: Mm::ZERO, group: Arc::clone(group) });
        }
        page
    }

    /// A page of a letter (`side` from 0) as the preview shows it: grid below, window and folds above.
    #[must_use]
    pub fn shown_letter(&self, mut page: Page, piece: &Piece, side: usize) -> Page {
        let mut items = overlay::grid(&self.fonts, page.width, page.height);
        items.extend(watermark::preview(page.width, page.height));
        items.append(&mut page.items);
        let paper = self.templates().kind(piece.template.as_str()).map(|kind| &*kind.paper);
        if let Some(paper) = paper.filter(|paper| paper.front.is_some()) {
            items.extend(overlay::places(&self.fonts, paper, side));
        } else {
            if side == 0 {
                items.extend(overlay::window(&self.fonts, &self.office.envelope));
            }
            items.extend(overlay::folds(&self.fonts, &self.office.envelope));
        }
        let face = if side == 0 { "表" } else { "裏" };
        items.push(watermark::stamp(&self.fonts, &format!("templates/{}.md　{face}面", piece.template), page.width));
        Page { items, ..page }
    }

    /// A sheet of labels or stickers as the preview shows it: grid below, the edges of the cells above.
    #[must_use]
    pub fn shown_sheet(&self, mut page: Page, boxes: &[Area], what: &str) -> Page {
        let mut items = overlay::grid(&self.fonts, page.width, page.height);
        items.extend(watermark::preview(page.width, page.height));
        items.append(&mut page.items);
        items.extend(overlay::cells(boxes));
        items.push(watermark::stamp(&self.fonts, what, page.width));
        Page { items, ..page }
    }

    /// A page of the proof with the reason above its text.
    #[must_use]
    pub fn noted(&self, mut page: Page, text: &str) -> Page {
        let (at, size) = if page.height > page.width && page.width > Mm(200.0) {
            ((Mm(20.0), Mm(8.0)), Pt(9.0))
        } else {
            ((Mm(6.0), Mm(3.2)), Pt(6.0))
        };
        page.items.push(small(&self.fonts, Face::Text, text, at, size, page.width - 2.0 * at.0));
        page
    }

    /// Whether a piece can be printed: letter, label and stickers; gives the steps of the fit ladder that are not as is.
    ///
    /// # Errors
    /// Everything that keeps this piece from being printed: the person is held.
    pub fn check(&self, piece: &Piece) -> Result<Vec<(&'static str, Step)>, Vec<Diagnostic>> {
        let mut problems = self.unprinted(piece);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut steps = Vec::new();
        match self.with_sheet(piece, |sheet, piece, kind, plan| sheet.texts(piece, kind, plan).map(|texts| texts.step)) {
            Ok(step) => steps.push(("宛名", step)),
            Err(problem) => problems.push(problem),
        }
        for kind in [SheetKind::Labels, SheetKind::Stickers] {
            match self.faces(kind, piece) {
                Ok(done) => steps.extend(done.map(|(_, step)| (kind.title(), step))),
                Err(problem) => problems.push(problem),
            }
        }
        problems.dedup_by(|a, b| a.message == b.message);
        steps.retain(|(_, step)| !step.as_is());
        if problems.is_empty() { Ok(steps) } else { Err(problems) }
    }

    /// Every field with characters that no font has.
    fn unprinted(&self, piece: &Piece) -> Vec<Diagnostic> {
        let fields = [
            ("氏名", Some(&piece.name)),
            ("フリガナ", Some(&piece.kana)),
            ("宛名", Some(&piece.addressee).filter(|addressee| **addressee != piece.name)),
            ("住所", Some(&piece.address1)),
            ("住所", piece.address2.as_ref()),
            ("方書", piece.building.as_ref()),
        ];
        let missing = |text: &String| -> Vec<String> {
            let faces = [Face::Text, Face::Name];
            let units = font::units(text).filter(|unit| !faces.iter().any(|face| self.fonts.prints(*face, *unit)));
            units.map(|unit| unit.code_points()).collect()
        };
        let told = |(what, text): (&str, Option<&String>)| {
            let units = missing(text?);
            let message = format!("{what}に、どのフォントにもない文字 {} があります", units.join("、"));
            (!units.is_empty()).then(|| Diagnostic::new(Code::GlyphMissing, message))
        };
        fields.into_iter().filter_map(told).collect()
    }

    /// Whether a piece has cells on sheets of a kind: a label stands for a whole envelope, a postcard carries its address.
    #[must_use]
    pub fn wants(&self, kind: SheetKind, piece: &Piece) -> bool {
        match kind {
            SheetKind::Stickers => piece.sticker_count() > 0,
            SheetKind::Labels => piece.place.leads() && self.addressed(piece).is_none(),
        }
    }

    /// Size of the postcard a piece is printed on.
    fn addressed(&self, piece: &Piece) -> Option<(Mm, Mm)> {
        self.paper_of(piece.template.as_str()).card
    }

    fn with_sheet<T>(
        &self,
        piece: &Piece,
        set: impl FnOnce(&letter::Sheet<'_>, &Piece, &Kind, &Plan) -> Result<T, Diagnostic>,
    ) -> Result<T, Diagnostic> {
        let template = |reason: String| Diagnostic::new(Code::Template, reason);
        let kind = self
            .templates()
            .kind(piece.template.as_str())
            .ok_or_else(|| template(format!("ひな形 {} がありません", piece.template)))?;
        let plan = self.plan(piece, kind).map_err(template)?;
        let sheet = letter::Sheet {
            fonts: &self.fonts,
            office: &self.office,
            stacks: &self.stacks,
            senders: &self.senders,
            barcode: self.barcode,
            post_on: self.meta.post_on,
            run: &self.meta.run.0,
        };
        set(&sheet, piece, kind, &plan)
    }

    /// The faces of a piece's cells and their step of the fit ladder; `None` when it has no cells.
    fn faces(&self, kind: SheetKind, piece: &Piece) -> Result<Option<sheet::Faces>, Diagnostic> {
        match kind {
            SheetKind::Stickers if piece.sticker_count() == 0 => Ok(None),
            SheetKind::Stickers => sheet::stickers(&self.fonts, &self.stickers, &self.office.person_number, piece).map(Some),
            SheetKind::Labels if self.addressed(piece).is_some() => Ok(None),
            SheetKind::Labels => {
                let (face, step) = sheet::label(&self.fonts, &self.labels, self.office.labels.barcode_pt, piece)?;
                Ok(Some((vec![face], step)))
            }
        }
    }

    const fn stock(&self, kind: SheetKind) -> &sheet::Stock {
        match kind {
            SheetKind::Stickers => &self.stickers,
            SheetKind::Labels => &self.labels,
        }
    }

    /// The boxes of one sheet, in cell order, in mm.
    #[must_use]
    pub fn boxes(&self, kind: SheetKind) -> Vec<Area> {
        self.stock(kind).boxes()
    }

    /// Whether a part-used sticker sheet from cell `start` has room for the first piece, whose stickers stay together.
    #[must_use]
    pub fn begins_at(&self, start: usize, first: &Piece) -> bool {
        let (count, cells) = (first.sticker_count(), self.stickers.boxes().len());
        count < 2 || count > cells || count <= self.stickers.room(start)
    }

    /// Lays out sheets from cell `start` (from 1) of the first one and hands them over some at a time, in order; gives the cells.
    ///
    /// # Errors
    /// The first piece that does not fit, as [`Failure::Refused`]; whatever `take` says.
    pub fn sheets(
        &self,
        kind: SheetKind,
        pieces: &[&Piece],
        start: usize,
        take: &mut dyn FnMut(Vec<Page>) -> Result<(), Failure>,
    ) -> Result<Cells, Failure> {
        let mut filling = self.stock(kind).filling(start, kind == SheetKind::Stickers);
        let mut cells = Vec::with_capacity(pieces.len());
        for batch in pieces.chunks(SHEET_BATCH) {
            let faces =
                |piece: &&Piece| Ok::<_, Diagnostic>(self.faces(kind, piece)?.map(|(faces, _)| faces).unwrap_or_default());
            let faces = batch.par_iter().with_min_len(64).map(faces);
            let faces = faces.collect::<Result<Vec<_>, _>>().map_err(|problem| Failure::Refused(Report::from(problem)))?;
            let mut done = Vec::new();
            cells.extend(batch.iter().zip(&faces).map(|(piece, faces)| (piece.number, filling.add(faces, &mut done))));
            take(done)?;
        }
        take(filling.last().into_iter().collect())?;
        Ok(cells)
    }

    /// The draft of the posting slip.
    #[must_use]
    pub fn slip(&self, slip: &slip::Slip<'_>) -> Page {
        self.marked(slip::page(&self.fonts, &self.office, slip), 0)
    }

    /// Most letters of one print file.
    #[must_use]
    pub const fn letters_per_file(&self) -> usize {
        self.office.run.letters_per_file as usize
    }

    /// Which PDF the office wants.
    #[must_use]
    pub const fn pdf(&self) -> &kansho_paper::pdf::Standard {
        &self.office.pdf
    }

    /// Class of the template (A or B).
    #[must_use]
    pub fn class(&self, template: &str) -> Option<&str> {
        self.templates().kind(template).map(|kind| kind.front.class.as_str())
    }

    /// What a piece's names and address take from the fallback font, as code points.
    #[must_use]
    pub fn fallback_units(&self, piece: &Piece) -> Vec<String> {
        let mut found = BTreeSet::new();
        for text in [&piece.name, &piece.kana, &piece.addressee, &piece.address1].into_iter().chain(piece.building.as_ref()) {
            for unit in font::units(text) {
                if !self.fonts.has(Face::Text, unit) {
                    let way = if self.fonts.has(Face::Name, unit) { "予備の字形" } else { "基底の字形" };
                    found.insert(format!("{} を{way}で印字", unit.code_points()));
                }
            }
        }
        found.into_iter().collect()
    }
}
