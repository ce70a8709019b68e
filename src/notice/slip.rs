//! 差出票の下書き `postal-slip.pdf`: one A4 page from which the posting slip of the post office is filled in.

use crate::notice::office::Office;
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Face, Page};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::Pen;
use kansho_post::sorting::{Bundle, Measured, Posted};
use std::collections::BTreeMap;

const LEFT: Mm = Mm(18.0);
const WIDTH: Mm = Mm(174.0);
/// Height of a table row.
const ROW: Mm = Mm(5.6);
/// Last row's lower edge; below it stands the foot.
const BOTTOM: Mm = Mm(280.0);
/// Heaviest 定形郵便物 in grams, and its largest sides.
const STANDARD: (f64, Mm, Mm) = (50.0, Mm(235.0), Mm(120.0));

/// What the slip tells.
#[derive(Clone, Copy, Debug)]
pub struct Slip<'a> {
    /// Run id.
    pub run: &'a str,
    /// 差出日.
    pub post_on: NaiveDate,
    /// Paper and size of a posting of postcards; `None` for letters in envelopes.
    pub card: Option<(&'a str, (Mm, Mm))>,
    /// The envelopes or postcards in posting order.
    pub pieces: &'a [Posted],
    /// 名寄せ: envelopes with several sheets.
    pub shared: usize,
    /// Their bundles.
    pub bundles: &'a [Bundle],
    /// The discounts measured.
    pub discounts: &'a [Measured],
}

/// A rule across the page.
fn rule(pen: &mut Pen<'_>, y: Mm, width: Mm) {
    pen.line(LEFT, y, LEFT + WIDTH, y, width);
}

/// A rule below the line of the text.
fn under(pen: &mut Pen<'_>, width: Mm) {
    let y = pen.y + Mm(1.6);
    rule(pen, y, width);
}

fn heading(pen: &mut Pen<'_>, text: &str) {
    pen.y += ROW + Mm(2.4);
    pen.put(Face::Bold, text, LEFT, Pt(10.5), WIDTH);
    under(pen, Mm(0.3));
    pen.y += Mm(1.6);
}

/// One row: label, text, number of pieces, remark.
fn row(pen: &mut Pen<'_>, label: &str, number: Option<usize>, remark: &str) {
    pen.y += ROW;
    pen.put(Face::Text, label, LEFT, Pt(9.5), Mm(62.0));
    if let Some(number) = number {
        pen.put_right(Face::Fixed, &format!("{number} 通"), LEFT + Mm(62.0), Pt(9.5), Mm(26.0));
    }
    pen.put(Face::Text, remark, LEFT + Mm(92.0), Pt(8.5), WIDTH - Mm(92.0));
    under(pen, Mm(0.1));
}

/// Rows that are left above the foot.
fn rows_left(pen: &Pen<'_>) -> usize {
    (0..).take_while(|rows| pen.y + f64::from(*rows) * ROW <= BOTTOM).count().saturating_sub(1)
}

/// Draws the slip.
pub(super) fn page(fonts: &Fonts, office: &Office, slip: &Slip<'_>) -> Page {
    let mut pen = Pen::new(fonts, Mm(20.0));
    pen.put(Face::Bold, "郵便物差出票（下書き）", LEFT, Pt(16.0), Mm(120.0));
    pen.put_right(Face::Fixed, &format!("処理 {}", slip.run), LEFT + Mm(120.0), Pt(8.5), WIDTH - Mm(120.0));
    pen.y += Mm(6.0);
    pen.put(Face::Text, "差し出す郵便局の様式に書き写してください。料金は書いていません。", LEFT, Pt(9.0), WIDTH);
    head(&mut pen, office, slip);
    let total = slip.pieces.len();
    let coded = slip.pieces.iter().filter(|p| p.no_barcode.is_none()).count();
    heading(&mut pen, "通数");
    row(&mut pen, "合計", Some(total), &form(office, slip.card));
    row(&mut pen, "バーコードあり", Some(coded), "");
    row(&mut pen, "バーコードなし", Some(total - coded), &reasons(slip.pieces));
    if slip.shared > 0 {
        let note = "重さが違います。割引（同じ形・同じ重さ）は郵便局に確かめてください";
        row(&mut pen, "うち2枚以上（名寄せ）", Some(slip.shared), note);
    }
    discounts(&mut pen, slip.discounts);
    let mut districts: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for piece in slip.pieces {
        *districts.entry((&piece.district, piece.listed)).or_default() += 1;
    }
    let districts: Vec<(String, usize)> = districts
        .into_iter()
        .map(|((district, listed), count)| (format!("{district}{}", if listed { "" } else { "（案）" }), count))
        .collect();
    let bundles: Vec<(String, usize)> = slip
        .bundles
        .iter()
        .map(|b| {
            let target = if b.prefix.is_empty() { "雑" } else { &b.prefix };
            (format!("{} {target}", b.number), b.serials.len())
        })
        .collect();
    let room = rows_left(&pen).saturating_sub(4);
    let share = (room / 2).max(room.saturating_sub(bundles.len().div_ceil(COLUMNS)));
    table(&mut pen, "郵便区番号ごとの通数", &districts, share);
    let room = rows_left(&pen).saturating_sub(2);
    table(&mut pen, "結束（結束番号と区分）", &bundles, room);
    pen.y = Mm(288.0);
    let foot = "内訳の全部は postal-summary.csv にあります。";
    pen.put(Face::Text, foot, LEFT, Pt(8.0), WIDTH);
    pen.finish()
}

fn head(pen: &mut Pen<'_>, office: &Office, slip: &Slip<'_>) {
    let city = &office.city;
    let sender = format!("{}　{}　〒{}　{}", city.name, city.section, city.section_postcode, city.address);
    let day = format!("{}（{}）", calendar::wareki(slip.post_on), calendar::western(slip.post_on));
    pen.y += Mm(3.0);
    for (label, text) in [
        ("差出人", sender),
        ("電話", city.tel.clone()),
        ("差出日", day),
        ("差出郵便局", "　　　　　　　　　　　　　　郵便局".to_owned()),
        ("料金の支払", "□ 料金後納　　□ 料金別納　　承認番号　　　　　　　　".to_owned()),
    ] {
        pen.y += ROW + Mm(0.6);
        pen.put(Face::Bold, label, LEFT, Pt(9.5), Mm(26.0));
        pen.put(Face::Text, &text, LEFT + Mm(28.0), Pt(9.5), WIDTH - Mm(28.0));
        let y = pen.y + Mm(1.8);
        rule(pen, y, Mm(0.1));
    }
}

/// Form and weight of one piece; the weight stays blank when the office has not told it.
fn form(office: &Office, card: Option<(&str, (Mm, Mm))>) -> String {
    if let Some((paper, (width, height))) = card {
        return format!("通常はがき（{paper}、{width}×{height} mm。一通 2–6 g）");
    }
    let (envelope, weight) = (&office.envelope, office.postal.piece_weight_g);
    let (heaviest, long, short) = STANDARD;
    let sides = (envelope.width_mm.max(envelope.height_mm), envelope.width_mm.min(envelope.height_mm));
    let fits = sides.0 <= long && sides.1 <= short;
    let size = format!("{} {}×{} mm", envelope.name, envelope.width_mm, envelope.height_mm);
    match (fits, weight > 0.0) {
        (true, true) if weight <= heaviest => format!("定形 {heaviest} g 以内（{size}、一通 {weight} g）"),
        (_, true) => format!("定形外（{size}、一通 {weight} g）"),
        (true, false) => format!("定形の大きさ（{size}）、一通の重さ　　　g"),
        (false, false) => format!("定形外（{size}）、一通の重さ　　　g"),
    }
}

fn reasons(pieces: &[Posted]) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in pieces.iter().filter_map(|p| p.no_barcode.as_deref()) {
        *reasons.entry(reason).or_default() += 1;
    }
    reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect::<Vec<_>>().join("、")
}

/// Reached ones first; of those counted by district at most six.
fn discounts(pen: &mut Pen<'_>, measured: &[Measured]) {
    heading(pen, "割引");
    let mut order: Vec<&Measured> = measured.iter().collect();
    order.sort_by_key(|m| (m.district.is_some(), m.missing));
    let whole = order.iter().filter(|m| m.district.is_none()).count();
    for one in order.iter().take(whole + 6) {
        let label = one.district.as_ref().map_or_else(|| one.name.clone(), |d| format!("{}（{d}）", one.name));
        let state = if one.missing == 0 { "届いています".to_owned() } else { format!("あと {} 通", one.missing) };
        let note = if one.district.is_some() { String::new() } else { format!("。{}", one.note) };
        row(pen, &label, Some(one.pieces), &format!("{state}{note}"));
    }
    if order.len() > whole + 6 {
        row(pen, &format!("ほか {} 区", order.len() - whole - 6), None, "postal-summary.csv を見てください");
    }
    if let Some(one) = order.iter().find(|m| m.district.is_some()) {
        pen.y += ROW;
        pen.put(Face::Text, &format!("{}: {}", one.name, one.note), LEFT, Pt(8.5), WIDTH);
    }
}

/// Cells side by side.
const COLUMNS: usize = 5;

/// Label and count in several columns; what does not fit in `rows` rows is counted in the last cell.
fn table(pen: &mut Pen<'_>, title: &str, cells: &[(String, usize)], rows: usize) {
    heading(pen, title);
    let places = rows * COLUMNS;
    let shown = if cells.len() <= places { cells.len() } else { places.saturating_sub(1) };
    let (front, rest) = cells.split_at(shown);
    let mut all = front.to_vec();
    if !rest.is_empty() {
        all.push((format!("ほか {} 件", rest.len()), rest.iter().map(|(_, count)| count).sum()));
    }
    let width = WIDTH / 5.0;
    for line in all.chunks(COLUMNS) {
        pen.y += ROW;
        let mut x = LEFT;
        for (label, count) in line {
            pen.put(Face::Fixed, label, x, Pt(9.0), width * 0.56);
            pen.put_right(Face::Fixed, &format!("{count} 通"), x + width * 0.56, Pt(9.0), width * 0.36);
            x += width;
        }
        under(pen, Mm(0.1));
    }
}
