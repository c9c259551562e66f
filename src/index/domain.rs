//! A domain: the values of one kind and their cells, in both directions.

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::RandomState;
use hashbrown::HashTable;
use jiff::Timestamp;

use super::label::Label;
use super::pages::Pages;
use super::shards::Shards;
use super::table::{self, Bucket};

/// How a domain keeps a value.
pub(super) trait Entry: Clone + Debug + Default {
    /// The value.
    type Key: Hash + ?Sized;

    /// The entry of a value.
    fn new(key: &Self::Key) -> Self;

    /// The hash of a value.
    #[inline]
    fn hash(key: &Self::Key, hasher: &RandomState) -> u32 {
        hasher.hash_one(key) as u32
    }

    /// Whether this is the entry of the value.
    fn is(&self, key: &Self::Key) -> bool;

    /// The value; none if vacant.
    fn key(&self) -> Option<&Self::Key>;

    /// The bytes that it has on the heap for itself.
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Entry for Label {
    type Key = str;

    fn new(key: &str) -> Self {
        Self::new(key)
    }

    #[inline]
    fn hash(key: &str, hasher: &RandomState) -> u32 {
        let mut hasher = hasher.build_hasher();
        // A text is all that is hashed, so nothing need mark its end.
        hasher.write(key.as_bytes());
        hasher.finish() as u32
    }

    #[inline(always)]
    fn is(&self, key: &str) -> bool {
        self.is(key)
    }

    #[inline]
    fn key(&self) -> Option<&str> {
        self.text()
    }

    fn heap_bytes(&self) -> usize {
        self.heap_bytes()
    }
}

impl Entry for Option<i64> {
    type Key = i64;

    fn new(key: &i64) -> Self {
        Some(*key)
    }

    fn is(&self, key: &i64) -> bool {
        self.as_ref() == Some(key)
    }

    fn key(&self) -> Option<&i64> {
        self.as_ref()
    }
}

impl Entry for Option<Timestamp> {
    type Key = Timestamp;

    fn new(key: &Timestamp) -> Self {
        Some(*key)
    }

    fn is(&self, key: &Timestamp) -> bool {
        self.as_ref() == Some(key)
    }

    fn key(&self) -> Option<&Timestamp> {
        self.as_ref()
    }
}

/// How many values are looked for at a time.
const BATCH: usize = 32;

/// Values and their cells. Cells are given in order from 0, and a forgotten value's cell is never given again.
///
/// About 13 bytes a value beside its entry; a lookup hashes the value, reads one bucket of its shard and compares one entry,
/// mostly.
#[derive(Clone, Debug, Default)]
pub(super) struct Domain<E> {
    entries: Pages<E>,
    cells: Shards,
    next: u32,
    /// The bytes that entries have on the heap for themselves.
    owned: usize,
    hasher: RandomState,
}

impl<E: Entry> Domain<E> {
    /// The cell of a value.
    #[inline]
    pub(super) fn cell(&self, key: &E::Key) -> Option<u32> {
        self.settled(self.hash(key), key)
    }

    /// The cells of many values, in their order.
    ///
    /// Looks for [`BATCH`] at a time, step by step: each step reads for all of them what it needs, without a branch that is
    /// hard to predict, so that the processor waits for memory once a step and not once a value.
    pub(super) fn cells(&self, keys: &[&E::Key], cells: &mut Vec<Option<u32>>) {
        for keys in keys.chunks(BATCH) {
            let mut hashes = [0; BATCH];
            let mut shards: [&[Bucket]; BATCH] = [&[]; BATCH];
            let mut likely = [None; BATCH];
            let mut entries = [None; BATCH];
            for ((hash, shard), key) in hashes.iter_mut().zip(&mut shards).zip(keys) {
                *hash = self.hash(key);
                *shard = self.cells.shard(*hash).unwrap_or_default();
            }
            let homes = shards.iter().zip(&hashes).take(keys.len());
            for (likely, (shard, hash)) in likely.iter_mut().zip(homes) {
                *likely = table::likely(shard, *hash);
            }
            for (entry, likely) in entries.iter_mut().zip(&likely) {
                *entry = likely.and_then(|cell| self.entries.get(cell));
            }
            for ((((key, hash), shard), likely), entry) in
                keys.iter().zip(&hashes).zip(&shards).zip(&likely).zip(&entries)
            {
                cells.push(match entry {
                    Some(entry) if entry.is(key) => *likely,
                    _ => self.unlikely(shard, *hash, key),
                });
            }
        }
    }

    /// The value of a cell.
    #[inline]
    pub(super) fn key(&self, cell: u32) -> Option<&E::Key> {
        self.entries.get(cell)?.key()
    }

    /// The cell that the next new value gets.
    pub(super) fn next(&self) -> u32 {
        self.next
    }

    /// Gives no cell below this one any more.
    pub(super) fn skip_to(&mut self, next: u32) {
        self.next = self.next.max(next);
    }

    /// The cell of a value, a new one if it has none; none when there are no more cells.
    pub(super) fn intern(&mut self, key: &E::Key) -> Option<u32> {
        if let Some(cell) = self.cell(key) {
            return Some(cell);
        }
        let cell = self.next;
        self.next = cell.checked_add(1)?;
        self.place(key, cell);
        Some(cell)
    }

    /// Forgets the value of a cell.
    pub(super) fn forget(&mut self, cell: u32) {
        if let Some(key) = self.key(cell) {
            let hash = self.hash(key);
            self.cells.remove(hash, cell);
            self.owned -= std::mem::take(self.entries.get_mut(cell)).heap_bytes();
        }
    }

    /// The bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.entries.heap_bytes() + self.owned + self.cells.heap_bytes()
    }

    /// Enters a value that has no cell into a cell that is vacant.
    fn place(&mut self, key: &E::Key, cell: u32) {
        self.enter(key, cell);
        self.cells.insert(self.hash(key), cell);
    }

    fn enter(&mut self, key: &E::Key, cell: u32) {
        let entry = E::new(key);
        self.owned += entry.heap_bytes();
        *self.entries.get_mut(cell) = entry;
    }

    #[inline]
    fn hash(&self, key: &E::Key) -> u32 {
        E::hash(key, &self.hasher)
    }
}

/// The values that came to a domain in bulk: it finds them only when they are settled, all at once.
///
/// So each costs a hash and an entry, and not the copy of a shard that makes one value visible to snapshots.
#[derive(Debug, Default)]
pub(super) struct Young(HashTable<u64>);

impl<E: Entry> Domain<E> {
    /// As [`Domain::cell`], young values included.
    #[inline]
    pub(super) fn cell_among(&self, young: &Young, key: &E::Key) -> Option<u32> {
        let hash = self.hash(key);
        self.young(young, hash, key).or_else(|| self.settled(hash, key))
    }

    /// As [`Domain::intern`], and whether the cell is new; a new value is young.
    pub(super) fn intern_young(&mut self, young: &mut Young, key: &E::Key) -> Option<(u32, bool)> {
        let hash = self.hash(key);
        if let Some(cell) = self.young(young, hash, key).or_else(|| self.settled(hash, key)) {
            return Some((cell, false));
        }
        let cell = self.next;
        self.next = cell.checked_add(1)?;
        self.place_young(young, hash, key, cell);
        Some((cell, true))
    }

    /// Gives a young value this cell; false if the cell or the value is taken otherwise.
    pub(super) fn insert_young_at(&mut self, young: &mut Young, key: &E::Key, cell: u32) -> bool {
        let hash = self.hash(key);
        let present = self.young(young, hash, key).or_else(|| self.settled(hash, key));
        match (present, cell.checked_add(1)) {
            (None, Some(after)) if self.key(cell).is_none() => {
                self.skip_to(after);
                self.place_young(young, hash, key, cell);
                true
            }
            (present, _) => present == Some(cell),
        }
    }

    /// Makes young values be found as all others.
    pub(super) fn settle(&mut self, young: Young) {
        if !young.0.is_empty() {
            self.cells.extend(young.0.into_iter().collect());
        }
    }

    #[inline]
    fn settled(&self, hash: u32, key: &E::Key) -> Option<u32> {
        let shard = self.cells.shard(hash)?;
        let likely = table::likely(shard, hash).filter(|cell| self.is_at(key, *cell));
        likely.or_else(|| self.unlikely(shard, hash, key))
    }

    /// The cell of a value that is not the likely one.
    #[cold]
    fn unlikely(&self, shard: &[Bucket], hash: u32, key: &E::Key) -> Option<u32> {
        table::find(shard, hash, |cell| self.is_at(key, cell))
    }

    #[inline]
    fn young(&self, young: &Young, hash: u32, key: &E::Key) -> Option<u32> {
        let is_it = |entry: &u64| table::hash_of(*entry) == hash && self.is_at(key, *entry as u32);
        young.0.find(spread(hash), is_it).map(|entry| *entry as u32)
    }

    fn place_young(&mut self, young: &mut Young, hash: u32, key: &E::Key, cell: u32) {
        self.enter(key, cell);
        young.0.insert_unique(spread(hash), table::entry(hash, cell), |entry| spread(table::hash_of(*entry)));
    }

    // Called in two places, one of which is hot: not worth a call there.
    #[inline(always)]
    fn is_at(&self, key: &E::Key, cell: u32) -> bool {
        self.entries.get(cell).is_some_and(|entry| entry.is(key))
    }
}

/// A hash whose highest bits differ too: the table tells its entries apart by them.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
