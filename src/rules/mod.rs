//! stub
use crate::diag::Failure;
use crate::domain::decision::Forecast;
use crate::domain::history::{DoseRecord, Knowledge};
use crate::domain::person::Sex;
use crate::domain::residency::Standing;
use crate::domain::symbol::{DoseName, SeriesId};
use chrono::NaiveDate;
use std::path::Path;
#[derive(Debug)]
pub struct RuleBook {}
#[derive(Debug)]
pub struct Subject<'a> {
    pub birth: NaiveDate,
    pub sex: Sex,
    pub expected_delivery: &'a [NaiveDate],
    pub doses: &'a [DoseRecord],
    pub knowledge: Knowledge,
    pub had: &'a [String],
    pub disability: bool,
    pub exceptions: &'a [(Option<SeriesId>, NaiveDate, NaiveDate)],
    pub shortage: bool,
}
impl RuleBook {
    pub fn load(_d: &Path) -> Result<RuleBook, Failure> {
        Ok(RuleBook {})
    }
    pub fn series_name(&self, s: SeriesId) -> &str {
        s.as_str()
    }
    pub fn forecast(&self, _s: &Subject<'_>, _x: SeriesId, _a: NaiveDate, _r: Standing) -> Result<Vec<Forecast>, Failure> {
        Ok(vec![])
    }
    pub fn opens_on(&self, _s: SeriesId, _d: Option<DoseName>, _b: NaiveDate, _x: Sex, _a: NaiveDate) -> Option<NaiveDate> {
        None
    }
    pub fn counts_for(&self, a: SeriesId, b: SeriesId) -> bool {
        a == b
    }
    pub fn disease_excludes(&self, _a: SeriesId, _d: &str) -> bool {
        false
    }
}
