//! A set of cells: what a listing finds.

use crate::eval::facts::FIRST_UNKNOWN;

/// As long as there are fewer, in any case, they are a list.
const FEW: usize = 4_096;
/// One bit for this many cells, seen so far, must be worth its space: more bits for a member, and it stays a list.
const SPREAD: usize = 2_048;

/// Cells, each once, however often they are added: a list while they are few, bits when they are many.
///
/// A list costs 4 bytes an addition, and is sorted when it is read; bits cost one for each cell up to the largest, and an
/// addition is an `or` into a word that is in the cache, mostly: about a nanosecond.
#[derive(Debug, Default)]
pub struct Cells {
    /// In any order, perhaps twice; beside bits, only those from [`FIRST_UNKNOWN`] on.
    list: Vec<u32>,
    /// By cell; empty while there is only the list.
    bits: Vec<u64>,
    /// Above all cells below [`FIRST_UNKNOWN`].
    end: u32,
}

impl Cells {
    /// Adds a cell.
    #[inline]
    pub(super) fn add(&mut self, cell: u32) {
        if self.bits.is_empty() || cell >= FIRST_UNKNOWN {
            self.list.push(cell);
            if cell < FIRST_UNKNOWN {
                self.end = self.end.max(cell + 1);
                self.thicken();
            }
        } else {
            self.set(cell);
        }
    }

    /// Adds one column of rows that lie one after another.
    pub(super) fn add_column(&mut self, rows: &[u32], width: usize, column: usize) {
        let mut cells = rows.iter().skip(column).step_by(width.max(1)).copied();
        while self.bits.is_empty() {
            let Some(cell) = cells.next() else { return };
            self.add(cell);
        }
        for cell in cells {
            if cell < FIRST_UNKNOWN { self.set(cell) } else { self.list.push(cell) }
        }
    }

    /// Adds 64 cells at once: `first`, a multiple of 64, for the lowest bit.
    pub(super) fn add_word(&mut self, first: u32, word: u64) {
        if self.bits.is_empty() || first >= FIRST_UNKNOWN {
            let mut rest = word;
            while rest != 0 {
                self.add(first + rest.trailing_zeros());
                rest &= rest - 1;
            }
            return;
        }
        *self.word(first) |= word;
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&mut self) -> usize {
        self.tidy();
        let bits: u32 = self.bits.iter().map(|word| word.count_ones()).sum();
        self.list.len() + bits as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.bits.is_empty()
    }

    /// The cells, ascending.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<u32> {
        self.tidy();
        if self.bits.is_empty() {
            return self.list;
        }
        let mut cells = Vec::with_capacity(self.len());
        for (index, &word) in (0..).zip(&self.bits) {
            let mut rest = word;
            while rest != 0 {
                cells.push(index * 64 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
        cells.extend(&self.list);
        cells
    }

    #[inline]
    fn set(&mut self, cell: u32) {
        *self.word(cell) |= 1 << (cell % 64);
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the bits have just been made to reach there")]
    fn word(&mut self, cell: u32) -> &mut u64 {
        let place = cell as usize / 64;
        if place >= self.bits.len() {
            self.bits.resize((place + 1).max(self.bits.len() * 2), 0);
        }
        &mut self.bits[place]
    }

    /// Turns the list into bits if it has become long enough.
    #[inline]
    fn thicken(&mut self) {
        if self.list.len() >= FEW && self.list.len() >= self.end as usize / SPREAD {
            self.make_bits();
        }
    }

    #[cold]
    fn make_bits(&mut self) {
        self.bits = vec![0; self.end as usize / 64 + 1];
        let list = std::mem::take(&mut self.list);
        for cell in list {
            if cell < FIRST_UNKNOWN { self.set(cell) } else { self.list.push(cell) }
        }
    }

    fn tidy(&mut self) {
        if !self.list.is_sorted_by(|before, after| before < after) {
            self.list.sort_unstable();
            self.list.dedup();
        }
    }
}

impl FromIterator<u32> for Cells {
    fn from_iter<I: IntoIterator<Item = u32>>(iter: I) -> Self {
        let mut cells = Self::default();
        iter.into_iter().for_each(|cell| cells.add(cell));
        cells
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Additions of every kind, of cells up to `end`.
    #[derive(Clone, Debug)]
    enum Addition {
        One(u32),
        Column(Vec<u32>, usize, usize),
        Word(u32, u64),
    }

    fn addition(end: u32) -> impl Strategy<Value = Addition> {
        prop_oneof![
            (0..end).prop_map(Addition::One),
            (FIRST_UNKNOWN..FIRST_UNKNOWN + 9).prop_map(Addition::One),
            (1_usize..4, proptest::collection::vec(0..end, 0..2_000)).prop_flat_map(|(width, mut cells)| {
                cells.truncate(cells.len() / width * width);
                (0..width).prop_map(move |column| Addition::Column(cells.clone(), width, column))
            }),
            (0..end / 64, any::<u64>()).prop_map(|(word, bits)| Addition::Word(word * 64, bits)),
        ]
    }

    fn additions() -> impl Strategy<Value = Vec<Addition>> {
        let ends = prop_oneof![Just(100_u32), Just(20_000), Just(50_000_000)];
        ends.prop_flat_map(|end| proptest::collection::vec(addition(end), 0..30))
    }

    proptest! {
        #[test]
        fn a_set_of_cells_has_each_once_and_in_order(additions in additions()) {
            let (mut cells, mut expected) = (Cells::default(), BTreeSet::new());
            for addition in additions {
                match addition {
                    Addition::One(cell) => {
                        cells.add(cell);
                        expected.insert(cell);
                    }
                    Addition::Column(rows, width, column) => {
                        cells.add_column(&rows, width, column);
                        expected.extend(rows.chunks_exact(width).map(|row| row[column]));
                    }
                    Addition::Word(first, word) => {
                        cells.add_word(first, word);
                        expected.extend((0..64).filter(|bit| word >> bit & 1 == 1).map(|bit| first + bit));
                    }
                }
            }
            prop_assert_eq!(cells.len(), expected.len());
            prop_assert_eq!(cells.into_sorted(), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
