//! Every letter: what `templates check` asks of it, every side for the shortest and the longest data, values that stay literal.

use kansho::notice::piece::{Barcode, DoseLine, Piece, ReissueMark};
use kansho::notice::{Forms, Office, RunMeta, Stationery};
use kansho_core::address::PostalCode;
use kansho_core::folder::Folder;
use kansho_core::notice::{IssueNumber, PieceCode, PieceNumber, Purpose, RunId, Trigger};
use kansho_core::person::Sex;
use kansho_paper::font::Fonts;
use kansho_paper::frame::Text;
use kansho_paper::length::Mm;
use kansho_rules::decide::programme;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

fn templates() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir("templates")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
        .map(|p| (p.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&p).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn every_letter_passes_the_lint() {
    assert_eq!(templates().len(), 27);
    let checked = kansho::desk::templates::check(&Folder::at(Path::new("."))).unwrap();
    let found: Vec<String> = checked.report.iter().map(kansho_core::diag::show::diagnostic).collect();
    assert!(found.is_empty() && checked.value == 27, "{}", found.join("\n"));
}

fn forms() -> Forms {
    forms_at(Path::new("."))
}

fn forms_at(home: &Path) -> Forms {
    let home = Folder::at(home);
    let office = Office::load(&home).unwrap();
    let day = "2026-12-01".parse().unwrap();
    let meta =
        RunMeta { run: RunId("20261201-00000000".to_owned()), as_of: day, post_on: day, data_as_of: day, purpose: Purpose::Live };
    let stationery = Arc::new(Stationery::load(&home, &office).unwrap());
    Forms::new(&stationery, &office, Arc::new(Fonts::load(Path::new("fonts")).unwrap()), meta)
}

fn piece(template: &str, long: bool) -> Piece {
    let day = |text: &str| text.parse().unwrap();
    let pick = |short: &str, long_text: &str| if long { long_text.to_owned() } else { short.to_owned() };
    let name = pick("林　一", "勅使河原𠮷左衛門之助　クリスティーナ明日香");
    let lint: toml::Table = toml::from_str(&std::fs::read_to_string("templates/lint.toml").unwrap()).unwrap();
    let (programme, template) = programme::specimen(template).unwrap();
    let most = lint["rows"].get(template.as_str()).and_then(toml::Value::as_integer).unwrap_or(1);
    let rows = if long { most } else { 1 };
    let vars = kansho::desk::pieces::variable_names(std::iter::empty());
    Piece {
        number: PieceNumber(1),
        issue: IssueNumber(999_999_999),
        code: PieceCode("20261201-00000000-000001-ACDEF".to_owned()),
        programme,
        programme_name: pick("BCG", "麻しん風しん第2期"),
        token: pick("▲", "■②"),
        trigger: Trigger::First,
        template,
        person_number: "9900000015".to_owned(),
        kana: pick("ハヤシ　ハジメ", "テシガワラキチザエモンノスケ　クリスティーナアスカ"),
        addressee: name.clone(),
        name,
        birth: day("2020-12-31"),
        sex: Sex::Female,
        honorific: pick("様", "保護者様"),
        postal: PostalCode::new("2600855").unwrap(),
        address1: pick(
            "千葉県千葉市中央区市場町1番1号",
            "千葉県千葉市中央区市場町1番1号見本大規模開発地区第三工区西側街区公園前南向き住宅群東側",
        ),
        address2: None,
        block: None,
        ward: None,
        building: long.then(|| "見本プレミアムレジデンスグランドタワー千葉ベイサイドウエスト3205号室".to_owned()),
        barcode: Ok(Barcode { text: String::new(), bars: "1".repeat(67) }),
        unknown_history: long,
        doses: (0..rows)
            .map(|_| DoseLine {
                vaccine: pick("BCG", "帯状疱疹（組換え）"),
                dose: pick("1回", "1期初回1"),
                from: day("2026-12-31"),
                until: day("2028-12-31"),
                standard: None,
                spoken: pick("", "（小学6年生に当たる年度の4月1日から高校1年生に当たる年度の3月31日まで）"),
            })
            .collect(),
        history: Vec::new(),
        vars: vars.iter().map(|v| (v.clone(), "令和10年12月31日".to_owned())).collect::<BTreeMap<_, _>>(),
        reissue: long.then(|| ReissueMark { void: vec!["100000123".to_owned()], reason: "紛失".to_owned() }),
        stickers: kansho::notice::piece::Stickers::Equal(12),
        place: kansho::notice::piece::InEnvelope { envelope: 1, sheet: 1, sheets: 1, of_all: 1 },
        alternate_address: false,
        register: None,
    }
}

#[test]
fn shortest_and_longest_data_give_every_side_inside_the_sheet() {
    let forms = forms();
    for (id, _) in templates() {
        for long in [false, true] {
            let letter =
                forms.letter(&piece(&id, long)).unwrap_or_else(|problem| panic!("{id} long={long}: {}", problem.message));
            assert_eq!(letter.len(), if id == "mr2_easy" { 1 } else { 2 }, "{id}");
            for page in &letter {
                // A postcard has no room for the margins of A4.
                let (left, right, top, bottom) = if page.height > Mm(200.0) {
                    (Mm(18.0), Mm(191.0), Mm(10.0), Mm(292.0))
                } else {
                    (Mm(4.0), page.width - Mm(4.0), Mm(4.0), page.height - Mm(4.0))
                };
                for (x, y, text) in page.texts() {
                    assert!((left..=right).contains(&x) && (top..=bottom).contains(&y), "{id}: {x} {y}");
                    assert!(
                        !text.text.contains("{{") && !text.text.contains("}}") && !text.text.contains("**"),
                        "{id}: {}",
                        text.text
                    );
                }
            }
        }
    }
}

/// A template that does more with a value than show it is rendered for each person; the others are compiled once and filled in.
#[test]
fn a_compiled_template_gives_the_same_letter_as_one_rendered_for_the_person() {
    let home = tempfile::tempdir().unwrap();
    for folder in ["layouts", "templates/parts", "templates"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            let mut text = std::fs::read(&file).unwrap();
            if folder == "templates" {
                text.extend_from_slice(b"{% if name == \"\" %}{% endif %}");
            }
            std::fs::write(home.path().join(&file), text).unwrap();
        }
    }
    std::fs::copy("municipality.toml", home.path().join("municipality.toml")).unwrap();
    let (compiled, rendered) = (forms(), forms_at(home.path()));
    for (id, _) in templates() {
        for long in [false, true] {
            let mut other = piece(&id, long);
            other.birth = "2019-05-01".parse().unwrap();
            other.name = "*甲*　_乙_".to_owned();
            other.vars.values_mut().for_each(|value| value.push('頃'));
            for piece in [piece(&id, long), other] {
                let [a, b] = [&compiled, &rendered].map(|forms| {
                    let letter = forms.letter(&piece).unwrap();
                    let place =
                        |(x, y, text): &(Mm, Mm, &Text)| format!("{x:.6} {y:.6} {} {:.6} {}", text.size, text.spacing, text.text);
                    let mut lines: Vec<String> =
                        letter.iter().flat_map(|page| page.texts().iter().map(place).collect::<Vec<_>>()).collect();
                    lines.sort();
                    lines
                });
                assert_eq!(a, b, "{id}");
            }
        }
    }
}

#[test]
fn a_name_full_of_markdown_stays_what_it_is() {
    let mut odd = piece("mr2", false);
    odd.name = "*山_田*　#[太郎]|<b>".to_owned();
    let letter = forms().letter(&odd).unwrap();
    let all: String = letter[0].texts().iter().map(|(_, _, t)| t.text.as_ref()).collect();
    assert!(all.contains(&odd.name), "{all}");
}

#[test]
fn a_name_no_font_can_print_holds_the_person() {
    let mut gaiji = piece("mr2", false);
    gaiji.addressee = "\u{E000}川　一郎".to_owned();
    let told = forms().letter(&gaiji).unwrap_err();
    assert_eq!((told.code.id(), told.message.as_str()), ("C501", "どのフォントにもない文字 U+E000 があります"));
}
