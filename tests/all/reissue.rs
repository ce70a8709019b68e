//! 再発行 means: entitled today (design §5). Asked of `due`, which knows neither programmes' months nor notices; what both share is
//! the rule book only.

use chrono::NaiveDate;
use clap::Parser;
use kansho::desk::inputs::{self, Inputs};
use kansho::desk::settings::Settings;
use kansho::verb::files::FileArgs;
use kansho_core::case::Case;
use kansho_core::decision::{Reason, Verdict};
use kansho_core::folder::Folder;
use kansho_core::history::Outcome;
use kansho_core::keys::{CaseKey, ProgrammeKey};
use kansho_core::person::Sex;
use kansho_rules::decide::{self, Period, entitled};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    files: FileArgs,
}

const FILES: [&str; 4] = ["--residents", "samples/住民.xlsx", "--ledger", "samples/予防接種台帳.csv"];

fn samples() -> Inputs {
    let line = Line::try_parse_from(std::iter::once("kansho").chain(FILES).chain(["--as-of", "2026-12-01"])).unwrap();
    inputs::load(&line.files.given(None), &Settings::load(&Folder::find().unwrap()).unwrap()).unwrap()
}

fn kansho(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kansho")).args(args).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The same people in the same order on every machine.
fn shuffled(count: usize) -> Vec<usize> {
    let mut state = 20_261_201_u64;
    let mut list: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
    }
    list
}

/// Nothing but the law decides about them.
fn plain(case: &Case) -> bool {
    let sound = case.problems.is_empty() && case.protected.is_none() && case.marks.is_empty() && !case.struck_off;
    let staying = case.resident.residency.leaving_on.is_none();
    sound
        && staying
        && case.later_doses.is_empty()
        && case.resident.birth.exact().is_some()
        && case.resident.address.postal_code.is_some()
}

/// (series, dose) that `due` says can be given on the day.
fn due(case: &Case, as_of: NaiveDate) -> BTreeSet<(String, String)> {
    let birth = case.resident.birth.exact().unwrap();
    let sex = if case.resident.sex == Sex::Female { "F" } else { "M" };
    let mut words = vec!["due".to_owned(), "--format=json".to_owned(), format!("--birth={birth}"), format!("--sex={sex}")];
    words.push(format!("--as-of={as_of}"));
    for dose in case.history.doses.iter().filter(|d| d.outcome == Outcome::Given) {
        let product = dose.product.map_or_else(String::new, |product| format!("({product})"));
        words.push(format!("--dose={}:{}{product}={}", dose.series, dose.dose, dose.given_on));
    }
    for spell in &case.resident.residency.spells {
        words.push(format!("--resident-since={}", spell.since));
        words.extend(spell.removed.map(|(on, _)| format!("--removed-on={on}")));
    }
    let told = kansho(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(told.status.success(), "{words:?}: {}", text(&told));
    let list: Vec<serde_json::Value> = serde_json::from_slice(&told.stdout).unwrap();
    let word = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    list.iter().filter(|e| e["due"] == true).map(|e| (word(e, "series"), word(e, "dose"))).collect()
}

fn programme(inputs: &Inputs, id: &str) -> ProgrammeKey {
    inputs.settings.programmes.keyed().find(|(_, programme)| programme.id.as_str() == id).unwrap().0
}

/// Asks both of everybody in `places` on a day; the number of answers and of those who may.
fn agree(inputs: &Inputs, places: &[CaseKey], as_of: NaiveDate) -> (usize, usize) {
    let (mut asked, mut may, mut wrong) = (0, 0, Vec::new());
    let ground = inputs.ground();
    for place in places {
        let case = &inputs.joined.cases[*place];
        let open = due(case, as_of);
        for (index, programme) in inputs.settings.programmes.keyed().filter(|(_, p)| !p.targets.is_empty()) {
            let wanted = programme.targets.iter().any(|target| {
                let own = |dose: &str| target.doses.is_empty() || target.doses.iter().any(|name| name.as_str() == dose);
                open.iter().any(|(series, dose)| series == target.series.as_str() && own(dose))
            });
            let today = entitled::entitled(*place, case, index, &ground).verdict == Verdict::Selected;
            let again = entitled::reissue(*place, case, index, &ground);
            let reissued = again.verdict == Verdict::Selected;
            // A letter that goes out, or went out, before its window opens; and a notice of information.
            let early = reissued && !wanted && {
                let sent = decide::answer(*place, case, index, &ground).verdict == Verdict::Selected;
                let later = again.forecasts.iter().all(|f| f.first_day.is_some_and(|first| first > as_of));
                later && (sent || programme.information || case.notices.iter().any(|n| n.programme == programme.id))
            };
            if today != wanted || reissued != wanted && !early {
                wrong.push(format!(
                    "{} {} {as_of}: due {wanted}, today {today}, reissue {reissued} ({:?})",
                    case.printed_id(),
                    programme.id,
                    again.reason
                ));
            }
            if !reissued {
                let told = entitled::plain(case, &again, &ground);
                assert!(!told.words.is_empty() && !told.source.is_empty(), "{} {}", case.printed_id(), programme.id);
                assert!(!told.words.contains("対象外"), "{}", told.words);
            }
            asked += 1;
            may += usize::from(reissued);
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    (asked, may)
}

#[test]
fn three_hundred_people_and_every_programme_agree_with_due() {
    let mut inputs = samples();
    let all = shuffled(inputs.joined.cases.len()).into_iter().map(CaseKey::at);
    let places: Vec<CaseKey> = all.filter(|key| plain(&inputs.joined.cases[*key])).collect();
    assert!(places.len() >= 300, "{}", places.len());
    let (asked, may) = agree(&inputs, &places[..300], inputs.period.as_of);
    assert!(asked >= 300 * 15 && may > 200 && may < asked / 2, "{may} of {asked}");
    for (number, day) in ["2026-12-10", "2027-01-31", "2027-03-31", "2026-09-30", "2026-04-01", "2025-06-15"].iter().enumerate() {
        let as_of: NaiveDate = day.parse().unwrap();
        inputs.period = Period { since: as_of, as_of, post_on: as_of };
        let of_day: Vec<CaseKey> = places.iter().skip(number).step_by(7).copied().collect();
        agree(&inputs, &of_day, as_of);
    }
}

#[test]
fn months_before_and_after_the_notice_change_nothing() {
    let mut inputs = samples();
    let mut answers: BTreeMap<(CaseKey, ProgrammeKey), Vec<bool>> = BTreeMap::new();
    for since in ["2026-12-01", "2026-11-01", "2026-06-01", "2025-01-01"] {
        inputs.period.since = since.parse().unwrap();
        let ground = inputs.ground();
        for (place, case) in CaseKey::each(&inputs.joined.cases).filter(|(_, case)| plain(case)) {
            for (index, _) in inputs.settings.programmes.keyed() {
                let again = entitled::entitled(place, case, index, &ground).verdict == Verdict::Selected;
                answers.entry((place, index)).or_default().push(again);
            }
        }
    }
    let changed = answers.values().filter(|days| days.iter().any(|day| *day != days[0])).count();
    assert_eq!(changed, 0);
    assert!(answers.values().any(|days| days[0]));
}

#[test]
fn stickers_are_for_every_resident_and_for_nobody_else() {
    let inputs = samples();
    let index = programme(&inputs, "number_sticker");
    for (place, case) in CaseKey::each(&inputs.joined.cases).filter(|(_, case)| plain(case)) {
        let again = entitled::reissue(place, case, index, &inputs.ground());
        let resident =
            matches!(case.resident.residency.on(inputs.period.as_of), kansho_core::residency::Standing::Resident { .. });
        assert_eq!(again.verdict == Verdict::Selected, resident, "{}", case.printed_id());
    }
}

/// What stops mail stops the second letter too, and is told so.
#[test]
fn who_must_not_get_mail_gets_none_again() {
    let inputs = samples();
    let index = programme(&inputs, "number_sticker");
    for (person, reason, words) in [
        ("9900000364", Reason::Protected, "支援措置の対象です"),
        ("9900000380", Reason::Returned, "返戻のままです"),
        ("9900000399", Reason::MailStopped, "発送を止めています"),
        ("9900000070", Reason::Dead, "に死亡しています"),
        ("9900000011", Reason::MovedOut, "に転出しています"),
        ("9900000240", Reason::Held, "確かめることがあり"),
    ] {
        let place = CaseKey::each(&inputs.joined.cases).find(|(_, case)| case.printed_id() == person).unwrap().0;
        let case = &inputs.joined.cases[place];
        let again = entitled::reissue(place, case, index, &inputs.ground());
        assert_eq!(again.reason, reason, "{person}");
        let told = entitled::plain(case, &again, &inputs.ground());
        assert!(told.words.contains(words), "{person}: {}", told.words);
    }
}

/// The verb itself: months after the notice, without `--since`; a refusal is about the person and names the law.
#[test]
fn the_counter_prints_what_was_lost_and_says_why_it_may_not() {
    let place = tempfile::tempdir().unwrap();
    let reissue = |number: &str, person: &str, programme: &str, as_of: &str| {
        let out = place.path().join(number).to_string_lossy().into_owned();
        let mut words = vec!["reissue", person, "--programme", programme, "--reason", "紛失", "--as-of", as_of, "--out", &out];
        words.extend(FILES);
        kansho(&words)
    };
    let inputs = samples();
    let ground = inputs.ground();
    let flu = programme(&inputs, "flu");
    let candidates: Vec<&Case> = CaseKey::each(&inputs.joined.cases)
        .map(|(key, _)| key)
        .filter(|p| {
            plain(&inputs.joined.cases[*p]) && decide::answer(*p, &inputs.joined.cases[*p], flu, &ground).trigger.is_none()
        })
        .filter(|p| entitled::entitled(*p, &inputs.joined.cases[*p], flu, &ground).verdict == Verdict::Selected)
        .map(|p| &inputs.joined.cases[p])
        .collect();
    let elder = candidates.first().unwrap();
    let lost = reissue("flu", elder.printed_id(), "flu", "2026-12-15");
    assert!(lost.status.success(), "{}", text(&lost));
    let child = inputs.joined.cases.iter().find(|c| c.printed_id() == "9900000488").unwrap();
    let done = reissue("done", child.printed_id(), "mr2", "2026-12-15");
    assert_eq!(done.status.code(), Some(1));
    let told = text(&done);
    assert!(told.contains("2期は 2026-06-15 に接種済みです") && told.contains("根拠: 施行令3条1項"), "{told}");
    let adult = reissue("adult", elder.printed_id(), "mr1", "2026-12-15");
    assert_eq!(adult.status.code(), Some(1));
    assert!(text(&adult).contains("期間は終わりました") && !text(&adult).contains("対象外"), "{}", text(&adult));
}
