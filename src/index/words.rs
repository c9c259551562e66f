//! Sets of cells, read 64 at a time or one by one, whatever structure holds them.

use super::column::{self, Slot};
use super::pages::{Iter as PagesIter, Leaves};
use super::sparse::Block;
use super::tails::Tails;

/// The members of a set from one on, as words: the member that the lowest bit stands for, a multiple of 64, and a bit for
/// each of 64. Ascending; words without a member are left out.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    from: u32,
    source: Source<'a>,
}

/// Where words come from.
#[derive(Clone, Debug)]
pub(super) enum Source<'a> {
    /// Nowhere.
    None,
    /// A set of bits.
    Bits(PagesIter<'a, u64>),
    /// The indexes that have a value.
    Column(Leaves<'a, Slot>),
    /// The indexes that have tails.
    Lists(PagesIter<'a, Block<Tails>>),
}

impl<'a> Words<'a> {
    /// The words of a source that begins with the word of `from`.
    pub(super) fn new(from: u32, source: Source<'a>) -> Self {
        Self { from, source }
    }

    /// The members one by one, ascending.
    pub fn members(self) -> Members<'a> {
        Members { base: 0, word: 0, words: self }
    }
}

impl Iterator for Words<'_> {
    type Item = (u32, u64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (base, mut word) = match &mut self.source {
                Source::None => return None,
                Source::Bits(words) => words.next().map(|(index, word)| (index * 64, *word))?,
                Source::Column(leaves) => leaves.next().map(|(base, slots)| (base, column::word(slots)))?,
                Source::Lists(blocks) => blocks.next().map(|(index, block)| (index * 64, block.present()))?,
            };
            if base < self.from {
                word &= u64::MAX << (self.from - base);
            }
            if word != 0 {
                return Some((base, word));
            }
        }
    }
}

/// The iterator of [`Words::members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    /// The member that the lowest bit of the present word stands for.
    base: u32,
    /// What is left of the present word.
    word: u64,
    words: Words<'a>,
}

impl Iterator for Members<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.word == 0 {
            (self.base, self.word) = self.words.next()?;
        }
        let member = self.base + self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(member)
    }
}
