//! Which column is which: exact header names and the alias table of `layouts/columns/`, nothing fuzzy.

use crate::normalise::fields::Field;
use crate::read::Cell;
use crate::read::table::Sheet;
use kansho_chars::matching::narrow;
use kansho_core::case::MarkSheet;
use kansho_core::diag::settings;
use kansho_core::diag::{Code, Diagnostic, Failure, Report};
use kansho_core::folder::Folder;
use kansho_core::nearest::distance;
use kansho_core::origin::Origin;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Rows in which a header is looked for (title rows above it are allowed).
pub(super) const HEADER_ROWS: u32 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
struct Raw<F: Field> {
    #[serde(default)]
    sheet: Vec<String>,
    #[serde(default)]
    no_date: Vec<String>,
    #[serde(default)]
    ignored: Vec<String>,
    #[serde(default)]
    mark: Vec<RawMark>,
    column: Vec<Column<F>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMark {
    kind: MarkSheet,
    sheet: Vec<String>,
    #[serde(default)]
    required: bool,
}

/// One column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub(super) struct Column<F: Field> {
    field: F,
    pub(super) name: String,
    #[serde(default)]
    alias: Vec<String>,
    #[serde(default)]
    pub(super) required: bool,
    /// Columns that together stand for it.
    #[serde(default = "Vec::new")]
    instead: Vec<F>,
}

impl<F: Field> Column<F> {
    /// Whether the column is there, or all that stand for it.
    fn held(&self, there: impl Fn(F) -> bool) -> bool {
        there(self.field) || (!self.instead.is_empty() && self.instead.iter().all(|field| there(*field)))
    }
}

/// One mark sheet.
#[derive(Clone, Debug)]
pub(super) struct MarkName {
    pub(super) kind: MarkSheet,
    /// Its names, the office's first.
    pub(super) names: Vec<String>,
    /// Must be there, if only with its headings.
    pub(super) required: bool,
}

/// One file of `layouts/columns/`.
#[derive(Debug)]
pub(super) struct Columns<F: Field> {
    /// Names of the sheets of this layout.
    pub(super) sheets: Vec<String>,
    /// Texts that say "no date" where a date may be missing.
    pub(super) no_date: Vec<String>,
    /// Headings that are known and mean nothing here.
    ignored: Vec<String>,
    /// The mark sheets.
    pub(super) marks: Vec<MarkName>,
    /// In the order of [`Field::ALL`].
    columns: Vec<Column<F>>,
    known: BTreeMap<String, F>,
}

impl<F: Field> Columns<F> {
    /// Reads the layout's file.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] when it names a column or sheet that the readers do not know, one
    /// twice, or leaves one out.
    pub(super) fn load(folder: &Folder) -> Result<Self, Failure> {
        let name = format!("layouts/columns/{}", F::FILE);
        let wrong = |reason: String| Failure::settings(&name, reason);
        let text = folder.text("列の定義を読めません", &name)?;
        let raw: Raw<F> = settings::read(&text).map_err(wrong)?;
        Self::new(raw).map_err(wrong)
    }

    fn new(raw: Raw<F>) -> Result<Self, String> {
        let mut columns = Vec::with_capacity(F::ALL.len());
        for field in F::ALL {
            let mut named = raw.column.iter().filter(|column| column.field == *field);
            match (named.next(), named.next()) {
                (Some(column), None) => columns.push(column.clone()),
                (Some(column), Some(_)) => return Err(format!("「{}」の項目（{field:?}）が二つあります", column.name)),
                (None, _) => return Err(format!("項目 {field:?} の [[column]] がありません（使わない列も書いておきます）")),
            }
        }
        let mut known = BTreeMap::new();
        for column in &columns {
            for name in std::iter::once(&column.name).chain(&column.alias) {
                let other = known.insert(heading(name), column.field).is_some_and(|other| other != column.field);
                if heading(name).is_empty() || other {
                    return Err(format!("見出し「{name}」が空か、二つの項目にあります"));
                }
            }
        }
        let mut marks = Vec::new();
        if !raw.mark.is_empty() {
            for kind in MarkSheet::ALL {
                let mut named = raw.mark.iter().filter(|mark| mark.kind == kind);
                match (named.next(), named.next()) {
                    (Some(RawMark { sheet, required, .. }), None) if !sheet.is_empty() => {
                        marks.push(MarkName { kind, names: sheet.clone(), required: *required });
                    }
                    (Some(_), _) => return Err(format!("シート「{}」の [[mark]] が二つあるか、名がありません", kind.word())),
                    (None, _) => return Err(format!("シート「{}」の [[mark]] がありません", kind.word())),
                }
            }
        }
        Ok(Self {
            sheets: raw.sheet,
            no_date: raw.no_date,
            ignored: raw.ignored.iter().map(|name| heading(name)).collect(),
            marks,
            columns,
            known,
        })
    }

    /// The heading's official name.
    pub(super) fn name(&self, field: F) -> &str {
        self.columns.get(field.index()).map_or("", |column| &column.name)
    }

    /// The field of a heading.
    pub(super) fn field(&self, cell: &Cell) -> Option<F> {
        match cell {
            Cell::Text(text) => self.known.get(&heading(text)).copied(),
            Cell::Empty | Cell::Number(_) | Cell::Date(_) | Cell::Bad(_) => None,
        }
    }

    /// The field whose heading an unknown one holds, or is one letter away from (short headings are one letter away from too many:
    /// 届出日 and 抽出日).
    fn near(&self, text: &str) -> Option<F> {
        const HELD: usize = 3;
        const LIKE: usize = 4;
        let text = heading(text);
        let near = |known: &str| {
            let letters = known.chars().count();
            letters >= HELD && text.contains(known) || letters >= LIKE && distance(&text, known) <= 1
        };
        self.known.iter().find(|(known, _)| near(known)).map(|(_, field)| *field)
    }

    /// How many of the required headings a row holds, and how many there are.
    pub(super) fn required(&self, cells: &[Cell]) -> (usize, usize) {
        let wanted: Vec<&Column<F>> = self.columns.iter().filter(|c| c.required).collect();
        let there = |field: F| cells.iter().any(|cell| self.field(cell) == Some(field));
        (wanted.iter().filter(|column| column.held(there)).count(), wanted.len())
    }
}

/// Where the fields stand in a sheet.
#[derive(Clone, Debug)]
pub(super) struct Header<F: Field> {
    /// Row of the headings, from 1.
    pub(super) row: u32,
    places: Vec<Option<usize>>,
    /// Headings of no field that are not in the layout's list of the ignored, with their places.
    pub(super) unknown: Vec<(String, Origin)>,
    fields: std::marker::PhantomData<F>,
}

impl<F: Field> Header<F> {
    /// Index of a field's column, from 0.
    pub(super) fn place(&self, field: F) -> Option<usize> {
        self.places.get(field.index()).copied().flatten()
    }
}

/// A heading as it is compared: full-width letters and digits narrowed, blanks and line breaks removed.
fn heading(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(narrow).collect::<String>().to_lowercase()
}

/// Whether a heading is that of a 個人番号.
pub(super) fn is_my_number(text: &str) -> bool {
    let text = heading(text);
    text.contains("個人番号") || text == "kojinbango" || text.contains("マイナンバ") || text.contains("mynumber")
}

/// The row that holds most headings of the layout, with their number; rows after the thirtieth are not looked at.
pub(super) fn best_row<F: Field>(sheet: &Sheet, columns: &Columns<F>) -> Option<(usize, u32, Vec<Cell>)> {
    let mut best: Option<(usize, u32, Vec<Cell>)> = None;
    for (number, cells) in sheet.top(HEADER_ROWS) {
        let fits = cells.iter().filter(|cell| columns.field(cell).is_some()).count();
        if fits > best.as_ref().map_or(0, |(most, ..)| *most) {
            best = Some((fits, number, cells));
        }
    }
    best
}

/// Reads the headings of a sheet that is of this layout.
pub(super) fn find<F: Field>(sheet: &Sheet, columns: &Columns<F>, report: &mut Report) -> Option<Header<F>> {
    let needed = columns.columns.iter().filter(|c| c.required).count();
    let missing = || Diagnostic::new(Code::HeaderNotFound, "見出しの行が見つかりません").at(&sheet.origin);
    let Some((fits, row, cells)) = best_row(sheet, columns) else {
        report.push(missing());
        return None;
    };
    if needed > 0 && fits * 2 < needed.min(columns.columns.len()) && fits < 4 {
        report.push(missing());
        return None;
    }
    let mut places: Vec<Option<usize>> = vec![None; F::ALL.len()];
    let mut sound = true;
    let (mut unknown, mut strangers) = (Vec::new(), Vec::new());
    for (place, cell) in cells.iter().enumerate() {
        let Cell::Text(text) = cell else { continue };
        let origin = sheet.origin.row(row).column(u32::try_from(place + 1).unwrap_or(u32::MAX));
        if is_my_number(text) {
            report.push(Diagnostic::new(Code::MyNumberColumn, "個人番号の列があります").at(&origin).so("値は読んでいません"));
            sound = false;
            continue;
        }
        match columns.field(cell) {
            Some(field) => {
                if let Some(first) = places[field.index()].replace(place) {
                    let other = sheet.origin.row(row).column(u32::try_from(first + 1).unwrap_or(u32::MAX));
                    let message = format!("「{}」の列が二つあります（もう一つは {other}）", columns.name(field));
                    report.push(Diagnostic::new(Code::ColumnDuplicate, message).at(&origin));
                    sound = false;
                }
            }
            None => unknown.push((text, origin)),
        }
    }
    for (text, origin) in unknown {
        let ignored = columns.ignored.contains(&heading(text));
        match columns.near(text).filter(|field| !ignored && places[field.index()].is_none()) {
            Some(field) => {
                let message = format!("列「{text}」が分かりません。「{}」のことですか", columns.name(field));
                report.push(Diagnostic::new(Code::HeadingNear, message).at(&origin));
                sound = false;
            }
            None => {
                let told = Diagnostic::new(Code::ColumnUnknown, format!("知らない列「{text}」です")).at(&origin);
                report.push(told.so("この列は使いません"));
                if !ignored {
                    strangers.push((text.clone(), origin));
                }
            }
        }
    }
    for column in columns.columns.iter().filter(|c| c.required && !c.held(|field| places[field.index()].is_some())) {
        report.push(
            Diagnostic::new(Code::ColumnMissing, format!("「{}」の列がありません", column.name)).at(&sheet.origin.row(row)),
        );
        sound = false;
    }
    sound.then_some(Header { row, places, unknown: strangers, fields: std::marker::PhantomData })
}
