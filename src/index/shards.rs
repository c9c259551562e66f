//! A persistent hash index: from the hash of a key to the cell that has it, without a copy of the key.

use std::sync::Arc;

use super::heap::arc_slice;
use super::table::{self, Bucket, SLOTS, Table, entry, hash_of};

/// Shards in a branch.
const BRANCH: usize = 128;
/// Buckets by which a shard grows.
const UNIT: usize = 4;
/// Cells for which the whole index has a unit.
const UNIT_CELLS: usize = UNIT * SLOTS * 5 / 8;
/// Units of a shard that was just split; it is split again at twice as many.
const UNITS: u32 = 8;
/// Fewer new cells than one for so many old ones are entered one by one.
const FEW: usize = 64;

/// Cells by the hash of their keys, in shards of which a change copies one.
///
/// A shard is a hash table of 160 to 300 cells, five eighths full. A lookup follows three pointers, to a branch, a shard
/// and a bucket, which is one cache line and decides, mostly. About 13 bytes a cell.
///
/// Grows by one unit at a time, so that no single write rehashes everything: first each shard gets its ninth unit, one
/// after the other, then each its tenth; what would be the sixteenth splits the shard into two of eight. So all of them are
/// about equally full at all times, and the size of the whole depends on the number of cells alone.
///
/// # Source
/// Larson, *Linear Hashing with Partial Expansions*.
#[derive(Clone, Debug, Default)]
pub(super) struct Shards {
    branches: Arc<[Arc<[Table]>]>,
    n_shards: u32,
    /// How far it has grown.
    units: u32,
    /// Buckets of all shards: those of the units, and more where a shard was full before its turn.
    buckets: usize,
    len: usize,
}

impl Shards {
    /// The shard in which a hash would be.
    #[inline]
    pub(super) fn shard(&self, hash: u32) -> Option<&[Bucket]> {
        let index = place(hash, self.n_shards) as usize;
        self.branches.get(index / BRANCH)?.get(index % BRANCH).map(AsRef::as_ref)
    }

    /// Adds a cell that is not in here.
    pub(super) fn insert(&mut self, hash: u32, cell: u32) {
        self.len += 1;
        while (self.units as usize) * UNIT_CELLS < self.len {
            self.grow();
        }
        let index = place(hash, self.n_shards);
        let entry = entry(hash, cell);
        let is_in = self.shard_mut(index).is_some_and(|shard| table::insert(Arc::make_mut(shard), entry));
        if !is_in {
            self.rebuild(index, UNIT, |entries| entries.push(entry));
        }
    }

    /// Adds cells that are not in here, each as [`entry`] has it: many cost one pass that sizes each shard once, instead of
    /// a copy of a shard for each.
    pub(super) fn extend(&mut self, mut entries: Vec<u64>) {
        if entries.len() < self.len / FEW {
            entries.iter().for_each(|entry| self.insert(hash_of(*entry), *entry as u32));
            return;
        }
        entries.extend(self.entries());
        self.len = entries.len();
        self.units = u32::try_from(self.len.div_ceil(UNIT_CELLS)).unwrap_or(u32::MAX);
        let growth = Growth::of(self.units);
        self.n_shards = growth.n_shards();
        let (sorted, ends) = by_shard(entries, self.n_shards);
        let mut start = 0;
        let mut shards = Vec::with_capacity(ends.len());
        for (shard, end) in (0..).zip(ends) {
            let entries = sorted.get(start..end).unwrap_or_default();
            shards.push(table::build(entries, growth.units_of(shard) as usize * UNIT));
            start = end;
        }
        self.buckets = shards.iter().map(|shard| shard.len()).sum();
        self.branches = shards.chunks(BRANCH).map(Arc::from).collect();
    }

    /// All of them, each as [`entry`] has it, in no order.
    pub(super) fn entries(&self) -> impl Iterator<Item = u64> {
        self.branches.iter().flat_map(|branch| branch.iter()).flat_map(|shard| table::entries(shard))
    }

    /// The bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let n_shards = self.n_shards as usize;
        arc_slice::<Arc<[Table]>>(self.branches.len())
            + self.branches.len() * arc_slice::<Table>(0)
            + n_shards * (size_of::<Table>() + arc_slice::<Bucket>(0))
            + self.buckets * size_of::<Bucket>()
    }

    /// Takes a cell out.
    pub(super) fn remove(&mut self, hash: u32, cell: u32) {
        // All of the shard lies anew, because cells that the full bucket turned away may lie behind it.
        self.rebuild(place(hash, self.n_shards), 0, |entries| entries.retain(|entry| *entry as u32 != cell));
        self.len -= 1;
    }

    /// Grows by a unit.
    fn grow(&mut self) {
        let growth = Growth::of(self.units);
        self.units += 1;
        let shard = growth.next;
        if self.n_shards == 0 {
            self.push(table::build(&[], UNIT));
        } else if growth.splits() {
            let new = self.n_shards;
            let entries =
                self.shard_at(shard).map(|shard| table::entries(shard).collect::<Vec<_>>()).unwrap_or_default();
            let (moving, staying): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|entry| place(hash_of(*entry), new + 1) == new);
            let n_buckets = UNITS as usize * UNIT;
            self.replace(shard, table::build(&staying, n_buckets));
            self.push(table::build(&moving, n_buckets));
        } else {
            self.rebuild(shard, UNIT, |_| ());
        }
    }

    /// Lays a shard anew, by so many buckets larger, after a change of its entries.
    fn rebuild(&mut self, index: u32, more: usize, change: impl FnOnce(&mut Vec<u64>)) {
        if let Some(shard) = self.shard_at(index) {
            let mut entries = table::entries(shard).collect();
            change(&mut entries);
            let table = table::build(&entries, shard.len() + more);
            self.replace(index, table);
        }
    }

    fn replace(&mut self, index: u32, table: Table) {
        let (after, mut before) = (table.len(), 0);
        if let Some(shard) = self.shard_mut(index) {
            before = shard.len();
            *shard = table;
        }
        self.buckets = self.buckets + after - before;
    }

    fn push(&mut self, table: Table) {
        self.n_shards += 1;
        self.buckets += table.len();
        match Arc::make_mut(&mut self.branches).last_mut().filter(|branch| branch.len() < BRANCH) {
            Some(branch) => *branch = branch.iter().cloned().chain([table]).collect(),
            None => self.branches = self.branches.iter().cloned().chain([Arc::from([table])]).collect(),
        }
    }

    fn shard_at(&self, index: u32) -> Option<&Table> {
        self.branches.get(index as usize / BRANCH)?.get(index as usize % BRANCH)
    }

    fn shard_mut(&mut self, index: u32) -> Option<&mut Table> {
        let branch = Arc::make_mut(&mut self.branches).get_mut(index as usize / BRANCH)?;
        Arc::make_mut(branch).get_mut(index as usize % BRANCH)
    }
}

/// How far an index of so many units has grown.
#[derive(Clone, Copy, Debug)]
struct Growth {
    /// Shards when the round began.
    base: u32,
    /// Units of the shards whose turn in this pass is still to come.
    units: u32,
    /// The shard whose turn is next.
    next: u32,
}

impl Growth {
    fn of(units: u32) -> Self {
        let Some(round) = (units / UNITS).checked_ilog2() else { return Self { base: 1, units, next: 0 } };
        let base = 1 << round;
        Self { base, units: units >> round, next: units & (base - 1) }
    }

    /// Whether this pass splits the shards.
    fn splits(&self) -> bool {
        self.units == 2 * UNITS - 1
    }

    fn n_shards(&self) -> u32 {
        match self.units {
            0 => 0,
            _ if self.splits() => self.base + self.next,
            _ => self.base,
        }
    }

    /// The units of a shard.
    fn units_of(&self, shard: u32) -> u32 {
        let is_done = shard < self.next || shard >= self.base;
        match (is_done, self.splits()) {
            (true, true) => UNITS,
            (true, false) => self.units + 1,
            (false, _) => self.units,
        }
    }
}

/// Entries in the order of their shards, and where each shard ends.
fn by_shard(entries: Vec<u64>, n_shards: u32) -> (Vec<u64>, Vec<usize>) {
    let place_of = |entry: u64| place(hash_of(entry), n_shards) as usize;
    // Where each shard ends, which is where it begins until its entries are counted in.
    let mut ends = vec![0; n_shards as usize];
    for entry in &entries {
        if let Some(count) = ends.get_mut(place_of(*entry)) {
            *count += 1;
        }
    }
    let mut before = 0;
    for end in &mut ends {
        before += std::mem::replace(end, before);
    }
    let mut sorted = vec![0; entries.len()];
    for entry in entries {
        if let Some(end) = ends.get_mut(place_of(entry)) {
            if let Some(slot) = sorted.get_mut(*end) {
                *slot = entry;
            }
            *end += 1;
        }
    }
    (sorted, ends)
}

/// The shard of a hash: its lowest bits choose, because the highest ones choose the bucket.
#[inline]
fn place(hash: u32, n_shards: u32) -> u32 {
    let last = n_shards.saturating_sub(1);
    let bits = u32::MAX.checked_shr(last.leading_zeros()).unwrap_or(0);
    let index = hash & bits;
    if index <= last { index } else { index & (bits >> 1) }
}
