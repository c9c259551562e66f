//! What the rules tell the data: which variants are stored, their columns, their keys, and the wanted directions.

use crate::model::value::{ColumnType, Name};

/// The position of a stored variant in its [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoredId(pub u32);

/// A direction: the columns in the order in which an index sorts them. `[1, 0]` finds the first column by the second.
pub type ColumnOrder = Box<[u8]>;

/// One relation for one combination of concrete column types. A type is a relation of one column: its objects alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVariant {
    /// The relation or the concrete type.
    pub relation: Name,
    /// The concrete type of each column.
    pub columns: Box<[ColumnType]>,
    /// With `->`: how many first columns are the key of the last one; none otherwise.
    pub key: Option<u8>,
    /// The wanted directions; the first is always the natural one (`0, 1, …`).
    pub orders: Vec<ColumnOrder>,
}

/// Every stored variant that the facts of a policy can have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// By [`StoredId`]; sorted by relation, then columns.
    pub variants: Vec<StoredVariant>,
}
