//! 寸法の点検: every measure of `municipality.toml` and of the papers lies within what paper, post and machines allow. A slip of the
//! keyboard would print an address beside the window, or nothing at all.

use crate::notice::office::{Envelope, Office, StockChoice};
use kansho_paper::frame::A4;
use kansho_paper::length::{Mm, Pt};
use std::fmt::Display;

/// Sizes of the customer barcode (郵便番号・バーコードマニュアル p12).
pub(super) const BARCODE_PT: (Pt, Pt) = (Pt(8.0), Pt(11.5));
/// A printer is off by less.
const OFFSET: Mm = Mm(20.0);
/// What the address needs of the window at least.
const SAFE: (Mm, Mm) = (Mm(40.0), Mm(15.0));

/// Whether a number is one and lies within its limits.
///
/// # Errors
/// A Japanese sentence with the key and the limits.
pub(super) fn within<T>(key: &str, value: T, (least, most): (T, T), unit: &str) -> Result<(), String>
where
    T: Copy + PartialOrd + Display,
{
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("{key} = {value} は、{least} から {most} {unit}までにしてください"))
}

/// Everything that is out of its limits.
pub(super) fn check(office: &Office) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut see = |found: Result<(), String>| wrong.extend(found.err());
    let envelope = &office.envelope;
    for (key, value, limits) in [
        ("envelope.width_mm", envelope.width_mm, (Mm(140.0), Mm(400.0))),
        ("envelope.height_mm", envelope.height_mm, (Mm(90.0), Mm(400.0))),
        ("envelope.window_left_mm", envelope.window_left_mm, (Mm::ZERO, Mm(400.0))),
        ("envelope.window_top_mm", envelope.window_top_mm, (Mm::ZERO, Mm(400.0))),
        ("envelope.window_w_mm", envelope.window_w_mm, (Mm(20.0), Mm(400.0))),
        ("envelope.window_h_mm", envelope.window_h_mm, (Mm(20.0), Mm(400.0))),
        ("envelope.seam_mm", envelope.seam_mm, (Mm::ZERO, Mm(10.0))),
        ("envelope.panel_mm", envelope.panel_mm, (Mm(70.0), A4.1)),
        ("envelope.drift_mm", envelope.drift_mm, (Mm::ZERO, Mm(10.0))),
    ] {
        see(within(key, value, limits, "mm "));
    }
    see(within("envelope.barcode_pt", envelope.barcode_pt, BARCODE_PT, "ポイント"));
    see(within("envelope.most_pieces", f64::from(envelope.most_pieces), (1.0, 99.0), "通"));
    see(within("run.letters_per_file", f64::from(office.run.letters_per_file), (100.0, 10_000.0), "通"));
    see(within("entrance.not_understood_percent", office.entrance.not_understood_percent, (0.0, 20.0), "%"));
    for (key, digits) in [
        ("numbers.person", office.numbers.person),
        ("numbers.addressee", office.numbers.addressee),
        ("numbers.household", office.numbers.household),
    ] {
        see(within(key, f64::from(u32::try_from(digits).unwrap_or(u32::MAX)), (0.0, 20.0), "けた"));
    }
    if let Some(days) = office.ledger.newest_dose_days {
        see(within("ledger.newest_dose_days", f64::from(i32::try_from(days).unwrap_or(i32::MAX)), (1.0, 366.0), "日"));
    }
    let retention = office.retention;
    see(within("retention.years_after_death", f64::from(retention.years_after_death), (5.0, 100.0), "年"));
    if let Some(years) = retention.years_after_leaving {
        see(within("retention.years_after_leaving", f64::from(years), (1.0, 100.0), "年"));
    }
    see(within("postal.piece_weight_g", office.postal.piece_weight_g, (0.0, 4_000.0), "g "));
    for (name, StockChoice { x_mm, y_mm, barcode_pt, .. }) in [("labels", &office.labels), ("stickers", &office.stickers)] {
        see(within(&format!("{name}.x_mm"), *x_mm, (-OFFSET, OFFSET), "mm "));
        see(within(&format!("{name}.y_mm"), *y_mm, (-OFFSET, OFFSET), "mm "));
        if *barcode_pt != Pt::ZERO {
            see(within(&format!("{name}.barcode_pt"), *barcode_pt, BARCODE_PT, "ポイント（0 なら印字しない）"));
        }
    }
    if wrong.is_empty() {
        wrong.extend(together(envelope));
    }
    wrong
}

/// What single numbers do not show: the letter fits into the envelope, the window lies on it and shows enough of the letter.
fn together(envelope: &Envelope) -> Option<String> {
    let inner = (envelope.width_mm - 2.0 * envelope.seam_mm, envelope.height_mm - 2.0 * envelope.seam_mm);
    if inner.0 < A4.0 || inner.1 < envelope.panel_mm {
        let (letter, panel) = (A4.0, envelope.panel_mm);
        return Some(format!(
            "envelope: 折った通知書（{letter}×{panel} mm）が、封筒の内側（{}×{} mm）に入りません",
            inner.0, inner.1
        ));
    }
    let (right, bottom) = (envelope.window_left_mm + envelope.window_w_mm, envelope.window_top_mm + envelope.window_h_mm);
    if right > envelope.width_mm || bottom > envelope.height_mm {
        return Some("envelope: 窓が封筒からはみ出します".to_owned());
    }
    let safe = envelope.safe();
    (safe.w < SAFE.0 || safe.h < SAFE.1).then(|| {
        format!("envelope: 封筒の中でどう動いても窓から見える範囲が {:.1}×{:.1} mm しかなく、宛名が入りません", safe.w, safe.h)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kansho_core::folder::Folder;
    use std::path::Path;

    type Change = fn(&mut Office);

    #[test]
    fn every_measure_that_paper_and_post_do_not_allow_is_told() {
        let office = Office::load(&Folder::at(Path::new("."))).unwrap();
        assert!(check(&office).is_empty());
        let cases: [(&str, Change); 18] = [
            ("run.letters_per_file", |o| o.run.letters_per_file = 0),
            ("labels.x_mm", |o| o.labels.x_mm = Mm(-1e9)),
            ("stickers.y_mm", |o| o.stickers.y_mm = Mm(290.0)),
            ("labels.x_mm = NaN", |o| o.labels.x_mm = Mm(f64::NAN)),
            ("envelope.window_left_mm", |o| o.envelope.window_left_mm = Mm(f64::NAN)),
            ("envelope.window_h_mm", |o| o.envelope.window_h_mm = Mm(f64::NAN)),
            ("envelope.seam_mm", |o| o.envelope.seam_mm = Mm(1e300)),
            ("envelope.drift_mm", |o| o.envelope.drift_mm = Mm(-50.0)),
            ("envelope.width_mm", |o| o.envelope.width_mm = Mm(-5.0)),
            ("envelope.barcode_pt", |o| o.envelope.barcode_pt = Pt(100.0)),
            ("labels.barcode_pt", |o| o.labels.barcode_pt = Pt(7.0)),
            ("envelope.most_pieces", |o| o.envelope.most_pieces = 0),
            ("retention.years_after_death = 4", |o| o.retention.years_after_death = 4),
            ("retention.years_after_leaving = 1000", |o| o.retention.years_after_leaving = Some(1000)),
            ("postal.piece_weight_g", |o| o.postal.piece_weight_g = f64::INFINITY),
            ("窓が封筒からはみ出します", |o| o.envelope.window_left_mm = Mm(200.0)),
            ("入りません", |o| o.envelope.width_mm = Mm(205.0)),
            ("宛名が入りません", |o| o.envelope.window_w_mm = Mm(60.0)),
        ];
        for (told, change) in cases {
            let mut changed = office.clone();
            change(&mut changed);
            let found = check(&changed);
            assert!(found.iter().any(|reason| reason.contains(told)), "{told}: {found:?}");
        }
    }
}
