//! Hostile files at the door: what a lenient reader would mend in silence is refused, what cannot be read is never empty.
//!
//! A new case is a new row of one of the tables.

use crate::made;
use crate::made::{ods, place, record, short, xls, xlsb, xlsx, zipped};
use kansho_core::diag::{Report, Severity, show};
use kansho_intake::read::table::Sheet;
use kansho_intake::read::{self, Cell};

/// The sheets, and everything that is said, with a header in row 1.
fn read(name: &str, bytes: &[u8]) -> (Option<Vec<Sheet>>, String) {
    let mut report = Report::new();
    let sheets = read::of_bytes(name, bytes.to_vec(), &mut report);
    for sheet in sheets.iter().flatten() {
        sheet.walk(1, &mut report, &mut |_, _, _| true);
        sheet.walk(1, &mut report, &mut |_, _, _| true);
    }
    (sheets, show::report(&report, Severity::Note, 100))
}

fn cells(name: &str, bytes: &[u8]) -> Vec<(u32, Vec<Cell>)> {
    let (sheets, told) = read(name, bytes);
    assert_eq!(told, "", "{name}");
    sheets.unwrap().swap_remove(0).top(u32::MAX)
}

/// The one cell A1.
fn first(name: &str, bytes: &[u8]) -> Cell {
    cells(name, bytes).first().map_or(Cell::Empty, |(_, cells)| cells[0].clone())
}

fn date(text: &str) -> Cell {
    Cell::Date(text.parse().unwrap())
}

fn is_bad(cell: &Cell, word: &str) -> bool {
    matches!(cell, Cell::Bad(why) if why.contains(word))
}

/// No word of a library, no English: names of formats and of codes only.
fn assert_japanese(told: &str) {
    const ALLOWED: [&str; 29] = [
        "xlsx",
        "xlsm",
        "xlsb",
        "xls",
        "ods",
        "csv",
        "CSV",
        "tsv",
        "HTML",
        "XML",
        "Excel",
        "BOM",
        "UTF",
        "CRLF",
        "CR",
        "CP",
        "Shift_JIS",
        "JIS",
        "Shift",
        "MB",
        "R",
        "x",
        "fuzz",
        "txt",
        "a",
        "b",
        "K",
        "PK",
        "Err",
    ];
    for word in told.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
        assert!(ALLOWED.contains(&word), "「{word}」 in {told}");
    }
}

/// File, what stands in the first line of what is said, what stands in its hint.
const REFUSED_TEXTS: &[(&str, &[u8], &str, &str)] = &[
    // The end of the file, or much later, closes a quote.
    ("a.csv", b"a,b\n1,2\n3,\"4\n5,6\n7,8\n", "a.csv3行: 引用符（\"）で始まる欄が閉じていません", "引用符を直す"),
    ("a.csv", b"a,b\r\n\"1\",\"2\r\n\"3\",\"4\"\r\n", "a.csv2行: 閉じた引用符（\"）の後ろに文字があります", "二つ重ねて"),
    ("a.csv", b"\"a,b\n1,2\n", "a.csv1行: 引用符（\"）で始まる欄が閉じていません", "引用符を直す"),
    ("a.tsv", b"a\tb\n1\t\"2\n3\t4\n", "a.tsv2行: 引用符（\"）で始まる欄が閉じていません", "引用符を直す"),
    ("a.csv", b"a,b\n1,\"2\"\"\n", "a.csv2行: 引用符（\"）で始まる欄が閉じていません", "引用符を直す"),
    // Text behind a closing quote, a quote inside.
    ("a.csv", b"a,b\n1,\"2\"x\n", "a.csv2行: 閉じた引用符（\"）の後ろに文字があります\n", "二つ重ねて"),
    ("a.csv", b"a,b\n1,\"2\" \n3,\"4\" ,\n", "a.csv2行: 閉じた引用符（\"）の後ろに文字があります（2行、3行）", "二つ重ねて"),
    ("a.tsv", b"a\tb\n1\t\"2\"x\n", "a.tsv2行: 閉じた引用符（\"）の後ろに文字があります", "二つ重ねて"),
    ("a.csv", b"a,b\n1,5\"x\n", "a.csv2行: 引用符（\"）で始まっていない欄の中に引用符があります", "二つ重ねて"),
    ("a.csv", b"a,b\n1, \"2\"\n", "a.csv2行: 引用符（\"）で始まっていない欄の中に引用符があります", "二つ重ねて"),
    // Line ends.
    ("a.csv", b"a,b\r1,2\r3,4\r", "a.csv1行: 行の終わりが CR だけです\n", "CRLF"),
    ("a.csv", b"\"a\",\"b\"\r\"1\",\"2\"\r", "a.csv1行: 行の終わりが CR だけです\n", "CRLF"),
    ("a.csv", b"a,b\n1,2\r3,4\n5,6\r\n7\r,8\n", "a.csv2行: 行の終わりが CR だけです（2行、4行）", "CRLF"),
    // Rows of another length.
    ("a.csv", b"a,b,c\n1,2,3\n4,5\n", "a.csv3行: 見出しの 3 列と列の数が違う行があります（3行は2列）", "xlsx のまま"),
    (
        "a.csv",
        b"a,b,c\n1,2,3,\n4,5,6,\n",
        "a.csv2行: 見出しの 3 列と列の数が違う行があります（2行は4列、3行は4列）",
        "空の列を落とす",
    ),
    (
        "a.csv",
        b"a,b\n1,2,3\n\n4\n5\n6\n7\n8\n",
        "a.csv2行: 見出しの 2 列と列の数が違う行があります（2行は3列、4行は1列、5行は1列、6行は1列、7行は1列 ほか、合わせて 6 行）",
        "区切りの ,",
    ),
    ("a.tsv", b"a\tb\n1\n", "a.tsv2行: 見出しの 2 列と列の数が違う行があります（2行は1列）", "xlsx のまま"),
    ("a.csv", b"a,b\r\n\"1\r\n2\",3\r\n4\r\n", "a.csv4行: 見出しの 2 列と列の数が違う行があります（4行は1列）", "xlsx のまま"),
    // Bytes that are no text.
    ("a.csv", b"a\0,\0b\0\n\x001\0,\x002\0\n\0", "a.csv: UTF-16 のようですが、それを示す BOM がありません", "UTF-8"),
    ("a.csv", b"a,b\n1,\x002\n", "a.csv 2行2列: 文字でないバイト 0x00 があります", "抽出し直して"),
    ("a.csv", b"\xFF\xFEa\0,\0b\0\n\0\0\0", "a.csv 2行1列: 文字でないバイト 0x00 があります", "抽出し直して"),
    ("a.csv", b"", "a.csv: ファイルが空です", "抽出し直した"),
    ("a.csv", b"\xEF\xBB\xBF\r\n \r\n", "a.csv: ファイルが空です", "抽出し直した"),
    ("a.csv", b"\x1A", "a.csv: ファイルが空です", "抽出し直した"),
    // The extension says another thing.
    ("a.xlsx", b"a,b\n1,2\n", "拡張子は .xlsx ですが、中身はCSV などの文字だけのファイルです", "拡張子を csv に"),
    ("a.xls", b"a\tb\n1\t2\n", "拡張子は .xls ですが、中身はCSV などの文字だけのファイルです", "拡張子を csv に"),
    (
        "a.xls",
        b"\xEF\xBB\xBF<html><table></table></html>",
        "拡張子は .xls ですが、中身はHTML か XML の文書です",
        "xlsx で保存し直して",
    ),
    ("a.xlsb", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "拡張子は .xlsb ですが、中身はxls の表計算ファイルです", "拡張子を xls に"),
    ("a.xls", b"PK\x03\x04", "拡張子は .xls ですが、中身はxlsx か ods の表計算ファイルです", "拡張子を中身に合わせる"),
    ("a.csv", b"PK\x03\x04", "拡張子は .csv ですが、中身はxlsx か ods の表計算ファイルです", "拡張子を中身に合わせる"),
    ("a.txt", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "拡張子は .txt ですが、中身はxls の表計算ファイルです", "拡張子を xls に"),
    ("a.ods", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "拡張子は .ods ですが、中身はxls の表計算ファイルです", "拡張子を xls に"),
    ("a.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "a.xls: 表計算ファイルとして読めません（", "壊れていないか"),
    ("a.xlsx", b"PK\x03\x04 no zip", "a.xlsx: 表計算ファイルとして読めません（圧縮された中身が壊れています）", "壊れていないか"),
];

#[test]
fn what_is_wrong_is_refused_in_one_message_with_place_and_remedy() {
    for (name, bytes, first, hint) in REFUSED_TEXTS {
        let (_, told) = read(name, bytes);
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(told.matches("エラー[").count(), 1, "{shown:?}: {told}");
        assert!(told.lines().next().unwrap().contains(first.trim_end()), "{shown:?}: {told}");
        assert!(!first.ends_with('\n') || told.contains(first), "{shown:?}: {told}");
        assert!(told.lines().any(|line| line.starts_with("  ヒント: ") && line.contains(hint)), "{shown:?}: {told}");
        assert_japanese(&told);
    }
}

#[test]
fn each_cause_has_its_own_message_and_a_late_fault_still_refuses() {
    let mut text = b"a,b\n".to_vec();
    for _ in 0..200_000 {
        text.extend_from_slice(b"1,2\n");
    }
    assert_eq!(read("a.csv", &text).1, "");
    let (sheets, told) = read("a.csv", &[&text[..], b"1,x\"\n3\r4,5\n6,\"7\"8\n9,\"10\n"].concat());
    assert!(sheets.is_none());
    assert_eq!(told.matches("エラー[R106]").count(), 4, "{told}");
    for row in [
        "a.csv200002行: 引用符（\"）で始まっていない",
        "a.csv200003行: 行の終わりが CR",
        "a.csv200004行: 閉じた",
        "a.csv200005行: 引用符（\"）で始まる欄が",
    ] {
        assert!(told.contains(row), "{told}");
    }
    let told = read("a.csv", &[&text[..], b"1\n"].concat()).1;
    assert!(told.contains("a.csv200002行: 見出しの 2 列と列の数が違う行があります（200002行は1列）"), "{told}");
}

#[test]
fn sound_texts_are_read_as_they_are() {
    let text = |rows: &[&[&str]]| -> Vec<Vec<Cell>> {
        let cell = |text: &&str| if text.is_empty() { Cell::Empty } else { Cell::Text((*text).to_owned()) };
        rows.iter().map(|row| row.iter().map(cell).collect()).collect()
    };
    for (name, bytes, expected) in [
        ("a.csv", &b"a,b\n1,\"2,\"\"3\"\"\n4\"\n"[..], text(&[&["a", "b"], &["1", "2,\"3\"\n4"]])),
        ("a.csv", b"a,b\r\n\r\n1,\r\n\r\n", text(&[&["a", "b"], &["1", ""]])),
        ("a.csv", b"a,b\n1,2\x1A", text(&[&["a", "b"], &["1", "2"]])),
        ("a.csv", b"a,b\r\n1,2\r\n\x1A", text(&[&["a", "b"], &["1", "2"]])),
        ("a.csv", b"a,b\n1,#\n#1,##\n", text(&[&["a", "b"], &["1", "#"], &["#1", "##"]])),
        ("a.csv", b"\"a\",\"b\"\r\n\"1\r2\",\"\"\r\n", text(&[&["a", "b"], &["1\r2", ""]])),
        ("a.tsv", b"a\tb\n5\"6'\t\"7\t8\"\n", text(&[&["a", "b"], &["5\"6'", "7\t8"]])),
        ("a.txt", b"\"a,\r\nb\"\tc\n1\t2\n", text(&[&["a,\r\nb", "c"], &["1", "2"]])),
        ("a.csv", b"\x97\x5C\x96\x68,b\n1,2\n", text(&[&["予防", "b"], &["1", "2"]])),
        ("a.csv", b"title\n\na,b\n1,2\n", text(&[&["title"], &["a", "b"], &["1", "2"]])),
    ] {
        let mut report = Report::new();
        let sheets = read::of_bytes(name, bytes.to_vec(), &mut report).unwrap();
        assert!(report.is_empty());
        let rows: Vec<Vec<Cell>> = sheets[0].top(u32::MAX).into_iter().map(|(_, cells)| cells).collect();
        assert_eq!(rows, expected, "{:?}", String::from_utf8_lossy(bytes));
    }
    // Error words of a spreadsheet are no text.
    let rows = cells("a.csv", "a,b\n#N/A,#REF!\n#DIV/0!,########\nErr:502,#N/A です\n".as_bytes());
    let bad: Vec<bool> = rows[1..].iter().flat_map(|(_, cells)| cells).map(|cell| matches!(cell, Cell::Bad(_))).collect();
    assert_eq!(bad, [true, true, true, true, true, false]);
}

#[test]
fn a_line_break_inside_a_field_counts_as_lines_and_stays_in_the_cell() {
    let rows = cells("a.csv", b"a,b\n1,\"x\ny\"\n\"2\r\n\r\n3\",4\n5,6\n");
    assert_eq!(rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 2, 4, 7]);
    assert_eq!(rows[1].1[1], Cell::Text("x\ny".to_owned()));
}

/// A cell of an xlsx: its XML.
fn xlsx_cell(xml: &str) -> Cell {
    first("a.xlsx", &xlsx(&format!("<row r=\"1\">{xml}</row>"), "visible", ""))
}

/// A cell of an ods: attributes and content.
fn ods_cell(attributes: &str, content: &str) -> Cell {
    let cell = format!("<table:table-row><table:table-cell {attributes}>{content}</table:table-cell></table:table-row>");
    first("a.ods", &ods(&cell, false, ""))
}

fn xls_cell(records: &[Vec<u8>]) -> Cell {
    first("a.xls", &xls(records))
}

fn xls_number(value: f64) -> Cell {
    xls_cell(&[record(0x0203, &[place(0, 0, 1), value.to_le_bytes().to_vec()].concat())])
}

/// A real number in an xlsb; a formula with one where `kind` is 9.
fn xlsb_record(kind: u16, value: &[u8]) -> Vec<Vec<u8>> {
    let row = short(0, &[0; 16]);
    vec![row, short(kind, &[&0_u32.to_le_bytes()[..], &[0; 4], value].concat())]
}

#[test]
fn what_has_no_value_is_bad_and_never_empty_in_every_format() {
    // A formula that was never computed; one whose value is an empty text is empty.
    for xml in [
        "<c r=\"A1\"><f>B1&amp;\"\"</f></c>",
        "<c r=\"A1\" s=\"1\"><f>TODAY()</f><v></v></c>",
        "<c r=\"A1\"><f t=\"shared\" si=\"0\"/></c>",
    ] {
        assert!(is_bad(&xlsx_cell(xml), "数式"), "{xml}");
    }
    // A filled cell behind it, so that the sheet is not empty.
    let empty = "<c r=\"A1\" t=\"str\"><f>\"\"</f><v></v></c><c r=\"B1\"><v>1</v></c>";
    assert_eq!(xlsx_cell(empty), Cell::Empty);
    assert!(is_bad(&ods_cell("table:formula=\"of:=[.B1]\"", ""), "数式"));
    let formula = |value: [u8; 8]| record(0x0006, &[place(0, 0, 0), value.to_vec(), vec![0; 6], vec![0, 0]].concat());
    assert!(is_bad(&xls_cell(&[formula([0, 0, 0, 0, 0, 0, 0xFF, 0xFF])]), "数式"));
    let number = [&[0_u8; 2][..], &0_u32.to_le_bytes()].concat();
    let error = [&[0x2A][..], &number, &0_u32.to_le_bytes()].concat();
    assert!(is_bad(&first("a.xlsb", &xlsb(&xlsb_record(0x000B, &error))), "エラー値"));
    // Error values.
    for word in ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"] {
        assert!(is_bad(&xlsx_cell(&format!("<c r=\"A1\" t=\"e\"><v>{word}</v></c>")), "エラー値"), "{word}");
        assert!(is_bad(&xlsx_cell(&format!("<c r=\"A1\" t=\"str\"><f>B1</f><v>{word}</v></c>")), "エラー値"), "{word}");
        let attributes = "office:value-type=\"string\" office:string-value=\"\" calcext:value-type=\"error\" xmlns:calcext=\"x\"";
        assert!(is_bad(&ods_cell(attributes, &format!("<text:p>{word}</text:p>")), "エラー値"), "{word}");
    }
    assert!(is_bad(&xls_cell(&[record(0x0205, &[place(0, 0, 0), vec![0x2A, 1]].concat())]), "エラー値"));
    assert!(is_bad(&first("a.xlsb", &xlsb(&xlsb_record(3, &[0x2A]))), "エラー値"));
    assert!(is_bad(&ods_cell("office:value-type=\"float\" office:value=\"NaN\"", ""), "数でない"));
    assert!(is_bad(&ods_cell("office:value-type=\"void\"", "<text:p>x</text:p>"), "知らない"));
}

/// What a date cell holds: serial number, ISO text in an ods, and what is read.
#[test]
fn a_date_cell_is_a_day_or_bad_in_every_format() {
    let bad = |word: &'static str| Err(word);
    for (serial, iso, expected) in [
        (46_357.0, "2026-12-01", Ok(date("2026-12-01"))),
        (46_357.0, "2026-12-01T00:00:00", Ok(date("2026-12-01"))),
        (46_357.5, "2026-12-01T12:00:00", bad("時刻")),
        (46_357.000_694_444_4, "2026-12-01T00:01:00", bad("時刻")),
        (20_261_101.0, "57373-05-09", bad("8 けた")),
        (19_500_101.0, "55289-01-01", bad("8 けた")),
        (2_958_465.0, "9999-12-31", Ok(date("9999-12-31"))),
        (2_958_464.0, "9999-12-30", bad("1850 年から 2200 年")),
        (109_941.0, "2201-01-01", bad("1850 年から 2200 年")),
        (1.0, "1849-12-31", bad("")),
        (0.0, "1899-12-30", Ok(Cell::Number(0.0))),
        (-5.0, "x", bad("日付でない")),
    ] {
        let real = serial.to_string();
        for (cell, which) in [
            (xlsx_cell(&format!("<c r=\"A1\" s=\"1\"><v>{real}</v></c>")), "xlsx"),
            (xlsx_cell(&format!("<c r=\"A1\" s=\"1\"><f>B1</f><v>{real}</v></c>")), "xlsx formula"),
            (xls_number(serial), "xls"),
            (ods_cell(&format!("office:value-type=\"date\" office:date-value=\"{iso}\""), ""), "ods"),
        ] {
            match &expected {
                Ok(expected) => assert_eq!(&cell, expected, "{which} {serial} {iso}"),
                Err(word) => assert!(is_bad(&cell, word), "{which} {serial} {iso} {cell:?}"),
            }
            assert!(
                !matches!(&cell, Cell::Bad(why) if [real.as_str(), iso].iter().any(|value| value.len() > 5 && why.contains(value))),
                "a value in a message"
            );
        }
    }
    assert_eq!(first("a.xlsb", &xlsb(&xlsb_record(5, &7.5_f64.to_le_bytes()))), Cell::Number(7.5));
    assert!(is_bad(&ods_cell("office:value-type=\"time\" office:time-value=\"PT09H30M00S\"", ""), "時刻"));
    assert_eq!(xlsx_cell("<c r=\"A1\" t=\"d\"><v>2026-12-01T00:00:00</v></c>"), date("2026-12-01"));
    assert!(is_bad(&xlsx_cell("<c r=\"A1\" t=\"d\"><v>2026-12-01T10:00:00</v></c>"), "時刻"));
}

#[test]
fn a_cell_far_away_costs_its_row_only() {
    let far = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\" t=\"inlineStr\"><is><t> </t></is></c></row>";
    assert_eq!(cells("a.xlsx", &xlsx(far, "visible", "")), [(1, vec![Cell::Text("文字".to_owned())])]);
    let filled = far.replace("<t> </t>", "<t>x</t>");
    let rows = cells("a.xlsx", &xlsx(&filled, "visible", ""));
    assert_eq!(rows.iter().map(|(row, cells)| (*row, cells.len())).collect::<Vec<_>>(), [(1, 1), (1_048_576, 16_384)]);
    let wide: String = (1..=40).map(|number| format!("<row r=\"{number}\"><c r=\"XFD{number}\"><v>1</v></c></row>")).collect();
    assert_eq!(cells("a.xlsx", &xlsx(&wide, "visible", "")).len(), 40);
    // ods: the rows and columns that LibreOffice says are repeated to the end of the sheet.
    let number = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";
    let filler = "<table:table-cell table:number-columns-repeated=\"16383\"/>";
    let empty = "<table:table-row table:number-rows-repeated=\"1048574\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let last = format!("<table:table-row>{filler}{number}</table:table-row>");
    let rows = cells("a.ods", &ods(&format!("<table:table-row>{number}{filler}</table:table-row>{empty}{last}"), false, ""));
    assert_eq!(rows.iter().map(|(row, cells)| (*row, cells.len())).collect::<Vec<_>>(), [(1, 1), (1_048_576, 16_384)]);
    // xls: two cells at the ends of what an xls can have.
    let cell = |row, column| record(0x0203, &[place(row, column, 0), 1_f64.to_le_bytes().to_vec()].concat());
    let rows = cells("a.xls", &xls(&[cell(0, 0), cell(65_535, 255)]));
    assert_eq!(rows.iter().map(|(row, cells)| (*row, cells.len())).collect::<Vec<_>>(), [(1, 1), (65_536, 256)]);
}

#[test]
fn workbooks_that_ask_for_too_much_or_are_broken_are_refused_in_our_words() {
    let number = "<table:table-cell office:value-type=\"float\" office:value=\"1\" table:number-columns-repeated=\"TIMES\"/>";
    let many = |rows: &str, columns: &str| {
        let cell = number.replace("TIMES", columns);
        ods(&format!("<table:table-row table:number-rows-repeated=\"{rows}\">{cell}</table:table-row>"), false, "")
    };
    let text = |content: &str| {
        ods(
            &format!(
                "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>{content}</text:p></table:table-cell></table:table-row>"
            ),
            false,
            "",
        )
    };
    let cell = |row, column| record(0x0203, &[place(row, column, 0), 1_f64.to_le_bytes().to_vec()].concat());
    let dimensions = |rows: u32, columns: u16| {
        let numbers =
            [&0_u32.to_le_bytes()[..], &rows.to_le_bytes(), &0_u16.to_le_bytes(), &columns.to_le_bytes(), &[0, 0]].concat();
        record(0x0200, &numbers)
    };
    let row = |reference: &str| format!("<row><c r=\"{reference}\"><v>1</v></c></row>");
    let circle = made::compound(&[0; 4096], 2, Some(1));
    let short_zip = zipped(&[("[Content_Types].xml", b"<Types/>")]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        // Extents.
        ("a.ods", many("1048576", "16384"), "セルが多すぎます（1ファイル 5000 万個まで）"),
        ("a.ods", many("4000000000", "1"), "セルが多すぎます"),
        ("a.ods", many("1", "4000000000"), "セルが多すぎます"),
        ("a.ods", many("1048577", "1"), "行と列の限りを超えた"),
        ("a.ods", many("1", "16385"), "行と列の限りを超えた"),
        ("a.ods", many("99999999999", "1"), "決まりどおりの形になっていません"),
        ("a.ods", text("<text:s text:c=\"4000000000\"/>"), "決まりどおりの形になっていません"),
        ("a.xls", xls(&[cell(0, 0), cell(65_535, 65_535)]), "セルが多すぎます"),
        ("a.xls", xls(&[dimensions(u32::MAX, 256), cell(0, 0)]), "セルが多すぎます"),
        ("a.xls", xls(&[dimensions(65_536, 65_535), cell(0, 0)]), "セルが多すぎます"),
        // Places that are none, counts that are none.
        ("a.xlsx", xlsx(&row("XFE1"), "visible", ""), "行と列の限りを超えた"),
        ("a.xlsx", xlsx(&row("A1048577"), "visible", ""), "行と列の限りを超えた"),
        ("a.xlsx", xlsx(&row("ZZZZZZZZZ9"), "visible", ""), "表計算ファイルとして読めません"),
        ("a.xlsx", xlsx(&row("A99999999999"), "visible", ""), "表計算ファイルとして読めません"),
        ("a.xlsx", xlsx(&row("1"), "visible", ""), "決まりどおりの形になっていません"),
        ("a.xlsx", xlsx(&row("A1"), "visible", "uniqueCount=\"99999999999\""), "決まりどおりの形になっていません"),
        ("a.xlsx", xlsx("<row><c r=\"A1\" t=\"s\"><v>7</v></c></row>", "visible", ""), "決まりどおりの形になっていません"),
        ("a.xlsx", xlsx("<row><c r=\"A1\"><v>1</c></row>", "visible", ""), "XML が壊れています"),
        ("a.xlsx", xlsx("<row><c r=\"A1\">", "visible", ""), "XML が壊れています"),
        ("a.ods", ods("<table:table-row><table:table-cell>", false, ""), "XML が壊れています"),
        (
            "a.ods",
            ods("<table:table-row><table:table-cell><text:p>&none;</text:p></table:table-cell></table:table-row>", false, ""),
            "XML が壊れています",
        ),
        ("a.xlsx", short_zip, "あるはずの中身がありません"),
        // Chains of a compound file that run in a circle or nowhere.
        ("a.xls", circle, "決まりどおりの形になっていません"),
        ("a.xls", made::compound(&[0; 4096], 9_999, None), "決まりどおりの形になっていません"),
        ("a.xls", xls(&[record(0x0203, &[0; 3])]), "決まりどおりの形になっていません"),
        // Passwords, other kinds.
        ("a.ods", ods("", false, "<manifest:encryption-data/>"), "パスワードで保護されています"),
        ("a.xls", xls(&[]), "ファイルが空です"),
        ("a.xlsx", ods(&row("A1"), false, ""), "拡張子は .xlsx ですが、中身は ods です"),
        ("a.ods", xlsx(&row("A1"), "visible", ""), "拡張子は .ods ですが、中身は xlsx です"),
        ("a.xlsx", xlsb(&[]), "拡張子は .xlsx ですが、中身は xlsb です"),
        ("a.xlsb", xlsx(&row("A1"), "visible", ""), "拡張子は .xlsb ですが、中身は xlsx です"),
        ("a.xlsb", xlsb(&[short(0, &[0; 16]), vec![5, 0x7F]]), "圧縮された中身が壊れています"),
    ];
    for (at, (name, bytes, word)) in cases.iter().enumerate() {
        let (sheets, told) = read(name, bytes);
        assert!(sheets.is_none() && told.matches("エラー[").count() == 1, "{at} {name} {word}: {told}");
        assert!(told.contains(word), "{at} {name} {word}: {told}");
        assert_japanese(&told);
    }
}

#[test]
fn a_size_that_lies_is_not_believed() {
    let rows = format!("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>{}", " ".repeat(70 << 20));
    let mut bytes = xlsx(&rows, "visible", "");
    let told = read("a.xlsx", &bytes).1;
    assert!(told.contains("展開すると 70 MB（"), "{told}");
    // The same with the size of the sheet said to be small, in both places where a zip says it.
    let real = u32::try_from(rows.len() + 194).unwrap();
    let mut changed = 0;
    for at in 0..bytes.len() - 4 {
        let said = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        if said.abs_diff(real) < 100 {
            bytes[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
            changed += 1;
        }
    }
    assert!(changed >= 1);
    let (sheets, told) = read("a.xlsx", &bytes);
    assert!(sheets.is_none() && told.contains("圧縮された中身が壊れています"), "{told}");
}

#[test]
fn hidden_sheets_are_read_like_others_and_known_as_hidden() {
    let row = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>";
    let ods_row = "<table:table-row><table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
    for (name, bytes, hidden) in [
        ("a.xlsx", xlsx(row, "visible", ""), false),
        ("a.xlsx", xlsx(row, "hidden", ""), true),
        ("a.xlsx", xlsx(row, "veryHidden", ""), true),
        ("a.ods", ods(ods_row, false, ""), false),
        ("a.ods", ods(ods_row, true, ""), true),
    ] {
        let sheets = read(name, &bytes).0.unwrap();
        assert_eq!((sheets[0].name.as_str(), sheets[0].hidden), ("住民", hidden), "{name}");
        assert_eq!(sheets[0].top(9), [(1, vec![Cell::Number(1.0)])]);
    }
}

#[test]
fn texts_of_an_ods_are_what_is_shown() {
    for (content, expected) in [
        ("<text:p>千葉 &amp; 花子</text:p>", "千葉 & 花子"),
        ("<text:p>一<text:s text:c=\"3\"/>二<text:s/>三</text:p>", "一   二 三"),
        ("<text:p>一</text:p><text:p>二<text:line-break/>三<text:tab/>四</text:p>", "一\n二\n三\t四"),
        ("<text:p><text:span>髙</text:span>&#x6A4B;<text:a>様</text:a></text:p>", "髙橋様"),
        ("<office:annotation><text:p>メモ</text:p></office:annotation><text:p>本文</text:p>", "本文"),
        (
            "<text:p>本文</text:p>\n  <draw:frame xmlns:draw=\"x\"><draw:text-box><text:p>図</text:p></draw:text-box></draw:frame>\n",
            "本文",
        ),
    ] {
        assert_eq!(ods_cell("office:value-type=\"string\"", content), Cell::Text(expected.to_owned()));
    }
    assert_eq!(
        ods_cell("office:value-type=\"string\" office:string-value=\"値\"", "<text:p>見え方</text:p>"),
        Cell::Text("値".to_owned())
    );
    assert_eq!(
        ods_cell("office:value-type=\"boolean\" office:boolean-value=\"true\"", "<text:p>真</text:p>"),
        Cell::Text("TRUE".to_owned())
    );
}
