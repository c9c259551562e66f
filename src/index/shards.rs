//! A persistent hash index: from the hash of a key to the cell that has it, without a copy of the key.

use std::sync::Arc;

use super::heap::arc_slice;
use super::pages::Pages;

/// Cells in a shard, on the average, before the next one is split.
const FULL: usize = 64;

/// Cells by the hash of their keys, in small shards of which a change copies one.
///
/// A shard is an array of `hash << 32 | cell`, sorted. Hashes are spread evenly, so one is found a few entries from where
/// its size says: a lookup touches one or two cache lines of its shard, then the entry of one cell, mostly. About 9 bytes
/// a cell. Grows by one shard at a time, so that no single write rehashes everything.
///
/// # Source
/// Litwin, *Linear Hashing: A New Tool for File and Table Addressing*.
#[derive(Clone, Debug, Default)]
pub(super) struct Shards {
    shards: Pages<Arc<[u64]>>,
    /// Shards beyond the first.
    splits: u32,
    len: usize,
}

impl Shards {
    /// The cell with this hash that is the wanted one.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
        find_in(self.shard(hash)?, hash, is_wanted)
    }

    /// The shard in which a hash would be.
    #[inline]
    pub(super) fn shard(&self, hash: u32) -> Option<&[u64]> {
        self.shards.get(place(hash, self.splits)).map(AsRef::as_ref)
    }

    /// Adds a cell that is not in here.
    pub(super) fn insert(&mut self, hash: u32, cell: u32) {
        let entry = entry(hash, cell);
        let shard = self.shards.get_mut(place(hash, self.splits));
        let (before, after) = shard.split_at_checked(shard.partition_point(|other| *other < entry)).unwrap_or_default();
        *shard = before.iter().copied().chain([entry]).chain(after.iter().copied()).collect();
        self.len += 1;
        if self.len / FULL > self.splits as usize {
            self.split();
        }
    }

    /// Adds cells that are not in here, each as [`entry`] has it: many cost one pass that sizes each shard once, instead of
    /// a copy of a shard for each.
    pub(super) fn extend(&mut self, mut entries: Vec<u64>) {
        if entries.len() < self.len / FULL {
            entries.iter().for_each(|entry| self.insert(hash_of(*entry), *entry as u32));
            return;
        }
        entries.extend(self.shards.iter_from(0).flat_map(|(_, shard)| shard.iter().copied()));
        self.len = entries.len();
        self.splits = u32::try_from(self.len / FULL).unwrap_or(u32::MAX);
        // By shard: where it ends among all, which is where it begins until its entries are counted in.
        let mut ends = vec![0; self.splits as usize + 1];
        let place_of = |entry: u64| place(hash_of(entry), self.splits);
        for entry in &entries {
            if let Some(count) = ends.get_mut(place_of(*entry) as usize) {
                *count += 1;
            }
        }
        let mut before = 0;
        for end in &mut ends {
            before += std::mem::replace(end, before);
        }
        let mut sorted = vec![0; entries.len()];
        for entry in entries {
            if let Some(end) = ends.get_mut(place_of(entry) as usize) {
                if let Some(slot) = sorted.get_mut(*end) {
                    *slot = entry;
                }
                *end += 1;
            }
        }
        self.shards = Pages::default();
        let mut start = 0;
        for (shard, end) in (0..).zip(ends) {
            let entries = sorted.get_mut(start..end).unwrap_or_default();
            entries.sort_unstable();
            *self.shards.get_mut(shard) = Arc::from(&*entries);
            start = end;
        }
    }

    /// The bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let n_shards = self.splits as usize + 1;
        self.shards.heap_bytes() + n_shards * arc_slice::<u64>(0) + self.len * size_of::<u64>()
    }

    /// Takes a cell out.
    pub(super) fn remove(&mut self, hash: u32, cell: u32) {
        let shard = self.shards.get_mut(place(hash, self.splits));
        let rest: Arc<[u64]> = shard.iter().copied().filter(|entry| *entry as u32 != cell).collect();
        self.len -= shard.len() - rest.len();
        *shard = rest;
    }

    /// Adds a shard: its cells leave the one that stood for both.
    fn split(&mut self) {
        let new = self.splits + 1;
        let old = new - (1 << new.ilog2());
        self.splits = new;
        let shard = self.shards.get_mut(old);
        let (moving, staying): (Vec<_>, Vec<_>) = shard.iter().partition(|entry| place(hash_of(**entry), new) == new);
        *shard = staying.into();
        *self.shards.get_mut(new) = moving.into();
    }
}

/// As [`Shards::find`], in the shard of the hash.
#[inline]
pub(super) fn find_in(shard: &[u64], hash: u32, is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
    let mut index = expected(hash, shard.len());
    while shard.get(index).is_some_and(|entry| hash_of(*entry) < hash) {
        index += 1;
    }
    while let Some(before) =
        index.checked_sub(1).filter(|before| shard.get(*before).is_some_and(|entry| hash_of(*entry) >= hash))
    {
        index = before;
    }
    let same = shard.get(index..)?.iter().take_while(|entry| hash_of(**entry) == hash);
    same.map(|entry| *entry as u32).find(|cell| is_wanted(*cell))
}

/// The entry where a hash is likely to stand in its shard.
#[inline]
pub(super) fn likely(shard: &[u64], hash: u32) -> Option<u64> {
    shard.get(expected(hash, shard.len())).copied()
}

/// A cell as it lies in a shard, behind the hash of its key.
#[inline]
pub(super) fn entry(hash: u32, cell: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(cell)
}

/// The shard of a hash: its lowest bits choose, because the highest ones choose the place in the shard.
#[inline]
fn place(hash: u32, splits: u32) -> u32 {
    let bits = u32::MAX.checked_shr(splits.leading_zeros()).unwrap_or(0);
    let index = hash & bits;
    if index <= splits { index } else { index & (bits >> 1) }
}

/// About where a hash stands in a shard of so many entries.
#[inline]
fn expected(hash: u32, len: usize) -> usize {
    ((u64::from(hash) * len as u64) >> 32) as usize
}

/// The hash of an [`entry`].
#[inline]
pub(super) fn hash_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}
