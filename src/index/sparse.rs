//! A persistent map from indexes, of which many may be absent.

use std::sync::Arc;

use super::heap::arc_slice;
use super::pages::{Iter as PagesIter, Pages};

/// Indexes in a block.
const BLOCK: u32 = u64::BITS;

/// Values by `u32` index: in blocks of 64 indexes that hold the values that are there and no others.
///
/// 24 bytes a block that lies in a touched page of 64 blocks, 16 for one that has values, and the values. Reading one that
/// is there follows four pointers, finding that it isn't three. A change copies its block, and the path to it.
///
/// # Source
/// Bitmaps beside the values that are present: Bagwell, *Ideal Hash Trees*.
#[derive(Clone, Debug)]
pub(super) struct Sparse<T> {
    blocks: Pages<Block<T>>,
    len: usize,
    /// Blocks that have values.
    filled: usize,
}

/// Which of 64 values are present, and these.
#[derive(Clone, Debug)]
pub(super) struct Block<T> {
    present: u64,
    values: Option<Arc<[T]>>,
}

impl<T> Default for Block<T> {
    fn default() -> Self {
        Self { present: 0, values: None }
    }
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self { blocks: Pages::default(), len: 0, filled: 0 }
    }
}

impl<T> Block<T> {
    /// A bit for each index that has a value.
    pub(super) fn present(&self) -> u64 {
        self.present
    }

    /// Whether two indexes lie in one block.
    pub(super) fn is_shared_by(one: u32, other: u32) -> bool {
        one / BLOCK == other / BLOCK
    }

    #[inline]
    fn get(&self, place: u32) -> Option<&T> {
        if self.present >> place & 1 == 0 {
            return None;
        }
        self.values.as_ref()?.get(self.rank(place))
    }

    /// Where the value of a place stands among those that are there.
    #[inline]
    fn rank(&self, place: u32) -> usize {
        // In a full block a value stands at its place, and nothing needs to be counted.
        match self.present {
            u64::MAX => place as usize,
            present => (present & ((1 << place) - 1)).count_ones() as usize,
        }
    }

    fn len(&self) -> usize {
        self.present.count_ones() as usize
    }
}

impl<T: Clone> Block<T> {
    /// Gives values that are there others; gives back the changes where one is of another kind.
    fn replace(&mut self, changes: Vec<(u32, Option<T>)>) -> Option<Vec<(u32, Option<T>)>> {
        let is_replaced = |(index, value): &(u32, Option<T>)| value.is_some() && self.get(index % BLOCK).is_some();
        if !changes.iter().all(is_replaced) {
            return Some(changes);
        }
        let places: Vec<usize> = changes.iter().map(|(index, _)| self.rank(index % BLOCK)).collect();
        let values = Arc::make_mut(self.values.as_mut()?);
        for (place, (_, value)) in places.into_iter().zip(changes) {
            if let (Some(old), Some(value)) = (values.get_mut(place), value) {
                *old = value;
            }
        }
        None
    }
}

impl<T: Clone> Sparse<T> {
    /// The value of an index.
    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&T> {
        self.blocks.get(index / BLOCK)?.get(index % BLOCK)
    }

    /// Takes the values of these indexes away, or gives them others; the indexes ascend, and lie in one block.
    pub(super) fn change(&mut self, changes: Vec<(u32, Option<T>)>) {
        let Some((index, _)) = changes.first() else { return };
        let block = self.blocks.get_mut(index / BLOCK);
        let Some(changes) = block.replace(changes) else { return };
        let mut next = Block::default();
        let mut values = Vec::with_capacity(block.len() + changes.len());
        let mut add = |place: u32, value: T| {
            next.present |= 1 << place;
            values.push(value);
        };
        let mut old = (0..BLOCK).filter_map(|place| Some((place, block.get(place)?))).peekable();
        for (index, value) in changes {
            let place = index % BLOCK;
            while let Some((before, value)) = old.next_if(|(other, _)| *other < place) {
                add(before, value.clone());
            }
            old.next_if(|(other, _)| *other == place);
            if let Some(value) = value {
                add(place, value);
            }
        }
        for (place, value) in old {
            add(place, value.clone());
        }
        self.len = self.len + values.len() - block.len();
        self.filled = self.filled + usize::from(!values.is_empty()) - usize::from(block.present != 0);
        next.values = (!values.is_empty()).then(|| values.into());
        *block = next;
    }
}

impl<T> Sparse<T> {
    /// Whether it is the other one: nothing has changed between the two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.blocks.is_same(&other.blocks)
    }

    /// The bytes of the structure and its values on the heap, without what the values own there.
    pub(super) fn heap_bytes(&self) -> usize {
        self.blocks.heap_bytes() + self.filled * arc_slice::<T>(0) + self.len * size_of::<T>()
    }

    /// The blocks from that of an index on, with their positions.
    pub(super) fn blocks_from(&self, from: u32) -> PagesIter<'_, Block<T>> {
        self.blocks.iter_from(from / BLOCK)
    }
}
