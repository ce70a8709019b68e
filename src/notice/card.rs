//! 宛名面 of a postcard: the words the post asks for, and the sender below the address.

use crate::notice::letter::Sheet;
use crate::notice::paper::{self, Paper};
use crate::notice::piece::Piece;
use kansho_core::calendar;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Face, Item, Page};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::small;

/// Size of the sender's lines.
const SIZE: Pt = Pt(9.0);

/// The fixed words of a paper, each in the middle of its line.
pub(super) fn words(fonts: &Fonts, paper: &Paper, pages: &mut [Page]) {
    for words in &paper.words {
        let natural = fonts.measure(Face::Text, &words.text, words.size).min(words.width);
        let at = (words.at.0 + (words.width - natural) / 2.0, words.at.1);
        pages[words.page].items.push(small(fonts, Face::Text, &words.text, at, words.size, words.width));
    }
}

/// Sender, date and number below a rule, the token of the programme at the right; 再発行 where it is one.
pub(super) fn sender(sheet: &Sheet<'_>, piece: &Piece, place: &paper::Front, items: &mut Vec<Item>) {
    let (city, area) = (&sheet.office.city, &place.sender);
    let right = area.x + area.w;
    items.push(Item::Rule { x1: area.x, y1: area.y, x2: right, y2: area.y, width: Mm(0.2), dash: Mm::ZERO });
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
    let mut y = area.y + Mm(0.8);
    for (face, text) in lines {
        y += SIZE.mm() * 1.5;
        items.push(small(sheet.fonts, face, &text, (area.x, y), SIZE, area.w));
    }
}
