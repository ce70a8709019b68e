//! stub
use crate::diag::{Checked, Failure};
use crate::domain::case::Ledger;
use crate::home::Home;
use chrono::NaiveDate;
use std::path::Path;
pub fn load(_r: &Path, _l: &Path, _h: &Home, _s: Option<NaiveDate>) -> Result<Checked<Ledger>, Failure> { Err(Failure::Usage("stub".into())) }
