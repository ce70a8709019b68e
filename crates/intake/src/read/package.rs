//! The zip container of xlsx, xlsb and ods, looked at before anything is unpacked into memory.

use crate::read::grid::Refused;
use quick_xml::events::Event;
use std::io::{BufReader, Cursor, Read, copy, sink};
use zip::ZipArchive;

/// Largest unpacked size of a workbook; 1,000,000 residents are about 600 MB of XML.
const MOST_UNPACKED: u64 = 4 << 30;
/// Largest ratio of unpacked to packed size; office workbooks stay below 40.
const MOST_RATIO: u64 = 400;
/// Unpacked sizes below this are never suspicious.
const ALWAYS_FINE: u64 = 64 << 20;
/// No deflate stream unpacks to more times its size than this.
const DEFLATE: u64 = 1032;

/// A zip container in memory.
pub(super) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Why a workbook is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// A password is needed.
    Protected,
    /// What is broken, in our words.
    Broken(&'static str),
    /// Too large when unpacked, in our words.
    Bomb(String),
    /// More cells than may be held.
    TooMany,
    /// A workbook of another kind than its extension says.
    Another(&'static str),
}

impl Problem {
    pub(super) const ZIP: Self = Self::Broken("圧縮された中身が壊れています");
    pub(super) const XML: Self = Self::Broken("中の XML が壊れています");
    pub(super) const PART: Self = Self::Broken("あるはずの中身がありません");
    pub(super) const FORM: Self = Self::Broken("中身が決まりどおりの形になっていません");
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Outside => Self::Broken("表計算ソフトの行と列の限りを超えたセルがあります"),
            Refused::TooMany => Self::TooMany,
        }
    }
}

/// The kinds of workbook that are zip containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// xlsx, xlsm.
    Xlsx,
    /// xlsb.
    Xlsb,
    /// ods.
    Ods,
}

/// Opens a container whose sizes are sound.
pub(super) fn open(bytes: &[u8]) -> Result<Archive<'_>, Problem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Problem::ZIP)?;
    let (mut packed, mut unpacked) = (0_u64, 0_u64);
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| Problem::ZIP)?;
        packed = packed.saturating_add(entry.compressed_size());
        unpacked = unpacked.saturating_add(entry.size());
    }
    let ratio = unpacked / packed.max(1);
    if unpacked > MOST_UNPACKED || (unpacked > ALWAYS_FINE && ratio > MOST_RATIO) {
        return Err(Problem::Bomb(format!("展開すると {} MB（{ratio} 倍）になるため、開きません", unpacked >> 20)));
    }
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| Problem::ZIP)?;
        let (packed, said) = (entry.compressed_size(), entry.size());
        let shared = entry.name().is_ok_and(|name| name.to_ascii_lowercase().ends_with("sharedstrings.xml"));
        // What is said of the size is not believed where it could matter.
        if packed.saturating_mul(DEFLATE) > ALWAYS_FINE {
            let real = copy(&mut entry.by_ref().take(said.saturating_add(1)), &mut sink()).map_err(|_| Problem::ZIP)?;
            if real != said {
                return Err(Problem::ZIP);
            }
        }
        drop(entry);
        if shared && strings(&mut archive, index)? > said {
            return Err(Problem::FORM);
        }
    }
    Ok(archive)
}

/// How many shared strings there are said to be: calamine makes room for so many.
fn strings(archive: &mut Archive<'_>, index: usize) -> Result<u64, Problem> {
    let entry = archive.by_index(index).map_err(|_| Problem::ZIP)?;
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(entry));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Problem::XML)? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "sst" => {
                let count = tag.try_get_attribute("uniqueCount").map_err(|_| Problem::XML)?;
                return Ok(count.and_then(|count| count.value.trim().parse().ok()).unwrap_or(0));
            }
            Event::Eof => return Ok(0),
            Event::Start(_)
            | Event::Empty(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// What the container holds.
pub(super) fn format(archive: &Archive<'_>) -> Option<Format> {
    let named = |end: &str| archive.file_names().any(|name| name.is_ok_and(|name| name.to_ascii_lowercase().ends_with(end)));
    if archive.index_for_name("content.xml").is_some() {
        Some(Format::Ods)
    } else if named("workbook.bin") {
        Some(Format::Xlsb)
    } else if named("/workbook.xml") || archive.index_for_name("_rels/.rels").is_some() {
        Some(Format::Xlsx)
    } else {
        None
    }
}
