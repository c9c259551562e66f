//! The evaluator's only window onto data: cells by direction, and what little it must know about values.

use std::cmp::Ordering;

use crate::model::layout::StoredId;
use crate::model::rows::Rows;
use crate::model::value::ColumnType;

/// Cells from here on stand for values that no fact holds: they came with the question, or a rule names them.
pub const FIRST_UNKNOWN: u32 = 0xF000_0000;

/// The facts that a question is asked of: a snapshot, and what came with the question.
///
/// A *cell* stands for a value of a column type; two cells of one type are equal exactly if their values are.
pub trait Facts {
    /// The rows of a stored variant, in one of its directions, that begin with `first`: what follows it, row after row,
    /// each as long as the variant has columns less one, sorted. Not for variants of one column.
    fn tails(&self, stored: StoredId, order: u8, first: u32) -> Rows<'_>;

    /// The second cell of the row that begins with `first`, where this direction is kept as one value for each first cell;
    /// none if it isn't kept so.
    fn value(&self, stored: StoredId, order: u8, first: u32) -> Option<Option<u32>>;

    /// The rows of [`Facts::tails`], where they lie in one piece; none where they don't.
    fn piece(&self, stored: StoredId, order: u8, first: u32) -> Option<&[u32]>;

    /// Whether a variant has a row whose columns, in one of its directions, are these.
    fn contains(&self, stored: StoredId, order: u8, row: &[u32]) -> bool;

    /// The cells, `from` or above, that a variant of one column has, ascending: 64 at a time, the first of them, a multiple
    /// of 64, for the lowest bit.
    fn words(&self, stored: StoredId, from: u32) -> impl Iterator<Item = (u32, u64)>;

    /// The first cells, `from` or above, that have rows in this direction, ascending.
    fn firsts(&self, stored: StoredId, order: u8, from: u32) -> impl Iterator<Item = u32>;

    /// How many rows a stored variant has.
    fn n_rows(&self, stored: StoredId) -> usize;

    /// How many columns a stored variant has.
    fn width(&self, stored: StoredId) -> usize;

    /// The rows of a context relation, one after another.
    fn context(&self, context: u16) -> &[u32];

    /// The rows of a context relation, by their numbers, that have this cell in a column; none where all rows are as quickly
    /// looked at.
    fn context_rows(&self, context: u16, column: usize, cell: u32) -> Option<&[u32]>;

    /// How many columns a context relation has.
    fn context_width(&self, context: u16) -> usize;

    /// The cell of a constant of the plans; one that no row holds if the value is unknown.
    fn constant(&self, constant: u16) -> u32;

    /// How two different cells of a type compare; only for text, integers and times.
    fn compare(&self, column: &ColumnType, left: u32, right: u32) -> Ordering;

    /// The cell of the number of characters of a text.
    fn length(&self, text: u32) -> u32;

    /// Whether a permission is one that no rule names.
    fn is_other_permission(&self, cell: u32) -> bool;
}
