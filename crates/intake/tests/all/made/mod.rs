//! Workbooks made by hand, so that a test can put into them what no spreadsheet would.

use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

/// A zip container of these parts.
pub(crate) fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An xlsx with one sheet 住民 of these rows (XML); style 1 is a date; `state` of the sheet, attributes of the string table.
pub(crate) fn xlsx(rows: &str, state: &str, strings: &str) -> Vec<u8> {
    let relations = |pairs: &[(&str, &str, &str)]| {
        let lines: String = pairs
            .iter()
            .map(|(id, kind, target)| {
                format!("<Relationship Id=\"{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/>")
            })
            .collect();
        format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{lines}</Relationships>")
    };
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
    let book = format!(
        "<workbook {main}><sheets><sheet name=\"住民\" sheetId=\"1\" state=\"{state}\" r:id=\"r1\"/></sheets></workbook>"
    );
    let styles = format!(
        "<styleSheet {main}><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    );
    zipped(&[
        ("[Content_Types].xml", b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
        ("_rels/.rels", relations(&[("r1", "officeDocument", "xl/workbook.xml")]).as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[
                ("r1", "worksheet", "worksheets/sheet1.xml"),
                ("r2", "styles", "styles.xml"),
                ("r3", "sharedStrings", "sharedStrings.xml"),
            ])
            .as_bytes(),
        ),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/sharedStrings.xml", format!("<sst {main} {strings}><si><t>文字</t></si></sst>").as_bytes()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet {main}><sheetData>{rows}</sheetData></worksheet>").as_bytes()),
    ])
}

/// An ods with one sheet 住民 of these rows (XML); `manifest` says what the container holds.
pub(crate) fn ods(rows: &str, hidden: bool, manifest: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
         xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\"><office:automatic-styles><style:style style:name=\"ta1\" \
         style:family=\"table\"><style:table-properties table:display=\"{}\"/></style:style></office:automatic-styles><office:body>\
         <office:spreadsheet><table:table table:name=\"住民\" table:style-name=\"ta1\">\
         <table:table-column table:number-columns-repeated=\"16384\"/>{rows}</table:table></office:spreadsheet></office:body></office:document-content>",
        !hidden
    );
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ])
}

/// One record of an xls: kind, data.
pub(crate) fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

/// Row, column and format of a cell of an xls (format 0: none, 1: date).
pub(crate) fn place(row: u16, column: u16, format: u16) -> Vec<u8> {
    [row, column, format].into_iter().flat_map(u16::to_le_bytes).collect()
}

/// An xls with one sheet 住民 of these records. Sectors of 512 bytes: FAT, folder, the stream of the workbook.
pub(crate) fn xls(records: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u16| record(0x0809, &[0x0600_u16, kind, 0, 0].into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let name: Vec<u8> = "住民".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let format = |number: u16| {
        record(0x00E0, &[0, number, 0, 0, 0, 0, 0, 0, 0, 0].into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
    };
    let head = [begin(5), record(0x0042, &1200_u16.to_le_bytes()), format(0), format(14)].concat();
    let sheet = |start: u32| record(0x0085, &[&start.to_le_bytes()[..], &[0, 0, 2, 1], &name].concat());
    let end = record(0x000A, &[]);
    let start = u32::try_from(head.len() + sheet(0).len() + end.len()).unwrap();
    let mut stream = [head, sheet(start), end.clone(), begin(0x10), records.concat(), end].concat();
    stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
    compound(&stream, 2, None)
}

/// A compound file with one stream; `folder_next` is what the table says behind the folder's sector.
pub(crate) fn compound(stream: &[u8], first: u32, folder_next: Option<u32>) -> Vec<u8> {
    const END: u32 = 0xFFFF_FFFE;
    const FREE: u32 = 0xFFFF_FFFF;
    let sectors = u32::try_from(stream.len() / 512).unwrap();
    assert!(sectors <= 120, "one sector of the table is enough");
    let mut header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    header.resize(24, 0);
    header.extend([0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    header.resize(44, 0);
    // One table sector, folder in sector 1, no mini streams, no further tables; the table is sector 0.
    header.extend([1, 1, 0, 4096, END, 0, END, 0, 0].into_iter().flat_map(u32::to_le_bytes));
    header.resize(512, 0xFF);
    let mut table = vec![0xFFFF_FFFD, folder_next.unwrap_or(END)];
    table.extend((0..sectors).map(|sector| if sector + 1 == sectors { END } else { sector + 3 }));
    table.resize(128, FREE);
    let entry = |name: &str, kind: u8, start: u32, length: u32| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend(u16::try_from(name.len() * 2 + 2).unwrap().to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend([FREE, FREE, if kind == 5 { 1 } else { FREE }].into_iter().flat_map(u32::to_le_bytes));
        entry.resize(116, 0);
        entry.extend([start, length, 0].into_iter().flat_map(u32::to_le_bytes));
        entry
    };
    let folder = [entry("Root Entry", 5, END, 0), entry("Workbook", 2, first, sectors * 512), vec![0; 256]].concat();
    [header, table.into_iter().flat_map(u32::to_le_bytes).collect(), folder, stream.to_vec()].concat()
}

/// A record of an xlsb: kind, data (of fewer than 128 bytes).
pub(crate) fn short(kind: u16, data: &[u8]) -> Vec<u8> {
    let kind = if kind < 0x80 {
        vec![u8::try_from(kind).unwrap()]
    } else {
        vec![kind.to_le_bytes()[0] | 0x80, u8::try_from(kind >> 7).unwrap()]
    };
    [&kind[..], &[u8::try_from(data.len()).unwrap()], data].concat()
}

/// An xlsb with one sheet 住民 of these records.
pub(crate) fn xlsb(records: &[Vec<u8>]) -> Vec<u8> {
    let wide = |text: &str| {
        let letters: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&u32::try_from(letters.len() / 2).unwrap().to_le_bytes()[..], &letters].concat()
    };
    let bundle = [&[0; 4][..], &1_u32.to_le_bytes(), &wide("r1"), &wide("住民")].concat();
    let book = [short(0x83, &[]), short(0x8F, &[]), short(0x9C, &bundle), short(0x90, &[]), short(0x84, &[])].concat();
    let sheet = [short(0x81, &[]), short(0x94, &[0; 16]), short(0x91, &[]), records.concat(), short(0x92, &[]), short(0x82, &[])]
        .concat();
    zipped(&[
        ("[Content_Types].xml", b"<Types/>"),
        (
            "xl/_rels/workbook.bin.rels",
            b"<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.bin\"/></Relationships>",
        ),
        ("xl/workbook.bin", &book),
        ("xl/worksheets/sheet1.bin", &sheet),
    ])
}
