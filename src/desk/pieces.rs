//! Selected decisions → numbered pieces: addressee, address, barcode, code, dates. The order is decided here, once.

use crate::desk::doubts;
use crate::desk::inputs::Inputs;
use crate::notice::Forms;
use crate::notice::piece::{DoseLine, InEnvelope, Piece, Register, ReissueMark, Stickers};
use chrono::NaiveDate;
use kansho_chars::Overrides;
use kansho_chars::unit::code_points;
use kansho_core::address::{Address, PostalCode};
use kansho_core::calendar;
use kansho_core::case::Case;
use kansho_core::decision::{Decision, Reason, Verdict};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::hash;
use kansho_core::history::{Knowledge, Outcome};
use kansho_core::ids::{DoseName, SeriesId, TemplateId};
use kansho_core::keys::{CaseKey, DecisionKey, ProgrammeKey};
use kansho_core::notice::{IssueNumber, PieceCode, PieceNumber, RunId};
use kansho_post::PostalData;
use kansho_rules::decide::{ladder, programme, question};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What numbering needs besides the inputs.
#[derive(Debug)]
pub struct Numbering<'a> {
    /// Run id.
    pub run: RunId,
    /// Postal data, when the office has it.
    pub postal: Option<&'a PostalData>,
    /// First provisional 発行no.
    pub first_issue: u64,
    /// 再発行: why, and the numbers that become void.
    pub reissue: Option<ReissueMark>,
    /// The office's 外字 table.
    pub gaiji: &'a Overrides,
    /// 名寄せ: most pieces of one envelope.
    pub most_pieces: u32,
    /// Which paper each template is printed on.
    pub forms: &'a Forms,
    /// 封緘: the 通し番号 and 発行no the pieces have already.
    pub kept: Option<&'a KeptNumbers>,
}

/// 通し番号 and 発行no that were printed, by person and programme.
pub type KeptNumbers = BTreeMap<(CaseKey, ProgrammeKey), (u32, u64)>;

/// A decision with what its piece needs from the person.
struct Draft<'a> {
    decision: &'a Decision,
    case: &'a Case,
    address: &'a Address,
    postal: PostalCode,
    alternate: bool,
    /// 保護者様: the letter goes to the household, not to the person.
    guardian: bool,
    template: TemplateId,
    /// Place of its paper in the posting order, and whether it goes into an envelope.
    paper: (usize, bool),
}

/// Every selected decision as a piece, in posting order: paper, postal code (as text), address, household, guardians first, person,
/// programme.
///
/// A person whose piece cannot be made is held: the decision is changed and the reason kept.
pub fn number(
    inputs: &Inputs,
    decisions: &mut [Decision],
    numbering: &Numbering<'_>,
    report: &mut Report,
) -> Vec<(DecisionKey, Piece)> {
    let cases = &inputs.joined.cases;
    let mut drafts: Vec<(DecisionKey, Draft<'_>)> = Vec::new();
    for (key, decision) in DecisionKey::each(decisions).filter(|(_, d)| d.verdict == Verdict::Selected) {
        let case = &cases[decision.case];
        let (address, alternate) = address_of(case, inputs.period.post_on);
        let programme = &inputs.settings.programmes[decision.programme_key];
        let own = programme.own_name_from;
        let birth = case.resident.birth.exact().unwrap_or(inputs.period.as_of);
        let guardian = calendar::reach(birth, own).is_none_or(|own| inputs.period.post_on < own);
        match address.postal_code {
            Some(postal) => {
                let template = decision.template.unwrap_or(programme.triggers[0].template);
                let kind = numbering.forms.paper_of(template.as_str());
                let paper = (kind.id, kind.card.is_none());
                drafts.push((key, Draft { decision, case, address, postal, alternate, guardian, template, paper }));
            }
            None => {
                let problem = Diagnostic::new(Code::PostalCodeInvalid, "郵便番号がありません")
                    .at(&case.resident.origin)
                    .of(format!("予防接種番号 {}", case.printed_id()))
                    .so("この人を保留にしました");
                hold(decision, &problem);
                report.push(problem);
            }
        }
    }
    let printed =
        |draft: &Draft<'_>| numbering.kept.and_then(|kept| kept.get(&(draft.decision.case, draft.decision.programme_key)));
    drafts.par_sort_by(|(_, a), (_, b)| printed(a).cmp(&printed(b)).then_with(|| key(a).cmp(&key(b))));
    let places = envelopes(&drafts, numbering.most_pieces);
    drafts
        .par_iter()
        .zip(places)
        .enumerate()
        .map(|(index, ((key, draft), envelope))| (*key, piece(index, draft, envelope, inputs, numbering)))
        .collect()
}

/// 名寄せ: neighbours for the guardian of one household, or for one person, at one address share an envelope, at most `most` of them;
/// what is over begins another (print.md 10.6).
fn envelopes(drafts: &[(DecisionKey, Draft<'_>)], most: u32) -> Vec<InEnvelope> {
    let together = |(_, a): &(DecisionKey, Draft<'_>), (_, b): &(DecisionKey, Draft<'_>)| {
        let household = a.case.resident.household.is_some() && a.case.resident.household == b.case.resident.household;
        let same_paper = a.paper == b.paper && a.paper.1;
        let same_address = same_paper && (a.postal, a.address, a.alternate) == (b.postal, b.address, b.alternate);
        let same_reader = if a.alternate { a.decision.case == b.decision.case } else { household && a.guardian };
        same_address && a.guardian == b.guardian && (same_reader || a.decision.case == b.decision.case)
    };
    let mut places: Vec<InEnvelope> = Vec::with_capacity(drafts.len());
    for (group, envelope) in drafts.chunk_by(together).flat_map(|group| group.chunks(most.max(1) as usize)).zip(1..) {
        let sheets = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let before = u32::try_from(places.len()).unwrap_or(u32::MAX);
        places.extend((1..=sheets).map(|sheet| InEnvelope { envelope, sheet, sheets, of_all: before + sheet }));
    }
    places
}

/// Turns a selected decision into a held one, with the cause as its last evidence.
pub fn hold(decision: &mut Decision, problem: &Diagnostic) {
    decision.verdict = Verdict::Held;
    decision.reason = Reason::Held;
    decision.evidence.push(kansho_core::decision::Evidence {
        question: question::PRINTABLE.into(),
        answer: format!("{}（{}）", problem.message, problem.code.id()).into(),
        date: None,
        source: problem.origin.as_ref().map_or_else(String::new, ToString::to_string).into(),
    });
}

fn key<'a>(draft: &'a Draft<'_>) -> impl Ord + 'a {
    (
        draft.paper,
        draft.postal,
        &draft.address.line,
        draft.address.building.as_deref().unwrap_or_default(),
        draft.case.resident.household.as_ref().map(|h| h.as_str()),
        !draft.guardian,
        draft.case.printed_id(),
        draft.decision.programme_key,
    )
}

/// 送付先 in force, else 住所 (CK16).
fn address_of(case: &Case, day: NaiveDate) -> (&Address, bool) {
    match case.mailing_address(day) {
        Some(destination) => (&destination.address, true),
        None => (&case.resident.address, false),
    }
}

fn piece(index: usize, draft: &Draft<'_>, place: InEnvelope, inputs: &Inputs, numbering: &Numbering<'_>) -> Piece {
    let Draft { decision, case, address, postal, alternate, guardian, template, paper: _ } = draft;
    let programme = &inputs.settings.programmes[decision.programme_key];
    let resident = &case.resident;
    let birth = resident.birth.exact().unwrap_or(inputs.period.as_of);
    let name = resident.name.mailing().to_owned();
    let destination_name = case.mailing_address(inputs.period.post_on).and_then(|d| d.addressee.clone());
    let honorific = if *guardian && destination_name.is_none() { "保護者様" } else { "様" };
    let new = || (u32::try_from(index + 1).unwrap_or(u32::MAX), numbering.first_issue + index as u64);
    let kept = numbering.kept.and_then(|kept| kept.get(&(decision.case, decision.programme_key)).copied());
    let (number, issue) = kept.unwrap_or_else(new);
    let unknown =
        matches!(ladder::knowledge(case, programme, &inputs.ground()), Knowledge::Unknown(_)) && !programme.targets.is_empty();
    let mut written = Register {
        kana: resident.name.kana.clone().unwrap_or_default(),
        addressee: destination_name.unwrap_or_else(|| name.clone()),
        address: address.line.clone(),
        building: address.building.clone(),
        uses: Vec::new(),
    };
    let shown = printed(&mut written, &name, numbering.gaiji);
    let block = address.block.as_deref().map(|block| numbering.gaiji.printed(block).0);
    let code = code(&numbering.run, number, draft, programme.id.as_str(), &name, birth);
    let mut piece = Piece {
        number: PieceNumber(number),
        place,
        issue: IssueNumber(issue),
        code,
        programme: programme.id,
        programme_name: programme.name.clone(),
        token: programme.token.clone(),
        trigger: decision.trigger.unwrap_or(kansho_core::notice::Trigger::First),
        template: *template,
        person_number: case.printed_id().to_owned(),
        name: shown.name,
        kana: shown.kana,
        birth,
        sex: resident.sex,
        honorific: honorific.to_owned(),
        addressee: shown.addressee,
        postal: *postal,
        address1: shown.address,
        address2: None,
        block,
        building: shown.building,
        ward: address.ward.clone(),
        barcode: Err(String::new()),
        unknown_history: unknown,
        doses: dose_lines(decision, case, birth, inputs),
        history: history_lines(decision, case, inputs),
        vars: variables(decision, birth, inputs),
        reissue: numbering.reissue.clone(),
        stickers: match programme.stickers {
            programme::Stickers::Equal(count) => Stickers::Equal(count),
            programme::Stickers::Of(programme::Each::Doses) => Stickers::Doses,
        },
        alternate_address: *alternate,
        register: (!written.uses.is_empty()).then(|| Box::new(written)),
    };
    piece.barcode = doubts::barcode(piece.postal, piece.mailing_place(), numbering.postal);
    piece
}

/// The texts of a piece as print shows them.
struct Shown {
    name: String,
    kana: String,
    addressee: String,
    address: String,
    building: Option<String>,
}

/// 外字 with a meaning in `gaiji.toml` are printed as what they mean; each use is noted.
fn printed(written: &mut Register, name: &str, gaiji: &Overrides) -> Shown {
    let mut noted = Vec::new();
    let mut show = |what: &str, text: &str| {
        let (shown, uses) = gaiji.printed(text);
        for (from, to) in uses {
            let line = format!("{what}: 外字 {} を「{to}」（{}）で印字（gaiji.toml）", code_points(&from), code_points(&to));
            if !noted.contains(&line) {
                noted.push(line);
            }
        }
        shown
    };
    let shown = Shown {
        name: show("氏名", name),
        kana: show("フリガナ", &written.kana),
        addressee: show("宛名", &written.addressee),
        address: show("住所", &written.address),
        building: written.building.as_deref().map(|building| show("方書", building)),
    };
    written.uses = noted;
    shown
}

/// 通知コード: run id, piece number, check value over person, name, birth date, sex, address, programme, doses (CK9).
fn code(run: &RunId, number: u32, draft: &Draft<'_>, programme: &str, name: &str, birth: NaiveDate) -> PieceCode {
    let mut text = format!(
        "{run}\n{number}\n{}\n{name}\n{birth}\n{}\n{}\n{}\n{}\n{programme}\n",
        draft.case.printed_id(),
        draft.case.resident.sex.word(),
        draft.postal.digits(),
        draft.address.line,
        draft.address.building.as_deref().unwrap_or_default(),
    );
    for forecast in &draft.decision.forecasts {
        text.push_str(forecast.series.as_str());
        text.push_str(forecast.dose.as_ref().map_or("", DoseName::as_str));
    }
    // Sixteen letters that are not mistaken for one another or for digits when read aloud.
    const LETTERS: &[u8; 16] = b"ACDEFHJKLMNPRTWX";
    let digest = hash::sha256_hex(text.as_bytes());
    let check: String = digest.bytes().take(5).map(|hex| char::from(LETTERS[usize::from(hex % 16)])).collect();
    PieceCode(format!("{run}-{number:06}-{check}"))
}

/// 受けられる予防接種: what the table of the letter shows.
fn dose_lines(decision: &Decision, case: &Case, birth: NaiveDate, inputs: &Inputs) -> Vec<DoseLine> {
    let expected: Vec<NaiveDate> = case.expected_deliveries().collect();
    decision
        .forecasts
        .iter()
        .filter_map(|forecast| {
            let (dose, from, until) = (forecast.dose?, forecast.first_day?, forecast.last_day?);
            let alternative = forecast.product.map_or_else(String::new, |p| format!("（{p}）"));
            Some(DoseLine {
                vaccine: format!("{}{alternative}", inputs.settings.book.series_name(forecast.series)),
                dose: dose.to_string(),
                from,
                until,
                standard: forecast.standard,
                spoken: inputs.settings.book.spoken(forecast, birth, &expected, inputs.period.as_of),
            })
        })
        .collect()
}

/// これまでの接種: of the series that the letter speaks of, the name and how many doses are on file.
fn history_lines(decision: &Decision, case: &Case, inputs: &Inputs) -> Vec<(String, String)> {
    let mut counts: BTreeMap<SeriesId, usize> = BTreeMap::new();
    let told =
        |series: SeriesId| decision.forecasts.iter().any(|forecast| inputs.settings.book.counts_for(series, forecast.series));
    for dose in case.history.doses.iter().filter(|d| d.outcome == Outcome::Given && told(d.series)) {
        *counts.entry(dose.series).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(series, count)| (inputs.settings.book.series_name(series).to_owned(), format!("{count}回")))
        .collect()
}

/// Names of [`variables`] that do not belong to a series.
const NAMES: [&str; 9] = [
    "fiscal_year",
    "period_from",
    "window_from",
    "deadline",
    "deadline_western",
    "deadline_next",
    "birth_from",
    "birth_to",
    "fiscal_year_end",
];

/// Every name `vars.…` may have in a template.
#[must_use]
pub fn variable_names(series: impl Iterator<Item = SeriesId>) -> BTreeSet<String> {
    let of_series = series.flat_map(|id| [format!("{id}_from"), format!("{id}_until")]);
    NAMES.into_iter().map(str::to_owned).chain(of_series).collect()
}

/// Dates and words that templates may name.
fn variables(decision: &Decision, birth: NaiveDate, inputs: &Inputs) -> BTreeMap<String, String> {
    let mut vars = BTreeMap::new();
    let mut put = |name: &str, value: String| {
        vars.insert(name.to_owned(), value);
    };
    let as_of = inputs.period.as_of;
    put("fiscal_year", calendar::wareki_fiscal_year(as_of));
    if let Some(first) = decision.forecasts.iter().filter_map(|f| f.first_day).min() {
        put("period_from", calendar::wareki(first.max(as_of)));
        put("window_from", calendar::wareki(first));
    }
    if let Some(last) = decision.forecasts.iter().filter_map(|f| f.last_day).max() {
        put("deadline", calendar::wareki(last));
        put("deadline_western", calendar::western(last));
        if let Some(next) = last.succ_opt() {
            put("deadline_next", calendar::wareki(next));
        }
    }
    for forecast in &decision.forecasts {
        let series = forecast.series.as_str();
        if let Some(first) = forecast.first_day {
            put(&format!("{series}_from"), calendar::wareki(first));
        }
        if let Some(last) = forecast.last_day {
            put(&format!("{series}_until"), calendar::wareki(last));
        }
    }
    // 就学前年度などの学年区分: 4月2日から翌年4月1日まで (schedule 0.2).
    if let Some(school) = calendar::school_start(birth) {
        let first = calendar::month_shift(school, -84).and_then(|d| d.succ_opt());
        let last = calendar::month_shift(school, -72);
        if let (Some(first), Some(last)) = (first, last) {
            put("birth_from", calendar::wareki(first));
            put("birth_to", calendar::wareki(last));
        }
    }
    if let Some(end) = calendar::fiscal_year_end(as_of) {
        put("fiscal_year_end", calendar::wareki(end));
    }
    vars
}
