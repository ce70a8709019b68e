//! 郵便CSVの一行: plain text for every column a layout may ask for.

use serde::Deserialize;

/// One piece as the shop's file shows it. Text is already shrunk to the file's repertoire (`chars::sjis`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PostalRow {
    /// 連番
    pub serial: String,
    /// 通知コード
    pub piece_code: String,
    /// 発行no
    pub issue_no: String,
    /// 郵便番号 with its hyphen
    pub postal_code: String,
    /// 住所1: 都道府県 to 番地
    pub address1: String,
    /// 住所2
    pub address2: String,
    /// 方書
    pub building: String,
    /// 氏名
    pub name: String,
    /// 敬称
    pub honorific: String,
    /// カスタマバーコード: body and check character; empty where none may be printed
    pub barcode: String,
    /// 事業
    pub programme: String,
    /// 通知種別
    pub kind: String,
    /// 枚数 of the envelope
    pub sheets: String,
    /// 枚目
    pub sheet: String,
    /// 封筒番号
    pub envelope: String,
    /// フリガナ
    pub kana: String,
    /// 区
    pub ward: String,
    /// 郵便区番号
    pub district: String,
    /// 結束番号
    pub bundle: String,
}

impl std::fmt::Debug for PostalRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostalRow({})", self.serial)
    }
}

/// A column's content, by the word that layouts use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 連番
    Serial,
    /// 通知コード
    PieceCode,
    /// 発行no
    IssueNo,
    /// 郵便番号 with its hyphen
    PostalCode,
    /// 郵便番号, seven digits
    PostalDigits,
    /// 住所1
    Address1,
    /// 住所2
    Address2,
    /// 方書
    Building,
    /// 氏名
    Name,
    /// 姓: the name up to its first blank
    FamilyName,
    /// 名: the name behind its first blank
    GivenName,
    /// 敬称
    Honorific,
    /// 敬称 without its 様: 保護者, or nothing
    Role,
    /// 様 of the 敬称
    Title,
    /// 氏名, and behind a blank 保護者 when the letter is for the guardian
    NameRole,
    /// カスタマバーコード
    Barcode,
    /// 事業
    Programme,
    /// 通知種別
    Kind,
    /// 枚数
    Sheets,
    /// 枚目
    Sheet,
    /// 封筒番号
    Envelope,
    /// フリガナ
    Kana,
    /// 区
    Ward,
    /// 郵便区番号
    District,
    /// 結束番号
    Bundle,
}

/// The word of the guardian in 保護者様.
const GUARDIAN: &str = "保護者";

/// 保護者様 → 保護者 and 様.
fn role_and_title(honorific: &str) -> (&str, &str) {
    honorific.strip_suffix('様').map_or(("", honorific), |role| (role, "様"))
}

/// 姓 and 名: cut at the first blank, which belongs to neither.
fn halves(name: &str) -> (&str, &str) {
    name.split_once([' ', '\u{3000}']).unwrap_or((name, ""))
}

impl PostalRow {
    /// The text of a column.
    #[must_use]
    pub fn get(&self, field: Field) -> String {
        match field {
            Field::Serial => self.serial.clone(),
            Field::PieceCode => self.piece_code.clone(),
            Field::IssueNo => self.issue_no.clone(),
            Field::PostalCode => self.postal_code.clone(),
            Field::PostalDigits => self.postal_code.replace('-', ""),
            Field::Address1 => self.address1.clone(),
            Field::Address2 => self.address2.clone(),
            Field::Building => self.building.clone(),
            Field::Name => self.name.clone(),
            Field::FamilyName => halves(&self.name).0.to_owned(),
            Field::GivenName => halves(&self.name).1.to_owned(),
            Field::Honorific => self.honorific.clone(),
            Field::Role => role_and_title(&self.honorific).0.to_owned(),
            Field::Title => role_and_title(&self.honorific).1.to_owned(),
            Field::NameRole => match role_and_title(&self.honorific).0 {
                "" => self.name.clone(),
                role => format!("{}\u{3000}{role}", self.name),
            },
            Field::Barcode => self.barcode.clone(),
            Field::Programme => self.programme.clone(),
            Field::Kind => self.kind.clone(),
            Field::Sheets => self.sheets.clone(),
            Field::Sheet => self.sheet.clone(),
            Field::Envelope => self.envelope.clone(),
            Field::Kana => self.kana.clone(),
            Field::Ward => self.ward.clone(),
            Field::District => self.district.clone(),
            Field::Bundle => self.bundle.clone(),
        }
    }

    /// Puts what was read from a column into the row.
    pub fn set(&mut self, field: Field, text: &str) {
        let place = match field {
            Field::Serial => &mut self.serial,
            Field::PieceCode => &mut self.piece_code,
            Field::IssueNo => &mut self.issue_no,
            Field::PostalCode => &mut self.postal_code,
            Field::PostalDigits => {
                self.postal_code = match text.split_at_checked(3) {
                    Some((area, town)) if text.len() == 7 => format!("{area}-{town}"),
                    Some(_) | None => text.to_owned(),
                };
                return;
            }
            Field::Address1 => &mut self.address1,
            Field::Address2 => &mut self.address2,
            Field::Building => &mut self.building,
            Field::Name | Field::FamilyName => &mut self.name,
            Field::GivenName => {
                if !text.is_empty() {
                    self.name = format!("{}\u{3000}{text}", self.name);
                }
                return;
            }
            Field::Honorific => &mut self.honorific,
            Field::Role => {
                self.honorific.insert_str(0, text);
                return;
            }
            Field::Title => {
                self.honorific.push_str(text);
                return;
            }
            Field::NameRole => {
                match text.strip_suffix(GUARDIAN).and_then(|name| name.strip_suffix('\u{3000}')) {
                    Some(name) => {
                        name.clone_into(&mut self.name);
                        self.honorific.insert_str(0, GUARDIAN);
                    }
                    None => text.clone_into(&mut self.name),
                }
                return;
            }
            Field::Barcode => &mut self.barcode,
            Field::Programme => &mut self.programme,
            Field::Kind => &mut self.kind,
            Field::Sheets => &mut self.sheets,
            Field::Sheet => &mut self.sheet,
            Field::Envelope => &mut self.envelope,
            Field::Kana => &mut self.kana,
            Field::Ward => &mut self.ward,
            Field::District => &mut self.district,
            Field::Bundle => &mut self.bundle,
        };
        text.clone_into(place);
    }
}
