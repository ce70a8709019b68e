//! ラベル用紙: every row of `layouts/label_sheets_jp.csv` either takes labels and stickers inside its cells, or is refused with the reason.

use kansho::desk::inputs::{self, Given};
use kansho::desk::output::{self, Wish};
use kansho::desk::settings::Settings;
use kansho::notice::piece::{Piece, Stickers};
use kansho::notice::{Forms, Office, RunMeta, SheetKind, Stationery, calibrate};
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use kansho_core::notice::{Purpose, RunId};
use kansho_paper::font::Fonts;
use kansho_paper::frame::{Area, Item, Page};
use kansho_paper::length::Mm;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Free on every side of a cell at least: what a drift of 1 mm leaves of 2.5 mm (print.md 6.4).
const EDGE: Mm = Mm(1.5);

fn sample_pieces(home: &Folder) -> Vec<Piece> {
    let args = Given::new(home.place("samples/住民.xlsx"), home.place("samples/予防接種台帳.csv"), "2026-12-01".parse().unwrap());
    let inputs = inputs::load(&args, &Settings::load(home).unwrap()).unwrap();
    output::prepare(&inputs, &Wish::default()).unwrap().pieces.into_iter().map(|(_, piece)| piece).collect()
}

fn forms(home: &Folder, office: &Office, fonts: &Arc<Fonts>) -> Result<Forms, Failure> {
    let day = "2026-12-01".parse().unwrap();
    let meta =
        RunMeta { run: RunId("20261201-00000000".to_owned()), as_of: day, post_on: day, data_as_of: day, purpose: Purpose::Live };
    let stationery = Arc::new(Stationery::load(home, office)?);
    Ok(Forms::new(&stationery, office, Arc::clone(fonts), meta))
}

/// The sheets of some pieces, each on its own; those that cannot be laid out are counted.
fn sheets(forms: &Forms, kind: SheetKind, pieces: &[&Piece]) -> (Vec<Page>, usize) {
    let (mut pages, mut held) = (Vec::new(), 0);
    for piece in pieces {
        let mut own = Vec::new();
        match forms.sheets(kind, &[piece], 1, &mut |sheets| {
            own.extend(sheets);
            Ok(())
        }) {
            Ok(_) => pages.append(&mut own),
            Err(_) => held += 1,
        }
    }
    (pages, held)
}

/// Every text and bar lies in one of the cells, away from its edges; gives the number of barcodes.
fn inside(fonts: &Fonts, page: &Page, boxes: &[Area], stock: &str) -> usize {
    let holds = |left: Mm, top: Mm, right: Mm, bottom: Mm| {
        boxes.iter().any(|cell| {
            left >= cell.x + EDGE && right <= cell.x + cell.w - EDGE && top >= cell.y + EDGE && bottom <= cell.y + cell.h - EDGE
        })
    };
    for (x, y, text) in page.texts() {
        let width = fonts.measure(text.face, &text.text, text.size) * text.scale;
        let (rise, drop) = (text.size.mm() * 0.86, text.size.mm() * 0.14);
        assert!(holds(x, y - rise, x + width, y + drop), "{stock}: a text of {} pt at {x:.1}, {y:.1} leaves its cell", text.size);
    }
    let bars = page.items.iter().filter_map(|item| if let Item::Bars(bars) = item { Some(bars) } else { None });
    bars.inspect(|bars| {
        assert!(bars.iter().all(|bar| holds(bar.x, bar.y, bar.x + bar.w, bar.y + bar.h)), "{stock}: bars leave their cell");
    })
    .count()
}

#[test]
fn every_stock_is_used_within_its_cells_or_refused_with_the_reason() {
    let home = Folder::at(Path::new("."));
    let fonts = Arc::new(Fonts::load(Path::new("fonts")).unwrap());
    let all = sample_pieces(&home);
    let labels: Vec<&Piece> = all.iter().collect();
    let mut stuck: Vec<Piece> = all.iter().filter(|piece| piece.sticker_count() > 0).cloned().collect();
    stuck.extend(all.iter().filter(|piece| !piece.doses.is_empty()).map(|p| Piece { stickers: Stickers::Doses, ..p.clone() }));
    let stuck: Vec<&Piece> = stuck.iter().collect();
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    let mut known: BTreeMap<[String; 10], Vec<String>> = BTreeMap::new();
    for row in csv::Reader::from_path("layouts/label_sheets_jp.csv").unwrap().records().map(Result::unwrap) {
        let (part, status) = (&row[1], &row[18]);
        let office = |change: &dyn Fn(&mut Office)| {
            let mut office = Office::load(&home).unwrap();
            change(&mut office);
            office
        };
        if status == "bad" {
            for bad in [office(&|o| o.labels.stock = part.to_owned()), office(&|o| o.stickers.stock = part.to_owned())] {
                let told = forms(&home, &bad, &fonts).unwrap_err().to_string();
                assert!(told.contains(part) && told.contains("bad"), "{told}");
            }
            *tally.entry("bad".to_owned()).or_default() += 1;
            continue;
        }
        assert_eq!(calibrate::pages(&home, &Office::load(&home).unwrap(), &fonts, Some(part)).unwrap().len(), 2);
        // The same cut under another product number behaves the same.
        let cut: [String; 10] = std::array::from_fn(|column| row[column + 3].to_owned());
        let found = known.entry(cut).or_insert_with(|| {
            let mut found = Vec::new();
            for (kind, pieces, changed) in [
                (SheetKind::Labels, &labels, office(&|o| o.labels.stock = part.to_owned())),
                (SheetKind::Stickers, &stuck, office(&|o| o.stickers.stock = part.to_owned())),
            ] {
                found.push(match forms(&home, &changed, &fonts) {
                    Err(refused) => {
                        let told = refused.to_string();
                        assert!(told.contains(part) && told.contains("以上の用紙を選んでください"), "{told}");
                        format!("{kind:?}: refused")
                    }
                    Ok(forms) => {
                        let boxes = forms.boxes(kind);
                        let (pages, held) = sheets(&forms, kind, pieces);
                        let bars: usize = pages.iter().map(|page| inside(&fonts, page, &boxes, part)).sum();
                        let [wide, high]: [f64; 2] = [8, 9].map(|column| row[column].parse().unwrap());
                        // A few long addresses do not fit the small cells of an address label: those people are held.
                        let most = if kind == SheetKind::Labels && (wide < 60.0 || high < 33.0) { pieces.len() / 20 } else { 0 };
                        assert!(held <= most, "{kind:?} {part} {wide}×{high}: {held} of {} do not fit", pieces.len());
                        let barcode = if kind == SheetKind::Labels && bars == 0 { ", no customer barcode" } else { "" };
                        format!("{kind:?}: used{barcode}")
                    }
                });
            }
            found
        });
        for what in found.iter() {
            *tally.entry(what.clone()).or_default() += 1;
        }
    }
    eprintln!("{tally:#?} of {} cuts", known.len());
    assert_eq!(tally["bad"], 6);
    assert_eq!(tally["Labels: used"] + tally["Labels: used, no customer barcode"] + tally["Labels: refused"], 237);
}
