//! 区分: bundles, discounts reached or missed, `postal-summary.csv` (postal.md b).

use crate::data::PostalData;
use crate::district::Districts;
use chrono::NaiveDate;
use kansho_chars::repertoire::{Profile, text_bytes};
use kansho_core::address::PostalCode;
use kansho_core::diag::Failure;
use kansho_core::diag::settings;
use kansho_core::folder::Folder;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One piece as the post office counts it, in posting order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// 連番, from 1.
    pub serial: u32,
    /// 郵便番号.
    pub postal: PostalCode,
    /// 郵便区番号: of the office's list, else [`proposed`].
    pub district: String,
    /// True when the office's list names the number; else it is a proposal.
    pub listed: bool,
    /// The group of districts in the office's list; empty when there is none.
    pub group: String,
    /// Why it has no barcode; `None` when it has one.
    pub no_barcode: Option<String>,
}

impl Posted {
    /// A piece with the number of the office's list, else a proposal ([`proposed`]).
    #[must_use]
    pub fn new(serial: u32, postal: PostalCode, no_barcode: Option<String>, list: &Districts, data: Option<&PostalData>) -> Self {
        let (district, listed, group) = match list.get(postal) {
            Some(known) => (known.district.clone(), true, known.group.clone()),
            None => (proposed(postal, data), false, String::new()),
        };
        Self { serial, postal, district, listed, group, no_barcode }
    }
}

/// 郵便区番号 without the office's list: the old code where the code starts with it, else its first three digits.
///
/// A proposal: 3 % of all codes do not start with their old code (postal.md b.2).
#[must_use]
pub fn proposed(postal: PostalCode, data: Option<&PostalData>) -> String {
    let digits = postal.digits();
    let old = data
        .and_then(|data| data.towns(postal).map(|t| t.old_code.as_str()).find(|old| !old.is_empty() && digits.starts_with(old)));
    old.unwrap_or_else(|| digits.get(..3).unwrap_or(digits)).to_owned()
}

/// 結束: the pieces tied together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// 結束番号, from 1.
    pub number: u32,
    /// The common digits, 郵便区番号 or group; empty for 雑 (mixed).
    pub prefix: String,
    /// The pieces, in posting order.
    pub serials: Vec<u32>,
}

/// Fewest pieces of one bundle by prefix.
const LEAST: usize = 10;

/// What a bundle has in common.
#[derive(Clone, Copy)]
enum Common {
    /// 郵便区番号 of the office's list.
    District,
    /// Group of the office's list.
    Group,
    /// The first digits of the postal code.
    Digits(usize),
}

impl Common {
    fn of(self, piece: &Posted) -> Option<&str> {
        match self {
            Self::District => Some(piece.district.as_str()).filter(|_| piece.listed),
            Self::Group => Some(piece.group.as_str()).filter(|group| !group.is_empty()),
            Self::Digits(length) => piece.postal.digits().get(..length),
        }
    }
}

/// By the office's list: ≥ 10 of one 郵便区番号, then of one group. Of the rest, and without a list: ≥ 10 with the same first five
/// digits, then three, then two; what is left is 雑 (postal.md b.3).
#[must_use]
pub fn bundles(pieces: &[Posted]) -> Vec<Bundle> {
    let mut rest: Vec<&Posted> = pieces.iter().collect();
    let mut tied: Vec<(String, Vec<u32>)> = Vec::new();
    for common in [Common::District, Common::Group, Common::Digits(5), Common::Digits(3), Common::Digits(2)] {
        let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for piece in &rest {
            if let Some(key) = common.of(piece) {
                groups.entry(key).or_default().push(piece.serial);
            }
        }
        groups.retain(|_, serials| serials.len() >= LEAST);
        rest.retain(|piece| common.of(piece).is_none_or(|key| !groups.contains_key(key)));
        tied.extend(groups.into_iter().map(|(prefix, serials)| (prefix.to_owned(), serials)));
    }
    tied.sort();
    if !rest.is_empty() {
        tied.push((String::new(), rest.iter().map(|p| p.serial).collect()));
    }
    (1..).zip(tied).map(|(number, (prefix, serials))| Bundle { number, prefix, serials }).collect()
}

/// One row of `layouts/postal/discounts.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Fewest pieces.
    pub minimum: usize,
    /// Counted over what.
    pub per: Per,
    /// True when only pieces with a barcode count.
    pub barcode: bool,
    /// True when postcards may have it.
    #[serde(default = "yes")]
    pub postcard: bool,
    /// First day.
    pub valid_from: toml::value::Datetime,
    /// Last day.
    pub valid_to: Option<toml::value::Datetime>,
    /// What else it asks for.
    pub note: String,
    /// Source.
    pub source: String,
}

/// What a minimum is counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// The whole posting.
    Total,
    /// One 郵便区番号.
    District,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Discounts {
    discount: Vec<Discount>,
}

/// The discounts of `layouts/postal/discounts.toml`, of every day.
///
/// # Errors
/// [`Failure::Io`] when the file cannot be read, [`Failure::Usage`] when it is not understood.
pub fn discounts(folder: &Folder) -> Result<Vec<Discount>, Failure> {
    const NAME: &str = "layouts/postal/discounts.toml";
    let text = folder.text("割引の表を読めません", NAME)?;
    let all: Discounts = settings::read(&text).map_err(|reason| Failure::settings(NAME, reason))?;
    Ok(all.discount)
}

impl Discount {
    /// Whether it is valid on the day of posting.
    #[must_use]
    pub fn valid_on(&self, post_on: NaiveDate) -> bool {
        // TOML dates and chrono dates are both written YYYY-MM-DD, which compares as text.
        let day = post_on.to_string();
        self.valid_from.to_string() <= day && self.valid_to.as_ref().is_none_or(|to| to.to_string() >= day)
    }
}

/// A discount measured against a posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Name of the discount.
    pub name: String,
    /// 郵便区番号, for one counted by district.
    pub district: Option<String>,
    /// Pieces that count.
    pub pieces: usize,
    /// Pieces still missing; 0 = reached.
    pub missing: usize,
    /// What else it asks for.
    pub note: String,
}

/// Every discount reached, or missed by how many.
#[must_use]
pub fn measure(pieces: &[Posted], discounts: &[Discount]) -> Vec<Measured> {
    let mut found = Vec::new();
    for discount in discounts {
        let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        if discount.per == Per::Total {
            counts.insert(None, 0);
        }
        for piece in pieces {
            let place = (discount.per == Per::District).then_some(piece.district.as_str());
            *counts.entry(place).or_default() += usize::from(!discount.barcode || piece.no_barcode.is_none());
        }
        found.extend(counts.into_iter().map(|(district, count)| Measured {
            name: discount.name.clone(),
            district: district.map(str::to_owned),
            pieces: count,
            missing: discount.minimum.saturating_sub(count),
            note: discount.note.clone(),
        }));
    }
    found
}

/// Pieces of one paper: they are posted, tied and counted by themselves, because rates and discounts ask for one shape and weight.
#[derive(Clone, Copy, Debug)]
pub struct Lot<'a> {
    /// Name of the paper.
    pub paper: &'a str,
    /// The pieces in posting order.
    pub pieces: &'a [Posted],
    /// Their bundles.
    pub bundles: &'a [Bundle],
    /// The discounts measured.
    pub discounts: &'a [Measured],
}

/// `postal-summary.csv`: for each lot totals, pieces without barcode and why, 郵便区番号, bundles, discounts; where there are several
/// lots, each begins with its paper. CP932, CRLF, quoted.
///
/// # Errors
/// [`Failure::Usage`] when a reason or a note holds a character outside CP932.
pub fn summary_csv(lots: &[Lot<'_>]) -> Result<Vec<u8>, Failure> {
    let mut rows: Vec<[String; 6]> = vec![["区分", "対象", "通数", "最初の連番", "最後の連番", "備考"].map(str::to_owned)];
    for lot in lots {
        if lots.len() > 1 {
            let all: Vec<u32> = lot.pieces.iter().map(|p| p.serial).collect();
            rows.push(counted("用紙", lot.paper, &all, "ここから次の用紙まで。別に差し出します"));
        }
        lot_rows(lot, &mut rows);
    }
    let mut file = Vec::new();
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        let line = text_bytes(&cells.join(","), Profile::Cp932).ok_or_else(|| {
            Failure::Usage("postal-summary.csv に Shift_JIS にない文字があります（discounts.toml を直してください）".to_owned())
        })?;
        file.extend(line);
        file.extend_from_slice(b"\r\n");
    }
    Ok(file)
}

fn lot_rows(lot: &Lot<'_>, rows: &mut Vec<[String; 6]>) {
    let pieces = lot.pieces;
    let all: Vec<u32> = pieces.iter().map(|p| p.serial).collect();
    rows.push(counted("合計", "", &all, ""));
    rows.push(counted("バーコードあり", "", &serials(pieces, |p| p.no_barcode.is_none()), ""));
    let mut reasons: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut districts: BTreeMap<(&str, bool), Vec<u32>> = BTreeMap::new();
    for piece in pieces {
        if let Some(reason) = &piece.no_barcode {
            reasons.entry(reason).or_default().push(piece.serial);
        }
        districts.entry((&piece.district, piece.listed)).or_default().push(piece.serial);
    }
    rows.extend(reasons.iter().map(|(reason, serials)| counted("バーコードなし", "", serials, reason)));
    rows.extend(districts.iter().map(|((district, listed), serials)| {
        let note =
            if *listed { "" } else { "番号は案です。日本郵便の郵便区番号一覧で確かめてください" };
        counted("郵便区番号", district, serials, note)
    }));
    for bundle in lot.bundles {
        let target = if bundle.prefix.is_empty() { "雑" } else { &bundle.prefix };
        rows.push(counted(
            "結束",
            target,
            &bundle.serials,
            &format!("結束番号 {}、割符「割引」{}", bundle.number, gap(&bundle.serials)),
        ));
    }
    for one in lot.discounts {
        let target = one.district.as_ref().map_or_else(|| one.name.clone(), |d| format!("{}（{d}）", one.name));
        let state = if one.missing == 0 { "届いています".to_owned() } else { format!("あと{}通です", one.missing) };
        rows.push([
            "割引".to_owned(),
            target,
            one.pieces.to_string(),
            String::new(),
            String::new(),
            format!("{state}。{}", one.note),
        ]);
    }
}

/// Pieces of another bundle may lie between the first and the last.
fn gap(serials: &[u32]) -> &'static str {
    let whole = serials.windows(2).all(|pair| matches!(pair, [a, b] if a + 1 == *b));
    if whole { "" } else { "。連番は続いていません" }
}

fn serials(pieces: &[Posted], test: impl Fn(&Posted) -> bool) -> Vec<u32> {
    pieces.iter().filter(|p| test(p)).map(|p| p.serial).collect()
}

fn counted(kind: &str, target: &str, serials: &[u32], note: &str) -> [String; 6] {
    let shown = |serial: Option<&u32>| serial.map(u32::to_string).unwrap_or_default();
    [
        kind.to_owned(),
        target.to_owned(),
        serials.len().to_string(),
        shown(serials.iter().min()),
        shown(serials.iter().max()),
        note.to_owned(),
    ]
}
