//! One font file: its character map, widths and metrics, read without its outlines.

use super::Unit;
use kansho_core::diag::Failure;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use ttf_parser::{GlyphId, RawFaceTables, cmap::Format, cmap::GlyphVariationResult};

/// Vertical measures of a face in em.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// From the baseline up to the top of the line.
    pub ascent: f64,
    /// From the baseline down to the bottom of the line (positive).
    pub descent: f64,
    /// Height of capitals and digits.
    pub cap_height: f64,
}

/// Glyphs by code point, in blocks of 256; 0 = none.
type Blocks = Vec<Option<Box<[u16; 256]>>>;

/// One opened font file.
pub(crate) struct FontFile {
    pub(crate) path: PathBuf,
    pub(crate) postscript_name: String,
    pub(crate) metrics: Metrics,
    /// xMin, yMin, xMax, yMax in thousandths of an em.
    pub(crate) bbox: [i64; 4],
    length: u64,
    blocks: Blocks,
    widths: Vec<u16>,
    cmap: Vec<u8>,
    bytes: OnceLock<Vec<u8>>,
}

impl std::fmt::Debug for FontFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FontFile").field("name", &self.postscript_name).finish_non_exhaustive()
    }
}

impl FontFile {
    /// Reads the small tables of a TrueType or OpenType file.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let io = |source| Failure::io("フォントを読めません", path, source);
        let unfit = |what: &str| Failure::Usage(format!("フォントを使えません: {}: {what}", path.display()));
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let directory = directory(&mut file).map_err(io)?;
        if directory.iter().any(|&(_, offset, size)| u64::from(offset) + u64::from(size) > length) {
            return Err(unfit("表がファイルの終わりを越えています"));
        }
        let mut table = |tag: &[u8; 4]| -> Result<Vec<u8>, Failure> {
            let Some(&(_, offset, size)) = directory.iter().find(|(name, _, _)| name == tag) else { return Ok(Vec::new()) };
            let mut bytes = vec![0; size as usize];
            file.seek(SeekFrom::Start(u64::from(offset))).map_err(io)?;
            file.read_exact(&mut bytes).map_err(io)?;
            Ok(bytes)
        };
        let [head, hhea, maxp, hmtx, cmap, loca, name, os2] = [
            table(b"head")?,
            table(b"hhea")?,
            table(b"maxp")?,
            table(b"hmtx")?,
            table(b"cmap")?,
            table(b"loca")?,
            table(b"name")?,
            table(b"OS/2")?,
        ];
        let raw = RawFaceTables {
            head: &head,
            hhea: &hhea,
            maxp: &maxp,
            hmtx: Some(&hmtx),
            cmap: Some(&cmap),
            name: Some(&name),
            os2: Some(&os2),
            ..RawFaceTables::default()
        };
        let face = ttf_parser::Face::from_raw_tables(raw).map_err(|error| unfit(&error.to_string()))?;

        let em = i64::from(face.units_per_em().max(1));
        let thousandths = |value: i64| value * 1000 / em; // towards zero, as printpdf writes /W
        let widths = (0..face.number_of_glyphs())
            .map(|glyph| {
                let advance = face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
                u16::try_from(thousandths(i64::from(advance))).unwrap_or(u16::MAX)
            })
            .collect();
        let bounds = face.global_bounding_box();
        let share = |value: i16| f64::from(value) / f64::from(face.units_per_em().max(1));
        let ascent = share(face.ascender());
        let cap_height = face.capital_height().filter(|&height| height > 0).map_or(ascent * 0.8, share);
        let postscript_name = face
            .names()
            .into_iter()
            .find(|n| n.name_id == ttf_parser::name_id::POST_SCRIPT_NAME && n.is_unicode())
            .and_then(|n| n.to_string())
            .filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
            .unwrap_or_else(|| path.file_stem().map_or_else(|| "Font".to_owned(), |s| s.to_string_lossy().into_owned()));
        let blocks = blocks(&face, &empty_glyphs(&head, &loca)).ok_or_else(|| unfit("Unicode の文字表がありません"))?;
        Ok(Self {
            path: path.to_path_buf(),
            postscript_name,
            metrics: Metrics { ascent, descent: -share(face.descender()), cap_height },
            bbox: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|value| thousandths(i64::from(value))),
            length,
            blocks,
            widths,
            cmap,
            bytes: OnceLock::new(),
        })
    }

    /// The whole file, for the subset; read once, when the first subset needs it.
    pub(crate) fn bytes(&self) -> Result<&[u8], Failure> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes);
        }
        let bytes = std::fs::read(&self.path).map_err(|source| Failure::io("フォントを読めません", &self.path, source))?;
        if bytes.len() as u64 != self.length {
            return Err(Failure::Usage(format!("フォントが実行中に変わりました: {}", self.path.display())));
        }
        Ok(self.bytes.get_or_init(|| bytes))
    }

    /// The glyph of exactly this unit.
    pub(crate) fn exact(&self, unit: Unit) -> Option<u16> {
        let base = || {
            let code = u32::from(unit.base) as usize;
            let block = self.blocks.get(code >> 8)?.as_ref()?;
            Some(block[code & 0xFF]).filter(|&glyph| glyph != 0)
        };
        let Some(selector) = unit.selector else { return base() };
        let table = ttf_parser::cmap::Table::parse(&self.cmap)?;
        for subtable in table.subtables {
            if let Format::UnicodeVariationSequences(sequences) = subtable.format {
                return match sequences.glyph_index(u32::from(unit.base), u32::from(selector))? {
                    GlyphVariationResult::Found(glyph) => Some(glyph.0).filter(|&glyph| glyph != 0),
                    GlyphVariationResult::UseDefault => base(),
                };
            }
        }
        None
    }

    /// The advance of a glyph in thousandths of an em, cut.
    pub(crate) fn thousandths(&self, glyph: u16) -> u16 {
        self.widths.get(usize::from(glyph)).copied().unwrap_or(1000)
    }
}

/// Name, offset and length of each table.
fn directory(file: &mut File) -> std::io::Result<Vec<([u8; 4], u32, u32)>> {
    let mut head = [0; 12];
    file.read_exact(&mut head)?;
    let count = u16::from_be_bytes([head[4], head[5]]);
    let mut rows = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let mut row = [0; 16];
        file.read_exact(&mut row)?;
        let [a, b, c, d, _, _, _, _, rest @ ..] = row;
        let [o0, o1, o2, o3, l0, l1, l2, l3] = rest;
        rows.push(([a, b, c, d], u32::from_be_bytes([o0, o1, o2, o3]), u32::from_be_bytes([l0, l1, l2, l3])));
    }
    Ok(rows)
}

/// For each glyph of a TrueType font: true when it has no outline. Empty for other fonts.
fn empty_glyphs(head: &[u8], loca: &[u8]) -> Vec<bool> {
    let long = head.get(50..52).is_some_and(|format| format == [0, 1]);
    let size = if long { 4 } else { 2 };
    loca.chunks_exact(size).zip(loca.chunks_exact(size).skip(1)).map(|(start, end)| start == end).collect()
}

/// The character map as blocks; a character that should be seen but has an empty glyph is left out.
fn blocks(face: &ttf_parser::Face<'_>, empty: &[bool]) -> Option<Blocks> {
    let mut blocks: Blocks = Vec::new();
    blocks.resize_with(0x1100, || None);
    let mut found = false;
    for subtable in face.tables().cmap?.subtables {
        if !subtable.is_unicode() || matches!(subtable.format, Format::UnicodeVariationSequences(_)) {
            continue;
        }
        found = true;
        subtable.codepoints(|code| {
            let Some(c) = char::from_u32(code) else { return };
            let Some(glyph) = subtable.glyph_index(code).map(|glyph| glyph.0).filter(|&glyph| glyph != 0) else { return };
            if !c.is_whitespace() && empty.get(usize::from(glyph)).copied().unwrap_or(false) {
                return;
            }
            if let Some(block) = blocks.get_mut((code >> 8) as usize) {
                block.get_or_insert_with(|| Box::new([0; 256]))[(code & 0xFF) as usize] = glyph;
            }
        });
    }
    found.then_some(blocks)
}
