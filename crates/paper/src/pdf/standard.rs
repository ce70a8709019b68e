//! PDF/A-1b and PDF/X: what a file says about itself and its colours (XMP, output intents, a grey ICC profile of our own).

use super::Info;
use std::fmt::Write as _;

/// The date of the profile is fixed, so that its bytes are.
const PROFILE_DATE: [u16; 6] = [2026, 4, 1, 0, 0, 0];
/// D50, the white of the profile connection space, in 16.16 fixed point.
const D50: [u32; 3] = [0x0000_F6D6, 0x0001_0000, 0x0000_D32D];
/// Gamma 2.2 in 8.8 fixed point.
const GAMMA: u16 = 0x0233;

/// A grey profile (ICC version 2, gamma 2.2, white D50), made here: nobody else's licence is attached to it.
pub(super) fn grey_profile() -> Vec<u8> {
    let tags: [(&[u8; 4], Vec<u8>); 4] = [
        (b"desc", description("kansho grey gamma 2.2")),
        (b"wtpt", tag(b"XYZ ", &D50.map(u32::to_be_bytes).concat())),
        (b"kTRC", tag(b"curv", &[&1_u32.to_be_bytes()[..], &GAMMA.to_be_bytes()].concat())),
        (b"cprt", tag(b"text", b"No copyright, use freely\0")),
    ];
    let (mut table, mut data) = (Vec::new(), Vec::new());
    let start = 128 + 4 + 12 * tags.len();
    for (name, content) in &tags {
        table.extend_from_slice(*name);
        table.extend_from_slice(&long(start + data.len()));
        table.extend_from_slice(&long(content.len()));
        data.extend_from_slice(content);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut profile = Vec::with_capacity(start + data.len());
    profile.extend_from_slice(&long(start + data.len()));
    profile.extend_from_slice(&[0; 4]);
    profile.extend_from_slice(&[2, 0x10, 0, 0]);
    profile.extend_from_slice(b"mntrGRAYXYZ ");
    profile.extend(PROFILE_DATE.into_iter().flat_map(u16::to_be_bytes));
    profile.extend_from_slice(b"acsp");
    profile.resize(68, 0); // platform, flags, maker, model, attributes, intent: none
    profile.extend(D50.into_iter().flat_map(u32::to_be_bytes));
    profile.resize(128, 0);
    profile.extend_from_slice(&long(tags.len()));
    profile.extend_from_slice(&table);
    profile.extend_from_slice(&data);
    profile
}

fn long(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

fn tag(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&kind[..], &[0; 4], content].concat()
}

fn description(text: &str) -> Vec<u8> {
    let mut content = long(text.len() + 1).to_vec();
    content.extend_from_slice(text.as_bytes());
    // The end of the text; no Unicode text (8 bytes), no Macintosh text (3 and 67 bytes).
    content.resize(content.len() + 1 + 8 + 3 + 67, 0);
    tag(b"desc", &content)
}

/// The XMP packet of a PDF/A-1b file; it says what the Info dictionary says.
pub(super) fn metadata(info: &Info) -> String {
    let date = info.as_of.format("%Y-%m-%dT00:00:00+09:00");
    let mut title = String::new();
    for c in info.title.chars() {
        match c {
            '&' => title.push_str("&amp;"),
            '<' => title.push_str("&lt;"),
            '>' => title.push_str("&gt;"),
            other => title.push(other),
        }
    }
    let mut text = String::from("<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n");
    text.push_str("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n");
    let mut about = |space: &str, address: &str, inside: &str| {
        let _ = writeln!(text, "<rdf:Description rdf:about=\"\" xmlns:{space}=\"{address}\">{inside}</rdf:Description>");
    };
    about("pdfaid", "http://www.aiim.org/pdfa/ns/id/", "<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>");
    let titles = format!("<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>");
    about("dc", "http://purl.org/dc/elements/1.1/", &titles);
    about("pdf", "http://ns.adobe.com/pdf/1.3/", "<pdf:Producer>kansho</pdf:Producer>");
    let dates = format!("<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>");
    about("xmp", "http://ns.adobe.com/xap/1.0/", &dates);
    text.push_str("</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>");
    text
}

/// The output intents of the catalog; `profile` is the object of the grey profile, when there is one.
pub(super) fn intents(info: &Info, profile: Option<u32>) -> String {
    let mut list = String::new();
    if let Some(number) = profile {
        let _ = write!(
            list,
            "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(Grey gamma 2.2)/Info(Grey gamma 2.2)/DestOutputProfile {number} 0 R>>"
        );
    }
    let condition = &info.standard.intent;
    if !condition.is_empty() {
        let _ = write!(
            list,
            "<</Type/OutputIntent/S/GTS_PDFX/OutputConditionIdentifier({condition})/RegistryName(http://www.color.org)/Info({condition})>>"
        );
    }
    if list.is_empty() { list } else { format!("/OutputIntents[{list}]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_closes() {
        let profile = grey_profile();
        let at = |place: usize| u32::from_be_bytes(profile[place..place + 4].try_into().unwrap()) as usize;
        assert_eq!((at(0), &profile[36..40], at(128)), (profile.len(), &b"acsp"[..], 4));
        for tag in 0..4 {
            let (offset, size) = (at(132 + 12 * tag + 4), at(132 + 12 * tag + 8));
            assert!(offset % 4 == 0 && offset + size <= profile.len());
        }
        assert!(profile.len() < 400);
    }
}
