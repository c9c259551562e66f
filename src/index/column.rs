//! A relation of a key and a value, by the key: the value and nothing else.

use super::pages::Pages;
use super::words::{Source, Words};

/// Stands for no value: no dictionary gives this cell out.
const NONE: u32 = u32::MAX;

/// A cell or none, in four bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot(u32);

impl Default for Slot {
    fn default() -> Self {
        Self(NONE)
    }
}

/// At most one cell for each first cell: 4 bytes a first cell that lies in a touched page.
///
/// Reading one follows three pointers; a replaced value is one change of one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    values: Pages<Slot>,
}

/// Rows of two cells that really went, and that really came.
#[derive(Debug, Default)]
pub(super) struct Net {
    /// Flattened; by key.
    pub(super) removed: Vec<u32>,
    /// Flattened; by key.
    pub(super) inserted: Vec<u32>,
}

impl Column {
    /// The value of a first cell: a row of one cell, or nothing.
    #[inline]
    pub(super) fn cells(&self, first: u32) -> &[u32] {
        match self.values.get(first) {
            Some(Slot(cell)) if *cell != NONE => std::slice::from_ref(cell),
            Some(_) | None => &[],
        }
    }

    /// The value of a first cell.
    #[inline]
    pub(super) fn value(&self, first: u32) -> Option<u32> {
        self.values.get(first).map(|slot| slot.0).filter(|cell| *cell != NONE)
    }

    /// The first cells that have a value, from one on.
    pub(super) fn words_from(&self, from: u32) -> Words<'_> {
        Words::new(from, Source::Column(self.values.leaves_from(from)))
    }

    /// Takes rows out, then puts rows in; both sorted. A new value takes the place of the old one; of two, the last stays.
    pub(super) fn change(&mut self, removed: &[u32], inserted: &[u32]) -> Net {
        let (mut net, mut values) = (Net::default(), Vec::new());
        let (mut removed, mut inserted) = (removed.as_chunks::<2>().0, inserted.as_chunks::<2>().0);
        while let Some(first) = removed.first().into_iter().chain(inserted.first()).map(|[first, _]| *first).min() {
            let gone = take_group(&mut removed, first);
            let new = take_group(&mut inserted, first);
            let before = self.values.get(first).map_or(NONE, |slot| slot.0);
            let kept = if gone.contains(&[first, before]) { NONE } else { before };
            let after = new.last().map_or(kept, |[_, cell]| *cell);
            if after != before {
                values.push((first, Slot(after)));
                if before != NONE {
                    net.removed.extend([first, before]);
                }
                if after != NONE {
                    net.inserted.extend([first, after]);
                }
            }
        }
        self.values.set_all(&values);
        net
    }

    /// Whether it is the other one: nothing has changed between the two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.values.is_same(&other.values)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.values.heap_bytes()
    }
}

/// A bit for each slot that has a value.
pub(super) fn word(slots: &[Slot]) -> u64 {
    slots.iter().rev().fold(0, |word, slot| word << 1 | u64::from(slot.0 != NONE))
}

/// Takes the first rows that begin with this cell off sorted rows.
fn take_group<'a>(rows: &mut &'a [[u32; 2]], first: u32) -> &'a [[u32; 2]] {
    let same = rows.iter().take_while(|[cell, _]| *cell == first).count();
    rows.split_off(..same).unwrap_or_default()
}
