//! 印字位置の調整用紙: the edges of every cell of a label stock, rulers and crosses; the window and the folds of a letter.

use crate::notice::letter::moved;
use crate::notice::office::{Office, StockChoice};
use crate::notice::paper::{Paper, Papers};
use crate::notice::{overlay, sheet};
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{A4, Face, Item, Page};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::small;

/// One page for each stock (the two of the office, or `stock`), one for the letter's window; without `stock` two for each postcard.
///
/// # Errors
/// [`Failure::Usage`] when the stock is unknown or marked bad.
pub fn pages(folder: &Folder, office: &Office, fonts: &Fonts, stock: Option<&str>) -> Result<Vec<Page>, Failure> {
    let choices = match stock {
        None => vec![("宛名ラベル [labels]", office.labels.clone()), ("シール [stickers]", office.stickers.clone())],
        Some(part) => {
            let known = [("宛名ラベル [labels]", &office.labels), ("シール [stickers]", &office.stickers)];
            let found = known.into_iter().find(|(_, choice)| choice.stock == part).map(|(what, choice)| (what, choice.clone()));
            let other = StockChoice { stock: part.to_owned(), x_mm: Mm::ZERO, y_mm: Mm::ZERO, barcode_pt: Pt::ZERO };
            vec![found.unwrap_or(("ほかの用紙", other))]
        }
    };
    let mut pages = Vec::new();
    for (what, choice) in choices {
        pages.push(label_page(folder, fonts, what, &choice)?);
    }
    pages.push(letter_page(office, fonts));
    for paper in Papers::load(folder)?.all().filter(|paper| stock.is_none() && paper.front.is_some()) {
        pages.extend((0..paper.marks.len()).map(|side| card_page(fonts, paper, side)));
    }
    Ok(pages)
}

/// Words on a page, line below line: size and pitch.
fn words(fonts: &Fonts, lines: &[String], (x, y): (Mm, Mm), (size, pitch): (Pt, Mm), room: Mm, items: &mut Vec<Item>) {
    let mut baseline = y;
    for line in lines {
        items.push(small(fonts, Face::Text, line, (x, baseline), size, room));
        baseline += pitch;
    }
}

fn label_page(folder: &Folder, fonts: &Fonts, what: &str, choice: &StockChoice) -> Result<Page, Failure> {
    let stock = sheet::Stock::load(folder, choice)?;
    let ((width, height), boxes) = stock.plain();
    let first = boxes.first().copied().ok_or_else(|| Failure::Usage(format!("ラベル用紙 {}: 面がありません", choice.stock)))?;
    let mut drawn = overlay::cells(boxes);
    drawn.extend(overlay::crosses(fonts, boxes));
    drawn.extend(overlay::ruler(fonts, (Mm::ZERO, first.y + first.h * 0.75), width, false));
    drawn.extend(overlay::ruler(fonts, (first.x + first.w * 0.75, Mm::ZERO), height, true));
    let (x, y) = (choice.x_mm, choice.y_mm);
    let lines = [
        format!("見本・校正用　{what}　{}　{} 面　補正 x_mm = {x:.1}、y_mm = {y:.1}", choice.stock, boxes.len()),
        "用紙に重ねて光に透かし、枠が面の縁から右・下にずれた mm を測ります（目盛りは用紙の左端・上端から）。".to_owned(),
        "右に a mm ずれたら x_mm から a を引き、下に b mm ずれたら y_mm から b を引きます（municipality.toml）。".to_owned(),
        "等倍（100%、「用紙に合わせる」なし）で印刷し、目盛りの 100 mm を定規で確かめてください。".to_owned(),
    ];
    let lines: Vec<String> =
        lines.into_iter().chain(stock.remarks().into_iter().map(|remark| format!("注意　{remark}"))).collect();
    let left = first.x + first.w * 0.75 + Mm(8.0);
    words(fonts, &lines, (left, Mm(4.9)), (Pt(6.0), Mm(2.4)), width - left - Mm(8.0), &mut drawn);
    let items = drawn.iter().map(|item| moved(item, x, y)).collect();
    Ok(Page { width, height, bleed: Mm::ZERO, items })
}

/// The places of one side of a postcard, with rulers.
fn card_page(fonts: &Fonts, paper: &Paper, side: usize) -> Page {
    let Paper { width, height, bleed, .. } = *paper;
    let mut items = overlay::grid(fonts, width, height);
    items.extend(overlay::places(fonts, paper, side));
    items.extend(overlay::ruler(fonts, (Mm::ZERO, height * 0.45), width, false));
    items.extend(overlay::ruler(fonts, (width * 0.45, Mm::ZERO), height, true));
    let face = if side == 0 { "表" } else { "裏" };
    let line = format!("見本・校正用　{}　{face}（{width}×{height} mm）等倍で印刷し、目盛りを定規で確かめてください", paper.name);
    items.push(small(fonts, Face::Text, &line, (Mm(10.0), height * 0.45 + Mm(9.0)), Pt(7.0), width - Mm(20.0)));
    Page { width, height, bleed, items }
}

fn letter_page(office: &Office, fonts: &Fonts) -> Page {
    let envelope = &office.envelope;
    let (width, height) = A4;
    let mut items = overlay::grid(fonts, width, height);
    items.extend(overlay::window(fonts, envelope));
    items.extend(overlay::folds(fonts, envelope));
    items.extend(overlay::ruler(fonts, (Mm::ZERO, Mm(150.0)), width, false));
    items.extend(overlay::ruler(fonts, (width / 2.0, Mm::ZERO), height, true));
    let (safe, exposed) = (envelope.safe(), envelope.exposed());
    let barcode = match envelope.barcode_fits() {
        Ok(()) => format!("カスタマバーコード {} pt は窓に入ります", envelope.barcode_pt),
        Err(reason) => reason,
    };
    let lines = [
        format!("見本・校正用　通知書の窓　{}（{}×{} mm）", envelope.name, envelope.width_mm, envelope.height_mm),
        format!("必ず見える範囲　左 {:.1} 上 {:.1} 幅 {:.1} 高さ {:.1} mm", safe.x, safe.y, safe.w, safe.h),
        format!("見えることがある範囲　左 {:.1} 上 {:.1} 幅 {:.1} 高さ {:.1} mm", exposed.x, exposed.y, exposed.w, exposed.h),
        format!("折り　上から {:.1} mm、残りを二等分", envelope.panel_mm),
        barcode,
        "折って封筒に入れ、上下左右に寄せても、".to_owned(),
        "・実線の枠が窓から欠けないこと".to_owned(),
        "・破線の外が窓から見えないこと".to_owned(),
        "を確かめてください。合わないときは、封筒の発注書の".to_owned(),
        "寸法で municipality.toml の [envelope] を直します。".to_owned(),
    ];
    words(fonts, &lines, (Mm(20.0), Mm(172.0)), (Pt(8.0), Mm(4.5)), Mm(80.0), &mut items);
    Page::a4(items)
}
