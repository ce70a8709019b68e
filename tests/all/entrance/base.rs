//! The base: two hundred sound people, their marks and their ledger. Towns are real (samples/postal), people and house numbers are
//! made up, and every run makes the same.

use super::table::Table;
use chrono::{Datelike as _, Days, Months, NaiveDate};
use std::collections::BTreeMap;

pub(crate) const AS_OF: &str = "2026-12-01";
const NEWEST_DOSE: &str = "2026-11-27";
const RESIDENTS: [&str; 21] = [
    "宛名番号",
    "予防接種番号",
    "世帯番号",
    "履歴番号",
    "氏名",
    "フリガナ",
    "通称",
    "生年月日",
    "生年月日_不詳フラグ",
    "生年月日_不詳表記",
    "性別",
    "郵便番号",
    "住所",
    "方書",
    "区",
    "住民となった日",
    "異動事由",
    "消除日",
    "転出予定日",
    "死亡日",
    "抽出日",
];
const FAMILY: [(&str, &str); 20] = [
    ("市川", "イチカワ"),
    ("柏木", "カシワギ"),
    ("船越", "フナコシ"),
    ("成田", "ナリタ"),
    ("木更", "キサラ"),
    ("佐倉", "サクラ"),
    ("茂原", "モバラ"),
    ("銚子", "チョウシ"),
    ("勝浦", "カツウラ"),
    ("鴨川", "カモガワ"),
    ("館山", "タテヤマ"),
    ("君津", "キミツ"),
    ("富里", "トミサト"),
    ("印西", "インザイ"),
    ("白井", "シロイ"),
    ("香取", "カトリ"),
    ("山武", "サンブ"),
    ("東金", "トウガネ"),
    ("旭川", "アサヒカワ"),
    ("流山", "ナガレヤマ"),
];
const GIVEN: [[(&str, &str); 13]; 2] = [
    [
        ("蒼太", "ソウタ"),
        ("陽向", "ヒナタ"),
        ("大和", "ヤマト"),
        ("悠真", "ユウマ"),
        ("朝陽", "アサヒ"),
        ("健吾", "ケンゴ"),
        ("光希", "コウキ"),
        ("直樹", "ナオキ"),
        ("翔平", "ショウヘイ"),
        ("和也", "カズヤ"),
        ("正雄", "マサオ"),
        ("隆史", "タカシ"),
        ("孝一", "コウイチ"),
    ],
    [
        ("結衣", "ユイ"),
        ("咲良", "サラ"),
        ("美月", "ミヅキ"),
        ("彩乃", "アヤノ"),
        ("千夏", "チナツ"),
        ("真央", "マオ"),
        ("琴音", "コトネ"),
        ("由美", "ユミ"),
        ("久美", "クミ"),
        ("和枝", "カズエ"),
        ("文江", "フミエ"),
        ("節子", "セツコ"),
        ("明美", "アケミ"),
    ],
];

/// The tables of the base and the people that tests speak of by name.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) residents: Table,
    pub(crate) marks: Vec<Table>,
    pub(crate) ledger: Table,
    pub(crate) roles: BTreeMap<&'static str, String>,
    /// People who are like a person of `roles` in everything that decides, that person first.
    pub(crate) alike: BTreeMap<&'static str, Vec<String>>,
    /// People of the base's own marks; nothing is sent to them.
    pub(crate) marked: BTreeMap<&'static str, String>,
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// One shot of the usual schedule: code, time, months after birth, further days.
const INFANT: [(&str, u32, u32, u64); 17] = [
    ("01", 1, 2, 0),
    ("06", 1, 2, 0),
    ("07", 1, 2, 0),
    ("08", 1, 2, 0),
    ("01", 2, 3, 2),
    ("06", 2, 3, 2),
    ("07", 2, 3, 2),
    ("08", 2, 3, 2),
    ("01", 3, 4, 4),
    ("06", 3, 4, 4),
    ("10", 1, 6, 10),
    ("07", 3, 8, 10),
    ("11", 1, 12, 4),
    ("14", 1, 13, 5),
    ("06", 4, 13, 5),
    ("01", 4, 13, 5),
    ("14", 2, 19, 0),
];
const CHILD: [(&str, u32, u32, u64); 4] = [("15", 1, 37, 0), ("15", 2, 38, 4), ("15", 3, 50, 0), ("11", 2, 0, 0)];

struct Maker {
    base: Base,
    towns: Vec<(String, String, String, bool)>,
    people: u32,
}

struct Person<'a> {
    birth: &'a str,
    girl: bool,
    /// 住民となった日 and 異動事由, when not by birth.
    moved: Option<(&'a str, &'a str)>,
    /// Codes × times that were not given.
    without: &'a [(&'a str, u32)],
    shots: bool,
}

impl Maker {
    fn person(&mut self, role: Option<&'static str>, person: &Person<'_>) -> String {
        let place = self.people;
        self.people += 1;
        let at = usize::try_from(place).unwrap();
        let number = format!("31{:08}", 10_000_019 + place * 137);
        let (family, family_kana) = FAMILY[at % FAMILY.len()];
        let (given, given_kana) = GIVEN[usize::from(person.girl)][at / FAMILY.len() % 13];
        let (postal, town, ward, chome) = self.towns[at * 7 % self.towns.len()].clone();
        let (block, house) = (1 + place % 4, 1 + place * 11 % 97);
        let line = if chome {
            format!("{town}{block}丁目{house}番{}号", 1 + place % 9)
        } else {
            format!("{town}{house}番地{block}")
        };
        let (since, reason) = person.moved.unwrap_or((person.birth, "出生"));
        let addressee = format!("52{:08}", 20_000_003 + place * 211);
        let household = format!("64{:08}", 30_000_007 + place * 173);
        let (name, kana) = (format!("{family}\u{3000}{given}"), format!("{family_kana}\u{3000}{given_kana}"));
        let sex = if person.girl { "2" } else { "1" };
        self.base.residents.push(&[
            ("宛名番号", &addressee),
            ("予防接種番号", &number),
            ("世帯番号", &household),
            ("氏名", &name),
            ("フリガナ", &kana),
            ("生年月日", person.birth),
            ("性別", sex),
            ("郵便番号", &postal),
            ("住所", &line),
            ("区", &ward),
            ("住民となった日", since),
            ("異動事由", reason),
            ("抽出日", AS_OF),
        ]);
        if person.shots {
            self.shots(&number, person);
        }
        if let Some(role) = role {
            assert!(self.base.roles.insert(role, number.clone()).is_none());
        }
        number
    }

    fn shots(&mut self, number: &str, person: &Person<'_>) {
        let birth = day(person.birth);
        let school =
            NaiveDate::from_ymd_opt(birth.year() + if (birth.month(), birth.day()) >= (4, 2) { 6 } else { 5 }, 4, 20).unwrap();
        for (code, times, months, days) in INFANT.iter().chain(&CHILD).copied() {
            let on = if (code, times) == ("11", 2) { school } else { birth + Months::new(months) + Days::new(days + 2) };
            if on > day(NEWEST_DOSE) || person.without.contains(&(code, times)) {
                continue;
            }
            let code = if code == "01" && on < day("2024-04-01") { "02" } else { code };
            self.base.shot(number, code, &times.to_string(), &on.format("%Y%m%d").to_string());
        }
    }
}

impl Base {
    /// Adds a ledger row of one shot, as the base has it.
    pub(crate) fn shot(&mut self, number: &str, code: &str, times: &str, on: &str) {
        let resident = self.residents.row_of(number);
        let of = |column: &str| self.residents.get(resident, column).to_owned();
        let cells = [of("生年月日"), of("氏名"), of("フリガナ"), of("性別"), of("郵便番号"), of("住所")];
        self.ledger.push(&[
            ("予防接種番号", number),
            ("生年月日", &cells[0]),
            ("予防接種コード", code),
            ("接種回数", times),
            ("回数", times),
            ("実施日", on),
            ("結果", "1"),
            ("結果名称", "接種"),
            ("医療機関コード", "1200001"),
            ("名称_漢字", "架空小児科"),
            ("ロットナンバー", "LOT001"),
            ("登録日", on),
            ("氏名_漢字", &cells[1]),
            ("氏名_カナ", &cells[2]),
            ("性別", &cells[3]),
            ("郵便番号", &cells[4]),
            ("住所", &cells[5]),
        ]);
    }

    /// A mark sheet.
    pub(crate) fn mark(&mut self, sheet: &str) -> &mut Table {
        self.marks.iter_mut().find(|mark| mark.name == sheet).unwrap_or_else(|| panic!("「{sheet}」のシートがありません"))
    }

    /// The number of a person that tests speak of by name.
    pub(crate) fn role(&self, role: &str) -> String {
        self.roles
            .get(role)
            .or_else(|| self.marked.get(role))
            .unwrap_or_else(|| panic!("「{role}」という人は土台にいません"))
            .clone()
    }
}

fn towns() -> Vec<(String, String, String, bool)> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path("samples/postal/utf_ken_all.csv").unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    let plain = |town: &str| !town.contains("以下に掲載") && !town.contains('（') && !town.contains('次');
    rows.filter(|row| plain(&row[8]) && row[7].starts_with("千葉市") && &row[9] == "0" && &row[12] == "0")
        .map(|row| {
            let ward = row[7].trim_start_matches("千葉市").to_owned();
            (row[2].to_owned(), format!("{}{}{}", &row[6], &row[7], &row[8]), ward, &row[11] == "1")
        })
        .collect()
}

/// The base, with the newest dose of the month before the run.
pub(crate) fn base() -> Base {
    let ledger = crate::office::LEDGER.trim_end();
    let base = Base {
        residents: Table::new("住民", &RESIDENTS),
        marks: [
            (
                "送付先",
                &["予防接種番号", "送付先郵便番号", "送付先住所", "送付先方書", "送付先氏名", "理由", "開始日", "終了日"][..],
            ),
            ("支援措置", &["予防接種番号", "区分", "開始日", "終了日"]),
            ("発送停止", &["予防接種番号", "区分", "理由", "開始日", "終了日"]),
            ("罹患", &["予防接種番号", "区分", "疾病", "系列", "開始日"]),
            ("免除", &["予防接種番号", "区分", "開始日", "終了日"]),
            ("特例", &["予防接種番号", "区分", "系列", "開始日", "終了日"]),
            ("妊娠", &["予防接種番号", "出産予定日"]),
        ]
        .map(|(name, head)| Table::new(name, head))
        .to_vec(),
        ledger: Table::new("台帳", &ledger.split(',').collect::<Vec<_>>()),
        roles: BTreeMap::new(),
        alike: BTreeMap::new(),
        marked: BTreeMap::new(),
    };
    let mut maker = Maker { base, towns: towns(), people: 0 };
    children(&mut maker);
    let marked = pupils(&mut maker);
    alike(&mut maker);
    adults(&mut maker);
    marks(&mut maker.base, &marked);
    maker.base
}

/// Three births a month for three years, nearly all vaccinated as the schedule has it.
fn children(maker: &mut Maker) {
    for month in 0..36 {
        let first = day("2026-11-01") - Months::new(month);
        for (at, on) in [5, 14, 23].into_iter().enumerate() {
            let birth = first.with_day(on).unwrap().to_string();
            let (role, without): (Option<&'static str>, &[(&str, u32)]) = match (month, at) {
                (0, 0) => (Some("乳児"), &[]),
                (0, 1) => (Some("乳児乙"), &[]),
                (3, 1) => (Some("BCG"), &[]),
                (10, 1) => (Some("MR"), &[]),
                (10, 0) => (Some("MR乙"), &[]),
                (10, 2) => (Some("MR丙"), &[]),
                (22, 1) => (Some("MR24"), &[("11", 1)]),
                (22, 0) => (Some("MR24乙"), &[("11", 1)]),
                (34, 1) => (Some("JE1"), &[]),
                _ => (None, &[]),
            };
            maker.person(role, &Person { birth: &birth, girl: at == 0, moved: None, without, shots: true });
        }
    }
}

/// People of five and six, and of eleven to fourteen; the numbers of some who bear the base's own marks.
fn pupils(maker: &mut Maker) -> Vec<String> {
    let mut marked = Vec::new();
    for place in 0..24u32 {
        let birth = (day("2020-05-08") + Months::new(place % 10)).with_day(3 + place).unwrap().to_string();
        let open = place % 4 == 0;
        let without: &[(&str, u32)] = if open { &[("11", 2)] } else { &[] };
        let role = match place {
            4 => Some("MR2"),
            8 => Some("MR2乙"),
            _ => None,
        };
        let number = maker.person(role, &Person { birth: &birth, girl: place % 2 == 0, moved: None, without, shots: true });
        if place > 12 {
            marked.push(number);
        }
    }
    for place in 0..24u32 {
        let (birth, role) = match place {
            0 => (day("2016-01-16"), Some("二種")),
            1 => (day("2016-01-19"), Some("二種乙")),
            _ => ((day("2012-05-09") + Months::new(place * 2)).with_day(2 + place).unwrap(), None),
        };
        maker.person(role, &Person { birth: &birth.to_string(), girl: place % 2 == 0, moved: None, without: &[], shots: true });
    }
    let moved = Some(("2026-11-10", "転入"));
    maker.person(Some("HPV"), &Person { birth: "2012-06-17", girl: true, moved, without: &[], shots: true });
    maker.person(Some("転入"), &Person { birth: "2025-09-18", girl: false, moved, without: &[], shots: true });
    marked
}

/// Boys born on the days of MR and MR24: many faults can be tried in one run.
fn alike(maker: &mut Maker) {
    for (role, birth, without) in [("MR", "2026-01-14", &[][..]), ("MR24", "2025-01-14", &[("11", 1)])] {
        let first = maker.base.role(role);
        let person = Person { birth, girl: false, moved: None, without, shots: true };
        let more = (0..15).map(|_| maker.person(None, &person));
        let all = std::iter::once(first).chain(more).collect();
        maker.base.alike.insert(role, all);
    }
}

fn adults(maker: &mut Maker) {
    let long = Some(("2001-04-02", "転入"));
    for place in 0..24i32 {
        let birth = NaiveDate::from_ymd_opt(1954 + place * 2, 2 + u32::try_from(place % 10).unwrap(), 7).unwrap().to_string();
        let role = if place == 19 { Some("RSV") } else { None };
        maker.person(role, &Person { birth: &birth, girl: place % 2 == 1, moved: long, without: &[], shots: false });
    }
    for place in 0..20i32 {
        let (birth, role, moved) = match place {
            0 => ("1962-01-16".to_owned(), Some("インフル"), long),
            1 => ("1962-01-18".to_owned(), Some("インフル乙"), long),
            2 => ("1956-08-21".to_owned(), Some("帯状疱疹"), Some(("2026-11-12", "転入"))),
            _ => (
                NaiveDate::from_ymd_opt(1960 - place, 3 + u32::try_from(place % 9).unwrap(), 11).unwrap().to_string(),
                None,
                long,
            ),
        };
        maker.person(role, &Person { birth: &birth, girl: place % 2 == 1, moved, without: &[], shots: false });
    }
}

/// A few sound rows in every mark sheet, of people nobody else speaks of.
fn marks(base: &mut Base, people: &[String]) {
    let from = ("開始日", "2026-04-01");
    let towns = [("2600855", "千葉県千葉市中央区市場町1番1号"), ("2600013", "千葉県千葉市中央区中央1丁目2番3号")];
    for (person, (postal, line)) in people.iter().zip(towns) {
        let place = [("送付先郵便番号", postal), ("送付先住所", line), ("送付先方書", "架空病院"), ("理由", "入院")];
        base.mark("送付先").push(&[&[("予防接種番号", person.as_str()), from][..], &place].concat());
    }
    base.mark("支援措置").push(&[("予防接種番号", &people[2]), ("区分", "本支援"), from, ("終了日", "2027-03-31")]);
    base.mark("支援措置").push(&[("予防接種番号", &people[3]), ("区分", "本支援"), from, ("終了日", "2027-03-31")]);
    base.mark("発送停止").push(&[("予防接種番号", &people[4]), ("区分", "返戻"), ("理由", "あて所なし"), from]);
    base.mark("発送停止").push(&[("予防接種番号", &people[5]), ("区分", "本人希望"), ("理由", "案内は不要との申し出"), from]);
    base.mark("罹患").push(&[("予防接種番号", &people[6]), ("区分", "禁忌"), ("疾病", "アナフィラキシー"), ("系列", "mr"), from]);
    base.mark("罹患").push(&[("予防接種番号", &people[7]), ("区分", "罹患"), ("疾病", "水痘"), from]);
    base.mark("免除").push(&[("予防接種番号", &people[8]), ("区分", "生活保護"), from]);
    base.mark("特例").push(&[("予防接種番号", &people[9]), ("区分", "長期療養"), ("系列", "mr"), from, ("終了日", "2027-03-31")]);
    base.marked.insert("支援者", people[2].clone());
    let mother = base.role("RSV");
    base.mark("妊娠").push(&[("予防接種番号", &mother), ("出産予定日", "2027-04-05")]);
}
