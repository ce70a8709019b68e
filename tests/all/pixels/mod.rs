//! A measurer of customer barcodes in pixels. It knows Japan Post's table of bars and its drawing, and nothing of our encoder.

/// A grey picture; darkness 0 (paper) to 1 (black).
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    darkness: Vec<f64>,
}

impl Picture {
    /// A binary PGM, as pdftoppm -gray writes it.
    pub(crate) fn pgm(bytes: &[u8]) -> Self {
        let mut at = 2;
        assert_eq!(&bytes[..2], b"P5");
        let mut number = || {
            while bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            let start = at;
            while bytes[at].is_ascii_digit() {
                at += 1;
            }
            std::str::from_utf8(&bytes[start..at]).unwrap().parse::<usize>().unwrap()
        };
        let (width, height, white) = (number(), number(), number());
        let pixels = &bytes[at + 1..];
        assert_eq!((pixels.len(), white), (width * height, 255));
        Self { width, height, darkness: pixels.iter().map(|p| 1.0 - f64::from(*p) / 255.0).collect() }
    }

    /// An uncompressed BMP of 1 or 24 bits, as zint writes it.
    pub(crate) fn bmp(bytes: &[u8]) -> Self {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let (start, width, height) = (word(10), word(18), word(22));
        let bits = usize::from(u16::from_le_bytes([bytes[28], bytes[29]]));
        let stride = (width * bits).div_ceil(32) * 4;
        let palette = 14 + word(14);
        let grey = |x: usize, y: usize| {
            let row = start + (height - 1 - y) * stride;
            match bits {
                1 => bytes[palette + 4 * usize::from(bytes[row + x / 8] >> (7 - x % 8) & 1)],
                24 => bytes[row + 3 * x],
                other => panic!("{other} bits"),
            }
        };
        let darkness = (0..width * height).map(|i| 1.0 - f64::from(grey(i % width, i / width)) / 255.0).collect();
        Self { width, height, darkness }
    }

    /// The pixels of a box, row by row: (left, right) and (top, height).
    pub(crate) fn cut(&self, (left, right): (usize, usize), (top, height): (usize, usize)) -> Vec<f64> {
        (top..top + height).flat_map(|y| (left..right).map(move |x| (x, y))).map(|(x, y)| self.at(x, y)).collect()
    }

    fn at(&self, x: usize, y: usize) -> f64 {
        if x < self.width && y < self.height { self.darkness[y * self.width + x] } else { 0.0 }
    }

    /// Stretches of dark pixels of a row: first and one past the last.
    fn dark(&self, y: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut start = None;
        for x in 0..=self.width {
            match (start, self.at(x, y) > 0.5) {
                (None, true) => start = Some(x),
                (Some(first), false) => {
                    found.push((first, x));
                    start = None;
                }
                _ => {}
            }
        }
        found
    }

    /// True when no pixel of a box is darker than a speck.
    fn blank(&self, (x0, x1): (f64, f64), (y0, y1): (f64, f64)) -> bool {
        let range = |a: f64, b: f64| (a.max(0.0).ceil() as usize)..(b.max(0.0).floor() as usize);
        range(y0, y1).all(|y| range(x0, x1).all(|x| self.at(x, y) < 0.1))
    }
}

/// One bar in pixels, edges between whole pixels where the grey says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    pub(crate) centre: f64,
    pub(crate) width: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

/// One barcode of 67 bars.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) bars: Vec<Bar>,
    /// 1 long, 2 upper, 3 lower, 4 timing.
    pub(crate) digits: String,
}

const BARS: usize = 67;
/// Rows of grey edges that may lie between two rows of one tracker; two barcodes are 4 mm apart.
const GAP: usize = 12;

/// Rows (first and last) in which the same stretches are dark.
type Tracker = (usize, usize, Vec<(usize, usize)>);

/// Every customer barcode of a picture, top to bottom, then left to right.
pub(crate) fn find(picture: &Picture) -> Vec<Found> {
    // Rows of the tracker: the only rows in which all 67 bars are dark.
    let mut clusters: Vec<Tracker> = Vec::new();
    for y in 0..picture.height {
        let dark = picture.dark(y);
        let mut from = 0;
        while from + BARS <= dark.len() {
            let even = comb(&dark[from..]);
            if even == BARS {
                let bars = dark[from..from + BARS].to_vec();
                let same = |old: &&mut Tracker| {
                    old.1 + GAP >= y && old.2[0].0.abs_diff(bars[0].0) <= 2 && old.2[BARS - 1].0.abs_diff(bars[BARS - 1].0) <= 2
                };
                match clusters.iter_mut().find(same) {
                    Some(old) => old.1 = y,
                    None => clusters.push((y, y, bars)),
                }
            }
            from += even.max(1);
        }
    }
    clusters.into_iter().map(|(first, last, bars)| measure(picture, first.midpoint(last), &bars)).collect()
}

/// How many stretches from the first one on stand at an even pitch with an even width.
fn comb(dark: &[(usize, usize)]) -> usize {
    let centre = |i: usize| (dark[i].0 + dark[i].1) as f64 / 2.0;
    let Some(pitch) = (dark.len() > 1).then(|| centre(1) - centre(0)) else { return dark.len() };
    let width = (dark[0].1 - dark[0].0) as f64;
    let even = |i: &usize| {
        let step = centre(*i) - centre(i - 1);
        let own = (dark[*i].1 - dark[*i].0) as f64;
        (step - pitch).abs() <= 1.6 && (own - width).abs() <= 2.1 && own < pitch
    };
    1 + (1..dark.len()).take_while(even).count()
}

fn measure(picture: &Picture, middle: usize, dark: &[(usize, usize)]) -> Found {
    let bars: Vec<Bar> = dark
        .iter()
        .map(|&(start, end)| {
            // One pixel of grey on each side belongs to the bar.
            let columns = start.saturating_sub(1)..end + 1;
            let weight = |x: usize| picture.at(x, middle);
            let width: f64 = columns.clone().map(weight).sum();
            let centre = columns.map(|x| (x as f64 + 0.5) * weight(x)).sum::<f64>() / width;
            let column = start.midpoint(end);
            let reach = |step: isize| {
                let mut length = 0.0;
                let mut y = middle as isize;
                loop {
                    y += step;
                    let own = usize::try_from(y).map_or(0.0, |y| picture.at(column, y));
                    length += own;
                    if own < 0.02 {
                        return length;
                    }
                }
            };
            Bar { centre, width, top: middle as f64 - reach(-1), bottom: middle as f64 + 1.0 + reach(1) }
        })
        .collect();
    let highest = bars.iter().map(|b| b.top).fold(f64::MAX, f64::min);
    let lowest = bars.iter().map(|b| b.bottom).fold(0.0, f64::max);
    let third = (lowest - highest) / 3.0;
    let digit = |b: &Bar| match (b.top - highest < third / 2.0, lowest - b.bottom < third / 2.0) {
        (true, true) => '1',
        (true, false) => '2',
        (false, true) => '3',
        (false, false) => '4',
    };
    Found { digits: bars.iter().map(digit).collect(), bars }
}

impl Found {
    pub(crate) fn left(&self) -> f64 {
        self.bars[0].centre - self.bars[0].width / 2.0
    }

    pub(crate) fn right(&self) -> f64 {
        let last = self.bars[BARS - 1];
        last.centre + last.width / 2.0
    }

    pub(crate) fn top(&self) -> f64 {
        self.bars.iter().map(|b| b.top).fold(f64::MAX, f64::min)
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.bars.iter().map(|b| b.bottom).fold(0.0, f64::max)
    }

    /// True when nothing is drawn within `margin` pixels on any side.
    pub(crate) fn is_quiet(&self, picture: &Picture, margin: f64) -> bool {
        // A pixel of grey at an edge belongs to the bar itself.
        let (left, right, top, bottom) = (self.left() - 1.0, self.right() + 1.0, self.top() - 1.0, self.bottom() + 1.0);
        let wide = (left - margin + 1.0, right + margin - 1.0);
        picture.blank(wide, (top - margin + 1.0, top))
            && picture.blank(wide, (bottom, bottom + margin - 1.0))
            && picture.blank((left - margin + 1.0, left), (top, bottom))
            && picture.blank((right, right + margin - 1.0), (top, bottom))
    }

    /// What the bars say, in the notation of the CSV (`a`–`h` = CC1–CC8), without start and stop.
    pub(crate) fn text(&self) -> String {
        const TABLE: [(&str, char); 19] = [
            ("144", '0'),
            ("114", '1'),
            ("132", '2'),
            ("312", '3'),
            ("123", '4'),
            ("141", '5'),
            ("321", '6'),
            ("213", '7'),
            ("231", '8'),
            ("411", '9'),
            ("414", '-'),
            ("324", 'a'),
            ("342", 'b'),
            ("234", 'c'),
            ("432", 'd'),
            ("243", 'e'),
            ("423", 'f'),
            ("441", 'g'),
            ("111", 'h'),
        ];
        assert!(self.digits.starts_with("13") && self.digits.ends_with("31"), "{}", self.digits);
        let inner: Vec<char> = self.digits[2..65].chars().collect();
        let read = |three: &[char]| {
            let three: String = three.iter().collect();
            TABLE.iter().find(|(bars, _)| *bars == three).map_or('?', |(_, c)| *c)
        };
        inner.chunks(3).map(read).collect()
    }
}
