//! 窓: what of the sheet is visible in every position, and what may show in some position (print.md §7.3).

use crate::notice::office::Envelope;
use kansho_paper::frame::{A4, Area};
use kansho_paper::length::{Mm, Pt};

/// Quiet zone of the customer barcode on all four sides (郵便番号・バーコードマニュアル p13).
pub(super) const QUIET: Mm = Mm(2.0);

impl Envelope {
    fn play(&self) -> (Mm, Mm) {
        let inner_w = self.width_mm - 2.0 * self.seam_mm;
        let inner_h = self.height_mm - 2.0 * self.seam_mm;
        (inner_w - A4.0, inner_h - self.panel_mm)
    }

    /// The part of the sheet that shows however the contents move, less the drift on every side.
    #[must_use]
    pub fn safe(&self) -> Area {
        let (dx, dy) = self.play();
        Area {
            x: self.window_left_mm - self.seam_mm + self.drift_mm,
            y: self.window_top_mm - self.seam_mm + self.drift_mm,
            w: self.window_w_mm - dx - 2.0 * self.drift_mm,
            h: self.window_h_mm - dy - 2.0 * self.drift_mm,
        }
    }

    /// The part of the sheet that may show in some position: nothing personal but the address may stand here.
    #[must_use]
    pub fn exposed(&self) -> Area {
        let (dx, dy) = self.play();
        let left = (self.window_left_mm - self.seam_mm - dx).max(Mm::ZERO);
        let top = (self.window_top_mm - self.seam_mm - dy).max(Mm::ZERO);
        Area {
            x: left,
            y: top,
            w: self.window_left_mm - self.seam_mm + self.window_w_mm - left,
            h: self.window_top_mm - self.seam_mm + self.window_h_mm - top,
        }
    }

    /// Where the window lies on the sheet when the sheet lies in the middle of the envelope.
    #[must_use]
    pub fn centred(&self) -> Area {
        let (dx, dy) = self.play();
        let left = self.window_left_mm - self.seam_mm - dx / 2.0;
        let top = self.window_top_mm - self.seam_mm - dy / 2.0;
        Area { x: left, y: top, w: self.window_w_mm, h: self.window_h_mm }
    }

    /// 三つ折り: how far from the top the sheet is folded; below the address panel in halves.
    #[must_use]
    pub fn folds(&self) -> [Mm; 2] {
        [self.panel_mm, self.panel_mm.midpoint(A4.1)]
    }

    /// Whether a customer barcode of the office's size fits with its quiet zones; else the reason.
    ///
    /// # Errors
    /// The reason in Japanese.
    pub fn barcode_fits(&self) -> Result<(), String> {
        let needed = barcode_width(self.barcode_pt) + 2.0 * QUIET;
        let width = self.safe().w;
        if needed <= width {
            return Ok(());
        }
        Err(format!(
            "{} の窓 {}×{} mm で必ず見える幅は {width:.2} mm で、バーコード {} pt に要る {needed:.2} mm に足りない",
            self.name, self.window_w_mm, self.window_h_mm, self.barcode_pt
        ))
    }
}

/// Width of the 67 bars at a size: pitch 1.2 and bar width 0.6 at 10 pt (manual p12).
#[must_use]
pub(super) fn barcode_width(points: Pt) -> Mm {
    Mm((66.0 * 1.2 + 0.6) * points.0 / 10.0)
}

/// Height of a long bar at a size, 3.6 at 10 pt.
#[must_use]
pub(super) fn barcode_height(points: Pt) -> Mm {
    Mm(3.6 * points.0 / 10.0)
}

/// The bars of a symbol (1 long, 2 upper, 3 lower, 4 timing) with the top left corner at (x, y).
#[must_use]
pub(super) fn bars(digits: &str, x: Mm, y: Mm, points: Pt) -> Vec<Area> {
    let unit = points / Pt(10.0);
    let mut left = x;
    digits
        .chars()
        .map(|digit| {
            let (top, height) = match digit {
                '1' => (Mm::ZERO, Mm(3.6)),
                '2' => (Mm::ZERO, Mm(2.4)),
                '3' => (Mm(1.2), Mm(2.4)),
                _ => (Mm(1.2), Mm(1.2)),
            };
            let bar = Area { x: left, y: y + top * unit, w: Mm(0.6) * unit, h: height * unit };
            left += Mm(1.2) * unit;
            bar
        })
        .collect()
}

/// Height of capitals and kanji above the baseline, at a size.
#[must_use]
pub(super) fn rise(size: Pt) -> Mm {
    size.mm() * 0.86
}

/// Depth below the baseline.
#[must_use]
pub(super) fn drop(size: Pt) -> Mm {
    size.mm() * 0.14
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(window: (f64, f64), panel: f64, drift: f64) -> Envelope {
        Envelope {
            name: "長形3号".to_owned(),
            width_mm: Mm(235.0),
            height_mm: Mm(120.0),
            window_left_mm: Mm(20.0),
            window_top_mm: Mm(15.0),
            window_w_mm: Mm(window.0),
            window_h_mm: Mm(window.1),
            seam_mm: Mm(1.5),
            panel_mm: Mm(panel),
            drift_mm: Mm(drift),
            barcode_pt: Pt(8.5),
            most_pieces: 1,
        }
    }

    fn close(a: Area, b: [f64; 4]) -> bool {
        [a.x, a.y, a.w, a.h].into_iter().zip(b).all(|(a, b)| a.near(Mm(b), Mm(1e-9)))
    }

    #[test]
    fn 長3の窓90x45の計算例() {
        let e = envelope((90.0, 45.0), 99.0, 0.0);
        assert!(close(e.safe(), [18.5, 13.5, 68.0, 27.0]));
        assert!(close(e.exposed(), [0.0, 0.0, 108.5, 58.5]));
        assert!(close(e.centred(), [7.5, 4.5, 90.0, 45.0]));
        assert!(close(envelope((90.0, 45.0), 99.0, 2.0).safe(), [20.5, 15.5, 64.0, 23.0]));
        assert!(e.barcode_fits().is_err());
    }

    #[test]
    fn 窓100x45なら8ポイント半のバーコードが入る() {
        assert!(envelope((100.0, 45.0), 105.0, 2.0).barcode_fits().is_ok());
        assert!(close(envelope((100.0, 45.0), 105.0, 0.0).safe(), [18.5, 13.5, 78.0, 33.0]));
    }

    /// The table of print.md §7.3: outer size, panel, play, and the width and height always seen of the windows 80×45 to 100×55.
    #[test]
    fn 封筒と窓の表() {
        let windows = [(80.0, 45.0), (90.0, 45.0), (100.0, 45.0), (90.0, 55.0), (100.0, 55.0)];
        for (name, size, panel, seen) in [
            ("長形3号", (235.0, 120.0), 99.0, [(58.0, 27.0), (68.0, 27.0), (78.0, 27.0), (68.0, 37.0), (78.0, 37.0)]),
            ("長形3号", (235.0, 120.0), 105.0, [(58.0, 33.0), (68.0, 33.0), (78.0, 33.0), (68.0, 43.0), (78.0, 43.0)]),
            ("長形6号", (220.0, 110.0), 99.0, [(73.0, 37.0), (83.0, 37.0), (93.0, 37.0), (83.0, 47.0), (93.0, 47.0)]),
        ] {
            for (window, (width, height)) in windows.into_iter().zip(seen) {
                let e = Envelope { width_mm: Mm(size.0), height_mm: Mm(size.1), ..envelope(window, panel, 0.0) };
                let safe = e.safe();
                let right = safe.w.near(Mm(width), Mm(1e-9)) && safe.h.near(Mm(height), Mm(1e-9));
                assert!(right, "{name} {panel} {window:?}: {safe:?}");
            }
        }
        // 長形6号 with 90×45 carries 9 pt with its quiet zones, 10 pt not; 長形3号 with 90×45 not even 8.5 pt.
        let six = |points: f64| Envelope {
            width_mm: Mm(220.0),
            height_mm: Mm(110.0),
            barcode_pt: Pt(points),
            ..envelope((90.0, 45.0), 99.0, 2.0)
        };
        assert!(six(9.0).barcode_fits().is_ok() && six(10.0).barcode_fits().is_err());
        assert!(envelope((90.0, 45.0), 105.0, 2.0).barcode_fits().is_err());
    }

    #[test]
    fn バーコードの寸法() {
        assert!(barcode_width(Pt(8.5)).near(Mm(67.83), Mm(1e-9)));
        let drawn = bars(&"1".repeat(67), Mm::ZERO, Mm::ZERO, Pt(10.0));
        let last = drawn.last().unwrap();
        assert!((last.x + last.w).near(Mm(79.8), Mm(1e-9)) && last.h.near(Mm(3.6), Mm(1e-9)));
    }
}
