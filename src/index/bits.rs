//! A persistent set of `u32`: the objects of a type that are alive, the rows of a relation of one column.

use super::pages::{Iter as PagesIter, Pages};

/// One bit a member: 4096 of them lie in a page of 512 bytes.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    words: Pages<u64>,
    len: usize,
}

impl Bits {
    /// How many members it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether this is a member.
    #[inline]
    pub fn contains(&self, member: u32) -> bool {
        self.words.get(member / 64).is_some_and(|word| word & mask(member) != 0)
    }

    /// Makes this a member; true if it was none.
    pub fn insert(&mut self, member: u32) -> bool {
        let new = !self.contains(member);
        if new {
            *self.words.get_mut(member / 64) |= mask(member);
            self.len += 1;
        }
        new
    }

    /// Takes this member out; true if it was one.
    pub fn remove(&mut self, member: u32) -> bool {
        let old = self.contains(member);
        if old {
            *self.words.get_mut(member / 64) &= !mask(member);
            self.len -= 1;
        }
        old
    }

    /// The members from this one on, ascending.
    pub fn iter_from(&self, from: u32) -> Iter<'_> {
        let mut words = self.words.iter_from(from / 64);
        let Some((index, word)) = words.next() else {
            return Iter { base: 0, word: 0, words };
        };
        let below = if index == from / 64 { mask(from) - 1 } else { 0 };
        Iter { base: index.wrapping_mul(64), word: word & !below, words }
    }
}

/// The member's bit in its word.
#[inline]
fn mask(member: u32) -> u64 {
    1 << (member % 64)
}

/// The iterator of [`Bits::iter_from`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    /// The member that the lowest bit of the present word stands for.
    base: u32,
    /// What is left of the present word.
    word: u64,
    words: PagesIter<'a, u64>,
}

impl Iterator for Iter<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        while self.word == 0 {
            let (index, word) = self.words.next()?;
            self.base = index.wrapping_mul(64);
            self.word = *word;
        }
        let member = self.base + self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(member)
    }
}
