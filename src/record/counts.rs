//! The closing table: counts that must agree at every arrow. A run whose counts do not close is refused.

use kansho_core::case::{Meeting, RowCount};
use kansho_core::decision::{Decision, Reason, Verdict};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_rules::decide::outsider::Part;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Every count of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Counts {
    /// 住民の行.
    pub resident_rows: Rows,
    /// 台帳の行.
    pub ledger_rows: Rows,
    /// 台帳の行のうち、住民の番号と合ったもの.
    #[serde(default)]
    pub ledger_met: usize,
    /// 送付先・支援措置などの行, by sheet; a sheet that is not there is not here.
    #[serde(default)]
    pub marks: BTreeMap<String, Rows>,
    /// 人.
    pub people: usize,
    /// 人 × 事業.
    pub pairs: usize,
    /// 対象外 (人 × 事業).
    pub outside: usize,
    /// 今回の対象月でない人, in parts: ids of `decide::outsider::Part`.
    #[serde(default)]
    pub outside_parts: BTreeMap<String, usize>,
    /// 候補 = selected + excluded + held.
    pub candidates: usize,
    /// 送る.
    pub selected: usize,
    /// 送らない, by reason code.
    pub excluded: BTreeMap<String, usize>,
    /// 保留.
    pub held: usize,
    /// 送る, by programme id.
    pub programmes: BTreeMap<String, usize>,
    /// 通知書.
    pub letters: usize,
    /// 通知書のページ.
    pub pages: usize,
    /// 郵便CSVの行.
    pub postal_rows: usize,
    /// 郵便物 (envelopes and postcards): fewer than letters when several share an envelope (名寄せ).
    #[serde(default)]
    pub mailed: usize,
    /// 宛名ラベル.
    pub labels: usize,
    /// はがき・圧着はがき: the address is printed on them, they get no label.
    #[serde(default, skip_serializing_if = "none")]
    pub addressed: usize,
    /// シールのある通知.
    pub sticker_pieces: usize,
    /// シール (面).
    pub sticker_cells: usize,
    /// What was made of outputs that have no count of their own, beside what the pieces ask for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, Tally>,
    /// 基準日より後のため数えなかった接種.
    pub later_doses: usize,
    /// 基準日より後の通知.
    #[serde(default)]
    pub later_notices: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn none(count: &usize) -> bool {
    *count == 0
}

/// What the pieces ask for, and what was made.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Tally {
    /// Counted in the pieces.
    pub meant: usize,
    /// Counted in what was read back.
    pub made: usize,
}

/// rows = used + superseded + refused + nobody.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Rows {
    /// 読んだ行.
    pub rows: usize,
    /// 使った行.
    pub used: usize,
    /// 置き換えられた行.
    pub superseded: usize,
    /// 使わなかった行.
    pub refused: usize,
    /// 住民にいない人の行.
    #[serde(default)]
    pub nobody: usize,
}

impl Rows {
    const fn sum(self) -> usize {
        self.used + self.superseded + self.refused + self.nobody
    }
}

/// What the pieces ask for, counted before anything is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// Sides of paper.
    pub pages: usize,
    /// Cells of stickers.
    pub sticker_cells: usize,
}

impl From<RowCount> for Rows {
    fn from(count: RowCount) -> Self {
        Self { rows: count.rows, used: count.used, superseded: count.superseded, refused: count.refused, nobody: count.nobody }
    }
}

impl Counts {
    /// Counts the decisions.
    pub fn decisions(&mut self, decisions: &[Decision]) {
        self.candidates = decisions.len();
        for decision in decisions {
            match decision.verdict {
                Verdict::Selected => {
                    self.selected += 1;
                    *self.programmes.entry(decision.programme.to_string()).or_default() += 1;
                }
                Verdict::Excluded => *self.excluded.entry(decision.reason.id().to_owned()).or_default() += 1,
                Verdict::Held => self.held += 1,
            }
        }
    }

    /// Every equation that does not hold (design §2, CK10, CK13).
    #[must_use]
    pub fn check(&self, meant: Meant) -> Report {
        let mut report = Report::new();
        let mut equal = |what: &str, left: usize, right: usize| {
            if left != right {
                report.push(Diagnostic::new(Code::CountsDoNotClose, format!("件数が合いません: {what}（{left} ≠ {right}）")));
            }
        };
        for (name, rows) in [("住民の行", self.resident_rows), ("台帳の行", self.ledger_rows)] {
            equal(&format!("{name} = 使用 + 置換 + 不使用 + 住民にいない人"), rows.rows, rows.sum());
        }
        for (name, rows) in &self.marks {
            equal(&format!("{name}の行 = 使用 + 不使用 + 住民にいない人"), rows.rows, rows.sum());
        }
        equal("人 = 使用した住民の行", self.people, self.resident_rows.used);
        let excluded: usize = self.excluded.values().sum();
        equal("人×事業 = 候補 + 今回の対象月でない人", self.pairs, self.candidates + self.outside);
        equal("今回の対象月でない人 = わけの計", self.outside, self.outside_parts.values().sum());
        equal("候補 = 送る + 送らない + 保留", self.candidates, self.selected + excluded + self.held);
        equal("送る = 事業別の計", self.selected, self.programmes.values().sum());
        equal("送る = 通知書", self.selected, self.letters);
        equal("送る = 郵便CSVの行", self.selected, self.postal_rows);
        equal("通知書のページ = 通知ごとの用紙の面の計", self.pages, meant.pages);
        equal("シールの面 = 通知ごとのシールの計", self.sticker_cells, meant.sticker_cells);
        for (what, tally) in &self.more {
            equal(&format!("{what} = 通知ごとの{what}の計"), tally.made, tally.meant);
        }
        equal("郵便物 = 宛名ラベル + 宛名を印刷したはがき", self.mailed, self.labels + self.addressed);
        report
    }

    /// 今回の対象月でない人 by why, in words.
    #[must_use]
    pub fn parts(&self) -> String {
        let words = Part::ALL.iter().filter_map(|part| Some(format!("{} {}", part.word(), self.outside_parts.get(part.id())?)));
        words.collect::<Vec<_>>().join("、")
    }

    /// How the ledger met the residents.
    #[must_use]
    pub fn meeting(&self) -> Meeting {
        Meeting { rows: self.ledger_rows.rows, met: self.ledger_met }
    }

    /// Where the addresses stand: labels, and postcards when there are any.
    #[must_use]
    pub fn addresses(&self) -> String {
        match self.addressed {
            0 => format!("宛名ラベル {}", self.labels),
            cards => format!("宛名ラベル {} + はがき {cards}", self.labels),
        }
    }

    /// The closing table as printed at the end of a run.
    #[must_use]
    pub fn table(&self, programme_name: &dyn Fn(&str) -> String) -> String {
        let mut text = String::new();
        for (name, r) in [("住民の行", self.resident_rows), ("台帳の行", self.ledger_rows)] {
            let nobody = if r.nobody > 0 { format!(" + 住民にいない人 {}", r.nobody) } else { String::new() };
            let _ = writeln!(text, "{name} {} = 使用 {} + 置換 {} + 不使用 {}{nobody}", r.rows, r.used, r.superseded, r.refused);
        }
        let marks = self.marks.iter().map(|(name, r)| {
            let gone = r.refused + r.nobody;
            if gone > 0 {
                format!("{name} {}（うち住民にいない人 {gone}）", r.rows)
            } else {
                format!("{name} {}", r.rows)
            }
        });
        let _ = writeln!(text, "シートの行: {}", marks.collect::<Vec<_>>().join("、"));
        let _ = writeln!(text, "住民の番号と合った台帳の行 {}（{:.1} %）", self.ledger_met, self.meeting().percent());
        let _ = writeln!(text, "人×事業 {} = 候補 {} + 今回の対象月でない人 {}", self.pairs, self.candidates, self.outside);
        let _ = writeln!(text, "  {}", self.parts());
        let excluded: usize = self.excluded.values().sum();
        let _ = writeln!(text, "候補 {} = 送る {} + 送らない {excluded} + 保留 {}", self.candidates, self.selected, self.held);
        for reason in Reason::ALL {
            if let Some(count) = self.excluded.get(reason.id()) {
                let _ = writeln!(text, "  送らない: {} {count}", reason.word());
            }
        }
        for (programme, count) in &self.programmes {
            let _ = writeln!(text, "  送る: {} {count}", programme_name(programme));
        }
        let _ = writeln!(
            text,
            "送る {} = 通知書 {}（{}ページ）= 郵便CSV {}、郵便物 {} = {}、シール {} 通（{} 面）",
            self.selected,
            self.letters,
            self.pages,
            self.postal_rows,
            self.mailed,
            self.addresses(),
            self.sticker_pieces,
            self.sticker_cells
        );
        for (what, tally) in &self.more {
            let _ = writeln!(text, "{what} {}", tally.made);
        }
        if self.later_doses > 0 {
            let _ = writeln!(text, "基準日より後の接種 {} 件があり、その人のその分には送りません", self.later_doses);
        }
        if self.later_notices > 0 {
            let _ = writeln!(text, "基準日より後の通知 {} 件があり、通知済みとして扱いました", self.later_notices);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run whose counts close: two people and two programmes, one letter of two pages with four stickers, one label.
    fn sound() -> (Counts, Meant) {
        let rows = |rows, used, superseded, refused, nobody| Rows { rows, used, superseded, refused, nobody };
        let counts = Counts {
            resident_rows: rows(4, 2, 1, 1, 0),
            ledger_rows: rows(9, 5, 1, 1, 2),
            ledger_met: 6,
            marks: BTreeMap::from([("支援措置".to_owned(), rows(3, 1, 0, 1, 1)), ("送付先".to_owned(), Rows::default())]),
            people: 2,
            pairs: 4,
            outside: 1,
            outside_parts: BTreeMap::from([("over".to_owned(), 1), ("not_in_group".to_owned(), 0)]),
            candidates: 3,
            selected: 1,
            excluded: BTreeMap::from([("dead".to_owned(), 1)]),
            held: 1,
            programmes: BTreeMap::from([("mr1".to_owned(), 1)]),
            letters: 1,
            pages: 2,
            postal_rows: 1,
            mailed: 1,
            labels: 1,
            addressed: 0,
            sticker_pieces: 1,
            sticker_cells: 4,
            more: BTreeMap::from([("予診票".to_owned(), Tally { meant: 2, made: 2 })]),
            later_doses: 0,
            later_notices: 0,
        };
        (counts, Meant { pages: 2, sticker_cells: 4 })
    }

    type Break = fn(&mut Counts);

    /// Each equation broken once at one of its ends, and the words that must tell it.
    const BROKEN: &[(&str, Break)] = &[
        ("住民の行", |c| c.resident_rows.rows += 1),
        ("人 = 使用した住民の行", |c| c.people += 1),
        ("台帳の行", |c| c.ledger_rows.rows -= 1),
        ("台帳の行", |c| c.ledger_rows.nobody += 1),
        ("支援措置の行", |c| c.marks.get_mut("支援措置").into_iter().for_each(|rows| rows.rows += 1)),
        ("送付先の行", |c| c.marks.get_mut("送付先").into_iter().for_each(|rows| rows.used += 1)),
        ("人×事業 = 候補", |c| c.pairs += 1),
        ("今回の対象月でない人 = わけの計", |c| c.outside_parts.clear()),
        ("候補 = 送る + 送らない + 保留", |c| c.held += 1),
        ("送る = 事業別の計", |c| c.programmes.clear()),
        ("送る = 通知書", |c| c.letters -= 1),
        ("送る = 郵便CSVの行", |c| c.postal_rows += 1),
        ("通知書のページ", |c| c.pages -= 1),
        ("シールの面", |c| c.sticker_cells += 1),
        ("予診票 =", |c| c.more.values_mut().for_each(|tally| tally.made -= 1)),
        ("郵便物 = 宛名ラベル", |c| c.labels -= 1),
    ];

    #[test]
    fn every_equation_can_fail() {
        let (counts, meant) = sound();
        assert!(counts.check(meant).is_empty());
        for (words, broken) in BROKEN {
            let (mut counts, meant) = sound();
            broken(&mut counts);
            let told: Vec<String> = counts.check(meant).iter().map(|d| d.message.clone()).collect();
            assert!(told.iter().any(|message| message.contains(words)), "{words}: {told:?}");
        }
    }
}
