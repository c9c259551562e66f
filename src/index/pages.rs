//! A persistent vector: clones share their pages, and a change copies only the path to its page.

use std::slice::Iter as SliceIter;
use std::sync::Arc;

use super::heap::{arc_array, arc_slice};

/// Values in a leaf.
pub(super) const LEAF: usize = 64;
/// Leaves in a branch.
const BRANCH: usize = 128;
/// Values below a branch.
const SPAN: usize = LEAF * BRANCH;

type Leaf<T> = [T; LEAF];
type Branch<T> = [Option<Arc<Leaf<T>>>; BRANCH];

/// Values by `u32` index, three levels deep; what was never set is absent.
///
/// Made for indexes that are dense from 0: a missing page costs nothing, but a page is 64 values. A read follows three
/// pointers. A change of a shared vector of n values copies a leaf, a branch of 128 pointers and a root of n/8192. Three
/// levels are dropped without recursion over the data.
///
/// # Source
/// Path copying: Driscoll, Sarnak, Sleator, Tarjan, *Making Data Structures Persistent*.
#[derive(Clone, Debug)]
pub struct Pages<T> {
    root: Arc<[Option<Arc<Branch<T>>>]>,
    branches: u32,
    leaves: u32,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { root: Arc::default(), branches: 0, leaves: 0 }
    }
}

impl<T> Pages<T> {
    /// The value at an index; none where its page was never touched.
    #[inline]
    pub fn get(&self, index: u32) -> Option<&T> {
        let (branch, leaf, place) = split(index);
        self.root.get(branch)?.as_ref()?.get(leaf)?.as_ref()?.get(place)
    }

    /// The values of every touched page with their indexes, ascending, beginning at `from`.
    pub fn iter_from(&self, from: u32) -> Iter<'_, T> {
        let mut leaves = self.leaves_from(from);
        let (mut index, values) = leaves.next().unwrap_or((0, &[]));
        let skip = from.saturating_sub(index);
        index += skip;
        Iter { index, leaf: values.get(skip as usize..).unwrap_or_default().iter(), leaves }
    }

    /// Every touched page that has an index of `from` or above, ascending: the index of its first value, and 64 values.
    pub(super) fn leaves_from(&self, from: u32) -> Leaves<'_, T> {
        Leaves { pages: self, next: from as usize / LEAF * LEAF }
    }

    /// Whether it is the other one, page by page: nothing has changed between the two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.root, &other.root)
    }

    /// The bytes that the pages themselves take on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        arc_slice::<Option<Arc<Branch<T>>>>(self.root.len())
            + self.branches as usize * arc_array::<Branch<T>>()
            + self.leaves as usize * arc_array::<Leaf<T>>()
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "`split` stays below LEAF and BRANCH, and a root is grown before it is indexed"
)]
impl<T: Clone + Default> Pages<T> {
    /// The value at an index, to be changed: its page is made if it is absent, and copied if another vector shares it.
    pub fn get_mut(&mut self, index: u32) -> &mut T {
        let (_, _, place) = split(index);
        &mut self.leaf_mut(index)[place]
    }

    /// Sets values by their indexes. Neighbours of one page should stand together: each run of them opens it once.
    pub(super) fn set_all(&mut self, values: &[(u32, T)]) {
        let is_in_one_leaf = |one: &(u32, T), other: &(u32, T)| one.0 as usize / LEAF == other.0 as usize / LEAF;
        for run in values.chunk_by(is_in_one_leaf) {
            let Some((index, _)) = run.first() else { continue };
            let leaf = self.leaf_mut(*index);
            for (index, value) in run {
                leaf[*index as usize % LEAF].clone_from(value);
            }
        }
    }

    /// The page of an index, to be changed.
    fn leaf_mut(&mut self, index: u32) -> &mut Leaf<T> {
        let (branch, leaf, _) = split(index);
        if branch >= self.root.len() {
            self.root = self.root.iter().cloned().chain((self.root.len()..=branch).map(|_| None)).collect();
        }
        let branch = Arc::make_mut(&mut self.root)[branch].get_or_insert_with(|| {
            self.branches += 1;
            Arc::new([const { None }; BRANCH])
        });
        let leaf = Arc::make_mut(branch)[leaf].get_or_insert_with(|| {
            self.leaves += 1;
            Arc::new(std::array::from_fn(|_| T::default()))
        });
        Arc::make_mut(leaf)
    }
}

/// The places of an index: in the root, in its branch, in its leaf.
#[inline]
fn split(index: u32) -> (usize, usize, usize) {
    let index = index as usize;
    (index / SPAN, index / LEAF % BRANCH, index % LEAF)
}

/// The iterator of [`Pages::leaves_from`].
#[derive(Clone, Debug)]
pub(super) struct Leaves<'a, T> {
    pages: &'a Pages<T>,
    /// The first index of the next leaf.
    next: usize,
}

impl<'a, T> Iterator for Leaves<'a, T> {
    type Item = (u32, &'a [T]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(branch) = self.pages.root.get(self.next / SPAN) {
            let end = (self.next / SPAN + 1) * SPAN;
            let rest = branch.as_ref().and_then(|branch| branch.get(self.next / LEAF % BRANCH..)).unwrap_or_default();
            let touched = rest.iter().enumerate().find_map(|(skip, leaf)| Some((skip, leaf.as_ref()?)));
            let Some((skip, leaf)) = touched else {
                self.next = end;
                continue;
            };
            let start = self.next + skip * LEAF;
            self.next = start + LEAF;
            return Some((u32::try_from(start).unwrap_or(u32::MAX), leaf.as_slice()));
        }
        None
    }
}

/// The iterator of [`Pages::iter_from`].
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    /// The index of the next value of the present leaf.
    index: u32,
    /// What is left of the present leaf.
    leaf: SliceIter<'a, T>,
    leaves: Leaves<'a, T>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (u32, &'a T);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(value) = self.leaf.next() {
                let index = self.index;
                self.index = index.wrapping_add(1);
                return Some((index, value));
            }
            let (index, leaf) = self.leaves.next()?;
            self.index = index;
            self.leaf = leaf.iter();
        }
    }
}
