//! 用紙: `layouts/papers.toml`: the sheets a letter may be printed on, with every place on them, loaded once and checked.

use crate::notice::limits;
use crate::notice::window;
use kansho_core::diag::Failure;
use kansho_core::diag::settings;
use kansho_core::folder::Folder;
use kansho_paper::block::{Align, Sizes};
use kansho_paper::frame::{A4, Area};
use kansho_paper::length::{Mm, Pt};
use serde::Deserialize;
use std::sync::Arc;

/// Smallest running text (print.md §3).
const SMALLEST: Pt = Pt(10.5);
/// Longest side of a sheet.
const LARGEST: Mm = Mm(450.0);
/// Nothing is printed nearer to an edge or a fold.
pub(super) const EDGE: Mm = Mm(4.0);
/// A customer barcode keeps this distance from every edge (郵便番号・バーコードマニュアル p13).
const BARCODE_EDGE: Mm = Mm(10.0);
/// Quiet zone of a QR code of 29 modules, as a share of its side.
const QUIET: f64 = 4.0 / 29.0;
/// Long and short side of a postcard, least and most (内国郵便約款).
const POSTCARD: [(Mm, Mm); 2] = [(Mm(140.0), Mm(154.0)), (Mm(90.0), Mm(107.0))];
/// What a private postcard says on its front; without it it is charged as a letter.
const POSTCARD_WORDS: &str = "郵便はがき";
/// What messages call the two sides of a fold.
pub(super) const FOLD: &str = "折りの場所";
/// Name of the table in a folder of settings.
pub(super) const PAPERS: &str = "layouts/papers.toml";
/// The paper of a template that names none.
pub(super) const PLAIN: &str = "A4";

/// A width at which text is set, and the sizes tried in turn. Areas of equal columns share what is laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Tells columns apart.
    pub(super) id: usize,
    pub(super) width: Mm,
    pub(super) sizes: Vec<Sizes>,
    pub(super) align: Align,
}

/// Where one part of a template goes.
#[derive(Clone, Debug)]
pub(super) struct TextArea {
    /// Side of the sheet, from 0.
    pub(super) page: usize,
    pub(super) area: Area,
    /// Anyone can read it without opening anything.
    pub(super) open: bool,
    pub(super) column: Arc<Column>,
}

/// The piece code of one side: in clear text, and as a two-dimensional code where the paper has its place.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Left end and baseline.
    pub(super) at: (Mm, Mm),
    pub(super) width: Mm,
    pub(super) size: Pt,
    pub(super) code: Option<Area>,
}

/// Fixed words in the middle of a line.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) page: usize,
    pub(super) at: (Mm, Mm),
    pub(super) width: Mm,
    pub(super) size: Pt,
    pub(super) text: String,
}

/// The panel that carries the address, where no envelope does.
#[derive(Clone, Debug)]
pub(super) struct Front {
    pub(super) page: usize,
    pub(super) panel: Area,
    /// Kept free for stamp and postmark.
    pub(super) stamp: Area,
    pub(super) address: Area,
    pub(super) barcode_pt: Pt,
    pub(super) sender: Area,
}

/// A sheet.
#[derive(Clone, Debug)]
pub(super) struct Paper {
    /// Place in the file, which is also its place in the posting order.
    pub(super) id: usize,
    pub(super) name: String,
    pub(super) width: Mm,
    pub(super) height: Mm,
    /// 塗り足し on every side; 0 = none.
    pub(super) bleed: Mm,
    /// Goes at the postcard's rate.
    pub(super) postcard: bool,
    /// 折り, from the left.
    pub(super) folds: Vec<Mm>,
    /// のり (side, area).
    pub(super) glue: Vec<(usize, Area)>,
    /// In the order of the template's parts.
    pub(super) texts: Vec<TextArea>,
    /// One a side: a paper with one is printed on one side only.
    pub(super) marks: Vec<Mark>,
    pub(super) words: Vec<Words>,
    /// `None`: the address shows in the window of an envelope.
    pub(super) front: Option<Front>,
}

/// Every paper of `layouts/papers.toml`.
#[derive(Clone, Debug)]
pub(super) struct Papers(Vec<Arc<Paper>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    paper: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    sheet: [Mm; 2],
    #[serde(default)]
    bleed: Mm,
    #[serde(default)]
    postcard: bool,
    #[serde(default)]
    folds: Vec<Mm>,
    sizes: Vec<Pt>,
    headings: [Pt; 2],
    #[serde(default)]
    align: Align,
    #[serde(default)]
    glue: Vec<RawArea>,
    text: Vec<RawArea>,
    marks: Vec<RawMark>,
    #[serde(default)]
    words: Vec<RawWords>,
    front: Option<RawFront>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArea {
    page: usize,
    area: [Mm; 4],
    #[serde(default)]
    open: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMark {
    page: usize,
    line: [Mm; 3],
    size: Pt,
    code: Option<[Mm; 3]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWords {
    page: usize,
    line: [Mm; 3],
    size: Pt,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFront {
    page: usize,
    panel: [Mm; 4],
    stamp: [Mm; 4],
    address: [Mm; 4],
    barcode_pt: Pt,
    sender: [Mm; 4],
}

const fn area([x, y, w, h]: [Mm; 4]) -> Area {
    Area { x, y, w, h }
}

/// Sides of a sheet are numbered from 1 in the file.
fn side(page: usize, sides: usize) -> Result<usize, String> {
    let told = if sides == 1 {
        "page は 1（表）にしてください。marks は表だけです"
    } else {
        "page は 1（表）か 2（裏）にしてください"
    };
    page.checked_sub(1).filter(|side| *side < sides).ok_or_else(|| told.to_owned())
}

impl Papers {
    /// Reads `layouts/papers.toml`.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] naming the paper that is wrong.
    pub(super) fn load(folder: &Folder) -> Result<Self, Failure> {
        Self::parse(&folder.text("用紙の表を読めません", PAPERS)?).map_err(|reason| Failure::settings(PAPERS, reason))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = settings::read(text)?;
        let mut columns: Vec<Arc<Column>> = Vec::new();
        let mut papers: Vec<Arc<Paper>> = Vec::new();
        for raw in file.paper {
            let name = raw.name.clone();
            if papers.iter().any(|paper| paper.name == name) {
                return Err(format!("用紙「{name}」が二つあります"));
            }
            let paper = raw
                .paper(papers.len(), &mut columns)
                .and_then(|paper| paper.check().map(|()| paper))
                .map_err(|reason| format!("用紙「{name}」: {reason}"))?;
            papers.push(Arc::new(paper));
        }
        match papers.first() {
            Some(first) if first.name == PLAIN && first.front.is_none() => Ok(Self(papers)),
            Some(_) | None => Err(format!("最初の用紙は、窓付き封筒に入れる {PLAIN} にしてください")),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<Paper>> {
        self.0.iter().find(|paper| paper.name == name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Paper>> {
        self.0.iter()
    }
}

impl Raw {
    fn paper(self, id: usize, columns: &mut Vec<Arc<Column>>) -> Result<Paper, String> {
        let [title, heading] = self.headings;
        let sides = self.marks.len();
        if !(1..=2).contains(&sides) {
            return Err("marks は表（page = 1）に一つ、裏も使うなら裏に一つ書いてください".to_owned());
        }
        let side = |page: usize| side(page, sides);
        self.within_limits()?;
        let sizes: Vec<Sizes> = self.sizes.iter().map(|&body| Sizes { body, title, heading }).collect();
        let mut texts = Vec::new();
        for raw in &self.text {
            let area = area(raw.area);
            let align = self.align;
            let same = |c: &&Arc<Column>| (c.width - area.w).abs() < Mm(1e-9) && c.sizes == sizes && c.align == align;
            let column = columns.iter().find(same).cloned().unwrap_or_else(|| {
                columns.push(Arc::new(Column { id: columns.len(), width: area.w, sizes: sizes.clone(), align }));
                Arc::clone(&columns[columns.len() - 1])
            });
            texts.push(TextArea { page: side(raw.page)?, area, open: raw.open, column });
        }
        let mut marks: [Option<Mark>; 2] = [None, None];
        for raw in &self.marks {
            let [x, y, width] = raw.line;
            let code = raw.code.map(|[x, y, side]| Area { x, y, w: side, h: side });
            marks[side(raw.page)?] = Some(Mark { at: (x, y), width, size: raw.size, code });
        }
        let marks: Vec<Mark> = marks.into_iter().flatten().collect();
        if marks.len() != sides {
            return Err("marks は一つの面に一つだけ書いてください".to_owned());
        }
        let glue = self.glue.iter().map(|raw| Ok((side(raw.page)?, area(raw.area)))).collect::<Result<_, String>>()?;
        let words = |raw: RawWords| {
            let [x, y, width] = raw.line;
            Ok(Words { page: side(raw.page)?, at: (x, y), width, size: raw.size, text: raw.text })
        };
        let front = |raw: RawFront| {
            Ok::<_, String>(Front {
                page: side(raw.page)?,
                panel: area(raw.panel),
                stamp: area(raw.stamp),
                address: area(raw.address),
                barcode_pt: raw.barcode_pt,
                sender: area(raw.sender),
            })
        };
        Ok(Paper {
            id,
            name: self.name,
            width: self.sheet[0],
            height: self.sheet[1],
            bleed: self.bleed,
            postcard: self.postcard,
            folds: self.folds,
            glue,
            texts,
            marks,
            words: self.words.into_iter().map(words).collect::<Result<_, String>>()?,
            front: self.front.map(front).transpose()?,
        })
    }
}

impl Raw {
    /// Every measure is a number that paper and type allow.
    fn within_limits(&self) -> Result<(), String> {
        let areas = self.text.iter().chain(&self.glue).flat_map(|raw| raw.area);
        let marks = self.marks.iter().flat_map(|mark| mark.line.into_iter().chain(mark.code.into_iter().flatten()));
        let words = self.words.iter().flat_map(|words| words.line);
        let front = self.front.iter().flat_map(|f| [f.panel, f.stamp, f.address, f.sender].concat());
        let lengths = areas.chain(marks).chain(words).chain(front).chain(self.folds.iter().copied());
        for (number, length) in self.sheet.into_iter().map(|mm| (Mm(50.0), mm)).chain(lengths.map(|mm| (Mm::ZERO, mm))) {
            limits::within("長さ", length, (number, LARGEST), "mm ")?;
        }
        for (least, size) in self.sizes.iter().map(|size| (Pt::ZERO, *size)).chain(self.headings.map(|size| (SMALLEST, size))) {
            limits::within("sizes・headings", size, (least, Pt(40.0)), "ポイント")?;
        }
        for size in self.marks.iter().map(|mark| mark.size).chain(self.words.iter().map(|words| words.size)) {
            limits::within("marks・words の size", size, (Pt(6.0), Pt(30.0)), "ポイント")?;
        }
        match &self.front {
            Some(front) => limits::within("front.barcode_pt", front.barcode_pt, limits::BARCODE_PT, "ポイント"),
            None => Ok(()),
        }
    }
}

impl Paper {
    /// What every printer can print on the sheet.
    pub(super) fn printable(&self) -> Area {
        Area { x: Mm::ZERO, y: Mm::ZERO, w: self.width, h: self.height }.inset(EDGE)
    }

    /// What messages call the area of a part of the template.
    pub(super) fn panel_name(&self, number: usize) -> String {
        let page = self.texts.get(number).map_or(0, |text| text.page);
        let face = if page == 0 { "表面" } else { "裏面" };
        let alone = self.texts.iter().filter(|text| text.page == page).count() == 1;
        if alone { face.to_owned() } else { format!("{face}（{}番目の文）", number + 1) }
    }

    /// Places of one side that stay free: stamp, glue, both sides of a fold; with their names.
    pub(super) fn free(&self, side: usize) -> Vec<(&'static str, Area)> {
        let stamp = self.front.iter().filter(|front| front.page == side).map(|front| ("切手の場所", front.stamp));
        let glue = self.glue.iter().filter(|(page, _)| *page == side).map(|(_, area)| ("のりの場所", *area));
        // The sheet is turned over its short side: a fold lies as far from the right on the back.
        let at = |fold: Mm| if side == 0 { fold } else { self.width - fold };
        let fold = |x: &Mm| (FOLD, Area { x: at(*x) - EDGE, y: Mm::ZERO, w: 2.0 * EDGE, h: self.height });
        stamp.chain(glue).chain(self.folds.iter().map(fold)).collect()
    }

    /// Everything that is printed on one side, with its name.
    pub(super) fn places(&self, side: usize) -> Vec<(&'static str, Area)> {
        let line = |(x, y): (Mm, Mm), w: Mm, size: Pt| Area { x, y: y - window::rise(size), w, h: size.mm() };
        let mut found: Vec<(&'static str, Area)> =
            self.texts.iter().filter(|text| text.page == side).map(|text| ("text", text.area)).collect();
        if let Some(mark) = self.marks.get(side) {
            found.push(("marks", line(mark.at, mark.width, mark.size)));
            found.extend(mark.code.map(|code| ("marks.code", code.inset(-(code.w * QUIET)))));
        }
        found.extend(self.words.iter().filter(|w| w.page == side).map(|w| ("words", line(w.at, w.width, w.size))));
        if let Some(front) = self.front.as_ref().filter(|front| front.page == side) {
            found.extend([("front.address", front.address), ("front.sender", front.sender)]);
        }
        found
    }

    fn check(&self) -> Result<(), String> {
        let sizes = self.texts.first().map(|text| text.column.sizes.as_slice()).unwrap_or_default();
        if sizes.is_empty() {
            return Err("text と sizes を書いてください".to_owned());
        }
        if !sizes.is_sorted_by(|a, b| a.body > b.body) || sizes.iter().any(|size| size.body < SMALLEST) {
            return Err(format!("sizes は大きい順に、{SMALLEST} ポイント以上にしてください"));
        }
        if !(Mm::ZERO..=Mm(5.0)).contains(&self.bleed) {
            return Err("bleed は 0 から 5 mm にしてください".to_owned());
        }
        // Window and folds are reckoned for A4.
        if self.front.is_none() && (self.width, self.height) != A4 {
            let (width, height) = A4;
            return Err(format!("窓付き封筒に入れる用紙の sheet は {width}×{height} mm（A4）にしてください"));
        }
        let printable = self.printable();
        for side in 0..self.marks.len() {
            let places = self.places(side);
            let free = self.free(side);
            for (number, (what, place)) in places.iter().enumerate() {
                if !printable.holds(place) {
                    return Err(format!("{what}: 用紙の縁から {EDGE} mm の内側に置いてください"));
                }
                if let Some((kept, _)) = free.iter().find(|(_, area)| area.overlaps(place)) {
                    return Err(format!("{what}: {kept}に重なります"));
                }
                if let Some((other, _)) = places.iter().skip(number + 1).find(|(_, other)| other.overlaps(place)) {
                    return Err(format!("{what} と {other} が重なります"));
                }
            }
        }
        if self.marks.iter().filter_map(|mark| mark.code).any(|code| code.w < Mm(8.0)) {
            return Err("marks の code は 8 mm 以上にしてください（一目盛り 0.27 mm）".to_owned());
        }
        self.front.as_ref().map_or(Ok(()), |front| self.check_front(front))
    }

    fn check_front(&self, front: &Front) -> Result<(), String> {
        let (long, short) = (front.panel.w.max(front.panel.h), front.panel.w.min(front.panel.h));
        let [(least_long, most_long), (least_short, most_short)] = POSTCARD;
        if self.postcard && !((least_long..=most_long).contains(&long) && (least_short..=most_short).contains(&short)) {
            return Err(format!(
                "はがきの大きさ（{least_long}–{most_long} × {least_short}–{most_short} mm）ではありません（{long} × {short}）"
            ));
        }
        if self.postcard && !self.words.iter().any(|w| w.page == front.page && w.text == POSTCARD_WORDS) {
            return Err(format!("宛名面に「{POSTCARD_WORDS}」がありません（第一種郵便物の料金になります）"));
        }
        let needed = window::barcode_width(front.barcode_pt) + 2.0 * window::QUIET;
        if needed > front.address.w {
            return Err(format!("front.address: バーコードに幅 {needed:.2} mm が要ります"));
        }
        if front.panel.inset(BARCODE_EDGE).holds(&front.address) {
            Ok(())
        } else {
            Err(format!("front.address: 宛名面の縁から {BARCODE_EDGE} mm の内側に置いてください"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn changed(from: &str, to: &str) -> String {
        let text = std::fs::read_to_string(Path::new("layouts/papers.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        Papers::parse(&text.replacen(from, to, 1)).err().unwrap_or_default()
    }

    #[test]
    fn the_papers_as_they_are_pass() {
        let papers = Papers::load(&Folder::at(Path::new("."))).unwrap();
        let names: Vec<&str> = papers.all().map(|paper| paper.name.as_str()).collect();
        assert_eq!(names, ["A4", "A4片面", "はがき", "圧着V", "圧着Z"]);
        let sides: Vec<usize> = papers.all().map(|paper| paper.marks.len()).collect();
        assert_eq!(sides, [2, 1, 2, 2, 2]);
        assert!(papers.all().all(|paper| paper.postcard == paper.front.is_some()));
        let ids = |name: &str| papers.get(name).map(|paper| paper.texts.iter().map(|text| text.column.id).collect::<Vec<_>>());
        assert_eq!((ids("A4"), ids("A4片面")), (Some(vec![0, 0]), Some(vec![1])), "ragged lines are laid out apart");
        let open = |name: &str| papers.get(name).map(|paper| paper.texts.iter().map(|text| text.open).collect::<Vec<_>>());
        assert_eq!((open("A4"), open("はがき")), (Some(vec![false, false]), Some(vec![true])));
    }

    #[test]
    fn each_fault_is_refused() {
        for (from, to, told) in [
            ("sizes = [11.5, 11.0, 10.5]", "sizes = [11.0, 10.0]", "10.5 ポイント以上"),
            ("sheet = [210.0, 297.0]", "sheet = [210.0, 298.0]", "210×297 mm（A4）"),
            ("sheet = [100.0, 148.0]", "sheet = [90.0, 148.0]", "縁から 4 mm"),
            ("panel = [0.0, 0.0, 100.0, 148.0]", "panel = [0.0, 0.0, 120.0, 148.0]", "はがきの大きさ"),
            ("text = \"郵便はがき\"", "text = \"はがき\"", "「郵便はがき」がありません"),
            ("address = [14.0, 73.0, 72.0, 40.0]", "address = [14.0, 60.0, 72.0, 40.0]", "切手の場所に重なります"),
            ("address = [14.0, 73.0, 72.0, 40.0]", "address = [8.0, 73.0, 72.0, 40.0]", "10 mm の内側"),
            ("address = [14.0, 73.0, 72.0, 40.0]", "address = [14.0, 73.0, 60.0, 40.0]", "バーコードに幅"),
            ("area = [9.0, 9.0, 89.0, 127.0]", "area = [9.0, 9.0, 99.0, 127.0]", "折りの場所に重なります"),
            ("area = [112.0, 9.0, 89.0, 115.0]", "area = [112.0, 4.5, 89.0, 115.0]", "のりの場所に重なります"),
            ("area = [112.0, 9.0, 89.0, 115.0]", "area = [112.0, 9.0, 89.0, 125.0]", "が重なります"),
            ("code = [82.0, 130.0, 10.0]", "code = [82.0, 130.0, 7.0]", "8 mm 以上"),
            ("bleed = 3.0", "bleed = 9.0", "0 から 5 mm"),
            ("name = \"圧着V\"", "name = \"はがき\"", "二つあります"),
            ("name = \"A4\"", "name = \"A3\"", "最初の用紙"),
            ("page = 1, line = [9.0, 142.5", "page = 3, line = [9.0, 142.5", "page は 1"),
            ("page = 1, line = [9.0, 142.5", "page = 2, line = [9.0, 142.5", "一つの面に一つ"),
            ("text = [{ page = 1, area = [20.0", "text = [{ page = 2, area = [20.0", "marks は表だけ"),
            ("align = \"ragged\"", "align = \"centre\"", "（[paper] の align）"),
            ("postcard = true", "post_card = true", "post_card"),
        ] {
            let reason = changed(from, to);
            assert!(reason.contains(told), "{to}: {reason}");
        }
    }
}
