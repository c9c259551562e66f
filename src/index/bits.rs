//! A persistent set of `u32`: the objects of a type that are alive, the rows of a relation of one column.

use super::pages::Pages;
use super::words::{Members, Source, Words};

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
        self.insert_all(&[member]) > 0
    }

    /// Makes these members; how many were none. Neighbours should stand together: each run of a word opens its page once.
    pub fn insert_all(&mut self, members: &[u32]) -> usize {
        let before = self.len;
        for run in members.chunk_by(|one, other| one / 64 == other / 64) {
            let Some(word) = run.first().map(|member| member / 64) else { continue };
            let wanted = run.iter().fold(0, |wanted, member| wanted | mask(*member));
            let new = wanted & !self.words.get(word).copied().unwrap_or_default();
            if new != 0 {
                *self.words.get_mut(word) |= new;
                self.len += new.count_ones() as usize;
            }
        }
        self.len - before
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

    /// The members from this one on, 64 at a time.
    pub fn words_from(&self, from: u32) -> Words<'_> {
        Words::new(from, Source::Bits(self.words.iter_from(from / 64)))
    }

    /// The members from this one on, ascending.
    pub fn iter_from(&self, from: u32) -> Members<'_> {
        self.words_from(from).members()
    }

    /// Whether it is the other one: nothing has changed between the two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.words.is_same(&other.words)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.words.heap_bytes()
    }
}

/// The member's bit in its word.
#[inline]
fn mask(member: u32) -> u64 {
    1 << (member % 64)
}
