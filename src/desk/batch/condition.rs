//! 条件: which pieces of a batch are meant (`programme=mr1 and no>=10 and no<=12`).
//!
//! Comparisons with `and`, `or` and brackets over the fields of design §7b; nothing of a person is a field.

use kansho_core::diag::{Code, Failure};
use kansho_register::batches::Piece;
use std::cmp::Ordering;

/// A condition that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Each of them.
    All(Vec<Condition>),
    /// One of them.
    Any(Vec<Condition>),
    /// A comparison.
    Compared(Field, Comparison, String),
}

macro_rules! fields {
    ($($name:ident $word:literal;)*) => {
        /// A field of a piece.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "their words are those of design §7b")]
        pub enum Field { $($name,)* }

        impl Field {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $word),)*];
        }
    };
}

fields! {
    No "no";
    Programme "programme";
    Trigger "trigger";
    Series "series";
    Ward "ward";
    Postal "postal";
    Template "template";
    File "file";
    Page "page";
    Alternate "alternate";
    Substituted "substituted";
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named by their signs")]
pub enum Comparison {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Longer signs first.
const SIGNS: [(&str, Comparison); 6] = [
    ("!=", Comparison::Unequal),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("=", Comparison::Equal),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

/// Brackets within one another that anybody writes.
const DEEPEST: usize = 50;

fn not_understood(what: &str) -> Failure {
    Failure::Usage(format!("条件を読めません: {what}。例: programme=mr1 and no>=10 and no<=12"))
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// [`Failure::Barred`] with B613 for a field that is none; [`Failure::Usage`] when it is not understood otherwise.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut reader = Reader { rest: text, depth: 0 };
        let condition = reader.any()?;
        reader.blank();
        if reader.rest.is_empty() {
            Ok(condition)
        } else {
            Err(not_understood(&format!("「{}」が余っています", reader.rest)))
        }
    }

    /// Whether a piece meets it.
    #[must_use]
    pub fn meets(&self, piece: &Piece) -> bool {
        match self {
            Self::All(list) => list.iter().all(|one| one.meets(piece)),
            Self::Any(list) => list.iter().any(|one| one.meets(piece)),
            Self::Compared(field, how, value) => compared(*field, *how, value, piece),
        }
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::Unequal => order != Ordering::Equal,
            Self::Below => order == Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::Above => order == Ordering::Greater,
            Self::AtLeast => order != Ordering::Less,
        }
    }
}

fn compared(field: Field, how: Comparison, value: &str, piece: &Piece) -> bool {
    let number = |own: u64| value.parse::<u64>().is_ok_and(|value| how.holds(own.cmp(&value)));
    let yes = |own: bool| how.holds(own.cmp(&YES.contains(&value)));
    let text = |own: &str| how.holds(own.cmp(value));
    match field {
        Field::No => number(piece.no),
        Field::Page => number(piece.page),
        Field::Programme => text(&piece.programme),
        Field::Trigger => text(&piece.trigger),
        Field::Ward => text(&piece.ward),
        Field::Postal => how.holds(piece.postal.cmp(&value_digits(value))),
        Field::Template => text(&piece.template),
        Field::File => text(&piece.file),
        Field::Alternate => yes(piece.alternate),
        Field::Substituted => yes(piece.substituted),
        // A letter is about several series: one of them is meant, or none of them.
        Field::Series => match how {
            Comparison::Unequal => piece.series.split(',').all(|own| own != value),
            Comparison::Equal | Comparison::Below | Comparison::AtMost | Comparison::Above | Comparison::AtLeast => {
                piece.series.split(',').any(text)
            }
        },
    }
}

const YES: [&str; 4] = ["true", "1", "yes", "はい"];
const NO: [&str; 4] = ["false", "0", "no", "いいえ"];

fn value_digits(postal: &str) -> String {
    postal.chars().filter(char::is_ascii_digit).collect()
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes a word that stands alone.
    fn word(&mut self, word: &str) -> bool {
        self.blank();
        let front = self.rest.get(..word.len()).filter(|front| front.eq_ignore_ascii_case(word));
        let ends = front.is_some() && !self.rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if ends {
            self.rest = &self.rest[word.len()..];
        }
        ends
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.blank();
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest;
        true
    }

    fn any(&mut self) -> Result<Condition, Failure> {
        let mut list = vec![self.all()?];
        while self.word("or") {
            list.push(self.all()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Condition::Any(list) })
    }

    fn all(&mut self) -> Result<Condition, Failure> {
        let mut list = vec![self.one()?];
        while self.word("and") {
            list.push(self.one()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Condition::All(list) })
    }

    fn one(&mut self) -> Result<Condition, Failure> {
        if self.sign("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(not_understood("かっこが深すぎます"));
            }
            let inner = self.any()?;
            self.depth -= 1;
            return if self.sign(")") { Ok(inner) } else { Err(not_understood("かっこが閉じていません")) };
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(not_understood("項目の名がありません"));
        }
        let field = Field::ALL.iter().find(|(_, word)| *word == name).map(|(field, _)| *field);
        let field = field.ok_or_else(|| Failure::barred(Code::FieldNotAllowed, format!("「{name}」は条件に使えません")))?;
        self.rest = rest;
        let how = SIGNS.into_iter().find(|(sign, _)| self.sign(sign)).map(|(_, how)| how);
        let how = how.ok_or_else(|| not_understood(&format!("{name} の後に = != < <= > >= のどれかが要ります")))?;
        let value = self.value()?;
        let right = match field {
            Field::No | Field::Page => value.parse::<u64>().is_ok(),
            Field::Alternate | Field::Substituted => YES.contains(&value.as_str()) || NO.contains(&value.as_str()),
            Field::Programme | Field::Trigger | Field::Series | Field::Ward | Field::Postal | Field::Template | Field::File => {
                true
            }
        };
        if right {
            Ok(Condition::Compared(field, how, value))
        } else {
            Err(not_understood(&format!("{name} の値「{value}」")))
        }
    }

    fn value(&mut self) -> Result<String, Failure> {
        self.blank();
        for quote in ['"', '\''] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let (value, rest) = rest.split_once(quote).ok_or_else(|| not_understood("引用符が閉じていません"))?;
                self.rest = rest;
                return Ok(value.to_owned());
            }
        }
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest;
        if value.is_empty() { Err(not_understood("値がありません")) } else { Ok(value.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(no: u64, programme: &str) -> Piece {
        Piece {
            no,
            hakkono: 100 + no,
            code: String::new(),
            person: String::new(),
            programme: programme.to_owned(),
            trigger: "first".to_owned(),
            period: String::new(),
            series: "mr,var".to_owned(),
            template: "mr1".to_owned(),
            file: "letters-0001.pdf".to_owned(),
            page: no * 2 - 1,
            postal: "2600855".to_owned(),
            ward: "中央区".to_owned(),
            alternate: false,
            substituted: true,
            pulled: None,
        }
    }

    #[test]
    fn comparisons_and_their_ties_choose_pieces() {
        let chosen = |text: &str| {
            let condition = Condition::parse(text).unwrap();
            (1..=20).filter(|no| condition.meets(&piece(*no, if no % 2 == 0 { "mr1" } else { "hpv" }))).collect::<Vec<u64>>()
        };
        assert_eq!(chosen("programme=mr1 and no>=10 and no<=12"), [10, 12]);
        assert_eq!(chosen("no<3 or no > 18"), [1, 2, 19, 20]);
        assert_eq!(chosen("(no=1 or no=2) and programme != mr1"), [1]);
        assert_eq!(chosen("series=var and page=5 and substituted=true and alternate=false"), [3]);
        assert_eq!(chosen("series!=var"), Vec::<u64>::new());
        assert_eq!(chosen("postal=260-0855 and ward='中央区' and no=7"), [7]);
    }

    #[test]
    fn what_is_no_field_is_barred_and_what_is_not_understood_refused() {
        assert_eq!(Condition::parse("name=山田").unwrap_err().code(), Some(Code::FieldNotAllowed));
        for text in ["", "no", "no=", "no=x", "no=1 and", "(no=1", "no=1)", "ward='中央区", "alternate=perhaps", &"(".repeat(60)]
        {
            assert!(matches!(Condition::parse(text), Err(Failure::Usage(_))), "{text}");
        }
    }
}
