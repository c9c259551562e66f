//! A relation in one order of columns: the rows by their first cell.

use super::chunks::Sizes;
use super::sparse::{Block, Sparse};
use super::tails::{self, Tails};
use super::words::{Source, Words};
use crate::model::rows::Rows;

/// Rows of two columns or more by their first cell, sorted.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    width: usize,
    sizes: Sizes,
    tails: Sparse<Tails>,
    /// Bytes on the heap that belong to tails.
    heap: usize,
}

impl Lists {
    /// No rows; each has `width` cells after its first.
    pub(super) fn new(width: usize, sizes: Sizes) -> Self {
        Self { width, sizes, tails: Sparse::default(), heap: 0 }
    }

    /// What follows a first cell, sorted.
    #[inline]
    pub(super) fn rows(&self, first: u32) -> Rows<'_> {
        match self.tails.get(first) {
            Some(tails) => tails.rows(self.width),
            None => Rows::whole(self.width, &[]),
        }
    }

    /// The cells that follow a first cell, where they lie in one piece; none where they don't.
    #[inline]
    pub(super) fn piece(&self, first: u32) -> Option<&[u32]> {
        self.tails.get(first).map_or(Some(&[]), Tails::piece)
    }

    /// Whether the row that begins with a first cell and goes on like this is there.
    #[inline]
    pub(super) fn contains(&self, first: u32, tail: &[u32]) -> bool {
        self.tails.get(first).is_some_and(|tails| tails.contains(self.width, tail))
    }

    /// The first cells that have rows, from one on.
    pub(super) fn words_from(&self, from: u32) -> Words<'_> {
        Words::new(from, Source::Lists(self.tails.blocks_from(from)))
    }

    /// Takes rows out, then puts rows in; both sorted, each row once. How many really came, and how many went.
    pub(super) fn change(&mut self, removed: &[u32], inserted: &[u32]) -> (usize, usize) {
        let (mut removed, mut inserted) = (removed, inserted);
        let (mut came, mut went) = (0, 0);
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        let mut changes: Vec<(u32, Option<Tails>)> = Vec::new();
        while let Some(first) = removed.first().into_iter().chain(inserted.first()).min().copied() {
            take_group(&mut removed, self.width, first, &mut gone);
            take_group(&mut inserted, self.width, first, &mut new);
            let before = self.tails.get(first);
            let Some(merged) = tails::merge(before, self.width, &gone, &new, self.sizes) else {
                continue;
            };
            came += merged.inserted;
            went += merged.removed;
            self.heap += merged.tails.as_ref().map_or(0, Tails::heap_bytes);
            self.heap -= before.map_or(0, Tails::heap_bytes);
            if changes.first().is_some_and(|(other, _)| !Block::<Tails>::is_shared_by(*other, first)) {
                self.tails.change(std::mem::take(&mut changes));
            }
            changes.push((first, merged.tails));
        }
        self.tails.change(changes);
        (came, went)
    }

    /// Whether it is the other one: nothing has changed between the two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.tails.is_same(&other.tails)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.tails.heap_bytes() + self.heap
    }
}

/// Takes the first rows that begin with this cell off sorted rows; what follows it in each, of `width` cells, goes to `tails`.
fn take_group(rows: &mut &[u32], width: usize, first: u32, tails: &mut Vec<u32>) {
    tails.clear();
    while let Some((cell, rest)) = rows.split_first()
        && *cell == first
    {
        let (tail, rest) = rest.split_at_checked(width).unwrap_or((rest, &[]));
        tails.extend_from_slice(tail);
        *rows = rest;
    }
}
