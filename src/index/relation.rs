//! A stored variant: its rows, once for each wanted order of columns.

use std::sync::Arc;

use super::bits::Bits;
use super::chunks::Sizes;
use super::column::{Column, Net};
use super::heap::arc_slice;
use super::lists::Lists;
use super::rows;
use super::words::{Members, Source, Words};
use crate::model::layout::{ColumnOrder, StoredVariant};
use crate::model::rows::Rows;

/// The rows of a variant. A clone shares them; a change copies the pages and the tails that it touches.
///
/// | columns | kept as | bytes |
/// | --- | --- | --- |
/// | one | [`Bits`] | a bit a row |
/// | a key and its value (`->`), by the key | [`Column`] | 4 a key |
/// | others, in each order | [`Lists`] | 24 a first cell that has rows, 4 a cell beyond five of one first cell |
///
/// Where a key is kept as a column, a row takes the place of the one with its key.
#[derive(Clone, Debug)]
pub struct Relation {
    len: usize,
    arity: usize,
    indexes: Indexes,
}

/// The rows, as they are found.
#[derive(Clone, Debug)]
enum Indexes {
    /// Of a variant that isn't there.
    None,
    /// Of one column.
    Unary(Bits),
    /// Of more: in the natural order, which most checks read, and in the others.
    Ordered(Direction, Arc<[Turned]>),
}

/// The rows with their columns in another order.
#[derive(Clone, Debug)]
struct Turned {
    columns: Arc<[u8]>,
    rows: Direction,
}

/// The rows in one order of columns.
#[derive(Clone, Debug)]
enum Direction {
    /// By the key: the value.
    Column(Column),
    /// By the first cell: the other ones.
    Lists(Lists),
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
    pub(super) const NONE: Self = Self { len: 0, arity: 0, indexes: Indexes::None };

    /// A relation without rows.
    pub fn new(variant: &StoredVariant) -> Self {
        Self::with_sizes(variant, Sizes::default())
    }

    /// A relation without rows whose lists are cut in these sizes.
    pub(super) fn with_sizes(variant: &StoredVariant, sizes: Sizes) -> Self {
        let arity = variant.columns.len();
        let lists = || Direction::Lists(Lists::new(arity.saturating_sub(1), sizes));
        let indexes = match variant.orders.split_first() {
            _ if arity == 1 => Indexes::Unary(Bits::default()),
            None => Indexes::None,
            Some((_, others)) => {
                let natural = if is_column(variant) { Direction::Column(Column::default()) } else { lists() };
                let turned = |columns: &ColumnOrder| Turned { columns: (&**columns).into(), rows: lists() };
                Indexes::Ordered(natural, others.iter().map(turned).collect())
            }
        };
        Self { len: 0, arity, indexes }
    }

    /// Whether rows of this variant are kept as rows of the other: in the same orders and structures.
    pub(super) fn is_kept_alike(one: &StoredVariant, other: &StoredVariant) -> bool {
        one.columns == other.columns && one.orders == other.orders && is_column(one) == is_column(other)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether these are the same rows because nothing has changed between the two. Costs nothing; equal rows that were put
    /// in one by one are another relation's.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.indexes, &other.indexes) {
            (Indexes::None, Indexes::None) => true,
            (Indexes::Unary(one), Indexes::Unary(other)) => one.is_same(other),
            (Indexes::Ordered(Direction::Column(one), _), Indexes::Ordered(Direction::Column(other), _)) => {
                one.is_same(other)
            }
            (Indexes::Ordered(Direction::Lists(one), _), Indexes::Ordered(Direction::Lists(other), _)) => {
                one.is_same(other)
            }
            _ => false,
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many columns a row has.
    pub fn arity(&self) -> usize {
        self.arity
    }

    /// The rows whose first column, in this order of the layout, is `first`: their other columns, in the order's order,
    /// `arity - 1` cells a row, sorted. None for a relation of one column.
    ///
    /// A value of a key is three pointers away, a list four and its cells; that there is none is found after three.
    #[inline]
    pub fn tails(&self, order: usize, first: u32) -> Rows<'_> {
        match self.direction(order) {
            Some(Direction::Column(column)) => Rows::whole(1, column.cells(first)),
            Some(Direction::Lists(lists)) => lists.rows(first),
            None => Rows::whole(1, &[]),
        }
    }

    /// The value of a key, where this order is kept as a [`Column`]; none elsewhere.
    #[inline]
    pub fn value(&self, order: usize, first: u32) -> Option<Option<u32>> {
        match &self.indexes {
            Indexes::Ordered(Direction::Column(column), _) if order == 0 => Some(column.value(first)),
            _ => None,
        }
    }

    /// The cells of [`Relation::tails`], where they lie in one piece; none where they don't.
    #[inline]
    pub fn piece(&self, order: usize, first: u32) -> Option<&[u32]> {
        match self.direction(order) {
            Some(Direction::Column(column)) => Some(column.cells(first)),
            Some(Direction::Lists(lists)) => lists.piece(first),
            None => Some(&[]),
        }
    }

    #[inline]
    fn direction(&self, order: usize) -> Option<&Direction> {
        match &self.indexes {
            Indexes::Ordered(natural, others) => match order.checked_sub(1) {
                None => Some(natural),
                Some(order) => others.get(order).map(|turned| &turned.rows),
            },
            Indexes::None | Indexes::Unary(_) => None,
        }
    }

    /// Whether this row, its columns left to right, is there.
    #[inline]
    pub fn contains(&self, row: &[u32]) -> bool {
        self.contains_in(0, row)
    }

    /// Whether this row, its columns in an order of the layout, is there.
    #[inline]
    pub fn contains_in(&self, order: usize, row: &[u32]) -> bool {
        match (&self.indexes, row) {
            (Indexes::Unary(bits), [cell]) => bits.contains(*cell),
            (Indexes::Ordered(..), [first, tail @ ..]) if row.len() == self.arity => match self.direction(order) {
                Some(Direction::Column(column)) => matches!(tail, [cell] if column.value(*first) == Some(*cell)),
                Some(Direction::Lists(lists)) => lists.contains(*first, tail),
                None => false,
            },
            _ => false,
        }
    }

    /// The cells that some row has in the first column of this order: ascending, from `from` on.
    pub fn firsts(&self, order: usize, from: u32) -> Members<'_> {
        self.first_words(order, from).members()
    }

    /// The cells that some row has in the first column of this order, from `from` on, 64 at a time.
    pub fn first_words(&self, order: usize, from: u32) -> Words<'_> {
        match (&self.indexes, self.direction(order)) {
            (Indexes::Unary(bits), _) => bits.words_from(from),
            (_, Some(Direction::Column(column))) => column.words_from(from),
            (_, Some(Direction::Lists(lists))) => lists.words_from(from),
            (_, None) => Words::new(from, Source::None),
        }
    }

    /// All rows, columns left to right, sorted.
    pub fn rows(&self) -> impl Iterator<Item = Vec<u32>> + '_ {
        let has_tails = usize::from(self.arity == 1);
        self.firsts(0, 0).flat_map(move |first| {
            let only = std::iter::repeat_n(vec![first], has_tails);
            only.chain(self.tails(0, first).iter().map(move |tail| [&[first], tail].concat()))
        })
    }

    /// The rows that have this cell in this column, columns left to right: from an order that begins with it, else by a scan.
    pub fn rows_with(&self, column: u8, cell: u32) -> Vec<Vec<u32>> {
        let found = match &self.indexes {
            Indexes::None => return Vec::new(),
            Indexes::Unary(bits) => return Vec::from_iter((column == 0 && bits.contains(cell)).then(|| vec![cell])),
            Indexes::Ordered(..) if column == 0 => {
                return self.tails(0, cell).iter().map(|tail| [&[cell], tail].concat()).collect();
            }
            Indexes::Ordered(_, others) => {
                others.iter().zip(1..).find(|(turned, _)| turned.columns.first() == Some(&column))
            }
        };
        let Some((turned, order)) = found else {
            return self.rows().filter(|row| row.get(usize::from(column)) == Some(&cell)).collect();
        };
        self.tails(order, cell).iter().map(|tail| restore(&turned.columns, cell, tail)).collect()
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
            Indexes::None => Changed::default(),
            Indexes::Unary(bits) => {
                let gone: Vec<u32> = removed.iter().copied().filter(|cell| bits.remove(*cell)).collect();
                let came = bits.insert_all(inserted);
                // What came back was never gone.
                let back = gone.iter().filter(|cell| bits.contains(**cell)).count();
                Changed { inserted: came - back, removed: gone.len() - back }
            }
            Indexes::Ordered(natural, others) => {
                let (removed, inserted) = (rows::sorted(removed, arity), rows::sorted(inserted, arity));
                let (changed, net) = natural.change(&removed, &inserted);
                // A row that lost its place to another goes from every order.
                let (removed, inserted) = net.map_or((removed, inserted), |net| (net.removed, net.inserted));
                for Turned { columns, rows } in Arc::make_mut(others) {
                    rows.change(&rows::reorder(&removed, columns), &rows::reorder(&inserted, columns));
                }
                changed
            }
        };
        self.len = self.len + changed.inserted - changed.removed;
        changed
    }

    /// The bytes of its rows on the heap. Costs the number of orders.
    pub(super) fn heap_bytes(&self) -> usize {
        match &self.indexes {
            Indexes::None => 0,
            Indexes::Unary(bits) => bits.heap_bytes(),
            Indexes::Ordered(natural, others) => {
                let turned =
                    others.iter().map(|turned| arc_slice::<u8>(turned.columns.len()) + turned.rows.heap_bytes());
                natural.heap_bytes() + arc_slice::<Turned>(others.len()) + turned.sum::<usize>()
            }
        }
    }
}

impl Direction {
    /// Takes rows out, then puts rows in; both sorted in this order, each once. How many really came and went, and where a
    /// row may take another's place, which.
    fn change(&mut self, removed: &[u32], inserted: &[u32]) -> (Changed, Option<Net>) {
        match self {
            Self::Column(column) => {
                let net = column.change(removed, inserted);
                (Changed { inserted: net.inserted.len() / 2, removed: net.removed.len() / 2 }, Some(net))
            }
            Self::Lists(lists) => {
                let (inserted, removed) = lists.change(removed, inserted);
                (Changed { inserted, removed }, None)
            }
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Column(column) => column.heap_bytes(),
            Self::Lists(lists) => lists.heap_bytes(),
        }
    }
}

/// Whether the natural order of a variant is a column.
fn is_column(variant: &StoredVariant) -> bool {
    variant.columns.len() == 2 && variant.key == Some(1)
}

/// The row, columns left to right, of a first cell and a tail in this order.
fn restore(columns: &[u8], first: u32, tail: &[u32]) -> Vec<u32> {
    let mut row = vec![0; columns.len()];
    for (column, cell) in columns.iter().zip(std::iter::once(&first).chain(tail)) {
        if let Some(place) = row.get_mut(usize::from(*column)) {
            *place = *cell;
        }
    }
    row
}
