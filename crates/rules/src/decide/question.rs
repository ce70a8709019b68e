//! 問い: the questions of a decision in the words of its evidence, in the order in which they are asked.

/// Which trigger of the programme, and when.
pub const TRIGGER: &str = "今回の対象となるきっかけはあるか";
/// 再発行: which notice is made again.
pub const REISSUED: &str = "どの通知の再発行か";
/// Residence (CK1).
pub const RESIDENT: &str = "基準日と発送日に住民か";
/// 支援措置 (CK15).
pub const PROTECTED: &str = "支援措置の対象か";
/// Data that hold the person.
pub const HELD: &str = "データに保留の原因はあるか";
/// 発送停止
pub const STOPPED: &str = "発送を止めているか";
/// 返戻
pub const RETURNED: &str = "返戻のままか";
/// What may be said of the history (CK6).
pub const HISTORY: &str = "これまでの接種はわかっているか";
/// Doses outside window or interval.
pub const ODD: &str = "記録に確かめることはあるか";
/// Doses after the as-of date.
pub const LATER: &str = "基準日より後の記録はあるか";
/// 罹患 and 接種不適当.
pub const UNFIT: &str = "接種を妨げる事情はあるか";
/// A disability whose kind nobody stated.
pub const DISABILITY: &str = "障害の種類は分かるか";
/// Issued once (CK18).
pub const ISSUED: &str = "この通知をすでに出したか";
/// What only the piece shows.
pub const PRINTABLE: &str = "印刷・発送できるか";

/// What can be given of one series.
#[must_use]
pub fn window(series: &str) -> String {
    format!("{series}はこれから受けられるか")
}
