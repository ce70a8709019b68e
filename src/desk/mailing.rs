//! 差し出し: the pieces as the post office counts them; each paper is a posting of its own.

use crate::desk::outputs::letters::{self, Span};
use crate::desk::settings::Settings;
use crate::notice::piece::Piece;
use crate::notice::slip::Slip;
use crate::notice::{Forms, PaperKind};
use chrono::NaiveDate;
use kansho_core::keys::DecisionKey;
use kansho_paper::frame::Page;
use kansho_paper::length::Mm;
use kansho_post::PostalRow;
use kansho_post::sorting::{self, Bundle, Discount, Measured, Posted};
use std::collections::BTreeMap;
use std::ops::Range;

/// A posting, counted once for all outputs. The post office counts envelopes and postcards.
#[derive(Debug)]
pub struct Mailing {
    posted: Vec<Posted>,
    /// Where each of them begins among the pieces, and where the last one ends.
    begins: Vec<usize>,
    lots: Vec<Lot>,
    of_serial: BTreeMap<u32, u32>,
    post_on: NaiveDate,
}

/// What is posted on one paper; `places` are those among all that is posted.
#[derive(Debug)]
struct Lot {
    paper: String,
    /// Size of a postcard; `None` for letters in envelopes.
    card: Option<(Mm, Mm)>,
    places: Range<usize>,
    bundles: Vec<Bundle>,
    measured: Vec<Measured>,
}

impl Mailing {
    /// Counts the pieces by the office's list of 郵便区番号.
    #[must_use]
    pub fn count(pieces: &[(DecisionKey, Piece)], forms: &Forms, settings: &Settings, post_on: NaiveDate) -> Self {
        let (list, data) = (&settings.districts, settings.postal.as_ref());
        let one = |p: &Piece| Posted::new(p.place.envelope, p.postal, p.barcode.as_ref().err().cloned(), list, data);
        let leading = || pieces.iter().enumerate().filter(|(_, (_, piece))| piece.place.leads());
        let posted: Vec<Posted> = leading().map(|(_, (_, piece))| one(piece)).collect();
        let begins: Vec<usize> = leading().map(|(index, _)| index).chain([pieces.len()]).collect();
        let discounts: Vec<Discount> = settings.discounts.iter().filter(|d| d.valid_on(post_on)).cloned().collect();
        let paper = |place: usize| forms.paper_of(pieces.get(begins[place]).map_or("", |(_, piece)| piece.template.as_str()));
        let mut lots = Vec::new();
        let mut start = 0;
        // A run without pieces is one empty lot: its summary tells zeros.
        while start < posted.len() || lots.is_empty() {
            let kind = paper(start);
            let end = (start..posted.len()).find(|place| paper(*place).id != kind.id).unwrap_or(posted.len());
            let tied = lots.iter().map(|lot: &Lot| lot.bundles.len()).sum::<usize>();
            lots.push(Lot::new(&posted, start..end, kind, u32::try_from(tied).unwrap_or(u32::MAX), &discounts));
            start = end;
        }
        let bundles = lots.iter().flat_map(|lot| &lot.bundles);
        let of_serial = bundles.flat_map(|b| b.serials.iter().map(|serial| (*serial, b.number))).collect();
        Self { posted, begins, lots, of_serial, post_on }
    }

    /// Envelopes and postcards.
    #[must_use]
    pub fn mailed(&self) -> usize {
        self.posted.len()
    }

    /// Where the letter files begin and end: one paper a file, at most `most` letters, cut between bundles and between envelopes.
    #[must_use]
    pub fn files(&self, most: usize) -> Vec<Range<usize>> {
        let of_lot = |lot: &Lot| {
            let (first, end) = (self.begins[lot.places.start], self.begins[lot.places.end]);
            let pieces = |span: Span| {
                let (from, to) = (lot.places.start + span.first, lot.places.start + span.last + 1);
                Span { first: self.begins[from] - first, last: self.begins[to] - 1 - first, whole: span.whole }
            };
            let shared = self.shared(lot).map(|(from, to)| Span { first: from - first, last: to - first, whole: true });
            let spans: Vec<Span> = lot.spans().into_iter().map(pieces).chain(shared).collect();
            let moved = move |file: Range<usize>| file.start + first..file.end + first;
            letters::files(end - first, &spans, most).into_iter().map(moved).collect::<Vec<_>>()
        };
        self.lots.iter().flat_map(of_lot).collect()
    }

    /// First and last piece of each envelope with several.
    fn shared(&self, lot: &Lot) -> impl Iterator<Item = (usize, usize)> + '_ {
        let ends = self.begins[lot.places.start..=lot.places.end].windows(2);
        ends.map(|pair| (pair[0], pair[1] - 1)).filter(|(first, last)| first < last)
    }

    /// Puts 郵便区番号 and 結束番号 of the piece in place `index` into its row.
    pub fn mark(&self, index: usize, row: &mut PostalRow) {
        let place = self.begins.partition_point(|begin| *begin <= index).checked_sub(1);
        if let Some(posted) = place.and_then(|place| self.posted.get(place)) {
            row.district.clone_from(&posted.district);
            row.bundle = self.of_serial.get(&posted.serial).map(u32::to_string).unwrap_or_default();
        }
    }

    /// Each paper's pieces, bundles and discounts, for the summary.
    #[must_use]
    pub fn counted(&self) -> Vec<sorting::Lot<'_>> {
        self.lots
            .iter()
            .map(|lot| sorting::Lot {
                paper: &lot.paper,
                pieces: &self.posted[lot.places.clone()],
                bundles: &lot.bundles,
                discounts: &lot.measured,
            })
            .collect()
    }

    /// The drafts of the posting slips, one for each paper; none when nothing is posted.
    #[must_use]
    pub fn slips(&self, forms: &Forms, run: &str) -> Vec<Page> {
        if self.posted.is_empty() {
            return Vec::new();
        }
        let slip = |lot: &Lot| {
            forms.slip(&Slip {
                run,
                post_on: self.post_on,
                card: lot.card.map(|size| (lot.paper.as_str(), size)),
                pieces: &self.posted[lot.places.clone()],
                shared: self.shared(lot).count(),
                bundles: &lot.bundles,
                discounts: &lot.measured,
            })
        };
        self.lots.iter().map(slip).collect()
    }
}

impl Lot {
    /// Ties and measures the pieces of one paper; `tied` bundles have a number already.
    fn new(posted: &[Posted], places: Range<usize>, kind: PaperKind<'_>, tied: u32, discounts: &[Discount]) -> Self {
        let pieces = &posted[places.clone()];
        let mut bundles = sorting::bundles(pieces);
        bundles.iter_mut().for_each(|bundle| bundle.number += tied);
        let open: Vec<Discount> = discounts.iter().filter(|d| kind.card.is_none() || d.postcard).cloned().collect();
        let measured = sorting::measure(pieces, &open);
        Self { paper: kind.name.to_owned(), card: kind.card, places, bundles, measured }
    }

    /// Where each bundle that has a name lies among what is posted of the lot.
    fn spans(&self) -> Vec<Span> {
        let span = |serials: &[u32]| {
            let (first, last) = (*serials.iter().min()? as usize, *serials.iter().max()? as usize);
            let place = |serial: usize| serial.saturating_sub(1 + self.places.start);
            Some(Span { first: place(first), last: place(last), whole: last - first + 1 == serials.len() })
        };
        self.bundles.iter().filter(|bundle| !bundle.prefix.is_empty()).filter_map(|bundle| span(&bundle.serials)).collect()
    }
}
