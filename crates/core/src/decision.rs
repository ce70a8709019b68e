//! 判定: one per person and programme, with its evidence.

use crate::history::DoseRecord;
use crate::ids::{DoseName, Product, ProgrammeId, SeriesId, TemplateId};
use crate::keys::{CaseKey, ProgrammeKey};
use crate::notice::Trigger;
use chrono::NaiveDate;
use std::borrow::Cow;

/// Selected, excluded or held; everyone else is 対象外 and only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// 送る
    Selected,
    /// 送らない
    Excluded,
    /// 保留
    Held,
}

impl Verdict {
    /// The word in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Selected => "selected",
            Self::Excluded => "excluded",
            Self::Held => "held",
        }
    }
}

/// What a reason speaks of, and with it how it is told at the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// 住民か: `{}` in its sentence is the day.
    Residence,
    /// What keeps or holds a letter: `{}` is the answer that decided.
    Stop,
    /// 受けられない: `{}` is the answer about disease and 接種不適当.
    Unfit,
    /// 期間と記録: told from the windows of each series.
    Window,
}

macro_rules! reasons {
    ($($name:ident $id:literal $word:literal $verdict:ident $topic:ident $sentence:literal;)*) => {
        /// The one reason of a decision (design §7).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $(#[doc = $word] $name,)* }

        impl Reason {
            /// Every reason, in the order of the list.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// The code in JSON.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Reason::$name => $id,)* }
            }

            /// The Japanese words.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Reason::$name => $word,)* }
            }

            /// What follows for the letter.
            #[must_use]
            pub const fn verdict(self) -> Verdict {
                match self { $(Reason::$name => Verdict::$verdict,)* }
            }

            /// What it speaks of.
            #[must_use]
            pub const fn topic(self) -> Topic {
                match self { $(Reason::$name => Topic::$topic,)* }
            }

            /// The sentence at the counter, as its [`Topic`] fills it.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Reason::$name => $sentence,)* }
            }
        }
    };
}

reasons! {
    Due "due" "対象" Selected Window "";
    MovedOut "moved_out" "転出済み" Excluded Residence "{}に転出しています";
    Dead "dead" "死亡" Excluded Residence "{}に死亡しています";
    StruckOff "struck_off" "職権消除・消除" Excluded Residence "住民票から消除されています（{}）";
    NotYetResident "not_yet_resident" "まだ住民でない" Excluded Residence "住民となるのは {}です";
    Leaving "leaving" "転出予定日到来" Excluded Residence "転出予定日 {}が来ます";
    Protected "protected" "支援措置" Excluded Stop "支援措置の対象です。郵送の通知は作らず、窓口で個別に扱ってください";
    MailStopped "mail_stopped" "発送停止" Excluded Stop "発送を止めています（{}）";
    Returned "returned" "返戻" Excluded Stop "前の通知が返戻のままです（{}）。住所を確かめてから登録を直してください";
    AlreadyDone "already_done" "接種済み" Excluded Window "";
    AlreadyNotified "already_notified" "通知済み" Excluded Window "";
    NotYet "not_yet" "時期前" Excluded Window "";
    Expired "expired" "期間終了" Excluded Window "";
    HadDisease "had_disease" "罹患済み" Excluded Unfit "{}ため、受けられません";
    Contraindicated "contraindicated" "接種不適当" Excluded Unfit "{}ため、受けられません";
    NotInGroup "not_in_group" "対象外" Excluded Window "";
    Held "held" "保留" Held Stop "確かめることがあり、決められません: {}";
}

/// One answered question on the way to a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The question, in Japanese.
    pub question: Cow<'static, str>,
    /// The answer, in Japanese.
    pub answer: Cow<'static, str>,
    /// The date that decided, when there is one.
    pub date: Option<NaiveDate>,
    /// The source: an article, a row, a check id.
    pub source: Cow<'static, str>,
}

/// What a person may get of one series: the engine's answer (design §7 `due`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// 系列
    pub series: SeriesId,
    /// The next dose; `None` when the course is complete or the person never is in the group.
    pub dose: Option<DoseName>,
    /// The alternative (生, 組換え) where a series has several.
    pub product: Option<Product>,
    /// First day the dose can be given as 定期接種 (legal window and minimum intervals).
    pub first_day: Option<NaiveDate>,
    /// Last day it can be given as 定期接種.
    pub last_day: Option<NaiveDate>,
    /// Standard period 標準的な接種期間, when the rule has one. Advice, not eligibility.
    pub standard: Option<(NaiveDate, NaiveDate)>,
    /// The status.
    pub status: Status,
    /// first ≤ as-of ≤ last and resident.
    pub due: bool,
    /// A recorded dose may be this one under another number or vaccine: neither done nor due before somebody has asked.
    pub doubt: bool,
    /// The window is that of a transition or an extension (経過措置), not the ordinary one.
    pub extended: bool,
    /// One Japanese sentence.
    pub reason: String,
    /// The articles.
    pub source: String,
}

/// Status of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Can be given on the as-of date.
    Due,
    /// Opens later.
    Upcoming,
    /// Can no longer be given as 定期接種.
    Expired,
    /// Nothing left.
    Complete,
    /// Never in the target group.
    None,
    /// The history is unknown.
    Unknown,
}

impl Status {
    /// The word in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Upcoming => "upcoming",
            Self::Expired => "expired",
            Self::Complete => "complete",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// What is odd about a dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// 接種できる年齢の前
    TooYoung,
    /// 最小間隔の前
    TooSoon,
    /// 接種できる期間の後
    TooLate,
    /// 前の回が済んでいない
    OutOfOrder,
    /// 同じ回・前の回をもう一度
    Repeated,
    /// 必要な回数を超える
    Extra,
    /// その日には使われない製品
    Product,
}

impl FindingKind {
    /// The word in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::TooYoung => "too_young",
            Self::TooSoon => "too_soon",
            Self::TooLate => "too_late",
            Self::OutOfOrder => "out_of_order",
            Self::Repeated => "repeated",
            Self::Extra => "extra",
            Self::Product => "product",
        }
    }
}

/// Whether an odd dose counts as a dose of its series (施行規則2条1号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counting {
    /// 数える
    Yes,
    /// 数えない
    No,
    /// 回の番号か種類の書き違いかもしれず、確かめるまで決めない
    Ask,
}

impl Counting {
    /// The word in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Yes => "counts",
            Self::No => "does_not_count",
            Self::Ask => "ask",
        }
    }
}

/// One odd dose and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The dose; it stays in the history.
    pub dose: DoseRecord,
    /// What is odd.
    pub kind: FindingKind,
    /// What was found, in Japanese.
    pub words: String,
    /// Whether it counts.
    pub counts: Counting,
    /// What follows for the next dose.
    pub effect: String,
    /// The articles.
    pub source: String,
}

/// The decision for one person and one programme.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The person.
    pub case: CaseKey,
    /// 通知事業
    pub programme: ProgrammeId,
    /// Which of the programmes it is.
    pub programme_key: ProgrammeKey,
    /// 送る, 送らない, 保留.
    pub verdict: Verdict,
    /// The one reason.
    pub reason: Reason,
    /// Which trigger made the person a candidate.
    pub trigger: Option<Trigger>,
    /// The letter of that trigger.
    pub template: Option<TemplateId>,
    /// The trigger is a mark of the person (障害, 供給不足), not a day of their age.
    pub by_mark: bool,
    /// The answered questions, in order.
    pub evidence: Vec<Evidence>,
    /// Doses of the programme's series outside their window or interval (kept and counted).
    pub findings: Vec<Finding>,
    /// The next doses of the programme's series that the letter speaks of.
    pub forecasts: Vec<Forecast>,
    /// The day on which the answer may change, when it is known (`why`).
    pub changes_on: Option<NaiveDate>,
}

impl Decision {
    /// The reason in words. Whom no trigger meets this month is told so: their time has not come, or it is past, and they are not 対象外.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match (self.reason, self.trigger) {
            (Reason::NotYet, None) => "今回の対象月でない",
            (reason, _) => reason.word(),
        }
    }
}
