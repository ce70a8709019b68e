//! The compound file of an xls, looked at before calamine reads it: chains that run in a circle, extents that are not there.

use crate::read::grid::MOST_CELLS;
use crate::read::package::Problem;

const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// Streams below this size lie in the mini stream.
const MINI_BELOW: usize = 4096;
/// Excel has no limit of sheets; nobody has so many.
const MOST_SHEETS: usize = 1000;

// Records of a worksheet: [MS-XLS] 2.4.
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const MUL_RK: u16 = 0x00BD;
/// Number, label, rich string, truth value or error, RK, shared string, several RKs, formula.
const CELLS: [u16; 8] = [0x0203, 0x0204, 0x00D6, 0x0205, 0x027E, 0x00FD, MUL_RK, 0x0006];

/// Looks at the chains and the extent of every sheet.
pub(super) fn look(bytes: &[u8]) -> Result<(), Problem> {
    let book = workbook(bytes).ok_or(Problem::FORM)?;
    let mut cells = 0_usize;
    for start in sheets(&book)? {
        cells = cells.saturating_add(extent(book.get(start..).ok_or(Problem::FORM)?)?);
        if cells > MOST_CELLS {
            return Err(Problem::TooMany);
        }
    }
    Ok(())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    u32_at(bytes, at).and_then(|size| usize::try_from(size).ok())
}

/// Sectors of one size with the table that chains them.
struct Sectors<'a> {
    bytes: &'a [u8],
    size: usize,
    next: Vec<u32>,
}

impl Sectors<'_> {
    /// The bytes of a chain; `None` when it runs in a circle or out of the file.
    fn chain(&self, mut sector: u32) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        for _ in 0..=self.next.len() {
            if sector == END_OF_CHAIN {
                return Some(found);
            }
            let place = usize::try_from(sector).ok()?;
            let start = place.checked_mul(self.size)?;
            found.extend_from_slice(self.bytes.get(start..)?.get(..self.size).or_else(|| self.bytes.get(start..))?);
            sector = *self.next.get(place)?;
        }
        None
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four))
}

/// The stream of the workbook. Every chain that a reader follows on its way is followed here.
fn workbook(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = match u16_at(bytes, 30)? {
        9 => 512,
        12 => 4096,
        _ => return None,
    };
    let body = bytes.get(size..)?;
    let sector = |id: u32| body.get(usize::try_from(id).ok()?.checked_mul(size)?..)?.get(..size);
    let mut tables: Vec<u32> = numbers(bytes.get(76..512)?).collect();
    let mut more = u32_at(bytes, 68)?;
    // The table of tables: a sector of numbers, the last of which is the next such sector.
    for _ in 0..=body.len() / size {
        if more >= 0xFFFF_FFFA {
            break;
        }
        tables.extend(numbers(sector(more)?));
        more = tables.pop()?;
    }
    if more < 0xFFFF_FFFA {
        return None;
    }
    let mut next = Vec::new();
    for table in tables.into_iter().filter(|table| *table < 0xFFFF_FFFA) {
        next.extend(numbers(sector(table)?));
    }
    let large = Sectors { bytes: body, size, next };
    let folder = large.chain(u32_at(bytes, 48)?)?;
    let entries: Vec<&[u8]> = folder.as_chunks::<128>().0.iter().map(|entry| &entry[..]).collect();
    let root = entries.first()?;
    let has_mini = size_at(bytes, 64)? > 0;
    let mini_stream = if has_mini { large.chain(u32_at(root, 116)?)? } else { Vec::new() };
    let mini_next = if has_mini { numbers(&large.chain(u32_at(bytes, 60)?)?).collect() } else { Vec::new() };
    let mini = Sectors { bytes: &mini_stream, size: 64, next: mini_next };
    let named = |name: &str| {
        let wanted: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        entries.iter().find(|entry| entry.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(&wanted)))
    };
    let entry = named("Workbook").or_else(|| named("Book"))?;
    let (start, length) = (u32_at(entry, 116)?, size_at(entry, 120)?);
    let mut found = if length < MINI_BELOW { mini.chain(start)? } else { large.chain(start)? };
    found.truncate(length);
    Some(found)
}

/// Records: kind and data.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(bytes, 0)?, usize::from(u16_at(bytes, 2)?));
        let data = bytes.get(4..4 + length)?;
        bytes = &bytes[4 + length..];
        Some((kind, data))
    })
}

/// Where the sheets begin.
fn sheets(book: &[u8]) -> Result<Vec<usize>, Problem> {
    let found: Option<Vec<usize>> = records(book)
        .take_while(|(kind, _)| *kind != END)
        .filter(|(kind, _)| *kind == SHEET)
        .take(MOST_SHEETS + 1)
        .map(|(_, data)| size_at(data, 0))
        .collect();
    found.filter(|sheets| sheets.len() <= MOST_SHEETS).ok_or(Problem::FORM)
}

/// How many cells the rectangle of a sheet has, as it is said to be and as it is.
fn extent(sheet: &[u8]) -> Result<usize, Problem> {
    let (mut depth, mut said) = (0_u32, 0_usize);
    let mut rectangle: Option<[usize; 4]> = None;
    for (kind, data) in records(sheet) {
        match kind {
            BEGIN => depth += 1,
            END if depth < 2 => break,
            END => depth -= 1,
            DIMENSIONS => {
                let wide = data.len() > 10;
                let at = |place: usize| if wide { size_at(data, place * 4) } else { u16_at(data, place * 2).map(usize::from) };
                let columns = |place: usize| u16_at(data, if wide { 8 } else { 4 } + place * 2).map(usize::from);
                let (Some(first), Some(last), Some(left), Some(right)) = (at(0), at(1), columns(0), columns(1)) else {
                    return Err(Problem::FORM);
                };
                if last > 0 && right > 0 && first >= last {
                    return Err(Problem::FORM);
                }
                let left = if left > 0xFF || right < left { 0 } else { left };
                said = said.max((last.saturating_sub(first)).saturating_mul(right.saturating_sub(left)));
            }
            _ if CELLS.contains(&kind) => {
                let (Some(row), Some(left)) = (u16_at(data, 0), u16_at(data, 2)) else { return Err(Problem::FORM) };
                let right = if kind == MUL_RK { u16_at(data, data.len().saturating_sub(2)).unwrap_or(left) } else { left };
                let (row, left, right) = (usize::from(row), usize::from(left), usize::from(right.max(left)));
                let [top, start, bottom, end] = rectangle.unwrap_or([row, left, row, right]);
                rectangle = Some([top.min(row), start.min(left), bottom.max(row), end.max(right)]);
            }
            _ => {}
        }
    }
    let real = rectangle.map_or(0, |[top, left, bottom, right]| (bottom - top + 1) * (right - left + 1));
    Ok(said.max(real))
}
