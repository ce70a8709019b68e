//! 一通: the one record of a piece from selection to every output (CK8).
//!
//! It holds only what its forms print: there is no field for 支援措置, telephone or 個人番号, so none of them can reach the printer.

use chrono::NaiveDate;
use kansho_core::address::PostalCode;
use kansho_core::ids::{ProgrammeId, TemplateId};
use kansho_core::notice::{IssueNumber, PieceCode, PieceNumber, Trigger};
use kansho_core::person::Sex;
use kansho_post::Place;
use kansho_post::row::PostalRow;
use std::collections::BTreeMap;
use std::fmt;

/// 受けられる予防接種: one line of the letter's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoseLine {
    /// 予防接種の種類.
    pub vaccine: String,
    /// 期・回.
    pub dose: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
    /// 標準的な接種期間.
    pub standard: Option<(NaiveDate, NaiveDate)>,
    /// The days in everyday words, in brackets; may be empty.
    pub spoken: String,
}

/// 再発行 mark of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReissueMark {
    /// 無効になる発行no.
    pub void: Vec<String>,
    /// 理由.
    pub reason: String,
}

/// 名寄せ: where a piece lies among the pieces of its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InEnvelope {
    /// Number of the envelope from 1, in posting order.
    pub envelope: u32,
    /// This piece is the n-th sheet, from 1; the window shows the first.
    pub sheet: u32,
    /// Sheets of the envelope.
    pub sheets: u32,
    /// This piece is the n-th sheet of all that is posted, from 1.
    pub of_all: u32,
}

impl InEnvelope {
    /// True for the piece whose address the window shows.
    #[must_use]
    pub const fn leads(self) -> bool {
        self.sheet == 1
    }
}

/// One piece.
#[derive(Clone)]
pub struct Piece {
    /// 通し番号.
    pub number: PieceNumber,
    /// 封筒.
    pub place: InEnvelope,
    /// 発行no.
    pub issue: IssueNumber,
    /// 通知コード.
    pub code: PieceCode,
    /// 事業.
    pub programme: ProgrammeId,
    /// 事業名.
    pub programme_name: String,
    /// 事業の印 (CK11).
    pub token: String,
    /// Trigger.
    pub trigger: Trigger,
    /// Template of the letter.
    pub template: TemplateId,
    /// 予防接種番号.
    pub person_number: String,
    /// 氏名 as mail carries it.
    pub name: String,
    /// フリガナ.
    pub kana: String,
    /// 生年月日.
    pub birth: NaiveDate,
    /// 性別.
    pub sex: Sex,
    /// 様 or 保護者様.
    pub honorific: String,
    /// The name of the address block.
    pub addressee: String,
    /// 郵便番号 of the address block.
    pub postal: PostalCode,
    /// 住所1.
    pub address1: String,
    /// 住所2, when the layout splits.
    pub address2: Option<String>,
    /// 番地号表記 at the end of 住所, when the register keeps it apart.
    pub block: Option<String>,
    /// 方書.
    pub building: Option<String>,
    /// 区 of the address, when the register has one.
    pub ward: Option<String>,
    /// カスタマバーコード, or why there is none.
    pub barcode: Result<Barcode, String>,
    /// The history is unknown (CK6): its own wording.
    pub unknown_history: bool,
    /// The table of doses.
    pub doses: Vec<DoseLine>,
    /// これまでの接種: (種類, 回数).
    pub history: Vec<(String, String)>,
    /// Dates and words templates may name.
    pub vars: BTreeMap<String, String>,
    /// 再発行.
    pub reissue: Option<ReissueMark>,
    /// Stickers of this person.
    pub stickers: Stickers,
    /// 送付先 other than the register's address.
    pub alternate_address: bool,
    /// The register's own text, when print shows a 外字 as `gaiji.toml` says.
    pub register: Option<Box<Register>>,
}

/// What the register writes where print shows another character for a 外字: the postal CSV starts from it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Register {
    /// フリガナ.
    pub kana: String,
    /// The name of the address block.
    pub addressee: String,
    /// 住所.
    pub address: String,
    /// 方書.
    pub building: Option<String>,
    /// What print shows instead, one line a field and 外字.
    pub uses: Vec<String>,
}

/// A customer barcode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barcode {
    /// Body and check character, as in the CSV.
    pub text: String,
    /// 67 digits: 1 long, 2 upper, 3 lower, 4 timing.
    pub bars: String,
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Piece({})", self.code)
    }
}

/// 番号シール・予診票シール of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stickers {
    /// This many equal ones.
    Equal(u8),
    /// One for each dose of the table.
    Doses,
}

impl Piece {
    /// Number of stickers.
    #[must_use]
    pub const fn sticker_count(&self) -> usize {
        match self.stickers {
            Stickers::Equal(count) => count as usize,
            Stickers::Doses => self.doses.len(),
        }
    }

    /// What the barcode is made from.
    #[must_use]
    pub fn mailing_place(&self) -> Place<'_> {
        let building = self.building.as_deref();
        match &self.block {
            Some(block) => Place::Parts { line: &self.address1, block, building },
            None => Place::Lines(&self.address1, building),
        }
    }

    /// The row of the postal CSV; `serial` from 1.
    #[must_use]
    pub fn postal_row(&self, serial: usize) -> PostalRow {
        let register = self.register.as_deref();
        let building = register.map_or(&self.building, |r| &r.building);
        PostalRow {
            serial: serial.to_string(),
            piece_code: self.code.0.clone(),
            issue_no: self.issue.0.to_string(),
            postal_code: self.postal.hyphenated(),
            address1: register.map_or(&self.address1, |r| &r.address).clone(),
            address2: self.address2.clone().unwrap_or_default(),
            building: building.clone().unwrap_or_default(),
            name: register.map_or(&self.addressee, |r| &r.addressee).clone(),
            honorific: self.honorific.clone(),
            barcode: self.barcode.as_ref().map_or_else(|_| String::new(), |b| b.text.clone()),
            programme: self.programme_name.clone(),
            kind: if self.reissue.is_some() { "再発行".to_owned() } else { self.trigger.word().to_owned() },
            sheets: self.place.sheets.to_string(),
            sheet: self.place.sheet.to_string(),
            envelope: self.place.envelope.to_string(),
            kana: register.map_or(&self.kana, |r| &r.kana).clone(),
            ward: self.ward.clone().unwrap_or_default(),
            ..PostalRow::default()
        }
    }
}
