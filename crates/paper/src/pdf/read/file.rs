//! The file: cross-reference table, objects on demand, streams.

use super::Damage;
use super::object::{Scanner, Value};
use libdeflater::{DecompressionError, Decompressor};
use std::cell::RefCell;

/// No page or form of ours comes near this when inflated.
const LARGEST_STREAM: usize = 64 << 20;

thread_local! {
    static DECOMPRESSOR: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// Bytes and where each object starts.
pub(super) struct File {
    bytes: Vec<u8>,
    /// Offset of each object, 0 = free.
    offsets: Vec<u64>,
    root: u32,
}

impl File {
    /// Reads the cross-reference table (classic, with updates) and the trailer.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, Damage> {
        let bad = |what: &str| Damage::file(format!("PDFの{what}を読めません"));
        if !bytes.starts_with(b"%PDF-") {
            return Err(Damage::file("PDFではありません".to_owned()));
        }
        let tail = bytes.len().saturating_sub(1024);
        let mark = bytes[tail..].windows(9).rposition(|part| part == b"startxref").ok_or_else(|| bad("末尾"))?;
        let end = &bytes[tail + mark..];
        if !end.windows(5).any(|part| part == b"%%EOF") {
            return Err(bad("末尾"));
        }
        let mut start = Scanner::new(end, 9).value().ok().and_then(|value| value.count());
        let mut offsets: Vec<u64> = Vec::new();
        let mut root = None;
        let mut seen = Vec::new();
        while let Some(at) = start {
            if seen.contains(&at) || seen.len() > 100 {
                return Err(bad("相互参照表"));
            }
            seen.push(at);
            let mut scanner = Scanner::new(&bytes, at as usize);
            if !scanner.take(b"xref") {
                return Err(bad("相互参照表"));
            }
            while !scanner.take(b"trailer") {
                section(&mut scanner, &mut offsets).ok_or_else(|| bad("相互参照表"))?;
            }
            let trailer = scanner.value().map_err(|()| bad("トレーラー"))?;
            if trailer.get(b"Encrypt").is_some() {
                return Err(Damage::file("暗号化されたPDFは読めません".to_owned()));
            }
            root = root.or_else(|| trailer.get(b"Root").and_then(Value::reference));
            start = match trailer.get(b"Prev") {
                Some(previous) => Some(previous.count().ok_or_else(|| bad("トレーラー"))?),
                None => None,
            };
        }
        let root = root.ok_or_else(|| bad("トレーラー"))?;
        Ok(Self { bytes, offsets, root })
    }

    pub(super) const fn root(&self) -> u32 {
        self.root
    }

    /// Number of objects the table has room for: no list in the file can be longer.
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// A scanner behind `n 0 obj`.
    fn body(&self, number: u32) -> Option<Scanner<'_>> {
        let offset = *self.offsets.get(number as usize)?;
        let mut scanner = Scanner::new(&self.bytes, usize::try_from(offset).ok().filter(|&offset| offset > 0)?);
        let found = scanner.value().ok()?.count()?;
        let _generation = scanner.value().ok()?;
        (found == number && scanner.take(b"obj")).then_some(scanner)
    }

    /// The object with this number.
    pub(super) fn object(&self, number: u32) -> Option<Value<'_>> {
        self.body(number)?.value().ok()
    }

    /// The value itself, or what it refers to.
    pub(super) fn resolve<'a>(&'a self, value: &Value<'a>) -> Option<Value<'a>> {
        match value.reference() {
            Some(number) => self.object(number).filter(|value| value.reference().is_none()),
            None => Some(value.clone()),
        }
    }

    /// The entry of a dictionary, resolved.
    pub(super) fn entry<'a>(&'a self, dictionary: &Value<'a>, key: &[u8]) -> Option<Value<'a>> {
        self.resolve(dictionary.get(key)?)
    }

    /// Dictionary and decoded bytes of a stream object.
    pub(super) fn stream(&self, number: u32) -> Option<(Value<'_>, Vec<u8>)> {
        let mut scanner = self.body(number)?;
        let dictionary = scanner.value().ok()?;
        if !scanner.take(b"stream") {
            return None;
        }
        let start = match self.bytes.get(scanner.at..)? {
            [b'\r', b'\n', ..] => scanner.at + 2,
            [b'\n', ..] => scanner.at + 1,
            _ => return None,
        };
        let length = self.entry(&dictionary, b"Length")?.count()? as usize;
        let raw = self.bytes.get(start..start.checked_add(length)?)?;
        if !Scanner::new(&self.bytes, start + length).take(b"endstream") || dictionary.get(b"DecodeParms").is_some() {
            return None;
        }
        let filter = self.entry(&dictionary, b"Filter");
        let name = match &filter {
            None => None,
            Some(Value::List(list)) if list.len() <= 1 => list.first().and_then(Value::name),
            Some(value) => Some(value.name()?),
        };
        let decoded = match name {
            None => raw.to_vec(),
            Some(b"FlateDecode") => inflate(raw)?,
            Some(_) => return None,
        };
        Some((dictionary, decoded))
    }
}

/// One section of the table: first number, count, entries of 20 bytes. The first word about a number counts.
fn section(scanner: &mut Scanner<'_>, offsets: &mut Vec<u64>) -> Option<()> {
    let first = scanner.value().ok()?.count()? as usize;
    let count = scanner.value().ok()?.count()? as usize;
    scanner.skip_space();
    let entries = scanner.bytes.get(scanner.at..)?.get(..count.checked_mul(20)?)?;
    let end = first.checked_add(count)?;
    // A table cannot name more objects than the file has bytes.
    if end > scanner.bytes.len() {
        return None;
    }
    if offsets.len() < end {
        offsets.resize(end, u64::MAX);
    }
    for (slot, entry) in offsets[first..end].iter_mut().zip(entries.chunks_exact(20)) {
        if *slot != u64::MAX {
            continue;
        }
        let digits = std::str::from_utf8(&entry[..10]).ok()?;
        *slot = match entry[17] {
            b'n' => digits.parse().ok()?,
            b'f' => 0,
            _ => return None,
        };
    }
    scanner.at += count * 20;
    Some(())
}

/// zlib data, checked against its own check sum.
fn inflate(packed: &[u8]) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let mut room = (packed.len() * 6).max(4096);
        loop {
            let mut plain = vec![0; room.min(LARGEST_STREAM)];
            match decompressor.zlib_decompress(packed, &mut plain) {
                Ok(size) => {
                    plain.truncate(size);
                    return Some(plain);
                }
                Err(DecompressionError::InsufficientSpace) if room < LARGEST_STREAM => room *= 4,
                Err(DecompressionError::InsufficientSpace | DecompressionError::BadData) => return None,
            }
        }
    })
}
