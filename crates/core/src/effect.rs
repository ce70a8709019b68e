//! 登録の効き目: what each kind of mark does to the decisions about a person, and to the mail. The one place that says so.

use crate::address::Destination;
use crate::case::{Case, Mark, MarkKind};
use crate::ids::SeriesId;
use crate::origin::Origin;
use crate::person::Disability;
use chrono::NaiveDate;

/// What a mark does; a kind does one of these or none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Effect<'a> {
    /// The mail goes to this address.
    pub destination: Option<&'a Destination>,
    /// The person, and whoever lives with them, gets no mail from a run.
    pub protects: bool,
    /// No mail.
    pub stops: Option<Stop<'a>>,
    /// The disease that was had.
    pub had: Option<&'a str>,
    /// Nothing of these series may be given.
    pub unfit: Option<(Concerned, &'a str)>,
    /// These series may be given until the mark's last day.
    pub extends: Option<Concerned>,
    /// The person is of the disabled of 60 to 64; a kind that nobody stated is `None` within.
    pub disability: Option<Option<Disability>>,
    /// These series could not be had in the shortage.
    pub shortage: Option<Concerned>,
    /// A pregnancy, by its 出産予定日.
    pub expects: Option<NaiveDate>,
}

/// Why there is no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop<'a> {
    /// 発送停止, with its reason.
    Asked(&'a str),
    /// 返戻, with its reason.
    Returned(&'a str),
}

/// The series that a mark is about: one, or every series (`None`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concerned(pub Option<SeriesId>);

impl Concerned {
    /// Whether it is about every series, or about one that passes the test.
    pub fn is(self, test: impl FnOnce(SeriesId) -> bool) -> bool {
        self.0.is_none_or(test)
    }
}

impl MarkKind {
    /// What a mark of this kind does.
    #[must_use]
    pub fn effect(&self) -> Effect<'_> {
        let none = Effect::default();
        match self {
            Self::Destination(destination) => Effect { destination: Some(destination), ..none },
            Self::Protection => Effect { protects: true, ..none },
            Self::MailStop(why) => Effect { stops: Some(Stop::Asked(why)), ..none },
            Self::Returned(why) => Effect { stops: Some(Stop::Returned(why)), ..none },
            Self::HadDisease(disease) => Effect { had: Some(disease), ..none },
            Self::Contraindicated(only, why) => Effect { unfit: Some((Concerned(*only), why)), ..none },
            // The fee is the doctor's and the office's affair.
            Self::FeeExempt(_) => none,
            Self::Exception(only) => Effect { extends: Some(Concerned(*only)), ..none },
            Self::Disability(kind, _) => Effect { disability: Some(*kind), ..none },
            Self::Shortage(only) => Effect { shortage: Some(Concerned(*only)), ..none },
            Self::Pregnancy(day) => Effect { expects: Some(*day), ..none },
        }
    }
}

impl Mark {
    /// 返戻: a letter came back on a day.
    #[must_use]
    pub const fn came_back(reason: String, on: NaiveDate, origin: Origin) -> Self {
        Self { kind: MarkKind::Returned(reason), from: Some(on), until: None, origin }
    }

    /// What the mark does ([`MarkKind::effect`]).
    #[must_use]
    pub fn effect(&self) -> Effect<'_> {
        self.kind.effect()
    }
}

impl Case {
    /// 出産予定日, one for each pregnancy.
    pub fn expected_deliveries(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.marks.iter().filter_map(|mark| mark.effect().expects)
    }

    /// 送付先 in force on `day`.
    #[must_use]
    pub fn mailing_address(&self, day: NaiveDate) -> Option<&Destination> {
        self.marks.iter().filter(|mark| mark.on(day)).find_map(|mark| mark.effect().destination)
    }
}
