//! 受渡書 `handover.pdf`: the paper that goes with the package. What is handed over, in numbers that both sides can compare, and
//! the places to sign. It says nothing about any person.

use crate::notice::office::Office;
use chrono::NaiveDate;
use kansho_core::calendar;
use kansho_paper::font::Fonts;
use kansho_paper::frame::{A4, Area, Face, Page};
use kansho_paper::length::{Mm, Pt};
use kansho_paper::pen::Pen;

const LEFT: Mm = Mm(18.0);
const WIDTH: Mm = Mm(174.0);
/// Height of a table row.
const ROW: Mm = Mm(5.8);
/// Height of a file: its line and the line of its hash.
const FILE: Mm = Mm(9.7);
/// Baseline where the part to fill in by hand starts on the first page.
const SIGNING: Mm = Mm(189.0);
/// Lowest baseline of a list.
const BOTTOM: Mm = Mm(278.0);
const LIGHT: f64 = 0.93;

/// What the sheet tells.
#[derive(Clone, Copy, Debug)]
pub struct Handover<'a> {
    /// Run id.
    pub run: &'a str,
    /// 試験: nothing of it may be posted.
    pub rehearsal: bool,
    /// 見本の設定.
    pub sample: bool,
    /// 基準日.
    pub as_of: Option<NaiveDate>,
    /// 発送日.
    pub post_on: Option<NaiveDate>,
    /// Label and count of each kind, such as 通知書 and 220 通.
    pub totals: &'a [(String, String)],
    /// Name and number of pieces of each programme.
    pub programmes: &'a [(String, usize)],
    /// Every packed file.
    pub files: &'a [HandoverFile],
    /// Merkle root of the packed files.
    pub root: &'a str,
    /// Merkle root of the whole run.
    pub run_root: &'a str,
    /// The last entry of the register's log, `SEQ:HASH`, where the run is kept in one.
    pub log_head: Option<&'a str>,
}

/// A file as the sheet lists it.
#[derive(Clone, Debug)]
pub struct HandoverFile {
    /// Name.
    pub name: String,
    /// What it holds, such as 220 通 440 ページ.
    pub holds: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

/// Where the first line of a page stands.
const TOP: Mm = Mm(20.0);

/// A rule below the line, across the page.
fn under(pen: &mut Pen<'_>, width: Mm) {
    let y = pen.y + Mm(1.9);
    pen.line(LEFT, y, LEFT + WIDTH, y, width);
}

fn heading(pen: &mut Pen<'_>, text: &str) {
    pen.y += Mm(8.0);
    pen.put(Face::Bold, text, LEFT, Pt(10.5), WIDTH);
    under(pen, Mm(0.3));
    pen.y += Mm(1.4);
}

/// A ruled table with a shaded first row.
fn grid(pen: &mut Pen<'_>, widths: &[Mm], heights: &[Mm]) {
    let (top, height) = (pen.y, heights.iter().sum::<Mm>());
    let head = Area { x: LEFT, y: top, w: widths.iter().sum(), h: heights.first().copied().unwrap_or_default() };
    pen.fill(head, LIGHT);
    let mut y = top;
    for step in std::iter::once(&Mm::ZERO).chain(heights) {
        y += *step;
        pen.line(LEFT, y, LEFT + head.w, y, Mm(0.2));
    }
    let mut x = LEFT;
    for step in std::iter::once(&Mm::ZERO).chain(widths) {
        x += *step;
        pen.line(x, top, x, top + height, Mm(0.2));
    }
}

/// The page with its foot.
fn finish(mut pen: Pen<'_>, run: &str, number: usize, of: usize) -> Page {
    pen.y = Mm(288.0);
    pen.put(Face::Text, "この書面に、個人の氏名・番号・住所は書いていません。", LEFT, Pt(8.0), Mm(110.0));
    pen.put_right(Face::Fixed, &format!("処理 {run}　{number}/{of}"), LEFT + Mm(110.0), Pt(8.0), WIDTH - Mm(110.0));
    pen.finish()
}

/// Hexadecimal digits in groups of four, as two people read them to each other.
fn groups(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A number with commas.
fn commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Draws the sheet: one page, and more when the files do not fit on it.
#[must_use]
pub fn pages(fonts: &Fonts, office: &Office, sheet: &Handover<'_>) -> Vec<Page> {
    let mut first = Pen::new(fonts, TOP);
    head(&mut first, office, sheet);
    counts(&mut first, sheet);
    roots(&mut first, sheet);
    let fits = first.y + Mm(9.4) + FILE * sheet.files.len() as f64 <= SIGNING - Mm(9.0);
    let mut lists = Vec::new();
    heading(&mut first, &format!("ファイル（{} 個）と SHA-256", sheet.files.len()));
    if fits {
        sheet.files.iter().for_each(|one| file(&mut first, one));
    } else {
        first.y += ROW;
        first.put(Face::Text, "次のページからの一覧のとおり", LEFT, Pt(9.5), WIDTH);
        lists = listing(fonts, sheet.files);
    }
    signing(&mut first);
    erasure(&mut first);
    let of = lists.len() + 1;
    std::iter::once(first).chain(lists).zip(1..).map(|(pen, number)| finish(pen, sheet.run, number, of)).collect()
}

fn head(pen: &mut Pen<'_>, office: &Office, sheet: &Handover<'_>) {
    let title = match (sheet.rehearsal, sheet.sample) {
        (true, _) => "受渡書（試験。発送できません）",
        (false, true) => "受渡書（見本の設定）",
        (false, false) => "受渡書",
    };
    pen.put(Face::Bold, title, LEFT, Pt(20.0), Mm(108.0));
    pen.put_right(Face::Bold, sheet.run, LEFT + Mm(112.0), Pt(13.0), WIDTH - Mm(112.0));
    pen.y += Mm(6.2);
    pen.put(Face::Text, "予防接種の通知の印刷・封入に使うデータの受け渡し", LEFT, Pt(9.5), Mm(100.0));
    pen.put_right(Face::Text, "処理番号", LEFT + Mm(110.0), Pt(8.5), WIDTH - Mm(110.0));
    pen.y += Mm(1.2);
    under(pen, Mm(0.5));
    pen.y += Mm(1.2);
    let city = &office.city;
    let day = |d: Option<NaiveDate>| {
        d.map_or_else(|| BLANK_DAY.to_owned(), |d| format!("{}（{}）", calendar::wareki(d), calendar::western(d)))
    };
    let sender = format!("{}　{}　〒{}　{}　電話 {}", city.name, city.section, city.section_postcode, city.address, city.tel);
    for (label, text) in [
        ("渡す側", sender),
        ("基準日", format!("{}　　発送日　{}", day(sheet.as_of), day(sheet.post_on))),
        ("用紙・封筒", stocks(office)),
        ("暗号", "AES-256のzip。合言葉は、このファイルとは別の経路で伝えます".to_owned()),
    ] {
        pen.y += ROW;
        pen.put(Face::Bold, label, LEFT, Pt(9.5), Mm(22.0));
        pen.put(Face::Text, &text, LEFT + Mm(24.0), Pt(9.5), WIDTH - Mm(24.0));
    }
}

/// What the shop takes from its shelves: envelope with window and folds, label and sticker stock.
fn stocks(office: &Office) -> String {
    let envelope = &office.envelope;
    let [first, second] = envelope.folds();
    let mm = |length: Mm| ((length.0 * 10.0).round() / 10.0).to_string();
    let panels = [first, second - first, A4.1 - second].map(mm).join("/");
    format!(
        "封筒 {}（窓 {}×{} mm）、通知書の折り {panels} mm、宛名ラベル {}、シール {}",
        envelope.name,
        mm(envelope.window_w_mm),
        mm(envelope.window_h_mm),
        office.labels.stock,
        office.stickers.stock
    )
}

/// Totals in one line, below them the programmes in columns.
fn counts(pen: &mut Pen<'_>, sheet: &Handover<'_>) {
    const GAP: Mm = Mm(6.0);
    /// Rows of programmes that leave room for what follows; more stand closer.
    const ROOM: Mm = Mm(32.0);
    heading(pen, "件数");
    pen.y += ROW;
    let area = Area { x: LEFT, y: pen.y - Mm(4.2), w: WIDTH, h: Mm(6.1) };
    pen.fill(area, LIGHT);
    let wide = |face, text: &str| pen.measure(face, text, Pt(9.5));
    let widths: Vec<(Mm, Mm)> =
        sheet.totals.iter().map(|(label, count)| (wide(Face::Text, label), wide(Face::Bold, count))).collect();
    let used: Mm = widths.iter().map(|(label, count)| *label + *count).sum();
    let spare = WIDTH - Mm(4.0) - Mm(2.0) * widths.len() as f64;
    // Everything beside each other in one line: what is too long together is condensed together.
    let between = ((spare - used) / (widths.len().max(2) - 1) as f64).max(Mm(3.0));
    let squeeze = ((spare - between * (widths.len().max(2) - 1) as f64) / used.max(Mm(1.0))).min(1.0);
    let mut x = LEFT + Mm(2.0);
    for ((label, count), (first, second)) in sheet.totals.iter().zip(widths) {
        let (first, second) = (first * squeeze, second * squeeze);
        pen.put(Face::Text, label, x, Pt(9.5), first);
        pen.put(Face::Bold, count, x + first + Mm(2.0), Pt(9.5), second);
        x += first + Mm(2.0) + second + between;
    }
    const COLUMNS: usize = 4;
    let width = (WIDTH - GAP * (COLUMNS - 1) as f64) / COLUMNS as f64;
    let top = pen.y + Mm(1.6);
    let rows = sheet.programmes.len().div_ceil(COLUMNS).max(1);
    // The head of the log, where there is one, takes a row of it.
    let room = if sheet.log_head.is_some() { ROOM - ROW } else { ROOM };
    let step = ROW.min(room / rows as f64);
    let size = Pt(9.0).min(Pt(step.0 * 1.7));
    for (column, names) in sheet.programmes.chunks(rows).enumerate() {
        let x = LEFT + (width + GAP) * column as f64;
        pen.y = top;
        for (name, count) in names {
            pen.y += step;
            pen.put(Face::Text, name, x, size, width - Mm(14.0));
            pen.put_right(Face::Fixed, &format!("{count} 通"), x + width - Mm(13.0), size, Mm(13.0));
            let y = pen.y + step * 0.3;
            pen.line(x, y, x + width, y, Mm(0.1));
        }
    }
    pen.y = top + step * rows as f64;
}

fn roots(pen: &mut Pen<'_>, sheet: &Handover<'_>) {
    heading(pen, "照合値");
    // Beside the heading, above its rule.
    pen.y -= Mm(1.4);
    let note = "kansho verify が表示する値と「この受け渡し」が同じことを、受け取った人が確かめてください";
    pen.put_right(Face::Text, note, LEFT + Mm(30.0), Pt(8.5), WIDTH - Mm(30.0));
    pen.y += Mm(1.4);
    for (label, root, face, size) in
        [("この受け渡し", sheet.root, Face::Bold, Pt(9.5)), ("処理の全体", sheet.run_root, Face::Text, Pt(8.0))]
    {
        pen.y += ROW;
        pen.put(face, label, LEFT, Pt(9.5), Mm(28.0));
        pen.put(Face::Fixed, &groups(root), LEFT + Mm(30.0), size, WIDTH - Mm(30.0));
    }
    if let Some(head) = sheet.log_head {
        pen.y += ROW;
        pen.put(Face::Text, "記録の末尾", LEFT, Pt(9.5), Mm(28.0));
        pen.put(Face::Fixed, head, LEFT + Mm(30.0), Pt(8.0), WIDTH - Mm(30.0));
    }
}

fn file(pen: &mut Pen<'_>, one: &HandoverFile) {
    pen.y += Mm(6.0);
    pen.put(Face::Bold, &one.name, LEFT, Pt(9.5), Mm(48.0));
    pen.put(Face::Text, &one.holds, LEFT + Mm(50.0), Pt(9.5), Mm(88.0));
    pen.put_right(Face::Fixed, &format!("{} バイト", commas(one.bytes)), LEFT + Mm(138.0), Pt(9.0), WIDTH - Mm(138.0));
    pen.y += FILE - Mm(6.0);
    pen.put(Face::Fixed, &groups(&one.sha256), LEFT + Mm(50.0), Pt(8.0), WIDTH - Mm(50.0));
    let y = pen.y + Mm(1.4);
    pen.line(LEFT, y, LEFT + WIDTH, y, Mm(0.1));
}

/// The list on pages of its own.
fn listing<'a>(fonts: &'a Fonts, files: &[HandoverFile]) -> Vec<Pen<'a>> {
    let mut pens = Vec::new();
    let mut pen = Pen::new(fonts, TOP);
    pen.put(Face::Bold, "受渡書　ファイルの一覧", LEFT, Pt(13.0), WIDTH);
    under(&mut pen, Mm(0.3));
    pen.y += Mm(1.4);
    for one in files {
        if pen.y + FILE > BOTTOM {
            let mut next = Pen::new(fonts, TOP);
            next.put(Face::Bold, "受渡書　ファイルの一覧（続き）", LEFT, Pt(13.0), WIDTH);
            under(&mut next, Mm(0.3));
            next.y += Mm(1.4);
            pens.push(std::mem::replace(&mut pen, next));
        }
        file(&mut pen, one);
    }
    pens.push(pen);
    pens
}

/// Room to write a date by hand: the proportional face sets its blanks narrow.
const BLANK_DAY: &str = "　　　　　年　　　月　　　日";

/// Who gave, who took, when.
fn signing(pen: &mut Pen<'_>) {
    pen.y = SIGNING - Mm(8.0);
    heading(pen, "受け渡し");
    pen.y += Mm(2.2);
    let widths = [34.0, 70.0, 70.0].map(Mm);
    let heights = [6.6, 9.4, 12.0].map(Mm);
    let top = pen.y;
    grid(pen, &widths, &heights);
    let (second, third) = (LEFT + Mm(34.0), LEFT + Mm(104.0));
    pen.y = top + Mm(4.7);
    pen.put(Face::Bold, "渡した人", second + Mm(2.0), Pt(9.5), Mm(60.0));
    pen.put(Face::Bold, "受け取った人", third + Mm(2.0), Pt(9.5), Mm(60.0));
    pen.y = top + Mm(12.4);
    pen.put(Face::Bold, "日時", LEFT + Mm(2.0), Pt(9.5), Mm(30.0));
    for x in [second, third] {
        pen.put(Face::Text, &format!("{BLANK_DAY}　　　時　　　分"), x + Mm(2.0), Pt(9.0), Mm(66.0));
    }
    pen.y = top + Mm(23.3);
    pen.put(Face::Bold, "所属・氏名", LEFT + Mm(2.0), Pt(9.5), Mm(30.0));
    for x in [second, third] {
        pen.put(Face::Text, "印", x + Mm(63.0), Pt(9.0), Mm(6.0));
    }
    pen.y = top + Mm(33.2);
    pen.put(Face::Text, "受け取ったときに確かめたもの", LEFT, Pt(9.0), Mm(50.0));
    pen.put(
        Face::Text,
        "□ 件数　　□ 照合値　　□ 合言葉で開けること　　□ 印刷前の見本",
        LEFT + Mm(54.0),
        Pt(9.0),
        WIDTH - Mm(54.0),
    );
    pen.y = top + Mm(33.2);
}

/// What has to come back, and what has to be gone, and who says so.
fn erasure(pen: &mut Pen<'_>) {
    heading(pen, "返却と消去");
    pen.y += Mm(2.2);
    let widths = [34.0, 46.0, 46.0, 48.0].map(Mm);
    let heights = [6.6, 9.0, 9.0].map(Mm);
    let top = pen.y;
    grid(pen, &widths, &heights);
    let columns: Vec<Mm> = widths.iter().scan(LEFT, |x, w| Some(std::mem::replace(x, *x + *w) + Mm(2.0))).collect();
    let rows = [
        ["", "予定日", "終えた日", "した人（所属・氏名・印）"],
        ["印刷物・紙の返却", BLANK_DAY, BLANK_DAY, "印"],
        ["データの消去", BLANK_DAY, BLANK_DAY, "印"],
    ];
    for (number, row) in rows.iter().enumerate() {
        pen.y = top + if number == 0 { Mm(4.7) } else { Mm(6.6) + Mm(9.0) * number as f64 - Mm(3.0) };
        for (place, text) in row.iter().enumerate() {
            let bold = number == 0 || place == 0;
            let x = columns.get(place).copied().unwrap_or(LEFT) + if *text == "印" { Mm(40.0) } else { Mm::ZERO };
            pen.put(if bold { Face::Bold } else { Face::Text }, text, x, Pt(9.0), Mm(44.0));
        }
    }
    pen.y = top + Mm(30.2);
    pen.put(
        Face::Text,
        "消去の方法　□ 上書き消去　□ 暗号鍵の破棄　□ 媒体の破壊　□ その他（　　　　　　　　　　）　　",
        LEFT,
        Pt(9.0),
        WIDTH,
    );
    pen.y += Mm(5.6);
    pen.put(
        Face::Text,
        "上のデータとその複製（印刷機・作業用・控えを含む）をすべて消去したことを証明します。再委託先の分を含みます。",
        LEFT,
        Pt(9.0),
        WIDTH,
    );
    pen.y += Mm(7.0);
    pen.put(Face::Text, &format!("証明した日 {BLANK_DAY}"), LEFT, Pt(9.0), Mm(60.0));
    pen.put(Face::Text, "会社名・責任者", LEFT + Mm(66.0), Pt(9.0), Mm(30.0));
    pen.put(Face::Text, "印", LEFT + WIDTH - Mm(6.0), Pt(9.0), Mm(6.0));
    let y = pen.y + Mm(1.6);
    pen.line(LEFT + Mm(92.0), y, LEFT + WIDTH - Mm(8.0), y, Mm(0.1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_stands_in_sixteen_groups_and_a_length_with_commas() {
        assert_eq!(groups(&"0123456789abcdef".repeat(4)).split(' ').count(), 16);
        assert_eq!([0, 999, 1000, 1_234_567].map(commas), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_hundred_files_go_on_over_pages_and_no_text_leaves_its_page() {
        let home = kansho_core::folder::Folder::at(std::path::Path::new("."));
        let (fonts, office) = (Fonts::load(&home.place("fonts")).unwrap(), Office::load(&home).unwrap());
        let file = |n: usize| HandoverFile {
            name: format!("letters-{n:04}.pdf"),
            holds: format!("通知書 2000 通 4000 ページ（通し番号 {}–{}）", n * 2000 - 1999, n * 2000),
            bytes: 5_000_000,
            sha256: "0123456789abcdef".repeat(4),
        };
        let programmes: Vec<(String, usize)> = (0..40).map(|n| (format!("高齢者インフルエンザ{n}"), 260_000)).collect();
        let totals: Vec<(String, String)> = ["通知書", "郵便CSV", "宛名ラベル", "シール"]
            .map(|label| (label.to_owned(), "260000 通（520000 ページ）".to_owned()))
            .to_vec();
        for count in [0, 1, 5, 6, 100] {
            let files: Vec<HandoverFile> = (1..=count).map(file).collect();
            let root = "f".repeat(64);
            let sheet = Handover {
                run: "T20261201-aed99c43",
                rehearsal: true,
                sample: true,
                as_of: None,
                post_on: None,
                totals: &totals,
                programmes: &programmes,
                files: &files,
                root: &root,
                run_root: &root,
                log_head: Some("123:ffff"),
            };
            let pages = pages(&fonts, &office, &sheet);
            assert_eq!(pages.len() > 1, count > 5, "{count} files");
            let texts: Vec<_> = pages.iter().flat_map(Page::texts).collect();
            for (x, y, text) in &texts {
                let right = *x + fonts.measure(text.face, &text.text, text.size) * text.scale;
                assert!(*x >= LEFT && right <= LEFT + WIDTH + Mm(0.1) && *y <= Mm(289.0), "{} at {x} {y}", text.text);
            }
            for one in &files {
                assert_eq!(texts.iter().filter(|(_, _, text)| *text.text == *one.name).count(), 1);
            }
        }
    }
}
