//! 郵便番号の疑い: the barcode of a piece, and an alert for every address whose code or house number is doubtful (C512, C513). Such a
//! piece has no barcode and does not count toward a discount.

use crate::notice::piece::{Barcode, Piece};
use kansho_core::address::PostalCode;
use kansho_core::case::Case;
use kansho_core::decision::Decision;
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::keys::{CaseKey, DecisionKey};
use kansho_post::data::Known;
use kansho_post::{Coded, Doubt, NoBarcode, Place, PostalData, customer_barcode, split};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What follows for the piece.
const LEFT_OUT: &str = "カスタマバーコードを印字せず、割引の通数に数えません";

/// The symbol of an address, or why none is printed.
///
/// # Errors
/// The reason in Japanese: there can be none, or the code is doubtful.
pub fn barcode(postal: PostalCode, place: Place<'_>, data: Option<&PostalData>) -> Result<Barcode, String> {
    match customer_barcode(postal, place, data) {
        Ok(Coded { symbol, warning: None }) => {
            Ok(Barcode { text: format!("{}{}", symbol.body, symbol.check), bars: symbol.bars })
        }
        Ok(Coded { warning: Some(warning), .. }) => Err(warning.doubt.words().to_owned()),
        Err(reason) => Err(reason.reason().to_owned()),
    }
}

/// One alert for each address of a person that is doubtful, in the order of the pieces.
#[must_use]
pub fn alerts(pieces: &[(DecisionKey, Piece)], decisions: &[Decision], cases: &[Case], data: Option<&PostalData>) -> Report {
    let mut report = Report::new();
    let Some(data) = data else { return report };
    let mut told = BTreeSet::new();
    // A barcode that was split off by the town is beyond doubt.
    let looked_at = pieces.iter().filter(|(_, piece)| piece.barcode.is_err() || piece.block.is_some());
    let addresses: Vec<(CaseKey, &Piece)> = looked_at
        .map(|(place, piece)| (decisions[*place].case, piece))
        .filter(|(case, piece)| told.insert((*case, piece.alternate_address)))
        .collect();
    let found: Vec<Option<Diagnostic>> = addresses.par_iter().map(|(_, piece)| doubtful(piece, data)).collect();
    for ((case, piece), problem) in addresses.into_iter().zip(found) {
        if let Some(problem) = problem {
            report.push(problem.at(&cases[case].resident.origin).of(format!("予防接種番号 {}", piece.person_number)));
        }
    }
    report
}

fn doubtful(piece: &Piece, data: &PostalData) -> Option<Diagnostic> {
    let whose = if piece.alternate_address { "送付先の" } else { "" };
    let left_out = |code: Code, words: &str| Diagnostic::new(code, format!("{whose}{words}")).so(LEFT_OUT);
    let differs = |words: &str, right: &[PostalCode]| {
        let told = left_out(Code::PostalCodeDiffers, words);
        match hint(right) {
            Some(hint) => told.hint(hint),
            None => told,
        }
    };
    let found = customer_barcode(piece.postal, piece.mailing_place(), Some(data));
    // Where the register keeps the house number apart, the barcode needs no town; the code is then not confirmed.
    let split = || split(&piece.address1, piece.postal, data);
    match found {
        Ok(Coded { warning: Some(warning), .. }) => Some(differs(warning.doubt.words(), &warning.right)),
        Ok(Coded { warning: None, .. }) => {
            (piece.block.is_some() && !is_office(piece.postal, data) && !split().matched).then(|| {
                Diagnostic::new(Code::PostalCodeDiffers, format!("{whose}{TOWN_UNKNOWN}"))
                    .so("番地の列からカスタマバーコードを印字しました。郵便番号が町域のものかは確かめていません")
            })
        }
        Err(NoBarcode::Representative) => {
            let right = split().right;
            (!right.is_empty()).then(|| differs("代表の郵便番号ですが、住所の町域には郵便番号があります", &right))
        }
        Err(NoBarcode::NoTown) => Some(differs(Doubt::of(data.known(piece.postal)).map_or(TOWN_UNKNOWN, Doubt::words), &[])),
        Err(reason @ (NoBarcode::OddNumeral | NoBarcode::Hidden)) => Some(left_out(Code::HouseNumberOdd, reason.reason())),
        Err(NoBarcode::NoData) => None,
    }
}

const TOWN_UNKNOWN: &str = "住所の町域が郵便番号データに見つかりません";

fn is_office(postal: PostalCode, data: &PostalData) -> bool {
    data.known(postal) == Known::Office
}

/// The code that the address would have.
fn hint(right: &[PostalCode]) -> Option<String> {
    let codes: Vec<String> = right.iter().map(PostalCode::hyphenated).collect();
    (!codes.is_empty())
        .then(|| format!("住所の町域の郵便番号は {} です。どちらが正しいか確かめて、登録を直してください", codes.join("、")))
}
