//! A template compiled for one kind of piece: rendered, parsed and laid out once, with a mark where a value of the person goes.
//!
//! What holds no mark is laid out once and shared by every letter; what holds only dates is shared by everyone with the same dates;
//! the few blocks with a name or a number are set for each person.

use crate::notice::letter::moved;
use crate::notice::paper::{Column, Paper};
use crate::notice::slot::{self, Slot};
use kansho_paper::block::{Laid, Setter, Special};
use kansho_paper::font::Fonts;
use kansho_paper::frame::Item;
use kansho_paper::length::Mm;
use kansho_paper::markdown::{Block, Span};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Blocks laid out below each other, once for each size somebody needs.
#[derive(Debug)]
pub(super) struct Stack {
    column: Arc<Column>,
    blocks: Vec<Block>,
    laid: Vec<OnceLock<Laid>>,
}

impl Stack {
    fn at(&self, fonts: &Fonts, size: usize) -> &Laid {
        self.laid[size].get_or_init(|| {
            let setter = setter(fonts, &self.column, size, None);
            let mut items = Vec::new();
            let mut height = Mm::ZERO;
            for block in &self.blocks {
                let laid = setter.lay(block);
                items.extend(laid.items.iter().map(|item| moved(item, Mm::ZERO, height)));
                height += laid.height;
            }
            Laid { height, items: Arc::new(items) }
        })
    }
}

/// Every stack of a run: the same blocks are laid out once, whichever template they stand in.
#[derive(Debug, Default)]
pub(super) struct Stacks(RwLock<ByBlocks>);

/// By column and blocks.
type ByBlocks = HashMap<(usize, Vec<Block>), Arc<Stack>>;

impl Stacks {
    fn of(&self, column: &Arc<Column>, blocks: Vec<Block>) -> Arc<Stack> {
        let key = (column.id, blocks);
        if let Some(stack) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(stack);
        }
        let laid = column.sizes.iter().map(|_| OnceLock::new()).collect();
        let stack = Arc::new(Stack { column: Arc::clone(column), blocks: key.1.clone(), laid });
        Arc::clone(self.0.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(stack))
    }
}

/// A part of a side.
#[derive(Debug)]
enum Part {
    Fixed(Arc<Stack>),
    Dated(Block),
    Personal(Block),
}

/// One text area of the sheet.
#[derive(Debug)]
struct Side {
    column: Arc<Column>,
    parts: Vec<Part>,
    /// No letter's text is lower than this at each size.
    least: Vec<Mm>,
}

/// A compiled template.
#[derive(Debug)]
pub(super) struct Plan {
    slots: Vec<Option<Slot>>,
    sides: Vec<Side>,
}

/// What a letter's text is set with.
pub(super) struct Setting<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) stacks: &'a Stacks,
    /// The value of each slot.
    pub(super) values: &'a [String],
    /// A name that is set in the name face.
    pub(super) special: Option<Special<'a>>,
}

fn setter<'a>(fonts: &'a Fonts, column: &Column, size: usize, special: Option<Special<'a>>) -> Setter<'a> {
    Setter { fonts, width: column.width, sizes: column.sizes[size], align: column.align, special }
}

impl Plan {
    /// Sorts the blocks of a template by what they depend on; `slots` are the values behind the marks, `own` the person's values that
    /// stand in the blocks already, where the template was rendered for one person.
    ///
    /// # Errors
    /// What is wrong with the template, in Japanese.
    pub(super) fn new(
        (fonts, stacks, paper): (&Fonts, &Stacks, &Paper),
        blocks: &[Block],
        slots: Vec<Slot>,
        own: &[&str],
    ) -> Result<Self, String> {
        let parts: Vec<&[Block]> = blocks.split(|block| *block == Block::PageBreak).collect();
        if parts.len() != paper.texts.len() {
            let breaks = paper.texts.len() - 1;
            return Err(format!("用紙「{}」では、面の区切り <!-- page --> がちょうど {breaks} 個必要です", paper.name));
        }
        for (blocks, _) in parts.iter().zip(&paper.texts).filter(|(_, text)| text.open) {
            let mut private = false;
            let secret = |c: char| slot::index(c).and_then(|index| slots.get(index)).is_some_and(Slot::secret);
            blocks.iter().for_each(|block| each_span(block, &mut |span| private |= span.text.chars().any(secret)));
            if private {
                return Err(format!("用紙「{}」の開かずに読める面に、生年月日・フリガナ・予防接種番号は書けません", paper.name));
            }
        }
        let mut used = vec![false; slots.len()];
        let sides = parts.into_iter().zip(&paper.texts);
        let sides =
            sides.map(|(blocks, text)| Side::new(fonts, (stacks, &text.column), blocks, (&slots, own), &mut used)).collect();
        let slots = slots.into_iter().zip(used).map(|(slot, used)| used.then_some(slot)).collect();
        Ok(Self { slots, sides })
    }

    /// The slots; `None` where the template shows nothing of it.
    pub(super) fn slots(&self) -> &[Option<Slot>] {
        &self.slots
    }

    /// One area's text between `top` and `bottom`, its left edge at `left`, at the largest size that fits; `None` when none does.
    pub(super) fn side(&self, side: usize, setting: &Setting<'_>, left: Mm, top: Mm, bottom: Mm) -> Option<Vec<Item>> {
        let side = &self.sides[side];
        (0..side.least.len())
            .filter(|size| top + side.least[*size] <= bottom)
            .find_map(|size| side.set(setting, size, left, top, bottom))
    }
}

impl Side {
    fn new(
        fonts: &Fonts,
        (stacks, column): (&Stacks, &Arc<Column>),
        blocks: &[Block],
        (slots, own): (&[Slot], &[&str]),
        used: &mut [bool],
    ) -> Self {
        let mut parts = Vec::new();
        let mut least = vec![Mm::ZERO; column.sizes.len()];
        let mut still: Vec<Block> = Vec::new();
        for block in blocks {
            let mut marks = Vec::new();
            let mut personal = false;
            each_span(block, &mut |span| {
                marks.extend(span.text.chars().filter_map(slot::index));
                personal |= own.iter().any(|value| !value.is_empty() && span.text.contains(value));
            });
            if marks.is_empty() && !personal {
                still.push(block.clone());
                continue;
            }
            if !still.is_empty() {
                parts.push(Part::Fixed(stacks.of(column, std::mem::take(&mut still))));
            }
            for mark in marks {
                if let (Some(used), Some(slot)) = (used.get_mut(mark), slots.get(mark)) {
                    *used = true;
                    personal |= !slot.dated();
                }
            }
            parts.push(if personal { Part::Personal(block.clone()) } else { Part::Dated(block.clone()) });
            let smallest = emptied(block);
            for (size, least) in least.iter_mut().enumerate() {
                *least += setter(fonts, column, size, None).lay(&smallest).height;
            }
        }
        if !still.is_empty() {
            parts.push(Part::Fixed(stacks.of(column, still)));
        }
        for part in &parts {
            if let Part::Fixed(stack) = part {
                for (size, least) in least.iter_mut().enumerate() {
                    *least += stack.at(fonts, size).height;
                }
            }
        }
        Self { column: Arc::clone(column), parts, least }
    }

    fn set(&self, setting: &Setting<'_>, size: usize, left: Mm, top: Mm, bottom: Mm) -> Option<Vec<Item>> {
        let mut items = Vec::with_capacity(24);
        let mut y = top;
        let shared = |y: Mm, laid: &Laid| Item::Shared { x: left, y, group: Arc::clone(&laid.items) };
        for part in &self.parts {
            let height = match part {
                Part::Fixed(stack) => {
                    let laid = stack.at(setting.fonts, size);
                    items.push(shared(y, laid));
                    laid.height
                }
                Part::Dated(block) => {
                    let stack = setting.stacks.of(&self.column, vec![filled(block, setting.values)]);
                    let laid = stack.at(setting.fonts, size);
                    items.push(shared(y, laid));
                    laid.height
                }
                Part::Personal(block) => {
                    let setter = setter(setting.fonts, &self.column, size, setting.special);
                    let (height, own) = setter.lay_items(&filled(block, setting.values));
                    items.extend(own.into_iter().map(|item| moved(&item, left, y)));
                    height
                }
            };
            y += height;
            if y > bottom {
                return None;
            }
        }
        Some(items)
    }
}

/// A copy of a block with every span changed.
fn mapped(block: &Block, change: &impl Fn(&Span) -> Span) -> Block {
    let line = |spans: &Vec<Span>| spans.iter().map(change).collect::<Vec<Span>>();
    let lines = |list: &Vec<Vec<Span>>| list.iter().map(line).collect::<Vec<_>>();
    match block {
        Block::Heading(level, spans) => Block::Heading(*level, line(spans)),
        Block::Paragraph(spans) => Block::Paragraph(line(spans)),
        Block::List(first, entries) => Block::List(*first, lines(entries)),
        Block::Table(rows) => Block::Table(rows.iter().map(lines).collect()),
        Block::Quote(paragraphs) => Block::Quote(lines(paragraphs)),
        Block::Code(spans, url) => Block::Code(line(spans), url.clone()),
        Block::Rule => Block::Rule,
        Block::PageBreak => Block::PageBreak,
    }
}

/// The block with the values in the place of their marks.
fn filled(block: &Block, values: &[String]) -> Block {
    mapped(block, &|span| {
        let mut text = String::with_capacity(span.text.len() + 32);
        for c in span.text.chars() {
            match slot::index(c) {
                Some(index) => text.push_str(values.get(index).map_or("", String::as_str)),
                None => text.push(c),
            }
        }
        Span { bold: span.bold, text }
    })
}

/// A block that no letter's is lower than: nothing where a value goes, and one line in each row of a table.
fn emptied(block: &Block) -> Block {
    let table = matches!(block, Block::Table(_));
    mapped(block, &|span| {
        let text = if table { String::new() } else { span.text.chars().filter(|c| slot::index(*c).is_none()).collect() };
        Span { bold: span.bold, text }
    })
}

/// Shows every span of a block, in order.
pub(super) fn each_span(block: &Block, each: &mut impl FnMut(&Span)) {
    match block {
        Block::Heading(_, spans) | Block::Paragraph(spans) | Block::Code(spans, _) => spans.iter().for_each(each),
        Block::List(_, lines) | Block::Quote(lines) => lines.iter().flatten().for_each(each),
        Block::Table(rows) => rows.iter().flatten().flatten().for_each(each),
        Block::Rule | Block::PageBreak => {}
    }
}
