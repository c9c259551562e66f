//! One shard of a hash index: cells by the hash of their keys, in buckets of one cache line each.

use std::sync::Arc;

/// Cells in a bucket.
pub(super) const SLOTS: usize = 8;

/// Eight slots in one cache line, taken from the first on. A slot holds a hash and the complement of its cell; that of a
/// vacant one is 0, so the cell [`u32::MAX`] has no place here.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Bucket {
    hashes: [u32; SLOTS],
    complements: [u32; SLOTS],
}

/// The buckets of a shard, shared by all snapshots that it is the same in.
///
/// A cell lies in its home, the bucket that its hash points to, or, if that is full, in the first one after it that is not
/// (after the last comes the first). So the first bucket with a vacant slot ends a search.
pub(super) type Table = Arc<[Bucket]>;

/// A cell as it is handed around, behind the hash of its key.
#[inline]
pub(super) fn entry(hash: u32, cell: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(cell)
}

/// The hash of an [`entry`].
#[inline]
pub(super) fn hash_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

/// A table of these entries, of so many buckets; of more if they would be almost full.
pub(super) fn build(entries: &[u64], n_buckets: usize) -> Table {
    let n_buckets = n_buckets.max(entries.len().div_ceil(SLOTS - 1));
    let mut table: Table = std::iter::repeat_n(Bucket::default(), n_buckets).collect();
    if let Some(buckets) = Arc::get_mut(&mut table) {
        for entry in entries {
            insert(buckets, *entry);
        }
    }
    table
}

/// Adds an entry that is not in here; false if all buckets are full.
pub(super) fn insert(buckets: &mut [Bucket], entry: u64) -> bool {
    let home = home(hash_of(entry), buckets.len());
    let (before, from_home) = buckets.split_at_mut_checked(home).unwrap_or_default();
    from_home.iter_mut().chain(before).any(|bucket| bucket.insert(entry))
}

/// All entries, in no order.
pub(super) fn entries(buckets: &[Bucket]) -> impl Iterator<Item = u64> {
    buckets.iter().flat_map(Bucket::entries)
}

/// The cell in the home of a hash that has this hash: another one, alive or not, if it stands for several.
#[inline]
pub(super) fn likely(buckets: &[Bucket], hash: u32) -> Option<u32> {
    buckets.get(home(hash, buckets.len()))?.likely(hash)
}

/// The cell with this hash that is the wanted one, slot by slot: for when it isn't the [`likely`] one. It may be asked of
/// cells that are not in here, and wants none of them.
#[cold]
pub(super) fn find(buckets: &[Bucket], hash: u32, is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
    let (before, from_home) = buckets.split_at_checked(home(hash, buckets.len()))?;
    for bucket in from_home.iter().chain(before) {
        let same = bucket.entries().filter(|entry| hash_of(*entry) == hash).map(|entry| entry as u32);
        if let Some(cell) = same.into_iter().find(|cell| is_wanted(*cell)) {
            return Some(cell);
        }
        if !bucket.is_full() {
            break;
        }
    }
    None
}

/// The place of a hash's home among so many buckets: its highest bits choose, because the lowest ones chose the shard.
#[inline]
fn home(hash: u32, n_buckets: usize) -> usize {
    ((u64::from(hash) * n_buckets as u64) >> 32) as usize
}

impl Bucket {
    /// The cell that has this hash. All slots are compared at once and without a branch: if two have the hash, what comes
    /// out is neither.
    #[inline]
    fn likely(&self, hash: u32) -> Option<u32> {
        let slots = self.hashes.iter().zip(&self.complements);
        let complement = slots.fold(0, |any, (other, complement)| any | if *other == hash { *complement } else { 0 });
        (complement != 0).then_some(!complement)
    }

    #[inline]
    fn is_full(&self) -> bool {
        let [.., last] = self.complements;
        last != 0
    }

    fn entries(&self) -> impl Iterator<Item = u64> {
        let slots = self.hashes.iter().zip(&self.complements).take_while(|(_, complement)| **complement != 0);
        slots.map(|(hash, complement)| entry(*hash, !*complement))
    }

    /// Adds an entry; false if the bucket is full.
    fn insert(&mut self, entry: u64) -> bool {
        let slots = self.hashes.iter_mut().zip(&mut self.complements);
        for (hash, complement) in slots {
            if *complement == 0 {
                (*hash, *complement) = (hash_of(entry), !(entry as u32));
                return true;
            }
        }
        false
    }
}
