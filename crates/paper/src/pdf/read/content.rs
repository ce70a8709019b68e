//! What a content stream shows: texts, filled boxes and two-dimensional codes, in its own coordinates.

use super::font::Font;
use super::object::{Scanner, Token};
use std::sync::Arc;

/// A matrix as in PDF: x' = a x + c y + e, y' = b x + d y + f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const ONE: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First this, then `next`.
    pub(super) fn then(self, next: Self) -> Self {
        let ([a, b, c, d, e, f], [na, nb, nc, nd, ne, nf]) = (self.0, next.0);
        Self([a * na + b * nc, a * nb + b * nd, c * na + d * nc, c * nb + d * nd, e * na + f * nc + ne, e * nb + f * nd + nf])
    }

    const fn shift(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }
}

/// A text as shown by one operator.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// From text space with size 1 and scale 1 to the stream's coordinates.
    pub(super) matrix: Matrix,
    pub(super) text: Arc<str>,
    pub(super) face: Arc<str>,
}

/// A code drawn as an image mask.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    pub(super) matrix: Matrix,
    pub(super) side: usize,
    pub(super) modules: Arc<[bool]>,
}

/// Everything a stream shows, in drawing order of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn {
    pub(super) texts: Vec<Shown>,
    /// x, y, width, height in points of the stream, y upwards.
    pub(super) boxes: Vec<[f64; 4]>,
    pub(super) masks: Vec<Mask>,
}

impl Drawn {
    /// Adds what a form shows.
    fn add(&mut self, other: &Drawn, matrix: Matrix) -> Option<()> {
        self.texts.extend(other.texts.iter().map(|shown| Shown { matrix: shown.matrix.then(matrix), ..shown.clone() }));
        self.boxes.extend(other.boxes.iter().map(|&area| transformed(area, matrix)));
        self.masks.extend(other.masks.iter().map(|mask| Mask { matrix: mask.matrix.then(matrix), ..mask.clone() }));
        self.in_bounds()
    }

    /// No page of ours shows a million things.
    fn in_bounds(&self) -> Option<()> {
        (self.texts.len() + self.boxes.len() + self.masks.len() < 1_000_000).then_some(())
    }
}

fn transformed([x, y, w, h]: [f64; 4], matrix: Matrix) -> [f64; 4] {
    let corner = |x, y| {
        let Matrix([.., e, f]) = Matrix::shift(x, y).then(matrix);
        (e, f)
    };
    let ((x1, y1), (x2, y2)) = (corner(x, y), corner(x + w, y + h));
    [x1.min(x2), y1.min(y2), (x2 - x1).abs(), (y2 - y1).abs()]
}

/// Fonts and forms by the names a stream calls them.
pub(super) trait Resources {
    /// A font.
    fn font(&self, name: &[u8]) -> Option<Arc<Font>>;
    /// What a form shows, its /Matrix applied.
    fn form(&self, name: &[u8]) -> Option<Arc<Drawn>>;
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Arc<Font>>,
    size: f64,
    scale: f64,
    spacing: f64,
    leading: f64,
    rise: f64,
}

struct Interpreter<'r, R: Resources> {
    resources: &'r R,
    state: State,
    stack: Vec<State>,
    line: Matrix,
    at: Matrix,
    path: Vec<[f64; 4]>,
    drawn: Drawn,
}

/// Interprets a content stream; `None` when it is damaged or asks for what the resources lack.
pub(super) fn interpret<R: Resources>(content: &[u8], resources: &R) -> Option<Drawn> {
    let state = State { ctm: Matrix::ONE, font: None, size: 0.0, scale: 1.0, spacing: 0.0, leading: 0.0, rise: 0.0 };
    let mut interpreter = Interpreter {
        resources,
        state,
        stack: Vec::new(),
        line: Matrix::ONE,
        at: Matrix::ONE,
        path: Vec::new(),
        drawn: Drawn::default(),
    };
    let mut scanner = Scanner::new(content, 0);
    let mut operands: Vec<Token<'_>> = Vec::new();
    while let Some(token) = scanner.token().ok()? {
        if let Token::Word(operator) = token {
            if operator == b"BI" {
                interpreter.image(&mut scanner)?;
            } else {
                interpreter.operator(operator, &operands)?;
            }
            operands.clear();
        } else if operands.len() < 4096 {
            operands.push(token);
        } else {
            return None;
        }
    }
    interpreter.drawn.in_bounds()?;
    (interpreter.stack.is_empty() && operands.is_empty()).then_some(interpreter.drawn)
}

/// The last `N` operands as numbers.
fn numbers<const N: usize>(operands: &[Token<'_>]) -> Option<[f64; N]> {
    let mut out = [0.0; N];
    for (slot, token) in out.iter_mut().zip(operands.get(operands.len().checked_sub(N)?..)?) {
        let Token::Number(number) = token else { return None };
        *slot = *number;
    }
    Some(out)
}

impl<R: Resources> Interpreter<'_, R> {
    fn operator(&mut self, operator: &[u8], operands: &[Token<'_>]) -> Option<()> {
        match operator {
            b"q" if self.stack.len() < 256 => self.stack.push(self.state.clone()),
            b"Q" => self.state = self.stack.pop()?,
            b"cm" => self.state.ctm = Matrix(numbers(operands)?).then(self.state.ctm),
            b"BT" => (self.line, self.at) = (Matrix::ONE, Matrix::ONE),
            b"Tf" => {
                let [Token::Name(name), Token::Number(size)] = operands else { return None };
                self.state.font = Some(self.resources.font(name)?);
                self.state.size = *size;
            }
            b"Tz" => self.state.scale = numbers::<1>(operands)?[0] / 100.0,
            b"Tc" => [self.state.spacing] = numbers(operands)?,
            b"TL" => [self.state.leading] = numbers(operands)?,
            b"Ts" => [self.state.rise] = numbers(operands)?,
            b"Td" => {
                let [x, y] = numbers(operands)?;
                self.next_line(x, y);
            }
            b"TD" => {
                let [x, y] = numbers(operands)?;
                self.state.leading = -y;
                self.next_line(x, y);
            }
            b"T*" => self.next_line(0.0, -self.state.leading),
            b"Tm" => {
                self.line = Matrix(numbers(operands)?);
                self.at = self.line;
            }
            b"Tj" | b"'" => {
                if operator == b"'" {
                    self.next_line(0.0, -self.state.leading);
                }
                let [Token::Text(text)] = operands else { return None };
                self.show(text)?;
            }
            b"TJ" => {
                for token in operands {
                    match token {
                        Token::Text(text) => self.show(text)?,
                        Token::Number(back) => self.advance(-back / 1000.0 * self.state.size * self.state.scale),
                        Token::ListOpen | Token::ListClose => {}
                        Token::Name(_) | Token::DictOpen | Token::DictClose | Token::Word(_) => return None,
                    }
                }
            }
            b"re" => {
                let area = transformed(numbers(operands)?, self.state.ctm);
                self.path.push(area);
            }
            b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" => self.drawn.boxes.append(&mut self.path),
            b"S" | b"s" | b"n" => self.path.clear(),
            b"Do" => {
                let [Token::Name(name)] = operands else { return None };
                let form = self.resources.form(name)?;
                self.drawn.add(&form, self.state.ctm)?;
            }
            // State that moves nothing.
            b"ET" | b"w" | b"J" | b"j" | b"M" | b"d" | b"g" | b"G" | b"m" | b"l" | b"h" | b"W" | b"W*" | b"Tr" | b"Tw" | b"i"
            | b"gs" | b"ri" => {}
            _ => return None,
        }
        Some(())
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::shift(x, y).then(self.line);
        self.at = self.line;
    }

    fn advance(&mut self, x: f64) {
        self.at = Matrix::shift(x, 0.0).then(self.at);
    }

    fn show(&mut self, codes: &[u8]) -> Option<()> {
        let font = self.state.font.clone()?;
        if !codes.len().is_multiple_of(2) {
            return None;
        }
        let mut text = String::with_capacity(codes.len() * 2);
        let mut width = 0.0;
        for pair in codes.chunks_exact(2) {
            let code = u16::from_be_bytes([pair[0], pair[1]]);
            text.push_str(font.text(code)?);
            width += font.advance(code) * self.state.size + self.state.spacing;
        }
        let State { size, scale, rise, .. } = self.state;
        let matrix = Matrix([size * scale, 0.0, 0.0, size, 0.0, rise]).then(self.at).then(self.state.ctm);
        self.drawn.texts.push(Shown { matrix, text: Arc::from(text), face: Arc::clone(&font.name) });
        self.advance(width * scale);
        Some(())
    }

    /// An inline image: a mask of one bit a module, as bytes or in hex.
    fn image(&mut self, scanner: &mut Scanner<'_>) -> Option<()> {
        let (mut width, mut height, mut mask, mut hex) = (0_usize, 0_usize, false, false);
        loop {
            match scanner.token().ok()?? {
                Token::Word(b"ID") => break,
                Token::Name(key) => {
                    let value = scanner.value().ok()?;
                    match key {
                        b"W" => width = value.count()? as usize,
                        b"H" => height = value.count()? as usize,
                        b"IM" => mask = value == super::object::Value::Bool(true),
                        b"F" if value.name() == Some(b"AHx") => hex = true,
                        b"BPC" if value.count() == Some(1) => {}
                        _ => return None,
                    }
                }
                Token::Number(_)
                | Token::Text(_)
                | Token::ListOpen
                | Token::ListClose
                | Token::DictOpen
                | Token::DictClose
                | Token::Word(_) => return None,
            }
        }
        if !mask || width != height || width == 0 || width > 1000 {
            return None;
        }
        let row = width.div_ceil(8);
        let start = scanner.at + 1; // one space behind ID
        let bits: Vec<u8> = if hex {
            let rest = scanner.bytes.get(start..)?;
            let end = rest.iter().position(|&byte| byte == b'>')?;
            scanner.at = start + end + 1;
            let text = [b"<", rest.get(..=end)?].concat();
            let Token::Text(bits) = Scanner::new(&text, 0).token().ok()?? else { return None };
            bits
        } else {
            scanner.at = start + row * height;
            scanner.bytes.get(start..scanner.at)?.to_vec()
        };
        if bits.len() != row * height || !scanner.take(b"EI") {
            return None;
        }
        let modules =
            bits.chunks_exact(row).flat_map(|row| (0..width).map(move |at| row[at / 8] << (at % 8) & 0x80 == 0)).collect();
        self.drawn.masks.push(Mask { matrix: self.state.ctm, side: width, modules });
        Some(())
    }
}
