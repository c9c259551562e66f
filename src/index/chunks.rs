//! Long lists in chunks: a change copies the chunks that it touches, and keeps all of them about as long.

use std::sync::Arc;

use super::rows;
use crate::model::rows::Chunk;

/// How lists are cut, in cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// What still is one piece.
    pub(super) piece: usize,
    /// What a chunk should have: none has less than half of it, or more than twice as much and a row.
    pub(super) chunk: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { piece: 4_096, chunk: 1_024 }
    }
}

/// Sorted rows as chunks, all about as long.
pub(super) fn cut(cells: &[u32], width: usize, sizes: Sizes) -> Vec<Chunk> {
    let n_rows = cells.len() / width.max(1);
    let n_chunks = (cells.len() / sizes.chunk.max(1)).clamp(1, n_rows.max(1));
    let mut rest = cells;
    let mut chunks = Vec::with_capacity(n_chunks);
    for n_left in (1..=n_chunks).rev() {
        let length = (rest.len() / width.max(1)).div_ceil(n_left) * width;
        let (chunk, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        chunks.push(Arc::from(chunk));
        rest = after;
    }
    chunks
}

/// Takes rows out of chunks, then puts rows in; how many came that were not there, and how many went. Both are sorted, each
/// row once. None if that changes nothing. A chunk that no row belongs to, and whose neighbours don't need it, is shared.
pub(super) fn merge(
    chunks: &[Chunk],
    width: usize,
    removed: &[u32],
    inserted: &[u32],
    sizes: Sizes,
) -> Option<(Vec<Chunk>, usize, usize)> {
    let mut cutter = Cutter { width, sizes, chunks: Vec::with_capacity(chunks.len() + 1), open: Vec::new() };
    let (mut removed, mut inserted) = (removed, inserted);
    let (mut came, mut went) = (0, 0);
    let mut rest = chunks.iter().peekable();
    while let Some(chunk) = rest.next() {
        let end = rest.peek().and_then(|next| next.get(..width));
        let gone = rows::take_before(&mut removed, width, end);
        let new = rows::take_before(&mut inserted, width, end);
        match rows::merge(chunk, width, gone, new) {
            None => cutter.keep(chunk),
            Some(merged) => {
                came += merged.inserted;
                went += merged.removed;
                cutter.add(&merged.cells);
            }
        }
    }
    (came + went > 0).then(|| (cutter.finish(), came, went))
}

/// Chunks in the making: some that are done, and cells after them that no chunk has yet.
struct Cutter {
    width: usize,
    sizes: Sizes,
    chunks: Vec<Chunk>,
    open: Vec<u32>,
}

impl Cutter {
    /// Adds a chunk as it is, unless the cells before it are too few for one of their own.
    fn keep(&mut self, chunk: &Chunk) {
        if !self.open.is_empty() && self.open.len() < self.sizes.chunk.div_ceil(2) {
            return self.add(chunk);
        }
        self.close();
        self.chunks.push(chunk.clone());
    }

    /// Adds cells.
    fn add(&mut self, cells: &[u32]) {
        if self.open.len() >= self.sizes.chunk {
            self.close();
        }
        self.open.extend_from_slice(cells);
    }

    /// Makes chunks of the open cells.
    fn close(&mut self) {
        if !self.open.is_empty() {
            self.chunks.extend(cut(&self.open, self.width, self.sizes));
            self.open.clear();
        }
    }

    fn finish(mut self) -> Vec<Chunk> {
        if self.open.len() < self.sizes.chunk.div_ceil(2)
            && !self.open.is_empty()
            && let Some(last) = self.chunks.pop()
        {
            self.open = [&*last, self.open.as_slice()].concat();
        }
        self.close();
        self.chunks
    }
}
