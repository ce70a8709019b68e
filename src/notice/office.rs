//! `municipality.toml`: everything that is the city's own: sender, fees, envelope, stocks, offsets, policy for held people.

use crate::notice::limits;
use crate::notice::marks::Marks;
use kansho_core::diag::Failure;
use kansho_core::diag::settings;
use kansho_core::folder::{self, Folder};
use kansho_core::hash;
use kansho_core::person::Digits;
use kansho_paper::length::{Mm, Pt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the office's own file in a folder of settings.
pub const OFFICE: &str = "municipality.toml";

/// The office's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// 見本の設定: the values may be made up, and everything that is printed beside the letters says so.
    #[serde(default)]
    pub sample: bool,
    /// Sender.
    pub city: City,
    /// Amounts of a fiscal year.
    pub fees: BTreeMap<String, String>,
    /// Policy of a run.
    pub run: RunPolicy,
    /// Window envelope.
    pub envelope: Envelope,
    /// Address-label stock.
    pub labels: StockChoice,
    /// Sticker stock.
    pub stickers: StockChoice,
    /// Postal data and layout.
    pub postal: PostalChoice,
    /// Marks for the inserter.
    #[serde(default)]
    pub marks: Marks,
    /// PDF/A and PDF/X.
    #[serde(default)]
    pub pdf: kansho_paper::pdf::Standard,
    /// What the check of templates lets pass.
    #[serde(default)]
    pub lint: LintPolicy,
    /// 予防接種番号.
    #[serde(default)]
    pub person_number: PersonNumber,
    /// Digits of the office's numbers.
    #[serde(default)]
    pub numbers: Digits,
    /// What the entrance lets through.
    #[serde(default)]
    pub entrance: Entrance,
    /// How fresh the ledger has to be.
    #[serde(default)]
    pub ledger: LedgerPolicy,
    /// What is agreed with the print shop.
    #[serde(default)]
    pub handover: HandoverPolicy,
    /// When returned letters alarm.
    #[serde(default)]
    pub returns: ReturnsPolicy,
    /// How long the register keeps people.
    #[serde(default)]
    pub retention: Retention,
    /// Hash of the file.
    #[serde(skip)]
    pub sha256: String,
}

/// Sender of the letters.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each key is explained in municipality.toml itself")]
pub struct City {
    pub name: String,
    pub mayor: String,
    pub section: String,
    pub section_postcode: String,
    pub address: String,
    pub tel: String,
    pub fax: String,
    pub hours: String,
    pub url: String,
    pub clinic_list_url: String,
    pub clinic_scope: String,
    pub yoshinhyo_howto: String,
    /// HPV: 症状が続くときの協力医療機関・相談窓口.
    pub hpv_support: String,
    pub record_report_howto: String,
    pub record_lag: String,
    pub doc_no: String,
}

impl City {
    /// Every text that is printed.
    pub(super) fn texts(&self) -> Vec<String> {
        let table = toml::Table::try_from(self).unwrap_or_default();
        table.into_iter().filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect()
    }
}

/// What happens when somebody is held.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPolicy {
    /// `continue` or `refuse`.
    pub held: String,
    /// Most letters of one print file, as the print shop asks (print.md 10.6).
    #[serde(default = "letters_of_a_file")]
    pub letters_per_file: u32,
    /// 照合値 of the approved templates (`templates check` tells it); empty = not compared.
    #[serde(default)]
    pub templates: String,
    /// 発行簿 below the home folder; empty = beside the output folder.
    #[serde(default)]
    pub issue_book: String,
}

/// The window envelope; the window is measured from its outer left and top edge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// 封筒の名.
    pub name: String,
    /// Outer width.
    pub width_mm: Mm,
    /// Outer height.
    pub height_mm: Mm,
    /// Window: left edge from the outer left edge.
    pub window_left_mm: Mm,
    /// Window: top edge from the outer top edge.
    pub window_top_mm: Mm,
    /// Window width.
    pub window_w_mm: Mm,
    /// Window height.
    pub window_h_mm: Mm,
    /// Seam on each side.
    pub seam_mm: Mm,
    /// Height of the folded panel that carries the address.
    pub panel_mm: Mm,
    /// Fold and print drift to keep free on every side.
    pub drift_mm: Mm,
    /// Customer barcode size.
    pub barcode_pt: Pt,
    /// 名寄せ: most pieces of one envelope; 1 = every piece in an envelope of its own.
    #[serde(default = "alone")]
    pub most_pieces: u32,
}

/// At most 2,000 sheets a file where the shop says nothing (print.md 10.6).
const fn letters_of_a_file() -> u32 {
    2_000
}

const fn alone() -> u32 {
    1
}

/// `[lint]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LintPolicy {
    /// Other municipalities that letters may name.
    pub other_cities: Vec<OtherCity>,
}

/// Another municipality that letters may name, and why (相互乗り入れ).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherCity {
    /// Its name.
    pub name: String,
    /// The reason; never empty.
    pub reason: String,
}

/// `[entrance]`: what is refused as a whole.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Entrance {
    /// Percent of a column's filled cells that may be not understood; each of them holds its person.
    pub not_understood_percent: f64,
}

impl Default for Entrance {
    fn default() -> Self {
        Self { not_understood_percent: 1.0 }
    }
}

/// `[ledger]`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerPolicy {
    /// Days by which the newest 実施日 may lie before the as-of date; `None` = record lag + 45.
    pub newest_dose_days: Option<i64>,
}

/// `[handover]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandoverPolicy {
    /// Days from the delivery until the print shop has to have erased its data.
    pub erase_days: u32,
}

impl Default for HandoverPolicy {
    fn default() -> Self {
        Self { erase_days: 30 }
    }
}

/// `[returns]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReturnsPolicy {
    /// Percent of the mailed above which returned letters alarm.
    pub alarm_percent: f64,
}

impl Default for ReturnsPolicy {
    fn default() -> Self {
        Self { alarm_percent: 1.0 }
    }
}

/// `[retention]`: when people are deleted from the register.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Years after death (予防接種法施行規則4条: the electronic ledger is kept to five years after death).
    pub years_after_death: u32,
    /// Years after somebody was struck off; the law says nothing, so the office has to.
    pub years_after_leaving: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { years_after_death: 5, years_after_leaving: None }
    }
}

/// `[person_number]`: what the office says of its 予防接種番号.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonNumber {
    /// The last digit is a check digit M11W2~7 (standard-spec 3.4); checked only when the office says so, for numbers issued
    /// before the rule stay as they are.
    #[serde(default)]
    pub check_digit: bool,
}

impl PersonNumber {
    /// Whether a number is as the office says its numbers are.
    #[must_use]
    pub fn accepts(&self, number: &str) -> bool {
        !self.check_digit || check_digit(number)
    }

    /// A number of `digits` digits made of a serial and the check digit M11W2~7 (standard-spec 3.4); `None` when the serial is too long.
    #[must_use]
    pub fn with_check_digit(&self, serial: u64, digits: usize) -> Option<String> {
        let body = format!("{serial:0width$}", width = digits.checked_sub(1)?);
        let numbers: Option<Vec<u32>> = body.chars().map(|c| c.to_digit(10)).collect();
        (body.len() + 1 == digits).then(|| Some(format!("{body}{}", check_of(&numbers?))))?
    }
}

/// Weights 2 to 7 from the right over the digits before the last, modulus 11; a remainder of 0 (and of 1, which has no digit) gives 0.
fn check_digit(number: &str) -> bool {
    let digits: Option<Vec<u32>> = number.chars().map(|c| c.to_digit(10)).collect();
    let Some((last, body)) = digits.as_deref().and_then(<[u32]>::split_last).filter(|(_, body)| !body.is_empty()) else {
        return false;
    };
    *last == check_of(body)
}

fn check_of(body: &[u32]) -> u32 {
    let sum: u32 = body.iter().rev().zip((2..=7).cycle()).map(|(digit, weight)| digit * weight).sum();
    (11 - sum % 11) % 11 % 10
}

/// A stock of `layouts/label_sheets_jp.csv` and the printer's offset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockChoice {
    /// Product number.
    pub stock: String,
    /// Shift to the right (printed too far right → negative).
    pub x_mm: Mm,
    /// Shift downwards.
    pub y_mm: Mm,
    /// Customer barcode size, 0 = none.
    #[serde(default)]
    pub barcode_pt: Pt,
}

/// Postal data and CSV layout.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostalChoice {
    /// Folder with `utf_ken_all.csv`; empty = none.
    #[serde(default)]
    pub data: String,
    /// CSV layout.
    pub layout: String,
    /// The office's 郵便区番号一覧 (CSV); empty = none.
    #[serde(default)]
    pub districts: String,
    /// Weight of one piece with its envelope in grams, for the posting slip; 0 = not known.
    #[serde(default)]
    pub piece_weight_g: f64,
}

impl Office {
    /// Reads `municipality.toml`.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] naming the key when it is wrong.
    pub fn load(folder: &Folder) -> Result<Self, Failure> {
        let text = folder.text("市の設定を読めません", OFFICE)?;
        let mut office: Self = settings::read(&text).map_err(|reason| Failure::settings(OFFICE, reason))?;
        if !matches!(office.run.held.as_str(), "continue" | "refuse") {
            return Err(Failure::Usage("municipality.toml: run.held は continue か refuse にしてください".to_owned()));
        }
        if !office.pdf.intent.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ')) {
            let reason = "pdf.intent は印刷条件の登録名（英数字。例: JC200103）にしてください";
            return Err(Failure::Usage(format!("municipality.toml: {reason}")));
        }
        if office.pdf.archive && !office.pdf.intent.is_empty() {
            let reason =
                "pdf.archive と pdf.intent は一緒に使えません（PDF/A-1b の検査に通らないため）。どちらか一方にしてください";
            return Err(Failure::Usage(format!("municipality.toml: {reason}")));
        }
        if let Some(other) = office.lint.other_cities.iter().find(|other| other.reason.trim().is_empty()) {
            let name = &other.name;
            return Err(Failure::Usage(format!("municipality.toml: lint.other_cities の「{name}」に理由を書いてください")));
        }
        let paths = [
            ("postal.data", &office.postal.data),
            ("postal.layout", &office.postal.layout),
            ("postal.districts", &office.postal.districts),
            ("run.issue_book", &office.run.issue_book),
        ];
        if let Some((key, _)) = paths.into_iter().find(|(_, path)| !folder::inside(path)) {
            let free = if key == "run.issue_book" { "（ほかの場所なら --issue-book で）" } else { "" };
            return Err(Failure::Usage(format!(
                "municipality.toml: {key} は設定のフォルダーの中の名にしてください{free}。区切りは / で、.. は使えません"
            )));
        }
        let wrong = limits::check(&office);
        if !wrong.is_empty() {
            return Err(Failure::Usage(format!("municipality.toml: {}", wrong.join("\nmunicipality.toml: "))));
        }
        office.sha256 = hash::sha256_hex(text.as_bytes());
        Ok(office)
    }

    /// True when the templates may be used: these are the approved ones, or the office approves none by value (CK11).
    #[must_use]
    pub fn approves(&self, templates_sha256: &str) -> bool {
        self.run.templates.is_empty() || self.run.templates == templates_sha256
    }

    /// True when one held person refuses the run.
    #[must_use]
    pub fn refuses_held(&self) -> bool {
        self.run.held == "refuse"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_municipal_codes() {
        // 市区町村コード carry the same digit (weights 6 to 2 over five digits): 千葉市, its wards, 札幌市, 大阪市.
        for code in ["121002", "121029", "121037", "121045", "121053", "121061", "011002", "271004"] {
            assert!(check_digit(code), "{code}");
        }
        for wrong in ["121003", "121020", "", "1", "12100a"] {
            assert!(!check_digit(wrong), "{wrong}");
        }
        // Eight and more digits: the weights begin again at 2 (5·2+4·3+3·4+2·5+1·6+9·7+8·2+7·3 = 150, 150 mod 11 = 7).
        assert!(check_digit("789123454"));
        assert!(PersonNumber { check_digit: false }.accepts("12"));
        assert!(!PersonNumber { check_digit: true }.accepts("12"));
    }
}
