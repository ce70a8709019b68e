//! 照合: a page read back against the frames it was written from: paper, every text with place, size and 長体, every box, every code.
//!
//! A text that stands where no one reads it, or a bar that is missing, is a wrong letter as much as a wrong digit is.

use crate::frame::{Area, Item, Page, Text};
use crate::length::{Mm, Pt};
use crate::pdf::read::{self, PageText, PdfReader};
use kansho_core::diag::{Code, Diagnostic, Failure, Report};

/// Places are written to the hundredth of a point and read back through sums of them.
const PLACE: Mm = Mm(0.05);
/// Paper sizes.
const SIZE: Mm = Mm(0.1);
/// Type sizes.
const TYPE: Pt = Pt(0.02);
/// Shares of the width.
const SHARE: f64 = 0.02;

/// What a page shows, shared groups opened, in drawing order.
#[derive(Default)]
struct Meant<'a> {
    texts: Vec<(Mm, Mm, &'a Text)>,
    boxes: Vec<Area>,
    codes: Vec<(Area, usize, &'a [bool])>,
}

impl<'a> Meant<'a> {
    fn of(page: &'a Page) -> Self {
        let mut meant = Self::default();
        meant.walk(&page.items, page.bleed, page.bleed);
        meant
    }

    fn walk(&mut self, items: &'a [Item], dx: Mm, dy: Mm) {
        let moved = |area: &Area| Area { x: area.x + dx, y: area.y + dy, ..*area };
        for item in items {
            match item {
                Item::Text(text) | Item::Faint { text, .. } => self.texts.push((text.x + dx, text.y + dy, text)),
                Item::Fill { area, .. } => self.boxes.push(moved(area)),
                Item::Bars(bars) => self.boxes.extend(bars.iter().map(moved)),
                Item::Matrix { area, side, modules } => self.codes.push((moved(area), *side, modules)),
                Item::Shared { x, y, group } => self.walk(group, dx + *x, dy + *y),
                Item::Rule { .. } => {}
            }
        }
    }
}

fn same_scale(run: &read::Run, text: &Text) -> bool {
    (run.scale - text.scale).abs() <= SHARE
}

fn same_area(a: &Area, b: &Area) -> bool {
    a.x.near(b.x, PLACE) && a.y.near(b.y, PLACE) && a.w.near(b.w, PLACE) && a.h.near(b.h, PLACE)
}

fn same_text(run: &read::Run, (x, y, text): &(Mm, Mm, &Text)) -> bool {
    *run.text == *text.text
        && run.x.near(*x, PLACE)
        && run.y.near(*y, PLACE)
        && run.size.near(text.size, TYPE)
        && same_scale(run, text)
}

/// Runs that together are the texts: one that was cut into several on the way, each piece behind the one before it.
fn same_texts(runs: &[read::Run], texts: &[(Mm, Mm, &Text)]) -> bool {
    if runs.len() == texts.len() {
        return runs.iter().zip(texts).all(|(run, text)| same_text(run, text));
    }
    let mut runs = runs.iter();
    texts.iter().all(|(x, y, text)| {
        let mut rest = text.text.as_ref();
        let mut left = *x;
        while !rest.is_empty() {
            let Some(run) = runs.next() else { return false };
            let Some(behind) = rest.strip_prefix(run.text.as_ref()).filter(|_| !run.text.is_empty()) else { return false };
            let first = rest.len() == text.text.len();
            let placed = run.y.near(*y, PLACE) && if first { run.x.near(left, PLACE) } else { run.x > left - PLACE };
            if !placed || !run.size.near(text.size, TYPE) || !same_scale(run, text) {
                return false;
            }
            (rest, left) = (behind, run.x);
        }
        true
    }) && runs.next().is_none()
}

/// Whether a page read back is the page that was meant.
pub fn same(read: &PageText, page: &Page) -> bool {
    let meant = Meant::of(page);
    let code = |(read, (area, side, modules)): (&read::Code, &(Area, usize, &[bool]))| {
        same_area(&read.area, area) && read.side == *side && *read.modules == **modules
    };
    read.width.near(page.width + 2.0 * page.bleed, SIZE)
        && read.height.near(page.height + 2.0 * page.bleed, SIZE)
        && same_texts(&read.runs, &meant.texts)
        && read.rects.len() == meant.boxes.len()
        && read.rects.iter().zip(&meant.boxes).all(|(read, meant)| same_area(read, meant))
        && read.codes.len() == meant.codes.len()
        && read.codes.iter().zip(&meant.codes).all(code)
}

/// Compares a whole file with its pages.
///
/// # Errors
/// [`Failure::Refused`] naming the file and the first page that differs.
pub fn file(name: &str, bytes: Vec<u8>, pages: &[Page]) -> Result<(), Failure> {
    let told = |what: String| Failure::Refused(Report::from(Diagnostic::new(Code::OutputDiffers, format!("{name}: {what}"))));
    let reader = PdfReader::open(bytes).map_err(|damage| told(format!("読み返せません（{damage}）")))?;
    if reader.page_count() != pages.len() {
        return Err(told(format!("{} ページあり、{} ページのはずです", reader.page_count(), pages.len())));
    }
    let read = |number: usize| reader.page(number).ok();
    match pages.iter().enumerate().find(|(number, page)| !read(*number).is_some_and(|read| same(&read, page))) {
        Some((number, _)) => Err(told(format!("{} ページを読み返した内容が元と違います", number + 1))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{A4, Face};
    use std::sync::Arc;

    fn text(x: Mm, words: &str) -> Text {
        Text { x, y: Mm(20.0), size: Pt(12.0), scale: 0.9, spacing: Mm::ZERO, face: Face::Text, text: Arc::from(words) }
    }

    fn run(x: Mm, words: &str) -> read::Run {
        read::Run { x, y: Mm(20.0), size: Pt(12.0), scale: 0.9, face: Arc::from("F"), text: Arc::from(words) }
    }

    fn page(items: Vec<Item>) -> Page {
        Page::a4(items)
    }

    #[test]
    fn a_text_elsewhere_smaller_or_narrower_is_another() {
        let meant = page(vec![Item::Text(text(Mm(10.0), "千葉花子"))]);
        let read = |runs: Vec<read::Run>| PageText { width: A4.0, height: A4.1, runs, ..PageText::default() };
        assert!(same(&read(vec![run(Mm(10.0), "千葉花子")]), &meant));
        assert!(same(&read(vec![run(Mm(10.0), "千葉"), run(Mm(20.0), "花子")]), &meant), "cut in two");
        for wrong in [
            vec![run(Mm(10.0), "千葉花子"), run(Mm(30.0), "様")],
            vec![run(Mm(10.0), "千葉花")],
            vec![run(Mm(11.0), "千葉花子")],
            vec![run(Mm(20.0), "千葉"), run(Mm(10.0), "花子")],
            vec![read::Run { y: Mm(21.0), ..run(Mm(10.0), "千葉花子") }],
            vec![read::Run { size: Pt(1.0), ..run(Mm(10.0), "千葉花子") }],
            vec![read::Run { scale: 0.1, ..run(Mm(10.0), "千葉花子") }],
        ] {
            assert!(!same(&read(wrong.clone()), &meant), "{wrong:?}");
        }
    }

    #[test]
    fn a_bar_or_a_module_too_few_is_another_page() {
        let area = Area { x: Mm(1.0), y: Mm(2.0), w: Mm(3.0), h: Mm(4.0) };
        let modules = [true, false, false, true];
        let meant = page(vec![
            Item::Bars(Arc::from(vec![area, Area { x: Mm(9.0), ..area }])),
            Item::Matrix { area, side: 2, modules: Arc::from(modules) },
        ]);
        let code = |modules: [bool; 4]| read::Code { area, side: 2, modules: Arc::from(modules) };
        let read = |rects: Vec<Area>, codes| PageText { width: A4.0, height: A4.1, rects, codes, ..PageText::default() };
        let both = vec![area, Area { x: Mm(9.0), ..area }];
        assert!(same(&read(both.clone(), vec![code(modules)]), &meant));
        assert!(!same(&read(vec![area], vec![code(modules)]), &meant));
        assert!(!same(&read(vec![area, Area { x: Mm(9.2), ..area }], vec![code(modules)]), &meant));
        assert!(!same(&read(both.clone(), vec![code([true; 4])]), &meant));
        assert!(!same(&read(both, Vec::new()), &meant));
    }
}
