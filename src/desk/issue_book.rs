//! 発行簿 (design §3): which 発行no were taken by which run or reissue, so that a number is printed once.
//!
//! One row for each range, appended under a lock: two runs at the same moment take different numbers. The same draft (same content)
//! takes its own numbers again. The first adapter of [`Numbers`]. Gaps are allowed, doubles never: a book that is not understood refuses.

use crate::record::table;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::notice::FIRST_REHEARSAL;
use kansho_core::origin::Origin;
use kansho_intake::read::encoding;
use kansho_register::numbers::{self, Numbers, Wanted};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// File name where neither the option nor `municipality.toml` names one; it lies beside the output folder.
pub const NAME: &str = "発行簿.csv";

const HEADINGS: [&str; 5] = ["照合値", "はじめの発行no", "おわりの発行no", "事業", "理由"];
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// The book of one office.
#[derive(Clone, Debug)]
pub struct IssueBook {
    path: PathBuf,
}

/// One row.
#[derive(Debug)]
struct Entry {
    line: u64,
    content: String,
    from: u64,
    to: u64,
}

impl Numbers for IssueBook {
    fn reserve(&self, wanted: &Wanted<'_>, highest: u64) -> Result<u64, Failure> {
        let mut file = self.open()?;
        // Released when the file is closed, whatever happens.
        file.lock().map_err(|e| self.failed("発行簿を占有できません", e))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|e| self.failed("発行簿を読めません", e))?;
        let text = encoding::decode(&self.name(), &bytes).map_err(refused)?;
        let entries = self.entries(&text).map_err(refused)?;
        let content = format!("h{}", wanted.content);
        let enough = |entry: &&Entry| entry.content == content && entry.to - entry.from + 1 >= wanted.count;
        if let Some(own) = entries.iter().rev().find(enough) {
            return Ok(own.from);
        }
        let first = numbers::first_issue(self::highest(&entries).max(highest), wanted.count, wanted.below)?;
        let last = first + wanted.count.saturating_sub(1);
        let row = line([&content, &first.to_string(), &last.to_string(), wanted.programme, wanted.reason]);
        self.append(&mut file, &bytes, &text, &row).map_err(|e| self.failed("発行簿に書けません", e))?;
        Ok(first)
    }
}

impl IssueBook {
    /// The book in a file, which need not be there yet.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The book of an output folder: beside it.
    fn beside(out: &Path) -> Self {
        Self::at(out.parent().unwrap_or(Path::new("")).join(NAME))
    }

    /// The book of a run: the option, else the office's setting, else beside the output folder.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it would lie in the output folder, which is handed over.
    pub fn choose(option: Option<&Path>, out: &Path, office: &str, folder: &Folder) -> Result<Self, Failure> {
        let book = match option {
            Some(path) => Self::at(path.to_path_buf()),
            None if office.is_empty() => Self::beside(out),
            None => Self::at(folder.place(office)),
        };
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        if absolute(&book.path).starts_with(absolute(out)) {
            return Err(Failure::Usage("発行簿は出力先の外に置いてください（出力先は印刷会社に渡すものです）".to_owned()));
        }
        Ok(book)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self) -> Result<File, Failure> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| Failure::io("発行簿のフォルダーを作れません", folder, e))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path).map_err(|e| self.failed("発行簿を開けません", e))
    }

    /// Adds a row. A book that a spreadsheet saved in another encoding is written anew in ours.
    fn append(&self, file: &mut File, bytes: &[u8], text: &str, row: &str) -> std::io::Result<()> {
        let written = std::str::from_utf8(bytes).is_ok_and(|known| known.trim_start_matches(BYTE_ORDER_MARK) == text);
        let body = if text.trim().is_empty() { line(HEADINGS) } else { text.to_owned() };
        let end = if body.ends_with('\n') { "" } else { "\r\n" };
        if written && !text.trim().is_empty() {
            file.seek(SeekFrom::End(0))?;
            file.write_all(format!("{end}{row}").as_bytes())?;
        } else {
            let whole = format!("{BYTE_ORDER_MARK}{body}{end}{row}");
            file.seek(SeekFrom::Start(0))?;
            file.write_all(whole.as_bytes())?;
            file.set_len(whole.len() as u64)?;
        }
        file.sync_all()
    }

    /// The rows; everything that is wrong at once.
    fn entries(&self, text: &str) -> Result<Vec<Entry>, Report> {
        let mut report = Report::new();
        let mut bad = |line: u64, message: String| {
            let row = u32::try_from(line).unwrap_or(u32::MAX);
            report.push(Diagnostic::new(Code::IssueBook, message).at(&Origin::file(&self.name()).row(row)));
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut entries: Vec<Entry> = Vec::new();
        let mut headed = false;
        for record in reader.records() {
            let Ok(record) = record else {
                bad(1, "行を読めません".to_owned());
                break;
            };
            let line = record.position().map_or(1, |position| line_at(text, position.byte()));
            let mut cells: Vec<&str> = record.iter().map(str::trim).collect();
            while cells.len() > HEADINGS.len() && cells.last().is_some_and(|cell| cell.is_empty()) {
                cells.pop();
            }
            if cells.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            if !headed {
                headed = true;
                if cells != HEADINGS {
                    bad(line, format!("見出しが「{}」ではありません", HEADINGS.join(",")));
                    break;
                }
                continue;
            }
            match entry(line, &cells) {
                Ok(entry) => match entries.iter().find(|known| known.from <= entry.to && entry.from <= known.to) {
                    Some(known) => bad(line, format!("{}行の番号と重なっています", known.line)),
                    None => entries.push(entry),
                },
                Err(reason) => bad(line, reason),
            }
        }
        if report.refuses() { Err(report) } else { Ok(entries) }
    }

    fn name(&self) -> String {
        self.path.file_name().map_or_else(|| NAME.to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn failed(&self, doing: &str, error: std::io::Error) -> Failure {
        Failure::io(doing, &self.path, error)
    }
}

/// The line, from 1, of the row that begins at a byte or behind the line end there.
fn line_at(text: &str, byte: u64) -> u64 {
    let from = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    let ends = text.bytes().skip(from).take_while(|b| matches!(b, b'\r' | b'\n')).count();
    text.bytes().take(from + ends).filter(|b| *b == b'\n').count() as u64 + 1
}

fn highest(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.to).max().unwrap_or(0)
}

fn refused(problem: impl Into<Report>) -> Failure {
    Failure::Refused(problem.into())
}

fn entry(line: u64, cells: &[&str]) -> Result<Entry, String> {
    let [content, from, to, programme, _] = cells else {
        return Err(format!("列が {} あります（{} 列）", cells.len(), HEADINGS.len()));
    };
    let number = |what: &str, cell: &str| {
        let digits = !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit());
        let number = cell.parse::<u64>().ok().filter(|n| digits && (1..FIRST_REHEARSAL).contains(n));
        number.ok_or_else(|| format!("{what}「{cell}」は発行noではありません"))
    };
    let (from, to) = (number(HEADINGS[1], from)?, number(HEADINGS[2], to)?);
    if from > to {
        return Err(format!("はじめの {from} がおわりの {to} より後です"));
    }
    let hash = content.strip_prefix('h').filter(|hash| hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    if hash.is_none() || programme.is_empty() {
        return Err("照合値か事業を読めません".to_owned());
    }
    Ok(Entry { line, content: (*content).to_owned(), from, to })
}

/// A line of the file. A text that a spreadsheet would take for a formula gets a mark in front (CWE-1236).
fn line(cells: [&str; 5]) -> String {
    let one_line = |cell: &str| {
        let plain: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        crate::record::decisions::formula_safe(&plain)
    };
    table::lines([cells.map(one_line)])
}
