//! Steps that let a frame pass or not: comparisons, and what was seen before.

use std::cmp::Ordering;

use crate::eval::facts::Facts;
use crate::eval::machine::{Frame, Machine};
use crate::eval::row_set::RowSet;
use crate::model::comparison::Comparison;
use crate::model::value::ColumnType;
use crate::plan::procedure::{Operand, Slot};

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

    pub(super) fn is_first(&mut self, frame: Frame, memory: u32, slots: &[Slot]) -> bool {
        let start = self.slots.len();
        self.slots.push(frame.scope);
        for &slot in slots {
            self.slots.push(self.cell_at(frame.base + usize::from(slot)));
        }
        let row = self.slots.get(start..).unwrap_or_default();
        let position = self.distincts.iter().position(|(known, _)| *known == memory);
        let is_new = match position.and_then(|position| self.distincts.get_mut(position)) {
            Some((_, rows)) => rows.insert(row).1,
            None => {
                let mut rows = RowSet::new(1 + slots.len());
                rows.insert(row);
                self.distincts.push((memory, rows));
                true
            }
        };
        self.slots.truncate(start);
        is_new
    }
}
