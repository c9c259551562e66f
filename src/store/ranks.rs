//! Values by rank: the order in which keys sort them, and their bytes as keys have them.

use crate::model::value::{ColumnType, MAX_ID_BYTES};
use crate::store::error::{Bounded, StoreError};
use crate::store::keys::{put_integer, put_text, put_time};
use crate::store::limits::{self, MAX_TEXT_BYTES};
use crate::store::row::{Column, Own};

/// Texts behind the cells of rows that are loaded.
pub trait Values: Sync {
    /// What a value of a column has of its own; none for a cell that stands for nothing.
    fn own(&self, column: &Column, cell: u32) -> Option<Own<'_>>;
}

/// The values of one column type that occur in rows, by rank.
///
/// Rows of ranks sort as their keys do, and the bytes of neighbouring keys lie beside one another. Four bytes a cell, and
/// for each value that occurs its bytes and eight.
#[derive(Debug)]
pub(super) struct Ranks {
    kind: ColumnType,
    /// By cell; those that don't occur have no meaning.
    ranks: Vec<u32>,
    /// The values' bytes, by rank.
    bytes: Vec<u8>,
    /// By rank, where its bytes end.
    ends: Vec<usize>,
}

impl Ranks {
    /// Ranks the values of some cells, which are those of `kind` and are looked up by `column`.
    ///
    /// # Errors
    /// A value that is too long, or a cell that stands for nothing.
    pub(super) fn of(
        kind: ColumnType,
        column: &Column,
        cells: impl Iterator<Item = u32> + Clone,
        values: &impl Values,
    ) -> Result<Self, StoreError> {
        let n_cells = cells.clone().max().map_or(0, |last| last as usize + 1);
        let mut ranks = vec![0_u32; n_cells];
        for cell in cells {
            if let Some(occurs) = ranks.get_mut(cell as usize) {
                *occurs = 1;
            }
        }
        let mut bytes = Vec::new();
        // The first eight bytes, which mostly decide, the cell, and where all of them lie.
        let mut found: Vec<(u64, u32, usize, usize)> = Vec::new();
        for (cell, _) in (0..).zip(&ranks).filter(|(_, occurs)| **occurs == 1) {
            let start = bytes.len();
            put_own(&mut bytes, column, cell, values)?;
            let all = bytes.get(start..).unwrap_or_default();
            let mut first = [0; 8];
            first.iter_mut().zip(all).for_each(|(place, byte)| *place = *byte);
            found.push((u64::from_be_bytes(first), cell, start, bytes.len()));
        }
        let at = |start: usize, end: usize| bytes.get(start..end).unwrap_or_default();
        found.sort_unstable_by(|one, other| {
            one.0.cmp(&other.0).then_with(|| at(one.2, one.3).cmp(at(other.2, other.3)))
        });
        let mut sorted = Vec::with_capacity(bytes.len());
        let mut ends = Vec::with_capacity(found.len());
        for (rank, (_, cell, start, end)) in (0..).zip(&found) {
            if let Some(place) = ranks.get_mut(*cell as usize) {
                *place = rank;
            }
            sorted.extend_from_slice(at(*start, *end));
            ends.push(sorted.len());
        }
        Ok(Self { kind, ranks, bytes: sorted, ends })
    }

    /// Whose ranks these are.
    pub(super) fn kind(&self) -> &ColumnType {
        &self.kind
    }

    /// The rank of a cell.
    #[inline]
    pub(super) fn rank(&self, cell: u32) -> u32 {
        self.ranks.get(cell as usize).copied().unwrap_or(u32::MAX)
    }

    /// The bytes of a rank's value.
    #[inline]
    pub(super) fn bytes(&self, rank: u32) -> &[u8] {
        let rank = rank as usize;
        let start = rank.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(rank).and_then(|end| self.bytes.get(start..*end)).unwrap_or_default()
    }
}

/// Writes what a value has of its own, as a key has it.
pub(super) fn put_own(out: &mut Vec<u8>, column: &Column, cell: u32, values: &impl Values) -> Result<(), StoreError> {
    match values.own(column, cell) {
        Some(Own::Text(text)) => {
            let (what, limit) = match column {
                Column::Text => (Bounded::Text, MAX_TEXT_BYTES),
                _ => (Bounded::Id, MAX_ID_BYTES),
            };
            limits::check(what, &text, limit)?;
            put_text(out, &text);
        }
        Some(Own::Integer(integer)) => put_integer(out, integer),
        Some(Own::Time(time)) => put_time(out, time),
        Some(Own::Nothing) => {}
        None => {
            let found = "a row has a value that nothing stands for".to_owned();
            return Err(StoreError::Mismatch { found });
        }
    }
    Ok(())
}
