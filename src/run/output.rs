//! Pieces → a released folder: compose, emit, read back, close the counts, release.

use crate::chars::Overrides;
use crate::compose::font::Fonts;
use crate::compose::frame::Page;
use crate::compose::piece::Piece;
use crate::compose::{Forms, RunMeta, Sheets};
use crate::decide;
use crate::diag::{Code, Diagnostic, Failure, Report};
use crate::domain::case::Case;
use crate::domain::decision::{Decision, Verdict};
use crate::domain::notice::RunId;
use crate::emit::pdf::{self, Info};
use crate::emit::stage::Stage;
use crate::emit::verify::{self, SheetKind};
use crate::home::Home;
use crate::postal::PostalRow;
use crate::postal::data::PostalData;
use crate::record::counts::Counts;
use crate::record::manifest::{
    Cells, DecisionEntry, FileEntry, Input, Manifest, OfficePiece, OfficePieces, Outputs, Pages, PieceEntry, Row,
};
use crate::record::wards::Wards;
use crate::record::{decisions, hash, rehearsal, report};
use crate::run::characters::{self, Uses};
use crate::run::inputs::Inputs;
use crate::run::letters::{self, Press};
use crate::run::mailing::Mailing;
use crate::run::pieces::{self, Numbering};
use crate::run::shop::{Shop, Shrunk};
use crate::run::{preview, proof};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// What a run is asked for besides its inputs.
#[derive(Debug, Default)]
pub struct Wish {
    /// First free cell of the first sticker sheet, from 1.
    pub sticker_start: usize,
    /// First free cell of the first label sheet, from 1.
    pub label_start: usize,
    /// 試験: watermark, run id and numbers that no real run has.
    pub rehearsal: bool,
    /// Only this case (`why`).
    pub only: Option<usize>,
    /// 再発行: only this person and programme, and the mark.
    pub reissue: Option<Reissue>,
}

/// 再発行 of one notice.
#[derive(Clone, Debug)]
pub struct Reissue {
    /// Index of the case.
    pub case: usize,
    /// Index of the programme.
    pub programme: usize,
    /// The decision that entitles.
    pub decision: Decision,
    /// The mark on the letter.
    pub mark: crate::compose::piece::ReissueMark,
    /// The numbers that become void.
    pub voids: Vec<u64>,
}

/// What a finished run tells.
#[derive(Debug)]
pub struct Finished {
    /// Run id.
    pub run: RunId,
    /// The closing counts.
    pub counts: Counts,
    /// What was found.
    pub report: Report,
}

/// Everything that is settled before the first byte is written: who is sent what, and with which numbers.
#[derive(Debug)]
pub struct Prepared {
    /// Run id.
    pub run: RunId,
    /// Decisions of all candidates, with those held who cannot be printed or posted.
    pub decisions: Vec<Decision>,
    /// Number of 対象外 pairs.
    pub outside: usize,
    /// (index of the decision, piece) in posting order.
    pub pieces: Vec<(usize, Piece)>,
    /// What was found.
    pub report: Report,
    fonts: Arc<Fonts>,
    forms: Forms,
    shop: Shop,
    postal: Option<PostalData>,
    districts: String,
    refuses_held: bool,
}

impl Prepared {
    /// The fonts of the run.
    #[must_use]
    pub fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// Templates and office of the run.
    #[must_use]
    pub const fn forms(&self) -> &Forms {
        &self.forms
    }
}

/// Decides, numbers and composes every piece once, so that whoever cannot be printed or posted is held.
///
/// # Errors
/// [`Failure::Io`], [`Failure::Usage`] when fonts, templates or the office's settings are wrong; [`Failure::Declined`] when the one person of a reissue is held.
pub fn prepare(inputs: &Inputs, home: &Home, wish: &Wish) -> Result<Prepared, Failure> {
    let (mut decisions, outside) = match (&wish.reissue, wish.only) {
        (Some(reissue), _) => (vec![reissue.decision.clone()], 0),
        (None, Some(place)) => (decide::decide_one(place, &inputs.joined.cases[place], &inputs.ground()), 0),
        (None, None) => decide::decide(&inputs.joined.cases, &inputs.ground()),
    };
    let mut report = inputs.report.clone();
    report.extend(odd_doses(inputs, &decisions));
    let fonts = Arc::new(Fonts::load(&home.path("fonts"))?);
    let office = crate::compose::Office::load(home)?;
    let postal = match office.postal_data(home) {
        Some(folder) => Some(PostalData::load(&folder)?),
        None => None,
    };
    let shop = Shop::load(home, &home.path(&office.postal.layout))?;
    let run = run_id(inputs, home, &office, shop.gaiji(), wish)?;
    let meta = RunMeta {
        run: run.clone(),
        as_of: inputs.period.as_of,
        post_on: inputs.period.post_on,
        data_as_of: inputs.joined.data_as_of.unwrap_or(inputs.snapshot),
        rehearsal: wish.rehearsal,
    };
    let forms = Forms::load(home, &office, Arc::clone(&fonts), meta)?;
    let numbering = Numbering {
        run: run.clone(),
        postal: postal.as_ref(),
        first_issue: rehearsal::first_issue(inputs.joined.highest_issue, wish.rehearsal)?,
        reissue: wish.reissue.as_ref().map(|r| r.mark.clone()),
        gaiji: shop.gaiji(),
        forms: &forms,
    };
    let pieces = settle(inputs, &mut decisions, &numbering, &forms, &shop, &mut report);
    if let (Some(_), Some(decision)) = (&wish.reissue, decisions.first().filter(|d| d.verdict == Verdict::Held)) {
        let cause = decision.evidence.last().map(|e| e.answer.clone()).unwrap_or_default();
        return Err(Failure::Declined(format!("再発行できません: 保留\n{cause}")));
    }
    report.extend(characters::made_equal(&pieces, &shop));
    if pieces.is_empty() {
        report.push(Diagnostic::new(Code::NobodyDue, "送る人がいません"));
    }
    let refuses_held = office.refuses_held();
    Ok(Prepared {
        run,
        decisions,
        outside,
        pieces,
        report,
        fonts,
        forms,
        shop,
        postal,
        districts: office.postal.districts,
        refuses_held,
    })
}

/// Doses of candidates outside their window or interval (D404), each row once.
fn odd_doses(inputs: &Inputs, decisions: &[Decision]) -> Report {
    let mut told = BTreeSet::new();
    let mut report = Report::new();
    for decision in decisions {
        for odd in decision.findings.iter().filter(|odd| told.insert((decision.case, odd.dose.row, odd.kind))) {
            report.push(
                Diagnostic::new(Code::DoseInvalid, format!("{} {}", inputs.book.series_name(odd.dose.series), odd.words))
                    .at(&inputs.joined.ledger_file.at(odd.dose.row, 0))
                    .of(format!("予防接種番号 {}", inputs.joined.cases[decision.case].id()))
                    .so(odd.effect.clone()),
            );
        }
    }
    report
}

/// Runs decide → compose → emit → verify → release into `out`.
///
/// # Errors
/// Those of [`prepare`]; [`Failure::Refused`] when counts do not close, an output differs or
/// `held = refuse` meets a held person; [`Failure::Io`] when the disk does not
/// take it. In every case nothing is left in the output's name.
pub fn produce(inputs: &Inputs, home: &Home, out: &Path, wish: &Wish) -> Result<Finished, Failure> {
    let stage = Stage::open(out)?;
    let cases = &inputs.joined.cases;
    let prepared = prepare(inputs, home, wish)?;
    let Prepared { run, decisions, outside, pieces, mut report, fonts, forms, shop, postal, districts, refuses_held } = prepared;
    let wards = Wards::count(cases, &decisions, inputs.period.as_of);
    for ((year, month), ward) in wards.empty() {
        let message = format!("{ward} の {year}年{month}月生まれの住民に、送る人が一人もいません");
        report.push(Diagnostic::new(Code::NobodyInWard, message));
    }
    let held = decisions.iter().filter(|d| d.verdict == Verdict::Held).count();
    if held > 0 && refuses_held {
        report.push(Diagnostic::new(Code::HeldRefuses, format!("保留の人が {held} 件あります")));
        return Err(Failure::Refused(report));
    }
    let mut counts = Counts {
        resident_rows: inputs.joined.resident_rows.into(),
        ledger_rows: inputs.joined.ledger_rows.into(),
        people: cases.len(),
        pairs: outside + decisions.len(),
        outside,
        later_doses: inputs.joined.later_doses,
        ..Counts::default()
    };
    counts.decisions(&decisions);
    counts.addressed = pieces.iter().filter(|(_, piece)| forms.paper_of(piece.template.as_str()).card.is_some()).count();
    let mut writing = Writing {
        stage: &stage,
        fonts: &fonts,
        forms: &forms,
        run: &run,
        inputs,
        office: office_pieces(&run, &pieces, &decisions, cases, wish),
        entries: entries(&pieces),
        read_back: BTreeMap::new(),
        uses: BTreeMap::new(),
    };
    let mailing = Mailing::count(&pieces, &forms, postal.as_ref(), &districts, home, inputs.period.post_on)?;
    let slip_info = writing.info("郵便物差出票（下書き）");
    let files = mailing.files(letters::LETTERS_PER_FILE);
    writing.letters(&pieces, &files, &mut counts)?;
    writing.sheets(SheetKind::Stickers, &pieces, wish.sticker_start, &mut counts)?;
    writing.sheets(SheetKind::Labels, &pieces, wish.label_start, &mut counts)?;
    writing.postal(&pieces, &shop, &mailing, &mut counts)?;
    writing.looked_at(&pieces, wish)?;
    let Writing { office: office_list, entries, read_back, uses, .. } = writing;
    let unequal = counts.check();
    if unequal.refuses() {
        return Err(Failure::Refused(unequal));
    }
    write_office(&stage, inputs, &run, &counts, &decisions, &report, &office_list)?;
    mailing.write(&stage, &forms, &fonts, &slip_info)?;
    let uses = Uses { pieces: &pieces, decisions: &decisions, cases, found: &report, posted: &uses };
    stage.write("office/characters.csv", &characters::csv(&uses, &forms))?;
    write_manifest(&stage, inputs, &run, counts.clone(), entries)?;
    let differences = verify::finished(stage.path(), &read_back)?;
    if differences.refuses() {
        return Err(Failure::Refused(differences));
    }
    stage.release()?;
    Ok(Finished { run, counts, report })
}

/// Numbers the pieces; whoever cannot be printed or posted is held and the numbers are given again without them. Neither depends
/// on a number, so nobody is looked at twice.
fn settle(
    inputs: &Inputs,
    decisions: &mut [Decision],
    numbering: &Numbering<'_>,
    forms: &Forms,
    shop: &Shop,
    report: &mut Report,
) -> Vec<(usize, Piece)> {
    let pieces = pieces::number(inputs, decisions, numbering, report);
    let problems: Vec<(usize, Diagnostic)> = pieces
        .par_iter()
        .with_min_len(64)
        .filter_map(|(place, piece)| {
            let origin = &inputs.joined.cases[decisions[*place].case].resident.origin;
            let printed = forms.check(piece).err();
            let posted = || shop.row(piece, 1, |_| {}).err();
            printed.or_else(posted).map(|problem| {
                let who = format!("予防接種番号 {}", piece.person_number);
                (*place, problem.at(origin).of(who).so("この人を保留にしました"))
            })
        })
        .collect();
    if problems.is_empty() {
        return pieces;
    }
    for (place, problem) in problems {
        pieces::hold(&mut decisions[place], &problem);
        report.push(problem);
    }
    pieces::number(inputs, decisions, numbering, report)
}

/// as-of + 8 hexadecimal digits of (inputs, rules, templates, dates).
fn run_id(
    inputs: &Inputs,
    home: &Home,
    office: &crate::compose::Office,
    gaiji: &Overrides,
    wish: &Wish,
) -> Result<RunId, Failure> {
    let period = inputs.period;
    let mut text = format!("{}\n{}\n{}\n", inputs.rules_sha256, Forms::templates_sha256(home)?, office.sha256);
    text.push_str(&gaiji.canonical());
    text.push_str(&format!("{} {} {}\n", period.as_of, period.post_on, period.since));
    for Input { name: _, sha256 } in &inputs.files {
        text.push_str(sha256);
        text.push('\n');
    }
    if let Some(reissue) = &wish.reissue {
        text.push_str(&format!("reissue {} {:?}\n", reissue.decision.programme, reissue.voids));
        text.push_str(inputs.joined.cases[reissue.case].id());
    }
    let prefix = if wish.rehearsal { rehearsal::PREFIX } else { "" };
    Ok(RunId(format!("{prefix}{}-{}", period.as_of.format("%Y%m%d"), &hash::sha256_hex(text.as_bytes())[..8])))
}

fn entries(pieces: &[(usize, Piece)]) -> Vec<PieceEntry> {
    pieces
        .iter()
        .map(|(_, piece)| PieceEntry {
            no: piece.number.0,
            issue_no: piece.issue.0,
            code: piece.code.0.clone(),
            outputs: Outputs::default(),
        })
        .collect()
}

fn office_pieces(run: &RunId, pieces: &[(usize, Piece)], decisions: &[Decision], cases: &[Case], wish: &Wish) -> OfficePieces {
    let piece = |(place, piece): &(usize, Piece)| OfficePiece {
        no: piece.number.0,
        code: piece.code.0.clone(),
        person: piece.person_number.clone(),
        programme: piece.programme.to_string(),
        trigger: piece.trigger.id().to_owned(),
        unknown_history: piece.unknown_history,
        alternate_address: piece.alternate_address,
        voids: wish.reissue.as_ref().map_or_else(Vec::new, |r| r.voids.clone()),
        digests: BTreeMap::new(),
        evidence: decisions[*place].evidence.iter().map(Into::into).collect(),
    };
    let decision = |d: &Decision| DecisionEntry {
        person: cases[d.case].id().to_owned(),
        programme: d.programme.to_string(),
        decision: d.verdict.id().to_owned(),
        reason: d.reason.id().to_owned(),
    };
    OfficePieces {
        run: run.0.clone(),
        sheets: BTreeMap::new(),
        pieces: pieces.iter().map(piece).collect(),
        decisions: decisions.iter().map(decision).collect(),
    }
}

/// The files of a run while they are written.
struct Writing<'a> {
    stage: &'a Stage,
    fonts: &'a Fonts,
    forms: &'a Forms,
    run: &'a RunId,
    inputs: &'a Inputs,
    office: OfficePieces,
    entries: Vec<PieceEntry>,
    /// SHA-256 of the bytes that were read back, by file.
    read_back: BTreeMap<String, String>,
    /// Substitutions of the postal CSV, by the index of the piece.
    uses: BTreeMap<usize, Vec<String>>,
}

impl Writing<'_> {
    fn info(&self, title: &str) -> Info {
        let standard = self.forms.pdf().clone();
        Info { title: format!("{title} {}", self.run), as_of: self.inputs.period.as_of, run: self.run.0.clone(), standard }
    }

    /// The letters, read back.
    fn letters(&mut self, pieces: &[(usize, Piece)], files: &[Range<usize>], counts: &mut Counts) -> Result<(), Failure> {
        let press = Press { stage: self.stage, fonts: self.fonts, forms: self.forms, info: self.info("通知書") };
        let mut next = 0;
        for (number, (pages, read)) in press.run(pieces, &self.entries, files)?.into_iter().enumerate() {
            let name = letters::file_name(number);
            let of_letter = pages / read.digests.len().max(1);
            for (place, digest) in read.digests.into_iter().enumerate() {
                let first = place * of_letter + 1;
                self.entries[next].outputs.letters =
                    Some(Pages { file: name.clone(), pages: (first..first + of_letter).collect() });
                self.office.pieces[next].digests.insert("letters".to_owned(), digest);
                next += 1;
            }
            self.read_back.insert(name, read.sha256);
            counts.pages += pages;
        }
        counts.letters = next;
        Ok(())
    }

    /// `stickers.pdf` and `address-labels.pdf`.
    fn sheets(&mut self, kind: SheetKind, pieces: &[(usize, Piece)], start: usize, counts: &mut Counts) -> Result<(), Failure> {
        let wants = |piece: &&Piece| match kind {
            SheetKind::Stickers => piece.stickers > 0,
            SheetKind::Labels => self.forms.paper_of(piece.template.as_str()).card.is_none(),
        };
        let wanted: Vec<&Piece> = pieces.iter().map(|(_, p)| p).filter(wants).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let refused = |problem| Failure::Refused(Report::from(problem));
        let sheets: Sheets = match kind {
            SheetKind::Stickers => self.forms.sticker_sheets(&wanted, start.max(1)).map_err(refused)?,
            SheetKind::Labels => self.forms.label_sheets(&wanted, start.max(1)).map_err(refused)?,
        };
        let name = kind.file();
        let pages: Vec<&Page> = sheets.pages.iter().collect();
        let mut file = self.stage.create(name)?;
        pdf::write_pages(&mut file, self.fonts, &pages, &self.info(kind.title()))?;
        Stage::finish(name, file)?;
        self.office.sheets.insert(name.to_owned(), sheets.boxes.iter().map(|b| [b.x, b.y, b.w, b.h]).collect());
        for (number, cells) in &sheets.cells {
            let index = number.0 as usize - 1;
            let cells = Cells { file: name.to_owned(), cells: cells.clone() };
            match kind {
                SheetKind::Stickers => {
                    counts.sticker_pieces += 1;
                    counts.sticker_cells += cells.cells.len();
                    self.entries[index].outputs.stickers = Some(cells);
                }
                SheetKind::Labels => {
                    counts.labels += 1;
                    self.entries[index].outputs.labels = Some(cells);
                }
            }
        }
        let read = verify::sheets_written(&self.stage.path().join(name), &sheets, kind, &self.entries)?;
        for ((number, _), digest) in sheets.cells.iter().zip(read.digests) {
            self.office.pieces[number.0 as usize - 1].digests.insert(kind.key().to_owned(), digest);
        }
        self.read_back.insert(name.to_owned(), read.sha256);
        Ok(())
    }

    /// `office/proof.pdf` and `office/preview.pdf`: what a person should look at.
    fn looked_at(&self, pieces: &[(usize, Piece)], wish: &Wish) -> Result<(), Failure> {
        let list: Vec<&Piece> = pieces.iter().map(|(_, piece)| piece).collect();
        let refused = |problem| Failure::Refused(Report::from(problem));
        let proof = proof::pages(&list, self.forms).map_err(refused)?;
        let preview = preview::pages(&list, self.forms, wish.sticker_start, wish.label_start).map_err(refused)?;
        for (name, title, pages) in [("office/proof.pdf", "校正", proof), ("office/preview.pdf", "見本", preview)] {
            if !pages.is_empty() {
                let mut file = self.stage.create(name)?;
                pdf::write_pages(&mut file, self.fonts, &pages.iter().collect::<Vec<_>>(), &self.info(title))?;
                Stage::finish(name, file)?;
            }
        }
        Ok(())
    }

    /// `postal.csv`: one row a piece, in posting order.
    fn postal(&mut self, pieces: &[(usize, Piece)], shop: &Shop, mailing: &Mailing, counts: &mut Counts) -> Result<(), Failure> {
        let several = |list: Vec<Diagnostic>| {
            let mut report = Report::new();
            list.into_iter().for_each(|problem| report.push(problem));
            Failure::Refused(report)
        };
        let mut bytes = shop.layout.header_bytes().map_err(several)?;
        let shrunk: Vec<(Shrunk, PostalRow)> = pieces
            .par_iter()
            .enumerate()
            .map(|(row, (_, piece))| {
                let shrunk = shop
                    .row(piece, row + 1, |line| mailing.mark(row, line))
                    .map_err(|problem| Failure::Refused(Report::from(problem)))?;
                let read = shop.layout.as_read(&shrunk.row).map_err(several)?;
                Ok((shrunk, read))
            })
            .collect::<Result<_, Failure>>()?;
        let mut rows = Vec::with_capacity(pieces.len());
        for (row, (shrunk, read)) in shrunk.into_iter().enumerate() {
            bytes.extend_from_slice(&shrunk.bytes);
            rows.push(read);
            self.uses.extend((!shrunk.uses.is_empty()).then_some((row, shrunk.uses)));
            self.entries[row].outputs.postal = Some(Row { file: "postal.csv".to_owned(), row: row + 1 });
        }
        self.stage.write("postal.csv", &bytes)?;
        let read = verify::postal_written(&self.stage.path().join("postal.csv"), &rows, &shop.layout, &self.entries)?;
        self.read_back.insert("postal.csv".to_owned(), read.sha256);
        for (digest, piece) in read.digests.into_iter().zip(&mut self.office.pieces) {
            piece.digests.insert("postal".to_owned(), digest);
        }
        counts.postal_rows = pieces.len();
        Ok(())
    }
}

fn write_office(
    stage: &Stage,
    inputs: &Inputs,
    run: &RunId,
    counts: &Counts,
    decided: &[Decision],
    found: &Report,
    office: &OfficePieces,
) -> Result<(), Failure> {
    let cases = &inputs.joined.cases;
    let book = decisions::workbook(cases, decided, &inputs.programmes, inputs.period.as_of)
        .map_err(|e| Failure::io("判定一覧を作れません", Path::new("office/decisions.xlsx"), std::io::Error::other(e)))?;
    stage.write("office/decisions.xlsx", &book)?;
    let page = report::Page {
        run: &run.0,
        period: inputs.period,
        snapshot: inputs.snapshot,
        counts,
        cases,
        decisions: decided,
        programmes: &inputs.programmes,
        ground: inputs.ground(),
        previous: inputs.previous.as_ref(),
        report: found,
    };
    stage.write("office/report.html", page.html().as_bytes())?;
    stage.write("office/pieces.json", json(office)?.as_bytes())
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|e| Failure::Usage(e.to_string()))
}

fn write_manifest(stage: &Stage, inputs: &Inputs, run: &RunId, counts: Counts, pieces: Vec<PieceEntry>) -> Result<(), Failure> {
    let mut files = Vec::new();
    for path in verify::files_below(stage.path())? {
        let full = stage.path().join(&path);
        let (sha256, bytes) = hash::sha256_file(&full).map_err(|e| Failure::io("読み返せません", &full, e))?;
        files.push(FileEntry { path, sha256, bytes });
    }
    let manifest = Manifest {
        run: run.0.clone(),
        rehearsal: rehearsal::is(&run.0),
        as_of: inputs.period.as_of.to_string(),
        post_on: inputs.period.post_on.to_string(),
        inputs: inputs.files.clone(),
        rules_sha256: inputs.rules_sha256.clone(),
        counts,
        pieces,
        root: verify::root(&files),
        files,
    };
    stage.write("manifest.json", json(&manifest)?.as_bytes())
}
