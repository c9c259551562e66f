//! A stored variant: its rows, once for each wanted order of columns.

use crate::model::layout::{ColumnOrder, StoredVariant};

use super::bits::{Bits, Iter as BitsIter};
use super::pages::{Iter as PagesIter, Pages};
use super::rows;
use super::tails::{self, Tails};

/// The rows of a variant. A clone shares them; a change copies the pages and the tails that it touches.
///
/// With one column: a bit a row. With more: for each order 16 bytes a first cell that lies in a touched page, and 4 bytes
/// for each other cell of a row where a first cell has more than three of them.
#[derive(Clone, Debug)]
pub struct Relation {
    arity: usize,
    len: usize,
    indexes: Indexes,
}

/// The rows, as they are found.
#[derive(Clone, Debug)]
enum Indexes {
    /// Of one column.
    Unary(Bits),
    /// Of more: by the first column of each order; the first order is the natural one.
    Ordered(Vec<Order>),
}

/// The rows in one order of columns.
#[derive(Clone, Debug)]
struct Order {
    columns: ColumnOrder,
    /// By the first cell: the other ones.
    tails: Pages<Tails>,
}

/// How many rows a change really changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Rows that were not there before.
    pub inserted: usize,
    /// Rows that are no longer there.
    pub removed: usize,
}

impl Relation {
    /// A relation that is in no layout: without columns, without rows.
    pub(super) const NONE: Self = Self { arity: 0, len: 0, indexes: Indexes::Ordered(Vec::new()) };

    /// A relation without rows.
    pub fn new(variant: &StoredVariant) -> Self {
        let order = |columns: &ColumnOrder| Order { columns: columns.clone(), tails: Pages::default() };
        let indexes = match variant.columns.len() {
            1 => Indexes::Unary(Bits::default()),
            _ => Indexes::Ordered(variant.orders.iter().map(order).collect()),
        };
        Self { arity: variant.columns.len(), len: 0, indexes }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many columns a row has.
    pub fn arity(&self) -> usize {
        self.arity
    }

    /// The other columns of all rows whose first column, in this order of the layout, is `first`: sorted, flattened,
    /// `arity - 1` cells a row, in the order's order. Empty if there are none.
    #[inline]
    pub fn tails(&self, order: usize, first: u32) -> &[u32] {
        match &self.indexes {
            Indexes::Unary(_) => &[],
            Indexes::Ordered(orders) => {
                orders.get(order).and_then(|order| order.tails.get(first)).map(Tails::cells).unwrap_or_default()
            }
        }
    }

    /// Whether this row, its columns left to right, is there.
    #[inline]
    pub fn contains(&self, row: &[u32]) -> bool {
        match (&self.indexes, row) {
            (Indexes::Unary(bits), [cell]) => bits.contains(*cell),
            (Indexes::Ordered(_), [first, tail @ ..]) if row.len() == self.arity => {
                rows::search(self.tails(0, *first), tail.len(), tail).is_ok()
            }
            _ => false,
        }
    }

    /// The cells that some row has in the first column of this order: ascending, from `from` on.
    pub fn firsts(&self, order: usize, from: u32) -> Firsts<'_> {
        match &self.indexes {
            Indexes::Unary(bits) => Firsts::Unary(bits.iter_from(from)),
            Indexes::Ordered(orders) => match orders.get(order) {
                Some(order) => Firsts::Ordered(order.tails.iter_from(from)),
                None => Firsts::None,
            },
        }
    }

    /// All rows, columns left to right, sorted.
    pub fn rows(&self) -> impl Iterator<Item = Vec<u32>> + '_ {
        let width = self.arity.saturating_sub(1);
        let has_tails = usize::from(width == 0);
        self.firsts(0, 0).flat_map(move |first| {
            let only = std::iter::repeat_n(vec![first], has_tails);
            let tails = self.tails(0, first).chunks_exact(width.max(1));
            only.chain(tails.map(move |tail| [&[first], tail].concat()))
        })
    }

    /// The rows that have this cell in this column, columns left to right: from an order that begins with it, else by a scan.
    pub fn rows_with(&self, column: u8, cell: u32) -> Vec<Vec<u32>> {
        let found = match &self.indexes {
            Indexes::Unary(bits) if column == 0 && bits.contains(cell) => return vec![vec![cell]],
            Indexes::Unary(_) => return Vec::new(),
            Indexes::Ordered(orders) => orders.iter().find(|order| order.columns.first() == Some(&column)),
        };
        let Some(order) = found else {
            return self.rows().filter(|row| row.get(usize::from(column)) == Some(&cell)).collect();
        };
        let tails = order.tails.get(cell).map(Tails::cells).unwrap_or_default();
        tails.chunks_exact(self.arity.saturating_sub(1).max(1)).map(|tail| order.restore(cell, tail)).collect()
    }

    /// Inserts a row; true if it was not there. A row of another arity never is.
    pub fn insert(&mut self, row: &[u32]) -> bool {
        self.change(&[], row).inserted > 0
    }

    /// Removes a row; true if it was there.
    pub fn remove(&mut self, row: &[u32]) -> bool {
        self.change(row, &[]).removed > 0
    }

    /// Takes out the rows of `removed`, then puts in those of `inserted`; flattened, in any order, columns left to right.
    ///
    /// Sorts them once for each order, so that many rows of one first cell cost one merge.
    pub fn change(&mut self, removed: &[u32], inserted: &[u32]) -> Changed {
        let arity = self.arity;
        let changed = match &mut self.indexes {
            Indexes::Unary(bits) => {
                let gone: Vec<u32> = removed.iter().copied().filter(|cell| bits.remove(*cell)).collect();
                let came = inserted.iter().filter(|cell| bits.insert(**cell)).count();
                // What came back was never gone.
                let back = gone.iter().filter(|cell| bits.contains(**cell)).count();
                Changed { inserted: came - back, removed: gone.len() - back }
            }
            Indexes::Ordered(orders) => {
                let all = orders.iter_mut().map(|order| order.change(arity, removed, inserted));
                all.reduce(|first, _| first).unwrap_or_default()
            }
        };
        self.len = self.len + changed.inserted - changed.removed;
        changed
    }
}

impl Order {
    fn change(&mut self, arity: usize, removed: &[u32], inserted: &[u32]) -> Changed {
        let sorted = |rows: &[u32]| {
            let mut rows = rows::permute(rows, arity, &self.columns);
            rows::sort(&mut rows, arity);
            rows
        };
        let (removed, inserted) = (sorted(removed), sorted(inserted));
        let (mut removed, mut inserted) = (removed.as_slice(), inserted.as_slice());
        let mut changed = Changed::default();
        while let Some(first) = removed.first().into_iter().chain(inserted.first()).min().copied() {
            let gone = take_group(&mut removed, arity, first);
            let new = take_group(&mut inserted, arity, first);
            let tails = self.tails.get(first).map(Tails::cells).unwrap_or_default();
            if let Some(merged) = tails::merge(tails, arity.saturating_sub(1), gone, new) {
                changed.inserted += merged.inserted;
                changed.removed += merged.removed;
                *self.tails.get_mut(first) = merged.tails;
            }
        }
        changed
    }

    /// The row, columns left to right, of a first cell and a tail in this order.
    fn restore(&self, first: u32, tail: &[u32]) -> Vec<u32> {
        let mut row = vec![0; self.columns.len()];
        for (column, cell) in self.columns.iter().zip(std::iter::once(&first).chain(tail)) {
            if let Some(place) = row.get_mut(usize::from(*column)) {
                *place = *cell;
            }
        }
        row
    }
}

/// Takes the first rows that begin with this cell off sorted rows.
fn take_group<'a>(rows: &mut &'a [u32], arity: usize, first: u32) -> &'a [u32] {
    let same = rows.chunks_exact(arity.max(1)).take_while(|row| row.first() == Some(&first)).count();
    let (group, rest) = rows.split_at_checked(same * arity).unwrap_or_default();
    *rows = rest;
    group
}

/// The iterator of [`Relation::firsts`].
#[derive(Clone, Debug)]
pub enum Firsts<'a> {
    /// No such order.
    None,
    /// The members of a relation of one column.
    Unary(BitsIter<'a>),
    /// The first cells that have tails.
    #[expect(private_interfaces, reason = "how tails are kept is nobody else's business")]
    Ordered(PagesIter<'a, Tails>),
}

impl Iterator for Firsts<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Unary(bits) => bits.next(),
            Self::Ordered(tails) => tails.find(|(_, tails)| !tails.cells().is_empty()).map(|(first, _)| first),
        }
    }
}
