//! Reading our PDFs back, to prove that what was written is what was meant (CK10).
//!
//! Shares no code with the writer: it knows the texts only from the file's own /ToUnicode tables and the places only from its
//! operators. Pages are read on demand and may be read by many threads. A file from elsewhere, damaged or edited, gives a
//! [`Damage`] that names the page, never a panic. Understood is what a classic PDF of our kind holds (no object streams, no
//! encryption, Flate only); everything else is refused rather than half read.

mod content;
mod file;
mod font;
mod object;

use crate::frame::Area;
use crate::length::{Mm, Pt};
use content::{Drawn, Matrix, Resources};
use file::File;
use font::Font;
use object::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a file or one of its pages cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", page.map(|page| format!("{page}ページ: ")).unwrap_or_default())]
pub struct Damage {
    /// The page, counted from 1; `None` when the file as a whole cannot be read.
    pub page: Option<usize>,
    /// What is wrong, in Japanese.
    pub message: String,
}

impl Damage {
    const fn file(message: String) -> Self {
        Self { page: None, message }
    }
}

/// A line of text as it stands on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Left edge of the first glyph.
    pub x: Mm,
    /// Baseline, from the top.
    pub y: Mm,
    /// Type size.
    pub size: Pt,
    /// Horizontal scale, 1.0 = as drawn.
    pub scale: f64,
    /// PostScript name of the face, without the subset tag.
    pub face: Arc<str>,
    /// The text, variation selectors kept.
    pub text: Arc<str>,
}

/// A two-dimensional code as it stands on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// Where it stands.
    pub area: Area,
    /// Modules a side.
    pub side: usize,
    /// Row by row from the top, `true` = dark.
    pub modules: Arc<[bool]>,
}

/// What one page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageText {
    /// Width of the page.
    pub width: Mm,
    /// Height of the page.
    pub height: Mm,
    /// Texts in drawing order, shared groups opened.
    pub runs: Vec<Run>,
    /// Filled boxes (areas and bars) in drawing order.
    pub rects: Vec<Area>,
    /// Two-dimensional codes in drawing order.
    pub codes: Vec<Code>,
}

/// An opened PDF.
pub struct PdfReader {
    file: File,
    pages: Vec<u32>,
    fonts: Cache<Font>,
    forms: Cache<Drawn>,
    nodes: Cache<Inherited>,
}

/// Decoded objects by number.
type Cache<T> = Mutex<BTreeMap<u32, Arc<T>>>;

/// How deep forms may call forms, and page tree nodes lie below each other.
const DEPTH: usize = 32;

/// What a page takes from the nodes above it.
struct Inherited {
    media_box: Option<[Pt; 4]>,
    resources: Names,
}

/// Object numbers by resource name.
#[derive(Clone, Default)]
struct Names {
    fonts: Vec<(Vec<u8>, u32)>,
    forms: Vec<(Vec<u8>, u32)>,
}

impl std::fmt::Debug for PdfReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PdfReader").field("pages", &self.pages.len()).finish_non_exhaustive()
    }
}

impl PdfReader {
    /// Reads the cross-reference table and the page tree; pages are decoded later.
    ///
    /// # Errors
    /// [`Damage`] without a page when table, trailer or page tree cannot be read.
    pub fn open(bytes: Vec<u8>) -> Result<Self, Damage> {
        let file = File::open(bytes)?;
        let tree = || Damage::file("PDFのページの一覧を読めません".to_owned());
        let catalog = file.object(file.root()).ok_or_else(tree)?;
        let root = catalog.get(b"Pages").and_then(Value::reference).ok_or_else(tree)?;
        let mut pages = Vec::new();
        leaves(&file, root, &mut pages, &mut 0, 0).ok_or_else(tree)?;
        let stated = file.object(root).and_then(|root| root.get(b"Count")?.count()).map(|count| count as usize);
        if stated != Some(pages.len()) {
            return Err(Damage::file("PDFのページ数が一覧と合いません".to_owned()));
        }
        Ok(Self { file, pages, fonts: Mutex::default(), forms: Mutex::default(), nodes: Mutex::default() })
    }

    /// Number of pages.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// What page `index` (from 0) shows.
    ///
    /// # Errors
    /// [`Damage`] naming the page when it is missing, damaged, or holds what this reader does not know.
    pub fn page(&self, index: usize) -> Result<PageText, Damage> {
        self.read(index).ok_or_else(|| Damage {
            page: Some(index + 1),
            message: "内容を読めません。ファイルが壊れたか、変えられています".to_owned(),
        })
    }

    fn read(&self, index: usize) -> Option<PageText> {
        let page = self.file.object(*self.pages.get(index)?)?;
        if page.get(b"Type")?.name()? != b"Page" {
            return None;
        }
        let inherited = match page.get(b"Parent").and_then(Value::reference) {
            Some(parent) => Some(self.inherited(parent, 0)?),
            None => None,
        };
        let media_box = match self.file.entry(&page, b"MediaBox") {
            Some(value) => rectangle(&value)?,
            None => inherited.as_ref()?.media_box?,
        };
        let own = match self.file.entry(&page, b"Resources") {
            Some(value) => Some(self.names(&value)?),
            None => None,
        };
        let names = own.as_ref().or_else(|| inherited.as_ref().map(|inherited| &inherited.resources))?;
        let content = match page.get(b"Contents") {
            None => Vec::new(),
            Some(value) => self.content(value)?,
        };
        let drawn = content::interpret(&content, &Scope { reader: self, names, depth: 0 })?;
        Some(in_millimetres(&drawn, media_box))
    }

    /// The content streams of a page, joined.
    fn content(&self, value: &Value<'_>) -> Option<Vec<u8>> {
        if let Some(number) = value.reference()
            && let Some((_, content)) = self.file.stream(number)
        {
            return Some(content);
        }
        let list = self.file.resolve(value)?;
        let mut all = Vec::new();
        for part in list.list()? {
            all.extend(self.file.stream(part.reference()?)?.1);
            all.push(b'\n');
        }
        Some(all)
    }

    /// What pages below a node of the page tree take from it and the nodes above.
    fn inherited(&self, number: u32, depth: usize) -> Option<Arc<Inherited>> {
        if depth > DEPTH {
            return None;
        }
        if let Some(found) = lock(&self.nodes).get(&number) {
            return Some(Arc::clone(found));
        }
        let node = self.file.object(number)?;
        let above = match node.get(b"Parent").and_then(Value::reference) {
            Some(parent) => Some(self.inherited(parent, depth + 1)?),
            None => None,
        };
        let media_box = match self.file.entry(&node, b"MediaBox") {
            Some(value) => Some(rectangle(&value)?),
            None => above.as_ref().and_then(|above| above.media_box),
        };
        let resources = match self.file.entry(&node, b"Resources") {
            Some(value) => self.names(&value)?,
            None => above.map(|above| above.resources.clone()).unwrap_or_default(),
        };
        let inherited = Arc::new(Inherited { media_box, resources });
        lock(&self.nodes).insert(number, Arc::clone(&inherited));
        Some(inherited)
    }

    fn names(&self, resources: &Value<'_>) -> Option<Names> {
        let list = |key: &[u8]| -> Option<Vec<(Vec<u8>, u32)>> {
            match self.file.entry(resources, key) {
                None => Some(Vec::new()),
                Some(Value::Dict(entries)) => {
                    entries.iter().map(|(name, value)| Some((name.to_vec(), value.reference()?))).collect()
                }
                Some(_) => None,
            }
        };
        Some(Names { fonts: list(b"Font")?, forms: list(b"XObject")? })
    }

    fn font(&self, number: u32) -> Option<Arc<Font>> {
        if let Some(found) = lock(&self.fonts).get(&number) {
            return Some(Arc::clone(found));
        }
        let font = self.file.object(number)?;
        if font.get(b"Subtype")?.name()? != b"Type0" || font.get(b"Encoding")?.name()? != b"Identity-H" {
            return None;
        }
        let descendants = self.file.entry(&font, b"DescendantFonts")?;
        let descendant = self.file.resolve(descendants.list()?.first()?)?;
        let widths = self.file.entry(&descendant, b"W");
        let (_, map) = self.file.stream(font.get(b"ToUnicode")?.reference()?)?;
        let font = Arc::new(Font::new(font.get(b"BaseFont")?.name()?, &descendant, widths.as_ref(), &map).ok()?);
        lock(&self.fonts).insert(number, Arc::clone(&font));
        Some(font)
    }

    fn form(&self, number: u32, depth: usize) -> Option<Arc<Drawn>> {
        if depth > DEPTH {
            return None;
        }
        if let Some(found) = lock(&self.forms).get(&number) {
            return Some(Arc::clone(found));
        }
        let (form, content) = self.file.stream(number)?;
        if form.get(b"Subtype")?.name()? != b"Form" || form.get(b"Matrix").is_some() {
            return None;
        }
        let names = match self.file.entry(&form, b"Resources") {
            Some(value) => self.names(&value)?,
            None => Names::default(),
        };
        let drawn = Arc::new(content::interpret(&content, &Scope { reader: self, names: &names, depth: depth + 1 })?);
        lock(&self.forms).insert(number, Arc::clone(&drawn));
        Some(drawn)
    }
}

/// The resources one stream sees.
struct Scope<'a> {
    reader: &'a PdfReader,
    names: &'a Names,
    depth: usize,
}

impl Resources for Scope<'_> {
    fn font(&self, name: &[u8]) -> Option<Arc<Font>> {
        let (_, number) = self.names.fonts.iter().find(|(known, _)| known == name)?;
        self.reader.font(*number)
    }

    fn form(&self, name: &[u8]) -> Option<Arc<Drawn>> {
        let (_, number) = self.names.forms.iter().find(|(known, _)| known == name)?;
        self.reader.form(*number, self.depth)
    }
}

/// A cache whose content is whole even when another thread panicked.
fn lock<T>(cache: &Cache<T>) -> MutexGuard<'_, BTreeMap<u32, Arc<T>>> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Object numbers of the pages below a node, in order.
fn leaves(file: &File, number: u32, pages: &mut Vec<u32>, visits: &mut usize, depth: usize) -> Option<()> {
    *visits += 1;
    if depth > DEPTH || *visits > file.len() || pages.len() > file.len() {
        return None;
    }
    let node = file.object(number)?;
    if node.get(b"Type")?.name()? == b"Page" {
        pages.push(number);
        return Some(());
    }
    let kids = file.entry(&node, b"Kids")?;
    let kids = kids.list()?;
    let all_pages = node.get(b"Count")?.count()? as usize == kids.len() && depth > 0;
    for kid in kids {
        let kid = kid.reference()?;
        if all_pages {
            // As many pages as kids: each kid is a page; its own type is looked at when it is read.
            pages.push(kid);
        } else {
            leaves(file, kid, pages, visits, depth + 1)?;
        }
    }
    Some(())
}

/// Left, bottom, right, top.
fn rectangle(value: &Value<'_>) -> Option<[Pt; 4]> {
    let list: Vec<Pt> = value.list()?.iter().map(|side| side.number().map(Pt)).collect::<Option<_>>()?;
    let [left, bottom, right, top] = *list.as_slice() else { return None };
    Some([left.min(right), bottom.min(top), left.max(right), bottom.max(top)])
}

fn in_millimetres(drawn: &Drawn, [left, bottom, right, top]: [Pt; 4]) -> PageText {
    let area =
        |[x, y, w, h]: [f64; 4]| Area { x: (Pt(x) - left).mm(), y: (top - Pt(y) - Pt(h)).mm(), w: Pt(w).mm(), h: Pt(h).mm() };
    let runs = drawn.texts.iter().map(|shown| {
        let Matrix([a, b, c, d, x, y]) = shown.matrix;
        let size = c.hypot(d);
        Run {
            x: (Pt(x) - left).mm(),
            y: (top - Pt(y)).mm(),
            size: Pt(size),
            scale: a.hypot(b) / size,
            face: Arc::clone(&shown.face),
            text: Arc::clone(&shown.text),
        }
    });
    let codes = drawn.masks.iter().map(|mask| {
        let Matrix([w, _, _, h, x, y]) = mask.matrix;
        Code { area: area([x, y, w, h]), side: mask.side, modules: Arc::clone(&mask.modules) }
    });
    PageText {
        width: (right - left).mm(),
        height: (top - bottom).mm(),
        runs: runs.collect(),
        rects: drawn.boxes.iter().map(|&b| area(b)).collect(),
        codes: codes.collect(),
    }
}
