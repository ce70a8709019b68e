//! 差し出し: the pieces as the post office counts them, `postal-summary.csv` and `postal-slip.pdf`.

use crate::compose::Forms;
use crate::compose::font::Fonts;
use crate::compose::piece::Piece;
use crate::compose::slip::Slip;
use crate::diag::{Code, Diagnostic, Failure, Report};
use crate::emit::pdf::read::PdfReader;
use crate::emit::pdf::{self, Info};
use crate::emit::stage::Stage;
use crate::home::Home;
use crate::postal::sorting::{self, Bundle, Discount, Measured, Posted};
use crate::postal::{Districts, PostalData, PostalRow};
use crate::run::letters::Span;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A posting, counted once for all outputs. The post office counts envelopes.
#[derive(Debug)]
pub struct Mailing {
    posted: Vec<Posted>,
    /// Where each envelope begins among the pieces, and where the last one ends.
    begins: Vec<usize>,
    bundles: Vec<Bundle>,
    of_serial: BTreeMap<u32, u32>,
    discounts: Vec<Discount>,
    measured: Vec<Measured>,
    post_on: NaiveDate,
}

impl Mailing {
    /// Counts the pieces by the office's list of 郵便区番号 (a path below `home`, empty = none).
    ///
    /// # Errors
    /// [`Failure::Io`], [`Failure::Usage`] when the list or the table of discounts is wrong.
    pub fn count(
        pieces: &[(usize, Piece)],
        data: Option<&PostalData>,
        list: &str,
        home: &Home,
        post_on: NaiveDate,
    ) -> Result<Self, Failure> {
        let list = if list.is_empty() { Districts::default() } else { Districts::load(&home.path(list))? };
        let one = |p: &Piece| Posted::new(p.place.envelope, p.postal, p.barcode.as_ref().err().cloned(), &list, data);
        let leading = || pieces.iter().enumerate().filter(|(_, (_, piece))| piece.place.leads());
        let posted: Vec<Posted> = leading().map(|(_, (_, piece))| one(piece)).collect();
        let begins = leading().map(|(index, _)| index).chain([pieces.len()]).collect();
        let bundles = sorting::bundles(&posted);
        let of_serial = bundles.iter().flat_map(|b| b.serials.iter().map(|serial| (*serial, b.number))).collect();
        let discounts = sorting::discounts(&home.path("layouts/postal/discounts.toml"), post_on)?;
        let measured = sorting::measure(&posted, &discounts);
        Ok(Self { posted, begins, bundles, of_serial, discounts, measured, post_on })
    }

    /// Envelopes.
    #[must_use]
    pub fn envelopes(&self) -> usize {
        self.posted.len()
    }

    /// Where each bundle that has a name, and each envelope with several pieces, lies among the pieces.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let span = |serials: &[u32]| {
            let (first, last) = (*serials.iter().min()? as usize, *serials.iter().max()? as usize);
            let (begin, end) = (*self.begins.get(first.checked_sub(1)?)?, *self.begins.get(last)?);
            Some(Span { first: begin, last: end.checked_sub(1)?, whole: last - first + 1 == serials.len() })
        };
        let bundles = self.bundles.iter().filter(|bundle| !bundle.prefix.is_empty()).filter_map(|bundle| span(&bundle.serials));
        bundles.chain(self.shared().map(|(first, last)| Span { first, last, whole: true })).collect()
    }

    /// First and last piece of each envelope with several.
    fn shared(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.begins
            .iter()
            .zip(self.begins.iter().skip(1))
            .map(|(begin, end)| (*begin, end - 1))
            .filter(|(first, last)| first < last)
    }

    /// Puts 郵便区番号 and 結束番号 of the piece in place `index` into its row.
    pub fn mark(&self, index: usize, row: &mut PostalRow) {
        let envelope = self.begins.partition_point(|begin| *begin <= index).checked_sub(1);
        if let Some(posted) = envelope.and_then(|envelope| self.posted.get(envelope)) {
            row.district.clone_from(&posted.district);
            row.bundle = self.of_serial.get(&posted.serial).map(u32::to_string).unwrap_or_default();
        }
    }

    /// Writes `postal-summary.csv` and, when anything is posted, `postal-slip.pdf`, which is read back.
    ///
    /// # Errors
    /// [`Failure::Io`] when the disk does not take them, [`Failure::Refused`] when the slip is not what was drawn.
    pub fn write(&self, stage: &Stage, forms: &Forms, fonts: &Fonts, info: &Info) -> Result<(), Failure> {
        const NAME: &str = "postal-slip.pdf";
        stage.write("postal-summary.csv", &sorting::summary_csv(&self.posted, &self.discounts)?)?;
        if self.posted.is_empty() {
            return Ok(());
        }
        let page = forms.slip(&Slip {
            run: &info.run,
            post_on: self.post_on,
            pieces: &self.posted,
            shared: self.shared().count(),
            bundles: &self.bundles,
            discounts: &self.measured,
        });
        let bytes = pdf::write_pages(Vec::new(), fonts, &[&page], info)?;
        let drawn: Vec<&str> = page.texts().iter().map(|(_, _, text)| &*text.text).collect();
        let read = PdfReader::open(bytes.clone()).and_then(|reader| reader.page(0));
        if !read.is_ok_and(|page| page.runs.iter().map(|run| run.text.as_ref()).eq(drawn)) {
            let problem = Diagnostic::new(Code::OutputDiffers, format!("{NAME}: 読み返した内容が違います"));
            return Err(Failure::Refused(Report::from(problem)));
        }
        stage.write(NAME, &bytes)
    }
}
