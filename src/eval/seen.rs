//! What `Distinct` steps have seen.

use smallvec::SmallVec;

use crate::eval::row_set::RowSet;

/// Cells that need no heap, and are looked through one by one.
const FEW: usize = 40;

/// Rows by the memory of a step: the first ones in one flat list, without an allocation, as most checks have no more; then a
/// set for each memory. Of the many memories that the plans have, one question uses a few.
#[derive(Default)]
pub(super) struct Seen {
    /// Row after row: its memory, how many cells follow, and these.
    first: SmallVec<[u32; FEW]>,
    sets: Vec<(u32, RowSet)>,
}

impl Seen {
    /// Remembers a row; whether it is new. The rows of one memory have one length.
    #[inline]
    pub(super) fn insert(&mut self, memory: u32, row: &[u32]) -> bool {
        let mut rest = self.first.as_slice();
        while let [known, n_cells, after @ ..] = rest {
            let Some((cells, next)) = after.split_at_checked(*n_cells as usize) else {
                break;
            };
            if *known == memory && cells == row {
                return false;
            }
            rest = next;
        }
        if self.first.len() + 2 + row.len() <= FEW {
            self.first.extend_from_slice(&[memory, row.len() as u32]);
            self.first.extend_from_slice(row);
            return true;
        }
        self.insert_into_set(memory, row)
    }

    fn insert_into_set(&mut self, memory: u32, row: &[u32]) -> bool {
        if let Some((_, rows)) = self.sets.iter_mut().find(|(known, _)| *known == memory) {
            return rows.insert(row).1;
        }
        let mut rows = RowSet::new(row.len());
        rows.insert(row);
        self.sets.push((memory, rows));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_row_is_new_once_in_each_memory() {
        let (mut seen, mut expected) = (Seen::default(), BTreeSet::new());
        for step in 0_u32..2_000 {
            let (memory, row) = (step * 7 % 3, [step * 13 % 50, step * 5 % 4]);
            assert_eq!(seen.insert(memory, &row), expected.insert((memory, row)));
        }
    }

    #[test]
    fn rows_of_different_memories_may_differ_in_length() {
        let mut seen = Seen::default();
        assert!(seen.insert(1, &[2, 3]) && seen.insert(2, &[2]) && !seen.insert(1, &[2, 3]) && seen.insert(1, &[3, 2]));
    }
}
