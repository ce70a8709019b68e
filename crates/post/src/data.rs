//! 郵便番号データ: Japan Post's `utf_ken_all.csv` and `jigyosyo.csv` from the office's folder (postal.md c).

use crate::cache;
use crate::spelling::Spelling;
use kansho_chars::{NEITHER, either};
use kansho_core::address::PostalCode;
use kansho_core::diag::Failure;
use kansho_core::folder::Folder;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One row of `utf_ken_all.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Town {
    /// 郵便番号.
    pub code: PostalCode,
    /// 旧郵便番号 without its blanks: the proposal for the 郵便区番号.
    pub old_code: String,
    /// 都道府県.
    pub prefecture: String,
    /// 市区町村.
    pub city: String,
    /// 町域 without its bracket; empty where the row names none (以下に掲載がない場合, …の次に番地がくる場合, ○○一円).
    pub town: String,
    /// What stands in the bracket.
    pub note: String,
    /// True for 以下に掲載がない場合: the representative code of a city.
    pub representative: bool,
    /// True for 更新の表示 2 (廃止).
    pub abolished: bool,
    /// 市区町村, comparable.
    pub(crate) city_key: String,
    /// 都道府県, comparable.
    pub(crate) prefecture_key: String,
    /// 町域, comparable; several where the row lists several towns.
    pub(crate) town_keys: Vec<String>,
}

/// One row of `jigyosyo.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// 個別番号.
    pub code: PostalCode,
    /// True for a P.O. box.
    pub po_box: bool,
    /// True for 修正コード 5 (廃止).
    pub abolished: bool,
}

/// What the data know of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// A town's code.
    Town,
    /// 代表番号: no barcode.
    Representative,
    /// 事業所の個別番号: the barcode holds the code alone.
    Office,
    /// 廃止された番号.
    Abolished,
    /// Not in the data.
    Unknown,
}

/// Both files, indexed.
#[derive(Clone, Debug, Default)]
pub struct PostalData {
    towns: Vec<Town>,
    by_code: BTreeMap<PostalCode, Vec<usize>>,
    by_city: BTreeMap<String, Vec<usize>>,
    offices: BTreeMap<PostalCode, Office>,
    spelling: Spelling,
}

impl PostalData {
    /// Reads `utf_ken_all.csv` and, if present, `jigyosyo.csv` (any letter case) of a folder, UTF-8 or CP932; names are compared by
    /// the table `spelling`.
    ///
    /// Large files are parsed once: the result is kept beside them (`postal/cache.rs`) and used while their hashes are the same.
    ///
    /// # Errors
    /// [`Failure::Io`] when a file cannot be read, [`Failure::Usage`] when `utf_ken_all.csv` is missing, empty, in another
    /// encoding, or a row has another shape.
    pub fn load(folder: &Folder, spelling: Spelling) -> Result<Self, Failure> {
        let names = folder.names("郵便番号データのフォルダーを開けません", POSTAL)?;
        let source = |file: &str| -> Result<Option<Source>, Failure> {
            let ours = |name: &&String| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(file));
            let Some(name) = names.iter().find(ours) else { return Ok(None) };
            Ok(Some((name.clone(), folder.bytes("郵便番号データを読めません", name)?)))
        };
        let place = folder.place(POSTAL);
        let towns = source("utf_ken_all.csv")?
            .ok_or_else(|| Failure::Usage(format!("{} に utf_ken_all.csv がありません", place.display())))?;
        let offices = source("jigyosyo.csv")?;
        let key = cache::key(&towns.1, offices.as_ref().map(|(_, bytes)| &**bytes), spelling.digest());
        if let Some(data) = key.as_ref().and_then(|key| cache::read(&place, key)) {
            return Ok(Self { spelling, ..data });
        }
        let data = Self::parse(&towns, offices.as_ref(), spelling)?;
        if let Some(key) = key {
            cache::write(&place, &key, &data);
        }
        Ok(data)
    }

    fn parse(towns: &Source, offices: Option<&Source>, spelling: Spelling) -> Result<Self, Failure> {
        let mut data = Self { spelling, ..Self::default() };
        rows(towns, 15, |cells| data.push_town(cells))?;
        if data.towns.is_empty() {
            return Err(Failure::Usage(format!("{}: 郵便番号が一件もありません", towns.0)));
        }
        if let Some(offices) = offices {
            rows(offices, 13, |cells| data.push_office(cells))?;
        }
        Ok(data)
    }

    /// Adds a row to the indexes.
    pub(super) fn insert_town(&mut self, row: Town) {
        let index = self.towns.len();
        self.by_code.entry(row.code).or_default().push(index);
        let city = format!("{}{}", row.prefecture_key, row.city_key);
        self.by_city.entry(city).or_default().push(index);
        self.towns.push(row);
    }

    /// Adds a business code.
    pub(super) fn insert_office(&mut self, office: Office) {
        self.offices.insert(office.code, office);
    }

    /// The business codes in order.
    pub(super) fn offices(&self) -> impl Iterator<Item = &Office> {
        self.offices.values()
    }

    fn push_town(&mut self, cells: &[&str]) -> Option<()> {
        let [_, old, code, _, _, _, prefecture, city, town, _, _, _, _, update, _] = cells else { return None };
        let code = PostalCode::new(code)?;
        let (name, note) = town.split_once('（').map_or((*town, ""), |(name, note)| (name, note.trim_end_matches('）')));
        let representative = name == "以下に掲載がない場合";
        let nameless = representative || name.ends_with("場合") || (name.ends_with("一円") && name != "一円");
        let town_keys = if nameless { Vec::new() } else { self.listed(name) };
        let row = Town {
            code,
            old_code: old.trim().to_owned(),
            prefecture: (*prefecture).to_owned(),
            city: (*city).to_owned(),
            town: if nameless { String::new() } else { name.to_owned() },
            note: note.to_owned(),
            representative,
            abolished: *update == "2",
            city_key: self.key_of(city, |t| (&t.city, &t.city_key)),
            prefecture_key: self.key_of(prefecture, |t| (&t.prefecture, &t.prefecture_key)),
            town_keys,
        };
        self.insert_town(row);
        Some(())
    }

    /// The comparable form of a city or prefecture; the row before usually has the same one.
    fn key_of(&self, name: &str, of: impl Fn(&Town) -> (&String, &String)) -> String {
        let before = self.towns.last().map(of).filter(|(known, _)| *known == name);
        before.map_or_else(|| self.spelling.key(name), |(_, key)| key.clone())
    }

    fn push_office(&mut self, cells: &[&str]) -> Option<()> {
        let [_, _, _, _, _, _, _, code, _, _, kind, _, change] = cells else { return None };
        let code = PostalCode::new(code)?;
        self.insert_office(Office { code, po_box: *kind == "1", abolished: *change == "5" });
        Some(())
    }

    /// The towns of one row. Where a row lists several 地割 or a range of them, the code does not tell which: the name in front of
    /// the number is the town and the number belongs to the house.
    fn listed(&self, name: &str) -> Vec<String> {
        let several = name.contains(['、', '～', '〜']);
        let stem = |part: &str| {
            let end = part
                .find(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c))
                .filter(|_| several && name.contains("地割"));
            part.get(..end.unwrap_or(part.len())).unwrap_or(part).trim_end_matches('第').to_owned()
        };
        let mut found: Vec<String> = name.split(['、', '～', '〜']).map(stem).flat_map(|part| self.keys(&part)).collect();
        found.sort();
        found.dedup();
        found
    }

    /// The comparable forms of one town name: as it is, and without a leading 字.
    fn keys(&self, name: &str) -> Vec<String> {
        let key = self.spelling.key(name);
        let bare = key.strip_prefix('字').filter(|k| !k.is_empty()).map(str::to_owned);
        std::iter::once(key).filter(|k| !k.is_empty()).chain(bare).collect()
    }

    /// How names are compared.
    #[must_use]
    pub const fn spelling(&self) -> &Spelling {
        &self.spelling
    }

    /// Number of town rows and of business codes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.towns.len(), self.offices.len())
    }

    /// All town rows in file order.
    #[must_use]
    pub fn all(&self) -> &[Town] {
        &self.towns
    }

    /// The town rows of a code.
    pub fn towns(&self, code: PostalCode) -> impl Iterator<Item = &Town> {
        self.by_code.get(&code).into_iter().flatten().filter_map(|i| self.towns.get(*i))
    }

    /// The cities (comparable name with its prefecture's) and their town rows.
    pub(crate) fn cities(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &Town>)> {
        self.by_city.iter().map(|(key, rows)| (key.as_str(), rows.iter().filter_map(|i| self.towns.get(*i))))
    }

    /// All town rows of a town's city.
    pub(crate) fn city_of(&self, town: &Town) -> impl Iterator<Item = &Town> {
        let key = format!("{}{}", town.prefecture_key, town.city_key);
        self.by_city.get(&key).into_iter().flatten().filter_map(|i| self.towns.get(*i))
    }

    /// What the data know of a code.
    #[must_use]
    pub fn known(&self, code: PostalCode) -> Known {
        if let Some(office) = self.offices.get(&code) {
            return if office.abolished { Known::Abolished } else { Known::Office };
        }
        if self.towns(code).next().is_none() {
            Known::Unknown
        } else if self.towns(code).all(|t| t.abolished) {
            Known::Abolished
        } else if self.towns(code).any(|t| t.representative) {
            Known::Representative
        } else {
            Known::Town
        }
    }
}

/// Name under which a folder of settings holds the postal data (`--postal-data`, `postal.data` of `municipality.toml`).
pub const POSTAL: &str = "postal-data";

/// The name of a file and its bytes.
type Source = (String, Arc<[u8]>);

/// Calls `take` with the cells of every row; a row that it does not take, or of another width, is an error with its number.
fn rows((shown, bytes): &Source, width: usize, mut take: impl FnMut(&[&str]) -> Option<()>) -> Result<(), Failure> {
    let text = either(bytes).ok_or_else(|| Failure::settings(shown, NEITHER))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut number = 0_usize;
    loop {
        number += 1;
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let cells: Vec<&str> = record.iter().collect();
                if cells.len() != width || take(&cells).is_none() {
                    return Err(Failure::Usage(format!("{shown} {number}行: 郵便番号データの{width}列の行として読めません")));
                }
            }
            Err(error) => return Err(Failure::Usage(format!("{shown} {number}行: {error}"))),
        }
    }
}
