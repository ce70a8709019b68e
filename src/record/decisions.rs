//! `office/decisions.xlsx`: every candidate with decision, reason and evidence; sheets split at 1,000,000 rows.

use chrono::{Datelike, NaiveDate};
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Verdict};
use kansho_rules::decide::programme::Programmes;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// Rows of one sheet, header included.
const SHEET_ROWS: usize = 1_000_000;
const HEADINGS: [&str; 10] =
    ["予防接種番号", "氏名", "生年月日", "区", "事業", "きっかけ", "判定", "理由", "答えが変わる日", "根拠"];

/// The workbook's bytes; its own dates are the as-of date, so that the same run gives the same bytes.
///
/// # Errors
/// The writer's own error (a workbook that cannot be made).
pub fn workbook(cases: &[Case], decisions: &[Decision], programmes: &Programmes, as_of: NaiveDate) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let month = u8::try_from(as_of.month()).unwrap_or(1);
    let day = u8::try_from(as_of.day()).unwrap_or(1);
    let made = ExcelDateTime::from_ymd(u16::try_from(as_of.year()).unwrap_or(2000), month, day)?;
    book.set_properties(&DocProperties::new().set_title("判定一覧").set_creation_datetime(&made));
    let bold = Format::new().set_bold();
    let chunks: Vec<&[Decision]> = if decisions.is_empty() { vec![&[]] } else { decisions.chunks(SHEET_ROWS - 1).collect() };
    for (number, chunk) in chunks.into_iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(format!("判定{}", number + 1))?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, width) in [14.0, 16.0, 12.0, 10.0, 22.0, 10.0, 8.0, 16.0, 14.0, 90.0].into_iter().enumerate() {
            sheet.set_column_width(u16::try_from(column).unwrap_or(0), width)?;
        }
        for (column, heading) in HEADINGS.iter().enumerate() {
            sheet.write_string_with_format(0, u16::try_from(column).unwrap_or(0), *heading, &bold)?;
        }
        for (line, decision) in chunk.iter().enumerate() {
            let row = u32::try_from(line + 1).unwrap_or(u32::MAX);
            for (column, text) in cells(cases, decision, programmes).iter().enumerate() {
                sheet.write_string(row, u16::try_from(column).unwrap_or(0), text)?;
            }
        }
    }
    book.save_to_buffer()
}

fn cells(cases: &[Case], decision: &Decision, programmes: &Programmes) -> [String; 10] {
    let case = &cases[decision.case];
    let verdict = match decision.verdict {
        Verdict::Selected => "送る",
        Verdict::Excluded => "送らない",
        Verdict::Held => "保留",
    };
    let evidence: Vec<String> = decision
        .evidence
        .iter()
        .map(|e| format!("{} → {}{}", e.question, e.answer, e.date.map_or_else(String::new, |d| format!("［{d}］"))))
        .collect();
    [
        case.printed_id().to_owned(),
        formula_safe(&case.resident.name.registered),
        case.resident.birth.exact().map_or_else(|| "不詳".to_owned(), |d| d.to_string()),
        case.resident.address.ward.clone().unwrap_or_default(),
        programmes[decision.programme_key].name.clone(),
        decision.trigger.map_or_else(String::new, |t| t.word().to_owned()),
        verdict.to_owned(),
        decision.reason.word().to_owned(),
        decision.changes_on.map_or_else(String::new, |d| d.to_string()),
        evidence.join("\n"),
    ]
}

/// A string cell is never a formula in xlsx; the mark keeps it so when the sheet is saved as CSV (CWE-1236).
#[must_use]
pub fn formula_safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
