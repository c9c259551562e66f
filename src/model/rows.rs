//! Sorted rows of cells, as an index holds them: what the evaluator reads and nobody copies.

use std::sync::Arc;

/// A part of a long list, shared by all snapshots that have it: whole rows, one after another.
pub type Chunk = Arc<[u32]>;

/// Rows of one width, sorted, each once: a piece, whole chunks, and a piece.
///
/// A short list is one piece. Any range of a long one is the end of a chunk, chunks, and the beginning of a chunk; a
/// range is found by binary search and copies nothing.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    width: usize,
    head: &'a [u32],
    chunks: &'a [Chunk],
    tail: &'a [u32],
}

impl<'a> Rows<'a> {
    /// Rows of a list that lies in one piece.
    #[inline]
    pub fn whole(width: usize, cells: &'a [u32]) -> Self {
        Self { width, head: cells, chunks: &[], tail: &[] }
    }

    /// Rows of a list in chunks, none of them empty.
    pub fn chunked(width: usize, chunks: &'a [Chunk]) -> Self {
        Self { width, head: &[], chunks, tail: &[] }
    }

    /// How many cells a row has.
    #[inline]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether there are no rows.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.is_empty() && self.chunks.is_empty() && self.tail.is_empty()
    }

    /// All cells, where the rows lie in one piece.
    #[inline]
    pub fn whole_piece(&self) -> Option<&'a [u32]> {
        (self.chunks.is_empty() && self.tail.is_empty()).then_some(self.head)
    }

    /// How many rows there are: costs the number of chunks.
    pub fn len(&self) -> usize {
        self.pieces().map(<[u32]>::len).sum::<usize>() / self.width.max(1)
    }

    /// The rows in their order, piece by piece: whole rows, flattened.
    #[inline]
    pub fn pieces(&self) -> impl Iterator<Item = &'a [u32]> + use<'a> {
        let (head, chunks, tail) = (self.head, self.chunks, self.tail);
        std::iter::once(head).chain(chunks.iter().map(|chunk| &**chunk)).chain(std::iter::once(tail))
    }

    /// The rows in their order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &'a [u32]> + use<'a> {
        Iter { width: self.width.max(1), piece: self.head, chunks: self.chunks, tail: self.tail }
    }

    /// Whether this row is one of them.
    #[inline]
    pub fn contains(&self, row: &[u32]) -> bool {
        if self.chunks.is_empty() && self.tail.is_empty() {
            if self.head.len() <= self.width {
                return !self.head.is_empty() && self.head == row;
            }
            let at = partition(self.head, self.width, |other| other < row);
            return self.head.get(at..at + self.width) == Some(row);
        }
        let (_, rest) = self.split(|other| other < row);
        rest.iter().next() == Some(row)
    }

    /// Of rows that agree in the columns before `column`, those that have `cell` there.
    #[inline]
    #[must_use]
    pub fn with(&self, column: usize, cell: u32) -> Self {
        if self.chunks.is_empty() && self.tail.is_empty() && self.head.len() <= self.width {
            let is_it = self.head.get(column) == Some(&cell);
            return Self { head: if is_it { self.head } else { &[] }, ..*self };
        }
        let rows = self.from(column, cell);
        if rows.head.get(rows.width + column).is_some_and(|&other| other != cell) {
            // Most cells stand in one row or in none: the next one tells.
            let n_rows = usize::from(rows.head.get(column) == Some(&cell));
            return Self::whole(rows.width, rows.head.get(..n_rows * rows.width).unwrap_or_default());
        }
        match cell.checked_add(1) {
            Some(end) => rows.before(column, end),
            None => rows,
        }
    }

    /// Of rows that agree in the columns before `column`, those whose cell there is `low` or above and below `high`.
    #[inline]
    #[must_use]
    pub fn between(&self, column: usize, low: u32, high: u32) -> Self {
        self.from(column, low).before(column, high)
    }

    /// Of rows that agree in the columns before `column`, those whose cell there is `low` or above.
    #[inline]
    #[must_use]
    pub fn from(&self, column: usize, low: u32) -> Self {
        let is_before = |row: &[u32]| row.get(column).is_some_and(|&cell| cell < low);
        if self.chunks.is_empty() && self.tail.is_empty() {
            let at = partition(self.head, self.width, is_before);
            return Self { head: self.head.get(at..).unwrap_or_default(), ..*self };
        }
        self.split(is_before).1
    }

    /// Of rows that agree in the columns before `column`, those whose cell there is below `high`.
    #[inline]
    #[must_use]
    pub fn before(&self, column: usize, high: u32) -> Self {
        let is_before = |row: &[u32]| row.get(column).is_some_and(|&cell| cell < high);
        if self.chunks.is_empty() && self.tail.is_empty() {
            let at = partition(self.head, self.width, is_before);
            return Self { head: self.head.get(..at).unwrap_or_default(), ..*self };
        }
        self.split(is_before).0
    }

    /// The rows for which `is_before` holds, which are the first ones, and the others.
    fn split(&self, is_before: impl Fn(&[u32]) -> bool) -> (Self, Self) {
        let width = self.width;
        let none = Self { width, head: &[], chunks: &[], tail: &[] };
        let last_of =
            |piece: &[u32]| piece.len().checked_sub(width).and_then(|at| piece.get(at..)).is_none_or(&is_before);
        if !last_of(self.head) {
            let at = partition(self.head, width, &is_before);
            let (before, after) = self.head.split_at_checked(at).unwrap_or((self.head, &[]));
            return (Self { head: before, ..none }, Self { head: after, ..*self });
        }
        let whole = self.chunks.partition_point(|chunk| last_of(chunk));
        let (passed, rest) = self.chunks.split_at_checked(whole).unwrap_or((self.chunks, &[]));
        if let Some((chunk, rest)) = rest.split_first() {
            let at = partition(chunk, width, &is_before);
            let (before, after) = chunk.split_at_checked(at).unwrap_or((chunk, &[]));
            let first = Self { width, head: self.head, chunks: passed, tail: before };
            return (first, Self { width, head: after, chunks: rest, tail: self.tail });
        }
        let at = partition(self.tail, width, &is_before);
        let (before, after) = self.tail.split_at_checked(at).unwrap_or((self.tail, &[]));
        (Self { tail: before, ..*self }, Self { head: after, ..none })
    }
}

/// The iterator of [`Rows::iter`].
struct Iter<'a> {
    width: usize,
    /// What is left of the present piece.
    piece: &'a [u32],
    chunks: &'a [Chunk],
    tail: &'a [u32],
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u32];

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((row, rest)) = self.piece.split_at_checked(self.width) {
                self.piece = rest;
                return Some(row);
            }
            self.piece = match self.chunks.split_first() {
                Some((chunk, rest)) => {
                    self.chunks = rest;
                    chunk
                }
                None if self.tail.is_empty() => return None,
                None => std::mem::take(&mut self.tail),
            };
        }
    }
}

/// The cells of the first rows, for which `is_before` holds; it must hold for no row after one for which it doesn't.
#[inline]
fn partition(rows: &[u32], width: usize, is_before: impl Fn(&[u32]) -> bool) -> usize {
    let (mut low, mut high) = (0, rows.len() / width.max(1));
    while low < high {
        let middle = low + (high - low) / 2;
        if rows.get(middle * width..(middle + 1) * width).is_some_and(&is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low * width
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows 0 to 99 of two cells, `[i / 10, i]`, in chunks of 7 rows.
    fn chunks() -> Vec<Chunk> {
        let cells: Vec<u32> = (0..100).flat_map(|i| [i / 10, i]).collect();
        cells.chunks(14).map(Chunk::from).collect()
    }

    fn second(rows: Rows<'_>) -> Vec<u32> {
        rows.iter().map(|row| row[1]).collect()
    }

    #[test]
    fn ranges_of_chunks_are_the_ranges_of_the_whole() {
        let (chunks, whole) = (chunks(), chunks().concat());
        for rows in [Rows::chunked(2, &chunks), Rows::whole(2, &whole)] {
            assert_eq!(rows.len(), 100);
            for low in 0..12 {
                for high in 0..12 {
                    let expected: Vec<u32> = (0..100).filter(|i| (low..high).contains(&(i / 10))).collect();
                    assert_eq!(second(rows.between(0, low, high)), expected);
                }
                let within = rows.with(0, low);
                for cell in 0..100 {
                    let expected: Vec<u32> = (0..100).filter(|&i| i / 10 == low && i == cell).collect();
                    assert_eq!(second(within.with(1, cell)), expected);
                    assert_eq!(within.with(1, cell).is_empty(), expected.is_empty());
                    assert_eq!(rows.contains(&[low, cell]), !expected.is_empty());
                }
            }
        }
    }

    #[test]
    fn the_last_cell_of_all_is_found() {
        let cells = [1, u32::MAX];
        assert_eq!(Rows::whole(1, &cells).with(0, u32::MAX).len(), 1);
        assert_eq!(Rows::whole(2, &cells).with(1, u32::MAX).len(), 1);
        assert!(Rows::whole(2, &cells).with(1, 7).is_empty() && !Rows::whole(2, &[]).contains(&[]));
    }
}
