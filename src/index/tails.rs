//! The tails of one first cell: the other columns of its rows, sorted.

use std::sync::Arc;

use super::rows;

/// Cells that need no heap.
const INLINE: usize = 3;

/// Sorted rows, flattened, in 16 bytes; more than three cells lie on the heap, shared by all snapshots that have them.
///
/// So a functional relation, and the teams of most users, cost no allocation. A change copies the list that it touches:
/// 4 bytes a cell.
#[derive(Clone, Debug)]
pub(super) enum Tails {
    /// So many cells.
    Inline(u8, [u32; INLINE]),
    /// More than three cells.
    List(Arc<Box<[u32]>>),
}

impl Default for Tails {
    fn default() -> Self {
        Self::Inline(0, [0; INLINE])
    }
}

impl Tails {
    fn new(cells: Vec<u32>) -> Self {
        let mut inline = [0; INLINE];
        match (inline.get_mut(..cells.len()), u8::try_from(cells.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(&cells);
                Self::Inline(len, inline)
            }
            _ => Self::List(Arc::new(cells.into_boxed_slice())),
        }
    }

    /// The rows, flattened.
    #[inline]
    pub(super) fn cells(&self) -> &[u32] {
        match self {
            Self::Inline(len, cells) => cells.get(..usize::from(*len)).unwrap_or_default(),
            Self::List(cells) => cells,
        }
    }
}

/// What a change makes of the tails of one first cell.
#[derive(Debug)]
pub(super) struct Merged {
    /// The tails after it.
    pub(super) tails: Tails,
    /// How many rows came that were not there.
    pub(super) inserted: usize,
    /// How many rows went.
    pub(super) removed: usize,
}

/// Takes out the rows of `removed`, then puts in those of `inserted`; each is sorted, each row once, and has one cell more
/// than a tail, its first. None if that changes nothing.
pub(super) fn merge(tails: &[u32], width: usize, removed: &[u32], inserted: &[u32]) -> Option<Merged> {
    let mut cells = Vec::with_capacity(tails.len() + inserted.len() / (width + 1) * width);
    let mut rest = tails;
    let (mut came, mut went) = (0, 0);
    let mut removed = removed.chunks_exact(width + 1).filter_map(|row| row.get(1..)).peekable();
    let mut inserted = inserted.chunks_exact(width + 1).filter_map(|row| row.get(1..)).peekable();
    loop {
        let (row, stays) = match (removed.peek(), inserted.peek()) {
            (None, None) => break,
            (Some(row), None) => (*row, false),
            (None, Some(row)) => (*row, true),
            (Some(gone), Some(new)) if gone < new => (*gone, false),
            (Some(_), Some(new)) => (*new, true),
        };
        removed.next_if(|other| *other == row);
        inserted.next_if(|other| *other == row);
        let is_after = rest.rchunks_exact(width).next().is_none_or(|last| last < row);
        let (before, skip) = match if is_after { Err(rest.len()) } else { rows::search(rest, width, row) } {
            Ok(before) => (before, width),
            Err(before) => (before, 0),
        };
        let (passed, after) = rest.split_at_checked(before).unwrap_or((rest, &[]));
        cells.extend_from_slice(passed);
        rest = after.get(skip..).unwrap_or_default();
        if stays {
            cells.extend_from_slice(row);
        }
        came += usize::from(stays && skip == 0);
        went += usize::from(!stays && skip > 0);
    }
    cells.extend_from_slice(rest);
    (came + went > 0).then(|| Merged { tails: Tails::new(cells), inserted: came, removed: went })
}
