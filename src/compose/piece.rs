//! 一通: the one record of a piece from selection to every output (CK8).

use crate::domain::address::PostalCode;
use crate::domain::notice::{IssueNumber, PieceCode, PieceNumber, Trigger};
use crate::domain::person::Sex;
use crate::domain::symbol::{ProgrammeId, Symbol};
use crate::postal::row::PostalRow;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt;

/// 受けられる予防接種: one line of the letter's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoseLine { pub vaccine: String, pub dose: String, pub from: NaiveDate, pub until: NaiveDate, pub standard: Option<(NaiveDate, NaiveDate)> }
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReissueMark { pub void: Vec<String>, pub reason: String }
#[derive(Clone)]
pub struct Piece { pub number: PieceNumber, pub issue: IssueNumber, pub code: PieceCode, pub programme: ProgrammeId, pub programme_name: String, pub trigger: Trigger, pub template: Symbol, pub person_number: String, pub name: String, pub kana: String, pub birth: NaiveDate, pub sex: Sex, pub honorific: String, pub addressee: String, pub postal: PostalCode, pub address1: String, pub address2: Option<String>, pub building: Option<String>, pub barcode: Result<String, String>, pub unknown_history: bool, pub doses: Vec<DoseLine>, pub history: Vec<(String, String)>, pub vars: BTreeMap<String, String>, pub reissue: Option<ReissueMark>, pub stickers: u8, pub alternate_address: bool }
impl fmt::Debug for Piece { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "Piece({})", self.code) } }
impl Piece { pub fn postal_row(&self, _n: usize) -> PostalRow { PostalRow } }
