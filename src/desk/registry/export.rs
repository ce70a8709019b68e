//! 書き出し: the ledger in the 32 items as they came in, and everything as tables at the end of a contract. Written beside its place, entered
//! in the log, and only then given its name.

use crate::desk::settings::Settings;
use kansho_core::diag::{Code, Failure};
use kansho_core::hash;
use kansho_core::unfinished::Unfinished;
use kansho_intake::normalise::stored::{ledger_columns, ledger_headings, shown};
use kansho_register::export;
use kansho_register::store::link::{Fault, Field};
use kansho_register::store::{Permit, Register};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What was written of the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct Ledger {
    /// The file.
    pub path: String,
    /// Rows of the ledger.
    pub rows: u64,
    /// Notices of the register.
    pub notices: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// What was written of everything.
#[derive(Clone, Debug, Serialize)]
pub struct Tables {
    /// The folder.
    pub path: String,
    /// Rows of each table.
    pub tables: BTreeMap<String, u64>,
}

const BOM: &[u8] = "\u{FEFF}".as_bytes();

/// Writes rows of one file; nobody but its owner reads it.
struct Sheet {
    path: PathBuf,
    csv: csv::Writer<BufWriter<File>>,
    rows: u64,
}

impl Sheet {
    fn begin(path: PathBuf, headings: &[String]) -> Result<Self, Failure> {
        let failed = |e| Failure::io("書けません", &path, e);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = BufWriter::new(options.open(&path).map_err(failed)?);
        file.write_all(BOM).map_err(failed)?;
        let csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        let mut sheet = Self { path, csv, rows: 0 };
        sheet.write(headings.iter().map(String::as_str)).map_err(Failure::from)?;
        sheet.rows = 0;
        Ok(sheet)
    }

    fn write<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
        self.rows += 1;
        let full = |_| Fault::Stopped(format!("{} に書けません（空き容量か権限）", self.path.display()));
        self.csv.write_record(cells).map_err(full)
    }

    fn row(&mut self, row: &[Field]) -> Result<(), Fault> {
        let texts: Vec<String> =
            row.iter().map(|field| field.integer().map_or_else(|| field.words(), |n| n.to_string())).collect();
        self.write(texts.iter().map(|text| shown(text)))
    }

    fn end(mut self) -> Result<u64, Failure> {
        let failed = |e| Failure::io("書けません", &self.path, e);
        self.csv.flush().map_err(failed)?;
        let file = self.csv.into_inner().map_err(|e| failed(e.into_error()))?;
        file.get_ref().sync_all().map_err(failed)?;
        Ok(self.rows)
    }
}

fn stage(out: &Path) -> Result<Unfinished, Failure> {
    if out.exists() {
        return Err(Failure::barred(Code::TargetExists, format!("{} はすでにあります", out.display())));
    }
    let place = out.parent().filter(|place| !place.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Unfinished::begin(place).map_err(|e| Failure::io("書き出し先に書けません", place, e))
}

fn release(stage: &Unfinished, from: &Path, out: &Path) -> Result<(), Failure> {
    stage.finish(|| std::fs::rename(from, out)).map_err(|e| Failure::io("書き出し先に置けません", out, e))
}

/// Writes the ledger: every valid row as it came in, and the notices that the register issued. An import of the file changes nothing.
///
/// # Errors
/// [`Failure::Barred`]: the file is there (G606); a [`Failure`] of the disk or the store.
pub fn ledger(register: &mut Register, permit: &Permit, out: &Path, settings: &Settings) -> Result<Ledger, Failure> {
    let stage = stage(out)?;
    let path = stage.path().join("ledger.csv");
    let mut sheet = Sheet::begin(path.clone(), &ledger_headings(&settings.tables))?;
    let columns = ledger_columns();
    let (rows, notices) = register.read(|link| {
        export::ledger(link, &mut |row| sheet.row(row))?;
        let rows = sheet.rows;
        export::notices(link, &mut |notice| {
            let kind = settings.tables.codes.notice_code(&notice.programme, &notice.trigger).map(str::to_owned);
            let name = settings.programmes.keyed().find(|(_, programme)| programme.id.as_str() == notice.programme);
            let name = name.map(|(_, programme)| programme.name.clone());
            let cell = |column: &&str| match *column {
                "shurui" => kind.clone(),
                "shurui_meisho" => name.clone(),
                column => notice.cells.iter().find(|(known, _)| *known == column).and_then(|(_, cell)| cell.clone()),
            };
            let cells: Vec<String> = columns.iter().map(|column| cell(column).unwrap_or_default()).collect();
            sheet.write(cells.iter().map(|text| shown(text)))
        })?;
        Ok((rows, sheet.rows - rows))
    })?;
    sheet.end()?;
    let (sha256, _) = hash::sha256_file(&path).map_err(|e| Failure::io("読み返せません", &path, e))?;
    register.perform(permit, |work| {
        work.note("rows", rows);
        work.note("notices", notices);
        work.note("sha256", sha256.as_str());
        Ok(())
    })?;
    release(&stage, &path, out)?;
    Ok(Ledger { path: out.display().to_string(), rows, notices, sha256 })
}

/// Writes every table as a CSV of its own into a new folder.
///
/// # Errors
/// As [`ledger`].
pub fn all(register: &mut Register, permit: &Permit, out: &Path) -> Result<Tables, Failure> {
    let stage = stage(out)?;
    let folder = stage.path().join("tables");
    let failed = |e| Failure::io("書けません", &folder, e);
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(failed)?;
    let tables = register.read(|link| {
        let mut told = BTreeMap::new();
        for (table, columns) in export::tables(link)? {
            let mut sheet = Sheet::begin(folder.join(format!("{table}.csv")), &columns)?;
            export::table(link, (&table, &columns), &mut |row| sheet.row(row))?;
            told.insert(table, sheet.end()?);
        }
        Ok(told)
    })?;
    register.perform(permit, |work| {
        work.note("tables", serde_json::json!(tables));
        Ok(())
    })?;
    release(&stage, &folder, out)?;
    Ok(Tables { path: out.display().to_string(), tables })
}
