//! 宛名面 of a postcard: the words the post asks for, and the sender below the address.

use crate::notice::address::small;
use crate::notice::letter::Sheet;
use crate::notice::paper::{self, Paper};
use crate::notice::piece::Piece;
use kansho_core::calendar;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Face, Item, MM_PER_PT, Page};

/// Size of the sender's lines.
const SIZE: f64 = 9.0;

/// The fixed words of a paper, each in the middle of its line.
pub(super) fn words(fonts: &Fonts, paper: &Paper, pages: &mut [Page]) {
    for words in &paper.words {
        let natural = (fonts.width(Face::Text, &words.text) * words.size * MM_PER_PT).min(words.width);
        let at = (words.at.0 + (words.width - natural) / 2.0, words.at.1);
        pages[words.page].items.push(small(fonts, Face::Text, &words.text, at, words.size, words.width));
    }
}

/// Sender, date and number below a rule, the token of the programme at the right; 再発行 where it is one.
pub(super) fn sender(sheet: &Sheet<'_>, piece: &Piece, place: &paper::Front, items: &mut Vec<Item>) {
    let (city, area) = (&sheet.office.city, &place.sender);
    let right = area.x + area.w;
    items.push(Item::Rule { x1: area.x, y1: area.y, x2: right, y2: area.y, width: 0.2, dash: 0.0 });
    let again = match &piece.reissue {
        None => String::new(),
        Some(mark) if mark.void.is_empty() => "　再発行".to_owned(),
        Some(mark) => format!("　再発行（無効: {}）", mark.void.join("、")),
    };
    let lines = [
        (Face::Bold, format!("{}　{}　{}", piece.token, city.name, city.section)),
        (Face::Text, format!("〒{}　{}", city.section_postcode, city.address)),
        (Face::Text, format!("電話 {}（{}）", city.tel, city.hours)),
        (Face::Text, format!("{}　発行no {}{again}", calendar::wareki(sheet.post_on), piece.issue.0)),
    ];
    let mut y = area.y + 0.8;
    for (face, text) in lines {
        y += SIZE * MM_PER_PT * 1.5;
        items.push(small(sheet.fonts, face, &text, (area.x, y), SIZE, area.w));
    }
}
