//! kansho barcode: what a customer barcode holds (design §7).

use crate::cli::Format;
use crate::desk::settings;
use crate::notice::Office;
use crate::verb::{Context, Outcome, unwritten};
use clap::Args;
use kansho_chars::matching::narrow;
use kansho_core::address::PostalCode;
use kansho_core::diag::{Failure, show};
use kansho_post::{NoBarcode, Place, PostalData, customer_barcode};
use serde::Serialize;
use std::io::Write;

/// Options of the verb.
#[derive(Debug, Args)]
pub struct BarcodeArgs {
    /// 郵便番号（7けた。ハイフンがあっても構いません）
    #[arg(long, value_name = "CODE")]
    pub postal_code: String,
    /// 住所の全体（--postal-data か municipality.toml の postal.data の郵便番号データで、町域までを切り離します）
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, required_unless_present = "block", conflicts_with = "block")]
    pub address: Option<String>,
    /// 町域より後ろの部分（住所B）。郵便番号データは要りません
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub block: Option<String>,
}

#[derive(Default, Serialize)]
struct Shown {
    body: Option<String>,
    check: Option<String>,
    bars: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    right: Vec<String>,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure::Usage`] for a postal code without seven digits or postal data that are not understood, [`Failure::Io`] when they
/// cannot be read.
pub fn run(args: &BarcodeArgs, context: &Context, out: &mut dyn Write, _messages: &mut dyn Write) -> Result<Outcome, Failure> {
    let digits: String = args.postal_code.chars().map(narrow).filter(|c| !c.is_whitespace() && *c != '〒').collect();
    let postal = PostalCode::new(&digits).ok_or_else(|| Failure::Usage("郵便番号は7けたの数字で指定してください".to_owned()))?;
    let data = data(args, context)?;
    let place = match (&args.block, &args.address) {
        (Some(block), _) => Place::Block(block),
        (None, Some(address)) => Place::Address(address),
        (None, None) => return Err(Failure::Usage("--address か --block を指定してください".to_owned())),
    };
    let coded = customer_barcode(postal, place, data.as_ref());
    let refused = coded.is_err();
    let shown = match coded {
        Ok(coded) => Shown {
            body: Some(coded.symbol.body),
            check: Some(coded.symbol.check.to_string()),
            bars: Some(coded.symbol.bars),
            reason: None,
            warning: coded.warning.as_ref().map(|warning| warning.doubt.words().to_owned()),
            right: coded.warning.map_or_else(Vec::new, |w| w.right.iter().map(PostalCode::hyphenated).collect()),
        },
        Err(why) => Shown { reason: Some(reason(why)), ..Shown::default() },
    };
    let printed = match context.globals.format {
        Format::Json => serde_json::to_string(&shown).map_err(|e| Failure::Usage(format!("JSON にできません: {e}")))? + "\n",
        Format::Text => words(&shown),
        Format::Csv => return Err(Failure::Usage("barcode の --format は text か json です".to_owned())),
    };
    out.write_all(printed.as_bytes()).map_err(unwritten)?;
    Ok(if refused { Outcome::Refused } else { Outcome::Done })
}

/// The postal data: those the user names; for a whole address else the office's.
fn data(args: &BarcodeArgs, context: &Context) -> Result<Option<PostalData>, Failure> {
    let office = args.address.as_ref().map(|_| Office::load(&context.folder)).transpose()?;
    let folder = office.map_or_else(|| context.folder.clone(), |office| settings::with_postal_data(&context.folder, &office));
    settings::postal_data(&folder)
}

fn reason(why: NoBarcode) -> String {
    let hint = if why == NoBarcode::NoData {
        "（--postal-data か municipality.toml の postal.data でフォルダーを指定するか、--block で住所Bを指定してください）"
    } else {
        ""
    };
    format!("{}{hint}", why.reason())
}

fn words(shown: &Shown) -> String {
    let right = (!shown.right.is_empty()).then(|| shown.right.join("、"));
    let rows = [
        ("内容", &shown.body),
        ("チェック", &shown.check),
        ("バー", &shown.bars),
        ("印字しない理由", &shown.reason),
        ("注意", &shown.warning),
        ("住所の町域の郵便番号", &right),
    ];
    rows.iter().filter_map(|(name, value)| value.as_ref().map(|v| show::terminal(&format!("{name}: {v}")) + "\n")).collect()
}
