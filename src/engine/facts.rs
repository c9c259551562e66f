//! The evaluator's window: a snapshot, the constants of the plans, and what came with the question.
//!
//! A value that the snapshot's dictionary doesn't know gets a cell of the *overlay*, above all cells that a dictionary
//! gives out; so nothing is interned by a question, and an unknown value equals itself and nothing else.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use crate::eval::facts::Facts;
use crate::index::snapshot::Snapshot;
use crate::model::layout::StoredId;
use crate::model::value::{ColumnType, Name, Value};
use crate::plan::procedure::Plans;
use crate::policy::schema::PERMISSION;

/// The first cell of the overlay. A dictionary that grew so far would refuse to grow on long before.
const OVERLAY: u32 = 0xF000_0000;

/// The constants of some plans as cells of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Constants {
    cells: Vec<u32>,
    /// The permissions that rules name, sorted.
    named: Vec<u32>,
    /// Constants that the dictionary doesn't know, by their place in the overlay.
    unknown: Vec<Value>,
}

impl Constants {
    /// Looks up the constants of `plans`; `named` are the permissions that rules name.
    pub(super) fn resolve(plans: &Plans, named: &[Name], snapshot: &Snapshot) -> Self {
        let dictionary = snapshot.dictionary();
        let mut unknown = Vec::new();
        let mut cells = Vec::with_capacity(plans.constants.len());
        for (_, value) in &plans.constants {
            cells.push(dictionary.cell(value).unwrap_or_else(|| overlay_cell(&mut unknown, value)));
        }
        let mut named: Vec<u32> = named.iter().filter_map(|name| dictionary.object_cell(PERMISSION, name)).collect();
        named.sort_unstable();
        Self { cells, named, unknown }
    }
}

fn overlay_cell(unknown: &mut Vec<Value>, value: &Value) -> u32 {
    let value = cell_bearer(value);
    let position = unknown.iter().position(|known| *known == value).unwrap_or_else(|| {
        unknown.push(value);
        unknown.len() - 1
    });
    OVERLAY + position as u32
}

/// The value whose cell stands for this one: a set is named by its object.
fn cell_bearer(value: &Value) -> Value {
    match value {
        Value::Set(object, _) => Value::Object(object.clone()),
        other => other.clone(),
    }
}

/// Values that no dictionary knows, each at its place in the overlay.
#[derive(Default)]
struct Overlay {
    values: Vec<Value>,
    positions: HashMap<Value, u32>,
}

/// A snapshot as one question sees it.
pub(super) struct QuestionFacts<'a> {
    snapshot: &'a Snapshot,
    constants: &'a Constants,
    overlay: RefCell<Overlay>,
    contexts: Vec<(usize, Vec<u32>)>,
}

impl<'a> QuestionFacts<'a> {
    /// The facts of a question without context.
    pub(super) fn new(snapshot: &'a Snapshot, constants: &'a Constants) -> Self {
        Self { snapshot, constants, overlay: RefCell::default(), contexts: Vec::new() }
    }

    /// Adds the rows of the next context relation, all of `width` values.
    pub(super) fn add_context<'v>(&mut self, width: usize, rows: impl Iterator<Item = &'v [Value]>) {
        let cells = rows.flatten().map(|value| self.cell(value)).collect();
        self.contexts.push((width, cells));
    }

    /// The cell of a value, one of the overlay if the snapshot doesn't know it.
    pub(super) fn cell(&self, value: &Value) -> u32 {
        if let Some(known) = self.snapshot.dictionary().cell(value) {
            return known;
        }
        let value = cell_bearer(value);
        if let Some(position) = self.constants.unknown.iter().position(|unknown| *unknown == value) {
            return OVERLAY + position as u32;
        }
        let mut overlay = self.overlay.borrow_mut();
        if let Some(position) = overlay.positions.get(&value) {
            return *position;
        }
        let cell = OVERLAY + (self.constants.unknown.len() + overlay.values.len()) as u32;
        overlay.values.push(value.clone());
        overlay.positions.insert(value, cell);
        cell
    }

    /// The value of a cell.
    pub(super) fn value(&self, column: &ColumnType, cell: u32) -> Option<Value> {
        let Some(position) = cell.checked_sub(OVERLAY) else {
            return self.snapshot.dictionary().value(column, cell);
        };
        let position = position as usize;
        let value = match position.checked_sub(self.constants.unknown.len()) {
            None => self.constants.unknown.get(position).cloned(),
            Some(position) => self.overlay.borrow().values.get(position).cloned(),
        }?;
        match (column, value) {
            (ColumnType::Set(_, relation), Value::Object(object)) => Some(Value::Set(object, relation.clone())),
            (_, value) => Some(value),
        }
    }
}

impl Facts for QuestionFacts<'_> {
    fn tails(&self, stored: StoredId, order: u8, first: u32) -> &[u32] {
        self.snapshot.relation(stored).tails(usize::from(order), first)
    }

    fn contains(&self, stored: StoredId, cell: u32) -> bool {
        self.snapshot.relation(stored).contains(&[cell])
    }

    fn next_first(&self, stored: StoredId, order: u8, from: u32) -> Option<u32> {
        self.snapshot.relation(stored).firsts(usize::from(order), from).next()
    }

    fn width(&self, stored: StoredId) -> usize {
        self.snapshot.relation(stored).arity()
    }

    fn context(&self, context: u16) -> &[u32] {
        self.contexts.get(usize::from(context)).map_or(&[], |(_, cells)| cells)
    }

    fn context_width(&self, context: u16) -> usize {
        self.contexts.get(usize::from(context)).map_or(1, |(width, _)| *width)
    }

    fn constant(&self, constant: u16) -> u32 {
        self.constants.cells.get(usize::from(constant)).copied().unwrap_or(u32::MAX)
    }

    fn compare(&self, column: &ColumnType, left: u32, right: u32) -> Ordering {
        match (self.value(column, left), self.value(column, right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Cells come from the dictionary or the overlay: both have a value.
            _ => left.cmp(&right),
        }
    }

    fn length(&self, text: u32) -> u32 {
        let n_characters = match self.value(&ColumnType::Text, text) {
            Some(Value::Text(text)) => text.chars().count(),
            _ => 0,
        };
        self.cell(&Value::Integer(n_characters as i64))
    }

    fn is_other_permission(&self, cell: u32) -> bool {
        self.constants.named.binary_search(&cell).is_err()
    }
}
