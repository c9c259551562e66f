//! Values and rows by number: crepe's relations hold numbers alone.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::FixedState;

use crate::model::value::Value;

/// In a row of variables, one that has no value.
pub(super) const NONE: u32 = u32::MAX;

/// A row of values' numbers, or of variables' values.
pub(super) type Row = Rc<[u32]>;

/// Every value and row so far, and how many rows there may still be.
pub(super) struct Ground {
    values: RefCell<Numbers<Value>>,
    rows: RefCell<Numbers<Row>>,
    left: Cell<u64>,
    exceeded: Cell<bool>,
}

struct Numbers<T> {
    items: Vec<T>,
    numbers: HashMap<T, u32, FixedState>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { items: Vec::new(), numbers: HashMap::default() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn number(&mut self, item: T) -> u32 {
        let next = self.items.len() as u32;
        let number = *self.numbers.entry(item.clone()).or_insert(next);
        if number == next {
            self.items.push(item);
        }
        number
    }
}

impl Ground {
    /// Nothing yet, and room for so many rows.
    pub(super) fn new(limit: u64) -> Self {
        let (values, rows) = (RefCell::default(), RefCell::default());
        Self { values, rows, left: Cell::new(limit), exceeded: Cell::new(false) }
    }

    /// The number of a value.
    pub(super) fn number(&self, value: Value) -> u32 {
        self.values.borrow_mut().number(value)
    }

    /// The value of a number.
    pub(super) fn value(&self, number: u32) -> Option<Value> {
        self.values.borrow().items.get(number as usize).cloned()
    }

    /// The number of a row; none when there is no room for it, and then what follows from all rows stays unknown.
    pub(super) fn row(&self, row: &[u32]) -> Option<u32> {
        if self.exceeded.get() {
            return None;
        }
        let mut rows = self.rows.borrow_mut();
        if let Some(known) = rows.numbers.get(row) {
            return Some(*known);
        }
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => {
                self.exceeded.set(true);
                return None;
            }
        }
        Some(rows.number(row.into()))
    }

    /// The row of a number.
    pub(super) fn row_of(&self, number: u32) -> Row {
        self.rows.borrow().items.get(number as usize).cloned().unwrap_or_else(|| [].into())
    }

    /// Whether there was no room for a row.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }
}
