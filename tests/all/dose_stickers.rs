//! 予診票シール of single doses, and the check digit of the 予防接種番号.
#![cfg(unix)]
use crate::office;
use crate::office::{ADDRESS, Office, file, infant, said};
use kansho_paper::length::Mm;
use kansho_paper::pdf::read::PdfReader;
use std::path::Path;

/// An office whose infants get a sticker for each dose of the letter.
fn by_dose(settings: impl Fn(&str) -> String) -> Office {
    let office = Office::with("", settings);
    let rules = office.path("rules");
    std::fs::remove_file(&rules).unwrap();
    for folder in ["cases", "programmes", ""] {
        std::fs::create_dir_all(rules.join(folder)).unwrap();
        for entry in
            std::fs::read_dir(Path::new("rules").join(folder)).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file())
        {
            std::fs::copy(&entry, rules.join(folder).join(entry.file_name().unwrap())).unwrap();
        }
    }
    let programme = rules.join("programmes/infant.toml");
    let text = std::fs::read_to_string(&programme).unwrap();
    std::fs::write(&programme, text.replace("order = ", "stickers = \"doses\"\norder = ")).unwrap();
    office
}

#[test]
fn each_dose_of_the_letter_has_its_sticker_with_vaccine_dose_and_deadline() {
    let office = by_dose(str::to_owned);
    let told = office.run(file(&[infant(1, "見本　一", "ミホン　ハジメ", ADDRESS, "")]).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(office.path("out").join(name)).unwrap()).unwrap()
    };
    let (manifest, pieces) = (json("manifest.json"), json("office/pieces.json"));
    let at = pieces["pieces"].as_array().unwrap().iter().position(|piece| piece["programme"] == "infant").unwrap();
    let cells = manifest["pieces"][at]["outputs"]["stickers"]["cells"].as_array().unwrap();
    let boxes = pieces["sheets"]["stickers.pdf"].as_array().unwrap();
    let reader = PdfReader::open(std::fs::read(office.path("out/stickers.pdf")).unwrap()).unwrap();
    let mut stuck = Vec::new();
    for cell in cells.iter().map(|cell| usize::try_from(cell.as_u64().unwrap()).unwrap() - 1) {
        let area: Vec<Mm> = boxes[cell % boxes.len()].as_array().unwrap().iter().map(|n| Mm(n.as_f64().unwrap())).collect();
        let page = reader.page(cell / boxes.len()).unwrap();
        let own = page
            .runs
            .iter()
            .filter(|run| (area[0]..area[0] + area[2]).contains(&run.x) && (area[1]..area[1] + area[3]).contains(&run.y));
        let words: Vec<String> = own.map(|run| run.text.to_string()).collect();
        for said in ["ミホン　ハジメ", "見本　一", "9900000001", manifest["pieces"][at]["code"].as_str().unwrap()] {
            assert!(words.iter().any(|word| word == said), "{said}: {words:?}");
        }
        assert!(words.iter().any(|word| word.starts_with("令和8年11月5日（2026年11月5日）生")), "{words:?}");
        stuck.push(words[3..5].join("・"));
    }
    // Born 2026-11-05: from two months; HBV and rotavirus end earlier than the others (schedule 1.19).
    for dose in ["B型肝炎　1回目・期限 令和9年11月4日", "小児肺炎球菌　初回1・期限 令和13年11月4日"]
    {
        assert!(stuck.iter().any(|found| found == dose), "{dose}: {stuck:#?}");
    }
    assert!(stuck.len() >= 4 && stuck.iter().all(|found| found.contains("・期限 令和")), "{stuck:#?}");
    let verified = office.kansho(&["verify", "out"]);
    assert!(verified.status.success(), "{}", said(&verified));
}

/// The sheets are cut between people: a strip begins a row and is not parted by the end of a sheet, also on a part-used one.
#[test]
fn a_persons_stickers_begin_a_row_and_stay_on_one_sheet() {
    for start in ["1", "5", "10"] {
        let office = by_dose(str::to_owned);
        let people: Vec<Vec<String>> = (1..=5).map(|n| infant(n, "見本　一", "ミホン　ハジメ", ADDRESS, "")).collect();
        office::write(&office.path("住民.csv"), file(&people).as_bytes());
        let told = office.month(&["--sticker-start", start]);
        assert!(told.status.success(), "{}", said(&told));
        let text = std::fs::read_to_string(office.path("out/manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut last = 0;
        for piece in manifest["pieces"].as_array().unwrap() {
            let Some(cells) = piece["outputs"]["stickers"]["cells"].as_array() else { continue };
            let cells: Vec<u64> = cells.iter().map(|cell| cell.as_u64().unwrap() - 1).collect();
            assert!(cells.windows(2).all(|pair| pair[1] == pair[0] + 1) && cells.len() > 1, "{cells:?}");
            assert!(cells[0].is_multiple_of(3) && cells[0] / 24 == cells[cells.len() - 1] / 24, "from {start}: {cells:?}");
            assert!(cells[0] >= last, "in posting order");
            last = cells[0];
        }
        assert!(last > 0);
        let verified = office.kansho(&["verify", "out"]);
        assert!(verified.status.success(), "{}", said(&verified));
    }
}

/// A part-used sheet without room for the first person would be printed over: the operator takes a new one.
#[test]
fn a_part_used_sheet_without_room_for_the_first_person_is_refused() {
    let office = by_dose(str::to_owned);
    office::write(&office.path("住民.csv"), file(&[infant(1, "見本　一", "ミホン　ハジメ", ADDRESS, "")]).as_bytes());
    let told = office.month(&["--sticker-start", "22"]);
    assert!(told.status.code() == Some(2) && said(&told).contains("最初の一人分"), "{}", said(&told));
    assert!(!office.path("out").exists());
}

/// What is read on the envelope tells nothing of the person but the address: the token stands for the programme (CK11).
#[test]
fn an_address_label_carries_the_token_and_not_the_name_of_the_programme() {
    let office = Office::new("");
    let told = office.run(file(&[infant(1, "見本　一", "ミホン　ハジメ", ADDRESS, "")]).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    let reader = PdfReader::open(std::fs::read(office.path("out/address-labels.pdf")).unwrap()).unwrap();
    let words: Vec<String> = reader.page(0).unwrap().runs.iter().map(|run| run.text.to_string()).collect();
    let all = words.concat();
    assert!(words.iter().any(|word| word.starts_with("20261201-")) && words.iter().any(|word| word == "●"), "{words:?}");
    assert!(!all.contains("乳児") && !all.contains("シール"), "{words:?}");
}

#[test]
fn a_wrong_check_digit_holds_the_sticker_where_the_office_says_its_numbers_have_one() {
    let office = by_dose(|settings| settings.replace("check_digit = false", "check_digit = true"));
    // 990000000?: 9·4 + 9·3 = 63, 63 mod 11 = 8, 11 − 8 = 3.
    let told = office
        .run(file(&[infant(3, "見本　三", "ミホン", ADDRESS, ""), infant(4, "見本　四", "ミホン", ADDRESS, "")]).as_bytes());
    assert!(told.status.success(), "{}", said(&told));
    assert!(
        said(&told).contains("C511") && said(&told).contains("9900000004") && !said(&told).contains("9900000003"),
        "{}",
        said(&told)
    );
}
