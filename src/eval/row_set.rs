//! A set of rows of one width, each at a position in the order of insertion.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// So many rows are looked through one by one, without a table.
const FEW: u32 = 8;
/// For so many rows there is room in the first table.
const FIRST_TABLE: usize = 56;

/// Rows of `width` cells, each once. A few are a list; more get a hash table beside it.
pub(super) struct RowSet {
    width: usize,
    n_rows: u32,
    cells: Vec<u32>,
    places: HashTable<Place>,
}

/// Where a row is. The hash is kept: a table that grows, or finds another row in its way, reads no cells.
#[derive(Clone, Copy)]
struct Place {
    hash: u32,
    position: u32,
}

impl RowSet {
    pub(super) fn new(width: usize) -> Self {
        Self { width, n_rows: 0, cells: Vec::new(), places: HashTable::new() }
    }

    pub(super) fn len(&self) -> u32 {
        self.n_rows
    }

    /// The row at a position below `len`.
    #[inline]
    pub(super) fn row(&self, position: u32) -> &[u32] {
        row_at(&self.cells, self.width, position)
    }

    /// All rows, one after another, in the order of insertion.
    pub(super) fn into_cells(self) -> Vec<u32> {
        self.cells
    }

    /// The position of a row, and whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, row: &[u32]) -> (u32, bool) {
        debug_assert_eq!(row.len(), self.width, "rows of one set have one width");
        if self.n_rows > FEW {
            return self.insert_by_hash(row);
        }
        let Self { width, n_rows, cells, .. } = self;
        if let Some(position) = (0..*n_rows).find(|&position| is_same(row_at(cells, *width, position), row)) {
            return (position, false);
        }
        if *n_rows == FEW {
            return self.insert_by_hash(row);
        }
        if *n_rows == 0 {
            cells.reserve_exact(*width * FEW as usize);
        }
        cells.extend_from_slice(row);
        *n_rows += 1;
        (*n_rows - 1, true)
    }

    fn insert_by_hash(&mut self, row: &[u32]) -> (u32, bool) {
        let Self { width, n_rows, cells, places } = self;
        if places.is_empty() {
            places.reserve(FIRST_TABLE, Place::spread);
            for position in 0..*n_rows {
                let place = Place { hash: hash_row(row_at(cells, *width, position)), position };
                places.insert_unique(place.spread(), place, Place::spread);
            }
        }
        let place = Place { hash: hash_row(row), position: *n_rows };
        let is_it = |other: &Place| other.hash == place.hash && is_same(row_at(cells, *width, other.position), row);
        match places.entry(place.spread(), is_it, Place::spread) {
            Entry::Occupied(found) => (found.get().position, false),
            Entry::Vacant(free) => {
                free.insert(place);
                cells.extend_from_slice(row);
                *n_rows += 1;
                (place.position, true)
            }
        }
    }
}

impl Place {
    /// The hash as the table wants it, whose upper bits and lower bits it reads.
    fn spread(&self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.hash)
    }
}

#[inline]
fn row_at(cells: &[u32], width: usize, position: u32) -> &[u32] {
    let start = position as usize * width;
    cells.get(start..start + width).unwrap_or_default()
}

/// Whether two rows are equal. They are short: a call to compare them as memory would cost more than this.
#[inline]
fn is_same(one: &[u32], other: &[u32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one == other)
}

/// Cells are ordinals that the engine gave out: nobody outside can choose them to collide.
#[inline]
fn hash_row(row: &[u32]) -> u32 {
    use std::hash::{BuildHasher, Hasher};
    let mut state = foldhash::fast::FixedState::default().build_hasher();
    for &cell in row {
        state.write_u32(cell);
    }
    (state.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_row_keeps_its_position_however_many_come_after_it() {
        for width in [0, 1, 2, 5] {
            let (mut rows, mut expected) = (RowSet::new(width), HashMap::new());
            for step in 0_u32..3_000 {
                let row: Vec<u32> = (0..width as u32).map(|column| step * (7 + column) % (900 - column)).collect();
                let next = expected.len() as u32;
                let is_new = !expected.contains_key(&row);
                let position = *expected.entry(row.clone()).or_insert(next);
                assert_eq!(rows.insert(&row), (position, is_new));
                assert_eq!(rows.row(position), row);
            }
            assert_eq!(rows.len() as usize, expected.len());
        }
    }
}
