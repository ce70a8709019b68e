//! 校正 `office/proof.pdf`: the machine chooses the letters that most likely show a fault, lists them by reason, and says on each page
//! why it is there (print.md 10.7).

use crate::desk::outputs::{Job, Made, Output};
use crate::notice::piece::Piece;
use crate::notice::{Forms, Step};
use kansho_core::diag::{Diagnostic, Failure, Report};
use kansho_core::keys::DecisionKey;
use kansho_paper::frame::{Face, Item, Page, Text};
use kansho_paper::length::{Mm, Pt};
use std::collections::BTreeMap;
use std::sync::Arc;

/// 校正.
#[derive(Debug)]
pub(super) struct Proof;

const FILE: &str = "office/proof.pdf";

impl Output for Proof {
    fn key(&self) -> &'static str {
        "proof"
    }

    fn owns(&self, path: &str) -> bool {
        path == FILE
    }

    fn leaves(&self) -> bool {
        false
    }

    fn make(&self, job: &Job<'_>, made: &mut Made) -> Result<(), Failure> {
        let list: Vec<&Piece> = job.pieces.iter().map(|(_, piece)| piece).collect();
        let tightest = |(key, _): &(DecisionKey, Piece)| {
            let found = job.steps.get(key).into_iter().flatten();
            found.copied().min_by(|(_, a), (_, b)| a.share().total_cmp(&b.share()))
        };
        let steps: Vec<Option<(&str, Step)>> = job.pieces.iter().map(tightest).collect();
        let facts = Facts { steps: &steps, substituted: &made.substituted };
        let pages = pages(&list, job.forms, facts).map_err(|problem| Failure::Refused(Report::from(problem)))?;
        job.document(FILE, "校正", &pages)
    }
}

/// Letters shown for one reason; a month of a large city has more twins than anybody looks at.
const MOST: usize = 20;
/// The reason whose letters are all shown.
const ALTERNATE: &str = "送付先の登録あり";
/// Lines of one page of the list.
const LINES: usize = 38;

/// A reason to look at letters, and the indices of all letters it holds for, in posting order.
#[derive(Debug, PartialEq, Eq)]
struct Reason {
    /// The words on the page.
    why: String,
    /// The letters.
    letters: Vec<usize>,
}

impl Reason {
    /// The letters that are shown.
    fn shown(&self) -> &[usize] {
        if self.why == ALTERNATE { &self.letters } else { &self.letters[..self.letters.len().min(MOST)] }
    }
}

/// What a run knows of its pieces, each by the piece's place.
#[derive(Clone, Copy, Debug)]
struct Facts<'a> {
    /// The tightest step of the fit ladder of each piece, with where; `None` when all stands as it was meant.
    steps: &'a [Option<(&'a str, Step)>],
    /// Pieces with substituted characters in the postal CSV.
    substituted: &'a BTreeMap<usize, Vec<String>>,
}

/// Every reason with its letters; none without.
fn reasons(pieces: &[&Piece], forms: &Forms, facts: Facts<'_>) -> Vec<Reason> {
    let all = || 0..pieces.len();
    let length = |text: &str| text.chars().count();
    let address = |i: &usize| length(&pieces[*i].address1) + pieces[*i].building.as_deref().map_or(0, length);
    let narrow = |i: &usize| facts.steps.get(*i).copied().flatten().map_or(f64::MAX, |(_, step)| step.share());
    let first_last = all().next().into_iter().chain(all().next_back());
    let tightest = all().min_by(|a, b| narrow(a).total_cmp(&narrow(b)).then(a.cmp(b)));
    let step = tightest.and_then(|at| facts.steps.get(at).copied().flatten());
    let mut found = vec![
        Reason { why: "最初の一通・最後の一通".to_owned(), letters: first_last.collect() },
        Reason {
            why: "最も長い氏名".to_owned(),
            letters: all().max_by_key(|i| (length(&pieces[*i].addressee), usize::MAX - i)).into_iter().collect(),
        },
        Reason {
            why: "最も長い住所".to_owned(),
            letters: all().max_by_key(|i| (address(i), usize::MAX - i)).into_iter().collect(),
        },
        Reason {
            why: step.map_or_else(String::new, |(what, step)| format!("最も詰めて印字（{what} {step}）")),
            letters: tightest.filter(|_| step.is_some()).into_iter().collect(),
        },
        Reason {
            why: "カスタマバーコードなし".to_owned(), letters: all().filter(|i| pieces[*i].barcode.is_err()).collect()
        },
        Reason {
            why: "予備の字形・異体字".to_owned(),
            letters: all().filter(|i| !forms.fallback_units(pieces[*i]).is_empty()).collect(),
        },
        Reason { why: "郵便CSVで代替文字".to_owned(), letters: facts.substituted.keys().copied().collect() },
        Reason { why: ALTERNATE.to_owned(), letters: all().filter(|i| pieces[*i].alternate_address).collect() },
    ];
    found.extend(templates(pieces));
    found.extend(boundaries(pieces));
    found.extend(alike(pieces));
    found.retain(|reason| !reason.letters.is_empty());
    found
}

/// The first letter of each template, and of each template with its wording for an unknown history.
fn templates(pieces: &[&Piece]) -> Vec<Reason> {
    let mut first = BTreeMap::new();
    for (index, piece) in pieces.iter().enumerate() {
        first.entry((piece.unknown_history, piece.template)).or_insert(index);
    }
    let why = |unknown| if unknown { "（接種歴が不明）" } else { "" };
    let reason =
        |((unknown, template), index)| Reason { why: format!("ひな形 {template}{}", why(unknown)), letters: vec![index] };
    first.into_iter().map(reason).collect()
}

/// The first and the last birth date of each programme and trigger (CK4).
fn boundaries(pieces: &[&Piece]) -> Vec<Reason> {
    let mut groups: BTreeMap<_, [usize; 2]> = BTreeMap::new();
    for (index, piece) in pieces.iter().enumerate() {
        let ends = groups.entry((piece.programme, piece.trigger.id())).or_insert([index; 2]);
        if piece.birth < pieces[ends[0]].birth {
            ends[0] = index;
        }
        if piece.birth > pieces[ends[1]].birth {
            ends[1] = index;
        }
    }
    let reason = |ends: [usize; 2]| {
        let piece = pieces[ends[0]];
        let mut letters = ends.to_vec();
        letters.dedup();
        Reason { why: format!("生年月日の境（{}・{}）", piece.programme_name, piece.trigger.word()), letters }
    };
    groups.into_values().map(reason).collect()
}

/// People whose papers are most easily mistaken for one another.
fn alike(pieces: &[&Piece]) -> [Reason; 2] {
    let mut twins: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    let mut names: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, piece) in pieces.iter().enumerate() {
        twins.entry((piece.programme, piece.postal, &piece.address1, &piece.building, piece.birth)).or_default().push(index);
        names.entry((&piece.name, piece.birth, piece.programme)).or_default().push(index);
    }
    let several = |groups: Vec<Vec<usize>>| -> Vec<usize> {
        let mut groups: Vec<Vec<usize>> = groups.into_iter().filter(|list| list.len() > 1).collect();
        groups.sort_unstable();
        groups.into_iter().flatten().collect()
    };
    [
        Reason {
            why: "同じ住所・同じ生年月日（双子など）".to_owned(), letters: several(twins.into_values().collect())
        },
        Reason { why: "同姓同名・同じ生年月日".to_owned(), letters: several(names.into_values().collect()) },
    ]
}

/// The list of reasons, then the chosen letters in posting order with the reasons on top of each page.
///
/// # Errors
/// The letter that cannot be composed (none: all have been composed before).
fn pages(pieces: &[&Piece], forms: &Forms, facts: Facts<'_>) -> Result<Vec<Page>, Diagnostic> {
    let reasons = reasons(pieces, forms, facts);
    let mut chosen: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for reason in &reasons {
        for index in reason.shown() {
            chosen.entry(*index).or_default().push(&reason.why);
        }
    }
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let mut pages: Vec<Page> = list(&reasons, &chosen, pieces).into_iter().map(|page| forms.marked(page, 0)).collect();
    for (index, reasons) in chosen {
        let text = format!("校正　通し番号 {}　選んだ理由: {}", pieces[index].number.0, reasons.join("、"));
        pages.extend(forms.letter(pieces[index])?.into_iter().map(|page| forms.noted(page, &text)));
    }
    Ok(pages)
}

fn line(text: &str, x: Mm, y: Mm, size: Pt) -> Item {
    Item::Text(Text { x, y, size, scale: 1.0, spacing: Mm::ZERO, face: Face::Text, text: Arc::from(text) })
}

/// What to look at and why, as the first pages.
fn list(reasons: &[Reason], chosen: &BTreeMap<usize, Vec<&str>>, pieces: &[&Piece]) -> Vec<Page> {
    const NAMED: usize = 4;
    let told = |reason: &Reason| {
        let numbers: Vec<String> = reason.shown().iter().take(NAMED).map(|i| pieces[*i].number.0.to_string()).collect();
        let more = if reason.shown().len() > NAMED { "…" } else { "" };
        let shown = match reason.shown().len() {
            shown if shown < reason.letters.len() => format!("、うちここに {shown} 通"),
            _ => String::new(),
        };
        (format!("□ {}", reason.why), format!("{} 通{shown}（通し番号 {}{more}）", reason.letters.len(), numbers.join("、")))
    };
    let lines: Vec<(String, String)> = reasons.iter().map(told).collect();
    let page = |(number, part): (usize, &[(String, String)])| {
        let mut items = Vec::new();
        if number == 0 {
            items.push(line("校正の一覧", Mm(20.0), Mm(22.0), Pt(16.0)));
            let sum = format!(
                "全 {} 通から {} 通を選びました。印刷して、実際の封筒に入れて確かめてください。",
                pieces.len(),
                chosen.len()
            );
            items.push(line(&sum, Mm(20.0), Mm(30.0), Pt(10.5)));
        } else {
            items.push(line("校正の一覧（続き）", Mm(20.0), Mm(22.0), Pt(12.0)));
        }
        for (place, (why, found)) in (0_u32..).zip(part) {
            let y = Mm(40.0) + Mm(6.4) * f64::from(place);
            items.push(line(why, Mm(20.0), y, Pt(10.5)));
            items.push(line(found, Mm(116.0), y, Pt(9.0)));
        }
        Page::a4(items)
    };
    lines.chunks(LINES).enumerate().map(page).collect()
}
