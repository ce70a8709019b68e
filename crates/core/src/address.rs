//! Where: postal code, address, alternate destination.

use chrono::NaiveDate;
use std::fmt;

/// 郵便番号: seven ASCII digits, kept without the hyphen.
///
/// ```
/// # use kansho_core::address::PostalCode;
/// assert_eq!(PostalCode::new("2608722").map(|c| c.hyphenated()), Some("260-8722".to_owned()));
/// assert_eq!(PostalCode::new("260872"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostalCode([u8; 7]);

impl PostalCode {
    /// Seven digits, with or without the hyphen after the third; anything else is `None`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let digits: Vec<u8> = match text.len() {
            7 => text.bytes().collect(),
            8 if text.as_bytes()[3] == b'-' => text.bytes().filter(|b| *b != b'-').collect(),
            _ => return None,
        };
        let digits: [u8; 7] = digits.try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// Seven digits given as numbers; each is taken modulo 10.
    #[must_use]
    pub fn from_digits(digits: [u8; 7]) -> Self {
        Self(digits.map(|d| b'0' + d % 10))
    }

    /// The seven digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// `260-8722`.
    #[must_use]
    pub fn hyphenated(&self) -> String {
        let digits = self.digits();
        format!("{}-{}", &digits[..3], &digits[3..])
    }
}

impl fmt::Debug for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalCode(…)")
    }
}

/// 住所: postal code, address line, building line. Kept as the register writes it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// 郵便番号; `None` when the register has none (the person is held before posting).
    pub postal_code: Option<PostalCode>,
    /// 住所: from the prefecture or city to the house number.
    pub line: String,
    /// 番地号表記: the house number at the end of `line`, when the register keeps it in a column of its own.
    pub block: Option<String>,
    /// 方書: building, room, 様方.
    pub building: Option<String>,
    /// 区 of a designated city.
    pub ward: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// 送付先: an alternate mailing address with its owner, reason and term (CK16).
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    /// The address mail goes to.
    pub address: Address,
    /// The addressee there, when it is another name than the person's.
    pub addressee: Option<String>,
    /// 理由.
    pub reason: String,
    /// 開始日.
    pub from: NaiveDate,
    /// 終了日 (last day), when there is one.
    pub until: Option<NaiveDate>,
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Destination(…)")
    }
}
