//! The Markdown subset of a letter → blocks. Anything else is an error of the template.

use crate::codes;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// First of the private-use characters that stand for a value while a text is laid out once for many people.
const FIRST_MARK: u32 = 0xF_0000;
/// One past the last.
const LAST_MARK: u32 = 0xF_FFFE;

/// A stretch of text, bold or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// In the bold face.
    pub bold: bool,
    /// Its text; a character of [`mark`] stands for a value that is filled in later.
    pub text: String,
}

/// One block of a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// `#` (1), `##` (2), `###` (3).
    Heading(u8, Vec<Span>),
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list: the number of its first item where it is numbered, and its items.
    List(Option<u64>, Vec<Vec<Span>>),
    /// A table: rows of cells, the first is the header.
    Table(Vec<Vec<Vec<Span>>>),
    /// `>`: a framed box of paragraphs.
    Quote(Vec<Vec<Span>>),
    /// `![words](address)`: a QR code with words beside it.
    Code(Vec<Span>, String),
    /// `---`
    Rule,
    /// `<!-- page -->`: the next side or panel.
    PageBreak,
}

/// More columns do not leave room for words.
const MOST_COLUMNS: usize = 8;

/// The character that stands for the value at a place of the list of values.
#[must_use]
pub fn mark(index: usize) -> Option<char> {
    u32::try_from(index).ok().and_then(|index| FIRST_MARK.checked_add(index)).filter(|c| *c < LAST_MARK).and_then(char::from_u32)
}

/// Which value a character stands for; `None` for a character of the text.
#[must_use]
pub fn index(c: char) -> Option<usize> {
    let code = u32::from(c);
    (FIRST_MARK..LAST_MARK).contains(&code).then(|| (code - FIRST_MARK) as usize)
}

/// Parses one rendered template.
///
/// # Errors
/// The construct the subset does not have.
pub fn parse(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut builder = Builder::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        builder.take(event, &mut blocks)?;
    }
    Ok(blocks)
}

#[derive(Default)]
struct Builder {
    spans: Vec<Span>,
    bold: bool,
    items: Option<Vec<Vec<Span>>>,
    numbered: Option<u64>,
    paragraph: bool,
    quote: Option<Vec<Vec<Span>>>,
    code: Option<String>,
    rows: Vec<Vec<Vec<Span>>>,
    cells: Vec<Vec<Span>>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, blocks: &mut Vec<Block>) -> Result<(), String> {
        match event {
            Event::Text(text) => self.push(&text),
            Event::SoftBreak => {}
            Event::HardBreak => self.push("\n"),
            Event::Rule => blocks.push(Block::Rule),
            Event::Html(html) | Event::InlineHtml(html) => {
                if html.trim() == "<!-- page -->" {
                    blocks.push(Block::PageBreak);
                } else if !html.trim().is_empty() {
                    return Err(format!("HTML「{}」は使えません", html.trim()));
                }
            }
            Event::Start(tag) => self.start(&tag)?,
            Event::End(tag) => self.end(tag, blocks),
            Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {
                return Err("コード・数式・脚注・チェックは使えません".to_owned());
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        // Markdown asks for a blank behind a bold 「。」; Japanese has none there.
        let behind = self.spans.last().is_some_and(|span| span.bold != self.bold && span.text.ends_with(|c| c >= '\u{3000}'));
        let kept = text.strip_prefix(' ').filter(|rest| behind && rest.starts_with(|c: char| !c.is_ascii()));
        let text = kept.unwrap_or(text);
        match self.spans.last_mut() {
            Some(span) if span.bold == self.bold => span.text.push_str(text),
            Some(_) | None => self.spans.push(Span { bold: self.bold, text: text.to_owned() }),
        }
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), String> {
        match tag {
            Tag::Strong if !self.bold => self.bold = true,
            Tag::List(first) if self.items.is_none() => (self.items, self.numbered) = (Some(Vec::new()), *first),
            Tag::BlockQuote(_) if self.quote.is_none() => self.quote = Some(Vec::new()),
            Tag::Image { dest_url, .. }
                if self.paragraph && self.items.is_none() && self.quote.is_none() && self.code.is_none() =>
            {
                if codes::link(dest_url).is_none() || dest_url.chars().any(|c| index(c).is_some()) {
                    return Err("コード ![…](…) には、人によって変わらない短いURLを書いてください".to_owned());
                }
                self.code = Some(dest_url.to_string());
            }
            Tag::Table(columns) if columns.len() > MOST_COLUMNS => {
                return Err(format!("表は {MOST_COLUMNS} 列までにしてください（{} 列あります）", columns.len()));
            }
            Tag::Paragraph => self.paragraph = true,
            Tag::Heading { .. }
            | Tag::Item
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::HtmlBlock => {}
            Tag::CodeBlock(_)
            | Tag::List(_)
            | Tag::BlockQuote(_)
            | Tag::Strong
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Emphasis
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. }
            | Tag::MetadataBlock(_) => {
                return Err(
                    "入れ子の一覧・枠・太字や、斜体・リンク・コード・脚注は使えません。画像は、段落に一つだけ置けます".to_owned()
                );
            }
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd, blocks: &mut Vec<Block>) {
        match tag {
            TagEnd::Strong => self.bold = false,
            TagEnd::Heading(level) => {
                let level = match level {
                    HeadingLevel::H1 => 1,
                    HeadingLevel::H2 => 2,
                    HeadingLevel::H3 | HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => 3,
                };
                blocks.push(Block::Heading(level, std::mem::take(&mut self.spans)));
            }
            TagEnd::Paragraph => {
                self.paragraph = false;
                let spans = std::mem::take(&mut self.spans);
                match (&mut self.quote, &self.items, self.code.take()) {
                    (_, _, Some(address)) => blocks.push(Block::Code(spans, address)),
                    (Some(quote), ..) => quote.push(spans),
                    (None, Some(_), _) => self.spans = spans,
                    (None, None, _) => blocks.push(Block::Paragraph(spans)),
                }
            }
            TagEnd::Item => {
                let spans = std::mem::take(&mut self.spans);
                if let Some(items) = &mut self.items {
                    items.push(spans);
                }
            }
            TagEnd::List(_) => blocks.extend(self.items.take().map(|items| Block::List(self.numbered, items))),
            TagEnd::BlockQuote(_) => blocks.extend(self.quote.take().map(Block::Quote)),
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.spans)),
            TagEnd::TableRow | TagEnd::TableHead => self.rows.push(std::mem::take(&mut self.cells)),
            TagEnd::Table => blocks.push(Block::Table(std::mem::take(&mut self.rows))),
            TagEnd::HtmlBlock
            | TagEnd::CodeBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Emphasis
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::MetadataBlock(_) => {}
        }
    }
}

/// A value as literal Markdown text: punctuation that means something is escaped, line breaks become blanks.
pub fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_ascii_punctuation() {
            text.push('\\');
        }
        text.push(if c == '\n' || c == '\r' { ' ' } else { c });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_literal() {
        let name = "*山田* _太郎_ #1 [a](b) <b> | `x` \\ ~ 1. - +";
        let blocks = parse(&format!("{}さん", escape(name))).unwrap();
        assert_eq!(blocks, [Block::Paragraph(vec![Span { bold: false, text: format!("{name}さん") }])]);
    }

    #[test]
    fn the_subset_is_read_and_the_rest_refused() {
        let blocks =
            parse("# 題\n\n本文**太字**\n\n- 一\n- 二\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> 枠\n\n---\n\n<!-- page -->\n\n裏")
                .unwrap();
        assert_eq!(blocks.len(), 8);
        assert!(parse("<b>x</b>").is_err());
        assert!(parse("`x`").is_err());
        let said = |text: &str| match parse(text).unwrap().as_slice() {
            [Block::Paragraph(spans)] => spans.iter().map(|span| span.text.as_str()).collect::<String>(),
            _ => String::new(),
        };
        assert_eq!((said("**甲。** 乙"), said("**甲** b 乙")), ("甲。乙".to_owned(), "甲 b 乙".to_owned()));
        assert_eq!(parse("3. 三\n4. 四").unwrap().len(), 1);
        assert!(matches!(parse("3. 三\n4. 四").unwrap().as_slice(), [Block::List(Some(3), items)] if items.len() == 2));
        for wrong in ["# ![一](https://a.jp)", "| ![一](https://a.jp) |\n|---|", "![一](https://a.jp)![二](https://b.jp)"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let wide = format!("|{}\n|{}", " a |".repeat(9), "---|".repeat(9));
        assert!(parse(&wide).unwrap_err().contains("8 列"));
    }
}
