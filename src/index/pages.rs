//! A persistent vector: clones share their pages, and a change copies only the path to its page.

use std::slice::Iter as SliceIter;
use std::sync::Arc;

/// Values in a leaf.
const LEAF: usize = 64;
/// Leaves in a branch.
const BRANCH: usize = 256;
/// Values below a branch.
const SPAN: usize = LEAF * BRANCH;

type Leaf<T> = [T; LEAF];
type Branch<T> = [Option<Arc<Leaf<T>>>; BRANCH];

/// Values by `u32` index, three levels deep; what was never set is absent.
///
/// Made for indexes that are dense from 0: a missing page costs nothing, but a page is 64 values. A read follows three
/// pointers. A change of a shared vector of n values copies a leaf, a branch of 256 pointers and a root of n/16384. Three
/// levels are dropped without recursion over the data.
///
/// # Source
/// Path copying: Driscoll, Sarnak, Sleator, Tarjan, *Making Data Structures Persistent*.
#[derive(Clone, Debug)]
pub struct Pages<T> {
    root: Arc<[Option<Arc<Branch<T>>>]>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { root: Arc::default() }
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
        let (_, _, place) = split(from);
        let mut iter = Iter { pages: self, next_leaf: from as usize - place, index: 0, leaf: [].iter() };
        if iter.enter_leaf() && iter.index <= from {
            iter.leaf = iter.leaf.as_slice().get(place..).unwrap_or_default().iter();
            iter.index = from;
        }
        iter
    }
}

impl<T: Clone + Default> Pages<T> {
    /// The value at an index, to be changed: its page is made if it is absent, and copied if another vector shares it.
    #[expect(
        clippy::indexing_slicing,
        reason = "`split` stays below LEAF and BRANCH, and the root has just been grown"
    )]
    pub fn get_mut(&mut self, index: u32) -> &mut T {
        let (branch, leaf, place) = split(index);
        if branch >= self.root.len() {
            self.root = self.root.iter().cloned().chain((self.root.len()..=branch).map(|_| None)).collect();
        }
        let branch = Arc::make_mut(&mut self.root)[branch].get_or_insert_with(|| Arc::new([const { None }; BRANCH]));
        let leaf = Arc::make_mut(branch)[leaf].get_or_insert_with(|| Arc::new(std::array::from_fn(|_| T::default())));
        &mut Arc::make_mut(leaf)[place]
    }
}

/// The places of an index: in the root, in its branch, in its leaf.
#[inline]
fn split(index: u32) -> (usize, usize, usize) {
    let index = index as usize;
    (index / SPAN, index / LEAF % BRANCH, index % LEAF)
}

/// The iterator of [`Pages::iter_from`].
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    pages: &'a Pages<T>,
    /// The first index of the leaf after the present one.
    next_leaf: usize,
    /// The index of the next value of the present leaf.
    index: u32,
    /// What is left of the present leaf.
    leaf: SliceIter<'a, T>,
}

impl<'a, T> Iter<'a, T> {
    /// Goes to the next leaf that was touched; false at the end.
    fn enter_leaf(&mut self) -> bool {
        while let Some(branch) = self.pages.root.get(self.next_leaf / SPAN) {
            let Some(branch) = branch else {
                self.next_leaf = (self.next_leaf / SPAN + 1) * SPAN;
                continue;
            };
            let start = self.next_leaf;
            self.next_leaf += LEAF;
            if let Some(Some(leaf)) = branch.get(start / LEAF % BRANCH) {
                self.index = u32::try_from(start).unwrap_or(u32::MAX);
                self.leaf = leaf.iter();
                return true;
            }
        }
        false
    }
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
            if !self.enter_leaf() {
                return None;
            }
        }
    }
}
