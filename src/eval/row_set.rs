//! A set of rows of one width, each at a position in the order of insertion.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// So many rows are looked through one by one, without a table.
const FEW: u32 = 8;

/// Rows of `width` cells, each once. A few are a list; more get a hash table beside it.
pub(super) struct RowSet {
    width: usize,
    n_rows: u32,
    cells: Vec<u32>,
    positions: HashTable<u32>,
    hasher: foldhash::fast::FixedState,
}

impl RowSet {
    pub(super) fn new(width: usize) -> Self {
        // Cells are ordinals that the engine gave out: nobody outside can choose them to collide.
        let hasher = foldhash::fast::FixedState::default();
        Self { width, n_rows: 0, cells: Vec::new(), positions: HashTable::new(), hasher }
    }

    pub(super) fn len(&self) -> u32 {
        self.n_rows
    }

    /// The row at a position below `len`.
    pub(super) fn row(&self, position: u32) -> &[u32] {
        row_at(&self.cells, self.width, position)
    }

    /// All rows, one after another, in the order of insertion.
    pub(super) fn into_cells(self) -> Vec<u32> {
        self.cells
    }

    /// The position of a row, and whether it is new.
    pub(super) fn insert(&mut self, row: &[u32]) -> (u32, bool) {
        let Self { width, n_rows, cells, positions, hasher } = self;
        if *n_rows < FEW {
            if let Some(position) = (0..*n_rows).find(|&position| row_at(cells, *width, position) == row) {
                return (position, false);
            }
            cells.extend_from_slice(row);
            *n_rows += 1;
            return (*n_rows - 1, true);
        }
        if positions.is_empty() {
            for position in 0..*n_rows {
                let hash = hash_row(hasher, row_at(cells, *width, position));
                let rehash = |&position: &u32| hash_row(hasher, row_at(cells, *width, position));
                positions.insert_unique(hash, position, rehash);
            }
        }
        let hash = hash_row(hasher, row);
        let entry = positions.entry(
            hash,
            |&position| row_at(cells, *width, position) == row,
            |&position| hash_row(hasher, row_at(cells, *width, position)),
        );
        match entry {
            Entry::Occupied(found) => (*found.get(), false),
            Entry::Vacant(free) => {
                let position = *n_rows;
                free.insert(position);
                cells.extend_from_slice(row);
                *n_rows += 1;
                (position, true)
            }
        }
    }
}

fn row_at(cells: &[u32], width: usize, position: u32) -> &[u32] {
    let start = position as usize * width;
    cells.get(start..start + width).unwrap_or_default()
}

fn hash_row(hasher: &foldhash::fast::FixedState, row: &[u32]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut state = hasher.build_hasher();
    for &cell in row {
        state.write_u32(cell);
    }
    state.finish()
}
