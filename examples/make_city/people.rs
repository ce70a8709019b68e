//! People, households, addresses and the shots they had.

use chrono::NaiveDate;
use kansho_core::calendar;
use std::error::Error;
use std::path::Path;

/// Days and other parts that a made-up calendar date may lack.
pub(crate) type Made<T> = Result<T, Box<dyn Error>>;

/// One town of the postal data.
pub(crate) struct Town {
    pub(crate) code: String,
    pub(crate) ward: String,
    pub(crate) name: String,
    blocks: bool,
}

/// Reads the towns of the six wards.
pub(crate) fn towns(path: &Path) -> Made<Vec<Town>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path)?;
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record?;
        let [code, city, name, blocks] = [2, 7, 8, 11].map(|i| record.get(i).unwrap_or_default().trim());
        let whole = !name.contains(['（', '、', '～']) && !name.contains("以下に掲載") && !code.ends_with("00");
        if let Some(ward) = city.strip_prefix("千葉市").filter(|_| whole) {
            found.push(Town { code: code.to_owned(), ward: ward.to_owned(), name: name.to_owned(), blocks: blocks == "1" });
        }
    }
    Ok(found)
}

/// A resident as the register has them.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) number: String,
    pub(crate) addressee: String,
    pub(crate) household: String,
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) alias: String,
    pub(crate) birth: NaiveDate,
    /// 不詳 text in place of the day.
    pub(crate) uncertain: Option<String>,
    pub(crate) female: bool,
    pub(crate) postal: String,
    pub(crate) address: String,
    pub(crate) building: String,
    pub(crate) ward: String,
    pub(crate) since: NaiveDate,
    pub(crate) reason: String,
    pub(crate) removed: Option<NaiveDate>,
    pub(crate) leaving: Option<NaiveDate>,
    pub(crate) died: Option<NaiveDate>,
    pub(crate) struck_flag: bool,
    pub(crate) shots: Vec<Shot>,
    pub(crate) notices: Vec<Notice>,
}

/// One row of the ledger that is a dose.
#[derive(Clone)]
pub(crate) struct Shot {
    pub(crate) code: &'static str,
    pub(crate) times: usize,
    pub(crate) on: NaiveDate,
    pub(crate) given: bool,
}

/// One row of the ledger that is a notice.
#[derive(Clone)]
pub(crate) struct Notice {
    pub(crate) on: NaiveDate,
    pub(crate) kind: &'static str,
    pub(crate) issue: u64,
}

/// One row of an optional sheet: sheet name, 予防接種番号, other cells by heading.
pub(crate) struct MarkRow {
    pub(crate) sheet: &'static str,
    pub(crate) cells: Vec<(&'static str, String)>,
}

/// The city while it is made.
pub(crate) struct City {
    pub(crate) as_of: NaiveDate,
    pub(crate) people: Vec<Person>,
    pub(crate) marks: Vec<MarkRow>,
    /// 予防接種番号, 事業, 判定, 理由, 説明.
    pub(crate) hard: Vec<[String; 5]>,
    towns: Vec<Town>,
    state: u64,
    next: u64,
    household: u64,
}

const SURNAMES: &str = "青木:アオキ 石川:イシカワ 上田:ウエダ 遠藤:エンドウ 岡田:オカダ 加藤:カトウ 木村:キムラ 工藤:クドウ 小林:コバヤシ 斎藤:サイトウ 清水:シミズ 鈴木:スズキ 高橋:タカハシ 千葉:チバ 土屋:ツチヤ 中村:ナカムラ 西村:ニシムラ 野口:ノグチ 橋本:ハシモト 平野:ヒラノ 藤田:フジタ 前田:マエダ 松本:マツモト 森:モリ 山口:ヤマグチ 横山:ヨコヤマ 吉川:ヨシカワ 和田:ワダ 渡辺:ワタナベ 五十嵐:イガラシ";
const GIVEN_M: &str = "蓮:レン 湊:ミナト 陽太:ヨウタ 大翔:ヒロト 健:ケン 翔太:ショウタ 悠真:ユウマ 一郎:イチロウ 誠:マコト 直樹:ナオキ 拓海:タクミ 浩:ヒロシ 樹:イツキ 新:アラタ 隆:タカシ";
const GIVEN_F: &str = "葵:アオイ 結衣:ユイ 陽菜:ヒナ 凛:リン 美咲:ミサキ さくら:サクラ 花子:ハナコ 和子:カズコ 幸子:サチコ 芽衣:メイ 詩:ウタ 琴音:コトネ 恵:メグミ 直美:ナオミ 千尋:チヒロ";

impl City {
    pub(crate) fn new(seed: u64, as_of: NaiveDate, towns: Vec<Town>) -> Self {
        Self { as_of, people: Vec::new(), marks: Vec::new(), hard: Vec::new(), towns, state: seed, next: 0, household: 0 }
    }

    /// splitmix64.
    fn random(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(below.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    fn pick(&mut self, words: &str) -> (String, String) {
        let list: Vec<&str> = words.split(' ').collect();
        let word = list[self.random(list.len())];
        word.split_once(':').map_or_else(|| (word.to_owned(), String::new()), |(a, b)| (a.to_owned(), b.to_owned()))
    }

    /// The next 予防接種番号 and 宛名番号: 99… and 88…, nine digits and a check digit (M11W2~7; a remainder of 1 is skipped).
    fn numbers(&mut self) -> (String, String) {
        loop {
            self.next += 1;
            let pair = [99, 88].map(|head| checked(&format!("{head}{:07}", self.next)));
            if let [Some(number), Some(addressee)] = pair {
                return (number, addressee);
            }
        }
    }

    /// A resident of a household of their own, born here or come in.
    pub(crate) fn person(&mut self, birth: NaiveDate, female: bool, since: Option<NaiveDate>) -> Person {
        let (surname, surname_kana) = self.pick(SURNAMES);
        let (given, given_kana) = self.pick(if female { GIVEN_F } else { GIVEN_M });
        let (number, addressee) = self.numbers();
        self.household += 1;
        let town = self.random(self.towns.len());
        let (a, b, c) = (self.random(9) + 1, self.random(29) + 1, self.random(19) + 1);
        let flat = self.random(4) == 0;
        let room = (self.random(9) + 1) * 100 + self.random(9) + 1;
        let town = &self.towns[town];
        let block = if town.blocks { format!("{a}丁目{b}番{c}号") } else { format!("{b}番地{c}") };
        Person {
            number,
            addressee,
            household: format!("77{:08}", self.household),
            name: format!("{surname}\u{3000}{given}"),
            kana: format!("{surname_kana}\u{3000}{given_kana}"),
            alias: String::new(),
            birth,
            uncertain: None,
            female,
            postal: town.code.clone(),
            address: format!("千葉県千葉市{}{}{block}", town.ward, town.name),
            building: if flat { format!("見本ハイツ{room}号室") } else { String::new() },
            ward: town.ward.clone(),
            since: since.unwrap_or(birth),
            reason: if since.is_some() { "転入" } else { "出生" }.to_owned(),
            removed: None,
            leaving: None,
            died: None,
            struck_flag: false,
            shots: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Gives a person the shots of their age, as far as they lie before the as-of date and after 住民となった日.
    pub(crate) fn vaccinate(&mut self, person: &mut Person) {
        let five = NaiveDate::from_ymd_opt(2024, 2, 1).is_some_and(|from| person.birth >= from);
        let first = if five { "01" } else { "02" };
        let plan: [(&str, usize, i32); 24] = [
            (first, 1, 2),
            (first, 2, 3),
            (first, 3, 4),
            (first, 4, 13),
            ("06", 1, 2),
            ("06", 2, 3),
            ("06", 3, 4),
            ("06", 4, 13),
            ("07", 1, 2),
            ("07", 2, 3),
            ("07", 3, 8),
            ("08", 1, 2),
            ("08", 2, 3),
            ("10", 1, 5),
            ("11", 1, 12),
            ("14", 1, 12),
            ("14", 2, 19),
            ("15", 1, 36),
            ("15", 2, 37),
            ("15", 3, 49),
            ("11", 2, 66),
            ("15", 4, 108),
            ("16", 1, 132),
            ("17", 1, 156),
        ];
        for (code, times, months) in plan {
            let drift = i64::try_from(self.random(12)).unwrap_or(0) + 1;
            let Some(mut on) = calendar::open_months(person.birth, months).and_then(|d| calendar::plus_days(d, drift)) else {
                continue;
            };
            if code == "11" && times == 2 {
                let Some(school) = calendar::school_start(person.birth) else { continue };
                let Some(day) = calendar::month_shift(school, -10).and_then(|d| calendar::plus_days(d, drift)) else { continue };
                on = day;
            }
            let rota_late = code == "08" && NaiveDate::from_ymd_opt(2020, 8, 1).is_some_and(|from| person.birth < from);
            let girl_only = code == "17" && !person.female;
            let old = months > 12 && person.birth < NaiveDate::from_ymd_opt(2005, 4, 2).unwrap_or_default();
            let lag = calendar::plus_days(self.as_of, -25).is_some_and(|last| on > last);
            if rota_late || girl_only || old || lag || on < person.since {
                continue;
            }
            person.shots.push(Shot { code, times, on, given: true });
        }
    }

    /// Everyone else: fixed groups for the programmes of the month, then all ages.
    pub(crate) fn fill(&mut self, residents: usize) -> Made<()> {
        let groups: [(i32, u32, usize); 7] =
            [(1, 2, 12), (4, 5, 10), (11, 12, 10), (35, 36, 10), (107, 108, 10), (131, 132, 14), (779, 780, 10)];
        let scale = (residents / 400).max(1);
        for (_, months, count) in groups {
            for place in 0..count * scale {
                let turn = calendar::month_shift(self.as_of, 1 - i32::try_from(months)?).ok_or("date")?;
                let birth = calendar::plus_days(turn, 1 + i64::try_from(self.random(27))?).ok_or("date")?;
                let adult = months > 700;
                let since = if adult { calendar::plus_days(self.as_of, -9000) } else { None };
                let mut person = self.person(birth, place % 2 == 0, since);
                if !adult {
                    self.vaccinate(&mut person);
                }
                self.people.push(person);
            }
        }
        for place in 0..24 * scale {
            let start = NaiveDate::from_ymd_opt(2020, 4, 2).ok_or("date")?;
            let birth = calendar::plus_days(start, i64::try_from(self.random(365))?).ok_or("date")?;
            let mut person = self.person(birth, place % 2 == 1, None);
            self.vaccinate(&mut person);
            if place % 2 == 0 {
                person.shots.retain(|s| !(s.code == "11" && s.times == 2));
            }
            self.people.push(person);
        }
        let movers: [(i64, bool, usize); 6] = [
            (13 * 365, true, 4),
            (14 * 365, true, 2),
            (70 * 365 + 117, true, 2),
            (75 * 365 + 118, false, 2),
            (200, false, 3),
            (1500, true, 3),
        ];
        for (age, female, count) in movers {
            for _ in 0..count * scale {
                let birth = calendar::plus_days(self.as_of, -age - i64::try_from(self.random(40))?).ok_or("date")?;
                let since = calendar::plus_days(self.as_of, -i64::try_from(self.random(25))? - 3).ok_or("date")?;
                let person = self.person(birth, female, Some(since));
                self.people.push(person);
            }
        }
        while self.people.len() < residents {
            let young = self.random(3) == 0;
            let days = if young { self.random(18 * 365) } else { 18 * 365 + self.random(75 * 365) };
            let birth = calendar::plus_days(self.as_of, -i64::try_from(days)? - 40).ok_or("date")?;
            let came = self.random(2) == 0;
            let female = self.random(2) == 0;
            let later = i64::try_from(self.random(days))?;
            let since = if came && days > 400 { calendar::plus_days(birth, later + 1).filter(|d| *d < self.as_of) } else { None };
            let mut person = self.person(birth, female, since);
            if days < 20 * 365 {
                self.vaccinate(&mut person);
            } else if days > 65 * 365 {
                self.yearly(&mut person)?;
            }
            if self.random(25) == 0 {
                person.removed =
                    calendar::plus_days(self.as_of, -i64::try_from(self.random(300))? - 2).filter(|d| *d > person.since);
                if person.removed.is_some() {
                    person.reason = "転出".to_owned();
                }
            }
            self.people.push(person);
        }
        Ok(())
    }

    /// Yearly influenza shots of the elderly: most rows of a real ledger.
    fn yearly(&mut self, person: &mut Person) -> Made<()> {
        for back in 1..=9 {
            let on = calendar::month_shift(self.as_of, -12 * back).and_then(|d| calendar::plus_days(d, -20)).ok_or("date")?;
            let old_enough = calendar::reach(person.birth, 780).is_some_and(|day| day <= on);
            if old_enough && on >= person.since && self.random(3) > 0 {
                person.shots.push(Shot { code: "51", times: 1, on, given: true });
            }
        }
        Ok(())
    }
}

/// Nine digits and their check digit; `None` where the remainder is 1.
fn checked(body: &str) -> Option<String> {
    let sum: u32 =
        body.chars().rev().zip([2, 3, 4, 5, 6, 7].into_iter().cycle()).filter_map(|(c, w)| c.to_digit(10).map(|d| d * w)).sum();
    match sum % 11 {
        0 => Some(format!("{body}0")),
        1 => None,
        rest => Some(format!("{body}{}", 11 - rest)),
    }
}
