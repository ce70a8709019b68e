//! The file around the pages: objects in order, page tree, cross-reference table.

use super::charset::Charset;
use super::content::{Groups, Painter, address, deflate};
use super::embed::Embedded;
use super::number::{hundredths, put};
use super::{Info, bounds, standard};
use crate::font::Fonts;
use crate::frame::{Item, Page};
use kansho_core::diag::Failure;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

/// Pages of one node of the page tree; a good size for a batch.
pub const PAGES_PER_NODE: usize = 512;

const CATALOG: u32 = 1;
const ROOT: u32 = 2;
const INFO: u32 = 3;
const FONTS: u32 = 4;
const FIRST: u32 = 5;

/// A form made of a shared group. The group is kept, so that its address stays its own.
struct Form {
    number: u32,
    _group: Arc<Vec<Item>>,
}

/// The node of the page tree that is being filled.
struct Node {
    number: u32,
    size: Corners,
    pages: Vec<u32>,
    forms: BTreeSet<usize>,
}

/// Where one page goes.
struct Place<P> {
    page: P,
    number: u32,
    parent: u32,
    /// The object that holds the page's box.
    paper: (u32, u32),
    own_size: bool,
}

/// The bytes of a page: object `number`, and the next one `second` bytes further on.
struct Drawn {
    number: u32,
    bytes: Vec<u8>,
    second: u64,
}

/// Streams pages into one PDF file.
///
/// Memory holds the fonts' codes, the shared groups and four bytes an object, never a page.
pub struct PdfWriter<'f, W: Write> {
    out: W,
    at: u64,
    offsets: Vec<u32>,
    fonts: &'f Fonts,
    embedded: Embedded,
    forms: Vec<Form>,
    groups: Groups,
    papers: BTreeMap<Corners, u32>,
    nodes: Vec<(u32, usize)>,
    node: Option<Node>,
    count: usize,
    info: Info,
}

impl<W: Write> std::fmt::Debug for PdfWriter<'_, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PdfWriter").field("pages", &self.count).field("bytes", &self.at).finish_non_exhaustive()
    }
}

impl<'f, W: Write> PdfWriter<'f, W> {
    /// Starts a file whose texts hold the characters of `charset` and no others.
    ///
    /// # Errors
    /// [`Failure::Declined`] naming the code points a face lacks; [`Failure::Io`] when reading a font or writing fails.
    pub fn new(out: W, fonts: &'f Fonts, charset: &Charset, info: &Info) -> Result<Self, Failure> {
        let embedded = Embedded::new(fonts, charset, FIRST, info.standard.archive)?;
        let mut writer = Self {
            out,
            at: 0,
            offsets: vec![0; (FIRST - 1) as usize],
            fonts,
            embedded,
            forms: Vec::new(),
            groups: Groups::new(),
            papers: BTreeMap::new(),
            nodes: Vec::new(),
            node: None,
            count: 0,
            info: info.clone(),
        };
        writer.write(b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")?;
        for object in std::mem::take(&mut writer.embedded.objects) {
            let mut body = Vec::new();
            lopdf::Writer::write_object(&mut body, &object).map_err(io)?;
            let number = writer.reserve()?;
            writer.object(number, &body)?;
        }
        Ok(writer)
    }

    /// Pages written so far.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Adds pages in order; they are drawn and deflated in parallel.
    ///
    /// # Errors
    /// [`Failure::Declined`] when a text holds a unit that was not in the charset, or the file would pass 4 GiB;
    /// [`Failure::Io`] when writing fails. The file is unusable afterwards.
    pub fn pages(&mut self, batch: &[&Page]) -> Result<(), Failure> {
        self.parts(batch.to_vec())
    }

    /// As [`PdfWriter::pages`], but takes the pages: each is freed by the thread that drew it.
    ///
    /// # Errors
    /// As [`PdfWriter::pages`].
    pub fn take(&mut self, batch: Vec<Page>) -> Result<(), Failure> {
        self.parts(batch)
    }

    fn parts<P: Borrow<Page> + Send>(&mut self, batch: Vec<P>) -> Result<(), Failure> {
        let mut rest = batch;
        while !rest.is_empty() {
            let room = PAGES_PER_NODE - self.node.as_ref().map_or(0, |node| node.pages.len());
            let later = rest.split_off(room.min(rest.len()));
            self.part(rest)?;
            rest = later;
        }
        Ok(())
    }

    /// Pages of one node.
    fn part<P: Borrow<Page> + Send>(&mut self, batch: Vec<P>) -> Result<(), Failure> {
        let mut used = BTreeSet::new();
        for page in &batch {
            self.register(&page.borrow().items, &mut used)?;
        }
        let Some(first) = batch.first() else { return Ok(()) };
        let mut node = match self.node.take() {
            Some(node) => node,
            None => {
                let number = self.reserve()?;
                Node { number, size: media(first.borrow()), pages: Vec::new(), forms: BTreeSet::new() }
            }
        };
        node.forms.append(&mut used);
        let count = batch.len();
        let mut places = Vec::with_capacity(count);
        for page in batch {
            let (size, cut) = (media(page.borrow()), trim(page.borrow()));
            let paper = (self.paper(size)?, self.paper(cut)?);
            let number = self.reserve()?;
            node.pages.push(self.reserve()?);
            places.push(Place { page, number, parent: node.number, paper, own_size: size != node.size });
        }
        let (fonts, groups) = (&self.embedded, &self.groups);
        let drawn: Vec<Result<Drawn, Failure>> =
            places.into_par_iter().with_min_len(8).map(|place| place.draw(fonts, groups)).collect();
        for drawn in drawn {
            let drawn = drawn?;
            self.mark(drawn.number, 0)?;
            self.mark(drawn.number + 1, drawn.second)?;
            self.write(&drawn.bytes)?;
        }
        self.count += count;
        if node.pages.len() == PAGES_PER_NODE {
            self.close(&node)?;
        } else {
            self.node = Some(node);
        }
        Ok(())
    }

    /// Writes a form for each group not met before; inner groups first.
    fn register(&mut self, items: &[Item], used: &mut BTreeSet<usize>) -> Result<(), Failure> {
        for item in items {
            let Item::Shared { group, .. } = item else { continue };
            if let Some(&index) = self.groups.get(&address(group)) {
                used.insert(index);
                continue;
            }
            let mut inner = BTreeSet::new();
            self.register(group, &mut inner)?;
            let packed = deflate(&Painter::group(&self.embedded, &self.groups).draw(group)?)?;
            let [left, bottom, right, top] = bounds::of(self.fonts, group);
            let mut body = format!("<</Type/XObject/Subtype/Form/BBox[{left} {bottom} {right} {top}]/Resources").into_bytes();
            body.extend_from_slice(&self.resources(&inner));
            body.extend_from_slice(format!("/Filter/FlateDecode/Length {}>>stream\n", packed.len()).as_bytes());
            body.extend_from_slice(&packed);
            body.extend_from_slice(b"\nendstream");
            let number = self.reserve()?;
            self.object(number, &body)?;
            let index = self.forms.len();
            self.groups.insert(address(group), index);
            self.forms.push(Form { number, _group: Arc::clone(group) });
            used.insert(index);
        }
        Ok(())
    }

    /// The object with the box of a paper size: pages refer to it instead of repeating it.
    fn paper(&mut self, size: Corners) -> Result<u32, Failure> {
        if let Some(&number) = self.papers.get(&size) {
            return Ok(number);
        }
        let number = self.reserve()?;
        let mut body = Vec::new();
        put_box(&mut body, size);
        self.object(number, &body)?;
        self.papers.insert(size, number);
        Ok(number)
    }

    /// The resource dictionary with the fonts and the named forms.
    fn resources(&self, forms: &BTreeSet<usize>) -> Vec<u8> {
        let mut text = format!("<</ProcSet[/PDF/Text/ImageB]/Font {FONTS} 0 R");
        if !forms.is_empty() {
            text.push_str("/XObject<<");
            for &index in forms {
                if let Some(form) = self.forms.get(index) {
                    text.push_str(&format!("/S{index} {} 0 R", form.number));
                }
            }
            text.push_str(">>");
        }
        text.push_str(">>");
        text.into_bytes()
    }

    /// Writes a node of the page tree.
    fn close(&mut self, node: &Node) -> Result<(), Failure> {
        let mut body = format!("<</Type/Pages/Parent {ROOT} 0 R/Count {}/MediaBox", node.pages.len()).into_bytes();
        put_box(&mut body, node.size);
        body.extend_from_slice(b"/Resources");
        body.extend_from_slice(&self.resources(&node.forms));
        body.extend_from_slice(b"/Kids[");
        for number in &node.pages {
            body.extend_from_slice(format!("{number} 0 R ").as_bytes());
        }
        body.extend_from_slice(b"]>>");
        self.nodes.push((node.number, node.pages.len()));
        self.object(node.number, &body)
    }

    /// Writes what stands behind the pages and gives the output back, flushed.
    ///
    /// # Errors
    /// [`Failure::Declined`] for a file without pages; [`Failure::Io`] when writing fails.
    pub fn finish(mut self) -> Result<W, Failure> {
        if let Some(node) = self.node.take() {
            self.close(&node)?;
        }
        if self.count == 0 {
            return Err(Failure::Declined("ページのないPDFは作れません".to_owned()));
        }
        let kids: String = self.nodes.iter().map(|(number, _)| format!("{number} 0 R ")).collect();
        self.object(ROOT, format!("<</Type/Pages/Count {}/Kids[{kids}]>>", self.count).as_bytes())?;
        let conforming = self.standard()?;
        let catalog =
            format!("<</Type/Catalog/Pages {ROOT} 0 R/Lang(ja)/ViewerPreferences<</DisplayDocTitle true>>{conforming}>>");
        self.object(CATALOG, catalog.as_bytes())?;
        let fonts: String = self.embedded.fonts.iter().map(|(slot, number)| format!("/F{slot} {number} 0 R")).collect();
        self.object(FONTS, format!("<<{fonts}>>").as_bytes())?;
        let date = self.info.as_of.format("(D:%Y%m%d000000+09'00')").to_string();
        let version = if self.info.standard.intent.is_empty() { "" } else { "/GTS_PDFXVersion(PDF/X-1a:2003)" };
        let title = utf16(&self.info.title);
        let info = format!("<</Title<{title}>/Producer(kansho)/CreationDate{date}/ModDate{date}/Trapped/False{version}>>");
        self.object(INFO, info.as_bytes())?;
        self.tail()?;
        self.out.flush().map_err(io)?;
        Ok(self.out)
    }

    /// Profile and metadata of PDF/A and PDF/X; gives what the catalog says of them.
    fn standard(&mut self) -> Result<String, Failure> {
        if !self.info.standard.archive {
            return Ok(standard::intents(&self.info, None));
        }
        let packed = deflate(&standard::grey_profile())?;
        let mut body = format!("<</N 1/Filter/FlateDecode/Length {}>>stream\n", packed.len()).into_bytes();
        body.extend_from_slice(&packed);
        body.extend_from_slice(b"\nendstream");
        let profile = self.reserve()?;
        self.object(profile, &body)?;
        let text = standard::metadata(&self.info);
        let metadata = self.reserve()?;
        let body = format!("<</Type/Metadata/Subtype/XML/Length {}>>stream\n{text}\nendstream", text.len());
        self.object(metadata, body.as_bytes())?;
        Ok(format!("/Metadata {metadata} 0 R{}", standard::intents(&self.info, Some(profile))))
    }

    fn tail(&mut self) -> Result<(), Failure> {
        let start = self.at;
        let size = self.offsets.len() + 1;
        self.write(format!("xref\n0 {size}\n0000000000 65535 f\r\n").as_bytes())?;
        let offsets = std::mem::take(&mut self.offsets);
        let mut digest = Sha256::new();
        for text in [&self.info.title, &self.info.run, &self.info.as_of.to_string()] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        self.embedded.names.iter().for_each(|name| digest.update(name.as_bytes()));
        for part in offsets.chunks(1024) {
            let mut lines = Vec::with_capacity(part.len() * 20);
            for offset in part {
                digest.update(offset.to_be_bytes());
                lines.extend_from_slice(format!("{offset:010} 00000 n\r\n").as_bytes());
            }
            self.write(&lines)?;
        }
        let id: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02X}")).collect();
        let trailer =
            format!("trailer\n<</Size {size}/Root {CATALOG} 0 R/Info {INFO} 0 R/ID[<{id}><{id}>]>>\nstartxref\n{start}\n%%EOF\n");
        self.write(trailer.as_bytes())
    }

    /// The next object number.
    fn reserve(&mut self) -> Result<u32, Failure> {
        self.offsets.push(0);
        u32::try_from(self.offsets.len()).map_err(|_| too_large())
    }

    /// Notes that object `number` starts `ahead` bytes from here.
    fn mark(&mut self, number: u32, ahead: u64) -> Result<(), Failure> {
        let at = u32::try_from(self.at + ahead).map_err(|_| too_large())?;
        if let Some(offset) = self.offsets.get_mut((number - 1) as usize) {
            *offset = at;
        }
        Ok(())
    }

    fn object(&mut self, number: u32, body: &[u8]) -> Result<(), Failure> {
        self.mark(number, 0)?;
        self.write(format!("{number} 0 obj\n").as_bytes())?;
        self.write(body)?;
        self.write(b"\nendobj\n")
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(io)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

impl<P: Borrow<Page>> Place<P> {
    /// The two objects of a page: its content and its dictionary.
    fn draw(self, fonts: &Embedded, groups: &Groups) -> Result<Drawn, Failure> {
        let page = self.page.borrow();
        let content = Painter::page(fonts, groups, page.height).with_bleed(page.bleed).draw(&page.items)?;
        let packed = deflate(&content)?;
        let mut bytes = Vec::with_capacity(packed.len() + 300);
        let number = self.number;
        bytes.extend_from_slice(format!("{number} 0 obj\n<</Filter/FlateDecode/Length {}>>stream\n", packed.len()).as_bytes());
        bytes.extend_from_slice(&packed);
        bytes.extend_from_slice(b"\nendstream\nendobj\n");
        let second = bytes.len() as u64;
        bytes.extend_from_slice(format!("{} 0 obj\n<</Type/Page/Parent {} 0 R", number + 1, self.parent).as_bytes());
        let (media, trim) = self.paper;
        for (name, paper) in
            [("/MediaBox", media), ("/TrimBox", trim), ("/BleedBox", media)].iter().skip(usize::from(!self.own_size))
        {
            bytes.extend_from_slice(format!("{name} {paper} 0 R").as_bytes());
        }
        bytes.extend_from_slice(format!("/Contents {number} 0 R>>\nendobj\n").as_bytes());
        Ok(Drawn { number, bytes, second })
    }
}

/// A box with its corners in hundredths of a point: left = bottom, right, top.
type Corners = (i64, i64, i64);

/// The paper with its bleed.
fn media(page: &Page) -> Corners {
    let bleed = hundredths(page.bleed);
    (0, hundredths(page.width) + 2 * bleed, hundredths(page.height) + 2 * bleed)
}

/// What is left of it when it is cut.
fn trim(page: &Page) -> Corners {
    let bleed = hundredths(page.bleed);
    (bleed, hundredths(page.width) + bleed, hundredths(page.height) + bleed)
}

fn put_box(out: &mut Vec<u8>, (least, right, top): Corners) {
    out.push(b'[');
    for (value, after) in [(least, b' '), (least, b' '), (right, b' '), (top, b']')] {
        put(out, value, 2);
        out.push(after);
    }
}

/// A text string of a dictionary: UTF-16 with a byte order mark, in hex.
fn utf16(text: &str) -> String {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).map(|unit| format!("{unit:04X}")).collect()
}

fn too_large() -> Failure {
    Failure::Declined("一つのPDFが4GiBを超えます。分割の通数を減らしてください".to_owned())
}

fn io(source: std::io::Error) -> Failure {
    Failure::Io { doing: "PDFを書けません".to_owned(), path: "PDF".to_owned(), source }
}
