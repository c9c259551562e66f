//! A domain: the values of one kind and their cells, in both directions.

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

use foldhash::quality::RandomState;
use jiff::Timestamp;

use super::label::Label;
use super::pages::Pages;
use super::shards::Shards;

/// How a domain keeps a value.
pub(super) trait Entry: Clone + Debug + Default {
    /// The value.
    type Key: Hash + ?Sized;

    /// The entry of a value.
    fn new(key: &Self::Key) -> Self;

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
    fn is(&self, key: &str) -> bool {
        self.bytes() == Some(key.as_bytes())
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

/// Values and their cells. Cells are given in order from 0, and a forgotten value's cell is never given again.
///
/// About 8 bytes a value beside its entry; a lookup hashes the value, finds its shard and compares one entry, mostly.
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
        self.cells.find(self.hash(key), |cell| self.entries.get(cell).is_some_and(|entry| entry.is(key)))
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

    /// Gives a value this cell; false if the cell or the value is taken otherwise.
    pub(super) fn insert_at(&mut self, key: &E::Key, cell: u32) -> bool {
        match (self.cell(key), cell.checked_add(1)) {
            (None, Some(after)) if self.key(cell).is_none() => {
                self.skip_to(after);
                self.place(key, cell);
                true
            }
            (present, _) => present == Some(cell),
        }
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
        let entry = E::new(key);
        self.owned += entry.heap_bytes();
        *self.entries.get_mut(cell) = entry;
        self.cells.insert(self.hash(key), cell);
    }

    #[inline]
    fn hash(&self, key: &E::Key) -> u32 {
        self.hasher.hash_one(key) as u32
    }
}
