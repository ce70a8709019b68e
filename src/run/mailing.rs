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

/// A posting, counted once for all outputs.
#[derive(Debug)]
pub struct Mailing {
    posted: Vec<Posted>,
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
        let one = |(_, p): &(usize, Piece)| Posted::new(p.number.0, p.postal, p.barcode.as_ref().err().cloned(), &list, data);
        let posted: Vec<Posted> = pieces.iter().map(one).collect();
        let bundles = sorting::bundles(&posted);
        let of_serial = bundles.iter().flat_map(|b| b.serials.iter().map(|serial| (*serial, b.number))).collect();
        let discounts = sorting::discounts(&home.path("layouts/postal/discounts.toml"), post_on)?;
        let measured = sorting::measure(&posted, &discounts);
        Ok(Self { posted, bundles, of_serial, discounts, measured, post_on })
    }

    /// Where each bundle that has a name lies in the posting order.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let span = |serials: &[u32]| {
            let (first, last) = (*serials.iter().min()? as usize, *serials.iter().max()? as usize);
            Some(Span { first: first.saturating_sub(1), last: last.saturating_sub(1), whole: last - first + 1 == serials.len() })
        };
        self.bundles.iter().filter(|bundle| !bundle.prefix.is_empty()).filter_map(|bundle| span(&bundle.serials)).collect()
    }

    /// Puts 郵便区番号 and 結束番号 of the piece in place `index` into its row.
    pub fn mark(&self, index: usize, row: &mut PostalRow) {
        if let Some(posted) = self.posted.get(index) {
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
