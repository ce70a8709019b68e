//! 規則集の有効期間: a run outside it is refused (CK3).

use chrono::NaiveDate;
use kansho_core::diag::settings;
use kansho_core::diag::{Code, Diagnostic, Failure};
use kansho_core::folder::Folder;
use serde::Deserialize;

/// `rules/book.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validity {
    /// 版, as the office tells it: 2026.1; empty in a book of one's own that is not shipped.
    pub version: String,
    /// The texts the book was made from.
    pub sources: Vec<String>,
    /// First as-of date the book has been checked for.
    pub valid_from: NaiveDate,
    /// Last as-of date the book has been checked for.
    pub valid_to: NaiveDate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    version: String,
    #[serde(default)]
    sources: Vec<String>,
    valid_from: String,
    valid_to: String,
}

impl Validity {
    /// Reads `rules/book.toml`.
    ///
    /// # Errors
    /// [`Failure::Io`] when it cannot be read, [`Failure::Usage`] when it is wrong.
    pub fn load(folder: &Folder) -> Result<Self, Failure> {
        const NAME: &str = "rules/book.toml";
        let text = folder.text("規則集の有効期間を読めません", NAME)?;
        let raw: Raw = settings::read(&text).map_err(|reason| Failure::settings(NAME, reason))?;
        let day = |key: &str, text: &str| {
            text.parse::<NaiveDate>().map_err(|_| Failure::Usage(format!("rules/book.toml: {key}「{text}」は日付ではありません")))
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if raw.version.len() > 20 || raw.version.starts_with('.') || !raw.version.chars().all(plain) {
            return Err(Failure::Usage(
                "rules/book.toml: version は 2026.1 のように、英数字・点・ハイフンで書いてください".to_owned(),
            ));
        }
        Ok(Self {
            valid_from: day("valid_from", &raw.valid_from)?,
            valid_to: day("valid_to", &raw.valid_to)?,
            version: raw.version,
            sources: raw.sources,
        })
    }

    /// What refuses a run as of `as_of`, if anything.
    #[must_use]
    pub fn refuses(&self, as_of: NaiveDate) -> Option<Diagnostic> {
        let inside = self.valid_from <= as_of && as_of <= self.valid_to;
        (!inside).then(|| {
            let message = format!("基準日 {as_of} は規則集の有効期間（{} から {} まで）の外です", self.valid_from, self.valid_to);
            Diagnostic::new(Code::RuleNotValid, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_next_fiscal_year_with_this_years_rules_is_refused() {
        let book = Validity::load(&Folder::at(std::path::Path::new("../.."))).unwrap();
        let told = |day: &str| book.refuses(day.parse().unwrap()).map(|d| d.message);
        assert_eq!(told("2027-03-31"), None);
        assert_eq!(told("2023-04-01"), None);
        assert!(told("2023-03-31").is_some());
        assert_eq!(
            told("2027-04-01").unwrap(),
            "基準日 2027-04-01 は規則集の有効期間（2023-04-01 から 2027-03-31 まで）の外です"
        );
    }
}
