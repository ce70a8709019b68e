//! The syntax of PDF: tokens and objects, read from bytes that may be damaged.

/// How deep arrays and dictionaries may nest.
const DEPTH: usize = 32;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Name(&'a [u8]),
    Text(Vec<u8>),
    List(Vec<Value<'a>>),
    Dict(Vec<(&'a [u8], Value<'a>)>),
    Ref(u32),
}

impl<'a> Value<'a> {
    /// The entry of a dictionary.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value<'a>> {
        match self {
            Self::Dict(entries) => entries.iter().find(|(name, _)| *name == key).map(|(_, value)| value),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Name(_) | Self::Text(_) | Self::List(_) | Self::Ref(_) => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// A whole number that counts or names something.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a whole number in range")]
    pub(super) fn count(&self) -> Option<u32> {
        self.number().filter(|n| (0.0..=f64::from(u32::MAX)).contains(n) && n.fract().abs() < f64::EPSILON).map(|n| n as u32)
    }

    pub(super) fn name(&self) -> Option<&'a [u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Value<'a>]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    pub(super) fn reference(&self) -> Option<u32> {
        if let Self::Ref(number) = self { Some(*number) } else { None }
    }
}

/// One token of a content stream or of a file.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    Name(&'a [u8]),
    Text(Vec<u8>),
    ListOpen,
    ListClose,
    DictOpen,
    DictClose,
    Word(&'a [u8]),
}

/// Reads tokens and objects one after the other.
#[derive(Clone)]
pub(super) struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Takes an exact word if it stands here.
    pub(super) fn take(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        if found {
            self.at += word.len();
        }
        found
    }

    /// The next token; `Ok(None)` at the end, `Err` where nothing can be made of the bytes.
    pub(super) fn token(&mut self) -> Result<Option<Token<'a>>, ()> {
        self.skip_space();
        let Some(first) = self.peek() else { return Ok(None) };
        let start = self.at;
        Ok(Some(match first {
            b'[' => self.one(Token::ListOpen),
            b']' => self.one(Token::ListClose),
            b'/' => {
                self.at += 1;
                Token::Name(self.regular())
            }
            b'(' => Token::Text(self.literal()?),
            b'<' if self.bytes.get(start + 1) == Some(&b'<') => {
                self.at += 2;
                Token::DictOpen
            }
            b'<' => Token::Text(self.hex_string()?),
            b'>' if self.bytes.get(start + 1) == Some(&b'>') => {
                self.at += 2;
                Token::DictClose
            }
            b'+' | b'-' | b'.' | b'0'..=b'9' => Token::Number(number(self.regular()).ok_or(())?),
            b'>' | b')' | b'{' | b'}' => return Err(()),
            _ => Token::Word(self.regular()),
        }))
    }

    fn one(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }

    fn regular(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn hex_string(&mut self) -> Result<Vec<u8>, ()> {
        self.at += 1;
        let mut out = Vec::new();
        let mut high = None;
        loop {
            let byte = self.peek().ok_or(())?;
            self.at += 1;
            if byte == b'>' {
                out.extend(high.map(|high: u8| high << 4));
                return Ok(out);
            }
            if is_space(byte) {
                continue;
            }
            let digit = hex(byte).ok_or(())?;
            match high.take() {
                None => high = Some(digit),
                Some(high) => out.push(high << 4 | digit),
            }
        }
    }

    fn literal(&mut self) -> Result<Vec<u8>, ()> {
        self.at += 1;
        let mut out = Vec::new();
        let mut depth = 1;
        loop {
            let byte = self.peek().ok_or(())?;
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(out);
                    }
                }
                b'\\' => {
                    let escaped = self.peek().ok_or(())?;
                    self.at += 1;
                    match escaped {
                        b'n' => out.push(b'\n'),
                        b'r' => out.push(b'\r'),
                        b't' => out.push(b'\t'),
                        b'b' => out.push(8),
                        b'f' => out.push(12),
                        b'\r' | b'\n' => {}
                        b'0'..=b'7' => {
                            let mut code = escaped - b'0';
                            for _ in 0..2 {
                                let Some(digit) = self.peek().filter(u8::is_ascii_digit) else { break };
                                code = code.wrapping_mul(8).wrapping_add(digit - b'0');
                                self.at += 1;
                            }
                            out.push(code);
                        }
                        other => out.push(other),
                    }
                    continue;
                }
                _ => {}
            }
            out.push(byte);
        }
    }

    /// The object that stands here.
    pub(super) fn value(&mut self) -> Result<Value<'a>, ()> {
        let token = self.token()?.ok_or(())?;
        self.value_from(token, 0)
    }

    fn value_from(&mut self, token: Token<'a>, depth: usize) -> Result<Value<'a>, ()> {
        if depth > DEPTH {
            return Err(());
        }
        Ok(match token {
            Token::Number(number) => {
                // "12 0 R" is a reference.
                let before = self.at;
                if let (Ok(Some(Token::Number(_))), Ok(Some(Token::Word(b"R")))) = (self.token(), self.token()) {
                    return Value::Number(number).count().map(Value::Ref).ok_or(());
                }
                self.at = before;
                Value::Number(number)
            }
            Token::Name(name) => Value::Name(name),
            Token::Text(text) => Value::Text(text),
            Token::ListOpen => {
                let mut list = Vec::new();
                loop {
                    let token = self.token()?.ok_or(())?;
                    if token == Token::ListClose {
                        return Ok(Value::List(list));
                    }
                    list.push(self.value_from(token, depth + 1)?);
                }
            }
            Token::DictOpen => {
                let mut entries = Vec::new();
                loop {
                    match self.token()?.ok_or(())? {
                        Token::DictClose => return Ok(Value::Dict(entries)),
                        Token::Name(name) => {
                            let token = self.token()?.ok_or(())?;
                            entries.push((name, self.value_from(token, depth + 1)?));
                        }
                        Token::Number(_)
                        | Token::Text(_)
                        | Token::ListOpen
                        | Token::ListClose
                        | Token::DictOpen
                        | Token::Word(_) => return Err(()),
                    }
                }
            }
            Token::Word(b"null") => Value::Null,
            Token::Word(b"true") => Value::Bool(true),
            Token::Word(b"false") => Value::Bool(false),
            Token::Word(_) | Token::ListClose | Token::DictClose => return Err(()),
        })
    }
}

/// A number such as `-12.5`; digits beyond what a length needs are harmless.
fn number(text: &[u8]) -> Option<f64> {
    let (sign, digits) = match text.split_first() {
        Some((b'-', rest)) => (-1.0, rest),
        Some((b'+', rest)) => (1.0, rest),
        _ => (1.0, text),
    };
    if digits.is_empty() || digits == b"." {
        return None;
    }
    let mut value = 0.0;
    let mut place = 0.0;
    for &byte in digits {
        match byte {
            b'.' if place == 0.0 => place = 1.0,
            b'0'..=b'9' => {
                value = value * 10.0 + f64::from(byte - b'0');
                place *= 10.0;
            }
            _ => return None,
        }
    }
    let value: f64 = if place > 0.0 { value / place } else { value };
    value.is_finite().then_some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read() {
        let mut scanner = Scanner::new(b"<</A[1 -.5 (a\\)(b)\\101) <4 1 4> 7 0 R]/B<</C true/D null>>% x\n/E/F>> next", 0);
        let value = scanner.value().unwrap();
        let list = value.get(b"A").unwrap().list().unwrap();
        assert_eq!(list[1], Value::Number(-0.5));
        assert_eq!(list[2], Value::Text(b"a)(b)A".to_vec()));
        assert_eq!(list[3], Value::Text(b"A@".to_vec()));
        assert_eq!(list[4].reference(), Some(7));
        assert_eq!(value.get(b"B").unwrap().get(b"C"), Some(&Value::Bool(true)));
        assert_eq!(value.get(b"E").unwrap().name(), Some(&b"F"[..]));
        assert!(scanner.take(b"next"));
    }

    #[test]
    fn damaged_objects_are_refused() {
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        for bytes in [&b"<</A"[..], b"(abc", b"<41", b"<4x>", b"[1 2", b"--5", b">>", b")", b"", &deep] {
            assert!(Scanner::new(bytes, 0).value().is_err(), "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
        }
    }
}
