//! The tails of one first cell: the other columns of its rows, sorted.

use std::sync::Arc;

use super::chunks::{self, Sizes};
use super::heap::arc_slice;
use super::rows;
use crate::model::rows::{Chunk, Rows};

/// Cells that need no heap.
const INLINE: usize = 5;

/// Sorted rows, flattened, in 24 bytes: most of them lie there, the others on the heap, shared by all snapshots that have
/// them.
///
/// So the teams of a user, or the few shares of a record, cost no allocation. A list of up to 4,096 cells is one piece, and
/// a change copies it. A longer one is chunks of 512 to 2,048 cells, whole rows each, and a change copies the chunks that it
/// touches and the list of chunks, 16 bytes each: one cell more in a list of a million copies 20 KB.
#[derive(Clone, Debug)]
pub(super) enum Tails {
    /// So many cells, one at least.
    Inline(u8, [u32; INLINE]),
    /// More than five cells.
    Piece(Chunk),
    /// Two chunks or more.
    Chunks(Arc<[Chunk]>),
}

impl Tails {
    /// The tails of sorted rows; none if there are none.
    fn new(cells: &[u32], width: usize, sizes: Sizes) -> Option<Self> {
        if cells.len() > sizes.piece {
            return Self::of_chunks(chunks::cut(cells, width, sizes), sizes);
        }
        Self::of_piece(cells)
    }

    fn of_piece(cells: &[u32]) -> Option<Self> {
        let mut inline = [0; INLINE];
        match (inline.get_mut(..cells.len()), u8::try_from(cells.len())) {
            (_, Ok(0)) => None,
            (Some(place), Ok(len)) => {
                place.copy_from_slice(cells);
                Some(Self::Inline(len, inline))
            }
            _ => Some(Self::Piece(cells.into())),
        }
    }

    /// The tails of sorted rows in chunks.
    fn of_chunks(chunks: Vec<Chunk>, sizes: Sizes) -> Option<Self> {
        let len: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        match chunks.as_slice() {
            // Longer than half a piece, so that a list that goes to and fro isn't cut anew each time.
            [_, _, ..] if len > sizes.piece / 2 => Some(Self::Chunks(chunks.into())),
            _ => Self::of_piece(&chunks.concat()),
        }
    }

    /// The rows.
    #[inline]
    pub(super) fn rows(&self, width: usize) -> Rows<'_> {
        match self {
            Self::Inline(len, cells) => Rows::whole(width, cells.get(..usize::from(*len)).unwrap_or_default()),
            Self::Piece(cells) => Rows::whole(width, cells),
            Self::Chunks(chunks) => Rows::chunked(width, chunks),
        }
    }

    /// The cells, where they lie in one piece.
    #[inline]
    pub(super) fn piece(&self) -> Option<&[u32]> {
        match self {
            Self::Inline(len, cells) => cells.get(..usize::from(*len)),
            Self::Piece(cells) => Some(cells),
            Self::Chunks(_) => None,
        }
    }

    /// Whether this row is one of them.
    #[inline]
    pub(super) fn contains(&self, width: usize, row: &[u32]) -> bool {
        match self {
            // Five cells at most: all are compared.
            Self::Inline(len, cells) => {
                let cells = cells.get(..usize::from(*len)).unwrap_or_default();
                match row {
                    [cell] => cells.contains(cell),
                    _ => cells.chunks_exact(width.max(1)).any(|other| other.iter().eq(row)),
                }
            }
            Self::Piece(_) | Self::Chunks(_) => self.rows(width).contains(row),
        }
    }

    /// The bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Inline(..) => 0,
            Self::Piece(cells) => arc_slice::<u32>(cells.len()),
            Self::Chunks(chunks) => {
                let cells: usize = chunks.iter().map(|chunk| arc_slice::<u32>(chunk.len())).sum();
                arc_slice::<Chunk>(chunks.len()) + cells
            }
        }
    }
}

/// What a change makes of the tails of one first cell.
#[derive(Debug)]
pub(super) struct Merged {
    /// The tails after it; none if there are none.
    pub(super) tails: Option<Tails>,
    /// How many rows came that were not there.
    pub(super) inserted: usize,
    /// How many rows went.
    pub(super) removed: usize,
}

/// Takes out the rows of `removed`, then puts in those of `inserted`; each is sorted, each row once, of `width` cells. None
/// if that changes nothing.
pub(super) fn merge(
    tails: Option<&Tails>,
    width: usize,
    removed: &[u32],
    inserted: &[u32],
    sizes: Sizes,
) -> Option<Merged> {
    if let Some(Tails::Chunks(chunks)) = tails {
        let (chunks, inserted, removed) = chunks::merge(chunks, width, removed, inserted, sizes)?;
        return Some(Merged { tails: Tails::of_chunks(chunks, sizes), inserted, removed });
    }
    let Some(tails) = tails else {
        let tails = Tails::new(inserted, width, sizes)?;
        return Some(Merged { tails: Some(tails), inserted: inserted.len() / width.max(1), removed: 0 });
    };
    let present = tails.rows(width).pieces().next().unwrap_or_default();
    let rows::Merged { cells, inserted, removed } = rows::merge(present, width, removed, inserted)?;
    Some(Merged { tails: Tails::new(&cells, width, sizes), inserted, removed })
}
