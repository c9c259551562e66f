//! Steps that let a frame pass or not: comparisons, and what was seen before.

use std::cmp::Ordering;

use crate::eval::facts::Facts;
use crate::eval::machine::{Frame, Machine};
use crate::model::comparison::Comparison;
use crate::model::value::ColumnType;
use crate::plan::procedure::{Operand, Slot};

/// Whether a cell is one of some, given as bits.
#[inline]
pub(super) fn is_among(cell: u32, cells: &[u64]) -> bool {
    cells.get(cell as usize / 64).is_some_and(|word| word >> (cell % 64) & 1 != 0)
}

impl<'a, F: Facts> Machine<'a, F> {
    pub(super) fn compares(
        &self,
        frame: Frame,
        operator: Comparison,
        left: Operand,
        right: Operand,
        column: &ColumnType,
    ) -> bool {
        let (left, right) = (self.value(frame, left), self.value(frame, right));
        let ordering = match operator {
            Comparison::Equal => return left == right,
            Comparison::NotEqual => return left != right,
            _ if left == right => Ordering::Equal,
            _ => self.facts.compare(column, left, right),
        };
        match operator {
            Comparison::Equal => ordering.is_eq(),
            Comparison::NotEqual => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// Whether a frame is the first of its scope that holds these cells in these slots.
    pub(super) fn is_first(&mut self, frame: Frame, memory: u32, slots: &[Slot]) -> bool {
        let start = self.slots.len();
        self.slots.push(frame.scope);
        for &slot in slots {
            self.slots.push(self.cell_at(frame.base + usize::from(slot)));
        }
        let is_new = self.seen.insert(memory, self.slots.get(start..).unwrap_or_default());
        self.slots.truncate(start);
        is_new
    }
}
