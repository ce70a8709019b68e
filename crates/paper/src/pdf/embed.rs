//! Fonts into PDF objects: subset, embedded by printpdf, taken over with lopdf; and the codes of each unit.

use super::charset::Charset;
use super::no_glyph;
use crate::font::{Fonts, Unit, slot};
use crate::frame::Face;
use kansho_core::diag::Failure;
use lopdf::{Dictionary, Object, ObjectId, Stream};
use printpdf::{
    Codepoint, FontId, Mm, Op, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Pt, TextItem,
};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The two-byte codes of the units of one face.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// Plain characters, blocks of 256; 0 = not in the subset.
    plain: Vec<Option<Box<[u16; 256]>>>,
    sequences: BTreeMap<Unit, u16>,
}

impl Codes {
    fn new(list: &[Unit]) -> Self {
        let mut codes = Self::default();
        codes.plain.resize_with(0x1100, || None);
        for (code, unit) in (1..).zip(list) {
            if unit.selector.is_some() {
                codes.sequences.insert(*unit, code);
                continue;
            }
            let at = u32::from(unit.base) as usize;
            if let Some(block) = codes.plain.get_mut(at >> 8) {
                block.get_or_insert_with(|| Box::new([0; 256]))[at & 0xFF] = code;
            }
        }
        codes
    }

    /// The code of a unit; `None` when the subset does not hold it.
    pub(super) fn of(&self, unit: Unit) -> Option<u16> {
        if unit.selector.is_some() {
            return self.sequences.get(&unit).copied();
        }
        let at = u32::from(unit.base) as usize;
        let block = self.plain.get(at >> 8)?.as_ref()?;
        Some(block[at & 0xFF]).filter(|&code| code != 0)
    }
}

/// Fonts of a file: their codes and the objects to write.
#[derive(Debug)]
pub(super) struct Embedded {
    codes: [Codes; 5],
    /// Objects numbered from `first`, in order, ready to be written.
    pub(super) objects: Vec<Object>,
    /// Face slot and object number of each font.
    pub(super) fonts: Vec<(usize, u32)>,
    /// Subset tags and names, for the file identifier.
    pub(super) names: Vec<String>,
}

impl Embedded {
    /// Subsets and embeds every face of the set; the first object gets the number `first`. An archive copy lists the codes of each
    /// font (/CIDSet, PDF/A-1).
    pub(super) fn new(fonts: &Fonts, charset: &Charset, first: u32, archive: bool) -> Result<Self, Failure> {
        let missing: Vec<(Face, Unit)> = charset
            .faces()
            .flat_map(|face| charset.units(face).into_iter().map(move |unit| (face, unit)))
            .filter(|&(face, unit)| !fonts.prints(face, unit))
            .collect();
        if !missing.is_empty() {
            return Err(no_glyph(&missing));
        }
        let mut embedded = Self { codes: Default::default(), objects: Vec::new(), fonts: Vec::new(), names: Vec::new() };
        let faces: Vec<Face> = charset.faces().collect();
        let made: Vec<_> = faces
            .into_par_iter()
            .map(|face| {
                let list = charset.units(face);
                let made = Embedding::new(fonts, face, &list).and_then(|font| font.object(archive));
                made.map(|(font, name)| (face, list, font, name))
            })
            .collect::<Result<_, Failure>>()?;
        for (face, list, font, name) in made {
            let number = adopt(font, &mut embedded.objects, first)?;
            embedded.fonts.push((slot(face), number));
            embedded.names.push(name);
            embedded.codes[slot(face)] = Codes::new(&list);
        }
        Ok(embedded)
    }

    pub(super) fn codes(&self, face: Face) -> &Codes {
        &self.codes[slot(face)]
    }
}

/// One face on its way into a file.
struct Embedding {
    slot: usize,
    name: String,
    program: Vec<u8>,
    /// Glyph of the program for each code from 1.
    glyphs: Vec<u16>,
    /// Advance in thousandths for each code from 1.
    widths: Vec<u16>,
    texts: Vec<String>,
    bbox: [i64; 4],
    ascent: f64,
    descent: f64,
    bold: bool,
}

impl Embedding {
    fn new(fonts: &Fonts, face: Face, list: &[Unit]) -> Result<Self, Failure> {
        let file = fonts.file(face);
        let mut remapper = subsetter::GlyphRemapper::new();
        let (mut glyphs, mut widths, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        let mut tag = Sha256::new();
        if list.len() >= usize::from(u16::MAX) {
            return Err(Failure::Declined(format!("一つのPDFに入る文字の種類を越えました: {}", file.postscript_name)));
        }
        for &unit in list {
            let glyph = fonts.glyph(face, unit).ok_or_else(|| no_glyph(&[(face, unit)]))?;
            glyphs.push(remapper.remap(glyph));
            widths.push(file.thousandths(glyph));
            texts.push(unit.selector.map_or_else(|| unit.base.to_string(), |s| format!("{}{s}", unit.base)));
            tag.update(glyph.to_be_bytes());
        }
        let program = subsetter::subset(file.bytes()?, 0, &remapper)
            .map_err(|error| Failure::Usage(format!("フォントを使えません: {}: {error}", file.postscript_name)))?;
        let tag: String = tag.finalize().iter().take(6).map(|&byte| char::from(b'A' + byte % 26)).collect();
        let metrics = fonts.metrics(face);
        Ok(Self {
            slot: slot(face),
            name: format!("{tag}+{}", file.postscript_name),
            program,
            glyphs,
            widths,
            texts,
            bbox: file.bbox,
            ascent: metrics.ascent,
            descent: metrics.descent,
            bold: face == Face::Bold,
        })
    }

    /// The Type0 font dictionary as lopdf has it, with everything it refers to.
    fn object(self, archive: bool) -> Result<(Loaded, String), Failure> {
        let broken = |what: &str| Failure::Usage(format!("フォントを埋め込めません: {}: {what}", self.name));
        // TrueType programs map codes to glyphs with a stream when two characters share a glyph; CFF programs cannot.
        let straight = (1..).zip(&self.glyphs).all(|(code, &glyph): (u16, _)| code == glyph);
        let cff = self.program.starts_with(b"OTTO");
        if cff && !straight {
            return Err(broken("二つの文字が同じ字形を指しています"));
        }
        let mut loaded = lopdf::Document::load_mem(&self.printed()).map_err(|error| broken(&error.to_string()))?;
        if archive {
            let codes = self.glyphs.len();
            loaded.objects.values_mut().for_each(|object| list_codes(object, codes));
        }
        let mut font = find_font(&loaded).ok_or_else(|| broken("書体の定義がありません"))?;
        if !straight {
            let map: Vec<u8> = std::iter::once(0).chain(self.glyphs.iter().copied()).flat_map(u16::to_be_bytes).collect();
            let descendant = font
                .get_mut(b"DescendantFonts")
                .and_then(Object::as_array_mut)
                .ok()
                .and_then(|list| list.first_mut())
                .and_then(|object| object.as_dict_mut().ok())
                .ok_or_else(|| broken("書体の定義がありません"))?;
            // A stream must be an indirect object: `adopt` gives it a number.
            descendant.set("CIDToGIDMap", Object::Stream(Stream::new(Dictionary::new(), map)));
        }
        Ok((Loaded { document: loaded, font: Object::Dictionary(font) }, self.name))
    }

    /// A one-page file by printpdf that shows every glyph of the subset.
    fn printed(&self) -> Vec<u8> {
        let thousandth = |value: f64| -> i16 { i16::try_from(super::number::nearest(value * 1000.0)).unwrap_or(i16::MAX) };
        let cut = |value: i64| i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX });
        let mut font = ParsedFont::with_glyph_data(
            self.program.clone(),
            0,
            Some(self.name.clone()),
            BTreeMap::new(),
            (1..).zip(self.widths.iter().copied()).collect(),
            1000,
            printpdf::FontMetrics { ascent: thousandth(self.ascent), descent: thousandth(-self.descent) },
        );
        [font.pdf_font_metrics.x_min, font.pdf_font_metrics.y_min, font.pdf_font_metrics.x_max, font.pdf_font_metrics.y_max] =
            self.bbox.map(cut);
        font.pdf_font_metrics.us_weight_class = if self.bold { 700 } else { 400 };
        let id = FontId(format!("F{}", self.slot));
        let shown = (1..).zip(&self.texts).map(|(code, text)| Codepoint::with_cid(code, 0.0, text.clone())).collect();
        let mut document = PdfDocument::new("");
        document.resources.fonts.map.insert(id.clone(), PdfFont::new(font));
        let ops = vec![
            Op::StartTextSection,
            Op::SetFont { font: PdfFontHandle::External(id), size: Pt(10.0) },
            Op::ShowText { items: vec![TextItem::GlyphIds(shown)] },
            Op::EndTextSection,
        ];
        document.with_pages(vec![PdfPage::new(Mm(210.0), Mm(297.0), ops)]);
        let options = PdfSaveOptions { optimize: false, subset_fonts: false, ..PdfSaveOptions::default() };
        document.save(&options, &mut Vec::new())
    }
}

/// Puts a /CIDSet of the codes 0 to `codes` into every font descriptor in an object.
fn list_codes(object: &mut Object, codes: usize) {
    match object {
        Object::Dictionary(dictionary) => {
            dictionary.iter_mut().for_each(|(_, value)| list_codes(value, codes));
            if dictionary.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"FontDescriptor") {
                let mut set = vec![0xFF_u8; codes.div_ceil(8) + 1];
                set.truncate((codes + 1).div_ceil(8));
                if let (Some(last), used @ 1..) = (set.last_mut(), (codes + 1) % 8) {
                    *last = 0xFF << (8 - used);
                }
                dictionary.set("CIDSet", Object::Stream(Stream::new(Dictionary::new(), set)));
            }
        }
        Object::Array(list) => list.iter_mut().for_each(|value| list_codes(value, codes)),
        Object::Stream(_)
        | Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::Name(_)
        | Object::String(..)
        | Object::Reference(_) => {}
    }
}

/// A font dictionary and the file its references point into.
struct Loaded {
    document: lopdf::Document,
    font: Object,
}

/// The only Type0 font of the file.
fn find_font(document: &lopdf::Document) -> Option<Dictionary> {
    let is_font =
        |dictionary: &Dictionary| dictionary.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Type0");
    fn search(object: &Object, is_font: &dyn Fn(&Dictionary) -> bool) -> Option<Dictionary> {
        match object {
            Object::Dictionary(dictionary) if is_font(dictionary) => Some(dictionary.clone()),
            Object::Dictionary(dictionary) => dictionary.iter().find_map(|(_, value)| search(value, is_font)),
            Object::Array(list) => list.iter().find_map(|value| search(value, is_font)),
            Object::Stream(_)
            | Object::Null
            | Object::Boolean(_)
            | Object::Integer(_)
            | Object::Real(_)
            | Object::Name(_)
            | Object::String(..)
            | Object::Reference(_) => None,
        }
    }
    document.objects.values().find_map(|object| search(object, &is_font))
}

/// Copies a font and all it refers to behind `objects`, numbered from `first`; gives the font's number.
fn adopt(loaded: Loaded, objects: &mut Vec<Object>, first: u32) -> Result<u32, Failure> {
    let mut numbers = BTreeMap::new();
    let next = |objects: &Vec<Object>| first.saturating_add(u32::try_from(objects.len()).unwrap_or(u32::MAX));
    let number = next(objects);
    objects.push(Object::Null);
    let at = objects.len() - 1;
    let font = copy(&loaded.document, loaded.font, objects, &mut numbers, &next)?;
    objects[at] = font;
    Ok(number)
}

fn copy(
    document: &lopdf::Document,
    object: Object,
    objects: &mut Vec<Object>,
    numbers: &mut BTreeMap<ObjectId, u32>,
    next: &dyn Fn(&Vec<Object>) -> u32,
) -> Result<Object, Failure> {
    Ok(match object {
        Object::Reference(id) => {
            if let Some(&number) = numbers.get(&id) {
                return Ok(Object::Reference((number, 0)));
            }
            let target =
                document.get_object(id).map_err(|error| Failure::Usage(format!("フォントを埋め込めません: {error}")))?.clone();
            let number = next(objects);
            numbers.insert(id, number);
            objects.push(Object::Null);
            let at = objects.len() - 1;
            let target = if let Object::Stream(stream) = target {
                Object::Stream(pack(stream)?)
            } else {
                copy(document, target, objects, numbers, next)?
            };
            objects[at] = target;
            Object::Reference((number, 0))
        }
        Object::Array(list) => {
            Object::Array(list.into_iter().map(|value| copy(document, value, objects, numbers, next)).collect::<Result<_, _>>()?)
        }
        Object::Dictionary(dictionary) => {
            let mut copied = Dictionary::new();
            for (key, value) in dictionary {
                copied.set(key, copy(document, value, objects, numbers, next)?);
            }
            Object::Dictionary(copied)
        }
        Object::Stream(stream) => {
            let number = next(objects);
            objects.push(Object::Stream(pack(stream)?));
            Object::Reference((number, 0))
        }
        other @ (Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::Name(_)
        | Object::String(..)) => other,
    })
}

/// The stream deflated, with a plain dictionary.
fn pack(stream: Stream) -> Result<Stream, Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::Usage(format!("フォントを埋め込めません: {error}"));
    let plain = if stream.dict.has(b"Filter") {
        stream.decompressed_content().map_err(|error| broken(&error))?
    } else {
        stream.content.clone()
    };
    let packed = super::content::deflate_font(&plain)?;
    let mut dictionary = Dictionary::new();
    for key in [&b"Subtype"[..], b"Length1"] {
        if let Ok(value) = stream.dict.get(key) {
            dictionary.set(key, value.clone());
        }
    }
    dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
    Ok(Stream::new(dictionary, packed))
}
