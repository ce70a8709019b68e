//! 校正 `office/proof.pdf`: the machine chooses the letters that most likely show a fault, and says on each page why.

use crate::compose::Forms;
use crate::compose::frame::Page;
use crate::compose::piece::Piece;
use crate::diag::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};

/// The chosen pieces by index, each with its reasons, in posting order.
#[must_use]
pub fn choose(pieces: &[&Piece], forms: &Forms) -> Vec<(usize, Vec<&'static str>)> {
    let mut chosen: BTreeMap<usize, Vec<&'static str>> = BTreeMap::new();
    let mut pick = |index: Option<usize>, why: &'static str| {
        if let Some(index) = index {
            let reasons = chosen.entry(index).or_default();
            if !reasons.contains(&why) {
                reasons.push(why);
            }
        }
    };
    let indices = 0..pieces.len();
    let length = |text: &str| text.chars().count();
    pick(indices.clone().next(), "最初の一通");
    pick(indices.clone().next_back(), "最後の一通");
    pick(indices.clone().max_by_key(|i| (length(&pieces[*i].addressee), usize::MAX - i)), "最も長い氏名");
    let address = |i: &usize| length(&pieces[*i].address1) + pieces[*i].building.as_deref().map_or(0, length);
    pick(indices.clone().max_by_key(|i| (address(i), usize::MAX - i)), "最も長い住所");
    pick(indices.clone().find(|i| pieces[*i].barcode.is_err()), "カスタマバーコードなし");
    let mut templates = BTreeSet::new();
    let mut families: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    let mut names: BTreeMap<(&str, chrono::NaiveDate, &str), Vec<usize>> = BTreeMap::new();
    for (index, piece) in pieces.iter().enumerate() {
        if templates.insert((piece.template, piece.unknown_history)) {
            pick(Some(index), if piece.unknown_history { "ひな形（接種歴が不明）" } else { "ひな形" });
        }
        if piece.alternate_address {
            pick(Some(index), "送付先の登録あり");
        }
        if !forms.fallback_units(piece).is_empty() {
            pick(Some(index), "予備の字形・異体字");
        }
        let programme = piece.programme.as_str();
        families
            .entry((programme, format!("{}{}{}", piece.postal.digits(), piece.address1, piece.birth)))
            .or_default()
            .push(index);
        names.entry((&piece.name, piece.birth, programme)).or_default().push(index);
    }
    for twins in families.into_values().filter(|list| list.len() > 1) {
        twins.into_iter().for_each(|index| pick(Some(index), "同じ住所・同じ生年月日（双子など）"));
    }
    for same in names.into_values().filter(|list| list.len() > 1) {
        same.into_iter().for_each(|index| pick(Some(index), "同姓同名・同じ生年月日"));
    }
    chosen.into_iter().collect()
}

/// The pages of the chosen letters with the reason on top of each.
///
/// # Errors
/// The letter that cannot be composed (none: all have been composed before).
pub fn pages(pieces: &[&Piece], forms: &Forms) -> Result<Vec<Page>, Diagnostic> {
    let mut pages = Vec::new();
    for (index, reasons) in choose(pieces, forms) {
        let letter = forms.letter(pieces[index])?;
        let text = format!("校正　通し番号 {}　選んだ理由: {}", pieces[index].number.0, reasons.join("、"));
        pages.extend(letter.into_iter().map(|page| forms.noted(page, &text)));
    }
    Ok(pages)
}
